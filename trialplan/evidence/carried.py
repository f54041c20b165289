"""From a pooled effect of two arms to what a trial may expect of its treatment arm, given its own control arm."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialplan.belief import Belief, LogitNormal, LogNormal, Normal, Within
from trialplan.errors import EvidenceError
from trialplan.evidence.measures import RATIO_MEASURES
from trialplan.evidence.pooling import Pool
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Numbers

ON_A_CONTROL_RATE = ("risk-difference", "risk-ratio", "odds-ratio")
"""Measures that make a treatment rate of a control rate; any other is an effect as it stands."""


@dataclass(frozen=True, kw_only=True)
class PooledEffect:
    """An effect pooled over studies of two arms, carried to a trial's control arm: the road beside the bridge.

    The effect of a further trial is believed normal, on the log for a ratio, about the pooled one, with the standard
    error and the spread between the studies.
    """

    pool: Pool
    outcome: str

    @property
    def measure(self) -> str:
        """What is pooled: a difference or a ratio."""
        return self.pool.measure

    @property
    def on_a_control_rate(self) -> bool:
        """Whether it takes a control rate to make a number of it."""
        return self.measure in ON_A_CONTROL_RATE

    @property
    def sd(self) -> float:
        """Of the effect in a further trial, on the scale where it is pooled."""
        return math.hypot(self.pool.standard_error, math.sqrt(self.pool.tau2 or 0.0))

    @property
    def label(self) -> str:
        """What the effect is and where it comes from."""
        shown, pool = self.pool.natural, self.pool
        names = ", ".join(study.label for study in pool.studies)
        studies = "1 study" if pool.k == 1 else f"{pool.k} studies, pooled by {pool.method}"
        apart = "" if not pool.tau2 else f"; SD between studies {math.sqrt(pool.tau2):.2g}"
        limits = f"{100 * pool.confidence:g} % interval {shown.lower:.3g} to {shown.upper:.3g}"
        effect = f"{self.outcome}: {self.measure.replace('-', ' ')} {shown.estimate:.3g} ({limits})"
        return f"{effect}, {studies}{apart} ({names})"

    def value(self, control: Numbers | None) -> Numbers:
        """The planning number at this control rate, or at each of many: the pooled effect, carried to it."""
        return self.carried(self.pool.natural.estimate, control)

    def carried(self, effect: float, control: Numbers | None) -> Numbers:
        """What an effect, as a reader knows it, makes of a control rate; itself where it takes none."""
        if not self.on_a_control_rate:
            return effect
        if control is None:
            raise EvidenceError(f"a {self.measure} makes a rate only of a control rate")
        if self.measure == "odds-ratio":
            return special.expit(special.logit(control) + math.log(effect))
        return control + effect if self.measure == "risk-difference" else control * effect

    def given(self, control: Numbers | None) -> Belief:
        """The belief about the number at each control rate; rates outside 0 and 1 are left out."""
        estimate, sd = self.pool.estimate, self.sd
        if not self.on_a_control_rate:
            return LogNormal(estimate, sd) if self.measure in RATIO_MEASURES else Normal(estimate, sd)
        if control is None:
            raise EvidenceError(f"a {self.measure} makes a rate only of a control rate")
        if self.measure == "odds-ratio":
            return LogitNormal(special.logit(control) + estimate, sd)
        if self.measure == "risk-ratio":
            return Within(LogNormal(np.log(control) + estimate, sd), 0.0, 1.0)
        return Within(Normal(control + estimate, sd), 0.0, 1.0)
