"""How an estimate is held against the limits of its null: the rejection rule that all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan.numerics.lazy import np

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


def _ratio(away: Any, error: Any, shortening: float) -> Any:
    shortened = np.sign(away) * np.maximum(np.abs(away) - shortening, 0)
    error = np.broadcast_to(error, shortened.shape)
    return np.divide(shortened, error, out=np.zeros_like(shortened), where=error > 0)
