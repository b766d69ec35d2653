"""Compiling the agents: device_agent/build.py, run as a program of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.agents.places import BUILDS, FOLDER, executable, sources
from harness.errors import UsageError


def build_agents(builds: Sequence[str] = BUILDS, *, output: Path | None = None) -> list[Path]:
    """Compiles the named builds into `output` (`harness/agents/bin` when None); returns the executables. The
    service providers of those for Windows CE lie beside them.

    A build whose sources are as they were is not compiled again. Raises UsageError when there is no such
    build, when the compiler (`pip install 'ceharness[build]'`) is missing, and with the compiler's words when
    it fails.
    """
    for build in builds:
        if build not in BUILDS:
            raise UsageError(f"no build {build!r}: expected one of {', '.join(BUILDS)}")
    folder = FOLDER if output is None else output
    program = sources() / "build.py"
    done = subprocess.run(
        [sys.executable, program, *builds, "--output", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(
            f"the agents cannot be built: {done.stderr.strip() or f'exit code {done.returncode}'}"
        )
    return [executable(build) if output is None else folder / f"ceagent-{build}.exe" for build in builds]
