"""Measurements: outcomes that are normal, or whose logarithm is, compared by a difference or a ratio of means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, field, setting
from trialplan.numerics.distributions import t_quantile
from trialplan.numerics.elementary import exp, normal_quantile
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import normal_score, of_normal_score
from trialplan.outcome import (
    MEASUREMENT,
    Blinded,
    EffectInterval,
    EffectScale,
    InterimData,
    IntervalAt,
    Latent,
    Outcome,
    by_arm,
)
from trialplan.outcomes.looks import check_arms, of_look
from trialplan.outcomes.pooled_sd import POOLED_SD
from trialplan.parameter import Numbers
from trialplan.text import with_commas

if TYPE_CHECKING:
    from trialplan.design import Design, Sized

_FARTHEST_SD = 1e100
"""Beyond it, or below its inverse, squares leave the numbers that a computer has."""


_LARGEST_LOG = 600.0
"""Beyond it the exponential leaves them, too."""


class Measurements(Outcome):
    """Normal outcomes: a design says the standard error of its effect and the degrees of freedom of its t."""

    kind = "measurements"
    observed = MEASUREMENT

    def __init__(self, results: tuple[str, ...] = ("t", "z"), blinded: Blinded | None = None) -> None:
        self.results, self.blinded = results, blinded

    def effect_scale(self, design: Sized) -> EffectScale:
        """A difference in the outcome's own units, or a ratio of (geometric) means."""
        if design.logarithmic:
            return EffectScale(name="ratio of geometric means", short="ratio", ratio=True)
        return EffectScale(name="difference of means", short="difference", unit="")

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """A difference also in standard deviations, as DELTA2 asks."""
        if design.logarithmic or design.field("spread") is None:
            return ()
        value, standard = float(design.effect_value()), "standardised difference"
        scale = EffectScale(name=standard, short=standard)
        return (self.effect_scale(design), value), (scale, value / float(design.value("spread")))

    def estimate_name(self, design: Design) -> str:
        """A difference, or a ratio of means."""
        return "ratio of means" if design.logarithmic else "difference"

    def example_of_look(self, design: type[Design]) -> str:
        """By means where these are the statistic, else by t."""
        if "means" in self.results:
            return "--means 0.6/32,0.2/32 --sds 1.1,0.9"
        return super().example_of_look(design)

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """By t, or the normal where the standard deviation counts as known; a factor either way for ratios."""
        error, df = design.standard_error(n)
        ratio = design.logarithmic
        critical = _critical(confidence, df)
        centre = (1.0 if ratio else 0.0) if no_effect else float(design.effect_value())
        half = critical * float(error)
        factor = exp(half)
        limits = (centre / factor, centre * factor) if ratio else (centre - half, centre + half)
        test = {"z": "normal", "welch": "Welch t"}.get(design.test, "t")
        return EffectInterval(name=f"{test} interval of the {self.effect_scale(design).name}", limits=limits)

    def interval_at_any(self, design: Design, n: int, confidence: float) -> EffectInterval | None:
        """That of no effect: its standard error does not know the effect."""
        return self.interval(design, n, confidence, True)

    def expected_width(self, design: Design, n: int, confidence: float) -> Numbers | None:
        """Twice t times the standard error at the true standard deviations; none for a ratio."""
        if design.logarithmic:
            return None
        error, df = design.standard_error(n)
        if df is not None and design.test == "welch":
            df = n - 2  # the most that they can be: Satterthwaite's differ from truth to truth
        return 2 * _critical(confidence, df) * error

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """So many standard errors from the null, at the planned spread, as the t of that P value has, or the z."""
        ((limit, sign),) = design.sided_limits()
        with np.errstate(all="ignore"):
            error, df = design.standard_error(np.asarray(n, dtype=float))
            statistic = z if df is None else of_normal_score(z, df)
            value = limit + sign * statistic * error
        return _on_scale(design, value)

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """The critical t, or z, times the standard error at the planned spread; none for equivalence."""
        if len(design.null_values()) == 2:
            return None
        found = float(self.estimate_at(design, n, design.z_alpha))
        return found if math.isfinite(found) else None

    def seen(
        self, design: Design, n: int, kind: str, arms: Sequence[tuple[Any, int]], sds: Sequence[float] | None = None
    ) -> InterimData:
        """From the mean and the participants of each arm, and their standard deviations.

        Where these are not given the planned ones count as known, and the statistic is a z whatever the test.
        """
        if kind != "means":
            way_out = f"give {setting('means', '0.6/32,0.2/32')}, or {field('z')}"
            raise ParameterError(f"are no results of {design.slug()}", parameter=kind, way_out=way_out)
        if "means" not in self.results:
            way_out = f"give {setting('t', '2.31/57')}, or {field('z')}"
            raise ParameterError(f"are not the statistic of {design.slug()}", parameter="means", way_out=way_out)
        check_arms(design, "means", arms)
        known = design.arm_sds() if sds is None else sds
        if len(known) != len(arms) or not all(1 / _FARTHEST_SD < sd < _FARTHEST_SD for sd in known):
            reason = f"must be one standard deviation above 0 for each arm, not {with_commas(known)}"
            raise ParameterError(reason, parameter="sds", value=known)
        sizes = tuple(of for _, of in arms)
        estimate = arms[0][0] - arms[1][0]
        error, df = _spread(design.test if sds is not None else "z", known, sizes)
        if not abs(estimate) < _FARTHEST_SD:
            reason = f"{with_commas(m for m, _ in arms)} with {field('sds')} {with_commas(known)} have no z"
            raise ParameterError(reason, parameter="means", way_out="check them")
        ((limit, sign),) = design.sided_limits()
        statistic = sign * (estimate - limit) / error
        return of_look(
            design,
            n,
            sizes,
            z=statistic if df is None else float(normal_score(statistic, df)),
            estimate=estimate,
            interval=around(estimate, error, df),
            method="normal" if df is None else "t",
        )

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """Normal outcomes around the planned means, one column a participant; their exponentials on a log scale."""
        arms = by_arm(design, special.ndtri(uniforms[..., 0]))
        found = [mean + sd * z for mean, sd, z in zip(design.arm_means(), design.arm_sds(), arms, strict=True)]
        return tuple(np.exp(arm) if design.logarithmic else arm for arm in found)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """A straight line, one standard deviation for each of z; of the logarithm on a ratio scale."""
        return tuple(Latent(slope=sd) for sd in design.arm_sds())


def _on_scale(design: Design, value: Any) -> Any:
    """The effect whose logarithm this is, on a ratio scale; nan beyond the numbers that a computer has."""
    return np.exp(np.where(np.abs(value) < _LARGEST_LOG, value, np.nan)) if design.logarithmic else value


def _critical(confidence: float, df: float | None) -> float:
    if df is None:
        return float(normal_quantile(0.5 + confidence / 2))
    return float(t_quantile(0.5 + confidence / 2, df)) if df > 0 else math.inf


def _spread(test: str, sds: Sequence[float], sizes: Sequence[int]) -> tuple[float, float | None]:
    """The standard error of the difference by the test, and the degrees of freedom of its t; none for z."""
    variances = [sd**2 / size for sd, size in zip(sds, sizes, strict=True)]
    if test == "z":
        return math.sqrt(sum(variances)), None
    if min(sizes) < 2:
        reason = f"need at least 2 participants in each arm, not {min(sizes)}"
        raise ParameterError(reason, parameter="sds", way_out=f"leave {field('sds')} out")
    if test == "welch":
        parts = sum(variance**2 / (size - 1) for variance, size in zip(variances, sizes, strict=True))
        return math.sqrt(sum(variances)), sum(variances) ** 2 / parts
    df = sum(sizes) - len(sizes)
    pooled = sum((size - 1) * sd**2 for sd, size in zip(sds, sizes, strict=True)) / df
    return math.sqrt(pooled * sum(1 / size for size in sizes)), df


def around(estimate: float, error: float, df: float | None = None) -> IntervalAt:
    """So many standard errors to either side; of a t, the ones that have the P value of the critical z."""

    def interval(critical: float) -> tuple[float, float]:
        away = error * (critical if df is None else float(of_normal_score(critical, df)))
        return estimate - away, estimate + away

    return interval


MEANS = Measurements(("means", "t", "z"), blinded=POOLED_SD)
"""Normal outcomes of two arms, whose means a look may tell."""

ADJUSTED = Measurements()
"""Outcomes whose statistic is a t after adjustment, or on logarithms: a look tells it as t."""
