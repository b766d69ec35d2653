"""What the tests of the commands share: a lab file with an agent in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_agent import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    fake = FakeAgent()
    yield fake
    fake.close()


@pytest.fixture
def lab(tmp_path: Path, agent: FakeAgent) -> Path:
    """A lab file with the fake agent as target `fake`, patient for half a second."""
    path = tmp_path / "lab.ini"
    path.write_text(
        f"[defaults]\ntarget = fake\n[target fake]\nkind = tcp\nhost = 127.0.0.1\nport = {agent.port}\n"
        "connect = 500ms\n",
        encoding="utf-8",
    )
    return path
