"""`size --statement`: the justification of the number as one paragraph."""

import re

import pytest

from trialplan import CoPrimary, Holm, TwoProportions, size
from trialplan.catalogue import designs
from trialplan.cli.options import design as options
from trialplan.errors import ParameterError

SIZE = ("size", "two-proportions", "--control", "0.3", "--treatment", "0.5")


class TestStatement:
    def test_every_item_of_delta2_that_the_design_knows(self, run):
        """Numbers, power, the effect, both rates, level and sides, test, losses, formula and source."""
        ran = run(*SIZE, "--dropout", "0.1", "--statement")
        assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
        wanted = (
            *("93 per arm", "186 in all", "80.0 % power", "difference of proportions", "control arm is 30 %"),
            *(
                "treatment arm is 50 %",
                "a two-sided test at the 0.05 level",
                "95 % interval",
                "a higher rate is better",
            ),
            *(
                "allow for 10 %",
                "208 in all",
                "score test (pooled variance)",
                "Farrington & Manning 1990",
                "State the source",
            ),
        )
        for words in wanted:
            assert words in ran.out
        assert len(ran.out.split()) < 150

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (
                ("--goal", "non-inferiority", "--margin", "0.1"),
                "a one-sided test at the 0.025 level (score), with the 95 %",
            ),
            (("--looks", "0.5,1"), "(score), over 2 looks together, at 50 % and 100 % of the information, with"),
            (("--looks", "0.5,1", "--dropout", "0.2"), "To allow for 20 % without an outcome"),
            (("--allocation", "2:1"), "(allocated 2:1)"),
        ],
    )
    def test_what_moves_it(self, run, more, words):
        """Goal, looks, losses and allocation are each in it."""
        assert words in run(*SIZE, *more, "--statement").out

    @pytest.mark.parametrize(
        ("more", "aim"),
        [
            (("--treatments", "2"), "an effect of at least one of treatment 1 and treatment 2"),
            (("--treatments", "2", "--with", "wins-if=first"), "an effect of treatment 1"),
            (("--treatments", "2", "--looks", "0.5,1"), "an effect of at least one of treatment 1 and treatment 2"),
            (
                ("--treatments", "2", "--goal", "non-inferiority", "--margin", "0.1"),
                "that at least one of treatment 1 and treatment 2 is not worse by more than 10 points",
            ),
            (("--rule", "two-by-two"), "an effect of each of treatment 1 and treatment 2, taken by itself"),
            (("--rule", "two-by-two", "--with", "wins-if=all"), "an effect of each of treatment 1 and treatment 2"),
        ],
    )
    def test_says_which_of_several_treatments(self, run, more, aim):
        """As the page's headline does: the power is that of showing what the rule asks for."""
        assert f"power to show {aim}" in run(*SIZE, *more, "--statement").out
        assert f"to show {aim}, if treatment = 0.5" in run(*SIZE, *more).out.splitlines()[0]

    def test_says_on_which_of_several_endpoints(self):
        ends = (TwoProportions(control=0.3, treatment=0.5), TwoProportions(control=0.2, treatment=0.4))
        for family, which in ((CoPrimary, "each"), (Holm, "at least one")):
            paragraph = family(members=ends).sample_size(0.8).statement()
            assert f"power to show an effect on {which} of endpoint 1 and endpoint 2, if" in paragraph

    @pytest.mark.parametrize("cls", designs().values(), ids=designs())
    def test_every_design_has_one(self, run, cls):
        """From its own example: the number that the page leads with; no empty place, no bare name of a field."""
        line = ("size", cls.slug(), *options.example(cls).split())
        paragraph, page = run(*line, "--statement"), run(*line)
        assert paragraph.code == 0
        assert re.search(r"[\d,]+(?= (per arm|participants? in all|pairs in all|in all))", page.out)[0] in paragraph.out
        assert not re.search(r"None|nan|\binf\b|  |\w_\w| ,|\(\)", paragraph.out.rstrip("\n"))

    def test_in_place_of_the_page(self, run):
        """It is no page: not as JSON, not in a file."""
        ran = run(*SIZE, "--statement", "--json")
        assert (ran.code, ran.out) == (2, "")
        assert "leave out --json" in ran.err

    def test_a_grid_has_none(self):
        """Many scenarios are not one justification."""
        with pytest.raises(ParameterError, match="ask for one"):
            size(TwoProportions(control=[0.2, 0.3], treatment=0.5)).statement()
