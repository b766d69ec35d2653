"""A device, whatever stands between it and us."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from harness.deadline import Deadline
from harness.device.info import DeviceInfo, ask
from harness.device.line import LineReport
from harness.program.model import Program
from harness.program.result import Execution
from harness.session.health import LineHealth
from harness.session.session import Session
from harness.wire.messages import Welcome


class Device:
    """A session with a name. `evidence`: what its results prove ("device", "model" ...); `word`: bytes.

    protection, faults: see `LineReport`.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        evidence: str,
        word: int,
        *,
        protection: str = "",
        faults: str = "",
    ) -> None:
        self.name = name
        self.evidence = evidence
        self.word = word
        self._protection, self._faults = protection, faults
        self._session = session
        self._info: DeviceInfo | None = None

    def run(self, program: Program, *, deadline: Deadline | None = None) -> Execution:
        """Run one program; see `Session.run_all` for what it raises."""
        return self._session.run(program, deadline=deadline)

    def run_all(self, programs: Iterable[Program], *, deadline: Deadline | None = None) -> list[Execution]:
        """Run programs in order, several on the way at once."""
        return self._session.run_all(programs, deadline=deadline)

    def info(self) -> DeviceInfo:
        """What the device says about itself; asked once, by programs. Raises `LabError`."""
        if self._info is None:
            self._info = ask(self.name, self.run, self._session.welcome)
        return self._info

    @property
    def url(self) -> str:
        """Where its link leads."""
        return self._session.url

    @property
    def welcome(self) -> Welcome:
        """What its agent said when the session began."""
        return self._session.welcome

    @property
    def health(self) -> LineHealth:
        """The counters of the line so far."""
        return self._session.health

    @property
    def line(self) -> LineReport:
        """What the line was like so far, for results."""
        return LineReport(self.url, self._protection, self._faults, self.health)

    def close(self) -> None:
        """End the session and close the link. Safe to call twice."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
