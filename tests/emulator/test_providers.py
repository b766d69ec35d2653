"""The service provider of our own, run by the emulated ws2.dll on every CPU and layout of the tables."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated_machine import Machine

from harness.agents import CPU_BUILDS, provider_library
from harness.emulator.ws2.spi import Layout

STARTUP, ENTRY, SOCKET, CALLED, CREATED = 1, 2, 3, 4, 5
TRIPLE = (0x5A, 0x5B, 0x5C)
LAYOUTS = {
    "8": frozenset[str](),
    "15": frozenset({"upcalls-15"}),
    "8-shuffled": frozenset({"spi-shuffled"}),
    "15-shuffled": frozenset({"upcalls-15", "spi-shuffled"}),
}
NOT_READY, NO_TABLE, NO_PROVIDER, NOT_SUPPORTED = 10091, 10104, 10105, 10045
CHECKS = 60000

Run = Callable[[str], int]
Records = list[tuple[int, tuple[int, ...], bytes]]


class Device:
    """A device with the guest and the provider on it."""

    def __init__(self, machine: Machine, cpu: str) -> None:
        self.machine, self.layout = machine, Layout.of(machine.device)
        machine.device.files.write_file("\\ceprovider.dll", provider_library(cpu).read_bytes())

    def run(self, settings: str) -> int:
        return self.machine.run(f"provider:{settings}")

    @property
    def known(self) -> str:
        """Words that say where everything is."""
        upcalls, procedures = self.layout.upcalls, self.layout.procedures
        return (
            f"upcalls={len(upcalls)} entries={len(procedures)} "
            f"socket={procedures.index('WSPSocket')} create={upcalls.index('WPUCreateSocketHandle')}"
        )

    def records(self) -> Records:
        data = (self.machine.device.config.root / "ceprovider.log").read_bytes()
        found, place = [], 0
        while place < len(data):
            kind, size = struct.unpack_from("<II", data, place)
            body = data[place + 8 : place + 8 + size]
            found.append((kind, struct.unpack(f"<{size // 4}I", body), body))
            place += 8 + size
        assert place == len(data)
        return found


@pytest.fixture
def device(
    cpu: str, guest: Callable[[str], Path], machine: Callable[..., Machine], request: pytest.FixtureRequest
) -> Device:
    variants = LAYOUTS[getattr(request, "param", "8")]
    return Device(machine(cpu, guest(cpu), variants=variants), cpu)


each_layout = pytest.mark.parametrize("device", LAYOUTS, indirect=True)


def test_every_cpu_has_a_provider(cpu: str) -> None:
    assert cpu in CPU_BUILDS


@each_layout
def test_it_looks_before_it_touches(device: Device) -> None:
    assert device.run("") == NOT_READY
    startup, entry = device.records()
    assert (startup[0], entry[0]) == (STARTUP, ENTRY)
    version, data, info, count, *rest = startup[1]
    assert version & 0xFFFF == 0x0202
    upcalls = len(device.layout.upcalls)
    assert count > upcalls
    words, facts = rest[:count], rest[count:]
    protections = facts[0::2]
    assert len(protections) == 3 + count
    writable = [place for place, kind in enumerate(protections[3:]) if kind == 4]
    assert writable[0] == upcalls  # what comes behind the upcalls is the procedure table
    assert all(kind in (0x10, 0x20, 0x40) for kind in protections[3 : 3 + upcalls])
    assert (protections[1], protections[2]) == (4, 4)
    assert len(set(facts[7 : 7 + 2 * upcalls : 2])) == 1  # all upcalls are in one module
    assert words[upcalls] > data > info
    assert struct.unpack_from("<iii", entry[2], 76)[0] == TRIPLE[0]


@each_layout
def test_every_entry_tells_its_place(device: Device) -> None:
    upcalls, procedures = device.layout.upcalls, device.layout.procedures
    assert device.run(f"upcalls={len(upcalls)} entries={len(procedures)}") == 0
    (called,) = [words for kind, words, _ in device.records() if kind == CALLED]
    assert procedures[called[0]] == "WSPSocket"
    assert called[1:4] == TRIPLE


@each_layout
def test_a_table_that_is_too_short_is_incomplete(device: Device) -> None:
    upcalls, procedures = device.layout.upcalls, device.layout.procedures
    assert device.run(f"upcalls={len(upcalls)} entries={len(procedures) - 1}") == NO_TABLE
    assert [kind for kind, _, _ in device.records()] == [STARTUP, ENTRY]


@each_layout
def test_a_socket(device: Device) -> None:
    assert device.run(device.known) == 0
    startup, entry, made, created, *called = device.records()
    assert [one[0] for one in (startup, entry, made, created)] == [STARTUP, ENTRY, SOCKET, CREATED]
    catalog_id, *arguments = made[1]
    assert catalog_id == struct.unpack_from("<I", entry[2], 36)[0]
    assert tuple(arguments[:6]) == (*TRIPLE, 0, 0, 1)
    assert len(made[1]) == 8
    handle, error = created[1][:2]
    assert error == 0
    names = [device.layout.procedures[words[0]] for _, words, _ in called]
    assert names == ["WSPCloseSocket", "WSPCleanup"]
    assert called[0][1][1] == handle


def test_the_code_of_the_provider_is_the_callers(device: Device) -> None:
    assert device.run(f"{device.known} fail=10055") == 10055
    assert [kind for kind, _, _ in device.records()] == [STARTUP, ENTRY, SOCKET]


def test_without_the_upcall_there_is_no_descriptor(device: Device) -> None:
    assert device.run("upcalls=8 entries=30 socket=28") == NOT_SUPPORTED


@pytest.mark.parametrize("version", [0x0101, 0x0002, 0x0302])
def test_another_version(device: Device, version: int) -> None:
    assert device.run(f"{device.known} version={version}") == NO_PROVIDER


@pytest.mark.parametrize("table", ["table=1", "table=2", "missing=28", "missing=29"])
def test_an_incomplete_table(device: Device, table: str) -> None:
    assert device.run(f"{device.known} {table}") == NO_TABLE


def test_what_wspstartup_returns(device: Device) -> None:
    assert device.run(f"{device.known} startup=10092") == 10092


def test_upcalls_without_number_are_not_taken_for_some(device: Device) -> None:
    assert device.run("entries=30 socket=28 create=3") == NOT_READY


def test_a_wrong_upcall_makes_no_socket(device: Device) -> None:
    """WPUCreateEvent returns a handle: only what is done with it shows that it is no descriptor."""
    settings = device.known.replace("create=3", "create=2")
    assert device.run(settings) > CHECKS
    assert [kind for kind, _, _ in device.records()] == [STARTUP, ENTRY, SOCKET, CREATED]


def test_a_provider_that_is_not_there(cpu: str, device: Device) -> None:
    (device.machine.device.config.root / "ceprovider.dll").unlink()
    assert device.run(device.known) == 10106


def test_nobody_is_trusted(cpu: str, guest: Callable[[str], Path], machine: Callable[..., Machine]) -> None:
    untrusted = Device(machine(cpu, guest(cpu), variants=frozenset({"untrusted"})), cpu)
    assert untrusted.run(untrusted.known) == 11003
