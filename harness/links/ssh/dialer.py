"""Opens links through a bench host, over one connection as long as that lives."""

import threading
from collections.abc import Callable
from typing import Protocol

from harness.errors import LinkError, LinkGone, LinkRefused
from harness.links.ssh.address import BenchPort, BenchTcp, SshAddress
from harness.links.ssh.config import Config
from harness.links.ssh.connection import Connection
from harness.links.ssh.link import SshLink
from harness.links.ssh.port import BenchPortOpener

_FURTHER_S = 5.0
"""Seconds at least for the way from the bench host to the device, once the host has been reached."""

_GRACE_S = 1.0


class _Opener(Protocol):
    def open(self, connection: Connection, timeout: float, silence: float) -> SshLink: ...


class _TcpOpener:
    """A connection from the bench host to an address."""

    def __init__(self, wanted: BenchTcp, url: str) -> None:
        self._wanted = wanted
        self._url = url

    def open(self, connection: Connection, timeout: float, silence: float) -> SshLink:
        try:
            channel = connection.tcp(self._wanted, timeout)
        except LinkRefused as error:
            raise LinkRefused(f"{self._url}: {error}", cause=error.cause) from None
        return SshLink(channel, connection, self._url, ended=lambda channel: None, silence=silence)


class _Opening:
    """A link being opened on a thread of its own: it may take longer than whoever asked for it waits.

    The next who asks gets what has come of it. `further`: the bench host has been reached.
    """

    def __init__(self, dialer: "SshDialer", timeout: float) -> None:
        self.stage = "beginning"
        self.further = False
        self._dialer = dialer
        self._timeout = timeout
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._given_up = False
        self._link: SshLink | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name=f"opening {dialer.url}", daemon=True).start()

    def wait(self, timeout: float) -> bool:
        """Has it come to an end, within that many seconds?"""
        return self._done.wait(timeout)

    def result(self) -> SshLink:
        """The link. Raises what opening it raised."""
        if self._error is not None:
            raise self._error
        assert self._link is not None
        return self._link

    def give_up(self) -> None:
        """Nobody wants the link any more: it is closed as soon as it is there."""
        with self._lock:
            self._given_up = True
            if self._link is not None:
                self._link.close()

    def _tell(self, stage: str) -> None:
        self.stage = stage

    def _run(self) -> None:
        try:
            connection = self._dialer.connected(self._tell)
            self.stage = f"{connection.host} waits for an answer: is the device on, its address right?"
            self.further = True
            limit = max(_FURTHER_S, self._timeout)
            # Where paramiko waits without a limit, for a connection that is dead.
            guard = threading.Timer(limit + _GRACE_S, connection.drop, ["no answer while opening a link"])
            guard.daemon = True
            guard.start()
            try:
                link = self._dialer.opener.open(connection, limit, self._dialer.silence)
            finally:
                guard.cancel()
            with self._lock:
                self._link = link
                if self._given_up:
                    link.close()
        except BaseException as error:
            # Whatever it is, it is raised in the thread that wants the link.
            self._error = error
        self._done.set()


class SshDialer:
    """Opens what an address names; see `Dialer`.

    Connecting goes on between two tries: a way of many hops takes longer than one of them.
    """

    def __init__(self, address: SshAddress) -> None:
        self.url = address.url
        self.silence = address.silence
        self.opener: _Opener = (
            BenchPortOpener(address.wanted, self.url)
            if isinstance(address.wanted, BenchPort)
            else _TcpOpener(address.wanted, self.url)
        )
        self._address = address
        self._config = Config(address.ssh_config)
        self._connection: Connection | None = None
        self._opening: _Opening | None = None
        self._closed = False

    def open(self, timeout: float) -> SshLink:
        """See `Dialer.open`. LinkRefused: the bench host is fine, and the device does not answer it."""
        if self._closed:
            raise LinkGone(f"{self.url}: closed on this side")
        opening = self._opening = self._opening or _Opening(self, timeout)
        if not opening.wait(timeout):
            refused = opening.further and isinstance(self._address.wanted, BenchTcp)
            kind = LinkRefused if refused else LinkError
            raise kind(f"{self.url}: not open after {timeout:.2g} s: {opening.stage}")
        self._opening = None
        return opening.result()

    def log_in(self) -> str:
        """Reach the bench host only; what is there, in words. Raises LinkError, UsageError."""
        connection = self.connected(lambda stage: None)
        return f"{connection.host}, {connection.version}, logged in with {connection.who}"

    def connected(self, stage: Callable[[str], None]) -> Connection:
        """The connection, made anew if there is none that lives. Raises LinkError, UsageError."""
        address = self._address
        if self._connection is not None and self._connection.alive:
            return self._connection
        if self._connection is not None:
            self._connection.close()
        hops = self._config.way(address.host, address.user, address.port)
        if (silence := hops[-1].silence) is not None:
            self.silence = min(self.silence, silence)
        connection = self._connection = Connection(hops, self._config.file)
        if self._closed:
            raise LinkGone(f"{self.url}: closed on this side")
        connection.connect(stage)
        return connection

    def close(self) -> None:
        """Log out."""
        self._closed = True
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.give_up()
        if self._connection is not None:
            self._connection.close()
