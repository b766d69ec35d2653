"""Is a host who it says it is? The file format is that of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"."""

import base64
import binascii
import fnmatch
import hashlib
import hmac
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.errors import Cause, LinkGone
from harness.links.ssh.config import Hop, known_name

_HASHED = "|1|"


class HostKey(Protocol):
    """As much of `paramiko.PKey` as is needed."""

    def get_name(self) -> str: ...
    def asbytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Known:
    """One line: whose key (patterns, or a hash), which, where it stands. `marker`: "@revoked" or ""."""

    hosts: str
    kind: str
    key: bytes
    file: Path
    line: int
    marker: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def is_about(self, name: str) -> bool:
        """Does it name that host?"""
        if self.hosts.startswith(_HASHED):
            return _is_hash_of(name, self.hosts)
        found = False
        for pattern in self.hosts.lower().split(","):
            if fnmatch.fnmatchcase(name, pattern.lstrip("!").replace("[", "[[]")):
                if pattern.startswith("!"):
                    return False
                found = True
        return found


def known_keys(files: Sequence[Path]) -> Iterator[Known]:
    """The lines of these files that can be used; a file that is not there, or not readable, has none."""
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, start=1):
            words = line.split()
            marker = words.pop(0) if words and words[0].startswith("@") else ""
            # No certificates: paramiko knows those of users, not of hosts.
            if len(words) < 3 or words[0].startswith("#") or marker not in ("", "@revoked"):
                continue
            try:
                key = base64.b64decode(words[2], validate=True)
            except binascii.Error:
                continue
            yield Known(words[0], words[1], key, file, number, marker)


def known_kinds(hop: Hop) -> list[str]:
    """Kinds of keys that are known of a host: it is asked for one of these first."""
    return [one.kind for one in known_keys(hop.known_hosts) if not one.marker and one.is_about(hop.key_name)]


def check_host_key(hop: Hop, key: HostKey, *, by_itself: bool, config: Path | None) -> None:
    """Nothing if the host may be trusted. Raises LinkGone: unknown, changed or revoked; what to do next.

    `by_itself`: it can be reached without another host in between.
    """
    blob, kind = key.asbytes(), key.get_name()
    about = [one for one in known_keys(hop.known_hosts) if one.is_about(hop.key_name)]
    mark = fingerprint(blob)
    for one in about:
        if one.marker and one.key == blob:
            raise LinkGone(
                f"{hop}: its host key {kind} {mark} is revoked, says {one}: do not connect to it",
                cause=Cause.HOST_KEY,
            )
    if any(one.key == blob and not one.marker for one in about):
        return
    changed = [one for one in about if one.kind == kind and not one.marker]
    if changed:
        raise LinkGone(
            f"{hop}: its host key has changed: {kind} {mark} is not the one of "
            f"{', '.join(map(str, changed))}; somebody may be listening in between, or the host was set up "
            f"anew. If you know why, remove that line: {_remove(hop, changed[0].file)}",
            cause=Cause.HOST_KEY,
        )
    raise LinkGone(
        f"{hop}: its host key is not known: {kind} {mark}; compare that with what the host itself shows: "
        f"ssh-keygen -lf /etc/ssh/ssh_host_{_short(kind)}_key.pub; if it is the same, add it: "
        f"{_add(hop, by_itself, config)}",
        cause=Cause.HOST_KEY,
    )


def fingerprint(blob: bytes) -> str:
    """As `ssh-keygen -l` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def _is_hash_of(name: str, hashed: str) -> bool:
    try:
        salt, value = (base64.b64decode(part) for part in hashed.removeprefix(_HASHED).split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), value)


def _short(kind: str) -> str:
    return {"ssh-rsa": "rsa", "ssh-ed25519": "ed25519"}.get(kind, "ecdsa")


def _add(hop: Hop, by_itself: bool, config: Path | None) -> str:
    file = shlex.quote(str(hop.known_hosts[0])) if hop.known_hosts else "~/.ssh/known_hosts"
    port = "" if hop.port == 22 else f"-p {hop.port} "
    if by_itself and hop.key_name == known_name(hop.host, hop.port):
        return f"ssh-keyscan {port}{hop.host} >> {file}"
    # It is behind another host, or known under another name: ssh itself asks.
    options = "" if config is None else f"-F {shlex.quote(str(config))} "
    return f"ssh {options}-o StrictHostKeyChecking=ask {port}{hop.user}@{hop.name} true"


def _remove(hop: Hop, file: Path) -> str:
    return f"ssh-keygen -R {shlex.quote(hop.key_name)} -f {shlex.quote(str(file))}"
