"""How much larger a trial must be allowed to grow if it is looked at early."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from trialplan.numerics.elementary import normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.efficacy import Efficacy, check_efficacy, check_spent
from trialplan.sequential.boundaries.rule import Rule, Solved, solved

_POWERS = (1e-9, 1 - 1e-9)
"""Powers beyond which no boundary has digits left."""


def solved_at(rule: Rule, power: float) -> Solved:
    """The rule at one power, or at the nearest that can be solved."""
    return solved(rule, float(np.clip(power, *_POWERS)))


def inflation(rule: Rule, power: float) -> float:
    """The squared ratio of the drift with looks to that of a fixed trial of the same power."""
    return float((drift_at(rule, power) / (upper_normal_quantile(rule.level) + normal_quantile(power))) ** 2)


@lru_cache(maxsize=512)
def drift_at(rule: Rule, power: float) -> float:
    """The drift at which the rule has this power, remembered; n needs no more of it."""
    drift = rule.drift(float(np.clip(power, *_POWERS)))
    return float(solved_at(rule, power).drift) if math.isnan(drift) else drift


def inflation_of_looks(looks: tuple[float, ...], efficacy: Any, level: float, two_tailed: bool, power: float) -> float:
    """The factor of looks that may all reject: it depends on these numbers only, not on what is tested."""
    every = (True,) * len(looks)
    rule = Efficacy(rule=efficacy, fractions=looks, in_force=every, level=level, two_tailed=two_tailed)
    check_efficacy(rule)
    if rule.named[0] == "z":
        check_spent(rule)
    return inflation(Rule(efficacy=rule), power)
