"""The keywords that run programs and check results, through real Robot runs on a device double."""

import pytest
from scripted_device import Ends, Error, ScriptedDevice

from harness.program.result import SENTINEL, OutcomeKind
from harness.winsock import CONSTANTS

SOCKET = "s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)"


def one_test(*steps: str) -> str:
    body = "\n".join(f"    {step}" for step in steps)
    return f"*** Test Cases ***\nOne\n{body}\n"


@pytest.mark.parametrize(
    ("answers", "steps"),
    [
        ({}, ["Should Succeed", "Every Call Should Succeed", "Should Succeed If It Ran    s"]),
        ({"WSASocketW": Error(10047)}, ["Should Fail", "Should Fail With    WSAEAFNOSUPPORT"]),
        ({"WSASocketW": Error(10047)}, ["Last Error Should Be    10047", "Should Fail    s"]),
        ({"WSASocketW": Error(10047)}, ["Value Should Be    INVALID_SOCKET", "Value Should Be    -1    s"]),
        ({"WSASocketW": 0x104}, ["Value Should Be    0x104", "Value Should Be    s    s"]),
        ({"WSASocketW": Ends(OutcomeKind.BLOCKED)}, ["Outcome Should Be    blocked"]),
        ({"WSASocketW": Ends(OutcomeKind.FAULTED, 0xC0000005)}, ["Outcome Should Be    Faulted"]),
    ],
)
def test_checks_that_hold(run_suite, answers, steps) -> None:
    ran = run_suite(one_test(f"Run Program    {SOCKET}", *steps), ScriptedDevice(answers))
    assert ran.code == 0, ran.tests.message


@pytest.mark.parametrize(
    ("answers", "step", "documented", "observed"),
    [
        ({"WSASocketW": Error(10047)}, "Should Succeed", "success", "WSAEAFNOSUPPORT (10047)"),
        ({"WSASocketW": Error(10047)}, "Every Call Should Succeed", "success", "WSAEAFNOSUPPORT (10047)"),
        ({"WSASocketW": Error(10047)}, "Should Succeed If It Ran    s", "success", "WSAEAFNOSUPPORT (10047)"),
        ({}, "Should Fail", "failure", "success"),
        ({}, "Should Fail With    WSAEINVAL", "WSAEINVAL (10022)", "success"),
        ({"WSASocketW": Error(10047)}, "Should Fail With    WSAEINVAL", "WSAEINVAL (10022)", "(10047)"),
        ({"WSASocketW": Error(10047)}, "Last Error Should Be    WSAEINVAL", "WSAEINVAL (10022)", "(10047)"),
        ({"WSASocketW": Error(SENTINEL)}, "Should Fail With    WSAEINVAL", "WSAEINVAL", "without setting"),
        ({"WSASocketW": Ends(OutcomeKind.BLOCKED)}, "Should Fail", "failure", "blocked"),
        ({"WSASocketW": Ends(OutcomeKind.FAULTED, 0xC0000005)}, "Should Succeed", "success", "0xC0000005"),
        ({"WSASocketW": 7}, "Value Should Be    8", "s = WSASocketW is 8", "7 (0x7)"),
        ({"WSASocketW": Ends(OutcomeKind.BLOCKED)}, "Value Should Be    8", "value 8", "blocked"),
        ({}, "Outcome Should Be    blocked", "blocked", "returned"),
    ],
)
def test_a_failure_tells_documented_observed_and_the_program(
    run_suite, answers, step, documented, observed
) -> None:
    ran = run_suite(one_test(f"Run Program    {SOCKET}", step), ScriptedDevice(answers))
    message = ran.tests.message["One"]
    lines = {line.partition(":")[0]: line for line in message.splitlines()}
    assert ran.tests.status["One"] == "FAIL"
    assert documented in lines["documented"]
    assert observed in lines["observed"]
    assert message.rstrip().endswith("s = ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)")


READ = 'read = getsockopt(1, SOL_SOCKET, SO_TYPE, out type[8], inout length[4] = x"08000000")'


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("Number Should Be    type:4    SOCK_STREAM", "PASS"),
        ("Number Should Be    type+0:1    length:4", "FAIL"),
        ("Number Should Be    type:4    SOCK_DGRAM", "FAIL"),
        ("Number Should Be    type:4    SOCK_STREAM | 0", "PASS"),
        ("Number Should Be    type+4:4    0", "PASS"),
        ("Number Should Be At Least    type:4    2", "FAIL"),
        ("Number Should Be At Least    type:4    1", "PASS"),
        ("Number Should Not Shrink    length:4    type:4    noise=7", "PASS"),
        ("Number Should Not Shrink    length:4    type:4    noise=6", "FAIL"),
        ('Bytes Should Be    type    x"01"', "PASS"),
        ("Bytes Should Be    type    1", "FAIL"),
    ],
)
def test_numbers_and_bytes_of_buffers(run_suite, step, status) -> None:
    def getsockopt(_s, _level, _name, value, _length) -> None:
        value[:1] = b"\1"

    ran = run_suite(one_test(f"Run Program    {READ}", step), ScriptedDevice({"getsockopt": getsockopt}))
    assert ran.tests.status["One"] == status, ran.tests.message


@pytest.mark.parametrize("word", [4, 8])
def test_places_by_name_are_those_of_the_devices_word(run_suite, word) -> None:
    """The double writes what the device would have: a length, and a pointer as wide as its words."""

    def get(vector: bytearray) -> None:
        assert len(vector) == 2 * word
        vector[:] = (7).to_bytes(word, "little") + (0x1234 << 8 * word - 16).to_bytes(word, "little")

    device = ScriptedDevice({"Get": get}, word=word)
    text = one_test(
        "Run Program    call a!Get(out vector[WSABUF]) fails never",
        "Number Should Be    vector+WSABUF.len:4    7",
        f"Number Should Be    vector+WSABUF.buf:word    {0x1234 << 8 * word - 16}",
        f"Number Should Be    vector+{word}:{word}    vector+WSABUF.buf:word",
        "${number}=    Get Number    vector+WSABUF.buf:word",
        f"Should Be Equal As Integers    ${{number}}    {0x1234 << 8 * word - 16}",
    )
    ran = run_suite(text, device)
    assert ran.tests.status["One"] == "PASS", ran.tests.message


def test_a_member_that_there_is_not(run_suite) -> None:
    text = one_test(
        "Run Program    call a!Get(out vector[WSABUF]) fails never", "Get Number    vector+WSABUF.buff:word"
    )
    ran = run_suite(text, ScriptedDevice())
    assert "WSABUF.buff is no member of a structure; did you mean WSABUF.buf?" in ran.tests.message["One"]


@pytest.mark.parametrize(("kind", "status"), [("emulated", "PASS"), ("wine", "SKIP")])
def test_memory_that_others_use_too_is_not_judged(run_suite, tmp_path, kind, status) -> None:
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[defaults]\ntarget = it\n[target it]\nkind = {kind}\n", encoding="utf-8")
    text = "*** Test Cases ***\nOne\n    [Tags]    WSASOCKET-023\n    Needs Memory Of Its Own\n"
    ran = run_suite(text, ScriptedDevice(), variable=[f"LAB:{lab}"])
    assert ran.tests.status["One"] == status, ran.tests.message
    assert [row.verdict for row in ran.rows] == (["not-provocable"] if status == "SKIP" else [])


PENDING = ({"WSASocketW": Error(997)}, "Value Should Be    1    other    if_failed=s")
DONE = ({"WSASocketW": 5}, "Value Should Be    1    other    if_failed=s")
TWICE = ({"WSASocketW": 0}, "Values Should Differ    s    other    if_succeeded=s")
NONE = ({"WSASocketW": Error(10024)}, "Values Should Differ    s    other    if_succeeded=s")


@pytest.mark.parametrize(
    ("case", "status"), [(PENDING, "FAIL"), (DONE, "PASS"), (TWICE, "FAIL"), (NONE, "PASS")]
)
def test_checks_that_depend_on_another_call(run_suite, case, status) -> None:
    answers, step = case
    program = f"Run Program    {SOCKET}\\n other = closesocket(5)"
    ran = run_suite(one_test(program, step), ScriptedDevice({"closesocket": 0, **answers}))
    assert ran.tests.status["One"] == status, ran.tests.message


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("Should Succeed    t", "no call named 't' (named: s)"),
        ("Should Fail With    WSAEINVALL", "did you mean WSAEINVAL?"),
        ("Value Should Be    SOCK_STREEM", "did you mean SOCK_STREAM?"),
        ("Number Should Be    type:4    1", "no buffer 'type' (returned: none)"),
        ("Number Should Be    type:3    1", "expected buffer+offset:width"),
        ("Value Should Be    $af", "$af has no value"),
        ("Run Program    s = WSASocket(AF_INETT)", "AF_INETT"),
        ("Run Program File    nowhere.ceprog", "no program file nowhere.ceprog"),
        ("Outcome Should Conform    s", "tag the test with a requirement"),
    ],
)
def test_a_wrong_test_says_what_is_wrong(run_suite, step, message) -> None:
    ran = run_suite(one_test(f"Run Program    {SOCKET}", step), ScriptedDevice())
    assert ran.tests.status["One"] == "FAIL"
    assert message in ran.tests.message["One"]


def test_checks_before_any_program(run_suite) -> None:
    ran = run_suite(one_test("Should Succeed"), ScriptedDevice())
    assert "no program has run yet" in ran.tests.message["One"]


def test_results_of_one_test_are_not_those_of_the_next(run_suite) -> None:
    text = one_test(f"Run Program    {SOCKET}") + "Two\n    Should Succeed\n"
    ran = run_suite(text, ScriptedDevice())
    assert ran.tests.status == {"One": "PASS", "Two": "FAIL"}


def test_values_of_calls_feed_later_calls(run_suite) -> None:
    device = ScriptedDevice(
        {"WSASocketW": 0x123, "closesocket": lambda s: None if s == 0x123 else Error(10038)}
    )
    ran = run_suite(
        one_test(
            "${s}=    Call Function    WSASocketW    AF_INET    SOCK_STREAM    0    NULL    0    0",
            "Call Function    closesocket    ${s}",
            "Should Succeed",
            "Should Be Equal As Integers    ${s}    0x123",
            "Call Function    closesocket    5",
            "Should Fail With    WSAENOTSOCK",
        ),
        device,
    )
    assert ran.code == 0, ran.tests.message


def test_reading_results(run_suite) -> None:
    def getsockopt(_s, _level, _name, value, _length) -> int:
        value[:2] = b"\1\2"
        return 0

    steps = [
        f"Run Program    {READ}",
        "${number}=    Get Number    type:2",
        "Should Be Equal As Integers    ${number}    0x201",
        "${bytes}=    Get Bytes    type",
        "Length Should Be    ${bytes}    8",
        "${value}=    Get Value    read",
        "Should Be Equal As Integers    ${value}    0",
        "${info}=    Get Device Information",
        "Should Be Equal    ${info}[evidence]    model",
        "Should Be Equal As Integers    ${info}[major]    6",
    ]
    ran = run_suite(one_test(*steps), ScriptedDevice({"getsockopt": getsockopt}))
    assert ran.code == 0, ran.tests.message


def test_loops(run_suite) -> None:
    left = iter([1, 2, 3, Error(CONSTANTS["WSAEMFILE"])])
    steps = [
        f"Run Program    repeat 10 until failure {{    {SOCKET}    }}",
        "Should Fail With    WSAEMFILE    s",
        "Should Have Run    s    4",
    ]
    ran = run_suite(one_test(*steps), ScriptedDevice({"WSASocketW": lambda *_: next(left)}))
    assert ran.code == 0, ran.tests.message


def test_a_blocked_program_is_tried_again_where_that_is_asked_for(run_suite, tmp_path) -> None:
    (tmp_path / "wait.ceprog").write_text("$what\n")
    device = ScriptedDevice({"WSASocketW": Ends(OutcomeKind.BLOCKED)})
    ran = run_suite(
        one_test(
            f"Run Program File    wait.ceprog    attempts=3    what={SOCKET}", "Outcome Should Be    blocked"
        ),
        device,
    )
    assert ran.code == 0, ran.tests.message
    assert len(device.programs) == 3
