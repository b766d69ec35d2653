"""What all keyword groups share: the device, the test that runs, the last program and its results."""

from collections.abc import Callable
from pathlib import Path

from robot.api import SkipExecution, logger
from robot.libraries.BuiltIn import BuiltIn

from harness.conformance import TEST_IS_WRONG, Row, Verdict, judge_fact, set_aside
from harness.errors import LabError, ProgramError, UsageError
from harness.program.model import Program
from harness.program.result import CallResult, Execution
from harness.program.text import format_program, parse
from harness.robot.actions import DeviationError
from harness.robot.findings import RunningTest
from harness.robot.target import LazyDevice
from harness.robot.wording import call_name, came_to, story
from harness.winsock import Requirement, WinsockSymbols, symbols


class Keywords:
    """Base of the keyword groups."""

    def __init__(self, target: LazyDevice) -> None:
        self._target = target
        self._test = RunningTest("outside of a test")
        self._execution: Execution | None = None
        self._judged: set[str | None] = set()
        self._entry_values: dict[str, object] = {}

    def lab_failed(self, reason: str) -> None:
        """The lab failed in this test: it says nothing about the device."""
        self._set_aside(Verdict.BROKEN, reason)

    def brought_back(self, reason: str) -> SkipExecution:
        """The lab failed in this test, and works again: what the device did is unknown. What to raise."""
        return self._not_reached(reason)

    def test_is_wrong(self, reason: str) -> None:
        """The test itself is wrong: it says nothing about the device."""
        self._set_aside(Verdict.BROKEN, f"{TEST_IS_WRONG}{reason}")

    @property
    def _symbols(self) -> WinsockSymbols:
        """The names that programs and places in buffers use, as the device's words make them. Opens it."""
        return symbols(self._target.get().word)

    def _parse(self, text: str, name: str) -> Program:
        try:
            return parse(text, self._symbols, name=name)
        except ProgramError:
            numbered = (f"{number:3} {line}" for number, line in enumerate(text.splitlines(), start=1))
            logger.info("\n".join(numbered))
            raise

    def _run(self, program: Program) -> Execution:
        logger.info(f"program:\n{format_program(program)}")
        self._execution, self._judged = None, set()
        device = self._target.get()
        self._test.ran = True
        self._execution = execution = device.run(program)
        self._test.executed(execution)
        for result in execution.calls:
            value = "" if result.value is None else f" 0x{result.value:X},"
            logger.info(f"{call_name(result)}:{value} {came_to(result, execution)}")
        return execution

    def _last(self) -> Execution:
        """The results of the last program. Raises UsageError before any ran."""
        if self._execution is None:
            raise UsageError("no program has run yet in this test: use Run Program or Call Function first")
        return self._execution

    def _call(self, name: str | None) -> CallResult:
        """The call of that name of the last program, or its last call. Raises UsageError."""
        execution = self._last()
        if name is None:
            return execution.last
        try:
            return execution.named(name)
        except KeyError:
            names = ", ".join(result.call.result for result in execution.calls if result.call.result)
            raise UsageError(f"the program has no call named {name!r} (named: {names or 'none'})") from None

    def _deviates(self, documented: str, observed: str) -> DeviationError:
        """Notes a check that failed; the exception to raise."""
        self._fact(False, documented, observed)
        return DeviationError(self._story("deviates", documented, observed, ""))

    def _holds(self, documented: str, observed: str) -> None:
        """Notes a check that held."""
        self._fact(True, "", observed)
        logger.info(f"as expected ({documented}): {observed}")

    def _not_reached(self, reason: str, observed: str = "") -> SkipExecution:
        """Notes that the condition was not reached this time; the exception to raise."""
        self._set_aside(Verdict.INCONCLUSIVE, reason, observed)
        return SkipExecution(self._story("inconclusive", "", observed, reason))

    def _out_of_reach(self, reason: str) -> SkipExecution:
        """Notes that this target cannot reach the case at all; the exception to raise."""
        self._set_aside(Verdict.NOT_PROVOCABLE, reason)
        return SkipExecution(self._story("not provocable", "", "", reason))

    def _unexplained(self, message: str) -> None:
        """Notes a failure of which no keyword of this library knows."""
        if not self._test.ran:
            self.test_is_wrong(message)
            return
        try:
            self._fact(False, "", message)
        except UsageError as error:
            self.test_is_wrong(str(error))
        except LabError as error:
            self.lab_failed(str(error))

    def _story(self, headline: str, documented: str, observed: str, reason: str) -> str:
        about = ", ".join(f"{one.id} {one.title}" for one in self._test.requirements) or self._test.name
        case = f", {self._test.case}" if self._test.case else ""
        return story(f"{headline}: {about}{case}", documented, observed, reason, self._execution)

    def _fact(self, holds: bool, documented: str, observed: str) -> None:
        def row(requirement: Requirement) -> Row:
            return judge_fact(
                requirement,
                holds,
                observed,
                documented=documented,
                leg=self._leg(requirement),
                case=self._test.case_name,
                program=self._program(),
                evidence=self._evidence(),
                version=self._version(requirement),
            )

        self._add(row, fact=True)

    def _set_aside(self, verdict: Verdict, reason: str, observed: str = "") -> None:
        def row(requirement: Requirement) -> Row:
            return set_aside(
                requirement,
                verdict,
                reason,
                observed=observed,
                # A broken row comes of whatever is wrong, perhaps of the tag that names the leg.
                leg=self._leg_or_first(requirement) if verdict is Verdict.BROKEN else self._leg(requirement),
                case=self._test.case_name,
                program=self._program(),
                evidence=self._evidence(),
            )

        self._add(row)

    def _add(self, row: Callable[[Requirement], Row], *, fact: bool = False) -> None:
        for requirement in self._test.requirements:
            self._test.add(row(requirement), fact=fact)

    def _leg(self, requirement: Requirement) -> str:
        """The leg that the test is tagged with, or the requirement's only one. Raises UsageError."""
        if not self._test.leg and len(requirement.legs) > 1:
            legs = ", ".join(leg.id for leg in requirement.legs)
            raise UsageError(
                f"{requirement.id} is checked in several ways: tag the test leg:ID (one of {legs})"
            )
        return requirement.leg(self._test.leg).id

    def _leg_or_first(self, requirement: Requirement) -> str:
        legs = [leg.id for leg in requirement.legs]
        return self._test.leg if self._test.leg in legs else legs[0]

    def _program(self) -> Program | None:
        return self._execution.program if self._execution else None

    def _evidence(self) -> str:
        return "" if self._target.opened is None else self._target.opened.evidence

    def _version(self, requirement: Requirement) -> tuple[int, int] | None:
        """Version of Windows CE, where the requirement depends on it."""
        return self._target.version() if requirement.informative_until else None

    @staticmethod
    def _suite_folder() -> Path:
        folder = Path(str(BuiltIn().get_variable_value("${SUITE SOURCE}")))
        return folder if folder.is_dir() else folder.parent
