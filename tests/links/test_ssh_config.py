"""What is read from ssh_config and from URLs, without a host to go to."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.links.opening import bench_address
from harness.links.serial import SerialSettings
from harness.links.ssh import BenchPort, BenchTcp
from harness.links.ssh.config import Config, Hop
from harness.links.ssh.port import stty_words


def last(tmp_path: Path, text: str, name: str = "bench") -> Hop:
    file = tmp_path / "config"
    file.write_text(text, encoding="utf-8")
    return Config(file).way(name)[-1]


def test_without_a_word_about_it(tmp_path: Path) -> None:
    hop = last(tmp_path, "")
    assert (hop.host, hop.port, hop.key_name) == ("bench", 22, "bench")
    assert [path.name for path in hop.identities] == ["id_rsa", "id_ecdsa", "id_ed25519"]
    assert not hop.chosen
    assert hop.agent
    assert Path("~/.ssh/known_hosts").expanduser() in hop.known_hosts
    assert Path("/etc/ssh/ssh_known_hosts") in hop.known_hosts


def test_what_it_says(tmp_path: Path) -> None:
    hop = last(
        tmp_path,
        "Host bench\nHostName 10.0.0.9\nPort 2222\nUser lab\nIdentityFile ~/keys/%h\nIdentitiesOnly yes\n"
        "IdentityAgent none\nUserKnownHostsFile /a/known /b/known\nGlobalKnownHostsFile none\n"
        "ConnectTimeout 3\nServerAliveInterval 1\nServerAliveCountMax 2\nProxyCommand nc %h %p\n",
    )
    assert str(hop) == "lab@10.0.0.9:2222"
    assert hop.identities == (Path("~/keys/10.0.0.9").expanduser(),)
    assert hop.chosen
    assert hop.only_identities
    assert not hop.agent
    assert hop.known_hosts == (Path("/a/known"), Path("/b/known"))
    assert hop.key_name == "[10.0.0.9]:2222"
    assert hop.command == "nc 10.0.0.9 2222"
    assert (hop.connect, hop.silence) == (3, 2)


def test_what_the_url_says_wins(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Host bench\nPort 2222\nUser lab\n", encoding="utf-8")
    assert str(Config(file).way("bench", "me", 22)[-1]) == "me@bench"


def test_hosts_in_between(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        "Host inner\nUser deep\nProxyJump nobody\nHost bench\nUser lab\nProxyJump me@outer:2200,inner\n",
        encoding="utf-8",
    )
    assert [str(hop) for hop in Config(file).way("bench")] == ["me@outer:2200", "deep@inner", "lab@bench"]


def test_included_files(tmp_path: Path) -> None:
    (tmp_path / "one.conf").write_text("Host bench\nPort 2222\n", encoding="utf-8")
    (tmp_path / "two.conf").write_text("Host other\nUser nobody\n", encoding="utf-8")
    # What stands behind an Include is not about the host that the included file ends with.
    hop = last(tmp_path, f"Include {tmp_path}/*.conf\nUser lab\n")
    assert (hop.user, hop.port) == ("lab", 2222)


def test_an_included_file_that_includes_itself(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too many files that include each other"):
        last(tmp_path, f"Include {tmp_path}/config\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Port many", "port many: expected a number"),
        ("ProxyJump a b", "ProxyJump 'a b' of bench"),
        ("Match sometimes", "config: "),
    ],
)
def test_mistakes_in_it(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        last(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing: no such file"):
        Config(tmp_path / "nothing").way("bench")


def test_urls() -> None:
    address = bench_address("ssh://me@bench:2222/dev/serial/by-id/usb-FTDI_A5-if00-port0?baud=9600&silence=9")
    assert (address.user, address.host, address.port, address.silence) == ("me", "bench", 2222, 9)
    assert address.wanted == BenchPort("/dev/serial/by-id/usb-FTDI_A5-if00-port0", SerialSettings(baud=9600))
    address = bench_address("ssh://[fe80::1%25eth0]/tcp/[fe80::2]:5555")
    assert (address.user, address.host, address.port) == (None, "fe80::1%25eth0", None)
    assert address.wanted == BenchTcp("fe80::2", 5555)
    assert str(address.wanted) == "[fe80::2]:5555"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ssh://", "it needs a bench host"),
        ("ssh:///dev/ttyUSB0", "it needs a bench host"),
        ("ssh://bench", "behind the bench host it needs /dev/PORT or /tcp/HOST:PORT"),
        ("ssh://bench:0/dev/ttyUSB0", "its port '0' is not a number from 1 to 65535"),
        ("ssh://bench/tcp/10.0.0.7", "behind /tcp/ it needs a host and a port"),
        ("ssh://bench/tcp/10.0.0.7:99999", "its port '99999' is not a number"),
        ("ssh://bench/tcp/10.0.0.7:5555?baud=9600", "a TCP port has no baud"),
        ("ssh://bench/dev/tty;reboot", "is no name of a port"),
        ("ssh://bench/dev/ttyUSB0?dtr=1", "dtr and rts cannot be set on a bench host"),
        ("ssh://bench/dev/ttyUSB0?parity=M", "only set the parities N, E and O"),
        ("ssh://bench/dev/ttyUSB0?silence=no", "silence=no, expected seconds"),
        ("ssh://bench/dev/ttyUSB0?speed=9600", "unknown setting 'speed'"),
    ],
)
def test_bad_urls(url: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        bench_address(url)
    assert why in str(caught.value)


def test_words_for_stty() -> None:
    assert stty_words(SerialSettings()) == "raw -echo clocal cread cs8 -parenb -cstopb -crtscts"
    odd = SerialSettings(parity="O", data=7, stop=2, rtscts=True)
    assert stty_words(odd) == "raw -echo clocal cread cs7 parenb parodd cstopb crtscts"
