"""`ceharness targets`: what the lab has."""

import argparse
from typing import Any

from rich.table import Table

from harness.cli.choice import add_lab_option
from harness.cli.screen import Screen, add_json_option
from harness.errors import LabError, UsageError
from harness.lab import load_lab
from harness.targets import TargetConfig, device_lock, evidence_of, kind_of
from harness.targets.locks import State


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `targets`."""
    parser = commands.add_parser("targets", help="list the configured targets", description=__doc__)
    add_lab_option(parser)
    add_json_option(parser, "the targets")
    parser.set_defaults(command=_targets)


def _targets(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    lab = load_lab(args.lab)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("target", "kind", "where", "protection", "evidence", "description"):
        table.add_column(column)
    listed, claims = [], []
    for name, config in sorted(lab.targets.items()):
        kind = kind_of(config)
        default = name == lab.defaults.target
        protection = _protection(config)
        state, claimed = _state(config)
        if claimed:
            claims.append(f"{name}: {claimed}")
        table.add_row(
            f"{name} *" if default else name,
            config.kind,
            " ".join([kind.place(config.settings), *_faults(config)]),
            protection,
            evidence_of(config),
            config.description,
        )
        listed.append(
            {
                "name": name,
                "kind": config.kind,
                "default": default,
                "evidence": evidence_of(config),
                "settings": dict(config.settings),
                "protection": protection,
                "in_use": state is not None and state.in_use,
                "use": state.use.as_dict() if state and state.use else None,
                "reserved": state.reserved.as_dict() if state and state.reserved else None,
                "faults": config.faults,
                "provides": sorted(config.provides),
                "expectations": str(config.expectations) if config.expectations else None,
                "connect": config.timing.connect,
                "slowness": config.timing.slowness,
                "window": config.window,
                "pacing": config.pacing,
                "description": config.description,
                "source": config.source,
            }
        )
    screen.table(table)
    for claim in claims:
        screen.line(claim, "yellow")
    screen.line(f"* the default target; configured in {lab.path or 'no file (built in)'}", "dim")
    screen.json(listed)
    return 0


def _protection(config: TargetConfig) -> str:
    """A key that cannot be used makes its target unusable, and no other."""
    try:
        return kind_of(config).protection(config.settings)
    except UsageError as error:
        return f"unusable: {error}"


def _state(config: TargetConfig) -> tuple[State | None, str]:
    """Who uses the device, and for whom it is reserved; None for one that each command starts itself."""
    lock = device_lock(config)
    if lock is None:
        return None, ""
    try:
        state = lock.state()
    except LabError as error:
        return None, f"unknown: {error}"
    return state, str(state)


def _faults(config: TargetConfig) -> list[str]:
    return [f"with faults {config.faults}"] if config.faults else []
