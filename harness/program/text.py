"""Program text: docs/programs.md says what it looks like. `parse` reads it, `format_program` writes it.

parse(format_program(program)) == program, as long as the symbols know the program's named constants.
"""

from harness.program.formatter import format_program
from harness.program.model import Program
from harness.program.parser import Parser
from harness.program.symbols import FunctionRule, Symbols

__all__ = ["FunctionRule", "Symbols", "format_program", "parse"]


def parse(text: str, symbols: Symbols, *, name: str = "<program>") -> Program:
    """The program that `text` describes. Raises `ProgramError` with line, column and what was expected."""
    return Parser(text, symbols, name).program()
