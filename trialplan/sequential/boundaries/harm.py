"""A boundary for harm: the z below which the treatment looks worse than the control, at each look.

It spends error of its own under the null, and reckons with efficacy alone: a trial that has stopped for efficacy is not
looked at again. Where it lies below a binding futility boundary, all that reaches it has stopped already, so that
neither level nor power know of it. The scheme is that of Anderson (gsDesign, test type 7 and 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.numerics.crossing import start
from trialplan.numerics.lazy import np
from trialplan.parameter import PROPORTION
from trialplan.sequential.boundaries.efficacy import Efficacy
from trialplan.sequential.boundaries.fields import refused

_TOUCHING = 1e-9
"""How near z values are that touch."""


def harm_z(upper: Any, lower: Any, fractions: Sequence[float], spending: Any, error: float) -> tuple[float, ...]:
    """The z at each look; of all trials without an effect `error` reach it before they have shown efficacy.

    `upper` and `lower` are efficacy and futility on the z scale, the looks last; `spending` says how much of the error
    each look may use. Raises ParameterError where the boundary is not below futility, or the error is none in (0, 1).
    """
    if not (isinstance(error, (int, float)) and error in PROPORTION):
        raise refused("error", f"must lie in {PROPORTION}, not {error}")
    looks = len(fractions)
    rule = Efficacy(
        rule=spending, fractions=tuple(fractions), in_force=(True,) * looks, level=float(error), two_tailed=False
    )
    walk, found, null = start(), [], np.zeros(())
    for look, (time, chance) in enumerate(zip(fractions, rule.errors().tolist(), strict=True)):
        ahead = walk.ahead(np.asarray(time), null)
        score = ahead.lower_bound(np.asarray(chance))
        found.append(float(score / np.sqrt(time)))
        if look + 1 < looks:
            high = np.asarray(upper[look] * np.sqrt(time))
            walk = ahead.between(score, high, null, np.asarray(fractions[look + 1] - time))
    for time, harm, futility in zip(fractions, found, lower, strict=True):
        if np.isfinite(futility) and harm > futility - _TOUCHING:
            reason = f"reaches z {harm:.4g} at the look at {time:g}, which is not below futility, {futility:.4g}"
            raise refused("error", reason, "spend less, or later")
    return tuple(found)
