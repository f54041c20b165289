"""How a quantity is shown: its words, its colours, its axis. Participants go by ratios, power from 0 to 1."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, wording
from trialplan.numerics.lazy import np


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What a picture counts: whether ratios matter, the words for its absence, how a value is said, if it is whole."""

    by_ratio: bool
    missing: str
    say: Callable[[float], str]
    whole: bool = True

    def limits(self, values: Any) -> tuple[float, float]:
        """The ends of the scale that holds the values; never the same."""
        if not self.by_ratio:
            return 0.0, 1.0
        known = values[~np.isnan(values)]
        low, high = (float(known.min()), float(known.max())) if known.size else (10.0, 1000.0)
        return (low, high) if high > 1.05 * low else (low / 1.5, high * 1.5)

    def norm(self, values: Any) -> Any:
        """From values to positions on the colour scale."""
        colors = canvas.part("colors")
        return (colors.LogNorm if self.by_ratio else colors.Normalize)(*self.limits(values))

    def ticks(self, low: float, high: float) -> list[float]:
        """Round values for an axis from `low` to `high`."""
        return by_ratio(low, high) if self.by_ratio else [i / 5 for i in range(6)]


QUANTITIES = {
    "participants": Quantity(by_ratio=True, missing="no number of participants", say=wording.count),
    "pairs": Quantity(by_ratio=True, missing="no number of pairs", say=wording.count),
    "power": Quantity(by_ratio=False, missing="no power", say=wording.share),
}


def quantity(name: str) -> Quantity:
    """How the quantity of this name is shown; one that has no words of its own is an effect, in its unit."""
    return QUANTITIES.get(name.partition(" per ")[0].removesuffix(" in all"), _EFFECT)  # those per arm, too


_EFFECT = Quantity(by_ratio=True, missing="not known", say=lambda value: f"{value:.3g}", whole=False)


def by_ratio(low: float, high: float, most: int = 10) -> list[float]:
    """Round values on a logarithmic axis: 1, 2, 5, 10 … or only the powers of ten where those are many.

    >>> by_ratio(14, 9147), by_ratio(2, 1e8)
    ([20, 50, 100, 200, 500, 1000, 2000, 5000], [10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000])
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1,)):
        found = [_whole(digit * 10.0**decade) for decade in decades for digit in digits]
        inside = [value for value in found if low <= value <= high]
        if len(inside) <= most:
            return inside if len(inside) > 2 else evenly(low, high, whole=low >= 1)
    return inside[:: math.ceil(len(inside) / most)]


def evenly(low: float, high: float, most: int = 7, whole: bool = False) -> list[float]:
    """Round values on a linear axis, whole ones where only those make sense."""
    locator = canvas.part("ticker").MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole)
    found = locator.tick_values(low, high)
    inside = [float(value) for value in found if low - 1e-12 <= value <= high + 1e-12]
    return [_whole(value) for value in inside]


@functools.cache
def colours() -> Any:
    """From pale to dark: ordered in print without colour and for any colour vision (ColorBrewer's YlGnBu)."""
    whole = canvas.library().colormaps["YlGnBu"]
    return canvas.part("colors").ListedColormap(whole(np.linspace(0.04, 0.94, 256)))


def legible(colour: Sequence[float]) -> str:
    """Black or white, whichever stands out more from a colour (contrast ratio of WCAG 2.1).

    Black, not ink: the worst colour between the two then still has a contrast of 4.58, above the 4.5 that small
    letters need; with ink it would be 3.8.
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + _FLARE) > (luminance + _FLARE) / _FLARE else "black"


_FLARE = 0.05
"""What the contrast ratio adds to each luminance; all that there is of black."""


def _whole(value: float) -> float:
    return round(value) if value == round(value) else value
