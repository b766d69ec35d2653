"""A connection to a bench host: through every host on the way, each of them checked, kept alive."""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import paramiko  # type: ignore[import-untyped]

from harness.deadline import Deadline
from harness.errors import Cause, LinkError, LinkGone, LinkRefused
from harness.links.ssh.address import BenchTcp
from harness.links.ssh.config import Hop
from harness.links.ssh.known_hosts import check_host_key, known_kinds
from harness.links.ssh.login import log_in

ASK_S = 1.0
"""Seconds between two questions whether the bench host is still there."""
_LOG = f"{__name__}.paramiko"
_CONNECT_FAILED = 2
"""SSH_OPEN_CONNECT_FAILED of RFC 4254, 5.1: the host was willing, and got no connection."""
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


def _demoted(record: logging.LogRecord) -> bool:
    """What paramiko holds for an error is raised here as one that names host and next step."""
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return record.levelno >= logging.getLogger(_LOG).getEffectiveLevel()


logging.getLogger(_LOG).addFilter(_demoted)


class Connection:
    """Logged in to the last of `hops`. `host`: that one; `who`: with which key, in words.

    `answers`: how often the host has answered whether it is there.
    """

    def __init__(self, hops: list[Hop], config: Path | None) -> None:
        self.host = hops[-1]
        self.stage = ""
        self.who = ""
        self.answers = 0
        self.why = ""
        self._hops = hops
        self._config = config
        self._transports: list[Any] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words: IO[bytes] | None = None
        self._closing = threading.Event()

    def connect(self, stage: Callable[[str], None]) -> None:
        """Connect and log in; `stage` is told what is being done. Raises LinkError, UsageError."""
        try:
            for number, hop in enumerate(self._hops):
                deadline = Deadline(hop.connect)
                if self._closing.is_set():
                    raise LinkGone(f"{self.host}: closed on this side")
                stage(f"connecting to {hop}")
                sock = self._socket(hop, deadline) if number == 0 else self._through(hop, deadline)
                transport = self._start(sock, hop, deadline)
                by_itself = number == 0 and hop.command is None
                check_host_key(
                    hop, transport.get_remote_server_key(), by_itself=by_itself, config=self._config
                )
                stage(f"logging in to {hop}")
                self.who = log_in(transport, hop, max(0.1, deadline.remaining()))
            if self._closing.is_set():
                raise LinkGone(f"{self.host}: closed on this side")
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._ask, name=f"asking {self.host}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Has it not ended, as far as is known?"""
        return not self._closing.is_set() and bool(self._transports) and self._transports[-1].is_active()

    @property
    def version(self) -> str:
        """What the bench host calls its SSH server."""
        return str(self._transports[-1].remote_version)

    def session(self, timeout: float) -> Any:
        """A channel for a command. Raises LinkError."""
        try:
            return self._transports[-1].open_session(timeout=timeout)
        except paramiko.ChannelException as error:
            raise LinkError(f"{self.host}: the host allows no session: {error.text}") from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self.broken(error) from None

    def tcp(self, wanted: BenchTcp, timeout: float) -> Any:
        """A channel to an address. Raises LinkRefused when nothing there takes it, LinkError."""
        return self._forwarded(self._transports[-1], self.host, wanted, timeout)

    def broken(self, error: object = "") -> LinkError:
        """The error of a connection that is of no use any more; it is closed."""
        self.drop(_words(error))
        return LinkError(f"{self.host}: the SSH connection is gone: {self.why}")

    def drop(self, why: str) -> None:
        """Close it for this reason."""
        self.why = self.why or why
        self.close()

    def ended(self) -> bool:
        """Has it ended by itself? Its channels know a moment before."""
        self._transports[-1].join(0.5)
        if self.alive:
            return False
        self.why = self.why or _words(self._transports[-1].get_exception() or "closed by the host")
        return True

    def close(self) -> None:
        """End it: the first host first, so that nothing waits for a line that is dead. Safe to call twice."""
        self._closing.set()
        for transport in self._transports:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                transport.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        if self._last_words is not None:
            self._last_words.close()

    def _socket(self, hop: Hop, deadline: Deadline) -> socket.socket:
        if hop.command is not None:
            return self._command(hop, hop.command)
        try:
            connection = socket.create_connection((hop.host, hop.port), timeout=deadline.remaining())
        except socket.gaierror as error:
            raise LinkError(f"{hop}: no host of the name {hop.host!r}: {error.strerror}") from None
        except TimeoutError:
            raise LinkError(
                f"{hop}: nothing there answered within {hop.connect:g} s: is the bench host on, its address "
                f"right, and no firewall between?"
            ) from None
        except ConnectionRefusedError:
            raise LinkError(
                f"{hop}: connection refused: no SSH server listens on port {hop.port} of {hop.host}"
            ) from None
        except OSError as error:
            raise LinkError(f"{hop}: {error.strerror or error}") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _command(self, hop: Hop, command: str) -> socket.socket:
        """ProxyCommand: its standard input and output are the connection."""
        if sys.platform == "win32":
            raise LinkGone(f"{hop}: ProxyCommand needs a shell of POSIX; use ProxyJump")
        ours, theirs = socket.socketpair()
        self._last_words = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the connection
        with theirs:
            self._process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._last_words,
                start_new_session=True,
            )
        return ours

    def _said(self) -> str:
        """What ProxyCommand has told people, the end of it."""
        if self._last_words is None or self._last_words.closed:
            return ""
        self._last_words.seek(0)
        lines = self._last_words.read().decode("utf-8", "replace").splitlines()
        return "; ".join([line.strip() for line in lines if line.strip()][-3:])

    def _through(self, hop: Hop, deadline: Deadline) -> Any:
        before = self._hops[len(self._transports) - 1]
        try:
            return self._forwarded(
                self._transports[-1], before, BenchTcp(hop.host, hop.port), max(0.1, deadline.remaining())
            )
        except LinkRefused as error:
            # It is the SSH server that is not there, not the device.
            raise LinkError(f"{hop}: not reached: {error}") from None

    def _forwarded(self, transport: Any, through: Hop, wanted: BenchTcp, timeout: float) -> Any:
        try:
            return transport.open_channel(
                "direct-tcpip", (wanted.host, wanted.port), ("127.0.0.1", 0), timeout=timeout
            )
        except paramiko.ChannelException as error:
            if error.code == _CONNECT_FAILED:
                raise LinkRefused(
                    f"{through.host} gets no connection to {wanted}: nothing listens there, or it knows no "
                    f"way there",
                    cause=Cause.REFUSED,
                ) from None
            raise LinkGone(
                f"{through.host} does not let {through.user} connect to {wanted} ({error.text}): its "
                f"sshd_config needs AllowTcpForwarding yes, and PermitOpen must allow it"
            ) from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            if transport.is_active():
                # It would open later, and be one connection too many to a device that takes one.
                self.drop("given up while it connected further")
                raise LinkRefused(
                    f"{through.host} got no answer from {wanted} within {timeout:.2g} s: is the device on, "
                    f"its address right, and no firewall between?",
                    cause=Cause.UNREACHABLE,
                ) from None
            raise self.broken(error) from None

    def _start(self, sock: Any, hop: Hop, deadline: Deadline) -> Any:
        transport = paramiko.Transport(sock)
        self._transports.append(transport)
        transport.set_log_channel(_LOG)
        transport.daemon = True
        transport.banner_timeout = transport.handshake_timeout = max(0.1, deadline.remaining())
        options = transport.get_security_options()
        first = [one for kind in known_kinds(hop) for one in (_RSA if kind == "ssh-rsa" else (kind,))]
        offered = [kind for kind in dict.fromkeys(first) if kind in options.key_types]
        options.key_types = [*offered, *(kind for kind in options.key_types if kind not in offered)]
        try:
            transport.start_client(timeout=max(0.1, deadline.remaining()))
        except (paramiko.SSHException, EOFError, OSError) as error:
            said = self._said() or f"{_words(error)}: does an SSH server listen there?"
            raise LinkError(f"{hop}: no SSH connection: {said}") from None
        return transport

    def _ask(self) -> None:
        """A host that is there answers, even if it knows no such request (RFC 4254, 4)."""
        transport = self._transports[-1]
        while not self._closing.wait(ASK_S):
            try:
                transport.global_request("keepalive@openssh.com", wait=True)
            except (paramiko.SSHException, EOFError, OSError):
                return
            if not transport.is_active():
                return
            self.answers += 1


def _words(error: object) -> str:
    if isinstance(error, EOFError):
        return "it was closed by the other side"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
