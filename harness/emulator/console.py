"""Standard input of the emulator: commands for a running device, one a line; its end ends the device."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque

from harness.emulator.census import census
from harness.emulator.comm import SerialPort
from harness.emulator.device import Device, split_command
from harness.emulator.files import GuestPathError
from harness.emulator.hostserial import HostSerial, SerialUnavailable, Unplugged
from harness.emulator.loader import LoadError
from harness.emulator.ws2.network import Path
from harness.emulator.ws2.state import DeviceState

LONGEST = 1000
"""Bytes of a line."""
EXPECTED = (
    "census, processes, start LINE, end ID, plug PORT, unplug PORT, insert PORT, remove PORT, network up, "
    "network down, network cut ADDRESS, network restore ADDRESS, sleep or wake"
)
ENDED_BY_HAND = 1
"""Exit code of a process that was ended by a command."""


class CommandError(Exception):
    """A command cannot be carried out; the text says why."""


class Console:
    """Told by its input and by signals; the device asks it between two slices."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._lines: deque[str] = deque()
        self._ended = threading.Event()
        self._commands = {
            "census": self._census,
            "processes": self._processes,
            "start": self._start,
            "end": self._end,
            "plug": self._plug,
            "unplug": self._unplug,
            "insert": self._insert,
            "remove": self._remove,
            "network": self._network,
            "sleep": self._sleep,
            "wake": self._wake,
        }

    def open(self, descriptor: int = 0) -> None:
        """Read from now on; SIGTERM and SIGINT end the device, too. Both wake it up."""
        signal.set_wakeup_fd(self._device.io.wakeup_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: self._ended.set())
        threading.Thread(target=self._read, args=(descriptor,), name="standard input", daemon=True).start()

    def ended(self) -> bool:
        """Carry out what has been read. Has the input ended, or a signal come?"""
        ended = self._ended.is_set()  # first: the last lines before the end count
        while self._lines:
            self._obey(self._lines.popleft())
        return ended

    def _read(self, descriptor: int) -> None:
        rest = b""
        while data := os.read(descriptor, 4096):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > LONGEST:
                lines, rest = [*lines, rest], b""
            self._lines.extend(line.decode("utf-8", "replace").strip() for line in lines)
            self._device.io.wake()
        self._ended.set()
        self._device.io.wake()

    def _obey(self, line: str) -> None:
        if not line:
            return
        word, _, argument = line.partition(" ")
        command = self._commands.get(word)
        try:
            if command is None or len(line) > LONGEST:
                raise CommandError(f"unknown command {line[:40]!r}; expected {EXPECTED}")
            command(argument.strip())
        except CommandError as error:
            self._device.report("error", text=str(error))

    def _census(self, argument: str) -> None:
        if argument:
            raise CommandError(f"census: nothing expected after it, found {argument[:40]!r}")
        self._device.report("census", **census(self._device))

    def _processes(self, argument: str) -> None:
        """The device's processes, oldest first."""
        if argument:
            raise CommandError(f"processes: nothing expected after it, found {argument[:40]!r}")
        listed = [
            {"id": process.id, "process": process.name, "words": process.command_line}
            for process in self._device.processes
        ]
        self._device.report("processes", processes=listed)

    def _start(self, line: str) -> None:
        """A command line, as at boot."""
        path, words = split_command(line)
        try:
            process = self._device.create_process(path, words, suspended=False)
        except (LoadError, GuestPathError) as error:
            raise CommandError(f"start: {error}") from error
        self._device.report("started", process=process.name, id=process.id)

    def _end(self, number: str) -> None:
        """End a process at once, whatever it does, as TerminateProcess would."""
        ours = {str(process.id): process for process in self._device.processes}
        if number not in ours:
            raise CommandError(
                f"end: no process {number[:40]!r}; this device has {', '.join(ours) or 'none'}"
            )
        self._device.end_process(ours[number], ENDED_BY_HAND)

    def _sleep(self, argument: str) -> None:
        """As by its power button."""
        if argument or self._device.power.asleep:
            raise CommandError("sleep: nothing expected after it" if argument else "sleep: it is asleep")
        self._device.power.sleep()

    def _wake(self, argument: str) -> None:
        if argument or not self._device.power.asleep:
            raise CommandError("wake: nothing expected after it" if argument else "wake: it is awake")
        self._device.power.wake()

    def _unplug(self, name: str) -> None:
        """Take the host's cable off a serial port. The device does not notice: what it sends is lost."""
        port = self._port("unplug", name)
        if not port.host.path:
            raise CommandError(f"unplug: {name} is not plugged in")
        port.connect(Unplugged(), self._device.io)

    def _plug(self, name: str) -> None:
        """Put it on again; it has another name on the host, which the event "serial" tells."""
        port = self._port("plug", name)
        if port.host.path:
            raise CommandError(f"plug: {name} is plugged in")
        try:
            port.connect(HostSerial(), self._device.io)
        except (SerialUnavailable, OSError) as error:
            raise CommandError(f"plug: {name}: {error}") from error
        self._device.report("serial", port=name, path=port.host.path)

    def _remove(self, name: str) -> None:
        """Take a serial port out of the device, with its driver: open handles fail, the name is gone."""
        self._port("remove", name)
        self._device.remove_port(name)

    def _insert(self, name: str) -> None:
        """Put it back: a new port, a new terminal. Handles on the one before stay useless."""
        device = self._device
        if name in device.ports or name not in device.config.serial_ports:
            missing = [port for port in device.config.serial_ports if port not in device.ports]
            raise CommandError(f"insert: {name!r} is not missing; missing: {', '.join(missing) or 'none'}")
        try:
            port = device.insert_port(name)
        except (SerialUnavailable, OSError) as error:
            raise CommandError(f"insert: {name}: {error}") from error
        device.report("serial", port=name, path=port.host.path)

    def _network(self, argument: str) -> None:
        """The device's network fails, with every socket, or with those that do not belong to the processes
        started at boot; or works again. A path to an address outside is cut, or whole again."""
        if self._device.dlls.get("ws2") is None:
            raise CommandError("network: this device has no ws2.dll")
        state = DeviceState.of(self._device)
        wanted, _, where = argument.partition(" ")
        if wanted in ("cut", "restore"):
            self._path(state, wanted, where).set(cut=wanted == "cut")
        elif argument not in ("up", "down", "down spare boot"):
            raise CommandError(
                "network: expected up, down, down spare boot, cut ADDRESS or restore ADDRESS, "
                f"found {argument[:40]!r}"
            )
        elif (wanted == "up") == state.subsystem_up:
            raise CommandError(f"network: it is {wanted}")
        elif wanted == "up":
            state.network_up()
        else:
            state.network_down(spare_boot=bool(where))
        self._device.report(
            "network", subsystem="up" if state.subsystem_up else "down", cut=state.network.cut
        )

    @staticmethod
    def _path(state: DeviceState, wanted: str, where: str) -> Path:
        outside = {str(endpoint.address): endpoint.address for endpoint in state.network.outside}
        if where not in outside:
            known = ", ".join(outside) or "none"
            raise CommandError(f"network: no path {where[:40]!r}; this device has paths to {known}")
        path = state.network.path(outside[where])
        if path.cut == (wanted == "cut"):
            raise CommandError(f"network: the path to {where} is {'cut' if path.cut else 'whole'}")
        return path

    def _port(self, command: str, name: str) -> SerialPort:
        ports = self._device.ports
        if name not in ports:
            raise CommandError(f"{command}: no port {name!r}; this device has {', '.join(ports) or 'none'}")
        return ports[name]
