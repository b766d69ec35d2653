"""A port is taken away and put back under a session with the real agent."""

import sys

import pytest

from benchmarks.reopening import LINKS, reopenings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the simulated line needs a POSIX host")


@pytest.mark.parametrize("link", LINKS)
def test_the_program_under_way_is_answered_after_the_return(link: str) -> None:
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    found = reopenings(link, 2)
    assert len(found) == 2
    assert all(seconds > 0 for seconds in found)
