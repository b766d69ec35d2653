"""`python -m mutation`: devices with something wrong, and what of it the suites notice; build/mutation.json.

Exit code 1 when a quirk survived, when something else turned red than should have, or when a device that
conforms turned red; 130 after Ctrl-C.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from harness.cli import interrupts
from mutation import results, session
from mutation.running import Runner
from mutation.trials import FAMILY, Trial, every_trial, sampled

OUT = Path("build/mutation.json")
INTERRUPTED = 130
FASTEST = "armv7"
"""The processor on which a run takes the least time."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    made = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    made.add_argument("--only", nargs="+", metavar="NAME", help="these alone; patterns with * are allowed")
    made.add_argument("--family", action="store_true", help="the generated family alone")
    made.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="N quirks, N/2 of the family, N/4 variants",
    )
    made.add_argument("--seed", type=int, help="of the sample (default: made of the commit, or of the date)")
    made.add_argument("--cpu", choices=("arm", "armv7", "mips", "x86"), default=FASTEST)
    cores = os.cpu_count() or 1
    made.add_argument("--jobs", type=int, default=cores, help="runs at a time (default: %(default)s)")
    made.add_argument("--list", action="store_true", help="what there is, and what has to notice it")
    made.add_argument("--out", type=Path, default=OUT, help=f"where the JSON goes (default: {OUT})")
    options = made.parse_args(arguments)
    trials = every_trial()
    if options.family:
        trials = [trial for trial in trials if trial.kind == FAMILY]
    if options.only:
        trials = _only(made, trials, options.only)
    seed = None
    if options.sample is not None:
        seed = _seed() if options.seed is None else options.seed
        trials = sampled(trials, options.sample, seed)
        _say(f"sample of {len(trials)}: --sample {options.sample} --seed {seed} repeats it")
    if options.list:
        for trial in trials:
            must = ", ".join(sorted(trial.expected.must)) or "nothing"
            print(f"{trial.kind:<8} {trial.name}\n         {trial.does}\n         red: {must}")
        return 0

    def keep(held: session.Session) -> None:
        about = {"cpu": options.cpu, "seed": seed, "seconds": round(held.seconds, 1), "legs": held.before}
        results.write(options.out, about, held.tried, held.not_run)

    _hear_signals()
    with tempfile.TemporaryDirectory(prefix="ceharness-mutation-", ignore_cleanup_errors=True) as folder:
        try:
            runner = Runner(options.cpu, Path(folder))
            held = session.hold(trials, runner, max(1, options.jobs), _say, keep)
        except session.UndisturbedError as error:
            _say(str(error))
            return 1
    for line in results.summary(held.tried, held.not_run, held.seconds):
        _say(line)
    if held.interrupted:
        _say(f"ended by Ctrl-C; what was done is in {options.out}")
        return INTERRUPTED
    return int(not all(one.good for one in held.tried))


def _only(made: argparse.ArgumentParser, trials: list[Trial], patterns: Sequence[str]) -> list[Trial]:
    chosen = [one for one in trials if any(fnmatchcase(one.name, pattern) for pattern in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(one.name, pattern) for one in chosen):
            made.error(f"--only {pattern}: nothing of that name (see --list)")
    return chosen


def _seed() -> int:
    """Another one for each commit."""
    commit = results.commit()
    return int(commit[:8], 16) if commit else date.today().toordinal()


def _hear_signals() -> None:
    """SIGTERM and a closed terminal end it as Ctrl-C does, which a shell's background does not hear else."""
    interrupts.install()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
