"""`ceharness deploy`: an agent onto a device."""

import argparse
from pathlib import Path
from typing import Any

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.provisioning import Deployed, deploy


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `deploy`."""
    parser = commands.add_parser(
        "deploy",
        help="bring a new agent onto a device",
        description="Brings an agent onto a device through the one that runs there: uploads it beside the "
        "old one, compares the checksum, starts it on the same link; the old one ends when the new one has "
        "answered, and serves on when it does not. Whatever breaks off in between, an agent answers "
        "afterwards, and the same command goes on from there.",
    )
    add_target_options(parser)
    parser.add_argument(
        "--agent",
        metavar="FILE",
        type=Path,
        help="another executable (default: the harness's own for its CPU)",
    )
    parser.add_argument(
        "--path",
        metavar="PATH",
        help=r"where on the device, \ceagent.exe (default: where the running one is)",
    )
    parser.add_argument(
        "--force", action="store_true", help="also if the same one is already there, and runs"
    )
    add_json_option(parser, "what was done")
    parser.set_defaults(command=_deploy)


def _deploy(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    _, config = chosen(args)
    with screen.now() as now:
        done = deploy(config, agent=args.agent, path=args.path, force=args.force, tell=now)
    _show(screen, done)
    screen.json(done.as_dict())
    return 0


def _show(screen: Screen, done: Deployed) -> None:
    if not done.changed:
        screen.line(f"{done.target}: {done.path} is this very executable, and runs; nothing to do (--force)")
        return
    screen.line(f"{done.target}: {done.path} serves now, {done.after}", "bold")
    screen.line(f"  {done.agent}, {done.bytes} bytes, {done.sent} of them sent; {done.seconds:.1f} s")
    screen.line(f"  before: {done.before}")
