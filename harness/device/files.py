"""Files of a device, written and read by programs: the agent knows nothing of files."""

import zlib
from collections.abc import Callable

from harness.program.model import Program
from harness.program.result import Execution
from harness.program.text import parse
from harness.winsock import symbols

Run = Callable[[Program], Execution]

Progress = Callable[[int], None]
"""Told how many bytes are on the device."""

CHUNK = 1024
"""Bytes of a file that one program carries."""
_PIECE = 4096
"""Bytes that are read at once for a checksum."""


class FileError(Exception):
    """The device does not do what was asked of its files; the text says what. It is no fault of the lab."""


def run_text(run: Run, text: str, name: str) -> Execution:
    """Run a program of ours."""
    return run(parse(text, symbols(), name=name))


def quoted(text: str) -> str:
    """A text as programs write it."""
    return 'w"' + text.replace("\\", "\\\\") + '"'


def unfinished(path: str) -> str:
    """What a file is called until all of it is on the device."""
    return f"{path}.part"


def _nobody(written: int) -> None:
    """Progress that nobody wants to know."""


def write(run: Run, path: str, data: bytes) -> None:
    """Put a file on the device: it has its name only when the device has all of it, by length and checksum.

    Raises FileError, and leaves nothing of the new file then.
    """
    part = unfinished(path)
    upload(run, part, data)
    try:
        remove(run, path)
        _rename(run, part, path)
    except FileError:
        remove(run, part)
        raise


def upload(run: Run, path: str, data: bytes, progress: Progress = _nobody) -> None:
    """Write a file under this very name, and compare its length and checksum on the device.

    Raises FileError, and leaves nothing of it then.
    """
    try:
        _upload(run, path, data, progress)
        if not is_there(run, path, data):
            raise FileError(f"{path} on the device does not hold what was written to it")
    except FileError:
        remove(run, path)
        raise


def _upload(run: Run, path: str, data: bytes, progress: Progress) -> None:
    for place in range(0, len(data), CHUNK):
        part = data[place : place + CHUNK]
        how = "CREATE_ALWAYS" if place == 0 else "OPEN_ALWAYS"
        execution = run_text(
            run,
            f"""
            {"fresh" if place == 0 else ""}
            file = coredll!CreateFileW(in path = {quoted(path)}, GENERIC_WRITE, 0, NULL, {how}, 0, NULL)
            when ok {{
                call coredll!SetFilePointer(file, {place}, NULL, 0)
                written = coredll!WriteFile(file, in data = x"{part.hex()}", {len(part)}, out done[4], NULL)
                flushed = coredll!FlushFileBuffers(file)
                call coredll!CloseHandle(file)
            }}
            """,
            f"upload of {path}",
        )
        if not (execution.outcome.returned and execution.named("written").ok):
            raise FileError(f"{path} cannot be written on the device: {why(execution)}")
        progress(place + len(part))


def _rename(run: Run, path: str, new: str) -> None:
    text = f"moved = coredll!MoveFileW(in path = {quoted(path)}, in new = {quoted(new)})\n"
    execution = run_text(run, text, f"renaming of {path}")
    if not (execution.outcome.returned and execution.named("moved").ok):
        raise FileError(f"{path} cannot be renamed to {new} on the device: {why(execution)}")


def is_there(run: Run, path: str, data: bytes) -> bool:
    """Does the device have this file with these bytes, by length and checksum?"""
    pieces, rest = divmod(len(data), _PIECE)
    whole = f"""
            repeat {pieces} as piece {{
                call coredll!ReadFile(file, &content, {_PIECE}, &done, NULL)
                begun = digest &content, {_PIECE}, begun
            }}"""
    execution = run_text(
        run,
        f"""
        fresh
        deadline 20s
        buffer scratch content[{_PIECE}]
        buffer scratch done[4]
        {_opened(path)}
        when ok {{
            size = coredll!GetFileSize(file, NULL)
            {whole if pieces else ""}
            call coredll!ReadFile(file, &content, {rest}, &done, NULL)
            sum = digest &content, {rest}, {"begun" if pieces else "0"}
            call coredll!CloseHandle(file)
        }}
        """,
        f"checksum of {path}",
    )
    if not (execution.outcome.returned and execution.named("file").ok):
        return False
    return (execution.value("size"), execution.value("sum")) == (len(data), zlib.crc32(data))


def read(run: Run, path: str) -> bytes:
    """A file of the device; empty when there is none."""
    data = b""
    while True:
        execution = run_text(
            run,
            f"""
            buffer out content[{CHUNK}]
            buffer out done[4]
        {_opened(path)}
            when ok {{
                call coredll!SetFilePointer(file, {len(data)}, NULL, 0)
                call coredll!ReadFile(file, &content, {CHUNK}, &done, NULL)
                call coredll!CloseHandle(file)
            }}
            """,
            f"reading of {path}",
        )
        if not execution.outcome.returned:
            return data
        length = int.from_bytes(execution.buffers["done"], "little")
        data += execution.buffers["content"][:length]
        if length < CHUNK:
            return data


def remove(run: Run, path: str) -> bool:
    """Delete a file, in a process that does not use it. False: it was not there, or stays."""
    text = f"fresh\ngone = coredll!DeleteFileW(in path = {quoted(path)})\n"
    execution = run_text(run, text, f"removal of {path}")
    return execution.outcome.returned and execution.named("gone").ok


def _opened(path: str) -> str:
    """The line that opens a file for reading."""
    how = "GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL"
    return f"file = coredll!CreateFileW(in path = {quoted(path)}, {how})"


def why(execution: Execution) -> str:
    """What came of a program that did not do what it was to do, in words."""
    if not execution.outcome.returned:
        return str(execution.outcome)
    failed = [result for result in execution.calls if result.ran and not result.ok]
    return f"error {failed[0].error}" if failed else "nothing was written"
