"""What templates print: each result as one frozen object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.evidence.regression import SpontaneousFall
from trialplan.outcome import EffectScale
from trialplan.page import Table
from trialplan.plan.arms import arm_words, received
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Endpoint, Trial
from trialplan.plan.schema import EndpointSection, TrialSection
from trialplan.protocol.content.claim import Claim, MissingOutcome
from trialplan.protocol.content.filters import Verbatim, in_its_unit

ABSURD = 10_000
"""Participants per arm beyond which the number says no more than that it is out of reach."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm and how many participants it has; `unrounded` where the formula gives a real number.

    `receives` is what they are given, where the plan says it of this arm.
    """

    name: str
    n: float
    unrounded: float | None = None
    receives: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alone:
    """What an endpoint would need if it sized the trial: n, and n enrolled to have that many observed.

    `details` are the design's own further numbers, each with its label; `tables` those that take more room.
    """

    n: int
    arms: tuple[Arm, ...]
    power: float
    enrolled: int | None
    details: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """The effect that would be shown with the power asked for."""

    value: float
    unit: str
    meaning: str

    @property
    def shown(self) -> Verbatim:
        """It in its unit, with as many digits as one compares."""
        return in_its_unit(self.value, self.unit, "")


@dataclass(frozen=True, kw_only=True)
class AtTrial:
    """What an endpoint has at the number that the primary sets: power, or what a design without a test `attains`.

    `shown` is that as it is printed. What is asked of one arm, as of a `harm`, has as `detectable` what would be told
    from the same on control.
    """

    n: int
    attains: str
    observed: float
    power: float
    shown: str
    detectable: Detectable | None
    harm: bool = False


@dataclass(frozen=True, kw_only=True)
class OtherTest:
    """What the analysis test would need, and its power at the trial's number, where it is not the one that sizes."""

    n: int
    power: float


@dataclass(frozen=True, kw_only=True)
class EndpointView:
    """An endpoint as a protocol shows it.

    `rests_on` is what its number depends on besides the assumptions, as clauses; `gathered` tells in how many clusters
    its participants come, where they do; `leaves` as what those count who leave, where a design has them in
    its numbers.
    """

    section: EndpointSection
    design: Sized | None
    scale: EffectScale | None
    shows: str
    assumptions: tuple[Assumption, ...]
    statement: str
    goal: str
    two_sided: bool
    tests: bool
    planned: dict[str, Any]
    by_name: dict[str, Assumption]
    alone: Alone | None
    shortfall: str | None
    at_trial: AtTrial | None
    spontaneous: SpontaneousFall | None
    other_test: OtherTest | None
    method: str
    lacks_arms: bool
    bridged_toward: float | None = None
    claim: Claim | None = None
    missing: MissingOutcome | None = None
    rests_on: tuple[str, ...] = ()
    gathered: str = ""
    leaves: str = ""


@dataclass(frozen=True, kw_only=True)
class FamilyView:
    """Several primary endpoints as one: the rule in words, and the numbers that belong to none of them alone.

    `aimed` says of which of several treatments an effect is to be shown; empty where they are endpoints.
    """

    section: EndpointSection
    names: tuple[str, ...]
    words: str
    assumptions: tuple[Assumption, ...]
    adjusts: bool
    any_will_do: bool
    aimed: str = ""
    numbered: str = "endpoints"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a scenario table: the rates of both arms, and n per arm or none."""

    control: float
    treatment: float
    n: int | None
    arms: tuple[Arm, ...]

    @property
    def shown(self) -> str:
        """Participants per arm; both arms where they differ."""
        if self.n is None:
            return "none"
        sizes = [f"{arm.n:,}" if arm.n <= ABSURD else f"> {ABSURD:,}" for arm in self.arms]
        return sizes[0] if len(set(sizes)) == 1 else " + ".join(sizes)


@dataclass(frozen=True, kw_only=True)
class ScenarioRow:
    """One row of a scenario table: what is believed of one arm, and a cell for each belief about the other."""

    label: str
    value: float
    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class TestRow:
    """The same assumptions through one analysis test with the level that it keeps, or why it has no number."""

    test: str
    prose: str
    arms: tuple[Arm, ...]
    power: float | None
    reason: str | None
    chosen: bool
    level: float | None = None


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """What the audit found: each sight with the places where it was seen, and what it means for planning."""

    id: str
    sights: tuple[tuple[str, tuple[str, ...]], ...]
    means: str


@dataclass(frozen=True, kw_only=True)
class Range:
    """The ends of the scenario tables: the least and the most per arm, and the cells that no n answers."""

    least: int
    most: str
    impossible: int
    cells: int


def is_factorial(design: Sized) -> bool:
    """Whether some of its participants get more than one of the treatments."""
    return any(len(design.treatments_of(arm)) > 1 for arm in design.arm_names)


def of_control(trial: Trial) -> Assumption | None:
    """What the primary assumes of a control arm; a single arm is held against a threshold, and has none."""
    return trial.primary.by_role("comparator") if len(trial.answer.arms) > 1 else None


def of_controls(trial: Trial) -> list[tuple[Endpoint, Assumption]]:
    """The same of each primary endpoint that assumes something of it."""
    if len(trial.answer.arms) < 2:
        return []
    found = ((one, one.by_role("comparator")) for one in trial.primaries)
    return [(one, assumed) for one, assumed in found if assumed is not None]


ONE_ARM, TWO_ARMS = ("treatment",), ("treatment", "control")
"""Arms side by side. What has others, as pairs or sequences of treatments, compares within a participant or a pair."""


def arm_names(trial: Trial, design: Sized) -> dict[str, str]:
    """The plan's names of the design's arms."""
    return arm_words(trial.plan.content, design)


def as_allocated(trial: Trial) -> TrialSection:
    """What the plan says of the trial, with the allocation of all its arms where these are more than it spells out."""
    content = trial.plan.content
    if content.arms is None:
        return content.trial
    return content.trial.model_copy(update={"allocation": ":".join(map(str, trial.design.weights))})


def treatments(trial: Trial) -> tuple[str, ...]:
    """What the control is compared with, by the plan's names."""
    content = trial.plan.content
    return (content.trial.treatment_name,) if content.arms is None else content.arms.names


def arms_randomised(trial: Trial) -> tuple[Arm, ...]:
    """The trial's arms by the plan's names, with the participants who are randomised to each."""
    names, given = arm_names(trial, trial.design), received(trial.plan.content, trial.design)
    return tuple(Arm(name=names[arm], n=n, receives=given[arm]) for arm, n in trial.arms_randomised.items())


def arms_of(trial: Trial, answer: SampleSize) -> tuple[Arm, ...]:
    """The arms of an answer by the plan's names."""
    unrounded = answer.arms_unrounded or {}
    names = arm_names(trial, answer.design)
    return tuple(Arm(name=names[arm], n=n, unrounded=unrounded.get(arm)) for arm, n in answer.arms.items())
