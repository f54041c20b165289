"""Numbers that are vectors, as they are typed: one for each stratum."""

import pytest

DESIGN = "stratified-proportions"
RATES = ("--control", "0.1,0.33", "--weight", "1,2")


class TestVectors:
    def test_are_lists(self, run):
        """A list is typed with commas, read as numbers and shown as percentages."""
        ran = run("size", DESIGN, *RATES, "--difference", "0.2")
        assert (ran.code, ran.err) == (0, "")
        assert "0.1, 0.33  (10 %, 33 %)" in ran.out
        assert "power without strata" in ran.out

    def test_are_varied_with_strokes(self, run):
        """--vary separates vectors by commas, and the numbers of one by strokes; one number is the same everywhere."""
        vary = ("--vary", "control=0.1/0.33,0.2/0.4", "--vary", "difference=0.15,0.2")
        ran = run("scenarios", DESIGN, *vary, "--json")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.count('"control": [0.1, 0.33]') == 2
        same = run("scenarios", DESIGN, "--vary", "control=0.2,0.3", "--difference", "0.15", "--weight", "1,2")
        assert (same.code, same.err) == (0, "")

    def test_of_a_statement_are_reproduced(self, run):
        """What a paper states by stratum, with a common effect or with the treatment's rates."""
        common = run(
            "reproduce", DESIGN, "--control", "0.1,0.33", "--difference", "0.2", "--power", "0.8", "--n", "158"
        )
        assert common.out.startswith("Reproduced")
        rates = ("--control", "0.1,0.33", "--treatment", "0.2,0.5", "--power", "0.8")
        assert run("reproduce", DESIGN, *rates, "--n", "318").out.startswith("Reproduced")
        assert run("reproduce", DESIGN, *rates, "--n", "700").out.startswith("Not reproduced")

    @pytest.mark.parametrize(
        ("words", "hint"),
        [
            ((*RATES, "--difference", "0.2,0.3"), "--difference must be one number"),
            (("--control", "0.1,0.33", "--weight", "1,2,3", "--difference", "0.2"), "--weight has 3 values"),
            (("--control", "10,33", "--difference", "0.2"), "write 10 % as 0.1"),
            ((*RATES, "--odds-ratio", "2"), "set --scale to odds-ratio"),
            (RATES, "needs --difference"),
        ],
    )
    def test_that_do_not_fit_are_refused(self, run, words, hint):
        """In one sentence that names the option."""
        ran = run("size", DESIGN, *words)
        assert (ran.code, ran.out) == (2, "")
        assert hint in ran.err
        assert ran.err.count("\n") == 1
