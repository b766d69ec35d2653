"""Which requirements are flaky, by one rule.

A requirement of a device image is flaky when, among its last 20 runs that judged it, it turned from good to
bad or back at least 3 times. Once is a change, twice a change that was mended; a third time it is neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.history.model import DeviceHistory, Standing
from harness.results import Entry

LAST_RUNS = 20
TURNS = 3


@dataclass(frozen=True, slots=True)
class Flakiness:
    """`entries`: the runs that the rule looked at, oldest first; `turned`: those of them that said otherwise
    than the run before, at least 3."""

    entries: tuple[Entry, ...]
    turned: tuple[Entry, ...]


def flakiness(device: DeviceHistory, requirement: str, judging: Sequence[Entry]) -> Flakiness | None:
    """On the image of the last of these runs, which all judged it; None if it is not flaky there."""
    image = device.image_of(judging[-1])
    window = [entry for entry in judging if device.image_of(entry) is image][-LAST_RUNS:]
    turned = tuple(window[place] for place in _turns(device, requirement, window))
    return Flakiness(tuple(window), turned) if len(turned) >= TURNS else None


def while_flaky(device: DeviceHistory, requirement: str, judging: Sequence[Entry]) -> set[str]:
    """Those of these runs in which it turned while it was flaky, on whatever image, by their ids."""
    found: set[str] = set()
    by_image: dict[str, list[Entry]] = {}
    for entry in judging:
        by_image.setdefault(device.image_of(entry).label, []).append(entry)
    for own in by_image.values():
        places = list(_turns(device, requirement, own))
        for first, last in zip(places, places[TURNS - 1 :], strict=False):
            # The run before the first turn has to be among the last 20 too.
            if last - first + 2 <= LAST_RUNS:
                found.update(own[place].run for place in places if first <= place <= last)
    return found


def _turns(device: DeviceHistory, requirement: str, entries: Sequence[Entry]) -> Iterator[int]:
    """Places of runs that say otherwise than the one before."""
    standings: list[Standing] = [device.standing(entry, requirement) for entry in entries]
    return (place for place, (one, other) in enumerate(pairwise(standings), start=1) if one is not other)
