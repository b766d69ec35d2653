"""A target's device lock, taken by whoever opens the device."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.targets.base import TargetConfig
from harness.targets.locks import DeviceLock, default_folder, device_address
from harness.targets.registry import kind_of

_kept: set[str] = set()
"""Addresses of devices that `keep` holds for this process, and that are not open now."""


def device_lock(config: TargetConfig) -> DeviceLock | None:
    """The lock of the device; None for one that the harness starts itself, which nobody else can reach."""
    kind = kind_of(config)
    if kind.starts:
        return None
    url = kind.link(config.settings) if kind.link else kind.place(config.settings)
    return DeviceLock(device_address(url), config.name, config.locks or default_folder())


@contextmanager
def keep(config: TargetConfig) -> Iterator[None]:
    """The device is this process's, opened now and then or not at all. Raises DeviceBusy, LabError."""
    lock = device_lock(config)
    if lock is None:
        yield
        return
    with lock.held(wait=config.wait):
        _kept.add(lock.device)
        try:
            yield
        finally:
            _kept.discard(lock.device)


@contextmanager
def opened(config: TargetConfig) -> Iterator[None]:
    """The device is opened, once at a time. Raises DeviceBusy, LabError."""
    lock = device_lock(config)
    if lock is None:
        yield
    elif lock.device in _kept:
        _kept.discard(lock.device)
        try:
            yield
        finally:
            _kept.add(lock.device)
    else:
        with lock.held(wait=config.wait):
            yield
