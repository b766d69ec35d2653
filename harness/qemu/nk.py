"""A Windows CE image in a .bin file, as bytes at addresses: what QEMU's loader device takes.

"Windows CE Binary Image Data Format (.bin)": the seven bytes B000FF and a line feed, start and length of the
image, then records of address, length, checksum and bytes. The last has address 0, and the entry point as
its length.
"""

import struct
from dataclasses import dataclass

from harness.errors import UsageError

MAGIC = b"B000FF\n"
_HEAD, _RECORD = struct.Struct("<II"), struct.Struct("<III")
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Image:
    """`data` begins at address `start`; the CPU begins at `entry`."""

    start: int
    entry: int
    data: bytes


def read_nk(content: bytes, name: str) -> Image:
    """The image in a .bin file of that name, for errors. Raises UsageError: it is none, or it is damaged."""
    if not content.startswith(MAGIC):
        raise UsageError(f"{name}: no image of Windows CE: it does not begin with B000FF")
    try:
        start, length = _HEAD.unpack_from(content, len(MAGIC))
        if length > _LARGEST:
            raise UsageError(f"{name}: damaged: an image of {length} bytes")
        data, place = bytearray(length), len(MAGIC) + _HEAD.size
        while True:
            address, size, checksum = _RECORD.unpack_from(content, place)
            place += _RECORD.size
            if address == 0:
                return Image(start, size, bytes(data))
            record = content[place : place + size]
            place += size
            offset = address - start
            if offset < 0 or offset + size > length:
                raise UsageError(f"{name}: damaged: the record at 0x{address:08X} is outside the image")
            if len(record) < size or sum(record) & 0xFFFFFFFF != checksum:
                raise UsageError(f"{name}: damaged: the record at 0x{address:08X} is not what its sum says")
            data[offset : offset + size] = record
    except struct.error:
        raise UsageError(f"{name}: damaged: it ends in the middle") from None
