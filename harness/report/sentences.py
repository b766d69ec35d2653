"""A run in plain words: what came of it, what has to be known before one believes it, what it rests on."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from harness.conformance import TEST_IS_WRONG, Verdict, lab_broke
from harness.report.tables import EVIDENCE, evidence_sentence, title
from harness.results import Run

_NAMED = 4
"""So many requirements are named in a sentence."""
_JUDGED = (Verdict.FAIL, Verdict.FIXED, Verdict.KNOWN, Verdict.PASS, Verdict.OBSERVED)
_INDEPENDENT = "independent"
"""Evidence of a Winsock that is not Windows CE's."""


def target_name(run: Run) -> str:
    """The target, also of a run that never learnt which one its lab means."""
    return run.start.target or "the default target"


def system_words(run: Run) -> str:
    """ "Windows CE 5.0.1400 on ARM"; what is not known is left out, "" if nothing is."""
    kind = "Windows" if run.evidence == _INDEPENDENT else "Windows CE"
    version, cpu = run.identity.get("version", ""), run.identity.get("cpu", "")
    return " on ".join(part for part in (version and f"{kind} {version}", cpu) if part)


def summary_sentence(run: Run) -> str:
    """What came of it: "panel, Windows CE 5.0.1400 on ARM, deviates from the WSASocket page in 2 of 58
    requirements: ..."."""
    system = system_words(run)
    who = f"{target_name(run)}, {system}," if system else target_name(run)
    judged = [name for verdict in _JUDGED for name in _of(run, verdict)]
    if not judged:
        if lab := _reasons(run, lab=True):
            return f"Nothing was judged on {target_name(run)}: the lab failed ({lab[0]})."
        if wrong := _reasons(run, lab=False):
            return f"Nothing was judged on {target_name(run)}: the test itself is wrong ({wrong[0]})."
        return f"Nothing was judged on {target_name(run)}."
    total = f"{len(judged)} {'requirement' if len(judged) == 1 else 'requirements'}"
    if _is_part(run):
        total += " that were judged" if len(judged) != 1 else " that was judged"
    elif len(judged) < len(run.summary.verdicts) or run.summary.missing:
        total += " that could be judged"
    known = len(_of(run, Verdict.KNOWN))
    deviates = f"{who} deviates from the WSASocket page in"
    if red := _of(run, Verdict.FAIL):
        more = f"; and in {known} more just as it is recorded" if known else ""
        return f"{deviates} {len(red)} of {total}: {_named(red)}{more}."
    if known:
        return f"{deviates} {known} of {total}, just as it is recorded."
    all_of = f"the one {total[2:]}" if len(judged) == 1 else f"all {total}"
    return f"{who} does what the WSASocket page says in {all_of}."


def further_sentences(run: Run) -> list[str]:
    """What else there is to know about the outcome; nothing where all is said."""
    return list(_further(run))


def _further(run: Run) -> Iterator[str]:
    summary = run.summary
    if fixed := _of(run, Verdict.FIXED):
        yield f"A recorded deviation no longer happens, and its record must go: {_named(fixed)}."
    if summary.unmatched:
        yield f"Recorded deviations that no row is about: {'; '.join(summary.unmatched)}."
    broken = _of(run, Verdict.BROKEN)
    by_lab = {row.requirement for row in run.rows if lab_broke(row)}
    reasons = [
        f"{len(names)} {words}"
        for names, words in (
            ([name for name in broken if name in by_lab], "because the lab failed"),
            ([name for name in broken if name not in by_lab], "because the test itself is wrong"),
            (_of(run, Verdict.INCONCLUSIVE), "inconclusive"),
            (_of(run, Verdict.NOT_PROVOCABLE), "that this target cannot reach"),
        )
        if names
    ]
    if reasons and len(_not_judged(run)) < len(summary.verdicts):
        yield f"Not judged: {', '.join(reasons)}."
    if summary.missing:
        yield f"Nobody judged what the target can reach: {_listed(summary.missing)}."
    if failed := [test.name for test in run.tests if test.status == "FAIL" and not test.requirements]:
        yield f"Failed, and about no requirement: {_listed(failed)}."


def cautions(run: Run) -> list[str]:
    """What one has to know before one believes the rest: a part of a run, a bad line, a failed lab."""
    return list(_cautions(run))


def _cautions(run: Run) -> Iterator[str]:
    count = f"{len(run.tests)} test{'' if len(run.tests) == 1 else 's'}"
    if run.end is None:
        last = f", the last at {_last(run)}" if run.tests else ""
        yield (
            f"This run was cut off: here is what it had found after {count}{last}. What is missing says "
            f"nothing about the device."
        )
    elif run.end.stopped:
        yield (f"This run was ended by Ctrl-C after {count}. What is missing says nothing about the device.")
    if run.start.selection:
        yield f"Only a part was run: {run.start.selection}."
    if lab := _reasons(run, lab=True):
        yield f"The lab failed, which says nothing about the device: {_listed(lab, 2)}."
    if wrong := _reasons(run, lab=False):
        yield f"A test is wrong itself, which says nothing about the device: {_listed(wrong, 2)}."
    for trouble in (run.line or {}).get("trouble", ()):
        yield f"The line: {trouble}."


def evidence_words(run: Run) -> str:
    """What it rests on, in plain words."""
    if run.opened is None and not any(row.verdict in _JUDGED for row in run.rows):
        return "Nothing was measured."
    if not run.evidence:
        return evidence_sentence(run.rows) or "Nobody recorded what these results rest on."
    return evidence_sentence(run.rows) or EVIDENCE.get(run.evidence, f"Evidence: {run.evidence}.")


def _is_part(run: Run) -> bool:
    """Is it known that not all was run?"""
    return run.end is None or run.end.stopped or bool(run.start.selection)


def _reasons(run: Run, *, lab: bool) -> list[str]:
    """Why rows are broken, each reason once: those of the lab, or of tests that are wrong themselves."""
    broken = [row for row in run.rows if row.verdict is Verdict.BROKEN and lab_broke(row) is lab]
    return list(dict.fromkeys(" ".join(row.reason.removeprefix(TEST_IS_WRONG).split()) for row in broken))


def _last(run: Run) -> str:
    test = run.tests[-1]
    try:
        return (
            f"{datetime.fromisoformat(test.started) + timedelta(seconds=test.seconds):%Y-%m-%d %H:%M:%S} UTC"
        )
    except ValueError:
        return test.started


def _of(run: Run, verdict: Verdict) -> list[str]:
    """Requirements that came to it, in the order of their names."""
    return sorted(name for name, each in run.summary.verdicts.items() if each is verdict)


def _not_judged(run: Run) -> list[str]:
    return [name for name, each in run.summary.verdicts.items() if each not in _JUDGED]


def _named(names: Sequence[str]) -> str:
    return _listed([f"{name} ({title(name)})" if title(name) else name for name in names])


def _listed(names: Sequence[str], most: int = _NAMED) -> str:
    """ "a, b and c", "a, b, c, d and 7 more"."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
