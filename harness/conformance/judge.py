"""From what was observed to a verdict. Nothing here talks to a device or remembers anything."""

from collections.abc import Iterable, Iterator

from harness.conformance import wording
from harness.conformance.broken import TEST_IS_WRONG
from harness.conformance.row import Row
from harness.conformance.verdict import Verdict
from harness.errors import UsageError
from harness.program.model import Program
from harness.program.result import SENTINEL, CallResult, Execution, OutcomeKind
from harness.program.text import format_program
from harness.winsock import (
    ANY,
    FUNCTIONS,
    LISTED,
    SUCCESS,
    Expectation,
    Leg,
    Requirement,
    documented_result,
    error_meaning,
    error_name,
)

_OUR_OWN_FAULT = (OutcomeKind.OUT_OF_RANGE, OutcomeKind.OVERFLOW)


def judge(
    requirement: Requirement,
    execution: Execution,
    *,
    call: CallResult | None = None,
    code: int | None = None,
    leg: str = "",
    case: str = "",
    evidence: str = "",
    version: tuple[int, int] | None = None,
) -> Row:
    """The row for one call of a program.

    call: the call that is judged; without it the last one as written. code: its error code, where it is not
    the last error (`*lpErrno`). leg: which leg of the requirement, by default the one that needs nothing
    of the target. version: of Windows CE, for statements that older pages lack.
    Raises UsageError for an unknown leg, and for a missing `code` that only the caller can know.
    """
    chosen = requirement.leg(leg)
    judged = execution.last if call is None else call
    verdict, observed, reason = _outcome(execution, judged) or _result(chosen, judged, code)
    return _row(requirement, chosen, case, verdict, observed, reason, execution.program, evidence, version)


def judge_fact(
    requirement: Requirement,
    holds: bool,
    observed: str,
    *,
    leg: str = "",
    case: str = "",
    documented: str = "",
    reason: str = "",
    program: Program | None = None,
    evidence: str = "",
    version: tuple[int, int] | None = None,
) -> Row:
    """The row for a statement that is no error code: it holds or it does not. Raises UsageError.

    documented: the statement, by default what the requirement's data says.
    """
    chosen = requirement.leg(leg)
    verdict = Verdict.PASS if holds else Verdict.FAIL
    return _row(requirement, chosen, case, verdict, observed, reason, program, evidence, version, documented)


def set_aside(
    requirement: Requirement,
    verdict: Verdict,
    reason: str,
    *,
    leg: str = "",
    case: str = "",
    observed: str = "",
    program: Program | None = None,
    evidence: str = "",
) -> Row:
    """The row for something that was not judged: inconclusive, observed or broken, with the reason.

    Raises UsageError for an unknown leg; ValueError for a verdict that needs judging.
    """
    if verdict not in (Verdict.INCONCLUSIVE, Verdict.OBSERVED, Verdict.BROKEN, Verdict.NOT_PROVOCABLE):
        raise ValueError(f"{verdict} comes of judging, not of setting aside")
    chosen = requirement.leg(leg)
    return _row(requirement, chosen, case, verdict, observed, reason, program, evidence, None)


def not_provocable(requirement: Requirement, provides: Iterable[str], evidence: str = "") -> Iterator[Row]:
    """One row for each leg that a target with these abilities cannot reach, and what it lacks."""
    abilities = frozenset(provides)
    for leg in requirement.legs:
        missing = leg.missing(abilities)
        if missing:
            yield Row(
                requirement=requirement.id,
                case=leg.title,
                verdict=Verdict.NOT_PROVOCABLE,
                documented=documented_result(leg),
                observed="",
                reason=wording.needed(missing),
                evidence=evidence,
                leg=leg.id,
            )


Finding = tuple[Verdict, str, str]
"""Verdict, what was observed, the reason."""


def _outcome(execution: Execution, judged: CallResult) -> Finding | None:
    """What a program that did not come to its end means, or a call that it passed over."""
    outcome = execution.outcome
    if outcome.kind is OutcomeKind.NOT_RUN:
        return Verdict.INCONCLUSIVE, "not run", outcome.reason or "the program was not run"
    if outcome.kind in _OUR_OWN_FAULT:
        return (
            Verdict.BROKEN,
            str(outcome),
            f"{TEST_IS_WRONG}its program is, which tells nothing of the device",
        )
    if outcome.kind is OutcomeKind.NO_THREAD:
        return Verdict.INCONCLUSIVE, wording.ended(outcome), "the program needs a thread more"
    if not outcome.returned:
        return Verdict.FAIL, wording.ended(outcome), _where(execution, judged)
    if not judged.ran:
        return Verdict.INCONCLUSIVE, "the call did not run", _why_not_reached(execution)
    return None


def _where(execution: Execution, judged: CallResult) -> str:
    number = execution.outcome.call
    if number is None or number >= len(execution.calls) or execution.calls[number] is judged:
        return "the page knows no such outcome"
    return f"it happened in {wording.call_name(execution, number)}, not in the call that is judged"


def _why_not_reached(execution: Execution) -> str:
    for number, call in enumerate(execution.calls):
        function = wording.function_of(call)
        code = wording.code_of(call, function)
        if call.ran and code is not None:
            came_to = wording.observed(call, function, code)
            return f"{wording.call_name(execution, number)} before it came to {came_to}"
    return "the program passed over it"


def _result(leg: Leg, judged: CallResult, code: int | None) -> Finding:
    function = wording.function_of(judged)
    if code is None:
        code = wording.code_of(judged, function)
        if code is not None and function and function.code == "lpErrno":
            raise UsageError(f"{function.name} leaves its error code in *lpErrno: say which it was")
    observed = wording.observed(judged, function, code)
    if code == SENTINEL and not (function and function.code == "none"):
        return Verdict.FAIL, observed, "a call that fails has to leave a code behind"
    name = function.name if function else leg.function
    verdict, reason = _look_up(leg.expectation, name, code)
    return verdict, observed, reason


def _look_up(expectation: Expectation, function: str, code: int | None) -> tuple[Verdict, str]:
    """The most exact word that covers the result decides: its name, LISTED, ANY."""
    for fits in _words(function, code):
        if fits in expectation.conforming:
            return Verdict.PASS, ""
        for verdict, words in (
            (Verdict.PASS, expectation.tolerated),
            (Verdict.OBSERVED, expectation.observed),
            (Verdict.INCONCLUSIVE, expectation.inconclusive),
        ):
            if fits in words:
                return verdict, words[fits]
    if code is None:
        return Verdict.FAIL, "the call succeeded"
    meaning = error_meaning(function, code)
    return Verdict.FAIL, (
        f"{function} lists this code for: {meaning}" if meaning else f"{function} does not list this code"
    )


def _words(function: str, code: int | None) -> Iterator[str]:
    if code is None:
        yield SUCCESS
    else:
        yield error_name(code)
        known = FUNCTIONS.get(function)
        if known and code in known.listed:
            yield LISTED
    yield ANY


def _row(
    requirement: Requirement,
    leg: Leg,
    case: str,
    verdict: Verdict,
    observed: str,
    reason: str,
    program: Program | None,
    evidence: str,
    version: tuple[int, int] | None,
    documented: str = "",
) -> Row:
    until = requirement.informative_until
    if verdict is Verdict.FAIL and requirement.note:
        reason = f"{reason}. {requirement.note}" if reason else requirement.note
    if verdict is Verdict.FAIL and until and version and version <= until:
        verdict = Verdict.OBSERVED
        reason = f"the page of Windows CE {until[0]}.{until[1]} and older lacks this statement. {reason}"
    return Row(
        requirement=requirement.id,
        case=case,
        verdict=verdict,
        documented=documented or documented_result(leg),
        observed=observed,
        reason=reason,
        program=format_program(program) if program else "",
        evidence=evidence,
        leg=leg.id,
        provoked="" if verdict in (Verdict.BROKEN, Verdict.NOT_PROVOCABLE) else leg.provoked,
    )
