"""Many runs as a pattern: which runs share a column, and one word for each group of requirements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.conformance import Unjudged, Verdict
from harness.history import DeviceHistory, History, ImageHistory, word
from harness.results import Entry
from harness.winsock import REQUIREMENTS

COLUMNS = 60
"""Columns of one page."""

OTHER = "Other requirements"
"""The group of requirements that the data does not know."""

_NAMED = 5  # requirements that are named in one cell

WORST_FIRST = (
    Verdict.FAIL,
    Verdict.FIXED,
    Unjudged.MISSING,
    Verdict.BROKEN,
    Verdict.INCONCLUSIVE,
    Verdict.KNOWN,
    Verdict.PASS,
    Verdict.OBSERVED,
    Verdict.NOT_PROVOCABLE,
    Unjudged.NOT_RUN,
)
"""As `harness.conformance.SEVERITY`, with what stands in place of a verdict."""

RED = frozenset({Verdict.FAIL, Verdict.FIXED, Unjudged.MISSING})
_RANKS: Mapping[str, int] = {each: rank for rank, each in enumerate(WORST_FIRST)}


class Words:
    """What each run says of each requirement, see `harness.history.word`, looked up once for all pages."""

    def __init__(self, history: History) -> None:
        self._found = {
            entry.path: {name: word(entry, name) for name in device.requirements}
            for device in history.devices
            for entry in device.entries
        }

    def word(self, entry: Entry, requirement: str) -> str:
        """A verdict, "missing" or "not run"."""
        return self._found[entry.path].get(requirement, Unjudged.NOT_RUN)

    def counts(self, entry: Entry) -> list[tuple[str, int]]:
        """Verdicts of a run, and "missing", and how many requirements came to each, worst first."""
        words = [str(each) for each in self._found[entry.path].values()]
        return [(each, words.count(each)) for each in WORST_FIRST[:-1] if each in words]

    def is_red(self, entry: Entry) -> bool:
        """Is anything red in this run?"""
        return not RED.isdisjoint(self._found[entry.path].values())


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a device. words: one for each group, see `groups`. red: requirements that are red."""

    entry: Entry
    words: tuple[str, ...]
    red: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatternRow:
    """One image of a device; `cells` in the order of the columns, None where it did not run."""

    device: DeviceHistory
    image: ImageHistory
    cells: tuple[Cell | None, ...]

    @property
    def red(self) -> bool:
        """Is anything red in it?"""
        return any(cell is not None and cell.red for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A table: rounds of runs, newest first, and what each image of each device came to in them."""

    rounds: tuple[tuple[Entry, ...], ...]
    rows: tuple[PatternRow, ...]


def section_of(requirement: str) -> str:
    """The group a requirement belongs to: the section of the page."""
    known = REQUIREMENTS.get(requirement)
    return known.section if known else OTHER


def groups(requirements: Iterable[str]) -> dict[str, list[str]]:
    """Groups in the order of the page, with those of the requirements that are in them, in order of names."""
    found: dict[str, list[str]] = {known.section: [] for known in REQUIREMENTS.values()}
    for requirement in sorted(set(requirements)):
        found.setdefault(section_of(requirement), []).append(requirement)
    return {section: names for section, names in found.items() if names}


def rounds(entries: Sequence[Entry]) -> list[tuple[Entry, ...]]:
    """Runs in a row until a device comes a second time, beginning with the newest: as long as every device
    runs as often as the others, the first round is the newest run of each. Both newest first; entries: oldest
    first."""
    found: list[list[Entry]] = []
    seen: set[str] = set()
    for entry in reversed(entries):
        if not found or entry.target in seen:
            found.append([])
            seen = set()
        found[-1].append(entry)
        seen.add(entry.target)
    return [tuple(each) for each in found]


def patterns(history: History, devices: Sequence[DeviceHistory], words: Words) -> Iterator[Pattern]:
    """Pages of at most `COLUMNS` rounds, the newest first. devices: in the order of the rows; an image that
    did not run in the rounds of a page has no row there, newer images stand above older ones."""
    sections = groups(name for device in devices for name in device.requirements)
    newest_first = rounds(history.entries)
    for begin in range(0, len(newest_first), COLUMNS):
        page = tuple(newest_first[begin : begin + COLUMNS])
        by_run = [{entry.target: entry for entry in each} for each in page]
        rows = [
            row
            for device in devices
            for image in reversed(device.images)
            if (row := _row(device, image, by_run, sections, words)) is not None
        ]
        yield Pattern(page, tuple(rows))


def _row(
    device: DeviceHistory,
    image: ImageHistory,
    by_run: Sequence[Mapping[str, Entry]],
    sections: Mapping[str, Sequence[str]],
    words: Words,
) -> PatternRow | None:
    cells: list[Cell | None] = []
    for runs in by_run:
        entry = runs.get(device.target)
        here = entry is not None and device.image_of(entry) is image
        cells.append(_cell(entry, sections, words) if entry is not None and here else None)
    return PatternRow(device, image, tuple(cells)) if any(cells) else None


def _cell(entry: Entry, sections: Mapping[str, Sequence[str]], words: Words) -> Cell:
    worst, red = [], []
    for names in sections.values():
        found = {name: words.word(entry, name) for name in names}
        worst.append(worst_word(found.values()))
        red += [name for name, each in found.items() if each in RED]
    return Cell(entry, tuple(worst), tuple(red))


def worst_word(words: Iterable[str]) -> str:
    """Of verdicts, "missing" and "not run" the one that wants most attention. Raises ValueError for none."""
    return min(words, key=_RANKS.__getitem__)


def spoken(cell: Cell, sections: Sequence[str], number: int) -> str:
    """A cell in words: "run 120, 2026-10-16: fail in Error table; red: WSASOCKET-012; all else pass".

    number: of the run.
    """
    common = max(cell.words, key=cell.words.count)
    others = [
        f"{each} in {section}" for section, each in zip(sections, cell.words, strict=True) if each != common
    ]
    if cell.red:
        more = f" and {len(cell.red) - _NAMED} more" if len(cell.red) > _NAMED else ""
        others.append(f"red: {', '.join(cell.red[:_NAMED])}{more}")
    rest = f"all {'else ' if others else ''}{common}"
    return f"run {number}, {cell.entry.started[:10]}: {'; '.join((*others, rest))}"
