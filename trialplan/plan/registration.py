"""What a trial registry asks for and no other section of a plan says; each key is optional."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trialplan.plan.section import Line, Name, Section, Text

Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]
"""A date as registries write it: the month, or the day."""

Masked = Literal["participant", "care provider", "investigator", "outcomes assessor"]
Purpose = Literal[
    "treatment",
    "prevention",
    "diagnostic",
    "ECT",
    "supportive care",
    "screening",
    "health services research",
    "basic science",
    "device feasibility",
    "other",
]
InterventionType = Literal[
    "drug",
    "device",
    "biological",
    "procedure",
    "radiation",
    "behavioral",
    "genetic",
    "dietary supplement",
    "combination product",
    "diagnostic test",
    "other",
]
ControlType = Literal["active comparator", "placebo comparator", "sham comparator", "no intervention", "other"]
Model = Literal[
    "single group assignment",
    "parallel assignment",
    "crossover assignment",
    "factorial assignment",
    "sequential assignment",
]


class Registration(Section):
    """`[registration]`: fields of a registry's record, in the registry's own words (ClinicalTrials.gov, CTIS)."""

    number: Name | None = Field(None, description="the registry's number, once there is one, as NCT01234567")
    eu_number: Name | None = Field(None, description="the EU CT number, once there is one")
    identifier: Name | None = Field(None, description="the sponsor's own number of the trial")
    brief_title: Line | None = Field(None, description="the title in words for everybody")
    acronym: Name | None = None
    brief_summary: Text | None = Field(None, description="what the trial asks, in words for everybody")
    conditions: tuple[Name, ...] = Field((), description="diseases or conditions")
    sponsor: Name | None = Field(None, description="the lead sponsor")
    responsible_party: Literal["sponsor", "principal investigator", "sponsor-investigator"] | None = None
    start: Month | None = Field(None, description="when the first participant is expected, as 2027-03")
    primary_completion: Month | None = Field(None, description="when the last primary outcome is expected")
    completion: Month | None = Field(None, description="when the last participant is expected to be done")
    purpose: Purpose | None = Field(None, description="the primary purpose")
    allocation: Literal["randomized", "non-randomized", "N/A"] | None = Field(
        None, description="where arms are not side by side, and the design does not say it"
    )
    intervention_model: Model | None = Field(None, description="where it is neither one group nor parallel arms")
    masked: tuple[Masked, ...] | None = Field(None, description="who is masked; an empty list for an open trial")
    intervention_type: InterventionType | None = None
    control_type: ControlType | None = None
    committee: bool | None = Field(None, description="whether the trial has a data monitoring committee")
    sex: Literal["all", "female", "male"] | None = None
    minimum_age: Name | None = Field(None, description="as 18 Years")
    maximum_age: Name | None = Field(None, description="as 75 Years, or N/A where there is no limit")
    healthy_volunteers: bool | None = None
    countries: tuple[Name, ...] = ()
