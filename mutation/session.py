"""Many trials, several at a time, against one undisturbed run."""

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from harness.conformance import Verdict
from mutation.judging import by_leg
from mutation.results import Tried
from mutation.running import Ran, Runner
from mutation.trials import Trial


class UndisturbedError(Exception):
    """The device without quirks is not green: nothing can be said of the others."""


@dataclass(slots=True)
class Session:
    """What was tried. `not_run`: trials that Ctrl-C came before; `seconds`: all of it, the undisturbed run
    too."""

    before: dict[str, Verdict] = field(default_factory=dict)
    tried: list[Tried] = field(default_factory=list)
    not_run: int = 0
    seconds: float = 0.0
    interrupted: bool = False


def hold(trials: Sequence[Trial], cpu: str, jobs: int, say: Callable[[str], None]) -> Session:
    """Run them all. Ctrl-C ends it, and what is done is kept. Raises UndisturbedError."""
    session, begun = Session(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ceharness-mutation-", ignore_cleanup_errors=True) as folder:
        runner = Runner(cpu, Path(folder))
        try:
            session.before = _undisturbed(runner, say)
            _try_all(trials, runner, jobs, session, say)
        except KeyboardInterrupt:
            session.interrupted = True
    session.not_run = len(trials) - len(session.tried)
    session.seconds = time.monotonic() - begun
    return session


def _undisturbed(runner: Runner, say: Callable[[str], None]) -> dict[str, Verdict]:
    ran = runner.run("undisturbed")
    before = by_leg(ran.rows)
    red = [leg for leg, verdict in before.items() if verdict.alarming]
    if ran.code != 0 or red:
        raise UndisturbedError(
            f"the undisturbed device is not green (exit code {ran.code}): "
            + (", ".join(red) or " | ".join(ran.words) or "nothing was judged")
        )
    say(f"undisturbed: {len(before)} legs, {ran.seconds:.0f} s")
    return before


def _try_all(
    trials: Sequence[Trial], runner: Runner, jobs: int, session: Session, say: Callable[[str], None]
) -> None:
    with ThreadPoolExecutor(jobs) as pool:
        waiting: dict[Future[Ran], Trial] = {pool.submit(runner.try_out, trial): trial for trial in trials}
        try:
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    trial, ran = waiting.pop(future), future.result()
                    tried = Tried.of(trial, session.before, ran)
                    session.tried.append(tried)
                    say(tried.line(len(session.tried), len(trials)))
        finally:
            for future in waiting:
                future.cancel()
            runner.stop()
