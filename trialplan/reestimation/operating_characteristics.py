"""OperatingCharacteristics: the level, power and n that a re-estimated trial has at one truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trialplan.design import Design
from trialplan.numerics.lazy import np


@dataclass(frozen=True, kw_only=True)
class OperatingCharacteristics:
    """What the re-estimated trial does at one truth, and what the fixed one of the planned n does there.

    `rejects` counts rejections either way, `favours` those in the treatment's favour. Their standard error is 0 where
    every count was enumerated. `chances` are those of each total.
    """

    truth: Design
    rejects: float
    favours: float
    standard_error: float
    fixed_rejects: float
    fixed_favours: float
    chances: Mapping[int, float] = field(repr=False)

    @property
    def mean_n(self) -> float:
        """The participants that are needed on average."""
        return sum(n * p for n, p in self.chances.items()) / sum(self.chances.values())

    def quantile(self, share: float) -> int:
        """The total that is not exceeded with this probability."""
        sizes = sorted(self.chances)
        reached = np.cumsum([self.chances[n] for n in sizes])
        return sizes[min(int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))), len(sizes) - 1)]
