"""Two means of an outcome that is measured at several visits, some of them missed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan import fields
from trialplan.design import AnalysisTest
from trialplan.designs import _spread as spread
from trialplan.designs._vectors import places
from trialplan.designs._visits import (
    AR1,
    COMPOUND_SYMMETRY,
    TOEPLITZ,
    UNSTRUCTURED,
    Estimate,
    OnVisits,
    correlations,
    difference_at,
    drawn,
    held_against,
    inflation,
    parts,
    t_power,
    t_success,
    z_tail,
)
from trialplan.designs.two_means import SPREAD_SLIPS, satterthwaite
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score
from trialplan.outcomes.visits import VISITS
from trialplan.parameter import POSITIVE, REAL, Interval, Numbers, largest, parameter, smallest
from trialplan.rejection import either_way, no_evidence

_OUTSIDE, _CONSTRAINED = "outside", "constrained"
Baseline = Literal["outside", "constrained"]
"""Whether the baseline is outside of the model, or the first of its visits, with one mean for both arms."""
Structure = Literal["compound-symmetry", "ar1", "toeplitz", "unstructured"]
_SHARE = Interval(0, 1, "right")
_CORRELATION = Interval(-1, 1)
_LISTS = ("visit_times", "retention", "retention_treatment")
_MOST = 50
"""Visits beyond which a number is a slip of the pen, and matrices become slow."""


def _read_visits(value: Any) -> int:
    """A whole number of visits."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    whole = int(value) if number and value == value and value in range(1, _MOST + 1) else 0
    if not whole:
        raise ParameterError(f"must be a whole number from 1 to {_MOST}, not {value!r}")
    return whole


@dataclass(frozen=True, kw_only=True)
class RepeatedMeasures(OnVisits):
    """Does the treatment's mean differ from the control's at a visit, by a mixed model of all visits (MMRM)?

    n is the number randomised: those who leave still tell something of the visit by those before it. With everybody
    there it is the z test, or t, of two means; with a third gone and a correlation of 0.6 it is less than a half more:

    >>> left = {"visits": 4, "correlation": 0.6, "retention": (0.95, 0.9, 0.8, 0.67)}
    >>> RepeatedMeasures(difference=0.5, sd=1, visits=4, correlation=0.6).sample_size(0.8).n
    128
    >>> RepeatedMeasures(difference=0.5, sd=1, **left).sample_size(0.8).n
    166

    References:
        Lu, Luo & Chen (2008), International Journal of Biostatistics 4(1):9.
        Lu, Mehrotra & Liu (2009), Statistics in Medicine 28:679 (retention by arm).
        Liang & Zeger (2000), Sankhya B 62:134; Lu (2010), Statistics in Medicine 29:1825 (baseline constrained).
    """

    outcome = VISITS
    loses_by = "retention"
    called = {"mmrm": ("t", "z"), "mixed-model": ("t",)}
    slips = SPREAD_SLIPS
    letters = {
        "σ_T": "an arm's standard deviation at the visit that is compared",
        "φ_T": "by how much missed visits enlarge the variance of an arm's mean",
        "c_j": "the share of the variance at that visit which visit j adds to those before it",
        "ρ_ij": "the share of arm i who are there at visit j",
    }

    difference: Numbers = parameter(
        "treatment mean minus control mean at the visit that is compared",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
        of_each="mean of each treatment minus control mean at the visit that is compared",
    )
    sd: Numbers = spread.sd(
        "standard deviation between participants at the visit that is compared, given the baseline where that is "
        "adjusted for"
    )
    sd_treatment: Numbers | None = parameter(
        "standard deviation in the treatment arm, where it differs",
        POSITIVE,
        optional=True,
        symbol="σ_T",
        unit="units of the outcome",
        typical=(0.8, 1.6),
        of_each="standard deviation in each treatment arm",
    )
    correlation: Numbers | tuple[float, ...] = parameter(
        "correlation of two visits: one number, of any (compound-symmetry) or of those a unit of time apart (ar1); one "
        "for each distance (toeplitz); or one for each pair, row by row (unstructured)",
        _CORRELATION,
        axis="correlations",
        role="association",
        symbol="r",
        typical=(0.3, 0.6),
    )
    structure: Structure | None = parameter(
        "the form of the correlations; compound-symmetry where there is one, toeplitz where there are several, unless "
        "it is given",
        Structure,
        optional=True,
    )
    baseline: Baseline = parameter(
        "the baseline: it stays outside of the model, adjusted for or not, or is the visit at time 0 with one mean "
        "for both arms (constrained longitudinal analysis, cLDA): then correlation counts it as a visit, and sd is "
        "before adjustment",
        Baseline,
        default=_OUTSIDE,
    )
    visits: int | None = parameter(
        "number of visits after baseline, where no list tells",
        None,
        optional=True,
        read=_read_visits,
        shown="NUMBER",
    )
    visit_times: Numbers | tuple[float, ...] | None = parameter(
        "times of the visits, where they are not 1, 2, 3, …",
        POSITIVE,
        axis="visits",
        optional=True,
        unit="units of time",
        typical=(1.0, 12.0),
        one="time of the visit",
    )
    retention: Numbers | tuple[float, ...] | None = parameter(
        "share of participants who are still there at each visit, in both arms unless the treatment arm's is stated",
        _SHARE,
        axis="visits",
        optional=True,
        symbol="ρ",
        unit="proportion",
        typical=(0.8, 1.0),
    )
    retention_treatment: Numbers | tuple[float, ...] | None = parameter(
        "share of the treatment arm who are still there at each visit, where it differs",
        _SHARE,
        axis="visits",
        optional=True,
        unit="proportion",
        typical=(0.8, 1.0),
        of_each="share of each treatment arm who are still there at each visit",
    )
    compared_visit: int | None = parameter(
        "the visit that is compared, the last one unless it is given",
        None,
        optional=True,
        read=_read_visits,
        shown="NUMBER",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: Literal["t", "z"] = parameter("the analysis test", Literal["t", "z"], role="method", default="t")
    allocation: str = fields.allocation()

    def check(self) -> None:
        """As many numbers as there are visits, nobody who comes back, correlations that can be, a fitting margin."""
        fields.check_margin(self)
        self._check_count()
        self._check_order("visit_times", rises=True)
        self._check_order("retention", rises=False)
        self._check_order("retention_treatment", rises=False)
        if self.retention is None and self.retention_treatment is not None:
            raise ParameterError("is needed beside that of the treatment", owner=self, parameter="retention")
        if self._structure == AR1 and self.visit_times is not None and smallest(places(self.correlation)[0]) < 0:
            reason = "must not be negative where visits are at times of their own"
            raise ParameterError(reason, owner=self, parameter="correlation", value=self.correlation)
        if np.linalg.eigvalsh(self.matrix).min() < _SINGULAR:
            reason = "cannot be the correlations of visits: some sum of them would vary by less than nothing"
            raise ParameterError(reason, owner=self, parameter="correlation", value=self.correlation)

    def _check_count(self) -> None:
        """All lists tell of the same number of visits, and at least one does."""
        told = {name: len(places(getattr(self, name))) for name in _LISTS if getattr(self, name) is not None}
        given = len(places(self.correlation))
        if self._structure == TOEPLITZ:
            told["correlation"] = given + 1 - self._before
        elif self._structure == UNSTRUCTURED:
            told["correlation"] = round((1 + (1 + 8 * given) ** 0.5) / 2) - self._before
        if self.visits is not None:
            told["visits"] = self.visits
        if not told:
            reason = f"is needed with {self._structure}, where no list tells how many there are"
            raise ParameterError(reason, owner=self, parameter="visits")
        name, count = next(iter(told.items()))
        for other, another in told.items():
            if another != count:
                reason = f"tells of {another} visits, and {field(name)} of {count}"
                raise ParameterError(reason, owner=self, parameter=other, value=getattr(self, other))
        all_visits = count + self._before
        pairs = all_visits * (all_visits - 1) // 2
        wanted = {TOEPLITZ: all_visits - 1, UNSTRUCTURED: pairs}.get(self._structure, 1)
        if given != wanted:
            beside = " and the baseline" if self._before else ""
            reason = f"has {given} values where {self._structure} of {count} visits{beside} needs {wanted}"
            raise ParameterError(reason, owner=self, parameter="correlation", value=self.correlation)
        if self.compared_visit is not None and self.compared_visit > count:
            reason = f"must be one of the {count} visits"
            raise ParameterError(reason, owner=self, parameter="compared_visit", value=self.compared_visit)
        self._set("_count", count)

    def _check_order(self, name: str, rises: bool) -> None:
        """Times rise from visit to visit, and shares never do."""
        values = [] if getattr(self, name) is None else places(getattr(self, name))
        for before, after in itertools.pairwise(values):
            if rises and smallest(after - before) <= 0:
                raise ParameterError(
                    "must rise from visit to visit", owner=self, parameter=name, value=getattr(self, name)
                )
            if not rises and largest(after - before) > 0:
                reason = "must not rise from visit to visit: who has left is not seen again"
                raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))

    @property
    def _structure(self) -> str:
        return self.structure or (COMPOUND_SYMMETRY if len(places(self.correlation)) == 1 else TOEPLITZ)

    @property
    def count(self) -> int:
        """How many visits there are."""
        return int(vars(self)["_count"])

    @property
    def _before(self) -> int:
        """How many visits of the model come before treatment."""
        return 1 if self.baseline == _CONSTRAINED else 0

    @cached_property
    def matrix(self) -> Any:
        """The correlations of the visits, that at baseline among them where it is constrained, on the last two axes."""
        times = [float(i + 1) for i in range(self.count)] if self.visit_times is None else places(self.visit_times)
        return correlations(self._structure, [0.0, *times][1 - self._before :], places(self.correlation))

    @property
    def _visit(self) -> int:
        """The place of the visit that is compared, among those of the model."""
        return (self.compared_visit or self.count) - 1 + self._before

    def _retentions(self) -> tuple[Any, Any]:
        """The share who are there at each visit on the last axis: treatment, control."""
        own = (
            np.ones(self.count)
            if self.retention is None
            else np.stack(np.broadcast_arrays(*places(self.retention)), -1)
        )
        if self.retention_treatment is None:
            return own, own
        return np.stack(np.broadcast_arrays(*places(self.retention_treatment)), -1), own

    @cached_property
    def inflations(self) -> tuple[Numbers, Numbers]:
        """By how much missed visits enlarge the variance of each arm's mean: treatment, control."""
        # of a baseline with one mean the arms' difference is known, so what it adds to the visit falls away
        shares = parts(self.matrix, self._visit)[..., self._before :]
        treatment, control = (inflation(shares, retention) for retention in self._retentions())
        return treatment, control

    @property
    def tex(self) -> str:
        """The formula as TeX, with Satterthwaite's degrees of freedom for two SDs; not with margin or constraint."""
        plain = "" if self._before else super().tex
        return _TEX_TWO_SDS if plain and self.test == "t" and self.sd_treatment is not None else plain

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The control arm's standard deviation."""
        return largest(self.sd)

    def arm_means(self) -> tuple[Numbers, ...]:
        """The control's mean is 0: only the difference matters."""
        return self.difference, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """At the visit that is compared: treatment, control."""
        return (self.sd if self.sd_treatment is None else self.sd_treatment), self.sd

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference, with the degrees of freedom of as many as the visit is worth."""
        return np.sqrt(sum(self._variances(n))), None if self.test == "z" else self.degrees_of_freedom(n)

    def _variances(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """The variances of the two arms' means at the visit: treatment, control."""
        treatment, control = (np.square(sd) / worth for sd, worth in zip(self.arm_sds(), self._worth(n), strict=True))
        return treatment, control

    def _worth(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """How many measured at the visit each arm's participants are worth: treatment, control."""
        treatment, control = (size / phi for size, phi in zip(self.split(n), self.inflations, strict=True))
        return treatment, control

    def degrees_of_freedom(self, n: Numbers) -> Numbers:
        """Degrees of freedom: n/φ - 2, or Satterthwaite's where each arm has a standard deviation of its own.

        A constrained baseline counts in φ, and takes one, as after adjustment for it.
        """
        taken = parts(self.matrix, self._visit)[..., : self._before].sum(axis=-1)
        worth = [size / (phi + taken) for size, phi in zip(self.split(n), self.inflations, strict=True)]
        if self.sd_treatment is None:
            return sum(worth) - 2 - self._before
        return satterthwaite(self._variances(n), (worth[0], worth[1]))

    def distances(self, n: Numbers, direction: int = 1) -> list[Numbers]:
        """How far the difference lies inside each limit, in standard errors."""
        error, _ = self.standard_error(n)
        return [direction * sign * divide(self.difference - limit, error) for limit, sign in self.sided_limits()]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Of the t test, from the limit that the trial wants to leave behind."""
        return None if self.test == "z" else (self.distances(n)[0], self.degrees_of_freedom(n))

    @property
    def formula(self) -> str:
        """With the degrees of freedom of t and the form of the correlations."""
        degrees = f"n/φ - {2 + self._before}" if self.sd_treatment is None else "Satterthwaite's"
        of_t = f" with {degrees} degrees of freedom" if self.test == "t" else ""
        constrained = ", baseline constrained" if self._before else ""
        return f"{self.analysis.formula}{of_t}, correlations: {self._structure}{constrained}"

    @property
    def statistic_is_z(self) -> bool:
        """Of the last visit no look at the first participants sees only a part: its t counts as a z."""
        return True

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Visits on the last axis of every participant, nan after the last one: treatment, control.

        The difference grows evenly to the visit that is compared; the analysis has a mean of its own for each.
        """
        arms = zip(self.split(n), self.arm_sds(), self.arm_means(), self._retentions(), strict=True)
        grows = np.arange(1 - self._before, self.count + 1) / (self._visit + 1 - self._before)
        whole = np.ones(self._before)
        return tuple(
            drawn(self.matrix, sd, mean * grows, np.concatenate([whole, retention]))(round(size), trials, rng)
            for size, sd, mean, retention in arms
        )

    def _estimated(self, data: tuple[Any, ...], fraction: float) -> Estimate | None:
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        if not all(arm.shape[1] for arm in arms):
            return None
        return difference_at(arms, self._visit, pooled=self.sd_treatment is None, constrained=bool(self._before))

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The mixed model with a mean for each visit and arm and any covariance, against t or the normal."""
        found = self._estimated(data, fraction)
        return no_evidence(self, len(data[0])) if found is None else self.analysis.statistic(self, found)

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """The normal score of the P value of t, and z itself."""
        statistic, _ = self.analyse(data, fraction)
        found = self._estimated(data, fraction)
        if self.test == "z" or found is None:
            return statistic
        return normal_score(statistic, np.where(found.df >= 1, found.df, 0.0))


_SINGULAR = 1e-9
"""The least eigenvalue of correlations that can be told from 0."""


_TEX_INFLATION = r"\varphi_i = \sum_j\frac{c_j}{\rho_{ij}}"
_TEX_T = (
    f"{T_POWER},\n"
    r"\lambda = \frac{\left|\delta\right|}{\sqrt{\sigma_T^2\varphi_T/n_T+\sigma_C^2\varphi_C/n_C}},\quad "
    r"\nu = \frac{n_T}{\varphi_T}+\frac{n_C}{\varphi_C}-2,"
    f"\n{_TEX_INFLATION}"
)
_TEX_TWO_SDS = (
    f"{T_POWER},\n"
    r"\lambda = \frac{\left|\delta\right|}{\sqrt{v_T+v_C}},\quad v_i = \frac{\sigma_i^2\varphi_i}{n_i},"
    "\n"
    r"\nu = \frac{\left(v_T+v_C\right)^2}{v_T^2/(n_T/\varphi_T-1)+v_C^2/(n_C/\varphi_C-1)},"
    f"\n{_TEX_INFLATION}"
)
_TEX_Z = (
    r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\delta^2}"
    r"\left(\frac{\sigma_T^2\varphi_T}{w_T}+\frac{\sigma_C^2\varphi_C}{w_C}\right),"
    f"\n{_TEX_INFLATION}"
)

RepeatedMeasures.tests = {
    "t": AnalysisTest(
        prose="Mixed model for repeated measures with an unstructured covariance, t with Satterthwaite's degrees of "
        "freedom. What most trials report; the formula claims some points too much where few are left at the visit.",
        formula="Mixed model for repeated measures, noncentral t",
        reference="Lu, Luo & Chen 2008",
        goals=fields.GOALS,
        power=t_power,
        success=t_success,
        statistic=held_against,
        tex=_TEX_T,
    ),
    "z": AnalysisTest(
        prose="the same against the normal. What Lu, Luo and Chen's formula has; too optimistic in small trials.",
        formula="Mixed model for repeated measures, normal",
        reference="Lu, Luo & Chen 2008",
        goals=fields.GOALS,
        power=either_way(z_tail),
        success=z_tail,
        statistic=held_against,
        tex=_TEX_Z,
    ),
}
