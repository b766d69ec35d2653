"""Counted calls through a line that is as bad as a line can be: `python -m benchmarks.soak 1000000`.

The real agent on an emulated device; a link that flips bits, drops and doubles bytes, says frames twice
and is cut. Every answer is compared with what it must be; at the end the counter on the device must be the
number of calls. The last line is the tally; the exit code is 0 when nothing was wrong.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.counting import READ, Count, counts, frames, read_counter
from benchmarks.device import emulated
from benchmarks.scissors import Scissors
from harness.deadline import Deadline
from harness.errors import LabError
from harness.links.fault import FaultDialer, Faults
from harness.links.opening import dialer
from harness.session.session import Session
from harness.targets import reach

_OPENING = 60.0
_CHUNK = 84
"""Programs that are handed to the session at once: four rounds."""
_PROGRESS_S = 5.0


@dataclass(slots=True)
class Tally:
    """What came of it. `counter`: on the device, None when it could not be read; `wrong`: complaints."""

    calls: int
    answered: int = 0
    counter: int | None = None
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Every call was answered as it must be, and the device executed exactly those."""
        return not self.wrong and self.answered == self.calls == self.counter


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 when anything was wrong."""
    options = _parser().parse_args(arguments)
    faults = Faults(flip=options.flip, drop=options.drop, dup=options.dup, seed=options.seed)
    begun = time.monotonic()
    with reach(emulated(options.cpu, options.link)) as reached:
        every = max(1, frames(options.calls) // (options.cuts + 1))
        faulty = FaultDialer(dialer(reached.url), f"fault+{reached.url}", faults)
        scissors = Scissors(faulty, cuts=options.cuts, every=every, seed=options.seed)
        session = Session.open(scissors, key=reached.key, deadline=Deadline(_OPENING))
        try:
            tally = count(session, options.calls)
        finally:
            session.close()
    if scissors.made != options.cuts:
        tally.wrong.append(f"{scissors.made} disconnections, expected {options.cuts}")
    for complaint in tally.wrong[:10]:
        print(f"wrong: {complaint}", flush=True)
    health = session.health
    injected = " ".join(f"{name}={faulty.counts[name]}" for name in ("flip", "drop", "dup"))
    print(
        f"soak: {'right' if tally.right else 'WRONG'} calls={tally.calls} answered={tally.answered} "
        f"counter={tally.counter} wrong={len(tally.wrong)} resends={health.resends} "
        f"reconnects={health.reconnects} check_errors={health.bad_frames} "
        f"frames={health.frames_sent}+{health.frames_received} "
        f"bytes={health.bytes_sent}+{health.bytes_received} {injected} twice={scissors.doubled} "
        f"cuts={scissors.made} seconds={time.monotonic() - begun:.0f}",
        flush=True,
    )
    return int(not tally.right)


def count(session: Session, calls: int) -> Tally:
    """Make that many calls and read the counter. Stops at the first thing that is wrong."""
    tally = Tally(calls)
    programs = counts(calls)
    shown = time.monotonic()
    try:
        while not tally.wrong and (chunk := list(islice(programs, _CHUNK))):
            _run(session, chunk, tally)
            if time.monotonic() - shown > _PROGRESS_S:
                shown = time.monotonic()
                print(f"{tally.answered} of {calls} calls", flush=True)
        tally.counter = read_counter(session.run(READ))
    except (LabError, ValueError) as error:
        tally.wrong.append(str(error))
    return tally


def _run(session: Session, chunk: Sequence[Count], tally: Tally) -> None:
    executions = session.run_all([one.program for one in chunk])
    for one, execution in zip(chunk, executions, strict=True):
        complaint = one.complaint(execution)
        if complaint:
            tally.wrong.append(f"calls {one.first} to {one.first + one.calls - 1}: {complaint}")
        else:
            tally.answered += one.calls


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    made.add_argument("calls", type=int, help="how many calls")
    made.add_argument("--link", choices=("tcp", "serial"), default="tcp", help="tcp has a key (default)")
    made.add_argument("--cpu", choices=("arm", "armv7", "mips", "x86"), default="arm")
    made.add_argument("--flip", type=float, default=1e-3, help="probability of a flipped bit in a byte")
    made.add_argument("--drop", type=float, default=1e-4, help="probability of a lost byte")
    made.add_argument("--dup", type=float, default=1e-4, help="probability of a doubled byte")
    made.add_argument("--cuts", type=int, default=100, help="disconnections, spread over the run")
    made.add_argument("--seed", type=int, default=7, help="of the faults")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
