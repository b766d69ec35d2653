"""`ceharness signals`: RTS and DTR of a serial port as switches for power and reset."""

import argparse
from typing import Any

from harness.cli.choice import add_lab_option, duration
from harness.errors import UsageError
from harness.lab import load_lab
from harness.links.signals import LINES, Level, Step, drive
from harness.targets import keys
from harness.targets.locks import DeviceLock, default_folder, device_address

_EXPECTED = "dtr=on, dtr=off, rts=on, rts=off or a pause such as 500ms"


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `signals`."""
    parser = commands.add_parser(
        "signals",
        help="set RTS and DTR of a serial port: power and reset by wire",
        description="Does the steps one after the other: dtr=on|off and rts=on|off set a line, a duration "
        "(500ms, 2s) waits. For example: ceharness signals /dev/serial/by-id/usb-relay rts=off 2s rts=on",
    )
    parser.add_argument("port", metavar="PORT", help="a serial target of lab.ini, a port or a pyserial URL")
    parser.add_argument("steps", metavar="STEP", nargs="+", help=_EXPECTED)
    parser.add_argument(
        "--wait",
        metavar="TIME",
        default="30s",
        help="if somebody else uses the port, wait for it that long (default: %(default)s)",
    )
    add_lab_option(parser)
    parser.set_defaults(command=_signals)


def _signals(args: argparse.Namespace) -> int:
    steps = [_step(word) for word in args.steps]
    lab = load_lab(args.lab)
    config = lab.targets.get(args.port)
    if config is not None and "port" not in config.settings:
        raise UsageError(f"target {config.name} is of kind {config.kind}, which has no serial port")
    port = args.port if config is None else config.settings["port"]
    # A device that somebody uses is not switched off under their hands.
    lock = DeviceLock(device_address(port), args.port, lab.defaults.locks or default_folder())
    with lock.held(wait=duration("--wait", args.wait)):
        drive(port, steps)
    return 0


def _step(word: str) -> Step:
    line, found, level = word.lower().partition("=")
    if found and line in LINES and level in ("on", "off"):
        return Level(line, level == "on")
    try:
        return keys.seconds(word)
    except ValueError:
        raise UsageError(f"cannot use {word!r} (expected {_EXPECTED})") from None
