"""Two independent means."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _spread as spread
from trialplan.designs._stated_rates import NORMAL
from trialplan.errors import ParameterError, field
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score, t_power, tost_power, z_power
from trialplan.outcomes.measurements import MEANS
from trialplan.parameter import POSITIVE, REAL, Numbers, Parameter, largest, parameter
from trialplan.rejection import decide, either_way, no_evidence, variance
from trialplan.stated import SizingMethod, Slip, by_hand, sized_by

CALLED = {
    "t-test": ("t", "welch", "z"),
    "student": ("t",),
    "z-test": NORMAL,
    "normal": NORMAL,
    "normal-approximation": NORMAL,
    **dict.fromkeys(("mann-whitney", "wilcoxon", "rank-sum"), ("rank",)),
}
"""What papers call a test of means, and the tests that may be meant."""

_SDS = ("sd", "sd_treatment")

SPREAD_SLIPS = (
    Slip("the standard deviation is a variance", _SDS, lambda sd: sd**0.5),
    Slip("a standard deviation is taken where a variance belongs", _SDS, lambda sd: sd**2),
    Slip("the standard deviation of the difference of two outcomes is taken", _SDS, lambda sd: sd * 2**0.5),
)
"""What a standard deviation is confused with."""

_RANK = (
    (math.pi / 3, "n over 3/π, the rank-sum test's efficiency for normal outcomes"),
    (1.15, "n times 1.15 for a rank-sum test"),
)

TestName = Literal["t", "welch", "z"]
"""The tests of two means."""


@dataclass(frozen=True, kw_only=True)
class TwoMeans(Design):
    """Does the treatment's mean differ from the control's, is it better by a margin, or not worse by more than one?

    >>> TwoMeans(difference=0.5, sd=1).sample_size(0.8).arms
    {'treatment': 64, 'control': 64}

    References:
        Cohen (1988), Statistical Power Analysis, 2nd ed., table 2.4.1 (t).
        Julious (2004), Statistics in Medicine 23:1921 (z, t, non-inferiority, equivalence).
        Moser, Stevens & Watts (1989), Commun Stat Theory Methods 18:3963 (Welch).
        Owen (1965), Biometrika 52:437; Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence).
    """

    outcome = MEANS
    letters = {
        "μ_T": "an arm's mean",
        "σ_T": "an arm's standard deviation",
        "σ_i": "an arm's standard deviation",
    }
    called = CALLED
    oddity = {"welch": 1}
    slips = SPREAD_SLIPS
    statistic_is_z = True  # a t counts as the z of its P value
    stated_example = (
        "--difference 2 --sd 4.5 --power 0.8 --alpha 0.05 --sides 2 --per-arm 80 --enrolled 200 --dropout 0.2"
    )

    difference: Numbers = parameter(
        "treatment mean minus control mean",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
        of_each="mean of each treatment minus control mean",
    )
    sd: Numbers = spread.sd(spread.EITHER_ARM)
    sd_treatment: Numbers | None = parameter(
        "standard deviation in the treatment arm, where it differs",
        POSITIVE,
        optional=True,
        symbol="σ_T",
        unit="units of the outcome",
        typical=(0.8, 1.6),
        of_each="standard deviation in each treatment arm",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="t")
    allocation: str = fields.allocation()

    def declarations(self) -> Mapping[str, Parameter]:
        """Of two standard deviations each is of one arm."""
        declared = dict(super().declarations())
        if self.sd_treatment is not None:
            words = "standard deviation between participants in the control arm"
            declared["sd"] = dataclasses.replace(declared["sd"], meaning=words)
        return declared

    def check(self) -> None:
        """Margin must suit the goal, and Student's t test takes one standard deviation."""
        fields.check_margin(self)
        if self.test == "t" and self.sd_treatment is not None:
            way_out = f"with {field('sd_treatment')} use {field('test')} welch"
            reason = "t assumes one sd for both arms"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=way_out)

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The control arm's standard deviation."""
        return largest(self.sd)

    def variances(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """The variances of the two arms' means: treatment, control."""
        (n_t, n_c), (sd_t, sd_c) = self.split(n), self.arm_sds()
        return square(sd_t) / n_t, square(sd_c) / n_c

    def distances(self, n: Numbers) -> list[Numbers]:
        """How far the difference lies inside each limit, in standard errors."""
        error = sqrt(sum(self.variances(n)))
        return [sign * divide(self.difference - limit, error) for limit, sign in self.sided_limits()]

    def distance_to_null(self, n: Numbers) -> Numbers:
        """From the limit that the trial wants to leave behind."""
        return self.distances(n)[0]

    def arm_means(self) -> tuple[Numbers, ...]:
        """The control's mean is 0: only the difference matters."""
        return self.difference, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """Treatment, control."""
        return (self.sd if self.sd_treatment is None else self.sd_treatment), self.sd

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference, with the degrees of freedom at the true standard deviations."""
        return sqrt(sum(self.variances(n))), None if self.test == "z" else _df(self, n)

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Of the t tests, from the limit that the trial wants to leave behind."""
        return None if self.test == "z" else (self.distances(n)[0], _df(self, n))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes, one row a trial and one column a participant: treatment, control."""
        arms = zip(self.arm_means(), self.arm_sds(), map(round, self.split(n)), strict=True)
        return tuple(rng.normal(mean, sd, (trials, size)) for mean, sd, size in arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of each arm's participants."""
        arms = _first(data, fraction)
        if not all(arm.shape[1] for arm in arms):
            return no_evidence(self, len(arms[0]))
        return self.analysis.statistic(self, *arms)

    def z(self, data: tuple[Any, Any], fraction: float = 1) -> Any:
        """The normal score of the P value of t, and z itself."""
        statistic, _ = self.analyse(data, fraction)
        return statistic if self.test == "z" else normal_score(statistic, _seen_df(self, *_first(data, fraction)))

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """z with tabulated values or Guenther's correction; t at the mean variance, or over a rank test's efficiency.

        Snedecor & Cochran (1989), Statistical Methods, ch. 6, for the mean of two variances.
        """
        assert power is not None
        if len(self.limits()) == 2:
            return
        z = self.replace(test="z")
        yield by_hand(z, power)
        total = float(z.unrounded(power)) + self.z_alpha**2 / 4 * self.block / min(self.weights)
        words = "z with a quarter of z² added per arm (Guenther 1981)"
        yield SizingMethod(words=words, arms=tuple(self.split(float(total))), cost=2)
        if self.sd_treatment is None:
            t = sized_by(self.replace(test="t"), power, "t")
            for (factor, words), cost in zip(_RANK, (2, 3), strict=True):
                yield replace(t.times(factor, "", cost), words=f"rank: Student's t test, {words}", only_named=True)
        else:  # as programs do that ask for one standard deviation
            mean = float(np.sqrt((np.square(self.sd) + np.square(self.sd_treatment)) / 2))
            t = sized_by(self.replace(test="t", sd=mean, sd_treatment=None), power, "t")
            yield replace(t, words="t: Student's t test at the mean of the two variances", cost=1)


def _first(data: tuple[Any, Any], fraction: float) -> list[Any]:
    return [arm[:, : round(fraction * arm.shape[1])] for arm in data]


def _df(design: TwoMeans, n: Numbers) -> Numbers:
    """Degrees of freedom: n - 2, or Satterthwaite's at the true standard deviations."""
    if design.test == "t":
        return n - 2
    return satterthwaite(design.variances(n), design.split(n))


def satterthwaite(variances: tuple[Numbers, Numbers], sizes: tuple[Numbers, Numbers]) -> Numbers:
    """The degrees of freedom of the difference of two means with these variances; 0 where an arm has just one value.

    Satterthwaite (1946), Biometrics Bulletin 2:110.
    """
    (v_t, v_c), (n_t, n_c) = map(np.asarray, variances), map(np.asarray, sizes)
    with np.errstate(all="ignore"):
        df = (v_t + v_c) ** 2 / (v_t**2 / (n_t - 1) + v_c**2 / (n_c - 1))
    return np.where((n_t > 1) & (n_c > 1), df, 0.0)


def _t_success(design: TwoMeans, n: Numbers) -> Numbers:
    return t_tests_power(design.distances(n), _df(design, n), design.level, both_tails=False)


def _t_power(design: TwoMeans, n: Numbers) -> Numbers:
    return t_tests_power(design.distances(n), _df(design, n), design.level, design.two_tailed)


def _z_tail(design: TwoMeans, n: Numbers, direction: int = 1) -> Numbers:
    return z_power([direction * distance for distance in design.distances(n)], design.z_alpha)


def t_tests_power(distances: list[Numbers], df: Numbers, level: Numbers, both_tails: bool) -> Numbers:
    """P(every one-sided t test rejects) at the noncentralities from each limit."""
    if len(distances) == 2:
        return tost_power(distances, df, level)
    return t_power(distances[0], df, level, both_tails=both_tails)


def _z_statistic(design: TwoMeans, treatment: Any, control: Any) -> tuple[Any, Any]:
    difference = treatment.mean(axis=1) - control.mean(axis=1)
    sd_treatment = design.sd if design.sd_treatment is None else design.sd_treatment
    error = np.sqrt(sd_treatment**2 / treatment.shape[1] + design.sd**2 / control.shape[1])
    return decide(design, difference, error, design.z_alpha)


def _student_statistic(design: TwoMeans, treatment: Any, control: Any) -> tuple[Any, Any]:
    n_t, n_c = treatment.shape[1], control.shape[1]
    v_t, v_c = variance(treatment), variance(control)
    pooled = ((n_t - 1) * v_t + (n_c - 1) * v_c) / (n_t + n_c - 2)
    error = np.sqrt(pooled * (1 / n_t + 1 / n_c))
    critical = upper_t_quantile(design.level, _seen_df(design, treatment, control))
    return decide(design, treatment.mean(axis=1) - control.mean(axis=1), error, critical)


def _welch_statistic(design: TwoMeans, treatment: Any, control: Any) -> tuple[Any, Any]:
    error = np.sqrt(sum(variance(arm) / arm.shape[1] for arm in (treatment, control)))
    critical = upper_t_quantile(design.level, _seen_df(design, treatment, control))
    return decide(design, treatment.mean(axis=1) - control.mean(axis=1), error, critical)


def _seen_df(design: TwoMeans, treatment: Any, control: Any) -> Any:
    """Degrees of freedom of the arms' data: n - 2, or Satterthwaite's at the standard deviations that are seen."""
    n_t, n_c = treatment.shape[1], control.shape[1]
    if design.test == "t":
        return n_t + n_c - 2
    v_t, v_c = variance(treatment) / n_t, variance(control) / n_c
    return (v_t + v_c) ** 2 / (v_t**2 / (n_t - 1) + v_c**2 / (n_c - 1))


TwoMeans.tests = {
    "t": AnalysisTest(
        prose="Student's t with one pooled standard deviation. The usual choice; exact for normal outcomes with equal "
        "variances, off when unequal variances meet unequal arms.",
        formula="Student's t test, noncentral t distribution",
        reference="Julious 2004; for equivalence Owen 1965",
        goals=fields.GOALS,
        power=_t_power,
        success=_t_success,
        statistic=_student_statistic,
        tex=T_POWER + ",\n" + r"\lambda = \frac{\left|\mu_T-\mu_C\right|}{\sigma\sqrt{1/n_T+1/n_C}},\quad \nu = n-2",
        exact=True,
    ),
    "welch": AnalysisTest(
        prose="Welch's t with a standard deviation for each arm. The default of R's t.test; the noncentral t at "
        "Satterthwaite's degrees of freedom errs a little in small arms.",
        formula="Welch's t test, noncentral t at Satterthwaite's degrees of freedom",
        reference="Moser, Stevens & Watts 1989",
        goals=fields.GOALS,
        power=_t_power,
        success=_t_success,
        statistic=_welch_statistic,
        tex=T_POWER + ",\n" + r"\lambda = \frac{\left|\mu_T-\mu_C\right|}{\sqrt{v_T+v_C}},\quad "
        r"\nu = \frac{\left(v_T+v_C\right)^2}{v_T^2/(n_T-1)+v_C^2/(n_C-1)},\quad v_i = \frac{\sigma_i^2}{n_i}",
    ),
    "z": AnalysisTest(
        prose="z with known standard deviations. Used in hand calculations and for large trials; too optimistic below "
        "some thirty participants per arm, where the standard deviation must be estimated.",
        formula="z test with known standard deviations",
        reference="Julious 2004",
        goals=fields.GOALS,
        power=either_way(_z_tail),
        success=_z_tail,
        statistic=_z_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\mu_T-\mu_C\right)^2}"
        r"\left(\frac{\sigma_T^2}{w_T}+\frac{\sigma_C^2}{w_C}\right)",
        exact=True,
    ),
}
