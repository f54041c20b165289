"""Endpoints in a graph: each begins with a share of the level, and hands it on when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan.figures.graph import Graph
from trialplan.numerics.elementary import normal_cdf, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import multivariate_cdf
from trialplan.parameter import Numbers
from trialplan.several import _graph as graphs
from trialplan.several._stepwise import _Stepwise, percent, shares_of
from trialplan.several._weights import check_transitions, check_weights, initial_weights, rows_of, transitions
from trialplan.text import listed, listed_apart


@dataclass(frozen=True, kw_only=True)
class Graphical(_Stepwise):
    """Which of the endpoints are significant in the treatment's favour, by a graph that hands levels on?

    Each endpoint begins with its share of the level (`initial_weights`); one that is shown hands it on along its arrows
    (`transitions`), and the others go on with more. Any correlation keeps the level of the family. Fixed sequences,
    Holm, fallback and gatekeeping are graphs. Three endpoints and more are computed over a lattice of points, to some
    0.001.

    >>> from trialplan import TwoMeans
    >>> ends = [TwoMeans(difference=0.4, sd=1, test="z") for _ in range(2)]
    >>> trial = Graphical(members=ends, initial_weights=(0.8, 0.2), transitions=((0, 1), (1, 0)), correlation=0.5)
    >>> [round(float(power), 4) for power in trial.powers(200)]
    [0.7922, 0.7489, 0.851, 0.6901]
    >>> trial.adjusted([0.03, 0.009]).round(3).tolist()
    [0.038, 0.038]

    References:
        Bretz, Maurer, Brannath & Posch (2009), Statistics in Medicine 28:586 (the procedure, adjusted P values).
        Bretz, Posch, Glimm, Klinglmueller, Maurer & Rohmeyer (2011), Biometrical Journal 53:894 (power, other tests).
        Strassburger & Bretz (2008), Statistics in Medicine 27:4914; Guilbaud (2008), Biometrical Journal 50:678
        (simultaneous limits).
    """

    initial_weights: tuple[float, ...] | None = initial_weights()
    transitions: tuple[float, ...] | None = transitions()

    def check(self) -> None:
        """A graph of these endpoints."""
        super().check()
        check_weights(self, self.initial_weights, self.tests_made)
        check_transitions(self, self.transitions, self.tests_made)

    @property
    def shares_by_bonferroni(self) -> bool:
        """They do, in every graph."""
        return True

    @property
    def shares_at_first(self) -> tuple[float, ...]:
        """Of the level, endpoint by endpoint."""
        return shares_of(self.initial_weights, self.tests_made)

    @property
    def decisive(self) -> tuple[int, ...]:
        """Where any will do, those that begin with some of the level: without one of them nothing is handed on."""
        places = super().decisive
        return tuple(i for i in places if self.shares_at_first[i] > _NO_SHARE) if self.any_will_do else places

    @property
    def arrows(self) -> tuple[tuple[float, ...], ...]:
        """What each hands on to each."""
        k = self.tests_made
        return graphs.complete(k) if self.transitions is None else rows_of(self.transitions, k)

    @cached_property
    def _closure(self) -> dict[tuple[int, ...], Any]:
        return graphs.closure(self.shares_at_first, self.arrows)

    def levels(self) -> tuple[tuple[float, ...], ...]:
        """Every share that an endpoint has in an intersection; one that never has any is tested at next to nothing."""
        found = []
        for place in range(self.tests_made):
            shares = {round(float(w[place]), 12) for left, w in self._closure.items() if place in left}
            found.append(tuple(sorted(one for one in shares if one > _NO_SHARE)) or (_NO_SHARE,))
        return tuple(found)

    def adjusted(self, p_values: Any) -> Any:
        """The smallest level at which each is rejected, for P values of shape (…, endpoints)."""
        return graphs.adjusted(p_values, self.shares_at_first, self.arrows)

    def adjusted_by_simes(self, p_values: Any) -> Any:
        """The same with weighted Simes tests, valid where statistics are positively dependent."""
        return graphs.simes(p_values, self.shares_at_first, self.arrows)

    def adjusted_by_correlation(self, p_values: Any, correlations: Any) -> Any:
        """The same of one-sided P values whose normal scores have these correlations, of shape (endpoints, endpoints).

        Right to 1e-7; correlations that are known, as those of arms with one control.
        """
        return graphs.parametric(p_values, self.shares_at_first, self.arrows, correlations)

    def simultaneous_limits(
        self, estimates: Sequence[float], errors: Sequence[float], null: float = 0.0
    ) -> list[float]:
        """One-sided lower limits that hold together with confidence 1 less the level of a side, larger being better.

        Of a hypothesis that is kept at the share that it is left with; of one that is rejected the null itself, unless
        all are: then at the shares of the beginning, but not below the null (Strassburger & Bretz 2008).
        """
        z = (np.asarray(estimates, dtype=float) - null) / np.asarray(errors, dtype=float)
        level = float(self.level)
        rejected = self.adjusted(normal_cdf(-z)) <= level
        left = tuple(int(one) for one in np.flatnonzero(~rejected))
        shares = self._closure[left] if left else np.array(self.shares_at_first)
        limits = []
        for i, gone in enumerate(rejected):
            share = float(shares[i])
            limit = estimates[i] - upper_normal_quantile(share * level) * errors[i] if share > 0 else -np.inf
            limits.append(float(limit if not gone else max(null, limit) if not left else null))
        return limits

    def success(self, n: Numbers) -> Numbers:
        """Any: that not all P values are above their first shares; all: as the procedure goes."""
        if self.wins_if == "all":
            return super().success(n)
        return self._any(n)

    def _any(self, n: Numbers) -> Numbers:
        """The first rejection is at a first share, so that the joint normal distribution has it exactly."""
        places = [i for i, share in enumerate(self.shares_at_first) if share > _NO_SHARE]
        levels = self.levels()
        at_first = [self._at_levels[i][levels[i].index(round(self.shares_at_first[i], 12))] for i in places]
        own = self._scores(at_first, n)
        joint = [[self.correlations[i][j] for j in places] for i in places]
        return 1 - multivariate_cdf([-one for one in own], joint)

    def rule_figure(self, names: Sequence[str]) -> Graph:
        """The graph."""
        nodes = list(zip(names, self.shares_at_first, strict=True))
        return Graph(nodes=nodes, arrows=self.arrows, level=float(self.alpha))

    def rule_in_words(self, names: Sequence[str]) -> str:
        """The shares, and what is handed on."""
        shares = zip(names, self.shares_at_first, strict=True)
        first = listed_apart(f"{name} with {percent(share)}" for name, share in shares)
        handed = [
            f"{name} hands {listed(f'{percent(g)} of its share to {names[j]}' for j, g in enumerate(row) if g)}"
            for name, row in zip(names, self.arrows, strict=True)
            if any(row)
        ]
        if not handed:
            return f"{self._must_show(names)}. They are tested at shares of the level: {first}, and hand nothing on"
        return (
            f"{self._must_show(names)}. They are tested by a graphical procedure (Bretz et al. 2009), beginning "
            f"with shares of the level: {first}. Once it is shown, {'; '.join(handed)}"
        )


_NO_SHARE = 1e-9
"""A share of the level that stands for none: no design has a level of 0."""
