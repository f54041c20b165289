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
Look = Callable[[Trial, Mapping[str, Any]], Sentence] | Sentence
"""What is looked up in the plan, or a sentence that always holds."""


@dataclass(frozen=True, kw_only=True)
class Met:
    """A pitfall that the plan meets: what was seen, and the plan's answer, None where there is none."""

    id: str
    topic: str
    section: str
    seen: str
    answer: str | None


@dataclass(frozen=True)
class Pitfall:
    """A pitfall of the list: what it is about, the section where it bites, how it is seen and answered."""

    id: str
    topic: str
    section: str
    seen: Look = None
    answer: Look = None


def met(trial: Trial, said: Mapping[str, Any]) -> tuple[Met, ...]:
    """The pitfalls that the plan meets, in the order of the list; `said` is what the protocol prints."""
    return tuple(one for pitfall in PITFALLS if (one := _met(pitfall, trial, said)) is not None)


def by_section(found: tuple[Met, ...]) -> dict[str, list[Met]]:
    """The pitfalls met, under the section where each bites; every section has an entry."""
    sections = {one.section for one in PITFALLS}
    return {section: [one for one in found if one.section == section] for section in sections}


def _met(pitfall: Pitfall, trial: Trial, said: Mapping[str, Any]) -> Met | None:
    sights = [_placed(one) for one in trial.findings if one.id == pitfall.id]
    seen = pitfall.seen(trial, said) if callable(pitfall.seen) else pitfall.seen
    if seen is None and sights:
        seen = sights[0] if len(sights) == 1 else f"{_stop(sights[0])} ({len(sights) - 1} more in the audit.)"
    if seen is None:
        return None
    answer = trial.plan.content.evidence.answers.get(pitfall.id)
    if answer is None:
        answer = pitfall.answer(trial, said) if callable(pitfall.answer) else pitfall.answer
    return Met(id=pitfall.id, topic=pitfall.topic, section=pitfall.section, seen=_stop(seen), answer=_stop(answer))


def _placed(finding: Finding) -> str:
    """What was seen after where it was seen; what the sentence itself names is not said twice."""
    where = [one for one in (finding.study, finding.outcome) if one and one not in finding.seen]
    return f"{', '.join(where)}: {finding.seen}" if where else finding.seen


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
    Pitfall("P01", "a rate without a control is not an effect", BACKGROUND, answer=bites.bridged),
    Pitfall(
        "P02",
        "the control rate belongs to another endpoint, or to none",
        EVIDENCE,
        seen=bites.control_elsewhere,
        answer=bites.control_accepted,
    ),
    Pitfall(
        "P03",
        "a fall within one arm is partly no treatment at all",
        SECONDARY,
        seen=bites.change_within_an_arm,
        answer=bites.spontaneous,
    ),
    Pitfall("P04", "a selected population", POPULATION, answer=bites.defined),
    Pitfall("P05", "conditioning and treatment cannot be told apart", INTERVENTION),
    Pitfall("P06", "the same participants counted twice", BACKGROUND),
    Pitfall("P07", "completers as denominators", BACKGROUND, answer=bites.denominators),
    Pitfall("P08", "at any time is not at a visit", ENDPOINTS),
    Pitfall("P09", "different times", BACKGROUND, answer=bites.one_time),
    Pitfall("P10", "different products and schedules", INTERVENTION, answer=bites.dose),
    Pitfall("P11", "dose per kg and fixed dose", INTERVENTION, seen=bites.dose_units),
    Pitfall("P12", "a percentage that is not its fraction", BACKGROUND),
    Pitfall("P13", "not reported is not zero", BACKGROUND),
    Pitfall("P14", "an inequality for P gives no correlation", SECONDARY, answer=bites.correlation),
    Pitfall("P15", "a normal model for a skewed outcome", SECONDARY, answer=bites.on_logs),
    Pitfall("P16", "which standard deviation", SECONDARY, seen=bites.which_sd, answer=bites.which_sd_answer),
    Pitfall("P17", "the same name under another definition", ENDPOINTS),
    Pitfall("P18", "other treatment changes during follow-up", OBJECTIVES, answer=bites.composite_for_rescue),
    Pitfall("P19", "losses counted twice, or not at all", SIZE, seen=bites.losses_seen, answer=bites.losses_answer),
    Pitfall("P22", "the name of the test moves the number", OTHERWISE, seen=bites.tests_apart, answer=bites.test_named),
    Pitfall(
        "P23",
        "rounding",
        SIZE,
        seen=bites.rounded,
        answer=lambda trial, said: f"Arms are {trial.design.rounded_to}; the unrounded numbers are printed beside them",
    ),
    Pitfall(
        "P24", "power at a point ignores how uncertain the point is", WORTH, seen=bites.uncertain, answer=bites.assured
    ),
    Pitfall(
        "P25",
        "stopping without a rule",
        INTERIM,
        seen=bites.no_rule,
        answer=lambda trial, said: trial.plan.content.oversight.stopping,
    ),
    Pitfall("P26", "whether blinding can hold", INTERVENTION, seen=bites.blinding_planned, answer=bites.blinded),
    Pitfall("P27", "conditioning in one arm unblinds", INTERVENTION, seen=bites.conditioned),
    Pitfall("P28", "one group of investigators, few producers", RANDOMISATION, answer=bites.clustered),
    Pitfall("P29", "the level that a test really keeps", SIZE, seen=bites.level_exceeded, answer=bites.level_answer),
    Pitfall(
        "P30",
        "several endpoints",
        MULTIPLICITY,
        seen=bites.several,
        answer=bites.in_order,
    ),
    Pitfall("P31", "a short follow-up", ENDPOINTS, seen=bites.short),
    Pitfall("P32", "standard of care moves", OTHERWISE, seen=bites.drift),
    Pitfall(
        "P33",
        "a later trial saw no benefit",
        BACKGROUND,
        seen=bites.contrary,
        answer="Given beside each of these comparisons below",
    ),
    Pitfall(
        "P34",
        "interests",
        OVERSIGHT,
        seen="Those who make, fund or plan a treatment have an interest in its success",
        answer=lambda trial, said: trial.plan.content.oversight.interests,
    ),
    Pitfall("P36", "arms of which it is not said what they received", BACKGROUND),
    Pitfall("P37", "a report that contradicts itself", BACKGROUND),
    Pitfall("P38", "a comparison without blinding", BACKGROUND),
    Pitfall("P39", "what a missing outcome counts as", SIZE, seen=bites.counts_as, answer=bites.counted_so),
    Pitfall("P40", "fewer can be recruited than are wanted", POPULATION, seen=bites.too_few_come),
)
"""In the order of the list. P20 (a difference without a base rate), P21 (effect scales) and P35 (borrowed wording) are
refused or answered by construction: rates are required, the target is printed on every scale, wording is our own."""
