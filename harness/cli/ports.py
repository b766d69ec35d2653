"""`ceharness ports`: the serial ports of this computer, their stable names, and who has them open."""

import argparse
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from harness.cli.choice import add_lab_option
from harness.cli.screen import Screen, add_json_option
from harness.lab import Lab, load_lab
from harness.links.ports import Port, ports
from harness.targets.locks.address import device_address


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `ports`."""
    parser = commands.add_parser(
        "ports",
        help="list the serial ports of this computer",
        description="The serial ports of this computer: the name that stays the same for lab.ini, what is "
        "known of the adapter, the target that uses the port, and the process that has it open.",
    )
    add_lab_option(parser)
    add_json_option(parser, "the ports")
    parser.set_defaults(command=_ports)


def _ports(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    found, targets = ports(), _targets(load_lab(args.lab))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("port", "stable name", "USB", "serial number", "description", "target", "held by"):
        table.add_column(column, overflow="fold")
    rows = []
    for port in found:
        used, holder = targets.get(device_address(port.device)), port.held_by
        first = port.stable[0] if port.stable else ""
        table.add_row(
            port.device, first, port.usb, port.serial_number, port.description, used or "", holder or ""
        )
        rows.append(_json(port, used, holder))
    if found:
        screen.table(table)
    else:
        screen.line("this computer has no serial port")
    screen.json(rows)
    return 0


def _targets(lab: Lab) -> Mapping[str, str]:
    """Device, by whatever name lab.ini means it, -> target."""
    serial = [config for config in lab.targets.values() if config.kind == "serial"]
    return {device_address(config.settings["port"]): config.name for config in serial}


def _json(port: Port, target: str | None, holder: str | None) -> dict[str, Any]:
    return {
        "port": port.device,
        "stable": list(port.stable),
        "usb": port.usb or None,
        "serial_number": port.serial_number or None,
        "description": port.description,
        "target": target,
        "held_by": holder,
    }
