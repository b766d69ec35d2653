"""An emulated device that more can happen to: `python odd_device.py`, options as for the emulator.

More commands on its standard input:

    freeze         all processes but those started at boot stand still from now on, and cannot be ended
    thaw           they go on
    late           threads that a process starts beside its first one stand still until `thaw`
    views          no more views of file mappings can be made
    spoil COM1:    the port can be opened, and nothing can be read from it
    hold COM1:     the port takes no bytes; each write that waits for it is an event "held"
    release COM1:  it takes bytes again
    pass SECONDS   that time passes at once, as far as everything on the device waits; then an event "passed"
    abort          connections are gone by the time they are accepted: accept says WSAECONNRESET
"""

import sys
from collections.abc import Generator
from typing import Any

from harness.emulator import command
from harness.emulator.comm import CommFile
from harness.emulator.config import UNKILLABLE
from harness.emulator.console import Console
from harness.emulator.device import Device
from harness.emulator.errors import ERROR_DEVICE_REMOVED
from harness.emulator.exports import Until, Wait, Wake
from harness.emulator.memory import Area, Memory
from harness.emulator.objects import StreamError
from harness.emulator.thread import Thread
from harness.emulator.ws2 import accepting
from harness.emulator.ws2.api import Winsock
from harness.emulator.ws2.errors import WSAECONNRESET, WinsockError
from harness.emulator.ws2.sockets import Socket

SPOILT: set[str] = set()
HELD: dict[str, Device] = {}
_read, _write, _reserve = CommFile.read, CommFile.write, Memory.reserve
_start_thread = Device.start_thread


def _spoilt_read(self: CommFile, count: int) -> Generator[Wait, Wake, bytes]:
    if self.port.name in SPOILT:
        raise StreamError(ERROR_DEVICE_REMOVED)
    return (yield from _read(self, count))


def _held_write(self: CommFile, data: bytes) -> Generator[Wait, Wake, int]:
    device = HELD.get(self.port.name)
    if device is None:
        return (yield from _write(self, data))
    device.report("held", port=self.port.name)
    multiplier, constant = self.timeouts[3:]
    yield Until((multiplier * len(data) + constant) / 1000)
    return 0


def _no_view(
    self: Memory, size: int, address: int = 0, kind: str = "private", *more: Any, **named: Any
) -> Area | None:
    return None if kind == "mapped" else _reserve(self, size, address, kind, *more, **named)


def _late_start(self: Device, thread: Thread, *, suspended: bool) -> None:
    if thread is not thread.process.main and not thread.process.boot:
        thread.holds += 1
        thread.in_driver = True
    _start_thread(self, thread, suspended=suspended)


def _aborted(ws: Winsock, sock: Socket, addr: int, addrlen: int) -> int:
    sock.backlog.popleft().close(reset=True)
    ws.call.device.report("aborted")
    raise WinsockError(WSAECONNRESET)


class OddConsole(Console):
    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._commands |= {"abort": self._abort, "late": self._late, "thaw": self._thaw, "views": self._views}
        self._commands |= {
            "freeze": self._freeze,
            "spoil": self._spoil,
            "hold": self._hold,
            "release": self._release,
            "pass": self._pass,
        }

    def _freeze(self, argument: str) -> None:
        for process in self._device.processes:
            for thread in process.threads:
                if not process.boot:
                    thread.holds += 1
                    thread.in_driver = True
        self._device.report("frozen")

    def _late(self, argument: str) -> None:
        Device.start_thread = _late_start  # type: ignore[method-assign]
        self._device.report("late")

    def _thaw(self, argument: str) -> None:
        for process in self._device.processes:
            for thread in process.threads:
                while thread.holds and thread.in_driver:
                    self._device.scheduler.release(thread)
                thread.in_driver = False

    def _spoil(self, name: str) -> None:
        SPOILT.add(name)
        self._device.io.forget(self._port("spoil", name))

    def _hold(self, name: str) -> None:
        HELD[name] = self._device
        self._device.report("holding")

    def _release(self, name: str) -> None:
        del HELD[name]

    def _pass(self, seconds: str) -> None:
        self._device.io.after(float(seconds), lambda: self._device.report("passed"), skip_idle=True)

    def _views(self, argument: str) -> None:
        Memory.reserve = _no_view  # type: ignore[method-assign]
        self._device.report("no views")

    def _abort(self, argument: str) -> None:
        accepting._take = _aborted
        self._device.report("aborting")


if __name__ == "__main__":
    CommFile.read = _spoilt_read  # type: ignore[method-assign]
    CommFile.write = _held_write  # type: ignore[method-assign]
    command.Console = OddConsole  # type: ignore[misc]
    sys.exit(command.main(["--variant", UNKILLABLE, *sys.argv[1:]]))
