"""Which requirement and leg a test is tagged with."""

from collections.abc import Iterable

from harness.winsock import REQUIREMENTS, Requirement

LEG_TAG = "leg:"


def read_tags(tags: Iterable[str]) -> tuple[tuple[Requirement, ...], str]:
    """WSASOCKET-020 is a requirement, leg:straddling a leg of it; the leg is "" without such a tag."""
    tags = list(tags)
    legs = [tag.removeprefix(LEG_TAG) for tag in tags if tag.startswith(LEG_TAG)]
    return tuple(REQUIREMENTS[tag] for tag in tags if tag in REQUIREMENTS), legs[0] if legs else ""
