"""The lock of one device: held by a process, or reserved for a person.

Three files in the folder of the locks, made once and left there: `.lock`, which the process that uses the
device has locked; `.use`, who that is; `.reserved`, for whom and until when. Only the first decides whether
the device is in use, so what a killed process has written counts for nothing.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import lock_descriptor, unlock_descriptor

from harness.deadline import Deadline
from harness.errors import Cause, LabError
from harness.targets.locks.claim import Claim, claim, read_claim, write_claim
from harness.targets.locks.folder import make_folder, open_shared, unusable

_log = logging.getLogger(__name__)
_MOMENT = 0.5
"""Seconds for which somebody who only looks whether a lock is held may hold it."""
_SOON, _NOW_AND_THEN = 0.02, 0.5
"""Seconds between two tries: operating systems do not tell when a lock of another process is free."""
_TIDIED = 10
"""Times that the file of a lock may be removed while it is being locked."""
HELD = "CEHARNESS_HELD"
"""Environment variable with the addresses, a line each, that whoever started this process holds for it."""
_T = TypeVar("_T")
_held: list[str] = []


def held_here() -> str:
    """What to tell a process, in `HELD`, that is to use the devices which this one holds."""
    return "\n".join([*_held, *filter(None, [os.environ.get(HELD, "")])])


class DeviceBusy(LabError):  # noqa: N818 - says what happened
    """Somebody else uses the device, or has reserved it."""

    def __init__(self, text: str) -> None:
        super().__init__(text, cause=Cause.LOCKED)


@dataclass(frozen=True, slots=True)
class State:
    """`in_use`: a process has the lock; `use`: which one, None if that cannot be read. `reserved`: for whom,
    None if for nobody, or if the time has passed."""

    in_use: bool
    use: Claim | None
    reserved: Claim | None

    def __str__(self) -> str:
        """For people; "" for a device that nobody claims."""
        used = "in use" if self.in_use and self.use is None else ""
        if self.use is not None:
            used = str(self.use).removeprefix("is ")
        reserved = str(self.reserved).removeprefix("is ") if self.reserved else ""
        return "; ".join(filter(None, (used, reserved)))


class DeviceLock:
    """The lock of the device behind an address; `target` is what it is called in messages."""

    def __init__(self, device: str, target: str, folder: Path) -> None:
        self.device, self.target = device, target
        name = re.sub(r"[^\w.-]+", "-", device, flags=re.ASCII).strip("-.")[-60:]
        stem = f"{name}-{hashlib.sha256(device.encode()).hexdigest()[:8]}"
        self._folder = folder
        self._lock, self._use, self._reserved = (
            folder / f"{stem}.{kind}" for kind in ("lock", "use", "reserved")
        )

    @contextmanager
    def held(self, *, wait: float = 0.0) -> Iterator[None]:
        """This process uses the device, from now to the end of the context.

        Raises DeviceBusy if another does, or it is reserved for another user, and still so after `wait`
        seconds; LabError if locks cannot be kept in the folder. A command that was started by a holder of the
        lock, to switch the device's power by the same port, say, needs none of its own.
        """
        if self.device in os.environ.get(HELD, "").split("\n"):
            yield
            return
        descriptor = self._patiently(self._take, wait)
        _held.append(self.device)
        try:
            yield
        finally:
            _held.remove(self.device)
            self._give_back(descriptor)

    def reserve(self, seconds: float, purpose: str, *, wait: float = 0.0) -> Claim:
        """For this user, for that long from now on; what was reserved for this user before is replaced.

        Raises as `held`. A command of this user's own may be using it.
        """

        def once() -> Claim:
            mine = claim(self.device, self.target, purpose, seconds)
            try:
                descriptor = self._take()
            except DeviceBusy:
                state = self.state()
                if not self._only_mine(state):
                    raise
                write_claim(self._reserved, mine)
                # Another user may have begun meanwhile: whoever comes second sees the other one.
                if not self._only_mine(self.state()):
                    write_claim(self._reserved, state.reserved)
                    raise
                return mine
            try:
                write_claim(self._reserved, mine)
            finally:
                self._give_back(descriptor)
            return mine

        return self._patiently(once, wait)

    def unreserve(self, *, force: bool = False) -> Claim | None:
        """Ends the reservation; the one that was ended, None if there was none.

        Raises DeviceBusy if it is another user's, unless `force`.
        """
        reserved = self._read_reserved()
        if reserved is None:
            return None
        if not (force or reserved.is_mine):
            raise DeviceBusy(f"{self._what} {reserved}; --force ends it all the same")
        write_claim(self._reserved, None)
        return reserved

    def state(self) -> State:
        """Who uses it, and for whom it is reserved; nothing is made for it. Raises LabError."""
        in_use = self._is_locked()
        return State(in_use, self._read_use() if in_use else None, self._read_reserved())

    # --- taking ---------------------------------------------------------------------------

    def _patiently(self, take: Callable[[], _T], wait: float) -> _T:
        make_folder(self._folder)
        deadline, told = Deadline(wait), False
        while True:
            try:
                return take()
            except DeviceBusy as busy:
                left = deadline.remaining()
                if not left:
                    how = f"waited {wait:g} s for it" if wait else "--wait 10min waits for it"
                    raise DeviceBusy(f"{busy}; {how}") from None
                if not told:
                    _log.warning("%s; waiting for it, %g s at most", busy, wait)
                    told = True
                time.sleep(min(_NOW_AND_THEN, left))

    def _take(self) -> int:
        """The lock, once. The descriptor that holds it. Raises DeviceBusy, LabError."""
        descriptor = self._locked_file()
        try:
            write_claim(self._use, claim(self.device, self.target))
            reserved = self._read_reserved()
            if reserved is not None and not reserved.is_mine:
                write_claim(self._use, None)
                raise DeviceBusy(f"{self._what} {reserved}")
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _locked_file(self) -> int:
        for _ in range(_TIDIED):
            descriptor = open_shared(self._lock)
            try:
                self._lock_now(descriptor)
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            # Somebody has tidied up meanwhile: others lock another file of this name.
            os.close(descriptor)
        raise unusable(self._lock, "it is removed again and again")

    def _lock_now(self, descriptor: int) -> None:
        moment = Deadline(_MOMENT)
        try:
            while not lock_descriptor(descriptor, blocking=False):
                if moment.expired:
                    raise DeviceBusy(f"{self._what} {self._in_use_text()}")
                time.sleep(_SOON)
        except OSError as error:
            raise unusable(self._lock, error.strerror or str(error)) from error

    def _give_back(self, descriptor: int) -> None:
        try:
            write_claim(self._use, None)
        except LabError as error:
            _log.warning("%s", error)
        finally:
            # What the system locked is free with the last descriptor of the file.
            os.close(descriptor)

    # --- looking --------------------------------------------------------------------------

    @property
    def _what(self) -> str:
        return self.target if self.device in self.target else f"{self.target} ({self.device})"

    def _only_mine(self, state: State) -> bool:
        mine = state.use is not None and state.use.is_mine
        return mine and (state.reserved is None or state.reserved.is_mine)

    def _is_locked(self) -> bool:
        if not self._lock.exists():
            return False
        descriptor = open_shared(self._lock)
        try:
            if not lock_descriptor(descriptor, blocking=False):
                return True
            unlock_descriptor(descriptor)
        except OSError as error:
            raise unusable(self._lock, error.strerror or str(error)) from error
        finally:
            os.close(descriptor)
        return False

    def _read_reserved(self) -> Claim | None:
        try:
            reserved = read_claim(self._reserved)
        except ValueError as error:
            _log.warning("%s: cannot be read, so it reserves nothing: %s", self._reserved, error)
            return None
        except OSError as error:
            raise unusable(self._reserved, error.strerror or str(error)) from error
        return None if reserved is None or reserved.over() else reserved

    def _read_use(self) -> Claim | None:
        try:
            return read_claim(self._use)
        except (ValueError, OSError):
            return None

    def _in_use_text(self) -> str:
        use = self._read_use()
        return str(use) if use else f"is in use, nobody knows by whom: {self._use} cannot be read"
