"""One proportion, in a single arm of two stages, against a fixed rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _single_arm as single_arm
from trialplan.designs.two_stage import TwoStage
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.elementary import normal_quantile, upper_normal_quantile
from trialplan.numerics.two_stages import Search, Stages
from trialplan.outcomes.responses import RESPONSES
from trialplan.parameter import PROPORTION, Interval, parameter
from trialplan.progress import tell

LARGEST = 300
"""Participants beyond which no two-stage design is sought: rates that close need another kind of trial."""

Criterion = Literal["optimal", "minimax", "admissible"]
"""What is preferred among the designs that reach the power."""


@dataclass(frozen=True, kw_only=True)
class Simon(Sized):
    """How many, and in which two stages, if a trial that disappoints early shall end early?

    A search, not a trial: what it returns is a `TwoStage` with its stages r1/n1 and r/n. The level is
    one-sided. Power is a target as for every other design.

    >>> answer = Simon(null=0.1, expected=0.3).sample_size(0.8)
    >>> answer.design.stages, round(answer.extra["expected_n"]["null"], 1)
    (('1/10', '5/29'), 15.0)
    >>> Simon(null=0.1, expected=0.3, criterion="minimax").sample_size(0.8).design.stages
    ('1/15', '5/25')

    References:
        Simon (1989), Controlled Clinical Trials 10:1 (optimal and minimax).
        Jung, Lee, Kim & George (2004), Statistics in Medicine 23:561 (admissible).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    outcome = RESPONSES
    gives = TwoStage
    smooth = False  # stages are whole
    oddity = {"minimax": 1, "admissible": 2}
    stated_example = "--null 0.1 --expected 0.3 --power 0.8 --first-stage 10 --n 29"

    null: float = single_arm.null()
    expected: float = single_arm.expected(typical=(0.35, 0.6))
    favourable: fields.Favourable = fields.favourable()
    criterion: Criterion = parameter(
        "what is least: with optimal the participants expected under the null, with minimax n, with admissible a mean "
        "of both, by weight",
        Criterion,
        role="method",
        default="optimal",
    )
    weight: float = parameter(
        "weight of n against the participants expected under the null, by the criterion admissible",
        Interval(0, 1, "left right"),
        default=0.5,
        typical=(0.2, 0.8),
    )
    alpha: float = parameter("one-sided significance level", PROPORTION, default=0.05, symbol="α", typical=(0.01, 0.1))

    criteria: ClassVar[dict[str, str]] = {
        "optimal": "fewest participants expected under the null. Simon's first choice, used where most treatments "
        "fail; its n can be a good deal larger than that of minimax.",
        "minimax": "smallest n, and among those the fewest expected under the null. Used where participants are rare; "
        "its first stage is sometimes nearly the whole trial.",
        "admissible": "smallest weight·n + (1 - weight)·expected n. A compromise that often gives up little of either; "
        "weight is a matter of taste, and weights 0 and 1 are optimal and minimax.",
    }

    def check(self) -> None:
        """One search for one set of numbers."""
        for name in ("null", "expected", "weight", "alpha"):
            if not isinstance(getattr(self, name), float):
                reason = "must be one number: every cell of a grid is a search of its own"
                raise ParameterError(reason, owner=self, parameter=name)

    def prose_of(self, way: str) -> str:
        """What the criterion is, who uses it, when it errs."""
        return self.criteria.get(way, "")

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"two-stage design, {self.criterion}, by search over every outcome"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return "Jung, Lee, Kim & George 2004" if self.criterion == "admissible" else "Simon 1989"

    def sample_size(self, target: float = 0.8) -> SampleSize:
        """The stages that the criterion prefers among all that keep the level and reach power `target`."""
        target = fields.POWER.check("Simon", "power", target)
        self._check_possible(target)
        frontier = list(self._frontier(target))
        weight = {"optimal": 0.0, "minimax": 1.0, "admissible": self.weight}[self.criterion]
        found = self._trial(min(frontier, key=lambda one: (weight * one.n + (1 - weight) * one.expected_n, one.n)))
        more = {"admissible": self._shown(frontier)} if self.criterion == "admissible" else {}
        return SampleSize(
            design=found,
            target=target,
            n=found.only_n,
            arms={"treatment": found.only_n},
            power=float(found.power(found.only_n)),
            success=float(found.success(found.only_n)),
            extra=found.details(found.only_n, target) | {"criterion": self.criterion} | more,
        )

    def search_size(self, power: float) -> float:
        """That of one stage by normal theory, of which two stages need a few more."""
        if self.expected == self.null:
            return 0.0  # nothing is searched: it is refused
        quantiles = float(upper_normal_quantile(self.alpha) + normal_quantile(power))
        middle = (self.null + self.expected) / 2
        return middle * (1 - middle) * (quantiles / (self.expected - self.null)) ** 2

    def script_numbers(self, answer: SampleSize) -> Mapping[str, Any]:
        """The stages, and how far beyond the answer's n a search must look to confirm it."""
        first, both = answer.extra["stages"]
        return {
            "n1": first["n"],
            "r1": first["r"],
            "r": both["r"],
            "actual_size": answer.extra["actual_size"],
            "expected_n_null": answer.extra["expected_n"]["null"],
            "reach": 0 if self.criterion == "minimax" else 12,
        }

    def _check_possible(self, target: float) -> None:
        if not isinstance(target, float):
            reason = "must be one number: every target is a search of its own"
            raise ParameterError(reason, owner=self, parameter="power", value=target)
        if self.alpha >= target:
            reason = f"must exceed the level of the test, {self.alpha:g}, not be {target:g}"
            raise ParameterError(reason, owner=self, parameter="power", value=target)
        if (self.expected > self.null) is not self.upward or self.expected == self.null:
            side, other = ("above", "lower") if self.upward else ("below", "higher")
            raise UnreachableError(
                f"no number of participants can show expected = {self.expected:.10g}: it must lie {side} its null "
                f"value {self.null:.10g}",
                owner=self,
                way_out=f"or set {field('favourable')} to {other}",
            )

    def _frontier(self, target: float) -> Iterator[Stages]:
        """Ever larger n with ever fewer participants expected under the null: from minimax to optimal."""
        rates = (self.null, self.expected) if self.upward else (1 - self.null, 1 - self.expected)
        search, best = Search(*rates, self.alpha, target), math.inf
        for n in range(2, LARGEST + 1):
            tell("totals searched", n, LARGEST)
            if (
                best < math.inf and search.least_expected_n(n) >= best
            ):  # at a null of next to nothing it never rises: as few are no fewer
                return
            found = search.best(n)
            if found and found.expected_n < best:
                best = found.expected_n
                yield found
                if self.criterion == "minimax":
                    return
        raise UnreachableError(
            f"no two stages of at most {LARGEST} participants are known to be the best at power {target:g}",
            owner=self,
            way_out="for rates this close use one-proportion",
        )

    def _trial(self, found: Stages) -> TwoStage:
        return TwoStage(
            null=self.null,
            expected=self.expected,
            favourable=self.favourable,
            alpha=self.alpha,
            sides=1,
            stages=(f"{found.r1}/{found.n1}", f"{found.r}/{found.n}"),
        )

    def _shown(self, frontier: list[Stages]) -> list[dict[str, Any]]:
        """The designs that some weight prefers, from minimax to optimal, each with the least such weight."""
        hull: list[tuple[float, Stages]] = []
        for one in frontier:
            while hull and _indifferent(hull[-1][1], one) >= hull[-1][0]:
                hull.pop()
            hull.append((_indifferent(hull[-1][1], one) if hull else 1.0, one))
        least = [weight for weight, _ in hull[1:]] + [0.0]
        return [
            {"stages": list(self._trial(one).stages), "expected_n": one.expected_n, "weights": [low, high]}
            for low, (high, one) in zip(least, hull, strict=True)
        ]


def _indifferent(smaller: Stages, larger: Stages) -> float:
    """The weight at which a smaller n and a smaller expected n are worth the same."""
    spared = smaller.expected_n - larger.expected_n
    return spared / (spared + larger.n - smaller.n)
