"""Winsock of Windows CE as data: functions with their documented error tables, constants, structure
layouts, and the requirements of the WSASocket page.

Source: Microsoft's public Windows CE documentation, named by page identifier, in our own words. Export
names: the public-domain cegcc import list (libce/ws2.def of MaxKellermann/w32api). Prototypes and
numbers: the MIT header of kagurasumusun/wince-api. Error tables of the desktop pages stand only where a
CE page has none, and say so (source = "win32").

Nothing is read before it is asked for; a mistake in a file raises `ConfigError`.
"""

from harness.winsock.constants import CONSTANT_GROUPS, CONSTANTS, error_name, named
from harness.winsock.functions import FUNCTIONS, error_meaning
from harness.winsock.model import (
    ANY,
    FAILS,
    LISTED,
    SUCCESS,
    ErrorRow,
    Expectation,
    Export,
    Field,
    Function,
    Leg,
    Parameter,
    Requirement,
    Structure,
)
from harness.winsock.requirements import NEEDS, REQUIREMENTS
from harness.winsock.structures import STRUCTURES, structures
from harness.winsock.symbols import COREDLL, WinsockSymbols, symbols
from harness.winsock.wording import documented_result

__all__ = [
    "ANY",
    "CONSTANTS",
    "CONSTANT_GROUPS",
    "COREDLL",
    "FAILS",
    "FUNCTIONS",
    "LISTED",
    "NEEDS",
    "REQUIREMENTS",
    "STRUCTURES",
    "SUCCESS",
    "ErrorRow",
    "Expectation",
    "Export",
    "Field",
    "Function",
    "Leg",
    "Parameter",
    "Requirement",
    "Structure",
    "WinsockSymbols",
    "documented_result",
    "error_meaning",
    "error_name",
    "named",
    "structures",
    "symbols",
]
