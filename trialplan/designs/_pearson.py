"""Pearson's chi-squared test of how often each of several categories occurs, in two arms or in several groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.designs import _groups as grouped
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide, least, where
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Interval, Numbers, largest, parameters, smallest


@dataclass(frozen=True, kw_only=True)
class _Pearson(grouped.AllAtOnce):
    """A table of groups and categories, of which all differences are tested at once and in no direction.

    References:
        Pearson (1900), Philosophical Magazine 50:157 (the test).
        Guenther (1977), The American Statistician 31:83 (power by the noncentral chi-squared distribution).
    """

    exact = False
    decides = "the chi-squared statistic decides"
    reference = "Guenther 1977"

    def ways(self) -> list[list[tuple[Numbers, Numbers]]]:
        """Of each category in each group the probability where nothing of the plan is true, and that of the plan."""
        raise NotImplementedError

    def check(self) -> None:
        """Probabilities on the way to the plan, and beyond it."""
        for probability in (one for group in self.probabilities() for one in group):
            if smallest(probability) <= 0 or largest(probability) >= 1:
                reason = f"leaves a category with a probability of {smallest(probability):.6g}"
                name = self.effect
                raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))

    def probabilities(self) -> list[list[Numbers]]:
        """Of each category in each group, as far as the plan is true."""
        share = self.value("effect")
        return [[none + share * (planned - none) for none, planned in group] for group in self.ways()]

    def effect_domain(self) -> Interval:
        """As far beyond the plan as it leaves every category a probability."""
        room: Any = parameters(type(self))[self.effect].domain.high  # type: ignore[union-attr]
        for none, planned in (one for group in self.ways() for one in group):
            room = least(room, divide(where(planned > none, 1 - none, none), abs(planned - none)))
        return Interval(0, smallest(room), "left")

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the chi-squared statistic: n times Cohen's squared w."""
        shares, total = self.split(1.0), 0.0
        for column in zip(*self.probabilities(), strict=True):
            mean, away = grouped.about_mean(column, shares)
            total += sum(share * one**2 for share, one in zip(shares, away, strict=True)) / mean
        return n * total

    @property
    def degrees_of_freedom(self) -> int:
        """Of the table, whose totals are given."""
        table = self.ways()
        return (len(table) - 1) * (len(table[0]) - 1)

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        df = self.degrees_of_freedom
        return 1 - special.chndtr(special.chdtri(df, self.alpha), df, self.noncentrality(n))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The degrees of freedom."""
        return super().details(n, target) | {"degrees_of_freedom": self.degrees_of_freedom}

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Categories of each group's participants, numbered from 0."""
        sizes = map(round, self.split(n))
        return tuple(
            rng.choice(len(p), (trials, size), p=np.array(p) / sum(p))
            for p, size in zip(self.probabilities(), sizes, strict=True)
        )

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """Pearson's chi-squared, and whether it rejects, trial by trial.

        Categories that nobody is in are left out, with their degrees of freedom.
        """
        groups = [group[:, : round(fraction * group.shape[1])] for group in data]
        if not all(group.shape[1] for group in groups):
            return np.zeros(len(groups[0])), np.zeros(len(groups[0]), dtype=bool)
        sizes = np.array([group.shape[1] for group in groups], dtype=float)[:, None, None]
        categories = range(len(self.ways()[0]))
        seen = np.stack([[(group == one).sum(axis=1) for one in categories] for group in groups]).astype(float)
        together = seen.sum(axis=0)
        expected = sizes / sizes.sum() * together
        terms = np.divide((seen - expected) ** 2, expected, out=np.zeros_like(seen), where=expected > 0)
        statistic, df = terms.sum(axis=(0, 1)), (len(groups) - 1) * ((together > 0).sum(axis=0) - 1)
        p = np.where(df > 0, special.chdtrc(np.maximum(df, 1), statistic), 1.0)
        return statistic, p <= self.alpha
