"""Is this a line of a results file? Asked of every line that is read, by the published schema."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from harness.results.records import KINDS, ROW

SCHEMA_FILE = "results.schema.json"


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema (draft-07) of one line."""
    found: Mapping[str, Any] = json.loads((files("harness.results") / SCHEMA_FILE).read_text("utf-8"))
    return found


def check_record(values: object) -> None:
    """Raises ValueError for what is no record of a results file, in words, with the name of the key."""
    kind = values.get("record") if isinstance(values, dict) else None
    # By its own part of the schema: `oneOf` only says that none of them fits.
    check = _check(kind if kind in (*KINDS, ROW) else "other")
    try:
        check(values)
    except ValueError as error:
        name = kind if isinstance(kind, str) else "a record"
        raise ValueError(str(error).replace("data", name, 1)) from None


@cache
def _check(kind: str) -> Callable[[object], object]:
    # Here, because compiling takes longer than most commands run.
    import fastjsonschema

    found: Callable[[object], object] = fastjsonschema.compile(
        {"$ref": f"#/definitions/{kind}", "definitions": schema()["definitions"]}
    )
    return found
