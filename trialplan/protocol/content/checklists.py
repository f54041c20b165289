"""What SPIRIT 2025, ICH M11 and DELTA2 ask of a protocol's design and statistics, item by item, in our own words.

Each item names the section where it is answered ("chapter" or "chapter/subsection", by the heading's anchor) and what
must be there: dotted paths into what the protocol prints, each with the filter that prints it after a bar. An item
without a section is no part of a design-and-statistics draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SPIRIT, M11, DELTA2 = "SPIRIT 2025", "ICH M11", "DELTA2"


@dataclass(frozen=True)
class ChecklistItem:
    """One item: whose, its number there, what it is about, where it is answered, and what must be there."""

    standard: str
    id: str
    topic: str
    section: str | None = None
    needs: tuple[str, ...] = ()


class Chapter(NamedTuple):
    """A chapter: the block of the templates that prints it, and its headings in ICH M11 (Step 4, 2025)."""

    block: str
    in_m11: str


def _items(standard: str, *rows: tuple[str, ...]) -> tuple[ChecklistItem, ...]:
    return tuple(ChecklistItem(standard, row[0], row[1], row[2] if len(row) > 2 else None, row[3:]) for row in rows)


CHAPTERS = {
    "synopsis": Chapter("synopsis", "1 Protocol Summary"),
    "background": Chapter("background", "2 Introduction"),
    "objectives-and-estimands": Chapter("objectives", "3 Trial Objectives and Associated Estimands"),
    "trial-design": Chapter("design", "4 Trial Design"),
    "population": Chapter("population", "5 Trial Population"),
    "intervention-and-blinding": Chapter("intervention", "6 Trial Intervention and Concomitant Therapy"),
    "randomisation": Chapter("randomisation", "6.7 Assignment, Randomisation and Blinding"),
    "follow-up-and-discontinuation": Chapter(
        "follow_up", "7 Participant Discontinuation, 8 Trial Assessments and Procedures"
    ),
    "endpoints": Chapter(
        "endpoints", "3 Trial Objectives and Associated Estimands, 8 Trial Assessments and Procedures"
    ),
    "safety": Chapter("safety", "9 Adverse Events, 10.7 Safety Analyses"),
    "statistical-analysis": Chapter("analysis", "10 Statistical Considerations"),
    "sample-size": Chapter("sample_size", "10.11 Sample Size Determination"),
    "secondary-endpoints-at-this-number": Chapter("secondary", "10.5 and 10.11"),
    "oversight": Chapter("oversight", "11 Trial Oversight and Other General Considerations"),
    "references": Chapter("references", "14 Appendix: References"),
}
"""The chapters of a protocol by their anchors, in its order."""

ANALYSIS, INTERVENTION = "statistical-analysis", "intervention-and-blinding"
OBJECTIVES, FOLLOW_UP = "objectives-and-estimands", "follow-up-and-discontinuation"
BLINDING = f"{INTERVENTION}/blinding"
INTERIM, SETS = f"{ANALYSIS}/interim-analyses", f"{ANALYSIS}/analysis-sets"
PRIMARY, LOST = f"{ANALYSIS}/primary-analysis", f"{ANALYSIS}/missing-outcomes"
BESIDE = f"{ANALYSIS}/sensitivity-and-supplementary-analyses"
SIZE, TARGET, METHOD = "sample-size", "sample-size/target-difference", "sample-size/calculation"
RATIONALE = "trial-design/why-this-design"
CALCULATION = ("n_randomised|count", "primary.method", "primary.design.reference", "primary.alone.power|power")

ITEMS: tuple[ChecklistItem, ...] = (
    *_items(
        SPIRIT,
        ("1–3", "title, version, those responsible", "synopsis", "trial.title", "trial.version", "trial.authors"),
        ("4", "registration"),
        ("5", "access to protocol and analysis plan"),
        ("6", "data sharing"),
        ("7a, 7b", "funding, and interests", "oversight", "oversight.interests"),
        ("8", "dissemination"),
        (
            "9a",
            "background: evidence of benefit and harm",
            "background",
            "table.title",
            "table.studies.called",
            "safety_plan.benefit_risk",
        ),
        ("9b", "choice of comparator", INTERVENTION, "intervention.control_rationale"),
        ("10", "objectives about benefit and about harm", OBJECTIVES, "objectives.benefits", "objectives.harms"),
        ("11", "patient and public involvement", OBJECTIVES, "objectives.involvement"),
        ("12", "design, allocation, framework", "trial-design", "trial.allocation", "primary.goal"),
        ("13", "setting", "population", "population.setting"),
        ("14a", "eligibility", "population", "population.inclusion", "population.exclusion"),
        ("14b", "who delivers the intervention", "population", "population.deliverers"),
        (
            "15a",
            "interventions, so that they can be repeated",
            INTERVENTION,
            "trial.intervention",
            "trial.control",
            "intervention.product",
            "intervention.administration",
        ),
        ("15b", "modification and discontinuation", INTERVENTION, "intervention.modification"),
        ("15c", "adherence", INTERVENTION, "intervention.adherence"),
        ("15d", "concomitant care", INTERVENTION, "intervention.background", "intervention.concomitant"),
        (
            "16",
            "outcomes: variable, metric, aggregation, time",
            "endpoints",
            "endpoints.section.variable",
            "endpoints.section.metric",
            "endpoints.section.aggregation",
            "endpoints.section.timepoint",
        ),
        ("17", "harms: what is looked for, and how", "safety", "safety_plan.of_interest", "safety_plan.collection"),
        ("18", "schedule of enrolment, intervention and assessment", FOLLOW_UP, "follow_up.schedule"),
        ("19", "sample size with every assumption", SIZE, *CALCULATION, "primary.assumptions.source"),
        ("20", "recruitment", "population", "population.recruitment"),
        ("21a", "sequence: who makes it, and how", "randomisation", "randomisation.sequence"),
        ("21b", "type of randomisation and its strata", "randomisation", "randomisation.strata.factor"),
        ("22", "concealment", "randomisation", "randomisation.concealment"),
        (
            "23",
            "implementation, access to the list",
            "randomisation",
            "randomisation.implementation",
            "randomisation.access",
        ),
        ("24a", "who is blinded", BLINDING, "trial.blinding"),
        ("24b", "how blinding is achieved", BLINDING, "blinding.similarity", "blinding.delivery", "blinding.preparer"),
        ("24c", "unblinding", BLINDING, "blinding.unblinding"),
        ("25a", "data collection and its quality", FOLLOW_UP, "follow_up.collection"),
        (
            "25b",
            "retention; data after discontinuation",
            FOLLOW_UP,
            "follow_up.retention",
            "follow_up.after_discontinuation",
        ),
        ("26", "data management"),
        (
            "27a",
            "analysis of primary and secondary outcomes, harms included",
            ANALYSIS,
            "primary.section.analysis",
            "secondary.section.name",
            "analysis.safety",
        ),
        ("27b", "who is analysed", SETS, "analysis.sets.definition"),
        ("27c", "missing data", LOST, "analysis.missing"),
        ("27d", "additional analyses", BESIDE, "analysis.sensitivity", "analysis.supplementary", "analysis.subgroups"),
        ("28a", "data monitoring committee", "oversight", "oversight.committee"),
        ("28b", "interim analyses, access, stopping", INTERIM, "interim", "interim_access", "oversight.stopping"),
        ("29", "monitoring of conduct", "oversight", "oversight.monitoring"),
        ("30–34", "ethics approval, amendments, consent, confidentiality, care after the trial"),
    ),
    *_items(
        M11,
        (
            "1.1",
            "Protocol Synopsis",
            "synopsis",
            "n_randomised|count",
            "objectives.benefits",
            "estimand.summary",
            "population.setting",
            "recruited.answer.duration.median|number",
            "trial.phase",
            "trial.population",
            "trial.blinding",
            "interim",
            "oversight.committee",
        ),
        ("1.2", "Trial Schema", "trial-design", "trial.intervention", "trial.control", "arms.n|count"),
        ("1.3", "Schedule of Activities", FOLLOW_UP, "follow_up.schedule"),
        ("2.1", "Purpose of Trial", "background", "trial.rationale"),
        ("2.2", "Assessment of Risks and Benefits", "background", "safety_plan.benefit_risk"),
        (
            "3.1",
            "Primary Objective(s) and Associated Estimand(s)",
            OBJECTIVES,
            "objectives.benefits",
            "estimand.treatment",
            "estimand.population",
            "estimand.variable",
            "estimand.summary",
            "estimand.intercurrent.event",
            "estimand.intercurrent.strategy",
        ),
        ("3.2", "Secondary Objective(s) and Associated Estimand(s)", OBJECTIVES, "secondary.section.estimand"),
        ("4.1", "Description of Trial Design", "trial-design", "primary.goal", "trial.allocation"),
        ("4.1.1", "Stakeholder Input into Design", OBJECTIVES, "objectives.involvement"),
        ("4.2.1", "Rationale for Estimand(s)", f"{OBJECTIVES}/primary-estimand", "estimand.rationale"),
        ("4.2.2", "Rationale for Intervention Model", RATIONALE, "trial.model_rationale"),
        ("4.2.3", "Rationale for Control Type", INTERVENTION, "intervention.control_rationale"),
        ("4.2.4", "Rationale for Trial Duration", "endpoints", "primary.section.rationale"),
        ("4.2.6", "Rationale for Interim Analysis", INTERIM, "interim"),
        ("4.3", "Trial Stopping Rules", INTERIM, "oversight.stopping"),
        ("4.4", "Start of Trial and End of Trial", FOLLOW_UP, "follow_up.end"),
        (
            "5.1",
            "Description of Trial Population and Rationale",
            "population",
            "trial.population",
            "population.definition",
        ),
        ("5.2", "Inclusion Criteria", "population", "population.inclusion"),
        ("5.3", "Exclusion Criteria", "population", "population.exclusion"),
        (
            "6.1",
            "Description of Investigational Trial Intervention",
            INTERVENTION,
            "trial.intervention",
            "intervention.product",
        ),
        ("6.2", "Rationale for Dose and Regimen", INTERVENTION, "intervention.dose_rationale"),
        ("6.3", "Administration", INTERVENTION, "intervention.administration"),
        ("6.4", "Dose Modification", INTERVENTION, "intervention.modification"),
        ("6.6", "Preparation, Storage, Handling and Accountability", INTERVENTION, "intervention.product"),
        ("6.7.1", "Participant Assignment", "randomisation", "randomisation.implementation"),
        ("6.7.2", "Randomisation", "randomisation", "randomisation.sequence", "randomisation.strata.factor"),
        (
            "6.7.3",
            "Measures to Maintain Blinding",
            BLINDING,
            "blinding.similarity",
            "blinding.delivery",
            "blinding.preparer",
        ),
        ("6.7.4", "Emergency Unblinding at the Site", BLINDING, "blinding.unblinding"),
        ("6.8", "Adherence", INTERVENTION, "intervention.adherence"),
        ("6.9.1", "Background Trial Intervention", INTERVENTION, "intervention.background"),
        ("6.9.2", "Rescue Therapy", INTERVENTION, "intervention.rescue"),
        ("6.10", "Concomitant Therapy", INTERVENTION, "intervention.concomitant"),
        ("7.1", "Discontinuation of Trial Intervention", FOLLOW_UP, "follow_up.discontinuation"),
        ("7.2", "Discontinuation or Withdrawal from the Trial", FOLLOW_UP, "follow_up.after_discontinuation"),
        ("7.3", "Management of Loss to Follow-Up", FOLLOW_UP, "follow_up.retention"),
        ("8.3", "Efficacy Assessments and Procedures", FOLLOW_UP, "follow_up.collection"),
        ("8.4", "Safety Assessments and Procedures", "safety", "safety_plan.collection"),
        (
            "9",
            "adverse events: definitions, collection, reporting",
            "safety",
            "safety_plan.period",
            "safety_plan.reporting",
        ),
        ("10.1", "General Considerations", ANALYSIS, "primary.design.alpha|number"),
        ("10.2", "Analysis Sets", SETS, "analysis.sets.definition"),
        ("10.3", "Demographics and Other Baseline Variables", ANALYSIS, "analysis.baseline"),
        ("10.4.1.1", "Statistical Analysis Method", PRIMARY, "primary.section.analysis", "analysis.covariates"),
        ("10.4.1.2", "Handling of Data in Relation to Primary Estimand(s)", PRIMARY, "analysis.intercurrent"),
        ("10.4.1.3", "Handling of Missing Data", LOST, "analysis.missing"),
        ("10.4.1.4", "Sensitivity Analysis", BESIDE, "analysis.sensitivity"),
        ("10.4.1.5", "Supplementary Analysis", BESIDE, "analysis.supplementary"),
        ("10.5", "Secondary Objective(s)", f"{ANALYSIS}/secondary-endpoints", "secondary.section.name"),
        ("10.6", "Exploratory Objective(s)"),
        ("10.7", "Safety Analyses", f"{ANALYSIS}/safety-analyses", "analysis.safety"),
        ("10.8", "Other Analyses", BESIDE, "analysis.subgroups"),
        ("10.9", "Interim Analyses", INTERIM, "interim"),
        ("10.10", "Multiplicity Adjustments", f"{ANALYSIS}/multiplicity", "ordered"),
        ("10.11", "Sample Size Determination", SIZE, *CALCULATION, "primary.assumptions.source", "target.source"),
        ("11.4", "Committees", "oversight", "oversight.committee"),
        ("11 (rest), 12, 13", "regulation, consent, data governance; supporting details; glossary"),
        ("14", "References", "references", "references.citation"),
    ),
    *_items(
        DELTA2,
        (
            "recommendation 1",
            "literature brought together on what is important or realistic",
            "background",
            "table.title",
            "table.studies.called",
        ),
        (
            "recommendation 2",
            "candidate outcomes considered, each with its number",
            "secondary-endpoints-at-this-number",
            "secondary.section.name",
        ),
        ("recommendation 3", "importance argued for, not presumed", TARGET, "target.important_to"),
        (
            "recommendation 4",
            "important to at least one group, if the trial is definitive",
            TARGET,
            "target.important_to",
        ),
        ("recommendation 5", "basis: important, realistic or both", TARGET, "target.basis"),
        (
            "recommendation 6",
            "anchor or opinion-seeking methods, not the distribution alone",
            TARGET,
            "target.important_to",
        ),
        ("report 1", "primary outcome", SIZE, "primary.section.name"),
        ("report 2", "level, sides and power", METHOD, "primary.design.alpha|number", "primary.section.power|power"),
        (
            "report 3",
            "target difference as the outcome asks, with both rates or the SD",
            SIZE,
            "targets.shown",
            "primary.assumptions|value_of",
        ),
        ("report 4", "allocation ratio", "trial-design", "trial.allocation"),
        (
            "report: method",
            "formula or simulation, with its reference",
            METHOD,
            "primary.method",
            "primary.design.reference",
        ),
        ("report: basis", "what the target difference rests on", TARGET, "target.basis", "target.source"),
    ),
)
