"""What a catalog entry says about how the provider is to behave, and the entry's bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import UsageError
from harness.winsock import STRUCTURES

INFO = STRUCTURES["WSAPROTOCOL_INFOW"]
FAMILY, TYPE, PROTOCOL = 0x5A, 0x5B, 0x5C5A
"""Private numbers: no other program on the device selects an entry of ours. All have this protocol."""
MARK = "ceharness-provider"
_LONGEST = 255
WORDS = (
    "upcalls", "entries", "socket", "create", "close", "release",
    "fail", "version", "startup", "table", "missing", "fault", "hang", "once",
)  # fmt: skip
"""The words that the provider knows (docs/provider.md)."""
_INSTEAD = frozenset({"fail", "version", "startup", "table", "missing", "fault", "hang"})
"""Words with which no descriptor comes of WSPSocket."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One catalog entry to install. `chain_length` 0: an unchained layer, 1: a base protocol, more: a chain
    of the catalog ids in `chain`."""

    words: Mapping[str, int] = field(default_factory=dict)
    family: int = FAMILY
    type: int = TYPE
    service_flags: int = 0
    provider_flags: int = 0
    chain_length: int = 1
    chain: tuple[int, ...] = ()

    @property
    def makes_sockets(self) -> bool:
        """Is it there to make sockets? Else it refuses them, or is a layer that nobody asks."""
        return self.chain_length != 0 and not _INSTEAD & self.words.keys()

    def pack(self) -> bytes:
        """The WSAPROTOCOL_INFOW, without provider and id. Raises UsageError for a word nobody knows."""
        if unknown := [word for word in self.words if word not in WORDS]:
            raise UsageError(f"the provider knows no {unknown[0]!r}: expected some of {', '.join(WORDS)}")
        text = " ".join([MARK, *(f"{word}={value}" for word, value in self.words.items())])
        if len(text) > _LONGEST:
            raise UsageError(f"{len(text)} characters for the provider, {_LONGEST} are possible")
        made = bytearray(INFO.size)
        values = {
            "dwServiceFlags1": self.service_flags,
            "dwProviderFlags": self.provider_flags,
            "iVersion": 2,
            "iAddressFamily": self.family,
            "iMaxSockAddr": 16,
            "iMinSockAddr": 16,
            "iSocketType": self.type,
            "iProtocol": PROTOCOL,
        }
        for name, value in values.items():
            put(made, name, value.to_bytes(4, "little"))
        chain = [self.chain_length, *self.chain]
        put(made, "ProtocolChain", b"".join(value.to_bytes(4, "little") for value in chain))
        put(made, "szProtocol", text.encode("utf-16-le"))
        return bytes(made)


def put(structure: bytearray, name: str, value: bytes) -> None:
    """Write the first bytes of a member."""
    member = INFO.field(name)
    assert len(value) <= member.size, f"{name} has {member.size} bytes"
    structure[member.offset : member.offset + len(value)] = value


def get(structure: bytes, name: str) -> bytes:
    """The bytes of a member."""
    member = INFO.field(name)
    return structure[member.offset : member.offset + member.size]
