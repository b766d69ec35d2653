r"""What a storage card needs so that a device starts the agent from it: `\2577\autorun.exe` and its like.

When a card is put in, the shell looks for autorun.exe in the folder that bears the number of the device's
processor, copies it to \Windows and starts the copy with the word "install" (page aa454179; the folders:
pages aa453696, ms931644). The agent finds its settings and its key beside the original.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.agents import CPU_BUILDS, executable, info
from harness.errors import UsageError
from harness.provisioning.fat import write_image
from harness.targets.keyfile import read_key

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "arm": ("2577", "1824"),
    "armv7": ("2577",),
    "x86": ("486", "686"),
    "mips": ("4000",),
}
"""Folders of a CPU: StrongARM and XScale, ARM720; 486 and Pentium Pro; R4000. The pages name 5000 (MIPS IV),
10003 and 10005 (SH), too: there is no agent for these."""
ANY = "0"
"""The folder that is looked into last, whatever the processor is."""
_LINK = re.compile(r"COM\d:|tcp:\d{1,5}|tcp:[\w.-]+:\d{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """`link`, `baud`: as the agent's settings have them; `key`: the file with the key, if it is to have one;
    `cpu`: of the devices it is for, None for all; `agent`: another executable, for the CPU it is made for."""

    link: str = "COM1:"
    baud: int = 115200
    key: Path | None = None
    cpu: str | None = None
    agent: Path | None = None

    def files(self) -> dict[str, bytes]:
        """Content by name, `2577/autorun.exe`. Raises UsageError."""
        if not _LINK.fullmatch(self.link):
            raise UsageError(
                f"link {self.link!r}: expected COM1:, tcp:PORT or tcp:HOST:PORT, as the agent takes it"
            )
        if self.link.startswith("tcp:") and self.key is None:
            raise UsageError("an agent on TCP needs a key: `ceharness agent key FILE`, and --key FILE here")
        beside = {"ceagent.ini": f"link={self.link}\r\nbaud={self.baud}\r\n".encode("ascii")}
        if self.key is not None:
            beside["ceagent.key"] = f"{read_key(self.key).value.hex()}\r\n".encode("ascii")
        made = {}
        for folder, agent in self._agents().items():
            made[f"{folder}/autorun.exe"] = agent
            made |= {f"{folder}/{name}": content for name, content in beside.items()}
        return made

    def _agents(self) -> dict[str, bytes]:
        """Executables by folder."""
        cpu = self.cpu
        if self.agent is not None:
            found = info(self.agent).cpu
            if cpu not in (None, found):
                raise UsageError(f"{self.agent} is an executable for {found}, the card is to be for {cpu}")
            cpu = found
        if cpu is None:
            builds = {one: executable(CPU_BUILDS[one]) for one in CPU_BUILDS if one != "armv7"}
        elif cpu in CPU_BUILDS:
            builds = {cpu: self.agent or executable(CPU_BUILDS[cpu])}
        else:
            raise UsageError(f"cpu {cpu!r}: expected one of {', '.join(CPU_BUILDS)}")
        agents = {folder: path.read_bytes() for one, path in builds.items() for folder in FOLDERS[one]}
        if len(builds) == 1:
            agents[ANY] = next(iter(agents.values()))
        return agents


def fill_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write them below a folder, a card that is mounted. Others there stay. Raises UsageError."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: there is no such folder; expected the card, mounted, or a folder to copy"
        )
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if "key" in name else 0o666)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # cards are pulled out early
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror or error}") from error


def fill_image(path: Path, files: Mapping[str, bytes], *, replace: bool = False) -> None:
    """Write them into an image of a card, whole or not at all. Raises UsageError, also if there is a file of
    that name that may not be replaced."""
    if path.exists() and not replace:
        raise UsageError(f"{path} is already there (--force replaces it)")
    part = path.with_name(f"{path.name}.part")
    try:
        write_image(part, files)
        if any(name.endswith(".key") for name in files):
            part.chmod(0o600)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
