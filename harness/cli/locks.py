"""`ceharness lock` and `unlock`: a device reserved for a person, for a time."""

import argparse
from typing import Any

from harness.cli.choice import add_lab_option, add_wait_option, duration
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError
from harness.lab import load_lab
from harness.targets import device_lock
from harness.targets.locks import Claim, DeviceLock

_USUAL = "1h"
_LONGEST = 30 * 24 * 3600.0
_LOCK = """Reserves a device for you: commands of other users of this computer are refused until the time has
passed, or until `ceharness unlock`. Your own commands go on as before. Locking again replaces the time."""
_UNLOCK = """Ends the reservation of a device. A command that is using the device goes on."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `lock` and `unlock`."""
    lock = commands.add_parser("lock", help="reserve a device for yourself, for a time", description=_LOCK)
    _add_target(lock)
    lock.add_argument(
        "--for",
        dest="seconds",
        metavar="TIME",
        default=_USUAL,
        help="how long: 30min, 2h, 48h (default: %(default)s; at most 30 days)",
    )
    lock.add_argument("--purpose", metavar="TEXT", default="", help="what for, as others are to read it")
    add_wait_option(lock)
    add_json_option(lock, "the reservation")
    lock.set_defaults(command=_reserve)
    unlock = commands.add_parser("unlock", help="end a reservation", description=_UNLOCK)
    _add_target(unlock)
    unlock.add_argument("--force", action="store_true", help="also that of another user")
    add_json_option(unlock, "the reservation that was ended")
    unlock.set_defaults(command=_unreserve)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="TARGET", nargs="?", help="a target of lab.ini or a URL (default: the default one)"
    )
    add_lab_option(parser)


def _reserve(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    seconds = duration("--for", args.seconds)
    if seconds > _LONGEST:
        raise UsageError(f"--for {args.seconds}: expected 30 days at most")
    wait = duration("--wait", args.wait) if args.wait else 0.0
    mine = _lock(args).reserve(seconds, args.purpose, wait=wait)
    screen.line(f"{mine.target} {mine}")
    screen.json(_dict(mine))
    return 0


def _unreserve(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    lock = _lock(args)
    ended = lock.unreserve(force=args.force)
    screen.line(f"{lock.target} is not reserved any more" if ended else f"{lock.target} was not reserved")
    screen.json(_dict(ended) if ended else None)
    return 0


def _lock(args: argparse.Namespace) -> DeviceLock:
    config = load_lab(args.lab).target(args.target)
    lock = device_lock(config)
    if lock is None:
        raise UsageError(f"{config.name} is of kind {config.kind}: each command starts a device of its own")
    return lock


def _dict(claim: Claim) -> dict[str, object]:
    return {"target": claim.target, "device": claim.device, **claim.as_dict()}
