"""The plan file's schema: what each section may say. Published as JSON Schema by `trialplan schema`."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Basis = Literal["cited", "derived", "ours"]
Strategy = Literal["treatment policy", "hypothetical", "composite variable", "while on treatment", "principal stratum"]


class Section(BaseModel):
    """A section of the plan: nothing in it may be unknown, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Section):
    """A choice about the trial that is the planners' own, with its reason."""

    what: Text
    why: Text


class TrialSection(Section):
    """`[trial]`: what the trial is, in words."""

    title: Text
    version: Text = Field("draft", description="version of the protocol draft")
    date: datetime.date | None = Field(None, description="date of the draft; documents carry no other date")
    authors: tuple[Text, ...] = Field((), description="who answers for the plan")
    phase: Text | None = None
    population: Text = Field(description="who is eligible")
    intervention: Text = Field(description="the trial intervention, with dose and schedule")
    control: Text = Field(description="the control, and the background treatment of both arms")
    treatment_name: Text = Field("treatment", description="what the treatment arm is called")
    control_name: Text = Field("control", description="what the control arm is called")
    blinding: Text = Field(description="who is blinded, and how")
    allocation: Text = Field("1:1", description="allocation ratio, treatment first")
    rationale: Text | None = Field(None, description="why the trial is proposed, in the planners' own words")
    choices: tuple[Choice, ...] = Field((), description="choices that are the planners' own")
    open_questions: tuple[Text, ...] = Field((), description="what must be settled before the trial can start")


class IntercurrentEvent(Section):
    """One intercurrent event, its strategy, and what that does to the planning numbers."""

    event: Text
    strategy: Strategy
    planning: Text = Field(description="what the strategy does to the rates or to n")


class Estimand(Section):
    """`[estimand]`: the five attributes of ICH E9(R1)."""

    treatment: Text
    population: Text
    variable: Text
    summary: Text = Field(description="population-level summary")
    intercurrent: tuple[IntercurrentEvent, ...] = Field(min_length=1)


class EvidenceSection(Section):
    """`[evidence]`: which table the plan rests on."""

    table: Text = Field(description="a shipped table's name, or a TOML or CSV file relative to the plan")
    note: Text | None = Field(None, description="how the table was read")


class TargetDifference(Section):
    """`[target_difference]`: what the trial is sized for, and on what basis (DELTA2)."""

    value: float
    unit: Text = "difference of proportions"
    basis: Literal["important", "realistic", "both"]
    source: Text


class Bridge(Section):
    """How an uncontrolled rate becomes the treatment arm's: a discount, or an acknowledgement in words."""

    discount: float | None = Field(None, ge=0, le=1, description="share of the excess over control not believed")
    acknowledge_uncontrolled: Text | None = Field(None, description="why the rate is taken as it stands")
    source: Text | None = Field(None, description="where the discount comes from")


class Drawn(Section):
    """A rate read from the evidence table."""

    study: Text
    outcome: Text | tuple[Text, ...] = Field(description="one outcome, or several exclusive ones counted together")
    arm: Text | tuple[Text, ...] | None = Field(None, description="one arm, or several counted together")
    denominator: Literal["reported", "enrolled"] = "reported"


class AssumptionSection(Section):
    """One number of a design: a value with its source, or drawn from the evidence with its bridge."""

    value: float | None = None
    source: Text | None = None
    basis: Basis = Field("cited", description="cited from a source, derived from one, or the planners' own choice")
    evidence: Drawn | None = None
    bridge: Bridge | None = None
    acknowledge: Text | None = Field(None, description="why a finding about this number does not stop the plan")


class EndpointSection(Section):
    """`[[endpoint]]`: what is measured, and how it is sized. The primary sizes the trial."""

    name: Text
    role: Literal["primary", "secondary", "safety"]
    variable: Text = Field(description="what is measured in a participant (SPIRIT 2025, item 16)")
    metric: Text = Field(description="the participant-level metric")
    aggregation: Text = Field(description="how participants are summarised in an arm")
    timepoint: Text
    definition: Text
    design: Text | None = Field(None, description="the design that sizes it; none for a descriptive endpoint")
    power: float = Field(0.8, gt=0, lt=1)
    settings: dict[str, Any] = Field({}, description="choices of the design: test, goal, alpha, sides, favourable, …")
    assumptions: dict[str, AssumptionSection] = {}
    missing: Literal["non-response", "excluded"] | None = Field(
        None, description="how a missing outcome is analysed: as non-response (never inflates n) or left out"
    )
    dropout: float | None = Field(None, ge=0, lt=1, description="share without an outcome, where missing = 'excluded'")
    dropout_source: Text | None = None
    analysis: Text | None = Field(None, description="the planned analysis, in words")
    note: Text | None = None


class Monitoring(Section):
    """`[monitoring]`: looks at the primary endpoint."""

    looks: tuple[float, ...] = Field(description="information fractions, the last one 1")
    efficacy: Text = "obrien-fleming"


class StatedRate(Section):
    """A rate with the place it comes from, for the scenario tables."""

    value: float = Field(gt=0, lt=1)
    label: Text
    source: Text


class LabelledReading(Drawn):
    """A reading of the evidence table that somebody might plan with."""

    label: Text


class Scenarios(Section):
    """`[scenarios]`: what else may be believed of the primary endpoint's two rates."""

    discounts: tuple[Share, ...] = Field((0.0, 0.25, 0.5, 0.75), description="shares of the excess not believed")
    controls: tuple[StatedRate, ...] = ()
    readings: tuple[LabelledReading, ...] = ()


class Reference(Section):
    """One entry of the list of references."""

    key: Text
    citation: Text


class Report(Section):
    """`[report]`: what the document shows."""

    appendix_plan: bool = Field(True, description="whether the plan's text is printed at the end")


class PlanFile(Section):
    """A trialplan plan file."""

    trial: TrialSection
    estimand: Estimand
    evidence: EvidenceSection
    target_difference: TargetDifference
    endpoint: tuple[EndpointSection, ...] = Field(min_length=1)
    monitoring: Monitoring | None = None
    scenarios: Scenarios = Field(default_factory=lambda: Scenarios.model_validate({}))
    report: Report = Field(default_factory=lambda: Report.model_validate({}))
    reference: tuple[Reference, ...] = ()
