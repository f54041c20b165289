"""The testing order of a plan, and the family that is itself an order."""

import pytest
from small_plans import built, endpoint, stated

from trialplan.protocol.content.hierarchy import hierarchy

SECOND = endpoint("remission", "primary", "two-proportions", stated(control=0.2, treatment=0.4)).replace(
    'role = "primary"', 'role = "primary"\nmissing = "excluded"\ndropout = 0.1\ndropout_source = "ours"'
)
FAMILY = '\n[family]\nrule = "{}"\ncorrelation = 0.5\nsource = "ours"\n'
HIERARCHY = '\n[hierarchy]\ncorrelation = 0.3\nsource = "ours"\n'


def test_a_family_that_is_the_order_says_its_own_correlation(tmp_path):
    """No others are shown beside it, unless the plan states them; a rule without an order has the table."""
    ordered = built(tmp_path, endpoints=SECOND, more=FAMILY.format("fixed-sequence"))
    assert hierarchy(ordered) is None
    together = built(tmp_path, endpoints=SECOND, dropout=0.1, more=FAMILY.format("co-primary") + HIERARCHY)
    shown = hierarchy(together)
    assert shown.correlations == (0.3,)
    alone = [float(one.design.success(together.answer.n)) for one in together.primaries]
    assert [step.alone for step in shown.steps] == pytest.approx(alone, abs=1e-12)
