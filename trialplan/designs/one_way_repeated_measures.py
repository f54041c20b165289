"""Means of the same participants under several conditions, compared all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan.designs import _f_test as f_test
from trialplan.designs import _groups as grouped
from trialplan.designs import _spread as spread
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import sqrt, square
from trialplan.numerics.lazy import np
from trialplan.outcome import MEASUREMENT
from trialplan.parameter import REAL, Interval, Numbers, parameter, smallest


@dataclass(frozen=True, kw_only=True)
class OneWayRepeatedMeasures(grouped.AllAtOnce):
    """Do the means of the same participants differ between several conditions?

    The F test of a one-way analysis of variance with repeated measures: every participant is measured under every
    condition, at several times or with several treatments, and all differences are tested at once, in no direction.
    Any two measurements of a participant are correlated alike; where they are not, the test rejects too often. Of two
    conditions it is the two-sided paired t test.

    >>> design = OneWayRepeatedMeasures(condition_means=(10, 10, 12, 13), sd=6, correlation=0.6)
    >>> round(design.unrounded(0.9), 2), round(float(design.power(32)), 4)
    (31.55, 0.9046)

    References:
        O'Brien & Kaiser (1985), Psychological Bulletin 97:316 (the test, and where it errs).
        Tang (1938), Statistical Research Memoirs 2:126 (power by the noncentral F distribution).
    """

    outcome = grouped.Differences("measurements under several conditions", MEASUREMENT, "differences", "conditions")
    letters = {
        "μ_j": "the mean under a condition",
        "μ": "the mean of all conditions",
        "k": "the number of conditions",
        "F": "a variable of Fisher's F distribution with so many degrees of freedom, noncentral by λ",
        "ρ": "the share of the planned differences that is true",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)
    of_groups = True
    exact = True
    decides = "the F statistic decides"
    formula = "one-way analysis of variance with repeated measures, noncentral F distribution"
    reference = "Tang 1938; O'Brien & Kaiser 1985"
    tex = (
        r"1-\beta = \Pr\left({F}_{k-1,\,(n-1)(k-1)}(\lambda)>{F}_{k-1,\,(n-1)(k-1),\,1-\alpha}\right),\quad "
        r"\lambda = n\,\rho^2\sum_j \frac{\left(\mu_j-\mu\right)^2}{\sigma^2\left(1-r\right)}"
    )
    stated_example = "--condition-means 10,10,12,13 --sd 6 --correlation 0.6 --power 0.9 --n 32"

    condition_means: Numbers | tuple[float, ...] = parameter(
        "mean under each condition",
        REAL,
        axis="conditions",
        symbol="μ_j",
        unit="units of the outcome",
        typical=(0.2, 1.2),
        example=(0.2, 0.9, 0.7),
    )
    sd: Numbers = spread.sd("standard deviation between participants under one condition")
    correlation: Numbers = parameter(
        "correlation of two measurements of a participant, the same for any two conditions",
        Interval(-1, 1),
        role="association",
        symbol="r",
        typical=(0.2, 0.7),
    )
    realised: Numbers = grouped.realised("planned differences between the means", symbol="ρ")
    sides: Literal[2] = grouped.sides("conditions")

    def check(self) -> None:
        """Two conditions or more, whose measurements can all be correlated so."""
        conditions = len(places(self.condition_means))
        if not 2 <= conditions <= f_test.MOST_MEANS:
            reason = f"must be those under 2 to {f_test.MOST_MEANS} conditions, not {conditions}"
            raise ParameterError(reason, owner=self, parameter="condition_means", value=self.condition_means)
        if not smallest(self.correlation) > -1 / (conditions - 1):
            least = -1 / (conditions - 1)
            reason = f"must be more than {least:.4g}: any two of {conditions} measurements cannot have less"
            raise ParameterError(reason, owner=self, parameter="correlation", value=self.correlation)

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The means, their spread and the correlation; that the plan is true is the rule."""
        return ("condition_means", "sd", "correlation")

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the F statistic."""
        means = places(self.condition_means)
        _, away = grouped.about_mean(means, [1 / len(means)] * len(means))
        apart: Any = sum(square(one) for one in away)
        return n * square(self.realised / self.sd) * apart / (1 - self.correlation)

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        between = len(places(self.condition_means)) - 1
        return f_test.f_power(self.noncentrality(n), between, (np.asarray(n) - 1) * between, self.alpha)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes, one row a trial, one column a participant, and the conditions on the last axis.

        Independent numbers whose mean is stretched, and whose distances from it are shrunk, to the wanted correlation.
        """
        planned = places(self.condition_means)
        k = len(planned)
        means = np.array([planned[0] + self.realised * (mean - planned[0]) for mean in planned])
        own = rng.normal(0.0, 1.0, (trials, n, k))
        shared = own.mean(axis=-1, keepdims=True)
        own = sqrt(1 - self.correlation) * (own - shared) + sqrt(1 + (k - 1) * self.correlation) * shared
        return (means + self.sd * own,)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """F, the mean square between conditions over that of what is left within participants, and its verdict."""
        (seen,) = data
        seen = seen[:, : round(fraction * seen.shape[1])]
        n, between = seen.shape[1], seen.shape[2] - 1
        if n < 2:
            return np.zeros(len(seen)), np.zeros(len(seen), dtype=bool)
        within = (n - 1) * between
        of_conditions = seen.mean(axis=1, keepdims=True)
        centre = seen.mean(axis=(1, 2), keepdims=True)
        apart = n * np.square(of_conditions - centre).sum(axis=(1, 2)) / between
        left = seen - of_conditions - seen.mean(axis=2, keepdims=True) + centre
        return f_test.f_verdict(apart, np.square(left).sum(axis=(1, 2)) / within, between, within, self.alpha)
