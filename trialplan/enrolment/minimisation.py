"""Minimisation: each participant goes, with a probability, where the arms come to differ least at their levels.

References:
    Pocock & Simon (1975), Biometrics 31:103.
    ICH E9 (1998), section 2.3.2 (a random element is kept, because a deterministic rule can be foretold).
    Proschan, Brittain & Kammerman (2011), Biometrics 67:1135 (why unequal arms are refused).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan.enrolment.draws import Draws
from trialplan.enrolment.imbalance import Imbalance, imbalances
from trialplan.enrolment.randomisation import LONGEST, SECRET, check_arms, check_strata, check_whole
from trialplan.errors import ParameterError
from trialplan.page import Answer, Page, Table, plain
from trialplan.parameter import Interval, Parameter
from trialplan.text import as_sentence, listed, quoted

PROBABILITY = 0.8
"""Of the arm that balances best, where none is given: within the .75 to .85 that Pocock and Simon's examples span, far
enough below 1 that a site cannot foretell who gets what."""

CHANCE = Parameter("probability of the arm that balances best", domain=Interval(0, 1, "right"))

_FINE = 2**53
"""Steps of a uniform draw: those that a number between 0 and 1 has."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Minimisation(Answer):
    """How participants are minimised: equal arms, factors with their levels, a probability and a seed.

    `participants` are those who have come, in their order, each with a level of every factor: the same seed assigns
    them in the same way, and more at the end change nothing before. Each goes with `probability` to the arm, or one of
    the arms, for which the sum over the factors of the range of the arms' counts at their levels would be least.

    >>> people = ({"sex": "f"}, {"sex": "f"}, {"sex": "m"}, {"sex": "m"})
    >>> made = Minimisation(arms={"a": 1, "b": 1}, factors={"sex": ("f", "m")}, seed=1, probability=1.0, n=4,
    ...                     participants=people)
    >>> sorted(made.arms_given[:2]), sorted(made.arms_given[2:])
    (['a', 'b'], ['a', 'b'])
    """

    arms: Mapping[str, int]
    factors: Mapping[str, tuple[str, ...]]
    n: int
    seed: int
    probability: float = PROBABILITY
    participants: Sequence[Mapping[str, str]] = ()

    def __post_init__(self) -> None:
        """Check every number, and every participant's levels."""
        check_whole("minimisation", n=(self.n,), seed=(self.seed,))
        check_arms(self.arms)
        if len(set(self.arms.values())) > 1:
            ratio = ":".join(map(str, self.arms.values()))
            raise ParameterError(
                f"minimisation takes arms of equal size, not {ratio}: with others its distribution is off centre; "
                "use permuted blocks"
            )
        if not self.factors:
            raise ParameterError("minimisation balances over factors, and none is named; name one, as in site=A,B")
        check_strata(self.factors)
        object.__setattr__(self, "probability", CHANCE.check("minimisation", "probability", self.probability))
        if self.probability <= 1 / len(self.arms):
            reason = f"must lie above 1/{len(self.arms)}, not be {self.probability:g}"
            way_out = "below it the arm that balances best would be chosen less often than by chance; take 0.8"
            raise ParameterError(reason, parameter="probability", value=self.probability, way_out=way_out)
        if not 0 < self.n <= LONGEST:
            reason = f"must lie in [1, {LONGEST:,}], not {self.n:,}"
            raise ParameterError(reason, parameter="n", value=self.n, way_out="it is the trial's participants")
        if self.seed < 0:
            raise ParameterError(f"must be a whole number from 0 on, not {quoted(self.seed)}", parameter="seed")
        if len(self.participants) > self.n:
            reason = f"is {self.n:,}, and {len(self.participants):,} participants have come"
            raise ParameterError(reason, parameter="n", value=self.n, way_out="give the number of the whole trial")
        for number, one in enumerate(self.participants, 1):
            _check_participant(number, one, self.factors)

    @cached_property
    def arms_given(self) -> tuple[str, ...]:
        """The arm of each participant, in their order."""
        draws, names = Draws(self.seed, {"minimisation": "in order of arrival"}), list(self.arms)
        counts = {(name, level): dict.fromkeys(names, 0) for name, levels in self.factors.items() for level in levels}
        given = []
        for one in self.participants:
            marginal = [counts[name, one[name]] for name in self.factors]
            arm = self._chosen(names, marginal, draws.below(_FINE) / _FINE)
            for count in marginal:
                count[arm] += 1
            given.append(arm)
        return tuple(given)

    def _chosen(self, names: list[str], marginal: list[dict[str, int]], uniform: float) -> str:
        """The arm that a uniform draw falls on: the best share the probability, the others what is left of it."""
        sums = [sum(_range(count, arm) for count in marginal) for arm in names]
        best = [total == min(sums) for total in sums]
        many, few = sum(best), len(names) - sum(best)
        shares = [self.probability / many if good else (1 - self.probability) / few for good in best] if few else []
        for arm, share in zip(names, shares or [1 / len(names)] * len(names), strict=True):
            uniform -= share
            if uniform < 0:
                return arm
        return names[-1]  # what rounding leaves of the last share

    @cached_property
    def imbalance(self) -> tuple[Imbalance, ...]:
        """How far arms come apart in n participants, by this and by other methods, simulated."""
        return imbalances(
            tuple(len(levels) for levels in self.factors.values()), len(self.arms), self.n, self.probability
        )

    def page(self) -> Page:
        """The assignments, and the imbalance that is to be expected: for nobody who enrols or treats."""
        told, over = self.records(), listed(self.factors)
        arms = " and ".join(self.arms)
        what = f"{len(told):,} participants assigned to {arms}" if told else f"{arms}, {self.n:,} participants"
        rows = [(one.method, f"{one.mean:.2f}", f"{one.often:.0f}", f"{one.overall:.2f}") for one in self.imbalance]
        columns = ("method", "largest difference at a level, mean", "exceeded by 1 in 20", "between arms, mean")
        origin = {name: getattr(self, name) for name in ("arms", "factors", "probability", "seed", "n")}
        listing = [Table(list(told[0]), [[str(cell) for cell in line.values()] for line in told])] if told else []
        simulated = Table(columns, rows, f"Imbalance in {self.n:,} participants, simulated", frozenset({1, 2, 3}))
        return Page(
            data=plain({**origin, "imbalance": [one.as_record() for one in self.imbalance], "list": told}),
            headline=f"minimisation over {over}: {what}",
            tables=[*listing, simulated],
            notes=[
                as_sentence(SECRET.replace("the block sizes", "the participants")),
                *map(as_sentence, self.doubts()),
            ],
            records=lambda: told or [one.as_record() for one in self.imbalance],
        )

    def records(self) -> list[dict[str, Any]]:
        """One record a participant: the levels, the place, the arm."""
        return [
            {name: one[name] for name in self.factors} | {"sequence": place, "arm": arm}
            for place, (one, arm) in enumerate(zip(self.participants, self.arms_given, strict=True), 1)
        ]

    def masked(self) -> list[dict[str, Any]]:
        """The same participants without their arms."""
        return [{name: value for name, value in line.items() if name != "arm"} for line in self.records()]

    def doubts(self) -> list[str]:
        """What somebody at a site could guess, in whole sentences."""
        if self.probability < 1:
            return []
        return ["at probability 1 whoever knows the assignments so far foretells the next, but for ties; take 0.8"]


def _range(count: Mapping[str, int], arm: str) -> int:
    """The range of the arms' counts at one level if the next goes to an arm."""
    after = [many + (name == arm) for name, many in count.items()]
    return max(after) - min(after)


def _check_participant(number: int, one: Mapping[str, str], factors: Mapping[str, tuple[str, ...]]) -> None:
    if not isinstance(one, Mapping):
        way_out = "give its levels by factor"
        raise ParameterError(f"participant {number:,} is {one!r}, and no levels", way_out=way_out)
    for name, levels in factors.items():
        if name not in one:
            raise ParameterError(f"participant {number:,} has no {name}; give a level of {listed(factors)} for each")
        if one[name] not in levels:
            raise ParameterError(
                f"participant {number:,} has {name} {one[name]!r}, which is none of {', '.join(levels)}; name the "
                "level, or correct the participant"
            )
