"""Fingerprints on disk."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triples import OUTCOMES, areas

from harness.device import DeviceInfo
from harness.errors import UsageError
from harness.fingerprint import (
    NOT_MEASURED,
    Block,
    Fingerprint,
    OutcomeMap,
    body_of,
    identity,
    read_fingerprint,
    write_fingerprint,
)
from harness.fingerprint.file import from_bytes, to_bytes


@st.composite
def fingerprints(draw: st.DrawFn) -> Fingerprint:
    area = draw(areas())
    values = draw(st.lists(OUTCOMES | st.just(NOT_MEASURED), min_size=1, max_size=40))
    runs = [(1, values[place * 7 // 5 % len(values)]) for place in range(len(area))]
    return Fingerprint(
        target=draw(st.text()),
        evidence=draw(st.sampled_from(["device", "model"])),
        device=draw(st.dictionaries(st.text(), st.none() | st.text() | st.integers(), max_size=3)),
        harness="0.1",
        agent=draw(st.text()),
        started="2024-05-01T10:00:00+00:00",
        ended=draw(st.none() | st.just("2024-05-01T10:02:00+00:00")),
        outcomes=OutcomeMap.of_runs(area, runs),
    )


SMALL = Fingerprint(
    "panel", "device", {"cpu": "ARM"}, "0.1", "ceagent", "2024-05-01T10:00:00+00:00", None,
    OutcomeMap.of_runs(Block(range(1, 3), range(2, 4), range(4)), [(3, "success"), (13, "error 10047")]),
)  # fmt: skip


@given(fingerprints())
def test_what_is_written_is_read(fingerprint: Fingerprint) -> None:
    read = from_bytes(to_bytes(fingerprint))
    assert replace(read, outcomes=fingerprint.outcomes) == fingerprint
    assert read.outcomes.area == fingerprint.outcomes.area
    assert body_of(read.outcomes) == body_of(fingerprint.outcomes)
    assert to_bytes(read) == to_bytes(fingerprint)


def test_the_format_is_as_documented() -> None:
    magic, header, body = to_bytes(SMALL).split(b"\n", 2)
    assert magic == b"ceharness fingerprint 1"
    assert json.loads(header)["af"] == [2, 3]
    assert zlib.decompress(body) == b"3 success\n13 error 10047\n"


@given(fingerprints(), st.data())
def test_damage_is_told(fingerprint: Fingerprint, data: st.DataObject) -> None:
    """Or it hits a text of the header, which no check covers."""
    good = to_bytes(fingerprint)
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    try:
        read = from_bytes(bytes(bad))
    except ValueError:
        return
    assert place < good.index(b"\n", 30)
    assert body_of(read.outcomes) == body_of(fingerprint.outcomes)


@given(st.integers(0, len(to_bytes(SMALL)) - 1))
def test_a_part_of_a_file_is_no_fingerprint(length: int) -> None:
    with pytest.raises(ValueError, match=r"damaged|not a fingerprint"):
        from_bytes(to_bytes(SMALL)[:length])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"fingerprint 1", b"fingerprint 2", "format 2, this harness reads format 1"),
        (b"ceharness", b"something", "not a fingerprint"),
        (b"WSASocketW(", b"socket(", "another call"),
        (b'"type": [1, 2]', b'"type": [1, 3]', "16 triples, expected 24"),
        (b'"type": [1, 2]', b'"type": 1', "damaged"),
        (b'"target": "panel", ', b"", "damaged: KeyError"),
    ],
)
def test_files_of_others(tmp_path: Path, old: bytes, new: bytes, complaint: str) -> None:
    path = tmp_path / "bad.fingerprint"
    path.write_bytes(to_bytes(SMALL).replace(old, new, 1))
    with pytest.raises(UsageError, match=complaint) as raised:
        read_fingerprint(path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_fingerprint(tmp_path / "none")


def test_writing_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.fingerprint"
    for _ in range(2):
        write_fingerprint(SMALL, path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.fingerprint"]
    assert read_fingerprint(path).target == "panel"


def test_the_identity_of_a_device_is_the_same_after_a_restart() -> None:
    info = DeviceInfo(
        "panel", "ceagent 1", boot=1, word=4, missing=(), major=6, minor=0, build=3122, cpu="ARM"
    )
    assert identity(info) == identity(replace(info, boot=2, agent="ceagent 2"))
    assert identity(info) != identity(replace(info, build=3123))
    assert identity(info)["system"] == "Windows CE 6.00.3122"
    assert identity(replace(info, major=None))["system"] is None
