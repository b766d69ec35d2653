"""Programs that fault, programs that block, a thousand of each with --full: the system is as before."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from controller import KEY
from running import Emulated, emulated, key_file, on_wine
from spoiling import WAITS, Spoiler
from wine_census import census as wine_census

from harness.agents import CPU_BUILDS, build_agents
from harness.deadline import Deadline
from harness.links import dialer
from harness.session import Session

FULL = 1000
LONG = pytest.mark.long


class Spoilt:
    """An emulated device, and what spoils its workers."""

    def __init__(self, device: Emulated, session: Session) -> None:
        self.device, self.spoiler = device, Spoiler(session)

    def count(self) -> dict[str, object]:
        """As the device counts, and the host's descriptors of its process."""
        self.device.tell("census")
        counted = self.device.event("census")
        if sys.platform == "linux":
            counted["descriptors"] = len(list(Path(f"/proc/{self.device.process.pid}/fd").iterdir()))
        return counted

    def census(self) -> dict[str, object]:
        """With a fresh worker: the one before has gone then, and all that belonged to it."""
        assert self.spoiler.run("fresh").outcome.returned
        return self.count()


@contextmanager
def session_with(url: str, key: bytes | None) -> Iterator[Session]:
    with closing(Session.open(dialer(url), key=key, deadline=Deadline(60))) as session:
        yield session


@contextmanager
def spoilt(cpu: str, variants: Sequence[str] = ()) -> Iterator[Spoilt]:
    build_agents()
    with emulated(cpu, "link=COM1:", variants=variants) as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        with session_with(str(serial["COM1:"]), None) as session:
            yield Spoilt(device, session)


@pytest.fixture(scope="module")
def on_x86() -> Iterator[Spoilt]:
    with spoilt("x86") as device:
        device.spoiler.everything()
        yield device


def test_the_census_sees_what_a_worker_holds(on_x86: Spoilt) -> None:
    before = on_x86.census()
    on_x86.spoiler.end("fresh")
    held = on_x86.count()
    grown = {name: held[name] - number for name, number in before.items() if held[name] != number}
    assert grown.pop("pages") > 0
    assert grown == {"sockets": 3, "handles": 3, "objects": 3}
    assert on_x86.census() == before


@pytest.mark.parametrize("kind", WAITS)
def test_a_wait_that_is_ended_leaves_nothing(on_x86: Spoilt, kind: str) -> None:
    before = on_x86.census()
    for _ in range(3):
        on_x86.spoiler.block(kind)
    assert on_x86.census() == before


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("cpu", "variants"),
    [
        ("x86", ()),
        *(pytest.param(cpu, (), marks=LONG) for cpu in CPU_BUILDS if cpu != "x86"),
        pytest.param("arm", ("no-debugger",), marks=LONG),
    ],
)
def test_nothing_stays_behind(cpu: str, variants: tuple[str, ...], full: bool) -> None:
    with spoilt(cpu, variants) as device:
        device.spoiler.everything()
        before = device.census()
        device.spoiler.many(FULL if full else 50)
        assert device.census() == before
        assert (before["processes"], before["sockets"]) == (2, 0)


def growth(before: dict[str, int], after: dict[str, int], times: int) -> dict[str, tuple[int, int]]:
    """What is more than before. Pages may be 8 more, and one for every 46 programs (20 rounds): the heap of
    the wineserver takes about half as many, in fits and starts; a dead process that is kept takes one."""
    pages = 8 + times // 20
    allowed = {"pages": pages, "server_pages": pages}
    return {
        name: (number, after[name])
        for name, number in before.items()
        if after[name] > number + allowed.get(name, 0)
    }


@pytest.mark.timeout(3000)
@pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")
@pytest.mark.long
def test_nothing_stays_behind_on_wine(tmp_path: Path, full: bool) -> None:
    times = FULL if full else 100
    build_agents()
    key_file(tmp_path)
    with on_wine(tmp_path) as wine, session_with(wine.listen(), KEY) as session:
        spoiler = Spoiler(session)
        spoiler.everything()
        for _ in range(8):  # until every place for an answer has held a long one
            before = wine_census(wine, spoiler)
        spoiler.many(times)
        # Wine's processes take their time to end, and its services end threads when they like.
        until = time.monotonic() + 60
        while (grown := growth(before, wine_census(wine, spoiler), times)) and time.monotonic() < until:
            pass
        assert grown == {}
