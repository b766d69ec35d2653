"""A lab with one device: a power strip with an emulated device plugged in, reached as hardware is.

    python power_strip.py serve FOLDER LINK    until its standard input ends; LINK: serial or tcp
    python power_strip.py FOLDER WORD ...      what the lab's commands are: on, off, cycle, and what happens
                                               to devices: hang, crash, end-agent, start-agent,
                                               later SECONDS WORD ..., console LINE

The device has the same address each time: FOLDER/COM1 is a link to its serial port, FOLDER/port says on
which port of the loopback its agent is reached, with the key FOLDER/device.key. FOLDER/done is what was done
so far.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

AGENT = "\\ceagent.exe"
CPU = "x86"


class Device:
    """The emulated device, as long as it has power."""

    def __init__(self, folder: Path, link: str, port: int) -> None:
        from harness.targets.emulated import agent_for
        from harness.targets.emulated_network import PEER, discard_server
        from harness.targets.emulator_process import start_emulator
        from harness.targets.keyfile import ON_DEVICE

        self._stack = ExitStack()
        self._sockets: list[socket.socket] = []
        self._port = folder / "COM1"
        key = (folder / "device.key").read_text()
        self.process = self._stack.enter_context(
            start_emulator(
                cpu=CPU,
                copies=[(agent_for(CPU), AGENT)],
                secrets={ON_DEVICE: key} if link == "tcp" else {},
                starts=(f"{AGENT} link={'tcp:5555' if link == 'tcp' else 'COM1:'}",),
                dials=[(str(PEER), self._stack.enter_context(discard_server()))],
                timeout=60,
            )
        )
        if link == "tcp":
            self._serve(port, self.process.tcp["5555"])
        else:
            new = folder / "COM1.new"
            new.symlink_to(self.process.serial["COM1:"])
            new.replace(self._port)

    def off(self) -> None:
        """At once, whatever it is doing."""
        # First: the name of the terminal behind it may soon be somebody else's.
        self._port.unlink(missing_ok=True)
        os.kill(self.process.pid, signal.SIGKILL)
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._stack.close()

    def _serve(self, port: int, inside: int) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        self._sockets.append(listener)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", inside))
                    self._sockets += [near, far]
                    for one, other in ((near, far), (far, near)):
                        threading.Thread(target=carry, args=(one, other), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()


def carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Strip:
    """One socket, and whoever presses its buttons."""

    def __init__(self, folder: Path, link: str, port: int) -> None:
        self._make: Callable[[], Device] = lambda: Device(folder, link, port)
        self._done = folder / "done"
        self._device: Device | None = None
        self._one_at_a_time = threading.RLock()

    def press(self, words: list[str]) -> str:
        if words[0] == "later":
            threading.Timer(float(words[1]), self.press, [words[2:]]).start()
            return ""
        with self._one_at_a_time:
            with self._done.open("a") as file:
                file.write(" ".join(words) + "\n")
            return str(getattr(self, f"_{words[0].replace('-', '_')}")(*words[1:]) or "")

    def _on(self) -> None:
        self._device = self._device or self._make()

    def _off(self) -> None:
        if self._device is not None:
            self._device.off()
        self._device = None

    def _cycle(self) -> str:
        self._off()
        self._on()
        return "socket 1: off, on"

    def _hang(self) -> None:
        assert self._device is not None
        os.kill(self._device.process.pid, signal.SIGSTOP)

    def _crash(self) -> None:
        assert self._device is not None
        self._device.off()
        self._device = None

    def _console(self, *words: str) -> str:
        assert self._device is not None
        return str(self._device.process.command(" ".join(words), answer=words[0], seconds=10))

    def _end_agent(self) -> None:
        """Every process of the device ends."""
        assert self._device is not None
        process = self._device.process
        while found := process.command("processes", answer="processes", seconds=10)["processes"]:
            process.command(f"end {found[0]['id']}", answer="exit", seconds=10)

    def _start_agent(self) -> None:
        assert self._device is not None
        self._device.process.command(f"start {AGENT} link=COM1:", answer="started", seconds=10)


def serve(folder: Path, link: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    (folder / "port").write_text(str(port))
    strip = Strip(folder, link, port)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "strip"))
    listener.listen()
    threading.Thread(target=answer, args=(listener, strip), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    strip.press(["off"])


def answer(listener: socket.socket, strip: Strip) -> None:
    while True:
        with listener.accept()[0] as client:
            try:
                reply = "0" + strip.press(client.recv(4096).decode().split("\0"))
            except Exception as error:
                reply = f"1{type(error).__name__}: {error}"
            client.sendall(reply.encode())


def ask(folder: Path, words: list[str]) -> int:
    """The exit code."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / "strip"))
        client.sendall("\0".join(words).encode())
        reply = client.makefile().read()
    print(reply[1:])
    return int(reply[0])


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(ask(Path(sys.argv[1]), sys.argv[2:]))
