"""What a section of lab.ini says about the lab's own means: power, restart, network."""

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from harness.errors import ConfigError
from harness.lab.ini import Section
from harness.targets import TargetConfig, keys
from harness.targets.base import Command, Peer
from harness.targets.commands import split_words

COMMANDS = (
    "power-on",
    "power-off",
    "power-cycle",
    "restart",
    "network-cut",
    "network-restore",
    "network-down",
    "network-up",
)
KEYS = (*COMMANDS, "command-timeout", "power-pause", "boot", "peer")
_UNDONE = {"network-cut": "network-restore", "network-down": "network-up"}
"""Abilities, which are commands, and what ends them."""
_TIMEOUT = 60.0
_DURATION = "a duration such as 500ms, 20s or 2min"
_Value = TypeVar("_Value", covariant=True)


class ValueOf(Protocol):
    """Reads one key of a section, None if it is not there; told what was expected."""

    def __call__(
        self, section: Section, key: str, expected: str, check: Callable[[str], _Value]
    ) -> _Value | None: ...


def with_commands(config: TargetConfig, section: Section, path: Path, value_of: ValueOf) -> TargetConfig:
    """The target with the means that its section names, and with the abilities that come of them.

    Raises ConfigError.
    """
    seconds = value_of(section, "command-timeout", _DURATION, keys.seconds) or _TIMEOUT
    commands = {}
    for key in COMMANDS:
        words = value_of(section, key, "a command line, with quotes closed; there is no shell", split_words)
        if words is not None:
            place = f"{path}:{section.entries[key].line} [{section.name}] {key}"
            commands[key] = Command(words, place, config.name, path.resolve().parent, seconds)
    peer = value_of(section, "peer", "an IPv4 address and a port, 192.168.1.2:9", _peer)
    _check(section, path)
    provides = config.provides | (_UNDONE.keys() & commands.keys())
    for one in _UNDONE.keys() & commands.keys():
        for other in (_UNDONE.keys() & provides) - commands.keys():
            raise _missing(other, "provides" if "provides" in section.entries else one, section, path)
    pause = value_of(section, "power-pause", _DURATION, keys.seconds)
    return replace(
        config,
        commands=commands,
        power_pause=config.power_pause if pause is None else pause,
        boot=value_of(section, "boot", _DURATION, keys.seconds),
        peer=peer,
        provides=provides,
    )


def _check(section: Section, path: Path) -> None:
    """What is taken away has to come back."""
    for key, undo in _UNDONE.items():
        for one, other in ((key, undo), (undo, key)):
            if one in section.entries and other not in section.entries:
                raise _missing(other, one, section, path)
    if "network-cut" in section.entries and "peer" not in section.entries:
        raise _missing("peer", "network-cut", section, path)


def _missing(key: str, because: str, section: Section, path: Path) -> ConfigError:
    entry = section.entries[because]
    return ConfigError(
        f"key {key!r} is missing: {because} needs it",
        file=path,
        line=entry.line,
        section=section.name,
        expected="ADDRESS:PORT" if key == "peer" else "a command line",
    )


def _peer(value: str) -> Peer:
    address, _, port = value.rpartition(":")
    return Peer(str(ipaddress.IPv4Address(address)), int(keys.whole(1, 65535)(port)))
