"""Categories without an order, in two arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, least, where
from trialplan.numerics.lazy import np, special
from trialplan.outcome import EffectScale, Outcome
from trialplan.parameter import PROPORTION, Interval, Numbers, largest, parameter, parameters, smallest

_COMPLETE = 1e-9
"""How near to 1 probabilities must add up that are all of them."""


class Categories(Outcome):
    """Outcomes that lie in one of several categories, none better than another."""

    kind = "unordered categories"

    def effect_scale(self, design: Sized) -> EffectScale:
        """How much of the planned difference there is."""
        name = "share of the planned difference"
        return EffectScale(name=name, short=name, of_plan="the planned difference between the arms")

    def better(self, design: Design) -> str:
        """No direction is."""
        return "any difference between the arms counts"


@dataclass(frozen=True, kw_only=True)
class UnorderedCategories(Design):
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

    outcome = Categories()
    letters = {
        "q_j": "the mean of a category's probabilities, weighted by the arms",
        "c": "the number of categories",
        "χ": "the root of a chi-squared variable with so many degrees of freedom, noncentral by λ",
    }
    exact = False
    directed = False
    decides = "the chi-squared statistic decides"
    formula = "Pearson's chi-squared test, noncentral chi-squared distribution"
    reference = "Guenther 1977"
    tex = (
        r"1-\beta = \Pr\left(\chi^2_{c-1}(\lambda)>\chi^2_{c-1,\,1-\alpha}\right),\quad "
        r"\lambda = n\,w_T\,w_C\sum_j\frac{\left(p_{Tj}-p_{Cj}\right)^2}{q_j}"
    )
    stated_example = "--control 0.2,0.3,0.5 --treatment 0.3,0.35,0.35 --power 0.9 --n 504"

    control: Numbers | tuple[float, ...] = parameter(
        "probability of each category in the control arm; the last may be left out, for it is what is left",
        PROPORTION,
        axis="categories",
        symbol="p_C",
        unit="proportion",
        typical=(0.1, 0.2),
    )
    treatment: Numbers | tuple[float, ...] = parameter(
        "probability of each category in the treatment arm, in the same order",
        PROPORTION,
        axis="categories",
        symbol="p_T",
        unit="proportion",
        typical=(0.22, 0.32),
    )
    realised: Numbers = parameter(
        "share of the planned difference between the arms that is true: 1 is the plan, 0 no difference",
        Interval(0, 10, "left"),
        role="effect",
        default=1.0,
        typical=(0.7, 1.3),
    )
    sides: Literal[2] = parameter(
        "number of sides: 2, for the test asks whether the arms differ, in no direction", (2,), optional=True
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Probabilities that add up to at most 1, in as many categories for both arms, on the way to the plan too."""
        arms = [self._complete(name) for name in ("treatment", "control")]
        if len(arms[0]) != len(arms[1]):
            reason = f"has {len(arms[0])} categories, and the control arm {len(arms[1])}"
            raise ParameterError(reason, owner=self, parameter="treatment", value=self.treatment)
        for probability in self.probabilities()[0]:
            if smallest(probability) <= 0 or largest(probability) >= 1:
                reason = f"leaves a category with a probability of {smallest(probability):.6g}"
                raise ParameterError(reason, owner=self, parameter="realised", value=self.realised)

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

    def probabilities(self) -> tuple[list[Numbers], list[Numbers]]:
        """Of all categories: treatment, as far as the plan is true, and control."""
        planned, control = self._complete("treatment"), self._complete("control")
        return [c + self.realised * (t - c) for t, c in zip(planned, control, strict=True)], control

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference."""
        return (0.0,)

    def effect_domain(self) -> Interval:
        """As far beyond the plan as it leaves every category a probability."""
        room: Any = parameters(type(self))["realised"].domain.high  # type: ignore[union-attr]
        for t, c in zip(self._complete("treatment"), self._complete("control"), strict=True):
            there = where(t > c, 1 - c, c)
            room = least(room, divide(there, abs(t - c)))
        return Interval(0, smallest(room), "left")

    def reachable(self) -> Any:
        """Whether any category's probability differs."""
        return self.noncentrality(1.0) > 0

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the chi-squared statistic: n times Cohen's squared w."""
        share_t, share_c = self.split(1.0)
        total: Any = 0.0
        for t, c in zip(*self.probabilities(), strict=True):
            total = total + (t - c) ** 2 / (share_t * t + share_c * c)
        return n * share_t * share_c * total

    @property
    def degrees_of_freedom(self) -> int:
        """One fewer than there are categories."""
        return len(self._complete("control")) - 1

    def power(self, n: Numbers) -> Numbers:
        """The upper tail at the whole level: the statistic has no direction."""
        df = self.degrees_of_freedom
        critical = special.chdtri(df, self.alpha)
        return 1 - special.chndtr(critical, df, self.noncentrality(n))

    def success(self, n: Numbers) -> Numbers:
        """Any difference is one."""
        return self.power(n)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The degrees of freedom."""
        return super().details(n, target) | {"degrees_of_freedom": self.degrees_of_freedom}

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Categories, numbered from 0: treatment, control."""
        sizes = map(round, self.split(n))
        return tuple(
            rng.choice(len(p), (trials, size), p=np.array(p) / sum(p))
            for p, size in zip(self.probabilities(), sizes, strict=True)
        )

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """Pearson's chi-squared, and whether it rejects, trial by trial.

        Categories that nobody is in are left out, with their degree of freedom.
        """
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        sizes = [arm.shape[1] for arm in arms]
        if not all(sizes):
            return np.zeros(len(arms[0])), np.zeros(len(arms[0]), dtype=bool)
        statistic, p = pearson(arms, len(self._complete("control")))
        return statistic, p <= self.alpha


def pearson(groups: Sequence[Any], categories: int) -> tuple[Any, Any]:
    """Pearson's chi-squared and its P value, trial by trial, of groups whose participants' categories count from 0."""
    sizes = np.array([group.shape[1] for group in groups], dtype=float)[:, None, None]
    seen = np.stack([[(group == one).sum(axis=1) for one in range(categories)] for group in groups]).astype(float)
    together = seen.sum(axis=0)
    expected = sizes / sizes.sum() * together
    terms = np.divide((seen - expected) ** 2, expected, out=np.zeros_like(seen), where=expected > 0)
    statistic, df = terms.sum(axis=(0, 1)), (len(groups) - 1) * ((together > 0).sum(axis=0) - 1)
    return statistic, np.where(df > 0, special.chdtrc(np.maximum(df, 1), statistic), 1.0)
