"""What two systems made of the same program, told apart."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from harness.program.result import CallResult, Execution, Outcome

FILE = Path(__file__).with_name("differences.toml")


@dataclass(frozen=True)
class Difference:
    """A recorded one; the file says what its fields mean."""

    belief: str
    call: int
    emulated: str
    wine: str
    whose: str
    page: str
    why: str


def recorded() -> list[Difference]:
    """All of the file. Raises TypeError when an entry has other fields."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["difference"]
    return [Difference(**entry) for entry in entries]


def told(result: CallResult) -> str:
    """A value that the program keeps under a name may be a handle or an address, which is no matter."""
    if not result.ran:
        return "did not run"
    if result.error is not None:
        return f"error {result.error}"
    return "ok" if result.call.result else str(result.value)


def _end(outcome: Outcome) -> str:
    """Without the address of a fault, which is each system's own."""
    return f"{outcome.kind.value}, call {outcome.call}, {outcome.detail}"


def differences(emulated: Execution, wine: Execution) -> dict[int | str, tuple[str, str]]:
    """By number of the call, or by name of a buffer, or "end": what the one and the other came to."""
    pairs: dict[int | str, tuple[str, str]] = {
        number: (told(one), told(other))
        for number, (one, other) in enumerate(zip(emulated.calls, wine.calls, strict=True))
    }
    pairs["end"] = _end(emulated.outcome), _end(wine.outcome)
    for name in {*emulated.buffers, *wine.buffers}:
        pairs[name] = tuple(one.buffers.get(name, b"").hex(" ") for one in (emulated, wine))  # type: ignore[assignment]
    return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}
