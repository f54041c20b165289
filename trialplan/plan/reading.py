"""A plan file read and checked: every complaint is one sentence that names the place and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialplan import evidence
from trialplan.errors import PlanError
from trialplan.files import locate, parse_toml, read_text
from trialplan.plan.complaint import complaint
from trialplan.plan.schema import PlanFile
from trialplan.text import plural

FILE = "plan.toml"
"""The file of a shipped plan."""


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
    path = locate(str(name), FILE, error=PlanError)
    return of_text(read_text(path, PlanError), str(name), path)


def of_text(text: str, name: str, path: Path) -> Plan:
    """The plan that a text is, as if it had been read from `path`."""
    from pydantic import ValidationError

    try:
        content = PlanFile.model_validate(parse_toml(text, path, PlanError))
    except ValidationError as errors:
        raise PlanError(f"{path.name}: {complaint(errors.errors(include_url=False))}") from None
    return Plan(name=name, folder=path.parent, text=text, content=content)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlanFile.model_json_schema()}


def starter() -> str:
    """The text of a plan to start from."""
    return read_text(locate("starter", FILE, error=PlanError), PlanError)
