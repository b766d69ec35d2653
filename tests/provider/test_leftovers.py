"""What a host that was killed has left on a device goes when somebody connects, and nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from test_deployment import bare, emulated, opened

from harness.device import Device, files
from harness.lab import load_lab
from harness.program.model import Program
from harness.program.result import Execution
from harness.program.text import format_program
from harness.provider import Deployment, Entry, UnavailableError
from harness.provider.catalog import LIBRARY
from harness.provider.leftovers import FILES, leftovers, remove_leftovers
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
        counted_entries = {0: [], 1: ["1 catalog entry"], 5: ["5 catalog entries"]}
        assert leftovers(device.run) == [LIBRARY, *counted_entries[entries]]
        assert remove_leftovers(device.run) == [LIBRARY, *counted_entries[entries]]
        assert bare(device)
        assert files.read(device.run, "\\ceprovider.txt") == b"somebody else's"
        assert not remove_leftovers(device.run)


def test_entries_without_a_file_go_too() -> None:
    with emulated() as device:
        Deployment(device).install(Entry())
        assert files.remove(device.run, LIBRARY)
        assert remove_leftovers(device.run)
        assert bare(device)


def test_what_cannot_be_removed_is_told_and_not_called_removed() -> None:
    with emulated() as device:
        deployment = Deployment(device)
        assert deployment.layout
        deployment.install(Entry())

        def keep(program: Program) -> Execution:
            """As a device on which removal does nothing."""
            text = format_program(program)
            if "WSCDeinstallProvider" in text:
                return files.run_text(device.run, "call coredll!Sleep(0)", "nothing")
            return device.run(program)

        with pytest.raises(UnavailableError, match=r"cannot be removed: 1 catalog entry\Z"):
            remove_leftovers(keep)


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


class CutOffError(Exception):
    """The host is gone."""


def test_an_upload_that_is_cut_off_has_no_name_yet_and_goes() -> None:
    data = bytes(range(256)) * 20
    with emulated() as device:
        for last in range(1, 9):
            assert cut_off_after(last, device, data) is (last == 8)
            remove_leftovers(device.run)
            assert bare(device)
            assert not any(files.read(device.run, path) for path in FILES)


def cut_off_after(programs: int, device: Device, data: bytes) -> bool:
    """Does the file have its name, with all of it?"""
    ran = 0

    def until(program: Program) -> Execution:
        nonlocal ran
        if ran == programs:
            raise CutOffError
        ran += 1
        return device.run(program)

    with suppress(CutOffError):
        files.write(until, LIBRARY, data)
    there = files.read(device.run, LIBRARY)
    assert there in (b"", data)
    return bool(there)


def test_an_upload_that_does_not_arrive_as_it_was_leaves_what_was_there() -> None:
    with emulated() as device:
        files.write(device.run, LIBRARY, b"before")
        part = files.quoted(files.unfinished(LIBRARY))

        def run(program: Program) -> Execution:
            execution = device.run(program)
            if "WriteFile" in format_program(program):
                open_it = f"CreateFileW(in path = {part}, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)"
                spoil = f"""
                    file = coredll!{open_it}
                    call coredll!WriteFile(file, in other = x"00", 1, out done[4], NULL)
                    call coredll!CloseHandle(file)
                    """
                assert files.run_text(device.run, spoil, "a byte that goes wrong").calls[1].ok
            return execution

        with pytest.raises(files.FileError, match="does not hold what was written to it"):
            files.write(run, LIBRARY, b"after")
        assert files.read(device.run, LIBRARY) == b"before"
        assert not files.read(device.run, files.unfinished(LIBRARY))


def test_a_name_that_is_taken_by_something_else_leaves_nothing_behind() -> None:
    with emulated() as device:
        folder = f"call coredll!CreateDirectoryW(in path = {files.quoted(LIBRARY)}, NULL)"
        assert files.run_text(device.run, folder, "folder").calls[0].ok
        with pytest.raises(files.FileError, match=r"cannot be renamed to .* on the device: error 183"):
            files.write(device.run, LIBRARY, b"data")
        assert not files.read(device.run, files.unfinished(LIBRARY))
