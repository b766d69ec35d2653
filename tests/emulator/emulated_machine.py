"""A device in the test's own process, and a caller of its exports."""

from dataclasses import dataclass, field
from typing import Any

import harness.emulator.coredll  # noqa: F401 - registers the exports
from harness.emulator.device import Device
from harness.emulator.exports import EXPORTS
from harness.emulator.memory import READWRITE
from harness.emulator.process import Process
from harness.emulator.thread import Thread


@dataclass
class Machine:
    """A device in this process, with what it reported."""

    device: Device
    events: list[dict[str, Any]] = field(default_factory=list)

    def named(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    def run(self, words: str) -> int:
        """Run the guest to its end; its exit code."""
        process = self.device.create_process("\\guest.exe", words, suspended=False)
        self.device.run(lambda: process.ended)
        return process.exit_code

    def caller(self) -> "Caller":
        process = self.device.new_process("\\caller.exe")
        return Caller(self.device, process, Thread(process, self.device.new_id(), 0, (), None))


class Caller:
    """Calls exports from Python, as a thread without code."""

    def __init__(self, device: Device, process: Process, thread: Thread) -> None:
        self.device, self.process, self.thread = device, process, thread
        self.memory = process.memory
        process.threads.append(thread)
        if process.main is None:
            process.main = thread
        area = self.memory.reserve(0x10000)
        assert area is not None
        self.memory.commit(area, area.base, area.size, READWRITE)
        self.scratch = self._next = area.base

    def __call__(self, name: str, *args: int) -> int:
        """An export of coredll, or "dll!name"."""
        dll, _, export = name.rpartition("!")
        handler = EXPORTS[dll or "coredll"][export].handler
        return self.device.scheduler.invoke(self.thread, handler, *args)

    def text(self, text: str) -> int:
        """Address of a UTF-16 string."""
        return self.data((text + "\0").encode("utf-16-le"))

    def data(self, data: bytes) -> int:
        """Address of bytes."""
        place = self._next
        self.memory.write(place, data)
        self._next += (len(data) + 7) & ~7
        return place

    @property
    def error(self) -> int:
        return self.thread.last_error

    def second_thread(self) -> "Caller":
        return Caller(self.device, self.process, Thread(self.process, self.device.new_id(), 0, (), None))
