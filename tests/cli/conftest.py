"""What the tests of the commands share: a lab file with an agent in it."""

from collections.abc import Callable, Iterator
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
    """A lab file with the fake agent as target `fake`, patient enough for any machine."""
    path = tmp_path / "lab.ini"
    path.write_text(
        f"[defaults]\ntarget = fake\n[target fake]\nkind = tcp\nhost = 127.0.0.1\nport = {agent.port}\n"
        "connect = 60s\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def hurry(lab: Path) -> Callable[[], None]:
    """Makes the lab impatient: for an agent that never answers."""

    def change() -> None:
        text = lab.read_text(encoding="utf-8")
        lab.write_text(text.replace("connect = 60s", "connect = 1s"), encoding="utf-8")

    return change
