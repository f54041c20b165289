"""A plan as the record of a trial registry: the fields that it fills, and by name each one that it does not.

The fields are the protocol registration data elements of ClinicalTrials.gov, under the names of its API (version 2,
`protocolSection`), and those of part I of an application in CTIS (Regulation (EU) No 536/2014, annex I). Nothing is
invented: what is no plan key's to say, or is not said, stays out and is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.plan.building import Trial
from trialplan.plan.endpoint import Endpoint
from trialplan.protocol.content.views import ONE_ARM, TWO_ARMS, Arm, arms_randomised, as_allocated, is_factorial
from trialplan.text import listed

REGISTRIES = ("ClinicalTrials.gov", "CTIS")
"""The registries, by the names that a page prints."""

_PHASES = {"I": "PHASE1", "1": "PHASE1", "II": "PHASE2", "2": "PHASE2", "III": "PHASE3", "3": "PHASE3"}
_PHASES |= {"IV": "PHASE4", "4": "PHASE4"}
_MASKINGS = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
_ROLES = {
    "participant": "PARTICIPANT",
    "care provider": "CARE_PROVIDER",
    "investigator": "INVESTIGATOR",
    "outcomes assessor": "OUTCOMES_ASSESSOR",
}


@dataclass(frozen=True, kw_only=True)
class RegistryField:
    """One field: the path of its value in the record, what a person calls it, its value, and the plan key that lacks.

    `value` is None where the plan does not say it; `key` is what would.
    """

    registry: str
    path: tuple[str, ...]
    label: str
    value: Any
    key: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """The value as lines that a person reads."""
        return tuple(_lines(self.value))

    @property
    def parts(self) -> tuple[str, ...]:
        """The same for a cell of a table: without the marks of a list, and of several things each with its number."""
        several = isinstance(self.value, list) and len(self.value) > 1 and isinstance(self.value[0], dict)
        return tuple(
            f"({number}) {line}" if several else line.removeprefix("* ") for number, line in enumerate(self.shown, 1)
        )


@dataclass(frozen=True, kw_only=True)
class Record:
    """The whole record."""

    fields: tuple[RegistryField, ...]

    def of(self, registry: str) -> tuple[RegistryField, ...]:
        """The fields of one registry that the plan fills."""
        return tuple(one for one in self.fields if one.registry == registry and one.value is not None)

    def missing(self, registry: str) -> tuple[RegistryField, ...]:
        """The fields of one registry that it does not."""
        return tuple(one for one in self.fields if one.registry == registry and one.value is None)

    def to_dict(self) -> dict[str, Any]:
        """`protocolSection` as ClinicalTrials.gov gives it, `ctis` by field, and what is missing of each."""
        section: dict[str, Any] = {}
        for one in self.of(REGISTRIES[0]):
            place = section
            for name in one.path[:-1]:
                place = place.setdefault(name, {})
            place[one.path[-1]] = one.value
        return {
            "protocolSection": section,
            "ctis": {one.path[-1]: one.value for one in self.of(REGISTRIES[1])},
            "missing": {
                name: [{"field": ".".join(one.path), "plan": one.key} for one in self.missing(name)]
                for name in REGISTRIES
            },
        }

    def text(self) -> str:
        """Every field on lines of its own, for a form."""
        lines = []
        for name in REGISTRIES:
            lines += [name, "=" * len(name), ""]
            for one in self.of(name):
                shown = one.shown
                lines += (
                    [f"{one.label}: {shown[0]}"] if len(shown) == 1 else [f"{one.label}:", *(f"  {x}" for x in shown)]
                )
            lines += ["", "Not in the plan:", *(f"  {one.label} ({one.key})" for one in self.missing(name)), ""]
        return "\n".join(lines).rstrip("\n") + "\n"


def record(trial: Trial) -> Record:
    """The record of a plan."""
    ours = (RegistryField(registry=REGISTRIES[0], path=path, **one) for path, one in _clinical_trials_gov(trial))
    theirs = (RegistryField(registry=REGISTRIES[1], path=(name,), **one) for name, one in _ctis(trial))
    return Record(fields=(*ours, *theirs))


def _field(label: str, value: Any, key: str = "") -> dict[str, Any]:
    return {"label": label, "value": None if value in (None, "", (), []) else value, "key": key}


def _clinical_trials_gov(trial: Trial) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Each field by its path under `protocolSection`."""
    content = trial.plan.content
    said, words, people = content.registration, content.trial, content.population
    names, summary = ("identificationModule",), ("descriptionModule",)
    if said.number:
        yield (*names, "nctId"), _field("Registration number", said.number)
    yield (*names, "orgStudyIdInfo", "id"), _field("Sponsor's number", said.identifier, "[registration] identifier")
    yield (*names, "briefTitle"), _field("Brief title", said.brief_title, "[registration] brief_title")
    yield (*names, "officialTitle"), _field("Official title", words.title)
    if said.acronym:
        yield (*names, "acronym"), _field("Acronym", said.acronym)
    for key, label in (("start", "Start"), ("primary_completion", "Primary completion"), ("completion", "Completion")):
        name = {"start": "startDateStruct", "primary_completion": "primaryCompletionDateStruct"}
        date = getattr(said, key)
        value = date and {"date": date, "type": "ESTIMATED"}
        yield ("statusModule", name.get(key, "completionDateStruct")), _field(label, value, f"[registration] {key}")
    party = said.responsible_party and said.responsible_party.replace(" ", "_").replace("-", "_").upper()
    sponsors = ("sponsorCollaboratorsModule",)
    yield (
        (*sponsors, "responsibleParty"),
        _field("Responsible party", party and {"type": party}, "[registration] responsible_party"),
    )
    yield (
        (*sponsors, "leadSponsor"),
        _field("Sponsor", said.sponsor and {"name": said.sponsor}, "[registration] sponsor"),
    )
    yield (
        ("oversightModule", "oversightHasDmc"),
        _field("Data monitoring committee", said.committee, "[registration] committee"),
    )
    yield (*summary, "briefSummary"), _field("Brief summary", said.brief_summary, "[registration] brief_summary")
    yield (*summary, "detailedDescription"), _field("Detailed description", words.rationale, "[trial] rationale")
    yield ("conditionsModule", "conditions"), _field("Conditions", list(said.conditions), "[registration] conditions")
    yield from _design(trial)
    yield from _arms(trial)
    yield from _outcomes(trial)
    who = ("eligibilityModule",)
    lacks = "[population] inclusion" if not people.inclusion else ""
    criteria = _criteria(people.inclusion, people.exclusion)
    yield (*who, "eligibilityCriteria"), _field("Eligibility criteria", criteria, lacks)
    if not people.exclusion:
        yield (*who, "exclusion"), _field("Exclusion criteria", None, "[population] exclusion")
    yield (
        (*who, "healthyVolunteers"),
        _field("Healthy volunteers", said.healthy_volunteers, "[registration] healthy_volunteers"),
    )
    yield (*who, "sex"), _field("Sex", said.sex and said.sex.upper(), "[registration] sex")
    yield (*who, "minimumAge"), _field("Minimum age", said.minimum_age, "[registration] minimum_age")
    yield (*who, "maximumAge"), _field("Maximum age", said.maximum_age, "[registration] maximum_age")
    places = [{"country": one} for one in said.countries]
    yield ("contactsLocationsModule", "locations"), _field("Countries", places, "[registration] countries")


_IN_TURN = "crossover assignment"
"""The registry's word for participants who receive the treatments one after the other."""


def _design(trial: Trial) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Type, phase, allocation, model, purpose, masking and enrolment."""
    said, words = trial.plan.content.registration, trial.plan.content.trial
    info = ("designModule", "designInfo")
    arms = tuple(trial.arms_randomised)
    several = trial.plan.content.arms is not None
    allocation = (
        "RANDOMIZED" if trial.design.fixed.in_turn or several else {ONE_ARM: "NA", TWO_ARMS: "RANDOMIZED"}.get(arms)
    )
    if said.allocation:
        allocation = said.allocation.replace("N/A", "NA").replace("-", "_").upper()
    yield ("designModule", "studyType"), _field("Study type", "INTERVENTIONAL")
    yield ("designModule", "phases"), _field("Phase", phases(words.phase), "[trial] phase, as I, II, II/III")
    yield (*info, "allocation"), _field("Allocation", allocation, "[registration] allocation")
    usual = {ONE_ARM: "single group", TWO_ARMS: "parallel"}.get(arms, "parallel" if several else "")
    if trial.design.fixed.in_turn:
        usual = _IN_TURN
    if is_factorial(trial.design.fixed):
        usual = "factorial"
    model = (said.intervention_model or usual).removesuffix(" assignment")
    yield (
        (*info, "interventionModel"),
        _field("Intervention model", model and model.replace(" ", "_").upper(), "[registration] intervention_model"),
    )
    purpose = said.purpose and said.purpose.replace(" ", "_").upper()
    yield (*info, "primaryPurpose"), _field("Primary purpose", purpose, "[registration] purpose")
    masking: dict[str, Any] = {"maskingDescription": words.blinding}
    if said.masked is not None:
        whom = [_ROLES[one] for one in dict.fromkeys(said.masked)]
        masking = {"masking": _MASKINGS[len(whom)], **masking, **({"whoMasked": whom} if whom else {})}
    for name, label in (("masking", "Masking"), ("maskingDescription", "Masking, described"), ("whoMasked", "Masked")):
        if name != "whoMasked" or said.masked != ():
            yield (*info, "maskingInfo", name), _field(label, masking.get(name), "[registration] masked")
    enrolment = {"count": _at_most(trial), "type": "ESTIMATED"}
    yield ("designModule", "enrollmentInfo"), _field("Enrolment, anticipated", enrolment)


def _at_most(trial: Trial) -> int:
    """The participants who are randomised at most: fewer than all arms would have where the rule ends some early."""
    return trial.n_randomised if trial.needed is None else trial.needed.most


def phases(said: str | None) -> list[str] | None:
    """A phase as the registry names it; None where the plan's word is not one of its."""
    parts = [part.strip() for part in re.split(r"[/\-–]", re.sub(r"(?i)^phase\s*", "", said or ""))]
    found = [_PHASES.get(re.sub(r"[ab]$", "", part).upper()) for part in parts]
    return None if None in found else [one for one in found if one is not None]


def _side_by_side(trial: Trial) -> tuple[Arm, ...]:
    """The arms; none where participants, or pairs, are their own control."""
    plain = tuple(trial.arms_randomised) in (ONE_ARM, TWO_ARMS) or trial.plan.content.arms is not None
    return arms_randomised(trial) if plain else ()


def _arms(trial: Trial) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Arms with what they receive, and the interventions."""
    content = trial.plan.content
    said = content.registration
    treatments = max(1, len(trial.arms_randomised) - 1)  # the control comes last
    kinds = ["EXPERIMENTAL"] * treatments + [said.control_type and said.control_type.replace(" ", "_").upper()]
    groups, given = [], []
    for arm, kind in zip(_side_by_side(trial), kinds, strict=False):
        named = f"{said.intervention_type.title()}: {arm.name}" if said.intervention_type else None
        group = {
            "label": arm.name,
            "type": kind,
            "description": arm.receives,
            "interventionNames": [named] if named else None,
        }
        groups.append({name: value for name, value in group.items() if value is not None})
        if said.intervention_type:
            given.append(
                {
                    "type": said.intervention_type.replace(" ", "_").upper(),
                    "name": arm.name,
                    **({} if arm.receives is None else {"description": arm.receives}),
                    "armGroupLabels": [arm.name],
                }
            )
    module = "armsInterventionsModule"
    yield (module, "armGroups"), _field("Arms", groups, "no key: arms are not side by side")
    if len(groups) > 1 and kinds[1] is None:
        yield (module, "armGroups", "type"), _field("Type of the control arm", None, "[registration] control_type")
    yield (module, "interventions"), _field("Interventions", given, "[registration] intervention_type")


def _outcomes(trial: Trial) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    roles = (("primary", "Primary outcomes"), ("secondary", "Secondary outcomes"), ("safety", "Other outcomes"))
    for role, label in roles:
        found = [_outcome(one) for one in trial.endpoints if one.section.role == role]
        name = f"{'other' if role == 'safety' else role}Outcomes"
        yield ("outcomesModule", name), _field(label, found, f"[[endpoint]] role = {role}")


def _outcome(endpoint: Endpoint) -> dict[str, str]:
    section = endpoint.section
    described = f"{section.definition.rstrip('.')}. {section.metric}; {section.aggregation}"
    return {"measure": section.name, "description": described, "timeFrame": section.timepoint}


def _criteria(inclusion: Sequence[str], exclusion: Sequence[str]) -> str | None:
    parts = [("Inclusion Criteria:", inclusion), ("Exclusion Criteria:", exclusion)]
    told = ["\n\n".join([head, "\n".join(f"* {one}" for one in found)]) for head, found in parts if found]
    return "\n\n".join(told) if inclusion else None


def _ctis(trial: Trial) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields of part I, by what they are called there."""
    content = trial.plan.content
    said, words, people = content.registration, content.trial, content.population
    goals, by = content.objectives.benefits, {role: _named(trial, role) for role in ("primary", "secondary")}
    yield "euCtNumber", _field("EU CT number", said.eu_number, "[registration] eu_number")
    yield "fullTitle", _field("Full title", words.title)
    yield "publicTitle", _field("Public title", said.brief_title, "[registration] brief_title")
    yield "protocolCode", _field("Protocol code", said.identifier, "[registration] identifier")
    yield "phase", _field("Trial phase", words.phase, "[trial] phase")
    yield "medicalConditions", _field("Medical conditions", list(said.conditions), "[registration] conditions")
    yield "mainObjective", _field("Main objective", goals[0] if goals else None, "[objectives] benefits")
    others = [*goals[1:], *content.objectives.harms]
    yield "secondaryObjectives", _field("Secondary objectives", others, "[objectives] benefits and harms")
    yield "inclusionCriteria", _field("Principal inclusion criteria", list(people.inclusion), "[population] inclusion")
    yield "exclusionCriteria", _field("Principal exclusion criteria", list(people.exclusion), "[population] exclusion")
    yield "primaryEndpoints", _field("Primary endpoints", by["primary"])
    yield "secondaryEndpoints", _field("Secondary endpoints", by["secondary"], "[[endpoint]] role = secondary")
    arms = [f"{arm.name}, {arm.n:,} participants" for arm in _side_by_side(trial)]
    yield "arms", _field("Arms", arms, "no key: arms are not side by side")
    side_by_side = {ONE_ARM: "not randomised: one arm", TWO_ARMS: f"randomised {words.allocation}"}
    method = side_by_side.get(tuple(trial.arms_randomised), content.registration.allocation or "")
    if content.arms is not None:
        method = f"randomised {as_allocated(trial).allocation}"
    strata = [one.factor for one in content.randomisation.strata]
    yield (
        "allocationMethod",
        _field(
            "Allocation",
            method + (f", stratified by {listed(strata)}" if method and strata else ""),
            "[registration] allocation",
        ),
    )
    yield "blinding", _field("Blinding", words.blinding)
    yield "participants", _field("Participants planned", _at_most(trial))
    ages = [one for one in (said.minimum_age, said.maximum_age) if one]
    yield "ageRange", _field("Age range", " to ".join(ages) if len(ages) > 1 else None, "[registration] minimum_age")
    yield "gender", _field("Gender", said.sex, "[registration] sex")
    yield "recruitmentStart", _field("Start of recruitment", said.start, "[registration] start")
    yield "endOfTrial", _field("End of trial, defined", content.follow_up.end, "[follow_up] end")
    yield "sponsor", _field("Sponsor", said.sponsor, "[registration] sponsor")
    yield "countries", _field("Countries", list(said.countries), "[registration] countries")
    yield (
        "investigationalProduct",
        _field("Investigational medicinal product", content.intervention.product, "[intervention] product"),
    )


def _named(trial: Trial, role: str) -> list[str]:
    return [f"{one.name} ({one.section.timepoint})" for one in trial.endpoints if one.section.role == role]


def _lines(value: Any) -> Iterator[str]:
    """A value of a record as lines: of several parts one line each."""
    if isinstance(value, dict):
        yield "; ".join(part for one in value.values() for part in _lines(one))
    elif isinstance(value, list):
        for one in value:
            yield " ".join(_lines(one))
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif isinstance(value, str):
        yield from (line for line in value.splitlines() if line)
    elif value is not None:
        yield f"{value:,}"
