"""The t test of one number for each participant, that paired outcomes and single groups share."""

from __future__ import annotations

from typing import Any

from trialplan.design import Design
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.student import normal_score
from trialplan.rejection import decide, variance


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


def one_sample_z(design: Design, values: Any) -> Any:
    """The normal score of the P value of that t."""
    return normal_score(one_sample_t(design, values)[0], values.shape[1] - 1)
