"""The lock of a device: two processes, killed ones, reservations and their ends, spoiled files."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lock_records import change, file
from other_process import holding

from harness.errors import LabError
from harness.targets.locks import HELD, DeviceBusy, DeviceLock, default_folder, held_here

DEVICE = "/dev/ttyUSB7"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@pytest.fixture
def lock(folder: Path) -> DeviceLock:
    return DeviceLock(DEVICE, "panel", folder)


def reserved_by_somebody_else(lock: DeviceLock, folder: Path, **values: object) -> None:
    lock.reserve(3600, "battery test")
    change(file(folder, "reserved"), user="anna", host="bench2", **values)


# --- in use ---------------------------------------------------------------------------------


def test_it_is_free_before_and_after(lock: DeviceLock) -> None:
    assert (lock.state().in_use, str(lock.state())) == (False, "")
    with lock.held():
        state = lock.state()
        assert state.in_use
        assert state.use is not None
        assert (state.use.pid, state.use.until, state.use.is_mine) == (os.getpid(), None, True)
    assert str(lock.state()) == ""
    with lock.held():
        pass


def test_another_process_is_named(lock: DeviceLock, folder: Path) -> None:
    with holding(DEVICE, folder) as process:
        with pytest.raises(DeviceBusy) as busy, lock.held():
            pytest.fail("two at once")
        text = str(busy.value)
        assert "\n" not in text
        for word in ("panel (/dev/ttyUSB7) is in use by ", f"(pid {process.pid})", "--wait 10min"):
            assert word in text
        assert f"{datetime.now().astimezone():%H:}" in text
        assert str(process.pid) in str(lock.state())
        with DeviceLock("/dev/ttyUSB8", "panel", folder).held():
            pass  # another device is another lock


def test_the_same_process_is_no_exception(lock: DeviceLock, folder: Path) -> None:
    with lock.held(), pytest.raises(DeviceBusy), DeviceLock(DEVICE, "other", folder).held():
        pytest.fail("two at once")


def test_a_killed_process_holds_nothing(lock: DeviceLock, folder: Path) -> None:
    with holding(DEVICE, folder) as process:
        process.kill()
        process.wait()
        assert file(folder, "use").read_text().strip()
        assert (lock.state().in_use, lock.state().use) == (False, None)
        with lock.held():
            pass


def test_a_stopped_process_holds_it(lock: DeviceLock, folder: Path) -> None:
    with holding(DEVICE, folder) as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(DeviceBusy), lock.held():
            pytest.fail("two at once")


def test_what_a_holder_starts_may_use_its_devices(
    lock: DeviceLock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To switch power by the lines of the device's own port, say."""
    other = DeviceLock("/dev/ttyUSB8", "other", folder)
    with lock.held(), other.held():
        told = held_here()
    assert held_here() == ""
    with holding(DEVICE, folder), holding("/dev/ttyUSB9", folder):
        monkeypatch.setenv(HELD, told)
        with lock.held(), other.held():
            assert held_here().split("\n") == [DEVICE, "/dev/ttyUSB8"]
        with pytest.raises(DeviceBusy), DeviceLock("/dev/ttyUSB9", "third", folder).held():
            pytest.fail("two at once")


def test_a_lock_whose_file_was_removed_is_none(lock: DeviceLock, folder: Path) -> None:
    """Whoever had it open before locks the file that is there now, as everybody else does."""
    with lock.held():
        pass
    path = file(folder, "lock")
    with holding(DEVICE, folder) as process:

        def tidy_up() -> None:
            path.unlink()
            process.kill()

        threading.Timer(0.2, tidy_up).start()
        with lock.held(wait=60), pytest.raises(DeviceBusy), DeviceLock(DEVICE, "other", folder).held():
            pytest.fail("two at once")


def test_waiting_ends_when_it_is_free(
    lock: DeviceLock, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with holding(DEVICE, folder) as process:
        threading.Timer(0.7, process.kill).start()
        with lock.held(wait=60):
            assert lock.state().in_use
    assert caplog.text.count("waiting for it") == 1
    assert "60 s at most" in caplog.text


def test_waiting_in_vain_says_how_long(lock: DeviceLock, folder: Path) -> None:
    with (
        holding(DEVICE, folder),
        pytest.raises(DeviceBusy, match=r"is in use by .*; waited 0\.1 s for it$"),
        lock.held(wait=0.1),
    ):
        pytest.fail("two at once")


def test_ctrl_c_while_waiting_leaves_nothing(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from harness.targets.locks import DeviceLock\n"
        "import logging; logging.basicConfig(stream=sys.stdout)\n"
        "DeviceLock(sys.argv[1], 'panel', Path(sys.argv[2])).held(wait=300).__enter__()\n"
    )
    with holding(DEVICE, folder) as holder:
        waiter = subprocess.Popen(
            [sys.executable, "-c", script, DEVICE, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiter.stdout is not None
        assert "waiting for it" in waiter.stdout.readline()
        waiter.send_signal(signal.SIGINT)
        _, error = waiter.communicate(timeout=60)
        assert error.rstrip().endswith("KeyboardInterrupt")
        assert str(holder.pid) in str(DeviceLock(DEVICE, "panel", folder).state())


def test_many_at_once_get_it_one_after_the_other(lock: DeviceLock, folder: Path) -> None:
    inside, most = [], []

    def use() -> None:
        with DeviceLock(DEVICE, "panel", folder).held(wait=60):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


# --- reserved -------------------------------------------------------------------------------


def test_a_reservation_lets_its_owner_in(lock: DeviceLock) -> None:
    mine = lock.reserve(3600, "battery test")
    assert mine.is_mine
    assert "for 'battery test'" in str(lock.state())
    with lock.held():
        assert lock.state().reserved == mine
    longer = lock.reserve(7200, "more of it")
    assert lock.state().reserved == longer
    assert lock.unreserve() == longer
    assert lock.state().reserved is None
    assert lock.unreserve() is None


def test_a_reservation_keeps_others_out(lock: DeviceLock, folder: Path) -> None:
    reserved_by_somebody_else(lock, folder)
    expected = r"panel .* is reserved by anna@bench2 since \d\d:\d\d until .* for 'battery test'"
    with pytest.raises(DeviceBusy, match=expected), lock.held():
        pytest.fail("it is reserved")
    with pytest.raises(DeviceBusy, match=expected):
        lock.reserve(60, "")
    assert not lock.state().in_use
    with pytest.raises(DeviceBusy, match="--force"):
        lock.unreserve()
    ended = lock.unreserve(force=True)
    assert ended is not None
    assert ended.user == "anna"
    with lock.held():
        pass


def test_waiting_for_the_end_of_a_reservation(lock: DeviceLock, folder: Path) -> None:
    reserved_by_somebody_else(lock, folder)
    threading.Timer(0.3, DeviceLock(DEVICE, "panel", folder).unreserve, kwargs={"force": True}).start()
    with lock.held(wait=60):
        pass


def test_its_time_passes(lock: DeviceLock, folder: Path) -> None:
    lock.reserve(0.05, "short")
    change(file(folder, "reserved"), user="anna")
    time.sleep(0.06)
    assert lock.state().reserved is None
    with lock.held():
        pass


def test_reserving_while_a_command_of_mine_uses_it(lock: DeviceLock, folder: Path) -> None:
    with holding(DEVICE, folder):
        mine = lock.reserve(60, "afterwards")
        assert lock.state().reserved == mine
        change(file(folder, "use"), user="anna")
        with pytest.raises(DeviceBusy, match="is in use by anna@"):
            lock.reserve(60, "afterwards")


# --- clocks ---------------------------------------------------------------------------------


def hours(number: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=number)).isoformat()


def test_a_clock_that_is_set_changes_nothing(lock: DeviceLock, folder: Path) -> None:
    """What counts is how long the computer has been running since."""
    reserved_by_somebody_else(lock, folder, since=hours(50), until=hours(51))
    assert lock.state().reserved is not None
    reserved_by_somebody_else_again = {"since": hours(-51), "until": hours(-50)}
    change(file(folder, "reserved"), **reserved_by_somebody_else_again)
    assert lock.state().reserved is not None
    change(file(folder, "reserved"), uptime=-1e9)
    assert lock.state().reserved is None


@pytest.mark.parametrize("boot", [None, "another start of the computer"])
@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [(-1, 1, True), (-2, -1, False), (50, 51, False)],
)
def test_after_another_start_the_clock_counts(
    boot: str | None, since: float, until: float, counts: bool, lock: DeviceLock, folder: Path
) -> None:
    """A reservation from the future was made while the clock was wrong: it would never end."""
    reserved_by_somebody_else(lock, folder, boot=boot, since=hours(since), until=hours(until))
    assert (lock.state().reserved is not None) == counts


# --- spoiled files --------------------------------------------------------------------------

RUBBISH = [b"{", b"\xff\xfe", b"[]", b'{"device": 1}', b'{"x": 1}', b"null", b'"text"']


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_what_cannot_be_read_reserves_nothing(
    rubbish: bytes, lock: DeviceLock, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reserved_by_somebody_else(lock, folder)
    file(folder, "reserved").write_bytes(rubbish)
    with lock.held():
        pass
    assert "cannot be read, so it reserves nothing" in caplog.text
    assert lock.reserve(60, "").is_mine
    assert lock.state().reserved is not None


@pytest.mark.parametrize("rubbish", [*RUBBISH, b""])
def test_a_lock_is_a_lock_whatever_stands_beside_it(rubbish: bytes, lock: DeviceLock, folder: Path) -> None:
    with holding(DEVICE, folder):
        file(folder, "use").write_bytes(rubbish)
        with pytest.raises(DeviceBusy, match=r"nobody knows by whom: .*\.use cannot be read"), lock.held():
            pytest.fail("two at once")
        assert (lock.state().in_use, lock.state().use, str(lock.state())) == (True, None, "in use")
    with lock.held():
        pass
    assert str(lock.state()) == ""


@pytest.mark.parametrize("spoil", ["directory", "link", "read-only file", "file in place of the folder"])
def test_a_folder_that_cannot_be_used_is_told(
    spoil: str, lock: DeviceLock, folder: Path, tmp_path: Path
) -> None:
    with lock.held():
        pass
    path = file(folder, "lock")
    path.unlink()
    if spoil == "directory":
        path.mkdir()
    elif spoil == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif spoil == "read-only file":
        path.mkdir(0o555)
    else:
        shutil.rmtree(folder)
        folder.touch()
    with (
        pytest.raises(LabError, match=r"cannot keep device locks in .*`locks = DIR` in \[defaults\]"),
        lock.held(),
    ):
        pytest.fail("there is no lock")
    assert not (tmp_path / "elsewhere").exists()


def test_long_words_do_not_spoil_it(lock: DeviceLock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ceharness", "\u00e4" * 5000])
    lock.reserve(60, "\u4e2d" * 5000)
    with lock.held():
        state = lock.state()
    assert state.use is not None
    assert state.reserved is not None
    assert state.use.command.startswith("ceharness '\u00e4\u00e4")
    lock.reserve(60, "\udcff")
    for path in folder.iterdir():
        assert path.stat().st_size in (0, 4096)


# --- where ----------------------------------------------------------------------------------


def test_the_folder_is_the_computers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CEHARNESS_LOCKS")
    usual = default_folder()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert default_folder() == usual
    monkeypatch.setenv("CEHARNESS_LOCKS", str(tmp_path / "ours"))
    assert default_folder() == tmp_path / "ours"
