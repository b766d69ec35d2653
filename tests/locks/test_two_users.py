"""The lock of a device between two users of a computer, with any umask."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lock_records import change, file

from harness.targets.locks import DeviceBusy, DeviceLock

DEVICE = "/dev/ttyUSB7"
NOBODY = 65534


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users reach, too."""
    place = Path(tempfile.mkdtemp(prefix="ceharness-test-"))
    place.chmod(0o1777)
    try:
        yield place / "locks"
    finally:
        shutil.rmtree(place)


def as_another_user(action: Callable[[], bool]) -> bool:
    """What it returns in a process with an umask that lets nobody else in; of another user, if we may."""
    child = os.fork()
    if child == 0:
        good = False
        try:
            os.umask(0o077)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            good = action()
        finally:
            os._exit(0 if good else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("other_first", [False, True])
def test_two_users_with_any_umask_keep_each_other_out(other_first: bool, shared: Path) -> None:
    lock = DeviceLock(DEVICE, "panel", shared)

    def use() -> bool:
        with lock.held():
            return True

    def is_refused() -> bool:
        try:
            return not use()
        except DeviceBusy as busy:
            return "is in use by" in str(busy)

    if other_first:
        assert as_another_user(use)
    with lock.held():
        assert as_another_user(is_refused)
    assert as_another_user(use)
    with lock.held():
        pass
    for path in shared.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_another_user_is_kept_out_by_a_reservation(shared: Path) -> None:
    lock = DeviceLock(DEVICE, "panel", shared)
    lock.reserve(600, "mine")
    if os.geteuid() != 0:
        change(file(shared, "reserved"), user="anna")

    def is_refused_and_can_end_it() -> bool:
        with pytest.raises(DeviceBusy, match="is reserved by"), lock.held():
            pytest.fail("it is reserved")
        return lock.unreserve(force=True) is not None

    assert as_another_user(is_refused_and_can_end_it)
    assert lock.state().reserved is None
