"""Two proportions seen on the same participants, or on matched pairs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Any, ClassVar, Literal, Self

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design, Sized
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.distributions import binomial_critical, binomial_sf
from trialplan.numerics.elementary import divide, greatest, normal_cdf, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, RESPONSE, EffectScale, Outcome
from trialplan.parameter import PROPORTION, Interval, Numbers, largest, parameter
from trialplan.rejection import decide_by_z, either_way

TestName = Literal["mcnemar", "mcnemar-exact", "mcnemar-mid-p"]
"""The tests of paired proportions."""

_SEARCHED = 20_000
"""Pairs up to which the tests that count are tried, n by n."""

_RATES = 200
"""Shares of discordant pairs at which the type I error is looked at."""

_TABLES = 250_000
"""Tables of pairs beyond which they are not counted one by one: 700 pairs."""

_TAIL = 9.0
"""Standard deviations of the number of discordant pairs that are summed over: what lies beyond weighs < 1e-17."""


class PairedResponses(Outcome):
    """Pairs in which the treatment alone, the control alone, both, or neither has the response."""

    kind = "paired responses"
    observed = RESPONSE

    def target(self, design: Design) -> float:
        """The rate with the treatment minus that with the control: pairs in which both or neither respond cancel."""
        return float(design.effect_value()) - float(design.value("comparator"))

    def target_scale(self, design: Design) -> EffectScale:
        """A difference of two rates."""
        return DIFFERENCE_OF_PROPORTIONS

    def better(self, design: Design) -> str:
        """More or fewer with the response."""
        return f"a {design.favourable} rate is better"

    def effect_scale(self, design: Sized) -> EffectScale:
        """Where a margin is set, the difference of the two rates; else the share of pairs itself."""
        return super().effect_scale(design) if design.margin is None else DIFFERENCE_OF_PROPORTIONS

    def null_limits(self, design: Design) -> tuple[Numbers, ...]:
        """On that scale."""
        return super().null_limits(design) if design.margin is None else design.limits()

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """The differences at which the test shows z, beside the planned share with the control alone; nan if none."""
        n, z = np.broadcast_arrays(np.asarray(n, dtype=float), z)
        limit, theirs, sign = design.limits()[0], design.value("comparator"), design.sign
        least, most = 1e-12, 1 - theirs - 1e-12

        def surplus(ours: Any) -> Any:
            null = np.sqrt(null_variance(ours, theirs, limit))
            return (ours - theirs - limit) * np.sqrt(n) / null - sign * z

        low, high = np.full(n.shape, least), np.full(n.shape, most)
        inside = (surplus(low) < 0) & (surplus(high) >= 0)
        return np.where(inside, increasing_root(surplus, low, high) - theirs, np.nan)

    def estimate_name(self, design: Design) -> str:
        """The difference of the two rates."""
        return DIFFERENCE_OF_PROPORTIONS.short

    def estimate_in_points(self, design: Design) -> bool:
        """It is."""
        return True

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As the chance that only the treatment succeeds, as a difference of rates, as the odds of discordant pairs."""
        ours, theirs = float(design.effect_value()), float(design.value("comparator"))
        odds = EffectScale(name="ratio of discordant pairs", short="ratio", ratio=True)
        shares = (super().effect_scale(design), ours)
        return shares, (DIFFERENCE_OF_PROPORTIONS, ours - theirs), (odds, ours / theirs)


@dataclass(frozen=True, kw_only=True)
class PairedProportions(Design):
    """Does a response come more often with the treatment than with the control on the same participants, by a margin?

    Only pairs whose two members differ tell: those in which the treatment alone has the response, and those in which
    the control alone has it. McNemar's test compares the two numbers. The exact one takes them as a fair coin's under
    the null, given how many there are; the mid-P one counts half of what is seen. With a margin on the difference of
    the two rates the test is Tango's, which is McNemar's where the margin is none.

    >>> design = PairedProportions(treatment_only=0.25, control_only=0.1)
    >>> round(design.unrounded(0.8), 1)
    119.7

    References:
        McNemar (1947), Psychometrika 12:153.
        Connor (1987), Biometrics 43:207 (the sample size).
        Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology 13:91 (exact and mid-P).
        Tango (1998), Statistics in Medicine 17:891; Nam (1997), Biometrics 53:1422 (with a margin).
    """

    outcome = PairedResponses()
    letters = {
        "d": "how many pairs differ",
        "d_T": "in how many of these the treatment alone has the response",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("pairs",)
    stated_example = "--treatment-only 0.25 --control-only 0.1 --power 0.8 --n 120"

    treatment_only: Numbers = parameter(
        "probability that a pair has the response with the treatment alone",
        PROPORTION,
        role="effect",
        symbol="p_T",
        unit="proportion",
        typical=(0.3, 0.7),
    )
    control_only: Numbers = parameter(
        "probability that a pair has the response with the control alone",
        PROPORTION,
        role="comparator",
        symbol="p_C",
        unit="proportion",
        typical=(0.05, 0.15),
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="mcnemar")

    def check(self) -> None:
        """Both together are at most all pairs; a margin where the goal needs one, and a test that takes it."""
        fields.check_margin(self, domain=PROPORTION)
        if self.margin is not None and fields.NON_INFERIORITY not in self.analysis.goals:
            reason, way_out = f"{self.test} is not defined with a margin", "use mcnemar, which is Tango's with one"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=way_out)
        if self.treatment_only is None:
            return
        together = largest(self.treatment_only + self.control_only)
        if together > 1 + 1e-12:
            raise ParameterError(
                f"leaves no room beside {field('control_only')}: both together are {together:.6g} of the pairs",
                owner=self,
                parameter="treatment_only",
                value=self.treatment_only,
            )

    @property
    def formula(self) -> str:
        """The name of the formula: with a margin the test is Tango's."""
        return super().formula if self.margin is None else "score test of Tango, normal approximation"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return super().reference if self.margin is None else "Tango 1998; Nam 1997"

    @property
    def smooth(self) -> bool:
        """Under normal theory; counts are whole, so the power of the others is a saw-tooth."""
        return self.test == "mcnemar"

    @property
    def statistic_is_z(self) -> bool:
        """That of the test by normal theory."""
        return self.smooth

    def null_values(self) -> tuple[Numbers, ...]:
        """Beside the control's share: as many pairs one way as the other, or so many more as the margin says."""
        return tuple(self.control_only + limit for limit in self.limits())

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary as differences of the two rates."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def planned_estimate(self) -> Numbers:
        """The difference of the two rates."""
        return self.treatment_only - self.control_only

    def null_estimate(self) -> Numbers:
        """The first of the limits."""
        return self.limits()[0]

    def at_null(self) -> tuple[Self, ...]:
        """Without a margin the planned control's share on both sides; with one, the shares nearest the plan on a limit.

        Those are the restricted ones of maximum likelihood: a margin can be wider than the control's share.
        """
        if self.margin is None:
            return super().at_null()
        found = []
        for limit in self.limits():
            theirs = restricted_share(self.treatment_only, self.control_only, limit)
            with contextlib.suppress(ParameterError):  # on the edge, where no pair differs one way
                found.append(self.replace(treatment_only=theirs + limit, control_only=theirs))
        return tuple(found)

    def effect_domain(self) -> Interval:
        """What the pairs with the response on the control alone leave."""
        return Interval(0, 1 - largest(self.control_only))

    @property
    def discordant(self) -> Numbers:
        """The share of pairs that differ."""
        return self.treatment_only + self.control_only

    def moments(self, limit: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Of one pair: the difference beyond a limit, its variance on the limit, and its variance."""
        away = self.treatment_only - self.control_only
        null = null_variance(self.treatment_only, self.control_only, limit)
        return away - limit, null, self.discordant - square(away)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form under normal theory; the others have no real-valued n, and this one is near it."""
        if len(self.limits()) == 2:
            return super().unrounded(target)
        away, null, true = self.moments(self.limits()[0])
        return square(divide(self.z_alpha * sqrt(null) + normal_quantile(target) * sqrt(true), away))

    def by_normal_theory(self) -> Design:
        """By McNemar's z, where pairs are counted."""
        return self if self.smooth else self.replace(test="mcnemar")

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but where normal theory asks for more than can be searched, the search does not begin."""
        near = float(self.unrounded(target))
        if not near < _SEARCHED:
            raise UnreachableError(
                f"no number of pairs can show treatment_only = {self.treatment_only:.10g} with test {self.test} among "
                f"those searched, up to {_SEARCHED:,}",
                owner=self,
                way_out=sizing.by_normal_theory(self, "mcnemar", near),
            )
        return 0

    def actual_size(self, n: int) -> float | None:
        """The largest type I error over the share of discordant pairs; of the tests that count them."""
        if self.smooth:
            return None
        rejects = _rejections(float(self.level), self.test == "mcnemar-mid-p", n, 0.5)
        at = np.linspace(0, 1, _RATES + 1)[1:]
        sizes = [_averaged(rejects, n, float(share)) for share in at]
        return float(max(sizes)) * (2 if self.two_tailed else 1)

    def counted_size(self, n: int) -> float | None:
        """Over the share of pairs that differ in favour of the control alone, on each limit."""
        if (n + 1) * (n + 2) // 2 > _TABLES:
            return None
        ours, theirs = (each.ravel() for each in np.indices((n + 1, n + 1)))
        ours, theirs = ours[ours + theirs <= n], theirs[ours + theirs <= n]
        _, rejects = self.analysis.statistic(self, ours, theirs, n)
        ours, theirs = ours[rejects], theirs[rejects]
        same = n - ours - theirs
        ways = special.gammaln(n + 1) - sum(special.gammaln(each + 1) for each in (ours, theirs, same))
        sizes = [0.0]
        for limit in map(float, self.limits()):
            low, high = max(0.0, -limit), (1 - limit) / 2
            for share in np.linspace(low, high, _RATES + 1):
                logs = special.xlogy(ours, share + limit) + special.xlogy(theirs, share)
                sizes.append(float(np.exp(ways + logs + special.xlogy(same, max(1 - 2 * share - limit, 0.0))).sum()))
        return max(sizes)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The pairs that are expected to differ, and the actual size of tests that count them."""
        return super().details(n, target) | {"discordant_pairs": float(n * self.discordant)}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Pairs as a number of them."""
        rest = {name: value for name, value in extra.items() if name != "discordant_pairs"}
        return [*super().detail_rows(rest), ("discordant pairs", f"{extra['discordant_pairs']:.1f} expected")]

    def z_shown(self, effect: Any, n: Any) -> Any:
        """The difference over the root of all pairs that differ; of the tests that count them there is none."""
        if not self.smooth:
            return None
        return self.sign * (effect - self.control_only) * np.sqrt(n / (effect + self.control_only))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Each pair: 1 where the treatment alone has the response, -1 where the control alone, else 0."""
        u = rng.random((trials, n))
        return ((u < self.treatment_only).astype(np.int8) - (u >= 1 - self.control_only).astype(np.int8),)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first pairs."""
        pairs = data[0][:, : round(fraction * data[0].shape[1])]
        return self.analysis.statistic(self, (pairs > 0).sum(axis=1), (pairs < 0).sum(axis=1), pairs.shape[1])


def restricted_share(ours: Numbers, theirs: Numbers, limit: Numbers) -> Numbers:
    """The share with the control alone that is likeliest where the difference is the limit (Tango 1998, eq. 8)."""
    linear = (2 - ours + theirs) * limit - ours - theirs
    return (sqrt(square(linear) + 8 * theirs * limit * (1 - limit)) - linear) / 4


def null_variance(ours: Numbers, theirs: Numbers, limit: Numbers) -> Numbers:
    """Of one pair's difference, on the limit; without a margin the share of pairs that differ."""
    return 2 * restricted_share(ours, theirs, limit) + limit * (1 - limit)


def _z_tail(design: PairedProportions, n: Numbers, direction: int = 1) -> Numbers:
    zs: Numbers = 0.0
    limits = design.sided_limits()
    for limit, sign in limits:
        away, null, true = design.moments(limit)
        zs = zs + normal_cdf(divide(direction * sign * away * sqrt(n) - design.z_alpha * sqrt(null), sqrt(true)))
    return zs if len(limits) == 1 else greatest(zs - 1, 0.0)


def _z_statistic(design: PairedProportions, ours: Any, theirs: Any, n: int) -> tuple[Any, Any]:
    """Each limit's z; the likelihood on the limit is made largest by bisection, which shares no code with the power."""
    size = max(n, 1)
    shares, zs = (ours / size, theirs / size), []
    for limit, _ in design.sided_limits():
        variance = _likeliest(*shares, float(limit))
        away = shares[0] - shares[1] - limit
        zs.append(np.divide(away * math.sqrt(size), np.sqrt(variance), out=np.zeros(len(away)), where=variance > 0))
    return decide_by_z(design, zs)


def _likeliest(ours: Any, theirs: Any, limit: float) -> Any:
    """The variance of one pair's difference where the likelihood of the shares seen is largest on the limit."""
    if limit == 0:
        return ours + theirs
    low, high = np.full(len(ours), max(0.0, -limit)), np.full(len(ours), (1 - limit) / 2)
    for _ in range(60):  # halves leave the digits of a double
        share = (low + high) / 2
        with np.errstate(all="ignore"):
            slope = (
                _over(ours, share + limit) + _over(theirs, share) - 2 * _over(1 - ours - theirs, 1 - 2 * share - limit)
            )
        low, high = np.where(slope > 0, share, low), np.where(slope > 0, high, share)
    return low + high + limit - limit**2


def _over(seen: Any, chance: Any) -> Any:
    """What one kind of pairs adds to the slope of the likelihood; those that were not seen add nothing."""
    return np.where(seen > 0, seen / chance, 0.0)


@lru_cache(maxsize=64)
def _rejections(level: float, mid_p: bool, most: int, share: float) -> Any:
    """P(reject in one direction | d pairs differ, a `share` of them in that direction), for d from 0 to `most`."""
    d = np.arange(most + 1)
    first = binomial_critical(level, d, 0.5) + 1  # the first count that rejects
    if mid_p:
        with np.errstate(all="ignore"):
            beyond, at = binomial_sf(first - 1, d, 0.5), np.exp(_log_mass(first - 1, d, 0.5))
        first = np.where((first > 0) & (beyond + at / 2 <= level), first - 1, first)
    return binomial_sf(first - 1, d, share)


def _log_mass(k: Any, n: Any, p: float) -> Any:
    inside = (k >= 0) & (k <= n)
    k = np.where(inside, k, 0)
    choose = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where(inside, choose + special.xlogy(k, p) + special.xlog1py(n - k, -p), -np.inf)


def _averaged(rejects: Any, n: int, discordant: float) -> float:
    """Over how many of n pairs differ."""
    reach = _TAIL * np.sqrt(n * discordant * (1 - discordant)) + _TAIL
    d = np.arange(max(int(n * discordant - reach), 0), min(int(n * discordant + reach), n) + 1)
    return float(np.exp(_log_mass(d, n, discordant)) @ rejects[d])


def _counted_tail(design: PairedProportions, n: Numbers, direction: int = 1) -> Numbers:
    """By enumeration; pairs are whole, and so is n."""
    broken = np.ravel(n)[np.ravel(n) % 1 != 0]
    if broken.size:
        design.check_n(float(broken[0]))
    numbers = (n, design.treatment_only, design.control_only, design.level)
    shape = np.broadcast_shapes(*map(np.shape, numbers))
    every = [np.broadcast_to(one, shape).ravel() for one in numbers]
    most, found = int(np.max(n)) if np.size(n) else 0, []
    for size, ours, theirs, level in zip(*every, strict=True):
        toward = ours if design.upward is (direction > 0) else theirs
        discordant = min(float(ours + theirs), 1.0)
        rejects = _rejections(float(level), design.test == "mcnemar-mid-p", most, float(toward / discordant))
        found.append(_averaged(rejects, int(size), discordant))
    return np.array(found).reshape(shape)[()]


def _counted_statistic(design: PairedProportions, ours: Any, theirs: Any, n: int) -> tuple[Any, Any]:
    """By counting the coin's outcomes in whole numbers; no shared code with the power."""
    differ, larger = ours + theirs, np.maximum(ours, theirs)
    p = np.empty(len(differ))
    for many in np.unique(differ).tolist():
        at_least = [*accumulate(math.comb(many, k) for k in range(many, -1, -1))][::-1]
        there = differ == many
        for k in np.unique(larger[there]).tolist():
            half = math.comb(many, k) if design.test == "mcnemar-mid-p" else 0
            p[there & (larger == k)] = float(Fraction(2 * at_least[k] - half, 2 ** (many + 1)))
    significant, favoured = p <= design.level * (1 + 1e-12), design.sign * (ours - theirs) > 0
    return design.sign * (ours - theirs).astype(float), significant & (favoured | design.two_tailed)


_TEX_COUNTED = (
    r"1-\beta = \sum_d\binom{n}{d}\psi^d\left(1-\psi\right)^{n-d}"
    r"\sum_{d_T\in R}\binom{d}{d_T}\pi^{d_T}\left(1-\pi\right)^{d-d_T},\quad "
    r"\psi = p_T+p_C,\quad \pi = \frac{p_T}{p_T+p_C}"
)

PairedProportions.tests = {
    "mcnemar": AnalysisTest(
        prose="McNemar's z, without a continuity correction, with a margin Tango's score. The usual choice; exceeds "
        "its level a little where few pairs differ.",
        formula="McNemar's test, normal approximation",
        reference="McNemar 1947; Connor 1987",
        goals=(fields.SUPERIORITY, fields.NON_INFERIORITY, fields.EQUIVALENCE),
        power=either_way(_z_tail),
        success=_z_tail,
        statistic=_z_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{p_T+p_C}+z_{1-\beta}\sqrt{p_T+p_C-\left(p_T-p_C\right)^2}\right)^2}"
        r"{\left(p_T-p_C\right)^2}",
    ),
    "mcnemar-exact": AnalysisTest(
        prose="the coin's binomial tail among the pairs that differ. Never exceeds its level, and wastes much of it "
        "where these are few.",
        formula="exact conditional McNemar test, enumerated",
        reference="Fagerland, Lydersen & Laake 2013",
        goals=(fields.SUPERIORITY,),
        power=either_way(_counted_tail),
        success=_counted_tail,
        statistic=_counted_statistic,
        tex=_TEX_COUNTED,
        exact=True,
    ),
    "mcnemar-mid-p": AnalysisTest(
        prose="the exact test with half the probability of what is seen. Near its level, which it may exceed a little.",
        formula="mid-P McNemar test, enumerated",
        reference="Fagerland, Lydersen & Laake 2013",
        goals=(fields.SUPERIORITY,),
        power=either_way(_counted_tail),
        success=_counted_tail,
        statistic=_counted_statistic,
        tex=_TEX_COUNTED,
    ),
}
