"""A device as its target makes it: as patient as lab.ini says, and aware of what the lab does to it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.deadline import Deadline
from harness.device import Device
from harness.errors import BroughtBack, LabError, LinkError, ProtocolError
from harness.program.codec import not_run
from harness.program.model import Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.flight import first_call
from harness.session.landing import RESTARTED, SET_BACK
from harness.session.session import Session
from harness.targets.base import Reached, Timing
from harness.targets.recovery import NEW_SESSION, Ladder, RecoveryStep, Rung

_log = logging.getLogger(__name__)
_STARTS = 4
"""How often a worker is asked for: Wine cannot always start a process, on a busy machine above all."""
_LAST_MOMENT = 1.0
"""Seconds that the lab gets to notice why a line is silent."""
_AGAIN = (Rung(NEW_SESSION, lambda: None, 10.0),)
"""Before anything is switched off, where only a program on its way is known to be in trouble."""


class TargetDevice(Device):
    """Programs get `slowness` times the time they ask for.

    A program counts as lost only if nothing on the host side explains the silence; if `Reached.fault` does,
    or faults were put into the line, LinkError is raised. protection, faults: see `LineReport`.
    network: what the lab can do to the device's network, None where it can do nothing.

    A device that is gone is brought back, by `ladder`; then a session is begun anew. What had been lost
    before stays lost, what was under way raises BroughtBack, and programs that follow others are not run.
    patience: seconds that the agent gets to answer when the device was renewed.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        evidence: str,
        *,
        reached: Reached,
        ladder: Ladder | None = None,
        patience: float = Timing().connect,
        slowness: float = 1.0,
        protection: str = "",
        faults: str = "",
    ) -> None:
        super().__init__(
            name,
            session,
            evidence,
            session.welcome.limits.word,
            protection=protection,
            faults=faults,
        )
        self._reached = reached
        self._ladder = ladder or Ladder(name, (), 0)
        self.network = reached.network
        self._patience = patience
        self._slowness = slowness
        self._lost = ""

    def run(self, program: Program, *, deadline: Deadline | None = None) -> Execution:
        """See `Device.run`; the execution's program shows the time it was given.

        A program for which no worker could be started has surely not run: it is asked for again.
        """
        for _ in range(_STARTS - 1):
            (execution,) = self.run_all([program], deadline=deadline)
            if not execution.refused:
                return execution
            _log.warning("asking again: %s", execution.outcome.reason)
        return self.run_all([program], deadline=deadline)[0]

    @property
    def fresh(self) -> bool:
        """Can it be had as if nobody had ever used it, in a second?"""
        return self._reached.fresh and self._reached.cycle is not None

    def renew(self) -> None:
        """Starts the device anew, and a new session with it; what its line was like so far is kept.

        Raises LabError.
        """
        assert self._reached.cycle is not None, "asked before"
        try:
            self._reached.cycle()
            self._session.begin_anew(Deadline(self._patience))
        except LabError as gone:
            if not self._ladder:
                raise
            self._climb(gone)

    def show(self, folder: Path, name: str) -> list[Path]:
        """Files that show the state the device is in, made in the folder; none where the lab sees nothing."""
        return self._reached.show(folder, name)

    def run_all(self, programs: Iterable[Program], *, deadline: Deadline | None = None) -> list[Execution]:
        """See `Device.run_all`. Raises BroughtBack if a program may or may not have run."""
        executions = self._recovering(list(map(self._slowed, programs)), deadline)
        for one in executions:
            if one.outcome.kind is OutcomeKind.LOST:
                self._lost = one.outcome.reason
                break
        if any(one.outcome.kind not in (OutcomeKind.LOST, OutcomeKind.NOT_RUN) for one in executions):
            self._ladder.works()
        return executions

    def _recovering(self, programs: list[Program], deadline: Deadline | None) -> list[Execution]:
        session = self._session
        after_a_loss = session.broken
        if after_a_loss and self.fresh and self._ladder:
            # Quicker than to see whether it comes back by itself.
            self._climb(LabError(f"a program was lost: {self._lost}"))
        while True:
            sent, restarts = session.sent, session.health.restarts
            try:
                executions = self._run_all(programs, deadline)
            except ProtocolError:
                raise
            except LabError as gone:
                if not self._ladder or deadline is not None:
                    raise
                in_doubt = session.sent != sent
                first = in_doubt and not self.fresh
                how = self._climb(gone, first=_AGAIN if first else ())
                if in_doubt:
                    raise BroughtBack(f"{gone}; brought back since by: {how}") from gone
                if not after_a_loss:
                    # What ran before had its effects on a device that is another now.
                    reason = f"{gone}; brought back by: {how}, a new session has begun"
                    outcome = Outcome(OutcomeKind.NOT_RUN, reason=reason)
                    return [not_run(program, outcome) for program in programs]
                continue
            if session.health.restarts != restarts:
                self._ladder.began_anew(self._lost if after_a_loss else executions[0].outcome.reason)
            return executions

    def _climb(self, gone: LabError, first: Sequence[Rung] = ()) -> str:
        # Power may be switched by lines of the very port.
        self._session.hang_up()
        return self._ladder.climb(gone, self._session.begin_anew, first=first)

    @property
    def recovery(self) -> Sequence[RecoveryStep]:
        """What was tried to bring the device back, so far."""
        return self._ladder.steps

    def _run_all(self, programs: list[Program], deadline: Deadline | None) -> list[Execution]:
        starts = self._reached.starts()
        try:
            executions = super().run_all(programs, deadline=deadline)
        except LabError as error:
            fault = self._reached.fault(_LAST_MOMENT)
            if fault is not None and fault not in str(error):
                error.add_note(f"  {fault}")
            for sentence in self.line.trouble:
                error.add_note(f"  {sentence}")
            raise
        lost = [one for one in executions if one.outcome.kind is OutcomeKind.LOST]
        if lost and self._reached.starts() != starts:
            raise LinkError(f"the harness started the device anew meanwhile: {lost[0].outcome.reason}")
        if lost and (fault := self._reached.fault(_LAST_MOMENT)) is not None:
            raise LinkError(fault)
        if lost and self._faults and not lost[0].outcome.reason.startswith((RESTARTED, SET_BACK)):
            raise LinkError(
                f"the line was made faulty on purpose ({self._faults}): {lost[0].outcome.reason}; "
                f"whether it ran is in doubt for: {', '.join(first_call(one.program) for one in lost)}"
            )
        return executions

    def _slowed(self, program: Program) -> Program:
        if self._slowness == 1:
            return program
        return replace(program, deadline_ms=round(program.deadline_ms * self._slowness))
