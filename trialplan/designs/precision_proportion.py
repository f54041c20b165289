"""Enough participants to know one proportion to a given width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _stated_rates as stated_rates
from trialplan.errors import UnreachableError
from trialplan.numerics.binomial_limits import LIMITS
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np, special
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.text import percent

IntervalName = Literal["wald", "wilson", "clopper-pearson", "agresti-coull"]
"""The intervals of a rate."""

_SEARCHED = 20_000
"""Participants up to which a width that is to be kept is tried, n by n."""


@dataclass(frozen=True, kw_only=True)
class PrecisionProportion(Sized):
    """How many participants make the confidence interval of a rate as narrow as asked for?

    The width is the interval's at the expected rate. With a probability it is as narrow as that in so many of repeated
    trials, counted over the responses that they may have; without one, in about half. There is no test and no power.

    >>> PrecisionProportion(expected=0.5, width=0.2, interval="wald").sample_size().n
    97
    >>> kept = PrecisionProportion(expected=0.1, width=0.12, interval="clopper-pearson", probability=0.8).sample_size()
    >>> kept.n, kept.extra["searched_to"]
    (131, 262)

    References:
        Wilson (1927), JASA 22:209. Clopper & Pearson (1934), Biometrika 26:404.
        Brown, Cai & DasGupta (2001), Statistical Science 16:101 (why not wald).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    slips = stated_rates.WIDTH_SLIPS
    stated_example = "--expected 0.5 --width 0.2 --n 97"

    expected: Numbers = parameter(
        "rate that is expected", PROPORTION, symbol="p", unit="proportion", typical=(0.2, 0.8)
    )
    width: Numbers = parameter(
        "full width of the interval that is wanted",
        PROPORTION,
        unit="difference of proportions",
        typical=(0.1, 0.4),
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    interval: IntervalName = parameter("the interval", IntervalName, role="method", default="wilson")
    probability: Numbers | None = parameter(
        "probability that the interval is as narrow as wanted; without it the expected rate counts as seen",
        PROPORTION,
        optional=True,
        unit="proportion",
        typical=(0.7, 0.95),
    )

    @property
    def formula(self) -> str:
        """The name of the formula."""
        at = "at the expected rate" if self.probability is None else "over the counts that may be seen, enumerated"
        return f"width of the {self.interval.title()} interval {at}"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return _REFERENCES[self.interval]

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants at the expected rate, or that which it keeps to so often."""
        if self.probability is not None:
            return _kept(n, self.expected, self.confidence, self.probability, self.interval)
        lower, upper = self._limits(n)
        return upper - lower

    def _limits(self, n: Numbers) -> tuple[Numbers, Numbers]:
        return LIMITS[self.interval](self.expected, n, normal_quantile(0.5 + self.confidence / 2))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The limits as the formula gives them, beyond 0 or 1 where it does."""
        lower, upper = self._limits(n)
        return {"lower": float(lower), "upper": float(upper)}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The limits, cut at 0 and 100 %, which no rate passes, and said to be."""
        if not extra:
            return []
        lower, upper = extra["lower"], extra["upper"]
        inside = max(lower, 0.0), min(upper, 1.0)
        cut = "" if inside == (lower, upper) else f"  (cut at 0 and 100 %; by the formula {lower:.4f} to {upper:.4f})"
        rows = [("limits", f"{percent(inside[0])} to {percent(inside[1])}{cut}")]
        if "first_n" in extra:
            first, searched = extra["first_n"], extra["searched_to"]
            rows.append(("first n", f"{first:,}; the width that is kept is a saw-tooth, searched to {searched:,}"))
        return rows

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for.

        With a probability, what is kept is a saw-tooth in n: those from which it is kept for good, as far as searched.
        """
        width = self._asked("width", target)
        if self.probability is None:
            return sizing.size_width(self, width)
        numbers = np.broadcast_arrays(self.expected, width, self.confidence, self.probability)
        if not numbers[0].ndim:
            first, n, searched = _searched(self, width)
            attained = float(self.attained(n))
            return SampleSize(
                design=self,
                target=width,
                n=n,
                arms=self.arms(n),
                power=attained,
                extra=self.details(n, width) | {"first_n": first, "searched_to": searched},
            )
        return self._grid(width, numbers)

    def _grid(self, width: Numbers, numbers: Sequence[Any]) -> SampleSize:
        """The answers for arrays, each cell searched on its own."""
        n, attained = np.full(numbers[0].shape, np.nan), np.full(numbers[0].shape, np.nan)
        reasons = np.full(n.shape, None, dtype=object)
        names = ("expected", "width", "confidence", "probability")
        for cell in np.ndindex(n.shape):
            one = self.replace(**{name: float(each[cell]) for name, each in zip(names, numbers, strict=True)})
            try:
                n[cell] = _searched(one, one.width)[1]
                attained[cell] = one.attained(int(n[cell]))
            except UnreachableError as why:
                reasons[cell] = why.sentence
        whole = sizing.whole(n)
        return SampleSize(design=self, target=width, n=whole, arms={"treatment": whole}, power=attained, reason=reasons)


def _searched(design: PrecisionProportion, width: float) -> tuple[int, int, int]:
    """The first n that keeps the width, that from which it is kept for good, and how far was searched."""
    wide, first, n = 0, 0, 0
    while n < 2 * (wide + 1) or not first:
        n += 1
        if n > _SEARCHED:
            reason = f"no number of participants up to {_SEARCHED:,} keeps a width of {width:g} so often"
            raise UnreachableError(reason, owner=design, way_out="ask for a wider interval, or leave probability out")
        kept = _kept(n, design.expected, design.confidence, design.probability, design.interval) <= width
        first = first or (n if kept else 0)
        wide = wide if kept else n
    return first, wide + 1, n


def _kept(n: Numbers, rate: Numbers, confidence: Numbers, probability: Numbers | None, interval: str) -> Numbers:
    """The width that the interval keeps to with this probability: over every count of responses, by its chance."""

    def one(n: float, rate: float, confidence: float, probability: float) -> float:
        x, z = np.arange(round(n) + 1), normal_quantile(0.5 + confidence / 2)
        with np.errstate(all="ignore"):
            lower, upper = LIMITS[interval](x / n, n, z)
        # an exact limit beyond no response, or beyond all, is 0 or 1
        width = np.where(np.isnan(upper), 1.0, upper) - np.where(np.isnan(lower), 0.0, lower)
        order = np.argsort(width, kind="stable")
        choose = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
        chance = np.exp(choose + x * np.log(rate) + (n - x) * np.log1p(-rate))[order].cumsum()
        return float(width[order][min(int(np.searchsorted(chance, probability)), len(x) - 1)])

    found = np.vectorize(one, otypes=[float])(n, rate, confidence, probability)
    return found if found.ndim else float(found)


_REFERENCES = {
    "wald": "Newcombe 1998, Statistics in Medicine 17:857, method 1",
    "wilson": "Wilson 1927",
    "agresti-coull": "Agresti & Coull 1998, The American Statistician 52:119",
    "clopper-pearson": "Clopper & Pearson 1934",
}
