"""What designs of participants in clusters share: the design effect, few clusters by t, and clusters that are drawn."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.designs.two_means import satterthwaite, t_tests_power
from trialplan.errors import ParameterError, field
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide, floor, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import T_POWER, z_power
from trialplan.parameter import Interval, Numbers, parameter
from trialplan.rejection import decide, either_way, no_evidence
from trialplan.stated import SizingMethod, Slip, sized_by

ClusteredArms = Literal["both", "treatment", "control"]
"""Which arms come in clusters: centres that are randomised, or donors and therapists whom only one arm has."""

TestName = Literal["t", "z"]
"""By the variance between clusters, or by a design effect that counts as known."""

LETTERS: dict[str, str] = {
    "n_i": "an arm's participants",
    "D_i": "an arm's design effect; 1 in an arm without clusters",
    "k_T": "an arm's clusters; its participants in an arm without clusters",
}

SLIPS: tuple[Slip, ...] = (Slip("the clusters are left out", ("icc",), lambda icc: 0.0),)
"""What statements about clusters are known for."""

_DESIGN_EFFECT = r"D_i = 1+\left((1+CV^2)m-1\right)\rho"
CLUSTERS_LESS_TWO = r"\nu = k_T+k_C-2"
SATTERTHWAITE = r"\nu = \frac{\left(v_T+v_C\right)^2}{v_T^2/(k_T-1)+v_C^2/(k_C-1)}"

_MOST_UNEVEN = 30.0
"""Logarithmic standard deviation of cluster sizes beyond which one cluster has everybody."""


@dataclass(frozen=True, kw_only=True)
class _Clustered(Design):
    """Two arms whose participants come in clusters, compared by their means over participants.

    n counts participants; a cluster has `cluster_size` of them on the average, and an arm as many clusters as that
    makes. The variance of an arm's mean is that of as many independent participants times the design effect.
    """

    icc: Numbers = parameter(
        "intracluster correlation: the share of the variance that lies between clusters",
        Interval(0, 1, "left"),
        symbol="ρ",
        typical=(0.01, 0.05),
    )
    cluster_size: Numbers = parameter(
        "mean size of a cluster",
        Interval(1, 1e6, "left right"),
        symbol="m",
        unit="participants",
        typical=(5.0, 20.0),
    )
    cluster_cv: Numbers = parameter(
        "coefficient of variation of the sizes of clusters: 0 where all are equal",
        Interval(0, 5, "left right"),
        default=0.0,
        symbol="CV",
        unit="ratio",
        typical=(0.2, 0.7),
    )
    clustered: ClusteredArms = parameter(
        "which arms come in clusters: both, or one alone, as with donors or therapists whom the other does not have",
        ClusteredArms,
        default="both",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="t")
    allocation: str = fields.allocation()

    uniforms = 2  # one of the participant, one of the cluster: that of the first who is in it

    def arm_variances(self) -> tuple[Numbers, Numbers]:
        """Of one participant's outcome in each arm: treatment, control."""
        raise NotImplementedError

    def contrast(self) -> Numbers:
        """The planned difference, treatment minus control."""
        raise NotImplementedError

    @property
    def common_variance(self) -> bool:
        """Whether the arms' clusters vary alike, so that one variance is estimated from both."""
        raise NotImplementedError

    def design_effects(self) -> tuple[Numbers, Numbers]:
        """By how much clusters enlarge the variance of each arm's mean: treatment, control.

        Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35:1292, for sizes that vary.
        """
        effect = 1 + ((1 + square(self.cluster_cv)) * self.cluster_size - 1) * self.icc
        treatment, control = (effect if self.in_clusters(arm) else 1.0 for arm in range(2))
        return treatment, control

    def in_clusters(self, arm: int) -> bool:
        """Whether an arm comes in clusters, 0 the treatment."""
        return self.clustered in ("both", self.arm_names[arm])

    def variances(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """Of the arms' means: treatment, control."""
        parts = zip(self.arm_variances(), self.design_effects(), self.split(n), strict=True)
        treatment, control = (variance * effect / size for variance, effect, size in parts)
        return treatment, control

    def units(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """What is independent in each arm: its clusters, or its participants. Not rounded."""
        treatment, control = (
            size / (self.cluster_size if self.in_clusters(arm) else 1.0) for arm, size in enumerate(self.split(n))
        )
        return treatment, control

    def _df(self, n: Numbers) -> Numbers:
        """Clusters less two, or Satterthwaite's where the arms' variances differ.

        Two one-sided tests on less than a degree of freedom reject by luck, and less often with more clusters: an arm
        of less than two counts as none there.
        """
        treatment, control = self.units(n)
        df = treatment + control - 2 if self.common_variance else satterthwaite(self.variances(n), (treatment, control))
        return np.where((treatment >= 2) & (control >= 2), df, 0.0) if len(self.limits()) == 2 else df

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference, with the degrees of freedom of its t."""
        return sqrt(sum(self.variances(n))), None if self.test == "z" else self._df(n)

    def distances(self, n: Numbers, direction: int = 1) -> list[Numbers]:
        """How far the difference lies inside each limit, in standard errors."""
        error = sqrt(sum(self.variances(n)))
        return [direction * sign * divide(self.contrast() - limit, error) for limit, sign in self.sided_limits()]

    def distance_to_null(self, n: Numbers) -> Numbers:
        """From the limit that the trial wants to leave behind."""
        return self.distances(n)[0]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Of the t test, from the limit that the trial wants to leave behind."""
        return None if self.test == "z" else (self.distances(n)[0], self._df(n))

    @property
    def exact(self) -> bool:
        """Never: sizes of clusters are whole, and those of an arm rarely all the same."""
        return False

    @property
    def formula(self) -> str:
        """With what is meant by degrees of freedom and by the design effect."""
        degrees = "clusters less two" if self.common_variance else "Satterthwaite's"
        of_t = f", {degrees} degrees of freedom" if self.test == "t" else ""
        # said so that it holds of one treatment and of several
        where = "in every arm" if self.clustered == "both" else f"on {self.clustered} alone"
        return f"{self.analysis.formula}{of_t}, design effect for clusters {where}"

    @property
    def tex(self) -> str:
        """The formula as TeX, with Satterthwaite's degrees of freedom for clusters in one arm."""
        plain = super().tex
        return plain if self.common_variance else plain.replace(CLUSTERS_LESS_TWO, SATTERTHWAITE)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The design effect, and how many clusters each arm that has some needs."""
        if self.shape(n):
            return {}
        return {
            "design_effect": float(max(self.design_effects())),
            **{f"clusters_{arm}": count for arm, count in self.clusters(n).items()},
        }

    @property
    def step(self) -> Numbers:
        """The fewest blocks that fill the clusters of each arm, where their mean size is a whole number."""
        size = self.cluster_size
        whole = np.where(size == floor(size), size, 1).astype(int)
        arms = [whole // np.gcd(whole, weight) for arm, weight in enumerate(self.weights) if self.in_clusters(arm)]
        steps = self.block * functools.reduce(np.lcm, arms)
        return steps if self.shape() else int(steps)

    def clusters(self, n: Any) -> Mapping[str, int]:
        """Of each arm that comes in clusters."""
        return {
            self.arm_names[arm]: clusters_of(float(size), float(self.cluster_size))
            for arm, size in enumerate(self.split(n))
            if self.in_clusters(arm)
        }

    def last_clusters(self, n: Any) -> Mapping[str, int]:
        """Of each arm that comes in clusters of one size; of sizes that vary none is the short one."""
        if self.cluster_cv:
            return {}
        size = float(self.cluster_size)
        arms = {self.arm_names[arm]: float(part) for arm, part in enumerate(self.split(n)) if self.in_clusters(arm)}
        left = {arm: part - (clusters_of(part, size) - 1) * size for arm, part in arms.items()}
        return {arm: round(last) for arm, last in left.items() if round(last) < math.floor(size)}

    def check_stated(self, n: float) -> None:
        """Raise, too, where an arm that comes in clusters has fewer participants than one of them."""
        super().check_stated(n)
        size = float(self.cluster_size)
        for arm, part in enumerate(self.split(n)):
            if self.in_clusters(arm) and float(part) < size - 1e-9:
                reason = (
                    f"of {n:,.0f} is {float(part):,.0f} on {self.arm_names[arm]}, less than one cluster of {size:g}"
                )
                way_out = f"take more, or smaller clusters by {field('cluster_size')}"
                raise ParameterError(reason, owner=self, parameter="n", value=n, way_out=way_out)

    def unclustered(self) -> tuple[Design, ...]:
        """The same trial of independent participants by the tests that textbooks multiply, the usual ones first."""
        raise NotImplementedError

    def _beside(self) -> dict[str, Any]:
        """What the trial of independent participants has in common."""
        names = ("favourable", "allocation", "alpha", "sides", "goal", "margin")
        return {name: getattr(self, name) for name in names}

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """A test without clusters times the design effect, of one arm alone the mean of both; then whole clusters.

        Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials, ch. 5; a cluster more in each arm for
        z: Hayes & Bennett (1999), International Journal of Epidemiology 28:319.
        """
        assert power is not None
        if len(self.limits()) == 2:
            return
        factor = sum(map(float, self.design_effects())) / 2
        multiplied = [
            replace(sized_by(one, power, one.test), cost=cost).times(factor, "times the design effect", 0)
            for cost, one in zip((1, 1, 2, 2), self.unclustered(), strict=False)
        ]
        yield from multiplied
        own = [sized_by(self.replace(test=test), power, test) for test in ("t", "z")]
        for method in (*own, *multiplied):
            yield self._in_whole_clusters(method, 0)
        yield self._in_whole_clusters(own[1], 1)

    def _in_whole_clusters(self, method: SizingMethod, more: int) -> SizingMethod:
        """As many as fill the clusters, and some clusters more in each arm that has any."""
        size = float(self.cluster_size)
        arms = tuple(
            (clusters_of(arm, size) + more) * size if self.in_clusters(which) else float(math.ceil(arm - 1e-6))
            for which, arm in enumerate(method.arms)
        )
        words = "in whole clusters" + (", one more in each arm" if more else "")
        return replace(
            method, words=f"{method.words}, {words}", arms=arms, whole=True, design=None, cost=method.cost + more
        )

    # Clusters that are drawn.

    def sizes(self, arm: int, participants: int) -> Any:
        """The sizes of the clusters of an arm, 0 the treatment, that has so many participants."""
        if not self.in_clusters(arm):
            return np.ones(participants, dtype=int)
        return cluster_sizes(participants, clusters_of(participants, self.cluster_size), float(self.cluster_cv))

    def outcomes(self, arm: int, own: Any, cluster: Any, sizes: Any) -> Any:
        """Outcomes from uniform numbers of the participants and of the clusters, which have these sizes."""
        raise NotImplementedError

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes, one row a trial and one column a participant, cluster by cluster: treatment, control."""
        return self.draw_from(rng.random((trials, n, 2)))

    def draw_from(self, uniforms: Any) -> tuple[Any, ...]:
        """The same from uniform numbers; a cluster's is the second one of its first participant."""
        edges = np.cumsum([round(float(size)) for size in self.split(uniforms.shape[1])])[:-1]
        drawn = []
        for arm, own in enumerate(np.split(uniforms, edges, axis=1)):
            sizes = self.sizes(arm, own.shape[1])
            drawn.append(self.outcomes(arm, own[..., 0], own[:, np.cumsum(sizes) - sizes, 1], sizes))
        return tuple(drawn)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The difference of the arms' means over participants, by the variance between clusters."""
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        if not all(arm.shape[1] for arm in arms):
            return no_evidence(self, len(data[0]))
        seen = [
            _seen(arm, self._so_far(which, whole.shape[1], arm.shape[1]))
            for which, (arm, whole) in enumerate(zip(arms, data, strict=True))
        ]
        return self.analysis.statistic(self, [arm.shape[1] for arm in arms], seen)

    def _so_far(self, arm: int, participants: int, seen: int) -> Any:
        """The sizes of the clusters of an arm of whom so many are seen, the last one perhaps in part."""
        sizes = self.sizes(arm, participants)
        found = np.diff(np.minimum(np.cumsum(sizes), seen), prepend=0)
        return found[found > 0]


def clusters_of(participants: float, size: float) -> int:
    """As many clusters of this size as hold the participants."""
    return max(1, math.ceil(participants / size - 1e-9))  # what is whole may lie a rounding error above


def cluster_sizes(participants: int, clusters: int, cv: float) -> Any:
    """Whole sizes, of which none is 0, that add up, and vary about as much: the quantiles of a log-normal law.

    They are the same in every trial, as those of centres are that a plan has chosen, and lie in no order.
    """
    order = np.argsort(np.modf(np.arange(1, clusters + 1) * _GOLDEN)[0])
    normal = special.ndtri((np.arange(clusters) + 0.5) / clusters)[order]
    low, high = 0.0, _MOST_UNEVEN
    for _ in range(60 if cv else 0):
        middle = (low + high) / 2
        shares = np.exp(middle * (normal - normal.max()))
        low, high = (middle, high) if shares.std() < cv * shares.mean() else (low, middle)
    shares = np.exp(low * (normal - normal.max()))
    # one for each, and what is left by the shares, rounded so that the sum is kept
    left = participants - clusters
    wanted = np.maximum(shares / shares.sum() * participants - 1, 0)
    upto = np.round(np.cumsum(wanted) / max(wanted.sum(), 1e-300) * left).astype(int)
    return 1 + np.diff(upto, prepend=0)


_GOLDEN = (math.sqrt(5) - 1) / 2
"""Its multiples, less their whole parts, lie in no order and are spread evenly."""


def _seen(arm: Any, sizes: Any) -> tuple[Any, Any, int]:
    """The mean, its variance by what lies between clusters, and how many there are; without two no variance.

    Each cluster's total has its mean taken off (Bland & Kerry 1998, BMJ 316:129; the variance of a ratio of totals).
    """
    totals = np.add.reduceat(arm, np.cumsum(sizes) - sizes, axis=1)
    clusters, participants = len(sizes), arm.shape[1]
    mean = totals.sum(axis=1) / participants
    if clusters < 2:
        return mean, np.full(len(arm), np.nan), clusters
    apart = totals - sizes * mean[:, None]
    return mean, clusters / (clusters - 1) * np.square(apart).sum(axis=1) / participants**2, clusters


def t_statistic(design: _Clustered, counts: list[int], seen: list[tuple[Any, Any, int]]) -> tuple[Any, Any]:
    """By one variance of clusters where the arms' vary alike, else by each arm's own, with Satterthwaite's df."""
    (mean_t, v_t, k_t), (mean_c, v_c, k_c) = seen
    if min(k_t, k_c) < 2:
        return no_evidence(design, len(mean_t))
    if design.common_variance:
        df: Any = k_t + k_c - 2
        pooled = ((k_t - 1) * k_t * v_t + (k_c - 1) * k_c * v_c) / df
        squared = pooled * (1 / k_t + 1 / k_c)
    else:
        squared = v_t + v_c
        with np.errstate(all="ignore"):
            df = np.nan_to_num(satterthwaite((v_t, v_c), (k_t, k_c)), nan=1.0)
    critical = upper_t_quantile(design.level, np.maximum(df, 1e-9))
    return decide(design, mean_t - mean_c, np.sqrt(squared), critical)


def t_success(design: _Clustered, n: Numbers) -> Numbers:
    """P(reject in favour) by the noncentral t."""
    return t_tests_power(design.distances(n), design._df(n), design.level, both_tails=False)


def t_power(design: _Clustered, n: Numbers) -> Numbers:
    """P(reject) by the noncentral t."""
    return t_tests_power(design.distances(n), design._df(n), design.level, design.two_tailed)


def z_tail(design: _Clustered, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject in a direction) by the normal."""
    return z_power(design.distances(n, direction), design.z_alpha)


Z_POWER: Callable[..., Numbers] = either_way(z_tail)
"""P(reject) by the normal."""


def t_tex(difference: str, variance: str, degrees: str) -> str:
    """The formula of t as TeX, for an arm's variance of one participant."""
    noncentrality = rf"\lambda = \frac{{\left|{difference}\right|}}{{\sqrt{{v_T+v_C}}}}"
    return f"{T_POWER},\n{noncentrality},\\quad {degrees},\n{_of_arms(variance)}"


def z_tex(difference: str, variance: str) -> str:
    """The formula of z as TeX."""
    score = rf"\frac{{\left|{difference}\right|}}{{\sqrt{{v_T+v_C}}}}-z_{{1-\alpha/s}}"
    return rf"1-\beta = \Phi\left({score}\right)," + f"\n{_of_arms(variance)}"


def _of_arms(variance: str) -> str:
    return rf"v_i = \frac{{{variance}D_i}}{{n_i}},\quad {_DESIGN_EFFECT}"


def shared(variance: Numbers, effect: Numbers) -> Numbers:
    """What clusters add to the variance of one participant's part in the mean."""
    return variance * (effect - 1)
