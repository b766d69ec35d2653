"""An emulated device that more can happen to: `python odd_device.py`, options as for the emulator.

More commands on its standard input:

    freeze         all processes but those started at boot stand still from now on, and cannot be ended
    spoil COM1:    the port can be opened, and nothing can be read from it
"""

import sys
from collections.abc import Generator

from harness.emulator import command
from harness.emulator.comm import CommFile
from harness.emulator.config import UNKILLABLE
from harness.emulator.console import Console
from harness.emulator.device import Device
from harness.emulator.errors import ERROR_DEVICE_REMOVED
from harness.emulator.exports import Wait, Wake
from harness.emulator.objects import StreamError

SPOILT: set[str] = set()
_read = CommFile.read


def _spoilt_read(self: CommFile, count: int) -> Generator[Wait, Wake, bytes]:
    if self.port.name in SPOILT:
        raise StreamError(ERROR_DEVICE_REMOVED)
    return (yield from _read(self, count))


class OddConsole(Console):
    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._commands |= {"freeze": self._freeze, "spoil": self._spoil}

    def _freeze(self, argument: str) -> None:
        for process in self._device.processes:
            for thread in process.threads:
                if not process.boot:
                    thread.holds += 1
                    thread.in_driver = True
        self._device.report("frozen")

    def _spoil(self, name: str) -> None:
        SPOILT.add(name)
        self._device.io.forget(self._port("spoil", name))


if __name__ == "__main__":
    CommFile.read = _spoilt_read  # type: ignore[method-assign]
    command.Console = OddConsole  # type: ignore[misc]
    sys.exit(command.main(["--variant", UNKILLABLE, *sys.argv[1:]]))
