"""Families that test every endpoint at levels which depend on the others: the power of each, of any and of all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan.design import Design
from trialplan.numerics.lazy import np, special
from trialplan.numerics.multinormal import bivariate_cdf
from trialplan.page import Table
from trialplan.parameter import Numbers, parameter
from trialplan.several._family import Family
from trialplan.several._fields import correlation
from trialplan.several._powers import ALL, ANY, FAR, score
from trialplan.text import listed_apart, number, probability
from trialplan.wrapper import ON_ITS_NULL, Names

WinsIf = Literal["any", "all"]
"""What counts as success: at least one endpoint that is shown, or every one."""

_POINTS = 2**17
"""Of the lattice for three endpoints and more: the power is right to some 0.001."""


@dataclass(frozen=True, kw_only=True)
class _Stepwise(Family):
    """A procedure on the P values of the endpoints, one-sided in the treatment's favour.

    It says the shares of the level that each endpoint may come to be tested at (`levels`), and which hypotheses are
    rejected at P values (`rejected`). What is known of a P value is between which of these levels it lies; so the power
    of the procedure follows from each endpoint's own power at each of them, and from their correlation.
    """

    correlation: Numbers | tuple[float, ...] = correlation()
    wins_if: WinsIf = parameter("what the trial must show: any endpoint, or all", WinsIf, default="any")

    @property
    def adjusts(self) -> bool:
        """They are."""
        return True

    @property
    def any_will_do(self) -> bool:
        """As it says."""
        return self.wins_if == "any"

    @property
    def shares_by_bonferroni(self) -> bool:
        """Whether every intersection is tested by shares of the level that add up to it, so that looks may be taken."""
        return False

    def levels(self) -> tuple[tuple[float, ...], ...]:
        """For each endpoint the shares of the level at which it may be tested, ascending."""
        raise NotImplementedError

    def adjusted(self, p_values: Any) -> Any:
        """Adjusted P values, of the side in the treatment's favour, for P values of shape (…, endpoints)."""
        raise NotImplementedError

    def rejected(self, shares: Any) -> Any:
        """Which hypotheses are rejected where P values are these shares of the level: shape (…, endpoints)."""
        return self.adjusted(np.asarray(shares) * _LEVEL) <= _LEVEL * (1 + 1e-9)  # a share may be one of thirds

    # Between the levels.

    @cached_property
    def _at_levels(self) -> list[list[Design]]:
        """Each hypothesis at each of its levels."""
        return [
            [one.replace(alpha=self.alpha * share, sides=self.sides) for share in shares]
            for one, shares in zip(self.hypotheses, self.levels(), strict=True)
        ]

    def _limits(self, n: Numbers) -> list[list[Numbers]]:
        """The normal score of the power of each hypothesis at each level."""
        return [self._scores(each, n) for each in self._at_levels]

    def _scores(self, designs: Sequence[Design], n: Numbers) -> list[Numbers]:
        of_one = self.participants_of_one(n)
        with np.errstate(all="ignore"):
            return [score(one.success(of_one)) for one in designs]

    @cached_property
    def _table(self) -> Any:
        """Which hypotheses are rejected, by the step of each P value: shape (steps, …, endpoints)."""
        return self.rejected(np.stack(np.meshgrid(*self._edges, indexing="ij"), axis=-1))

    @property
    def _edges(self) -> list[tuple[float, ...]]:
        """The upper ends of each P value's steps, as shares of the level."""
        return [(*one, _BEYOND) for one in self.levels()]

    def at_steps(self, steps: Sequence[Any]) -> Any:
        """Which hypotheses are rejected where their P values lie in these steps, arrays of them; by the table."""
        if math.prod(map(len, self._edges)) <= _CELLS:
            return self._table[tuple(steps)]
        # of graphs that give every intersection levels of its own a table would be endless
        shares = [np.array(edge)[step] for edge, step in zip(self._edges, steps, strict=True)]
        return self.rejected(np.stack(shares, axis=-1))

    def of_rejections(self, rejected: Any) -> Any:
        """What is asked of rejections: each hypothesis, then any, then all, on the last axis."""
        return np.concatenate([rejected, rejected.any(-1, keepdims=True), rejected.all(-1, keepdims=True)], axis=-1)

    def powers(self, n: Numbers) -> Any:
        """The probability that each hypothesis is rejected, then any, then all: on the last axis."""
        self.require_effect()
        limits = self._limits(n)
        return self._of_two(limits) if len(limits) == 2 else self._of_several(limits)

    def _of_two(self, limits: list[list[Numbers]]) -> Any:
        """Cell by cell of the steps of two P values, exactly."""
        first, second = ([-FAR, *one, FAR] for one in limits)
        joint = [[bivariate_cdf(a, b, self.correlations[0][1]) for b in second] for a in first]
        corners = np.stack([np.stack(np.broadcast_arrays(*row)) for row in np.broadcast_arrays(*map(_stacked, joint))])
        cells = np.maximum(np.diff(np.diff(corners, axis=0), axis=1), 0.0)
        return np.moveaxis(np.einsum("ij...,ijk->k...", cells, self.of_rejections(self._table).astype(float)), 0, -1)

    def _of_several(self, limits: list[list[Numbers]]) -> Any:
        """Over a lattice of correlated normal variables, one grid cell after the other."""
        flat = np.broadcast_arrays(
            *(one for each in limits for one in each), *(c for r in self.correlations for c in r)
        )
        shape, k = np.shape(flat[0]), len(limits)
        counts = [len(each) for each in limits]
        found = np.empty((*shape, k + 2))
        for index in np.ndindex(shape):
            values = [float(one[index]) for one in flat]
            root = np.linalg.cholesky(np.array(values[sum(counts) :]).reshape(k, k))
            drawn = lattice(k) @ root.T
            edges = np.split(np.array(values[: sum(counts)]), np.cumsum(counts)[:-1])
            steps = [np.searchsorted(edge, drawn[:, j], side="left") for j, edge in enumerate(edges)]
            found[index] = self.of_rejections(self.at_steps(steps)).mean(axis=0)
        return found

    def success(self, n: Numbers) -> Numbers:
        """The probability that any, or all, are shown."""
        return self.powers(n)[..., ANY if self.wins_if == "any" else ALL]

    def all_shown(self, n: Numbers) -> Numbers:
        """By the procedure, whatever the trial needs."""
        return self.powers(n)[..., ALL]

    def at_null(self) -> tuple[Any, ...]:
        """Where any will do, all members on their nulls together; else one of them, the others as they are planned."""
        if self.wins_if == "all":
            return super().at_null()
        nulls = [one.at_null() for one in self.members]
        return (self.with_members(tuple(each[0] for each in nulls)),) if all(nulls) else ()

    @property
    def null_in_words(self) -> str:
        """As those."""
        return super().null_in_words if self.wins_if == "all" else f"every {self.numbered[0]} lay {ON_ITS_NULL}"

    # Participants.

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistics, and which hypotheses are rejected in favour by the procedure: (trials, endpoints) each."""
        steps, statistics = [], []
        for each, of in zip(self._at_levels, data, strict=True):
            found = [one.analyse(of, fraction) for one in each]
            statistic = found[-1][0]
            rejects = np.stack([rejects for _, rejects in found]) & (statistic > 0)
            steps.append((~rejects).sum(axis=0))
            statistics.append(statistic)
        return np.stack(statistics, axis=-1), self.at_steps(steps)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The greatest of the statistics and whether any is shown; the least, and whether all are."""
        statistics, shown = self.shown(data, fraction)
        if self.wins_if == "any":
            return statistics.max(axis=-1), shown.any(axis=-1)
        return statistics.min(axis=-1), shown.all(axis=-1)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """Beside what every family says, the power of each hypothesis by the procedure, of any and of all."""
        found = super().details(n, target)
        if found:
            powers = [float(one) for one in self.powers(n)]
            found["hypotheses"] = [{"hypothesis": i, "power": one} for i, one in enumerate(powers[:-2], 1)]
            found["power_of_any"], found["power_of_all"] = powers[-2:]
        return found

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The same as tables, the procedure's first."""
        shown = extra.get("hypotheses", ())
        rows = [[names.tested[one["hypothesis"] - 1], probability(one["power"])] for one in shown]
        title = f"Each {self.numbered[0]} by the procedure"
        return [
            Table((self.numbered[0], "shown by the procedure"), rows, title, right=frozenset({1})),
            *super().named_tables(extra, names),
        ]

    @property
    def _kept(self) -> str:
        """What the procedure does to the level."""
        return "kept"

    def _must_show(self, names: Sequence[str]) -> str:
        sided = "two-sided" if self.sides == 2 else "one-sided"
        needed = "at least one of them" if self.wins_if == "any" else "every one of them"
        return (
            f"{listed_apart(names)} are a family, whose chance of any false claim is {self._kept} at "
            f"{number(self.alpha)}, {sided}; the trial succeeds if {needed} is shown"
        )


_CELLS = 100_000
"""Of a table of steps, beyond which the procedure is followed for each point."""

_LEVEL = 1e-3
"""A level at which procedures are asked what they reject: it is only the shares of it that matter."""

_BEYOND = 500.0
"""A P value that no level reaches, as a share of the level."""


def _stacked(row: list[Any]) -> Any:
    return np.stack(np.broadcast_arrays(*row))


def lattice(k: int) -> Any:
    """Standard normal points that fill k dimensions evenly: multiples of irrational numbers, less their whole parts.

    The root of x^(k+1) = x + 1 gives the steps (Roberts 2018, the generalised golden ratio).
    """
    if k not in _LATTICES:
        ratio = 2.0
        for _ in range(64):
            ratio = (1 + ratio) ** (1 / (k + 1))
        steps = ratio ** -np.arange(1.0, k + 1)
        _LATTICES[k] = special.ndtri(np.modf(0.5 + np.arange(1, _POINTS + 1)[:, None] * steps)[0])
    return _LATTICES[k]


_LATTICES: dict[int, Any] = {}
"""Remembered: a search asks for the same points at every n."""


def shares_of(weights: Sequence[float] | None, k: int) -> tuple[float, ...]:
    """The weights of k endpoints; without any, equal ones."""
    return tuple(weights) if weights is not None else (1 / k,) * k


def percent(share: float) -> str:
    """A share of the level as it is read."""
    return f"{math.floor(share * 1000 + 0.5) / 10:g} %"
