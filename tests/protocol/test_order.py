"""The testing order of a plan, and what is tested after a family."""

import pytest
from small_plans import built, endpoint, stated

from trialplan.errors import PlanError
from trialplan.protocol.content.hierarchy import hierarchy

SECOND = endpoint("remission", "primary", "two-proportions", stated(control=0.2, treatment=0.4)).replace(
    'role = "primary"', 'role = "primary"\nmissing = "excluded"\ndropout = 0.1\ndropout_source = "ours"'
)
LATER = endpoint("later", "secondary", "two-proportions", stated(control=0.3, treatment=0.5), dropout=0.1)
FAMILY = '\n[family]\nrule = "{}"\ncorrelation = 0.5\nsource = "ours"\n'
HIERARCHY = '\n[hierarchy]\ncorrelation = 0.3\nsource = "ours"\n'
RULES = ["holm", "hochberg", "fallback", "graphical", "at-least-one", "co-primary", "fixed-sequence"]


@pytest.mark.parametrize("rule", RULES)
def test_a_family_alone_has_no_order(tmp_path, rule):
    """Its rule and its correlation are its own, and no others are shown beside them."""
    assert hierarchy(built(tmp_path, endpoints=SECOND, dropout=0.1, more=FAMILY.format(rule))) is None


@pytest.mark.parametrize("rule", ["holm", "co-primary"])
def test_after_a_family_the_order_has_bounds(tmp_path, rule):
    """The primaries are one step, that all are shown; the next has what two events can have together."""
    trial = built(tmp_path, endpoints=SECOND + LATER, dropout=0.1, more=FAMILY.format(rule))
    first, later = hierarchy(trial).steps
    extra = trial.answer.extra
    all_shown = extra.get("power_of_all", trial.answer.success)
    assert first.alone == pytest.approx(all_shown, abs=1e-12)
    assert first.in_turn == (first.alone, first.alone)
    low, high = later.in_turn
    assert low == pytest.approx(first.alone + later.alone - 1)
    assert high == min(first.alone, later.alone)


def test_a_correlation_beside_that_of_a_family_is_refused(tmp_path):
    """It would be of no order that the plan has."""
    with pytest.raises(PlanError, match="which has its own rule and correlation"):
        built(tmp_path, endpoints=SECOND, dropout=0.1, more=FAMILY.format("co-primary") + HIERARCHY)
