"""How an estimate is held against the limits of its null: the rejection rule that all tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialplan.numerics.lazy import np
from trialplan.parameter import Numbers

if TYPE_CHECKING:
    from trialplan.design import Design


def decide(design: Design, estimate: Any, error: Any, critical: Any, shortening: float = 0.0) -> tuple[Any, Any]:
    """The statistic, positive in the treatment's favour, and whether it rejects, trial by trial.

    `estimate` and `error` have one element a trial. With two limits the lesser statistic decides. A standard
    error of 0 is no evidence. `shortening` is a continuity correction on the scale of the estimate.
    """
    least = np.minimum.reduce(
        [_ratio(sign * (estimate - limit), error, shortening) for limit, sign in design.sided_limits()]
    )
    return least, (np.abs(least) if design.two_tailed else least) >= critical


def decide_by_z(design: Design, zs: list[Any]) -> tuple[Any, Any]:
    """The least of the statistics on the limits, one for each, and whether it rejects, trial by trial."""
    least = np.minimum.reduce([sign * z for z, (_, sign) in zip(zs, design.sided_limits(), strict=True)])
    return least, (np.abs(least) if design.two_tailed else least) >= design.z_alpha


@dataclass(frozen=True)
class EitherWay:
    """P(reject) of a test whose two tails exclude each other: `tail` is P(reject in one direction)."""

    tail: Callable[..., Numbers]
    tails: Callable[..., tuple[Numbers, Numbers]] | None = None

    def __call__(self, design: Design, n: Numbers) -> Numbers:
        """P(reject) with n participants in all."""
        return self.with_favourable(design, n)[1]

    def with_favourable(self, design: Design, n: Numbers) -> tuple[Numbers, Numbers]:
        """P(reject in the treatment's favour) and P(reject), for which the first is not computed again."""
        if not design.two_tailed:
            favourable = self.tail(design, n, 1)
            return favourable, favourable
        favourable, far = self.tails(design, n) if self.tails else (self.tail(design, n, 1), self.tail(design, n, -1))
        return favourable, favourable + far


def either_way(
    tail: Callable[..., Numbers], tails: Callable[..., tuple[Numbers, Numbers]] | None = None
) -> Callable[[Any, Numbers], Numbers]:
    """P(reject) from P(reject in one direction), 1 in the treatment's favour and -1 against it.

    A two-tailed test rejects in both; they exclude each other, so their chances add. `tails` gives both where they
    share work.
    """
    return EitherWay(tail, tails)


def no_evidence(design: Design, trials: int) -> tuple[Any, Any]:
    """The answer of a test that has too few participants to estimate its error: 0, and no rejection."""
    nothing = np.zeros(trials)
    return decide(design, nothing, nothing, 1.0)


def variance(arm: Any) -> Any:
    """Each trial's variance over one participant fewer; nan, which is no evidence, where there are fewer than two."""
    return arm.var(axis=1, ddof=1) if arm.shape[1] > 1 else np.full(arm.shape[0], np.nan)


def _ratio(away: Any, error: Any, shortening: float) -> Any:
    shortened = np.sign(away) * np.maximum(np.abs(away) - shortening, 0)
    error = np.broadcast_to(error, shortened.shape)
    return np.divide(shortened, error, out=np.zeros_like(shortened), where=error > 0)
