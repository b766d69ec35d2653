"""The network of a device of the lab, taken away and given back by commands that lab.ini names."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from harness.errors import LabError
from harness.targets.base import Network, Peer, TargetConfig
from harness.targets.commands import run_command
from harness.targets.guarding import guarded, run_surely

CUT, RESTORE = "network-cut", "network-restore"
DOWN, UP = "network-down", "network-up"


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
        with guarded(commands[give]):
            try:
                # Inside: a command that failed may have done half of it.
                run_command(commands[take])
                yield
            finally:
                run_surely(commands[give])


def network_of(config: TargetConfig) -> Network | None:
    """What the lab can do to the device's network, None if its section names nothing."""
    return CommandedNetwork(config) if {CUT, DOWN} & config.commands.keys() else None
