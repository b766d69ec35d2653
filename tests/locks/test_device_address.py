"""Two links to one device have one address, links to two devices have two."""

from pathlib import Path

import pytest

from harness.targets.locks import device_address


def test_a_serial_port_is_its_real_path(tmp_path: Path) -> None:
    port, stable = tmp_path / "ttyUSB0", tmp_path / "by-id"
    port.touch()
    stable.symlink_to(port)
    addresses = {
        device_address(url)
        for url in (
            str(port),
            str(stable),
            f"serial://{stable}?baud=9600",
            f"serial://{port}?baud=115200&rtscts=1",
            f"fault+serial://{port}?baud=115200&flip=1e-3",
            f"spy://{stable}?file=/dev/null",
        )
    }
    assert addresses == {str(port.resolve())}


def test_a_port_that_is_found_by_an_expression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyUSB3"
    port.touch()
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / "usb-panel").symlink_to(port)
    monkeypatch.setattr("harness.links.ports.LINKS", (str(tmp_path / "by-id"),))
    assert device_address("hwgrep://usb-pan.l&baud=9600") == str(port)
    assert device_address("hwgrep://nothing.*") != device_address("hwgrep://nothing.+")


@pytest.mark.parametrize("url", ["COM5", "com5:", "serial://COM5?baud=9600", r"\\.\COM5"])
def test_a_port_of_windows(url: str) -> None:
    assert device_address(url) == "COM5"


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        (
            ("tcp://LOCALHOST:5555", "socket://127.0.0.1:5555", "rfc2217://127.0.0.1:5555?logging=debug"),
            "tcp:127.0.0.1:5555",
        ),
        (("tcp://Rack7.example.com.:22", "rfc2217://rack7.EXAMPLE.com:22"), "tcp:rack7.example.com:22"),
        (("tcp://[::1]:5555", "tcp://[0:0:0:0:0:0:0:1]:5555"), "tcp:[::1]:5555"),
        (("tcp://[::ffff:10.0.0.7]:9", "tcp://10.0.0.7:9"), "tcp:10.0.0.7:9"),
        (
            ("tcp-listen://0.0.0.0:5555", "tcp-listen://192.168.1.2:5555", "tcp-listen://5555"),
            "tcp-listen:5555",
        ),
        (
            ("ssh://anna@bench/dev/ttyUSB0?baud=9600", "ssh://ben@BENCH:22/dev/ttyUSB0"),
            "ssh:bench:22/dev/ttyUSB0",
        ),
        (("ssh://bench:2222/tcp/10.0.0.7:5555",), "ssh:bench:2222/tcp/10.0.0.7:5555"),
    ],
)
def test_what_does_not_count(urls: tuple[str, ...], address: str) -> None:
    assert {device_address(url) for url in urls} == {address}


def test_what_counts() -> None:
    urls = (
        "tcp://10.0.0.7:5555",
        "tcp://10.0.0.7:5556",
        "tcp://10.0.0.8:5555",
        "tcp-listen://5555",
        "ssh://bench/dev/ttyUSB0",
        "ssh://bench/dev/ttyUSB1",
        "ssh://bench2/dev/ttyUSB0",
        "/dev/ttyUSB0",
        "/dev/ttyUSB1",
    )
    assert len({device_address(url) for url in urls}) == len(urls)
