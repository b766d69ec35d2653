"""From what was observed to a verdict: every kind of result, every kind of failure."""

import pytest

from harness.conformance import Row, Verdict, judge, judge_fact, lab_broke, not_provocable, set_aside
from harness.errors import UsageError
from harness.program.model import Call, Export, Fails, Program
from harness.program.result import SENTINEL, CallResult, Execution, Outcome, OutcomeKind
from harness.winsock import REQUIREMENTS, symbols

RETURNED = Outcome(OutcomeKind.RETURNED)


def call(name: str, result: str | None = None) -> Call:
    export = symbols().function(name)
    assert export is not None
    return Call(
        Export(export.name, Fails(export.fails), export.reader, export.setter),
        tuple(0 for _ in export.parameters),
        result,
    )


def execution(
    *results: tuple[str, int | None, int | None], outcome: Outcome = RETURNED, ran: int | None = None
) -> Execution:
    """Calls by name, value and error; the first `ran` of them ran (all, if not said otherwise)."""
    calls = tuple(call(name) for name, _, _ in results)
    return Execution(
        Program(calls),
        outcome,
        tuple(
            CallResult(made, ran is None or number < ran, value, error, 10)
            for number, (made, (_, value, error)) in enumerate(zip(calls, results, strict=True))
        ),
    )


def failing(code: int | None, name: str = "WSASocketW") -> Execution:
    return execution(("WSAStartup", 0, None), (name, 0xFFFFFFFF, code))


def succeeding(value: int = 0x120, name: str = "WSASocketW") -> Execution:
    return execution(("WSAStartup", 0, None), (name, value, None))


def verdict(id: str, run: Execution, leg: str = "") -> tuple[Verdict, str]:
    row = judge(REQUIREMENTS[f"WSASOCKET-{id}"], run, leg=leg)
    return row.verdict, row.reason


def test_the_documented_code_passes() -> None:
    row = judge(REQUIREMENTS["WSASOCKET-012"], failing(10047), case="AF_IPX", evidence="model")
    assert row == Row(
        requirement="WSASOCKET-012",
        case="AF_IPX",
        verdict=Verdict.PASS,
        documented="WSAEAFNOSUPPORT (10047)",
        observed="WSAEAFNOSUPPORT (10047)",
        reason="",
        program=row.program,
        evidence="model",
        provoked="calls",
    )
    assert "WSASocketW" in row.program


def test_another_code_fails_and_the_reason_says_what_it_would_mean() -> None:
    row = judge(REQUIREMENTS["WSASOCKET-012"], failing(10043))
    assert (row.verdict, row.observed) == (Verdict.FAIL, "WSAEPROTONOSUPPORT (10043)")
    assert "WSASocket lists this code for: protocol not supported" in row.reason


def test_a_code_that_is_not_in_the_table_fails() -> None:
    assert verdict("012", failing(10060)) == (
        Verdict.FAIL,
        "WSASocket does not list this code. " + REQUIREMENTS["WSASOCKET-012"].note,
    )


def test_a_success_where_an_error_is_documented_fails() -> None:
    row = judge(REQUIREMENTS["WSASOCKET-016"], succeeding())
    assert (row.verdict, row.observed) == (Verdict.FAIL, "success")
    assert row.reason.startswith("the call succeeded")


def test_an_error_where_success_is_documented_fails() -> None:
    assert verdict("008", failing(10022))[0] is Verdict.FAIL


def test_a_code_the_page_leaves_open_passes_with_the_reason() -> None:
    result, reason = verdict("017", failing(10022))
    assert result is Verdict.PASS
    assert "no precedence" in reason
    assert verdict("017", failing(10041)) == (Verdict.PASS, "")
    assert verdict("017", failing(10043))[0] is Verdict.FAIL


@pytest.mark.parametrize(
    ("code", "expected"),
    [(10022, Verdict.PASS), (10043, Verdict.PASS), (10060, Verdict.FAIL), (0, Verdict.FAIL)],
)
def test_any_listed_code(code: int, expected: Verdict) -> None:
    assert verdict("003", failing(code))[0] is expected
    assert verdict("039", failing(code))[0] is expected


def test_listed_is_not_success() -> None:
    assert verdict("039", succeeding())[0] is Verdict.FAIL
    assert verdict("003", succeeding())[0] is Verdict.INCONCLUSIVE, "only a failure could show the codes"
    assert verdict("035", succeeding())[0] is Verdict.PASS


def test_what_the_page_does_not_decide_is_observed() -> None:
    assert verdict("028", succeeding(), "no-structure")[0] is Verdict.OBSERVED
    assert verdict("028", failing(10022), "no-structure")[0] is Verdict.OBSERVED
    assert verdict("028", failing(4711), "no-structure")[0] is Verdict.OBSERVED
    assert verdict("053", failing(10013))[0] is Verdict.OBSERVED
    assert verdict("053", failing(10044)) == (Verdict.PASS, "")


def test_a_condition_that_was_not_reached_is_inconclusive() -> None:
    result, reason = verdict("014", succeeding())
    assert result is Verdict.INCONCLUSIVE
    assert "cap" in reason


@pytest.mark.parametrize("id", ["012", "003", "035"])
def test_a_failure_without_a_code_fails(id: str) -> None:
    row = judge(REQUIREMENTS[f"WSASOCKET-{id}"], failing(SENTINEL))
    assert (row.verdict, row.observed) == (Verdict.FAIL, "failed without setting an error code")
    assert "leave a code" in row.reason


def test_a_failure_without_a_code_fails_even_where_any_result_is_recorded() -> None:
    assert verdict("028", failing(SENTINEL), "no-structure")[0] is Verdict.FAIL


@pytest.mark.parametrize(
    ("outcome", "observed"),
    [
        (Outcome(OutcomeKind.FAULTED, 1, 0xC0000005), "faulted: exception 0xC0000005"),
        (Outcome(OutcomeKind.BLOCKED, 1), "blocked past its deadline"),
        (Outcome(OutcomeKind.EXITED, 1, 3), "the process exited with code 3"),
        (Outcome(OutcomeKind.UNRESOLVED, 1, 127), "the export does not exist on the device"),
        (
            Outcome(OutcomeKind.LOST, None, None, "no answer"),
            "the device restarted or fell silent (no answer)",
        ),
    ],
)
@pytest.mark.parametrize(("id", "leg"), [("020", ""), ("028", "no-structure"), ("014", "")])
def test_an_outcome_other_than_returning_fails(outcome: Outcome, observed: str, id: str, leg: str) -> None:
    run = execution(("WSAStartup", 0, None), ("WSASocketW", None, None), outcome=outcome, ran=1)
    row = judge(REQUIREMENTS[f"WSASOCKET-{id}"], run, leg=leg)
    assert (row.verdict, row.observed) == (Verdict.FAIL, observed)
    assert row.reason.startswith("the page knows no such outcome")


@pytest.mark.parametrize("place", [0, 2])
def test_a_fault_in_another_call_fails_and_names_it(place: int) -> None:
    run = execution(
        ("WSAStartup", 0, None),
        ("WSASocketW", 0xFFFFFFFF, 10047),
        ("WSACleanup", 0, None),
        outcome=Outcome(OutcomeKind.FAULTED, place, 0xC0000005),
        ran=place,
    )
    row = judge(REQUIREMENTS["WSASOCKET-012"], run, call=run.calls[1])
    assert row.verdict is Verdict.FAIL
    assert f"{('WSAStartup', '', 'WSACleanup')[place]} (call {place + 1})" in row.reason


@pytest.mark.parametrize("kind", [OutcomeKind.OUT_OF_RANGE, OutcomeKind.OVERFLOW])
def test_a_wrong_program_says_nothing_about_the_device(kind: OutcomeKind) -> None:
    run = execution(("WSASocketW", None, None), outcome=Outcome(kind, 0), ran=0)
    row = judge(REQUIREMENTS["WSASOCKET-012"], run)
    assert row.verdict is Verdict.BROKEN
    assert not lab_broke(row)


def test_a_program_that_was_not_run_is_inconclusive() -> None:
    run = execution(
        ("WSASocketW", None, None),
        outcome=Outcome(OutcomeKind.NOT_RUN, reason="the program before it was lost"),
        ran=0,
    )
    assert verdict("012", run) == (Verdict.INCONCLUSIVE, "the program before it was lost")


def test_a_call_that_was_passed_over_is_inconclusive_and_says_why() -> None:
    run = execution(("WSAStartup", 10091, SENTINEL), ("WSASocketW", None, None), ran=1)
    row = judge(REQUIREMENTS["WSASOCKET-012"], run)
    assert (row.verdict, row.observed) == (Verdict.INCONCLUSIVE, "the call did not run")
    assert row.reason == "WSAStartup (call 1) before it came to WSASYSNOTREADY (10091)"


def test_the_judged_call_can_be_chosen() -> None:
    run = execution(("WSASocketW", 0xFFFFFFFF, 10047), ("WSACleanup", 0, None))
    assert judge(REQUIREMENTS["WSASOCKET-012"], run, call=run.calls[0]).verdict is Verdict.PASS
    assert judge(REQUIREMENTS["WSASOCKET-012"], run).verdict is Verdict.FAIL


def test_a_call_in_a_loop_is_judged_by_the_run_that_failed() -> None:
    made = call("WSASocketW")
    looped = CallResult(made, True, 0xFFFFFFFF, 10024, 99, ((64, None), (1, 10024)))
    row = judge(REQUIREMENTS["WSASOCKET-014"], Execution(Program((made,)), RETURNED, (looped,)))
    assert (row.verdict, row.observed) == (Verdict.PASS, "WSAEMFILE (10024), in 65 runs")


def test_one_failed_run_of_many_is_no_success() -> None:
    made = call("WSASocketW")
    looped = CallResult(made, True, 0x120, None, 99, ((64, None), (1, 10055), (10, None)))
    row = judge(REQUIREMENTS["WSASOCKET-023"], Execution(Program((made,)), RETURNED, (looped,)))
    assert (row.verdict, row.observed) == (Verdict.FAIL, "WSAENOBUFS (10055), in 75 runs")


def test_a_code_that_is_returned_as_the_value() -> None:
    row = judge(REQUIREMENTS["WSASOCKET-003"], execution(("WSAStartup", 10092, SENTINEL)))
    assert (row.verdict, row.observed) == (Verdict.PASS, "WSAVERNOTSUPPORTED (10092)")


def test_a_code_behind_a_pointer_has_to_be_given() -> None:
    run = execution(("WSCInstallProvider", 0xFFFFFFFF, SENTINEL))
    with pytest.raises(UsageError, match=r"WSCInstallProvider leaves its error code in \*lpErrno"):
        judge(REQUIREMENTS["WSASOCKET-003"], run)
    row = judge(REQUIREMENTS["WSASOCKET-003"], run, code=11003)
    assert row.observed == "WSANO_RECOVERY (11003)"
    assert row.verdict is Verdict.PASS


def test_legs_have_expectations_of_their_own() -> None:
    assert verdict("024", failing(10022, "WSASend"), "without-flag")[0] is Verdict.PASS
    assert verdict("024", failing(997, "WSASend"), "without-flag")[0] is Verdict.FAIL
    assert verdict("024", failing(997, "WSASend"), "with-flag")[0] is Verdict.PASS
    assert verdict("024", succeeding(0, "WSASend"), "with-flag")[0] is Verdict.PASS
    assert judge(REQUIREMENTS["WSASOCKET-024"], succeeding(0, "WSASend"), leg="with-flag").leg == "with-flag"
    with pytest.raises(UsageError, match="only without-flag, with-flag"):
        verdict("024", succeeding(), "flag")


@pytest.mark.parametrize(
    ("version", "expected"),
    [(None, Verdict.FAIL), ((4, 20), Verdict.OBSERVED), ((5, 0), Verdict.OBSERVED), ((6, 0), Verdict.FAIL)],
)
def test_a_statement_that_older_pages_lack(version: tuple[int, int] | None, expected: Verdict) -> None:
    row = judge(REQUIREMENTS["WSASOCKET-054"], succeeding(), version=version)
    assert row.verdict is expected
    assert ("5.0 and older lacks this statement" in row.reason) == (expected is Verdict.OBSERVED)


def test_a_fact_holds_or_does_not() -> None:
    requirement = REQUIREMENTS["WSASOCKET-049"]
    good = judge_fact(requirement, True, "1048576 bytes", evidence="device")
    assert (good.verdict, good.documented) == (
        Verdict.PASS,
        "every byte of the pattern, once and in its place",
    )
    program = Program((call("recv"),))
    bad = judge_fact(
        requirement, False, "byte 7 is 9", case="small", program=program, documented="byte 7 is 8"
    )
    assert (bad.verdict, bad.observed, bad.case) == (Verdict.FAIL, "byte 7 is 9", "small")
    assert bad.documented == "byte 7 is 8"
    assert "recv" in bad.program


def test_setting_aside_needs_no_result() -> None:
    row = set_aside(REQUIREMENTS["WSASOCKET-014"], Verdict.BROKEN, "port gone")
    assert (row.verdict, row.reason, row.leg) == (Verdict.BROKEN, "port gone", "exhaustion")
    with pytest.raises(ValueError, match="pass comes of judging"):
        set_aside(REQUIREMENTS["WSASOCKET-014"], Verdict.PASS, "looks fine")


def test_not_provocable_says_what_is_missing() -> None:
    rows = list(not_provocable(REQUIREMENTS["WSASOCKET-011"], ["network-down"], "model"))
    assert [(row.leg, row.verdict, row.evidence) for row in rows] == [
        ("pass-through", Verdict.NOT_PROVOCABLE, "model")
    ]
    assert rows[0].reason == "needs a Winsock service provider of our own, installed on the device (provider)"
    assert rows[0].documented == "WSAENETDOWN (10050)"
    assert not list(not_provocable(REQUIREMENTS["WSASOCKET-012"], []))
    assert not list(not_provocable(REQUIREMENTS["WSASOCKET-011"], ["network-down", "provider"]))


@pytest.mark.parametrize(
    ("function", "observed"),
    [
        ("WSASocketW", "success"),
        ("WSACreateEvent", "success"),
        ("gethostbyname", "success"),
        ("WSASend", "success"),
        ("coredll!LoadLibraryW", "success"),
        ("send", "success, value 288"),
    ],
)
def test_a_value_that_differs_from_run_to_run_is_not_observed(function: str, observed: str) -> None:
    assert judge(REQUIREMENTS["WSASOCKET-001"], succeeding(name=function)).observed == observed
