"""Futility boundaries: error of the second kind spent look by look, or a bound fixed on a scale that a DMC reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.elementary import normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.parameter import PROPORTION, REAL, Interval
from trialplan.sequential.boundaries import syntax as naming
from trialplan.sequential.boundaries.efficacy import check_spending, read_cumulative
from trialplan.sequential.boundaries.fields import refused
from trialplan.sequential.boundaries.recursion import BoundarySpec
from trialplan.sequential.boundaries.spending import SPENDING, spent

LAN_WITTES = "Lan & Wittes 1988, Biometrics 44:579"
SPIEGELHALTER = "Spiegelhalter, Freedman & Blackburn 1986, Control Clin Trials 7:8"


@dataclass(frozen=True)
class FutilityScale:
    """A scale on which a bound may be fixed: its domain, its z at fraction t, and its source.

    `z` takes the bound, t, the drift and the critical value of the last look.
    """

    domain: Interval
    z: Callable[..., Any]
    reference: str = "boundary as given"


def _conditional(bound: Any, t: Any, drift: Any, critical: Any) -> Any:
    return (critical - drift * (1 - t) + np.sqrt(1 - t) * normal_quantile(bound)) / np.sqrt(t)


def _trend(bound: Any, t: Any, drift: Any, critical: Any) -> Any:
    return np.sqrt(t) * (critical + np.sqrt(1 - t) * normal_quantile(bound)) + 0 * drift


def _predictive(bound: Any, t: Any, drift: Any, critical: Any) -> Any:
    return np.sqrt(t) * critical + np.sqrt(1 - t) * normal_quantile(bound) + 0 * drift


SCALES = {
    "z": FutilityScale(REAL, lambda bound, t, drift, critical: bound + 0 * drift),
    "p": FutilityScale(PROPORTION, lambda bound, t, drift, critical: upper_normal_quantile(bound) + 0 * drift),
    "conditional-power": FutilityScale(PROPORTION, _conditional, LAN_WITTES),
    "conditional-power-trend": FutilityScale(PROPORTION, _trend, LAN_WITTES),
    "predictive-power": FutilityScale(PROPORTION, _predictive, SPIEGELHALTER),
    "effect": FutilityScale(REAL, lambda bound, t, drift, critical: bound * drift * np.sqrt(t)),
}
"""A P value is one-sided. Power is that of the final test: at the planned effect, at the effect seen so far (trend), or
over a flat prior updated by the look. An effect's bound reaches `z` as its share of the way from the null to the
planned effect.
"""

FUTILITY = (*SPENDING, *SCALES)
"""Names on the command line and in plan files."""


@dataclass(frozen=True, kw_only=True)
class Futility(naming.BoundaryRule):
    """A futility rule over given looks; what it spends is error of the second kind.

    `shares` hold the bounds of an effect as shares of the way from the null to the planned effect.
    """

    shares: tuple[float | None, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether the bound depends on the critical value of the last look, which a binding bound changes."""
        return self.named[0] in ("conditional-power", "conditional-power-trend", "predictive-power")

    @property
    def planned(self) -> bool:
        """Whether the z of the bound depends on what the trial is planned to show."""
        return self.spends or self.named[0] in ("conditional-power", "effect")

    @property
    def reference(self) -> str:
        """Where the rule is published."""
        name = self.named[0]
        return SPENDING[name].reference if name in SPENDING else SCALES[name].reference if name in SCALES else ""

    def spend(self, beta: Any, drift: Any, critical: Any) -> BoundarySpec:
        """The boundary as z, or as the error that each look may spend of `beta`."""
        if self.spends:
            return BoundarySpec(error=self.increments(self._cumulative(beta)))
        return BoundarySpec(z=self.z(drift, critical))

    def _cumulative(self, beta: Any) -> Any:
        """A tuple says which shares of the error are spent by each look, whatever it is in all."""
        name, numbers = self.named
        total = np.asarray(beta)[..., None]
        if name == "given":
            return total * (np.asarray(numbers) / numbers[-1])
        return spent(name, numbers, total, np.asarray(self.fractions))

    def z(self, drift: Any, critical: Any) -> Any:
        """The z at each look at which the trial stops, -inf where it does not; the last is the critical value."""
        name, numbers = self.named
        t, drift, critical = np.asarray(self.fractions), np.asarray(drift), np.asarray(critical)
        bounds = self._bounds(self.shares if name == "effect" else numbers)
        with np.errstate(invalid="ignore"):
            z = SCALES[name].z(bounds, t[:-1], drift[..., None], critical[..., None])
        early = np.where(np.isnan(bounds), -np.inf, z)
        last = np.broadcast_to(critical[..., None], (*early.shape[:-1], 1))
        return np.concatenate([early, last], axis=-1)

    def _bounds(self, numbers: Any) -> Any:
        """One bound for each look but the last; nan where there is none."""
        given = [np.nan if one is None else one for one in numbers]
        every = np.array(given * (len(self.in_force) - 1) if len(given) == 1 else given)
        return np.where(self.in_force[:-1], every, np.nan)


def read_futility(value: Any) -> Any:
    """A futility rule, checked as far as it can be without its looks; for a parameter's own `read`."""
    rule = naming.read_rule(value, FUTILITY)
    if isinstance(rule, tuple):
        return read_cumulative(rule, "beta")
    name, numbers = naming.split(rule)
    if name in SPENDING:
        check_spending(name, numbers)
        return rule
    if not numbers:
        raise ParameterError(f"{name} needs its bound in brackets, one for all looks or one for each but the last")
    wrong = [one for one in numbers if one is not None and one not in SCALES[name].domain]
    if wrong:
        raise ParameterError(f"has {name}({wrong[0]:g}), which must lie in {SCALES[name].domain}")
    return rule


def check_futility(futility: Futility) -> None:
    """Raise where the rule does not suit its looks."""
    name, numbers = futility.named
    looks = len(futility.fractions)
    if name == "given" and len(numbers) != looks:
        way_out = "give the error spent by each, the last too"
        raise refused("futility", f"gives {len(numbers)} numbers for {looks} looks", way_out)
    if name in SCALES and len(numbers) not in (1, looks - 1):
        way_out = "give one, or one for each look but the last"
        raise refused("futility", f"gives {len(numbers)} bounds for {looks} looks", way_out)
