"""What ssh_config says about a bench host and the hosts on the way to it."""

import getpass
import re
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped]

from harness.errors import UsageError

SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")
_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
_SYSTEM_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
_IDENTITIES = ("~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519")
_CONNECT_S = 15.0
_DEEPEST = 16
"""Files that include each other, and jump hosts, at most: as many as OpenSSH allows."""
_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<v6>[^]]+)]|(?P<name>[^:@/\s]+))(?::(?P<port>\d+))?/?"
)


@dataclass(frozen=True, slots=True)
class Hop:
    """A host on the way, and the bench host as the last. `name`: as it is named to `ssh`.

    `identities`: files of private keys; `chosen`: they were named, and not just those that are usual.
    `key_name`: under which its host key is known. `command`: carries the connection, in place of TCP.
    `silence`: seconds without a sign of life after which its connection is dead, None: the usual.
    """

    name: str
    host: str
    port: int
    user: str
    identities: tuple[Path, ...]
    chosen: bool
    only_identities: bool
    agent: bool
    known_hosts: tuple[Path, ...]
    key_name: str
    command: str | None
    connect: float
    silence: float | None

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" + ("" if self.port == 22 else f":{self.port}")


class Config:
    """ssh_config as `ssh` reads it: that file, or the user's and the system's. Raises UsageError."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self._files = (file,) if file else (Path("~/.ssh/config").expanduser(), SYSTEM_CONFIG)

    @cached_property
    def _parsed(self) -> Any:
        text = "".join(f"{_text(path, needed=self.file is not None)}\nHost *\n" for path in self._files)
        try:
            return paramiko.SSHConfig.from_text(text)
        except paramiko.ConfigParseError as error:
            names = " and ".join(map(str, self._files))
            raise UsageError(f"{names}: {error}") from None

    def way(self, name: str, user: str | None = None, port: int | None = None) -> list[Hop]:
        """The hosts to go through one after the other, the named one last. Raises UsageError."""
        return self._way(name, user, port, 0)

    def _way(self, name: str, user: str | None, port: int | None, depth: int) -> list[Hop]:
        if depth > _DEEPEST:
            raise UsageError(f"ssh_config: the jump hosts on the way to {name} go in a circle")
        found = self._lookup(name)
        jumps = found.get("proxyjump") or "none"
        if jumps.lower() == "none":
            return [self._hop(name, user, port, found)]
        hops: list[Hop] = []
        for number, jump in enumerate(jumps.split(",")):
            spec = _JUMP.fullmatch(jump.strip())
            if spec is None:
                raise UsageError(f"ssh_config: ProxyJump {jump.strip()!r} of {name}: not [USER@]HOST[:PORT]")
            there = spec["v6"] or spec["name"]
            its_port = int(spec["port"]) if spec["port"] else None
            if number == 0:
                # How the first one is reached is said where it is described itself.
                hops += self._way(there, spec["user"], its_port, depth + 1)
            else:
                hops.append(_direct(self._hop(there, spec["user"], its_port, self._lookup(there))))
        return [*hops, _direct(self._hop(name, user, port, found))]

    def _lookup(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = dict(self._parsed.lookup(name))
        except (paramiko.SSHException, ValueError, OSError) as error:
            raise UsageError(f"ssh_config: what it says about {name} cannot be used: {error}") from None
        return found

    def _hop(self, name: str, user: str | None, port: int | None, found: dict[str, Any]) -> Hop:
        host = str(found.get("hostname", name))
        number = port or _number(found, "port", 22)
        account = user or str(found.get("user") or getpass.getuser())

        def paths(text: str) -> tuple[Path, ...]:
            return tuple(_path(word, host, account) for word in shlex.split(text) if word.lower() != "none")

        named = found.get("identityfile", [])
        interval, most = _number(found, "serveraliveinterval", 0), _number(found, "serveralivecountmax", 3)
        known = f"{found.get('userknownhostsfile', _KNOWN_HOSTS)} "
        known += str(found.get("globalknownhostsfile", _SYSTEM_KNOWN_HOSTS))
        alias = found.get("hostkeyalias")
        return Hop(
            name=name,
            host=host,
            port=number,
            user=account,
            identities=paths(" ".join(shlex.quote(one) for one in named or _IDENTITIES)),
            chosen=bool(named),
            only_identities=str(found.get("identitiesonly", "no")).lower() == "yes",
            agent=str(found.get("identityagent", "")).lower() != "none",
            known_hosts=paths(known),
            key_name=str(alias).lower() if alias else known_name(host, number),
            command=found.get("proxycommand"),
            connect=float(_number(found, "connecttimeout", 0)) or _CONNECT_S,
            silence=float(interval * most) or None,
        )


def known_name(host: str, port: int) -> str:
    """How a host is named in known_hosts."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _direct(hop: Hop) -> Hop:
    """Reached through the hop before it, whatever else is said about it."""
    return replace(hop, command=None)


def _number(found: dict[str, Any], key: str, otherwise: int) -> int:
    text = str(found.get(key, otherwise))
    if not text.isdigit():
        raise UsageError(f"ssh_config: {key} {text}: expected a number")
    return int(text)


def _path(word: str, host: str, user: str) -> Path:
    tokens = {"%d": str(Path.home()), "%h": host, "%r": user, "%u": getpass.getuser(), "%%": "%"}
    return Path(re.sub("%[dhru%]", lambda token: tokens[token[0]], word)).expanduser()


def _text(path: Path, *, needed: bool, depth: int = 0) -> str:
    """A file, with what it includes: paramiko reads no Include."""
    if depth > _DEEPEST:
        raise UsageError(f"{path}: too many files that include each other")
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        if needed:
            raise UsageError(f"ssh_config {path}: no such file") from None
        return ""
    except OSError as error:
        raise UsageError(f"ssh_config {path}: {error.strerror or error}") from None
    text: list[str] = []
    block = "Host *"
    for line in lines:
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if word.lower() in ("host", "match"):
            block = line
        if word.lower() != "include":
            text.append(line)
            continue
        for pattern in shlex.split(rest):
            # Relative to the folder of the user's, or the system's, configuration.
            system = SYSTEM_CONFIG.parent
            base = system if system in path.parents else Path("~/.ssh").expanduser()
            whole = base / Path(pattern).expanduser()
            for included in sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor)))):
                text += [_text(included, needed=False, depth=depth + 1), block]
    return "\n".join(text)
