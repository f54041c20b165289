"""Two slopes over time, of an outcome that is measured at several visits, some of them missed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan import fields
from trialplan.design import AnalysisTest, Design, Sized
from trialplan.designs import _slopes
from trialplan.designs._vectors import places
from trialplan.designs._visits import Estimate, OnVisits, held_against, t_power, t_success, z_tail
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score
from trialplan.outcome import EffectScale
from trialplan.outcomes.visits import Visits
from trialplan.parameter import POSITIVE, REAL, Interval, Numbers, largest, parameter, smallest
from trialplan.rejection import either_way, no_evidence

Intercepts = Literal["separate", "common"]
_SHARE = Interval(0, 1, "right")
_LEAST = 1e-13
"""The least eigenvalue of a matrix, of its largest, whose inverse has digits left."""
_NOT_NEGATIVE = Interval(0, closed="left")


class OfSlopes(Visits):
    """Outcomes at visits, compared by their change in a unit of time."""

    def effect_scale(self, design: Sized) -> EffectScale:
        """A difference of slopes, in the outcome's units for each unit of time."""
        return EffectScale(name="difference of slopes", short="difference", unit="")

    def missing_counts_as(self, design: Design) -> str:
        """A visit that is missed is predicted by the line through those before it."""
        return "a visit missed at random, on the participant's own line"


@dataclass(frozen=True, kw_only=True)
class Slopes(OnVisits):
    """Does the outcome change faster under treatment, by random intercepts and slopes?

    Each participant has a line of his own, about that of his arm, and visits scatter about it. n is the number
    randomised: those who leave tell of the slope by the visits before. longpower's example of a two-year trial:

    >>> trial = Slopes(difference=2, visit_times=(0, 0.5, 1, 2), sd_intercept=10, sd_slope=4, sd_residual=5,
    ...     correlation=-0.25, retention=(1, 1, 0.95, 0.8), test="z")
    >>> round(float(trial.unrounded(0.85)), 2)
    282.36

    References:
        Laird & Ware (1982), Biometrics 38:963 (the model).
        Ard & Edland (2011), Journal of Alzheimer's Disease 26 suppl. 3:369 (sizes, with missed visits).
        Lu, Mehrotra & Liu (2009), Statistics in Medicine 28:679 (missed visits by arm).
    """

    outcome = OfSlopes()
    loses_by = "retention"
    called = {"random-slopes": ("t", "z"), "mixed-model": ("t", "z"), "random-coefficients": ("t", "z")}
    oddity = {"z": 1}
    letters = {
        "V": "the covariance of a participant's visits, and of those until the last one that he has",
        "X": "a row (1, t) for each of these visits, at time t",
        "M_i": "what a participant of arm i tells of its intercept and slope, the mean over who leaves when",
        "m_i": "how many participants of arm i have two visits or more",
        "n_i": "the participants of arm i",
    }

    difference: Numbers = parameter(
        "slope under treatment minus slope of the control",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome per unit of time",
        typical=(0.3, 1.5),
        of_each="slope under each treatment minus slope of the control",
    )
    visit_times: Numbers | tuple[float, ...] = parameter(
        "times of the visits, that at enrolment among them",
        _NOT_NEGATIVE,
        axis="visits",
        order="rises",
        unit="units of time",
        typical=(0.0, 3.0),
        one="time of the visit",
    )
    sd_slope: Numbers = parameter(
        "standard deviation of slopes between participants",
        _NOT_NEGATIVE,
        role="spread",
        symbol="σ_b",
        unit="units of the outcome per unit of time",
        typical=(0.5, 1.5),
    )
    sd_intercept: Numbers = parameter(
        "standard deviation of intercepts between participants",
        _NOT_NEGATIVE,
        symbol="σ_a",
        unit="units of the outcome",
        typical=(0.8, 1.6),
    )
    sd_residual: Numbers = parameter(
        "standard deviation of visits about a participant's own line",
        POSITIVE,
        symbol="σ_e",
        unit="units of the outcome",
        typical=(0.5, 1.0),
    )
    correlation: Numbers = parameter(
        "correlation of intercepts and slopes between participants",
        Interval(-1, 1, "both"),
        default=0.0,
        role="association",
        symbol="r",
        typical=(-0.3, 0.3),
    )
    retention: Numbers | tuple[float, ...] | None = parameter(
        "share of participants who are still there at each visit, in both arms unless the treatment arm's is stated",
        _SHARE,
        axis="visits",
        order="falls",
        optional=True,
        unit="proportion",
        typical=(0.8, 1.0),
    )
    retention_treatment: Numbers | tuple[float, ...] | None = parameter(
        "share of the treatment arm who are still there at each visit, where it differs",
        _SHARE,
        axis="visits",
        order="falls",
        optional=True,
        unit="proportion",
        typical=(0.8, 1.0),
        of_each="share of each treatment arm who are still there at each visit",
    )
    intercepts: Intercepts = parameter(
        "intercepts of the arms: separate, or common to both, as those of arms randomised at enrolment",
        Intercepts,
        default="separate",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: Literal["t", "z"] = parameter("the analysis test", Literal["t", "z"], role="method", default="t")
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Two times at least, in order; as many shares, and nobody who comes back; a margin that suits the goal."""
        fields.check_margin(self)
        times = places(self.visit_times)
        if len(times) < 2:
            way_out = "give the times of all visits"
            reason = f"has {len(times)} time, and a slope needs two at least"
            raise ParameterError(reason, owner=self, parameter="visit_times", value=self.visit_times, way_out=way_out)
        for before, after in itertools.pairwise(times):
            if smallest(after - before) <= 0:
                reason = "must rise from visit to visit"
                raise ParameterError(reason, owner=self, parameter="visit_times", value=self.visit_times)
        for name in ("retention", "retention_treatment"):
            self._check_retention(name, len(times))
        if self.retention is None and self.retention_treatment is not None:
            raise ParameterError("is needed beside that of the treatment", owner=self, parameter="retention")

        self._check_covariance()

    def _check_covariance(self) -> None:
        """Visits whose covariance a computer can invert."""
        with np.errstate(all="ignore"):
            matrix = self.matrix
            there = np.isfinite(matrix).all()
            spread = np.linalg.eigvalsh(np.where(there, matrix, 0.0))
            fits = there and (spread[..., 0] > _LEAST * spread[..., -1]).all()
            told = fits and all((np.linalg.cond(one) < 1 / _LEAST).all() for one in self._told)
        if not told:
            reason = "and the other standard deviations and times are too far apart, or too extreme, to compute with"
            way_out = "state them in other units, or nearer to one another"
            raise ParameterError(reason, owner=self, parameter="sd_residual", value=self.sd_residual, way_out=way_out)

    def _check_retention(self, name: str, count: int) -> None:
        value = getattr(self, name)
        if value is None:
            return
        shares = places(value)
        if len(shares) != count:
            reason = f"tells of {len(shares)} visits, and visit_times of {count}"
            raise ParameterError(reason, owner=self, parameter=name, value=value)
        if any(largest(after - before) > 0 for before, after in itertools.pairwise(shares)):
            reason = "must not rise from visit to visit: who has left is not seen again"
            raise ParameterError(reason, owner=self, parameter=name, value=value)

    @cached_property
    def times(self) -> Any:
        """The times of the visits, on the last axis."""
        return np.stack(np.broadcast_arrays(*map(np.asarray, places(self.visit_times))), -1).astype(float)

    @cached_property
    def matrix(self) -> Any:
        """The covariance of a participant's visits, on the last two axes."""
        intercept, slope, residual, r = (
            np.asarray(value, dtype=float)[..., None, None]
            for value in (self.sd_intercept, self.sd_slope, self.sd_residual, self.correlation)
        )
        return _slopes.covariance(self.times, intercept**2, slope**2, r * intercept * slope, residual**2)

    def _retentions(self) -> tuple[Any, Any]:
        """The share who are there at each visit on the last axis: treatment, control."""
        whole = [1.0] * self.times.shape[-1] if self.retention is None else places(self.retention)
        own = whole if self.retention_treatment is None else places(self.retention_treatment)
        treatment, control = (np.stack(np.broadcast_arrays(*map(np.asarray, one)), -1) for one in (own, whole))
        return treatment.astype(float), control.astype(float)

    @cached_property
    def _told(self) -> tuple[Any, Any]:
        """What a participant of each arm tells of its intercept and slope: treatment, control."""
        treatment, control = (_slopes.information(self.times, self.matrix, one) for one in self._retentions())
        return treatment, control

    @property
    def two_visits(self) -> tuple[Any, Any]:
        """The share of each arm who have two visits or more: treatment, control."""
        treatment, control = (one[..., 1] for one in self._retentions())
        return treatment, control

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The standard deviation of slopes, or what a residual makes of one over all visits."""
        span = smallest(self.times[..., -1] - self.times[..., 0])
        return max(largest(self.sd_slope), largest(self.sd_residual) / span)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference of slopes, with the degrees of freedom of its t."""
        return np.sqrt(self._variance / n), None if self.test == "z" else self.degrees_of_freedom(n)

    @cached_property
    def _variance(self) -> Numbers:
        """Of the difference, times the participants in all."""
        treatment, control = (share * told for share, told in zip(self.split(1.0), self._told, strict=True))
        return _slopes.variance_of_difference(treatment, control, self.intercepts == "common")[()]

    def degrees_of_freedom(self, n: Numbers) -> Numbers:
        """Participants with two visits or more, less two."""
        return sum(size * share for size, share in zip(self.split(n), self.two_visits, strict=True)) - 2

    def distances(self, n: Numbers, direction: int = 1) -> list[Numbers]:
        """How far the difference lies inside each limit, in standard errors."""
        error, _ = self.standard_error(n)
        return [direction * sign * divide(self.difference - limit, error) for limit, sign in self.sided_limits()]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Of the t test, from the limit that the trial wants to leave behind."""
        return None if self.test == "z" else (self.distances(n)[0], self.degrees_of_freedom(n))

    @property
    def formula(self) -> str:
        """With the intercepts."""
        return f"{self.analysis.formula}, {self.intercepts} intercept{'s' if self.intercepts == 'separate' else ''}"

    @property
    def tex(self) -> str:
        """The formula as TeX, where each arm has its intercept; not with a margin."""
        return super().tex if self.intercepts == "separate" else ""

    @property
    def statistic_is_z(self) -> bool:
        """Its t counts as the z of its P value."""
        return True

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Visits on the last axis of every participant, nan after the last one: treatment, control."""
        root = np.linalg.cholesky(self.matrix)
        arms = []
        for size, slope, retention in zip(self.split(n), (self.difference, 0.0), self._retentions(), strict=True):
            people = slope * self.times + rng.standard_normal((trials, round(size), len(root))) @ root.T
            stays = rng.random((trials, round(size), 1)) < retention
            arms.append(np.where(stays, people, np.nan))
        return tuple(arms)

    def _estimated(self, data: tuple[Any, ...], fraction: float) -> Estimate | None:
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        if not all(arm.shape[1] for arm in arms):
            return None
        return _slopes.difference_of_slopes(arms, self.times, self.intercepts == "common")

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """Random intercepts and slopes by restricted maximum likelihood, against t or the normal."""
        found = self._estimated(data, fraction)
        return no_evidence(self, len(data[0])) if found is None else self.analysis.statistic(self, found)

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """The normal score of the P value of t, and z itself."""
        found = self._estimated(data, fraction)
        if found is None:
            return np.zeros(len(data[0]))
        statistic, _ = self.analysis.statistic(self, found)
        return statistic if self.test == "z" else normal_score(statistic, np.where(found.df >= 1, found.df, 0.0))


_TEX_TOLD = r"M_i = \overline{X^\top V^{-1}X}"
_TEX_ERROR = r"\frac{1}{n_i}\left(M_i^{-1}\right)_{22}"

Slopes.tests = {
    "t": AnalysisTest(
        prose="random intercepts and slopes by restricted maximum likelihood, t with as many degrees of freedom as "
        "participants have two visits or more, less two. What trials report.",
        formula="Random intercepts and slopes, noncentral t",
        reference="Laird & Ware 1982; Ard & Edland 2011",
        goals=fields.GOALS,
        power=t_power,
        success=t_success,
        statistic=held_against,
        tex=f"{T_POWER},\n"
        + r"\lambda = \frac{\left|\delta\right|}{\sqrt{\sum_i "
        + _TEX_ERROR
        + r"}},\quad \nu = \sum_i m_i-2,"
        + f"\n{_TEX_TOLD}",
    ),
    "z": AnalysisTest(
        prose="the same against the normal. What the formulas of Edland and of Lu have; too optimistic in small "
        "trials.",
        formula="Random intercepts and slopes, normal",
        reference="Laird & Ware 1982; Ard & Edland 2011",
        goals=fields.GOALS,
        power=either_way(z_tail),
        success=z_tail,
        statistic=held_against,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\delta^2}"
        r"\sum_i\frac{1}{w_i}\left(M_i^{-1}\right)_{22}," + f"\n{_TEX_TOLD}",
    ),
}
