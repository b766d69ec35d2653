"""A run as JUnit XML, the form that CI systems read: a test case for each row."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from harness.conformance import Row, Verdict
from harness.report.replays import replays
from harness.report.sentences import evidence_words, summary_sentence, target_name
from harness.report.tables import title
from harness.report.writing import printable
from harness.results import Ran, Run

_SKIPPED = (Verdict.INCONCLUSIVE, Verdict.NOT_PROVOCABLE)


def junit_text(run: Run) -> str:
    """The XML document. Rows are named after requirement and case; a deviation is a failure, what the lab
    broke an error, what could not be judged is skipped. What nobody judged, a record that no row is about,
    and a run that was cut off have cases of their own."""
    suite = ET.Element("testsuite", name=printable(f"WSASocket on {target_name(run)}"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run):
        ET.SubElement(properties, "property", name=name, value=printable(value))
    commands = {id(each.row): each.command for each in replays(run)}
    cases = [_case(row, commands.get(id(row), "")) for row in run.rows]
    cases += [_test(test) for test in run.tests if not test.requirements]
    cases += _gaps(run)
    suite.extend(cases)
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in _KINDS}
    about = {
        "tests": str(len(cases)),
        **{name: str(counts[kind]) for kind, name in _KINDS.items()},
        "timestamp": run.start.started[:19],
        "hostname": printable(run.start.host),
        "time": f"{sum(test.seconds for test in run.tests):.3f}",
    }
    for name, value in about.items():
        suite.set(name, value)
    top = ET.Element("testsuites", name="ceharness")
    for name in ("tests", *_KINDS.values(), "time"):
        top.set(name, about[name])
    top.append(suite)
    ET.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(top, encoding="unicode")}\n'


_KINDS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""What a case can hold, and the attribute that counts it."""


def _properties(run: Run) -> Iterator[tuple[str, str]]:
    """Names and values of what is known."""
    start, identity = run.start, run.identity
    found = {
        "target": start.target,
        "target-kind": start.target_kind,
        "run": start.run,
        "summary": summary_sentence(run),
        "evidence": run.evidence,
        "evidence-in-words": evidence_words(run),
        "ce-version": identity.get("version", ""),
        "cpu": identity.get("cpu", ""),
        "processor": identity.get("processor", ""),
        "platform": identity.get("platform", ""),
        "oem": identity.get("oem", ""),
        "image": start.image,
        "agent": run.opened.agent if run.opened else "",
        "link": run.opened.url if run.opened else start.place,
        "harness": start.harness,
        "selection": start.selection or "",
    }
    for name, source in start.sources.items():
        found[f"{name}-digest"] = str(source.get("digest", ""))
        found[f"{name}-commit"] = str(source.get("commit", ""))
        found[f"{name}-changed"] = ("no", "yes")[bool(source.get("changed"))] if source.get("commit") else ""
    return ((name, value) for name, value in found.items() if value)


def _case(row: Row, command: str) -> ET.Element:
    name = ": ".join(part for part in (title(row.requirement), row.case) if part) or row.requirement
    case = _named(f"WSASocket.{row.requirement}", f"{name} [{row.leg}]" if row.leg else name)
    if row.verdict.red:
        _add(case, "failure", row.verdict, _headline(row), _in_full(row, command))
    elif row.verdict is Verdict.BROKEN:
        _add(case, "error", row.verdict, row.reason, _in_full(row, command))
    elif row.verdict in _SKIPPED:
        _add(case, "skipped", "", f"{row.verdict}: {row.reason}")
    elif row.verdict is not Verdict.PASS:
        output = ET.SubElement(case, "system-out")
        output.text = printable(_in_full(row, command))
    return case


def _test(test: Ran) -> ET.Element:
    """A test without a requirement."""
    case = _named(test.suite, test.name)
    case.set("time", f"{test.seconds:.3f}")
    if test.status == "FAIL":
        _add(case, "failure", "fail", test.message.partition("\n")[0], test.message)
    elif test.status == "SKIP":
        _add(case, "skipped", "", test.message)
    return case


def _gaps(run: Run) -> Iterator[ET.Element]:
    for name in run.summary.missing:
        case = _named(f"WSASocket.{name.partition(' ')[0]}", f"{name} is judged")
        _add(case, "failure", "missing", "nobody judged it, although the target can reach it")
        yield case
    for record in run.summary.unmatched:
        case = _named("WSASocket.recorded deviations", record)
        _add(case, "failure", "unmatched", "the record matches no row")
        yield case
    if run.end is None or run.end.stopped:
        case = _named("WSASocket.run", "the run comes to its end")
        how = "it was cut off" if run.end is None else "it was ended by Ctrl-C"
        _add(case, "error", "cut-off", f"{how}; what is missing says nothing about the device")
        yield case


def _named(place: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=printable(place), name=printable(name))


def _add(case: ET.Element, kind: str, type: str, message: str, text: str = "") -> None:
    found = ET.SubElement(case, kind, message=printable(" ".join(message.split())))
    if type:
        found.set("type", type)
    if text:
        found.text = printable(text)


def _headline(row: Row) -> str:
    return f"documented: {row.documented or 'nothing'}; observed: {row.observed or row.reason}"


def _in_full(row: Row, command: str) -> str:
    names = ("documented", "observed", "reason", "provoked", "recorded")
    lines = [f"{name}: {value}" for name in names if (value := getattr(row, name))]
    lines += ["program:", row.program.rstrip("\n")] if row.program else []
    lines += [f"replay: {command}"] if command else []
    return "\n".join(lines)
