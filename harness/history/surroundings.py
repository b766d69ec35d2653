"""What a run rests on beside the device's answers, and what of it differs between two runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.results import Entry, Run, entry_of

_INDEPENDENT = "independent"
"""Evidence of a Winsock that is not Windows CE's."""
_IDENTITY = {
    "cpu": "CPU",
    "processor": "processor",
    "platform": "platform",
    "oem": "OEM string",
}
_SOURCES = {"suites": "suites", "data": "data", "expectations": "recorded deviations"}
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """`what`: "image", "suites". `before`, `after`: in words, "" for what has no name that people could
    tell from another, such as two states of the same files."""

    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """ "image 1234abcd -> 9876dcba", "suites changed"."""
        if self.before or self.after:
            return f"{self.what} {self.before or 'none'} -> {self.after or 'none'}"
        return f"{self.what} changed"


def short_digest(text: str) -> str:
    """The beginning of a digest, enough to tell two apart: "sha256:1234abcd99..." is "1234abcd"."""
    return text.rpartition(":")[2][:_DIGITS]


def system_name(entry: Entry) -> str:
    """ "Windows CE 5.0.1400", "" if the device did not say."""
    version = entry.identity.get("version", "")
    kind = "Windows" if entry.evidence == _INDEPENDENT else "Windows CE"
    return f"{kind} {version}" if version else ""


def system_of(entry: Entry) -> str:
    """The device in a few words: "Windows CE 5.0.1400, ARM, Emulated Windows CE device, image 19809f37".
    What is not known is left out; "" if nothing is."""
    image = short_digest(entry.image)
    told = [system_name(entry), *(entry.identity.get(name, "") for name in ("cpu", "oem"))]
    return ", ".join(part for part in (*told, image and f"image {image}") if part)


def differences(before: Entry, after: Entry) -> tuple[Difference, ...]:
    """What is not the same around two runs. What is unknown of one of them is not told."""
    return tuple(_differences(before, after))


def _differences(before: Entry, after: Entry) -> Iterator[Difference]:
    sides = [("image", short_digest(before.image), short_digest(after.image))]
    sides.append(("system", system_name(before), system_name(after)))
    sides += [
        (what, before.identity.get(name, ""), after.identity.get(name, ""))
        for name, what in _IDENTITY.items()
    ]
    sides += [
        ("agent", before.agent, after.agent),
        ("harness", before.harness, after.harness),
        ("place", before.place, after.place),
        ("evidence", before.evidence, after.evidence),
    ]
    for what, one, other in sides:
        if one and other and one != other:
            yield Difference(what, one, other)
    for name, what in _SOURCES.items():
        one, other = before.sources.get(name, ""), after.sources.get(name, "")
        if one and other and one != other:
            yield Difference(what)
        elif name == "expectations" and bool(one) != bool(other) and before.sources and after.sources:
            # A device has this file or has not; a run that names its other files would have named it.
            yield Difference(what, "" if other else "there", "there" if other else "")


def run_differences(before: Run, after: Run) -> tuple[Difference, ...]:
    """The same for runs that were read as a whole: also which commits, what of the suites was run, what the
    line was like, and what of a run is about no requirement."""
    one, other = entry_of(before), entry_of(after)
    found = [_with_commits(each, before, after) for each in differences(one, other)]
    sides = [
        ("extent", _extent(one), _extent(other)),
        ("line", "; ".join(one.trouble), "; ".join(other.trouble)),
        ("lab", "; ".join(one.lab), "; ".join(other.lab)),
        ("failed beside", ", ".join(one.failed), ", ".join(other.failed)),
        ("records without a row", ", ".join(one.unmatched), ", ".join(other.unmatched)),
    ]
    target = Difference("target", one.target, other.target)
    return (
        *([target] if one.target != other.target else []),
        *found,
        *(Difference(*each) for each in sides if each[1] != each[2]),
    )


def _with_commits(difference: Difference, before: Run, after: Run) -> Difference:
    """Which states of the files, where git has told."""
    name = next((name for name, what in _SOURCES.items() if what == difference.what), "")
    if not name or difference.before or difference.after:
        return difference
    sides = [_state(run.start.sources.get(name, {})) for run in (before, after)]
    return Difference(difference.what, *sides) if all(sides) and sides[0] != sides[1] else difference


def _state(source: Mapping[str, object]) -> str:
    commit = str(source.get("commit", ""))[:_DIGITS]
    return f"{commit} with changes" if commit and source.get("changed") else commit


def _extent(entry: Entry) -> str:
    """What of the suites was run."""
    if entry.ended is None:
        return "cut off"
    if entry.stopped:
        return "stopped by Ctrl-C"
    return "unknown" if entry.selection is None else entry.selection or "everything"
