"""Program files with places to fill in: `$name` and `include FILE name=value ...`.

What comes out is plain program text (docs/programs.md), complete, so it can be replayed.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from harness.errors import ProgramError, UsageError

_INCLUDE = re.compile(r"(?P<indent>\s*)include\s+(?P<file>\S+)(?P<values>(\s+\w+=\S+)*)\s*(#.*)?$")


def expand(file: Path, values: Mapping[str, object]) -> str:
    """The text of `file` with every `$name` replaced and every include line by the file it names.

    An included file is found beside the first one; it sees `values` and what its line adds.
    Raises ProgramError (file and line) for a name without a value and for an include that cannot be
    read, UsageError if `file` itself cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"no program file {file}: {error.strerror}") from None
    return "\n".join(_lines(text, file.name, file.parent, values, ())) + "\n"


def _lines(
    text: str, name: str, folder: Path, values: Mapping[str, object], above: tuple[str, ...]
) -> list[str]:
    if name in above:
        raise ProgramError(f"{name} includes itself", name=above[-1])
    result: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _filled(raw, name, number, values)
        match = _INCLUDE.match(line)
        if match is None:
            result.append(line)
            continue
        inner = dict(values) | dict(pair.split("=", 1) for pair in match["values"].split())
        try:
            included = (folder / match["file"]).read_text(encoding="utf-8")
        except OSError as error:
            message = f"cannot include {match['file']}: {error.strerror}"
            raise ProgramError(message, name=name, line=number) from None
        for inside in _lines(included, match["file"], folder, inner, (*above, name)):
            result.append(match["indent"] + inside if inside else inside)
    return result


def _filled(line: str, name: str, number: int, values: Mapping[str, object]) -> str:
    try:
        return Template(line).substitute(values)
    except KeyError as missing:
        given = ", ".join(sorted(values)) or "none"
        raise ProgramError(
            f"${missing.args[0]} has no value (given: {given})", name=name, line=number
        ) from None
    except ValueError:
        raise ProgramError("a lone $: write $name, or $$ for the character", name=name, line=number) from None
