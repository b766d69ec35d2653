"""The emulated device as a child process, played here by small scripts that keep or break its contract."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from harness.errors import LinkError, UsageError
from harness.targets import emulator_process
from harness.targets.emulator_process import EmulatorProcess, start_emulator

READY = (
    "import json, sys\n"
    "print(json.dumps({'event': 'ready', 'cpu': 'x86', 'pid': 1, 'tcp': {'5555': 4711},"
    " 'serial': {'COM1:': '/dev/pts/9'}}), flush=True)\n"
)


@pytest.fixture
def processes() -> Iterator[list[EmulatorProcess]]:
    started: list[EmulatorProcess] = []
    yield started
    for process in started:
        process.end()


def play(script: str, processes: list[EmulatorProcess]) -> EmulatorProcess:
    processes.append(EmulatorProcess([sys.executable, "-c", script]))
    return processes[-1]


def test_ready_tells_how_to_connect(processes: list[EmulatorProcess]) -> None:
    device = play(READY + "sys.stdin.read()", processes)
    device.wait_ready(30)
    assert (device.cpu, device.tcp, device.serial) == ("x86", {"5555": 4711}, {"COM1:": "/dev/pts/9"})


def test_closing_its_input_ends_it(processes: list[EmulatorProcess]) -> None:
    device = play(READY + "sys.stdin.read(); sys.exit(7)", processes)
    device.wait_ready(30)
    device.end()
    assert device.wait() == 7
    device.end()


def test_one_that_does_not_end_is_killed(
    processes: list[EmulatorProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator_process, "GRACE_S", 0.2)
    device = play(READY + "import threading; threading.Event().wait()", processes)
    device.wait_ready(30)
    device.end()
    assert device.wait() != 0


def test_an_early_end_shows_its_last_words(processes: list[EmulatorProcess]) -> None:
    device = play("import sys; print('no unicorn here', file=sys.stderr); sys.exit(5)", processes)
    with pytest.raises(LinkError, match=r"exit code 5\): no unicorn here"):
        device.wait_ready(30)


def test_settings_it_does_not_take_are_a_mistake_of_the_user(processes: list[EmulatorProcess]) -> None:
    script = "import sys; print('usage: it\\nit: error: no variant x', file=sys.stderr); sys.exit(2)"
    device = play(script, processes)
    with pytest.raises(UsageError, match=r"settings: no variant x$"):
        device.wait_ready(30)


def test_an_unimplemented_export_is_the_reason_that_is_given(processes: list[EmulatorProcess]) -> None:
    script = (
        "import json\n"
        "print('this is no event')\n"
        "print(json.dumps({'event': 'unimplemented', 'export': 'coredll!Foo', 'address': '0x11000'}))\n"
    )
    device = play(script, processes)
    with pytest.raises(LinkError, match="coredll!Foo is not implemented"):
        device.wait_ready(30)
    assert list(device.complaints) == ["coredll!Foo is not implemented (called at 0x11000)"]


def test_a_process_that_ends_early_is_not_waited_for(processes: list[EmulatorProcess]) -> None:
    script = (
        "import json, sys\n"
        "for text in ('ceagent: cannot start: ', 'ws2.dll\\n'):\n"
        "    print(json.dumps({'event': 'console', 'text': text}))\n"
        "event = {'event': 'exit', 'process': '\\\\ceagent.exe', 'code': 126}\n"
        "print(json.dumps(event), flush=True)\n"
        "sys.stdin.read()\n"
    )
    device = play(script, processes)
    with pytest.raises(LinkError, match=r"ceagent\.exe ended .*exit code 126\): .* cannot start: ws2\.dll"):
        device.wait_ready(30)


def test_a_process_that_faults_early_says_where(processes: list[EmulatorProcess]) -> None:
    script = (
        "import json, sys\n"
        "event = {'event': 'exit', 'process': 'a', 'code': 3221225477, 'exception': '0xC0000005',"
        " 'address': '0x00011000'}\n"
        "print(json.dumps(event), flush=True)\n"
        "sys.stdin.read()\n"
    )
    device = play(script, processes)
    with pytest.raises(LinkError, match=r"exception 0xC0000005 at 0x00011000\): it wrote nothing"):
        device.wait_ready(30)


def test_never_ready(processes: list[EmulatorProcess]) -> None:
    device = play("import sys; sys.stdin.read()", processes)
    with pytest.raises(LinkError, match=r"not ready after 0\.1 s"):
        device.wait_ready(0.1)


def test_console_text_goes_to_the_log(
    processes: list[EmulatorProcess], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "harness")
    device = play(
        "import json\nprint(json.dumps({'event': 'console', 'text': 'boot\\n'}))\n" + READY, processes
    )
    device.wait_ready(30)
    assert "device console: boot" in caplog.text


def test_a_missing_catalog_is_a_mistake_of_the_user() -> None:
    with (
        pytest.raises(UsageError, match="no such file"),
        start_emulator(cpu="arm", starts=(), copies=(), timeout=1, catalog="/nowhere/catalog.toml"),
    ):
        pass


def test_secrets_are_files_of_the_device_for_nobody_else_and_go_even_if_it_is_killed() -> None:
    with start_emulator(cpu="x86", starts=(), copies=(), timeout=60, secrets={"my.key": "text\n"}) as device:
        secret = device.root / "my.key"
        assert secret.read_text() == "text\n"
        assert secret.stat().st_mode & 0o077 == 0
        assert device.root.stat().st_mode & 0o077 == 0
        assert (device.root / "Windows").is_dir(), "the emulated device's own directory"
        os.kill(device.pid, signal.SIGKILL)
    assert not device.root.exists()


def test_the_key_of_other_devices_stays_here(
    processes: list[EmulatorProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEHARNESS_KEY", "ab" * 32)
    device = play(
        "import os\nassert 'CEHARNESS_KEY' not in os.environ\n" + READY + "sys.stdin.read()", processes
    )
    device.wait_ready(30)


def test_an_end_that_nobody_asked_for_is_the_labs_fault(processes: list[EmulatorProcess]) -> None:
    device = play(
        READY + "sys.stdin.readline(); print('out of memory', file=sys.stderr); sys.exit(9)", processes
    )
    device.wait_ready(30)
    assert device.ended(0) is None
    device._process.stdin.write("end\n")  # type: ignore[union-attr]
    device._process.stdin.flush()  # type: ignore[union-attr]
    assert device.wait() == 9
    assert device.ended(30) == "the process of the emulated device ended (exit code 9): out of memory"


ECHO = READY + "\n".join(
    [
        "for line in sys.stdin:",
        "    word = line.strip()",
        "    if word == 'end': sys.exit(3)",
        "    if word == 'nothing': continue",
        "    print(json.dumps({'event': 'listen'}))",
        "    print(json.dumps({'event': word, 'text': 'no such thing'}), flush=True)",
    ]
)


def test_a_command_is_answered(processes: list[EmulatorProcess]) -> None:
    device = play(ECHO, processes)
    device.wait_ready(30)
    assert device.command("census", answer="census", seconds=30)["text"] == "no such thing"
    with pytest.raises(LinkError, match="does not do 'error': no such thing"):
        device.command("error", answer="census", seconds=30)
    with pytest.raises(LinkError, match="does not answer 'nothing'"):
        device.command("nothing", answer="census", seconds=0.05)
    assert device.command("census", answer="census", seconds=30)


def test_a_command_for_a_device_that_ends(processes: list[EmulatorProcess]) -> None:
    device = play(ECHO, processes)
    device.wait_ready(30)
    for _ in range(2):
        with pytest.raises(LinkError, match=r"the emulated device (ended|does not answer)"):
            device.command("end", answer="census", seconds=30)
        device.wait()
