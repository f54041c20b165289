"""A number is recommended only where nothing blocks it; else it is provisional, with what blocks."""

import pytest
from small_plans import built, endpoint, prose, stated

from trialplan.plan import build, read
from trialplan.protocol.content.pitfalls import met
from trialplan.protocol.content.provisional import blocks

NON_INFERIOR = {
    "settings": 'goal = "non-inferiority"\nmargin = 0.1',
    "assumptions": stated(control=0.5, treatment=0.5),
    "target": 0.0,
}
SOURCE = ("power = 0.8\n", 'power = 0.8\nmargin_source = "m"\n')
REASON = ('missing = "non-response"', 'missing = "non-response"\nmissing_rationale = "r"')
ANSWER = (
    'table = "msc-lupus-nephritis"',
    'table = "msc-lupus-nephritis"\nanswers = { P01 = "a", P02 = "a", P06 = "a", P12 = "a", P13 = "a" }',
)
BLOCKED = {
    "power": ({"changes": (ANSWER, ("power = 0.8", "power = 0.55"))}, ["the power asked for, 55 %, is below the 80 %"]),
    "size": (
        {
            "assumptions": stated(control=0.3, treatment=0.309),
            "target": 0.009,
            "changes": (ANSWER,),
        },
        ["an arm of 41,0"],
    ),
    "margin": (NON_INFERIOR | {"changes": (ANSWER, REASON)}, ["the margin of response at 12 months is not justified"]),
    "missing": (
        NON_INFERIOR | {"changes": (ANSWER, SOURCE)},
        ["how a missing outcome of response at 12 months"],
    ),
    "finding": ({}, [f"P{id} is not answered (" for id in ("13", "01", "02", "12", "06")]),
}


class TestBlocked:
    @pytest.mark.parametrize("kind", BLOCKED)
    def test_what_blocks_is_told_in_place_of_a_recommendation(self, tmp_path, kind):
        """The headline is provisional, and the one thing that blocks stands under it."""
        how, begins = BLOCKED[kind]
        text = prose(built(tmp_path, **how))
        assert "**Provisional.** Randomise" in text
        assert "**Recommendation.**" not in text
        told = text.split("**What blocks a recommendation:** ")[1].split("\n")[0].split("; ")
        assert len(told) == len(begins)
        assert all(any(one.startswith(words) for one in told) for words in begins)

    def test_nothing_blocks_what_is_settled(self, tmp_path):
        """With the same things settled the number is recommended."""
        for number, how in enumerate(({"changes": (ANSWER,)}, NON_INFERIOR | {"changes": (ANSWER, SOURCE, REASON)})):
            folder = tmp_path / str(number)
            folder.mkdir()
            text = prose(built(folder, **how))
            assert "**Recommendation.** Randomise" in text
            assert "What blocks" not in text

    def test_each_primary_of_a_family_is_judged(self, tmp_path):
        """A control rate that is the planners' own blocks beside a second primary as it does alone, and by name."""
        second = endpoint(
            "remission",
            "primary",
            "two-proportions",
            stated(control=0.2, treatment=0.4),
            more='missing = "non-response"',
        )
        text = prose(built(tmp_path, endpoints=second, more='\n[family]\nrule = "holm"\n'))
        assert "**Provisional.** Randomise" in text
        for name in ("response at 12 months", "remission"):
            assert f"P02 is not answered (the control rate of {name} is the planners' own" in text

    def test_an_answer_that_follows_from_the_plan_counts(self, contents):
        """The shipped plan answers by its bridge what blocks it."""
        trial = build(read("msc-lupus-nephritis"))
        assert any(one.severity == "block" for one in trial.findings)
        assert blocks(trial, met(trial, contents(trial))) == ()
