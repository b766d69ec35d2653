"""The way to a device, link by link: from the configuration to what the device can do."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime

from harness.deadline import Deadline
from harness.device import Device
from harness.device.condition import KEEPS_AWAKE, DeviceTime, device_time, stays_awake
from harness.errors import Cause, LabError, LinkError, NoAnswer, ProtocolError
from harness.links import Link
from harness.provider import UnavailableError
from harness.provider.catalog import try_out
from harness.session.session import Session
from harness.targets import Reached, TargetConfig, evidence_of, kind_of, reach
from harness.targets.dialing import TargetDialer
from harness.targets.speeds import speed_of_agent
from harness.wire.messages import PROTOCOL_VERSION

Step = Callable[[str], AbstractContextManager[list[str]]]
"""Begins the step of that name. The value takes its details; an error that leaves it says what is broken."""
_DAY = 24 * 3600
_PROVIDER = "provider"
_BROKEN_AT = {
    Cause.SILENCE: "bytes seen",
    Cause.SPEED: "speed",
    Cause.ECHO: "frames",
    Cause.TEXT: "frames",
    Cause.NOISE: "frames",
}
"""Which link a session that does not come about shows to be broken; any other cause: the agent."""


def walk(config: TargetConfig, step: Step) -> None:
    """Goes from link to link. Raises the error of the first that is broken: UsageError, LabError."""
    kind = kind_of(config)
    if kind.starts:
        with step("agent executable") as details:
            details.append(kind.check(config.settings))
    with step("key") as details:
        details.append(kind.protection(config.settings))
    with ExitStack() as stack:
        reached = _reach(config, stack, step)
        if kind.way is not None:
            with step("bench host") as details:
                details.append(kind.way(config))
        line = _OpenedDialer(TargetDialer(reached, config.faults, config.pacing))
        stack.callback(line.close)
        with step("link opens") as details:
            deadline = Deadline(config.timing.connect)
            line.begin(deadline.remaining())
            details.append(line.url)
        session = _greet(line, reached, config.pacing, deadline, step)
        word = session.welcome.limits.word
        device = stack.enter_context(
            Device(config.name, session, evidence_of(config), word, faults=config.faults)
        )
        _look_at(device, config, step)


def _reach(config: TargetConfig, stack: ExitStack, step: Step) -> Reached:
    kind = kind_of(config)
    if not kind.starts:
        with step("lock") as details:
            reached = stack.enter_context(reach(config))
            details.append("nobody else uses the device")
        return reached
    with step("device starts") as details:
        reached = stack.enter_context(reach(config))
        details.append(f"{kind.name}: {kind.place(config.settings)}")
    return reached


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


def _greet(line: _OpenedDialer, reached: Reached, pacing: str, deadline: Deadline, step: Step) -> Session:
    """Several steps from one exchange: does anything come, are these frames, do we understand each other?"""
    try:
        session = Session.open(line, key=reached.key, deadline=deadline)
    except ProtocolError:
        with step("agent answers"):
            pass
        with step("protocol and key"):
            raise
    except NoAnswer as error:
        if (speed := speed_of_agent(reached, pacing)) is not None:
            with step("speed"):
                raise LabError(
                    f"an agent answers at {speed} baud: set baud = {speed}; {error}", cause=Cause.SPEED
                ) from error
        with step("agent answers" if error.cause is None else _BROKEN_AT.get(error.cause, "agent answers")):
            raise
    except LinkError:
        with step("agent answers"):
            raise
    health = session.health
    with step("bytes seen") as details:
        details.append(f"{health.bytes_received} bytes came back")
    with step("frames") as details:
        damaged = f"{health.bad_frames} damaged" if health.bad_frames else "none damaged"
        details.append(f"{health.frames_received} of them, {damaged}")
    with step("agent answers") as details:
        if health.median is not None:
            details.append(f"round trip {health.median * 1000:.1f} ms")
    with step("protocol and key") as details:
        details.append(f"version {PROTOCOL_VERSION}, agent {session.welcome.build}")
        details.append("every frame is keyed" if health.keyed else "no key")
    return session


def _look_at(device: Device, config: TargetConfig, step: Step) -> None:
    """What the device is and can, by programs."""
    with step("device information") as details:
        facts = device.info()
        details.append(str(facts))
    with step("ws2.dll") as details:
        if facts.ws2 is None:
            raise LabError(f"ws2.dll cannot be used: {facts.unknown.get('ws2', 'it is not there')}")
        details.append(f"{len(facts.ws2)} functions")
        if facts.ws2_missing:
            details.append(f"without {', '.join(facts.ws2_missing)}")
    if _PROVIDER in config.provides:
        with step("provider rights") as details:
            details.append(_provider_rights(device))
    with step("sleep") as details:
        details.append(
            "the agent keeps the device awake while a session is open"
            if stays_awake(device.welcome)
            else f"the image lacks {KEEPS_AWAKE}: switch off that the device falls asleep in long runs"
        )
    with step("clock") as details:
        details.append(_clock(device_time(device.run)))
    with step("line") as details:
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
