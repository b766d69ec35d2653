"""What the tests of the commands share: a lab file with an agent in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_agent import KEY, FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    fake = FakeAgent()
    yield fake
    fake.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A file with the fake agent's key."""
    path = tmp_path / "fake.key"
    path.touch(0o600)
    path.write_text(KEY.hex(), encoding="ascii")
    return path


@pytest.fixture
def lab(tmp_path: Path, agent: FakeAgent, key_file: Path) -> Path:
    """A lab file with the fake agent as target `fake`, patient enough for any machine."""
    path = tmp_path / "lab.ini"
    path.write_text(
        f"[defaults]\ntarget = fake\n[target fake]\nkind = tcp\nhost = 127.0.0.1\nport = {agent.port}\n"
        f"key = {key_file.name}\nconnect = 60s\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(autouse=True)
def no_key_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CEHARNESS_KEY", raising=False)


@pytest.fixture
def hurry(lab: Path) -> Callable[[], None]:
    """Makes the lab impatient: for an agent that never answers."""

    def change() -> None:
        text = lab.read_text(encoding="utf-8")
        lab.write_text(text.replace("connect = 60s", "connect = 1s"), encoding="utf-8")

    return change
