"""Two curves of times to an event, compared by their hazards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from trialplan import fields
from trialplan.designs import _ranks
from trialplan.designs._survival import Curve, _Times
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.elementary import divide, log, normal_quantile, sqrt
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.outcomes.times import HAZARDS
from trialplan.parameter import POSITIVE, Numbers, parameter
from trialplan.rejection import decide_by_z, either_way, no_evidence

_SCHOENFELD, _FREEDMAN, LACHIN_FOULKES = "schoenfeld", "freedman", "lachin-foulkes"
Method = Literal["schoenfeld", "freedman", "lachin-foulkes"]

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
    LACHIN_FOULKES: (
        "the log ratio of exponential hazards, with its variance under the null at the critical value. What gsDesign "
        "uses.",
        "Lachin and Foulkes's test of two hazards, variances under the null and the alternative",
        "Lachin & Foulkes 1986",
    ),
}
"""What each method is, who uses it, when it errs; its formula; where it is published."""


@dataclass(frozen=True, kw_only=True)
class LogRank(_Times):
    """Does the event come later under treatment, by the hazards of two curves?

    n is the number randomised; `events` and `duration` stand beside it. Schoenfeld's events at a hazard ratio of 0.5,
    two-sided 0.05 and power 0.8 are 66:

    >>> design = LogRank(hazard_ratio=0.5, control_median=12, accrual_time=12, follow_up_time=12)
    >>> round(design.needed_events(0.8), 2)
    65.35
    >>> design.sample_size(0.8).n
    126

    References:
        Schoenfeld (1981), Biometrika 68:316; Schoenfeld (1983), Biometrics 39:499.
        Freedman (1982), Statistics in Medicine 1:121.
        Lachin & Foulkes (1986), Biometrics 42:507.
    """

    outcome = HAZARDS
    scale = "ratio"
    called = {"logrank": (_SCHOENFELD,), "cox": (_SCHOENFELD,), "lachin": (LACHIN_FOULKES,)}
    letters = {
        "d": "the number of events",
        "P": "the probability that a participant is seen to have the event, averaged over the arms",
    }
    oddity = {_FREEDMAN: 1, LACHIN_FOULKES: 1}

    hazard_ratio: Numbers = parameter(
        "hazard of the event under treatment over that of the control",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(0.5, 0.8),
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = parameter(
        "whether a higher or a lower hazard is better", fields.Favourable, default="lower"
    )
    method: Method = parameter("how the power is computed", Method, role="method", default=_SCHOENFELD)
    allocation: str = fields.allocation()

    def check(self) -> None:
        """One control curve, a margin that suits the goal, and a method that knows it."""
        self._check_curves()
        fields.check_margin(self, centre=1.0)
        if self.method == _FREEDMAN and self.margin is not None:
            reason = "freedman knows no margin"
            way_out = f"set {field('method')} to schoenfeld"
            raise ParameterError(reason, owner=self, parameter="method", value=self.method, way_out=way_out)

    @classmethod
    def from_survival(cls, *, treatment: Numbers, control: Numbers, time: Numbers, **numbers: Any) -> Self:
        """The trial in which so many of each arm are without the event at a time, at constant hazards."""
        ratio = log(treatment) / log(control)
        return cls(hazard_ratio=ratio, control_survival=control, survival_time=time, **numbers)

    @classmethod
    def from_event_rates(cls, *, treatment: Numbers, control: Numbers, time: Numbers, **numbers: Any) -> Self:
        """The trial in which so many of each arm have had the event by a time, at constant hazards."""
        return cls.from_survival(treatment=1 - treatment, control=1 - control, time=time, **numbers)

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return _WAYS[self.method][1]

    @property
    def reference(self) -> str:
        """Where it is published."""
        return _WAYS[self.method][2]

    def prose_of(self, way: str) -> str:
        """What the method is, who uses it, when it errs."""
        return _WAYS[way][0] if way in _WAYS else ""

    @property
    def exact(self) -> bool:
        """No method is."""
        return False

    @property
    def statistic_is_z(self) -> bool:
        """Yes, with independent increments between looks at events (Tsiatis 1981)."""
        return True

    @property
    def tex(self) -> str:
        """Schoenfeld's and Freedman's formulas as TeX; nothing with a margin."""
        if self.margin is not None or self.method == LACHIN_FOULKES:
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
        return control.times(self.hazard_ratio), control

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the log hazard ratio, at the events that are expected and equal risk sets."""
        return self._schoenfeld_error() / sqrt(n), None

    def _schoenfeld_error(self) -> Numbers:
        w_t, w_c = self.weights
        return self.block / sqrt(w_t * w_c * self.events(1.0))

    def _terms(self) -> tuple[list[tuple[Numbers, Numbers]], Numbers]:
        """The way from each limit to the plan with the error under that null, and the error under the plan, of one."""
        ends = [(sign * (log(self.hazard_ratio) - limit)) for limit, sign in self.sided_limits()]
        if self.method == LACHIN_FOULKES:
            # on the log of the ratio, not on the difference of hazards of their own section 2: margins are ratios, the
            # test that is analysed is one of the ratio, and gsDesign's nSurv, whose numbers these are, does so too
            nulls = [self._spread(*self._under(ratio)) for ratio in self.null_values()]
            return list(zip(ends, nulls, strict=True)), self._spread(*self.curves)
        if self.method == _FREEDMAN:
            w_t, w_c = self.weights
            error = (w_t * self.hazard_ratio + w_c) / sqrt(w_t * w_c * self.events(1.0))
            return [(self.sign * (self.hazard_ratio - 1), error)], error
        error = self._schoenfeld_error()
        return [(end, error) for end in ends], error

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
        return either_way(_tail)(self, n)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return _tail(self, n)

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1."""
        ends, error = self._terms()
        return z_power([divide(direction * far * sqrt(n) - self.z_alpha * null, error) for far, null in ends], 0.0)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form from one limit; with two it is searched for."""
        ends, error = self._terms()
        if len(ends) == 2:
            return super().unrounded(target)
        ((far, null),) = ends
        return ((self.z_alpha * null + normal_quantile(target) * error) / far) ** 2

    def needed_events(self, target: Numbers) -> Numbers:
        """The events at which the power is reached, before rounding."""
        return self.events(self.unrounded(target))

    def needed_follow_up(self, n: int, target: float) -> float:
        """The follow-up time, from the last enrolment on, at which n participants have this power."""
        return self._needed("follow_up_time", n, target)

    def needed_accrual(self, accrual_rate: float, target: float) -> float:
        """The time over which so many participants a unit of time must be enrolled for this power."""
        return self._needed("accrual_time", None, target, accrual_rate)

    def _needed(self, name: str, n: int | None, target: float, rate: float = 0.0) -> float:
        """The least value of a time at which the target is reached, by doubling and halving."""

        def surplus(value: float) -> float:
            trial = self.replace(**{name: value})
            return float(trial.success(rate * value if n is None else n)) - target

        low, high = 1e-9, 1.0
        while surplus(high) < 0:
            if high > _LATEST:
                reason = f"no {field(name)} gives power {target:g}"
                raise UnreachableError(reason, owner=self, way_out="enrol more participants")
            low, high = high, 2 * high
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if surplus(middle) >= 0 else (middle, high)
        return high

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected, and when the trial is analysed."""
        return {"events": self.events(n), "duration": self.duration}

    def at_look(self, n: int, fraction: float) -> dict[str, Any]:
        """The events that a look waits for, the time of the calendar that it is expected at, and who is enrolled."""
        return self.look_by_events("control", n, fraction)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Entry, time followed, and 1 where it ended in the event, of every participant: treatment, control."""
        return self.drawn_arms(n, trials, rng)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The log-rank test when this fraction of the trial's events has happened; at the end for 1."""
        if not all(arm.shape[1] for arm in data):
            return no_evidence(self, len(data[0]))
        return decide_by_z(self, _ranks.log_rank(data, [float(ratio) for ratio in self.null_values()], fraction))


def _tail(design: LogRank, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)


_LATEST, _HALVINGS = 1e6, 100
"""Units of time beyond which nothing more is seen, and steps after which a double has no digits left."""
