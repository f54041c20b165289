"""The testing order of a plan: what each endpoint shows in its turn, and which of them are more likely to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.plan.building import Trial
from trialplan.plan.endpoint import Endpoint
from trialplan.several.fixed_sequence import shown_in_turn
from trialplan.text import listed_apart

_SCANNED = (0.0, 0.3, 0.6)
"""Latent correlations of the outcomes that are shown where the plan states none: none, some, and much in common."""

_EVEN = 0.5
"""Power below which a test fails more often than it shows what is assumed."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One endpoint in its turn: its power by itself, and with all before it: at each correlation, or at least, most."""

    name: str
    alone: float
    in_turn: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """The order, at the correlations that are shown; `source` where the plan states the one that there is.

    After a family there are no correlations: each step has the least and the most that it can be shown with.
    """

    correlations: tuple[float, ...]
    steps: tuple[Step, ...]
    source: str

    @property
    def doubtful(self) -> tuple[Step, ...]:
        """Those whose own power is below a half; a family, which comes first, is no test of its own."""
        own = self.steps if self.correlations else self.steps[1:]
        return tuple(one for one in own if one.alone < _EVEN)


def hierarchy(trial: Trial) -> Hierarchy | None:
    """The order in which the plan tests, looks aside; None where one is tested, or outcomes cannot be joined."""
    if trial.family is not None:
        return _after_family(trial)
    tested = list(_tested(trial))
    said = trial.plan.content.hierarchy
    if len(tested) < 2:
        return None
    counts = [_observed(trial, endpoint, design) for endpoint, design in tested]
    designs = [design for _, design in tested]
    shown = _SCANNED if said is None else (said.correlation,)
    try:
        found = [shown_in_turn(designs, counts, correlation) for correlation in shown]
        alone = [float(design.success(n)) for design, n in zip(designs, counts, strict=True)]
    except TrialplanError:
        if said is not None:  # what the plan says is not dropped in silence
            raise
        return None
    steps = zip((endpoint.name for endpoint, _ in tested), alone, zip(*found, strict=True), strict=True)
    return Hierarchy(
        correlations=shown,
        steps=tuple(Step(name=name, alone=power, in_turn=in_turn) for name, power, in_turn in steps),
        source="" if said is None else said.source,
    )


def _after_family(trial: Trial) -> Hierarchy | None:
    """The primaries as one, then the secondaries; None where there are none.

    The family's rule and correlation are its own. How what follows hangs together with it no plan says, so that each
    step has bounds that hold whatever the dependence (Fréchet 1935, Fundamenta Mathematicae 25:379).
    """
    family = trial.design.fixed
    assert isinstance(family, Design)
    later = [(endpoint, design) for endpoint, design in _tested(trial) if endpoint not in trial.primaries]
    if not later:
        return None
    first = f"all of {listed_apart(one.name for one in trial.primaries)}" if family.any_will_do else trial.primary.name
    names = [first, *(endpoint.name for endpoint, _ in later)]
    alone = [float(family.all_shown(int(trial.answer.n)))]
    alone += [float(design.success(_observed(trial, endpoint, design))) for endpoint, design in later]
    ends = [(max(0.0, sum(alone[:k]) - (k - 1)), min(alone[:k])) for k in range(1, len(alone) + 1)]
    steps = (Step(name=name, alone=own, in_turn=two) for name, own, two in zip(names, alone, ends, strict=True))
    return Hierarchy(correlations=(), steps=tuple(steps), source="")


def _tested(trial: Trial) -> Iterator[tuple[Endpoint, Design]]:
    """The endpoints that are tested, in their order, each with its test without looks."""
    for role in ("primary", "secondary"):
        for endpoint in trial.endpoints:
            if endpoint.section.role == role and isinstance(endpoint.design, Design):
                fixed = endpoint.design.fixed
                assert isinstance(fixed, Design)
                yield endpoint, fixed


def _observed(trial: Trial, endpoint: Endpoint, design: Design) -> float:
    """How many have the outcome; whole blocks where the test is defined for these only."""
    n = float(trial.answer.n) if endpoint in trial.primaries else trial.expected_of(endpoint)
    return n if design.smooth else max(1, n // design.block) * design.block
