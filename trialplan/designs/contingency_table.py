"""Categories without an order, in several groups."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan.design import Design
from trialplan.designs import _written as written
from trialplan.designs.unordered_categories import Categories, pearson
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide, least, where
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Interval, Numbers, largest, parameter, parameters, smallest

_EXAMPLE = "0.2,0.3,0.5/0.3,0.35,0.35/0.35,0.35,0.3"
_COMPLETE = 1e-6
"""How near to 1 the probabilities of a group must add up: they are typed, and so rounded."""

_MOST_GROUPS = 20


def _read_rows(value: Any) -> str:
    """A row of probabilities for each group, as many in each, that add up to 1; as it is written."""
    rows = written.rows(value, _EXAMPLE)
    if not 2 <= len(rows) <= _MOST_GROUPS or len({len(one) for one in rows}) > 1 or len(rows[0]) < 2:
        reason = f"must be as many probabilities, two or more, in each of 2 to {_MOST_GROUPS} groups"
        raise ParameterError(reason, way_out=f"write them as in {_EXAMPLE}")
    for one in rows:
        if min(one) <= 0 or max(one) >= 1 or abs(sum(one) - 1) > _COMPLETE:
            reason = f"must be probabilities in (0, 1) that add up to 1 in each group, not {sum(one):.6g}"
            raise ParameterError(reason, way_out=f"write them as in {_EXAMPLE}")
    return "/".join(",".join(f"{p:.12g}" for p in one) for one in rows)


@dataclass(frozen=True, kw_only=True)
class ContingencyTable(Design):
    """Do several groups differ in how often each of several categories occurs?

    Pearson's chi-squared test of a table of groups and categories: of all differences at once and in no direction. What
    is shown is that not all groups are alike, and not which of them differs, nor how.

    >>> design = ContingencyTable(rows="0.2,0.3,0.5/0.3,0.35,0.35")
    >>> round(design.unrounded(0.9), 3)
    502.971

    References:
        Pearson (1900), Philosophical Magazine 50:157 (the test).
        Guenther (1977), The American Statistician 31:83 (power by the noncentral chi-squared distribution).
    """

    outcome = Categories()
    letters = {
        "w_g": "a group's share of the participants",
        "p_gj": "the probability of category j in that group",
        "q_j": "the mean of a category's probabilities, weighted by the groups",
        "G": "the number of groups",
        "c": "the number of categories",
        "χ": "the root of a chi-squared variable with so many degrees of freedom, noncentral by λ",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)
    exact = False
    directed = False
    decides = "the chi-squared statistic decides"
    formula = "Pearson's chi-squared test of groups and categories, noncentral chi-squared distribution"
    reference = "Guenther 1977"
    tex = (
        r"1-\beta = \Pr\left(\chi^2_{(G-1)(c-1)}(\lambda)>\chi^2_{(G-1)(c-1),\,1-\alpha}\right),\quad "
        r"\lambda = n\sum_g\sum_j\frac{w_g\left(p_{gj}-q_j\right)^2}{q_j}"
    )
    stated_example = f"--rows {_EXAMPLE} --power 0.9 --n 453"

    rows: str = parameter(
        "probability of each category in each group: a row for each group, a / between them",
        None,
        read=_read_rows,
        example=_EXAMPLE,
    )
    realised: Numbers = parameter(
        "share of the planned differences between the groups that is true: 1 is the plan, 0 no difference",
        Interval(0, 10, "left"),
        role="effect",
        default=1.0,
        typical=(0.7, 1.3),
    )
    sides: Literal[2] = parameter(
        "number of sides: 2, for the test asks whether the groups differ, in no direction", (2,), optional=True
    )
    group_sizes: str | None = parameter(
        "participants of each group in one allocation block, as in 2:1:1; as many of each if it is not given",
        None,
        optional=True,
        read=written.group_sizes,
        shown="2:1:1",
    )

    def check(self) -> None:
        """A size for each group, and probabilities on the way to the plan and beyond."""
        if len(self.parts) != len(self._planned):
            reason = f"must be {len(self._planned)} numbers, one for each group"
            raise ParameterError(reason, owner=self, parameter="group_sizes", value=self.group_sizes)
        for probability in (one for group in self.probabilities() for one in group):
            if smallest(probability) <= 0 or largest(probability) >= 1:
                reason = f"leaves a category with a probability of {smallest(probability):.6g}"
                raise ParameterError(reason, owner=self, parameter="realised", value=self.realised)

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The table; that the plan is true is the rule."""
        return ("rows",)

    @functools.cached_property
    def _planned(self) -> tuple[tuple[float, ...], ...]:
        """The probabilities of the plan, a row a group."""
        return written.rows(self.rows, _EXAMPLE)

    @property
    def parts(self) -> tuple[int, ...]:
        """Participants of each group in a block."""
        return written.parts_of(self.group_sizes, len(self._planned))

    @property
    def weights(self) -> tuple[int, ...]:
        """All participants of a block."""
        return (sum(self.parts),)

    def _together(self) -> list[float]:
        """The probability of each category among all participants."""
        shares = [part / self.block for part in self.parts]
        return [sum(w * p for w, p in zip(shares, column, strict=True)) for column in zip(*self._planned, strict=True)]

    def probabilities(self) -> list[list[Numbers]]:
        """Of each category in each group, as far as the plan is true."""
        mean = self._together()
        return [[q + self.realised * (p - q) for p, q in zip(group, mean, strict=True)] for group in self._planned]

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference."""
        return (0.0,)

    def effect_domain(self) -> Interval:
        """As far beyond the plan as it leaves every category a probability."""
        room: Any = parameters(type(self))["realised"].domain.high  # type: ignore[union-attr]
        for group in self._planned:
            for p, q in zip(group, self._together(), strict=True):
                room = least(room, divide(where(p > q, 1 - q, q), abs(p - q)))
        return Interval(0, smallest(room), "left")

    def reachable(self) -> Any:
        """Whether any probability differs."""
        return self.noncentrality(1.0) > 0

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the chi-squared statistic: n times Cohen's squared w."""
        total: Any = 0.0
        for part, group in zip(self.parts, self.probabilities(), strict=True):
            for p, q in zip(group, self._together(), strict=True):
                total = total + part / self.block * (p - q) ** 2 / q
        return n * total

    @property
    def degrees_of_freedom(self) -> int:
        """Of the table, whose totals are given."""
        return (len(self._planned) - 1) * (len(self._planned[0]) - 1)

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        df = self.degrees_of_freedom
        return 1 - special.chndtr(special.chdtri(df, self.alpha), df, self.noncentrality(n))

    def success(self, n: Numbers) -> Numbers:
        """Any difference is one."""
        return self.power(n)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The degrees of freedom."""
        return super().details(n, target) | {"degrees_of_freedom": self.degrees_of_freedom}

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Categories of each group's participants, numbered from 0."""
        sizes = (part * (n // self.block) for part in self.parts)
        return tuple(
            rng.choice(len(p), (trials, size), p=np.array(p) / sum(p))
            for p, size in zip(self.probabilities(), sizes, strict=True)
        )

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """Pearson's chi-squared, and whether it rejects, trial by trial, without categories that nobody is in."""
        groups = [group[:, : round(fraction * group.shape[1])] for group in data]
        if not all(group.shape[1] for group in groups):
            return np.zeros(len(groups[0])), np.zeros(len(groups[0]), dtype=bool)
        statistic, p = pearson(groups, len(self._planned[0]))
        return statistic, p <= self.alpha
