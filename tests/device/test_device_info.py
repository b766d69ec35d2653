"""A device says what it is, through programs; what it cannot say stays unknown, with the reason."""

import struct
from dataclasses import replace

from harness.deadline import Deadline
from harness.device import Device
from harness.program.result import OutcomeKind
from harness.session import Session
from harness.wire.messages import Answer, Outcome, OutcomeCode, Run
from tests.session.answers import LIMITS, count_calls
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL

STRINGS = {257: "PocketPC", 258: "Maker of boards"}


class CeDevice:
    """A script for the agent: answers the calls of `Device.info` like a device with CE 5."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.without: set[str] = set()
        self.word = 4
        self.platform_id = 3
        self.loaded: list[str] = []

    def __call__(self, run: Run) -> Answer:
        for entry in run.exports:
            assert isinstance(entry, list)
            self.names[entry[0]] = entry[1].partition("!")[2]
        selected, *rest = run.steps
        name = self.names[selected]  # type: ignore[index]
        count = count_calls(run.steps)
        answer = Answer(
            run.seq, (1,) * count, (5,) * count, outputs=(b"",) * self._returned(run), word=self.word
        )
        if name in self.without:
            outcome = Outcome(OutcomeCode.UNRESOLVED, 0, 127)
            return replace(answer, values=(), times=(), outcome=outcome, outputs=())
        match name:
            case "GetVersionExW":
                data = struct.pack("<5I", 276, 5, 2, 1735, self.platform_id) + "SP1".encode("utf-16-le")
                return replace(answer, outputs=(data,))
            case "GetSystemInfo":
                addresses = "QQQ" if self.word == 8 else "III"
                data = struct.pack(f"<HHI{addresses}II", 5, 0, 4096, 0x10000, 0x7FFFFFFF, 1, 1, 2577)
                return replace(answer, values=(0,), outputs=(data,))
            case "SystemParametersInfoW":
                [args] = rest
                assert isinstance(args, list)
                if STRINGS.get(args[0]) is None:
                    return replace(answer, values=(0,), errors={0: 5})
                return replace(answer, outputs=(STRINGS[args[0]].encode("utf-16-le"),))
            case "LoadLibraryW":
                self.loaded = sorted(self.names.values())
                if "ws2.dll" in self.without:
                    errors: dict[int, int | None] = {0: 126, **dict.fromkeys(range(1, count))}
                    return replace(answer, values=(0,) * count, errors=errors)
                return replace(answer, errors={1: 127})
        raise AssertionError(name)

    @staticmethod
    def _returned(run: Run) -> int:
        return sum(isinstance(buffer, list) and buffer[1] is True for buffer in run.buffers)


def device_of(agent: FakeAgent, word: int = 4) -> Device:
    session = Session.open(agent, deadline=Deadline(30))
    return Device("bench", session, "model", word)


def test_info() -> None:
    with FakeAgent(script=CeDevice(), build="0.1.0 ce-armv4i", missing=("SystemIdleTimerReset",)) as agent:
        with device_of(agent) as device:
            info = device.info()
            assert device.info() is info, "asked once"
        assert info.version == (5, 2)
        assert (info.build, info.platform_id, info.service_pack) == (1735, 3, "SP1")
        assert (info.cpu, info.processor, info.processors) == ("ARM", "StrongARM or XScale", 1)
        assert info.page_size == 4096
        assert (info.platform, info.oem) == ("PocketPC", "Maker of boards")
        assert info.identity == {
            "version": "5.2.1735",
            "cpu": "ARM",
            "processor": "StrongARM or XScale",
            "platform": "PocketPC",
            "oem": "Maker of boards",
        }
        assert (info.agent, info.boot, info.word) == ("0.1.0 ce-armv4i", agent.boot, 4)
        assert info.missing == ("SystemIdleTimerReset",)
        assert info.ws2 is not None
        assert "WSASocketW" in info.ws2
        assert len(info.ws2_missing) == 1
        assert info.unknown == {}
        assert info.as_dict()["oem"] == "Maker of boards"
        assert str(info).startswith(
            "Windows CE 5.02.1735, ARM StrongARM or XScale, PocketPC, Maker of boards"
        )


def test_a_device_with_wider_words() -> None:
    script = CeDevice()
    script.word = 8
    with FakeAgent(script=script, limits=replace(LIMITS, word=8)) as agent:
        info = device_of(agent, 8).info()
        assert (info.processors, info.processor, info.word) == (1, "StrongARM or XScale", 8)


def test_winsock_of_desktop_windows_is_found_under_its_own_names() -> None:
    script = CeDevice()
    script.word, script.platform_id = 8, 2
    with FakeAgent(script=script, limits=replace(LIMITS, word=8)) as agent:
        info = device_of(agent, 8).info()
    assert "GetProcAddress" in script.loaded
    assert "GetProcAddressW" not in script.loaded
    assert info.ws2 is not None
    assert str(info).startswith("Windows 5.02.1735")


def test_what_cannot_be_asked_is_unknown_and_says_why() -> None:
    script = CeDevice()
    script.without = {"GetVersionExW", "ws2.dll"}
    with FakeAgent(script=script) as agent:
        info = device_of(agent).info()
        assert info.version is None
        assert info.ws2 is None
        assert info.cpu == "ARM"
        assert "version" not in info.identity
        assert info.unknown["version"] == "export not found in call 0, error 127"
        assert info.unknown["ws2"] == "coredll!LoadLibraryW failed with error 126"
        assert "no ws2.dll" in str(info)


def test_a_device_runs_programs_and_closes() -> None:
    with FakeAgent() as agent:
        with device_of(agent) as device:
            assert device.run(SMALL).outcome.returned
            assert [one.outcome.kind for one in device.run_all([SMALL, SMALL])] == [OutcomeKind.RETURNED] * 2
            assert device.url == "tcp://fake:1"
            assert device.health.frames_received >= 4
            assert device.welcome.boot == agent.boot
        assert agent.link.read() == b""
