"""Devices and guests for the emulator's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated_machine import Caller, Machine
from emulator_process import Emulator
from guest_building import CPU_BUILDS, build_guest

from harness.emulator.config import Config
from harness.emulator.device import Device


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The guest executable for a CPU, built once."""
    made: dict[str, Path] = {}

    def build(cpu: str) -> Path:
        if cpu not in made:
            made[cpu] = build_guest(cpu, tmp_path_factory.mktemp(cpu))
        return made[cpu]

    return build


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Makes devices: `machine("arm", memory=1 << 20, variants=frozenset({...}))`."""
    made: list[Machine] = []

    def make(cpu: str = "x86", guest: Path | None = None, **settings: Any) -> Machine:
        events: list[dict[str, Any]] = []
        config = Config(cpu=cpu, root=tmp_path / f"device{len(made)}", **{"serial_ports": (), **settings})
        device = Device(config, events.append)
        if guest is not None:
            device.files.write_file("\\guest.exe", guest.read_bytes())
        device.power_on()
        made.append(Machine(device, events))
        return made[-1]

    yield make
    for one in made:
        one.device.power_off()


@pytest.fixture
def call(machine: Callable[..., Machine]) -> Caller:
    """Exports of a device, called directly."""
    return machine().caller()


@pytest.fixture(params=sorted(CPU_BUILDS))
def cpu(request: pytest.FixtureRequest) -> str:
    """Every CPU in turn."""
    return str(request.param)


@pytest.fixture
def runner(cpu: str, guest: Callable[[str], Path], machine: Callable[..., Machine]) -> Machine:
    """A device with the guest on it, for every CPU in turn."""
    return machine(cpu, guest(cpu))


@pytest.fixture
def emulator(guest: Callable[[str], Path]) -> Iterator[Callable[..., Emulator]]:
    made: list[Emulator] = []

    def start(*arguments: str) -> Emulator:
        copy = f"{guest('x86')}=\\guest.exe"
        made.append(Emulator("--cpu", "x86", "--copy", copy, *arguments))
        return made[-1]

    yield start
    for one in made:
        one.process.kill()
        one.process.wait()
        for stream in (one.process.stdin, one.process.stdout):
            assert stream is not None
            stream.close()
