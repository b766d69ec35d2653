"""The agent's clock on performance counters of all rates."""

import pytest
from core_driver import Core


@pytest.mark.parametrize("seconds", [0, 1, 600, 2000])
@pytest.mark.parametrize(
    "rate",
    [1000, 32768, 1_000_000, 1_193_182, 3_579_545, 10_000_000, 24_000_000, 2_400_000_000, 4_294_967_295],
)
def test_microseconds(core: Core, rate: int, seconds: int) -> None:
    (microseconds,) = core.ask("clock", rate, seconds)
    assert abs(int(microseconds) - seconds * 1_000_000) <= 2 + seconds
