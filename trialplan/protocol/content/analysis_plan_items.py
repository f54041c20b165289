"""Which items of a statistical analysis plan a plan fills, in our own words, by Gamble et al. 2017 (JAMA 318:2337)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.protocol.content.checklists import CALCULATION
from trialplan.protocol.content.coverage import phrases, plan_key

REFERENCE = (
    "Gamble C et al. Guidelines for the content of statistical analysis plans in clinical trials. JAMA 2017;318:2337"
)
"""The list of items; its 55 parts are put together here where one thing fills several."""

TRIAL, ANALYSIS, SIZE, LAST = "The trial", "Statistical analysis", "Sample size", "References"
"""The chapters of the document that answer."""

Item = tuple[str, ...]
"""Its numbers there, what it is about, where it is answered, and what must be there; no more than two where nothing can
be said in a plan."""

_ITEMS: tuple[Item, ...] = (
    ("1a", "title", TRIAL, "trial.title"),
    ("1b", "registration number"),
    ("2, 3", "version, date and protocol version", TRIAL, "trial.version", "trial.date"),
    ("4a–4c", "revisions, their reasons and times"),
    ("5", "contributors", TRIAL, "trial.authors"),
    ("6a–6c", "signatures"),
    ("7", "background and rationale", TRIAL, "trial.rationale"),
    ("8", "objectives", TRIAL, "objectives.benefits"),
    ("9", "trial design", TRIAL, "trial.allocation", "primary.goal"),
    ("10", "randomisation and its strata", TRIAL, "randomisation.strata.factor"),
    ("11", "sample size", SIZE, *CALCULATION),
    ("12", "framework: superiority, non-inferiority or equivalence", ANALYSIS, "primary.goal"),
    ("13a", "interim analyses and their times", ANALYSIS, "interim"),
    ("13b", "adjustment of the level for them", ANALYSIS, "monitored.efficacy"),
    ("13c", "guidance for stopping early", ANALYSIS, "oversight.stopping"),
    ("14", "time of the final analysis", TRIAL, "follow_up.end"),
    ("15", "times of the assessments", TRIAL, "endpoints.section.timepoint"),
    ("16", "level of significance", ANALYSIS, "primary.claim.tests"),
    ("17", "multiplicity", ANALYSIS, "ordered"),
    ("18", "confidence intervals", ANALYSIS, "primary.claim.confidence"),
    ("19a, 19b", "adherence", TRIAL, "intervention.adherence"),
    ("19c, 19d", "protocol deviations"),
    ("20", "analysis populations", ANALYSIS, "analysis.sets.definition"),
    ("21", "screening data"),
    ("22", "eligibility", TRIAL, "population.inclusion", "population.exclusion"),
    ("23", "recruitment, for the flow diagram"),
    ("24a–24c", "withdrawal and follow-up", TRIAL, "follow_up.discontinuation", "follow_up.after_discontinuation"),
    ("25a", "which baseline characteristics"),
    ("25b", "how baseline characteristics are described", ANALYSIS, "analysis.baseline"),
    ("26a–26c", "outcomes, how they are measured and calculated", TRIAL, "endpoints.section.variable"),
    ("27a", "the analysis of each outcome", ANALYSIS, "primaries.section.analysis", "secondary.section.analysis"),
    ("27b", "adjustment for covariates", ANALYSIS, "analysis.covariates"),
    ("27c, 27d", "checks of assumptions, and what is done where they fail"),
    ("27e", "sensitivity analyses", ANALYSIS, "analysis.sensitivity"),
    ("27f", "subgroups", ANALYSIS, "analysis.subgroups"),
    ("28", "missing data", ANALYSIS, "analysis.missing"),
    ("29", "additional analyses", ANALYSIS, "analysis.supplementary"),
    ("30", "harms", ANALYSIS, "analysis.safety"),
    ("31", "software of the analysis"),
    ("32a", "references of the methods", LAST, "methods"),
    ("32b–32d", "data management plan, trial master file, operating procedures"),
)


@dataclass(frozen=True, kw_only=True)
class AnalysisPlanItem:
    """An item of the list: filled in the chapter `where`, or lacking these keys of the plan, if a plan can say it."""

    numbers: str
    topic: str
    where: str
    lacks: tuple[str, ...]

    @property
    def filled(self) -> bool:
        """Whether the plan says it."""
        return bool(self.where) and not self.lacks


def analysis_plan_items(said: Mapping[str, Any]) -> tuple[AnalysisPlanItem, ...]:
    """Each item of the list that applies to the trial, held against what its document prints."""
    return tuple(_judged(item, said) for item in _applying(said))


def _applying(said: Mapping[str, Any]) -> Iterator[Item]:
    if said["amended"]:
        yield "4a–4c", "revisions, their reasons and times", "Amendments", "amended.version"
    for item in _ITEMS:
        if item[0] == "4a–4c" and said["amended"]:
            continue
        if (item[0] == "10" and not said["randomises"]) or (item[0] == "13b" and not said["monitored"]):
            continue
        yield tuple(one for one in item if said["secondary"] or not one.startswith("secondary."))


def _judged(item: Item, said: Mapping[str, Any]) -> AnalysisPlanItem:
    numbers, topic, where, *needs = (*item, "")[: max(3, len(item))]
    found = {need: list(phrases(need, said)) for need in needs}
    lacks = dict.fromkeys(plan_key(need) for need, shown in found.items() if not shown or None in shown)
    return AnalysisPlanItem(numbers=numbers, topic=topic, where=where, lacks=tuple(lacks))
