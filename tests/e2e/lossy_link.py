"""A link that loses, doubles and damages whole frames, the same ones every time."""

import random

from harness.links import Link


class LossyLink:
    """Passes bytes on; every frame meets a fate, in both directions, drawn from `seed`."""

    rate: float | None = None

    def __init__(self, link: Link, seed: int) -> None:
        self.url = link.url
        self.lost = 0
        self._link = link
        self._out, self._in = random.Random(seed), random.Random(seed + 1)
        self._rest = b""

    def read(self) -> bytes:
        while data := self._link.read():
            *frames, self._rest = (self._rest + data).split(b"\0")
            passed = b"".join(self._fate(frame + b"\0", self._in) for frame in frames)
            if passed:
                return passed
        return b""

    def write(self, data: bytes) -> None:
        """The session writes one frame at a time."""
        self._link.write(self._fate(data, self._out))

    def close(self) -> None:
        self._link.close()

    def _fate(self, frame: bytes, chance: random.Random) -> bytes:
        draw = chance.random()
        if draw < 0.7:
            return frame
        if draw < 0.8:
            return frame * 2
        self.lost += 1
        if draw < 0.9:
            return b""
        place = chance.randrange(len(frame))
        return frame[:place] + bytes([frame[place] ^ chance.randrange(1, 256)]) + frame[place + 1 :]
