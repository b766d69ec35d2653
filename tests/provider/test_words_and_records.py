"""What an entry says, and what the provider writes down, as bytes."""

import struct

import pytest

from harness.errors import UsageError
from harness.provider import Asked, Entry, Layout
from harness.provider.records import Called, Created, Startup, records
from harness.provider.words import INFO, PROTOCOL, WORDS, get, put


def test_an_entry_says_its_words() -> None:
    made = Entry({"upcalls": 8, "fail": 10050}, family=0x5E, chain_length=2, chain=(1003, 1001)).pack()
    assert len(made) == 628
    text = get(made, "szProtocol").decode("utf-16-le").rstrip("\0")
    assert text == "ceharness-provider upcalls=8 fail=10050"
    assert get(made, "iAddressFamily") == struct.pack("<I", 0x5E)
    assert get(made, "iProtocol") == struct.pack("<I", PROTOCOL)
    assert get(made, "ProtocolChain")[:12] == struct.pack("<III", 2, 1003, 1001)


def test_words_nobody_knows_and_too_many() -> None:
    with pytest.raises(UsageError, match="the provider knows no 'fial': expected some of upcalls"):
        Entry({"fial": 1}).pack()
    with pytest.raises(UsageError, match="characters for the provider, 255 are possible"):
        Entry(dict.fromkeys(WORDS, 10**20)).pack()


def test_the_words_of_a_layout() -> None:
    known = {"upcalls": 8, "entries": 30, "socket": 28, "create": 3, "close": 6}
    assert Layout(8, 30, 28, 3, 6, None).words() == known
    assert Layout(8, 30, 28, 3, 6, 0).words() == {**known, "release": 0}


def record(kind: int, *words: int, more: bytes = b"") -> bytes:
    body = struct.pack(f"<{len(words)}I", *words) + more
    return struct.pack("<II", kind, len(body)) + body


def test_records() -> None:
    structure = bytearray(INFO.size)
    put(structure, "dwCatalogEntryId", b"\1\2")
    log = (
        record(1, 0x202, 100, 200, 2, 11, 22, *(0, 0), *(4, 96), *(4, 196), *(0x20, 0), *(4, 16))
        + record(2, more=bytes(INFO.size))
        + record(3, 1006, 1, 2, 3, 4, 5, 6, 7, more=bytes(structure))
        + record(3, 1006, 1, 2, 3, 0, 5, 6, 7)
        + record(4, 28, 1, 2, 3, 4)
        + record(5, 260, 0, 0, 0)
    )
    assert records(log) == [
        Startup((11, 22), (0x20, 4)),
        Asked(1006, 1, 2, 3, 4, 5, 6, bytes(structure)),
        Asked(1006, 1, 2, 3, 0, 5, 6, None),
        Called(28, (1, 2, 3, 4)),
        Created(260, 0),
    ]
    assert len(records(log[:-1])) == 4
    assert records(b"") == []
