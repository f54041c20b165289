"""Hochberg's procedure: the largest P value first, each next one at a smaller level."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.parameter import Numbers, smallest
from trialplan.several import _graph as graphs
from trialplan.several._stepwise import _Stepwise
from trialplan.several._weights import truncation


@dataclass(frozen=True, kw_only=True)
class Hochberg(_Stepwise):
    """Which of the endpoints are significant in the treatment's favour, by Hochberg's procedure?

    The largest P value is held against the level, the next one against half of it, and so on; the first one that is
    small enough is rejected with all smaller ones. It shows more than Holm's, and keeps the level where the statistics
    are positively dependent or independent; not under every negative correlation.

    >>> from trialplan import TwoMeans
    >>> ends = [TwoMeans(difference=0.4, sd=1, test="z") for _ in range(2)]
    >>> [round(float(power), 4) for power in Hochberg(members=ends, correlation=0.5).powers(200)]
    [0.7834, 0.7834, 0.8694, 0.6974]

    References:
        Hochberg (1988), Biometrika 75:800.
        Sarkar (1998), Annals of Statistics 26:494 (the dependence under which it keeps the level).
        Dmitrienko, Tamhane & Wiens (2008), Biometrical Journal 50:667 (truncated).
    """

    truncation: Numbers = truncation()

    def levels(self) -> tuple[tuple[float, ...], ...]:
        """The steps' levels, the same for each."""
        k = self.tests_made
        return (tuple(sorted(set(graphs.stepwise_levels(k, float(self.truncation))))),) * k

    def adjusted(self, p_values: Any) -> Any:
        """The smallest level at which each is rejected, for P values of shape (…, endpoints)."""
        return graphs.hochberg_adjusted(p_values, float(self.truncation))

    def rule_in_words(self, names: Sequence[str]) -> str:
        """Step up, and what it rests on."""
        how = (
            "Hochberg's procedure"
            if self.truncation == 1
            else f"Hochberg's procedure, truncated at {self.truncation:g}"
        )
        return (
            f"{self._must_show(names)}. They are tested by {how}: the largest P value first, each at its level, and "
            f"the first that is small enough is shown with all smaller ones. {self._what_it_rests_on()}"
        )

    @property
    def _kept(self) -> str:
        """Not under every dependence."""
        return "kept" if self._least_correlation >= 0 else "aimed"

    @property
    def _least_correlation(self) -> float:
        """Of the statistics, by which the level stands (Sarkar 1998, Annals of Statistics 26:494)."""
        pairs = itertools.combinations(range(self.tests_made), 2)
        return min(smallest(self.correlations[i][j]) for i, j in pairs)

    def _what_it_rests_on(self) -> str:
        """Dependence under which the level is kept, and whether it is that which is planned."""
        least = self._least_correlation
        if least >= 0:
            return "It rests on endpoints that are independent or positively dependent"
        return (
            "It keeps the level of the family where the statistics are independent or positively dependent; here they "
            f"are planned with a correlation of {least:.3g}, so the level is not guaranteed (Holm's procedure keeps it "
            "whatever the correlation)"
        )
