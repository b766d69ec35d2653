"""`ceharness call`: one native call from the command line."""

import argparse
from typing import Any

from harness.cli.choice import add_target_options, chosen
from harness.cli.programs import add_verbose_option, parse_program, run_once
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError
from harness.winsock import FUNCTIONS, Function, symbols

_STARTUP = "call ws2!WSAStartup(0x0202, scratch wsadata[WSADATA])\n"
_HELP = """Calls one function on the device and prints its value, error name, meaning and time.

Arguments are written as in call programs: numbers, constants (AF_INET, A|B), NULL, and buffers in quotes:
'out name[16]', 'in name = x"0200"'. Arguments left out at the end are 0 (NULL), as far as 0 can be meant: a
socket and a buffer that the function fills have to be given. A function that the harness does not know is
written module!Name, with --fails for how it reports failure.

    ceharness call WSASocketW AF_INET SOCK_STREAM IPPROTO_TCP
    ceharness call coredll!GetTickCount --fails never
"""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `call`."""
    parser = commands.add_parser(
        "call",
        help="make one native call",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "function", metavar="FUNCTION", help="WSASocketW, ws2!WSASocketW, coredll!GetTickCount"
    )
    parser.add_argument("arguments", metavar="ARG", nargs="*")
    parser.add_argument(
        "--fails",
        choices=("never", "zero", "minus-one", "nonzero", "null-word"),
        help="which value of a function unknown to the harness means failure",
    )
    parser.add_argument("--no-startup", action="store_true", help="do not call WSAStartup first")
    add_target_options(parser, flag=True)
    add_verbose_option(parser)
    add_json_option(parser, "the result")
    parser.set_defaults(command=_call)


def _call(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    known = FUNCTIONS.find(args.function)
    name = known.export.name if known and known.export else args.function
    if "!" in name and not args.fails and symbols().function(name) is None:
        raise UsageError(f"{name} is a function the harness does not know: say with --fails how it fails")
    arguments = _completed(known, args.arguments) if known else args.arguments
    rule = f" fails {args.fails}" if args.fails else ""
    startup = name.startswith("ws2!") and not name.endswith("!WSAStartup") and not args.no_startup
    call = f"result = {args.function}({', '.join(arguments)}){rule}\n"
    # Alone first: a mistake is then told as in line 1, where the user wrote it.
    parse_program(call, "<command line>")
    text = _STARTUP + call if startup else call
    _, config = chosen(args)
    return run_once(screen, config, text, "<command line>", startup=startup, verbose=args.verbose)


def _completed(function: Function, given: list[str]) -> list[str]:
    """The arguments with zeros for those left out at the end. Raises UsageError where 0 makes no sense."""
    for parameter in function.parameters[len(given) :]:
        if parameter.type == "SOCKET" or "out" in parameter.direction:
            signature = ", ".join(f"{each.type} {each.name}" for each in function.parameters)
            raise UsageError(f"{parameter.name} is missing: {function.name}({signature})")
    return given + ["0"] * (len(function.parameters) - len(given))
