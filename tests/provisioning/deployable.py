"""Emulated devices that outlive the command which deploys to them, and agents that can be told apart."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.agents import CPU_BUILDS, executable
from harness.errors import LinkError
from harness.provisioning.handover import running_image
from harness.targets import KINDS, TargetConfig, Timing, connect
from harness.targets.emulator_process import EmulatorProcess, start_emulator
from harness.targets.keyfile import new_key

AGENT = "\\ceagent.exe"
BESIDE = "\\ceagent-new.exe"
PORT = 5555
_KEY = "ceagent.key"


class Deployable:
    """A device, and the target that leads to it. `root`: its files, seen from this host."""

    def __init__(self, process: EmulatorProcess, config: TargetConfig) -> None:
        self.process, self.config, self.root = process, config, process.root

    def processes(self) -> list[dict[str, Any]]:
        """Those that run, agents' workers included."""
        answer = self.process.command("processes", answer="processes", seconds=10)
        return list(answer["processes"])

    def agents(self) -> list[str]:
        """The executables that agents run from, workers left out."""
        return [one["process"] for one in self.processes() if not one["words"].startswith("worker=")]

    def boot(self) -> None:
        """As a device that starts again: every process ends, the agent is started from its place."""
        while running := self.processes():  # a worker goes by itself with its supervisor
            with suppress(LinkError):
                self.process.command(f"end {running[0]['id']}", answer="exit", seconds=10)
        sign = "started" if self.config.kind == "serial" else "listen"
        self.process.command(f"start {AGENT} {self.words}", answer=sign, seconds=10)

    @property
    def words(self) -> str:
        return "link=COM1:" if self.config.kind == "serial" else f"link=tcp:{PORT}"

    def files(self) -> set[str]:
        """What is in the root directory, but for folders."""
        return {path.name for path in self.root.iterdir() if path.is_file()}

    def content(self, path: str) -> bytes:
        return (self.root / path.lstrip("\\").replace("\\", "/")).read_bytes()

    def answers(self) -> str:
        """The path of the agent that answers now."""
        with connect(self.config) as device:
            return running_image(device.run)


@contextmanager
def deployable(
    folder: Path,
    cpu: str = "x86",
    link: str = "tcp",
    *,
    connect_s: float = 4.0,
    variants: Sequence[str] = (),
    agent: Path | None = None,
) -> Iterator[Deployable]:
    """A device with the harness's agent (or another one) on that link (tcp, serial), reached as any other."""
    serial = link == "serial"
    start = f"{AGENT} link=COM1:" if serial else f"{AGENT} link=tcp:{PORT}"
    with start_emulator(
        cpu=cpu,
        starts=[start],
        copies=[(agent or executable(CPU_BUILDS[cpu]), AGENT)],
        secrets={} if serial else {_KEY: new_key()},
        variants=variants,
        timeout=60,
    ) as process:
        key = folder / "device.key"
        if serial:
            settings = {"port": process.serial["COM1:"], "baud": "115200"}
        else:
            key.write_text((process.root / _KEY).read_text())
            key.chmod(0o600)
            settings = {"host": "127.0.0.1", "port": str(process.tcp[str(PORT)]), "key": str(key)}
        config = TargetConfig("bench", "serial" if serial else "tcp", settings, timing=Timing(connect_s))
        assert config.kind in KINDS
        yield Deployable(process, replace(config))


def other_agent(
    folder: Path, cpu: str = "x86", name: str = "other.exe", tail: bytes = b"another one"
) -> Path:
    """An agent that behaves as the harness's own, and whose bytes differ."""
    path = folder / "other.exe"
    path.write_bytes(executable(CPU_BUILDS[cpu]).read_bytes() + tail)
    return path
