"""Tests with Wine itself."""

import pytest

from harness.errors import UsageError
from harness.targets.wine import check


@pytest.fixture(autouse=True)
def means() -> None:
    """What a target of kind `wine` needs."""
    try:
        check({})
    except UsageError as missing:
        pytest.skip(str(missing))
