"""What is believed about a number that a trial rests on: a distribution, and one small algebra over it.

`Beta`, `Normal`, `LogNormal` and `LogitNormal` are families, `Mixture` weighs several beliefs, `Affine` moves and
scales one, `OddsShifted` takes an uncertain bias off the odds of one, `Within` keeps the possible part of one,
`Tabulated` is a distribution known at points. Each knows its mean, spread, quantiles, how much information it holds
(`ess`), and the nodes at which assurance integrates over it.
Parameters may be arrays: then the belief is one distribution for each element, which is how a belief about one number
may depend on another.
"""

from __future__ import annotations

from trialplan.belief.base import Belief, exceeds
from trialplan.belief.families import Affine, Beta, LogitNormal, LogNormal, Normal, Tabulated
from trialplan.belief.mixture import Mixture, robustify
from trialplan.belief.predictive import Map, map_prior
from trialplan.belief.shifted import OddsShifted
from trialplan.belief.within import Within

__all__ = [
    "Affine",
    "Belief",
    "Beta",
    "LogNormal",
    "LogitNormal",
    "Map",
    "Mixture",
    "Normal",
    "OddsShifted",
    "Tabulated",
    "Within",
    "exceeds",
    "map_prior",
    "robustify",
]
