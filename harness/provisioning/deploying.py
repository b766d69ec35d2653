r"""A new agent through the one that runs.

    the agent runs from \ceagent.exe          \ceagent-new.exe is uploaded, and takes over; \ceagent.exe is
                                              replaced by a copy of it, which takes over in its turn
    from anywhere else                        \ceagent.exe is replaced, and takes over

What is interrupted at whatever point leaves an agent that answers, and an executable at the place from which
the device starts it: every file has its name only when all of it is there, an agent ends only when the one
after it has executed a program, and no agent has to be anywhere but on the device for that. The next
deployment goes on from what it finds.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.device import files
from harness.device.files import FileError, quoted, run_text, why
from harness.errors import LabError
from harness.provisioning.builds import agent_for, cpu_of
from harness.provisioning.handover import (
    HandoverError,
    ask_to_hand_over,
    check_hand_over,
    running_image,
    wait_for_end,
)
from harness.provisioning.places import Place, place
from harness.provisioning.serving import Serving, serving
from harness.targets import TargetConfig

_KEPT = ("ceagent.ini", "ceagent.key")
_LEAST_PATIENCE, _MOST_PATIENCE = 5.0, 600.0  # the most that an agent waits for another
_END = 5.0
"""Seconds that an agent which was replaced gets to end."""
_TRIES = 20
"""To replace a file that the process before may still hold, with a pause on the device in between."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Deployed:
    """`path`: where the agent is on the device; `before`, `after`: what it calls itself; `bytes`: of the
    executable; `sent`: of these, those that were sent; `changed`: False where it was there already."""

    target: str
    path: str
    before: str
    after: str
    agent: str
    bytes: int
    sent: int
    changed: bool
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """All fields by name."""
        return asdict(self)


def patience(config: TargetConfig) -> float:
    """Seconds that a new agent gets to execute its first program, before the old one takes its link back."""
    usual = 2 * config.timing.connect * config.timing.slowness
    return min(max(usual, _LEAST_PATIENCE), _MOST_PATIENCE)


def deploy(
    config: TargetConfig,
    *,
    agent: Path | None = None,
    path: str | None = None,
    force: bool = False,
    tell: Tell = lambda text: None,
) -> Deployed:
    """Bring an agent executable (None: the harness's own) onto a device, and let it take over.

    path: where to; None: where the running agent belongs. force: also if the same one is there and runs.
    Raises LabError, with a note of what is the case on the device; UsageError.
    """
    wanted = None if path is None else place(path)
    with serving(config) as served:
        try:
            return _Deployment(served, agent, wanted, tell).run(force)
        except (FileError, HandoverError) as error:
            raise LabError(str(error)) from error


class _Deployment:
    def __init__(self, served: Serving, agent: Path | None, wanted: Place | None, tell: Tell) -> None:
        self._served, self._tell = served, tell
        self._file = agent_for(cpu_of(served.device), agent)
        self._data = self._file.read_bytes()
        self._image = running_image(served.device.run)
        self._place = wanted or Place.of(self._image)
        self._sent = 0
        self._patience = patience(served.config)

    def run(self, force: bool) -> Deployed:
        began, before = time.monotonic(), self._served.device.welcome.build
        path = self._place.path
        there = self._runs_from(path) and files.is_there(self._served.device.run, path, self._data)
        if not there or force:
            check_hand_over(self._served.device.run, self._served.device.welcome.boot)
            if self._runs_from(path):
                self._take_over_beside()
            else:
                self._bring(path)
            self._hand_over(path)
            self._clean()
        return Deployed(
            target=self._served.config.name,
            path=path,
            before=before,
            after=self._served.device.welcome.build,
            agent=str(self._file),
            bytes=len(self._data),
            sent=self._sent,
            changed=not there or force,
            seconds=time.monotonic() - began,
        )

    def _runs_from(self, path: str) -> bool:
        return self._image.lower() == path.lower()

    # --- agents ---------------------------------------------------------------------------------

    def _take_over_beside(self) -> None:
        """The new one runs beside the place, whose file nobody holds then; a copy of it gets there."""
        beside = self._place.beside
        self._upload(beside)
        self._hand_over(beside)
        self._copy(beside, self._place.part)
        self._settle()

    def _hand_over(self, image: str) -> None:
        """From the agent that answers to that executable. Raises HandoverError, LabError."""
        self._tell(f"{image} takes over")
        before = self._served.device.welcome.boot
        ask_to_hand_over(self._served.device.run, before, image, self._patience)
        self._served.open_again(self._patience + self._served.config.timing.connect)
        device = self._served.device
        if device.welcome.boot == before:
            raise HandoverError(
                f"{image} was started and did not answer: the agent before, {device.welcome.build}, has "
                "taken its link back and serves on"
            )
        self._image = running_image(device.run)
        if not wait_for_end(device.run, before, _END):
            raise HandoverError(f"{self._image} answers, but the agent before has not ended")

    # --- files ----------------------------------------------------------------------------------

    def _bring(self, path: str) -> None:
        """The executable to a place that no agent runs from, and what an agent needs beside it."""
        here, there = Place(self._image), Place(path)
        for folder in (here.folder, *self._card()):
            for name in _KEPT:
                if folder.lower() != there.folder.lower():
                    self._copy_if_missing(folder + name, there.folder + name)
        if Place(self._image).path.lower() == there.beside.lower() and files.is_there(
            self._served.device.run, self._image, self._data
        ):
            self._copy(self._image, there.part)
        else:
            self._upload(there.part)
        self._settle()

    def _card(self) -> list[str]:
        """The folder of a storage card that the agent was started from: its files are there."""
        if not self._image.lower().endswith("\\autorun.exe"):
            return []
        text = "found = aygshell!SHGetAutoRunPath(out path[520]) fails zero"
        execution = run_text(self._served.device.run, text, "storage card")
        if not (execution.outcome.returned and execution.named("found").ok):
            return []
        path = execution.buffers["path"].decode("utf-16-le", "replace").partition("\0")[0]
        return [Place(path).folder] if "\\" in path else []

    def _upload(self, path: str) -> None:
        run, size = self._served.device.run, len(self._data)
        if files.is_there(run, path, self._data):
            return
        self._tell(f"{path}: 0 of {size} bytes")
        files.upload(run, path, self._data, lambda written: self._tell(f"{path}: {written} of {size} bytes"))
        self._sent += size

    def _copy(self, source: str, target: str) -> None:
        text = (
            f"copied = coredll!CopyFileW(in old = {quoted(source)}, in new = {quoted(target)}, 0) fails zero"
        )
        execution = run_text(self._served.device.run, text, f"copy of {source}")
        if not files.is_there(self._served.device.run, target, self._data):
            raise FileError(f"{source} cannot be copied to {target} on the device: {why(execution)}")

    def _copy_if_missing(self, source: str, target: str) -> None:
        """A key never leaves the device this way; it may be absent."""
        text = f"call coredll!CopyFileW(in old = {quoted(source)}, in new = {quoted(target)}, 1) fails zero"
        run_text(self._served.device.run, text, f"copy of {source}")

    def _settle(self) -> None:
        """What lies beside the place gets its name, by one program: nothing that happens to this computer or
        the line can come in between. What a device that lost power there has left is put right first."""
        here = self._place
        path, old, part = quoted(here.path), quoted(here.old), quoted(here.part)
        text = f"""
        fresh
        call coredll!MoveFileW(in left = {old}, in place = {path})
        call coredll!DeleteFileW(&left)
        buffer in part = {part}
        call coredll!MoveFileW(&place, &left)
        moved = coredll!MoveFileW(&part, &place)
        call coredll!MoveFileW(&left, &place)
        call coredll!DeleteFileW(&left)
        call coredll!Sleep(%d)
        """
        for left in reversed(range(_TRIES)):
            execution = run_text(
                self._served.device.run, text % (250 if left < _TRIES - 1 else 0), "renaming"
            )
            if execution.outcome.returned and execution.named("moved").ok:
                return
        raise FileError(
            f"{here.path} cannot be replaced on the device: {why(execution)}; does another agent run from it?"
        )

    def _clean(self) -> None:
        """Only the agent itself is left. What cannot be removed is no harm."""
        run = self._served.device.run
        for path in (self._place.beside, self._place.old, self._place.part):
            files.remove(run, path)
