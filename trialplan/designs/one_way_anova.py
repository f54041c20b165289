"""Means of several groups, compared all at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan.design import Design, Sized
from trialplan.designs import _spread as spread
from trialplan.designs import _written as written
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.elementary import sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.outcome import EffectScale, Outcome
from trialplan.parameter import REAL, Interval, Numbers, parameter

_EXAMPLE, _MOST_GROUPS, _MOST_OF_ONE = "2,1,1", 50, 1000


def _read_group_sizes(value: Any) -> tuple[int, ...]:
    """Whole numbers in lowest terms, one for each group."""
    sizes = written.row(value, _EXAMPLE)
    if len(sizes) < 2 or any(one not in range(1, _MOST_OF_ONE + 1) for one in sizes):
        raise ParameterError(f"must be whole numbers from 1 to {_MOST_OF_ONE}, one for each group, as in {_EXAMPLE}")
    whole = tuple(map(int, sizes))
    if (common := math.gcd(*whole)) > 1:
        lowest = ",".join(str(one // common) for one in whole)
        raise ParameterError("must be in lowest terms, for n is in whole blocks of it", way_out=f"write {lowest}")
    return whole


class GroupMeans(Outcome):
    """Normal outcomes of several groups, none compared with another before all are."""

    kind = "measurements in groups"

    def effect_scale(self, design: Sized) -> EffectScale:
        """How much of the planned distance between the means there is."""
        name = "share of the planned differences"
        return EffectScale(name=name, short=name, of_plan="the planned differences between the groups")

    def better(self, design: Design) -> str:
        """No direction is."""
        return "any difference between the groups counts"


@dataclass(frozen=True, kw_only=True)
class OneWayAnova(Design):
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

    outcome = GroupMeans()
    letters = {
        "μ_j": "a group's mean",
        "μ": "the mean of all, weighted by the groups' sizes",
        "w_j": "a group's share of the participants",
        "k": "the number of groups",
        "F": "a variable of Fisher's F distribution with so many degrees of freedom, noncentral by λ",
        "ρ": "the share of the planned differences that is true",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("group 1", "group 2", "group 3")  # of an instance, those that it has
    exact = True
    directed = False
    decides = "the F statistic decides"
    formula = "one-way analysis of variance, noncentral F distribution"
    reference = "Tang 1938"
    tex = (
        r"1-\beta = \Pr\left(F_{k-1,\,n-k}(\lambda)>F_{k-1,\,n-k,\,1-\alpha}\right),\quad "
        r"\lambda = n\,\rho^2\sum_j w_j\frac{\left(\mu_j-\mu\right)^2}{\sigma^2}"
    )
    stated_example = "--group-means 1.5,2.5,2 --sd 3 --power 0.8 --n 525"
    unscripted: ClassVar[tuple[str, ...]] = ("group_sizes",)

    group_means: Numbers | tuple[float, ...] = parameter(
        "mean of each group",
        REAL,
        axis="groups",
        symbol="μ_j",
        unit="units of the outcome",
        typical=(0.2, 1.2),
    )
    sd: Numbers = spread.sd("standard deviation between participants of a group")
    group_sizes: tuple[int, ...] | None = parameter(
        "participants of each group in one allocation block, in the order of the means; equal unless they are given",
        None,
        axis="groups",
        optional=True,
        read=_read_group_sizes,
    )
    realised: Numbers = parameter(
        "share of the planned differences between the means that is true: 1 is the plan, 0 no difference",
        Interval(0, 10, "left"),
        role="effect",
        default=1.0,
        symbol="ρ",
        typical=(0.7, 1.3),
    )
    sides: Literal[2] = parameter(
        "number of sides: 2, for the test asks whether the groups differ, in no direction", (2,), optional=True
    )

    def check(self) -> None:
        """Two groups or more, and a size for each."""
        groups = len(places(self.group_means))
        if not 2 <= groups <= _MOST_GROUPS:
            reason = f"must be those of 2 to {_MOST_GROUPS} groups, not of {groups}"
            raise ParameterError(reason, owner=self, parameter="group_means", value=self.group_means)
        if self.group_sizes is not None and len(self.group_sizes) != groups:
            reason = f"must be {groups} whole numbers, one for each mean"
            raise ParameterError(reason, owner=self, parameter="group_sizes", value=self.group_sizes)
        self._set("arm_names", tuple(f"group {i}" for i in range(1, groups + 1)))
        self._set("allocation", ":".join(map(str, self.group_sizes or (1,) * groups)))

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The means and their spread; that the plan is true is the rule."""
        return ("group_means", "sd")

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference."""
        return (0.0,)

    def reachable(self) -> Any:
        """Whether any mean differs."""
        return self.cohen_f() > 0

    def unreachable(self) -> UnreachableError:
        """Equal means cannot be told apart."""
        if float(self.realised) > 0:
            reason = "no number of participants can show a difference where all planned means are the same"
            return UnreachableError(
                reason, owner=self, value=self.group_means, way_out="give the means that you expect"
            )
        return super().unreachable()

    def cohen_f(self) -> Numbers:
        """The standard deviation of the groups' means, weighted by their sizes, over that within a group."""
        means, shares = places(self.group_means), self.split(1.0)
        centre: Any = sum(share * mean for share, mean in zip(shares, means, strict=True))
        between: Any = sum(share * square(mean - centre) for share, mean in zip(shares, means, strict=True))
        return self.realised * sqrt(between) / self.sd

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        groups = len(self.arm_names)
        usable = np.asarray(n) > groups
        within = np.where(usable, np.asarray(n, dtype=float) - groups, 1.0)
        # the quantile of the small tail is one over that of the other, with the degrees of freedom changed
        critical = 1 / special.fdtri(within, groups - 1, self.alpha)
        found = 1 - special.ncfdtr(groups - 1, within, n * square(self.cohen_f()), critical)
        return np.where(usable, found, 0.0)[()]

    def success(self, n: Numbers) -> Numbers:
        """Any difference is one."""
        return self.power(n)

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
        statistic = np.divide(apart, inside, out=np.zeros_like(apart), where=inside > 0)
        return statistic, special.fdtrc(between, within, statistic) <= self.alpha
