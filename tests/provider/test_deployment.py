"""The provider on emulated devices: uploaded, found out about, installed, removed, whatever went before."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.agents import CPU_BUILDS, provider_library
from harness.deadline import Deadline
from harness.device import Device, files
from harness.lab import load_lab
from harness.links import dialer
from harness.program.result import OutcomeKind
from harness.provider import Deployment, Entry, Layout, UnavailableError, UnheededError, catalog
from harness.provider.catalog import LIBRARY
from harness.provider.layout import LOG
from harness.provider.words import FAMILY, PROTOCOL, TYPE
from harness.session import Session
from harness.targets import Reached, connect, reach

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

USUAL = Layout(upcalls=8, entries=30, socket=28, create=3, close=6, release=1)
SOCKET = f"""
fresh
call WSAStartup(0x0202, scratch wsadata[512])
tested = WSASocketW({FAMILY}, {TYPE}, {PROTOCOL}, NULL, 0, 0)
when ok {{ closed = closesocket(tested) }}
call WSACleanup()
"""


@contextmanager
def emulated(cpu: str = "x86", variants: str = "", quirk: str = "") -> Iterator[Device]:
    config = load_lab(None).targets["emulated"]
    settings = {**config.settings, "cpu": cpu, "variants": variants, "quirk": quirk}
    with connect(replace(config, settings=settings)) as device:
        yield device


def bare(device: Device) -> bool:
    """Is nothing of ours on the device?"""
    run = device.run
    return not catalog.ours(run) and not files.read(run, LOG) and not files.read(run, LIBRARY)


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_every_cpu(cpu: str) -> None:
    with emulated(cpu) as device:
        deployment = Deployment(device)
        assert deployment.layout == USUAL
        assert files.is_there(device.run, LIBRARY, provider_library(cpu).read_bytes())
        installed = deployment.install(Entry())
        assert [one.id for one in deployment.listed()] == [installed.id]
        execution = files.run_text(device.run, SOCKET, "socket")
        assert (execution.named("tested").ok, execution.named("closed").ok) == (True, True)
        (asked,) = deployment.asked()
        assert (asked.entry, asked.family, asked.type, asked.protocol) == (
            installed.id,
            FAMILY,
            TYPE,
            PROTOCOL,
        )
        deployment.clean()
        assert not deployment.listed()
        assert not deployment.asked()
        deployment.remove()
        assert bare(device)


@pytest.mark.parametrize(
    ("variants", "layout"),
    [
        ("upcalls-named", USUAL),
        ("upcalls-15", Layout(15, entries=30, socket=28, create=3, close=6, release=1)),
        ("spi-shuffled", Layout(8, entries=30, socket=11, create=7, close=25, release=1)),
        (
            "upcalls-15 spi-shuffled upcalls-named",
            Layout(15, entries=30, socket=11, create=13, close=25, release=2),
        ),
        ("upcalls-15 spi-shuffled", Layout(15, entries=30, socket=11, create=13, close=25, release=2)),
    ],
)
def test_every_layout_is_found(variants: str, layout: Layout) -> None:
    with emulated(variants=variants) as device:
        assert Deployment(device).layout == layout
        assert not catalog.ours(device.run)


@pytest.mark.parametrize("quirk", ["provider-gets-type-and-protocol-swapped", "provider-is-asked-twice"])
def test_the_layout_is_found_on_a_device_that_asks_wrongly(quirk: str) -> None:
    """What is wrong about it is for the suites to judge."""
    with emulated(quirk=quirk) as device:
        assert Deployment(device).layout == USUAL


@pytest.mark.parametrize(
    ("quirk", "message"),
    [
        ("no-provider-is-ever-started", "does not call WSPStartup .*: WSASocketW succeeded"),
        ("no-provider-is-ever-asked", "does not call WSPSocket .*: WSASocketW succeeded"),
        ("installed-entries-are-never-selected", "does not call WSPStartup .*: WSASocketW failed with 10047"),
        ("a-started-provider-is-not-asked", "does not call WSPSocket .*: WSASocketW failed with 10055"),
    ],
)
def test_a_device_that_passes_the_provider_over(quirk: str, message: str) -> None:
    with emulated(quirk=quirk) as device:
        deployment = Deployment(device)
        for _ in range(2):
            with pytest.raises(UnheededError, match=message):
                deployment.install(Entry())
        deployment.remove()
        assert bare(device)


@pytest.mark.parametrize("quirk", ["providers-get-no-descriptor", "closesocket-does-not-reach-providers"])
def test_a_device_on_which_no_upcall_makes_a_descriptor(quirk: str) -> None:
    """What needs none can be tried all the same."""
    with emulated(quirk=quirk) as device:
        deployment = Deployment(device)
        for entry in (Entry(), Entry({"once": 1})):
            with pytest.raises(UnheededError, match="none of the upcalls makes a descriptor"):
                deployment.install(entry)
        installed = deployment.install(Entry({"fail": 10050}))
        assert (catalog.ours(device.run), deployment.asked()) == ([installed], [])
        deployment.remove()
        assert bare(device)


def test_a_device_that_trusts_nobody() -> None:
    with emulated(variants="untrusted") as device:
        deployment = Deployment(device)
        for _ in range(2):
            with pytest.raises(UnavailableError, match=r"WSANO_RECOVERY \(11003\) \(no program is trusted"):
                deployment.install(Entry())
        deployment.remove()
        assert bare(device)


def test_a_device_without_winsock() -> None:
    config = load_lab(None).targets["emulated"]
    settings = {**config.settings, "variants": "no-ws2", "link": "serial"}
    expected = pytest.raises(UnavailableError, match="WSCEnumProtocols: export not found")
    with connect(replace(config, settings=settings)) as device, expected:
        _ = Deployment(device).layout


def test_what_a_run_left_behind_goes_before_the_next_one() -> None:
    with emulated() as device:
        first = Deployment(device)
        for _ in range(3):
            first.install(Entry({"fail": 10050}))
        files.run_text(device.run, SOCKET, "socket")
        assert len(catalog.ours(device.run)) == 3  # and nobody tidies up
        second = Deployment(device)
        assert second.layout == USUAL
        assert not catalog.ours(device.run)
        assert not files.read(device.run, LOG)
        second.remove()
        assert bare(device)


def test_a_line_that_is_lost_leaves_what_the_next_session_removes() -> None:
    config = load_lab(None).targets["emulated"]
    with reach(config) as reached:
        lost = opened(reached)
        Deployment(lost).install(Entry({"fail": 10050}))
        lost.close()  # without a word to the deployment
        with opened(reached) as device:
            assert len(catalog.ours(device.run)) == 1
            deployment = Deployment(device)
            assert deployment.layout == USUAL
            deployment.remove()
            assert bare(device)


def opened(reached: Reached) -> Device:
    session = Session.open(dialer(reached.url), key=reached.key, deadline=Deadline(30))
    return Device("again", session, "model", 4)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("call coredll!RaiseException(0xE0000001, 0, 0, NULL)", OutcomeKind.FAULTED),
        ("sleep 2s", OutcomeKind.BLOCKED),
    ],
)
def test_a_crash_or_a_hang_does_not_keep_it(step: str, outcome: OutcomeKind) -> None:
    with emulated() as device:
        deployment = Deployment(device)
        deployment.install(Entry())
        text = SOCKET.replace("fresh", "fresh\ndeadline 500ms").replace("call WSACleanup()", step)
        execution = files.run_text(device.run, text, "socket")
        assert execution.outcome.kind is outcome
        assert len(deployment.asked()) == 1
        deployment.clean()
        assert not deployment.listed()
        deployment.remove()
        assert bare(device)


def test_a_process_that_the_provider_is_loaded_in_does_not_keep_it() -> None:
    with emulated() as device:
        deployment = Deployment(device)
        deployment.install(Entry())
        execution = files.run_text(device.run, SOCKET.replace("call WSACleanup()", ""), "socket")
        assert execution.named("tested").ok
        deployment.remove()
        assert bare(device)


def test_another_file_of_that_name_is_replaced() -> None:
    with emulated() as device:
        data = provider_library("x86").read_bytes()
        files.write(device.run, LIBRARY, data[:-1] + b"?")
        assert not files.is_there(device.run, LIBRARY, data)
        assert Deployment(device).layout == USUAL
        assert files.is_there(device.run, LIBRARY, data)
        files.write(device.run, LIBRARY, data + b"longer")
        assert not files.is_there(device.run, LIBRARY, data)


def test_files_of_every_length() -> None:
    with emulated() as device:
        for length in (1, files.CHUNK - 1, files.CHUNK, files.CHUNK + 1, 3 * files.CHUNK):
            data = bytes(place * 7 & 0xFF for place in range(length))
            files.write(device.run, "\\some.file", data)
            assert files.read(device.run, "\\some.file") == data
        assert files.remove(device.run, "\\some.file")
        assert not files.remove(device.run, "\\some.file")
        with pytest.raises(files.FileError, match="cannot be written on the device: error 3"):
            files.write(device.run, "\\no such folder\\some.file", b"data")


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    """A device with few of them: a provider that keeps what is closed would be out of them soon."""
    default = (Path(files.__file__).parents[1] / "emulator" / "data" / "catalog.toml").read_text()
    few = tmp_path / "catalog.toml"
    few.write_text(default.replace("descriptors = 1024", "descriptors = 4"))
    config = load_lab(None).targets["emulated"]
    with connect(replace(config, settings={**config.settings, "cpu": "x86", "catalog": str(few)})) as device:
        deployment = Deployment(device)
        deployment.install(Entry())
        text = f"""
            fresh
            call WSAStartup(0x0202, scratch wsadata[512])
            repeat 20 until failure {{
                tested = WSASocketW({FAMILY}, {TYPE}, {PROTOCOL}, NULL, 0, 0)
                when ok {{ closed = closesocket(tested) }}
            }}
            again = closesocket(tested)
            """
        execution = files.run_text(device.run, text, "sockets")
        assert execution.named("tested").times == execution.named("closed").times == 20
        assert execution.named("tested").ok
        assert execution.named("closed").ok
        assert execution.named("again").error == 10038
        deployment.remove()
        assert bare(device)


def test_an_upcall_that_gives_nothing_back_leaves_the_descriptor(tmp_path: Path) -> None:
    with emulated() as device:
        deployment = Deployment(device)
        deployment.install(Entry({"release": 7}))  # WPUSetEvent, which knows no such event
        text = SOCKET.replace("call WSACleanup()", "again = closesocket(tested)")
        execution = files.run_text(device.run, text, "socket")
        assert execution.named("again").error != 10038
