"""A link that is cut at stated moments and says some frames twice, both in the middle of everything."""

import random

from harness.errors import LinkError
from harness.links import Dialer, Link


class Scissors:
    """A dialer around another one; see `harness.links.Dialer`.

    `cuts` disconnections, one after every `every` frames written: half of a frame still goes out. One frame
    of `twice` goes out twice (0: none). `made` counts the cuts, `doubled` the frames said twice.
    """

    def __init__(self, dialer: Dialer, *, cuts: int, every: int, twice: int = 50, seed: int = 0) -> None:
        self.made = 0
        self.doubled = 0
        self._dialer = dialer
        self._cuts, self._every, self._twice = cuts, every, twice
        self._written = 0
        self._random = random.Random(seed)

    @property
    def url(self) -> str:
        return self._dialer.url

    def open(self, timeout: float) -> "CutLink":
        return CutLink(self._dialer.open(timeout), self)

    def close(self) -> None:
        self._dialer.close()

    def cuts_now(self) -> bool:
        """Is the frame that is about to be written the one that the line breaks in?"""
        self._written += 1
        if self.made == self._cuts or self._written < self._every:
            return False
        self._written = 0
        self.made += 1
        return True

    def doubles_now(self) -> bool:
        """Is the frame that is about to be written said twice?"""
        doubles = self._twice > 0 and self._random.randrange(self._twice) == 0
        self.doubled += doubles
        return doubles


class CutLink:
    """An open link under the scissors; see `harness.links.Link`. The session writes one frame at a time."""

    def __init__(self, link: Link, scissors: Scissors) -> None:
        self._link = link
        self._scissors = scissors

    @property
    def url(self) -> str:
        return self._link.url

    @property
    def rate(self) -> float | None:
        return self._link.rate

    def read(self) -> bytes:
        return self._link.read()

    def write(self, data: bytes) -> None:
        if self._scissors.cuts_now():
            self._link.write(data[: len(data) // 2])
            self._link.close()
            raise LinkError(f"{self.url}: the line was cut on purpose")
        self._link.write(data)
        if self._scissors.doubles_now():
            self._link.write(data)

    def close(self) -> None:
        self._link.close()
