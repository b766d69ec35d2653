"""Builds the core, and the clock, with their test driver: `python device_agent/build_tests.py FOLDER`.

Makes FOLDER/driver-32 and FOLDER/driver-64, programs for Linux on x86 that trap on undefined behaviour.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import HERE, compile_unit, run_zig, zcbor_sources

_TARGETS = {"driver-32": ("--target=i686-linux-none", "-msse2"), "driver-64": ("--target=x86_64-linux-none",)}
_SANITIZE = (
    "-fsanitize=undefined",
    "-fsanitize-trap=undefined",
    "-fno-sanitize=function",
    "-fno-pic",
    "-Itests",
)


def build_driver(name: str, folder: Path) -> Path:
    """Compiles and links one driver (a key of _TARGETS) into `folder`."""
    flags = (*_TARGETS[name], *_SANITIZE)
    units = [
        *sorted((HERE / "core").glob("*.c")),
        *sorted((HERE / "tests").glob("*.c")),
        HERE / "agent" / "clock.c",
        HERE / "platform" / "posix.c",
        HERE / "platform" / "bytes.c",
        *zcbor_sources(),
    ]
    with ThreadPoolExecutor() as pool:
        objects = list(
            pool.map(lambda unit: compile_unit(flags, unit, folder / f"{name}-{unit.stem}.o", name), units)
        )
    path = folder / name
    run_zig(["ld.lld", "-static", *objects, "-o", path])
    return path


def main(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TARGETS:
        print(build_driver(name, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
