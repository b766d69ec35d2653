"""Names of the builds, and where their executables, DLLs and sources are."""

from pathlib import Path

from harness.errors import UsageError

CPU_BUILDS = {"arm": "ce-armv4i", "armv7": "ce-armv7", "x86": "ce-x86", "mips": "ce-mipsii"}
"""The build for each CPU of a Windows CE device."""

BUILDS = (*CPU_BUILDS.values(), "win32-x64")
"""All builds; the last is for desktop Windows and Wine."""

FOLDER = Path(__file__).resolve().parent / "bin"
"""Where the executables are."""


def executable(build: str) -> Path:
    """The executable of a build (see `BUILDS`).

    Raises UsageError when there is no such build, or when it was not compiled yet.
    """
    if build not in BUILDS:
        raise UsageError(f"no build {build!r}: expected one of {', '.join(BUILDS)}")
    path = FOLDER / f"ceagent-{build}.exe"
    if not path.is_file():
        raise UsageError(f"{path} is not there: run `ceharness agent build`")
    return path


def provider_library(cpu: str) -> Path:
    """The service provider of our own for a CPU of a Windows CE device (see `CPU_BUILDS`).

    Raises UsageError when there is no such CPU, or when it was not compiled yet.
    """
    if cpu not in CPU_BUILDS:
        raise UsageError(f"no service provider for the CPU {cpu!r}: expected one of {', '.join(CPU_BUILDS)}")
    path = FOLDER / f"ceprovider-{CPU_BUILDS[cpu]}.dll"
    if not path.is_file():
        raise UsageError(f"{path} is not there: run `ceharness agent build`")
    return path


def sources() -> Path:
    """The folder with the agent's C sources and build.py: in the package, or in the checkout it lies in.

    Raises UsageError when there is neither.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "source", package.parents[1] / "device_agent"):
        if (folder / "build.py").is_file():
            return folder
    raise UsageError(f"the sources of the agent are missing: {package / 'source'} is not there")
