"""Opening the link of a target, the first time and again, as long as the lab has something to open."""

from harness.errors import LinkError, LinkGone
from harness.links import Dialer, Link, dialer
from harness.links.pacing import Pace, PacedDialer
from harness.targets import keys
from harness.targets.base import Reached
from harness.targets.faults import faulty


class TargetDialer:
    """Opens the link of a reached device, with the faults and at the pace it is to have. See
    `harness.links.Dialer`.

    Raises LinkGone instead of trying again what the lab knows to be over: the emulated device has ended.
    """

    def __init__(self, reached: Reached, faults: str, pacing: str = "") -> None:
        self._reached = reached
        self._dialer: Dialer = dialer(faulty(reached.url, faults))
        if pacing:
            count, _, pause = pacing.partition("/")
            self._dialer = PacedDialer(self._dialer, Pace(int(count), keys.seconds(pause)))

    @property
    def url(self) -> str:
        """Where it leads."""
        return self._dialer.url

    def open(self, timeout: float) -> Link:
        """One try. Raises LinkGone; LinkError when another try may succeed."""
        self._look()
        try:
            return self._dialer.open(timeout)
        except LinkError:
            self._look()
            raise

    def close(self) -> None:
        """Lets go of what stays open between two links."""
        self._dialer.close()

    def _look(self) -> None:
        if (fault := self._reached.fault(0)) is not None:
            raise LinkGone(fault)
