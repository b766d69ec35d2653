"""The examples of docs/robot.md work as they stand there."""

import textwrap
from pathlib import Path

from scripted_device import Error, ScriptedDevice

DOC = (Path(__file__).parents[2] / "docs" / "robot.md").read_text(encoding="utf-8")


def example(start: str) -> str:
    """The indented block that begins with this line."""
    text = DOC[DOC.index(f"    {start}\n") :]
    lines = []
    for line in text.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)) + "\n"


def test_the_first_suite(run_suite) -> None:
    closed: list[int] = []

    def close(s: int) -> Error | None:
        closed.append(s)
        return Error(10038) if len(closed) > 1 else None

    ran = run_suite(example("*** Settings ***"), ScriptedDevice({"closesocket": close}))
    assert ran.tests.status == {"A Closed Socket Is Gone": "PASS"}, ran.tests.message


def test_the_requirement_suite(run_suite, tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "create.ceprog").write_text(example("# programs/create.ceprog"))
    text = example("*** Settings ***\n    Library           harness.robot.CEHarness")
    ran = run_suite(text, ScriptedDevice({"WSASocketW": Error(10047)}))
    assert ran.tests.status == {"AF_IPX": "PASS", "AF_NETBIOS": "PASS"}, ran.tests.message
    assert [row.requirement for row in ran.rows] == ["WSASOCKET-012", "WSASOCKET-012"]
