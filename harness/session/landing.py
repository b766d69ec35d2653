"""What comes of the programs of one exchange: executions in their places, and the first error among them."""

from harness.errors import ProgramError, ProtocolError
from harness.program.codec import ExportTable, not_run, read_answer
from harness.program.model import Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.flight import Flight
from harness.wire.messages import LIMIT_NAMES, Answer, Limits, Reason, Refusal

RESTARTED = "the agent restarted"
SET_BACK = "the device was set back to an earlier state, or another controller used it"
"""How the reason begins why programs were lost that the agent itself shows to be. All others are silence."""


class Landing:
    """Collects answers and refusals.

    `error` is raised when all others are done; `broken`: the session is of no use any more.
    """

    def __init__(self, count: int, limits: Limits, exports: ExportTable, url: str) -> None:
        self.error: Exception | None = None
        self.broken = False
        self._executions: list[Execution | None] = [None] * count
        self._limits = limits
        self._exports = exports
        self._url = url

    def fail(self, error: Exception) -> None:
        """Something has to be raised in the end; the first one is."""
        if self.error is None:
            self.error = error

    def answered(self, flight: Flight) -> None:
        """The reply to `flight` is the last word about it. Raises `ProtocolError` for one that cannot be."""
        match flight.reply:
            case Answer() as answer:
                execution = read_answer(flight.program, answer, self._limits.word)
                self._executions[flight.place] = execution
            case Refusal() as refusal:
                self._exports.forget(flight.defined)
                self._refused(flight, refusal)

    def lost(self, flight: Flight, reason: str) -> None:
        """Nothing came back, and nothing on this side explains it."""
        outcome = Outcome(OutcomeKind.LOST, reason=reason)
        self._executions[flight.place] = not_run(flight.program, outcome)

    def executions(self, programs: list[Program]) -> list[Execution]:
        """All of them; those without one were not run. Raises the first error."""
        if self.error is not None:
            raise self.error
        missing = Outcome(OutcomeKind.NOT_RUN, reason="a program before it was lost")
        return [
            execution or not_run(program, missing)
            for execution, program in zip(self._executions, programs, strict=True)
        ]

    def _refused(self, flight: Flight, refusal: Refusal) -> None:
        detail = refusal.detail
        match refusal.reason:
            case Reason.MALFORMED:
                near = flight.body[max(0, detail - 8) : detail + 8].hex(" ")
                self.fail(
                    ProgramError(
                        f"the agent cannot read the program at byte {detail} of its message ({near})"
                    )
                )
            case Reason.LIMIT:
                name = LIMIT_NAMES[detail] if detail < len(LIMIT_NAMES) else f"number {detail}"
                allowed = getattr(self._limits, name, "an unknown number")
                self.fail(ProgramError(f"the program exceeds the device's limit {name!r} of {allowed}"))
            case Reason.WORKER:
                reason = f"the device could not start a worker process, error {detail}"
                outcome = Outcome(OutcomeKind.NOT_RUN, detail=detail, reason=reason)
                self._executions[flight.place] = not_run(flight.program, outcome)
            case reason:
                self.broken = True
                self.fail(ProtocolError(f"{self._url}: the agent refuses: {reason.name}, detail {detail}"))
