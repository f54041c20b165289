"""Which items of SPIRIT 2025, ICH M11 and DELTA2 the protocol fills, where, and what the plan lacks for the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.protocol.content.checklists import CHAPTERS, DELTA2, ITEMS, M11, SPIRIT, ChecklistItem
from trialplan.protocol.content.filters import FILTERS, escape
from trialplan.protocol.content.printed_words import printer

FILLED, MISSING, OUTSIDE = "filled", "missing", "not part of this draft"

_PLAN_KEYS = {
    "primary.section": "[[endpoint]] (primary)",
    "secondary.section": "[[endpoint]] (secondary)",
    "endpoints.section": "[[endpoint]]",
    "safety_plan": "[safety]",
    "target": "[target_difference]",
    "recruited.answer.duration.median": "[enrolment]",
    "references": "[[reference]]",
    "analysis.sets": "[[analysis.sets]]",
    "randomisation.strata": "[[randomisation.strata]]",
    "interim": "[oversight] interim",
    "interim_access": "[monitoring] reviewer",
}
"""What a path of the context is called in a plan file, where it is not its own name in brackets."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One item as the protocol stands: filled with `evidence`, printed in its section, or lacking plan keys."""

    item: ChecklistItem
    status: str
    evidence: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def chapter(self) -> str:
        """The anchor of the top-level section."""
        return (self.item.section or "").partition("/")[0]

    @property
    def anchor(self) -> str:
        """The anchor of the heading under which the item is answered."""
        return (self.item.section or "").rpartition("/")[2]

    @property
    def heading(self) -> str:
        """The heading's words."""
        return self.anchor.replace("-", " ").capitalize().replace("Follow up", "Follow-up")


@dataclass(frozen=True, kw_only=True)
class Count:
    """How one standard is covered; what is outside this draft counts as missing."""

    standard: str
    filled: int
    missing: int
    outside: int

    @property
    def items(self) -> int:
        """All items that were judged."""
        return self.filled + self.missing


@dataclass(frozen=True)
class Coverage:
    """Every item of every standard, judged."""

    judged: tuple[Judged, ...]

    def of(self, standard: str) -> tuple[Judged, ...]:
        """The items of one standard."""
        return tuple(one for one in self.judged if one.item.standard == standard)

    @property
    def counts(self) -> tuple[Count, ...]:
        """Filled and missing by standard."""
        return tuple(_count(standard, self.of(standard)) for standard in (SPIRIT, M11, DELTA2))

    @property
    def lacking(self) -> tuple[str, ...]:
        """What the plan does not say, each key once, in the order of the standards."""
        return tuple(dict.fromkeys(key for one in self.judged for key in one.lacks))

    def crosswalk(self) -> dict[str, str]:
        """Where each chapter stands in the standards, by its anchor; the items of DELTA2 have no numbers to look up."""
        places = {}
        for anchor, chapter in CHAPTERS.items():
            here = [one.item for one in self.judged if one.chapter == anchor]
            items = ", ".join(one.id for one in here if one.standard == SPIRIT)
            parts = [f"{M11}: {chapter.in_m11}", f"{SPIRIT}: {items}" if items else ""]
            parts += [DELTA2] if any(one.standard == DELTA2 for one in here) else []
            places[anchor] = "; ".join(filter(None, parts))
        return places


def judge(said: Mapping[str, Any]) -> Coverage:
    """Each item against what the protocol prints."""
    return Coverage(tuple(_judged(item, said) for item in ITEMS))


def _judged(item: ChecklistItem, said: Mapping[str, Any]) -> Judged:
    if item.section is None:
        return Judged(item=item, status=OUTSIDE)
    block, report = CHAPTERS[item.section.partition("/")[0]].block, said["report"]
    if block in report.leave_out or (report.sections and block not in report.sections):
        return Judged(item=item, status=MISSING, lacks=("[report] leaves its section out",))
    found = {need: list(phrases(need, said)) for need in item.needs}
    lacks = tuple(dict.fromkeys(plan_key(need) for need, shown in found.items() if not shown or None in shown))
    if lacks:
        return Judged(item=item, status=MISSING, lacks=lacks)
    evidence = tuple(phrase for shown in found.values() for phrase in shown if phrase is not None)
    return Judged(item=item, status=FILLED, evidence=evidence)


def phrases(need: str, said: Mapping[str, Any]) -> Iterator[str | None]:
    """What a path leads to, as the protocol prints it; None where an object on the way says nothing."""
    path, _, form = need.partition("|")
    printed = printer(said["studies"])
    for value in _values(said, path.split(".")):
        if value is None or value == "":
            yield None
        else:
            yield printed(str(FILTERS[form](value) if form else escape(str(value))))


def plan_key(need: str) -> str:
    """The key of the plan file that would fill a need."""
    path = need.partition("|")[0]
    for prefix, key in _PLAN_KEYS.items():
        if path == prefix or path.startswith(f"{prefix}."):
            return f"{key} {path[len(prefix) + 1 :]}".strip()
    section, _, rest = path.partition(".")
    return f"[{section}] {rest}".strip()


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at the end of a path; a list on the way is followed in each of its elements."""
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _values(one, path)
    elif value is None or not path:
        yield value
    else:
        name, *rest = path
        yield from _values(value.get(name) if isinstance(value, Mapping) else getattr(value, name, None), rest)


def _count(standard: str, judged: tuple[Judged, ...]) -> Count:
    filled = sum(one.status == FILLED for one in judged)
    outside = sum(one.status == OUTSIDE for one in judged)
    return Count(standard=standard, filled=filled, missing=len(judged) - filled, outside=outside)
