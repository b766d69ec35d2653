"""What WSPStartup of a service provider hands over: its version, its procedure table."""

from collections.abc import Callable

from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import put
from harness.emulator.ws2 import providers
from harness.emulator.ws2.errors import (
    WSAEINVALIDPROCTABLE,
    WSAEINVALIDPROVIDER,
)


@quirk
def no_version_is_checked() -> None:
    """A provider may report any version."""
    _started_with(lambda version: providers.VERSION)


@quirk
def every_version_2_will_do() -> None:
    """A provider may report any version whose major number is 2."""
    _started_with(lambda version: providers.VERSION if version & 0xFF == 2 else version)


@quirk
def an_older_version_will_do() -> None:
    """A provider may report a version below 2.2."""
    _started_with(lambda version: providers.VERSION if (version & 0xFF, version >> 8) < (2, 2) else version)


def _started_with(read: Callable[[int], int]) -> None:
    """The version that WSPStartup reports is what `read` makes of it."""
    known = providers.reported_version
    put(providers, "reported_version", lambda memory, data: read(known(memory, data)))


@quirk
def no_table_is_checked() -> None:
    """A provider may leave its procedure table empty."""
    put(providers, "complete", lambda pointers: True)


@quirk
def a_table_of_nulls_is_checked_too_late() -> None:
    """An empty procedure table is answered with WSAEINVALIDPROVIDER."""
    put(providers, "WSAEINVALIDPROCTABLE", WSAEINVALIDPROVIDER)


@quirk
def tables_are_checked_before_versions() -> None:
    """A provider of another version is answered with WSAEINVALIDPROCTABLE, without a look at its table."""
    put(providers, "WSAEINVALIDPROVIDER", WSAEINVALIDPROCTABLE)
