"""The witness compiled, and run on Wine."""

import importlib.util
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.errors import LinkError, UsageError
from harness.targets.wine import find_wine, prefix

FOLDER = Path(__file__).resolve().parent
CALLS = FOLDER / "calls.txt"
"""The calls that are compared: lines of steps, each for a process of its own."""

_TARGET = "--target=x86_64-windows-gnu"
_FLAGS = ("-std=c99", "-Os", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-mno-stack-arg-probe")
_LINK = ("/subsystem:console,5.02", "/machine:x64", "/entry:witness_start", "/nodefaultlib", "/timestamp:0")
_LONGEST_S = 300


def read_calls() -> list[str]:
    """The lines of calls.txt, without comments."""
    lines = (line.partition("#")[0].strip() for line in CALLS.read_text(encoding="ascii").splitlines())
    return [line for line in lines if line]


def witnessed(lines: Sequence[str]) -> list[str]:
    """What the witness says about each line: "LINE -> RESULT; RESULT ...".

    Raises UsageError where Wine or the compiler is missing, LinkError if it does not answer every line.
    """
    with prefix(find_wine()) as made:
        program = build(made.folder)
        process = made.start(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            said, _ = process.communicate("".join(f"{line}\n" for line in lines).encode(), _LONGEST_S)
        except subprocess.TimeoutExpired:
            raise LinkError(f"the witness was not done after {_LONGEST_S} s") from None
        answers = said.decode("ascii", "replace").replace("\r", "").splitlines()
        if [answer.partition(" -> ")[0] for answer in answers] != list(lines):
            raise LinkError(f"the witness did not answer every line, but: {answers}; {made.last_words()}")
        return answers


def build(folder: Path) -> Path:
    """Compiles the witness with the compiler of the agents and its headers; the executable.

    Raises UsageError if it is missing or fails.
    """
    compiler = _compiler()
    headers = [compiler / "lib" / "include", compiler / "lib" / "libc" / "include" / "any-windows-any"]
    program = folder / "witness.exe"
    include = [word for path in headers for word in ("-isystem", str(path))]
    objects: list[Path] = []
    for source in sorted(FOLDER.glob("*.c")):
        objects.append(folder / f"{source.stem}.o")
        warnings = ("-Wall", "-Wextra", "-Werror")
        _zig("clang", _TARGET, *_FLAGS, *warnings, *include, "-c", source.name, "-o", objects[-1])
    libraries: list[Path] = []
    for name in ("kernel32", "ws2_32"):
        libraries.append(folder / f"{name}.lib")
        _zig("dlltool", "-m", "i386:x86-64", "-d", f"{name}.def", "-l", libraries[-1])
    _zig("lld-link", *_LINK, *objects, *libraries, f"/out:{program}")
    return program


def _compiler() -> Path:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise UsageError("the compiler is missing: pip install 'ceharness[build]'")
    return Path(spec.origin).parent


def _zig(*words: str | Path) -> None:
    line = [_compiler() / "zig", *words]
    done = subprocess.run(line, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(f"the witness cannot be built: {done.stderr.strip()}")
