"""QEMU's monitor, by the QEMU Machine Protocol (QMP) over a Unix domain socket.

The library is QEMU's own, and the only place of asyncio in the harness. Its loop runs while a command is
under way, and no longer.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.deadline import Deadline
from harness.errors import LinkError, UsageError

if TYPE_CHECKING:
    from qemu.qmp import QMPClient

_ANSWER_S = 20.0
"""Seconds for an answer: saving a machine's state comes back at once, the rest takes milliseconds."""
_RETRY_S = 0.02
MISSING = "kind = qemu needs the library qemu.qmp: pip install 'ceharness[qemu]'"


class MonitorGone(LinkError):  # noqa: N818 - says what happened
    """The connection to the monitor ended, with QEMU in most cases."""


class Refused(LinkError):  # noqa: N818 - says what happened
    """QEMU does not do it; the message is QEMU's."""


class Monitor:
    """A connection to the monitor of a running QEMU. Threads may share it: one command at a time."""

    def __init__(self, path: Path, deadline: Deadline, ended: Callable[[], str | None]) -> None:
        """Connects, as soon as QEMU has made its socket. `ended`: why it never will, None while it may.

        Raises LinkError; UsageError without the library.
        """
        try:
            from qemu.qmp import QMPClient
        except ImportError:
            raise UsageError(MISSING) from None
        self._lock = threading.Lock()
        self._runner = asyncio.Runner()
        self._client: QMPClient | None = None
        try:
            self._client = self._runner.run(_connected(QMPClient, path, deadline, ended))
        except BaseException:
            self._runner.close()
            raise

    def execute(self, command: str, arguments: dict[str, object] | None = None) -> Any:
        """Has QEMU carry out a command; what it returns.

        Raises Refused with QEMU's words, MonitorGone, LinkError if there is no answer.
        """
        with self._lock:
            client = self._client
            if client is None:
                raise MonitorGone("QEMU's monitor: the connection is closed")
            return self._runner.run(_executed(client, command, arguments))

    def wait(self, event: str, member: str, values: Sequence[str], deadline: Deadline) -> str:
        """Waits for an event whose data has one of these values in that member; the value.

        Events that came with the answer to a command count. Raises LinkError, MonitorGone.
        """
        with self._lock:
            client = self._client
            if client is None:
                raise MonitorGone("QEMU's monitor: the connection is closed")
            return self._runner.run(_awaited(client, event, member, values, deadline))

    def human(self, line: str) -> str:
        """What a command of the monitor for people (HMP) prints. See `execute`."""
        return str(self.execute("human-monitor-command", {"command-line": line})).strip()

    def close(self) -> None:
        """Lets go of the connection. Safe to call twice."""
        with self._lock:
            client, self._client = self._client, None
            if client is None:
                return
            try:
                self._runner.run(_disconnected(client))
            finally:
                self._runner.close()


async def _connected(
    kind: "type[QMPClient]", path: Path, deadline: Deadline, ended: Callable[[], str | None]
) -> "QMPClient":
    from qemu.qmp import ConnectError

    while True:
        client = kind("ceharness")
        client.logger.disabled = True
        try:
            async with asyncio.timeout(max(0.001, deadline.remaining())):
                await client.connect(str(path))
        except (ConnectError, TimeoutError) as error:
            await _disconnected(client)
            if (reason := ended()) is not None:
                raise LinkError(reason) from None
            if deadline.remaining() <= 0:
                raise LinkError(f"QEMU's monitor did not come up within {deadline.seconds:g} s") from error
            # QEMU makes the socket when it likes, and tells nobody.
            await asyncio.sleep(_RETRY_S)
        else:
            return client


async def _executed(client: "QMPClient", command: str, arguments: dict[str, object] | None) -> Any:
    from qemu.qmp import ExecuteError, QMPError

    try:
        async with asyncio.timeout(_ANSWER_S):
            return await client.execute(command, arguments)
    except ExecuteError as error:
        raise Refused(f"QEMU refuses {command}: {error}") from None
    except TimeoutError:
        raise LinkError(f"QEMU's monitor did not answer {command} within {_ANSWER_S:g} s") from None
    except (QMPError, OSError, EOFError) as error:
        raise MonitorGone(f"QEMU's monitor: the connection ended ({command}: {error})") from None


async def _awaited(
    client: "QMPClient", event: str, member: str, values: Sequence[str], deadline: Deadline
) -> str:
    from qemu.qmp import QMPError

    try:
        async with asyncio.timeout(deadline.remaining()):
            while True:
                told = await client.events.get()
                data = told.get("data")
                if told["event"] == event and isinstance(data, dict) and data.get(member) in values:
                    return str(data[member])
    except TimeoutError:
        raise LinkError(
            f"QEMU told of no {event} ({' or '.join(values)}) in {deadline.seconds:g} s"
        ) from None
    except (QMPError, OSError, EOFError) as error:
        raise MonitorGone(f"QEMU's monitor: the connection ended ({event}: {error})") from None


async def _disconnected(client: "QMPClient") -> None:
    try:
        await client.disconnect()
    except Exception:
        # Why it had ended before; whoever used it was told.
        return
