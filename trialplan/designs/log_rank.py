"""Two curves of times to an event, compared by their hazards."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

from trialplan import fields, sizing
from trialplan.designs import _ranks, _risk_sets, _stated_times
from trialplan.designs._combined import Combined, independent, sum_among
from trialplan.designs._course import _Course, shares_of, stated
from trialplan.designs._survival import Curve
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics import multinormal
from trialplan.numerics.elementary import divide, exp, greatest, is_scalar, least, log, normal_quantile, sqrt, where
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.outcomes.times import HAZARDS
from trialplan.parameter import POSITIVE, Interval, Numbers, parameter
from trialplan.rejection import decide_by_z, either_way, no_evidence
from trialplan.stated import SizingMethod

_SCHOENFELD, _FREEDMAN, _LACHIN_FOULKES = "schoenfeld", "freedman", "lachin-foulkes"
_YUNG_LIU, _FLEMING_HARRINGTON, _MODEST, _MAX_COMBO = (
    "yung-liu",
    "fleming-harrington",
    "modestly-weighted",
    "max-combo",
)
Method = Literal[
    "schoenfeld",
    "freedman",
    "lachin-foulkes",
    "yung-liu",
    "fleming-harrington",
    "modestly-weighted",
    "max-combo",
]
BY_EVENTS = (_SCHOENFELD, _FREEDMAN)
"""Formulas that need the number of events alone, whatever the curves are."""

_WEIGHTED = (_FLEMING_HARRINGTON, _MODEST, _MAX_COMBO)
"""Tests other than the log-rank test itself."""

_NOT_NEGATIVE = Interval(0, closed="left")

_WAYS = {
    _SCHOENFELD: (
        "events by the log hazard ratio at equal risk sets. Usual; off where the ratio is far from 1 and the "
        "arms are unequal, for the risk sets then change.",
        "log-rank test, Schoenfeld's events over the share who have one",
        "Schoenfeld 1981",
    ),
    _FREEDMAN: (
        "events by the ratio of hazards itself. Asks for more events than schoenfeld in equal arms; far off in unequal "
        "ones.",
        "log-rank test, Freedman's events over the share who have one",
        "Freedman 1982",
    ),
    _LACHIN_FOULKES: (
        "the log ratio of exponential hazards, with its variance under the null at the critical value. What gsDesign "
        "uses.",
        "Lachin and Foulkes's test of two hazards, variances under the null and the alternative",
        "Lachin & Foulkes 1986",
    ),
    _YUNG_LIU: (
        "the log-rank test's own mean and variance along the risk sets that are expected: for strong effects, unequal "
        "arms, and effects that begin late, wane or cross.",
        "log-rank test, mean and variance along the expected risk sets",
        "Yung & Liu 2020",
    ),
    _FLEMING_HARRINGTON: (
        "log-rank test whose events weigh S^rho (1-S)^gamma: late ones more at gamma > 0, early ones at rho > 0. "
        "Weights that nearly ignore early events can favour a treatment that harms early.",
        "Fleming and Harrington's weighted log-rank test, mean and variance along the expected risk sets",
        "Fleming & Harrington 1991; Yung & Liu 2020",
    ),
    _MODEST: (
        "log-rank test whose weights rise as 1/S up to a time and then stay: late events weigh more, and no early one "
        "counts for the treatment that harms.",
        "Magirr and Burman's modestly weighted log-rank test, mean and variance along the expected risk sets",
        "Magirr & Burman 2019; Yung & Liu 2020",
    ),
    _MAX_COMBO: (
        "the largest of several Fleming-Harrington tests, against the critical value of their joint normal law: where "
        "nobody knows whether the effect begins late.",
        "largest of several weighted log-rank tests by their joint normal law along the expected risk sets",
        "Lin et al. 2020; Yung & Liu 2020",
    ),
}
"""What each method is, who uses it, when it errs; its formula; where it is published."""


@dataclass(frozen=True, kw_only=True)
class LogRank(_Course):
    """Does the event come later under treatment, by the hazards of two curves?

    n is the number randomised; `size(...).events` and `.duration` stand beside it. All times are in one unit, such as
    months, and a rate, such as `dropout_rate`, is per that unit: where a share d leaves by time t it is
    -ln(1 - d)/t. Schoenfeld's events at a hazard ratio of 0.5, two-sided 0.05 and power 0.8 are 66:

    >>> design = LogRank(hazard_ratio=0.5, control_median=12, accrual_time=12, follow_up_time=12)
    >>> round(design.needed_events(0.8), 2)
    65.35
    >>> design.sample_size(0.8).n, round(design.sample_size(0.8).events, 1)
    (126, 65.6)

    An effect that begins after four months needs more, and a test that weighs late events up fewer of them:

    >>> late = design.replace(effect_course=(0, 1), effect_changes=(4,), method="yung-liu")
    >>> late.sample_size(0.8).n, late.replace(method="fleming-harrington").sample_size(0.8).n
    (310, 218)

    References:
        Schoenfeld (1981), Biometrika 68:316; Schoenfeld (1983), Biometrics 39:499.
        Freedman (1982), Statistics in Medicine 1:121.
        Lachin & Foulkes (1986), Biometrics 42:507.
        Yung & Liu (2020), Biometrics 76:939 (mean and variance along the expected risk sets, weighted or not).
        Fleming & Harrington (1991), Counting Processes and Survival Analysis, ch. 7.
        Magirr & Burman (2019), Statistics in Medicine 38:3782.
        Karrison (2016), Stata Journal 16:678; Lin et al. (2020), Statistics in Biopharmaceutical Research 12:187
        (the largest of several weighted tests).
    """

    outcome = HAZARDS
    scale = "ratio"
    called = {
        "logrank": (_SCHOENFELD, _YUNG_LIU),
        "cox": (_SCHOENFELD,),
        "lachin": (_LACHIN_FOULKES,),
        "weighted-log-rank": (_FLEMING_HARRINGTON, _MODEST),
        "maxcombo": (_MAX_COMBO,),
    }
    letters = {
        "d": "the number of events",
        "P": "the probability that a participant is seen to have the event, averaged over the arms",
    }
    oddity = {_FREEDMAN: 1, _LACHIN_FOULKES: 1, _YUNG_LIU: 1, **dict.fromkeys(_WEIGHTED, 2)}

    stated_effects = _stated_times.EFFECTS
    information = "events"

    hazard_ratio: Numbers = parameter(
        "hazard of the event under treatment over that of the control",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(0.5, 0.8),
        of_each="hazard of the event under each treatment over that of the control",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = parameter(
        "whether a higher or a lower hazard is better", fields.Favourable, default="lower"
    )
    method: Method = parameter(
        "the test, and how its power is computed; the first four are of the log-rank test",
        Method,
        role="method",
        default=_SCHOENFELD,
    )
    rho: Numbers | tuple[float, ...] | None = parameter(
        "power of the pooled curve S in the weights of the test: S^rho (1-S)^gamma; 0 for fleming-harrington and "
        "0,0,1,1 for max-combo, unless stated",
        _NOT_NEGATIVE,
        axis="weights",
        optional=True,
        typical=(0.0, 1.0),
    )
    gamma: Numbers | tuple[float, ...] | None = parameter(
        "power of 1-S in the weights of the test: 1 for fleming-harrington and 0,1,0,1 for max-combo, unless stated",
        _NOT_NEGATIVE,
        axis="weights",
        optional=True,
        typical=(0.0, 1.0),
    )
    weight_time: Numbers | None = parameter(
        "time since enrolment up to which the weights of the test rise: with modestly-weighted, the last time at which "
        "the effect changes unless stated",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(3.0, 9.0),
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """One control curve, a margin that suits the goal, and a method that knows it."""
        self._check_curves()
        self._check_course()
        fields.check_margin(self, centre=1.0)
        if self.margin is not None:
            if self.method == _FREEDMAN or self._is_weighted:
                reason = f"{self.method} knows no {field('margin')}"
                way_out = f"set {field('method')} to {_SCHOENFELD}"
                raise ParameterError(reason, owner=self, parameter="method", value=self.method, way_out=way_out)
            if not self.steady:
                reason = "is defined for a ratio of hazards that is the same all the time"
                way_out = f"leave {field('effect_course')} out"
                raise ParameterError(reason, owner=self, parameter="margin", value=self.margin, way_out=way_out)
        if not self.steady and self.method in (_FREEDMAN, _LACHIN_FOULKES):
            reason = f"is not known to {self.method}, for which the ratio of hazards is the same all the time"
            way_out = f"set {field('method')} to {_YUNG_LIU}"
            raise ParameterError(
                reason, owner=self, parameter="effect_course", value=self.effect_course, way_out=way_out
            )
        self._check_weights()

    @classmethod
    def by_information(cls, numbers: Mapping[str, Any]) -> dict[str, Any] | None:
        """Everybody is followed until the event; a ratio of hazards that changes needs its times."""
        if numbers.get("effect_course") is not None:
            return None
        kept = ("hazard_ratio", "goal", "margin", "favourable", "method", "alpha", "sides", "allocation")
        return {name: numbers[name] for name in kept if name in numbers} | _stated_times.UNTIL_ALL

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """The formulas by events, with these rounded up first; and the slip of a ratio of hazards read as of risks."""
        if power is None or self.margin is not None or not self.steady or self.shape():
            return
        for method in BY_EVENTS:
            yield _stated_times.of_whole_events(self.replace(method=method), power)
        yield from _stated_times.as_risks(self, power)

    @property
    def _is_weighted(self) -> bool:
        return self.method in _WEIGHTED

    def _check_weights(self) -> None:
        """Only numbers that the method's weights have, and as many of one as of the other."""
        own = {
            _FLEMING_HARRINGTON: ("rho", "gamma"),
            _MAX_COMBO: ("rho", "gamma"),
            _MODEST: ("weight_time",),
        }.get(self.method, ())
        for name in ("rho", "gamma", "weight_time"):
            value = getattr(self, name)
            if value is not None and name not in own:
                reason = f"is no number of the test {self.method}"
                raise ParameterError(reason, owner=self, parameter=name, value=value, way_out="leave it out")
        if self.method == _MODEST and self.weight_time is None and self.effect_changes is None:
            reason = f"is needed with {_MODEST}: the time up to which the weights rise"
            raise ParameterError(reason, owner=self, parameter="weight_time")
        if "rho" in own:
            rho, gamma = self._powers
            if len(rho) != len(gamma):
                reason = f"has {len(gamma)} numbers where {field('rho')} has {len(rho)}: each weight has one of both"
                raise ParameterError(reason, owner=self, parameter="gamma", value=self.gamma)
            most = multinormal.MOST if self.method == _MAX_COMBO else 1
            if len(rho) > most:
                reason = f"must be {'one number' if most == 1 else f'{most} numbers at most'} for {self.method}"
                raise ParameterError(reason, owner=self, parameter="rho", value=self.rho)
            if most > 1 and is_scalar(*rho, *gamma) and not independent(rho, gamma):
                reason = "makes weights of which one is the sum of others"
                raise ParameterError(reason, owner=self, parameter="rho", value=self.rho, way_out="leave one out")

    @property
    def _powers(self) -> tuple[list[Numbers], list[Numbers]]:
        usual = {_MAX_COMBO: ((0.0, 0.0, 1.0, 1.0), (0.0, 1.0, 0.0, 1.0))}.get(self.method, ((0.0,), (1.0,)))
        stated = (self.rho, self.gamma)
        rho, gamma = (places(own if one is None else one) for one, own in zip(stated, usual, strict=True))
        return rho, gamma

    @property
    def weighting(self) -> tuple[_risk_sets.Weight, ...]:
        """How the test weighs its events; each of several that are combined."""
        if self.method == _MODEST:
            time = self.course.changes[-1] if self.weight_time is None else self.weight_time
            return (_risk_sets.Modest(time),)
        if not self._is_weighted:
            return (_risk_sets.FlemingHarrington(),)
        return tuple(_risk_sets.FlemingHarrington(*one) for one in zip(*self._powers, strict=True))

    @classmethod
    def from_survival(cls, *, treatment: Numbers, control: Numbers, time: Numbers, **numbers: Any) -> Self:
        """The trial in which so many of each arm are without the event at a time, at constant hazards."""
        ratio = log(treatment) / log(control)
        return cls(hazard_ratio=ratio, control_survival=control, survival_time=time, **numbers)

    @classmethod
    def from_event_rates(cls, *, treatment: Numbers, control: Numbers, time: Numbers, **numbers: Any) -> Self:
        """The trial in which so many of each arm have had the event by a time, at constant hazards."""
        return cls.from_survival(treatment=1 - treatment, control=1 - control, time=time, **numbers)

    @classmethod
    def from_hazard_ratios(cls, *, ratios: Sequence[float], changes: Sequence[float], **numbers: Any) -> Self:
        """The trial in which the hazard ratio is one of these in each period, as 1 and 0.6 of a delayed effect.

        The strongest of them is the effect, and the others are shares of it.

        >>> LogRank.from_hazard_ratios(
        ...     ratios=(1, 0.6), changes=(3,), control_median=12, accrual_time=12, follow_up_time=12
        ... ).effect_course
        (0.0, 1.0)
        """
        whole, course = shares_of(ratios, changes, cls)
        return cls(hazard_ratio=exp(whole), **stated(course), **numbers)

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return _WAYS[self.method][1]

    @property
    def reference(self) -> str:
        """Where it is published."""
        return _WAYS[self.method][2]

    @property
    def not_elsewhere(self) -> str:
        """Of several tests together."""
        return "no package has the power of the largest of several tests" if self.method == _MAX_COMBO else ""

    def prose_of(self, way: str) -> str:
        """What the method is, who uses it, when it errs."""
        return _WAYS[way][0] if way in _WAYS else ""

    @property
    def exact(self) -> bool:
        """No method is."""
        return False

    @property
    def statistic_is_z(self) -> bool:
        """Of the log-rank test under one ratio of hazards, between looks at events (Tsiatis 1981).

        Increments of a weighted test, or under an effect that changes, are independent, too, but its mean does not
        grow in proportion to the information.
        """
        return not self._is_weighted and self.steady

    @property
    def no_looks(self) -> str:
        """Why there are none."""
        if self.statistic_is_z:
            return ""
        why = f"the test {self.method}" if self._is_weighted else "an effect that changes with time"
        return f"{why}, whose mean does not grow in proportion to the information from look to look"

    @property
    def tex(self) -> str:
        """Schoenfeld's and Freedman's formulas as TeX; nothing with a margin."""
        if self.margin is not None or self.method not in (_SCHOENFELD, _FREEDMAN) or not self.steady:
            return ""
        away = {
            _SCHOENFELD: r"\frac{(w_T+w_C)^2}{w_T w_C\,(\ln\theta)^2}",
            _FREEDMAN: r"\frac{(w_T\theta+w_C)^2}{w_T w_C\,(1-\theta)^2}",
        }[self.method]
        return rf"d = \left(z_{{1-\alpha/s}}+z_{{1-\beta}}\right)^2 {away},\quad n = d/P"

    def null_values(self) -> tuple[Numbers, ...]:
        """The hazard ratios on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, reciprocal_limits, 1.0)

    def limits(self) -> tuple[Numbers, ...]:
        """Their logarithms."""
        return tuple(log(limit) for limit in self.null_values())

    @property
    def curves(self) -> tuple[Curve, Curve]:
        """Treatment, control."""
        control = self.control
        return self.under_effect(control, log(self.hazard_ratio)), control

    @cached_property
    def _shares_at_the_end(self) -> tuple[Numbers, Numbers]:
        """Remembered: everything asks for them."""
        return super().event_shares()

    def event_shares(self, calendar: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """The share of each arm's participants in whom the event is seen by a time, or by the end."""
        return self._shares_at_the_end if calendar is None else super().event_shares(calendar)

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the logarithm of the whole effect; infinite where the test is blind for it, as curves may cross.

        At the events that are expected and equal risk sets; of a weighted test by its variance under the null.
        """
        if self._is_weighted:
            law = self._laws[0]
            variances = np.diagonal(law.nulls, axis1=0, axis2=1)
            error = np.moveaxis(np.sqrt(variances), -1, 0) / np.where(law.slopes > 0, law.slopes, 0.0)
            return sizing.number(np.minimum.reduce(error)) / sqrt(n), None
        return self._schoenfeld_error() / sqrt(n), None

    def _schoenfeld_error(self) -> Numbers:
        """Of the logarithm of the whole effect, of one participant."""
        w_t, w_c = self.weights
        error = self.block / sqrt(w_t * w_c * self.events(1.0))
        share = self.average_share
        return where(share > 0, divide(error, share), math.inf)

    @cached_property
    def average_share(self) -> Numbers:
        """The share of the effect that there is on average over the events; 1 of an effect that is always the same.

        Over the expected events of both arms, as in the average hazard ratio of Kalbfleisch & Prentice (1981),
        Biometrika 68:105; at equal risk sets that is what the log-rank test sees (Schoenfeld 1981).
        """
        if self.steady:
            return 1.0
        before, total = 0.0, 0.0
        for _, end, share in self.course.pieces():
            so_far = self.events(1.0) if end is None else self._events_within(end)
            total, before = total + share * (so_far - before), so_far
        return total / before

    def _events_within(self, time: Numbers) -> Numbers:
        """The events that are expected of one participant within such a time since enrolment."""
        arms = zip(self.split(1.0), self.seen, self.curves, strict=True)
        return sum(
            size
            * replace(seen, longest=time if seen.longest is None else least(time, seen.longest)).events(
                curve, self.duration
            )
            for size, seen, curve in arms
        )

    @cached_property
    def _laws(self) -> tuple[_risk_sets.Law, ...]:
        """The weighted statistics' law against each limit."""
        return tuple(_risk_sets.along_risk_sets(self, self.weighting, ratio) for ratio in self.null_values())

    @cached_property
    def _terms(self) -> list[tuple[Numbers, Numbers, Numbers]]:
        """The way from each limit to the plan, the error under that null, and that under the plan, of one."""
        if self.method == _FREEDMAN:
            w_t, w_c = self.weights
            error = (w_t * self.hazard_ratio + w_c) / sqrt(w_t * w_c * self.events(1.0))
            return [(self.sign * (self.hazard_ratio - 1), error, error)]
        if self._is_weighted or self.method == _YUNG_LIU:
            signs = [sign for _, sign in self.sided_limits()]
            return [
                (sign * law.means[0], sqrt(law.nulls[0][0]), sqrt(law.truths[0][0]))
                for sign, law in zip(signs, self._laws, strict=True)
            ]
        ends = [sign * (self.average_share * log(self.hazard_ratio) - limit) for limit, sign in self.sided_limits()]
        if self.method == _LACHIN_FOULKES:
            # on the log of the ratio, not on the difference of hazards of their own section 2: margins are ratios, the
            # test that is analysed is one of the ratio, and the numbers that it is held against are of it too
            planned = self._spread(*self.curves)
            nulls = [self._spread(*self._under(ratio)) for ratio in self.null_values()]
            return [(end, null, planned) for end, null in zip(ends, nulls, strict=True)]
        w_t, w_c = self.weights
        error = self.block / sqrt(w_t * w_c * self.events(1.0))
        return [(end, error, error) for end in ends]

    @cached_property
    def combined(self) -> Any:
        """The largest of the weighted tests, by their joint law; an array of them where the design has cells."""
        shape, law = self.shape(), self._laws[0]
        if not np.all(np.diagonal(law.nulls) > 0):
            reason = "so few events are expected that a weighted test has no variance"
            way_out = f"look again at the control's curve, or use {field('method')} {_SCHOENFELD}"
            raise UnreachableError(reason, owner=self, way_out=way_out)
        found: Any = np.empty(shape, dtype=object)
        for cell in np.ndindex(shape):
            rho, gamma = ([float(np.broadcast_to(one, shape)[cell]) for one in powers] for powers in self._powers)
            own = (one[(..., *cell)] for one in (law.means, law.nulls, law.truths, law.slopes))
            level = float(np.broadcast_to(self.level, shape)[cell])
            found[cell] = Combined(law=_risk_sets.Law(*own), level=level, sign=self.sign, total=sum_among(rho, gamma))
        return found[()]

    def reachable(self) -> Any:
        """Whether the test sees an effect on the favourable side: curves that cross may not show one."""
        if len(self.null_values()) == 2:
            return super().reachable()
        ways = self.sign * self._laws[0].means if self.method == _MAX_COMBO else [far for far, _, _ in self._terms]
        return super().reachable() & (functools.reduce(greatest, ways) > 0)

    def unreachable(self) -> UnreachableError:
        """Why no number of participants will do: the curves cross, or the effect lies on the other side."""
        if not bool(super().reachable()):
            return super().unreachable()
        ratio = exp(self.average_share * log(self.hazard_ratio))
        return UnreachableError(
            f"no number of participants can show this with {self.method}: the effect comes too late, or the curves "
            f"cross, and on average over the events the hazard ratio is {float(ratio):.4g}",
            owner=self,
            value=self.effect_course,
            way_out=f"set {field('method')} to a test that weighs late events up, or follow longer",
        )

    def _under(self, ratio: Numbers) -> tuple[Curve, Curve]:
        """The curves under a null, with the same mean hazard of all participants."""
        w_t, w_c = self.weights
        control = self.control.times((w_c + w_t * self.hazard_ratio) / (w_c + w_t * ratio))
        return control.times(ratio), control

    def _spread(self, treatment: Curve, control: Curve) -> Numbers:
        """The standard error of the log ratio of two rates, of one participant."""
        arms = zip(self.split(1.0), self.seen, (treatment, control), strict=True)
        return sqrt(sum(1 / (size * seen.events(curve, self.duration)) for size, seen, curve in arms))

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test; for equivalence, both one-sided tests."""
        # the tests of max-combo may contradict each other, and are then counted in both tails
        return least(1.0, either_way(_tail)(self, n))

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return _tail(self, n)

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1."""
        if self.method == _MAX_COMBO:
            return self._in_each_cell(n, direction) if self.shape() else sizing.number(self.combined.tail(n, direction))
        return z_power(
            [divide(direction * far * sqrt(n) - self.z_alpha * null, error) for far, null, error in self._terms], 0.0
        )

    def _in_each_cell(self, n: Numbers, direction: int) -> Any:
        shape = self.shape(n)
        tests: Any = np.broadcast_to(self.combined, shape)
        sizes = np.broadcast_to(n, shape)
        return np.reshape([tests[cell].tail(float(sizes[cell]), direction) for cell in np.ndindex(shape)], shape)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form from one limit; with two it is searched for."""
        if self.method == _MAX_COMBO or len(self.null_values()) == 2:
            return super().unrounded(target)
        ((far, null, error),) = self._terms
        return sizing.number(divide(self.z_alpha * null + normal_quantile(target) * error, far) ** 2)

    def needed_events(self, target: Numbers) -> Numbers:
        """The events at which the power is reached, before rounding."""
        return self.events(self.unrounded(target))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected, when the trial is analysed, and the average of a ratio that changes."""
        found = {"events": self.events(n), "duration": self.duration}
        return found if self.steady else found | {"average_hazard_ratio": self.hazard_ratio**self.average_share}

    def at_look(self, n: int, fraction: float) -> dict[str, Any]:
        """The events that a look waits for, the time of the calendar that it is expected at, and who is enrolled."""
        return self.look_by_events("control", n, fraction)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Entry, time followed, and 1 where it ended in the event, of every participant: treatment, control."""
        return self.drawn_arms(n, trials, rng)

    def z_at(self, data: tuple[Any, ...], fractions: Sequence[float]) -> list[Any]:
        """Of the log-rank test with the calendar of the events made once."""
        if self._is_weighted or not all(arm.shape[1] for arm in data):
            return super().z_at(data, fractions)
        ratios = [float(ratio) for ratio in self.null_values()]
        return [decide_by_z(self, zs)[0] for zs in _ranks.log_rank_at(data, ratios, fractions)]

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The log-rank test when this fraction of the trial's events has happened; at the end for 1."""
        if not all(arm.shape[1] for arm in data):
            return no_evidence(self, len(data[0]))
        if not self._is_weighted:
            return decide_by_z(self, _ranks.log_rank(data, [float(ratio) for ratio in self.null_values()], fraction))
        statistics, correlations = _ranks.weighted(data, self.weighting, fraction)
        if self.method != _MAX_COMBO:
            return decide_by_z(self, [statistics[0]])
        decided: tuple[Any, Any] = self.combined.decide(statistics, correlations, self.two_tailed)
        return decided


def _tail(design: LogRank, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)
