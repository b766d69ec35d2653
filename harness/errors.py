"""What can go wrong on the host side.

    HarnessError
    ├── UsageError          you used it wrongly (exit code 2)
    │   ├── ConfigError     lab.ini: file, line, section, key, what was expected
    │   └── ProgramError    program text or model: line, column, what was expected
    └── LabError            the lab failed, not the device (exit code 3)
        ├── LinkError       a port that is gone, busy or refused
        │   ├── LinkRefused the device's end takes no connection, the way there is fine
        │   └── LinkGone    opening again is pointless
        ├── BroughtBack     a program was under way when the lab failed; the device answers again
        ├── NoAnswer        nothing intelligible came back in time
        └── ProtocolError   the other side speaks another protocol or version

What a device does wrong is never an exception: it is an outcome in a result.
"""

from enum import StrEnum
from pathlib import Path


class Cause(StrEnum):
    """What is wrong with a lab, where whoever raises it knows: `LabError.cause`."""

    LOCKED = "locked"
    """Somebody else uses the device, or has reserved it."""
    NO_HOST = "no such host"
    NO_PORT = "no such port"
    BUSY = "port busy"
    DENIED = "no permission"
    REFUSED = "refused"
    """The host is there, and nothing listens."""
    UNREACHABLE = "unreachable"
    """Nothing at the address answers: off, asleep, elsewhere, or behind a firewall."""
    HOST_KEY = "host key"
    LOGIN = "login"
    SILENCE = "silence"
    """The line is open, and not one byte comes."""
    ECHO = "echo"
    TEXT = "console text"
    NOISE = "noise"
    """Bytes that are neither frames nor text."""
    SPEED = "wrong speed"
    OTHERS = "another session"
    VERSION = "protocol version"
    KEY = "key"
    """Missing, wrong, or on one side only."""


class HarnessError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(HarnessError):
    """You used it wrongly: configuration, command line or program."""


class ConfigError(UsageError):
    """A mistake in a configuration file, located."""

    def __init__(
        self,
        message: str,
        *,
        file: Path | str,
        line: int | None = None,
        section: str | None = None,
        key: str | None = None,
        expected: str | None = None,
    ) -> None:
        self.file, self.line, self.section, self.key, self.expected = file, line, section, key, expected
        place = str(file) if line is None else f"{file}:{line}"
        if section is not None:
            place += f" [{section}]"
        if key is not None:
            place += f" {key}"
        super().__init__(f"{place}: {message}" + (f" (expected {expected})" if expected else ""))


class ProgramError(UsageError):
    """A program that cannot be built: its text or its model is wrong."""

    def __init__(
        self,
        message: str,
        *,
        name: str | None = None,
        line: int | None = None,
        column: int | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.name, self.line, self.column, self.suggestion = name, line, column, suggestion
        place = ":".join(str(part) for part in (name, line, column) if part is not None)
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"{place}: {message}{hint}" if place else f"{message}{hint}")


class LabError(HarnessError):
    """The lab failed: what stands between controller and device. `cause`: None where nobody can tell."""

    def __init__(self, *args: object, cause: Cause | None = None) -> None:
        super().__init__(*args)
        self.cause = cause


class LinkError(LabError):
    """A port or connection that cannot be opened or went away."""


class LinkRefused(LinkError):  # noqa: N818 - says what happened
    """The device's end took no connection: refused, or silent until the time was over."""


class LinkGone(LinkError):  # noqa: N818 - says what happened
    """The link is gone for good: opening it again is pointless."""


class BroughtBack(LabError):  # noqa: N818 - says what happened
    """The lab failed while a program was under way, and has been recovered: what came of it is unknown."""


class NoAnswer(LabError):  # noqa: N818 - says what happened
    """Nothing intelligible came back before the deadline."""


class ProtocolError(LabError):
    """The other side answers, but speaks another protocol or version."""
