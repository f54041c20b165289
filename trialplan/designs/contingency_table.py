"""Categories without an order, in several groups."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan.designs import _groups as grouped
from trialplan.designs import _written as written
from trialplan.designs._pearson import _Pearson
from trialplan.outcome import CATEGORY
from trialplan.parameter import Numbers, parameter

_EXAMPLE = "0.2,0.3,0.5/0.3,0.35,0.35/0.35,0.35,0.3"
_MOST_GROUPS = 20
"""A bound against slips: the formula has none."""


def _read_rows(value: Any) -> str:
    """A row of probabilities for each group, as many in each, that add up to 1; as it is written."""
    return written.distributions(value, _EXAMPLE, "group", (2, _MOST_GROUPS), f"2 to {_MOST_GROUPS} groups")


@dataclass(frozen=True, kw_only=True)
class ContingencyTable(_Pearson):
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

    outcome = grouped.Differences("unordered categories", CATEGORY, "differences", "groups")
    letters = {
        "w_g": "a group's share of the participants",
        "p_gj": "the probability of category j in that group",
        "q_j": "the mean of a category's probabilities, weighted by the groups",
        "G": "the number of groups",
        "c": "the number of categories",
        "χ": "the root of a chi-squared variable with so many degrees of freedom, noncentral by λ",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)  # of an instance, its groups
    of_groups = True
    formula = "Pearson's chi-squared test of groups and categories, noncentral chi-squared distribution"
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
    realised: Numbers = grouped.realised("planned differences between the groups")
    sides: Literal[2] = grouped.sides("groups")
    group_sizes: str | None = grouped.sizes("each group in one allocation block, in the order of the rows")

    def check(self) -> None:
        """A size for each group, and probabilities on the way to the plan and beyond."""
        grouped.divide(self, self.group_sizes, grouped.numbered(len(self._planned)))
        super().check()

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The table; that the plan is true is the rule."""
        return ("rows",)

    @functools.cached_property
    def _planned(self) -> tuple[tuple[float, ...], ...]:
        """The probabilities of the plan, a row a group."""
        return written.rows(self.rows, _EXAMPLE)

    def ways(self) -> list[list[tuple[Numbers, Numbers]]]:
        """From the probabilities among all participants, which the plan leaves as they are, to those of each group."""
        shares, columns = self.split(1.0), zip(*self._planned, strict=True)
        together = [sum(share * p for share, p in zip(shares, column, strict=True)) for column in columns]
        return [list(zip(together, group, strict=True)) for group in self._planned]
