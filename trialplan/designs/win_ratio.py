"""Two arms compared pair by pair over a hierarchy of outcomes, by the ratio of wins to losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs import _pairs as pairs
from trialplan.numerics.elementary import divide, log, normal_cdf, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.outcome import EffectScale
from trialplan.outcomes.ordered import Ordered
from trialplan.parameter import POSITIVE, Interval, Numbers, parameter
from trialplan.rejection import either_way


class Wins(Ordered):
    """Outcomes of which pairs are won, lost or tied."""

    kind = "wins and losses"

    def effect_scale(self, design: Sized) -> EffectScale:
        """The ratio of wins to losses."""
        return EffectScale(name="win ratio", short="win ratio", ratio=True)

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """The win ratio once."""
        own, *others = super().same_effect(design)
        return (own, *(one for one in others if one[0].name != own[0].name))


@dataclass(frozen=True, kw_only=True)
class WinRatio(Design):
    """How many pairs of a treated participant and a control are won for each that is lost?

    Each pair is decided by the first outcome of a hierarchy that tells the two apart (death, say, then relapse, then a
    measurement); what none tells apart is a tie. The formula takes the variance of the logarithm of the ratio to be
    what it is without an effect, and errs for strong effects and for many ties.

    >>> round(WinRatio(win_ratio=1.25, ties=0.1).unrounded(0.9), 1)
    1375.6

    References:
        Yu & Ganju (2022), Statistics in Medicine 41:950 (the sample size).
        Pocock, Ariti, Collier & Wang (2012), European Heart Journal 33:176 (the win ratio).
        Bebu & Lachin (2016), Biostatistics 17:178 (the standard error of the test).
    """

    outcome = Wins()
    statistic_is_z = True
    exact = False
    formula = "win ratio, variance of its logarithm without an effect"
    reference = "Yu & Ganju 2022"
    tex = (
        r"n = \frac{\sigma^2\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\ln\theta\right)^2},"
        "\n"
        r"\sigma^2 = \frac{4\,(1+p_{\mathrm{tie}})}{3\,w_T\,w_C\,(1-p_{\mathrm{tie}})}"
    )
    stated_example = "--win-ratio 1.5 --ties 0.1 --power 0.8 --n 312"

    win_ratio: Numbers = parameter(
        "win ratio: pairs won by the treated participant for each pair lost",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(1.3, 2.5),
    )
    ties: Numbers = parameter(
        "share of pairs that no outcome of the hierarchy tells apart",
        Interval(0, 1, "left"),
        default=0.0,
        symbol="p_tie",
        unit="proportion",
        typical=(0.0, 0.3),
    )
    allocation: str = fields.allocation()

    def null_values(self) -> tuple[Numbers, ...]:
        """As many wins as losses."""
        return (1.0,)

    def limits(self) -> tuple[Numbers, ...]:
        """On the logarithm."""
        return (0.0,)

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a pair is won, and lost."""
        lost = (1 - self.ties) / (1 + self.win_ratio)
        return self.win_ratio * lost, lost

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the logarithm of the ratio, without an effect."""
        return null_error(self.ties, self.split(n)), None

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        (error, _), zs = self.standard_error(1.0), self.z_alpha + normal_quantile(target)
        return square(divide(zs * error, log(self.win_ratio)))

    def _shift_and_margin(self) -> tuple[Any, Any]:
        """Of normal outcomes: how far the treatment's are shifted, and how near two values are that are a tie."""
        win, lose = (special.ndtri(chance) for chance in self.wins_and_losses())
        return (win - lose) / np.sqrt(2), -(win + lose) / np.sqrt(2)

    def values_of(self, uniforms: list[Any]) -> tuple[Any, ...]:
        """Normal outcomes, the treatment's shifted."""
        shifts = self._shift_and_margin()[0], 0.0
        return tuple(special.ndtri(arm) + shift for arm, shift in zip(uniforms, shifts, strict=True))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Normal outcomes whose pairs are won, lost and tied as planned: treatment, control."""
        shift, _ = self._shift_and_margin()
        n_t, n_c = map(round, self.split(n))
        return rng.normal(shift, 1.0, (trials, n_t)), rng.normal(0.0, 1.0, (trials, n_c))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The logarithm of the ratio over its standard error, which is that of two U statistics; trial by trial."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        return pairs.log_win_ratio(self, treatment, control, self._shift_and_margin()[1])


def null_error(ties: Numbers, arms: tuple[Numbers, ...]) -> Numbers:
    """The standard error of the logarithm without an effect, of arms of these sizes; infinite where all pairs are tied.

    Yu & Ganju (2022), Statistics in Medicine 41:950.
    """
    n_t, n_c = arms
    return sqrt(divide(4 * (1 + ties) * (n_t + n_c), 3 * n_t * n_c * (1 - ties)))


def _tail(design: WinRatio, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in the treatment's favour, or against it."""
    return normal_cdf(direction * divide(log(design.win_ratio), design.standard_error(n)[0]) - design.z_alpha)


_EITHER = either_way(_tail)
