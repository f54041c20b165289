"""The plan file's schema: what each section may say. Published as JSON Schema by `trialplan schema`."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field

from trialplan.evidence.bias import Kind
from trialplan.evidence.measures import EffectMeasure
from trialplan.plan import narrative
from trialplan.plan.enrolment import Enrolment
from trialplan.plan.monitoring import Monitoring
from trialplan.plan.registration import Registration
from trialplan.plan.section import Line, Name, Section, Text, left_out
from trialplan.time_unit import TimeUnit

Key = Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
Basis = Literal["cited", "derived", "ours"]
DocumentKind = Literal["protocol", "statistics", "statement", "committee", "registry"]
"""For whom a document is: everybody, statisticians, whoever copies a paragraph, a committee, a trial registry."""
Strategy = Literal["treatment policy", "hypothetical", "composite variable", "while on treatment", "principal stratum"]

STRATEGIES: tuple[str, ...] = get_args(Strategy)
"""The strategies for intercurrent events of ICH E9(R1), A.3.2."""


class ReasonedChoice(Section):
    """A choice about the trial that is the planners' own, with its reason."""

    what: Text = Field(description="what was chosen")
    why: Text = Field(description="the reason")


class TrialSection(Section):
    """`[trial]`: what the trial is, in words."""

    title: Line = Field(description="the title of the protocol")
    version: Name = Field("draft", description="version of the protocol draft")
    date: datetime.date | None = Field(
        None, strict=False, description="date of the draft; documents carry no other date"
    )
    authors: tuple[Text, ...] = Field((), description="who answers for the plan")
    phase: Text | None = Field(None, description="the phase of development")
    population: Text = Field(description="who is eligible")
    intervention: Text = Field(description="the trial intervention, with dose and schedule")
    control: Text = Field(description="the control, and the background treatment of all arms")
    treatment_name: Name = Field("treatment", description="what the treatment arm is called")
    control_name: Name = Field("control", description="what the control arm is called")
    blinding: Text = Field(description="who is blinded, and how")
    allocation: Text = Field("1:1", description="allocation ratio, treatment first")
    rationale: Text | None = Field(None, description="why the trial is proposed, in the planners' own words")
    model_rationale: Text | None = Field(None, description="why arms are compared as they are: in parallel, or one arm")
    choices: tuple[ReasonedChoice, ...] = Field((), description="choices that are the planners' own")
    open_questions: tuple[Text, ...] = Field((), description="what must be settled before the trial can start")


class IntercurrentEvent(Section):
    """One intercurrent event, its strategy, and what that does to the planning numbers."""

    event: Text = Field(description="what may happen after the start that changes what the outcome means")
    strategy: Strategy = Field(description="how it is taken, by the name of ICH E9(R1)")
    planning: Text = Field(description="what the strategy does to the rates or to n")


class Estimand(Section):
    """`[estimand]`: the five attributes of ICH E9(R1)."""

    treatment: Text = Field(description="the treatments compared, with what goes with them")
    population: Text = Field(description="of whom the effect is")
    variable: Text = Field(description="what is observed of each participant")
    summary: Text = Field(description="population-level summary")
    rationale: Text | None = Field(None, description="why these strategies answer the question that is asked")
    intercurrent: tuple[IntercurrentEvent, ...] = Field(min_length=1)


class EvidenceSection(Section):
    """`[evidence]`: which table the plan rests on."""

    table: Text = Field(description="a shipped table's name, or a TOML or CSV file relative to the plan")
    note: Text | None = Field(None, description="how the table was read")
    answers: dict[str, Text] = Field({}, description="what the plan answers to a finding or pitfall, by its id")


class TargetDifference(Section):
    """`[target_difference]`: what the trial is sized for, and on what basis (DELTA2)."""

    value: float = Field(description="the effect that the trial is sized for; of two rates their difference")
    unit: Text | None = Field(None, description="what the value is; without it, what the primary's design calls it")
    basis: Literal["important", "realistic", "both"] = Field(
        description="whether it is the least that matters, what may be expected, or both"
    )
    source: Text = Field(description="why this difference")
    important_to: Text | None = Field(None, description="who judged the difference important, and how they were asked")


class Borrowed(Section):
    """A belief about a rate, borrowed from several arms of a table by a meta-analytic-predictive prior."""

    table: Text = Field(description="a shipped table's name, or a TOML or CSV file relative to the plan")
    outcome: Text = Field(description="the outcome's name in the table")
    studies: tuple[Text, ...] = Field(min_length=1, description="the studies' keys in the table")
    arm: Text | None = Field(None, description="the arm to borrow, where the studies report several")
    denominator: Literal["reported", "enrolled"] = Field(
        "reported", description="whether a rate is of those that the report counts, or of all enrolled"
    )
    tau_scale: float = Field(
        0.5, gt=0, le=10, description="scale of the half-normal prior of the between-trial SD of logits"
    )
    robust: Share = Field(0.0, description="weight of a uniform component, for arms that may not apply")
    accept: tuple[Text, ...] = Field((), description="studies whose differences from the endpoint are accepted")
    why: Text = Field(description="why these arms, and why their differences do not matter more")


class Bias(Section):
    """What is believed of the open-label bias: the log of the ratio of odds ratios, observed to true."""

    mean: float = Field(description="mean of the log ratio; above 0 where open-label results are too favourable")
    sd: float = Field(ge=0, description="standard deviation of the log ratio")


class NoConcurrentControlSection(Section):
    """What is believed, of one trial, of the lack of a concurrent control: one of four ways, with its reason."""

    discount: Share | None = Field(None, description="share of the excess over the control rate not believed")
    bias: Bias | None = Field(None, description="a bias on the log-odds scale")
    controls: Borrowed | None = Field(
        None, description="control arms of participants like those of the uncontrolled study, against which it is held"
    )
    acknowledge: Text | None = Field(None, description="why nothing is taken off for it")
    source: Text | None = Field(None, description="where the discount, or the bias, comes from")


class NoBlindingSection(Section):
    """What is believed, of one trial, of the lack of blinding: one of three ways, with its reason."""

    preset: Text | None = Field(None, description="a published average, by its name, as robes")
    spread: float | None = Field(
        None, ge=0, description="SD of the bias between trials, where the preset's source was not read for it: 0 or 0.1"
    )
    outcome: Kind | None = Field(None, description="what kind of outcome the endpoint is")
    although: Text | None = Field(None, description="why a preset seen on outcomes of another kind is taken")
    bias: Bias | None = Field(None, description="a bias on the log-odds scale")
    acknowledge: Text | None = Field(None, description="why nothing is taken off for it")
    source: Text | None = Field(None, description="where the bias comes from, or why this preset")


class BridgeSection(Section):
    """How an uncontrolled rate becomes the treatment arm's: two terms told apart, or one of four ways for both."""

    no_concurrent_control: NoConcurrentControlSection | None = None
    no_blinding: NoBlindingSection | None = None
    discount: Share | None = Field(None, description="share of the excess over the control rate not believed")
    lower_limit: float | None = Field(None, gt=0, lt=1, description="confidence whose lower limit is taken, as 0.95")
    bias: Bias | None = Field(None, description="a bias on the log-odds scale")
    acknowledge_uncontrolled: Text | None = Field(None, description="why the rate is taken as it stands")
    source: Text | None = Field(None, description="where the discount, or the bias, comes from")

    def sources(self) -> Iterator[str]:
        """Where its numbers come from, term by term."""
        for one in (self, self.no_concurrent_control, self.no_blinding):
            yield (one and one.source) or ""


class DrawnSection(Section):
    """A rate read from the evidence table: one study's, or several studies' pooled."""

    study: Text | None = Field(None, description="one study's key in the table")
    studies: tuple[Text, ...] | Literal["one-per-centre"] | None = Field(
        None, description="the studies to pool; one-per-centre takes the largest report of each overlapping set"
    )
    method: Text = Field("reml", description="how the studies are pooled")
    outcome: Text | tuple[Text, ...] = Field(description="one outcome, or several exclusive ones counted together")
    arm: Text | tuple[Text, ...] | None = Field(None, description="one arm, or several counted together")
    denominator: Literal["reported", "enrolled"] = Field(
        "reported", description="whether a rate is of those that the report counts, or of all enrolled"
    )
    net_of: Text | None = Field(None, description="an outcome whose events are taken off: losses off all who had it")


class PooledEffectSection(Section):
    """An effect pooled over the table's studies of two arms, and carried to the trial's own control arm."""

    outcome: Text = Field(description="the outcome's name in the table")
    measure: EffectMeasure = Field(description="on which scale: a difference or a ratio of two arms")
    studies: tuple[Text, ...] | Literal["one-per-centre", "all"] | None = Field(
        None, description="the studies to pool; one-per-centre takes the largest report of each overlapping set"
    )
    arms: tuple[Text, ...] | None = Field(None, description="the arms to compare, where a study has more than two")
    timepoint_months: float | None = Field(None, gt=0, description="the time, where studies report several")
    method: Text = Field("reml", description="how the studies are pooled")
    source: Text = Field(description="why this effect is expected of the trial")


class ExpertSection(Section):
    """One expert's judgements: quantiles, or chips laid into bins."""

    name: Name = Field(description="who the expert is")
    quantiles: tuple[tuple[Share, float], ...] | None = Field(
        None, description="pairs of a probability and the value below which the number lies with it"
    )
    edges: tuple[float, ...] | None = Field(None, description="the edges of the bins, rising")
    chips: tuple[int, ...] | None = Field(None, description="how many chips lie in each bin")
    weight: float = Field(1.0, gt=0, description="weight in the pool, against those of the others")


class ExpertsSection(Section):
    """What experts believe of a number: each one's judgements, fitted and pooled."""

    question: Text = Field(description="what they were asked, in whom, when and in which unit")
    family: Literal["beta", "normal", "log-normal"] | None = Field(
        None, description="what is fitted; of a rate beta unless another is named"
    )
    pool: Literal["linear", "logarithmic"] = Field("linear", description="by which rule they are pooled")
    expert: tuple[ExpertSection, ...] = Field(min_length=1)
    source: Text = Field(description="who was asked, when and how, and who chose them")


class AssumptionSection(Section):
    """One number of a design: stated with its source, drawn from the evidence, borrowed, or said by experts."""

    value: float | tuple[float, ...] | None = Field(None, description="one number; of a vector one for each stratum")
    source: Text | None = Field(None, description='where the number comes from; "ours" where it is the planners\' own')
    basis: Basis = Field("cited", description="cited from a source, derived from one, or the planners' own choice")
    range: tuple[float, float] | None = Field(None, description="how low and how high a stated value may plausibly lie")
    range_source: Text | None = Field(None, description="where the range comes from; 'ours' where it is the planners'")
    evidence: DrawnSection | None = None
    effect: PooledEffectSection | None = None
    experts: ExpertsSection | None = None
    bridge: BridgeSection | None = None
    belief: Borrowed | None = None


class Selection(Section):
    """What selecting participants for a high value does by itself: regression to the mean, on the log scale."""

    threshold: float = Field(gt=0, description="the value above which participants are eligible")
    typical: float = Field(gt=0, description="geometric mean in the population they come from")
    between_sd: float = Field(ge=0, description="SD of natural logs between participants")
    within_sd: float = Field(gt=0, description="SD of natural logs within a participant")
    source: Text = Field(description="where these numbers come from")


class EndpointSection(Section):
    """`[[endpoint]]`: what is measured, and how it is sized. The primary sizes the trial."""

    name: Line = Field(description="what the endpoint is called, with its time where it has one")
    role: Literal["primary", "secondary", "safety"] = Field(description="what it does in the trial")
    variable: Text = Field(description="what is measured in a participant (SPIRIT 2025, item 16)")
    metric: Text = Field(description="the participant-level metric")
    aggregation: Text = Field(description="how participants are summarised in an arm")
    timepoint: Text = Field(description="when it is read, as 12 months after randomisation")
    timepoint_months: float | None = Field(None, gt=0, description="the time point in months, to match evidence by")
    definition: Text = Field(description="how it is measured and judged")
    rationale: Text | None = Field(None, description="why this endpoint, at this time")
    unit: Name | None = Field(None, description="the unit that a measurement is in, such as mmHg or g/day")
    time_unit: TimeUnit | None = Field(
        None, description='the unit of its design\'s times, and of its rates "per": what else is called a unit of time'
    )
    estimand: Text | None = Field(None, description="a secondary endpoint's estimand, where it is not the primary's")
    design: Text | None = Field(None, description="the design that sizes it; none for a descriptive endpoint")
    power: float = Field(0.8, gt=0, lt=1, description="the power that is asked for")
    margin_source: Text | None = Field(None, description="why the margin of non-inferiority or equivalence is this one")
    settings: dict[str, Any] = Field({}, description="choices of the design: test, goal, alpha, sides, favourable, …")
    assumptions: dict[str, AssumptionSection] = {}
    missing: Literal["non-response", "excluded"] | None = Field(
        None, description="how a missing outcome is analysed: as non-response (never inflates n) or left out"
    )
    missing_rationale: Text | None = Field(
        None, description="why a missing outcome is analysed so, above all where that favours the treatment"
    )
    dropout: float | None = Field(None, ge=0, lt=1, description="share without an outcome, where missing = 'excluded'")
    dropout_source: Text | None = Field(None, description="where the share of losses comes from")
    analysis: Text | None = Field(None, description="the planned analysis, in words")
    analysis_test: Text | None = Field(None, description="the analysis test, where it is not the one that sizes")
    selection: Selection | None = None
    note: Text | None = Field(None, description="a remark that the document prints")


class FamilySection(Section):
    """`[family]`: how the endpoints with role = "primary" succeed together; the rule's own numbers stand beside it.

    A `correlation` here is of the outcomes as they are measured, whichever side is better; that of `[hierarchy]` is
    positive where they improve together. With several `[arms]` each endpoint is a hypothesis of every treatment: the
    rule is over all of these, endpoint by endpoint and in each the treatments in their order.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    rule: Text = Field(description="the rule by its name, such as co-primary")
    power: float | None = Field(None, gt=0, lt=1, description="power of the whole; without it, what the endpoints say")
    source: Text | None = Field(
        None, description="where the rule's own numbers come from, such as a correlation (of the outcomes as measured)"
    )
    why: Text | None = Field(None, description="why the endpoints are tested together by this rule")


class ArmsSection(Section):
    """`[arms]`: several treatments against one control; the rule's own numbers stand beside it.

    Beside a `[family]` it has no rule of its own, and may say the share of the planned effects that each treatment has:
    `effect_shares`, one for each, or such a row for each endpoint.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    names: tuple[Text, ...] = Field(min_length=2, description="what the treatments are called, the first one first")
    receives: tuple[Text, ...] | None = Field(
        None, min_length=2, description="what the participants of each treatment receive, in the order of names"
    )
    rule: Text | None = Field(
        None, description="how they are compared with the control; by the first rule for several arms without it"
    )
    source: Text | None = Field(None, description="where the rule's own numbers come from")
    why: Text | None = Field(None, description="why these arms")


class HierarchySection(Section):
    """`[hierarchy]`: how the outcomes hang together that are tested in order, the primary first."""

    correlation: float = Field(
        gt=-1,
        lt=1,
        description="latent correlation of every pair of outcomes, positive where they improve together",
    )
    source: Text = Field(description="where it comes from; 'ours' where it is the planners'")


class RandomisedSection(Section):
    """`[[randomised]]`: a randomised comparison of the same intervention, and what the plan answers to it."""

    table: Text | None = Field(None, description="its table; without it the one that the evidence table names")
    study: Text = Field(description="the study's key in its table")
    outcome: Text = Field(description="the outcome's name in its table")
    favourable: Literal["higher", "lower"] = Field("higher", description="which side of the outcome is the better one")
    compares_with_primary: bool = Field(False, description="whether its interval is held against the planned effect")
    differs: Text | None = Field(None, description="how population, time and definition differ from the plan's")
    answer: Text | None = Field(None, description="why the trial is planned although this estimate is not in favour")
    override: bool = Field(False, description="whether the plan goes on although the interval excludes its effect")


class AssuranceSection(Section):
    """`[assurance]`: what is asked of the unconditional probability of success."""

    target: float = Field(0.8, gt=0, lt=1, description="the assurance for which an n is sought")
    pilot_width: float = Field(0.3, gt=0, lt=2, description="width of the interval that a randomised pilot would have")
    harms: dict[str, Share] = Field({}, description="true rates of serious harms, to see at least once")


class StatedRate(Section):
    """A rate with the place it comes from, for the scenario tables."""

    key: Key | None = Field(None, description="its name on the command line, as in --vary control_arm=…")
    value: float = Field(gt=0, lt=1, description="the rate")
    label: Text = Field(description="what the rate is called in the tables of scenarios")
    source: Text = Field(description="where it comes from")


class LabelledReading(DrawnSection):
    """A reading of the evidence table that somebody might plan with."""

    key: Key | None = Field(None, description="its name on the command line, as in --vary reading=…")
    label: Text = Field(description="what the reading is called in the tables of scenarios")


class Scenarios(Section):
    """`[scenarios]`: what else may be believed of the primary endpoint's two rates."""

    discounts: tuple[Share, ...] = Field((0.0, 0.25, 0.5, 0.75), description="shares of the excess not believed")
    controls: tuple[StatedRate, ...] = ()
    readings: tuple[LabelledReading, ...] = ()


class Reference(Section):
    """One entry of the list of references."""

    key: Text = Field(description="the short name by which the text cites it")
    citation: Text = Field(description="the whole reference")


class Report(Section):
    """`[report]`: what the document shows."""

    document: DocumentKind = Field("protocol", description="which document the plan makes where none is asked for")
    amends: Text | None = Field(
        None, description="an earlier version of this plan, relative to it: what has changed since is printed"
    )
    appendix_plan: bool = Field(
        True,
        description="whether the plan travels inside the document: attached to it, or printed at the end of a text",
    )
    appendix_evidence: bool = Field(
        True,
        description="whether every evidence table travels with the plan; without it a document that "
        "rests on tables of your own cannot be checked by itself",
    )
    verification_trials: int = Field(
        100_000, ge=0, le=10_000_000, description="trials simulated to verify each claim; 0 leaves the appendix out"
    )
    sections: tuple[Text, ...] = Field((), description="the only sections to print; their order is the document's own")
    leave_out: tuple[Text, ...] = Field((), description="sections not to print")


class PlanFile(Section):
    """A trialplan plan file."""

    trial: TrialSection
    estimand: Estimand
    evidence: EvidenceSection
    target_difference: TargetDifference
    endpoint: tuple[EndpointSection, ...] = Field(min_length=1)
    family: FamilySection | None = None
    arms: ArmsSection | None = None
    hierarchy: HierarchySection | None = None
    randomised: tuple[RandomisedSection, ...] = ()
    assurance: AssuranceSection | None = None
    monitoring: Monitoring | None = None
    enrolment: Enrolment | None = None
    scenarios: Scenarios = left_out(Scenarios)
    report: Report = left_out(Report)
    reference: tuple[Reference, ...] = ()
    objectives: narrative.Objectives = left_out(narrative.Objectives)
    population: narrative.Population = left_out(narrative.Population)
    intervention: narrative.Intervention = left_out(narrative.Intervention)
    blinding: narrative.Blinding = left_out(narrative.Blinding)
    randomisation: narrative.Randomisation = left_out(narrative.Randomisation)
    follow_up: narrative.FollowUp = left_out(narrative.FollowUp)
    visit: tuple[narrative.Visit, ...] = ()
    analysis: narrative.Analysis = left_out(narrative.Analysis)
    safety: narrative.Safety = left_out(narrative.Safety)
    oversight: narrative.Oversight = left_out(narrative.Oversight)
    registration: Registration = left_out(Registration)
