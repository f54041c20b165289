"""The statistical document: sample size and analysis alone, and which items of an analysis plan they fill."""

import re

import pytest
from small_plans import EXCLUDED, built, endpoint, stated

from trialplan.plan import build, read
from trialplan.protocol import render
from trialplan.protocol.content.analysis_plan_items import analysis_plan_items
from trialplan.protocol.content.context import basics, context


def said(trial):
    """The document before what it is made from."""
    return render(trial, kind="statistics").split("# Reproduction")[0].replace("\\", "")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The document of a plan that says the least."""
    return said(built(tmp_path_factory.mktemp("bare")))


class TestStatistics:
    def test_a_bare_plan_has_no_empty_slots(self, bare):
        """Only what the number itself rests on is marked missing; the rest is one list."""
        slots = [line for line in bare.splitlines() if "**Missing**" in line]
        assert len(slots) == 1
        assert "Who judged it important" in slots[0]
        assert bare.count("**What the plan does not say:**") == 1
        assert "sensitivity analyses (27e; [analysis] sensitivity)" in bare

    def test_it_is_statistics_alone(self, bare):
        """Neither the evidence nor the conduct of the trial has a chapter."""
        chapters = re.findall(r"^# (.+)$", bare, flags=re.M)
        assert chapters[:3] == ["The trial", "Statistical analysis", "Sample size"]
        assert not {"Synopsis", "Population", "Oversight", "Checklists"} & {*chapters}

    def test_the_words_are_those_of_the_plan(self, tmp_path):
        """Losses, a secondary endpoint, and one arm are told as they are."""
        second = endpoint("pain", "secondary", "two-means", stated(difference=0.5, sd=1.0), more='analysis = "t test"')
        text = said(built(tmp_path, dropout=0.2, endpoints=second))
        assert "participants without the outcome do not contribute to the main analysis" in text
        assert "- **Pain.** t test." in text
        assert "at least 186 of them expected to have the outcome" in text
        assert EXCLUDED.split("\n", 1)[0] not in text

    def test_one_arm(self, tmp_path):
        """Nothing is randomised, and no item asks for it."""
        trial = built(tmp_path, design="one-proportion", assumptions=stated(null=0.2, expected=0.4), target=0.4)
        text = said(trial)
        assert "against a fixed threshold, one arm" in text
        assert "randomisation and its strata" not in text


class TestItems:
    @pytest.mark.sweep
    @pytest.mark.parametrize("name", ["msc-lupus-nephritis", "msc-lupus-nephritis-monitored"])
    def test_what_is_filled_stands_in_the_document(self, name):
        """The chapter that an item names is there."""
        trial = build(read(name))
        text = said(trial)
        for one in analysis_plan_items(context(trial)):
            assert not one.filled or f"\n# {one.where}\n" in f"\n{text}"

    def test_every_number_of_the_list_is_judged_once(self):
        """The 32 items with their parts, 55 in all, as the published table counts them."""
        judged = [
            one.numbers
            for one in analysis_plan_items(basics(build(read("msc-lupus-nephritis-monitored"))) | {"amended": None})
        ]
        parts = [part for numbers in judged for part in numbers.split(", ")]
        spread = []
        for part in parts:
            first, _, last = part.partition("–")
            letters = range(ord(first[-1]), ord((last or first)[-1]) + 1) if first[-1].isalpha() else [None]
            spread += [f"{first.rstrip('abcdef')}{chr(letter) if letter else ''}" for letter in letters]
        assert len(spread) == len({*spread}) == 55
        assert {int(re.match(r"\d+", one)[0]) for one in spread} == {*range(1, 33)}
