"""The network of a device of the lab, taken away and given back by commands that lab.ini names."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from harness.errors import LabError
from harness.targets.base import Network, Peer, TargetConfig
from harness.targets.commands import run_command

_log = logging.getLogger(__name__)
CUT, RESTORE = "network-cut", "network-restore"
DOWN, UP = "network-down", "network-up"
_TRIES = 3
"""A network that stays cut spoils whatever comes after: giving it back is tried more than once."""


class CommandedNetwork:
    """See `harness.targets.base.Network`."""

    def __init__(self, config: TargetConfig) -> None:
        self._config = config

    @property
    def peer(self) -> Peer:
        if self._config.peer is None:
            raise LabError(f"target {self._config.name}: its section names no peer = ADDRESS:PORT")
        return self._config.peer

    def cut(self) -> AbstractContextManager[None]:
        return self._for_a_while(CUT, RESTORE)

    def down(self) -> AbstractContextManager[None]:
        return self._for_a_while(DOWN, UP)

    @contextmanager
    def _for_a_while(self, take: str, give: str) -> Iterator[None]:
        commands = self._config.commands
        for key in (take, give):
            if key not in commands:
                raise LabError(f"target {self._config.name}: its section names no {key} = COMMAND")
        try:
            # Inside: a command that failed may have done half of it.
            run_command(commands[take])
            yield
        finally:
            self._give_back(give)

    def _give_back(self, key: str) -> None:
        for _ in range(_TRIES - 1):
            try:
                run_command(self._config.commands[key])
                return
            except LabError as error:
                _log.warning("trying again: %s", error)
        run_command(self._config.commands[key])


def network_of(config: TargetConfig) -> Network | None:
    """What the lab can do to the device's network, None if its section names nothing."""
    return CommandedNetwork(config) if {CUT, DOWN} & config.commands.keys() else None
