"""A run in short: what lists, and comparisons over many runs, need of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from harness.conformance import NOT_RUN, Row, Verdict, lab_broke, worst
from harness.results.file import Run


@dataclass(frozen=True, slots=True)
class Judged:
    """One requirement in one run: its verdict, and the row that decided it. `cases`: how many rows there are,
    `deciding`: how many of them came to that verdict."""

    verdict: Verdict
    observed: str
    documented: str
    reason: str
    leg: str
    case: str
    cases: int
    deciding: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One run. `path`: its results file. See `Start`, `Opened` and `End` for names that are theirs; `ended`
    is None of a run that was cut off.

    requirements: in the order of their names. missing, unmatched: see `Summary`. sources: digests of suites,
    data and recorded deviations. trouble: what was bad about its line. lab: how the lab failed, each reason
    once. recoveries: steps that were tried to bring the device back. failed: tests without a requirement that
    failed.
    """

    path: Path
    run: str
    target: str
    target_kind: str
    place: str
    evidence: str
    harness: str
    started: str
    ended: str | None
    stopped: bool
    selection: str | None
    image: str
    agent: str
    identity: Mapping[str, str]
    sources: Mapping[str, str]
    requirements: Mapping[str, Judged]
    missing: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    lab: tuple[str, ...] = ()
    recoveries: int = 0
    failed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON, without `path`."""
        values = asdict(self)
        del values["path"]
        return values

    @classmethod
    def from_dict(cls, path: Path, values: Mapping[str, Any]) -> "Entry":
        """What `to_dict` came from. Raises KeyError, TypeError, ValueError for anything else."""
        found = {each.name: values[each.name] for each in fields(cls) if each.name != "path"}
        found["requirements"] = {
            name: Judged(**{**each, "verdict": Verdict(each["verdict"])})
            for name, each in found["requirements"].items()
        }
        for name in ("missing", "unmatched", "trouble", "lab", "failed"):
            found[name] = tuple(found[name])
        return cls(path=path, **found)


def entry_of(run: Run) -> Entry:
    """A run in short."""
    start, summary = run.start, run.summary
    return Entry(
        path=run.path,
        run=start.run,
        target=start.target,
        target_kind=start.target_kind,
        place=start.place,
        evidence=run.evidence,
        harness=start.harness,
        started=start.started,
        ended=run.end.ended if run.end else None,
        stopped=bool(run.end and run.end.stopped),
        selection=start.selection,
        image=start.image,
        agent=run.opened.agent if run.opened else "",
        identity=dict(run.identity),
        sources={name: str(each.get("digest", "")) for name, each in start.sources.items()},
        requirements=judged(run.rows),
        missing=summary.missing,
        unmatched=summary.unmatched,
        trouble=tuple((run.line or {}).get("trouble", ())),
        lab=tuple(dict.fromkeys(row.reason.removeprefix(NOT_RUN) for row in run.rows if lab_broke(row))),
        recoveries=len(run.recovery),
        failed=tuple(test.name for test in run.tests if test.status == "FAIL" and not test.requirements),
    )


def judged(rows: Iterable[Row]) -> dict[str, Judged]:
    """Each requirement of these rows, in the order of their names."""
    by_requirement: dict[str, list[Row]] = {}
    for row in rows:
        by_requirement.setdefault(row.requirement, []).append(row)
    found = {}
    for requirement, cases in sorted(by_requirement.items()):
        verdict = worst(row.verdict for row in cases)
        deciding = [row for row in cases if row.verdict is verdict]
        first = deciding[0]
        found[requirement] = Judged(
            verdict,
            first.observed,
            first.documented,
            first.reason,
            first.leg,
            first.case,
            len(cases),
            len(deciding),
        )
    return found
