"""`ceharness power`: a device's power, switched by the commands of its section in lab.ini."""

import argparse
import time
from typing import Any

from harness.cli.choice import add_lab_option, add_wait_option, waiting
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError
from harness.lab import load_lab
from harness.targets import keep
from harness.targets.power import CommandedPower

_HELP = """Runs the command that lab.ini names for it: power-on, power-off, power-cycle (without one: off, a
pause, on). Nothing is said to the device, and nobody waits for its agent."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `power`."""
    parser = commands.add_parser("power", help="switch a device on or off", description=_HELP)
    parser.add_argument("target", metavar="TARGET", help="a target of lab.ini")
    parser.add_argument("action", choices=("on", "off", "cycle"))
    add_wait_option(parser)
    add_lab_option(parser)
    add_json_option(parser, "what was done")
    parser.set_defaults(command=_switch)


def _switch(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    config = waiting(load_lab(args.lab).target(args.target), args)
    power = CommandedPower(config.name, config.commands, config.power_pause)
    if not any(key.startswith("power-") for key in config.commands):
        raise UsageError(
            f"target {config.name} cannot be switched: its section in lab.ini names neither power-cycle nor "
            f"power-on and power-off"
        )
    actions = {"on": power.on, "off": power.off, "cycle": power.cycle}
    begun = time.monotonic()
    with keep(config):
        said = actions[args.action]()
    seconds = time.monotonic() - begun
    for line in said.splitlines():
        screen.line(line, "dim")
    screen.line(f"{config.name}: power {args.action}, {seconds:.1f} s")
    screen.json({"target": config.name, "action": args.action, "seconds": round(seconds, 1), "output": said})
    return 0
