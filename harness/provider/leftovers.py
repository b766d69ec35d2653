"""What a host that was killed in the middle has left on a device: looked for whenever somebody connects."""

from contextlib import suppress

from harness.device import files
from harness.device.files import Run, quoted, run_text
from harness.provider import catalog
from harness.provider.catalog import LIBRARY
from harness.provider.layout import LOG
from harness.provider.refusals import UnavailableError
from harness.provider.words import INFO, PROTOCOL
from harness.winsock import CONSTANTS

FILES = (files.unfinished(LIBRARY), LIBRARY, LOG)
"""Every name that a file of ours can have on a device."""


def leftovers(run: Run) -> list[str]:
    """Files of ours that a device has, by name, and "2 catalog entries". One program where there is nothing.

    A device that does not let its catalog be listed (it has no ws2.dll, say) has no entries of ours. Raises
    LabError.
    """
    lines = [
        f"file{place} = coredll!GetFileAttributesW(in path{place} = {quoted(path)})"
        for place, path in enumerate(FILES)
    ]
    # Not in a fresh process: asking is harmless, and a new process is not free on a device.
    execution = run_text(
        run,
        "\n".join(lines)
        + f"""
        buffer scratch length[4]
        store  &length, 4, {INFO.size}
        count = WSCEnumProtocols(in wanted = x"{PROTOCOL.to_bytes(8, "little").hex()}",
            scratch entries[{INFO.size}], &length, out error[4])
        """,
        "leftovers of an earlier host",
    )
    found = [path for place, path in enumerate(FILES) if execution.named(f"file{place}").ok]
    count, entries = execution.named("count"), 0
    if execution.outcome.returned and (count.value if count.ok else _too_many(execution.buffers["error"])):
        with suppress(UnavailableError):
            entries = len(catalog.ours(run))
    if entries:
        found.append("1 catalog entry" if entries == 1 else f"{entries} catalog entries")
    return found


def remove_leftovers(run: Run) -> list[str]:
    """Take them off the device; what there was, as `leftovers` says it. Raises LabError; UnavailableError
    where something is there all the same."""
    found = leftovers(run)
    if not found:
        return found
    with suppress(UnavailableError):  # what it does not remove is seen below
        catalog.remove_all(run)
    for path in FILES:
        files.remove(run, path)
    if left := leftovers(run):
        raise UnavailableError(f"left by an earlier run, and cannot be removed: {', '.join(left)}")
    return found


def _too_many(error: bytes) -> bool:
    """Are there more entries than there was room for?"""
    return int.from_bytes(error, "little") == CONSTANTS["WSAENOBUFS"]
