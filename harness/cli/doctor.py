"""`ceharness doctor`: the way to a device, link by link, up to the first one that is broken."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.deadline import Deadline
from harness.device import Device
from harness.device.condition import KEEPS_AWAKE, DeviceTime, device_time, stays_awake
from harness.errors import HarnessError, LabError, LinkError, NoAnswer, ProtocolError, UsageError
from harness.links import Link
from harness.provider import UnavailableError
from harness.provider.catalog import try_out
from harness.session.session import Session
from harness.targets import Reached, TargetConfig, kind_of, reach
from harness.targets.dialing import TargetDialer
from harness.targets.speeds import speed_of_agent
from harness.wire.messages import PROTOCOL_VERSION

_DAY = 24 * 3600
_PROVIDER = "provider"
_NEXT = {
    "configuration": "correct lab.ini (docs/lab.md), or name another target (ceharness targets)",
    "key": "do what the message says; `ceharness agent key FILE` makes a key",
    "agent executable": "do what the message says; `agent =` in lab.ini names another agent",
    "lock": "wait for it (--wait 10min), or talk to whoever has it (ceharness targets)",
    "device starts": "read the message above; `ceharness emulate` shows an emulated device alone",
    "bench host": "do what the message says, until `ssh BENCH true` works and asks nothing (docs/ssh.md)",
    "link opens": "check cable, power, address and port, and that no other program holds the port",
    "agent answers": "start ceagent.exe on the device (link=COM1: or link=tcp:5555); check the baud rate",
    "protocol and key": "do what the message says (ceharness agent info: the agents of this harness)",
    "device information": "ceharness exec with a small program shows which call fails",
    "line": "look at cable, speed (baud) and flow control; a shorter cable or a lower speed helps",
    "provider rights": "have the image trust the agent (docs/provider.md), or take it out of `provides`",
    "clock": "look at the image's system timer: no time limit of the device ever ends",
    "ws2.dll": "the image lacks Winsock 2 (SYSGEN_WINSOCK): WSASocket cannot be checked on it",
}


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="find out why a device does not answer",
        description="Checks configuration, agent executable, key, link, agent, protocol version, device and "
        "ws2.dll one after the other; names the first that is broken and the next step.",
    )
    add_target_options(parser)
    add_json_option(parser, "the steps")
    parser.set_defaults(command=_doctor)


class _Examination:
    """The steps so far. A step that raises a HarnessError is the broken one."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.steps: list[dict[str, Any]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """The value is a list for details; leaving it well makes the step a good one."""
        details: list[str] = []
        try:
            yield details
        except HarnessError as error:
            notes = [str(error), *details, *getattr(error, "__notes__", ())]
            line_broke = name == "device information" and isinstance(error, LinkError)
            self._note(name, False, "; ".join(notes), "line" if line_broke else name)
            raise
        self._note(name, True, "; ".join(details))

    def _note(self, name: str, good: bool, detail: str, following: str = "") -> None:
        step: dict[str, Any] = {"step": name, "ok": good, "detail": detail}
        line = Text("ok    " if good else "FAIL  ", "green" if good else "bold red")
        line.append(f"{name:<20}", "" if good else "bold")
        line.append(detail)
        self._screen.line(line)
        if not good:
            step["next"] = _NEXT[following]
            self._screen.line(Text(f"next: {_NEXT[following]}", "bold"))
        self.steps.append(step)


def _doctor(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    examination = _Examination(screen)
    code = 0
    try:
        _examine(args, examination)
        screen.line("everything answers", "green")
    except UsageError:
        code = 2
    except HarnessError:
        code = 3
    screen.json(examination.steps)
    return code


def _examine(args: argparse.Namespace, examination: _Examination) -> None:
    with examination.step("configuration") as details:
        lab, config = chosen(args)
        details.append(f"{config.name}: {kind_of(config).place(config.settings)}, {lab.path or 'no lab.ini'}")
        if config.faults:
            details.append(f"with faults {config.faults}")
    kind = kind_of(config)
    if kind.starts:
        with examination.step("agent executable") as details:
            details.append(kind.check(config.settings))
    with examination.step("key") as details:
        details.append(kind.protection(config.settings))
    with ExitStack() as stack:
        reached = _reach(config, examination, stack)
        if kind.way is not None:
            with examination.step("bench host") as details:
                details.append(kind.way(config))
        line = _OpenedDialer(TargetDialer(reached, config.faults, config.pacing))
        stack.callback(line.close)
        with examination.step("link opens") as details:
            deadline = Deadline(config.timing.connect)
            line.begin(deadline.remaining())
            details.append(line.url)
        session = _open_session(line, reached, config.pacing, deadline, examination)
        limits = session.welcome.limits
        device = stack.enter_context(
            Device(config.name, session, kind.evidence, limits.word, faults=config.faults)
        )
        with examination.step("device information") as details:
            facts = device.info()
            details.append(str(facts))
        with examination.step("ws2.dll") as details:
            if facts.ws2 is None:
                raise LabError(f"ws2.dll cannot be used: {facts.unknown.get('ws2', 'it is not there')}")
            details.append(f"{len(facts.ws2)} functions")
            if facts.ws2_missing:
                details.append(f"without {', '.join(facts.ws2_missing)}")
        if _PROVIDER in config.provides:
            with examination.step("provider rights") as details:
                details.append(_provider_rights(device))
        with examination.step("sleep") as details:
            details.append(
                "the agent keeps the device awake while a session is open"
                if stays_awake(session.welcome)
                else f"the image lacks {KEEPS_AWAKE}: switch off that the device falls asleep in long runs"
            )
        with examination.step("clock") as details:
            details.append(_clock(device_time(device.run)))
        with examination.step("line") as details:
            details += device.line.trouble or [f"{device.health.frames_received} frames, none damaged"]


def _provider_rights(device: Device) -> str:
    """Raises LabError where no provider can be installed, although lab.ini says that it can."""
    try:
        try_out(device.run)
    except UnavailableError as error:
        raise LabError(str(error)) from error
    return "a service provider can be installed, and was removed again"


def _clock(time: DeviceTime) -> str:
    """Raises LabError for time that stands still. A wrong date is told, no more: Winsock does not need it."""
    if time.stands_still:
        raise LabError(f"its tick counter did not move while a call slept for {time.asked} ms")
    ticks = f"{time.slept} ms passed while a call slept for {time.asked}"
    off = time.off(datetime.now(UTC))
    if time.now is None or off is None:
        return f"{ticks}; the device has no date"
    if abs(off) < _DAY:
        return f"{ticks}; its date is right"
    return f"{ticks}; its date is wrong: {time.now:%Y-%m-%d %H:%M} UTC (certificates may be refused)"


class _OpenedDialer:
    """A dialer whose link has been opened before the session wants it, as a step of its own."""

    def __init__(self, dialer: TargetDialer) -> None:
        self._dialer = dialer
        self._link: Link | None = None

    @property
    def url(self) -> str:
        return self._dialer.url

    def begin(self, timeout: float) -> None:
        """Opens the first link. Raises LinkError."""
        self._link = self._dialer.open(timeout)

    def open(self, timeout: float) -> Link:
        link, self._link = self._link, None
        return link or self._dialer.open(timeout)

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
        self._dialer.close()


def _reach(config: TargetConfig, examination: _Examination, stack: ExitStack) -> Reached:
    kind = kind_of(config)
    if not kind.starts:
        with examination.step("lock") as details:
            reached = stack.enter_context(reach(config))
            details.append("nobody else uses the device")
        return reached
    with examination.step("device starts") as details:
        reached = stack.enter_context(reach(config))
        details.append(f"{kind.name}: {kind.place(config.settings)}")
    return reached


def _open_session(
    line: _OpenedDialer, reached: Reached, pacing: str, deadline: Deadline, examination: _Examination
) -> Session:
    """Two steps from one exchange: does anything answer, and do we understand each other?"""
    try:
        session = Session.open(line, key=reached.key, deadline=deadline)
    except ProtocolError:
        with examination.step("agent answers"):
            pass
        with examination.step("protocol and key"):
            raise
    except (NoAnswer, LinkError) as error:
        with examination.step("agent answers") as details:
            if isinstance(error, NoAnswer) and (speed := speed_of_agent(reached, pacing)) is not None:
                details.append(f"an agent answers at {speed} baud: set baud = {speed}")
            raise
    with examination.step("agent answers") as details:
        health = session.health
        details.append(f"{health.bytes_received} bytes came back")
        if health.median is not None:
            details.append(f"round trip {health.median * 1000:.1f} ms")
    with examination.step("protocol and key") as details:
        details.append(f"version {PROTOCOL_VERSION}, agent {session.welcome.build}")
        details.append("every frame is keyed" if health.keyed else "no key")
    return session
