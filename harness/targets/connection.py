"""From a configured target to a Device."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from harness.deadline import Deadline
from harness.device.device import Device
from harness.errors import UsageError
from harness.links import open_link
from harness.session.session import Session
from harness.targets.base import TargetConfig
from harness.targets.registry import kind_of


def configure(config: TargetConfig, **overrides: str | None) -> TargetConfig:
    """The same target with some settings replaced; None leaves a setting as it is.

    Raises UsageError for a setting the kind does not have, or a value it does not take.
    """
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


def reach(config: TargetConfig) -> AbstractContextManager[str]:
    """Makes the device reachable; the context's value is the link URL. Raises LabError."""
    return kind_of(config).reach(config)


@contextmanager
def connect(config: TargetConfig, *, cpu: str | None = None, link: str | None = None) -> Iterator[Device]:
    """A connected device; leaving the context closes it and ends whatever was started for it.

    cpu and link replace the configured ones, for kinds that have such a choice.
    Raises LinkError, NoAnswer, ProtocolError; UsageError for a choice that the kind does not have.
    """
    config = configure(config, cpu=cpu, link=link)
    with reach(config) as url:
        deadline = Deadline(config.timing.connect)
        line = open_link(url, timeout=deadline.remaining())
        try:
            session = Session.open(line, deadline=deadline)
        except BaseException:
            line.close()
            raise
        with Device(config.name, session, kind_of(config).evidence, session.welcome.limits.word) as device:
            yield device
