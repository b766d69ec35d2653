"""Settings of ours in a pyserial URL: they set the port, and pyserial's handler never sees them."""

import pytest

from harness.errors import UsageError
from harness.links import open_link


def test_the_speed_of_a_pyserial_url() -> None:
    link = open_link("loop://?logging=error&baud=9600", timeout=1)
    try:
        assert link.rate == 960
    finally:
        link.close()


def test_a_wrong_setting() -> None:
    with pytest.raises(UsageError, match="bits a second"):
        open_link("loop://?baud=fast", timeout=1)
