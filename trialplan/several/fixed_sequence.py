"""Endpoints in a fixed order: each is tested only if all before it were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.figures.graph import Graph
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import multivariate_cdf
from trialplan.page import Table
from trialplan.parameter import Numbers, parameter
from trialplan.several._correlation import of_statistics
from trialplan.several._family import Family
from trialplan.several._fields import correlation
from trialplan.text import listed_apart, probability
from trialplan.wrapper import ON_ITS_NULL, Names

WinsIf = Literal["all", "any"]
"""What counts as success: every step, or any, which is the first one."""


@dataclass(frozen=True, kw_only=True)
class FixedSequence(Family):
    """Are the endpoints significant in the treatment's favour, one after the other in the order that is stated?

    Each is tested at the full level, and the first that is missed ends the testing: so the level is kept whatever the
    correlation. The trial succeeds if all are shown, or with wins_if = "any" once the first is. The statistics are
    taken as jointly normal, each with the power that its own formula gives; the latent correlation is that of the
    Gaussian copula of the outcomes.

    >>> from trialplan import TwoMeans
    >>> steps = [TwoMeans(difference=0.4, sd=1, test="z") for _ in range(3)]
    >>> answer = FixedSequence(members=steps, correlation=0.5).sample_size(0.8)
    >>> answer.n, [round(step["power"], 3) for step in answer.extra["steps"]]
    (274, [0.912, 0.85, 0.804])

    References:
        Maurer, Hothorn & Lehmacher (1995), in Vollmar (ed.), Biometrie in der chemisch-pharmazeutischen Industrie 6:3.
        Westfall & Krishen (2001), Journal of Statistical Planning and Inference 99:25 (the order keeps the level).
        Sozu, Sugimoto & Hamasaki (2010), Statistics in Medicine 29:2169 (the joint law of the statistics).
    """

    correlation: Numbers | tuple[float, ...] = correlation()
    wins_if: WinsIf = parameter("what the trial must show: all steps, or any, the first", WinsIf, default="all")

    @property
    def in_order(self) -> bool:
        """It is one."""
        return True

    @property
    def decisive(self) -> tuple[int, ...]:
        """All steps; where any will do the first one, without which no other is tested."""
        return super().decisive if self.wins_if == "all" else (0,)

    def success(self, n: Numbers) -> Numbers:
        """The probability that all steps are shown, of the joint normal distribution; of any the first one's power."""
        if self.wins_if == "any":
            return self.hypotheses[0].success(self.participants_of_one(n))
        return multivariate_cdf(self.scores(n), self.correlations)

    def steps(self, n: Numbers) -> list[Numbers]:
        """The probability that each step is reached and shown, with all before it."""
        scores, joint = self.scores(n), self.correlations
        return [multivariate_cdf(scores[:k], [row[:k] for row in joint[:k]]) for k in range(1, len(scores) + 1)]

    def all_shown(self, n: Numbers) -> Numbers:
        """That of the last step, in its turn."""
        return multivariate_cdf(self.scores(n), self.correlations)

    def at_null(self) -> tuple[FixedSequence, ...]:
        """One member on its null; only the first one's null is one where the first is what is to be shown."""
        if self.wins_if == "all":
            return super().at_null()
        return tuple(self.with_members((null, *self.members[1:])) for null in self.lead.at_null())

    @property
    def null_in_words(self) -> str:
        """As those."""
        return super().null_in_words if self.wins_if == "all" else f"the first {self.numbered[0]} lay {ON_ITS_NULL}"

    def rule_figure(self, names: Sequence[str]) -> Graph:
        """A chain: all of the level is the first one's, and goes along the order."""
        k = self.tests_made
        arrows = [[float(j == i + 1) for j in range(k)] for i in range(k)]
        return Graph(
            nodes=[(name, float(not i)) for i, name in enumerate(names)], arrows=arrows, level=float(self.alpha)
        )

    def rule_in_words(self, names: Sequence[str]) -> str:
        """In which order, each at the full level."""
        needed = "every one of them is shown" if self.wins_if == "all" else f"{names[0]} is shown"
        return (
            f"{listed_apart(names)} are tested in this order: {self._each_level()}, each only if all before it were "
            f"shown, so the family keeps its level. The trial succeeds if {needed}"
        )

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The least of the members' statistics, and whether all reject in favour; where any will do, the first's."""
        statistics, shown = self.analyse_each(data, fraction)
        if self.wins_if == "any":
            return statistics[..., 0], shown[..., 0]
        return statistics.min(axis=-1), shown.all(axis=-1)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """Beside what every family says, each step's power in its turn."""
        found = super().details(n, target)
        if found:
            found["steps"] = [{"step": i, "power": float(power)} for i, power in enumerate(self.steps(n), 1)]
        return found

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The same as tables, the steps first."""
        rows = [[names.tested[one["step"] - 1], probability(one["power"])] for one in extra.get("steps", ())]
        steps = Table(("step", "shown in its turn"), rows, "Each endpoint in its turn", right=frozenset({1}))
        return [steps, *super().named_tables(extra, names)]


def shown_in_turn(designs: Sequence[Design], counts: Sequence[float], correlation: float) -> list[float]:
    """The probability that each of several endpoints is shown with all before it, in their order.

    `counts` are the participants who have each outcome, the fewer among the more. `correlation` is the latent one of
    every pair of outcomes, positive where a participant who does better on one does better on the other.
    Raises ParameterError where an outcome cannot be joined with others, as one that is counted by stage.
    """
    for one in designs:
        if len(one.latent()) != len(designs[0].arm_names):
            raise ParameterError("counts groups that are not the arms, and cannot be joined with others", owner=one)
    places = range(len(designs))
    joint = [[_joined(designs, counts, correlation, i, j) for j in places] for i in places]
    scores = [
        float(np.clip(normal_quantile(float(one.success(n))), -_FAR, _FAR))
        for one, n in zip(designs, counts, strict=True)
    ]
    return [float(multivariate_cdf(scores[: k + 1], [row[: k + 1] for row in joint[: k + 1]])) for k in places]


_FAR = 30.0
"""Normal scores beyond which power is 0 or 1 to a computer."""


def _joined(designs: Sequence[Design], counts: Sequence[float], correlation: float, i: int, j: int) -> float:
    """The correlation of two statistics, of which the smaller number of participants is part of the larger."""
    if i == j:
        return 1.0
    one, other = designs[i], designs[j]
    shared = (min(counts[i], counts[j]) / max(counts[i], counts[j])) ** 0.5
    return float(shared) * float(of_statistics(one, other, correlation * one.sign * other.sign))
