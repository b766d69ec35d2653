"""The script that serves a serial port of a bench host, under the shells that bench hosts have as sh."""

import os
import secrets
import select
import shutil
import subprocess
import sys
from importlib.resources import files
from typing import IO

import pytest

from harness.links.serial import SerialSettings
from harness.links.ssh.port import stty_words
from tests.links.test_ssh_link import EVERY_BYTE, read_from, users_of, wait_until_free

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX, pseudo terminals")

SCRIPT = files("harness.links.ssh").joinpath("port.sh").read_text(encoding="utf-8")
SHELLS = [
    shell for shell in (["sh"], ["bash"], ["busybox", "sh"], ["mksh"], ["posh"]) if shutil.which(shell[0])
]


def start(shell: list[str], port: str, speed: int = 9600) -> "subprocess.Popen[bytes]":
    mark = secrets.token_hex(8)  # another test is another controller
    words = [port, stty_words(SerialSettings()), str(speed), mark]
    return subprocess.Popen(
        [*shell, "-c", SCRIPT, f"ceharness-link-{mark}", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(stream: "IO[bytes] | None", word: bytes) -> None:
    assert stream is not None
    said = b""
    while word not in said:
        assert select.select([stream], [], [], 30)[0], said
        data = os.read(stream.fileno(), 4096)
        said += data
        assert data, said


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell(shell: list[str], port: tuple[int, str]) -> None:
    other, name = port
    with start(shell, name) as script:
        wait_for(script.stderr, b"ceharness: ready\n")
        assert script.stdin is not None
        assert script.stdout is not None
        script.stdin.write(EVERY_BYTE)
        script.stdin.flush()
        assert read_from(other, 256) == EVERY_BYTE
        os.write(other, EVERY_BYTE)
        assert read_from(script.stdout.fileno(), 256) == EVERY_BYTE
        wait_for(script.stderr, b"\n")
        script.stdin.close()
        script.wait(30)
        assert users_of(name) == []


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_nobody_hears_it_any_more_while_the_port_takes_nothing(
    shell: list[str], port: tuple[int, str]
) -> None:
    with start(shell, port[1]) as script:
        wait_for(script.stderr, b"ready\n")
        assert script.stdin is not None
        os.write(script.stdin.fileno(), bytes(60_000))
        for stream in (script.stdin, script.stdout, script.stderr):
            assert stream is not None
            stream.close()
        script.wait(30)
        wait_until_free(port[1])


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_is_wrong(shell: list[str], port: tuple[int, str]) -> None:
    for place, speed, word in (
        ("/dev/ttyNONE7", 9600, b"missing"),
        ("/dev/null", 9600, b"terminal"),
        (port[1], 12345, b"speed"),
    ):
        with start(shell, place, speed) as script:
            wait_for(script.stderr, b"ceharness: " + word)
