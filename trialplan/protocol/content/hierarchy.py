"""The testing order of a plan: what each endpoint shows in its turn, and which of them are more likely to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.plan.building import Trial
from trialplan.plan.endpoint import Endpoint
from trialplan.several.fixed_sequence import shown_in_turn

_SCANNED = (0.0, 0.3, 0.6)
"""Latent correlations of the outcomes that are shown where the plan states none: none, some, and much in common."""

_EVEN = 0.5
"""Power below which a test fails more often than it shows what is assumed."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One endpoint in its turn: its power by itself, and with all before it at each of the correlations."""

    name: str
    alone: float
    in_turn: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """The order, at the correlations that are shown; `source` where the plan states the one that there is."""

    correlations: tuple[float, ...]
    steps: tuple[Step, ...]
    source: str

    @property
    def doubtful(self) -> tuple[Step, ...]:
        """Those whose own power is below a half."""
        return tuple(one for one in self.steps if one.alone < _EVEN)


def hierarchy(trial: Trial) -> Hierarchy | None:
    """The order in which the plan tests, looks aside; None where one is tested, or outcomes cannot be joined."""
    tested = list(_tested(trial))
    said = trial.plan.content.hierarchy
    # a family that is itself the order has its own correlation and power; other correlations beside them would mislead
    if len(tested) < 2 or (said is None and _in_order(trial)):
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


def _in_order(trial: Trial) -> bool:
    """Whether the rule of a family is itself an order, with the power of each step."""
    return trial.family is not None and trial.design.fixed.in_order


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
