"""Which pitfalls a plan meets, where in the protocol each one bites, and what the plan answers to it.

Ids are those of the list of pitfalls that the project keeps. A pitfall is met where the audit of the evidence found
it, or where the plan itself shows it; an answer is the plan's own (`[evidence.answers]`), or follows from what the
plan says elsewhere. Where there is neither, the protocol says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.evidence.finding import Finding
from trialplan.plan.building import Trial
from trialplan.protocol.content import pitfall_rules as bites

Sentence = str | None
Look = Callable[[Trial, Mapping[str, Any]], Sentence]


@dataclass(frozen=True, kw_only=True)
class Met:
    """A pitfall that the plan meets: what was seen, and the plan's answer, None where there is none."""

    id: str
    topic: str
    section: str
    seen: str
    answer: str | None


@dataclass(frozen=True, kw_only=True)
class Pitfall:
    """A pitfall of the list: what it is about, the section where it bites, how it is seen and answered."""

    id: str
    topic: str
    section: str
    seen: Look | None = None
    answer: Look | None = None


def met(trial: Trial, said: Mapping[str, Any]) -> tuple[Met, ...]:
    """The pitfalls that the plan meets, in the order of the list; `said` is what the protocol prints."""
    return tuple(one for pitfall in PITFALLS if (one := _met(pitfall, trial, said)) is not None)


def by_section(found: tuple[Met, ...]) -> dict[str, list[Met]]:
    """The pitfalls met, under the section where each bites; every section has an entry."""
    sections = {one.section for one in PITFALLS}
    return {section: [one for one in found if one.section == section] for section in sections}


def _met(pitfall: Pitfall, trial: Trial, said: Mapping[str, Any]) -> Met | None:
    sights = [_placed(one) for one in trial.findings if one.id == pitfall.id]
    own = pitfall.seen(trial, said) if pitfall.seen else None
    seen = own or (_first(sights) if sights else None)
    if seen is None:
        return None
    answer = trial.plan.content.evidence.answers.get(pitfall.id)
    if answer is None and pitfall.answer is not None:
        answer = pitfall.answer(trial, said)
    return Met(id=pitfall.id, topic=pitfall.topic, section=pitfall.section, seen=_stop(seen), answer=_stop(answer))


def _placed(finding: Finding) -> str:
    """What was seen after where it was seen; what the sentence itself names is not said twice."""
    where = [one for one in (finding.study, finding.outcome) if one and one not in finding.seen]
    return f"{', '.join(where)}: {finding.seen}" if where else finding.seen


def _first(sights: list[str]) -> str:
    """The first sight, and how many more the audit lists."""
    more = len(sights) - 1
    return sights[0] if not more else f"{_stop(sights[0])} ({more} more in the audit.)"


def _stop(sentence: Sentence) -> Any:
    """A sentence with its capital, unless it begins with a study's key, and its full stop."""
    if not sentence:
        return sentence
    if re.match(r"[a-z]+ ", sentence):
        sentence = sentence[0].upper() + sentence[1:]
    return sentence if re.search(r"[.!?]\)?$", sentence) else f"{sentence}."


BACKGROUND = "background"
EVIDENCE = "from-the-evidence-to-the-assumption"
OBJECTIVES, POPULATION, INTERVENTION = "objectives-and-estimands", "population", "intervention-and-blinding"
RANDOMISATION, ENDPOINTS = "randomisation", "endpoints"
INTERIM, MULTIPLICITY = "interim-analyses", "multiplicity"
SIZE, OTHERWISE = "sample-size", "what-the-number-would-be-otherwise"
WORTH, SECONDARY, OVERSIGHT = "what-the-number-is-worth", "secondary-endpoints-at-this-number", "oversight"

PITFALLS = (
    Pitfall(id="P01", topic="a rate without a control is not an effect", section=BACKGROUND, answer=bites.bridged),
    Pitfall(
        id="P02",
        topic="the control rate belongs to another endpoint, or to none",
        section=EVIDENCE,
        seen=bites.control_elsewhere,
        answer=bites.control_accepted,
    ),
    Pitfall(
        id="P03",
        topic="a fall within one arm is partly no treatment at all",
        section=SECONDARY,
        seen=bites.change_within_an_arm,
        answer=bites.spontaneous,
    ),
    Pitfall(id="P04", topic="a selected population", section=POPULATION, answer=bites.defined),
    Pitfall(id="P05", topic="conditioning and treatment cannot be told apart", section=INTERVENTION),
    Pitfall(id="P06", topic="the same participants counted twice", section=BACKGROUND),
    Pitfall(id="P07", topic="completers as denominators", section=BACKGROUND, answer=bites.denominators),
    Pitfall(id="P08", topic="ever responded is not responding at a visit", section=ENDPOINTS),
    Pitfall(id="P09", topic="different times", section=BACKGROUND, answer=bites.one_time),
    Pitfall(id="P10", topic="different products and schedules", section=INTERVENTION, answer=bites.dose),
    Pitfall(id="P11", topic="dose per kg and fixed dose", section=INTERVENTION, seen=bites.dose_units),
    Pitfall(id="P12", topic="a percentage that is not its fraction", section=BACKGROUND),
    Pitfall(id="P13", topic="not reported is not zero", section=BACKGROUND),
    Pitfall(id="P14", topic="an inequality for P gives no correlation", section=SECONDARY, answer=bites.correlation),
    Pitfall(id="P15", topic="a normal model for a skewed outcome", section=SECONDARY, answer=bites.on_logs),
    Pitfall(
        id="P16",
        topic="which standard deviation",
        section=SECONDARY,
        seen=bites.which_sd,
        answer=bites.which_sd_answer,
    ),
    Pitfall(id="P17", topic="remission of another kind", section=ENDPOINTS),
    Pitfall(
        id="P18",
        topic="other treatment changes during follow-up",
        section=OBJECTIVES,
        answer=bites.composite_for_rescue,
    ),
    Pitfall(
        id="P19",
        topic="losses counted twice, or not at all",
        section=SIZE,
        seen=bites.losses_seen,
        answer=bites.losses_answer,
    ),
    Pitfall(
        id="P22",
        topic="the name of the test moves the number",
        section=OTHERWISE,
        seen=bites.tests_apart,
        answer=bites.test_named,
    ),
    Pitfall(
        id="P23",
        topic="rounding",
        section=SIZE,
        seen=bites.rounded,
        answer=lambda trial, said: "Arms are whole allocation blocks; the unrounded numbers are printed beside them",
    ),
    Pitfall(
        id="P24",
        topic="power at a point ignores how uncertain the point is",
        section=WORTH,
        seen=bites.uncertain,
        answer=bites.assured,
    ),
    Pitfall(
        id="P25",
        topic="stopping without a rule",
        section=INTERIM,
        seen=bites.no_rule,
        answer=lambda trial, said: trial.plan.content.oversight.stopping,
    ),
    Pitfall(
        id="P26",
        topic="whether blinding can hold",
        section=INTERVENTION,
        seen=bites.blinding_planned,
        answer=bites.blinded,
    ),
    Pitfall(id="P27", topic="conditioning in one arm unblinds", section=INTERVENTION, seen=bites.conditioned),
    Pitfall(id="P28", topic="one group of investigators, few producers", section=RANDOMISATION, answer=bites.by_centre),
    Pitfall(
        id="P29",
        topic="the level that a test really keeps",
        section=SIZE,
        seen=bites.level_exceeded,
        answer=bites.level_answer,
    ),
    Pitfall(id="P30", topic="several endpoints", section=MULTIPLICITY, seen=bites.several, answer=bites.in_order),
    Pitfall(id="P31", topic="a short follow-up", section=ENDPOINTS, seen=bites.short),
    Pitfall(id="P32", topic="standard of care moves", section=OTHERWISE, seen=bites.drift),
    Pitfall(
        id="P33",
        topic="a later trial saw no benefit",
        section=BACKGROUND,
        seen=bites.contrary,
        answer=bites.contrary_answered,
    ),
    Pitfall(
        id="P34",
        topic="interests",
        section=OVERSIGHT,
        seen=bites.interests,
        answer=lambda trial, said: trial.plan.content.oversight.interests,
    ),
)
"""In the order of the list. P20 (a difference without a base rate), P21 (effect scales) and P35 (borrowed wording) are
refused or answered by construction: rates are required, the target is printed on every scale, wording is our own."""
