"""`ceharness`: the parser, and what every command has in common.

Exit codes: 0 done or conforming, 1 deviations, 2 wrong usage or configuration, 3 the lab failed,
70 a fault of the harness itself (with traceback), 130 ended by Ctrl-C, 141 whoever read the output has gone.
"""

import argparse
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from harness import __version__
from harness.cli import (
    agent,
    calls,
    compare,
    console,
    coverage,
    deploy,
    doctor,
    emulate,
    expect,
    fingerprint,
    locks,
    ports,
    power,
    programs,
    report,
    results,
    run,
    signals,
    targets,
)
from harness.errors import HarnessError, LabError, UsageError

USAGE, LAB, FAULT, INTERRUPTED, NO_READER = 2, 3, 70, 130, 141
_EPILOG = """exit codes: 0 conforming, 1 deviations, 2 wrong usage or configuration, 3 the lab failed,
70 a fault of the harness itself, 130 ended by Ctrl-C, 141 the reader of the output has gone"""


class _Parser(argparse.ArgumentParser):
    """Mistakes on the command line look like every other mistake: one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(
        prog="ceharness",
        description="A conformance harness for Windows CE devices.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ceharness {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    groups = (
        run,
        report,
        compare,
        expect,
        results,
        coverage,
        programs,
        calls,
        fingerprint,
        emulate,
        targets,
        locks,
        power,
        doctor,
        ports,
        console,
        signals,
        deploy,
        agent,
    )
    for group in groups:
        group.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Never raises what a user can cause."""
    warnings = logging.StreamHandler(sys.stderr)
    warnings.setLevel(logging.WARNING)
    warnings.setFormatter(logging.Formatter("ceharness: warning: %(message)s"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has no sign for a microsecond gets a question mark.
            stream.reconfigure(errors="replace")
    log = logging.getLogger("harness")
    log.addHandler(warnings)
    try:
        return _run(argv)
    finally:
        log.removeHandler(warnings)


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = build_parser().parse_args(argv)
        code: int = args.command(args)
        sys.stdout.flush()
    except SystemExit as leaving:  # --help and --version
        return int(leaving.code or 0)
    except HarnessError as error:
        return _complain(error)
    except KeyboardInterrupt:
        print("ceharness: ended by Ctrl-C", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain again when it closes its output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except Exception:
        traceback.print_exc()
        print("ceharness: this is a fault of the harness itself, please report it", file=sys.stderr)
        return FAULT
    return code


def _complain(error: HarnessError) -> int:
    print(f"ceharness: error: {error}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)
    return LAB if isinstance(error, LabError) else USAGE


if __name__ == "__main__":
    sys.exit(main())
