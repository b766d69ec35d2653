"""From a configured target to a Device."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.deadline import Deadline
from harness.device import Device
from harness.errors import LinkRefused, NoAnswer, UsageError
from harness.program.result import OutcomeKind
from harness.program.text import parse
from harness.provider import UnavailableError, remove_leftovers
from harness.session.console import Console
from harness.session.flight import MOST_UNANSWERED
from harness.session.session import Session
from harness.session.timing import Timing
from harness.targets.base import Reached, TargetConfig
from harness.targets.device import TargetDevice
from harness.targets.dialing import TargetDialer
from harness.targets.faults import parse_faults
from harness.targets.holding import opened
from harness.targets.lab_network import network_of
from harness.targets.power import power_of
from harness.targets.recovery import Ladder, rungs_of
from harness.targets.registry import evidence_of, kind_of
from harness.winsock import symbols

_log = logging.getLogger(__name__)
MODEL = "model"
_OEM = "call coredll!SystemParametersInfoW(258, 128, out text[256], 0)"  # SPI_GETOEMINFO, page aa455142


def configure(config: TargetConfig, *, faults: str | None = None, **overrides: str | None) -> TargetConfig:
    """The same target with some settings replaced; None leaves a setting as it is.

    faults: see `parse_faults`. Raises UsageError for a setting the kind does not have, or a value it does not
    take.
    """
    if faults is not None:
        config = replace(config, faults=parse_faults(faults))
    keys = {key.name: key for key in kind_of(config).keys}
    settings: dict[str, str] = {}
    for name, value in overrides.items():
        if value is None:
            continue
        if name not in keys:
            raise UsageError(
                f"target {config.name} is of kind {config.kind}, which has no {name!r} to choose"
            )
        try:
            settings[name] = keys[name].check(value)
        except ValueError:
            raise UsageError(f"{name} {value!r}: expected {keys[name].expected}") from None
    return replace(config, settings={**config.settings, **settings}) if settings else config


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """Makes the device reachable; the context's value says where. It is nobody else's meanwhile.

    Raises DeviceBusy if another process uses it or it is reserved for another user, LabError.
    """
    with opened(config), kind_of(config).reach(config) as reached:
        power = power_of(config)
        yield replace(
            reached,
            network=network_of(config) or reached.network,
            cycle=power.cycle if power else reached.cycle,
        )


@contextmanager
def connect(
    config: TargetConfig,
    *,
    cpu: str | None = None,
    link: str | None = None,
    recover: int = 0,
    console: Console | None = None,
) -> Iterator[TargetDevice]:
    """A connected device; leaving the context closes it and ends whatever was started for it.

    The device's evidence is that of its kind, but "model" for an emulated device reached by any kind. What
    a host that was killed had installed on it is gone.
    cpu and link replace the configured ones, for kinds that have such a choice. recover: how often in a row
    the lab may bring the device back (docs/recovery.md) without a program coming to its end in between.
    console gets the text that stands between the frames on its line.
    Raises DeviceBusy, LinkError, NoAnswer, ProtocolError; UsageError for a choice that the kind does not
    have, and for a key that is missing or no key.
    """
    config = configure(config, cpu=cpu, link=link)
    kind_of(config).protection(config.settings)
    with (
        reach(config) as reached,
        open_device(config, reached, recover=recover, console=console) as device,
    ):
        yield device


@contextmanager
def open_device(
    config: TargetConfig, reached: Reached, *, recover: int = 0, console: Console | None = None
) -> Iterator[TargetDevice]:
    """A session with a device that has been reached; see `connect`."""
    kind, slowness = kind_of(config), config.timing.slowness
    protection = kind.protection(config.settings)
    ladder = Ladder(config.name, rungs_of(config, reached), recover)
    session = _open(config, reached, ladder, console)
    with TargetDevice(
        config.name,
        session,
        evidence_of(config),
        reached=reached,
        ladder=ladder,
        patience=config.timing.connect,
        slowness=slowness,
        protection=protection,
        faults=config.faults,
    ) as device:
        if not kind.starts:  # a device that was there before us
            if _calls_itself_emulated(device):
                device.evidence = MODEL
            _clear(device)
        yield device


def _open(config: TargetConfig, reached: Reached, ladder: Ladder, console: Console | None) -> Session:
    """A session with an agent that answers, be it only after the device was brought back."""
    sessions: list[Session] = []

    def hello(deadline: Deadline) -> None:
        sessions.append(
            Session.open(
                TargetDialer(reached, config.faults, config.pacing),
                key=reached.key,
                deadline=deadline,
                timing=_patience(config.timing.slowness),
                console=console,
                window=config.window or MOST_UNANSWERED,
            )
        )

    try:
        hello(Deadline(config.timing.connect))
    except (LinkRefused, NoAnswer) as gone:
        # Not for a port that is busy or not there: that would change nothing.
        if not ladder:
            raise
        ladder.climb(gone, hello)
    return sessions[0]


def _clear(device: Device) -> None:
    """Nothing of an earlier run is left on it, or a warning says what is."""
    try:
        found = remove_leftovers(device.run)
    except UnavailableError as error:
        _log.warning("%s: %s", device.name, error)
    else:
        if found:
            _log.warning("%s: left by an earlier run, removed: %s", device.name, ", ".join(found))


def _calls_itself_emulated(device: Device) -> bool:
    """Is this our own emulated device, reached by its address? A model must never pass for a device."""
    program = parse(_OEM, symbols(), name="oem")
    execution = device.run(program)
    if execution.outcome.kind in (OutcomeKind.LOST, OutcomeKind.NOT_RUN):
        execution = device.run(program)  # it was brought back since
    text = execution.buffers.get("text", b"").decode("utf-16-le", "replace")
    return text.startswith("Emulated ")


def _patience(slowness: float) -> Timing:
    usual = Timing()
    return replace(
        usual,
        hello_most=usual.hello_most * slowness,
        resend_least=usual.resend_least * slowness,
        resend_most=usual.resend_most * slowness,
        margin=usual.margin * slowness,
    )
