"""Efficacy boundaries on the z scale, by their authors' names.

Exact designs (`obrien-fleming`, `pocock`, `wang-tsiatis`, `haybittle-peto`) fix the shape of the boundary and solve
its height; spending functions (`lan-demets-…`, `hwang-shih-decani`, `kim-demets`, a tuple of cumulative error) fix how
much of the level each look may use. The designs and the functions that bear the same names are different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.crossing import stops
from trialplan.numerics.elementary import upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import secant_root
from trialplan.parameter import Interval
from trialplan.sequential.boundaries import syntax as naming
from trialplan.sequential.boundaries.fields import refused
from trialplan.sequential.boundaries.recursion import BoundarySpec, TrialCourse, sweep
from trialplan.sequential.boundaries.spending import SPENDING, spent

SHAPES = {
    "obrien-fleming": "O'Brien & Fleming 1979, Biometrics 35:549",
    "pocock": "Pocock 1977, Biometrika 64:191",
    "wang-tsiatis": "Wang & Tsiatis 1987, Biometrics 43:193",
    "haybittle-peto": "Haybittle 1971, Br J Radiol 44:793; Peto et al. 1976, Br J Cancer 34:585",
}
"""The exact designs: name and source."""

GIVEN = "z"
"""Critical values that are given: z(2.8,1.98); they may not spend more than the level."""

EFFICACY = (*SHAPES, *SPENDING, GIVEN)
"""Names on the command line and in plan files."""

_DELTA, _HAYBITTLE = Interval(-1, 1, "left right"), Interval(0)
"""Shapes from steeper than O'Brien and Fleming's, 0, to flatter than Pocock's, 0.5; and any z above 0."""

_ALWAYS = -40.0
"""A critical value that every trial reaches."""

_TOLERANCE = 5e-3
"""Given critical values are rounded: they may exceed the level by this share of it."""


@dataclass(frozen=True, kw_only=True)
class Efficacy(naming.BoundaryRule):
    """An efficacy rule over given looks; `level` is one-sided, of each side."""

    level: float
    two_tailed: bool

    @property
    def reference(self) -> str:
        """Where the rule is published."""
        name = self.named[0]
        return SHAPES.get(name) or (SPENDING[name].reference if name in SPENDING else "boundary as given")

    def errors(self) -> Any:
        """The one-sided error that each look may use; spent at the looks that test, saved up at the others."""
        return self.increments(self.cumulative())

    def cumulative(self) -> Any:
        """The one-sided error spent by each look."""
        name, numbers = self.named
        if name == "given":
            return np.asarray(numbers) / (2 if self.two_tailed else 1)
        return spent(name, numbers, self.level, np.asarray(self.fractions))

    def z(self, lower: Any = None) -> Any:
        """The z at each look from which the null is rejected, inf where it is not tested; the looks last."""
        name, numbers = self.named
        if name == GIVEN:
            return np.array([np.inf if one is None else one for one in numbers])
        if name == "haybittle-peto":
            return self._haybittle(numbers[0] if numbers else 3.0, lower)
        return self._spending(self.errors(), lower) if self.spends else self._shaped(lower)

    def _spending(self, errors: Any, lower: Any) -> Any:
        course = TrialCourse(
            fractions=np.asarray(self.fractions),
            drift=np.zeros(() if lower is None else lower.shape[:-1]),
            two_tailed=self.two_tailed,
            binding=lower is not None,
        )
        return sweep(course, BoundarySpec(error=errors), None if lower is None else BoundarySpec(z=lower)).upper

    @property
    def shape(self) -> Any:
        """The boundary of an exact design, but for its height: t to the power Δ − 1/2 (Wang & Tsiatis 1987)."""
        name, numbers = self.named
        delta = {"obrien-fleming": 0.0, "pocock": 0.5}.get(name, numbers[0] if numbers else 0.0)
        return np.where(self.in_force, np.asarray(self.fractions) ** (delta - 0.5), np.inf)

    def spent_by(self, upper: Any, lower: Any = None) -> Any:
        """The one-sided error that critical values use, look by look."""
        below = -upper if self.two_tailed else np.full(np.shape(upper), -np.inf)
        return stops(upper, below if lower is None else np.maximum(lower, below), self.fractions, 0.0)[0]

    def of_height(self, height: Any) -> Any:
        """The boundary of an exact design at a height: z at each look, inf where it is not tested.

        A height that was not found is nan: binding futility leaves less than the level, and whatever goes on rejects.
        """
        height, tested = np.asarray(height)[..., None], np.isfinite(self.shape)
        z = np.where(np.isnan(height), _ALWAYS, height) * np.where(tested, self.shape, 1.0)
        return np.where(tested, z, np.inf)

    def _shaped(self, lower: Any) -> Any:
        def unspent(height: Any) -> Any:
            total = self.spent_by(self.of_height(height), lower).sum(axis=-1)
            return upper_normal_quantile(total) - upper_normal_quantile(self.level)

        first = np.full(() if lower is None else lower.shape[:-1], upper_normal_quantile(self.level))
        return self.of_height(secant_root(unspent, first))

    def _haybittle(self, interim: float, lower: Any) -> Any:
        early = np.where(self.in_force, interim, np.inf)[:-1]
        zero = np.append(early, np.inf)
        left = self.level - self.spent_by(zero, lower)[..., :-1].sum(axis=-1)
        if np.any(left <= 0):
            reason = f"haybittle-peto({interim:g}) spends the whole level before the last look"
            raise refused("efficacy", reason, "give a larger z")
        errors = np.append(self.spent_by(zero, lower)[..., :-1], left[..., None], axis=-1)
        last = self._spending(errors, lower)[..., -1:]
        return np.concatenate([np.broadcast_to(early, (*last.shape[:-1], early.size)), last], axis=-1)


def read_efficacy(value: Any) -> Any:
    """An efficacy rule, checked as far as it can be without its looks; for a parameter's own `read`."""
    rule = naming.read_rule(value, EFFICACY)
    if isinstance(rule, tuple):
        return read_cumulative(rule, "alpha")
    name, numbers = naming.split(rule)
    if name in SPENDING:
        check_spending(name, numbers)
    elif name in ("obrien-fleming", "pocock"):
        naming.check_count(name, numbers, {0})
    elif name == "wang-tsiatis":
        naming.check_count(name, numbers, {1})
        _inside(name, numbers, _DELTA, "wang-tsiatis(0.25)")
    elif name == "haybittle-peto":
        naming.check_count(name, numbers, {0, 1})
        _inside(name, numbers, _HAYBITTLE, "haybittle-peto(3)")
    return rule


def check_spending(name: str, numbers: Any) -> None:
    """Refuse a spending function whose number is missing or outside its domain."""
    domain = SPENDING[name].domain
    naming.check_count(name, numbers, {0} if domain is None else {1})
    if domain is not None:
        _inside(name, numbers, domain, f"{name}({SPENDING[name].example:g})")


def read_cumulative(rule: tuple[float, ...], what: str) -> tuple[float, ...]:
    """Cumulative error, checked as far as it can be without its looks."""
    if rule[0] < 0 or any(b < a for a, b in pairwise(rule)) or not 0 < rule[-1] < 1:
        raise ParameterError(f"must be cumulative {what}, none of it taken back, as in 0.005,0.025, not {rule}")
    return rule


def _inside(name: str, numbers: Any, domain: Interval, example: str) -> None:
    if any(one is None or one not in domain for one in numbers):
        shown = ",".join("none" if one is None else f"{one:g}" for one in numbers)
        raise ParameterError(f"has {name}({shown}), whose number must lie in {domain}, as in {example}")


def check_efficacy(efficacy: Efficacy) -> None:
    """Raise where the rule does not suit its looks or its level."""
    name, numbers = efficacy.named
    looks, alpha = len(efficacy.fractions), efficacy.level * (2 if efficacy.two_tailed else 1)
    if name in ("given", GIVEN) and len(numbers) != looks:
        raise refused("efficacy", f"gives {len(numbers)} numbers for {looks} looks", "give one for each")
    if name == "given" and abs(numbers[-1] - alpha) > 1e-9:
        raise refused("efficacy", f"spends {numbers[-1]:g} by the last look, which must be the level, {alpha:g}")
    if name == GIVEN and numbers[-1] is None:
        raise refused("efficacy", "skips the last look, which must test")
    if name == GIVEN and any(z is not None and z <= 0 for z in numbers):
        raise refused("efficacy", f"has z({','.join(map(str, numbers))}), whose numbers must be above 0")


def check_spent(efficacy: Efficacy) -> None:
    """Raise where critical values that are given use more than the level, futility not counted."""
    total = float(efficacy.spent_by(efficacy.z(), None).sum())
    if total > efficacy.level * (1 + _TOLERANCE):
        reason = f"spends {total:.4g} one-sided, more than the level of {efficacy.level:g}"
        raise refused("efficacy", reason, "give larger z")
