"""What a trial registry asks for and no other section of a plan says; each key is optional."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from trialplan.plan.section import Line, Name, Section, Text

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)
_AGE = re.compile(r"N/A|[1-9]\d{0,2} (Year|Month|Week|Day|Hour|Minute)s?", re.ASCII)


def _of_calendar(text: str) -> str:
    """The text, if the calendar has that month or day."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        date.fromisoformat(text if len(text) > len("2027-03") else f"{text}-01")
    except ValueError:
        raise PydanticCustomError(
            "registry_form", "must be a month or a day of the calendar, as 2027-03 or 2027-03-15"
        ) from None
    return text


def _of_age(text: str) -> str:
    """The text, if a registry takes it for an age."""
    if not _AGE.fullmatch(text):
        raise PydanticCustomError(
            "registry_form",
            "must be a whole number of Years, Months, Weeks, Days, Hours or Minutes, as 18 Years, or N/A",
        )
    return text


Month = Annotated[str, AfterValidator(_of_calendar)]
"""A date as registries write it: the month, or the day."""

Age = Annotated[str, AfterValidator(_of_age)]
"""An age as ClinicalTrials.gov writes it."""

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
    acronym: Name | None = Field(None, description="the short name, where there is one")
    brief_summary: Text | None = Field(None, description="what the trial asks, in words for everybody")
    conditions: tuple[Name, ...] = Field((), description="diseases or conditions")
    sponsor: Name | None = Field(None, description="the lead sponsor")
    responsible_party: Literal["sponsor", "principal investigator", "sponsor-investigator"] | None = Field(
        None, description="who is responsible for the record"
    )
    start: Month | None = Field(None, description="when the first participant is expected, as 2027-03")
    primary_completion: Month | None = Field(None, description="when the last primary outcome is expected")
    completion: Month | None = Field(None, description="when the last participant is expected to be done")
    purpose: Purpose | None = Field(None, description="the primary purpose")
    allocation: Literal["randomized", "non-randomized", "N/A"] | None = Field(
        None, description="where arms are not side by side, and the design does not say it"
    )
    intervention_model: Model | None = Field(None, description="where it is neither one group nor parallel arms")
    masked: tuple[Masked, ...] | None = Field(None, description="who is masked; an empty list for an open trial")
    intervention_type: InterventionType | None = Field(None, description="what kind of intervention it is")
    control_type: ControlType | None = Field(None, description="what kind of arm the control is")
    committee: bool | None = Field(None, description="whether the trial has a data monitoring committee")
    sex: Literal["all", "female", "male"] | None = Field(None, description="who may take part")
    minimum_age: Age | None = Field(None, description="as 18 Years, or N/A where there is no limit")
    maximum_age: Age | None = Field(None, description="as 75 Years, or N/A where there is no limit")
    healthy_volunteers: bool | None = Field(None, description="whether healthy volunteers may take part")
    countries: tuple[Name, ...] = Field((), description="where participants are recruited")

    @model_validator(mode="after")
    def _in_order_of_time(self) -> Self:
        """A trial starts, has its last primary outcome, and is done; a month is compared with a day by its month."""
        dated = [(name, getattr(self, name)) for name in ("start", "primary_completion", "completion")]
        known = [(name, value) for name, value in dated if value is not None]
        for (earlier, first), (later, second) in itertools.combinations(known, 2):
            shared = min(len(first), len(second))
            if second[:shared] < first[:shared]:
                raise PydanticCustomError(
                    "out_of_order", f"has {later} {second} before {earlier} {first}; correct one of the two"
                )
        return self
