"""Fuzzes the agent's core: `python device_agent/fuzz.py [--seconds N] [--merge] [TARGET...]`, or `make fuzz`.

Builds the targets in device_agent/fuzz with clang's libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer (a clang of the system with its compiler-rt: the pip-installed one has none), runs
all of them side by side from the kept corpus, and prints one line for each: executions, coverage, corpus.
Exit code 1, and the input that did it, when one finds something.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import HERE, BuildError, zcbor_include, zcbor_sources

_TARGETS = {"program": 4096, "line": 4096, "answer": 4096}
"""The fuzz targets, and the longest input that is made, in bytes."""
_FLAGS = (
    "-std=gnu99",
    "-g",
    "-O1",
    "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize=function",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-DZCBOR_CANONICAL",
    '-DCEA_BUILD="ceagent fuzz"',
)
_MORE_FLAGS = {"answer": ("-finstrument-functions",)}
"""Of single targets: this one writes to memory from within the functions that read it."""
_SLOWEST_S = 10
_MEMORY_MB = 1500


def build(target: str, folder: Path) -> Path:
    """The fuzzer `target`, compiled into `folder`. Raises BuildError."""
    clang = shutil.which("clang")
    if clang is None:
        raise BuildError(
            "no clang here: apt install clang libclang-rt-14-dev (or what your system calls them)"
        )
    made = folder / target
    includes = [f"-I{HERE / 'core'}", f"-I{HERE / 'fuzz'}", "-isystem", str(zcbor_include())]

    def compile_to(output: Path, *arguments: str | Path) -> Path:
        command = [
            clang,
            *_FLAGS,
            *_MORE_FLAGS.get(target, ()),
            *includes,
            *map(str, arguments),
            "-o",
            str(output),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"clang failed for the fuzzer {target}:\n{done.stderr}")
        return output

    # The library's own warnings are not ours to mend.
    library = [
        compile_to(folder / f"{target}-{source.stem}.o", "-w", "-c", source) for source in zcbor_sources()
    ]
    ours = [*sorted((HERE / "core").glob("*.c")), HERE / "fuzz" / "machine.c", HERE / "fuzz" / f"{target}.c"]
    return compile_to(made, *ours, *library)


def fuzz(fuzzer: Path, seconds: int) -> tuple[bool, str]:
    """Runs one fuzzer for that long: (found nothing, what to tell). New inputs go to a folder beside it."""
    target = fuzzer.name
    found = fuzzer.with_name(f"{target}-corpus")
    found.mkdir(exist_ok=True)
    done = subprocess.run(
        [
            str(fuzzer),
            f"-max_total_time={seconds}",
            f"-max_len={_TARGETS[target]}",
            f"-timeout={_SLOWEST_S}",
            f"-rss_limit_mb={_MEMORY_MB}",
            "-print_final_stats=1",
            f"-artifact_prefix={fuzzer}-",
            str(found),
            str(HERE / "fuzz" / "corpus" / target),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        return False, f"{target}: found something\n{done.stderr[-6000:]}"
    executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    cover = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    if not executed or not cover:
        return False, f"{target}: ended without a result\n{done.stderr[-6000:]}"
    edges, features, inputs = cover[-1]
    return True, (
        f"{target}: nothing found in {seconds} s, {int(executed[1]):,} inputs, {inputs} in the corpus, "
        f"{edges} edges and {features} features"
    )


def merge(fuzzer: Path) -> None:
    """Adds to the kept corpus what a run found and covers more."""
    kept = HERE / "fuzz" / "corpus" / fuzzer.name
    found = fuzzer.with_name(f"{fuzzer.name}-corpus")
    subprocess.run([str(fuzzer), "-merge=1", str(kept), str(found)], capture_output=True, check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], prog="fuzz.py")
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help=f"of {', '.join(_TARGETS)}; all of them when none is named",
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long each runs (60)")
    parser.add_argument(
        "--output", type=Path, default=HERE.parent / "build" / "fuzz", help="where fuzzers and finds go"
    )
    parser.add_argument(
        "--merge", action="store_true", help="add what covers more to device_agent/fuzz/corpus afterwards"
    )
    chosen = parser.parse_args(arguments)
    targets = chosen.targets or list(_TARGETS)
    if unknown := [target for target in targets if target not in _TARGETS]:
        parser.error(f"no target {unknown[0]!r}, there are {', '.join(_TARGETS)}")
    chosen.output.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(min(len(targets), os.cpu_count() or 1)) as pool:
        try:
            fuzzers = list(pool.map(lambda target: build(target, chosen.output), targets))
        except BuildError as error:
            print(f"fuzz.py: {error}", file=sys.stderr)
            return 2
        results = list(pool.map(lambda fuzzer: fuzz(fuzzer, chosen.seconds), fuzzers))
    for good, text in results:
        print(text, file=sys.stdout if good else sys.stderr)
    if chosen.merge:
        for fuzzer in fuzzers:
            merge(fuzzer)
    return 0 if all(good for good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
