"""What the line to a device was like, for results: who could use it, what was done to it, what it did."""

from dataclasses import dataclass

from harness.session.health import LineHealth


@dataclass(frozen=True, slots=True)
class LineReport:
    """`protection`: in words; `faults`: what was done to the line on purpose, "" for nothing; `health`: its
    counters."""

    url: str
    protection: str
    faults: str
    health: LineHealth

    @property
    def trouble(self) -> list[str]:
        """What was bad about it, one sentence each: what, how much, what to do. Empty for a good line."""
        injected = f"faults were injected into this line on purpose: {self.faults}"
        return [*([injected] if self.faults else []), *self.health.trouble()]

    def as_dict(self) -> dict[str, object]:
        """For JSON; round trips in seconds."""
        return {
            "url": self.url,
            "protection": self.protection,
            "faults": self.faults,
            **self.health.as_dict(),
            "trouble": self.trouble,
        }
