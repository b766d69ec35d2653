"""What all tests of sessions share: a busy machine is no silence."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def nobody_is_asked_who_is_there() -> Iterator[None]:
    """Not even if it takes seconds from one program to the next. Many tests count frames."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("harness.session.session._IDLE", float("inf"))
        yield
