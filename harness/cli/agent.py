"""`ceharness agent`: the agent executables that this harness carries, and keys for them."""

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.agents import BUILDS, build_agents, executable, info
from harness.cli.screen import Screen, add_json_option
from harness.cli.signing import add_sign_action
from harness.errors import UsageError
from harness.targets.keyfile import ON_DEVICE, VARIABLE, write_key


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `agent build`, `agent info` and `agent key`."""
    parser = commands.add_parser(
        "agent", help="agent executables: build, inspect, sign; keys: make", description=__doc__
    )
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
    add_sign_action(actions)
    key = actions.add_parser(
        "key",
        help="make a key",
        description="Makes a new random key for a device: whoever has it can run anything there. An agent "
        "needs one on TCP; on a serial line it may have one. The key itself is never shown.",
    )
    key.add_argument("file", metavar="FILE", type=Path, help="where it goes; only you can read it")
    key.add_argument("--force", action="store_true", help="replace a file that is already there")
    key.set_defaults(command=_key)


def _build(args: argparse.Namespace) -> int:
    return _show(Screen(args.json), build_agents(args.builds or BUILDS))


def _info(args: argparse.Namespace) -> int:
    files = args.files or BUILDS
    return _show(Screen(args.json), [_path(name) for name in files])


def _key(args: argparse.Namespace) -> int:
    write_key(args.file, replace=args.force)
    screen = Screen(None)
    screen.line(f"{args.file}: a new key, readable by you alone", "bold")
    screen.line(f"1. copy it to the device as {ON_DEVICE}, beside ceagent.exe, by a way nobody else watches")
    screen.line("2. start the agent there: ceagent.exe link=tcp:5555")
    screen.line(f"3. in lab.ini, in the section of the device: key = {args.file.absolute()}")
    screen.line(f"   (or on the command line: --key {args.file}; or its content in {VARIABLE})")
    return 0


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
