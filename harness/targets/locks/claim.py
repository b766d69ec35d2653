"""Who claims a device, since when, what for and until when; and the files in which that is written."""

import getpass
import json
import os
import shlex
import socket
import sys
import time
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from harness.targets.locks.folder import open_shared

_SIZE = 4096
"""Bytes of a record, always: one write replaces it whole."""
_LONGEST = 300
"""Characters that are kept of a name, a command, a purpose: no character takes more than 4 bytes."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Claim:
    """A device is used by a process, or reserved for a person.

    `device`: see `device_address`; `target`: the section that was named. `since`, `until`: ISO 8601, UTC;
    `until` is None as long as the process runs. `boot` and `uptime`: which start of the computer it was made
    in, and how many seconds after that, where the system tells: so that a clock that is set changes nothing.
    """

    device: str
    target: str
    user: str
    host: str
    pid: int
    command: str
    purpose: str
    since: str
    until: str | None = None
    boot: str | None = None
    uptime: float | None = None

    @property
    def owner(self) -> str:
        """Who it is."""
        return f"{self.user}@{self.host}"

    def __str__(self) -> str:
        """What the device is, in one phrase."""
        if self.until is None:
            return f"is in use by {self.owner} since {_local(self.since)}: {self.command} (pid {self.pid})"
        purpose = f" for {self.purpose!r}" if self.purpose else ""
        return f"is reserved by {self.owner} since {_local(self.since)} until {_local(self.until)}{purpose}"

    @property
    def is_mine(self) -> bool:
        """Is it of this user, on this computer?"""
        return (self.user, self.host) == (_user(), socket.gethostname())

    def over(self) -> bool:
        """Has the time of a reservation passed? By the computer's own running time since it was made; after
        another start of the computer, or on another one, by the clock."""
        if self.until is None:
            return False
        seconds = (_moment(self.until) - _moment(self.since)).total_seconds()
        boot, uptime = _boot()
        if boot is not None and boot == self.boot and uptime is not None and self.uptime is not None:
            return uptime - self.uptime >= seconds
        # One that was made in the future was made while the clock was wrong: nobody knows when it ends.
        return not _moment(self.since) <= datetime.now(UTC) < _moment(self.until)

    def as_dict(self) -> dict[str, object]:
        """For results."""
        names = ("user", "host", "pid", "command", "purpose", "since", "until")
        return {name: getattr(self, name) for name in names}


def claim(device: str, target: str, purpose: str = "", seconds: float | None = None) -> Claim:
    """A claim of this process, from now on; `seconds`: for how long, None as long as it runs."""
    now = datetime.now(UTC)
    until = None if seconds is None else datetime.fromtimestamp(now.timestamp() + seconds, UTC)
    boot, uptime = _boot()
    return Claim(
        device=device[:_LONGEST],
        target=target[:_LONGEST],
        user=_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        command=_command()[:_LONGEST],
        purpose=purpose[:_LONGEST],
        since=now.isoformat(timespec="milliseconds"),
        until=until.isoformat(timespec="milliseconds") if until else None,
        boot=boot,
        uptime=uptime,
    )


def write_claim(path: Path, found: Claim | None) -> None:
    """Puts it into a file that every user can read and write; None: nobody claims it. Raises LabError."""
    text = json.dumps(asdict(found), ensure_ascii=False) if found else ""
    data = text.encode(errors="replace").ljust(_SIZE - 1) + b"\n"
    descriptor = open_shared(path)
    try:
        os.write(descriptor, data)
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)


def read_claim(path: Path) -> Claim | None:
    """What `write_claim` has put there, None for nothing. Raises ValueError for anything else, OSError."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    if not text.strip(" \n\0"):
        return None
    values = json.loads(text)
    if not isinstance(values, dict) or not {each.name for each in fields(Claim)} >= values.keys():
        raise ValueError("no record of a device lock")
    try:
        found = Claim(**values)
        for moment in filter(None, (found.since, found.until)):
            if _moment(moment).tzinfo is None:
                raise ValueError(f"a time without its zone: {moment}")
    except TypeError as error:
        raise ValueError(str(error)) from error
    return found


def _local(moment: str) -> str:
    """For people: "14:02", with its day if that is another than today."""
    then, now = _moment(moment).astimezone(), datetime.now().astimezone()
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _user() -> str:
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid-{os.geteuid()}"  # a container's user without a name


def _command() -> str:
    program, *arguments = sys.argv or ["python"]
    return shlex.join([Path(program).name or "python", *arguments])


def _boot() -> tuple[str | None, float | None]:
    """Which start of this computer it is, and the seconds since then; None where the system does not say."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip(), None if clock is None else time.clock_gettime(
            clock
        )
    except (OSError, ValueError):
        return None, None
