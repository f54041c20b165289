"""Reading an evidence table: a shipped one by its name, or a TOML or CSV file by its path."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.complaint import complaint
from trialplan.evidence.spreadsheet import read_rows
from trialplan.evidence.table import EvidenceTable, Study, domains
from trialplan.files import check_texts, locate, parse_toml, read_text


def read(name_or_path: str | Path, folder: Path | None = None) -> EvidenceTable:
    """The evidence table that a shipped name, a TOML file or a CSV file (columns: `spreadsheet`) means.

    Raises:
        EvidenceError: one sentence with the file, the place, the value, its domain and the way out.
    """
    return read_with_text(name_or_path, folder)[0]


def read_with_text(name_or_path: str | Path, folder: Path | None = None) -> tuple[EvidenceTable, str]:
    """The table, and the text of the file that it was read from."""
    name = str(name_or_path)
    path = locate(name, "evidence.toml", folder, EvidenceError)
    made = _FORMS.get(path.suffix.lower())
    if made is None:
        raise EvidenceError(f"{name} is neither a .toml nor a .csv file; save the table as one of these")
    text = read_text(path, EvidenceError)
    return made(text, path, name), text


def _from_toml(text: str, path: Path, name: str) -> EvidenceTable:
    document = parse_toml(text, path, EvidenceError)
    for key in document:
        if key not in ("table", "study"):
            raise EvidenceError(f"{name}: unknown section {key!r}; {did_you_mean(key, ['table', 'study'])}")
    head = document.get("table")
    if not isinstance(head, dict):
        raise EvidenceError(f'{name}: the section [table] is missing; write [table] and title = "…" below it')
    studies = [_study(study, name) for study in _sections(document, "study", "[[study]]", name)]
    _refuse("studies", head, list(domains(EvidenceTable)), f"{name}, [table]")
    return _validated({**head, "studies": studies}, name, strict=True)


def _study(study: dict[str, Any], name: str) -> dict[str, Any]:
    place = f"{name}, study {study.get('key', '?')!r}"
    _refuse("outcomes", study, [*domains(Study), "outcome"], place)
    outcomes = _sections(study, "outcome", "[[study.outcome]]", place)
    return {key: value for key, value in study.items() if key != "outcome"} | {"outcomes": outcomes}


def _refuse(key: str, section: dict[str, Any], known: list[str], place: str) -> None:
    """A field that a file may not name, since it writes sections instead."""
    if key in section:
        hint = did_you_mean(key, [name for name in known if name != key])
        raise EvidenceError(f"{place}: unknown key {key!r}; {hint}")


def _sections(parent: dict[str, Any], key: str, written: str, place: str) -> list[dict[str, Any]]:
    """The array of tables at `key`, which a single pair of brackets or a plain value does not make."""
    value = parent.get(key, [])
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise EvidenceError(f"{place}: {key} must be given as {written} sections; write two pairs of brackets")


def _from_csv(text: str, path: Path, name: str) -> EvidenceTable:
    data, lines = read_rows(text, name, path.stem)
    check_texts(data, name, EvidenceError)
    return _validated(data, name, strict=False, lines=lines)


_FORMS = {".toml": _from_toml, ".csv": _from_csv}


def _validated(
    data: dict[str, Any], name: str, *, strict: bool, lines: dict[tuple[int, ...], int] | None = None
) -> EvidenceTable:
    """`data` as a Table: strict for TOML, which has types; in a CSV numbers are made of the text of a cell."""
    from pydantic import ValidationError

    try:
        if strict:
            return cast("EvidenceTable", _adapter().validate_json(json.dumps(data, default=str), strict=True))
        return cast("EvidenceTable", _adapter().validate_python(data))
    except ValidationError as errors:
        sentence = complaint(errors.errors(), lambda indices: _where(data, name, indices, lines or {}))
        raise EvidenceError(sentence) from None


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(EvidenceTable)


def _where(data: dict[str, Any], name: str, indices: tuple[int, ...], lines: dict[tuple[int, ...], int]) -> str:
    """The place in the file as a reader would look for it: line, study, outcome."""
    place = f"{name}, line {lines[indices]}" if indices in lines else name
    if not indices:
        return place if lines else f"{place}, [table]"
    study = data["studies"][indices[0]]
    place += f", study {_label(study, 'key', indices[0])}"
    if len(indices) == 1:
        return place
    outcome = study["outcomes"][indices[1]]
    return f"{place}, outcome {_label(outcome, 'name', indices[1])}" + (
        f" ({outcome['arm']})" if outcome.get("arm") else ""
    )


def _label(section: dict[str, Any], key: str, index: int) -> str:
    return repr(section[key]) if section.get(key) else f"number {index + 1}"
