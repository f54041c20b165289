"""Sentences out of what pydantic finds wrong with a plan file: place, key, value, domain and way out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from trialplan.errors import did_you_mean
from trialplan.parameter import Interval, as_decimal, of_percent
from trialplan.plan.schema import PlanFile

_LONGEST = 80
"""Characters of a value that a sentence repeats; of a longer one its beginning and its length."""

_SHOWN = 60
"""Characters of that beginning, which with its length takes no more room than what is repeated whole."""

_KINDS = {
    "string": "text in quotes",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "array": "a list in square brackets",
    "object": "a section of keys and values",
}
"""What a key takes, by its type in the JSON Schema."""

_MEMBER = re.compile(r"\[|^(constrained-)?(float|int|str|bool)$")
"""What pydantic calls the member of a union; no key is called so."""

_FIRST = ("extra_forbidden", "renamed")
"""Unknown keys are told before all else, because they cause the rest."""


def complaint(errors: Sequence[Any]) -> str:
    """The first of pydantic's errors as a sentence with its place in the file."""
    error = min(errors, key=lambda one: one["type"] not in _FIRST)
    *place, name = _keys(error["loc"])
    if error["type"] == "renamed":
        return f"{_where([*place, name])}: {error['msg']}"
    where = _where(place)
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {name!r}; {did_you_mean(str(name), list(_fields(place)))}"
    if error["type"] == "missing" and isinstance(name, int):  # of a list that is too short
        (*section, key), length = _numbered(place), len(_node(place).get("prefixItems", ()))
        return f"{_where(section)}: {key} must be {length} numbers in square brackets, not {_shown(error['input'])}"
    if error["type"] == "missing":
        words = _fields(place).get(str(name), {}).get("description")
        return f"{where}: the key {name!r} is missing{f'; it says {words}' if words else ''}"
    if isinstance(name, int) and place:  # an entry of a list
        where, key = _where(place[:-1]), f"{place[-1]} number {name + 1}"
        node = _entry(_node(place), name)
    else:
        said = _node(place)
        key, node = str(name), said.get("properties", {}).get(name, said.get("additionalProperties", {}))
    value = error["input"]
    return f"{where}: {key}{_must(error, node)}, not {_shown(value)}{_way_out(node, value)}"


def _entry(node: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """What the schema says of an entry of a list: of every one alike, or of each by its place."""
    full = _schema()
    for one in (_followed(one, full) for one in node.get("anyOf", (node,))):
        each = one.get("prefixItems", ())
        if number < len(each) or "items" in one:
            return _followed(each[number] if number < len(each) else one["items"], full)
    return {}


def _must(error: Any, node: Mapping[str, Any]) -> str:
    """What a key must be or do; a validator of our own says it itself."""
    context = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return f" must be {context['expected']}"
        case "too_short":
            return f" must have at least {_counted(context['min_length'], 'entry', 'entries')}"
        case "too_long":
            return f" must have at most {_counted(context['max_length'], 'entry', 'entries')}"
        case "string_too_short":
            return " must say something, or be left out"
        case "string_too_long":
            return f" must have at most {_counted(context['max_length'], 'character', 'characters')}"
        case "string_pattern_mismatch":
            return " must be small letters, figures and hyphens, a letter first, as in open-label"
        case "value_error" | "assertion_error" | "says_nothing" | "one_time" | "registry_form" | "out_of_order":
            return f": {error['msg'].removeprefix('Value error, ')}"
    if error["type"].startswith("date"):
        return " must be a date, as in 2026-11-24"
    return f" must {_domain(node)}"


def _keys(loc: Sequence[Any]) -> Sequence[Any]:
    """`loc` as a file has it: pydantic adds the member of a union that it tried, which is no key."""
    known = [*loc]
    while len(known) > 1 and isinstance(known[-1], str) and _MEMBER.search(known[-1]):
        known.pop()
    return known


def _domain(node: Mapping[str, Any]) -> str:
    """What the schema says that a value must be or lie in."""
    full = _schema()
    options = [_followed(one, full) for one in node.get("anyOf", (node,))] if node else []
    plain = [one for one in options if one.get("type") != "null"]
    if len(plain) == 1 and (interval := _interval(plain[0])) is not None:
        whole = "a whole number " if plain[0].get("type") == "integer" else ""
        return f"be {whole}in {interval}" if whole else f"lie in {interval}"
    kinds = dict.fromkeys(_KINDS[one["type"]] for one in plain if one.get("type") in _KINDS)
    return f"be {' or '.join(kinds)}"


def _interval(node: Mapping[str, Any]) -> Interval | None:
    """The numbers that the schema allows, where it bounds them."""
    open_low, open_high = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    low, high = node.get("minimum", open_low), node.get("maximum", open_high)
    if low is None and high is None:
        return None
    closed = [end for end, key in (("left", "minimum"), ("right", "maximum")) if key in node]
    low, high = -math.inf if low is None else float(low), math.inf if high is None else float(high)
    return Interval(low, high, " ".join(closed))


def _way_out(node: Mapping[str, Any], value: Any) -> str:
    """How to write a share that was written as a percentage."""
    options = [_followed(one, _schema()) for one in (node, *node.get("anyOf", ()))]
    highest = next((end for one in options for end in (one.get("exclusiveMaximum"), one.get("maximum")) if end), None)
    kinds = {one.get("type") for one in options}
    if isinstance(value, str) and "number" in kinds and (way_out := as_decimal(value)):
        return f"; {way_out}, without quotes"
    if isinstance(value, str) and "number" in kinds and (way_out := of_percent(value)):
        return f"; {way_out}" if highest == 1 else f"; {way_out} where it is a share"
    if isinstance(value, str) and kinds & {"number", "integer", "boolean"} and _unquoted(value, kinds):
        return "; write it without quotes"
    if (
        highest == 1
        and "integer" not in kinds
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 1 < value < 100
    ):
        return f"; write {value:g} % as {value / 100:g}"
    return ""


def _numbered(place: Sequence[Any]) -> Sequence[Any]:
    """The place of a list, the last part of it in words where it stands in another list."""
    return place if isinstance(place[-1], str) else [*place[:-2], f"{place[-2]} number {place[-1] + 1}"]


def _unquoted(value: str, kinds: set[Any]) -> bool:
    """Whether a text in quotes would be what is asked for without them."""
    if value in ("true", "false"):
        return "boolean" in kinds
    try:
        float(value)
    except ValueError:
        return False
    return bool(kinds & {"number", "integer"})


def _shown(value: Any) -> str:
    shown = str(value).lower() if isinstance(value, bool) else repr(_as_listed(value))
    return shown if len(shown) <= _LONGEST else f"{shown[:_SHOWN]}… ({len(shown):,} characters)"


def _as_listed(value: Any) -> Any:
    """Tuples as the lists that a file has."""
    return [*map(_as_listed, value)] if isinstance(value, tuple) else value


def _counted(count: int, singular: str, many: str) -> str:
    return f"{count:,} {singular if count == 1 else many}"


def _where(place: Sequence[Any]) -> str:
    """The section as a TOML file writes it; the second endpoint is [[endpoint]] number 2."""
    names = [str(part) for part in place if not isinstance(part, int)]
    counted = [f"{name} number {number + 1}" for name, number in pairwise(place) if isinstance(number, int)]
    if not names:
        return "the top of the file"
    if counted and not isinstance(place[-1], int):  # a section within one of several
        return f"[{'.'.join(names)}] of {' of '.join(reversed(counted))}"
    return f"[{'.'.join([*names[:-1], counted[-1]])}]" if counted else f"[{'.'.join(names)}]"


def _fields(place: Sequence[Any]) -> dict[str, Any]:
    """The declared fields of the section at `place`."""
    properties: dict[str, Any] = _node(place).get("properties", {})
    return properties


def _node(place: Sequence[Any]) -> dict[str, Any]:
    """What the schema says of the section, or of the list, at `place`."""
    schema = _schema()
    node: dict[str, Any] = schema
    for part in place:
        node = _resolve(node, schema)
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part, node.get("additionalProperties", {}))
    return _resolve(node, schema)


def _resolve(node: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Follow a reference, through an optional one, to the object that it names."""
    if not isinstance(node, dict):
        return {}
    for option in node.get("anyOf", ()):
        if "$ref" in option or option.get("type") in ("object", "array"):
            return _resolve(option, schema)
    return _followed(node, schema)


def _followed(node: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        named: dict[str, Any] = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return named
    return dict(node)


@cache
def _schema() -> dict[str, Any]:
    return PlanFile.model_json_schema()
