"""Handing over where nobody here wrote the system: the agent for desktop Windows, on Wine."""

import struct
from pathlib import Path

import pytest
from running import key_file, on_wine

from harness.agents import build_agents
from harness.device.files import Run, quoted, run_text
from harness.provisioning.handover import running_image, wait_for_end
from harness.provisioning.serving import serving
from harness.targets import TargetConfig, Timing

pytestmark = pytest.mark.long


def ask(run: Run, boot: int, image: str, milliseconds: int) -> None:
    """As harness.provisioning.handover does it on Windows CE, with the calls that desktop Windows has."""
    request = struct.pack("<I", milliseconds) + image.encode("utf-16-le").ljust(520, b"\0")
    name = f"ceagent-{boot:08x}"
    execution = run_text(
        run,
        f"""
        fresh
        renew = coredll!OpenEventW(2, 0, in event = {quoted(f"{name}-renew")}) fails null-word
        mapping = coredll!CreateFileMappingW(-1, NULL, 4, 0, {len(request)},
            in section = {quoted(f"{name}-heir")}) fails null-word
        memory = coredll!MapViewOfFile(mapping, 2, 0, 0, 0) fails null-word
        call coredll!RtlMoveMemory(memory, in request = x"{request.hex()}", {len(request)}) fails never
        set = coredll!SetEvent(renew) fails zero
        """,
        "hand over",
    )
    assert execution.named("set").ok, [(one.value, one.error) for one in execution.calls]


def test_another_agent_takes_the_port_or_gives_it_back(tmp_path: Path) -> None:
    build_agents()
    key = key_file(tmp_path)
    key.chmod(0o600)
    with on_wine(tmp_path) as wine:
        port = wine.listen().rpartition(":")[2]
        settings = {"host": "127.0.0.1", "port": port, "key": str(key)}
        config = TargetConfig("wine", "tcp", settings, timing=Timing(connect=60.0))
        with serving(config) as served:
            first = served.device.welcome.boot
            image = running_image(served.device.run)
            ask(served.device.run, first, f"{image}.nothing", 5000)
            served.open_again(60)
            assert served.device.welcome.boot == first
            ask(served.device.run, first, image, 60_000)
            served.open_again(60)
            second = served.device.welcome.boot
            assert second != first
            assert wait_for_end(served.device.run, first, 10)
            assert wine.running[0].wait(30) == 0
            ask(served.device.run, second, image, 60_000)  # an heir can have one, too
            served.open_again(60)
            assert served.device.welcome.boot not in (first, second)
