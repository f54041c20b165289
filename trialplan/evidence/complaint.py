"""One sentence out of what pydantic finds wrong with an evidence file: place, value, domain and way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from trialplan.errors import did_you_mean
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study, domains

Where = Callable[[tuple[int, ...]], str]

_KINDS: tuple[type[EvidenceTable] | type[Study] | type[ReportedOutcome], ...] = (EvidenceTable, Study, ReportedOutcome)
_PRINTED = {"studies": "study", "outcomes": "outcome"}  # the singular that a TOML file writes
_WORDS_FOR_MISSING = {"na", "n/a", "nan", "nr", "nd", "-", "–", ".", "none", "unknown", "?", "not reported"}


def complaint(errors: Sequence[Any], where: Where) -> str:
    """The first of pydantic's `errors` as a sentence, an unknown key first, and how many follow."""
    first_of_place = {_place(error["loc"]): error for error in reversed(errors)}
    found = sorted(first_of_place.values(), key=lambda error: error["type"] != "unexpected_keyword_argument")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{where(_indices(found[0]['loc']))}: {_sentence(found[0])}{more}"


def _sentence(error: Any) -> str:
    place = _place(error["loc"])
    name = str(place[-1]) if place else ""
    meanings = domains(_KINDS[len(_indices(place))])
    match error["type"]:
        case "unexpected_keyword_argument":
            return f"unknown key {name!r}; {did_you_mean(name, [_PRINTED.get(key, key) for key in meanings])}"
        case "missing":
            return f"the key {_PRINTED.get(name, name)!r} is missing; it is {meanings[name]}"
        case "value_error":
            return str(error["ctx"]["error"])
    if not isinstance(place[-1], str):
        return f"this must be a section of keys and values, not {error['input']!r}"
    written, domain, value = _PRINTED.get(name, name), meanings[name], error["input"]
    return f"{written} must be {domain}, not {value!r}{_way_out(name, domain, value)}"


def _way_out(name: str, domain: str, value: object) -> str:
    """The end of the sentence: how to write what was probably meant."""
    if name == "kind":
        return f"; {did_you_mean(str(value), ['landmark', 'ever'])}"
    if name == "role":
        return "; name the arm in arm, and say with role whether it is the treatment or the control"
    if isinstance(value, str) and value.strip().lower() in _WORDS_FOR_MISSING:
        return '; write "NR" or "ND", or leave the key out if the source does not mention it'
    if isinstance(value, str) and re.fullmatch(r"-?\d+,\d+", value.strip()):
        return f"; write {value.strip().replace(',', '.')}"
    if name in ("events", "of", "n", "enrolled") and re.search(r"[.%]", str(value)):
        return "; write the count here and the printed rate in reported"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'; write it in quotes, "{value}"' if domain.startswith("text") else ""
    if name == "centres":
        return f"; write [{value!r}]"
    return "; correct it, or leave the key out if the source does not say"


def _place(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`loc` up to the field: pydantic adds the member of a union that it tried."""
    depth = 1
    while depth < len(loc) and loc[depth - 1] in _PRINTED and isinstance(loc[depth], int):
        depth += 2
    return loc[:depth] if len(loc) >= depth else loc


def _indices(loc: tuple[int | str, ...]) -> tuple[int, ...]:
    return tuple(part for part in _place(loc) if isinstance(part, int))
