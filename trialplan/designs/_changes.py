"""The tests of one number for each participant, that paired outcomes and single groups share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from trialplan.design import AnalysisTest, Design
from trialplan.designs.two_means import t_tests_power
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score, z_power
from trialplan.parameter import Numbers
from trialplan.rejection import decide, either_way, variance

if TYPE_CHECKING:
    from trialplan.designs.one_mean import OneMean
    from trialplan.designs.paired_means import PairedMeans

TestName = Literal["t", "z"]
"""The tests of one number each."""


def first(values: Any, fraction: float) -> Any:
    """The first fraction of the participants, who are the columns."""
    return values[:, : round(fraction * values.shape[1])]


def one_sample_t(design: Design, values: Any) -> tuple[Any, Any]:
    """The statistic and whether it rejects, trial by trial; fewer than two participants are no evidence."""
    n = values.shape[1]
    mean = values.mean(axis=1) if n else np.zeros(len(values))
    if n < 2:
        return decide(design, mean, np.zeros(len(values)), 1.0)
    return decide(design, mean, np.sqrt(variance(values) / n), upper_t_quantile(design.level, n - 1))


def one_sample_z(design: OneMean | PairedMeans, values: Any) -> Any:
    """The statistic of a z test, or the normal score of the P value of t."""
    statistic, _ = design.analysis.statistic(design, values)
    return statistic if design.test == "z" else normal_score(statistic, values.shape[1] - 1)


def _known_sd(design: OneMean | PairedMeans, values: Any) -> tuple[Any, Any]:
    n = values.shape[1]
    mean = values.mean(axis=1) if n else np.zeros(len(values))
    error = design.spread_between() / np.sqrt(n) if n else 0.0
    return decide(design, mean, np.full(len(values), error), design.z_alpha)


def _t_success(design: OneMean | PairedMeans, n: Numbers) -> Numbers:
    return t_tests_power(design.distances(n), n - 1, design.level, both_tails=False)


def _t_power(design: OneMean | PairedMeans, n: Numbers) -> Numbers:
    return t_tests_power(design.distances(n), n - 1, design.level, design.two_tailed)


def _z_tail(design: OneMean | PairedMeans, n: Numbers, direction: int = 1) -> Numbers:
    return z_power([direction * distance for distance in design.distances(n)], design.z_alpha)


def tests(of: str, goals: tuple[str, ...], reference: str, effect: str, spread: str) -> dict[str, AnalysisTest]:
    """The two tests of numbers `of` something, with the effect and the spread as TeX."""
    return {
        "t": AnalysisTest(
            prose="Student's t with the standard deviation that is seen. The usual choice; exact for normal numbers.",
            formula=f"Student's t test {of}, noncentral t distribution",
            reference=reference,
            goals=goals,
            power=_t_power,
            success=_t_success,
            statistic=one_sample_t,
            tex=f"{T_POWER},\n" + rf"\lambda = \frac{{\left|{effect}\right|\sqrt n}}{{{spread}}},\quad \nu = n-1",
            exact=True,
        ),
        "z": AnalysisTest(
            prose="z with a known standard deviation. Used in hand calculations; too optimistic below some thirty "
            "participants, where the standard deviation must be estimated.",
            formula=f"z test {of}, known standard deviation",
            reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 3",
            goals=goals,
            power=either_way(_z_tail),
            success=_z_tail,
            statistic=_known_sd,
            tex=rf"n = \frac{{\left(z_{{1-\alpha/s}}+z_{{1-\beta}}\right)^2{spread}^2}}{{\left({effect}\right)^2}}",
            exact=True,
        ),
    }
