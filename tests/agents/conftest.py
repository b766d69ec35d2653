"""The drivers of the agent's core, compiled once for all tests of a process."""

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_driver import ROOT, Core


@pytest.fixture(scope="session")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with driver-32 and driver-64."""
    if not (sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")):
        pytest.skip("the core's test driver is made for Linux on x86-64")
    folder = tmp_path_factory.mktemp("drivers")
    program = ROOT / "device_agent" / "build_tests.py"
    done = subprocess.run([sys.executable, program, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session", params=[32, 64])
def core(drivers: Path, request: pytest.FixtureRequest) -> Iterator[Core]:
    """The core for 32 and for 64 bits, one process for all tests."""
    core = Core(drivers / f"driver-{request.param}", request.param // 8)
    yield core
    core.close()
