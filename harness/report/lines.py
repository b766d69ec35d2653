"""What the line to a device was like, for people."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from harness.targets.recovery import RecoveryStep


def line_lines(line: Mapping[str, Any] | None, *, verbose: bool = False) -> Iterator[Text]:
    """What was bad about a line; verbose: also where it led, who could use it, and its counters.

    line: `harness.device.LineReport` as a dictionary; None for a device that never answered.
    """
    if line is None:
        return
    if verbose:
        yield Text("line  ", "bold").append(f"{line['url']}, {line['protection']}", "")
        for text in _counters(line):
            yield Text(f"      {text}", "dim")
    for sentence in line["trouble"]:
        yield Text("line  ", "bold yellow").append(sentence, "yellow")


def recovery_lines(recovery: Iterable[RecoveryStep]) -> Iterator[Text]:
    """What was tried to bring a device back, a line each."""
    for step in recovery:
        moment = datetime.fromisoformat(step.time).astimezone()
        text = f"{moment:%H:%M:%S} {step.step} ({step.seconds:g} s): {step.result}"
        yield (
            Text("recovery  ", "bold yellow").append(text, "yellow").append(f"; because: {step.reason}", "")
        )


def _counters(line: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{_count(line['frames_sent'], 'frame')} and {_count(line['bytes_sent'], 'byte')} sent, "
        f"{_count(line['frames_received'], 'frame')} and {_count(line['bytes_received'], 'byte')} received"
    )
    yield (
        f"{_count(line['bad_frames'], 'check error')}, {_count(line['resends'], 'resend')}, "
        f"{_count(line['reconnects'], 'reconnect')}, {_count(line['console_bytes'], 'console byte')} skipped"
    )
    if line["median"] is not None:
        yield f"round trip: median {line['median'] * 1000:.1f} ms, worst {line['worst'] * 1000:.1f} ms"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
