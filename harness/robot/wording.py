"""What came of a call, and what a failed check says, in words."""

from harness.conformance.wording import ended
from harness.program.result import CallResult, Execution
from harness.program.text import format_program
from harness.winsock import named


def call_name(result: CallResult) -> str:
    """`tested = WSASocketW`, `WSAStartup` for a call without a name, `crc = digest`."""
    function = result.call.export.function if hasattr(result.call, "export") else "digest"
    return f"{result.call.result} = {function}" if result.call.result else function


def came_to(result: CallResult, execution: Execution) -> str:
    """Success, the last error by name and number, or what happened to the call instead of an answer."""
    number = execution.calls.index(result)
    if not execution.outcome.returned and execution.outcome.call == number:
        return ended(execution.outcome)
    if not result.ran:
        return "did not run" + ("" if execution.outcome.returned else f": {ended(execution.outcome)}")
    if result.set_no_code:
        return "failed without setting an error code"
    if result.error is not None:
        return named(result.error)
    failed = [error for _, error in result.runs if error is not None]
    if failed:
        return f"{named(failed[-1])} in run {result.times} of {result.times}"
    return "success"


def story(headline: str, documented: str, observed: str, reason: str, execution: Execution | None) -> str:
    """The text of a failure or skip: what the page says, what the device did, and the program to replay."""
    lines = [headline]
    if documented:
        lines.append(f"documented: {documented}")
    if observed:
        lines.append(f"observed:   {observed}")
    if reason:
        lines.append(f"reason:     {reason}")
    if execution is not None:
        lines.append("program (ceharness exec replays it):")
        lines += ["    " + line for line in format_program(execution.program).splitlines()]
    return "\n".join(lines)
