"""The conformance report of one run as one HTML file."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from harness.conformance import Row, Unjudged, Verdict
from harness.fingerprint import Fingerprint
from harness.report.checked import Checked, checked, error_table, sections
from harness.report.latency import latencies
from harness.report.letters import MEANINGS
from harness.report.pages.environment import environment
from harness.report.pages.outcome_map import outcome_map
from harness.report.pages.plot import duration, latency_plot, short_name
from harness.report.replays import Replay, device_words, replays
from harness.report.sentences import (
    cautions,
    evidence_words,
    further_sentences,
    summary_sentence,
    system_words,
    target_name,
)
from harness.report.tables import title
from harness.results import Run

_IN_FULL = 3
"""Deviations of one requirement that are unfolded; the others are one click away."""
_UNDECIDED = (Verdict.BROKEN, Verdict.INCONCLUSIVE, Verdict.NOT_PROVOCABLE)
_SOURCES = {
    "suites": "suites",
    "data": "data of the requirements",
    "expectations": "recorded deviations",
}
_LINE_COUNTERS = (
    "frames_sent",
    "bytes_sent",
    "frames_received",
    "bytes_received",
    "bad_frames",
    "noise_bytes",
    "resends",
    "working",
    "reconnects",
    "restarts",
    "console_bytes",
)


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why nothing is known about the device. `where`: requirement, and which cases of it in words."""

    verdict: str
    reason: str
    where: list[tuple[str, str]]


def conformance_page(run: Run, *, fingerprint: Fingerprint | None = None, home: str = "") -> str:
    """The HTML text; it needs no other file. fingerprint: what the target answers to all triples, for the
    picture. home: a relative link to a page that leads here, "" for none."""
    all_of = checked(run)
    judged = [each for each in all_of if each.judged]
    latency = latencies(run)
    return (
        environment()
        .get_template("conformance.html")
        .render(
            run=run,
            partial=_partial(run),
            home=home,
            target=target_name(run),
            system=system_words(run),
            sentence=summary_sentence(run),
            brief=", ".join(filter(None, _brief(run))),
            evidence=evidence_words(run),
            cautions=cautions(run),
            further=further_sentences(run),
            counts=_counts(all_of),
            facts=_facts(run),
            deviations=_by_requirement(replays(run)),
            error_table=error_table(all_of),
            sections=sections(judged),
            judged=len(judged),
            left_out=[each.id for each in all_of if not each.judged],
            undecided=_undecided(run),
            recorded=_recorded(run),
            failed=[test for test in run.tests if test.status == "FAIL" and not test.requirements],
            counters=_counters(run),
            latency=latency,
            plot=latency_plot(latency) if latency else None,
            map=outcome_map(fingerprint, run.identity) if fingerprint else None,
            fingerprint_command=shlex.join(["ceharness", "fingerprint", *device_words(run)]),
            title=title,
            IN_FULL=_IN_FULL,
            duration=duration,
            short_name=short_name,
        )
    )


def _partial(run: Run) -> bool:
    """Is it made of an output.xml, which does not tell what is in a results file?"""
    return not run.start.harness


def _agent(run: Run, silent: str) -> str:
    """silent: what is said of a device that never answered; "" where nobody knows."""
    if run.opened is None:
        return "" if _partial(run) else silent
    return run.opened.agent


def _counts(requirements: list[Checked]) -> dict[str, int]:
    """How many there are of each verdict, worst first."""
    words = [each.verdict for each in requirements]
    order = ["fail", "fixed", "missing", "broken", "inconclusive", "known", "pass", "observed"]
    order += ["not-provocable", "not run"]
    return {word: words.count(word) for word in order if word in words}  # type: ignore[arg-type]


def _facts(run: Run) -> dict[str, str]:
    """What was run on what, by name; what is not known is left out."""
    start, identity = run.start, run.identity
    found = {
        "Device": ", ".join(part for part in (target_name(run), identity.get("oem", "")) if part),
        "System": system_words(run),
        "Processor": identity.get("processor", ""),
        "Platform": identity.get("platform", ""),
        "Image": start.image,
        "Kind of target": f"{start.target_kind}, {start.place}" if start.place else start.target_kind,
        "Chosen by": " ".join(start.words),
        "Agent": _agent(run, "it never answered"),
        "Link": _link(run),
        "Run": f"{start.run}, on {start.host}" if start.host else start.run,
        "Time": _time(run),
        "Harness": start.harness and f"ceharness {start.harness}",
    }
    for name, words in _SOURCES.items():
        if source := start.sources.get(name):
            found[words.capitalize()] = _source(source)
    return {name: value for name, value in found.items() if value}


def _brief(run: Run) -> Iterator[str]:
    """What one asks first, for one line."""
    yield _time(run)
    if run.start.image:
        yield f"image {run.start.image.rpartition(':')[2][:8]}"
    yield _agent(run, "no agent answered")
    if run.start.place:
        yield run.start.place


def _link(run: Run) -> str:
    """Where the device was, and who could use the line to it."""
    url = run.opened.url if run.opened else ""
    return ", ".join(part for part in (url, str((run.line or {}).get("protection", ""))) if part)


def _time(run: Run) -> str:
    """ "2026-11-28 13:33 UTC, 27 s"."""
    began = f"{run.start.started[:16].replace('T', ' ')} UTC"
    if run.end is None:
        return f"{began}, cut off"
    try:
        took = datetime.fromisoformat(run.end.ended) - datetime.fromisoformat(run.start.started)
    except ValueError:
        return began
    seconds = round(took.total_seconds())
    return f"{began}, {seconds // 60} min {seconds % 60} s" if seconds >= 120 else f"{began}, {seconds} s"


def _source(source: object) -> str:
    """Where files are, and in which state git had them."""
    values = source if isinstance(source, dict) else {}
    commit, digest = str(values.get("commit", "")), str(values.get("digest", ""))
    state = "not in git"
    if commit:
        state = f"commit {commit[:12]}{', with changes' if values.get('changed') else ''}"
    return f"{values.get('path', '')} ({state}, {digest[:19]})"


def _by_requirement(found: list[Replay]) -> dict[str, list[Replay]]:
    groups: dict[str, list[Replay]] = {}
    for each in sorted(found, key=lambda replay: replay.row.requirement):
        groups.setdefault(each.row.requirement, []).append(each)
    return groups


def _undecided(run: Run) -> list[Undecided]:
    """Cases that came to no verdict about the device, reason by reason."""
    found = []
    if run.summary.missing:
        where = [(name.partition(" ")[0], name.partition(" ")[2]) for name in run.summary.missing]
        found.append(Undecided(Unjudged.MISSING, MEANINGS[Unjudged.MISSING], where))
    reasons: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for undecided in _UNDECIDED:
        for row in run.rows:
            if row.verdict is undecided:
                cases = reasons.setdefault((row.verdict, row.reason), {})
                cases.setdefault(row.requirement, []).append(row)
    for (verdict, reason), cases in reasons.items():
        where = [
            (requirement, rows[0].case if len(rows) == 1 else f"{len(rows)} cases")
            for requirement, rows in sorted(cases.items())
        ]
        found.append(Undecided(verdict, reason, where))
    return found


def _recorded(run: Run) -> list[tuple[Row, str]]:
    """Rows about which something is recorded, those first that do not happen any more: one for all cases of a
    requirement with the same outcome and reason, and which cases these are, in words."""
    groups: dict[tuple[bool, str, str, str, str], list[Row]] = {}
    for row in run.rows:
        if row.recorded:
            key = (row.verdict is not Verdict.FIXED, row.requirement, row.verdict, row.observed, row.recorded)
            groups.setdefault(key, []).append(row)
    return [(rows[0], _cases(rows)) for _, rows in sorted(groups.items())]


def _cases(rows: list[Row]) -> str:
    return rows[0].case if len(rows) == 1 else f"{len(rows)} cases, the first: {rows[0].case}"


def _counters(run: Run) -> dict[str, str]:
    """The line in numbers, by name; empty if no device ever answered."""
    if run.line is None:
        return {}
    line = {name: value for name, value in run.line.items() if isinstance(value, int | float)}
    counts = {name: f"{line.get(name, 0):,}" for name in _LINE_COUNTERS}
    found = {
        "Sent": f"{counts['frames_sent']} frames, {counts['bytes_sent']} bytes",
        "Received": f"{counts['frames_received']} frames, {counts['bytes_received']} bytes",
        "Damaged pieces": f"{counts['bad_frames']} ({counts['noise_bytes']} bytes)",
        "Sent again": f"{counts['resends']}, of which {counts['working']} while a program was still running",
        "Link opened again": f"{counts['reconnects']} ({line.get('reconnecting', 0):.1f} s)",
        "Sessions begun anew": counts["restarts"],
        "Console text skipped": f"{counts['console_bytes']} bytes",
    }
    if "median" in line and "worst" in line:
        found["Round trip"] = f"median {line['median'] * 1000:.1f} ms, worst {line['worst'] * 1000:.1f} ms"
    return found
