"""A device that falls asleep: everything on it stands still until it is woken from outside.

Asleep, it executes nothing: its TCP connections are silent, what a serial line brings is lost, tick counter
and performance counter stand still. The time of day goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.emulator.exports import declare_variant

if TYPE_CHECKING:
    from harness.emulator.device import Device

FALLS_ASLEEP = declare_variant(
    "falls-asleep",
    "the device falls asleep when no program has called SystemIdleTimerReset for 30 seconds (--idle), and "
    "stays so until the command `wake`",
)


class Power:
    """Awake or asleep."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.asleep = False
        self._used = 0.0

    def begin(self) -> None:
        """The device is switched on."""
        self.use()
        if FALLS_ASLEEP in self._device.variants:
            self._watch(self._device.config.idle)

    def use(self) -> None:
        """SystemIdleTimerReset: somebody needs the device."""
        self._used = self._device.clock.seconds()

    def sleep(self) -> None:
        """At once, whatever it is doing."""
        self.asleep = True
        self._device.clock.stop()
        self._device.report("asleep")

    def wake(self) -> None:
        """What was under way goes on."""
        self.asleep = False
        self._device.clock.go_on()
        for port in self._device.ports.values():
            port.host.discard()
        self.use()
        self._device.report("awake")

    def _watch(self, seconds: float) -> None:
        self._device.after(seconds, self._look)

    def _look(self) -> None:
        idle, most = self._device.clock.seconds() - self._used, self._device.config.idle
        if idle < most:
            self._watch(most - idle)
            return
        self.sleep()
        self._watch(most)
