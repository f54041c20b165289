"""What trials of several sizes can exclude, as a picture: how far the interval reaches and what is significant."""

from __future__ import annotations

from collections.abc import Sequence

from trialplan.analyses.sensitivity.exclusion import Exclusion
from trialplan.design import Design
from trialplan.errors import ParameterError, setting
from trialplan.figures import Curves
from trialplan.numerics.lazy import np


def figure(design: Design, answers: Sequence[Exclusion]) -> Curves:
    """Two lines over n, nan where there is no answer; an error where there are not two n, or nothing is known."""
    if len(answers) < 2:
        raise ParameterError(
            f"a picture needs two numbers of participants or more, as in {setting('n', '100:400:50', 'n=[100, 400]')}"
        )
    scale = design.fixed.outcome.effect_scale(design.fixed)
    unit = 100.0 if scale.points else 1.0
    reach = f"half of the {100 * answers[0].confidence:g} % interval"
    lines = {
        f"factor of the {100 * answers[0].confidence:g} % interval" if scale.ratio else reach: [
            one.half_width for one in answers
        ],
        "smallest significant effect": [
            None if one.smallest_significant is None else abs(one.smallest_significant) for one in answers
        ],
    }
    drawn = [
        (label, np.array([np.nan if value is None else unit * value for value in values]))
        for label, values in lines.items()
    ]
    known = [(label, values) for label, values in drawn if not np.all(np.isnan(values))]
    if not known:
        raise ParameterError("there is nothing to draw: no interval and no smallest significant effect is known")
    return Curves(
        x_name="participants in all",
        x=[one.n for one in answers],
        lines=known,
        quantity=scale.name + (", in points" if scale.points else f", in {scale.unit}" if scale.unit else ""),
        title="What each number of participants can exclude",
    )
