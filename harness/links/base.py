"""What a link is: blocking bytes in both directions."""

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
