"""How long a trial must enrol or follow its participants so that a number of them has the power asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trialplan.design import Design
from trialplan.design_facts import assumed, foot, head, level, source
from trialplan.errors import ParameterError, TrialplanError, UnreachableError, field
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page, facts, plain
from trialplan.parameter import Parameter, parameters
from trialplan.text import number, participants, probability, spoken

_SHORTEST, _LONGEST, _POINTS = 1e-9, 1e9, 361
"""Times that are tried, as multiples of the usual one, and how many of them: twenty in each power of ten.

The ends stand for no time at all and for ever: they are beyond what events need in any unit of time.
"""

_HALVINGS = 60
"""A double has 53 binary digits: these leave nothing of the distance between two points of the grid."""


@dataclass(frozen=True, kw_only=True, repr=False)
class NeededTime(Answer):
    """The least `value` of the time `asked` for at which n participants have the power; the design is the one with it.

    `rate` are participants a unit of time where n follows from how long they are enrolled. A value of 0 says that the
    power is there however short the time, so that nothing is expected of a time.
    """

    design: Design
    asked: str
    value: float
    n: int
    target: float
    rate: float | None = None

    @property
    def power(self) -> float | None:
        """The power that the n participants have, whole blocks that they are; none where any time will do."""
        return float(self.design.success(self.n)) if self.value else None

    def page(self) -> Page:
        """The time in a sentence, what was assumed, and what is then expected."""
        design, arms, power = self.design, self.design.arms(self.n), self.power
        found = design.details(self.n, self.target) if self.value else {}
        extra = {name: float(one) for name, one in found.items() if name in ("events", "duration")}
        rows = [
            *assumed(design, (self.asked,)),
            *level(design),
            ("power asked for", f"{self.target:g}"),
            *([] if power is None else [("power", probability(power))]),
            *((name, number(one)) for name, one in extra.items()),
            *source(design),
        ]
        size = {"n": self.n, "arms": arms, "enrolment_rate": self.rate, "target_power": self.target, "power": power}
        data = head(design, (self.asked,)) | {"asked": self.asked, "time": self.value} | size | extra | foot(design)
        return Page(data=plain(data), headline=self._headline(arms), tables=[facts(rows)])

    def _headline(self, arms: dict[str, int]) -> str:
        at = f"{participants(arms)}"
        if self.rate is not None:
            at += f", {self.rate:g} a unit of time,"
        if self.value == 0:
            return f"however short {spoken(self.asked)} is, {at} reach power {self.target:g}"
        return f"{spoken(self.asked)} = {number(self.value)} is the least at which {at} reach power {self.target:g}"


def needed_time(design: Design, asked: str, target: float, *, n: int | None = None, rate: float | None = None) -> Any:
    """The least value of one of the design's times at which n participants, or those of a rate, have the power.

    Raises UnreachableError where no time is long enough, with the power that the longest gives; and the design's own
    where no number of participants could show what is planned, for which neither time nor participants help.
    """
    times = design.fixed.prolongs_by
    if asked not in times:
        shown = " or ".join(field(name) for name in times) or "no time of its own"
        raise ParameterError(f"is none that {design.slug()} can be asked for: that is {shown}", parameter=asked)
    if (n is None) == (rate is None):
        raise ParameterError(f"{field('n')} or {field('enrolment_rate')} is needed, and not both")
    if rate is not None and asked != times[0]:
        reason, way_out = f"says how many there are where {field(times[0])} is asked for", f"give {field('n')}"
        raise ParameterError(reason, parameter="enrolment_rate", value=rate, way_out=way_out)
    if rate is not None and not 0 < rate < math.inf:
        raise ParameterError(f"must be participants a unit of time, above 0, not {rate:g}", parameter="enrolment_rate")
    if not design.smooth:
        reason = f"{design.test} counts, so that its power may fall as time goes by, and no time is the least"
        way_out = f"ask by normal theory, as with {field('test')} {design.by_normal_theory().test}"
        raise ParameterError(reason, owner=design.fixed, parameter="test", value=design.test, way_out=way_out)
    if not design.reachable():
        raise design.unreachable()
    search = _Search(design, asked, target, n, rate)
    value = search.least()
    there = design.replace(**{asked: value or search.grid[0]})
    whole = n if n is not None else _blocks(there, rate * value)  # type: ignore[operator]
    return NeededTime(design=there, asked=asked, value=value, n=whole, target=target, rate=rate)


def _blocks(design: Design, n: float) -> int:
    step = int(design.step)
    return max(math.ceil(n / step - 1e-9), 1) * step


@dataclass(frozen=True)
class _Search:
    """By how much the power at a time exceeds the one asked for; nan where the design has no such time."""

    design: Design
    asked: str
    target: float
    n: int | None
    rate: float | None

    @property
    def grid(self) -> list[float]:
        """Times from the shortest to the longest, by ratio."""
        declared: Parameter = parameters(type(self.design.fixed))[self.asked]
        usual = float(max(declared.typical or (1.0,)))
        times: list[float] = (usual * np.geomspace(_SHORTEST, _LONGEST, _POINTS)).tolist()
        return times

    def surplus(self, value: float) -> float:
        """At one time."""
        n = self.rate * value if self.n is None else self.n  # type: ignore[operator]
        try:
            with np.errstate(all="ignore"):
                return float(self.design.replace(**{self.asked: value}).success(n)) - self.target
        except TrialplanError:
            return math.nan

    def least(self) -> float:
        """The first time at which the power is reached; 0 where the shortest one has it."""
        before = None
        best = -math.inf
        for value in self.grid:
            surplus = self.surplus(value)
            if surplus >= 0:
                return 0.0 if before is None else self._between(before, value)
            before = value
            if not math.isnan(surplus):
                best = max(best, surplus)
        raise self._unreachable(best)

    def _between(self, low: float, high: float) -> float:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.surplus(middle) >= 0 else (middle, high)
        return high

    def _unreachable(self, best: float) -> TrialplanError:
        if best == -math.inf:  # the other numbers do not fit any of them: the design says why
            try:
                self.design.replace(**{self.asked: self.grid[_POINTS // 2]}).success(self.n or 1)
            except TrialplanError as why:
                return why
        reached = f"power {best + self.target:.3g} is the most" if best > -math.inf else "none has a power"
        return UnreachableError(
            f"no {field(self.asked)} gives power {self.target:g}: however long, {reached}",
            owner=self.design.fixed,
            way_out="enrol more participants" if self.rate is None else "enrol faster",
        )
