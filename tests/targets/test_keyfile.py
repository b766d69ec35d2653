"""Pre-shared keys on this computer: read, refused, made; never shown."""

import os
import stat
import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.targets.keyfile import key_of_environment, needed_key, read_key, write_key

DIGITS = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"
posix = pytest.mark.skipif(
    sys.platform == "win32", reason="files have no permission bits: run on Linux or macOS"
)


def key_file(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "panel.key"
    path.touch(0o600)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_key(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "text",
    [
        DIGITS,
        DIGITS.lower() + "\n",
        f"  {DIGITS}\r\n",
        f"# the panel's, since May\n{DIGITS[:32]} \n\t{DIGITS[32:]}\n  # the end\n",
    ],
)
def test_a_key_with_blanks_and_comments(tmp_path: Path, text: str) -> None:
    path = key_file(tmp_path, text)
    found = read_key(path)
    assert found.value == bytes.fromhex(DIGITS)
    assert found.source == str(path)


def test_a_key_is_not_printed(tmp_path: Path) -> None:
    found = read_key(key_file(tmp_path, DIGITS))
    assert DIGITS.lower() not in repr(found).lower()
    assert repr(found.value) not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "my secret password",
        DIGITS[:-1],
        DIGITS + "0",
        DIGITS + DIGITS,
        DIGITS[:-1] + "g",
        f"key = {DIGITS}",
        DIGITS.encode("utf-16"),
        bytes(range(32)),
        b"\xff" * 64,
        DIGITS + " " * 5000,
        "\N{ARABIC-INDIC DIGIT ONE}" * 64,
    ],
)
def test_another_content_is_told_by_what_was_expected_alone(tmp_path: Path, text: str | bytes) -> None:
    path = key_file(tmp_path, text)
    said = refused(path)
    assert said == (
        f"key {path}: not a key; expected 64 hexadecimal digits, as `ceharness agent key FILE` writes them"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.key") == f"key {tmp_path / 'no.key'}: No such file or directory"


def test_a_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in refused(tmp_path)


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in refused(tmp_path / "pipe")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o610, 0o777])
def test_a_file_for_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, DIGITS, mode)
    assert refused(path) == (
        f"key {path}: others on this computer may read it (mode {mode:04o}); "
        f"expected a file that only you can read: chmod 600 {path}"
    )
    path.chmod(0o400)
    assert read_key(path).value == bytes.fromhex(DIGITS)


def test_a_key_in_place_of_a_file_name_is_not_repeated() -> None:
    for given in (DIGITS, f"/lab/{DIGITS}"):
        said = refused(Path(given))
        assert DIGITS not in said
        assert "expected the name of a file" in said


PAIRS = [f"{7 * n + 16:02x}" for n in range(32)]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(PAIRS),
        ":".join(PAIRS).upper(),
        "0x" + "".join(PAIRS),
        "".join(PAIRS)[:-1],
        "".join(PAIRS) + "0",
        f'"{"".join(PAIRS)}"',
        ", ".join(f"0x{pair}" for pair in PAIRS),
    ],
    ids=["blanks", "colons", "prefix", "one short", "one long", "quotes", "C"],
)
@pytest.mark.parametrize("folder", ["", "/etc/ceharness/"], ids=["given", "beside lab.ini"])
def test_a_key_is_recognized_however_it_is_written(text: str, folder: str) -> None:
    with pytest.raises(UsageError, match="got a key itself") as caught:
        read_key(folder + text)
    assert PAIRS[3] not in str(caught.value)


@pytest.mark.parametrize("name", ["panel.key", "deadbeef.key", "0123456789abcdef0123456789abcdef", "cafe"])
def test_no_name_of_a_file_is_taken_for_a_key(tmp_path: Path, name: str) -> None:
    write_key(tmp_path / name)
    assert read_key(tmp_path / name).source.endswith(name)


def test_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CEHARNESS_KEY", raising=False)
    assert key_of_environment() is None
    with pytest.raises(UsageError) as caught:
        needed_key(None)
    for hint in ("ceharness agent key FILE", "ceagent.key beside ceagent.exe", "key = FILE", "CEHARNESS_KEY"):
        assert hint in str(caught.value)
    monkeypatch.setenv("CEHARNESS_KEY", DIGITS)
    assert needed_key(None).value == bytes.fromhex(DIGITS)
    assert needed_key(None).source == "CEHARNESS_KEY"
    other = key_file(tmp_path, "ab" * 32)
    assert needed_key(str(other)).value == b"\xab" * 32


def test_a_wrong_key_in_the_environment_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEHARNESS_KEY", "correct horse battery staple")
    with pytest.raises(
        UsageError, match=r"^CEHARNESS_KEY: not a key; expected 64 hexadecimal digits"
    ) as caught:
        needed_key(None)
    assert "horse" not in str(caught.value)


def test_a_new_key_is_for_its_owner_and_never_the_same(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.key" for number in range(4)]
    before = os.umask(0)
    try:
        for path in paths:
            write_key(path)
    finally:
        os.umask(before)
    assert len({read_key(path).value for path in paths}) == 4
    if sys.platform != "win32":
        assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert all(len(path.read_text(encoding="ascii").strip()) == 64 for path in paths)


def test_a_key_that_is_there_is_not_replaced_by_accident(tmp_path: Path) -> None:
    path = key_file(tmp_path, DIGITS, 0o644)
    with pytest.raises(UsageError, match="already there"):
        write_key(path)
    assert path.read_text(encoding="ascii") == DIGITS
    write_key(path, replace=True)
    assert read_key(path).value != bytes.fromhex(DIGITS)
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_where_nothing_can_be_written(tmp_path: Path) -> None:
    for replace in (False, True):
        with pytest.raises(UsageError, match="No such file or directory"):
            write_key(tmp_path / "no" / "folder.key", replace=replace)
    with pytest.raises(UsageError, match="directory"):
        write_key(tmp_path, replace=True)
    assert list(tmp_path.iterdir()) == []
