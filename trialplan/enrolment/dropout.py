"""The participants to enrol where a share of them will be lost, and nothing is observed of those."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from trialplan.design import Sized
from trialplan.errors import ParameterError, UnreachableError
from trialplan.parameter import Interval, Parameter
from trialplan.sizing import LARGEST

DROPOUT = Parameter(
    "share of the participants of each arm of whom nothing will be observed",
    unit="proportion",
    domain=Interval(0, 1, "left"),
)


def enrolled(design: Sized, arms: Mapping[str, Any], dropout: float) -> dict[str, Any]:
    """The fewest whole blocks, or clusters, whose expected completers cover every arm: n/(1 - d), never n(1 + d).

    >>> from trialplan import TwoProportions
    >>> design = TwoProportions(control=0.3, treatment=0.5)
    >>> enrolled(design, {"treatment": 93, "control": 93}, 0.1)
    {'n': 208, 'arms': {'treatment': 104, 'control': 104}}
    """
    lost = DROPOUT.check(type(design).__name__, "dropout", dropout)
    if lost and design.loses_by:
        reason = "would enlarge n, which is the number randomised already"
        way_out = design.losing(lost, design.followed)
        raise ParameterError(reason, owner=design, parameter="dropout", value=lost, way_out=way_out)
    kept = 1 - Fraction(repr(lost))  # as a decimal, so that 90 of 100 are exactly 90 % of 100
    blocks = max(math.ceil(int(n) / kept / weight) for n, weight in zip(arms.values(), design.weights, strict=True))
    at_once = int(design.step) // design.block
    blocks = -(-blocks // at_once) * at_once
    if blocks * design.block > LARGEST:
        raise UnreachableError(f"so many are lost that more than {LARGEST:.0e} would be enrolled", way_out="lose fewer")
    named = {name: blocks * weight for name, weight in zip(arms, design.weights, strict=True)}
    return {"n": sum(named.values()), "arms": named}
