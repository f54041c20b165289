"""Holm's procedure: the smallest P value first, each next one at a larger level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures.graph import Graph
from trialplan.parameter import Numbers
from trialplan.several import _graph as graphs
from trialplan.several._stepwise import _Stepwise
from trialplan.several._weights import truncation


@dataclass(frozen=True, kw_only=True)
class Holm(_Stepwise):
    """Which of the endpoints are significant in the treatment's favour, by Holm's procedure?

    The smallest of k P values is held against the level over k, the next one against that over k - 1, and so on until
    one is kept. Any correlation keeps the level. Truncated, it keeps some level for a further family.

    >>> from trialplan import TwoMeans
    >>> ends = [TwoMeans(difference=0.4, sd=1, test="z") for _ in range(2)]
    >>> [round(float(power), 4) for power in Holm(members=ends, correlation=0.5).powers(200)]
    [0.7732, 0.7732, 0.8593, 0.6872]

    References:
        Holm (1979), Scandinavian Journal of Statistics 6:65.
        Dmitrienko, Tamhane & Wiens (2008), Biometrical Journal 50:667 (truncated).
    """

    truncation: Numbers = truncation()

    @property
    def shares_by_bonferroni(self) -> bool:
        """They do; truncated, less is used."""
        return True

    def levels(self) -> tuple[tuple[float, ...], ...]:
        """The steps' levels, the same for each."""
        k = self.tests_made
        return (tuple(sorted(set(graphs.stepwise_levels(k, float(self.truncation))))),) * k

    def adjusted(self, p_values: Any) -> Any:
        """The smallest level at which each is rejected, for P values of shape (…, endpoints)."""
        return graphs.holm_adjusted(p_values, float(self.truncation))

    def rule_figure(self, names: Sequence[str]) -> Graph | None:
        """A graph of equal shares that are handed on evenly; truncated, it is none."""
        if self.truncation != 1:
            return None
        k = self.tests_made
        return Graph(nodes=[(name, 1 / k) for name in names], arrows=graphs.complete(k), level=float(self.alpha))

    def rule_in_words(self, names: Sequence[str]) -> str:
        """Step down."""
        how = "Holm's procedure" if self.truncation == 1 else f"Holm's procedure, truncated at {self.truncation:g}"
        return f"{self._must_show(names)}. They are tested by {how}: the smallest P value first, each at its level"
