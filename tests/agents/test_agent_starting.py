"""How an agent starts: settings, keys, and what it says when it cannot."""

from pathlib import Path

import pytest
from controller import KEY, Controller
from running import PORT, emulated, key_file, on_emulator

from harness.agents import CPU_BUILDS, build_agents


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build_agents()


def last_words(words: str, *files: tuple[Path, str], cpu: str = "arm") -> tuple[str, object]:
    """What an agent that cannot start writes to the debug output, and its exit code."""
    said = ""
    with emulated(cpu, words, copies=files) as device:
        while True:
            event = device.events.get(timeout=60)
            assert event is not None
            if event["event"] == "console":
                said += str(event["text"])
            if event["event"] == "exit":
                return said, event["code"]


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        ("link=COM9:", "cannot start: ", 2),
        ("lnk=COM1:", "cannot make sense of this setting: ", 87),
        ("link=tcp:70000", "cannot make sense of this setting: ", 87),
        ("link=tcp:4294972851", "cannot make sense of this setting: ", 87),
        ("link=tcp:host:0", "cannot make sense of this setting: ", 87),
        ("link=tcp::5555", "cannot make sense of this setting: ", 87),
        ("link=tcp:a:b:5555", "cannot make sense of this setting: ", 87),
        (f"link=tcp:{'h' * 128}:5555", "cannot make sense of this setting: ", 87),
        ("baud=fast", "cannot make sense of this setting: ", 87),
        ("baud=4295082496", "cannot make sense of this setting: ", 87),
        ("key=", "cannot make sense of this setting: ", 87),
    ],
)
def test_agent_that_cannot_start_says_why_and_ends(words: str, reason: str, code: int) -> None:
    said = last_words(words)
    assert said == (f"ceagent: {reason}{words.removeprefix('link=') if code == 2 else words}", code)


@pytest.mark.parametrize("words", ["key=KEY", "bawd=9600 key=KEY", "KEY", "secret=KEY", "link=tcp:KEY:5555:"])
@pytest.mark.parametrize("key", [KEY.hex(), KEY.hex().upper()[:-1]])
@pytest.mark.parametrize("in_file", [False, True])
def test_key_in_the_wrong_place_is_not_told(words: str, key: str, in_file: bool, tmp_path: Path) -> None:
    settings = tmp_path / "ceagent.ini"
    settings.write_text(words.replace("KEY", key) if in_file else "")
    said, code = last_words("" if in_file else words.replace("KEY", key), (settings, "\\ceagent.ini"))
    assert said.startswith("ceagent: cannot make sense of this setting: ")
    assert key[:16] not in said
    assert code == 87


def test_settings_file_that_is_longer_than_the_agent_reads_is_not_cut_off(tmp_path: Path) -> None:
    settings = tmp_path / "ceagent.ini"
    settings.write_text("#" * 1010 + "\nlink=tcp:5555\n")
    assert last_words("", (settings, "\\ceagent.ini")) == ("ceagent: ceagent.ini is too long", 87)


@pytest.mark.parametrize("link", [f"tcp:{PORT}", f"tcp:127.0.0.1:{PORT}"])
def test_tcp_without_a_key_is_not_served(link: str) -> None:
    assert last_words(f"link={link}") == (
        "ceagent: cannot start: a TCP link needs a key (ceagent.key)",
        87,
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# no key yet\n",
        KEY.hex()[:-1],
        KEY.hex() + "0",
        KEY.hex()[:-1] + "g",
        KEY.hex()[:32] + "#" + KEY.hex()[32:],
        KEY.hex() + "\n" + KEY.hex(),
        "\0" * 40 + KEY.hex()[:62],
    ],
)
def test_file_that_holds_no_key_is_named(content: str, tmp_path: Path) -> None:
    said = last_words("link=COM1:", (key_file(tmp_path, content), "\\ceagent.key"))
    assert said == ("ceagent: cannot start: ceagent.key: not a key; expected 64 hexadecimal digits", 13)


def test_key_file_that_was_asked_for_and_is_not_there(tmp_path: Path) -> None:
    said = last_words("link=COM1: key=\\Keys\\panel.key", (key_file(tmp_path), "\\ceagent.key"))
    assert said[0] == "ceagent: cannot start: \\Keys\\panel.key: there is no such file"
    assert said[1] in (2, 3)


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_key_file_of_another_name_with_blanks_and_comments(cpu: str, tmp_path: Path) -> None:
    digits = KEY.hex().upper()
    content = f"# panel 7\r\n  # until next year\n{digits[:30]} \t{digits[30:]}\r\n\r\n#end"
    other = key_file(tmp_path, content)
    (tmp_path / "own").mkdir()
    start = f"link=tcp:{PORT} key=\\panel.key"
    with on_emulator(cpu, tmp_path / "own", start, copies=((other, "\\panel.key"),), keyed=False) as url:
        controller = Controller(url)
        assert controller.run([]).outcome is None
        controller.close()


def test_settings_from_the_file_beside_the_executable(tmp_path: Path) -> None:
    settings = tmp_path / "ceagent.ini"
    settings.write_text(f"# the line\r\nlink=tcp:{PORT}\r\nbaud=9600\r\n")
    with on_emulator("arm", tmp_path, "", copies=((settings, "\\ceagent.ini"),)) as url:
        controller = Controller(url)
        assert controller.welcome.missing == ()
        controller.close()


@pytest.mark.parametrize(
    "cpu", ["x86", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("arm", "mips"))]
)
@pytest.mark.parametrize("variants", [(), ("no-random",), ("no-random", "tick-counter")])
def test_boot_numbers_and_nonces_are_new_after_every_start(
    cpu: str, variants: tuple[str, ...], tmp_path: Path
) -> None:
    nonce = bytes(16)
    boots, nonces = set(), set()
    for _ in range(3):
        with on_emulator(cpu, tmp_path, variants=variants) as url:
            controller = Controller(url)
            assert controller.welcome.missing == (("coredll!CeGenRandom",) if variants else ())
            assert controller.run([]).outcome is None
            boots.add(controller.welcome.boot)
            for session in range(1, 9):
                nonces.add(controller.wire.challenge(session, nonce).nonce)
            controller.close()
    assert len(boots) == 3
    assert len(nonces) == 24


CARD = "\\Storage Card\\{}\\{}"
NUMBERS = {"arm": "2577", "armv7": "2577", "x86": "486", "mips": "4000"}


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_what_lies_on_a_card_is_found_from_the_copy_that_the_shell_starts(cpu: str, tmp_path: Path) -> None:
    """The shell copies the autorun.exe of a card to \\Windows and starts the copy there with "install"."""
    settings = tmp_path / "ceagent.ini"
    settings.write_text(f"link=tcp:{PORT}\n")
    copies = [
        (settings, CARD.format(NUMBERS[cpu], "ceagent.ini")),
        (key_file(tmp_path), CARD.format(NUMBERS[cpu], "ceagent.key")),
    ]
    with on_emulator(cpu, tmp_path, "install", variants=["shell"], copies=copies, keyed=False) as url:
        assert url.startswith("tcp://")
        Controller(url).close()


@pytest.mark.parametrize("variants", [[], ["shell"]])
def test_without_a_card_or_a_shell_install_changes_nothing(variants: list[str], tmp_path: Path) -> None:
    with on_emulator("x86", tmp_path, f"install link=tcp:{PORT}", variants=variants) as url:
        Controller(url).close()


def test_a_card_that_is_removed_leaves_nothing_to_say(tmp_path: Path) -> None:
    """Whatever its settings were: "uninstall" starts no agent."""
    settings = tmp_path / "ceagent.ini"
    settings.write_text("nonsense")
    assert last_words("uninstall", (settings, "\\ceagent.ini")) == ("", 0)


def test_an_agent_that_the_kernel_starts_says_that_it_has_started(tmp_path: Path) -> None:
    """As an entry of HKLM\\Init it gets the number of the entry, and cannot get anything else."""
    settings = tmp_path / "ceagent.ini"
    settings.write_text("link=COM1:\n")
    with emulated("x86", "50", copies=[(settings, "\\ceagent.ini")]) as device:
        assert device.event("started-up")["sequence"] == 50
