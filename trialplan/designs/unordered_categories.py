"""Categories without an order, in two arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.designs import _groups as grouped
from trialplan.designs._pearson import _Pearson
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.outcome import CATEGORY
from trialplan.parameter import PROPORTION, Numbers, largest, parameter

_COMPLETE = 1e-9
"""How near to 1 probabilities must add up that are all of them."""


@dataclass(frozen=True, kw_only=True)
class UnorderedCategories(_Pearson):
    """Do two arms differ in how often each of several categories occurs?

    Pearson's chi-squared test, of all differences at once and in no direction: what is shown is that the arms differ,
    not how, so the level is that of both sides. Where the categories have an order, ordered-categories asks for less.

    >>> design = UnorderedCategories(control=(0.2, 0.3, 0.5), treatment=(0.3, 0.35, 0.35))
    >>> round(design.unrounded(0.9), 3)
    502.971

    References:
        Pearson (1900), Philosophical Magazine 50:157 (the test).
        Guenther (1977), The American Statistician 31:83 (power by the noncentral chi-squared distribution).
    """

    outcome = grouped.Differences("unordered categories", CATEGORY, "difference", "arms")
    letters = {
        "q_j": "the mean of a category's probabilities, weighted by the arms",
        "c": "the number of categories",
        "χ": "the root of a chi-squared variable with so many degrees of freedom, noncentral by λ",
    }
    formula = "Pearson's chi-squared test, noncentral chi-squared distribution"
    tex = (
        r"1-\beta = \Pr\left(\chi^2_{c-1}(\lambda)>\chi^2_{c-1,\,1-\alpha}\right),\quad "
        r"\lambda = n\,w_T\,w_C\sum_j\frac{\left(p_{Tj}-p_{Cj}\right)^2}{q_j}"
    )
    stated_example = "--control 0.2,0.3,0.5 --treatment 0.3,0.35,0.35 --power 0.9 --n 504"

    control: Numbers | tuple[float, ...] = parameter(
        "probability of each category in the control arm; the last may be left out, for it is what is left",
        PROPORTION,
        axis="categories",
        but_last="probability of each category but the last in the control arm",
        symbol="p_C",
        unit="proportion",
        typical=(0.1, 0.2),
    )
    treatment: Numbers | tuple[float, ...] = parameter(
        "probability of each category in the treatment arm, in the same order",
        PROPORTION,
        axis="categories",
        but_last="probability of each category but the last in the treatment arm",
        symbol="p_T",
        unit="proportion",
        typical=(0.22, 0.32),
        of_each="probability of each category in each treatment arm",
    )
    realised: Numbers = grouped.realised("planned difference between the arms")
    sides: Literal[2] = grouped.sides("arms")
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Probabilities that add up to at most 1, in as many categories for both arms, on the way to the plan too."""
        arms = [self._complete(name) for name in ("treatment", "control")]
        if len(arms[0]) != len(arms[1]):
            reason = f"has {len(arms[0])} categories, and the control arm {len(arms[1])}"
            raise ParameterError(reason, owner=self, parameter="treatment", value=self.treatment)
        super().check()

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The probabilities of both arms; that the plan is true is the rule."""
        return ("control", "treatment")

    def _complete(self, name: str) -> list[Numbers]:
        """Of all categories of an arm, in their order."""
        found = places(getattr(self, name))
        total: Any = sum(found)
        if largest(abs(total - 1)) <= _COMPLETE:
            complete = found
        elif largest(total) < 1 - _COMPLETE:
            complete = [*found, 1 - total]
        else:
            reason = f"must add up to 1, or to less where the last category is left out, not to {largest(total):.6g}"
            raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))
        if len(complete) < 2:
            way_out = f"give {field(name)} more probabilities"
            raise ParameterError("must be two categories or more", owner=self, parameter=name, way_out=way_out)
        return complete

    def ways(self) -> list[list[tuple[Numbers, Numbers]]]:
        """Of the treatment arm from the control's probabilities to its own; the control stays as it is."""
        planned, control = self._complete("treatment"), self._complete("control")
        return [list(zip(control, arm, strict=True)) for arm in (planned, control)]
