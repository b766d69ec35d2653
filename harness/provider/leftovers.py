"""What a host that was killed in the middle has left on a device: looked for whenever somebody connects."""

from harness.program.result import Execution
from harness.provider import catalog, files
from harness.provider.catalog import LIBRARY
from harness.provider.files import Run, UnavailableError, quoted, run_text
from harness.provider.layout import LOG
from harness.provider.words import INFO, PROTOCOL
from harness.winsock import CONSTANTS


def remove_leftovers(run: Run) -> bool:
    """Take entries and files of ours off a device; False if there were none. One program where there is
    nothing to do.

    A device that does not let itself be asked (no ws2.dll, say) has no entries either. Raises LabError.
    """
    if not _found(_look(run)):
        return False
    try:
        catalog.remove_all(run)
    except UnavailableError:
        return False
    files.remove(run, LOG)
    files.remove(run, LIBRARY)
    return True


def _look(run: Run) -> Execution:
    # Not in a fresh process: asking is harmless, and a new process is not free on a device.
    return run_text(
        run,
        f"""
        file = coredll!GetFileAttributesW(in path = {quoted(LIBRARY)})
        buffer scratch length[4]
        store  &length, 4, {INFO.size}
        count = WSCEnumProtocols(in wanted = x"{PROTOCOL.to_bytes(8, "little").hex()}",
            scratch entries[{INFO.size}], &length, out error[4])
        """,
        "leftovers of an earlier host",
    )


def _found(execution: Execution) -> bool:
    count = execution.named("count")
    if execution.named("file").ok:
        return True
    if not (execution.outcome.returned and count.ran):
        return False
    code = int.from_bytes(execution.buffers["error"], "little")
    return bool(count.value) if count.ok else code == CONSTANTS["WSAENOBUFS"]
