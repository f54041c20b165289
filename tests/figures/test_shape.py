"""A figure whose numbers do not fit its axes is refused, before it is drawn as something else."""

import numpy as np
import pytest

from trialplan.errors import ParameterError
from trialplan.figures import Boundaries, Contour, Curves, Fan, Forest, HeatMap, Tornado, TrialSchema

ROW = ("study", 0.5, 0.4, 0.6, None, "")
LOOKS = ([2.0, 2.0], [0.1, 0.1])


def surface(kind, shape):
    return kind(x_name="x", x=[1, 2, 3], y_name="y", y=[1, 2], values=np.ones(shape))


def looks(**other):
    numbers = {"participants": [10, 20], "efficacy": LOOKS, "futility": LOOKS, "effect": "e", "null": 0, "planned": 1}
    return Boundaries(**numbers | other)


WRONG = {
    "transposed": (
        lambda: surface(HeatMap, (3, 2)),
        "HeatMap: values must have a row for each y and a column for each x, 2 by 3, not 3 by 2; turn it with .T or "
        "numpy.transpose",
    ),
    "a column short": (lambda: surface(HeatMap, (2, 2)), "2 by 3, not 2 by 2"),
    "contours": (lambda: surface(Contour, (3, 2)), "Contour: values must have .* 2 by 3, not 3 by 2"),
    "ragged": (
        lambda: HeatMap(x_name="x", x=[1, 2], y_name="y", y=[1, 2], values=[[1, 2], [1]]),
        "2 by 2, not rows of unequal length",
    ),
    "a line": (lambda: Curves(x_name="x", x=[1, 2], lines=[("a", [1, 2, 3])]), "lines 'a' must have a value .* not 3"),
    "a bare line": (lambda: Curves(x_name="x", x=[1, 2], lines=[[1, 2, 3]]), r"each of its rows is \(label, values"),
    "months": (
        lambda: Fan(months=[0, 1], lower=[0, 1], middle=[0], upper=[0, 1], target=1),
        "middle must have .* not 1",
    ),
    "looks": (lambda: looks(opposite=([2.0], [0.1])), "opposite must have a bound, or None, for each look, 2, not 1"),
    "scales": (lambda: looks(efficacy=([2.0, 2.0],)), "efficacy: each of its rows is .*, 2 parts, not 1"),
    "a row": (lambda: Forest(rows=[ROW[:4]]), "rows: each of its rows is .*, 6 parts, not 4"),
    "a pool": (lambda: Forest(rows=[ROW], pooled=[ROW[:4]]), "pooled: each of its rows is"),
    "a prediction": (lambda: Forest(rows=[ROW], prediction=(1, 2, 3)), "prediction must have a lower and an upper"),
    "a bar": (lambda: Tornado(bars=[("a", "1", "2", 3)], planned=3), "bars: each of its rows is .*, 5 parts, not 4"),
    "assurance": (
        lambda: Tornado(bars=[("a", "1", "2", 3, 4)], planned=3, assurance=[(0.1, 0.2)] * 2),
        "assurance must have a low and a high value for each bar, 1 by 2, not 2 by 2",
    ),
    "an arm": (lambda: TrialSchema(arms=[("a",)], timepoint="t", endpoint="e"), "arms: each of its rows is"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(name):
    """One sentence with the shape that is asked for and the one that is given."""
    made, sentence = WRONG[name]
    with pytest.raises(ParameterError, match=sentence):
        made()
