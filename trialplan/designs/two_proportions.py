"""Two independent proportions, compared on their difference, ratio or odds ratio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.answers import SampleSize
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _exact_proportions as exact_proportions
from trialplan.designs import _normal_proportions as normal_proportions
from trialplan.designs import _stated_rates as stated_rates
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, RATIO, SCALES, Scale
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.outcomes.responses import RESPONSES
from trialplan.parameter import POSITIVE, PROPORTION, RATE, Numbers, largest, parameter, smallest
from trialplan.rejection import no_evidence
from trialplan.stated import SizingMethod, both_quantiles, by_hand

ScaleName = Literal["difference", "ratio", "odds-ratio"]
"""The scales of the margin."""

TestName = Literal[
    "score",
    "miettinen-nurminen",
    "wald",
    "continuity-corrected",
    "arcsine",
    "log-odds",
    "log-odds-null-variance",
    "log-ratio",
    "fisher",
    "boschloo",
    "exact-pooled",
    "exact-unpooled",
]
"""The tests of two rates: by normal theory, then those that count."""


@dataclass(frozen=True, kw_only=True)
class TwoProportions(Design):
    """Does the treatment's rate differ from the control's, is it better by a margin, or not worse by more than one?

    Normal theory takes counts as continuous. Exact tests count every pair of counts, and their power is a
    saw-tooth in n.

    >>> TwoProportions(control=0.5, treatment=0.75).sample_size(0.9).arms_unrounded["treatment"].__round__(1)
    76.7
    >>> TwoProportions(control=0.6, treatment=0.58, goal="non-inferiority", margin=0.05).sample_size(0.8).arms
    {'treatment': 4212, 'control': 4212}
    >>> TwoProportions(control=0.35, treatment=0.55, test="fisher").sample_size(0.8).arms
    {'treatment': 108, 'control': 108}

    References:
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 4 (score;
        with the continuity correction, Fleiss, Tytun & Ury 1980, Biometrics 36:343).
        Farrington & Manning (1990), Statistics in Medicine 9:1447 (score, with a margin on difference or ratio).
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213 (score, with a margin on the odds ratio).
        Katz, Baptista, Azen & Pike (1978), Biometrics 34:469; Walter (1975), Biometrika 62:371 (log ratio).
        Cohen (1988), Statistical Power Analysis, 2nd ed., ch. 6 (arcsine).
        Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence as two one-sided tests).
        Boschloo (1970), Statistica Neerlandica 24:1; Suissa & Shuster (1985), JRSS A 148:317; with a margin Chan
        (1998), Statistics in Medicine 17:1403 (exact tests).
    """

    outcome = RESPONSES
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    stated_effects = stated_rates.EFFECTS
    stated_example = "--control 0.3 --treatment 0.5 --n 186 --power 0.8"

    control: Numbers = parameter(
        "rate in the control arm", RATE, role="comparator", symbol="p_C", unit="proportion", typical=(0.1, 0.6)
    )
    treatment: Numbers = parameter(
        "rate in the treatment arm",
        RATE,
        role="effect",
        symbol="p_T",
        unit="proportion",
        typical=(0.3, 0.9),
        of_each="rate in each treatment arm",
    )
    scale: ScaleName = parameter(
        "the scale of the margin; without one, superiority is inequality of the rates on every scale",
        ScaleName,
        default="difference",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter(
        "the analysis test",
        TestName,
        role="method",
        default="score",
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Margin, scale and test must suit the goal."""
        scale = SCALES[self.scale]
        fields.check_margin(self, scale.none, PROPORTION if scale is DIFFERENCE else POSITIVE)
        if not _bears(self.analysis, self.goal, self.margin):
            self._refuse_test(f"for {fields.named(self.goal, self.margin)}", lambda row: True)
        plain = self.margin is None and self.scale == "difference"
        if not plain and self.scale not in self.analysis.scales:
            self._refuse_test(f"on the scale {self.scale}", lambda row: self.scale in row.scales)
        if self.exact:
            exact_proportions.check(self)
        self._check_certain()

    def _check_certain(self) -> None:
        """Rates of 0 and 1 are for tests whose variance is that of the null, and for those that count."""
        for name in ("control", "treatment"):
            rate = getattr(self, name)
            if rate is None or (smallest(rate) > 0 and largest(rate) < 1):
                continue
            reason = f"must lie in (0, 1) for test {self.test}"
            if self.rates_scale is not DIFFERENCE:
                reason += f" on the scale {self.test_scale}"
            way_out = f"on the scale difference use one of {', '.join(sorted(BEAR_CERTAINTY))}"
            if self.test not in BEAR_CERTAINTY or self.rates_scale is not DIFFERENCE:
                value = smallest(rate) if smallest(rate) == 0 else largest(rate)
                raise ParameterError(
                    f"{reason}, not {value:g}", owner=self, parameter=name, value=rate, way_out=way_out
                )

    def _refuse_test(self, why: str, fits: Callable[[AnalysisTest], bool]) -> None:
        others = [name for name, row in self.tests.items() if _bears(row, self.goal, self.margin) and fits(row)]
        reason, offer = f"{self.test} is not defined {why}", f"use one of {', '.join(others)}"
        raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=offer)

    @property
    def rates_scale(self) -> Scale:
        """The scale of the limits and of normal theory; superiority has one null, and score one test of it."""
        if self.test in _OF_LOGARITHMS:
            return _OF_LOGARITHMS[self.test]
        return DIFFERENCE if self.margin is None else SCALES[self.scale]

    def null_values(self) -> tuple[Numbers, ...]:
        """The treatment rates at which the null's boundary lies, given the control's."""
        return tuple(self.rates_scale.treatment(self.control, limit) for limit in self.limits())

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary on the scale of the margin."""
        return fields.limits(self.goal, self.margin, self.upward, self.rates_scale.mirror, self.rates_scale.none)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form where the test has one limit and no correction."""
        if self.test not in normal_proportions.CLOSED or len(self.limits()) == 2:
            return super().unrounded(target)
        return normal_proportions.CLOSED[self.test](self, self.z_alpha, normal_quantile(target))

    @property
    def formula(self) -> str:
        """The name of the formula; that of the score test says how the variance is held to the null."""
        if self.exact and self.margin is not None:
            return "exact unconditional test ordered by the score z, power by enumeration"
        if self.test != "score":
            return super().formula
        whose = "Miettinen and Nurminen" if self.rates_scale is ODDS_RATIO else "Farrington and Manning"
        how = "pooled variance" if self.margin is None else f"variance of {whose}"
        return f"score test ({how}), normal approximation"

    @property
    def smooth(self) -> bool:
        """Not for exact tests: counts are whole, so power is a saw-tooth."""
        return not self.exact

    @property
    def statistic_is_z(self) -> bool:
        """Yes, save for exact tests."""
        return not self.exact

    def actual_size(self, n: int) -> float | None:
        """The type I error of an exact test at the common rate that makes it largest: at most alpha."""
        return exact_proportions.actual_size(self, n) if self.exact else None

    def by_normal_theory(self) -> Design:
        """By the score test, where the test is exact."""
        return self if self.smooth else self.replace(test="score")

    def smaller_trials(self, width: float, power: float) -> tuple[tuple[str, SampleSize], ...]:
        """A pilot of both arms; one arm in one direction, at this level of a side: the same evidence against chance."""
        from trialplan.designs.one_proportion import OneProportion  # only a protocol asks for these two
        from trialplan.designs.precision_difference import PrecisionDifference

        rates = {"control": self.control, "treatment": self.treatment}
        pilot = PrecisionDifference(**rates, width=width, allocation=self.allocation)
        alone = OneProportion(
            null=self.control, expected=self.treatment, alpha=self.level, sides=1, favourable=self.favourable
        )
        return (
            ("A randomised pilot, sized by precision", pilot.sample_size()),
            ("A single arm against a threshold", alone.sample_size(power)),
        )

    def within_strata(self, shares: tuple[float, ...], comparator: tuple[float, ...], test: str) -> Design:
        """The comparison within strata, in permuted blocks of twice the allocation's within strata of random size."""
        from trialplan.designs.stratified_proportions import StratifiedProportions  # only a plan with strata asks

        shared = ("goal", "margin", "favourable", "allocation", "alpha", "sides")
        named: dict[str, Any] = {name: getattr(self, name) for name in shared}
        named |= {"scale": self.test_scale, "test": test, "block_size": 2 * self.block}
        return StratifiedProportions(control=comparator, weight=shares, **named).with_mean(self.treatment)

    def blocks_lower_bound(self, target: float) -> int:
        """Blocks that cannot reach `target` by any test of level alpha, so that a search may begin beyond them."""
        return exact_proportions.blocks_lower_bound(self, target)

    def success_beside(self, n: Any, target: float) -> Any:
        """The chance of success for each n, or a bound on the same side of the target where that is cheaper."""
        return exact_proportions.success_beside(self, n, target) if self.analysis.exact else self.success(n)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The responses of each arm, treatment and control, counted when `analyse` asks for them."""
        arms = zip(map(round, self.split(n)), self.count_rates(), strict=True)
        return tuple(DrawnResponses(size, rate, trials, rng) for size, rate in arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of each arm: `DrawnResponses`, or one column a participant."""
        counts, sizes = zip(*(first_count(arm, fraction) for arm in data), strict=True)
        return self.judge(counts, sizes)

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """The test's statistic for counts of responses: treatment, control."""
        (x_t, x_c), (n_t, n_c) = counts, sizes
        if not np.all([n_t, n_c]):
            return no_evidence(self, len(x_t))
        return self.analysis.statistic(self, x_t, n_t, x_c, n_c)

    def count_rates(self) -> tuple[Numbers, ...]:
        """Treatment, control."""
        return self.treatment, self.control

    @property
    def test_scale(self) -> str:
        """That of the limits: superiority has one null, tested as a difference; tests of logarithms have their own."""
        return next(name for name, scale in SCALES.items() if scale is self.rates_scale)

    @property
    def logarithmic(self) -> bool:
        """Of the odds ratio; score tests a ratio of rates as a difference, treatment less limit times control."""
        return self.rates_scale is ODDS_RATIO or self.test in _OF_LOGARITHMS

    def planned_estimate(self) -> Numbers:
        """The difference, ratio or odds ratio of the planned rates."""
        if self.rates_scale is DIFFERENCE:
            return self.treatment - self.control
        if self.rates_scale is RATIO:
            return self.treatment / self.control
        return _odds(self.treatment) / _odds(self.control)

    def null_estimate(self) -> Numbers:
        """The first of the limits."""
        return self.limits()[0]

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """With quantiles of two decimals; with one variance, of the mean rate (Friedman, Furberg & DeMets, ch. 8)."""
        assert power is not None
        if len(self.limits()) == 2 or self.scale != "difference":
            return
        (limit,) = self.limits()
        yield by_hand(self.replace(test="wald"), power)
        share_t, share_c = self.split(1.0)
        mean = share_t * self.treatment + share_c * self.control
        variance = mean * (1 - mean) * (1 / share_t + 1 / share_c)
        total = variance * (both_quantiles(self, power) / (self.treatment - self.control - limit)) ** 2
        words = "averaged: the mean rate's variance under null and alternative (Friedman, Furberg & DeMets)"
        yield SizingMethod(words=words, arms=tuple(self.split(float(total))), cost=2)


BEAR_CERTAINTY = frozenset(("score", "miettinen-nurminen", *exact_proportions.ROWS))
"""The tests that can be planned where an arm certainly responds, or certainly does not."""


_OF_LOGARITHMS = {"log-odds": ODDS_RATIO, "log-odds-null-variance": ODDS_RATIO, "log-ratio": RATIO}
"""The tests of the logarithm of one scale, which is theirs without a margin too."""


def _odds(rate: Numbers) -> Numbers:
    return rate / (1 - rate)


def _bears(row: AnalysisTest, goal: str, margin: Any) -> bool:
    """Whether a test is defined for the goal: superiority by a margin needs one that can be shifted to a limit."""
    return goal in row.goals and (margin is None or fields.NON_INFERIORITY in row.goals)


TwoProportions.tests = {**normal_proportions.ROWS, **exact_proportions.ROWS}
