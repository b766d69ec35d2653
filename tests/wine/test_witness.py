"""The agent and the witness, which share nothing, are answered the same by Wine; so are its records."""

from pathlib import Path

import pytest
from agents_word import agent_says

from harness.conformance import read_expectations
from harness.lab import load_lab
from harness.targets import connect
from witness import read_calls, witnessed

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
CITED = "python -m witness: "


def test_agent_and_witness_say_the_same_call_by_call() -> None:
    """And every record of Wine's deviations cites the witness as it is now."""
    lines = read_calls()
    said = witnessed(lines)
    with connect(load_lab(ROOT / "lab.ini").target("wine")) as device:
        assert (device.evidence, device.word) == ("independent", 8)
        assert [agent_says(device, line) for line in lines] == said
        # A result depends on its line: nothing of it is written anywhere beforehand.
        told = [answer.partition(" -> ")[2] for answer in said]
        assert agent_says(device, "startup 0x202; socket 2 1 6 null 0 0; close 0; send 0") not in said
    results = {result for answer in told for result in answer.split("; ")}
    codes = {997, 10022, 10038, 10043, 10044, 10047, 10054, 10057, 10093}
    assert {f"-1 ({code})" for code in codes} <= results
    assert {"socket", "exception 0xC0000005", "blocked"} <= results

    records = read_expectations(ROOT / "expectations" / "wine.toml").deviations
    assert records
    for record in records:
        assert record.evidence.startswith(CITED)
        for cited in record.evidence.removeprefix(CITED).split(" | "):
            assert cited in said, record


def test_a_line_that_was_never_written_down() -> None:
    """The witness makes the calls that it is told, and says what it does not know."""
    said = witnessed(
        [
            "startup 0x202; socket 2 1 6 null 0 0; socket 2 2 6 null 0 0; close 0",
            "startup 0x202; sockets 1",
            "startup 0x202; socket 2 1 6 null 0",
        ]
    )
    assert said == [
        "startup 0x202; socket 2 1 6 null 0 0; socket 2 2 6 null 0 0; close 0 -> 0; socket; -1 (10043); 0",
        "startup 0x202; sockets 1 -> 0; wrong: sockets",
        "startup 0x202; socket 2 1 6 null 0 -> 0; wrong: a word is missing",
    ]
