"""Proving to a host who we are: with keys of an agent and of files, never with a password."""

import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped]

from harness.errors import Cause, LinkError, LinkGone
from harness.links.ssh.config import Hop
from harness.links.ssh.known_hosts import fingerprint

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class _Offer:
    """A key and where it comes from, for people."""

    key: Any
    source: str


class _Identity:
    """A file of a private key. `key` is None if it cannot be used by itself, for the reason `why`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.key: Any = None
        self.why = ""
        self.blob = _public(path)
        try:
            mode = path.stat().st_mode
            if sys.platform != "win32" and mode & _OTHERS:
                self.why = f"others may read it, as ssh does not allow: chmod 600 {path}"
                return
            self.key = paramiko.PKey.from_path(path)
            self.blob = self.key.asbytes()
        except FileNotFoundError:
            self.why = "no such file"
        except OSError as error:
            self.why = str(error.strerror or error)
        except (TypeError, paramiko.PasswordRequiredException):
            self.why = f"it is encrypted, and no agent has it: ssh-add {path}"
        except Exception as error:
            # paramiko and cryptography have no common base for "that is no key".
            self.why = f"it cannot be read as a private key: {error}"


def log_in(transport: Any, hop: Hop, timeout: float) -> str:
    """Log in to a host whose key has been checked; with which key, in words.

    Raises LinkGone, with what was tried and what to do; LinkError when the connection broke.
    """
    transport.auth_timeout = timeout
    identities = [_Identity(path) for path in hop.identities]
    tried: list[str] = []
    agent = paramiko.Agent() if hop.agent else None
    try:
        for offer in _offers(hop, identities, agent.get_keys() if agent else ()):
            try:
                further = transport.auth_publickey(hop.user, offer.key)
            except paramiko.BadAuthenticationType as error:
                allowed = ", ".join(error.allowed_types)
                raise LinkGone(
                    f"{hop}: the host lets nobody in with a key, only with {allowed}: its sshd_config "
                    f"needs PubkeyAuthentication yes",
                    cause=Cause.LOGIN,
                ) from None
            except paramiko.AuthenticationException as error:
                if not transport.is_active() or "timeout" in str(error).lower():
                    raise _cut_off(hop, [*tried, offer.source], error) from None
                tried.append(offer.source)
                continue
            except (paramiko.SSHException, EOFError, OSError) as error:
                raise _cut_off(hop, [*tried, offer.source], error) from None
            if further:
                raise LinkGone(
                    f"{hop}: the key is accepted, but the host wants {', '.join(further)} as well; nobody is "
                    f"there to type it",
                    cause=Cause.LOGIN,
                )
            return offer.source
    finally:
        if agent is not None:
            agent.close()
    raise LinkGone(f"{hop}: {_refused(hop, identities, tried)}", cause=Cause.LOGIN)


def _offers(hop: Hop, identities: list[_Identity], held: tuple[Any, ...]) -> Iterator[_Offer]:
    """In the order of ssh: what the agent holds of the identities, what else it holds, files."""
    blobs = {one.blob: one for one in identities if one.blob is not None}
    named = [key for key in held if key.asbytes() in blobs]
    others = [] if hop.only_identities else [key for key in held if key.asbytes() not in blobs]
    for key in (*named, *others):
        yield _Offer(key, f"{key.get_name()} {fingerprint(key.asbytes())} of the agent")
    in_agent = {key.asbytes() for key in named}
    for one in identities:
        if one.key is not None and one.blob not in in_agent:
            yield _Offer(one.key, str(one.path))


def _refused(hop: Hop, identities: list[_Identity], tried: list[str]) -> str:
    there = [one for one in identities if hop.chosen or one.why != "no such file"]
    unusable = [f"{one.path}: {one.why}" for one in there if one.why]
    port = "" if hop.port == 22 else f"-p {hop.port} "
    advice = f"ssh-copy-id {port}{hop.user}@{hop.host} gives it one"
    if not tried:
        if unusable:
            return f"no key to log in with: {'; '.join(unusable)}"
        return f"no key to log in with, neither a file nor in an agent: ssh-keygen makes one, {advice}"
    also = f"; not tried: {'; '.join(unusable)}" if unusable else ""
    return f"the host refuses every key for {hop.user}: {', '.join(tried)}{also}; {advice}"


def _cut_off(hop: Hop, tried: list[str], error: Exception) -> LinkError:
    if len(tried) > 1:
        # What the host says last is not handed on by paramiko.
        return LinkGone(
            f"{hop}: the host hung up after {len(tried)} keys that it does not know ({', '.join(tried)}); it "
            f"may allow no more (MaxAuthTries): name the right one with IdentityFile, and say IdentitiesOnly "
            f"yes, in ssh_config",
            cause=Cause.LOGIN,
        )
    return LinkError(f"{hop}: the connection broke while logging in: {error or type(error).__name__}")


def _public(path: Path) -> bytes | None:
    """The public key beside a private one, if it is there."""
    try:
        return bytes(paramiko.PublicBlob.from_file(str(path) + ".pub").key_blob)
    except (OSError, ValueError):
        return None
