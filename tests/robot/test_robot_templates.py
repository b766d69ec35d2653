"""Program files with places to fill in and includes."""

from pathlib import Path

import pytest

from harness.errors import ProgramError, UsageError
from harness.program.text import format_program, parse
from harness.robot.templates import expand
from harness.winsock import symbols

PROGRAMS = Path(__file__).parents[2] / "suites" / "wsasocket" / "programs"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.ceprog").write_text(text)
    return folder / "main.ceprog"


def test_values_are_filled_in(tmp_path: Path) -> None:
    main = write(tmp_path, main="s = socket($af, ${type}, 0)\n# $$af costs nothing\n")
    assert expand(main, {"af": "AF_INET", "type": 1}) == "s = socket(AF_INET, 1, 0)\n# $af costs nothing\n"


def test_included_lines_are_indented_and_see_outer_and_own_values(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="when ok {\n    include part.ceprog name=got from=$whom   # the rest\n}\n",
        part="$name = recv($from, $buf, 1, 0)\n\n",
    )
    assert expand(main, {"whom": "s", "buf": "&b", "name": "other"}) == (
        "when ok {\n    got = recv(s, &b, 1, 0)\n\n}\n"
    )


def test_the_name_of_an_included_file_may_be_a_value(tmp_path: Path) -> None:
    main = write(tmp_path, main="include $which.ceprog\n", part="sleep 1ms\n")
    assert expand(main, {"which": "part"}) == "sleep 1ms\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"main": "\nsleep $ms\n"}, r"main\.ceprog:2: \$ms has no value \(given: name\)"),
        ({"main": "include part.ceprog\n", "part": "sleep $ms\n"}, r"part\.ceprog:1: \$ms"),
        ({"main": "sleep $ 1\n"}, r"main\.ceprog:1: a lone \$"),
        ({"main": "include gone.ceprog\n"}, r"main\.ceprog:1: cannot include gone\.ceprog"),
        ({"main": "include part.ceprog\n", "part": "include main.ceprog\n"}, "includes itself"),
    ],
)
def test_mistakes_are_located(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        expand(write(tmp_path, **files), {"name": 1})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no program file"):
        expand(tmp_path / "main.ceprog", {})


PROVIDER = {"structure": "00" * 628}
ENTRY = {"af": "AF_INET", "type": "SOCK_STREAM", "protocol": "IPPROTO_TCP", "family": "AF_INET", "id": 1001}
PLACE = {"offset": 628, "offset_of_id": 664, "catalog_size": 3140}
ADDRESS = {"address_length": 16, "address_length_bytes": "10000000", "loopback": "02" + 15 * "00"}
OTHERS = {
    "info": "NULL",
    "g": 0,
    "flags": 0,
    "pointer": 1,
    "allocation": "MEM_RESERVE",
    "protection": "PAGE_NOACCESS",
    "deadline": "60s",
    "count": 10,
    "head_start": "300ms",
    "limit": 10,
    "client": "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)",
    "connect": "connect",
    "call": "send",
    "send": "send",
    "receive": "recv",
    "from": "client",
    "to": "server",
    "chunk": 16,
    "writes": 4,
}
PEER = {"peer": "020000090A0000020000000000000000", "times": 90}
OF_FILES: dict[str, dict[str, object]] = {
    "datagrams.ceprog": {"send": "sendto", "receive": "recvfrom"},
    "broken_connection.ceprog": {"client": 260},
}


@pytest.mark.parametrize("file", sorted(PROGRAMS.glob("*.ceprog")), ids=lambda file: file.name)
def test_every_program_of_the_suites_can_be_replayed(file: Path) -> None:
    values = ENTRY | PLACE | ADDRESS | OTHERS | PROVIDER | PEER | OF_FILES.get(file.name, {})
    program = parse(expand(file, values), symbols(), name=file.name)
    assert parse(format_program(program), symbols()) == program
