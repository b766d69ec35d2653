"""Memory and string functions of the C runtime, and formatted text."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.emulator.exports import Call, export

# --- memory --------------------------------------------------------------------------------------


@export("coredll!memcpy", "target source size")
def memcpy(call: Call, target: int, source: int, size: int) -> int:
    call.process.memory.write(target, call.process.memory.read(source, size))
    return target


export("coredll!memmove", "target source size")(memcpy)


@export("coredll!memset", "target value size")
def memset(call: Call, target: int, value: int, size: int) -> int:
    call.process.memory.write(target, bytes((value & 0xFF,)) * size)
    return target


@export("coredll!memcmp", "left right size")
def memcmp(call: Call, left: int, right: int, size: int) -> int:
    return _order(call.process.memory.read(left, size), call.process.memory.read(right, size))


@export("coredll!memchr", "place value size")
def memchr(call: Call, place: int, value: int, size: int) -> int:
    index = call.process.memory.read(place, size).find(value & 0xFF)
    return 0 if index < 0 else place + index


def _order(left: bytes | str, right: bytes | str) -> int:
    if left == right:
        return 0
    return 1 if left > right else -1  # type: ignore[operator]


# --- strings, 8-bit and wide --------------------------------------------------------------------


@export("coredll!strlen", "text")
def strlen(call: Call, text: int) -> int:
    return len(call.process.memory.ansi(text))


@export("coredll!wcslen", "text")
def wcslen(call: Call, text: int) -> int:
    return len(_wide(call, text)) // 2


def _wide(call: Call, text: int) -> bytes:
    return call.process.memory.wide(text).encode("utf-16-le", "surrogatepass")


@export("coredll!strcmp", "left right")
def strcmp(call: Call, left: int, right: int) -> int:
    return _order(call.process.memory.ansi(left), call.process.memory.ansi(right))


@export("coredll!strncmp", "left right count")
def strncmp(call: Call, left: int, right: int, count: int) -> int:
    ansi = call.process.memory.ansi
    return _order(ansi(left, count)[:count], ansi(right, count)[:count])


@export("coredll!_stricmp", "left right")
def stricmp(call: Call, left: int, right: int) -> int:
    return _order(call.process.memory.ansi(left).lower(), call.process.memory.ansi(right).lower())


@export("coredll!wcscmp", "left right")
def wcscmp(call: Call, left: int, right: int) -> int:
    return _order(call.process.memory.wide(left), call.process.memory.wide(right))


@export("coredll!_wcsicmp", "left right")
def wcsicmp(call: Call, left: int, right: int) -> int:
    return _order(call.process.memory.wide(left).lower(), call.process.memory.wide(right).lower())


export("coredll!lstrcmpW", "left right")(wcscmp)
export("coredll!lstrcmpiW", "left right")(wcsicmp)


@export("coredll!strcpy", "target source")
def strcpy(call: Call, target: int, source: int) -> int:
    call.process.memory.write(target, call.process.memory.ansi(source) + b"\0")
    return target


@export("coredll!strcat", "target source")
def strcat(call: Call, target: int, source: int) -> int:
    end = target + len(call.process.memory.ansi(target))
    call.process.memory.write(end, call.process.memory.ansi(source) + b"\0")
    return target


@export("coredll!wcscpy", "target source")
def wcscpy(call: Call, target: int, source: int) -> int:
    call.process.memory.write(target, _wide(call, source) + b"\0\0")
    return target


@export("coredll!wcscat", "target source")
def wcscat(call: Call, target: int, source: int) -> int:
    call.process.memory.write(target + len(_wide(call, target)), _wide(call, source) + b"\0\0")
    return target


@export("coredll!wcsncpy", "target source count")
def wcsncpy(call: Call, target: int, source: int, count: int) -> int:
    data = _wide(call, source)[: 2 * count]
    call.process.memory.write(target, data.ljust(2 * count, b"\0"))
    return target


@export("coredll!strncpy", "target source count")
def strncpy(call: Call, target: int, source: int, count: int) -> int:
    call.process.memory.write(target, call.process.memory.ansi(source)[:count].ljust(count, b"\0"))
    return target


@export("coredll!strchr", "text character")
def strchr(call: Call, text: int, character: int) -> int:
    index = (call.process.memory.ansi(text) + b"\0").find(character & 0xFF)
    return 0 if index < 0 else text + index


@export("coredll!wcschr", "text character")
def wcschr(call: Call, text: int, character: int) -> int:
    data = _wide(call, text) + b"\0\0"
    wanted = (character & 0xFFFF).to_bytes(2, "little")
    return next((text + i for i in range(0, len(data), 2) if data[i : i + 2] == wanted), 0)


def _number(text: str, base: int) -> int:
    found = re.match(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9a-zA-Z]*)", text)
    digits = found[2] if found else ""
    if base in (0, 16) and digits[:2].lower() == "0x":
        digits, base = digits[2:], 16
    elif base == 0:
        base = 8 if digits.startswith("0") else 10
    value = 0
    for digit in digits.lower():
        number = int(digit, 36)
        if number >= base:
            break
        value = value * base + number
    return -value if found and found[1] == "-" else value


@export("coredll!atoi", "text")
def atoi(call: Call, text: int) -> int:
    return _number(call.process.memory.ansi(text).decode("latin-1"), 10)


@export("coredll!_wtol", "text")
def wtol(call: Call, text: int) -> int:
    return _number(call.process.memory.wide(text), 10)


# --- between the two ----------------------------------------------------------------------------


@export("coredll!WideCharToMultiByte", "page flags wide count narrow size default used")
def wide_char_to_multi_byte(
    call: Call, page: int, flags: int, wide: int, count: int, narrow: int, size: int, default: int, used: int
) -> int:
    memory = call.process.memory
    data = _wide(call, wide) + b"\0\0" if count == 0xFFFFFFFF else memory.read(wide, 2 * count)
    text = data.decode("utf-16-le", "replace")
    return _converted(call, text.encode(_codec(page), "replace"), narrow, size, 1)


@export("coredll!MultiByteToWideChar", "page flags narrow count wide size")
def multi_byte_to_wide_char(
    call: Call, page: int, flags: int, narrow: int, count: int, wide: int, size: int
) -> int:
    memory = call.process.memory
    data = memory.ansi(narrow) + b"\0" if count == 0xFFFFFFFF else memory.read(narrow, count)
    return _converted(call, data.decode(_codec(page), "replace").encode("utf-16-le"), wide, size, 2)


def _codec(page: int) -> str:
    return "utf-8" if page == 65001 else "cp1252"


def _converted(call: Call, data: bytes, target: int, size: int, width: int) -> int:
    count = len(data) // width
    if size:
        if count > size:
            return call.fail(122)
        call.process.memory.write(target, data)
    return count


# --- formatted text -----------------------------------------------------------------------------

SPEC = re.compile(r"%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|I64|w)?([a-zA-Z%])")


def format_text(call: Call, text: str, next_word: Callable[[], int], wide: bool) -> str:
    """printf's integer and string conversions; others are left as they stand."""
    memory = call.process.memory

    def convert(found: re.Match[str]) -> str:
        flags, width, precision, size, kind = found.groups()
        if kind == "%":
            return "%"
        if width == "*":
            width = str(next_word())
        if precision == "*":
            precision = str(next_word())
        if kind in "diuxXcop":
            value = next_word()
            if size in ("ll", "I64"):
                value |= next_word() << 32
            bits = 64 if size in ("ll", "I64") else 32
            if kind in "di" and value >> (bits - 1):
                value -= 1 << bits
            if kind == "c":
                return chr(value & 0xFFFF).rjust(int(width or 0))
            if kind == "p":
                return f"{value:08x}"
            spec = f"%{flags}{width or ''}{'.' + precision if precision else ''}{kind}"
            return str(spec % value)
        if kind in "sS":
            address = next_word()
            is_wide = wide != (kind == "S")
            if size in ("h", "l", "w"):
                is_wide = size != "h"
            if not address:
                shown = "(null)"
            else:
                shown = memory.wide(address) if is_wide else memory.ansi(address).decode("latin-1")
            shown = shown[: int(precision)] if precision else shown
            return shown.ljust(int(width or 0)) if "-" in flags else shown.rjust(int(width or 0))
        return found[0]

    return SPEC.sub(convert, text)


def _words(call: Call, first: int) -> Callable[[], int]:
    index = first - 1

    def next_word() -> int:
        nonlocal index
        index += 1
        return call.argument(index)

    return next_word


@export("coredll!wsprintfW", "buffer format ...")
def wsprintf(call: Call, buffer: int, text: int) -> int:
    shown = format_text(call, call.process.memory.wide(text), _words(call, 2), wide=True)[:1023]
    call.process.memory.set_wide(buffer, shown)
    return len(shown)


@export("coredll!swprintf", "buffer format ...")
def swprintf(call: Call, buffer: int, text: int) -> int:
    return wsprintf(call, buffer, text)


@export("coredll!_snwprintf", "buffer count format ...")
def snwprintf(call: Call, buffer: int, count: int, text: int) -> int:
    shown = format_text(call, call.process.memory.wide(text), _words(call, 3), wide=True)
    data = (shown + "\0").encode("utf-16-le", "surrogatepass")[: 2 * count]
    call.process.memory.write(buffer, data)
    return len(shown) if len(shown) <= count else -1


@export("coredll!sprintf", "buffer format ...")
def sprintf(call: Call, buffer: int, text: int) -> int:
    shown = format_text(call, call.process.memory.ansi(text).decode("latin-1"), _words(call, 2), wide=False)
    call.process.memory.write(buffer, shown.encode("latin-1", "replace") + b"\0")
    return len(shown)


@export("coredll!_snprintf", "buffer count format ...")
def snprintf(call: Call, buffer: int, count: int, text: int) -> int:
    shown = format_text(call, call.process.memory.ansi(text).decode("latin-1"), _words(call, 3), wide=False)
    call.process.memory.write(buffer, (shown.encode("latin-1", "replace") + b"\0")[:count])
    return len(shown) if len(shown) <= count else -1


@export("coredll!NKDbgPrintfW", "format ...")
def nk_dbg_printf(call: Call, text: int) -> None:
    shown = format_text(call, call.process.memory.wide(text), _words(call, 1), wide=True)
    call.device.report("console", text=shown, process=call.process.name)
