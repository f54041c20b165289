"""Sites, when they open, and the rates at which they recruit: which of these are known, and which only in the mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trialplan.errors import ParameterError
from trialplan.numerics.accrual import LATEST, Accrual
from trialplan.parameter import POSITIVE, Interval, Parameter
from trialplan.text import quoted

MOST_SITES = 10_000
"""Sites beyond which a number is a slip of the pen."""

RATE = Parameter("patients whom one site sees in a year", unit="a year", domain=POSITIVE)
SHAPE = Parameter("shape of the gamma distribution of rates between sites, 1/CV²", domain=POSITIVE, optional=True)
MONTH = Parameter("months from the start of the trial", unit="months", domain=Interval(0, LATEST, "left right"))


@dataclass(frozen=True, kw_only=True)
class Component:
    """One site: its mean rate a month, the shape of the gamma distribution around it, and the month it opens in.

    A rate that is known has an infinite shape.
    """

    shape: float
    rate: float
    opens: float

    @property
    def scale(self) -> float:
        """The scale of the gamma distribution; 0 where the rate is known."""
        return self.rate / self.shape


@dataclass(frozen=True, kw_only=True)
class Sites:
    """A group of sites alike: how many, how many participants each randomises a year, and when they open.

    Rates differ between sites by a gamma distribution of this `shape` around the mean `per_year`; without one every
    site has the mean rate, known. The first opens in month `opens_from`, the last in `opens_to`, the others evenly
    between.

    References:
        Anisimov & Fedorov (2007), Statistics in Medicine 26:4958 (Poisson recruitment at gamma rates).
    """

    number: int
    per_year: float
    shape: float | None = None
    opens_from: float = 0.0
    opens_to: float = 0.0
    name: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Every number in its domain, and the last site not before the first."""
        if isinstance(self.number, bool) or not isinstance(self.number, int) or not 0 < self.number <= MOST_SITES:
            reason = f"must be a whole number of sites from 1 to {MOST_SITES:,}, not {quoted(self.number)}"
            raise ParameterError(reason, owner="sites", parameter="sites", value=self.number)
        for name, declared in (("per_year", RATE), ("shape", SHAPE), ("opens_from", MONTH), ("opens_to", MONTH)):
            object.__setattr__(self, name, declared.check("sites", name, getattr(self, name)))
        if self.opens_to < self.opens_from:
            reason = f"is {self.opens_to:g}, before the first site opens in month {self.opens_from:g}"
            way_out = "the first month comes first, as in 3:15"
            raise ParameterError(reason, owner="sites", parameter="opens_to", value=self.opens_to, way_out=way_out)

    def months(self) -> list[float]:
        """The month in which each site opens."""
        apart = (self.opens_to - self.opens_from) / max(self.number - 1, 1)
        return [self.opens_from + apart * position for position in range(self.number)]

    def components(self) -> list[Component]:
        """Each site with its month."""
        shape = math.inf if self.shape is None else self.shape
        return [Component(shape=shape, rate=self.per_year / 12, opens=month) for month in self.months()]


def expected(groups: Sequence[Sites]) -> Accrual:
    """The expected recruitment of all sites together: a rate that rises by each site's mean when it opens.

    >>> expected([Sites(number=2, per_year=12, opens_from=3, opens_to=9)]).steps
    ((0.0, 0.0), (3.0, 1.0), (9.0, 2.0))
    """
    rises: dict[float, float] = {0.0: 0.0}
    for group in groups:
        for month in group.months():
            rises[month] = rises.get(month, 0.0) + group.per_year / 12
    steps, rate = [], 0.0
    for month in sorted(rises):
        rate += rises[month]
        steps.append((month, rate))
    return Accrual(steps=tuple(steps))


def as_many(groups: Sequence[Sites], number: int) -> tuple[Sites, ...]:
    """The groups with so many sites in all, in the shares that they have; a group that gets none is left out."""
    total = sum(group.number for group in groups)
    made, before, given = [], 0, 0
    for group in groups:
        before += group.number
        upto = number * before // total
        if upto > given:
            made.append(replace(group, number=upto - given))
        given = upto
    return tuple(made)


def at_rate(groups: Sequence[Sites], share: float) -> tuple[Sites, ...]:
    """The groups with this share of their mean rates."""
    return tuple(replace(group, per_year=group.per_year * share) for group in groups)


def under_way(group: Sites, so_far: Sequence[tuple[int, float]]) -> tuple[Component, ...]:
    """The group's sites from now on, of whom some have recruited: `so_far` are participants and months open of each.

    A gamma rate of shape a and scale b is gamma again once k came in t months, of shape a + k and scale b / (1 + b t)
    (conjugacy; Anisimov & Fedorov 2007, section 3). Sites that are not named open as planned, counted from the opening
    of the one that has been open longest.

    >>> group = Sites(number=3, per_year=24, shape=2)
    >>> [round(one.rate, 2) for one in under_way(group, [(10, 4), (3, 2), (0, 1)])]
    [2.4, 1.67, 1.0]
    """
    if group.shape is None:
        way_out = "with it, what came so far says how fast each site is"
        reason = "is needed where sites are under way: sites whose rates are known learn nothing"
        raise ParameterError(reason, owner="sites", parameter="shape", way_out=way_out)
    if len(so_far) > group.number:
        reason = f"are {group.number:,}, fewer than the {len(so_far):,} that have recruited"
        raise ParameterError(reason, owner="sites", parameter="sites", value=group.number)
    prior = group.components()[0]
    open_now = tuple(_learnt(prior, *one) for one in so_far)
    since = group.opens_from + max((months for _, months in so_far), default=0.0)
    later = group.components()[len(so_far) :]
    return (*open_now, *(replace(one, opens=max(one.opens - since, 0.0)) for one in later))


def _learnt(prior: Component, recruited: int, months: float) -> Component:
    shape, scale = prior.shape + recruited, prior.scale / (1 + prior.scale * months)
    return Component(shape=shape, rate=shape * scale, opens=0.0)
