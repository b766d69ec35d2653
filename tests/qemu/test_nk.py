"""Images of Windows CE in .bin files."""

import struct

import pytest

from harness.errors import UsageError
from harness.qemu import read_nk

START, ENTRY = 0x8000_0000, 0x8000_10C0


def record(address: int, data: bytes, checksum: int | None = None) -> bytes:
    total = sum(data) if checksum is None else checksum
    return struct.pack("<III", address, len(data), total) + data


def nk(*records: bytes, length: int = 16) -> bytes:
    return (
        b"B000FF\n" + struct.pack("<II", START, length) + b"".join(records) + struct.pack("<III", 0, ENTRY, 0)
    )


def test_records_go_to_their_addresses_and_the_last_one_is_the_entry_point() -> None:
    image = read_nk(nk(record(START + 8, b"\xff\xfe"), record(START, b"abc")), "NK.bin")

    assert image.start == START
    assert image.entry == ENTRY
    assert image.data == b"abc\0\0\0\0\0\xff\xfe" + bytes(6)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"MZ", "does not begin with B000FF"),
        (b"B000FF\n\0\0", "ends in the middle"),
        (nk(record(START, b"abc"))[:-1], "ends in the middle"),
        (nk(record(START, b"abc", checksum=1)), "not what its sum says"),
        (nk(record(START + 14, b"abc")), "outside the image"),
        (nk(record(START - 4, b"abc")), "outside the image"),
        (nk(length=(1 << 30) + 1), "an image of 1073741825 bytes"),
    ],
)
def test_what_is_no_image_or_a_damaged_one_is_told(content: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=rf"^NK\.bin: .*{why}"):
        read_nk(content, "NK.bin")
