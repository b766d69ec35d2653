"""The agent for Windows CE on x86, as it is built for devices, on 32-bit Wine."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from wine32_root import ROOT, libraries, missing, server, wine
from wine32_shims import build_shims

from harness.agents import build_agents, executable
from harness.targets.base import TargetConfig, Timing
from harness.targets.loopback import free_port

KEY = bytes(range(32)).hex()


@contextmanager
def on_wine32(folder: Path) -> Iterator[TargetConfig]:
    """The target whose agent listens there, with a key. What Wine needs in `folder` goes at the end."""
    if reason := missing(ROOT):
        pytest.skip(reason)
    build_agents()
    prefix, drive = folder / "prefix", folder / "prefix" / "drive_c"
    environment = {
        **os.environ,
        "WINEPREFIX": str(prefix),
        "WINEARCH": "win32",
        "WINEDEBUG": "-all,+debugstr",
        "DISPLAY": "",
    }
    log = folder / "wine.log"
    key = folder / "ceagent.key"
    key.write_text(KEY, encoding="ascii")
    key.chmod(0o600)
    try:
        with log.open("wb") as output:
            # Wine would look for them where Debian has them, if that were not a folder of its own here.
            system = drive / "windows" / "system32"
            system.mkdir(parents=True)
            for library in libraries(ROOT).glob("*.dll"):
                shutil.copy(library, system)
            boot = [wine(ROOT), "wineboot", "--init"]
            subprocess.run(boot, env=environment, stdout=output, stderr=output, check=True, timeout=200)
            made = folder / "shims"
            made.mkdir()
            build_shims(made)
            for file in (executable("ce-x86"), key, made / "COREDLL.dll", made / "ws2.dll"):
                shutil.copy(file, drive)
            port = free_port()
            process = subprocess.Popen(
                [wine(ROOT), rf"C:\{executable('ce-x86').name}", f"link=tcp:{port}"],
                env=environment,
                cwd=drive,
                stdout=output,
                stderr=output,
            )
            try:
                _wait_for(port, process, log)
                settings = {"host": "127.0.0.1", "port": str(port), "key": str(key)}
                yield TargetConfig("wine32", "tcp", settings, timing=Timing(connect=60))
            finally:
                process.kill()
                process.wait()
    finally:
        subprocess.run([server(ROOT), "-k"], env=environment, check=False)
        shutil.rmtree(prefix, ignore_errors=True)  # half a gigabyte


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"the agent does not listen on Wine:\n{log.read_text(errors='replace')}")
