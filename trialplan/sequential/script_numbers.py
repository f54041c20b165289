"""What the script of a second statistician needs of a trial with looks: the rule, and its boundaries at two powers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trialplan.answers import SampleSize

if TYPE_CHECKING:
    from trialplan.sequential.group_sequential import GroupSequential


def of_looks(design: GroupSequential, answer: SampleSize) -> Mapping[str, Any]:
    """The rule by its names and numbers, and what it comes to at the power asked for and at the one attained.

    A bound that depends on the planned effect is another one at either power; a look without a bound has an infinite
    one, and one at which nothing is spent saves its part for the next.
    """
    powers = (float(answer.target), float(answer.success))
    found = [design.solved(power) for power in powers]
    rule = design.rule
    efficacy, bounds = rule.efficacy.named
    futility, limits = ("", ()) if rule.futility is None else rule.futility.named
    if rule.futility is not None and futility == "effect":
        limits = rule.futility.shares
    return {
        "level": float(design.level),
        "two_tailed": bool(design.two_tailed),
        "binding": design.binding,
        "efficacy": efficacy,
        "bounds": tuple(map(_without, bounds)),
        "tested": rule.efficacy.in_force,
        "futility": futility,
        "limits": tuple(map(_without, limits)),
        "asked": tuple(look in (*(design.futility_at or design.looks), 1.0) for look in design.looks),
        "powers": powers,
        "fixed": tuple(float(design.design.unrounded(power)) for power in powers),
        "inflation": tuple(float(design.inflation(power)) for power in powers),
        "upper": tuple(tuple(map(float, one.upper)) for one in found),
        "lower": tuple(tuple(map(float, one.lower)) for one in found),
    }


def _without(limit: float | None) -> float:
    """A bound as a number; a look without one has none."""
    return float("nan") if limit is None else float(limit)
