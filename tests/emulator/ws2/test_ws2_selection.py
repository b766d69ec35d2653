"""The creation decision, row by row, without any guest."""

from dataclasses import replace

import pytest

from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.selection import (
    ANSWERS,
    UNREADABLE,
    Circumstances,
    Reason,
    Refused,
    Request,
    multipoint_flags_allowed,
    select,
)
from harness.emulator.ws2.settings import load_settings

CATALOG = load_settings().catalog()
TCP, UDP, RAW, TCP6, UDP6 = CATALOG
RFCOMM = ProtocolInfo(name="RFCOMM", id=2001, family=32, type=1, protocol=3)


def reason(request: Request, catalog: Catalog = CATALOG, **circumstances: bool) -> Reason:
    with pytest.raises(Refused) as refused:
        select(catalog, request, Circumstances(**circumstances))
    return refused.value.reason


def entry(request: Request, catalog: Catalog = CATALOG) -> ProtocolInfo:
    return select(catalog, request, Circumstances()).entry


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ((2, 1, 6), TCP),
        ((2, 1, 0), TCP),
        ((2, 2, 17), UDP),
        ((2, 2, 0), UDP),
        ((2, 3, 1), RAW),
        ((2, 3, 0), RAW),
        ((2, 3, 255), RAW),
        ((23, 1, 6), TCP6),
        ((23, 1, 0), TCP6),
        ((23, 2, 17), UDP6),
        ((0, 1, 6), TCP),
        ((0, 2, 17), UDP),
        ((0, 1, 0), TCP),
        ((2, 0, 6), TCP),
        ((2, 0, 17), UDP),
        ((2, 0, 0), TCP),
        ((23, 0, 0), TCP6),
        ((0, 0, 17), UDP),
    ],
)
def test_a_triple_selects_the_first_entry_able_to_serve_it(triple, expected):
    assert entry(Request(*triple)) is expected


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ((6, 1, 0), Reason.FAMILY),
        ((17, 1, 0), Reason.FAMILY),
        ((1, 1, 0), Reason.FAMILY),
        ((99, 1, 6), Reason.FAMILY),
        ((0x7FFF, 1, 0), Reason.FAMILY),
        ((-2, 1, 0), Reason.FAMILY),
        ((-1, 1, 6), Reason.FAMILY),
        ((32, 1, 3), Reason.FAMILY),
        ((2, 4, 0), Reason.TYPE),
        ((2, 5, 0), Reason.TYPE),
        ((2, 77, 0), Reason.TYPE),
        ((2, 99, 6), Reason.TYPE),
        ((23, 3, 0), Reason.TYPE),
        ((2, 1, 200), Reason.PROTOCOL),
        ((2, 2, 253), Reason.PROTOCOL),
        ((2, 1, 0x7FFF), Reason.PROTOCOL),
        ((2, 1, 3), Reason.PROTOCOL),
        ((2, 0, 200), Reason.PROTOCOL),
        ((2, 3, 256), Reason.PROTOCOL),
        ((2, 1, 17), Reason.PROTOCOL_OF_OTHER_TYPE),
        ((2, 2, 6), Reason.PROTOCOL_OF_OTHER_TYPE),
        ((23, 1, 17), Reason.PROTOCOL_OF_OTHER_TYPE),
        ((23, 2, 6), Reason.PROTOCOL_OF_OTHER_TYPE),
        ((0, 0, 0), Reason.NOTHING_GIVEN),
    ],
)
def test_a_triple_no_entry_serves_is_refused_for_what_is_unknown_in_it(triple, expected):
    assert reason(Request(*triple)) is expected


def test_known_values_that_no_entry_combines():
    catalog = Catalog([*CATALOG, RFCOMM])
    assert reason(Request(2, 1, 3), catalog) is Reason.COMBINATION
    assert reason(Request(32, 1, 6), catalog) is Reason.COMBINATION
    assert reason(Request(32, 2, 0), catalog) is Reason.TYPE
    assert entry(Request(32, 1, 3), catalog) is RFCOMM


def test_the_answers_are_those_of_the_page():
    assert {name.name: code for name, code in ANSWERS.items()} == {
        "NOT_INITIALISED": 10093,
        "SUBSYSTEM_DOWN": 10050,
        "NO_DESCRIPTOR": 10024,
        "NO_MEMORY": 10055,
        "GROUP": 10022,
        "STRUCTURE_UNREADABLE": 10014,
        "STRUCTURE_UNKNOWN": 10022,
        "STRUCTURE_CONTENTS": 10022,
        "NOTHING_GIVEN": 10022,
        "FAMILY": 10047,
        "TYPE": 10044,
        "PROTOCOL": 10043,
        "PROTOCOL_OF_OTHER_TYPE": 10041,
        "COMBINATION": 10022,
        "MULTIPOINT": 10022,
    }


def test_each_reason_comes_before_those_after_it():
    """Everything is wrong; what is put right one by one uncovers the next reason."""
    everything = Request(99, 77, 200, UNREADABLE, group=1, flags=0x1E)
    wrong = {"initialised": False, "subsystem_up": False, "descriptors_left": False, "memory_left": False}
    assert reason(everything, **wrong) is Reason.NOT_INITIALISED
    assert reason(everything, **{**wrong, "initialised": True}) is Reason.SUBSYSTEM_DOWN
    assert reason(everything, descriptors_left=False, memory_left=False) is Reason.NO_DESCRIPTOR
    assert reason(everything, memory_left=False) is Reason.NO_MEMORY
    assert reason(everything) is Reason.GROUP
    assert reason(replace(everything, group=0)) is Reason.STRUCTURE_UNREADABLE
    unknown = replace(TCP, id=0xDEADBEEF)
    assert reason(replace(everything, group=0, info=unknown)) is Reason.STRUCTURE_UNKNOWN
    known = replace(everything, group=0, info=TCP)
    assert reason(known) is Reason.FAMILY
    assert reason(replace(known, family=2)) is Reason.TYPE
    assert reason(replace(known, family=2, type=1)) is Reason.PROTOCOL
    assert reason(replace(known, family=2, type=1, protocol=17)) is Reason.COMBINATION
    assert reason(replace(known, family=2, type=1, protocol=6)) is Reason.MULTIPOINT


# --- with a structure ---------------------------------------------------------------------------------


def subsets(of: ProtocolInfo) -> list[tuple[int, int, int]]:
    values = (of.family, of.type, of.protocol)
    return [tuple(-1 if mask >> n & 1 else value for n, value in enumerate(values)) for mask in range(8)]


@pytest.mark.parametrize("info", list(CATALOG), ids=lambda info: info.name)
def test_minus_one_stands_for_what_the_structure_says(info):
    for triple in subsets(info):
        selection = select(CATALOG, Request(*triple, info), Circumstances())
        assert (selection.entry, selection.type) == (info, info.type)


def test_the_catalog_id_alone_names_the_entry():
    garbage = ProtocolInfo(name="x" * 99, id=UDP.id, family=77, type=78, protocol=79, chain_length=0)
    assert entry(Request(2, 2, 17, garbage)) is UDP


def test_contents_that_contradict_their_entry_are_refused():
    assert reason(Request(-1, 2, 17, replace(UDP, family=77))) is Reason.STRUCTURE_CONTENTS
    assert reason(Request(-1, -1, -1, replace(UDP, protocol=6))) is Reason.STRUCTURE_CONTENTS
    zeroed = ProtocolInfo.unpack(bytes(628))
    assert reason(Request(-1, -1, -1, zeroed)) is Reason.STRUCTURE_UNKNOWN
    assert reason(Request(2, 1, 6, zeroed)) is Reason.STRUCTURE_UNKNOWN


@pytest.mark.parametrize("triple", [(23, -1, -1), (-1, 2, -1), (-1, -1, 17), (2, 1, 17), (23, 1, 6)])
def test_an_explicit_value_that_contradicts_the_structure_is_a_bad_combination(triple):
    assert reason(Request(*triple, TCP)) is Reason.COMBINATION


# --- layers ---------------------------------------------------------------------------------------------

LAYER = ProtocolInfo(name="layer", id=3001, family=90, type=9, protocol=91, chain_length=0)
CHAIN = replace(LAYER, name="chain", id=3002, chain_length=2, chain=(3001, 1001))


def test_a_triple_never_selects_a_bare_layer_and_a_layer_changes_no_reason():
    for triple in ((90, 9, 91), (90, 9, 0), (90, 1, 6), (2, 9, 0), (2, 1, 91)):
        before = reason(Request(*triple))
        assert reason(Request(*triple), Catalog([LAYER, *CATALOG])) is before
    assert entry(Request(90, 9, 91), Catalog([LAYER, *CATALOG, CHAIN])) is CHAIN


def test_install_order_is_selection_order():
    first, second = replace(RFCOMM, id=1), replace(RFCOMM, id=2)
    assert entry(Request(32, 1, 3), Catalog([first, second])) is first
    assert entry(Request(32, 1, 3), Catalog([second, first])) is second
    assert entry(Request(32, 1, 3, second), Catalog([first, second])) is second


# --- multipoint flags ---------------------------------------------------------------------------------------

C_ROOT, C_LEAF, D_ROOT, D_LEAF = 2, 4, 8, 16
MULTIPOINT, ROOTED_C, ROOTED_D = 0x400, 0x800, 0x1000


@pytest.mark.parametrize(
    ("service_flags", "flags", "allowed"),
    [
        (0, 0, True),
        (0, 1, True),
        (0, C_LEAF | D_LEAF, False),
        (MULTIPOINT, C_LEAF | D_LEAF, True),
        (MULTIPOINT, C_LEAF | D_LEAF | 1, True),
        (MULTIPOINT, C_LEAF, False),
        (MULTIPOINT, D_LEAF, False),
        (MULTIPOINT, C_ROOT | C_LEAF | D_LEAF, False),
        (MULTIPOINT, C_LEAF | D_ROOT | D_LEAF, False),
        (MULTIPOINT, C_ROOT | D_LEAF, False),
        (MULTIPOINT | ROOTED_C, C_ROOT | D_LEAF, True),
        (MULTIPOINT, C_LEAF | D_ROOT, False),
        (MULTIPOINT | ROOTED_D, C_LEAF | D_ROOT, True),
        (MULTIPOINT | ROOTED_C | ROOTED_D, C_ROOT | D_ROOT, True),
    ],
)
def test_multipoint_flags_of_an_installed_provider(service_flags, flags, allowed):
    installed = replace(RFCOMM, service_flags=service_flags, built_in=False)
    assert multipoint_flags_allowed(installed, flags) is allowed


@pytest.mark.parametrize("flags", [C_ROOT, C_LEAF, D_ROOT, D_LEAF, C_LEAF | D_LEAF, 0x1E])
def test_built_in_entries_take_no_multipoint_flags(flags):
    assert reason(Request(2, 2, 17, flags=flags)) is Reason.MULTIPOINT
    assert not multipoint_flags_allowed(replace(UDP, service_flags=MULTIPOINT), flags)
