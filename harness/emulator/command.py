"""The emulator's command line and life as a process."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.emulator.config import Config
from harness.emulator.cpu import CPUS
from harness.emulator.device import Device, Sink, json_line
from harness.emulator.dll import BUILT_IN
from harness.emulator.exports import VARIANTS
from harness.emulator.files import GuestPathError
from harness.emulator.hostserial import SerialUnavailable
from harness.emulator.loader import LoadError

USAGE = 2


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m harness.emulator",
        description="An emulated Windows CE device. It ends when its standard input ends.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="variants:\n"
        + "\n".join(f"  {name}\n      {meaning}" for name, meaning in sorted(VARIANTS.items())),
    )
    made.add_argument(
        "--cpu", choices=sorted(CPUS), default="arm", help="processor (default: arm, which is ARMV4I)"
    )
    made.add_argument(
        "--root", type=Path, help="host folder that is the device's root directory (default: temporary)"
    )
    made.add_argument("--catalog", type=Path, help="protocol catalog of the device's Winsock, TOML")
    made.add_argument(
        "--start", action="append", default=[], metavar="LINE", help="command line to run at boot"
    )
    made.add_argument(
        "--copy", action="append", default=[], metavar="FILE=\\PATH", help="put a host file on the device"
    )
    made.add_argument("--variant", action="append", default=[], choices=sorted(VARIANTS), metavar="NAME")
    made.add_argument(
        "--memory", type=int, default=64, metavar="MIB", help="memory for applications (default: 64)"
    )
    made.add_argument("--human", action="store_true", help="print text for people instead of JSON")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run a device. Returns the exit code: 0, or 2 for a mistake on the command line."""
    for name in BUILT_IN:  # so that all variants are known
        importlib.import_module(f"harness.emulator.{name}")
    options = parser().parse_args(arguments)
    if options.catalog is not None and not options.catalog.is_file():
        return _refuse(f"--catalog: no such file: {options.catalog}")
    with tempfile.TemporaryDirectory(prefix="ceharness-device-") as scratch:
        config = Config(
            cpu=options.cpu,
            root=options.root or Path(scratch),
            catalog=options.catalog,
            variants=frozenset(options.variant),
            memory=options.memory << 20,
            start=tuple(options.start),
        )
        device = Device(config, _human(config) if options.human else _json)
        try:
            for copy in options.copy:
                source, _, target = copy.partition("=")
                device.files.write_file(target, Path(source).read_bytes())
            ended = _until_told(device)
            device.power_on()
        except (GuestPathError, OSError, SerialUnavailable, LoadError) as error:
            return _refuse(str(error))
        device.run(ended)
        device.power_off()
    return 0


def _refuse(message: str) -> int:
    print(f"harness.emulator: {message}", file=sys.stderr)
    return USAGE


def _until_told(device: Device) -> Callable[[], bool]:
    """A question: has standard input ended, or a signal come? Both wake the device up."""
    told = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        told.set()

    def watch_input() -> None:
        while os.read(0, 4096):
            pass
        told.set()
        device.io.wake()

    signal.set_wakeup_fd(device.io.wakeup_fd, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    threading.Thread(target=watch_input, name="standard input", daemon=True).start()
    return told.is_set


def _json(event: dict[str, Any]) -> None:
    if event["event"] == "ready":
        event = {**event, "pid": os.getpid()}
    sys.stdout.write(json_line(event) + "\n")
    sys.stdout.flush()


def _human(config: Config) -> Sink:
    def show(event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "ready":
            print(f"Windows CE device ({config.cpu}) is running. Connect to it through:")
            for name, path in event["serial"].items():
                print(f"  {name:6} {path}")
            for port, host_port in event["tcp"].items():
                print(f"  TCP {port}: tcp://127.0.0.1:{host_port}")
            print("Ctrl-C or end of input switches it off.")
        elif kind == "console":
            print(event["text"].rstrip("\r\n"))
        elif kind == "unimplemented":
            print(
                f"{event['process']}: {event['export']}, called from {event['address']}, is not implemented"
            )
        elif kind == "exit":
            print(f"{event['process']} ended with code 0x{event['code']:X}")
        elif kind == "load-failed":
            print(f"{event['why']} (error {event['code']})")
        sys.stdout.flush()

    return show
