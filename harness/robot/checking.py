"""Keywords that check what came of the last program, whatever function it called."""

import zlib
from functools import cache

from robot.api.deco import keyword
from robot.utils import timestr_to_secs

from harness.errors import UsageError
from harness.program.model import pattern
from harness.program.result import CallResult
from harness.robot.actions import action
from harness.robot.running import RunKeywords
from harness.robot.wording import call_name, came_to
from harness.targets import kind_of
from harness.winsock import CONSTANTS, named, symbols


class CheckKeywords(RunKeywords):
    """Should Succeed, Should Fail With, Value Should Be, ..."""

    @keyword(tags=["check"])
    @action
    def should_succeed(self, call: str | None = None) -> None:
        """Fails unless the call (by default the last one) ran and succeeded, in a loop every time."""
        result = self._call(call)
        self._check(result.ok, "success", result)

    @keyword(tags=["check"])
    @action
    def every_call_should_succeed(self) -> None:
        """Fails unless every call of the program ran and succeeded."""
        execution = self._last()
        for result in execution.calls:
            self._check(result.ok, "success", result)

    @keyword(tags=["check"])
    @action
    def should_succeed_if_it_ran(self, call: str) -> None:
        """Fails if the call ran and failed; a call that did not run is no concern of this keyword."""
        result = self._call(call)
        if result.ran or not self._last().outcome.returned:
            self._check(result.ok, "success", result)

    @keyword(tags=["check"])
    @action
    def should_fail(self, call: str | None = None) -> None:
        """Fails unless the call (by default the last one) ran and failed, with whatever code."""
        result = self._call(call)
        self._check(self._answered(result) and not result.ok, "failure", result)

    @keyword(tags=["check"])
    @action
    def should_fail_with(self, error: str, call: str | None = None) -> None:
        """Fails unless the call (by default the last one) failed with this error, by name or number.

        | Should Fail With    WSAEAFNOSUPPORT
        """
        result = self._call(call)
        code = self._error_code(error)
        held = self._answered(result) and _last_error(result) == code
        self._check(held, named(code), result)

    @keyword(tags=["check"])
    @action
    def last_error_should_be(self, error: str) -> None:
        """Fails unless the last call of the program failed with this error. See `Should Fail With`."""
        code = self._error_code(error)
        result = self._call(None)
        self._check(self._answered(result) and _last_error(result) == code, named(code), result)

    @keyword(tags=["check"])
    @action
    def outcome_should_be(self, outcome: str) -> None:
        """Fails unless the program ended so: ``returned``, ``blocked``, ``faulted``, ``exited``,
        ``unresolved``.

        A call that blocks or faults costs the process it ran in, not the session.
        """
        execution = self._last()
        if execution.outcome.kind.value != outcome.lower():
            raise self._deviates(outcome.lower(), str(execution.outcome))
        self._holds(outcome.lower(), str(execution.outcome))

    @keyword(tags=["check"])
    @action
    def value_should_be(self, expected: str, call: str | None = None, if_failed: str | None = None) -> None:
        """Fails unless the call (by default the last one) returned this value.

        ``expected``: a number, a constant, the name of another call, or a place in a buffer. ``if_failed``:
        check only if that call ran and failed; an operation that is pending has.
        """
        if if_failed is not None and (self._call(if_failed).ok or not self._call(if_failed).ran):
            return
        result = self._call(call)
        number = self._expected(expected)
        if result.value is None:
            self._check(False, f"value {expected}", result)
            return
        # The upper half of what a 64-bit device returns means nothing for an int.
        width = 4 if -(1 << 31) <= number < 1 << 32 else 8
        self._compare(call_name(result), result.value, number, expected, width)

    @keyword(tags=["check"])
    @action
    def digest_should_be_of_pattern(self, call: str, chunk: int, times: int) -> None:
        """Fails unless a ``digest`` is that of the pattern which ``fill`` writes.

        The length of the pattern is ``chunk`` times ``times`` bytes.
        """
        self.value_should_be(str(_pattern_digest(chunk * times)), call)

    @keyword(tags=["check"])
    @action
    def should_have_run(self, call: str, times: int) -> None:
        """Fails unless a call in a loop ran so many times."""
        result = self._call(call)
        documented = f"{call_name(result)} runs {times} times"
        if result.times != times:
            raise self._deviates(documented, f"{result.times} times")
        self._holds(documented, f"{result.times} times")

    @keyword(tags=["check"])
    @action
    def values_should_differ(self, first: str, second: str, if_succeeded: str | None = None) -> None:
        """Fails unless two calls both ran and returned different values. ``if_succeeded``: check only if that
        call succeeded."""
        if if_succeeded is not None and not self._call(if_succeeded).ok:
            return
        one, other = self._call(first), self._call(second)
        for result in (one, other):
            if not result.ran:
                self._check(False, "a value", result)
        documented = f"different values of {first} and {second}"
        if one.value == other.value:
            raise self._deviates(documented, f"both are 0x{one.value:X}")
        self._holds(documented, "different values")

    @keyword(tags=["check"])
    @action
    def number_should_be(self, place: str, expected: str, if_succeeded: str | None = None) -> None:
        """Fails unless the number at a place of a returned buffer is this one.

        ``place``: see `Get Number`. ``expected``: a number, a constant, the
        name of a call, or another place. ``if_succeeded``: check only if that call succeeded.

        | Number Should Be    so_type:4    SOCK_STREAM    if_succeeded=read_type
        """
        if if_succeeded is not None and not self._call(if_succeeded).ok:
            return
        value = self._number(place)
        self._compare(place, value, self._expected(expected), expected, self._width(place))

    @keyword(tags=["check"])
    @action
    def number_should_be_at_least(self, place: str, least: str) -> None:
        """Fails if the number at a place of a returned buffer is smaller. See `Number Should Be`."""
        value, number = self._number(place), self._expected(least)
        if value < number:
            raise self._deviates(f"{place} at least {least}", str(value))
        self._holds(f"{place} at least {least}", str(value))

    @keyword(tags=["check"])
    @action
    def number_should_not_shrink(self, before: str, after: str, noise: int = 0) -> None:
        """Fails if the number at place ``after`` is below that at ``before`` by more than ``noise``."""
        first, last = self._number(before), self._number(after)
        documented = f"{after} not below {before} by more than {noise}"
        observed = f"{first} before, {last} after"
        if first - last > noise:
            raise self._deviates(documented, observed)
        self._holds(documented, observed)

    @keyword(tags=["check"])
    @action
    def bytes_should_be(self, buffer: str, expected: str) -> None:
        """Fails unless a returned buffer holds this text (8-bit) and zeros after it.

        ``expected`` may also be hexadecimal: ``x"0200 1388"``.
        """
        data = self._bytes(buffer)
        wanted = _octets(expected)
        padded = wanted.ljust(len(data), b"\0")
        if data != padded:
            raise self._deviates(f"{buffer} holds {expected!r}", f"{data.rstrip(bytes(1))!r}")
        self._holds(f"{buffer} holds {expected!r}", "just that")

    @keyword(tags=["check"])
    @action
    def needs_success_of(self, *calls: str, reason: str) -> None:
        """Ends the test as inconclusive, with the reason, unless one of these calls succeeded."""
        results = [self._call(name) for name in calls]
        if not any(result.ok for result in results):
            came = (f"{call_name(result)}: {came_to(result, self._last())}" for result in results)
            raise self._not_reached(reason, observed="; ".join(came))

    @keyword(tags=["check"])
    @action
    def needs_time_of_at_least(self, call: str, time: str, reason: str) -> None:
        """Ends the test as inconclusive, with the reason, unless the call ran and took this long.

        | Needs Time Of At Least    received    150ms    reason=it has to wait for the other thread
        """
        result, least = self._call(call), round(1_000_000 * timestr_to_secs(time))
        took = result.microseconds or 0
        if took < least:
            observed = (
                f"{call_name(result)}: {took} microseconds" if result.ran else came_to(result, self._last())
            )
            raise self._not_reached(reason, observed)

    @keyword(tags=["check"])
    @action
    def needs_memory_of_its_own(self) -> None:
        """Skips the test as not provocable where free memory is that of a computer which others use, as on
        Wine: the test need not have taken what is lost between two readings.
        """
        if kind_of(self._target.config).shares_memory:
            raise self._out_of_reach("free memory is that of the computer, which others use too")

    @keyword(tags=["check"])
    @action
    def needs_number_of_at_least(self, place: str, least: str, reason: str) -> None:
        """Ends the test as not provocable, with the reason, if the number at a place is smaller."""
        value = self._number(place)
        if value < self._expected(least):
            raise self._out_of_reach(f"{reason} ({place} is {value})")

    def _answered(self, result: CallResult) -> bool:
        """Did the call come back to its caller, whatever happened after it?"""
        execution = self._last()
        number = execution.calls.index(result)
        return result.ran and (execution.outcome.returned or execution.outcome.call != number)

    def _check(self, held: bool, documented: str, result: CallResult) -> None:
        observed = came_to(result, self._last())
        if not held:
            raise self._deviates(f"{call_name(result)}: {documented}", observed)
        self._holds(f"{call_name(result)}: {documented}", observed)

    def _compare(self, what: str, value: int, number: int, expected: str, width: int) -> None:
        mask = (1 << 8 * width) - 1
        documented = f"{what} is {expected}"
        if (value ^ number) & mask:
            raise self._deviates(documented, f"{value} (0x{value:X})")
        self._holds(documented, f"{value} (0x{value:X})")

    @staticmethod
    def _error_code(error: str) -> int:
        if error in CONSTANTS:
            return CONSTANTS[error]
        try:
            return int(error, 0)
        except ValueError:
            hint = symbols().suggest(error)
            raise UsageError(f"no error {error!r}" + (f"; did you mean {hint}?" if hint else "")) from None


@cache
def _pattern_digest(length: int) -> int:
    return zlib.crc32(pattern(0, length))


def _last_error(result: CallResult) -> int | None:
    failed = [error for _, error in result.runs if error is not None]
    return failed[-1] if failed else result.error


def _octets(text: str) -> bytes:
    if text.startswith('x"') and text.endswith('"'):
        try:
            return bytes.fromhex(text[2:-1])
        except ValueError:
            raise UsageError(f"{text} is not hexadecimal") from None
    return text.encode("latin-1")
