"""Two means of a positive, skewed outcome, compared by their ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.designs.two_means import CALLED, TwoMeans, t_tests_power
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.outcomes.measurements import ADJUSTED
from trialplan.parameter import POSITIVE, Numbers, parameter
from trialplan.rejection import decide, no_evidence
from trialplan.stated import SizingMethod, Slip, sized_by


@dataclass(frozen=True, kw_only=True)
class RatioOfMeans(Design):
    """Is the treatment's mean a multiple of the control's, for an outcome that is log-normal?

    Student's t test on the logs; the coefficient of variation is the same in both arms, so the ratio of
    means is the ratio of geometric means, too. The margin is the limit of the ratio itself: 0.8, say,
    or 1.25; for equivalence either one stands for both. Used for drug concentrations, antibody titres,
    urinary protein; errs where the outcome can be 0 or its logs are skewed.

    >>> RatioOfMeans(ratio=0.95, cv=0.3, goal="equivalence", margin=1.25).sample_size(0.8).n
    76

    References:
        Julious (2004), Statistics in Medicine 23:1921, sections 3 to 5 (ratios of log-normal means).
        Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence as two one-sided tests).
        Owen (1965), Biometrika 52:437 (the power of both together).
    """

    outcome = ADJUSTED
    scale = "ratio"
    called = CALLED
    slips = (
        Slip(
            "the coefficient of variation is taken for the standard deviation of logs",
            ("cv",),
            lambda cv: math.sqrt(math.expm1(cv**2)),
        ),
    )
    formula = "Student's t test on logs, noncentral t distribution, log standard deviation √log(1 + CV²)"
    reference = "Julious 2004; for equivalence Owen 1965"
    exact = True  # for log-normal outcomes with one coefficient of variation
    statistic_is_z = True  # t counts as the z of its P value
    stated_example = "--ratio 1.5 --cv 0.6 --power 0.8 --n 62"

    ratio: Numbers = parameter(
        "ratio of the means, treatment to control",
        POSITIVE,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.2, 2.5),
    )
    cv: Numbers = parameter(
        "coefficient of variation between participants, in both arms: standard deviation over mean",
        POSITIVE,
        role="spread",
        symbol="CV",
        unit="ratio",
        typical=(0.3, 1.0),
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def check(self) -> None:
        """A margin that suits the goal."""
        fields.check_margin(self, centre=1.0)

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin."""
        noncentrality = r"\lambda = \frac{\left|\ln\rho\right|}{\sqrt{\ln(1+CV^2)}\,\sqrt{1/n_T+1/n_C}},\quad \nu = n-2"
        return "" if self.margin is not None else f"{T_POWER},\n{noncentrality}"

    def null_values(self) -> tuple[Numbers, ...]:
        """The ratios on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, reciprocal_limits, 1.0)

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary as differences of logs."""
        return tuple(np.log(limit) for limit in self.null_values())

    @property
    def log_sd(self) -> Numbers:
        """The standard deviation of natural logs."""
        return np.sqrt(np.log1p(np.square(self.cv)))

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the limit that the trial wants to leave behind, on the logs."""
        return self._distances(n)[0], n - 2

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test; for equivalence, both one-sided tests."""
        return t_tests_power(self._distances(n), n - 2, self.level, self.two_tailed)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return t_tests_power(self._distances(n), n - 2, self.level, both_tails=False)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the log ratio."""
        return self.log_sd * np.sqrt(sum(1 / size for size in self.split(n))), n - 2

    def arm_means(self) -> tuple[Numbers, ...]:
        """Of the logs, where the control's mean is 1."""
        middle = -(self.log_sd**2) / 2
        return np.log(self.ratio) + middle, middle

    def arm_sds(self) -> tuple[Numbers, ...]:
        """Of the logs, in both arms."""
        return self.log_sd, self.log_sd

    def _distances(self, n: Numbers) -> list[Numbers]:
        error, _ = self.standard_error(n)
        return [sign * divide(np.log(self.ratio) - limit, error) for limit, sign in self.sided_limits()]

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Outcomes, one row a trial and one column a participant: treatment, control with mean 1."""
        middle = -(self.log_sd**2) / 2
        treatment, control = map(round, self.split(n))
        return (
            self.ratio * rng.lognormal(middle, self.log_sd, (trials, treatment)),
            rng.lognormal(middle, self.log_sd, (trials, control)),
        )

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The difference of the mean logs over its pooled standard error, against the t critical value."""
        logs = [np.log(arm[:, : round(fraction * arm.shape[1])]) for arm in data]
        df = sum(arm.shape[1] for arm in logs) - 2
        if df < 1 or not all(arm.shape[1] for arm in logs):
            return no_evidence(self, len(logs[0]))
        pooled = sum(arm.var(axis=1) * arm.shape[1] for arm in logs) / df
        error = np.sqrt(pooled * sum(1 / arm.shape[1] for arm in logs))
        return decide(self, logs[0].mean(axis=1) - logs[1].mean(axis=1), error, upper_t_quantile(self.level, df))

    def z(self, data: tuple[Any, Any], fraction: float = 1) -> Any:
        """The normal score of the P value of t."""
        seen = sum(round(fraction * arm.shape[1]) for arm in data)
        return normal_score(self.analyse(data, fraction)[0], seen - 2)

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """z on the logs."""
        assert power is not None
        if len(self.limits()) == 2:
            return
        shared = {name: getattr(self, name) for name in ("favourable", "allocation", "alpha", "sides")}
        effect = float(np.log(self.ratio) - self.limits()[0])
        z = sized_by(TwoMeans(difference=effect, sd=float(self.log_sd), test="z", **shared), power, "z on logs")
        yield replace(z, cost=1)
