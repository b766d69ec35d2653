"""`ceharness exec`: a call program from a file, run once, shown in full."""

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.errors import ProgramError, UsageError
from harness.program.model import Program
from harness.program.text import parse
from harness.report import execution_dict, execution_lines, line_lines
from harness.targets import TargetConfig, connect
from harness.winsock import symbols


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `exec`."""
    parser = commands.add_parser(
        "exec",
        help="run a call program from a file",
        description="Runs a call program (docs/programs.md; the text that every failed test shows) and "
        "prints every call with value, error and time, and every buffer it returns. Exit code 1 if the "
        "program did not run to its end; what its calls return does not matter.",
    )
    parser.add_argument("file", metavar="FILE", help="program text; - is standard input")
    add_target_options(parser)
    add_verbose_option(parser)
    add_json_option(parser, "the results")
    parser.set_defaults(command=_exec)


def _exec(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    _, config = chosen(args)
    name = "<stdin>" if args.file == "-" else args.file
    return run_once(screen, config, _text(args.file), name, verbose=args.verbose)


def add_verbose_option(parser: argparse.ArgumentParser) -> None:
    """--verbose."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="also show what the line was like, bad or not",
    )


def run_once(
    screen: Screen,
    config: TargetConfig,
    text: str,
    name: str,
    *,
    startup: bool = False,
    verbose: bool = False,
) -> int:
    """Connects, runs the program, shows what came of it and of the line; the exit code.

    startup: leaves out the first call, as long as it is good. name: of the program, for its mistakes.
    """
    # A mistake is told before anything is started; layouts are those of the device that answers.
    parse_program(text, name)
    with connect(config) as device:
        execution = device.run(parse_program(text, name, device.word))
        line = device.line.as_dict()
    for shown in execution_lines(execution, skip=1 if startup and execution.calls[0].ok else 0):
        screen.line(shown)
    for said in line_lines(line, verbose=verbose):
        screen.line(said)
    screen.json({"target": config.name, **execution_dict(execution), "line": line})
    return 0 if execution.outcome.returned else 1


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None


def parse_program(text: str, name: str, word: int = 4) -> Program:
    """Parses with the names the harness knows, for a device whose machine word has so many bytes.

    A ProgramError gets the line and a caret as notes.
    """
    try:
        program = parse(text, symbols(word), name=name)
    except ProgramError as error:
        lines = text.splitlines()
        if error.line is not None and 1 <= error.line <= len(lines):
            line = lines[error.line - 1]
            error.add_note(f"    {line}")
            if error.column is not None:
                # Tabs stay tabs, so that the caret stands under its column in any terminal.
                lead = "".join("\t" if sign == "\t" else " " for sign in line[: error.column - 1])
                error.add_note(f"    {lead}^")
        raise
    if not program.steps:
        raise UsageError(f"{name}: there is no call in this program")
    return program
