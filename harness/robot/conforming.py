"""Keywords that judge a call by the documentation: expected codes come from harness.winsock."""

from robot.api import SkipExecution, logger
from robot.api.deco import keyword

from harness.conformance import SEVERITY, Row, Verdict, judge, not_provocable
from harness.conformance.wording import needed
from harness.errors import UsageError
from harness.program.result import CallResult, OutcomeKind
from harness.robot.actions import DeviationError, action
from harness.robot.cataloguing import CatalogKeywords
from harness.robot.wording import call_name, came_to
from harness.winsock import NEEDS, Requirement


class ConformanceKeywords(CatalogKeywords):
    """Outcome Should Conform, Needs Ability, Report What Cannot Be Provoked."""

    @keyword(tags=["conformance"])
    @action
    def outcome_should_conform(self, call: str = "tested", need_not_exist: bool = False) -> None:
        """Judges a call of the last program by the requirement that the test is tagged with.

        Which results conform is written in the requirement's data, never in the test. A requirement that is
        checked in several ways needs a second tag, ``leg:ID``.

        - conforming, or left open by the page: the test goes on;
        - anything else, a fault or a call that never returns: the test fails;
        - a call before it failed that no keyword has judged: the condition was not reached, and the test is
          skipped as inconclusive.

        ``need_not_exist``: a device that lacks the function conforms as well.
        """
        if not self._test.requirements:
            raise UsageError("tag the test with a requirement, such as WSASOCKET-012")
        result = self._call(call)
        absent = self._last().outcome.kind is OutcomeKind.UNRESOLVED
        if need_not_exist and absent:
            self._holds("the function may be missing", "the device does not have the function")
            return
        self._setup_held(result)
        self._judged.add(result.call.result)
        rows = [self._judge(requirement, result) for requirement in self._test.requirements]
        for row in rows:
            self._test.add(row)
        self._show(min(rows, key=lambda row: SEVERITY.index(row.verdict)))

    @keyword(tags=["conformance"])
    @action
    def report_what_cannot_be_provoked(self) -> None:
        """Skips the test with what the target lacks for each leg of its requirement that it cannot reach."""
        provides = self._target.config.provides
        reasons: list[str] = []
        for requirement in self._test.requirements:
            rows = list(not_provocable(requirement, provides, self._evidence()))
            for row in rows:
                self._test.add(row)
                reasons.append(f"{row.requirement}, {row.case or requirement.title}: {row.reason}")
        if not reasons:
            raise self._not_reached(
                "the target says it can reach this, but these suites have no test for it yet"
            )
        raise SkipExecution("not provocable: " + "\n".join(reasons))

    @keyword(tags=["conformance"])
    @action
    def needs_ability(self, ability: str) -> None:
        """Skips the test as not provocable where the target does not list this in what it provides.

        | Needs Ability    memory-pressure
        """
        self._need(ability)

    def _need(self, ability: str) -> None:
        if ability not in NEEDS:
            raise UsageError(f"there is no ability {ability!r}: expected one of {', '.join(NEEDS)}")
        if ability not in self._target.config.provides:
            raise self._out_of_reach(needed([ability]))

    def _judge(self, requirement: Requirement, result: CallResult) -> Row:
        return judge(
            requirement,
            self._last(),
            call=result,
            leg=self._leg(requirement),
            case=self._test.case_name,
            evidence=self._evidence(),
            version=self._version(requirement),
        )

    def _setup_held(self, judged: CallResult) -> None:
        """Every call before the judged one succeeded, unless it was judged itself."""
        execution = self._last()
        for result in execution.calls:
            if result is judged:
                return
            if result.ran and not result.ok and result.call.result not in self._judged - {None}:
                came = f"{call_name(result)}: {came_to(result, execution)}"
                raise self._not_reached(f"a call before it did not succeed: {came}", "condition not reached")

    def _show(self, row: Row) -> None:
        text = self._story(row.verdict.value, row.documented, row.observed, row.reason)
        match row.verdict:
            case Verdict.FAIL | Verdict.FIXED | Verdict.BROKEN:
                raise DeviationError(text)
            case Verdict.INCONCLUSIVE | Verdict.NOT_PROVOCABLE:
                raise SkipExecution(text)
            case _:
                logger.info(text)
