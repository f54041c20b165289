"""What an interim look saw, from what was typed: a z that favours the treatment where it is positive, or a t."""

from __future__ import annotations

from trialplan.errors import ParameterError
from trialplan.numerics.student import normal_score
from trialplan.outcome import InterimData

__all__ = ["InterimData", "from_t"]


def from_t(t: float, df: float) -> InterimData:
    """From a t statistic, positive in favour of the treatment, and its degrees of freedom."""
    if not df > 0:
        reason = f"needs degrees of freedom above 0, as in 2.31/57, not {df:g}"
        raise ParameterError(reason, parameter="t", value=df)
    return InterimData(z=float(normal_score(t, df)))
