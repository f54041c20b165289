"""Two arms compared pair by pair over outcomes of each participant, the most important first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs import _common_factor as common_factor
from trialplan.designs import _pairs as pairs
from trialplan.designs._vectors import places
from trialplan.designs.win_ratio import WinRatio, null_error
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import (
    divide,
    every,
    exp,
    expm1,
    greatest,
    log,
    normal_cdf,
    normal_quantile,
    sqrt,
    square,
    where,
)
from trialplan.numerics.lazy import np, special
from trialplan.outcome import EffectScale, Outcome
from trialplan.outcomes.ordered import Ordered
from trialplan.parameter import POSITIVE, PROPORTION, REAL, Interval, Numbers, largest, parameter
from trialplan.rejection import either_way
from trialplan.text import number, percent


class Hierarchy(Ordered):
    """Outcomes of which the first that tells two participants apart decides."""

    kind = "a hierarchy of outcomes"

    def effect_scale(self, design: Sized) -> EffectScale:
        """How much of what is planned there is."""
        name = "share of the planned effects"
        return EffectScale(name=name, short=name, of_plan="the planned effects on the outcomes of the hierarchy")

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """A participant has several outcomes, and a copula joins one."""
        return Outcome.draw_from(self, design, uniforms)


@dataclass(frozen=True, kw_only=True)
class HierarchicalOutcomes(Design):
    """Are pairs of a treated participant and a control won more often than lost, over outcomes in their order?

    The hierarchy is that of trials: events by their times, such as death and then relapse, the earlier one losing;
    then a response, yes or no; then a measurement, such as proteinuria, counted so that larger values are better. Who
    has had no event when the follow-up ends is as well off as all who have not. What none of them tells apart is a
    tie. Participants are drawn with all their outcomes, independent of each other unless a correlation is stated: then
    who fares well in one fares well in the others, as a normal factor of his behind all of them makes him. The shares
    of pairs won, lost and tied follow from them, and the power from these by the formula for the win ratio, which errs
    for strong effects and for many ties. `realised` is how much of all planned effects is true.

    >>> death = {"hazard": (0.12,), "hazard_ratio": (2 / 3,), "follow_up": 2}
    >>> round(HierarchicalOutcomes(**death, difference=0.35).unrounded(0.8), 1)
    262.8

    References:
        Pocock, Ariti, Collier & Wang (2012), European Heart Journal 33:176 (the win ratio).
        Buyse (2010), Statistics in Medicine 29:3245 (net benefit); Brunner, Vandemeulebroecke & Mütze (2021),
        Statistics in Medicine 40:3367 (win odds).
        Yu & Ganju (2022), Statistics in Medicine 41:950 (the sample size).
        Bebu & Lachin (2016), Biostatistics 17:178 (the standard error of the test).
    """

    outcome = Hierarchy()
    letters = {"θ": "the win ratio", "p_tie": "the share of pairs that are tied"}
    statistic_is_z = True
    exact = False
    interval_of = "win ratio"
    formula = "win ratio of the hierarchy, variance of its logarithm without an effect"
    reference = "Yu & Ganju 2022"
    tex = WinRatio.tex
    stated_example = "--response-control 0.3 --response-treatment 0.5 --power 0.8 --n 176"

    hazard: Numbers | tuple[float, ...] | None = parameter(
        "hazard of each event in the control arm, the most important first",
        POSITIVE,
        axis="events",
        optional=True,
        symbol="λ_C",
        unit="events in a unit of time",
        typical=(0.1, 0.4),
    )
    hazard_ratio: Numbers | tuple[float, ...] | None = parameter(
        "hazard of each event in the treatment arm over that in the control arm, or one ratio for all",
        POSITIVE,
        axis="events",
        optional=True,
        symbol="HR",
        unit="ratio",
        typical=(0.5, 0.8),
        of_each="hazard of each event in each treatment arm over that in the control arm",
    )
    follow_up: Numbers = parameter(
        "time for which each participant is followed, in the same unit",
        POSITIVE,
        default=1.0,
        unit="units of time",
        typical=(0.5, 2.0),
    )
    response_control: Numbers | None = parameter(
        "rate of response in the control arm",
        PROPORTION,
        optional=True,
        symbol="p_C",
        unit="proportion",
        typical=(0.2, 0.4),
    )
    response_treatment: Numbers | None = parameter(
        "rate of response in the treatment arm",
        PROPORTION,
        optional=True,
        symbol="p_T",
        unit="proportion",
        typical=(0.5, 0.7),
        of_each="rate of response in each treatment arm",
    )
    difference: Numbers | None = parameter(
        "difference of the measurement's means in the treatment's favour, in standard deviations",
        REAL,
        optional=True,
        symbol="d",
        unit="standard deviations",
        typical=(0.3, 0.8),
    )
    tie_margin: Numbers = parameter(
        "largest difference of two measurements that counts as a tie, in standard deviations",
        Interval(0, closed="left"),
        default=0.0,
        unit="standard deviations",
        typical=(0.0, 0.3),
    )
    correlation: Numbers = parameter(
        "correlation of any two outcomes of a participant, on the normal scale behind them",
        Interval(0, 0.95, "left right"),
        default=0.0,
        role="association",
        symbol="r",
        typical=(0.0, 0.5),
    )
    realised: Numbers = parameter(
        "share of the planned effects that is true, of each outcome on its own scale: 1 is the plan, 0 no effect",
        Interval(-10, 10),
        role="effect",
        default=1.0,
        typical=(0.7, 1.5),
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """At least one outcome, and of each both arms."""
        for name, other in (("hazard", "hazard_ratio"), ("response_control", "response_treatment")):
            if (getattr(self, name) is None) != (getattr(self, other) is None):
                missing, there = (name, other) if getattr(self, name) is None else (other, name)
                reason = f"is needed beside {field(there)}"
                raise ParameterError(reason, owner=self, parameter=missing)
        if self.hazard is None and self.response_control is None and self.difference is None:
            reason = f"is needed, or {field('response_control')}, or {field('difference')}: there is no outcome"
            raise ParameterError(reason, owner=self, parameter="hazard")
        for name, outcome in _OF_ONE_OUTCOME.items():
            value = getattr(self, name)
            if getattr(self, outcome) is None and not every(value == getattr(type(self), name)):
                reason = f"has no meaning without {field(outcome)}: no outcome here is judged by it"
                way_out = f"leave it out, or state {field(outcome)}"
                raise ParameterError(reason, owner=self, parameter=name, value=value, way_out=way_out)
        if self.hazard is None:
            return
        events, ratios = len(places(self.hazard)), len(places(self.hazard_ratio))
        if ratios not in (1, events):
            reason = f"has {ratios} ratios for {events} events"
            raise ParameterError(reason, owner=self, parameter="hazard_ratio", value=self.hazard_ratio)

    def assumptions(self) -> dict[str, Any]:
        """Without what is of no outcome here: a tie of measurements, say, where nothing is measured."""
        idle = {name for name, outcome in _OF_ONE_OUTCOME.items() if getattr(self, outcome) is None}
        return {name: value for name, value in super().assumptions().items() if name not in idle}

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """An outcome, where none is stated."""
        return () if any(numbers.get(name) is not None for name in _OUTCOMES) else ("difference",)

    def rests_on(self) -> tuple[str, ...]:
        """The order in which the outcomes decide."""
        events = 0 if self.hazard is None else len(places(self.hazard))
        kinds = {
            "the event" if events == 1 else f"the {events} events as they are listed": events > 0,
            "the response": self.response_control is not None,
            "the measurement": self.difference is not None,
        }
        order = ", then ".join(kind for kind, is_there in kinds.items() if is_there)
        return (f"a pair is decided by the first outcome that tells it apart: {order}",)

    # The outcomes as they are where so much of the plan is true.

    def hazards(self) -> list[tuple[Numbers, Numbers]]:
        """Of each event: treatment, control. The logarithm of the ratio is what is true in part."""
        if self.hazard is None:
            return []
        control, ratios = places(self.hazard), places(self.hazard_ratio)
        ratios = ratios * len(control) if len(ratios) == 1 else ratios
        return [(c * ratio**self.realised, c) for c, ratio in zip(control, ratios, strict=True)]

    def responses(self) -> tuple[Numbers, Numbers] | None:
        """Rates: treatment, control. The logarithm of the odds ratio is what is true in part."""
        if self.response_control is None or self.response_treatment is None:
            return None
        planned, control = (rate / (1 - rate) for rate in (self.response_treatment, self.response_control))
        odds = control * (planned / control) ** self.realised
        return odds / (1 + odds), self.response_control

    def decided(self) -> list[tuple[str, Numbers, Numbers]]:
        """Of each outcome, in its order, the share of all pairs that it decides for the treatment, and against it."""
        return self._decided_apart() if largest(self.correlation) == 0 else self._decided_together()

    def _decided_together(self) -> list[tuple[str, Numbers, Numbers]]:
        """With a correlation, one set of numbers after the other."""
        hazards, rates = self.hazards(), self.responses()
        measured = () if self.difference is None else (self.realised * self.difference, self.tie_margin)
        flat = (self.correlation, self.follow_up, *(one for both in hazards for one in both), *(rates or ()), *measured)
        cells = np.broadcast_arrays(*flat)
        found = np.empty((*cells[0].shape, len(self._names()), 2))
        for place in np.ndindex(cells[0].shape):
            correlation, follow_up, *rest = (float(cell[place]) for cell in cells)
            events = tuple(zip(rest[: 2 * len(hazards) : 2], rest[1 : 2 * len(hazards) : 2], strict=True))
            del rest[: 2 * len(hazards)]
            response = (rest.pop(0), rest.pop(0)) if rates else None
            difference = (rest[0], rest[1]) if rest else None
            found[place] = common_factor.decided(correlation, events, follow_up, response, difference)
        return [(name, found[..., k, 0][()], found[..., k, 1][()]) for k, name in enumerate(self._names())]

    def _names(self) -> list[str]:
        """Of the outcomes, in their order."""
        events = [f"event {place + 1}" for place in range(len(self.hazards()))]
        last = {"response": self.responses(), "measurement": self.difference}
        return [*events, *(name for name, there in last.items() if there is not None)]

    def _decided_apart(self) -> list[tuple[str, Numbers, Numbers]]:
        """Of independent outcomes, in closed form."""
        found: list[tuple[str, Numbers, Numbers]] = []
        undecided: Any = 1.0
        for place, (ours, theirs) in enumerate(self.hazards(), 1):
            both = ours + theirs
            someone = undecided * -expm1(-both * self.follow_up)
            found.append((f"event {place}", someone * theirs / both, someone * ours / both))
            undecided = undecided * exp(-both * self.follow_up)
        rates = self.responses()
        if rates is not None:
            won, lost = rates[0] * (1 - rates[1]), rates[1] * (1 - rates[0])
            found.append(("response", undecided * won, undecided * lost))
            undecided = undecided * (1 - won - lost)
        if self.difference is not None:
            away, root = self.realised * self.difference, 2**0.5
            won, lost = (normal_cdf((sign * away - self.tie_margin) / root) for sign in (1, -1))
            found.append(("measurement", undecided * won, undecided * lost))
        return found

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a pair is won, and lost."""
        decided = self.decided()
        wins: Any = sum(won for _, won, _ in decided)
        losses: Any = sum(lost for _, _, lost in decided)
        return wins, losses

    def _log_ratio_and_error(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """The logarithm of the win ratio, infinite where no pair is lost, and its standard error without an effect."""
        wins, losses = self.wins_and_losses()
        ties = greatest(1 - wins - losses, 0.0)  # the last digit of a sum of ones
        return log(divide(wins, losses)), null_error(ties, self.split(n))

    def null_values(self) -> tuple[Numbers, ...]:
        """No effect on any outcome."""
        return (0.0,)

    def reachable(self) -> Any:
        """Whether more pairs are won than lost, beyond what an integral is rounded by."""
        wins, losses = self.wins_and_losses()
        return wins - losses > _ROUNDED

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        away, error = self._log_ratio_and_error(1.0)
        return self._of_all(square(divide((self.z_alpha + normal_quantile(target)) * error, away)), target)

    def _of_all(self, values: Numbers, other: Numbers) -> Numbers:
        """In the shape of all numbers: a follow-up without events, say, changes nothing."""
        shape = self.shape(other)
        return np.broadcast_to(values, shape) if shape else values

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The win ratio, win odds and net benefit that the outcomes give, and what each of them decides."""
        win, lose = map(float, self.wins_and_losses())
        half = (1 - win - lose) / 2
        parts, undecided = [], 1.0
        for name, won, lost in self.decided():
            undecided = max(undecided - float(won) - float(lost), 0.0)
            parts.append({"outcome": name, "won": float(won), "lost": float(lost), "undecided": undecided})
        return super().details(n, target) | {
            **({"win_ratio": win / lose} if lose else {}),
            **({"win_odds": (win + half) / (lose + half)} if lose + half else {}),
            "net_benefit": win - lose,
            "ties": max(2 * half, 0.0),
            "decided": parts,
        }

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The three effects; and of each outcome the shares of pairs that it decides."""
        rest = {name: value for name, value in extra.items() if name not in ("decided", "net_benefit", "ties")}
        if "decided" not in extra:
            return super().detail_rows(rest)
        each = []
        for one in extra["decided"]:
            won, lost, left = (percent(one[name]) for name in ("won", "lost", "undecided"))
            each.append((f"by {one['outcome']}", f"{won} of pairs won, {lost} lost, {left} still tied"))
        benefit = ("net benefit", f"{percent(extra['net_benefit']).removesuffix(' %')} points")
        return [*super().detail_rows(rest), benefit, *each, *self._by_the_margin(extra)]

    def _by_the_margin(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The share of pairs that are tied in the end, and how many of them the margin ties."""
        told = f"{percent(extra['ties'])} of pairs"
        if self.difference is None or not largest(self.tie_margin) > 0:
            return [("tied", told)]
        return [("tied", f"{told}, all of them by the margin of {number(self.tie_margin)} standard deviations")]

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Of each arm, treatment and control, every outcome of every participant: the events, response, measurement.

        A row a trial and a column a participant; outcomes on the last axis, the times of events cut at the follow-up.
        """
        arms = []
        for arm, size in enumerate(map(round, self.split(n))):
            latent = rng.normal(0.0, 1.0, (trials, size, len(self._names())))
            if self.correlation:
                factor = rng.normal(0.0, 1.0, (trials, size, 1))
                latent = sqrt(self.correlation) * factor + sqrt(1 - self.correlation) * latent
            for place, both in enumerate(self.hazards()):
                times = -special.log_ndtr(-latent[..., place]) / float(both[arm])
                latent[..., place] = np.minimum(times, self.follow_up)
            rates = self.responses()
            if rates is not None:
                place = len(self.hazards())
                latent[..., place] = latent[..., place] > -special.ndtri(rates[arm])
            if self.difference is not None and not arm:
                latent[..., -1] += self.realised * self.difference
            arms.append(latent)
        return arms[0], arms[1]

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """Every treated participant against every control, by the first outcome that tells them apart."""
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        layers = [(arms[0][..., k], arms[1][..., k]) for k in range(data[0].shape[-1])]
        last = layers.pop() if self.difference is not None else None
        margin = float(self.tie_margin) if last is not None else 0.0
        treatment, control = pairs.one_number(layers, last, margin)
        return pairs.log_win_ratio(self, treatment, control, margin)


def _tail(design: HierarchicalOutcomes, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in the treatment's favour, or against it; where every pair is tied nothing is seen."""
    away, error = design._log_ratio_and_error(n)
    chance = normal_cdf(direction * divide(away, error) - design.z_alpha)
    return design._of_all(where(away != away, 0.0, chance), n)


_EITHER = either_way(_tail)

_ROUNDED = 1e-12
"""Share of pairs below which a difference of wins and losses is rounding: to show so little would need 1e24 of them."""

_OUTCOMES = ("hazard", "response_control", "difference")
"""The fields by which an outcome is stated."""

_OF_ONE_OUTCOME = {"follow_up": "hazard", "tie_margin": "difference"}
"""The fields by which one kind of outcome alone is judged, each with the field that states such an outcome."""
