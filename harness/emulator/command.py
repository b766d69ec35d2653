"""The emulator's command line and life as a process."""

from __future__ import annotations

import argparse
import importlib
import os
import queue
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from harness.emulator.choices import CHOICES
from harness.emulator.config import Config
from harness.emulator.console import Console
from harness.emulator.cpu import CPUS
from harness.emulator.device import Device, json_line
from harness.emulator.dll import BUILT_IN
from harness.emulator.exports import VARIANTS
from harness.emulator.files import GuestPathError
from harness.emulator.loader import LoadError
from harness.emulator.quirks import QUIRKS, Quirk, UnknownQuirkError, named
from harness.emulator.ws2.settings import CatalogError, load_settings

USAGE = 2


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m harness.emulator",
        description="An emulated Windows CE device. It ends when its standard input ends.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="variants:\n"
        + "\n".join(f"  {name}\n      {meaning}" for name, meaning in sorted(VARIANTS.items()))
        + "\n\nquirks:\n"
        + "\n".join(f"  {quirk.name}\n      {quirk.meaning}" for _, quirk in sorted(QUIRKS.items()))
        + "\n  answer:WHAT=ANSWER\n      a refusal of WSASocket is answered otherwise (docs/emulator.md)",
    )
    made.add_argument(
        "--cpu", choices=sorted(CPUS), default="arm", help="processor (default: arm, which is ARMV4I)"
    )
    root = made.add_mutually_exclusive_group()
    root.add_argument(
        "--root", type=Path, help="host folder that is the device's root directory (default: temporary)"
    )
    root.add_argument(
        "--scratch", type=Path, metavar="DIR", help="like --root, but the folder is deleted at the end"
    )
    made.add_argument("--catalog", type=Path, help="protocol catalog of the device's Winsock, TOML")
    made.add_argument(
        "--start", action="append", default=[], metavar="LINE", help="command line to run at boot"
    )
    made.add_argument(
        "--copy", action="append", default=[], metavar="FILE=\\PATH", help="put a host file on the device"
    )
    made.add_argument(
        "--dial",
        action="append",
        default=[],
        type=_dial,
        metavar="ADDR:PORT=HOSTPORT",
        help="let the device connect to that address and port: a loopback port of this host",
    )
    made.add_argument("--variant", action="append", default=[], choices=sorted(VARIANTS), metavar="NAME")
    made.add_argument(
        "--quirk",
        action="append",
        default=[],
        type=_quirk,
        metavar="NAME",
        help="something that the device does wrong; repeatable",
    )
    made.add_argument(
        "--memory", type=int, default=64, metavar="MIB", help="memory for applications (default: 64)"
    )
    made.add_argument(
        "--idle",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="after which a device of the variant falls-asleep does so (default: 30)",
    )
    made.add_argument("--human", action="store_true", help="print text for people instead of JSON")
    return made


def _dial(text: str) -> tuple[tuple[str, int], int]:
    """The option's value: where to on the device's network, and the host's port."""
    remote, _, host = text.partition("=")
    address, _, port = remote.rpartition(":")
    try:
        made = (str(IPv4Address(address)), int(port)), int(host)
    except ValueError:
        made = ("", 0), 0
    if not (0 < made[0][1] < 65536 and 0 < made[1] < 65536):
        raise argparse.ArgumentTypeError(
            f"expected ADDR:PORT=HOSTPORT, such as 10.0.2.2:7000=41234, found {text!r}"
        )
    return made


def _quirk(name: str) -> Quirk:
    """The option's value."""
    try:
        return named(name)
    except UnknownQuirkError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: Sequence[str]) -> int:
    """Run a device. Returns the exit code: 0, or 2 for a mistake on the command line."""
    for name in BUILT_IN:  # so that all variants are known
        importlib.import_module(f"harness.emulator.{name}")
    options = parser().parse_args(arguments)
    try:
        network = load_settings(options.catalog).network
    except CatalogError as error:
        return _refuse(f"--catalog {error}")
    for (address, _), _ in options.dial:
        if IPv4Address(address) in network.addresses or IPv4Address(address).is_loopback:
            return _refuse(f"--dial {address}: this is the device itself; expected an address outside it")
    for name in set(options.variant) & set(CHOICES):
        CHOICES[name]()
    for quirk in options.quirk:
        quirk.begin()
    with _root(options.root, options.scratch) as root:
        config = Config(
            cpu=options.cpu,
            root=root,
            catalog=options.catalog,
            variants=frozenset(options.variant),
            memory=options.memory << 20,
            dials=dict(options.dial),
            idle=options.idle,
            start=tuple(options.start),
        )
        output = Output(_human if options.human else _json)
        device = Device(config, output)
        try:
            for copy in options.copy:
                source, _, target = copy.partition("=")
                device.files.write_file(target, Path(source).read_bytes())
            console = Console(device)
            console.open()
            device.power_on()
        except (GuestPathError, OSError, LoadError) as error:
            return _refuse(str(error))
        device.run(console.ended)
        device.power_off()
        output.close()
    return 0


@contextmanager
def _root(given: Path | None, scratch: Path | None) -> Iterator[Path]:
    """The host folder of the device's files; deleted at the end unless it was `given` to be kept."""
    if given is not None:
        yield given
        return
    folder = scratch or Path(tempfile.mkdtemp(prefix="ceharness-device-"))
    try:
        yield folder
    finally:
        # Who started us may delete it at the same time.
        shutil.rmtree(folder, ignore_errors=True)


def _refuse(message: str) -> int:
    print(f"harness.emulator: {message}", file=sys.stderr)
    return USAGE


class Output:
    """Prints events from a thread of its own: a reader that stands still must not stop the device."""

    def __init__(self, text: Callable[[dict[str, Any]], str]) -> None:
        self._text = text
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._print, name="standard output", daemon=True)
        self._thread.start()

    def __call__(self, event: dict[str, Any]) -> None:
        self._queue.put(event)

    def close(self) -> None:
        """Print what is left, as far as somebody reads it."""
        self._queue.put(None)
        self._thread.join(timeout=1.0)

    def _print(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                sys.stdout.write(self._text(event))
                sys.stdout.flush()
            except OSError:
                return  # nobody reads any more; the end of standard input ends the device


def _json(event: dict[str, Any]) -> str:
    if event["event"] == "ready":
        event = {**event, "pid": os.getpid()}
    return json_line(event) + "\n"


def _human(event: dict[str, Any]) -> str:
    kind = event["event"]
    if kind == "ready":
        lines = [f"Windows CE device ({event['cpu']}) is running. Connect to it through:"]
        lines += [f"  {name:6} {path}" for name, path in event["serial"].items()]
        lines += [f"  TCP {port}: tcp://127.0.0.1:{host_port}" for port, host_port in event["tcp"].items()]
        return "\n".join([*lines, "Ctrl-C or the end of input switches it off.", ""])
    if kind == "console":
        return str(event["text"]).rstrip("\r\n") + "\n"
    if kind == "unimplemented":
        return f"{event['process']}: {event['export']}, called from {event['address']}, is not implemented\n"
    if kind == "exit":
        return f"{event['process']} ended with code 0x{event['code']:X}\n"
    if kind == "no-port":
        return f"{event['port']} is missing: {event['why']}\n"
    if kind in ("census", "serial", "network", "asleep", "awake", "error"):
        return " ".join(f"{name} {value}" for name, value in event.items() if name != "event") + "\n"
    if kind == "error-dialog":
        return f"{event['process']} has crashed ({event['exception']}) and waits for somebody to close it\n"
    if kind == "load-failed":
        return f"{event['why']} (error {event['code']})\n"
    return ""
