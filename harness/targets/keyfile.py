"""Pre-shared keys on this computer: read from a file or the environment, made, never shown.

A key is 32 bytes, written as 64 hexadecimal digits; blanks and lines that begin with # do not count. A key
file belongs to one person: where files have permissions, one that others may read is refused, as ssh does.
No error names anything of a key but the place it should have come from.
"""

import os
import re
import secrets
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.targets import keys
from harness.targets.base import Key
from harness.wire.sealing import KEY_BYTES

VARIABLE = "CEHARNESS_KEY"
"""The environment variable that holds a key where no file is named."""

ON_DEVICE = "ceagent.key"
"""Name of the key file beside ceagent.exe."""

KEY = Key("key", "a file with a key (`ceharness agent key FILE` makes one)", keys.text)
"""The key of a target section that names a key file."""

_DIGITS = 2 * KEY_BYTES
_MOST_OF_ONE = _DIGITS * 3 // 4
_FORM = f"expected {_DIGITS} hexadecimal digits, as `ceharness agent key FILE` writes them"
_LONGEST = 4096  # bytes of a key file, comments included
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """`value`: the 32 bytes. `source`: where it came from, "/home/me/panel.key" or "CEHARNESS_KEY"."""

    value: bytes = field(repr=False)
    source: str


def read_key(path: Path | str) -> PreSharedKey:
    """The key of a file. Raises UsageError: not there, not readable, readable by others, no key."""
    if _reads_as_key(Path(path).name):
        raise UsageError(
            "key: expected the name of a file, and got a key itself (make a new one, this is seen)"
        )
    try:
        # Not blocking: a FIFO of that name must not hold us.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise UsageError(f"key {path}: not a file")
            if sys.platform != "win32" and mode & _OTHERS:
                raise UsageError(
                    f"key {path}: others on this computer may read it (mode {stat.S_IMODE(mode):04o}); "
                    f"expected a file that only you can read: chmod 600 {path}"
                )
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"key {path}: {error.strerror or error}") from None
    return PreSharedKey(_parsed(text, f"key {path}"), str(path))


def key_of_environment() -> PreSharedKey | None:
    """The key in CEHARNESS_KEY, None if there is none. Raises UsageError for anything else in it."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    return PreSharedKey(_parsed(text.encode(errors="replace"), VARIABLE), VARIABLE)


def needed_key(file: str | None) -> PreSharedKey:
    """The key of the file, or of the environment if no file is named. Raises UsageError if there is none."""
    if file is not None:
        return read_key(file)
    if (found := key_of_environment()) is not None:
        return found
    raise UsageError(
        "a TCP link needs a key: make one with `ceharness agent key FILE`, copy it to the device as "
        f"{ON_DEVICE} beside ceagent.exe, and say `key = FILE` in lab.ini, --key FILE, or {VARIABLE}"
    )


def new_key() -> str:
    """The text of a key file with a new random key."""
    return secrets.token_hex(KEY_BYTES) + "\n"


def write_key(path: Path, *, replace: bool = False) -> None:
    """Makes a new random key, for its owner alone.

    Raises UsageError if there is a file of that name, unless it may be replaced.
    """
    text = new_key()
    try:
        if replace:
            # Whole or not at all, and with the permissions of a new file.
            handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(text)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        else:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is already there; devices may depend on it (--force replaces it)") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def _parsed(text: bytes, what: str) -> bytes:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(b"#"))
    digits = b"".join(b"".join(lines).split())
    if len(text) > _LONGEST or not _is_key(digits):
        raise UsageError(f"{what}: not a key; {_FORM}")
    return bytes.fromhex(digits.decode("ascii"))


def _reads_as_key(name: str) -> bool:
    """Is it no name of a file, but a key, in whatever form, or most of one?"""
    digits = re.sub(r"0[xX]|[\s:;,._'\"-]", "", name)
    return len(digits) >= _MOST_OF_ONE and re.fullmatch(r"[0-9a-fA-F]+", digits) is not None


def _is_key(digits: bytes) -> bool:
    return len(digits) == _DIGITS and all(digit in b"0123456789abcdefABCDEF" for digit in digits)
