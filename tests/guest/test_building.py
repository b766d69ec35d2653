"""The guest made of Debian's packages."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from guest import CURRENT, built
from guest.cpio import Entry, archive, file, folder, link
from harness.agents import executable
from harness.errors import UsageError


def test_busybox_reads_what_we_pack(tmp_path: Path) -> None:
    """Another implementation of cpio finds the same files."""
    packed = archive(
        {
            "bin/tool": file(b"#!/bin/sh\n", 0o755),
            "odd": file(b"x" * 5),
            "private": folder(0o700),
            "a/b/name with blank": file(b""),
            "a/link": link("../odd"),
        }
    )
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is missing: apt-get install busybox-static")
    subprocess.run([busybox, "cpio", "-id"], cwd=tmp_path, input=packed, check=True, capture_output=True)
    assert (tmp_path / "bin" / "tool").read_bytes() == b"#!/bin/sh\n"
    assert stat.S_IMODE((tmp_path / "bin" / "tool").stat().st_mode) == 0o755
    assert (tmp_path / "a" / "link").read_bytes() == b"xxxxx"
    assert (tmp_path / "a" / "b" / "name with blank").read_bytes() == b""
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_the_same_entries_give_the_same_bytes() -> None:
    one = {"b": file(b"1"), "a/c": Entry(stat.S_IFCHR | 0o600, device=(5, 1))}
    assert archive(one) == archive(dict(reversed(one.items())))


@pytest.mark.long
def test_a_guest_is_known_by_what_is_in_it(image: Path, tmp_path: Path) -> None:
    cache = image.parent
    assert built(cache) == image
    assert (cache / CURRENT).resolve() == image.resolve()
    agent = tmp_path / "ceagent.exe"
    agent.write_bytes(executable("win32-x64").read_bytes() + b"other")
    try:
        other = built(cache, agent)
        assert other != image
        assert (other / "vmlinuz").read_bytes() == (image / "vmlinuz").read_bytes()
        assert (other / "initrd.cpio").stat().st_size > 10_000_000
        shutil.rmtree(other)
    finally:
        assert built(cache) == image


def test_what_is_missing_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-cache is missing: the guest is made on Debian"):
        built(tmp_path)
