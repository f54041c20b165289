"""An evidence table as the TOML file that reads back as the very same, and the table to start from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trialplan.errors import EvidenceError
from trialplan.files import read_bytes, shipped

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable

STARTERS = (".csv", ".xlsx")
"""The kinds of spreadsheet that a table may start as."""


def as_toml(table: EvidenceTable) -> str:
    """The table as a TOML file; what was understood when it was read stands in comments above it."""
    lines = [f"# {' '.join(note.split())}" for note in table.notes] + [""] * bool(table.notes)
    lines += ["[table]", *_cells(table, ("studies",))]
    for study in table.studies:
        lines += ["", "[[study]]", *_cells(study, ("outcomes",))]
        for outcome in study.outcomes:
            lines += ["", "[[study.outcome]]", *_cells(outcome)]
    return "\n".join(lines) + "\n"


def starter(suffix: str) -> bytes:
    """The content of a table to start from, in the format that the suffix names."""
    return read_bytes(shipped("examples") / "starter" / f"evidence{suffix}", EvidenceError)


def _cells(part: Any, apart: tuple[str, ...] = ()) -> Iterator[str]:
    """The fields that say anything, one a line."""
    for each in fields(part):
        value = getattr(part, each.name)
        if each.name not in apart and value is not None and value is not False and value != ():
            yield f"{each.name} = {_value(value)}"


def _value(value: Any) -> str:
    """A value as TOML writes it: a JSON text is one of TOML, but for the character DEL."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
