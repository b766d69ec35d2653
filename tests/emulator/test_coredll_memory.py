"""Pages, heaps, file mappings, files."""

from collections.abc import Callable
from struct import unpack

import pytest
from emulated_machine import Caller, Machine

from harness.emulator.exports import GuestFault

COMMIT, RESERVE, DECOMMIT, RELEASE = 0x1000, 0x2000, 0x4000, 0x8000
NOACCESS, READONLY, READWRITE = 1, 2, 4
PAGE = 0x1000
NOBODY = 0xFFFFFFFF


def test_reserved_pages_are_not_accessible_until_committed(call: Caller) -> None:
    base = call("VirtualAlloc", 0, 0x20000, RESERVE, NOACCESS)
    assert base % 0x10000 == 0
    assert not call.memory.readable(base, 1)
    assert call("VirtualAlloc", base + 2 * PAGE, 1, COMMIT, READWRITE) == base + 2 * PAGE
    assert call.memory.writable(base + 2 * PAGE, PAGE)
    assert not call.memory.readable(base + 3 * PAGE, 1)
    assert call("IsBadReadPtr", base + 2 * PAGE, PAGE) == 0
    assert call("IsBadReadPtr", base + 2 * PAGE, PAGE + 1) == 1


def test_protection_decides_what_can_be_done(call: Caller) -> None:
    base = call("VirtualAlloc", 0, 2 * PAGE, COMMIT, READWRITE)
    call.memory.write(base, b"kept")
    old = call.data(bytes(4))
    assert call("VirtualProtect", base, PAGE, READONLY, old) == 1
    assert call.memory.u32(old) == READWRITE
    assert call("IsBadWritePtr", base, 4) == 1
    assert call.memory.read(base, 4) == b"kept"
    with pytest.raises(GuestFault) as fault:
        call.memory.set_u32(base, 1)
    assert (fault.value.address, fault.value.write, fault.value.code) == (base, True, 0xC0000005)
    assert call("VirtualProtect", base, PAGE, NOACCESS, old) == 1
    with pytest.raises(GuestFault):
        call.memory.u32(base)
    assert call.memory.u32(base + PAGE) == 0


def test_a_write_across_a_bad_page_stops_at_it(call: Caller) -> None:
    base = call("VirtualAlloc", 0, 2 * PAGE, RESERVE, NOACCESS)
    call("VirtualAlloc", base, PAGE, COMMIT, READWRITE)
    with pytest.raises(GuestFault) as fault:
        call.memory.write(base + PAGE - 2, b"abcd")
    assert fault.value.address == base + PAGE
    assert call.memory.read(base + PAGE - 2, 2) == b"ab"
    with pytest.raises(GuestFault):
        call.memory.u32(base + PAGE - 2)


def test_decommitted_pages_read_as_zero_when_committed_again(call: Caller) -> None:
    base = call("VirtualAlloc", 0, PAGE, COMMIT, READWRITE)
    call.memory.set_u32(base, 7)
    assert call("VirtualFree", base, PAGE, DECOMMIT) == 1
    assert not call.memory.readable(base, 1)
    assert call("VirtualAlloc", base, PAGE, COMMIT, READWRITE) == base
    assert call.memory.u32(base) == 0


def test_a_release_takes_a_whole_reservation_in_one_state(call: Caller) -> None:
    base = call("VirtualAlloc", 0, 4 * PAGE, RESERVE, NOACCESS)
    call("VirtualAlloc", base, PAGE, COMMIT, READWRITE)
    assert call("VirtualFree", base, 0, RELEASE) == 0
    assert call.error == 87
    assert call("VirtualFree", base, 0, DECOMMIT) == 1
    assert call("VirtualFree", base + PAGE, 0, RELEASE) == 0
    assert call("VirtualFree", base, PAGE, RELEASE) == 0
    assert call("VirtualFree", base, 0, RELEASE) == 1
    assert call.memory.area(base) is None


@pytest.mark.parametrize(
    ("size", "kind", "protection"),
    [(0, COMMIT, READWRITE), (PAGE, 0, READWRITE), (PAGE, 0x80000000, READWRITE), (PAGE, COMMIT, 3)],
)
def test_virtual_alloc_refuses_bad_parameters(call: Caller, size: int, kind: int, protection: int) -> None:
    assert call("VirtualAlloc", 0, size, kind, protection) == 0
    assert call.error == 87


def test_virtual_query_tells_free_reserved_and_committed(call: Caller) -> None:
    base = call("VirtualAlloc", 0, 0x10000, RESERVE, NOACCESS)
    call("VirtualAlloc", base + PAGE, 2 * PAGE, COMMIT, READONLY)
    out = call.data(bytes(28))

    def query(address: int) -> tuple[int, ...]:
        assert call("VirtualQuery", address, out, 28) == 28
        return unpack("<7I", call.memory.read(out, 28))

    assert query(base) == (base, base, NOACCESS, PAGE, 0x2000, 0, 0x20000)
    assert query(base + PAGE + 5) == (base + PAGE, base, NOACCESS, 2 * PAGE, 0x1000, READONLY, 0x20000)
    assert query(0x10)[4] == 0x10000


def test_memory_runs_out_where_the_device_says(machine: Callable[..., Machine]) -> None:
    call = machine(memory=1 << 20).caller()
    status = call.data(bytes(32))
    base = call("VirtualAlloc", 0, 512 << 10, COMMIT, READWRITE)
    assert base
    assert call("VirtualAlloc", 0, 512 << 10, COMMIT, READWRITE) == 0
    assert call.error == 8
    call("GlobalMemoryStatus", status)
    _, load, total, free = unpack("<4I", call.memory.read(status, 16))
    assert (total, free) == (1 << 20, (1 << 20) - (512 << 10) - 0x10000)
    assert 50 <= load <= 60
    assert call("VirtualFree", base, 0, RELEASE) == 1
    assert call("VirtualAlloc", 0, 512 << 10, COMMIT, READWRITE)


def test_heap_blocks_are_zeroed_reused_and_sized(call: Caller) -> None:
    block = call("LocalAlloc", 0x40, 100)
    call.memory.write(block, b"x" * 100)
    assert call("LocalSize", block) == 100
    assert call("LocalFree", block) == 0
    again = call("LocalAlloc", 0x40, 100)
    assert call.memory.read(again, 100) == bytes(100)
    bigger = call("LocalReAlloc", again, 70000, 0)
    assert call.memory.writable(bigger, 70000)
    assert call("LocalFree", bigger) == 0
    assert call("LocalFree", bigger) == bigger
    assert call.error == 6


def test_private_heaps_give_their_memory_back(call: Caller) -> None:
    before = call.device.pages_used
    heap = call("HeapCreate", 0, 0, 0)
    blocks = [call("HeapAlloc", heap, 8, 5000) for _ in range(50)]
    assert len(set(blocks)) == 50
    assert call("HeapSize", heap, 0, blocks[3]) == 5000
    assert call("HeapDestroy", heap) == 1
    assert call.device.pages_used == before


def test_a_mapping_is_shared_by_name(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    first = one("CreateFileMappingW", NOBODY, 0, READWRITE, 0, 0x2000, one.text("m"))
    second = two("CreateFileMappingW", NOBODY, 0, READWRITE, 0, 0x2000, two.text("m"))
    assert two.error == 183
    view, other = one("MapViewOfFile", first, 2, 0, 0, 0), two("MapViewOfFile", second, 4, 0, 0, 0)
    one.memory.write(view + 0x1800, b"hello")
    assert two.memory.read(other + 0x1800, 5) == b"hello"
    assert not two.memory.writable(other, 1)
    one("CloseHandle", first)
    assert one.memory.read(view + 0x1800, 5) == b"hello"
    assert one("UnmapViewOfFile", view) == 1
    assert one("UnmapViewOfFile", view) == 0
    two("CloseHandle", second)
    device.device.end_process(two.process, 0)
    one("CreateFileMappingW", NOBODY, 0, READWRITE, 0, 0x2000, one.text("m"))
    assert one.error == 0


@pytest.mark.parametrize(("protection", "size"), [(0x40, 0x1000), (READWRITE, 0)])
def test_create_file_mapping_refuses(call: Caller, protection: int, size: int) -> None:
    assert call("CreateFileMappingW", NOBODY, 0, protection, 0, size, 0) == 0
    assert call.error == 87


# --- files --------------------------------------------------------------------------------------

READ, WRITE = 0x80000000, 0x40000000
NEW, ALWAYS, EXISTING = 1, 2, 3


def opened(call: Caller, path: str, access: int = READ | WRITE, share: int = 0, how: int = ALWAYS) -> int:
    return call("CreateFileW", call.text(path), access, share, 0, how, 0, 0)


def test_a_file_is_written_read_and_measured(call: Caller) -> None:
    done = call.data(bytes(4))
    handle = opened(call, "\\Temp\\a.txt")
    assert call("WriteFile", handle, call.data(b"hello"), 5, done, 0) == 1
    assert call.memory.u32(done) == 5
    assert call("GetFileSize", handle, 0) == 5
    assert call("SetFilePointer", handle, 1, 0, 0) == 1
    buffer = call.data(bytes(16))
    assert call("ReadFile", handle, buffer, 16, done, 0) == 1
    assert (call.memory.u32(done), call.memory.read(buffer, 4)) == (4, b"ello")
    assert call("SetFilePointer", handle, 0xFFFFFFFF, 0, 2) == 4
    assert call("CloseHandle", handle) == 1
    assert (call.device.files.root / "Temp" / "a.txt").read_bytes() == b"hello"
    assert opened(call, "\\temp\\A.TXT", how=EXISTING) != NOBODY
    assert call("DeleteFileW", call.text("\\Temp\\a.txt")) == 0
    assert call.error == 32


@pytest.mark.parametrize(
    ("path", "how", "code"),
    [
        ("\\none.txt", EXISTING, 2),
        ("\\none\\a.txt", ALWAYS, 3),
        ("\\Windows", EXISTING, 5),
        ("\\..\\escape.txt", ALWAYS, 123),
        ("C:\\a.txt", ALWAYS, 123),
        ("\\a?.txt", ALWAYS, 123),
        ("\\a.txt", 9, 87),
        ("COM9:", EXISTING, 2),
        ("COM1:", ALWAYS, 2),
    ],
)
def test_create_file_names_what_is_wrong(call: Caller, path: str, how: int, code: int) -> None:
    assert opened(call, path, how=how) == NOBODY
    assert call.error == code


def test_the_sandbox_cannot_be_left_through_a_link(call: Caller) -> None:
    (call.device.files.root / "out").symlink_to(call.device.files.root.parent)
    assert opened(call, "\\out\\file") == NOBODY
    assert call.error == 5


def test_share_modes_hold(call: Caller) -> None:
    opened(call, "\\a.txt", share=1)
    assert opened(call, "\\a.txt", READ, 3, EXISTING) != NOBODY
    assert opened(call, "\\a.txt", WRITE, 3, EXISTING) == NOBODY
    assert call.error == 32
    assert opened(call, "\\a.txt", READ, 0, EXISTING) == NOBODY


# --- text ---------------------------------------------------------------------------------------


def test_strings_are_measured_compared_and_copied(call: Caller) -> None:
    assert call("wcslen", call.text("abc")) == 3
    assert call("_wcsicmp", call.text("ABC"), call.text("abc")) == 0
    assert call("wcscmp", call.text("a"), call.text("b")) == 0xFFFFFFFF
    assert call("strlen", call.data(b"four\0")) == 4
    assert call("atoi", call.data(b" -12x\0")) == 0xFFFFFFF4
    target = call.data(bytes(32))
    call("wcscpy", target, call.text("one"))
    call("wcscat", target, call.text("two"))
    assert call.memory.wide(target) == "onetwo"
    with pytest.raises(GuestFault):
        call("wcslen", 0)


def test_conversions_say_how_much_room_they_need(call: Caller) -> None:
    wide = call.text("grün")
    assert call("WideCharToMultiByte", 65001, 0, wide, NOBODY, 0, 0, 0, 0) == 6
    target = call.data(bytes(8))
    assert call("WideCharToMultiByte", 65001, 0, wide, NOBODY, target, 3, 0, 0) == 0
    assert call.error == 122
    assert call("WideCharToMultiByte", 65001, 0, wide, NOBODY, target, 8, 0, 0) == 6
    assert call.memory.ansi(target) == "grün".encode()


# --- what the device says about itself ----------------------------------------------------------


def test_version_processor_and_platform(machine: Callable[..., Machine]) -> None:
    call = machine("mips", version=(6, 0, 1)).caller()
    version = call.data((276).to_bytes(4, "little") + bytes(272))
    assert call("GetVersionExW", version) == 1
    assert call.memory.words(version, 5) == (276, 6, 0, 1, 3)
    system = call.data(bytes(36))
    call("GetSystemInfo", system)
    assert call.memory.u16(system) == 1
    assert call.memory.u32(system + 24) == 4000
    text = call.data(bytes(200))
    assert call("SystemParametersInfoW", 258, 100, text, 0) == 1
    assert call.memory.wide(text) == "Emulated Windows CE device"
    assert call("SystemParametersInfoW", 258, 5, text, 0) == 0
    assert call("SystemParametersInfoW", 1, 100, text, 0) == 0


def test_the_tick_counter_can_start_near_its_wrap(machine: Callable[..., Machine]) -> None:
    assert machine().caller()("GetTickCount") < 60_000
    assert machine(variants=frozenset({"tick-wrap"})).caller()("GetTickCount") > 0xFFFF0000


def test_what_lies_above_the_applications_is_free_to_the_end(call: Caller) -> None:
    out = call.data(bytes(28))
    assert call("VirtualQuery", 0x90001234, out, 28) == 28
    assert call.memory.u32(out) == 0x90001000
    assert call.memory.u32(out + 12) == 0x6FFFF000
    assert call.memory.u32(out + 16) == 0x10000
