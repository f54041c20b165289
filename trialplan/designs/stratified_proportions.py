"""Two proportions compared within strata: by centre, by background therapy, by what the outcome depends on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _strata as strata_sizes
from trialplan.designs import _stratified_tests as stratified_tests
from trialplan.designs._stratified_responses import STRATIFIED
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.numerics.two_rates import DIFFERENCE, SCALES, Scale
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.parameter import (
    POSITIVE,
    PROPORTION,
    Interval,
    Numbers,
    effect_on,
    largest,
    parameter,
    smallest,
)
from trialplan.text import probability

ScaleName = Literal["difference", "ratio", "odds-ratio"]
"""The scales of the common effect."""

TestName = Literal["cmh", "cmh-corrected", "stratified-score"]
"""The tests."""

_FAR = 20.0
"""Logarithms of odds ratios between which one is looked for."""

_MOST_ODDS = 10
"""Strata in which the score of an odds ratio other than 1 is offered. It estimates each stratum's rate without
conditioning, so its mean on the limit is off by an amount that each stratum adds (Neyman & Scott 1948, Econometrica
16:1): in 50 strata of 4 it rejected in .058 of simulated trials on the limit where .025 was asked, in 300 in .130."""

_EFFECTS = ("difference", "ratio", "odds_ratio")


@dataclass(frozen=True, kw_only=True)
class StratifiedProportions(Design):
    """Is the treatment better within strata of participants whose rates differ?

    Control rates and weights are given stratum by stratum, the effect as one number for all on the scale that is
    named, or as the treatment's rate in each. Without `block_size` the strata are as large as their weights say and
    each is split as allocated. With it participants come at random and join permuted blocks within their stratum, so
    that small ones end with arms that differ; the number of participants in each is then taken as Poisson.

    >>> design = StratifiedProportions(
    ...     control=(0.75, 0.7, 0.65, 0.6), weight=(0.1, 0.4, 0.35, 0.15), scale="odds-ratio", odds_ratio=3, sides=1
    ... )
    >>> round(design.unrounded(0.9)), round(design.replace(test="cmh-corrected").unrounded(0.9))
    (171, 192)

    References:
        Cochran (1954), Biometrics 10:417; Mantel & Haenszel (1959), J Natl Cancer Inst 22:719 (the test).
        Woolson, Bean & Rojas (1986), Biometrics 42:927 (power and sample size; its example asks for 171).
        Nam (1992), Biometrics 48:389 (sample size with the continuity correction; 192 for the same example).
        Wittes & Wallenstein (1987), J Am Stat Assoc 82:1104 (power from what the statistic adds up on average).
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213 (score tests of a common effect).
    """

    outcome = STRATIFIED
    letters = {
        "f_j": "the share of the participants who are in stratum j",
        "p_Tj": "the rate of the treatment arm there",
        "p_Cj": "that of the control arm",
    }
    statistic_is_z = True
    tests = stratified_tests.ROWS
    called: ClassVar = {
        **dict.fromkeys(("cochran-mantel-haenszel", "mantel-haenszel", "cochran"), ("cmh", "cmh-corrected")),
        **dict.fromkeys(("score", "miettinen-nurminen"), ("stratified-score",)),
    }
    oddity: ClassVar = {"cmh-corrected": 1, "stratified-score": 2}
    stated_example = "--control 0.1,0.33 --scale odds-ratio --odds-ratio 2.194 --power 0.8 --n 284"

    control: Numbers | tuple[float, ...] = parameter(
        "rate in the control arm, one for each stratum or one for all",
        PROPORTION,
        axis="strata",
        symbol="p_C",
        unit="proportion",
        typical=(0.2, 0.4),
    )
    weight: Numbers | tuple[float, ...] = parameter(
        "size of each stratum in proportion to the others",
        POSITIVE,
        axis="strata",
        default=1.0,
        symbol="f",
        typical=(1.0, 2.0),
    )
    difference: Numbers | None = parameter(
        "treatment rate minus control rate, the same in every stratum (scale difference)",
        Interval(-1, 1),
        optional=True,
        role="effect",
        symbol="δ",
        unit="difference of proportions",
        typical=(0.15, 0.3),
        of_each="rate of each treatment minus control rate",
    )
    ratio: Numbers | None = parameter(
        "ratio of treatment to control rate, the same in every stratum (scale ratio)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.3, 1.8),
        of_each="ratio of each treatment's to the control rate",
    )
    odds_ratio: Numbers | None = parameter(
        "odds ratio of treatment to control, the same in every stratum (scale odds-ratio)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ψ",
        unit="ratio",
        typical=(1.8, 3.0),
        of_each="odds ratio of each treatment to control",
    )
    treatment: Numbers | tuple[float, ...] | None = parameter(
        "rate in the treatment arm of each stratum, instead of one effect for all",
        PROPORTION,
        axis="strata",
        optional=True,
        role="effect",
        symbol="p_T",
        unit="proportion",
        typical=(0.4, 0.6),
        of_each="rate in each treatment arm of each stratum",
    )
    strata: int | None = parameter(
        "number of strata, where no list of rates or weights tells",
        None,
        optional=True,
        read=strata_sizes.read_strata,
        shown="NUMBER",
    )
    block_size: int | None = parameter(
        "participants of a permuted block, where they are randomised in blocks within strata of random size",
        None,
        optional=True,
        read=strata_sizes.read_block_size,
        shown="NUMBER",
    )
    scale: ScaleName = parameter("the scale of the effect and of the margin", ScaleName, default="difference")
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="cmh")
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Vectors of one length; one effect, on its scale, that leaves every rate a rate; margin and test that fit."""
        self._check_strata()
        self._check_effect()
        scale = SCALES[self.scale]
        fields.check_margin(self, scale.none, PROPORTION if scale is DIFFERENCE else POSITIVE)
        if self.goal not in self.analysis.goals or (self.margin is not None and len(self.analysis.goals) == 1):
            reason = f"{self.test} is not defined for {fields.named(self.goal, self.margin)}"
            offer = f"use {stratified_tests.SCORE}"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=offer)
        if self.margin is not None and self.scale == "odds-ratio" and self._count > _MOST_ODDS:
            reason = f"does not keep the level of its test on an odds ratio in more than {_MOST_ODDS} strata"
            way_out = "state the margin as a difference or a ratio, or have fewer strata"
            raise ParameterError(reason, owner=self, parameter="margin", value=self.margin, way_out=way_out)

    def _check_strata(self) -> None:
        """All vectors have a value for each stratum, or one for all; blocks are whole allocation blocks."""
        lengths = {name: _length(getattr(self, name)) for name in ("strata", "control", "weight", "treatment")}
        if self.strata is not None:
            lengths["strata"] = self.strata
        several = {name: k for name, k in lengths.items() if k > 1 or (name == "strata" and self.strata)}
        if len(set(several.values())) > 1:
            (first, one), (second, other) = next(
                (a, b) for a in several.items() for b in several.items() if a[1] != b[1]
            )
            reason = f"has {other} values, and {field(first)} {'says ' if first == 'strata' else ''}{one} strata"
            way_out = "give one value for each stratum, or one for all"
            raise ParameterError(reason, owner=self, parameter=second, value=getattr(self, second), way_out=way_out)
        object.__setattr__(self, "_strata", max(several.values(), default=1))
        if self.block_size is not None and self.block_size % self.block:
            reason = f"must be a multiple of {self.block}, as participants are allocated {self.allocation}"
            raise ParameterError(reason, owner=self, parameter="block_size", value=self.block_size)

    def _check_effect(self) -> None:
        """One effect at most, the common one on the scale that is named, and rates between 0 and 1."""
        there = [name for name in (*_EFFECTS, "treatment") if getattr(self, name) is not None]
        if len(there) > 1:
            reason = f"is stated beside {field(there[0])}, and each says what the effect is"
            raise ParameterError(reason, owner=self, parameter=there[1], value=getattr(self, there[1]))
        if there and there[0] not in ("treatment", self._common):
            reason = f"{self.scale} needs {field(self._common)}, and no {field(there[0])}"
            way_out = f"set {field('scale')} to {there[0].replace('_', '-')}"
            raise ParameterError(reason, owner=self, parameter="scale", value=self.scale, way_out=way_out)
        # an odds ratio leaves every rate a rate, though one beyond the digits of 1 - rate may be 1
        bounded = there and there[0] != "odds_ratio"
        for j, rate in enumerate(self.rates()[0] if bounded else (), 1):
            outside = next((end for end in (smallest(rate), largest(rate)) if end not in PROPORTION.carried), None)
            if outside is not None:
                reason = f"leaves a treatment rate of {outside:.4g} in stratum {j}"
                raise ParameterError(reason, owner=self, parameter=there[0], value=getattr(self, there[0]))

    # The effect, and the strata.

    @property
    def _common(self) -> str:
        """The field of the common effect on the scale."""
        return effect_on(self.scale, list(_EFFECTS))

    def field(self, role: str) -> str | None:
        """As for every design; where the treatment's rates are given, the effect is the common one in their place."""
        name = super().field(role)
        return self._common if name == "treatment" else name

    def replace(self, **numbers: Any) -> StratifiedProportions:
        """The same trial with other numbers; a common effect takes the place of the treatment's rates, or they its."""
        stated = [name for name in (*_EFFECTS, "treatment") if numbers.get(name) is not None]
        dropped: dict[str, Any] = dict.fromkeys((*_EFFECTS, "treatment")) if stated else {}
        return super().replace(**(dropped | numbers))

    def value(self, role: str) -> Numbers:
        """The number with this role; the effect is the common one."""
        return self.effect_value() if role == "effect" else super().value(role)

    def effect_value(self) -> Numbers:
        """The common effect; of rates by stratum, what the Mantel–Haenszel estimate of it tends to."""
        self.require_effect()
        if self.treatment is None:
            return getattr(self, self._common)
        above: Any = 0.0
        below: Any = 0.0
        for share, t, c in zip(self.shares(), *self.rates(), strict=True):
            odds = self.scale == "odds-ratio"
            above, below = above + share * t * (1 - c if odds else 1.0), below + share * c * (1 - t if odds else 1.0)
        return above - below if self.scale == "difference" else above / below

    def with_mean(self, treatment: float) -> StratifiedProportions:
        """The same strata with the common effect at which the treatment's rate is this one over all of them."""
        scale = SCALES[self.scale]
        strata = list(zip(self.shares(), _along(self.control, self._count), strict=True))

        def surplus(place: float) -> float:
            return float(sum(share * scale.treatment(rate, math.exp(place)) for share, rate in strata)) - treatment

        mean = float(sum(share * rate for share, rate in strata))
        if self.scale == "odds-ratio":  # the mean's own odds ratio is another one
            return self.replace(odds_ratio=math.exp(increasing_root(surplus, -_FAR, _FAR)))
        return self.replace(**{self._common: treatment - mean if scale is DIFFERENCE else treatment / mean})

    def effect_domain(self) -> Interval:
        """The common effects that leave the treatment's rates between 0 and 1 in every stratum."""
        low, high = smallest(self.control), largest(self.control)
        return {"difference": Interval(-low, 1 - high), "ratio": Interval(0, 1 / high)}.get(self.scale, POSITIVE)

    def shares(self) -> list[Numbers]:
        """Of each stratum among the participants."""
        weights = _along(self.weight, self._count)
        total: Any = sum(weights)
        return [weight / total for weight in weights]

    def rates(self) -> tuple[list[Numbers], list[Numbers]]:
        """Of the treatment and of the control, stratum by stratum."""
        controls = _along(self.control, self._count)
        if self.treatment is not None:
            return _along(self.treatment, self._count), controls
        effect = getattr(self, self._common)
        return [SCALES[self.scale].treatment(control, effect) for control in controls], controls

    @property
    def _count(self) -> int:
        count: int = self.__dict__["_strata"]
        return count

    def informative(self, n: Numbers) -> list[Numbers]:
        """The participants of each stratum among n, as far as both arms of it are there."""
        sizes = [n * share for share in self.shares()]
        block = self.block_size
        return sizes if block is None else [strata_sizes.informative(size, block) for size in sizes]

    # The null.

    @property
    def limit_scale(self) -> Scale:
        """The scale of the limits; superiority has one null, and one test of it."""
        return DIFFERENCE if self.margin is None else SCALES[self.scale]

    def null_values(self) -> tuple[Numbers, ...]:
        """The common effects on the null's boundary."""
        scale = SCALES[self.scale]
        return fields.limits(self.goal, self.margin, self.upward, scale.mirror, scale.none)

    def limits(self) -> tuple[Numbers, ...]:
        """On the scale that the test compares the rates on."""
        return (DIFFERENCE.none,) if self.margin is None else self.null_values()

    def planned_estimate(self) -> Numbers:
        """The common effect."""
        return self.effect_value()

    @property
    def logarithmic(self) -> bool:
        """Of ratios."""
        return self.scale != "difference"

    # Size and power.

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form where there is one limit, and every stratum has both arms as allocated."""
        if self.block_size is not None or len(self.limits()) == 2:
            return super().unrounded(target)
        return stratified_tests.closed_n(self, normal_quantile(target))

    @property
    def formula(self) -> str:
        """The name of the formula, and how strata become as large as they are."""
        blocks = self.block_size
        return super().formula + ("" if blocks is None else f", Poisson strata in permuted blocks of {blocks}")

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin, or where strata are of random size."""
        return super().tex if self.block_size is None else ""

    def without_strata(self) -> StratifiedProportions:
        """The trial whose analysis does not know the strata: all participants are one, at their mean rates."""
        means = [math.fsum(float(f * p) for f, p in zip(self.shares(), one, strict=True)) for one in self.rates()]
        return self.replace(treatment=means[0], control=means[1], weight=1.0, strata=None, block_size=None)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """What the same participants would show without the strata, where no margin makes that another question."""
        return {} if self.margin is not None else {"power_without_strata": float(self.without_strata().success(n))}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """That power as a probability."""
        return [(name.replace("_", " "), probability(value)) for name, value in extra.items()]

    # Participants.

    def count_sizes(self, n: int) -> tuple[int, ...]:
        """Treatment and control of each stratum in turn, each arm apportioned among the strata."""
        arms = [strata_sizes.apportioned(round(float(size)), self.shares()) for size in self.split(n)]
        return tuple(size for stratum in zip(*arms, strict=True) for size in stratum)

    def count_rates(self) -> tuple[Numbers, ...]:
        """Treatment and control of each stratum in turn."""
        return tuple(rate for stratum in zip(*self.rates(), strict=True) for rate in stratum)

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Responses of each group of `count_sizes`; with blocks a code of stratum, arm and response a participant."""
        if self.block_size is None:
            groups = zip(self.count_sizes(n), self.count_rates(), strict=True)
            return tuple(DrawnResponses(size, rate, trials, rng) for size, rate in groups)
        treated = self.block_size // self.block * self.weights[0]
        stratum, treatment = strata_sizes.drawn(self.shares(), (trials, n), (treated, self.block_size), rng)
        group = 2 * stratum + 1 - treatment
        responds = rng.random((trials, n)) < np.array(self.count_rates())[group]
        return 2 * group + responds

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of the participants."""
        if isinstance(data, tuple):
            counts, sizes = zip(*(first_count(group, fraction) for group in data), strict=True)
            return self.judge(counts, sizes)
        first, groups = data[:, : round(fraction * data.shape[1])], 2 * self._count
        trials = len(data)
        cells = np.bincount((first + 2 * groups * np.arange(trials)[:, None]).ravel(), minlength=2 * groups * trials)
        seen = cells.reshape(trials, groups, 2)
        return self.judge(tuple(seen[..., 1].T), tuple(seen.sum(axis=-1).T))

    def judge(self, counts: tuple[Any, ...], sizes: tuple[Any, ...]) -> tuple[Any, Any]:
        """The test's statistic for responders of treatment and control of each stratum in turn."""
        return self.analysis.statistic(self, counts, sizes)


def _length(value: Any) -> int:
    """How many values a vector has; 1 for one number, and for none."""
    if isinstance(value, tuple):
        return len(value)
    return value.shape[-1] if np.ndim(value) else 1


def _along(value: Any, count: int) -> list[Numbers]:
    """The value of each stratum, a number or an array of cells."""
    if isinstance(value, (int, float)):
        return [value] * count
    values = list(value) if isinstance(value, tuple) else [value[..., j] for j in range(value.shape[-1])]
    return values * count if len(values) == 1 else values
