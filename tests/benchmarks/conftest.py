"""A server in this process for what the benchmarks connect to."""

import socket
import threading

import pytest

from benchmarks.instant_agent import serve


@pytest.fixture
def instant() -> str:
    """HOST:PORT of an instant agent; its thread ends with this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"
