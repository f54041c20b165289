"""Blinded re-estimation: n set anew from the rate or the standard deviation of both arms together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.errors import ParameterError, did_you_mean, field
from trialplan.numerics.lazy import np
from trialplan.outcome import Blinded
from trialplan.reestimation import courses
from trialplan.reestimation.counted_pilot import Pilot
from trialplan.sizing import LARGEST
from trialplan.text import with_article

TRIALS, SEED = 400_000, 1
"""Drawn trials, so that a level of 0.05 has a standard error of 0.0003, and where they begin."""

_MOST_READ = 100_000
"""Participants of a pilot: what it leads to is worked out for each total of responses, some seconds for so many."""


@dataclass(frozen=True, kw_only=True)
class Reestimated:
    """How many participants does the trial need, seen the outcomes of `pilot` of them without their arms?

    The effect of the plan is kept, on the scale `effect_scale` for rates, and the nuisance number is replaced by what
    both arms show together: the pooled rate, or the one-sample standard deviation (`adjusted_variance`: less what the
    planned difference adds to it). n is then that of the inner design, in whole blocks, within these rules: at least
    `at_least`, which is the planned n unless it is given (a restricted design; `at_least=pilot` is an unrestricted
    one), and at least those who are in the trial, `pilot` and `randomised`; at most `at_most`. Where the pooled rate
    leaves no room for the effect, n stays as planned. The final analysis is the planned one, on everybody.

    It is no Design: it has no free n. The planned n is the inner design's and the final one is found in the trial, so
    that its power hardly depends on either.

    >>> from trialplan import TwoProportions
    >>> rule = Reestimated(design=TwoProportions(control=0.3, treatment=0.5), pilot=100)
    >>> rule.planned, rule.final_n(0.4), rule.final_n(0.5)
    (186, 186, 194)

    References:
        Wittes & Brittain (1990), Statistics in Medicine 9:65 (internal pilot; never below the planned n).
        Birkett & Day (1994), Statistics in Medicine 13:2455 (without that bound).
        Gould (1992), Statistics in Medicine 11:55; Friede & Kieser (2004), Pharmaceutical Statistics 3:269 (rates).
        Kieser & Friede (2003), Statistics in Medicine 22:3571; Friede & Kieser (2013), Pharmaceutical Statistics
        12:141 (means: the one-sample variance); Zucker, Wittes, Schabenberger & Brittain (1999), Statistics in
        Medicine 18:3493 (interim variances compared); Lu (2016), Pharmaceutical Statistics 15:208 (t after a look).
    """

    design: Design
    pilot: int
    target: float = 0.8
    planned: int = 0
    at_least: int | None = None
    at_most: int | None = None
    randomised: int = 0
    effect_scale: str = "difference"
    adjusted_variance: bool = False

    def __post_init__(self) -> None:
        """Check what the rule is put around and how its numbers fit together; the planned n is filled in."""
        try:
            _check(self)
        except ParameterError as why:
            why.owner = why.owner or type(self).__name__
            raise
        if not self.planned:
            object.__setattr__(self, "planned", int(self.design.sample_size(self.target).n))
        self.design.check_n(self.planned)
        if self.at_most is not None and self.at_most < self.floor:
            raise ParameterError(
                f"is {self.at_most}, below the {self.floor} that there will be at least (planned {self.planned}, in "
                f"the trial {max(self.pilot, self.randomised)})",
                owner=self,
                parameter="at_most",
                way_out=f"raise it, or lower {field('at_least')}",
            )

    # The rule.

    @property
    def floor(self) -> int:
        """The fewest participants, in whole blocks, that the rule can end with."""
        least = self.planned if self.at_least is None else self.at_least
        return self._blocks(max(least, self.pilot, self.randomised), math.ceil)

    @property
    def ceiling(self) -> float:
        """The most participants, in whole blocks; infinite where no maximum is set."""
        return math.inf if self.at_most is None else self._blocks(self.at_most, math.floor)

    @property
    def blinded(self) -> Blinded:
        """What both arms show together."""
        assert self.design.outcome.blinded is not None  # it is refused otherwise
        return self.design.outcome.blinded

    def adjusted(self, seen: Any) -> Any:
        """What stands for what both arms show together, if it is seen; 0 where the adjustment leaves nothing."""
        return self.blinded.adjusted(self.design, seen, self.pilot) if self.adjusted_variance else seen

    def has_room(self, nuisance: Any) -> Any:
        """Whether the kept effect is possible where the nuisance is this."""
        return self.blinded.has_room(self.design, nuisance, self.effect_scale)

    def needed(self, seen: Any) -> Any:
        """The n that the inner design asks for at what both arms show together; nan where the effect has no room."""
        seen = np.asarray(seen, dtype=float)
        self.blinded.check(seen)
        value = np.asarray(self.adjusted(seen))
        nothing = (value == 0) & (seen > 0)  # the planned effect explains all that varies
        asked = self.has_room(value) & ~nothing
        found = np.where(nothing, float(self.design.block), np.nan)
        if asked.any():
            found[asked] = self.truth(value[asked] if value.ndim else float(value)).sample_size(self.target).n
        found = np.where(found < LARGEST, found, np.nan)  # an effect that is all but none has no room either
        return found[()]

    def final_n(self, blinded: Any) -> Any:
        """The participants in all at the end, given the pooled rate or the blinded standard deviation."""
        needed = self.needed(blinded)
        wanted = np.where(np.isnan(needed), self.planned, needed)
        found = np.maximum(np.minimum(wanted, self.ceiling), self.floor)
        return int(found) if found.ndim == 0 else found.astype(int)

    @property
    def kept_effect(self) -> float:
        """The planned effect on the scale that is kept."""
        return self.blinded.effect(self.design, self.effect_scale)

    @property
    def nuisance(self) -> float:
        """What both arms are planned to show together: the pooled rate, or the standard deviation within arms."""
        return self.blinded.planned(self.design)

    def _blocks(self, n: float, towards: Any) -> int:
        return int(towards(n / self.design.block)) * int(self.design.block)

    # What it does.

    @cached_property
    def counts(self) -> Pilot | None:
        """The counts of the pilot and what each leads to; None where the outcomes are not finite."""
        return None if self.design.counted(self.planned) is None else courses.pilot_of_counts(self)

    @property
    def work(self) -> float:
        """Multiplications that enumerating one truth takes; infinite for what is drawn."""
        return math.inf if self.counts is None else self.counts.work

    def truth(self, nuisance: Any, *, null: bool = False) -> Design:
        """The inner design where the nuisance is this: with the kept effect, or on the null's boundary."""
        return self.blinded.design_at(self.design, nuisance, self.effect_scale, null)

    def course(self, truth: Design, *, trials: int = TRIALS, seed: int = SEED) -> courses.OperatingCharacteristics:
        """How often the trial rejects, and with how many participants, where the truth is this design.

        For rates every count of the pilot and of the rest is enumerated; where that would take too long, and for
        means, trials are drawn, and the standard error is given.
        """
        rng = np.random.default_rng(seed)
        if self.counts is None:
            return courses.of_t(self, truth, trials, rng)
        return courses.of_counts(self, self.counts, truth, trials, rng)


def _check(rule: Reestimated) -> None:
    """Raise where the numbers do not fit the design, or one another."""
    design = rule.design
    blinded = design.outcome.blinded if isinstance(design, Design) else None
    if blinded is None or design.members or len(design.arm_names) != 2:
        named = design.slug() if isinstance(design, Design) else repr(design)
        raise ParameterError(
            "blinded re-estimation is defined where the rate or the standard deviation of two arms together tells how "
            f"many are needed, not for {named}",
            way_out="leave the looks out, with which it is not combined" if blinded and design.looks else "",
        )
    if design.goal == fields.EQUIVALENCE or design.shape():
        kind = "equivalence" if design.goal == fields.EQUIVALENCE else "a grid"
        raise ParameterError(f"the design must be one trial of superiority or non-inferiority, not {kind}")
    if not design.smooth:
        way_out = f"use a z test, such as {design.by_normal_theory().test}"
        raise ParameterError(f"{design.test} has a saw-tooth for a sample size", parameter="test", way_out=way_out)
    blinded.check_design(design)
    if rule.effect_scale not in blinded.keeps and len(blinded.keeps) == 1:
        reason = f"must be {blinded.keeps[0]} for {design.slug()}, not {rule.effect_scale}"
        raise ParameterError(reason, parameter="effect_scale", value=rule.effect_scale)
    if rule.effect_scale not in blinded.keeps:
        nearest = did_you_mean(rule.effect_scale, blinded.keeps)
        raise ParameterError(f"there is no scale {rule.effect_scale!r} to keep the effect on", way_out=nearest)
    if rule.adjusted_variance and not blinded.adjustable:
        way_out = f"{with_article(blinded.name)} needs no adjustment"
        raise ParameterError("is about a standard deviation", parameter="adjusted_variance", way_out=way_out)
    for name in ("pilot", "planned", "randomised", "at_least", "at_most"):
        value = getattr(rule, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            reason = f"must be a whole number of participants, not {value!r}"
            raise ParameterError(reason, parameter=name, value=value)
    if rule.pilot > _MOST_READ:
        reason = f"the participants read together must be at most {_MOST_READ:,}, not {rule.pilot:,}"
        way_out = "in so many the rate, or the spread, is known well enough to size the trial by it"
        raise ParameterError(reason, value=rule.pilot, way_out=way_out)
    fewest = 2 * design.block
    if rule.pilot < fewest or rule.pilot % design.block:
        reason = f"must be whole allocation blocks, {fewest} or more, not {rule.pilot}"
        below = max(rule.pilot // design.block, 2) * design.block
        raise ParameterError(reason, parameter="pilot", value=rule.pilot, way_out=f"try {below}")
    design._target(rule.target)
