"""Which frames are to be believed: docs/protocol.md, "Frames", on the controller's side.

A check belongs to a session, the agent's life and a program's number. So what an agent said before
a restart, or in the state that a snapshot brought back, is no frame here.
"""

from dataclasses import dataclass

from harness.wire.sealing import OPEN_CHECK_BYTES, Role, Seal, full_number, open_good

_WELCOME = 1
_ABOUT_A_PROGRAM = (3, 4, 5)
_NEVER_OPEN = (3, 5)
"""Message types: answer, refusal and working; and those of them that always belong to a session."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A body whose check is right. `seal` made it, None: it is the open check. `number`: of the program."""

    body: bytes
    seal: Seal | None = None
    number: int | None = None


class Checks:
    """`seal` is that of the session, `proposed` that of a handshake under way; `expected` is the number of
    the program that is sent next."""

    def __init__(self) -> None:
        self.seal: Seal | None = None
        self.proposed: Seal | None = None
        self.expected = 0

    def open(self, data: bytes) -> Opened | None:
        """Body and check taken apart; None when the check is not one that this body may have here."""
        kind, seq = _head(data)
        if kind in _ABOUT_A_PROGRAM and seq is not None and self.seal is not None:
            number = full_number(self.expected, seq)
            opened = _opened(data, self.seal, Role.AGENT, number)
            if opened is not None:
                return opened
        if kind == _WELCOME:
            for seal in (self.proposed, self.seal):
                if seal is not None and seal.keyed:
                    opened = _opened(data, seal, Role.WELCOME, 0)
                    if opened is not None:
                        return opened
        if kind in _NEVER_OPEN:
            return None
        body, check = data[:-OPEN_CHECK_BYTES], data[-OPEN_CHECK_BYTES:]
        return Opened(body) if open_good(body, check) else None


def _opened(data: bytes, seal: Seal, role: Role, number: int) -> Opened | None:
    body, check = data[: -seal.size], data[-seal.size :]
    if not body or not seal.good(role, number, body, check):
        return None
    return Opened(body, seal, None if role is Role.WELCOME else number)


def _head(data: bytes) -> tuple[int | None, int | None]:
    """Type of a message and the number behind it, up to a byte, from its CBOR; None for what is not there."""
    if len(data) < 4 or data[0] & 0xE0 != 0x80 or data[1] >= 24:
        return None, None
    if data[2] < 24:
        return data[1], data[2]
    return data[1], data[3] if data[2] == 0x18 else None
