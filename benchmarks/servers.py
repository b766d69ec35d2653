"""The device's side of every system, a process each: `python -m benchmarks.servers NAME`.

Prints {"host": "127.0.0.1:PORT"} and serves until standard input ends.
"""

import io
import json
import os
import socket
import sys
import threading
from collections.abc import Callable

import rpyc
from robotremoteserver import RobotRemoteServer
from rpyc.utils.server import ThreadedServer

from benchmarks import instant_agent, smp_call
from benchmarks.call import make_socket


class Keywords:
    """A Robot Framework library for the remote server."""

    def wsa_socket(self, *arguments: int) -> list[int]:
        return list(make_socket(*arguments))


class Calls(rpyc.Service):
    """An RPyC service."""

    def exposed_wsa_socket(self, *arguments: int) -> tuple[int, int]:
        return make_socket(*arguments)


def _robot(ready: Callable[[int], None]) -> None:
    # The server logs what it does; standard output is ours.
    server = RobotRemoteServer(Keywords(), host="127.0.0.1", port=0, port_file=None, serve=False)
    log, sys.stdout = sys.stdout, io.StringIO()
    server.activate()
    sys.stdout = log
    ready(server.server_port)
    sys.stdout = io.StringIO()
    server.serve(log=False)


def _rpyc(ready: Callable[[int], None]) -> None:
    server = ThreadedServer(Calls, hostname="127.0.0.1", port=0)
    ready(server.port)
    server.start()


def _listen(serve: Callable[[socket.socket], None]) -> Callable[[Callable[[int], None]], None]:
    def run(ready: Callable[[int], None]) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        ready(listener.getsockname()[1])
        serve(listener)

    return run


SERVERS: dict[str, Callable[[Callable[[int], None]], None]] = {
    "robot": _robot,
    "rpyc": _rpyc,
    "smp": _listen(smp_call.serve),
    "instant": _listen(instant_agent.serve),
}


def main(name: str) -> None:
    """Serve in a thread; the end of standard input ends the process."""

    def ready(port: int) -> None:
        print(json.dumps({"host": f"127.0.0.1:{port}"}), flush=True)

    threading.Thread(target=SERVERS[name], args=(ready,), daemon=True).start()
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
