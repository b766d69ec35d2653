"""One agent takes the place of another on the same link; the agent's side is device_agent/agent/handover.c.

The agent that runs is asked by a program: a file mapping says which executable is to replace it and how long
that may take, an event says that it is to happen. From then on nothing hangs on this computer: the agent lets
go of its link and starts the other one; it ends when that one has executed a program, and takes its link back
when it has not in time.
"""

import struct

from harness.device.files import Run, quoted, run_text, why
from harness.program.result import Execution, OutcomeKind

_IMAGE = 260
"""Characters of a path in the request."""
_EVENT_ALL_ACCESS = 0x1F0003
_PAGE_READWRITE, _FILE_MAP_WRITE, _SET = 4, 2, 3


class HandoverError(Exception):
    """An agent does not take the place of another; the text says why. It is no fault of the lab."""


def running_image(run: Run) -> str:
    """The path of the executable that the agent runs from. Raises HandoverError."""
    execution = run_text(
        run, "length = coredll!GetModuleFileNameW(NULL, out path[520], 260)", "path of the agent"
    )
    if not (execution.outcome.returned and execution.named("length").ok):
        raise HandoverError(f"the agent does not know its own path: {why(execution)}")
    return execution.buffers["path"].decode("utf-16-le", "replace").partition("\0")[0]


def check_hand_over(run: Run, boot: int) -> None:
    """Raises HandoverError if the agent of this boot number is one that cannot hand over."""
    name = quoted(f"ceagent-{boot:08x}-renew")
    text = f"renew = coredll!OpenEventW({_EVENT_ALL_ACCESS}, 0, in event = {name}) fails null-word"
    execution = run_text(run, f"fresh\n{text}", "can the agent hand over")
    if not (execution.outcome.returned and execution.named("renew").ok):
        raise HandoverError(
            "the agent on the device is too old to hand over to another one: end it, and copy the new one "
            f"there by hand (docs/devices.md): {why(execution)}"
        )


def ask_to_hand_over(run: Run, boot: int, image: str, patience: float) -> None:
    """Ask the agent of this boot number to be replaced by another executable on the same link, which has
    `patience` seconds to execute its first program. Raises HandoverError."""
    renew, section = (quoted(f"ceagent-{boot:08x}-{ending}") for ending in ("renew", "heir"))
    request = struct.pack("<I", round(patience * 1000)) + image.encode("utf-16-le").ljust(2 * _IMAGE, b"\0")
    execution = run_text(
        run,
        f"""
        fresh
        renew = coredll!OpenEventW({_EVENT_ALL_ACCESS}, 0, in event = {renew}) fails null-word
        when ok {{
            mapping = coredll!CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, {_PAGE_READWRITE}, 0,
                {len(request)}, in section = {section}) fails null-word
            memory = coredll!MapViewOfFile(mapping, {_FILE_MAP_WRITE}, 0, 0, 0) fails null-word
            when ok {{
                call coredll!memcpy(memory, in request = x"{request.hex()}", {len(request)}) fails never
                asked = coredll!EventModify(renew, {_SET})
            }}
        }}
        """,
        f"hand over to {image}",
    )
    if execution.outcome.kind is OutcomeKind.LOST:
        return  # it may have been asked: who answers next shows it
    if not execution.outcome.returned:
        raise HandoverError(f"the agent cannot be asked to hand over: {execution.outcome}")
    if not execution.named("asked").ok:
        raise HandoverError(f"the agent cannot be asked to hand over: {why(execution)}")


def wait_for_end(run: Run, boot: int, seconds: float) -> bool:
    """Wait until the agent of this boot number has ended, by a program of another one. False: it has not."""
    execution = run_text(
        run,
        f"""
        fresh
        deadline {round(seconds) + 5}s
        alive = coredll!CreateMutexW(NULL, 0, in name = {quoted(f"ceagent-{boot:08x}-alive")})
        state = coredll!WaitForSingleObject(alive, {round(seconds * 1000)})
        """,
        "end of the agent before",
    )
    return _ended(execution)


def _ended(execution: Execution) -> bool:
    abandoned = 0x80
    return execution.outcome.returned and execution.value("state") in (0, abandoned)
