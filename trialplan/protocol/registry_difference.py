"""A registry's record, as downloaded, held against the plan: where they say different things of one trial."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan.errors import FileError
from trialplan.files import read_text
from trialplan.page import Answer, Page, Table
from trialplan.plan.building import Trial
from trialplan.plan.named_times import named_times
from trialplan.protocol.content.registry import record

AGREES, DIFFERS = "agrees", "differs"
NOT_THERE, NOT_PLANNED, NEITHER = "not in the record", "not in the plan", "in neither"
BY_EYE = "in other words, to be read"
"""What may be said of a field."""

_HALF_A_MONTH = 0.5
"""Twelve months are 52 weeks: times that differ by less than this say the same."""

_LARGEST = 20_000_000
"""Characters of a record beyond which it is not read: the longest with results have some five million."""


@dataclass(frozen=True, kw_only=True)
class FieldDifference:
    """One field: what the record and the plan say of it, and whether that is the same."""

    field: str
    in_record: str
    in_plan: str
    verdict: str


@dataclass(frozen=True, kw_only=True, repr=False)
class RegistryDifference(Answer):
    """Every field that a record and a plan were compared in; `number` is the registry's."""

    number: str
    plan: str
    fields: tuple[FieldDifference, ...]

    @property
    def differing(self) -> tuple[FieldDifference, ...]:
        """Where both say something, and not the same."""
        return tuple(one for one in self.fields if one.verdict == DIFFERS)

    def page(self) -> Page:
        """The differences as a sentence, every field as a table."""
        named = "; ".join(one.field for one in self.differing)
        compared = sum(one.verdict in (AGREES, DIFFERS) for one in self.fields)
        both = f"{self.number} and {self.plan}"
        told = f"{both} differ in {named}" if named else f"{both} agree" if compared else f"{both} were not compared"
        rows = [(one.field, one.in_record or "–", one.in_plan or "–", one.verdict) for one in self.fields]
        words = "names and descriptions are compared as words: other words for the same thing differ"
        return Page(
            data={
                "record": self.number,
                "plan": self.plan,
                "ok": bool(compared) and not self.differing,
                "compared": compared,
                "fields": [vars(one) for one in self.fields],
            },
            headline=f"{told}; {compared or 'no'} field{'s' * (compared != 1)} stand{'s' * (compared == 1)} in both.",
            tables=[Table(("field", "record", "plan", ""), rows)],
            notes=[words],
            records=lambda: [vars(one) for one in self.fields],
        )


def registry_difference(path: Path, trial: Trial) -> RegistryDifference:
    """A record of ClinicalTrials.gov (JSON, API version 2) against the plan.

    Enrolment, allocation, model, masking, phase, arms and outcomes with their time frames are compared.
    """
    theirs, ours = _section(path), record(trial).to_dict()["protocolSection"]
    number = _at(theirs, "identificationModule.nctId")
    return RegistryDifference(
        number=str(number or path.name),
        plan=Path(trial.plan.name).name,
        fields=tuple(_compared(theirs, ours)),
    )


def _section(path: Path) -> Mapping[str, Any]:
    """The `protocolSection` of the one study in the file."""
    text = read_text(path)
    if len(text) > _LARGEST:
        raise FileError(f"{path.name} has {len(text):,} characters, which no record has; it is not read")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as why:
        raise FileError(f"{path.name} is no JSON: {str(why)[:80]}; download the record as JSON") from None
    if isinstance(found, dict) and isinstance(found.get("studies"), list):
        if len(found["studies"]) != 1:
            raise FileError(f"{path.name} holds {len(found['studies'])} studies; download the one that the plan is of")
        found = found["studies"][0]
    section = found.get("protocolSection") if isinstance(found, dict) else None
    if not isinstance(section, dict):
        way_out = "download it as JSON from ClinicalTrials.gov, or write one with trialplan protocol -o registry.json"
        raise FileError(f"{path.name} has no protocolSection, so it is no record of a trial; {way_out}")
    return section


def _at(section: Any, path: str) -> Any:
    """What a record says at a path; None where it does not get there."""
    for name in path.split("."):
        section = section.get(name) if isinstance(section, Mapping) else None
    return section


_MASKING = "designModule.designInfo.maskingInfo"
_SIMPLE = (
    ("enrolment", "designModule.enrollmentInfo.count"),
    ("phase", "designModule.phases"),
    ("allocation", "designModule.designInfo.allocation"),
    ("intervention model", "designModule.designInfo.interventionModel"),
    ("primary purpose", "designModule.designInfo.primaryPurpose"),
    ("masking", "designModule.designInfo.maskingInfo.masking"),
    ("who is masked", "designModule.designInfo.maskingInfo.whoMasked"),
    ("sex", "eligibilityModule.sex"),
    ("minimum age", "eligibilityModule.minimumAge"),
    ("maximum age", "eligibilityModule.maximumAge"),
)


def _compared(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[FieldDifference]:
    for name, path in _SIMPLE:
        yield _difference(name, _words(_at(theirs, path)), _words(_at(ours, path)))
    described = [_words(_at(one, f"{_MASKING}.maskingDescription")) for one in (theirs, ours)]
    if not _at(ours, f"{_MASKING}.masking"):  # a plan without the registry's terms has words of its own
        described[0] = described[0] or _words(_at(theirs, f"{_MASKING}.masking"))
    yield _difference("masking, described", described[0], described[1], otherwise=BY_EYE)
    arms = [_named(_at(one, "armsInterventionsModule.armGroups"), "label") for one in (theirs, ours)]
    yield _number("number of arms", *arms)
    yield _difference("arms", "; ".join(arms[0]), "; ".join(arms[1]), _as_sets)
    for role in ("primary", "secondary"):
        outcomes = [_at(one, f"outcomesModule.{role}Outcomes") for one in (theirs, ours)]
        yield from _outcomes(role, *(one if isinstance(one, list) else [] for one in outcomes))


def _outcomes(role: str, theirs: Sequence[Any], ours: Sequence[Any]) -> Iterator[FieldDifference]:
    """The number of outcomes, and each of the plan's beside the record's of that name, else of that place."""
    yield _number(f"number of {role} outcomes", theirs, ours)
    names = {_plain(name): one for one in theirs for name in _named([one], "measure")}
    for place, mine in enumerate(ours):
        beside = theirs[place] if role == "primary" and place < len(theirs) else None
        other = names.get(_plain(str(mine["measure"])), beside)
        number = f" {place + 1}" if len(ours) > 1 else ""
        yield _difference(f"{role} outcome{number}", _words(_at(other, "measure")), mine["measure"])
        if other is not None:
            frame = _words(_at(other, "timeFrame"))
            yield _difference(f"{role} outcome{number}, time frame", frame, mine["timeFrame"], same=_same_time)


def _number(field: str, theirs: Sequence[Any], ours: Sequence[Any]) -> FieldDifference:
    """How many there are; none where nothing is said of them."""
    return _difference(field, str(len(theirs) or ""), str(len(ours) or ""))


def _named(groups: Any, key: str) -> list[str]:
    found = groups if isinstance(groups, list) else []
    return [str(one[key]) for one in found if isinstance(one, Mapping) and one.get(key)]


def _words(value: Any) -> str:
    """A value as one line."""
    if isinstance(value, list):
        return ", ".join(sorted(map(_words, value)))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else " ".join(str(value).split())


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _as_words(a: str, b: str) -> bool:
    return _plain(a) == _plain(b)


def _as_sets(a: str, b: str) -> bool:
    """The same arms, in whatever order."""
    return {_plain(one) for one in a.split(";")} == {_plain(one) for one in b.split(";")}


def _same_time(a: str, b: str) -> bool:
    """The same words, or the same one time."""
    times = [named_times(one) for one in (a, b)]
    if all(len(one) == 1 for one in times):
        return abs(times[0][0] - times[1][0]) < _HALF_A_MONTH
    return _as_words(a, b)


def _difference(
    field: str,
    in_record: str,
    in_plan: str,
    same: Callable[[str, str], bool] = _as_words,
    otherwise: str = DIFFERS,
) -> FieldDifference:
    if not in_plan or not in_record:
        verdict = NOT_THERE if in_plan else NOT_PLANNED if in_record else NEITHER
    else:
        verdict = AGREES if same(in_record, in_plan) else otherwise
    return FieldDifference(field=field, in_record=in_record, in_plan=in_plan, verdict=verdict)
