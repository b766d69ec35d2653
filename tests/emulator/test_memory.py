"""Guest memory against a simple model, and what the CPU core is told about it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.emulator.exports import GuestFault
from harness.emulator.memory import (
    EXECUTE_READ,
    NOACCESS,
    PAGE,
    READ,
    READONLY,
    READWRITE,
    RIGHTS,
    WRITE,
    Memory,
)

PAGES = 12
BASE = 0x200000

commands = st.tuples(
    st.sampled_from(["commit", "decommit"]),
    st.integers(0, PAGES - 1),
    st.integers(1, PAGES),
    st.sampled_from([NOACCESS, READONLY, READWRITE, EXECUTE_READ]),
)


class Core:
    """A CPU core that only remembers what is mapped."""

    def __init__(self) -> None:
        self.mapped: dict[int, tuple[int, int]] = {}

    def map(self, address: int, size: int, rights: int, host: int) -> None:
        for page in range(0, size, PAGE):
            assert address + page not in self.mapped, "mapped twice"
            self.mapped[address + page] = (rights, host + page)

    def unmap(self, address: int, size: int) -> None:
        for page in range(0, size, PAGE):
            del self.mapped[address + page]


@settings(max_examples=60, deadline=None)
@given(st.lists(commands, max_size=12), st.booleans())
def test_the_core_sees_exactly_the_accessible_pages(
    steps: list[tuple[str, int, int, int]], late: bool
) -> None:
    memory, core, charged = Memory(lambda pages: counts.append(pages) or True), Core(), 0
    counts: list[int] = []
    if not late:
        memory.attach(core)
    area = memory.reserve(PAGES * PAGE, BASE)
    assert area is not None
    model = [0] * PAGES
    for kind, first, count, protection in steps:
        last = min(first + count, PAGES)
        size = (last - first) * PAGE
        if kind == "commit":
            memory.commit(area, BASE + first * PAGE, size, protection)
        else:
            memory.decommit(area, BASE + first * PAGE, size)
        model[first:last] = [protection if kind == "commit" else 0] * (last - first)
    if late:
        memory.attach(core)
    expected = {
        BASE + page * PAGE: (RIGHTS[protection], area.buffer.address + page * PAGE)
        for page, protection in enumerate(model)
        if RIGHTS.get(protection, 0)
    }
    assert core.mapped == expected
    charged = sum(counts)
    assert charged == sum(1 for protection in model if protection)
    for page, protection in enumerate(model):
        place = BASE + page * PAGE
        assert memory.readable(place, PAGE) == bool(RIGHTS.get(protection, 0) & READ)
        assert memory.writable(place, PAGE) == bool(RIGHTS.get(protection, 0) & WRITE)
    memory.release(area)
    assert core.mapped == {}
    assert sum(counts) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2 * PAGE), st.binary(min_size=1, max_size=64))
def test_what_is_written_is_read(offset: int, data: bytes) -> None:
    memory = Memory()
    for place in (BASE, BASE + PAGE):  # two neighbours
        area = memory.reserve(PAGE, place)
        assert area is not None
        memory.commit(area, place, PAGE, READWRITE)
    address = BASE + offset
    fits = offset + len(data) <= 2 * PAGE
    assert memory.writable(address, len(data)) == fits
    if fits:
        memory.write(address, data)
        assert memory.read(address, len(data)) == data
    else:
        with pytest.raises(GuestFault) as fault:
            memory.write(address, data)
        assert fault.value.address == BASE + 2 * PAGE
        room = 2 * PAGE - offset
        assert memory.read(address, room) == data[:room]


@pytest.mark.parametrize("offset", [0, 4, PAGE - 4, PAGE - 3, PAGE - 1])
def test_numbers_across_pages(offset: int) -> None:
    memory = Memory()
    area = memory.reserve(2 * PAGE, BASE)
    assert area is not None
    memory.commit(area, BASE, 2 * PAGE, READWRITE)
    memory.set_u32(BASE + offset, 0x12345678)
    assert memory.u32(BASE + offset) == 0x12345678
    assert memory.words(BASE + offset, 2) == (0x12345678, 0)
    memory.set_u64(BASE + offset, 0x1122334455667788)
    assert (memory.u64(BASE + offset), memory.u16(BASE + offset)) == (0x1122334455667788, 0x7788)


def test_places_are_found_and_freed() -> None:
    memory = Memory()
    first, second = memory.reserve(PAGE), memory.reserve(PAGE)
    assert first is not None
    assert second is not None
    assert second.base - first.base == 0x10000
    assert memory.reserve(PAGE, first.base) is None
    memory.release(first)
    again = memory.reserve(0x10000)
    assert again is not None
    assert again.base == first.base
    assert memory.reserve(0x80000000) is None


@pytest.mark.parametrize("address", [0, 0xFFFFFFFF, BASE - 1, BASE + PAGE])
def test_nowhere(address: int) -> None:
    memory = Memory()
    area = memory.reserve(PAGE, BASE)
    assert area is not None
    memory.commit(area, BASE, PAGE, READWRITE)
    for access in (memory.u8, memory.u32, memory.wide, memory.ansi):
        with pytest.raises(GuestFault):
            access(address)
    assert not memory.readable(address, 1)
    assert memory.readable(address, 0)
    with pytest.raises(GuestFault):
        memory.words(address, 1)
    with pytest.raises(GuestFault):
        memory.set_u32(address, 1)


def test_text_ends_at_its_zero_or_where_memory_does() -> None:
    memory = Memory()
    area = memory.reserve(PAGE, BASE)
    assert area is not None
    memory.commit(area, BASE, PAGE, READWRITE)
    memory.set_wide(BASE, "grün\U0001f600")
    assert memory.wide(BASE) == "grün\U0001f600"
    memory.write(BASE + PAGE - 4, b"abcd")
    for read in (memory.wide, memory.ansi):
        with pytest.raises(GuestFault) as fault:
            read(BASE + PAGE - 4)
        assert fault.value.address == BASE + PAGE


@pytest.mark.parametrize("width", [4, 8])
def test_a_number_that_runs_into_a_read_only_page_faults_there(width: int) -> None:
    memory = Memory()
    area = memory.reserve(2 * PAGE, BASE)
    assert area is not None
    memory.commit(area, BASE, PAGE, READWRITE)
    memory.commit(area, BASE + PAGE, PAGE, READONLY)
    put = {4: memory.set_u32, 8: memory.set_u64}[width]
    put(BASE, 1)
    put(BASE + PAGE - width, 2)
    assert memory.read(BASE + PAGE - width, width) == (2).to_bytes(width, "little")
    with pytest.raises(GuestFault) as fault:
        put(BASE + PAGE - width + 1, 3)
    assert (fault.value.address, fault.value.write) == (BASE + PAGE, True)
    with pytest.raises(GuestFault):
        put(BASE + PAGE, 4)
    assert memory.read(BASE + PAGE, width) == bytes(width)
