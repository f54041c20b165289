"""A results record of ClinicalTrials.gov, as its API v2 hands it out (JSON), as rows of an evidence table.

Each posted outcome measure is an outcome with one row an arm: counts with their denominator, means with their SD;
deaths and adverse events are harms. What an arm received is told by the type of the registered arm of the same name,
and by nothing else. The format: ClinicalTrials.gov, Study Data Structure of the API, version 2.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trialplan.errors import EvidenceError
from trialplan.evidence.control import CONTROL, TREATMENT
from trialplan.evidence.spreads import sd_of_interval, sd_of_standard_error
from trialplan.text import listed

_ROLES = {
    "EXPERIMENTAL": TREATMENT,
    "PLACEBO_COMPARATOR": CONTROL,
    "SHAM_COMPARATOR": CONTROL,
    "NO_INTERVENTION": CONTROL,
}
"""By the type of a registered arm; an active comparator may be either, and is asked about."""
_BLINDING = {
    "NONE": "open label",
    "SINGLE": "single blind",
    "DOUBLE": "double blind",
    "TRIPLE": "triple blind",
    "QUADRUPLE": "quadruple blind",
}
_ALLOCATION = {"RANDOMIZED": "randomised", "NON_RANDOMIZED": "not randomised"}
_PEOPLE = re.compile(r"(number of )?(participants?|patients?|subjects?|people|persons?)", re.IGNORECASE)
_PERCENT_OF_PEOPLE = re.compile(r"(%|per ?cent(age)?)( of)? ?(participants?|patients?|subjects?)?", re.IGNORECASE)
_MEANS = ("MEAN", "LEAST_SQUARES_MEAN")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_INTERVAL = re.compile(r"(\d\d(?:_\d+)?)_(?:PERCENT_)?CONFIDENCE_INTERVAL")
"""Of a mean, with its confidence in percent, as `_kind` has it."""
_CHANGE = re.compile(r"\bchange", re.IGNORECASE)
_BASELINE = re.compile(r"\s*(baseline|day 0|week 0)\s*", re.IGNORECASE)
_UNITS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Days in each: a month is a twelfth of the Julian year."""
_TIME = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)[\s-]*(?P<unit>day|week|month|year)s?\b"
    r"|\b(?P<first>day|week|month|year)s?\s*(?P<then>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)


@dataclass
class RegistryTable:
    """What a file of records says, as the plain data of a table, and what was understood by it."""

    data: dict[str, Any]
    notes: list[str] = field(default_factory=list)


@dataclass
class _Arms:
    """The registered arms: name and role by the name without case and spaces."""

    known: dict[str, tuple[str, str]]

    def of(self, title: str) -> dict[str, str]:
        """What a row says of an arm of this name."""
        arm, role = self.known.get(_folded(title), (title, "unknown"))
        return {"arm": arm, "role": role}


def from_registry(text: str, name: str) -> RegistryTable:
    """The table in one record, in a list of them, or in the answer of a search (`studies`).

    Raises:
        EvidenceError: the file holds no record, none with results, or a part of another form than the API's.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise EvidenceError(f"{name} is not JSON: {cause}; download the record again") from cause
    records = content.get("studies", [content]) if isinstance(content, dict) else content
    records = [record for record in _dicts(records, name) if "protocolSection" in record]
    if not records:
        raise EvidenceError(
            f"{name} holds no record of ClinicalTrials.gov (there is no protocolSection); download one as JSON, or "
            "write the table as .csv or .toml"
        )
    counted: Counter[str] = Counter()
    studies = [_study(record, name, counted) for record in records]
    studies = [study for study in studies if study["outcomes"]]
    if not studies:
        keys = listed(_identifier(record, name) for record in records)
        raise EvidenceError(f"{name}: no results are posted for {keys}; take them from a publication")
    without = len(records) - len(studies)
    if without:
        counted["records without posted results left out"] = without
    notes = [f"{study['key']} with {_arms_told(study)}" for study in studies]
    notes += [f"{what} ({count})" for what, count in counted.items() if count]
    title = f"ClinicalTrials.gov {listed(study['key'] for study in studies)}"
    return RegistryTable({"title": title, "studies": studies}, notes)


def _study(record: dict[str, Any], name: str, counted: Counter[str]) -> dict[str, Any]:
    key = _identifier(record, name)
    place = f"{name}, {key}"
    protocol, results = _part(record, "protocolSection", place), _part(record, "resultsSection", place)
    identity, status = _part(protocol, "identificationModule", place), _part(protocol, "statusModule", place)
    design = _part(protocol, "designModule", place)
    how = _part(design, "designInfo", place)
    enrolment = _part(design, "enrollmentInfo", place)
    groups = _dicts(_part(protocol, "armsInterventionsModule", place).get("armGroups", []), place)
    registered = [(_text(each, "label"), _ROLES.get(_text(each, "type"), "unknown")) for each in groups]
    arms = _Arms({_folded(label): (label, role) for label, role in registered})
    started = _text(_part(status, "startDateStruct", place), "date")
    posted = _text(_part(status, "resultsFirstPostDateStruct", place), "date")
    masking = _text(_part(how, "maskingInfo", place), "masking")
    single = _text(how, "interventionModel") == "SINGLE_GROUP"
    told: dict[str, Any] = {
        "citation": f"{_text(identity, 'officialTitle') or _text(identity, 'briefTitle')}. ClinicalTrials.gov {key}",
        "registry": key,
        "year": int(posted[:4]) if re.match(r"\d{4}", posted) else None,
        "design": ", ".join(
            filter(
                None,
                (
                    _ALLOCATION.get(_text(how, "allocation"), ""),
                    _text(how, "interventionModel").lower().replace("_", " "),
                ),
            )
        ),
        "blinding": _BLINDING.get(masking, ""),
        "population": ", ".join(map(str, _part(protocol, "conditionsModule", place).get("conditions", []) or [])),
        "control": "none" if single else None,
        "enrolled": _whole(enrolment.get("count")) if _text(enrolment, "type") != "ESTIMATED" else None,
        "enrolled_from": started if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", started) else None,
    }
    outcomes = [*_measures(results, arms, place, counted), *_harms(results, arms, place)]
    return {"key": key, **{cell: value for cell, value in told.items() if value}, "outcomes": _apart(outcomes)}


def _measures(results: dict[str, Any], arms: _Arms, place: str, counted: Counter[str]) -> Iterator[dict[str, Any]]:
    """The rows of the posted outcome measures: one for each class, category and arm."""
    module = _part(results, "outcomeMeasuresModule", place)
    for measure in _dicts(module.get("outcomeMeasures", []), place):
        title = _text(measure, "title")
        at = f"{place}, outcome {title!r}"
        if _text(measure, "reportingStatus") not in ("", "POSTED"):
            counted["outcome measures not posted yet"] += 1
            continue
        counted["statistical analyses not read, since a record does not say which arm is compared with which"] += len(
            _dicts(measure.get("analyses", []), at)
        )
        groups = {
            _text(group, "id"): _text(group, "title") for group in _dicts(measure.get("groups", []), at, "groups")
        }
        for part in _dicts(measure.get("classes", []), at):
            people, other, unit = _denominators(measure, part, at)
            for category in _dicts(part.get("categories", []), at):
                named = ": ".join(filter(None, (title, _text(part, "title"), _text(category, "title"))))
                for cell in _dicts(category.get("measurements", []), at):
                    group = _text(cell, "groupId")
                    if group not in groups:
                        raise EvidenceError(f"{at}: a measurement is of the group {group!r}, which the outcome lacks")
                    row = _row(measure, part, cell, people.get(group), counted)
                    if group in other and group not in people:
                        counted[f"denominators that count {unit.lower()}, not participants, told in a note alone"] += 1
                        row["note"] = "; ".join(filter(None, [row.get("note"), f"of {other[group]} {unit.lower()}"]))
                    row |= {"name": named, "_title": title, "_frame": _text(measure, "timeFrame")}
                    yield row | arms.of(groups[group])


def _row(
    measure: dict[str, Any], part: dict[str, Any], cell: dict[str, Any], of: int | None, counted: Counter[str]
) -> dict[str, Any]:
    """One measurement: a count, a mean with its SD, or as it is printed."""
    kind, unit = _kind(measure, "paramType"), _text(measure, "unitOfMeasure")
    spread, value = _kind(measure, "dispersionType"), _text(cell, "value")
    row: dict[str, Any] = {"definition": _text(measure, "description")[:_LONGEST] or None, "unit": unit or None}
    months = _months(_text(part, "title")) or _months(_text(measure, "timeFrame"))
    row |= {"timepoint_months": months} if months else {}
    if not _NUMBER.fullmatch(value):
        return row | {"reported": "NR" if value in ("", "NA") else value}
    if kind == "COUNT_OF_PARTICIPANTS" or (kind == "NUMBER" and _PEOPLE.fullmatch(unit)):
        events = _whole(value)
        if events is not None:
            return row | {"unit": None, "events": events, **({"of": of} if of else {})}
    if kind in ("NUMBER", "COUNT_OF_PARTICIPANTS") and _PERCENT_OF_PEOPLE.fullmatch(unit):
        counted["percentages kept as printed, unless they are a whole number of participants"] += 1
        return row | {"unit": None, "reported": f"{value} %", **({"of": of} if of else {})}
    if kind not in _MEANS:
        counted["measurements that are no count and no mean, kept as printed"] += 1
        limits = " to ".join(filter(None, (_text(cell, "lowerLimit"), _text(cell, "upperLimit"))))
        reported = " ".join(filter(None, (value, unit, f"({limits})" if limits else "")))
        return row | {"reported": f"{kind.lower().replace('_', ' ')} {reported}".strip()}
    which = _which_mean(measure, part)
    counted["least-squares means taken as means"] += kind == "LEAST_SQUARES_MEAN"
    row |= {f"{which}_mean": float(value), **({"n": of} if of else {})}
    printed = _text(cell, "spread")
    if _NUMBER.fullmatch(printed) and spread == "STANDARD_DEVIATION":
        row[f"{which}_sd"] = float(printed)
    elif _NUMBER.fullmatch(printed) and spread == "STANDARD_ERROR" and of:
        counted["SDs made of standard errors, SE × √n (Cochrane Handbook 6.5.2.2)"] += 1
        row[f"{which}_sd"] = sd_of_standard_error(float(printed), n=of)
        row["note"] = f"standard error {printed} as printed"
    elif (interval := _INTERVAL.fullmatch(spread)) and of and of > 1 and _rise(cell):
        counted["SDs made of intervals, by t (Cochrane Handbook 6.5.2.2)"] += 1
        low, high = _text(cell, "lowerLimit"), _text(cell, "upperLimit")
        confidence = float(interval[1].replace("_", ".")) / 100
        row[f"{which}_sd"] = sd_of_interval(float(low), float(high), n=of, confidence=confidence)
        row["note"] = f"{100 * confidence:g} % interval {low} to {high} as printed"
    else:
        limits = " to ".join(filter(None, (_text(cell, "lowerLimit"), _text(cell, "upperLimit"))))
        if printed or limits:
            counted["spreads of means that give no SD, kept as printed"] += 1
            named = _text(measure, "dispersionType").lower() or "spread not named"
            row["reported"] = f"{value} {unit} ({named} {printed or limits})"
    return row


def _rise(cell: dict[str, Any]) -> bool:
    """Whether a measurement has two limits that are numbers, the lower one first."""
    low, high = _text(cell, "lowerLimit"), _text(cell, "upperLimit")
    return all(map(_NUMBER.fullmatch, (low, high))) and float(low) < float(high)


def _which_mean(measure: dict[str, Any], part: dict[str, Any]) -> str:
    """Whether a mean is of a change, of baseline, or of a later value."""
    if _CHANGE.search(f"{_text(measure, 'title')} {_text(measure, 'unitOfMeasure')} {_text(part, 'title')}"):
        return "change"
    return "baseline" if _BASELINE.fullmatch(_text(part, "title")) else "followup"


def _harms(results: dict[str, Any], arms: _Arms, place: str) -> Iterator[dict[str, Any]]:
    """Deaths, those with any adverse event, and each event, by arm."""
    module = _part(results, "adverseEventsModule", place)
    at = f"{place}, adverse events"
    groups = {_text(group, "id"): group for group in _dicts(module.get("eventGroups", []), at)}
    any_of = {"death": "deaths", "any serious adverse event": "serious", "any other adverse event": "other"}
    for name, field_name in any_of.items():
        for group in groups.values():
            events, of = (_whole(group.get(f"{field_name}{end}")) for end in ("NumAffected", "NumAtRisk"))
            yield from _harm(name, events, of, arms.of(_text(group, "title")))
    for list_name, which in (("seriousEvents", "serious"), ("otherEvents", "not serious")):
        for event in _dicts(module.get(list_name, []), at):
            for stats in _dicts(event.get("stats", []), at):
                of_group = groups.get(_text(stats, "groupId"))
                if of_group is None:
                    raise EvidenceError(f"{at}: {_text(event, 'term')!r} is of a group that is not listed")
                events, of = (_whole(stats.get(end)) for end in ("numAffected", "numAtRisk"))
                yield from _harm(f"{_text(event, 'term')} ({which})", events, of, arms.of(_text(of_group, "title")))


def _harm(name: str, events: int | None, of: int | None, arm: dict[str, str]) -> Iterator[dict[str, Any]]:
    if of:
        yield {"name": name, "harm": True, "kind": "ever", "events": "NR" if events is None else events, "of": of} | arm


def _apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose names would be the same for one arm and time, told apart by their time frame, then by a number."""
    for told in (lambda row, _: f"{row['name']} [{row.get('_frame') or 'no time frame'}]", _numbered):
        places = Counter(_place(row) for row in rows)
        seen: Counter[Any] = Counter()
        for row in rows:
            place = _place(row)
            if places[place] > 1:
                seen[place] += 1
                row["name"] = told(row, seen[place])
    return [
        {cell: value for cell, value in row.items() if not cell.startswith("_") and value is not None} for row in rows
    ]


def _numbered(row: dict[str, Any], number: int) -> str:
    return str(row["name"]) if number == 1 else f"{row['name']} ({number})"


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["name"], row["arm"], row.get("timepoint_months")


_LONGEST = 2000
"""Characters of a definition: descriptions in the registry may run over pages."""


def _denominators(
    measure: dict[str, Any], part: dict[str, Any], place: str
) -> tuple[dict[str, int], dict[str, int], str]:
    """The participants of each group by its id; or else what else was counted of each, such as eyes, and its name."""
    sizes = {**_sizes(measure, place), **_sizes(part, place)}
    analysed = _text(measure, "typeUnitsAnalyzed")
    others = [unit for unit in sizes if not _PEOPLE.fullmatch(unit)]
    of_people = _kind(measure, "paramType") == "COUNT_OF_PARTICIPANTS"
    if analysed and not _PEOPLE.fullmatch(analysed) and not of_people:
        # the participants are told beside the units, and are no denominator of what was measured
        return {}, sizes.get(analysed, sizes.get(others[0], {}) if others else {}), analysed
    people = next((counts for unit, counts in sizes.items() if _PEOPLE.fullmatch(unit)), {})
    return people, sizes[others[0]] if others else {}, others[0] if others else ""


def _sizes(part: dict[str, Any], place: str) -> dict[str, dict[str, int]]:
    """How many of each unit each group has, by its id."""
    found = {}
    for denominator in _dicts(part.get("denoms", []), place):
        counts = _dicts(denominator.get("counts", []), place)
        sizes = {_text(each, "groupId"): _whole(each.get("value")) for each in counts}
        found[_text(denominator, "units")] = {group: size for group, size in sizes.items() if size}
    return found


def _months(text: str) -> float | None:
    """The only time that a text names, in months; None where it names none or several, or another number."""
    if re.search(r"\d", _TIME.sub("", text)):
        return None
    times = {
        float(match["number"] or match["then"]) * _UNITS[(match["unit"] or match["first"]).lower()]
        for match in _TIME.finditer(text)
    }
    days = times.pop() if len(times) == 1 else 0.0
    return round(days / _UNITS["month"], 2) or None


def _arms_told(study: dict[str, Any]) -> str:
    """The arms of a study, each with the role that it was taken to have."""
    roles = dict.fromkeys((row["arm"], row["role"]) for row in study["outcomes"])
    said = {"unknown": "of unknown role", TREATMENT: "as treatment", CONTROL: "as control"}
    return listed(f"{arm!r} {said[role]}" for arm, role in roles)


def _identifier(record: dict[str, Any], name: str) -> str:
    identity = _part(_part(record, "protocolSection", name), "identificationModule", name)
    return _text(identity, "nctId") or "a record without a number"


def _folded(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().casefold()


def _kind(measure: dict[str, Any], key: str) -> str:
    """An enumerated word of the API, in whichever case it is written."""
    return re.sub(r"\W+", "_", _text(measure, key)).strip("_").upper()


def _text(part: dict[str, Any], key: str) -> str:
    value = part.get(key)
    return "" if value is None else str(value).strip()


def _whole(value: Any) -> int | None:
    """A count, which the API writes as a number in one place and as text in another."""
    text = str(value).strip()
    return int(text.partition(".")[0]) if re.fullmatch(r"\d{1,12}(\.0*)?", text) else None


def _part(whole: dict[str, Any], key: str, place: str) -> dict[str, Any]:
    part = whole.get(key) or {}
    if not isinstance(part, dict):
        raise EvidenceError(f"{place}: {key} must be a section, not {str(part)[:40]!r}; download the record again")
    return part


def _dicts(parts: Any, place: str, key: str = "") -> list[dict[str, Any]]:
    parts = parts or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        what = f" under {key}" if key else ""
        raise EvidenceError(f"{place}: a list of sections is needed{what}, not {str(parts)[:40]!r}; download it again")
    return parts
