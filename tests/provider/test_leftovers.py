"""What a host that was killed has left on a device goes when somebody connects, and nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_deployment import bare, emulated, opened

from harness.device import Device
from harness.lab import load_lab
from harness.program.model import Program
from harness.program.result import Execution
from harness.provider import Deployment, Entry, files, remove_leftovers
from harness.provider.catalog import LIBRARY
from harness.targets import Reached, configure, connect, reach

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")


@contextmanager
def counted(device: Device) -> Iterator[list[Program]]:
    programs: list[Program] = []
    run = device.run

    def count(program: Program) -> Execution:
        programs.append(program)
        return run(program)

    device.run = count  # type: ignore[method-assign, assignment]
    yield programs
    device.run = run  # type: ignore[method-assign]


@pytest.mark.parametrize("entries", [0, 1, 5])
def test_entries_and_files_go(entries: int) -> None:
    with emulated() as device:
        files.write(device.run, "\\ceprovider.txt", b"somebody else's")
        deployment = Deployment(device)
        assert deployment.layout
        for _ in range(entries):
            deployment.install(Entry())
        assert remove_leftovers(device.run)
        assert bare(device)
        assert files.read(device.run, "\\ceprovider.txt") == b"somebody else's"
        assert not remove_leftovers(device.run)


def test_entries_without_a_file_go_too() -> None:
    with emulated() as device:
        Deployment(device).install(Entry())
        assert files.remove(device.run, LIBRARY)
        assert remove_leftovers(device.run)
        assert bare(device)


def test_where_nothing_is_left_one_program_finds_that_out() -> None:
    with emulated() as device, counted(device) as programs:
        assert not remove_leftovers(device.run)
        assert len(programs) == 1
        assert not programs[0].fresh


def test_a_device_without_winsock_has_none() -> None:
    config = configure(load_lab(None).target("emulated"), link="serial", variants="no-ws2")
    with connect(config) as device:
        assert not remove_leftovers(device.run)


def test_who_connects_to_a_device_that_was_there_before_finds_nothing(tmp_path: Path) -> None:
    with reach(load_lab(None).target("emulated")) as reached:
        with opened(reached) as device:
            Deployment(device).install(Entry())
            assert not bare(device)
        with connect(load_lab(lab_of(reached, tmp_path)).target("panel")) as device:
            assert bare(device)


def lab_of(reached: Reached, folder: Path) -> Path:
    assert reached.key is not None
    key = folder / "panel.key"
    key.write_text(reached.key.hex())
    key.chmod(0o600)
    lab = folder / "lab.ini"
    port = reached.url.rpartition(":")[2]
    lab.write_text(f"[panel]\nkind = tcp\nhost = 127.0.0.1\nport = {port}\nkey = {key}\n")
    return lab
