"""A single-arm trial in two stages that may stop for futility after the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.designs import _single_arm as single_arm
from trialplan.errors import ParameterError
from trialplan.numerics.distributions import binomial_sf
from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import binomial_pmf
from trialplan.outcomes.responses import RESPONSES, rejects_from
from trialplan.page import Table, facts
from trialplan.parameter import Numbers, parameter
from trialplan.text import error_rate


def _read_stages(value: Any) -> tuple[str, ...]:
    """Two stages as papers write them, r1/n1 and r/n: counts that grow, with more participants than responses."""
    typed = value.split(",") if isinstance(value, str) else value
    stages = tuple(typed) if isinstance(typed, (tuple, list)) else ()
    matches = [re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", stage) for stage in stages if isinstance(stage, str)]
    numbers = [(int(match[1]), int(match[2])) for match in matches if match]
    growing = len(numbers) == len(stages) == 2 and all(a <= b for a, b in zip(*numbers, strict=True))
    if not growing or numbers[0][1] == numbers[1][1] or any(r >= n for r, n in numbers):
        given = ", ".join(map(str, stages)) if stages else value
        raise ParameterError(
            "must be two stages, the most responses at which each ends for nothing of the participants so far, as in "
            f"1/10,5/29, not {given}"
        )
    return tuple(f"{r}/{n}" for r, n in numbers)


@dataclass(frozen=True, kw_only=True)
class TwoStage(Design):
    """Does a treatment deserve more study, if a first stage that disappoints ends the trial?

    Stages are written r1/n1 and r/n: the trial ends after n1 participants if no more than r1 respond, and the
    null stands after n if no more than r do. Where lower rates are favourable, r counts participants without the
    event. The stages fix n: every number follows from them by enumeration.

    >>> design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
    >>> [round(float(value), 4) for value in (design.power(29), design.actual_size(29), design.expected_n(0.1))]
    [0.8051, 0.0471, 15.0141]

    References:
        Simon (1989), Controlled Clinical Trials 10:1 (table 1 has this design).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    outcome = RESPONSES
    formula = "two-stage design that may stop for futility, every outcome enumerated"
    reference = "Simon 1989"
    exact, smooth = True, False
    decides = "the counts at the end of each stage decide"

    null: Numbers = single_arm.null()
    expected: Numbers = single_arm.expected()
    favourable: fields.Favourable = fields.favourable()
    stages: tuple[str, ...] = parameter("stages: r1/n1 and r/n", None, read=_read_stages, example="1/10,5/29")

    def check(self) -> None:
        """The stopping rule is one-sided."""
        if self.sides != 1:
            reason = "must be 1: a trial that disappoints ends, one that excels runs on"
            raise ParameterError(reason, owner=self, parameter="sides", value=self.sides)

    @property
    def counts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(r1, n1) and (r, n) as numbers."""
        (r1, n1), (r, n) = (map(int, stage.split("/")) for stage in self.stages)
        return (r1, n1), (r, n)

    @property
    def only_n(self) -> int:
        """The participants of both stages."""
        return self.counts[1][1]

    def null_values(self) -> tuple[Numbers, ...]:
        """The null rate."""
        return (self.null,)

    def check_n(self, n: float) -> None:
        """Raise unless n is that of the stages."""
        if n != self.only_n:
            reason = f"is fixed by the stages {', '.join(self.stages)} at {self.only_n}, not {n:,.15g}"
            raise ParameterError(reason, owner=self, parameter="n", value=n)

    def power(self, n: Numbers) -> Numbers:
        """P(more than r1 respond among n1, and more than r among n), at the expected rate."""
        for one in np.ravel(n):
            self.check_n(float(one))
        return self._rejects(self.expected)[()]

    def actual_size(self, n: int) -> float:
        """The type I error: at the null rate, at most alpha where a search found the stages."""
        self.check_n(n)
        return float(self._rejects(self.null))

    def stops(self, rate: Numbers) -> Numbers:
        """The probability that the first stage ends the trial."""
        (r1, n1), _ = self.counts
        return 1 - binomial_sf(r1, n1, self._counted(rate))

    def expected_n(self, rate: Numbers) -> Numbers:
        """How many participants are expected to be needed."""
        (_, n1), (_, n) = self.counts
        return n - (n - n1) * self.stops(rate)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The stages, what they spare, and the size that they have."""
        rates = {"null": float(self.null), "alternative": float(self.expected)}
        return {
            "stages": [{"n": n, "r": r, "count": self._count(r, n)} for r, n in self.counts],
            "expected_n": {name: float(self.expected_n(rate)) for name, rate in rates.items()},
            "early_termination": {name: float(self.stops(rate)) for name, rate in rates.items()},
            "actual_size": self.actual_size(self.only_n),
            "critical_count": self._count(self.counts[1][0] + 1, self.only_n),
        }

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The actual level, and the count from which the null is rejected."""
        size = extra["actual_size"]
        kept = "" if size <= self.alpha else "  (above the level, which these stages do not keep)"
        return [("actual level", f"{error_rate(size)}{kept}"), rejects_from(self, extra["critical_count"])]

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The stages, what stopping early spares, and the designs between minimax and optimal, if those were sought."""
        rows = [[str(stage["n"]), f"{stage['r']}/{stage['n']}", str(stage["count"])] for stage in extra["stages"]]
        spared = [
            (f"{words}, {name}", f"{extra[key][name]:,.{digits}f}")
            for key, words, digits in (("expected_n", "expected n", 1), ("early_termination", "early termination", 3))
            for name in extra[key]
        ]
        others = []
        for other in extra.get("admissible", ()):
            low, high = other["weights"]
            others.append([", ".join(other["stages"]), f"{other['expected_n']:,.1f}", f"{low:.3f} to {high:.3f}"])
        listed = [Table(("stages", "expected n", "weights"), others, "Admissible", frozenset({1}))] if others else []
        columns = ("participants so far", "r/n", "responses at which the null stands")
        return [Table(columns, rows, right=frozenset({0, 1, 2})), facts(spared), *listed]

    def script_numbers(self, answer: SampleSize) -> Mapping[str, Any]:
        """The size that the stages have, and whom stopping early spares under the null."""
        return {
            "actual_size": answer.extra["actual_size"],
            "expected_n_null": answer.extra["expected_n"]["null"],
        }

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Responses, one row a trial and one column a participant."""
        return rng.random((trials, n)) < self.expected

    def count_sizes(self, n: int) -> tuple[int, ...]:
        """The participants of each stage."""
        (_, n1), (_, both) = self.counts
        return n1, both - n1

    def count_rates(self) -> tuple[Numbers, ...]:
        """The expected rate, in both stages."""
        return self.expected, self.expected

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """The counts of the stages, judged."""
        (_, n1), (_, n) = self.counts
        stages = data[:, :n1].sum(axis=1), data[:, n1:n].sum(axis=1)
        return self.judge(stages, self.count_sizes(n))

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """Signed distance of the count from the null's, at the stage that ends the trial, and whether it rejects."""
        (r1, n1), (r, n) = self.counts
        first, second = (seen if self.upward else size - seen for seen, size in zip(counts, sizes, strict=True))
        both = first + second
        goes_on = first > r1
        null = self._counted(self.null)
        return np.where(goes_on, both - n * null, first - n1 * null), goes_on & (both > r)

    def _counted(self, rate: Numbers) -> Numbers:
        """The rate of what r counts: responses, or participants without the event."""
        return rate if self.upward else 1 - rate

    def _count(self, r: int, n: int) -> int:
        """r in the words of the outcome: responses, or events among n."""
        return r if self.upward else n - r

    def _rejects(self, rate: Numbers) -> Any:
        (r1, n1), (r, n) = self.counts
        counted = np.asarray(self._counted(rate), dtype=float)
        first = np.arange(r1 + 1, n1 + 1)
        later = binomial_sf(r - first, n - n1, counted[..., None])
        return (binomial_pmf(n1, counted, r1 + 1, n1) * later).sum(axis=-1)
