"""A device's power, switched by commands of the lab."""

import time
from collections.abc import Mapping

from harness.errors import UsageError
from harness.targets.base import Command, TargetConfig
from harness.targets.commands import run_command
from harness.targets.guarding import guarded, run_surely

ON, OFF, CYCLE = "power-on", "power-off", "power-cycle"
_FINISH = 20.0
"""Seconds that a cycle under way gets at Ctrl-C: half of one leaves the device off."""


class CommandedPower:
    """Each returns what its command wrote, and raises LabError; UsageError where lab.ini names none.

    Without a command of its own, a cycle is off, a pause, and on.
    """

    def __init__(self, name: str, commands: Mapping[str, Command], pause: float) -> None:
        self._name, self._commands, self._pause = name, commands, pause

    def on(self) -> str:
        return run_command(self._command(ON))

    def off(self) -> str:
        return run_command(self._command(OFF))

    def cycle(self) -> str:
        if CYCLE in self._commands:
            return run_command(self._commands[CYCLE], finish=_FINISH)
        off, on = self._command(OFF, CYCLE), self._command(ON, CYCLE)
        said = ""
        # Nobody wants to find the device off, whatever ends us.
        with guarded(on):
            try:
                said = run_command(off)
                # What a capacitor holds keeps a device alive for a moment.
                time.sleep(self._pause)
            finally:
                said = "\n".join(filter(None, (said, run_surely(on))))
        return said

    def _command(self, key: str, wanted: str = "") -> Command:
        if key not in self._commands:
            other = f", or {wanted}" if wanted else ""
            raise UsageError(
                f"target {self._name} cannot be switched: its section in lab.ini names no {key}{other}"
            )
        return self._commands[key]


def power_of(config: TargetConfig) -> CommandedPower | None:
    """What can bring the device back, None if the lab has nothing for that."""
    commands = config.commands
    if CYCLE in commands or {ON, OFF} <= commands.keys():
        return CommandedPower(config.name, commands, config.power_pause)
    return None
