"""`ceharness agent`: the agent executables that this harness carries."""

import argparse
from pathlib import Path
from typing import Any

from harness.agents import BUILDS, build_agents, executable
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `agent build` and `agent info`."""
    parser = commands.add_parser("agent", help="build and inspect the agent executables", description=__doc__)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    build = actions.add_parser(
        "build", help="compile the agents again", description="Compiles the agents again."
    )
    build.add_argument("builds", metavar="BUILD", nargs="*", help=f"{', '.join(BUILDS)} (default: all)")
    add_json_option(build, "the executables")
    build.set_defaults(command=_build)
    show = actions.add_parser(
        "info",
        help="what the agents are",
        description="Path, CPU, PE machine, subsystem, imports, size and SHA-256 of agent executables.",
    )
    show.add_argument("files", metavar="FILE", nargs="*", help="a build or a file (default: all builds)")
    add_json_option(show, "the executables")
    show.set_defaults(command=_info)


def _build(args: argparse.Namespace) -> int:
    for name in args.builds:
        if name not in BUILDS:
            raise UsageError(f"no build {name!r}: expected one of {', '.join(BUILDS)}")
    build_agents(args.builds or list(BUILDS))
    return _show(Screen(args.json), [executable(name) for name in args.builds or BUILDS])


def _info(args: argparse.Namespace) -> int:
    files = args.files or list(BUILDS)
    return _show(Screen(args.json), [executable(name) if name in BUILDS else Path(name) for name in files])


def _show(screen: Screen, paths: list[Path]) -> int:
    return 0
