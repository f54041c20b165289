"""Means of several groups, compared all at once."""

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
from trialplan.parameter import REAL, Numbers, parameter


@dataclass(frozen=True, kw_only=True)
class OneWayAnova(grouped.AllAtOnce):
    """Do the means of several groups differ?

    The F test of a one-way analysis of variance: of all differences at once and in no direction. What is shown is that
    the groups differ, not which; to show which treatments are better than a control, compare each with it by Dunnett's
    test. Of two groups it is the two-sided t test.

    >>> design = OneWayAnova(group_means=(1.5, 2.5, 2.0), sd=3)
    >>> round(design.unrounded(0.8), 2), round(design.details(525, 0.8)["cohen_f"], 4)
    (523.28, 0.1361)

    References:
        Fisher (1925), Statistical Methods for Research Workers, ch. 7 (the test).
        Tang (1938), Statistical Research Memoirs 2:126 (power by the noncentral F distribution).
        Cohen (1988), Statistical Power Analysis, 2nd ed., ch. 8 (f).
    """

    outcome = grouped.Differences("measurements in groups", MEASUREMENT, "differences", "groups")
    letters = {
        "μ_j": "a group's mean",
        "μ": "the mean of all, weighted by the groups' sizes",
        "w_j": "a group's share of the participants",
        "k": "the number of groups",
        "F": "a variable of Fisher's F distribution with so many degrees of freedom, noncentral by λ",
        "ρ": "the share of the planned differences that is true",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)  # of an instance, its groups
    of_groups = True
    exact = True
    decides = "the F statistic decides"
    formula = "one-way analysis of variance, noncentral F distribution"
    reference = "Tang 1938"
    tex = (
        r"1-\beta = \Pr\left({F}_{k-1,\,n-k}(\lambda)>{F}_{k-1,\,n-k,\,1-\alpha}\right),\quad "
        r"\lambda = n\,\rho^2\sum_j w_j\frac{\left(\mu_j-\mu\right)^2}{\sigma^2}"
    )
    stated_example = "--group-means 1.5,2.5,2 --sd 3 --power 0.8 --n 525"

    group_means: Numbers | tuple[float, ...] = parameter(
        "mean of each group",
        REAL,
        axis="groups",
        symbol="μ_j",
        unit="units of the outcome",
        typical=(0.2, 1.2),
        example=(0.2, 1.2, 0.7),
    )
    sd: Numbers = spread.sd("standard deviation between participants of a group")
    group_sizes: str | None = grouped.sizes("each group in one allocation block, in the order of the means")
    realised: Numbers = grouped.realised("planned differences between the means", symbol="ρ")
    sides: Literal[2] = grouped.sides("groups")

    def check(self) -> None:
        """Two groups or more, and a size for each."""
        groups = len(places(self.group_means))
        if not 2 <= groups <= f_test.MOST_MEANS:
            reason = f"must be those of 2 to {f_test.MOST_MEANS} groups, not of {groups}"
            raise ParameterError(reason, owner=self, parameter="group_means", value=self.group_means)
        grouped.divide(self, self.group_sizes, grouped.numbered(groups))

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The means and their spread; that the plan is true is the rule."""
        return ("group_means", "sd")

    def cohen_f(self) -> Numbers:
        """The standard deviation of the groups' means, weighted by their sizes, over that within a group."""
        means, shares = places(self.group_means), self.split(1.0)
        _, away = grouped.about_mean(means, shares)
        between: Any = sum(share * square(one) for share, one in zip(shares, away, strict=True))
        return self.realised * sqrt(between) / self.sd

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the F statistic."""
        return n * square(self.cohen_f())

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        between = len(self.arm_names) - 1
        return f_test.f_power(self.noncentrality(n), between, np.asarray(n) - between - 1, self.alpha)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """Cohen's f, by which other programs know the effect."""
        return super().details(n, target) | {"cohen_f": self.cohen_f()}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Cohen's f under its own name."""
        return [(label.replace("cohen f", "Cohen's f"), value) for label, value in super().detail_rows(extra)]

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes, one row a trial and one column a participant, group by group."""
        planned = places(self.group_means)
        means = [planned[0] + self.realised * (mean - planned[0]) for mean in planned]
        sizes = map(round, self.split(n))
        return tuple(rng.normal(mean, self.sd, (trials, size)) for mean, size in zip(means, sizes, strict=True))

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """F, the mean square between the groups over that within, and whether it rejects."""
        groups = [group[:, : round(fraction * group.shape[1])] for group in data]
        sizes = np.array([group.shape[1] for group in groups], dtype=float)
        between, within = len(groups) - 1, sizes.sum() - len(groups)
        if not sizes.all() or within <= 0:
            return np.zeros(len(data[0])), np.zeros(len(data[0]), dtype=bool)
        means = np.stack([group.mean(axis=1) for group in groups], axis=-1)
        centre = (sizes * means).sum(axis=-1, keepdims=True) / sizes.sum()
        apart = (sizes * (means - centre) ** 2).sum(axis=-1) / between
        inside = sum(group.var(axis=1) * group.shape[1] for group in groups) / within
        return f_test.f_verdict(apart, inside, between, within, self.alpha)
