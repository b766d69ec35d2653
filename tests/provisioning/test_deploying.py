"""A new agent through the one that runs, on emulated devices."""

from pathlib import Path

import pytest
from deployable import AGENT, BESIDE, deployable, other_agent

from harness.agents import CPU_BUILDS, executable
from harness.errors import LabError, UsageError
from harness.provisioning import deploy

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")


@pytest.mark.parametrize(
    ("cpu", "link"),
    [
        ("x86", "tcp"),
        ("arm", "serial"),
        pytest.param("armv7", "tcp", marks=pytest.mark.long),
        pytest.param("mips", "serial", marks=pytest.mark.long),
    ],
)
def test_a_new_agent_takes_over_and_the_old_one_is_gone(cpu: str, link: str, tmp_path: Path) -> None:
    new = other_agent(tmp_path, cpu)
    with deployable(tmp_path, cpu, link) as device:
        before = device.files()
        told: list[str] = []
        done = deploy(device.config, agent=new, tell=told.append)
        size = len(new.read_bytes())
        assert (done.changed, done.path, done.bytes, done.sent) == (True, AGENT, size, size)
        assert f"{BESIDE}: {size} of {size} bytes" in told
        assert device.content(AGENT) == new.read_bytes()
        assert device.files() == before
        assert device.agents() == [AGENT]
        assert device.answers() == AGENT
        again = deploy(device.config, agent=new)
        assert (again.changed, again.sent) == (False, 0)
        forced = deploy(device.config, agent=new, force=True)
        assert (forced.changed, device.agents()) == (True, [AGENT])


def test_it_stays_after_the_device_starts_again(tmp_path: Path) -> None:
    new = other_agent(tmp_path)
    with deployable(tmp_path) as device:
        deploy(device.config, agent=new)
        device.boot()
        assert device.answers() == AGENT
        assert not deploy(device.config, agent=new).changed


def test_another_place_gets_what_the_agent_needs_beside_it(tmp_path: Path) -> None:
    with deployable(tmp_path) as device:
        (device.root / "Flash").mkdir()
        done = deploy(device.config, path="\\Flash\\agent.exe")
        assert done.path == "\\Flash\\agent.exe"
        assert device.agents() == ["\\Flash\\agent.exe"]
        assert device.content("\\Flash\\ceagent.key") == device.content("\\ceagent.key")
        assert device.content(AGENT) == executable(CPU_BUILDS["x86"]).read_bytes()  # it is not ours to remove


def broken(folder: Path) -> Path:
    """An executable that the device takes, and that is no agent: it faults with its first instruction."""
    import pefile

    image = pefile.PE(str(executable(CPU_BUILDS["x86"])))
    image.set_bytes_at_rva(image.OPTIONAL_HEADER.AddressOfEntryPoint, b"\x0f\x0b")
    path = folder / "broken.exe"
    image.write(str(path))
    return path


@pytest.mark.parametrize(
    ("link", "variants"),
    [
        ("tcp", ()),
        ("serial", ("error-dialog",)),
        pytest.param("serial", (), marks=pytest.mark.long),
        pytest.param("tcp", ("error-dialog",), marks=pytest.mark.long),
    ],
)
def test_one_that_does_not_come_up_costs_nothing(
    link: str, variants: tuple[str, ...], tmp_path: Path
) -> None:
    """It crashes at its start; with the variant, it stays behind an error report and has to be ended."""
    with deployable(tmp_path, link=link, variants=variants, connect_s=2.0) as device:
        old = device.content(AGENT)
        with pytest.raises(LabError, match=r"did not answer: the agent before, .* serves on"):
            deploy(device.config, agent=broken(tmp_path))
        assert device.agents() == [AGENT]
        assert device.content(AGENT) == old
        new = other_agent(tmp_path)
        assert deploy(device.config, agent=new).changed  # what is left of the other one is in nobody's way
        assert device.content(AGENT) == new.read_bytes()
        assert BESIDE.lstrip("\\") not in device.files()


def test_one_whose_key_is_missing_gives_the_link_back(tmp_path: Path) -> None:
    """The new agent finds no key, so it does not serve TCP."""
    with deployable(tmp_path) as device:
        (device.root / "ceagent.key").unlink()
        with pytest.raises(LabError, match="serves on"):
            deploy(device.config, force=True)
        assert device.agents() == [AGENT]
        assert device.answers() == AGENT


def test_an_agent_for_another_cpu_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with deployable(tmp_path) as device:
        before = device.files()
        with pytest.raises(UsageError, match=r"executable for arm; the device needs one for x86"):
            deploy(device.config, agent=executable(CPU_BUILDS["arm"]))
        with pytest.raises(UsageError, match=r"expected a complete path"):
            deploy(device.config, path="ceagent.exe")
        assert device.files() == before


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with deployable(tmp_path) as device:
        with pytest.raises(LabError, match=r"cannot be written on the device: error 3"):
            deploy(device.config, path="\\no such folder\\ceagent.exe")
        assert device.answers() == AGENT


def test_an_executable_that_another_agent_runs_from_is_left_alone(tmp_path: Path) -> None:
    with deployable(tmp_path) as device:
        device.process.command(f"start {AGENT} link=COM1:", answer="started", seconds=10)
        old = device.content(AGENT)
        with pytest.raises(LabError, match=r"cannot be replaced .* does another agent run from it\?"):
            deploy(device.config, agent=other_agent(tmp_path))
        assert device.content(AGENT) == old
        assert device.answers() == BESIDE
