"""Plain renderings shared by the commands."""

import json
import re
from pathlib import Path
from typing import Any

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with what neither HTML nor XML can hold as escapes of Python's (a bell is "\\x07"); tabs and
    line ends stay. Line ends are "\\n" alone."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def json_text(value: Any, *, ascii_only: bool = False, compact: bool = False) -> str:
    """JSON for people and programs: indented unless compact, non-ASCII kept (escaped on demand), a
    newline at the end."""
    shape: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    text = json.dumps(value, ensure_ascii=ascii_only, default=str, **shape) + "\n"
    # A device may send half a pair, which no file can hold.
    return _SURROGATE.sub(lambda found: ascii(found[0])[1:-1], text)


def write_whole(path: Path, text: str) -> None:
    """Puts a file there, whole or not at all. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)


def hex_dump(data: bytes, *, indent: str = "") -> str:
    """Offset, 16 bytes, printable characters; a run of equal lines is shown as one `*`, as hexdump does."""
    lines: list[str] = []
    previous: bytes | None = None
    for offset in range(0, len(data), 16):
        part = data[offset : offset + 16]
        last = offset + 16 >= len(data)
        if part == previous and not last:
            if lines[-1] != f"{indent}*":
                lines.append(f"{indent}*")
            continue
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{indent}{offset:04x}  {part.hex(' '):<47}  {shown}")
        previous = part
    return "\n".join(lines)
