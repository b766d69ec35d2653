"""A device's runs in the order in which one image took the place of another.

Most devices have one image after the other. But a target may be run on several in turn: an emulated device
with each processor every night, two images while somebody looks for the build that broke it. Then a good run
on one says nothing about the other.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from harness.history.model import DeviceHistory, ImageHistory
from harness.results import Entry

FORGOTTEN = timedelta(days=14)
"""An image of which nothing was run for so long before the device's newest run is not in use any more."""


def timelines(device: DeviceHistory) -> Iterator[tuple[Entry, ...]]:
    """One for each image in use: its runs, and before them those of the images that it took the place of.

    An image takes the place of that which was run last before it, if the CPU is the same; of the same system
    rather than of another. It is in use until another takes its place, or it is forgotten.
    """
    place = {entry.path: number for number, entry in enumerate(device.entries)}
    lines: dict[str, tuple[Entry, ...]] = {}
    for image in device.images:
        first = place[image.entries[0].path]
        before = _before(device, image, first)
        inherited = lines[device.image_of(before).label] if before else ()
        lines[image.label] = (*(one for one in inherited if place[one.path] < first), *image.entries)
    for image in device.images:
        last = place[image.entries[-1].path]
        newer = (each for each in device.images if place[each.entries[0].path] > last)
        if not any(_same_cpu(image, each) for each in newer) and not _forgotten(device, image):
            yield lines[image.label]


def _before(device: DeviceHistory, image: ImageHistory, first: int) -> Entry | None:
    """The run after which the image came; `first`: the place of its own first run."""
    earlier = [one for one in device.entries[:first] if _same_cpu(image, device.image_of(one))]
    identity = image.entries[0].identity
    same = [one for one in earlier if one.identity == identity]
    return next(reversed(same or earlier), None)


def _same_cpu(one: ImageHistory, other: ImageHistory) -> bool:
    """What is not known is no other CPU."""
    found = [each.entries[0].identity.get("cpu", "") for each in (one, other)]
    return found[0] == found[1] or "" in found


def _forgotten(device: DeviceHistory, image: ImageHistory) -> bool:
    newest, last = (datetime.fromisoformat(each.started) for each in (device.entries[-1], image.entries[-1]))
    return newest.replace(tzinfo=None) - last.replace(tzinfo=None) > FORGOTTEN
