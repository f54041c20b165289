"""What a plan may say in words of how the trial is run: each key is optional, and printed as missing if absent."""

from __future__ import annotations

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from trialplan.plan.section import Name, Section, Text
from trialplan.text import with_minus


class Objectives(Section):
    """`[objectives]`: what the trial is to find out, of benefit and of harm."""

    benefits: tuple[Text, ...] = Field((), description="objectives about benefit, the primary first")
    harms: tuple[Text, ...] = Field((), description="objectives about harm")
    involvement: Text | None = Field(None, description="what patients and the public contribute to the design")


class Population(Section):
    """`[population]`: who is eligible, in terms that a site can check, and where they are found."""

    definition: Text | None = Field(None, description="what selects participants (as 'refractory'), defined")
    inclusion: tuple[Text, ...] = Field((), description="inclusion criteria")
    exclusion: tuple[Text, ...] = Field((), description="exclusion criteria")
    setting: Text | None = Field(None, description="countries, kinds and number of centres")
    deliverers: Text | None = Field(None, description="who may deliver the intervention, and what a site must have")
    recruitment: Text | None = Field(None, description="how, and how fast, participants will be found")


class Intervention(Section):
    """`[intervention]`: the product and its dose, what all arms receive besides, and what is not allowed."""

    product: Text | None = Field(None, description="source, donors, preparation, release criteria, storage")
    dose_rationale: Text | None = Field(None, description="why this dose, and why this often")
    administration: Text | None = Field(None, description="how it is given")
    modification: Text | None = Field(None, description="when it is reduced, interrupted or not given")
    adherence: Text | None = Field(None, description="how it is recorded whether it was given in full")
    control_rationale: Text | None = Field(None, description="why this control")
    background: Text | None = Field(None, description="treatment of all arms: drugs, doses, taper schedule")
    rescue: Text | None = Field(None, description="what counts as rescue, and when it is given")
    concomitant: Text | None = Field(None, description="what else is permitted, and what is prohibited")
    reversible: bool | None = Field(
        None,
        description="whether what is given wears off or can be taken away, so that participants come back to where "
        "they were; asked where they take the treatments in turn",
    )
    washout: Text | None = Field(None, description="how long nothing is given between periods, and why that is enough")


class Blinding(Section):
    """`[blinding]`: how a treatment that looks, smells or acts otherwise is kept blind."""

    similarity: Text | None = Field(None, description="in what the control is like the intervention")
    delivery: Text | None = Field(
        None,
        description="what hides the product from those who give and receive it, such as capsules alike or opaque bags",
    )
    preparer: Text | None = Field(None, description="who is not blinded, and how they are kept apart")
    assessment: Text | None = Field(None, description="how it is found out whether the blinding held")
    unblinding: Text | None = Field(None, description="when and how one participant's assignment is revealed")


class Stratum(Section):
    """A factor that randomisation is stratified by."""

    factor: Text = Field(description="what is told apart")
    levels: tuple[Text, ...] = Field((), description="its levels; may be left open, as centres often are")
    why: Text | None = Field(None, description="why it matters to the outcome")
    control_rates: tuple[float, ...] = Field(
        (), description="rate of the primary endpoint on control in each level, where the factor is prognostic"
    )
    shares: tuple[float, ...] = Field((), description="participants of each level in proportion; equal if not said")
    source: Text | None = Field(None, description="where rates and shares come from; 'ours' where they are assumed")
    test: Text | None = Field(None, description="the test within its levels that analyses the primary, such as cmh")


class Randomisation(Section):
    """`[randomisation]`: how participants are assigned. Block sizes and seed do not belong here."""

    strata: tuple[Stratum, ...] = Field((), description="factors that randomisation is stratified by")
    sequence: Text | None = Field(None, description="who makes the list, and how")
    concealment: Text | None = Field(None, description="how the next assignment is kept from those who enrol")
    implementation: Text | None = Field(None, description="who enrols, and who assigns")
    access: Text | None = Field(None, description="who has access to the list before the end")


class FollowUp(Section):
    """`[follow_up]`: what happens to participants until the end, and when they leave the intervention or the trial."""

    schedule: Text | None = Field(None, description="visits and what is assessed at each")
    collection: Text | None = Field(None, description="how outcomes are measured, by whom, with what quality control")
    discontinuation: Text | None = Field(None, description="when the intervention is discontinued")
    after_discontinuation: Text | None = Field(None, description="what is still collected after that")
    retention: Text | None = Field(None, description="how losses are kept few")
    end: Text | None = Field(None, description="when the trial ends")


class Visit(Section):
    """`[[visit]]`: one visit, when it is and what is done there."""

    name: Name = Field(description="what the visit is called")
    month: float | None = Field(None, description="the month from randomisation, 0 at it, below 0 before; or the week")
    week: float | None = Field(None, description="the week from randomisation, in place of the month")
    window: Text | None = Field(None, description="how far from that time the visit may be, such as ± 7 days")
    procedures: tuple[Text, ...] = Field(min_length=1, description="what is done and assessed")

    @model_validator(mode="after")
    def _one_time(self) -> Visit:
        if (self.month is None) == (self.week is None):
            raise PydanticCustomError("one_time", "must say when it is, by month or by week, one of the two")
        return self

    @property
    def months(self) -> float:
        """When it is, in months."""
        return self.month if self.month is not None else (self.week or 0.0) * 7 * 12 / 365.25

    @property
    def when(self) -> str:
        """When it is, as the plan says it."""
        unit, at = ("week", self.week) if self.month is None else ("month", self.month)
        return with_minus(f"{unit} {at:g}")


class AnalysisSet(Section):
    """Who is analysed, and for what."""

    name: Text = Field(description="what the set is called")
    definition: Text = Field(description="who belongs to it")
    used_for: Text = Field(description="which analyses are made on it")


class Analysis(Section):
    """`[analysis]`: what the analysis does besides the tests that the endpoints name."""

    sets: tuple[AnalysisSet, ...] = Field((), description="analysis sets")
    baseline: Text | None = Field(None, description="how baseline is described")
    covariates: Text | None = Field(None, description="what the primary analysis is adjusted for, or why for nothing")
    intercurrent: Text | None = Field(None, description="which data are used after each intercurrent event")
    missing: Text | None = Field(None, description="how missing outcomes enter, beyond what the endpoints say")
    sensitivity: tuple[Text, ...] = Field((), description="analyses of the same estimand under other assumptions")
    supplementary: tuple[Text, ...] = Field((), description="analyses that ask another question")
    subgroups: Text | None = Field(None, description="subgroups, and what would be concluded from them")
    multiplicity: Text | None = Field(None, description="how the family's level is kept, beyond the testing order")
    safety: Text | None = Field(None, description="how harms are analysed")
    clustering: Text | None = Field(
        None,
        description="what participants share, such as donors, lots or therapists, and how the analysis accounts for it",
    )


class Safety(Section):
    """`[safety]`: how harms are looked for."""

    benefit_risk: Text | None = Field(None, description="what is known of benefit and harm, and how risk is kept low")
    collection: Text | None = Field(None, description="how adverse events are asked for, graded and coded")
    period: Text | None = Field(None, description="from when until when they are collected")
    of_interest: tuple[Text, ...] = Field((), description="events that are looked for by name")
    reporting: Text | None = Field(None, description="who is told of a serious event, and how soon")


class Oversight(Section):
    """`[oversight]`: who watches the trial, and what would stop it."""

    committee: Text | None = Field(None, description="the data monitoring committee, or why there is none")
    interim: Text | None = Field(None, description="why there are, or are no, interim analyses; who sees them")
    stopping: Text | None = Field(None, description="what would stop the trial, for harm or for futility")
    monitoring: Text | None = Field(None, description="how conduct at the sites is monitored")
    interests: Text | None = Field(None, description="funding, and the interests of those who plan the trial")
