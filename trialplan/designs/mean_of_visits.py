"""Two means of an outcome that is averaged over several visits, with the visits before treatment or without them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs.ancova import Ancova
from trialplan.designs.two_means import SPREAD_SLIPS, TwoMeans
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER
from trialplan.outcomes.visits import Visits
from trialplan.parameter import POSITIVE, REAL, Interval, Numbers, largest, parameter, smallest

_IGNORED, _SUBTRACTED, _ADJUSTED = "ignored", "subtracted", "adjusted"
Baseline = Literal["ignored", "subtracted", "adjusted"]
"""What the analysis does with the visits before treatment: POST, CHANGE and ANCOVA of Frison and Pocock."""

_MOST = 50
"""Visits beyond which a number is a slip of the pen."""


def _read_visits(value: Any) -> int:
    """A whole number of visits."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or value != value or value not in range(1, _MOST + 1):
        raise ParameterError(f"must be a whole number from 1 to {_MOST}, not {value!r}")
    return int(value)


class MeansOfVisits(Visits):
    """Means over visits that nobody misses."""

    def missing_counts_as(self, design: Design) -> str:
        """A mean over fewer visits is not planned for."""
        return "the mean of the visits that there are, which varies more than is planned"


@dataclass(frozen=True, kw_only=True)
class MeanOfVisits(Design):
    """Does the mean over several visits differ from the control's, less or given those before treatment, or neither?

    Any two visits have the same correlation, and nobody misses one. With a visit before and four after treatment and a
    correlation of 0.7, adjustment needs 67 an arm by the normal, change 88, and the visits after treatment alone 181:

    >>> trial = MeanOfVisits(difference=3, sd=10, correlation=0.7, follow_up_visits=4, test="z")
    >>> [trial.replace(baseline=way).sample_size(0.9).n // 2 for way in ("adjusted", "subtracted", "ignored")]
    [67, 88, 181]

    References:
        Frison & Pocock (1992), Statistics in Medicine 11:1685.
        Shieh (2020), Behavior Research Methods 52:1009 (t after adjustment, exact).
    """

    outcome = MeansOfVisits()
    called = {"summary-measure": ("t", "z"), "summary-statistic": ("t", "z")}
    oddity = {"z": 1}
    slips = SPREAD_SLIPS
    letters = {
        "τ": "the standard deviation of what is analysed of a participant",
        "b": "how many visits there are before treatment",
        "f": "how many visits there are after it",
    }
    stated_example = "--difference 3 --sd 10 --correlation 0.7 --follow-up-visits 4 --power 0.9 --n 138"

    difference: Numbers = parameter(
        "treatment mean minus control mean over the visits after treatment",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
        of_each="mean of each treatment minus control mean over the visits after treatment",
    )
    sd: Numbers = parameter(
        "standard deviation between participants at one visit",
        POSITIVE,
        role="spread",
        symbol="σ",
        unit="units of the outcome",
        typical=(0.8, 1.6),
    )
    correlation: Numbers = parameter(
        "correlation of any two visits of a participant",
        Interval(-1, 1),
        role="association",
        symbol="r",
        typical=(0.3, 0.7),
    )
    baseline_visits: int = parameter(
        "number of visits before treatment, over which the baseline is averaged",
        None,
        default=1,
        read=_read_visits,
        shown="NUMBER",
    )
    follow_up_visits: int = parameter(
        "number of visits after treatment, over which the outcome is averaged",
        None,
        default=2,
        read=_read_visits,
        shown="NUMBER",
    )
    baseline: Baseline = parameter(
        "what the analysis does with the visits before treatment", Baseline, default=_ADJUSTED
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: Literal["t", "z"] = parameter("the analysis test", Literal["t", "z"], role="method", default="t")
    allocation: str = fields.allocation()

    def check(self) -> None:
        """A correlation that so many visits can have, and a margin that suits the goal."""
        fields.check_margin(self)
        count = self.baseline_visits + self.follow_up_visits
        if smallest(self.correlation) <= -1 / (count - 1):
            reason = f"must be above {-1 / (count - 1):.4g}: {count} visits cannot all go against one another more"
            raise ParameterError(reason, owner=self, parameter="correlation", value=self.correlation)

    def _variance_of_mean(self, visits: int) -> Numbers:
        """Of the mean of so many visits of a participant, in variances of one."""
        return (1 + (visits - 1) * self.correlation) / visits

    @property
    def spread(self) -> Numbers:
        """The standard deviation of what is analysed of a participant, after adjustment where there is one."""
        after, before = self._variance_of_mean(self.follow_up_visits), self._variance_of_mean(self.baseline_visits)
        taken_off = {
            _IGNORED: 0.0,
            _SUBTRACTED: 2 * self.correlation - before,
            _ADJUSTED: self.correlation * self.correlation / before,
        }[self.baseline]
        return self.sd * sqrt(after - taken_off)

    @cached_property
    def of_means(self) -> Design:
        """The comparison of one number for each participant, or of one given another, that it comes down to."""
        shared = ("difference", "goal", "margin", "favourable", "allocation", "alpha", "sides")
        numbers: dict[str, Any] = {name: getattr(self, name) for name in shared}
        if self.baseline != _ADJUSTED or self.test == "z":
            return TwoMeans(sd=self.spread, test=self.test, **numbers)
        after, before = self._variance_of_mean(self.follow_up_visits), self._variance_of_mean(self.baseline_visits)
        together = self.correlation / sqrt(after * before)
        return Ancova(sd=self.sd * sqrt(after), correlation=together, method="exact", **numbers)

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The standard deviation at a visit."""
        return largest(self.sd)

    def arm_means(self) -> tuple[Numbers, ...]:
        """The control's mean is 0: only the difference matters."""
        return self.difference, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """Of what is analysed of a participant, in both arms."""
        return self.spread, self.spread

    @property
    def exact(self) -> bool:
        """For normal outcomes, by t."""
        return self.test == "t"

    @property
    def statistic_is_z(self) -> bool:
        """Its t counts as the z of its P value."""
        return True

    @property
    def formula(self) -> str:
        """With what is done with the baseline."""
        way = {_IGNORED: "as they are", _SUBTRACTED: "less the baseline", _ADJUSTED: "given the baseline"}
        return f"{self.analysis.formula}, {way[self.baseline]}"

    @property
    def tex(self) -> str:
        """The formula as TeX; not of t after adjustment, which averages over the imbalance; not with a margin."""
        plain = super().tex
        if not plain or (self.test == "t" and self.baseline == _ADJUSTED):
            return ""
        return plain + _TEX_SPREAD[self.baseline]

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference."""
        return self.of_means.standard_error(n)

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Of the t test, from the limit that the trial wants to leave behind."""
        return None if self.test == "z" else self.of_means.noncentral_t(n)

    def unrounded(self, target: Numbers) -> Numbers:
        """Of the means."""
        return self.of_means.unrounded(target)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Visits on the last axis of every participant, those before treatment first: treatment, control."""
        count = self.baseline_visits + self.follow_up_visits
        matrix = np.full((count, count), float(self.correlation)) + (1 - self.correlation) * np.eye(count)
        root = np.linalg.cholesky(matrix)
        after = np.arange(count) >= self.baseline_visits
        return tuple(
            mean * after + self.sd * (rng.standard_normal((trials, round(size), count)) @ root.T)
            for size, mean in zip(self.split(n), self.arm_means(), strict=True)
        )

    def _summarised(self, data: tuple[Any, ...]) -> tuple[Any, ...]:
        """What `of_means` analyses of each participant."""
        found = []
        for arm in data:
            before, after = (part.mean(axis=-1) for part in np.split(arm, [self.baseline_visits], axis=-1))
            if isinstance(self.of_means, Ancova):
                found.append(np.stack([before, after], axis=-1))
            elif self.baseline == _ADJUSTED:
                # by z the slope counts as known, as the standard deviation does
                slope = self.correlation / self._variance_of_mean(self.baseline_visits)
                found.append(after - slope * before)
            else:
                found.append(after if self.baseline == _IGNORED else after - before)
        return tuple(found)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The test of the means over the visits, of the first fraction of the participants."""
        return self.of_means.analyse(self._summarised(data), fraction)

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """The normal score of the P value of t, and z itself."""
        return self.of_means.z(self._summarised(data), fraction)


def _power(design: MeanOfVisits, n: Numbers) -> Numbers:
    return design.of_means.power(n)


def _success(design: MeanOfVisits, n: Numbers) -> Numbers:
    return design.of_means.success(n)


def _statistic(design: MeanOfVisits, *arms: Any) -> tuple[Any, Any]:
    return design.of_means.analyse(arms)


_TEX_AFTER = r"\tau^2 = \sigma^2\left(\frac{1+(f-1)r}{f}"
_TEX_SPREAD = {
    _IGNORED: f",\n{_TEX_AFTER}" + r"\right)",
    _SUBTRACTED: f",\n{_TEX_AFTER}" + r"+\frac{1+(b-1)r}{b}-2r\right)",
    _ADJUSTED: f",\n{_TEX_AFTER}" + r"-\frac{b\,r^2}{1+(b-1)r}\right)",
}

MeanOfVisits.tests = {
    "t": AnalysisTest(
        prose="Student's t of each participant's mean over the visits, or of its change; analysis of covariance where "
        "the baseline is adjusted for. What trials report.",
        formula="t test of means over visits",
        reference="Frison & Pocock 1992",
        goals=fields.GOALS,
        power=_power,
        success=_success,
        statistic=_statistic,
        tex=f"{T_POWER},\n" + r"\lambda = \frac{\left|\delta\right|}{\tau\sqrt{1/n_T+1/n_C}},\quad \nu = n-2",
        exact=True,
    ),
    "z": AnalysisTest(
        prose="the same against the normal, all that spreads counting as known. Frison and Pocock's formulas; too "
        "optimistic in small trials.",
        formula="z test of means over visits",
        reference="Frison & Pocock 1992",
        goals=fields.GOALS,
        power=_power,
        success=_success,
        statistic=_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2\tau^2}{\delta^2}"
        r"\left(\frac{1}{w_T}+\frac{1}{w_C}\right)",
    ),
}
