"""What a link is: blocking bytes in both directions. And what opens one, as often as needed."""

from typing import Protocol


class Link(Protocol):
    """An open line to a device. One thread may read while another writes."""

    @property
    def url(self) -> str:
        """Where it leads, as a person would type it."""
        ...

    @property
    def rate(self) -> float | None:
        """Bytes a second that the line carries at most, None when unknown or without limit."""
        ...

    def read(self) -> bytes:
        """The next bytes, waiting for them. b"" once the line is closed, by the other side or `close`.

        Raises `LinkError` when the line went away: a device unplugged, a network gone.
        """
        ...

    def write(self, data: bytes) -> None:
        """Hand all of `data` to the line. Raises `LinkError`."""
        ...

    def close(self) -> None:
        """Close the line; a `read` that waits in another thread returns b"". Safe to call twice."""
        ...


class Dialer(Protocol):
    """Opens the link that a URL names: the first time, and again after it broke."""

    @property
    def url(self) -> str:
        """Where it leads, as a person would type it."""
        ...

    def open(self, timeout: float) -> Link:
        """A new link, within `timeout` seconds where opening can take time. The link before has to be closed.

        Raises `LinkError`: `LinkRefused` when the device's end takes no connection, `LinkGone` when another
        try is pointless. `UsageError` for a URL that only opening shows to be none.
        """
        ...

    def close(self) -> None:
        """Let go of what stays open between two links. Safe to call twice."""
        ...
