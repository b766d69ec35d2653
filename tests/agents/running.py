"""Agents at work: on emulated CE devices, and on Wine."""

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from controller import KEY, Controller
from core_driver import ROOT

from harness.agents import CPU_BUILDS, build_agents, executable
from harness.targets.loopback import free_port

PORT = 5555
ACCESS_VIOLATION = 0xC0000005
GET_ERROR, SET_ERROR, STARTUP, SOCKET, CLOSE = range(5)
SLEEP, SETTER, NOTHING, END = 5, 6, 7, 8
EXPORTS = [
    [GET_ERROR, "ws2!WSAGetLastError", 0],
    [SET_ERROR, "ws2!WSASetLastError", 0],
    [STARTUP, "ws2!WSAStartup", 3],
    [SOCKET, "ws2!WSASocketW", 2, GET_ERROR, SET_ERROR],
    [CLOSE, "ws2!closesocket", 3, GET_ERROR, SET_ERROR],
    [SLEEP, "coredll!Sleep", 0],
    [SETTER, "coredll!SetLastError", 0],
    [NOTHING, "coredll!NoSuchExport", 0],
    [END, "coredll!TerminateProcess", 0],
]
TCP_SOCKET = [SOCKET, [2, 1, 6, 0, 0, 1]]
ON_WINE = pytest.param("wine", marks=pytest.mark.long)
AGENT = "\\ceagent.exe"
ODD_DEVICE = Path(__file__).with_name("odd_device.py")


def startup(agent: Controller) -> None:
    assert agent.run([STARTUP, [0x0202, [0, 0]]], [[400, False]]).errors == {}


def key_file(folder: Path, content: str = KEY.hex()) -> Path:
    path = folder / "ceagent.key"
    path.write_text(content)
    return path


class Emulated:
    """An emulated device: its events as they come, its end for sure."""

    def __init__(self, cpu: str, starts: Sequence[str], *arguments: str, odd: bool = False) -> None:
        """odd: one that obeys the commands of odd_device.py, too."""
        program = [str(ODD_DEVICE)] if odd else ["-P", "-m", "harness.emulator"]
        line = [sys.executable, *program, "--cpu", cpu]
        line += ["--copy", f"{executable(CPU_BUILDS[cpu])}={AGENT}", *arguments]
        for start in starts:
            line += ["--start", start]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.events: queue.SimpleQueue[dict[str, object] | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def event(self, kind: str, **values: object) -> dict[str, object]:
        """The next event of this kind with these values; what comes before it is forgotten."""
        while True:
            event = self.events.get(timeout=60)
            assert event is not None, f"the device ended before any {kind} {values}"
            if event["event"] == kind and all(event.get(name) == value for name, value in values.items()):
                return event

    def tell(self, command: str) -> None:
        """A line for the emulator's standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def said(self, text: str) -> str:
        """The next debug output that contains `text`."""
        while True:
            event = self.event("console")
            if text in str(event["text"]):
                return str(event["text"])

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(30)


@contextmanager
def emulated(
    cpu: str,
    start: str,
    *,
    variants: Sequence[str] = (),
    copies: Sequence[tuple[Path, str]] = (),
    dials: Sequence[str] = (),
    root: Path | None = None,
    odd: bool = False,
    options: Sequence[str] = (),
) -> Iterator[Emulated]:
    """A device on which `start` (words for the agent) was started at boot.

    dials: the emulator's --dial. root: folder of this host that is the device's root directory.
    odd: see Emulated. options: more words for the emulator.
    """
    arguments = [*options]
    arguments += [word for name in variants for word in ("--variant", name)]
    arguments += [word for file, path in copies for word in ("--copy", f"{file}={path}")]
    arguments += [word for value in dials for word in ("--dial", value)]
    arguments += [] if root is None else ["--root", str(root)]
    device = Emulated(cpu, [f"{AGENT} {start}".strip()], *arguments, odd=odd)
    try:
        yield device
    finally:
        device.end()


@contextmanager
def on_emulator(
    cpu: str,
    folder: Path,
    start: str = f"link=tcp:{PORT}",
    *,
    variants: Sequence[str] = (),
    copies: Sequence[tuple[Path, str]] = (),
    keyed: bool = True,
) -> Iterator[str]:
    """The URL of a device's agent that listens on PORT or serves COM1:."""
    with_key = [(key_file(folder), "\\ceagent.key")] if keyed else []
    with emulated(cpu, start, variants=variants, copies=[*with_key, *copies]) as device:
        ready = device.event("ready")
        tcp, serial = ready["tcp"], ready["serial"]
        assert isinstance(tcp, dict)
        assert isinstance(serial, dict)
        yield f"tcp://127.0.0.1:{tcp[str(PORT)]}" if tcp else str(serial["COM1:"])


class OnWine:
    """Agents for desktop Windows, in a prefix of their own."""

    def __init__(self, folder: Path) -> None:
        wine = shutil.which("wine64") or shutil.which("wine64", path="/usr/lib/wine")
        if sys.platform != "win32" and wine is None:
            pytest.skip("Wine is missing: apt-get install wine64")
        self.folder = folder
        self.agent = folder / "ceagent.exe"
        shutil.copy(executable("win32-x64"), self.agent)
        prefix = {"WINEPREFIX": str(folder / "prefix"), "WINEDEBUG": "-all,+debugstr", "DISPLAY": ""}
        self.environment = {**os.environ, **prefix}
        self._line = [*([wine] if wine else []), str(self.agent)]
        self._server = Path(wine).with_name("wineserver") if wine else None
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Starts the agent; its debug output is in standard error, in Wine's words."""
        process = subprocess.Popen(
            [*self._line, *words],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def plug(self, port: str, terminal: str) -> None:
        """Makes a terminal of this host the port ("com1") of that name, instead of any before."""
        devices = self.folder / "prefix" / "dosdevices"
        if not devices.exists():
            boot = [self._line[0], "wineboot", "--init"]
            subprocess.run(boot, env=self.environment, stderr=subprocess.DEVNULL, check=True)
        new = devices / "new"
        new.symlink_to(terminal)
        new.replace(devices / port)

    def listen(self) -> str:
        """Starts an agent that listens; the URL, when it does."""
        port = free_port()
        process = self.start(f"link=tcp:{port}")
        threading.Thread(target=process.communicate, daemon=True).start()
        while process.poll() is None:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
        return f"tcp://127.0.0.1:{port}"

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        if self._server is not None:
            subprocess.run([self._server, "-k"], env=self.environment, check=False)


@contextmanager
def on_wine(folder: Path) -> Iterator[OnWine]:
    wine = OnWine(folder)
    try:
        yield wine
    finally:
        wine.end()


@contextmanager
def listening(where: str, folder: Path) -> Iterator[str]:
    """The URL of an agent on a new device: an emulated one with that CPU, or "wine"."""
    build_agents()
    key_file(folder)
    with ExitStack() as stack:
        if where == "wine":
            yield stack.enter_context(on_wine(folder)).listen()
        else:
            yield stack.enter_context(on_emulator(where, folder))
