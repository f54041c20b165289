"""What a protocol says of its claim: margin and scale, tests, interval, direction, target, missing outcomes."""

import re

import pytest
from small_plans import built, plan_text, prose, stated

from trialplan.errors import PlanError
from trialplan.plan import read
from trialplan.protocol.checking.check import examine
from trialplan.protocol.formats.documents import write

EQUAL = {"assumptions": stated(control=0.5, treatment=0.5), "target": 0.0}
ONE, TWO = "by a one-sided test at the 0.025 level", "by two one-sided tests, each at the 0.05 level"
SUPERIOR = "by a two-sided test at the 0.05 level"


def rates(settings, **more):
    """A comparison of two equal rates with a margin."""
    return {"settings": settings} | EQUAL | more


MARGINS = {
    "odds": (
        rates('scale = "odds-ratio"\ngoal = "non-inferiority"\nmargin = 0.5\ntest = "log-odds"'),
        ("0.5 on the odds ratio", ONE, "The 95 % interval must lie wholly above 0.5; a higher rate is better."),
    ),
    "risk ratio": (
        rates('scale = "ratio"\ngoal = "non-inferiority"\nmargin = 1.25\nfavourable = "lower"'),
        (
            "1.25 on the ratio of proportions",
            ONE,
            "The 95 % interval must lie wholly below 1.25; a lower rate is better.",
        ),
    ),
    "difference": (
        rates('goal = "non-inferiority"\nmargin = 0.1'),
        ("10.0 points on the difference of proportions", ONE, "The 95 % interval must lie wholly above −10.0 points;"),
    ),
    "lower": (
        rates('goal = "non-inferiority"\nmargin = 0.1\nfavourable = "lower"'),
        ("10.0 points on", ONE, "The 95 % interval must lie wholly below +10.0 points; a lower rate is better."),
    ),
    "equivalence": (
        rates('goal = "equivalence"\nmargin = 0.2'),
        ("20.0 points on", TWO, "The 90 % interval must lie wholly between −20.0 points and +20.0 points."),
    ),
    "pair": (
        rates('goal = "equivalence"\nmargin = [-0.2, 0.15]'),
        ("−20.0 points to +15.0 points on", TWO, "The 90 % interval must lie wholly between −20.0 points and +15.0"),
    ),
    "means": (
        {
            "design": "two-means",
            "settings": 'goal = "equivalence"\nmargin = 0.4',
            "assumptions": stated(difference=0.0, sd=1),
            "target": 0.0,
        },
        ("0.4 on the difference of means", TWO, "The 90 % interval must lie wholly between −0.4 and 0.4."),
    ),
    "adjusted ratio": (
        {
            "design": "ancova",
            "settings": 'goal = "non-inferiority"\nmargin = 0.8\nscale = "ratio"',
            "assumptions": stated(ratio=1.0, sd=0.6, correlation=0.5),
            "target": 1.0,
        },
        (
            "0.8 on the ratio of geometric means",
            ONE,
            "The 95 % interval must lie wholly above 0.8; higher values are better.",
        ),
    ),
}

TARGETS = {
    "rates": ({"assumptions": stated(control=0.2, treatment=0.367), "target": 0.167}, "+16.7 points (difference of"),
    "odds": (
        {
            "settings": 'scale = "odds-ratio"',
            "assumptions": stated(control=0.2, treatment=0.367),
            "target": 0.167,
        },
        "+16.7 points (difference of proportions)",
    ),
    "fewer": (
        {
            "settings": 'favourable = "lower"',
            "assumptions": stated(control=0.5, treatment=0.3),
            "target": -0.2,
        },
        "−20.0 points (difference of proportions); a lower rate is better.",
    ),
    "means": (
        {
            "design": "two-means",
            "settings": 'favourable = "lower"',
            "assumptions": stated(difference=-0.4, sd=1),
            "target": -0.4,
        },
        "−0.4 (difference of means); lower values are better.",
    ),
    "ratio": (
        {
            "design": "ratio-of-means",
            "settings": 'favourable = "lower"',
            "assumptions": stated(ratio=0.75, cv=0.5),
            "target": 0.75,
        },
        "0.75 (ratio of geometric means); lower values are better.",
    ),
    "one arm": (
        {
            "design": "one-proportion",
            "settings": 'test = "exact"',
            "assumptions": stated(null=0.2, expected=0.417),
            "target": 0.417,
        },
        "41.7 % (rate); a higher rate is better.",
    ),
}


class TestMargins:
    @pytest.mark.parametrize("kind", MARGINS)
    def test_margin_tests_and_interval_are_those_of_the_goal(self, tmp_path, kind):
        """A statement has the margin with scale and unit, the number of tests and the interval that decides."""
        how, words = MARGINS[kind]
        text = prose(built(tmp_path, **how))
        statement = text.split("*Statistically:* ", 1)[1].split("\n", 1)[0]
        for one in words:
            assert one in statement
        target = text.split("## Target difference")[1].split("##")[0]
        assert f"the margin of {words[0].removesuffix(' on')}" in target
        assert "sized to show" not in target
        assert "**Justification of the margin:** **Missing**." in target
        assert "the margin sets the number" in target or "are the same effect" not in target
        assert f"| Significance level | {words[1].removeprefix('by ')} |" in text

    def test_the_plan_justifies_its_margin(self, tmp_path):
        """What the plan says of its margin is printed, once, and not as missing."""
        more = (("power = 0.8\n", 'power = 0.8\nmargin_source = "half of what placebo loses"\n'),)
        text = prose(built(tmp_path, **rates('goal = "non-inferiority"\nmargin = 0.1', changes=more)))
        assert "**Justification of the margin:** half of what placebo loses. **Basis:**" in text

    @pytest.mark.parametrize(
        ("settings", "control", "null"),
        [
            ('goal = "non-inferiority"\nmargin = 0.3', 0.2, "-0.1"),
            ('goal = "non-inferiority"\nmargin = 0.3\nfavourable = "lower"', 0.8, "1.1"),
            ('goal = "equivalence"\nmargin = 0.3', 0.2, "-0.1"),
        ],
    )
    def test_a_null_that_cannot_be_true_is_refused(self, tmp_path, settings, control, null):
        """A margin whose null hypothesis lies outside the possible rates is told with both numbers."""
        how = {"settings": settings, "assumptions": stated(control=control, treatment=control), "target": 0.0}
        with pytest.raises(PlanError, match=rf"margin 0.3 beside a rate in the control arm of {control}.* at {null}, "):
            built(tmp_path, **how)

    @pytest.mark.parametrize("kind", ["pair", "adjusted ratio"])
    def test_the_document_agrees_with_its_plan(self, tmp_path, kind):
        """The written document is found to be what its plan gives."""
        path = tmp_path / "plan.toml"
        path.write_text(plan_text(**MARGINS[kind][0]), encoding="utf-8")
        write(read(str(path)), [tmp_path / "protocol.md"])
        found = examine((tmp_path / "protocol.md").read_bytes(), ".md")
        assert found.ok
        assert found.comparison.statements


class TestTarget:
    @pytest.mark.parametrize("kind", TARGETS)
    def test_it_has_its_own_unit_and_direction(self, tmp_path, kind):
        """The target is printed in the unit of its effect, with the direction that is in favour."""
        how, words = TARGETS[kind]
        text = prose(built(tmp_path, **how))
        assert f"The trial is sized to show {words}" in text
        direction = re.search(r"(?:higher|lower) (?:rate|values)", text.split("*Statistically:* ", 1)[1])[0]
        assert direction.startswith("lower" if "lower" in how.get("settings", "") else "higher")

    def test_the_plan_s_own_unit_stands(self, tmp_path):
        """A unit that the plan gives is not replaced."""
        changes = (('basis = "realistic"', 'unit = "mmHg"\nbasis = "realistic"'),)
        how = {"design": "two-means", "assumptions": stated(difference=5, sd=9), "target": 5.0, "changes": changes}
        assert "The trial is sized to show 5 (mmHg); higher values are better." in prose(built(tmp_path, **how))


class TestMissing:
    FEWER = {
        "settings": 'favourable = "lower"',
        "assumptions": stated(control=0.5, treatment=0.3),
        "target": -0.2,
    }

    def test_the_missing_of_a_bad_event_are_named_as_without_it(self, tmp_path):
        """Where fewer are better a missing outcome counts as the better: named, and asked for a reason."""
        text = prose(built(tmp_path, **self.FEWER))
        assert "a missing outcome counts as a participant without the event. **Warning.** That is the better" in text
        assert "the more participants it loses: **Missing**." in text
        assert "non-respon" not in text.split("## Missing outcomes")[1].split("##")[0]

    def test_the_plan_gives_its_reason(self, tmp_path):
        """The reason stands in place of what is missing."""
        changes = (('missing = "non-response"', 'missing = "non-response"\nmissing_rationale = "registries know"'),)
        text = prose(built(tmp_path, **self.FEWER, changes=changes))
        assert "the more participants it loses: registries know." in text

    @pytest.mark.parametrize("goal", ["non-inferiority", "equivalence"])
    def test_likeness_made_by_losses_is_flagged(self, tmp_path, goal):
        """Imputation makes arms alike, which a trial of likeness must say."""
        text = prose(built(tmp_path, **rates(f'goal = "{goal}"\nmargin = 0.2')))
        assert f"losses make the arms alike, which favours the claim of {goal}" in text.replace("Losses", "losses")

    def test_superiority_of_more_responders_is_not_flagged(self, tmp_path):
        """Non-response in a trial of more responders works against the treatment, and is not flagged."""
        text = prose(built(tmp_path))
        lost = text.split("## Missing outcomes")[1].split("##")[0]
        assert "a missing outcome counts as a non-responder. " in lost
        assert "Warning" not in lost
