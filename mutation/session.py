"""Many trials, several at a time, against one undisturbed run."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

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


def hold(
    trials: Sequence[Trial],
    runner: Runner,
    jobs: int,
    say: Callable[[str], None],
    keep: Callable[["Session"], None],
) -> Session:
    """Run them all; `keep` gets the session after each. Ctrl-C ends it, and what is done is kept. Raises
    UndisturbedError."""
    session, begun = Session(not_run=len(trials)), time.monotonic()

    def done(tried: Tried) -> None:
        session.tried.append(tried)
        session.not_run, session.seconds = len(trials) - len(session.tried), time.monotonic() - begun
        keep(session)
        say(tried.line(len(session.tried), len(trials)))

    try:
        session.before = _undisturbed(runner, say)
        _try_all(trials, runner, jobs, session.before, done)
    except KeyboardInterrupt:
        session.interrupted = True
        keep(session)
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
    trials: Sequence[Trial],
    runner: Runner,
    jobs: int,
    before: Mapping[str, Verdict],
    done: Callable[[Tried], None],
) -> None:
    with ThreadPoolExecutor(jobs) as pool:
        waiting: dict[Future[Ran], Trial] = {pool.submit(runner.try_out, trial): trial for trial in trials}
        try:
            while waiting:
                finished = wait(waiting, return_when=FIRST_COMPLETED).done
                for future in [one for one in waiting if one in finished]:
                    done(Tried.of(waiting.pop(future), before, future.result()))
        finally:
            for future in waiting:
                future.cancel()
            runner.stop()
