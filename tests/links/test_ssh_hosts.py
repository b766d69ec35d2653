"""The way to a bench host: who it is, who we are, and the hosts in between. Real servers and agents."""

import logging
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import LinkError, LinkGone
from harness.links import open_link
from harness.links.opening import bench_address
from harness.links.ssh.dialer import SshDialer
from harness.targets.loopback import free_port
from tests.links.bench import Bench, Way, new_key

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an SSH server of POSIX")
Start = Callable[..., Bench]


def reach(way: Way, host: str = "bench") -> str:
    """Log in to a bench host, and out; in words what is there."""
    made = SshDialer(bench_address(way.url("/dev/ttyNONE", host)))
    try:
        return made.log_in()
    finally:
        made.close()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> Iterator[Callable[..., None]]:
    """An agent; adds keys to it."""
    place = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it is there
    monkeypatch.setenv("SSH_AUTH_SOCK", str(place))

    def add(*keys: Path) -> None:
        subprocess.run(["ssh-add", "-q", *map(str, keys)], check=True, stdin=subprocess.DEVNULL)

    yield add
    process.send_signal(signal.SIGTERM)
    process.communicate()


# --- who is the host? ------------------------------------------------------------------------


def test_an_unknown_host_is_refused_with_the_command_that_adds_it(start_bench: Start, way: Way) -> None:
    bench = start_bench()
    bench.admit(way.key)
    way.add(bench, known=False)
    with pytest.raises(LinkGone, match="its host key is not known") as caught:
        reach(way)
    shown = subprocess.run(
        ["ssh-keygen", "-lf", f"{bench.host_key}.pub"], capture_output=True, text=True, check=True
    ).stdout
    assert shown.split()[1] in str(caught.value), "the fingerprint to compare"
    assert way.known_hosts.read_text(encoding="ascii") == "", "nothing is added by itself"
    assert "Accepted" not in bench.log
    command = re.search(r"ssh-keyscan .*", str(caught.value))
    assert command is not None
    subprocess.run(["sh", "-c", command[0]], check=True, stderr=subprocess.DEVNULL)
    assert "OpenSSH" in reach(way)


def test_a_changed_host_key_is_refused_with_the_line_to_look_at(bench: Bench, way: Way) -> None:
    bench.kill()
    bench.host_key.unlink()
    new_key(bench.host_key)
    bench.start()
    text = way.known_hosts.read_text(encoding="ascii")
    way.known_hosts.write_text("# the hosts of the lab\n" + text, encoding="ascii")
    with pytest.raises(LinkGone, match=f"has changed: .*{way.known_hosts}:2") as caught:
        reach(way)
    command = re.search(r"ssh-keygen -R .*", str(caught.value))
    assert command is not None
    subprocess.run(["sh", "-c", command[0]], check=True, capture_output=True)
    with pytest.raises(LinkGone, match="is not known"):
        reach(way)
    assert bench.log.count("Accepted publickey") == 0


def test_hashed_names(bench: Bench, way: Way) -> None:
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(way.known_hosts)], check=True, capture_output=True)
    assert "127.0.0.1" not in way.known_hosts.read_text(encoding="ascii")
    assert "OpenSSH" in reach(way)


def test_a_revoked_key(bench: Bench, way: Way) -> None:
    with way.known_hosts.open("a", encoding="ascii") as file:
        file.write("@revoked * " + bench.known.split(None, 1)[1])
    with pytest.raises(LinkGone, match=f"is revoked, says {way.known_hosts}:2"):
        reach(way)


def test_a_host_that_is_known_under_another_name(start_bench: Start, way: Way) -> None:
    bench = start_bench()
    bench.admit(way.key)
    way.add(bench, "HostKeyAlias rack7", known=False)
    with pytest.raises(LinkGone, match=rf"ssh -F {way.config} -o StrictHostKeyChecking=ask -p {bench.port} "):
        reach(way)
    way.known_hosts.write_text("rack7 " + bench.known.split(None, 1)[1], encoding="ascii")
    assert "OpenSSH" in reach(way)


def test_the_kind_of_key_that_is_known_is_asked_for(start_bench: Start, way: Way, tmp_path: Path) -> None:
    """As ssh does it: a host with a second key is not a changed host."""
    rsa = new_key(tmp_path / "rsa", "-t", "rsa", "-b", "2048")
    bench = start_bench("bench", f"HostKey {rsa}")
    bench.admit(way.key)
    way.add(bench, known=False)
    public = rsa.with_suffix(".pub").read_text(encoding="ascii")
    way.known_hosts.write_text(f"[127.0.0.1]:{bench.port} {public}", encoding="ascii")
    assert "OpenSSH" in reach(way)


# --- who are we? -----------------------------------------------------------------------------


def test_a_key_that_the_host_does_not_know(start_bench: Start, way: Way) -> None:
    bench = start_bench()
    way.add(bench)
    with pytest.raises(LinkGone, match=f"refuses every key for .*: {way.key}; ssh-copy-id -p {bench.port} "):
        reach(way)


def test_an_encrypted_key_needs_an_agent(bench: Bench, way: Way, agent: Callable[..., None]) -> None:
    words = ["ssh-keygen", "-q", "-p", "-f", str(way.key), "-P", "", "-N", "secret"]
    agent(way.key)
    assert "of the agent" in reach(way)
    subprocess.run(words, check=True, capture_output=True)
    assert "of the agent" in reach(way), "the agent has it, decrypted"
    subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
    with pytest.raises(LinkGone, match=f"it is encrypted, and no agent has it: ssh-add {way.key}"):
        reach(way)


def test_a_key_that_only_the_agent_has(
    start_bench: Start, way: Way, agent: Callable[..., None], tmp_path: Path
) -> None:
    held = new_key(tmp_path / "held")
    agent(held)
    held.unlink()
    bench = start_bench()
    bench.admit(held)
    way.add(bench, "IdentitiesOnly no")
    assert "of the agent" in reach(way)


def test_only_the_identities_that_are_named(
    start_bench: Start, way: Way, agent: Callable[..., None], tmp_path: Path
) -> None:
    others = [new_key(tmp_path / f"other{number}") for number in range(6)]
    agent(*others)
    bench = start_bench()
    bench.admit(way.key)
    way.add(bench, "IdentitiesOnly no")
    with pytest.raises(LinkGone, match=r"the host hung up after \d keys .* IdentitiesOnly yes"):
        reach(way)
    way.config.write_text(way.config.read_text(encoding="utf-8").replace("Only no", "Only yes"))
    assert str(way.key) in reach(way)


def test_a_key_that_others_can_read(bench: Bench, way: Way) -> None:
    way.key.chmod(0o644)
    with pytest.raises(LinkGone, match=f"others may read it, as ssh does not allow: chmod 600 {way.key}"):
        reach(way)


def test_a_file_that_is_no_key(bench: Bench, way: Way) -> None:
    way.key.write_text("no key", encoding="ascii")
    with pytest.raises(LinkGone, match=f"{way.key}: it cannot be read as a private key"):
        reach(way)


def test_a_host_that_takes_no_keys(start_bench: Start, way: Way) -> None:
    bench = start_bench("bench", "PubkeyAuthentication no", "PasswordAuthentication yes")
    way.add(bench)
    with pytest.raises(LinkGone, match="only with password: its sshd_config needs PubkeyAuthentication yes"):
        reach(way)


@pytest.mark.parametrize(("kind", "bits"), [("rsa", "2048"), ("ecdsa", "256")])
def test_other_kinds_of_keys(start_bench: Start, way: Way, tmp_path: Path, kind: str, bits: str) -> None:
    key = new_key(tmp_path / "other", "-t", kind, "-b", bits)
    bench = start_bench()
    bench.admit(key)
    way.add(bench, f"IdentityFile {key}")
    assert str(key) in reach(way)


# --- the way ---------------------------------------------------------------------------------


def test_hosts_in_between(start_bench: Start, way: Way) -> None:
    """A chain of two, the second named by its address only."""
    first, second, last = start_bench("first"), start_bench("second"), start_bench("bench")
    for one in (first, second, last):
        one.admit(way.key)
    way.add(first)
    way.add(second)
    way.add(last, f"ProxyJump first,127.0.0.1:{second.port}")
    assert "OpenSSH" in reach(way)
    assert [one.log.count("Accepted publickey") for one in (first, second, last)] == [1, 1, 1]


def test_how_the_first_host_in_between_is_reached_is_said_where_it_is_described(
    start_bench: Start, way: Way
) -> None:
    first, second, last = start_bench("first"), start_bench("second"), start_bench("bench")
    for one in (first, second, last):
        one.admit(way.key)
    way.add(first)
    way.add(second, "ProxyJump first")
    way.add(last, "ProxyJump second")
    assert "OpenSSH" in reach(way)
    assert first.log.count("Accepted publickey") == 1


def test_a_host_in_between_that_is_not_known(start_bench: Start, way: Way) -> None:
    first, last = start_bench("first"), start_bench("bench")
    way.add(first, known=False)
    way.add(last, "ProxyJump first")
    with pytest.raises(LinkGone, match=f":{first.port}: its host key is not known"):
        reach(way)


def test_a_bench_host_that_is_not_known_behind_another(start_bench: Start, way: Way) -> None:
    """No keyscan gets there: ssh itself asks, and adds it."""
    first, last = start_bench("first"), start_bench("bench")
    for one in (first, last):
        one.admit(way.key)
    way.add(first)
    way.add(last, "ProxyJump first", known=False)
    with pytest.raises(LinkGone, match="its host key is not known") as caught:
        reach(way)
    command = re.search(r"ssh -F .*", str(caught.value))
    assert command is not None
    accepting = command[0].replace("StrictHostKeyChecking=ask", "StrictHostKeyChecking=accept-new")
    subprocess.run(["sh", "-c", accepting], check=True, capture_output=True)
    assert "OpenSSH" in reach(way)


def test_a_bench_host_that_is_off_behind_another(start_bench: Start, way: Way) -> None:
    first, last = start_bench("first"), start_bench("bench")
    first.admit(way.key)
    way.add(first)
    way.add(last, "ProxyJump first")
    last.kill()
    with pytest.raises(LinkError, match=rf":{last.port}: not reached: 127\.0\.0\.1 gets no connection"):
        reach(way)


def test_a_circle_of_hosts_in_between(start_bench: Start, way: Way) -> None:
    one, other = start_bench("one"), start_bench("bench")
    way.add(one, "ProxyJump bench")
    way.add(other, "ProxyJump one")
    with pytest.raises(Exception, match="go in a circle"):
        reach(way)


def test_a_command_that_carries_the_connection(start_bench: Start, way: Way) -> None:
    first, last = start_bench("first"), start_bench("bench")
    for one in (first, last):
        one.admit(way.key)
    way.add(first)
    way.add(last, f"ProxyCommand ssh -F {way.config} -W %h:%p first")
    assert "OpenSSH" in reach(way)
    assert first.log.count("Accepted publickey") == 1


def test_a_command_that_ends(start_bench: Start, way: Way) -> None:
    way.add(start_bench(), "ProxyCommand echo no such proxy >&2; exit 1")
    with pytest.raises(LinkError, match=r"no SSH connection: no such proxy"):
        reach(way)


def test_a_refused_port(start_bench: Start, way: Way) -> None:
    bench = start_bench()
    way.add(bench)
    bench.kill()
    with pytest.raises(LinkError, match=f"connection refused: no SSH server listens on port {bench.port}"):
        reach(way)


def test_something_else_listens_there(way: Way) -> None:
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 ftp.example.com ready\r\n" * 200)

        threading.Thread(target=serve, daemon=True).start()
        url = f"ssh://127.0.0.1:{server.getsockname()[1]}/dev/ttyNONE?ssh_config={way.config}"
        with pytest.raises(LinkError, match="does an SSH server listen there"):
            open_link(url, timeout=30)


def test_no_host_of_that_name(way: Way) -> None:
    with pytest.raises(LinkError, match=r"no host of the name 'bench\.invalid'"):
        open_link(f"ssh://bench.invalid/dev/ttyNONE?ssh_config={way.config}", timeout=30)


def test_nothing_of_it_is_told_as_a_warning(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    """Paramiko logs errors of its own; here they are raised, once."""
    with pytest.raises(LinkError):
        open_link(f"ssh://127.0.0.1:{free_port()}/dev/ttyNONE?ssh_config={way.config}", timeout=30)
    test_something_else_listens_there(way)
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []
