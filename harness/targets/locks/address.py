"""Which device is behind the URL of a link: two sections of lab.ini for the same port are one device."""

import ipaddress
import os
import re
import sys
from urllib.parse import urlsplit

from harness.errors import LinkError, UsageError
from harness.links import dialer
from harness.links.fault import FAULT
from harness.links.ports import HWGREP, HwgrepDialer
from harness.targets.faults import split_faults

_RAW = frozenset({"tcp", "socket", "rfc2217", "telnet"})
"""Ways to one port of a host in the network: whoever has it open one way keeps the others out."""
_WRAPPED = frozenset({"spy", "alt"})
"""URLs of pyserial around the name of a port of this computer."""
_WINDOWS_PORT = re.compile(r"(?:\\\\\.\\|//\./)?(COM\d+):?\Z", re.IGNORECASE)
_SSH_PORT = 22


def device_address(url: str) -> str:
    """What all links to one device have in common: the real path of a serial port, or host and port.

    Users, speeds and other settings do not count. A host's name and its number are two devices: nobody is
    asked what a name stands for.
    """
    given, url = url, url.removeprefix(FAULT)
    scheme, found, rest = url.partition("://")
    if not found:
        return _port(url)
    front = rest.partition("?")[0]
    if scheme == "serial" or scheme in _WRAPPED:
        return _port(front)
    if scheme == HWGREP:
        return _port(_found_port(given) or front)
    if scheme == "tcp-listen":
        # Whatever the address: one port of this computer takes one device.
        return f"tcp-listen:{front.rstrip('/').rpartition(':')[2]}"
    if scheme in _RAW:
        return f"tcp:{_host_and_port(url)}"
    if scheme == "ssh":
        return f"ssh:{_host_and_port(url, _SSH_PORT)}{urlsplit(url).path}"
    return f"{scheme}:{front}"


def _port(name: str) -> str:
    if (found := _WINDOWS_PORT.match(name)) is not None:
        return found[1].upper()
    # A stable name such as /dev/serial/by-id/... is a symbolic link.
    return name if sys.platform == "win32" else os.path.realpath(name)


def _found_port(url: str) -> str | None:
    """What hwgrep://EXPRESSION leads to now; None where that is told when the port is opened."""
    try:
        opener = dialer(split_faults(url)[0])
        return opener.find().device if isinstance(opener, HwgrepDialer) else None
    except (LinkError, UsageError):
        return None


def _host_and_port(url: str, usual: int | None = None) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if host in ("localhost", "ip6-localhost"):
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        host = f"[{address}]" if address.version == 6 else str(address)
    port = parts.port or usual
    return f"{host}:{port}" if port else host
