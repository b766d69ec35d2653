"""What a target runs, as far as this computer knows: a digest, the same for the same software."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.lab import load_lab
from harness.targets import KINDS, configure, image_of

REACHED = {
    "tcp": "host = h\nkey = key",
    "tcp-listen": "listen = 5555\nkey = key",
    "serial": "port = /dev/ttyUSB0",
    "ssh": "link = ssh://bench/dev/ttyUSB0",
    "qemu": "preset = wine-guest",
}


def image(folder: Path, kind: str, *lines: str) -> str:
    """The image of a device of this kind, in a lab in the folder."""
    (folder / "key").write_text("ab" * 32)
    (folder / "lab.ini").write_text("\n".join([f"[it]\nkind = {kind}", REACHED.get(kind, ""), *lines, ""]))
    return image_of(configure(load_lab(folder / "lab.ini").target("it")))


def test_every_kind_is_here() -> None:
    assert {*REACHED, "emulated", "wine"} == set(KINDS)


@pytest.mark.parametrize("kind", REACHED)
def test_the_file_that_a_device_was_flashed_with(tmp_path: Path, kind: str) -> None:
    (tmp_path / "os").mkdir()
    (tmp_path / "os" / "nk.bin").write_bytes(b"B000FF\n" + bytes(5000))
    found = image(tmp_path, kind, "image = os/nk.bin")
    assert found.startswith("sha256:")
    assert len(found) == len("sha256:") + 64
    assert image(tmp_path, kind, "image = os") != ""
    (tmp_path / "os" / "nk.bin").write_bytes(b"B000FF\n" + bytes(5000) + b"\x01")
    assert image(tmp_path, kind, "image = os/nk.bin") != found


@pytest.mark.parametrize("kind", [*REACHED, "wine"])
def test_what_nobody_knows_is_empty(tmp_path: Path, kind: str) -> None:
    assert image(tmp_path, kind) == ""


@pytest.mark.parametrize("kind", REACHED)
def test_a_file_that_is_not_there(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match=r"gone\.bin: No such file"):
        image(tmp_path, kind, "image = gone.bin")


def test_an_emulated_device_is_its_image(tmp_path: Path) -> None:
    plain = image(tmp_path, "emulated")
    others = [
        image(tmp_path, "emulated", *lines)
        for lines in (["cpu = mips"], ["variants = ce-6"], ["quirk = bad-pointers-crash"])
    ]
    assert plain.startswith("sha256:")
    assert len({plain, *others}) == 4
    assert image(tmp_path, "emulated", "link = serial") == plain
    assert image_of(replace(load_lab(tmp_path / "lab.ini").target("it"), name="other")) == plain
