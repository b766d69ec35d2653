"""A serial port of a bench host: a script on the host opens it and copies bytes, `port.sh`."""

import re
import secrets
import shlex
from functools import cache
from importlib.resources import files
from typing import Any

import paramiko  # type: ignore[import-untyped]

from harness.deadline import Deadline
from harness.errors import Cause, LinkError, UsageError
from harness.links.serial import SerialSettings
from harness.links.ssh.address import BenchPort
from harness.links.ssh.connection import Connection
from harness.links.ssh.link import SshLink

_SAID = re.compile(r"ceharness: (\w+) ?(.*)")
_OURS = re.compile(r"ceharness: .*|")
_PARITY = {"N": "-parenb", "E": "parenb -parodd", "O": "parenb parodd"}


class BenchPortOpener:
    """Opens one port of a bench host, again and again. What an earlier link of it has left there is ended."""

    def __init__(self, port: BenchPort, url: str) -> None:
        self.url = url
        self._port = port
        self._mark = secrets.token_hex(8)

    def open(self, connection: Connection, timeout: float, silence: float) -> SshLink:
        """Raises LinkError: no such port, no permission, busy; UsageError for settings it does not take."""
        deadline = Deadline(timeout)
        channel = connection.session(timeout)
        try:
            channel.exec_command(self._command())
            said = _Said(channel)
            self._wait(said, connection, deadline)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise connection.broken(error) from None
        except BaseException:
            channel.close()
            raise
        return SshLink(
            channel,
            connection,
            self.url,
            ended=lambda channel: self._gone(said),
            rate=self._port.settings.baud / 10,
            silence=silence,
            command=True,
        )

    def _command(self) -> str:
        settings = self._port.settings
        arguments = (self._port.device, stty_words(settings), str(settings.baud), self._mark)
        words = ("sh", "-c", _script(), f"ceharness-link-{self._mark}", *arguments)
        # Not the last command: the login shell leads the session, and must not become this one.
        return f"{shlex.join(words)}; exit"

    def _wait(self, said: "_Said", connection: Connection, deadline: Deadline) -> None:
        """Until the port is open. Raises LinkError, UsageError."""
        stage = ""
        while True:
            line = said.line(deadline)
            if line is None:
                break
            if found := _SAID.fullmatch(line):
                word, detail = found.groups()
                if word == "ready":
                    return
                if word != "opening":
                    raise self._error(word, detail, said, connection)
                stage = word
        if not said.over:
            if stage == "opening":
                raise LinkError(
                    f"{self.url}: {connection.host} cannot open the port within {deadline.seconds:.2g} s: it "
                    f"may wait for a carrier (DCD), which `stty -F {self._port.device} clocal` there ends"
                )
            raise LinkError(
                f"{self.url}: the shell of {connection.host} said nothing of use within "
                f"{deadline.seconds:.2g} s: {said.words()}"
            )
        raise LinkError(
            f"{self.url}: {connection.host} does not run the script for its port: {said.words()}; it needs a "
            f"POSIX shell, sh, and a login shell that starts it"
        )

    def _error(self, word: str, detail: str, said: "_Said", connection: Connection) -> Exception:
        host, device = connection.host, self._port.device
        match word:
            case "missing":
                return LinkError(
                    f"{self.url}: no such port on {host}: ls /dev/tty* /dev/serial/by-id there",
                    cause=Cause.NO_PORT,
                )
            case "terminal":
                return LinkError(f"{self.url}: {device} of {host} is no serial port")
            case "denied":
                return LinkError(
                    f"{self.url}: no permission to open the port on {host} ({detail}): add the user to the "
                    f"port's group there, usually dialout: sudo usermod -aG dialout {host.user}",
                    cause=Cause.DENIED,
                )
            case "busy":
                return LinkError(
                    f"{self.url}: the port is busy on {host}: {detail} has it open", cause=Cause.BUSY
                )
            case "speed":
                return UsageError(
                    f"{self.url}: {host} refuses the speed {self._port.settings.baud}: {said.words(detail)}"
                )
            case "settings":
                return LinkError(f"{self.url}: {host} cannot set up the port: {said.words()}")
        return LinkError(f"{self.url}: {host} cannot open the port: {said.words(detail)}")

    def _gone(self, said: "_Said") -> LinkError:
        while said.line(Deadline(0.2)) is not None:
            pass
        return LinkError(f"{self.url}: the port is gone: {said.words('the script on the bench host ended')}")


class _Said:
    """What comes over standard error, line by line. `over`: nothing more will."""

    def __init__(self, channel: Any) -> None:
        self.over = False
        self._channel = channel
        self._rest = b""
        self._lines: list[str] = []

    def line(self, deadline: Deadline) -> str | None:
        """The next line, None when the time is up or nothing more comes."""
        while b"\n" not in self._rest:
            if self.over or (left := deadline.remaining()) <= 0:
                return None
            self._channel.settimeout(left)
            try:
                data = self._channel.recv_stderr(4096)
            except TimeoutError:
                return None
            self.over = not data
            self._rest += data if data else b"\n" if self._rest else b""
        line, _, self._rest = self._rest.partition(b"\n")
        text = line.decode("utf-8", "replace").strip()
        if not _OURS.fullmatch(text):
            self._lines.append(text)
        return text

    def words(self, otherwise: str = "") -> str:
        """What others said than the script, the last of it; `otherwise` if that is nothing."""
        return "; ".join(self._lines[-3:]) or otherwise or "it said nothing"


def stty_words(settings: SerialSettings) -> str:
    """How stty is told to set a port for frames of bytes; the speed is apart."""
    return (
        f"raw -echo clocal cread cs{settings.data} {_PARITY[settings.parity]} "
        f"{'cstopb' if settings.stop == 2 else '-cstopb'} {'crtscts' if settings.rtscts else '-crtscts'}"
    )


@cache
def _script() -> str:
    return files(__package__).joinpath("port.sh").read_text(encoding="utf-8")
