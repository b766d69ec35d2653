"""`ceharness agent`: the agent executables that this harness carries."""

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.agents import BUILDS, build_agents, executable, info
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
    return _show(Screen(args.json), build_agents(args.builds or BUILDS))


def _info(args: argparse.Namespace) -> int:
    files = args.files or BUILDS
    return _show(Screen(args.json), [_path(name) for name in files])


def _path(name: str) -> Path:
    if name in BUILDS:
        return executable(name)
    path = Path(name)
    if not path.exists():
        raise UsageError(f"{name}: no such file, and no build: expected one of {', '.join(BUILDS)}")
    return path


def _show(screen: Screen, paths: list[Path]) -> int:
    agents = [info(path) for path in paths]
    for agent in agents:
        modules = Counter(name.partition("!")[0] for name in agent.imports)
        imports = ", ".join(f"{count} from {module}" for module, count in modules.items()) or "none"
        screen.line(str(agent.path), "bold")
        screen.line(
            f"  cpu {agent.cpu}, machine 0x{agent.machine:X}, subsystem {agent.subsystem}, {agent.size} bytes"
        )
        screen.line(f"  imports {imports}")
        screen.line(f"  sha256 {agent.sha256}")
    screen.json([{**asdict(agent), "path": str(agent.path)} for agent in agents])
    return 0
