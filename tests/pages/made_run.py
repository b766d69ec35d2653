"""Runs that nobody ran: results files made by hand, for what no device here can be brought to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.conformance import Row, Verdict, expected_legs
from harness.results import RESULTS_FILE, End, Opened, Ran, Recovery, ResultsWriter, Start
from harness.winsock import REQUIREMENTS, documented_result

PROGRAM = """\
call ws2!WSAStartup(0x0202, scratch wsadata[512])
tested = ws2!WSASocketW(AF_IPX, SOCK_STREAM, 0, NULL, 0, 0)
call ws2!WSACleanup()
"""
IDENTITY = {
    "version": "5.0.1400",
    "cpu": "ARM",
    "processor": "Vexing ARM",
    "platform": "Board",
    "oem": "Panel 7",
}
LINE = {
    "url": "tcp://192.168.1.20:5555",
    "protection": "key from panel.key",
    "faults": "",
    "frames_sent": 1234,
    "bytes_sent": 99999,
    "frames_received": 1230,
    "bytes_received": 88888,
    "bad_frames": 0,
    "noise_bytes": 0,
    "resends": 3,
    "working": 3,
    "reconnects": 0,
    "reconnecting": 0.0,
    "restarts": 0,
    "console_bytes": 0,
    "median": 0.0123,
    "worst": 0.4,
    "trouble": [],
}
DIGEST, OTHER_DIGEST = (f"sha256:{signs * 16}" for signs in ("1234", "5678"))
NASTY = '<script>document.title = "broken in"</script><img src=x onerror="alert(1)">'


def row(requirement: str, verdict: Verdict, **others: Any) -> Row:
    """A row with what usually stands in it."""
    good = verdict in (Verdict.PASS, Verdict.OBSERVED)
    documented = (
        documented_result(REQUIREMENTS[requirement].leg()) if requirement in REQUIREMENTS else "success"
    )
    values = {
        "case": "The First",
        "documented": documented,
        "observed": documented if good else "WSAEFAULT (10014)",
        "program": PROGRAM,
        "evidence": "device",
        "provoked": "calls",
        "outcome": "returned",
    }
    return Row(requirement=requirement, verdict=verdict, **{**values, **others})


def start(**others: Any) -> Start:
    """The first record."""
    values: dict[str, Any] = {
        "run": "20261128T132606-c27a6461",
        "target": "panel",
        "target_kind": "tcp",
        "place": "192.168.1.20:5555",
        "evidence": "device",
        "harness": "0.1.0",
        "started": "2026-11-28T13:26:06.000+00:00",
        "image": "sha256:19809f375da7e87231d46183b00e027cd762475079f5257399f53cfacfcd99cd",
        "selection": "",
        "words": ["panel"],
        "host": "bench",
        "sources": {
            "suites": {"path": "suites", "digest": DIGEST, "commit": "89110a18ee3b", "changed": True},
            "expectations": {"path": "panel.toml", "digest": OTHER_DIGEST, "commit": "", "changed": False},
        },
    }
    return Start(**{**values, **others})


OPENED = Opened(
    time="2026-11-28T13:26:07.000+00:00",
    url="tcp://192.168.1.20:5555",
    agent="ceagent 0.1.0 ce-armv4i",
    evidence="device",
    identity=IDENTITY,
)
STEP = Recovery(
    time="2026-11-28T13:27:00+00:00",
    step="power cycle",
    reason="nothing came back",
    result="the agent answers",
    seconds=31.5,
)
CALLS = {
    "ws2!WSASocketW": [90, 100, 110, 120, 5000],
    "ws2!closesocket": [40],
    "coredll!VirtualFree": [0, 2_500_000],
}


def ran(name: str, **others: Any) -> Ran:
    """A test that came to its end."""
    values: dict[str, Any] = {
        "suite": "Conformance.Wsasocket",
        "started": "2026-11-28T13:26:10.000+00:00",
        "seconds": 1.5,
        "status": "PASS",
        "line": LINE,
    }
    return Ran(name=name, **{**values, **others})


def end(**others: Any) -> End:
    """The last record."""
    return End(**{"ended": "2026-11-28T13:28:06.000+00:00", "line": LINE, **others})


def write(folder: Path, *records: Any) -> Path:
    """A results file in a folder of its own; its path."""
    first, *others = records
    with ResultsWriter(folder / RESULTS_FILE, first) as writer:
        for record in others:
            writer.write(record)
    return folder / RESULTS_FILE


def eventful(folder: Path, *, whole: bool = True) -> Path:
    """A run in which everything happens that can: every verdict, a recovery, tests without a requirement,
    text that means something to HTML. whole: with its end, else it was cut off."""
    judged = [
        row("WSASOCKET-012", Verdict.FAIL, case="An Unknown Family", reason="contradicts the page"),
        row("WSASOCKET-012", Verdict.FAIL, case=NASTY, observed=NASTY, reason="odd\x07\x00 bytes"),
        row("WSASOCKET-012", Verdict.PASS, case="Another"),
        row("WSASOCKET-011", Verdict.FAIL, provoked="provider: failing fail=10050", leg="pass-through"),
        row("WSASOCKET-016", Verdict.KNOWN, recorded="the vendor says | that it is so"),
        row("WSASOCKET-016", Verdict.KNOWN, recorded="the vendor says | that it is so", case="The Second"),
        row(
            "WSASOCKET-018", Verdict.FIXED, recorded="it used to fault", observed="WSAESOCKTNOSUPPORT (10044)"
        ),
        row("WSASOCKET-050", Verdict.INCONCLUSIVE, observed="", program="", reason="the peer never answered"),
        row("WSASOCKET-021", Verdict.NOT_PROVOCABLE, observed="", program="", reason="needs a provider"),
        row("WSASOCKET-053", Verdict.OBSERVED, observed="WSAEACCES (10013)"),
    ]
    done = {each.requirement for each in judged}
    judged += [row(name, Verdict.PASS) for name in list(REQUIREMENTS)[:24] if name not in done]
    plain = expected_legs(REQUIREMENTS.values(), ())
    expected = [name for name in plain if name in {each.requirement for each in judged} | {"WSASOCKET-056"}]
    records: Sequence[Any] = [
        OPENED,
        *judged,
        STEP,
        ran("All Of Them", calls=CALLS, requirements=["WSASOCKET-012"]),
        ran("Something Else", status="FAIL", message=f"it did not work\n{NASTY}"),
    ]
    last = [end(unmatched=["WSASOCKET-001 Another Case: WSAEFAULT"])] if whole else []
    return write(folder, start(expected=expected), *records, *last)
