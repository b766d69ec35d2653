"""A bench host for tests: OpenSSH's server as a process of its own, on the loopback."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.deadline import Deadline
from harness.targets.loopback import free_port

_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def sshd() -> str:
    """The server's program; skips the test without one."""
    found = shutil.which("sshd", path=_PLACES)
    if found is None:
        pytest.skip("needs an SSH server: apt-get install openssh-server")
    if os.geteuid() == 0:
        # What Debian's service makes when it starts; for other users the server needs no such folder.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    return found


def new_key(file: Path, *options: str) -> Path:
    """A new pair of keys: the private one in `file`, the public one beside it."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", file.name, "-f", str(file), *options]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return file


class Bench:
    """One server with a host key and users' keys of its own. `settings`: lines for its sshd_config."""

    def __init__(self, folder: Path, name: str, *settings: str) -> None:
        self.name = name
        self.folder = folder / f"host-{name}"
        self.folder.mkdir()
        self.port = free_port()
        self.host_key = new_key(self.folder / "host_key")
        self.authorized = self.folder / "authorized_keys"
        self.authorized.touch()
        self._config = self.folder / "sshd_config"
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self.configure(*settings)

    def configure(self, *settings: str) -> None:
        """Other lines in its configuration, which count from the next start on."""
        lines = [
            *settings,
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.host_key}",
            f"AuthorizedKeysFile {self.authorized}",
            f"PidFile {self.folder}/pid",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
        ]
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def known(self) -> str:
        """Its line for known_hosts."""
        return f"[127.0.0.1]:{self.port} {self.host_key.with_suffix('.pub').read_text(encoding='ascii')}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def admit(self, key: Path) -> None:
        """Lets the owner of this key in."""
        with self.authorized.open("a", encoding="ascii") as file:
            file.write(key.with_suffix(".pub").read_text(encoding="ascii"))

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sshd(), "-D", "-e", "-f", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # The server ends with us, also when the tests are killed.
        words = ["sh", "-c", 'cat >/dev/null; kill -9 "$1"', "sh", str(self._process.pid)]
        self._keeper = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
        deadline = Deadline(30)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                assert self._process.poll() is None, self.log
                assert not deadline.expired, self.log
                continue
            return

    def signal(self, number: int) -> None:
        """Sends a signal to the server."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """The server and those of its processes that serve connections, at once; not what they started."""
        if self._process is not None:
            if self._keeper is not None:
                self._keeper.kill()
                self._keeper.communicate()
                self._keeper = None
            servers = [self._process.pid, *_servers(self._process.pid)]
            for pid in servers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _servers(parent: int) -> list[int]:
    """Processes of the server that serve connections; each of them has a session of its own."""
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="], check=True, capture_output=True, text=True
    ).stdout.split("\n")
    table = [line.split(None, 2) for line in found if line.strip()]
    children = [int(pid) for pid, above, name in table if int(above) == parent and name.startswith("sshd")]
    return [one for child in children for one in (child, *_servers(child))]


class Way:
    """How to get to bench hosts: ssh_config, known_hosts and a key in a folder, nothing of the user's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = new_key(folder / "id_ed25519")
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.touch()
        self.config = folder / "ssh_config"
        self._common = [
            "Host *",
            f"User {getpass.getuser()}",
            f"IdentityFile {self.key}",
            "IdentitiesOnly yes",
            f"UserKnownHostsFile {self.known_hosts}",
            "GlobalKnownHostsFile /dev/null",
        ]
        self._hosts: list[str] = []
        self._write()

    def add(self, bench: Bench, *settings: str, known: bool = True) -> None:
        """Describes a bench host; settings stand before those that are for all."""
        self._hosts += [f"Host {bench.name}", "HostName 127.0.0.1", f"Port {bench.port}", *settings]
        if known:
            with self.known_hosts.open("a", encoding="ascii") as file:
                file.write(bench.known)
        self._write()

    def move(self, bench: Bench, port: int) -> None:
        """It is reached at another port, which leads to it."""
        for file, old, new in (
            (self.known_hosts, f"]:{bench.port} ", f"]:{port} "),
            (self.config, f"Port {bench.port}\n", f"Port {port}\n"),
        ):
            text = file.read_text(encoding="utf-8")
            assert old in text
            file.write_text(text.replace(old, new), encoding="utf-8")

    def url(self, place: str, host: str = "bench", **options: object) -> str:
        """ssh://HOST/PLACE with this configuration."""
        given = "".join(f"&{name}={value}" for name, value in options.items())
        return f"ssh://{host}{place}?ssh_config={self.config}{given}"

    def _write(self) -> None:
        self.config.write_text("\n".join([*self._hosts, *self._common]) + "\n", encoding="utf-8")


@pytest.fixture
def start_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Starts bench hosts: their names, and lines for their sshd_config."""
    sshd()
    started: list[Bench] = []

    def start(name: str = "bench", *settings: str) -> Bench:
        bench = Bench(tmp_path, name, *settings)
        started.append(bench)
        bench.start()
        return bench

    yield start
    for bench in started:
        bench.kill()


@pytest.fixture
def bench(start_bench: Callable[..., Bench], way: Way) -> Bench:
    """One that knows us, and that we know."""
    bench = start_bench()
    bench.admit(way.key)
    way.add(bench)
    return bench


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Without the agent of whoever runs the tests, and what other tests call a bench host is another."""
    sshd()
    monkeypatch.setenv("CEHARNESS_LOCKS", str(tmp_path / "locks"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Way(tmp_path)


@pytest.fixture
def port() -> Iterator[tuple[int, str]]:
    """A serial port of the bench host: its other end, and its name."""
    import pty

    other, slave = pty.openpty()
    name = os.ttyname(slave)
    yield other, name
    for end in (other, slave):
        with contextlib.suppress(OSError):
            os.close(end)
