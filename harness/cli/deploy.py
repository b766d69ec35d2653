"""`ceharness deploy`: an agent onto a device, a storage card or an image of one."""

import argparse
from pathlib import Path
from typing import Any

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError
from harness.provisioning import Card, Deployed, deploy, fill_folder, fill_image, patience

_DESCRIPTION = """Brings an agent onto a device through the one that runs there: uploads it beside the old
one, compares the checksum, starts it on the same link; the old one ends when the new one has answered, and
serves on when it does not. Whatever breaks off in between, an agent answers afterwards, and the same command
goes on from there. With --card or --image it makes a storage card instead, from which devices start the agent
(docs/devices.md)."""
_LINK, _BAUD = "COM1:", 115200


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `deploy`."""
    parser = commands.add_parser(
        "deploy", help="bring an agent onto a device or a storage card", description=_DESCRIPTION
    )
    add_target_options(parser)
    parser.add_argument(
        "--agent", metavar="FILE", type=Path, help="another executable (default: the harness's own)"
    )
    parser.add_argument(
        "--path",
        metavar="PATH",
        help=r"where on the device, \ceagent.exe (default: where the running one is)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also if the same one is already there, and runs; --image: replace the file",
    )
    card = parser.add_argument_group("storage cards", "--cpu, --key and --agent are for them, too")
    where = card.add_mutually_exclusive_group()
    where.add_argument("--card", metavar="DIR", type=Path, help="a card, mounted, or any folder")
    where.add_argument("--image", metavar="FILE", type=Path, help="a file with a card's partition and FAT16")
    card.add_argument("--serve", metavar="LINK", help="COM1:, tcp:5555 or tcp:HOST:5555 (default: COM1:)")
    card.add_argument("--baud", metavar="RATE", type=int, help="of the serial port (default: 115200)")
    add_json_option(parser, "what was done")
    parser.set_defaults(command=_deploy)


def _deploy(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    if args.card is not None or args.image is not None:
        return _make_card(args, screen)
    for name in ("serve", "baud"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name} is for --card and --image: the agent on a device keeps its settings")
    _, config = chosen(args)
    try:
        with screen.now() as now:
            done = deploy(config, agent=args.agent, path=args.path, force=args.force, tell=now)
    except KeyboardInterrupt:
        screen.line(
            "cut off: an agent answers, the old one or the new one, after "
            f"{patience(config):g} s at most; the same command goes on from there"
        )
        raise
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


def _make_card(args: argparse.Namespace, screen: Screen) -> int:
    for name in ("target", "link", "path", "faults"):
        if getattr(args, name) is not None:
            what = "a target" if name == "target" else f"--{name}"
            raise UsageError(f"{what} and a storage card cannot be deployed to at once")
    card = Card(
        link=args.serve or _LINK,
        baud=args.baud or _BAUD,
        key=args.key and Path(args.key),
        cpu=args.cpu,
        agent=args.agent,
    )
    files = card.files()
    place: Path = args.card or args.image
    if args.card is not None:
        fill_folder(place, files)
    else:
        fill_image(place, files, replace=args.force)
    screen.line(f"{place}: starts the agent with link={card.link}", "bold")
    for name, content in files.items():
        screen.line(f"  {name}, {len(content)} bytes")
    if card.key is not None:
        screen.line("Who has the card has the key (docs/security.md).")
    screen.json(
        {
            "card": str(place),
            "link": card.link,
            "files": [{"name": name, "bytes": len(content)} for name, content in files.items()],
        }
    )
    return 0
