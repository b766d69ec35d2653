"""`ceharness fingerprint`: every triple of WSASocket measured, kept, drawn and compared."""

import argparse
from pathlib import Path
from typing import Any

from harness.cli.choice import add_target_options
from harness.cli.screen import Screen, add_json_option
from harness.cli.sweeping import add_sweep_options, sweep
from harness.errors import UsageError
from harness.fingerprint import compare, read_fingerprint
from harness.report import (
    comparison_dict,
    comparison_lines,
    fingerprint_dict,
    fingerprint_line,
    write_picture,
)

_DIFFERENT = 1
_HELP = """Calls WSASocket with every combination of address family (0-255), type (0-15) and protocol (0-255),
a million calls in loops on the device, closes what it makes, and keeps the outcomes in a small file.

    ceharness fingerprint panel --picture panel.png
    ceharness fingerprint compare before.fingerprint after.fingerprint
    ceharness fingerprint draw panel.fingerprint panel.png

A sweep that was cut off goes on with the same --output. Exit code 1: the device cannot be measured to the
end, or, of compare, something changed."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `fingerprint`."""
    parser = commands.add_parser(
        "fingerprint",
        help="measure all triples of WSASocket; compare two devices, draw a picture",
        usage="ceharness fingerprint [TARGET] [options]\n"
        "       ceharness fingerprint compare FILE FILE [--json FILE]\n"
        "       ceharness fingerprint draw FILE PICTURE",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_target_options(parser)
    parser.add_argument("files", metavar="FILE", nargs="*", help="of compare and draw")
    add_sweep_options(parser)
    add_json_option(parser, "what was found")
    parser.set_defaults(command=_fingerprint)


def _fingerprint(args: argparse.Namespace) -> int:
    if args.target == "compare":
        return _compare(args)
    if args.target == "draw":
        return _draw(args)
    if args.files:
        raise UsageError(f"one target at a time, not {' '.join([args.target, *args.files])}")
    return sweep(args)


def _files(args: argparse.Namespace, names: str) -> list[Path]:
    """The two files of compare or draw, without the options of a sweep. Raises UsageError."""
    if len(args.files) != 2:
        raise UsageError(f"expected: ceharness fingerprint {args.target} {names}")
    for name in (
        "output",
        "picture",
        "af",
        "type",
        "protocol",
        "cpu",
        "link",
        "quirk",
        "variant",
        "key",
        "faults",
    ):
        if getattr(args, name):
            raise UsageError(f"--{name} does not go with {args.target}")
    return [Path(file) for file in args.files]


def _compare(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    first, second = map(read_fingerprint, _files(args, "FILE FILE"))
    comparison = compare(first.outcomes, second.outcomes)
    screen.line(f"from  {fingerprint_line(first)}", "dim")
    screen.line(f"to    {fingerprint_line(second)}", "dim")
    for line in comparison_lines(comparison):
        screen.line(line)
    headers = {"from": fingerprint_dict(first), "to": fingerprint_dict(second)}
    screen.json({**headers, **comparison_dict(comparison)})
    return _DIFFERENT if comparison.changes else 0


def _draw(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    source, picture = _files(args, "FILE PICTURE")
    fingerprint = read_fingerprint(source)
    write_picture(fingerprint, picture)
    screen.line(f"{picture}: {fingerprint_line(fingerprint)}")
    screen.json({"picture": str(picture), **fingerprint_dict(fingerprint)})
    return 0
