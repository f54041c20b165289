"""Two means after adjustment for the baseline value of the same outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _spread as spread
from trialplan.designs import _two_scales
from trialplan.designs.two_means import CALLED, SPREAD_SLIPS, TwoMeans, t_tests_power
from trialplan.errors import ParameterError, field
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import T_POWER, normal_score
from trialplan.outcome import Latent, by_arm
from trialplan.outcomes.measurements import ADJUSTED
from trialplan.parameter import POSITIVE, REAL, Interval, Numbers, Parameter, largest, parameter
from trialplan.rejection import decide, no_evidence
from trialplan.stated import SizingMethod, sized_by

ScaleName = Literal["difference", "ratio"]
"""The scales of the effect."""

MethodName = Literal["simple", "exact"]
"""The ways to compute the power."""


@dataclass(frozen=True, kw_only=True)
class Ancova(Design):
    """Does the adjusted mean differ from the control's: a difference, or a ratio of geometric means?

    The residual variance is (1 - r²) times the outcome's; one degree of freedom goes to the covariate.
    The simple method takes the baseline means of the arms as equal, which a real trial's are not: in arms
    below some twenty participants it claims a little more than the truth (the generated table of gaps).
    The exact one averages over that chance imbalance. The analysis is the same.

    >>> design = Ancova(difference=0.5, sd=1, correlation=0.5)
    >>> round(float(design.power(100)), 3), round(float(design.replace(method="exact").power(100)), 3)
    (0.815, 0.811)

    References:
        Borm, Fransen & Lemmens (2007), J Clin Epidemiol 60:1234 (simple: the 1 - r² formula).
        Shieh (2020), Behavior Research Methods 52:1009 (exact).
    """

    outcome = ADJUSTED
    called = CALLED
    letters = {
        "μ_T": "an arm's mean",
    }
    slips = SPREAD_SLIPS
    statistic_is_z = True  # t counts as the z of its P value
    stated_example = "--difference 0.5 --sd 1 --correlation 0.5 --power 0.8 --n 98"
    methods: ClassVar[Mapping[str, PowerMethod]] = {}

    difference: Numbers | None = parameter(
        "adjusted treatment mean minus control mean (scale difference)",
        REAL,
        optional=True,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
        of_each="adjusted mean of each treatment minus control mean",
    )
    ratio: Numbers | None = parameter(
        "ratio of adjusted geometric means, treatment to control (scale ratio)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.2, 2.5),
    )
    sd: Numbers = spread.sd(
        "standard deviation between participants at follow-up, before adjustment; of natural logs on the ratio scale",
        unit="units of the outcome, or of its log",
    )
    correlation: Numbers = parameter(
        "correlation of baseline and follow-up within an arm",
        Interval(-1, 1),
        role="association",
        symbol="r",
        typical=(0.2, 0.7),
    )
    scale: ScaleName = parameter("the scale of the effect", ScaleName, default="difference")
    method: MethodName = parameter("how the power is computed", MethodName, role="method", default="simple")
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def declarations(self) -> Mapping[str, Parameter]:
        """The standard deviation is that of logarithms on the ratio scale, which have no unit."""
        declared = dict(super().declarations())
        ratio = self.scale == "ratio"
        words = "standard deviation of natural logarithms" if ratio else "standard deviation"
        declared["sd"] = dataclasses.replace(
            declared["sd"],
            meaning=f"{words} between participants at follow-up before adjustment for baseline",
            unit="" if ratio else "units of the outcome",
        )
        return declared

    def check(self) -> None:
        """One effect, on the scale that is named; a margin that suits the goal and the scale."""
        other = {"difference": "ratio", "ratio": "difference"}[self.scale]
        if getattr(self, other) is not None:
            reason = f"{self.scale} needs {field(self.scale)}, and no {field(other)}"
            raise ParameterError(reason, owner=self, parameter="scale", value=self.scale)
        fields.check_margin(self, centre=1.0 if self.scale == "ratio" else 0.0)

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return self.methods[self.method].formula

    @property
    def reference(self) -> str:
        """Where the formula is published."""
        return self.methods[self.method].reference

    def prose_of(self, way: str) -> str:
        """What the method is, who uses it, when it errs."""
        return self.methods[way].prose if way in self.methods else ""

    @property
    def tex(self) -> str:
        """The formula of method simple as TeX; nothing with a margin."""
        if self.method != "simple" or self.margin is not None:
            return ""
        shift = r"\left|\ln\rho\right|" if self.scale == "ratio" else r"\left|\mu_T-\mu_C\right|"
        noncentrality = rf"\lambda = \frac{{{shift}}}{{\sigma\sqrt{{(1-r^2)(1/n_T+1/n_C)}}}},\quad \nu = n-3"
        return f"{T_POWER},\n{noncentrality}"

    @property
    def exact(self) -> bool:
        """Whether the chance imbalance of the baseline means is averaged over, for a normal baseline."""
        return self.method == "exact"

    def effect_unit(self) -> float:
        """The standard deviation at follow-up; a log ratio has no unit."""
        return largest(self.sd) if self.scale == "difference" else 1.0

    def null_values(self) -> tuple[Numbers, ...]:
        """The effects on the null's boundary."""
        return _two_scales.null_values(self)

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary as differences, of logs on the ratio scale."""
        return _two_scales.limits(self)

    @property
    def shift(self) -> Numbers:
        """The effect as a difference, of logs on the ratio scale."""
        return np.log(self.effect_value()) if self.scale == "ratio" else self.difference

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the limit that the trial wants to leave behind, at equal baseline means."""
        return self._distances(n)[0], n - 3

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test; for equivalence, both one-sided tests."""
        return self._power(n, both_tails=self.two_tailed)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return self._power(n, both_tails=False)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the effect, or its logarithm, at equal baseline means."""
        n_t, n_c = self.split(n)
        return self.sd * np.sqrt((1 - self.correlation**2) * (1 / n_t + 1 / n_c)), n - 3

    def which_spread(self) -> tuple[str, str]:
        """Before adjustment, after it, or of a change from baseline (Borm, Fransen & Lemmens 2007)."""
        sd, r = float(self.sd), float(self.correlation)
        after, change = sd * (1 - r**2) ** 0.5, sd * (2 * (1 - r)) ** 0.5
        return (
            f"With a correlation of {r:g}, an SD of {sd:.3g} becomes {after:.3g} after adjustment for baseline, and "
            f"{change:.3g} for a change from baseline",
            "The analysis adjusts for baseline, and the number uses the SD after adjustment, σ√(1 − r²)",
        )

    def arm_means(self) -> tuple[Numbers, ...]:
        """At follow-up, adjusted; the control's is 0."""
        return self.shift, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """At follow-up, in both arms."""
        return self.sd, self.sd

    uniforms = 2

    def latent(self) -> tuple[Latent, ...]:
        """What is left of the follow-up after the baseline, which varies with it and by itself."""
        r, sd = self.correlation, self.sd
        return (Latent(slope=(1 - r**2) * sd, noise=r**2 * (1 - r**2) * sd**2),) * 2

    def draw_from(self, uniforms: Any) -> tuple[Any, ...]:
        """Baseline and follow-up: the first uniform number of each participant is the follow-up's, if there are two."""
        scores = special.ndtri(uniforms)
        follow_up, other = scores[..., 0], scores[..., -1]
        if scores.shape[-1] < 2:
            raise ParameterError("baseline and follow-up need two uniform numbers for each participant", owner=self)
        kept = np.sqrt(1 - self.correlation**2)
        baseline = self.correlation * follow_up + kept * other
        people = np.stack([self.sd * baseline, self.sd * follow_up], axis=-1)
        return tuple(
            arm + np.array([0.0, mean]) for arm, mean in zip(by_arm(self, people), self.arm_means(), strict=True)
        )

    def _distances(self, n: Numbers) -> list[Numbers]:
        error, _ = self.standard_error(n)
        return [sign * divide(self.shift - limit, error) for limit, sign in self.sided_limits()]

    def _power(self, n: Numbers, both_tails: bool) -> Numbers:
        distances = self._distances(n)
        if self.exact:
            return _averaged(distances, n, self.level, both_tails)
        return t_tests_power(distances, n - 3, self.level, both_tails)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Baseline and follow-up (last axis) of every participant: treatment, control."""
        arms = []
        for size, mean in zip(self.split(n), self.arm_means(), strict=True):
            baseline, noise = rng.normal(0.0, self.sd, (2, trials, round(size)))
            follow_up = mean + self.correlation * baseline + np.sqrt(1 - self.correlation**2) * noise
            arms.append(np.stack([baseline, follow_up], axis=-1))
        return tuple(arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """Least squares with a common slope: the adjusted difference against its t critical value."""
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        df = sum(arm.shape[1] for arm in arms) - 3
        if df < 1 or not all(arm.shape[1] for arm in arms):
            return no_evidence(self, len(arms[0]))
        means = [arm.mean(axis=1) for arm in arms]
        centred = [[arm[..., i] - mean[:, i, None] for i in (0, 1)] for arm, mean in zip(arms, means, strict=True)]
        xx, xy, yy = (sum(np.einsum("tp,tp->t", c[i], c[j]) for c in centred) for i, j in ((0, 0), (0, 1), (1, 1)))
        apart = means[0] - means[1]
        variance = (yy - xy**2 / xx) / df
        error = np.sqrt(variance * (sum(1 / arm.shape[1] for arm in arms) + apart[:, 0] ** 2 / xx))
        return decide(self, apart[:, 1] - xy / xx * apart[:, 0], error, upper_t_quantile(self.level, df))

    def z(self, data: tuple[Any, Any], fraction: float = 1) -> Any:
        """The normal score of the P value of t."""
        seen = sum(round(fraction * arm.shape[1]) for arm in data)
        return normal_score(self.analyse(data, fraction)[0], seen - 3)

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The effect of the scale that is stated, and what spreads it."""
        return "ratio" if numbers.get("scale") == "ratio" else "difference", "sd", "correlation"

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """z with the residual variance, t times 1 - r², and the change from baseline, whose factor is 2(1 - r)."""
        assert power is not None
        if self.scale != "difference" or len(self.limits()) == 2:
            return
        shared = ("difference", "sd", "goal", "margin", "favourable", "allocation", "alpha", "sides")
        means = TwoMeans(**{name: getattr(self, name) for name in shared})
        kept, change = 1 - self.correlation**2, 2 * (1 - self.correlation)
        z, t = (sized_by(means.replace(test=test), power, test) for test in ("z", "t"))
        yield z.times(kept, "times 1 - r² (Borm, Fransen & Lemmens 2007)", 1)
        yield t.times(kept, "times 1 - r² (Borm, Fransen & Lemmens 2007)", 1)
        for method in (t, z):
            yield method.times(change, "times 2(1 - r), as for change from baseline", 2)
            yield method.times(change / 2, "times 1 - r", 3)
            yield method.odd(3, "the correlation with baseline is not used")


@dataclass(frozen=True)
class PowerMethod:
    """One way to compute the power of the same analysis: what it is, who uses it, when it errs."""

    prose: str
    formula: str
    reference: str


_NODES = 48
"""Of the integral over the imbalance."""

_SPREAD = 9.0
"""Standard deviations of the imbalance that the integral over it covers: what lies beyond weighs < 1e-18."""


def _averaged(distances: list[Numbers], n: Numbers, level: Numbers, both_tails: bool) -> Numbers:
    """The mean of the t test's power over the chance imbalance of the baseline means (Shieh 2020).

    The imbalance, in standard errors, is a t with n - 2 degrees of freedom, √(n - 2)·tan(angle); it multiplies
    every noncentrality by cos(angle). The density of the angle is proportional to cos(angle)^(n - 3).
    """
    df = np.maximum(np.asarray(n, dtype=float) - 3, 0.0)[..., None]
    nodes, weights = gauss_legendre(_NODES)
    angles = nodes * np.minimum(_SPREAD / np.sqrt(np.maximum(df, 1e-9)), np.pi / 2)
    density = weights * np.cos(angles) ** df
    shrunk = [np.asarray(distance)[..., None] * np.cos(angles) for distance in distances]
    power = t_tests_power(shrunk, df, np.asarray(level)[..., None], both_tails)
    return np.sum(power * density, axis=-1) / np.sum(density, axis=-1)


Ancova.methods = {
    "simple": PowerMethod(
        prose="noncentral t with residual variance (1 - r²)σ². The usual choice; takes the baseline means as equal, so "
        "it claims a little too much in small arms, and now and then asks for one participant per arm too few.",
        formula="analysis of covariance, noncentral t with residual variance (1 - r²)σ² and n - 3 degrees of freedom",
        reference="Borm, Fransen & Lemmens 2007",
    ),
    "exact": PowerMethod(
        prose="the same, averaged over the chance imbalance of the baseline means. Exact for a normal baseline and "
        "residuals; used where arms are small.",
        formula="analysis of covariance, noncentral t averaged over the chance imbalance of the baseline",
        reference="Shieh 2020",
    ),
}
