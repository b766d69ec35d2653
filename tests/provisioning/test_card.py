"""Storage cards, and images of them, read by programs that others wrote."""

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from harness.agents import CPU_BUILDS, executable
from harness.cli.main import main
from harness.errors import UsageError
from harness.provisioning import Card
from harness.provisioning.fat import write_image
from harness.targets.keyfile import write_key

PARTITION = 63 * 512


def tool(name: str, package: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    write_key(tmp_path / "panel.key")
    return tmp_path / "panel.key"


def build(cpu: str) -> bytes:
    return executable(CPU_BUILDS[cpu]).read_bytes()


def test_a_card_has_the_agent_for_every_processor(tmp_path: Path, key: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "holiday.jpg").write_text("not ours")
    line = [
        "deploy",
        "--card",
        str(card),
        "--serve",
        "tcp:5555",
        "--key",
        str(key),
        "--json",
        str(tmp_path / "j"),
    ]
    assert main(line) == 0
    folders = {path.name: path for path in card.iterdir() if path.is_dir()}
    assert set(folders) == {"2577", "1824", "486", "686", "4000"}
    for name, cpu in (("2577", "arm"), ("486", "x86"), ("4000", "mips")):
        assert (folders[name] / "autorun.exe").read_bytes() == build(cpu)
        assert (folders[name] / "ceagent.ini").read_bytes() == b"link=tcp:5555\r\nbaud=115200\r\n"
        on_card = folders[name] / "ceagent.key"
        assert on_card.read_text().strip() == key.read_text().strip()
        assert stat.S_IMODE(on_card.stat().st_mode) == 0o600
    assert (card / "holiday.jpg").read_text() == "not ours"
    listed = json.loads((tmp_path / "j").read_text())["files"]
    assert {one["name"] for one in listed} == {
        f"{folder}/{name}" for folder in folders for name in ("autorun.exe", "ceagent.ini", "ceagent.key")
    }
    assert main([*line, "--cpu", "armv7"]) == 0  # again, for one kind of device
    assert (folders["2577"] / "autorun.exe").read_bytes() == build("armv7")
    assert (card / "0" / "autorun.exe").read_bytes() == build("armv7")


def test_an_image_is_a_card_to_others(tmp_path: Path, key: Path) -> None:
    fsck, mdir, mcopy = tool("fsck.fat", "dosfstools"), tool("mdir", "mtools"), tool("mcopy", "mtools")
    image = tmp_path / "card.img"
    assert main(["deploy", "--image", str(image), "--key", str(key)]) == 0
    partition = tmp_path / "partition"
    partition.write_bytes(image.read_bytes()[PARTITION:])
    checked = subprocess.run([fsck, "-n", "-v", partition], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "FAT16" in checked.stdout or "2 bytes per" in checked.stdout or "16 bit" in checked.stdout
    drive = f"{image}@@{PARTITION}"
    listed = subprocess.run([mdir, "-i", drive, "-b", "-/", "::"], capture_output=True, text=True, check=True)
    assert "::/2577/AUTORUN.EXE" in listed.stdout.upper().replace("::\\", "::/")
    subprocess.run([mcopy, "-s", "-i", drive, "::", str(tmp_path / "out")], check=True)
    names = {path.name.lower(): path for path in (tmp_path / "out" / "2577").iterdir()}
    assert names["autorun.exe"].read_bytes() == build("arm")
    assert names["ceagent.ini"].read_bytes() == b"link=COM1:\r\nbaud=115200\r\n"
    assert names["ceagent.key"].read_text().strip() == key.read_text().strip()
    assert (tmp_path / "out" / "4000" / "AUTORUN.EXE").exists() or "autorun.exe" in names


def test_the_partition_table_is_one(tmp_path: Path) -> None:
    """Others agree with it on where the partition is."""
    image = tmp_path / "card.img"
    write_image(image, {"a.txt": b"a"})
    line = [tool("partx", "util-linux"), "--raw", "--noheadings", "--output", "START,SECTORS,TYPE", image]
    shown = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["63", "65536", "0x6"]


@pytest.mark.parametrize("size", [0, 1, 2047, 2048, 2049, 3 * 2048, 20 * 1024 * 1024])
def test_files_of_every_length(size: int, tmp_path: Path) -> None:
    mtype = tool("mtype", "mtools")
    data = bytes(place * 7 & 0xFF for place in range(min(size, 10000))) * (size // 10000 or 1)
    names = ("some.dat", "folder/other.dat") if size < 10_000_000 else ("folder/some.dat",)
    write_image(tmp_path / "card.img", {**dict.fromkeys(names, data), "last.dat": b"end"})
    drive = f"{tmp_path / 'card.img'}@@{PARTITION}"
    for name in names:
        read = subprocess.run([mtype, "-i", drive, f"::{name}"], capture_output=True, check=True).stdout
        assert read == data
    assert subprocess.run([mtype, "-i", drive, "::last.dat"], capture_output=True).stdout == b"end"


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than the 32 MiB"):
        write_image(tmp_path / "card.img", {"big.dat": bytes(33 << 20)})
    with pytest.raises(UsageError, match="expected a name of eight"):
        write_image(tmp_path / "card.img", {"much too long.dat": b""})
    assert not (tmp_path / "card.img").exists()


def test_an_image_is_replaced_only_when_that_is_wanted(tmp_path: Path) -> None:
    image = tmp_path / "card.img"
    image.write_text("precious")
    assert main(["deploy", "--image", str(image)]) == 2
    assert image.read_text() == "precious"
    assert main(["deploy", "--image", str(image), "--force"]) == 0
    assert image.stat().st_size > 32 << 20
    assert [path.name for path in tmp_path.iterdir()] == ["card.img"]


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (Card(link="COM1"), "expected COM1:, tcp:PORT or tcp:HOST:PORT"),
        (Card(link="tcp:5555"), "an agent on TCP needs a key"),
        (Card(cpu="sh4"), "expected one of arm, armv7, x86, mips"),
        (Card(cpu="arm", agent=executable(CPU_BUILDS["x86"])), "is an executable for x86"),
        (Card(agent=executable("win32-x64")), "expected one of"),
    ],
)
def test_cards_that_nobody_can_use(card: Card, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        card.files()


@pytest.mark.parametrize(
    "words",
    [
        ["emulated", "--card", "."],
        ["--card", ".", "--path", "\\x.exe"],
        ["--card", "no such folder"],
        ["--serve", "COM1:"],
        ["--card", ".", "--image", "x.img"],
    ],
)
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
