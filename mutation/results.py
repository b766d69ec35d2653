"""What is printed while trials run, and build/mutation.json."""

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.conformance import Verdict
from mutation.judging import Expected, Finding, Judgement, by_leg, judge
from mutation.running import Ran
from mutation.trials import Trial

_JUDGED = (0, 1)
"""Exit codes of a run that has judged the device: green, red."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial that was run. `code`: exit code of its run, None if it took too long."""

    trial: Trial
    judgement: Judgement
    seconds: float
    code: int | None
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, trial: Trial, before: Mapping[str, Verdict], ran: Ran) -> "Tried":
        """Judged by the run, and by the undisturbed one before it."""
        judgement = judge(trial.expected, before, by_leg(ran.rows))
        if ran.code not in _JUDGED:
            judgement = replace(judgement, finding=Finding.BROKEN)
        return cls(trial, judgement, ran.seconds, ran.code, ran.words)

    @property
    def good(self) -> bool:
        return self.judgement.finding.good

    def line(self, number: int, count: int) -> str:
        """One line of progress."""
        found = self.judgement
        red = ", ".join(leg.removeprefix("WSASOCKET-") for leg in found.red) or "nothing"
        text = (
            f"{number:>4}/{count}  {found.finding:<13}  {self.trial.name}  ({self.seconds:.0f} s; red: {red})"
        )
        if self.good:
            return text
        if found.finding is Finding.BROKEN:
            wrong = [f"the run says nothing (exit code {self.code}):", *self.words]
        else:
            wrong = [*(f"not red: {one}" for one in found.missing), *found.unexpected]
        return "\n".join([text, *(f"{'':11}{line}" for line in wrong)])

    def as_dict(self) -> dict[str, Any]:
        expected, found = self.trial.expected, self.judgement
        return {
            "name": self.trial.name,
            "kind": self.trial.kind,
            "does": self.trial.does,
            **_expected(expected),
            "red": list(found.red),
            "finding": found.finding.value,
            "missing": list(found.missing),
            "unexpected": list(found.unexpected),
            "exit_code": self.code,
            "seconds": round(self.seconds, 1),
        }


def _expected(expected: Expected) -> dict[str, Any]:
    return {
        "must": sorted(expected.must),
        "may": sorted(expected.may),
        "becomes": {leg: verdict.value for leg, verdict in expected.becomes.items()},
    }


def counts(tried: Sequence[Tried]) -> dict[str, dict[str, int]]:
    """Kind to finding to how many."""
    found: dict[str, Counter[str]] = {}
    for one in tried:
        found.setdefault(one.trial.kind, Counter())[one.judgement.finding.value] += 1
    return {kind: dict(each) for kind, each in found.items()}


def summary(tried: Sequence[Tried], not_run: int, seconds: float) -> list[str]:
    """The last lines."""
    lines = [
        f"{kind}: " + ", ".join(f"{count} {finding}" for finding, count in each.items())
        for kind, each in counts(tried).items()
    ]
    bad = sum(not one.good for one in tried)
    lines.append(
        f"{len(tried)} devices tried in {seconds:.0f} s, {bad} not as they should be, {not_run} not run"
    )
    return lines


def write(path: Path, about: Mapping[str, Any], tried: Sequence[Tried], not_run: int) -> None:
    """The whole session as JSON. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        **about,
        "commit": commit(),
        "counts": counts(tried),
        "not_run": not_run,
        "trials": [one.as_dict() for one in tried],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def commit() -> str | None:
    """What is checked out, None outside of a git checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except OSError:
        return None
    return done.stdout.strip() or None
