"""The commands against a real emulated device: the agent's CE executables, every CPU, both links."""

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from harness.agents import CPU_BUILDS, executable
from harness.cli.main import main
from harness.conformance import Verdict
from harness.errors import UsageError
from harness.results import RESULTS_FILE, read_results

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc: run on Linux")


@pytest.fixture(autouse=True)
def means() -> None:
    """What an emulated device needs."""
    if importlib.util.find_spec("unicorn") is None:
        pytest.skip("Unicorn is missing: pip install 'ceharness[emulator]'")
    try:
        executable("ce-armv4i")
    except UsageError:
        pytest.skip("the agents are not built: ceharness agent build")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command as a process of its own; it and what it started can be told by a mark."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, mark: str = "") -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "harness.cli", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "CEHARNESS_TEST_MARK": mark, "PYTHONUNBUFFERED": "1"},
            )
        )
        return started[-1]

    yield start
    for process in started:
        with process:
            if process.poll() is None:
                process.kill()


def marked(mark: str) -> list[int]:
    """Processes that have the mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"CEHARNESS_TEST_MARK={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    assert process.stderr is not None
    pytest.fail(f"it never said {text!r}:\n{seen}\n{process.stderr.read()}")


@pytest.mark.parametrize("link", ["tcp", "serial"])
@pytest.mark.parametrize("cpu", list(CPU_BUILDS))
def test_one_call_on_every_cpu_over_every_link(
    capsys: pytest.CaptureFixture[str], cpu: str, link: str
) -> None:
    arguments = ["call", "WSASocketW", "AF_IPX", "SOCK_STREAM", "--cpu", cpu, "--link", link, "--json", "-"]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["calls"][-1]["value"] == 0xFFFFFFFF
    assert result["calls"][-1]["error_name"] == "WSAEAFNOSUPPORT"


@pytest.mark.parametrize("cpu", list(CPU_BUILDS))
def test_a_device_that_dials(capsys: pytest.CaptureFixture[str], cpu: str) -> None:
    arguments = ["call", "WSASocketW", "AF_IPX", "SOCK_STREAM", "--cpu", cpu, "--link", "tcp-listen"]
    assert main([*arguments, "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["calls"][-1]["error_name"] == "WSAEAFNOSUPPORT"
    assert result["line"]["url"].startswith("tcp-listen://127.0.0.1:")
    assert result["line"]["keyed"]


@pytest.mark.long
def test_a_device_that_dials_over_a_line_that_is_cut_again_and_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It dials again each time, and no program runs twice: the handles go up by one."""
    program = tmp_path / "count.ceprog"
    program.write_text(
        "call ws2!WSAStartup(0x0202, scratch wsadata[400])\n"
        "repeat 40 {\n    s = ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)\n"
        "    call ws2!closesocket(s)\n}\n",
        encoding="utf-8",
    )
    arguments = ["exec", str(program), "--cpu", "x86", "--link", "tcp-listen", "--faults", "cut=0.01 seed=2"]
    assert main([*arguments, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["outcome"]["kind"] == "returned"
    assert result["calls"][1]["runs"] == [[40, None]]
    assert result["line"]["reconnects"] > 0
    assert "the link broke and was opened again" in err


@pytest.mark.parametrize("link", ["tcp", "serial"])
def test_doctor_finds_nothing_wrong(capsys: pytest.CaptureFixture[str], link: str) -> None:
    assert main(["doctor", "--link", link, "--faults", "dup=1e-9", "--json", "-"]) == 0
    steps = {step["step"]: step for step in json.loads(capsys.readouterr().out)}
    assert list(steps)[-5:] == ["ws2.dll", "provider rights", "sleep", "clock", "line"]
    assert all(step["ok"] for step in steps.values())
    assert "key" in steps["key"]["detail"]
    assert ("every frame is keyed" in steps["protocol and key"]["detail"]) == (link == "tcp")
    assert "faults were injected" in steps["line"]["detail"]


def test_exec_runs_the_example_of_the_documentation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "example.txt"
    path.write_text(
        "call  ws2!WSAStartup(0x0202, out wsadata[400])\n"
        "s =   ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED)\n"
        "when ok {\n    call  ws2!closesocket(s)\n}\n",
        encoding="utf-8",
    )
    assert main(["exec", str(path)]) == 0
    out = capsys.readouterr().out
    assert "wsadata (400 bytes)" in out
    assert "0000  02 02 02 02" in out


def test_a_run_of_one_requirement(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", "--include", "WSASOCKET-012", "--output", str(tmp_path), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    rows = result["rows"]
    assert (result["target_kind"], result["evidence"], result["line"]["keyed"]) == ("emulated", "model", True)
    assert result["line"]["trouble"] == []
    assert {row["requirement"] for row in rows} == {"WSASOCKET-012"}
    assert {row["verdict"] for row in rows} == {"pass"}
    assert {row["evidence"] for row in rows} == {"model"}
    assert "1 requirement: 1 pass" in err
    assert "An emulated result proves the harness, not a device." in err


def test_another_agent_executable_has_to_fit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wrong = executable("ce-x86")
    assert main(["emulate", "--cpu", "arm", "--agent", str(wrong)]) == 2
    assert "is an executable for x86, the emulated device has cpu = arm" in capsys.readouterr().err
    (tmp_path / "lab.ini").write_text("[emulated]\nkind = emulated\nagent = lab.ini\n", encoding="utf-8")
    assert main(["call", "socket", "2", "--lab", str(tmp_path / "lab.ini")]) == 2
    assert "is not an executable for Windows CE" in capsys.readouterr().err


@linux
def test_emulate_serves_both_links_and_ends_at_ctrl_c(
    start: Callable[..., subprocess.Popen[str]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    how = tmp_path / "how.json"
    device = start("emulate", "--cpu", "x86", "--json", str(how), mark=mark)
    read_until(device, "Ctrl-C ends it")
    connection = json.loads(how.read_text(encoding="utf-8"))
    key = Path(connection["key"]["tcp"])
    for url, option in ((connection["tcp"], ["--key", str(key)]), (connection["serial"], [])):
        assert main(["call", "--target", url, *option, "WSASocketW", "AF_INET", "SOCK_STREAM"]) == 0
    capsys.readouterr()
    assert main(["call", "--target", connection["serial"], "--key", str(key), "socket", "2", "1"]) == 3
    assert "the agent has none" in capsys.readouterr().err
    device.send_signal(signal.SIGINT)
    out, err = device.communicate(timeout=60)
    assert (device.returncode, err) == (0, "")
    assert "ended" in out
    assert not key.exists()
    assert marked(mark) == []


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_service_manager_or_a_closed_terminal_ends_it_like_ctrl_c(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    mark = uuid.uuid4().hex
    how = tmp_path / "how.json"
    device = start("emulate", "--link", "tcp", "--json", str(how), mark=mark)
    read_until(device, "Ctrl-C ends it")
    key = Path(json.loads(how.read_text(encoding="utf-8"))["key"]["tcp"])
    assert key.exists()
    device.send_signal(number)
    _, err = device.communicate(timeout=60)
    assert (device.returncode, err) == (0, "")
    assert not key.parent.exists()
    assert marked(mark) == []


@linux
def test_a_terminal_that_is_gone(tmp_path: Path) -> None:
    """Nothing can be written any more, and what was started and made goes all the same."""
    how = tmp_path / "how.json"
    ours, theirs = os.openpty()
    mark = uuid.uuid4().hex
    device = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "emulate", "--link", "tcp", "--json", str(how)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "CEHARNESS_TEST_MARK": mark},
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    while b"Ctrl-C ends it" not in said:
        assert select.select([ours], [], [], 60)[0]
        said += os.read(ours, 4096)
    key = Path(json.loads(how.read_text(encoding="utf-8"))["key"]["tcp"])
    os.close(ours)
    device.send_signal(signal.SIGHUP)
    assert device.wait(timeout=60) == 0
    assert not key.parent.exists()
    assert marked(mark) == []


@linux
def test_a_key_of_ones_own_on_a_serial_line(
    start: Callable[..., subprocess.Popen[str]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    key, how = tmp_path / "my.key", tmp_path / "how.json"
    assert main(["agent", "key", str(key)]) == 0
    device = start("emulate", "--cpu", "mips", "--link", "serial", "--key", str(key), "--json", str(how))
    said = read_until(device, "Ctrl-C ends it")
    assert key.read_text(encoding="ascii").strip() not in said
    url = json.loads(how.read_text(encoding="utf-8"))["serial"]
    capsys.readouterr()
    assert main(["call", "--target", url, "--key", str(key), "socket", "2", "1", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["line"]["keyed"]
    assert main(["call", "--target", url, "socket", "2", "1"]) == 3
    assert "the agent wants a key, none is configured" in capsys.readouterr().err
    assert main(["agent", "key", str(key), "--force"]) == 0
    assert main(["call", "--target", url, "--key", str(key), "socket", "2", "1"]) == 3
    assert "the key is wrong" in capsys.readouterr().err
    device.send_signal(signal.SIGINT)
    assert device.wait(60) == 0
    assert key.exists()


@linux
def test_ctrl_c_in_a_run_leaves_nothing_running(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    run = start("run", "--output", str(tmp_path), mark=mark)
    read_until(run, "WSASOCKET-")
    assert len(marked(mark)) == 2
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130, out + err
    assert marked(mark) == []
    run = read_results(tmp_path / RESULTS_FILE)
    assert run.rows
    assert run.end is not None
    assert run.end.stopped


@linux
def test_a_device_does_not_outlive_a_killed_harness(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    run = start("run", "--output", str(tmp_path), mark=mark)
    read_until(run, "WSASOCKET-")
    device = next(pid for pid in marked(mark) if pid != run.pid)
    handle = os.pidfd_open(device)
    with closing(os.fdopen(handle)):
        run.kill()
        run.communicate(timeout=60)
        assert select.select([handle], [], [], 60)[0], "the emulated device is still there"


@linux
def test_a_killed_device_is_a_failed_lab_and_no_deviation(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    run = start("run", "--output", str(tmp_path), mark=mark)
    read_until(run, "WSASOCKET-")
    os.kill(next(pid for pid in marked(mark) if pid != run.pid), signal.SIGKILL)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 3, out + err
    assert "the process of the emulated device ended (exit code -9)" in err
    rows = read_results(tmp_path / RESULTS_FILE).rows
    assert Verdict.FAIL not in {row.verdict for row in rows}
    assert rows[-1].verdict is Verdict.BROKEN
