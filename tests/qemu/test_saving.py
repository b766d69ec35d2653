"""A machine goes on only when QEMU lets it: it tells that a state is saved a moment before."""

from pathlib import Path
from typing import Any

import pytest

from harness.qemu import machine
from harness.qemu.machine import Machine
from harness.qemu.wiring import Wiring


class SlowMonitor:
    """QEMU's monitor, as it is when it is slow to end a migration."""

    def __init__(self) -> None:
        self.executed: list[str] = []
        self._asked = 0

    def execute(self, command: str, arguments: object = None) -> Any:
        self.executed.append(command)
        if command == "query-status":
            self._asked += 1
            return {"status": "finish-migrate" if self._asked < 3 else "postmigrate"}
        if command == "cont":
            assert self._asked == 3, "QEMU refuses cont: Migration is not finalized yet"
        return {}

    def wait(self, *arguments: object) -> str:
        return "completed"


def test_a_state_that_is_told_to_be_saved_too_early(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved, monitor = Machine(Wiring.__new__(Wiring), tmp_path), SlowMonitor()
    monkeypatch.setattr(Wiring, "disk", None, raising=False)
    monkeypatch.setattr(machine.Machine, "_connected", monitor)
    saved.save()
    assert saved.saved
    assert monitor.executed[-1] == "cont"
