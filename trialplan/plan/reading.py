"""A plan file read and checked: every complaint is one sentence that names the place and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialplan import evidence
from trialplan.errors import PlanError, did_you_mean
from trialplan.files import locate, parse_toml, read_text
from trialplan.plan.schema import PlanFile
from trialplan.text import plural

_FILE = "plan.toml"


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan:
    """A plan as it was written: its content, its text, and the folder that its paths are relative to."""

    name: str
    folder: Path
    text: str
    content: PlanFile
    _tables: dict[str, tuple[evidence.EvidenceTable, str]] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        """What is planned; its text is in `text`."""
        words, endpoints = self.content.trial, len(self.content.endpoint)
        return f"<Plan: {self.name}: {words.title}; {plural(endpoints, 'endpoint')}; build(plan) makes it a trial>"

    def table(self, name: str) -> evidence.EvidenceTable:
        """The evidence table that a name means in this plan; each file is read once."""
        return self._read(name)[0]

    def table_text(self, name: str) -> str:
        """The text of its file."""
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[evidence.EvidenceTable, str]:
        if name not in self._tables:
            self._tables[name] = evidence.read_with_text(name, self.folder)
        return self._tables[name]


def read(name: str) -> Plan:
    """The plan at a path, or the shipped plan of that name."""
    from pydantic import ValidationError

    path = locate(str(name), _FILE, error=PlanError)
    text = read_text(path, PlanError)
    try:
        content = PlanFile.model_validate(parse_toml(text, path, PlanError))
    except ValidationError as errors:
        # unknown keys before all others, because they cause the rest
        first = min(errors.errors(include_url=False), key=lambda why: why["type"] not in ("extra_forbidden", "renamed"))
        raise PlanError(f"{path.name}: {_complaint(first)}") from None
    return Plan(name=str(name), folder=path.parent, text=text, content=content)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlanFile.model_json_schema()}


def starter() -> str:
    """The text of a plan to start from."""
    return read_text(locate("starter", _FILE, error=PlanError), PlanError)


def _complaint(error: Any) -> str:
    *place, name = error["loc"]
    if error["type"] == "renamed":
        return f"{_where(list(error['loc']))}: {error['msg']}"
    where = _where(place)
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {name!r}; {did_you_mean(str(name), list(_fields(place)))}"
    if error["type"] == "missing":
        words = _fields(place).get(str(name), {}).get("description")
        return f"{where}: the key {name!r} is missing{f'; it says {words}' if words else ''}"
    message = error["msg"][0].lower() + error["msg"][1:]
    shown = repr(error["input"])
    if len(shown) > 80:  # of a long value its beginning and its length
        shown = f"{shown[:60]}… ({len(shown):,} characters)"
    return f"{where}: {name}: {message}, not {shown}"


def _where(place: list[Any]) -> str:
    """The section as a TOML file writes it; the second endpoint is [[endpoint]] number 2."""
    words = []
    for part, following in zip(place, [*place[1:], None], strict=False):
        if isinstance(part, int):
            continue
        words.append(f"{part} number {following + 1}" if isinstance(following, int) else str(part))
    return f"[{'.'.join(words)}]" if words else "the top of the file"


def _fields(place: list[Any]) -> dict[str, Any]:
    """The declared fields of the section at `place`."""
    schema = PlanFile.model_json_schema()
    node: dict[str, Any] = schema
    for part in place:
        node = _resolve(node, schema)
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part, node.get("additionalProperties", {}))
    properties: dict[str, Any] = _resolve(node, schema).get("properties", {})
    return properties


def _resolve(node: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, through an optional one, to the object that it names."""
    if not isinstance(node, dict):
        return {}
    for option in node.get("anyOf", ()):
        if "$ref" in option or option.get("type") in ("object", "array"):
            return _resolve(option, schema)
    if "$ref" in node:
        named: dict[str, Any] = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return named
    return node
