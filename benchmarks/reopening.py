"""A port that vanishes with a program under way: how long from its return until the program is answered?

The agent runs on an emulated device behind a simulated line (`benchmarks.line`), which is taken away and put
back: a TCP port that refuses connections meanwhile, a serial port whose name is gone.
"""

import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.child import Child, line
from benchmarks.device import emulated
from benchmarks.harness_calls import session_to
from harness.program.text import parse
from harness.targets import reach
from harness.winsock import symbols

LINKS = ("tcp", "serial")
_AWAY = (0.3, 1.5)
"""Seconds that the port is away, at random between these: attempts to open it come to no fixed moment."""
_PROGRAM = "call coredll!GetTickCount()"


class Port:
    """What leads to the device and is under one name: `url`. It is away until `put_back`."""

    def __init__(self, link: str, device: str, folder: Path) -> None:
        self._serial, self._device = link == "serial", device
        self._name = folder / "ttyUSB0"
        self._line: Child | None = None
        self._host = "pty" if self._serial else "tcp"
        self.put_back()
        self.url = f"serial://{self._name}" if self._serial else f"tcp://{self._host.removeprefix('tcp:')}"

    def put_back(self) -> None:
        self._line = line(self._device, host=self._host)
        place = self._line.place["host"]
        if self._serial:
            self._name.symlink_to(place)
        else:
            self._host = f"tcp:{place}"

    def take_away(self) -> None:
        assert self._line is not None
        if self._serial:
            self._name.unlink()
        self._line.close()


def reopenings(link: str, times: int, seed: int = 1) -> list[float]:
    """Take the port away that often; seconds from each return to the answer.

    Raises ValueError when a program was not answered as it should.
    """
    chance = random.Random(seed)
    found = []
    program = parse(_PROGRAM, symbols(), name="reopening")
    with ExitStack() as opened:
        reached = opened.enter_context(reach(emulated("x86", link)))
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        place = urlsplit(reached.url)
        port = Port(link, place.path if link == "serial" else place.netloc, Path(folder))
        opened.callback(port.take_away)
        session = opened.enter_context(session_to(port.url, reached.key))
        pool = opened.enter_context(ThreadPoolExecutor(1))

        def answered() -> tuple[bool, float]:
            returned = session.run(program).outcome.returned
            return returned, time.perf_counter()

        for number in range(times):
            session.run(program)
            port.take_away()
            under_way = pool.submit(answered)
            time.sleep(chance.uniform(*_AWAY))
            if under_way.done():
                raise ValueError(f"{link}: answered while the port was away: {under_way.result()}")
            port.put_back()
            back = time.perf_counter()
            returned, at = under_way.result()
            if not returned or session.health.reconnects != number + 1 or session.health.restarts:
                raise ValueError(f"{link}: the session did not go on: {session.health}")
            found.append(at - back)
    return found
