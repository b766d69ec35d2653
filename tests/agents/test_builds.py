"""The executables: what the loader of Windows CE sees, and that equal sources make equal bytes."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pefile
import pytest
from core_driver import ROOT

from harness.agents import BUILDS, CPU_BUILDS, build_agents, executable, info, provider_library
from harness.errors import UsageError

CE_EXPORTS = {
    line
    for line in (ROOT / "tests" / "data" / "coredll_exports.txt").read_text(encoding="ascii").splitlines()
    if line and not line.startswith("#")
}
MACHINES = {"ce-armv4i": 0x1C2, "ce-armv7": 0x1C4, "ce-x86": 0x14C, "ce-mipsii": 0x166, "win32-x64": 0x8664}
LARGEST = 64 * 1024


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build_agents()


@pytest.mark.parametrize("build", CPU_BUILDS.values())
def test_ce_header(build: str) -> None:
    image = pefile.PE(str(executable(build)))
    header, optional = image.FILE_HEADER, image.OPTIONAL_HEADER
    assert header.Machine == MACHINES[build]
    assert header.TimeDateStamp == 0
    assert optional.Magic == 0x10B
    assert optional.Subsystem == 9
    assert (optional.MajorSubsystemVersion, optional.MinorSubsystemVersion) == (4, 0)
    assert optional.DllCharacteristics == 0
    assert optional.ImageBase == 0x10000
    assert (optional.SectionAlignment, optional.FileAlignment) == (0x1000, 0x200)
    assert (optional.SizeOfStackReserve, optional.SizeOfStackCommit) == (0x10000, 0x1000)
    assert image.verify_checksum()
    assert image.get_warnings() == []


@pytest.mark.parametrize("build", CPU_BUILDS.values())
def test_relocations_are_stripped_or_there(build: str) -> None:
    image = pefile.PE(str(executable(build)))
    stripped = bool(image.FILE_HEADER.Characteristics & 1)
    assert stripped != hasattr(image, "DIRECTORY_ENTRY_BASERELOC")
    if stripped:
        assert image.FILE_HEADER.Characteristics == 0x10F


@pytest.mark.parametrize("build", CPU_BUILDS.values())
def test_imports_are_names_that_coredll_exports(build: str) -> None:
    imports = [name.split("!") for name in info(executable(build)).imports]
    assert imports
    assert {module for module, _ in imports} == {"COREDLL.dll"}
    assert {name for _, name in imports} <= CE_EXPORTS


def test_every_import_is_used() -> None:
    definition = (ROOT / "device_agent" / "platform" / "coredll.def").read_text(encoding="ascii")
    names = definition.split("EXPORTS")[1].split()
    sources = [ROOT / "device_agent" / "platform" / "ce.c", *(ROOT / "device_agent" / "agent").glob("*.c")]
    text = "".join(path.read_text(encoding="ascii") for path in sources)
    assert [name for name in names if f"{name}(" not in text and f"&{name}" not in text] == []


@pytest.mark.parametrize("build", BUILDS)
def test_size(build: str) -> None:
    assert info(executable(build)).size <= LARGEST


@pytest.mark.parametrize("build", CPU_BUILDS.values())
def test_memory(build: str) -> None:
    # What the loader maps for the supervisor. Of half a megabyte the shared memory takes 264 KiB (program.h),
    # the stacks 36: 3 threads of the supervisor, 2 of the worker, 4 that a program may start. What of that is
    # used, by both processes, is measured in test_working_set.py.
    assert pefile.PE(str(executable(build))).OPTIONAL_HEADER.SizeOfImage <= (512 - 264 - 36) * 1024


@pytest.mark.long
def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    for path in build_agents(output=tmp_path):
        assert path.read_bytes() == executable(path.stem.removeprefix("ceagent-")).read_bytes(), path.name
    for cpu in CPU_BUILDS:
        library = provider_library(cpu)
        assert (tmp_path / library.name).read_bytes() == library.read_bytes(), library.name


def test_no_path_of_this_machine_is_in_them() -> None:
    for path in (*map(executable, BUILDS), *map(provider_library, CPU_BUILDS)):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content
        assert sys.prefix.encode() not in content


def test_nothing_is_compiled_again_without_a_change() -> None:
    before = {build: executable(build).stat().st_mtime_ns for build in BUILDS}
    build_agents()
    assert {build: executable(build).stat().st_mtime_ns for build in BUILDS} == before


def test_unknown_build() -> None:
    with pytest.raises(UsageError, match="no build 'ce-sh4': expected one of ce-armv4i"):
        build_agents(["ce-sh4"])
    with pytest.raises(UsageError, match="no build 'ce-sh4'"):
        executable("ce-sh4")


def test_build_program_names_its_builds() -> None:
    program = ROOT / "device_agent" / "build.py"
    done = subprocess.run([sys.executable, program, "ce-sh4"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such build: ce-sh4" in done.stderr


def test_info() -> None:
    path = executable("ce-armv4i")
    found = info(path)
    assert (found.cpu, found.machine, found.subsystem) == ("arm", 0x1C2, 9)
    assert found.size == path.stat().st_size
    assert "COREDLL.dll!EventModify" in found.imports
    assert {info(executable(build)).cpu: build for build in CPU_BUILDS.values()} == CPU_BUILDS


def test_info_of_what_is_no_ce_executable(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("MZ, but no executable")
    with pytest.raises(UsageError, match=r"notes\.txt is not an executable for Windows CE: ") as caught:
        info(text)
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="cannot read"):
        info(tmp_path / "absent.exe")
    with pytest.raises(UsageError, match="cannot read"):
        info(tmp_path)
    desktop = tmp_path / "desktop.exe"
    image = bytearray(executable("ce-x86").read_bytes())
    offset = int.from_bytes(image[0x3C:0x40], "little")
    image[offset + 24 + 68] = 3
    desktop.write_bytes(image)
    with pytest.raises(UsageError, match="machine 0x14C, subsystem 3"):
        info(desktop)


@pytest.mark.parametrize("package", ["elftools", "ziglang", "zcbor"])
def test_missing_package_is_named(package: str, tmp_path: Path) -> None:
    program = (
        f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv[:1] = ['build.py', '--output']; "
        f"runpy.run_path({str(ROOT / 'device_agent' / 'build.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT / "device_agent")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is not installed: python -m pip install" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.long
def test_wheel_carries_executables_and_sources(tmp_path: Path) -> None:
    build: list[str | Path] = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    build += ["-w", tmp_path, ROOT]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    content = tmp_path / "content"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(content)
    for name in BUILDS:
        carried = content / "harness" / "agents" / "bin" / f"ceagent-{name}.exe"
        assert carried.read_bytes() == executable(name).read_bytes()
    for cpu in CPU_BUILDS:
        library = provider_library(cpu)
        assert (content / "harness" / "agents" / "bin" / library.name).read_bytes() == library.read_bytes()
    assert "Apache License" in (content / "harness" / "agents" / "bin" / "LICENSE.zcbor").read_text()
    for name in ("base.html", "conformance.html", "style.css", "script.js"):
        assert (content / "harness" / "report" / "pages" / "templates" / name).is_file()
    again = (
        "from harness.agents import build_agents; import sys, pathlib; build_agents(output=pathlib.Path('x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", again], cwd=content, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in BUILDS:
        assert (content / "x" / f"ceagent-{name}.exe").read_bytes() == executable(name).read_bytes()
