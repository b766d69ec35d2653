"""Which requirements are flaky, by one rule.

A requirement of a device image is flaky when, among its last 20 runs that judged it, it turned from good to
bad or back at least 3 times. Once is a change, twice a change that was mended; a third time it is neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.history.model import DeviceHistory, ImageHistory, Standing
from harness.results import Entry

LAST_RUNS = 20
TURNS = 3


@dataclass(frozen=True, slots=True)
class Flakiness:
    """`entries`: the runs that the rule looked at, oldest first; `turned`: those of them that said otherwise
    than the run before, at least 3."""

    entries: tuple[Entry, ...]
    turned: tuple[Entry, ...]


def flakiness(device: DeviceHistory, requirement: str, image: ImageHistory | None = None) -> Flakiness | None:
    """On an image, by default that which was judged last; None if it is not flaky there."""
    judging = device.judging(requirement)
    if not judging:
        return None
    image = image or device.image_of(judging[-1])
    window = [entry for entry in judging if device.image_of(entry) is image][-LAST_RUNS:]
    turned = tuple(window[place] for place in _turns(device, requirement, window))
    return Flakiness(tuple(window), turned) if len(turned) >= TURNS else None


def while_flaky(device: DeviceHistory, requirement: str) -> set[str]:
    """The runs in which it turned while it was flaky, on whatever image, by their ids."""
    found: set[str] = set()
    judging = device.judging(requirement)
    for image in device.images:
        own = [entry for entry in judging if device.image_of(entry) is image]
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
