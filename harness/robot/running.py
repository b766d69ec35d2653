"""Keywords that run programs and read what came of them."""

import re
from pathlib import Path

from robot.api import logger
from robot.api.deco import keyword

from harness.errors import UsageError
from harness.program.result import Execution
from harness.robot.actions import action
from harness.robot.base import Keywords
from harness.robot.templates import expand
from harness.robot.wording import call_name, came_to

_PLACE = re.compile(
    r"(?P<buffer>[A-Za-z_]\w*)(\+((?P<offset>\d+)|(?P<member>\w+\.\w+)))?:(?P<width>[1248]|word)\Z"
)


class RunKeywords(Keywords):
    """Run Program, Run Program File, Call Function, Get ..."""

    @keyword(tags=["run"])
    @action
    def run_program(self, *lines: str) -> Execution:
        """Runs a call program, given as text, on the device.

        The arguments are joined as lines. The language is described in docs/programs.md; in short:

        | Run Program
        | ...    call WSAStartup(0x0202, scratch wsadata[512])
        | ...    s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
        | ...    call closesocket(s)
        | Should Succeed    s

        Two blanks inside a line would end it for Robot, so write one. The keywords that check
        and read results mean the program that ran last. Returns its results.
        """
        return self._run(self._parse("\n".join(lines), "program"))

    @keyword(tags=["run"])
    @action
    def run_program_file(self, file: str, *, attempts: int = 1, **values: object) -> Execution:
        """Runs a program file on the device; ``values`` replace its ``$names``.

        ``file`` is looked for in the folder ``programs`` beside the suite, then in the suite's folder. A line
        ``include FILE name=value ...`` stands for the text of another file.
        ``attempts``: run again, up to this often, while the program ends blocked (for datagrams, which
        may be lost).

        | Run Program File    create.ceprog    af=AF_IPX    type=SOCK_STREAM    protocol=0
        """
        resolved = {name: self._entry_value(value) for name, value in values.items()}
        text = expand(self._program_file(file), self._entry_values | resolved)
        program = self._parse(text, file)
        for attempt in range(1, attempts + 1):
            execution = self._run(program)
            if execution.outcome.kind.value != "blocked":
                break
            logger.info(f"blocked in attempt {attempt} of {attempts}")
        return execution

    @keyword(tags=["run"])
    @action
    def call_function(self, function: str, *arguments: object) -> int | None:
        """Calls one function on the device and returns its value, None if the call did not return.

        Arguments are written as in programs: numbers, constants, ``NULL``, ``out name[16]``,
        ``in name = x"0200"``. What the process holds (WSAStartup, sockets) stays for the next call;
        buffers do not. The call is named ``value``.

        | Call Function    WSAStartup    0x0202    scratch wsadata[512]
        | ${socket}=    Call Function    WSASocketW    AF_INET    SOCK_STREAM    IPPROTO_TCP    NULL    0    0
        | Call Function    closesocket    ${socket}
        | Should Succeed
        """
        text = f"value = {function}({', '.join(map(str, arguments))})\n"
        return self._run(self._parse(text, "call")).value("value")

    @keyword(tags=["read"])
    @action
    def get_value(self, call: str | None = None) -> int | None:
        """Returns the value of a call (by default the last one), unsigned, None if it did not run."""
        return self._call(call).value

    @keyword(tags=["read"])
    @action
    def get_error(self, call: str | None = None) -> str:
        """Returns the last error of a call that failed (by default the last one), as a number in words."""
        result = self._call(call)
        if result.error is None:
            raise UsageError(f"{call_name(result)} left no error: {came_to(result, self._last())}")
        return str(result.error)

    @keyword(tags=["read"])
    @action
    def get_number(self, place: str) -> int:
        """Returns a little-endian number from a returned buffer; ``name+8:4`` is 4 bytes at offset 8,
        ``name+WSABUF.buf:word`` a machine word of the device at a member of a structure."""
        return self._number(place)

    @keyword(tags=["read"])
    @action
    def get_bytes(self, buffer: str) -> bytes:
        """Returns the bytes of a returned buffer (``out`` or ``inout``)."""
        return self._bytes(buffer)

    @keyword(tags=["read"])
    @action
    def get_device_information(self) -> dict[str, object]:
        """Returns what the device says about itself: ``name``, ``evidence`` (what its results rest on),
        version of Windows CE (``major``, ``minor``, ``build``), ``cpu``, ``platform``, ``oem``, ``agent``
        and more.

        | ${device}=    Get Device Information
        | Log    ${device}[platform]
        """
        return {**self._target.info().as_dict(), "evidence": self._target.get().evidence}

    def _entry_value(self, value: object) -> object:
        """`$name` is what the catalog entry says, anything else stays as it is. Raises UsageError."""
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value[1:] not in self._entry_values:
            known = ", ".join(sorted(self._entry_values)) or "none: no catalog entry is at work"
            raise UsageError(f"{value} has no value ({known})")
        return self._entry_values[value[1:]]

    def _program_file(self, file: str) -> Path:
        if Path(file).is_absolute():
            return Path(file)
        folder = self._suite_folder()
        for candidate in (folder / "programs" / file, folder / file):
            if candidate.is_file():
                return candidate
        raise UsageError(f"no program file {file} in {folder / 'programs'} or {folder}")

    def _bytes(self, buffer: str) -> bytes:
        execution = self._last()
        if buffer not in execution.buffers:
            known = ", ".join(execution.buffers) or "none"
            raise UsageError(f"the program returned no buffer {buffer!r} (returned: {known})")
        return execution.buffers[buffer]

    def _number(self, place: str) -> int:
        match = _PLACE.match(place)
        if match is None:
            calls = {result.call.result for result in self._last().calls}
            hint = "; the value of a call is checked by Value Should Be" if place in calls else ""
            raise UsageError(f"{place!r} is no place: expected buffer+offset:width, such as name+8:4{hint}")
        data = self._bytes(match["buffer"])
        offset = self._offset(match["member"]) if match["member"] else int(match["offset"] or 0)
        width = self._width(place)
        if offset + width > len(data):
            raise UsageError(f"{place} is outside the buffer of {len(data)} bytes")
        return int.from_bytes(data[offset : offset + width], "little")

    def _offset(self, member: str) -> int:
        offset = self._symbols.layout(member)
        if offset is None:
            hint = self._symbols.suggest(member)
            raise UsageError(
                f"{member} is no member of a structure" + (f"; did you mean {hint}?" if hint else "")
            )
        return offset

    def _width(self, place: str) -> int:
        """The bytes of the number at a place, ``name+8:4`` or ``name:word``."""
        width = place.rpartition(":")[2]
        return self._symbols.word if width == "word" else int(width)

    def _expected(self, text: str) -> int:
        """A number: written as such, constant, `A | B`, name of a call, place in a buffer, or `$name`."""
        text = str(self._entry_value(text))
        if _PLACE.match(text):
            return self._number(text)
        total = 0
        for part in text.split("|"):
            total |= self._one(part.strip())
        return total

    def _one(self, part: str) -> int:
        known = self._symbols.constant(part)
        if known is not None:
            return known
        if part == "NULL":
            return 0
        try:
            return int(part, 0)
        except ValueError:
            pass
        names = [result.call.result for result in self._last().calls]
        if part in names:
            value = self._call(part).value
            if value is None:
                raise UsageError(f"call {part} has no value: it did not run")
            return value
        hint = self._symbols.suggest(part)
        raise UsageError(
            f"{part!r} is no number, constant or call" + (f"; did you mean {hint}?" if hint else "")
        )
