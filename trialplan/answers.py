"""SampleSize and Simulation: the answers that a design gives."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.parameter import Numbers


@dataclass(frozen=True, kw_only=True)
class SampleSize:
    """The answer to "how many?": what was asked, and what whole allocation blocks attain.

    Every field is a number for a scalar design and an array for a grid; `reason` says why a cell of a
    grid has no answer. `first_n` and `searched_to` belong to tests whose power is a saw-tooth: `n` is
    the smallest from which power never falls below target again, as far as searched.
    """

    design: Any
    target: Numbers
    n: Numbers
    arms: Mapping[str, Numbers]
    arms_unrounded: Mapping[str, Numbers] | None = None
    power: Numbers
    first_n: int | None = None
    searched_to: int | None = None
    reason: Any = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Simulation:
    """What simulated trials showed: how many rejected, and how many of those favoured the treatment."""

    trials: int
    rejected: int
    favoured: int

    @property
    def power(self) -> float:
        """The share of trials that rejected."""
        return self.rejected / self.trials

    @property
    def success(self) -> float:
        """The share of trials that rejected in the treatment's favour."""
        return self.favoured / self.trials

    @property
    def standard_error(self) -> float:
        """Monte Carlo standard error of `power`, never smaller than one trial's worth."""
        return math.sqrt(max(self.power * (1 - self.power), 1 / self.trials) / self.trials)
