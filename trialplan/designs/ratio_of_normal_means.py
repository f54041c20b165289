"""Two means of a normal outcome, compared by their ratio without a logarithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs.two_means import CALLED, t_tests_power
from trialplan.numerics.distributions import t_quantile, upper_t_quantile
from trialplan.numerics.elementary import divide, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import T_POWER, normal_score, of_normal_score
from trialplan.outcome import MEASUREMENT, EffectInterval, EffectScale, Latent, Outcome, by_arm
from trialplan.parameter import POSITIVE, Numbers, parameter
from trialplan.rejection import decide, no_evidence

GoalName = Literal["superiority", "non-inferiority"]
"""What it can set out to show: on two limits the statistics have different errors, whose joint power is not here."""


class RatioOfMeasurements(Outcome):
    """Normal outcomes of two arms whose means are compared by their ratio."""

    kind = "measurements"
    observed = MEASUREMENT
    results = ("t", "z")

    def effect_scale(self, design: Sized) -> EffectScale:
        """The ratio of the means."""
        return EffectScale(name="ratio of means", short="ratio", ratio=True)

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """Fieller's (1954, J R Stat Soc B 16:175); none where the control's mean may be 0."""
        n_t, n_c = map(float, design.split(n))
        spread, ratio = float(design.value("spread")), 1.0 if no_effect else float(design.effect_value())
        reach = spread * (float(t_quantile(0.5 + confidence / 2, n - 2)) if n > 2 else math.inf)
        left = 1 - reach**2 / n_c
        if not left > 0:
            return None
        half = reach * math.sqrt(left / n_t + ratio**2 / n_c)
        name = "Fieller interval of the ratio of means"
        return EffectInterval(name=name, limits=((ratio - half) / left, (ratio + half) / left))

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """So many standard errors from the null, as the t of that P value has, at the planned spread."""
        ((limit, sign),) = design.sided_limits()
        with np.errstate(all="ignore"):
            error, df = design.standard_error(np.asarray(n, dtype=float))
            found = limit + sign * of_normal_score(z, df) * error
        return np.where(found > 0, found, np.nan)

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """Normal outcomes around the planned means, one column a participant."""
        arms = by_arm(design, special.ndtri(uniforms[..., 0]))
        pairs = zip(design.arm_means(), design.arm_sds(), arms, strict=True)
        return tuple(mean + sd * z for mean, sd, z in pairs)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """A straight line, one standard deviation for each of z; the control's times the limit."""
        spread = design.value("spread")
        return Latent(slope=spread), Latent(slope=spread * design.null_values()[0])


@dataclass(frozen=True, kw_only=True)
class RatioOfNormalMeans(Design):
    """Is the treatment's mean a multiple of the control's, for an outcome that is normal as it is measured?

    The test of the treatment's mean less the limit times the control's, by Student's t. The standard deviation, in
    units of the control's mean, is the same in both arms. Errs where the control's mean may be near 0; an outcome that
    is skewed is for ratio-of-means, which takes logarithms.

    >>> design = RatioOfNormalMeans(ratio=1, cv=0.3, goal="non-inferiority", margin=0.8)
    >>> design.sample_size(0.8).arms
    {'treatment': 30, 'control': 30}

    References:
        Sasabuchi (1988), Journal of the Japanese Statistical Society 18:35 (the test).
        Hauschke, Kieser, Diletti & Burke (1999), Statistics in Medicine 18:93 (power and sample size).
    """

    outcome = RatioOfMeasurements()
    scale = "ratio"
    called = CALLED
    logarithmic = False
    formula = "t test of the treatment's mean less the limit times the control's, noncentral t distribution"
    reference = "Sasabuchi 1988; Hauschke et al. 1999"
    exact = True  # for normal outcomes with one standard deviation
    statistic_is_z = True  # t counts as the z of its P value
    stated_example = "--ratio 1.3 --cv 0.5 --power 0.8 --n 90"

    ratio: Numbers = parameter(
        "ratio of the means, treatment to control",
        POSITIVE,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.2, 2.0),
    )
    cv: Numbers = parameter(
        "standard deviation between participants, in both arms, over the mean of the control",
        POSITIVE,
        role="spread",
        symbol="CV",
        unit="ratio",
        typical=(0.2, 0.6),
    )
    goal: GoalName = parameter("what the trial sets out to show", GoalName, default=fields.SUPERIORITY)
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def check(self) -> None:
        """A margin that suits the goal."""
        fields.check_margin(self, centre=1.0)

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin."""
        noncentrality = r"\lambda = \frac{\left|\rho-1\right|}{CV\,\sqrt{1/n_T+1/n_C}},\quad \nu = n-2"
        return "" if self.margin is not None else f"{T_POWER},\n{noncentrality}"

    def null_values(self) -> tuple[Numbers, ...]:
        """The ratio on the null's boundary."""
        return (1.0,) if self.margin is None else (self.margin,)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the treatment's mean less the limit times the control's, in units of the control's mean."""
        n_t, n_c = self.split(n)
        return self.cv * sqrt(1 / n_t + square(self.null_values()[0]) / n_c), n - 2

    def _distance(self, n: Numbers) -> Numbers:
        return self.sign * divide(self.ratio - self.null_values()[0], self.standard_error(n)[0])

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the limit that the trial wants to leave behind."""
        return self._distance(n), n - 2

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return t_tests_power([self._distance(n)], n - 2, self.level, self.two_tailed)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return t_tests_power([self._distance(n)], n - 2, self.level, both_tails=False)

    def arm_means(self) -> tuple[Numbers, ...]:
        """Where the control's mean is 1."""
        return self.ratio, 1.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """In both arms."""
        return self.cv, self.cv

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Outcomes, one row a trial and one column a participant: treatment, control with mean 1."""
        treatment, control = map(round, self.split(n))
        return rng.normal(self.ratio, self.cv, (trials, treatment)), rng.normal(1.0, self.cv, (trials, control))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The treatment's mean less the limit times the control's over its pooled standard error, trial by trial."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        n_t, n_c = treatment.shape[1], control.shape[1]
        if n_t + n_c < 3 or not n_t or not n_c:
            return no_evidence(self, len(treatment))
        limit, df = float(self.null_values()[0]), n_t + n_c - 2
        pooled = (treatment.var(axis=1) * n_t + control.var(axis=1) * n_c) / df
        error = np.sqrt(pooled * (1 / n_t + limit**2 / n_c))
        surplus = treatment.mean(axis=1) - limit * control.mean(axis=1)
        return decide(self, limit + surplus, error, upper_t_quantile(self.level, df))

    def z(self, data: tuple[Any, Any], fraction: float = 1) -> Any:
        """The normal score of the P value of t."""
        seen = sum(round(fraction * arm.shape[1]) for arm in data)
        return normal_score(self.analyse(data, fraction)[0], seen - 2)
