"""What several experts believe of one number: a distribution fitted to the judgements of each, and their pool.

An expert gives quantiles (a probability and the value below which the number lies with it), or lays chips into bins
(the roulette of the Sheffield Elicitation Framework). A distribution is fitted by least squares on the cumulative
distribution function, as there (Oakley & O'Hagan, SHELF: the Sheffield Elicitation Framework), and the fits are pooled
linearly (Stone 1961, Ann Math Stat 32:1339) or logarithmically (Genest & Zidek 1986, Stat Sci 1:114).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from trialplan.belief.base import Belief
from trialplan.belief.elicit import Quantile
from trialplan.belief.families import Beta, LogNormal, Normal
from trialplan.belief.mixture import Mixture
from trialplan.errors import ParameterError, did_you_mean
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page
from trialplan.parameter import Interval
from trialplan.text import listed

if TYPE_CHECKING:
    from trialplan.figures import Curves

LINEAR, LOGARITHMIC = "linear", "logarithmic"
RULES = {
    LINEAR: "the weighted average of the experts' densities: as wide as they disagree",
    LOGARITHMIC: "their weighted geometric mean: narrower, where all of them see it likely",
}
POOR = 0.05
"""The difference between a stated and a fitted probability from which a fit is called poor."""

_LEAST, _MOST = 0.4, 0.6
"""Some probability must lie below the first and another above the second, or one tail is a guess."""


@dataclass(frozen=True)
class Family:
    """A family that judgements are fitted by: a belief of two real numbers, and those to start from."""

    made: Callable[[float, float], Belief]
    start: Callable[[float, float], tuple[float, float]]
    support: Interval


def _beta_start(mean: float, sd: float) -> tuple[float, float]:
    total = max(mean * (1 - mean) / sd**2 - 1, 2.0)
    return math.log(mean * total), math.log((1 - mean) * total)


def _log_normal_start(mean: float, sd: float) -> tuple[float, float]:
    return math.log(mean), math.log(max(sd / mean, 1e-3))


FAMILIES = {
    "beta": Family(lambda a, b: Beta(math.exp(a), math.exp(b)), _beta_start, Interval(0, 1)),
    "normal": Family(lambda m, s: Normal(m, math.exp(s)), lambda mean, sd: (mean, math.log(sd)), Interval()),
    "log-normal": Family(lambda m, s: LogNormal(m, math.exp(s)), _log_normal_start, Interval(0)),
}


@dataclass(frozen=True, kw_only=True)
class Expert:
    """One expert's judgements as points of a cumulative distribution function; `weight` is that in a pool."""

    name: str
    quantiles: tuple[Quantile, ...]
    weight: float = 1.0

    def __post_init__(self) -> None:
        points = sorted(self.quantiles)
        if len(points) < 2:
            raise ParameterError(f"expert {self.name} gives {len(points)} quantiles, and a fit needs two or more")
        for p, _ in points:
            if not 0 < p < 1:
                raise ParameterError(f"expert {self.name}: a probability must lie in (0, 1), not {p:g}")
        for (p, x), (q, y) in pairwise(points):
            if p == q or not x < y:
                raise ParameterError(
                    f"expert {self.name}: {x:g} at {p:g} and {y:g} at {q:g} fit no distribution; the higher "
                    "probability must belong to the higher value"
                )
        if not (points[0][0] < _LEAST and points[-1][0] > _MOST):
            raise ParameterError(
                f"expert {self.name}: the probabilities must reach below {_LEAST:g} and above {_MOST:g}, not from "
                f"{points[0][0]:g} to {points[-1][0]:g}; ask for a low and a high value"
            )
        if not 0 < self.weight < math.inf:
            raise ParameterError(f"expert {self.name}: a weight must lie in (0, ∞), not {self.weight:g}")

    @classmethod
    def from_chips(cls, name: str, edges: Sequence[float], chips: Sequence[int], weight: float = 1.0) -> Expert:
        """The expert who lays so many chips between each pair of edges: the shares up to each inner edge.

        >>> Expert.from_chips("A", [0, 0.1, 0.2, 0.3, 0.4], [2, 4, 3, 1]).quantiles
        ((0.2, 0.1), (0.6, 0.2), (0.9, 0.3))
        """
        if len(edges) != len(chips) + 1 or any(not low < high for low, high in pairwise(edges)):
            raise ParameterError(
                f"expert {name}: {len(chips)} bins need {len(chips) + 1} rising edges, not {list(edges)}"
            )
        if min(chips) < 0 or sum(chips) == 0:
            raise ParameterError(f"expert {name}: chips are counts of 0 or more, some above 0, not {list(chips)}")
        total, laid = sum(chips), 0
        points: list[Quantile] = []
        for edge, more in zip(edges[1:], chips, strict=True):
            laid += more
            if more and laid < total:
                points.append((laid / total, edge))
        return cls(name=name, quantiles=tuple(points), weight=weight)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One expert's belief as fitted, and how far it is from what was said.

    `sum_of_squares` is what was minimised, `largest_miss` the largest difference between a stated and a fitted
    probability, at the value `missed_at`.
    """

    expert: Expert
    belief: Belief
    sum_of_squares: float
    largest_miss: float
    missed_at: float

    @property
    def poor(self) -> bool:
        """Whether the family cannot say what the expert said."""
        return self.largest_miss > POOR


def fit(expert: Expert, family: str) -> Fit:
    """The distribution of a family nearest to an expert's judgements, by least squares on the cdf.

    >>> fitted = fit(Expert(name="A", quantiles=((0.25, 0.25), (0.5, 0.30), (0.75, 0.35))), "beta")
    >>> round(float(fitted.belief.a), 1), round(float(fitted.belief.b), 1)
    (11.6, 26.7)
    """
    from scipy.optimize import least_squares

    if family not in FAMILIES:
        raise ParameterError(f"there is no family {family!r} to fit; {did_you_mean(family, FAMILIES)}")
    made, start, support = FAMILIES[family].made, FAMILIES[family].start, FAMILIES[family].support
    p, x = (np.array(column) for column in zip(*sorted(expert.quantiles), strict=True))
    for value in x:
        if value not in support:
            way_out = "; fit"
            if support.high == 1 and value > 1:
                meant = f"if {value:g} % was meant, write {value / 100:g}, or " if value < 100 else ""
                way_out = f", which is {100 * value:g} %; {meant}fit"
            others = " or ".join(name for name, other in FAMILIES.items() if value in other.support)
            raise ParameterError(
                f"expert {expert.name}: a value must lie in {support}, not {value:g}{way_out} another family ({others})"
            )
    # half of the distance between the quartiles over 0.67 is an SD; here between whatever is nearest to them
    low, middle, high = np.interp([0.25, 0.5, 0.75], p, x)
    spread = max((high - low) / 1.349, (x[-1] - x[0]) / 8)

    def missed(numbers: Any) -> Any:
        return made(*np.clip(numbers, -500, 500)).cdf(x) - p

    found = least_squares(missed, start(float(middle), float(spread)), xtol=1e-14, ftol=1e-14, gtol=1e-14)
    misses = np.abs(found.fun)
    worst = int(np.argmax(misses))
    return Fit(
        expert=expert,
        belief=made(*map(float, found.x)),
        sum_of_squares=float((found.fun**2).sum()),
        largest_miss=float(misses[worst]),
        missed_at=float(x[worst]),
    )


@dataclass(frozen=True, kw_only=True, repr=False)
class Elicited(Answer):
    """The beliefs of several experts and their pool by a rule; `question` is what they were asked, if that is known."""

    family: str
    rule: str
    fits: tuple[Fit, ...]
    belief: Belief
    question: str = ""

    tolerated: ClassVar[float] = POOR

    @property
    def rule_means(self) -> str:
        """What the rule of the pool does, in words."""
        return RULES[self.rule]

    def page(self) -> Page:
        """Each expert's fit with what it misses, and the pool."""
        from trialplan.belief.experts_page import page

        return page(self)

    def figure(self, points: int = 121) -> Curves:
        """The densities of the experts and of their pool, at so many values."""
        from trialplan.belief.experts_page import figure

        return figure(self, points)

    @property
    def poor(self) -> tuple[str, ...]:
        """The experts whose judgements the family cannot say."""
        return tuple(one.expert.name for one in self.fits if one.poor)

    @property
    def label(self) -> str:
        """Who was asked, what was fitted, how they were pooled."""
        names = listed(one.expert.name for one in self.fits)
        pooled = "" if len(self.fits) == 1 else f", pooled by a {self.rule} rule"
        return f"{names}: {self.family} fitted by least squares on the cdf{pooled}"


def elicited(experts: Sequence[Expert], family: str, rule: str = LINEAR, question: str = "") -> Elicited:
    """The experts' fitted beliefs of one `question` and their pool; weights are taken as shares of their sum."""
    if not experts:
        raise ParameterError("there is no expert to pool")
    names = [one.name for one in experts]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(f"the expert {twice!r} is named twice; put all their quantiles into one")
    if rule not in RULES:
        raise ParameterError(f"there is no rule {rule!r} to pool by; {did_you_mean(rule, RULES)}")
    fits = tuple(fit(one, family) for one in experts)
    total = math.fsum(one.weight for one in experts)
    weights = tuple(one.weight / total for one in experts)
    beliefs = tuple(one.belief for one in fits)
    belief = beliefs[0] if len(beliefs) == 1 else _POOLS[rule](beliefs, weights)
    return Elicited(family=family, rule=rule, fits=fits, belief=belief, question=question)


def _linear(beliefs: tuple[Belief, ...], weights: tuple[float, ...]) -> Belief:
    return Mixture(beliefs, weights)


def _logarithmic(beliefs: tuple[Belief, ...], weights: tuple[float, ...]) -> Belief:
    """∏ densities^weight, normalised: of these families again one of them.

    Beta: the exponents a − 1 and b − 1 average, and so do a and b, since the weights sum to 1. Normal, and log-normal
    on the logs: precisions average, and means weighted by them; the factor 1/x of the log-normal stays as it is.
    """
    if all(isinstance(one, Beta) for one in beliefs):
        return Beta(
            *(math.fsum(w * getattr(one, part) for w, one in zip(weights, beliefs, strict=True)) for part in "ab")
        )
    precisions = [
        w / one.scale**2 for w, one in zip(weights, beliefs, strict=True) if isinstance(one, (Normal, LogNormal))
    ]
    means = [one.location for one in beliefs if isinstance(one, (Normal, LogNormal))]
    total = math.fsum(precisions)
    mean = math.fsum(p * m for p, m in zip(precisions, means, strict=True)) / total
    made = LogNormal if isinstance(beliefs[0], LogNormal) else Normal
    return made(mean, total**-0.5)


_POOLS: Mapping[str, Callable[[tuple[Belief, ...], tuple[float, ...]], Belief]] = {
    LINEAR: _linear,
    LOGARITHMIC: _logarithmic,
}
