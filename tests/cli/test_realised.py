"""Participants as they are, by arm or in all, with a test and without; and tests by their other names."""

from __future__ import annotations

import json

import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

RATES = ("two-proportions", "--control", "0.3", "--treatment", "0.5")
MEANS = ("two-means", "--difference", "0.5", "--sd", "1")


@pytest.fixture
def ask(run):
    """The JSON of an answer."""

    def asked(*typed):
        ran = run(*typed, "--json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    return asked


class TestArms:
    @pytest.mark.parametrize("test", ["score", "fisher"])
    def test_are_an_allocation_and_a_total(self, ask, test):
        """Arms as they are give the power of their total at their ratio."""
        found = ask("power", *RATES, "--test", test, "--arms", "61,58")
        assert found["arms"] == {"treatment": 61, "control": 58}
        assert found["power"] == ask("power", *RATES, "--test", test, "--allocation", "61:58", "--n", "119")["power"]

    def test_of_means(self, ask):
        """Student's t with 61 and 58 has the power that the noncentral t gives."""
        distance, critical = 0.5 / (1 / 61 + 1 / 58) ** 0.5, stats.t.ppf(0.975, 117)
        right = stats.nct.sf(critical, 117, distance) + stats.nct.cdf(-critical, 117, distance)
        assert ask("power", *MEANS, "--arms", "61,58")["power"] == pytest.approx(right, abs=1e-9)

    def test_that_are_equal(self, ask):
        """So many in each arm are twice as many in all."""
        assert ask("power", *RATES, "--n-per-arm", "93") == ask("power", *RATES, "--n", "186")
        effects = [ask("effect", "two-means", "--sd", "1", *size) for size in (("--n-per-arm", "64"), ("--n", "128"))]
        assert effects[0] == effects[1]

    def test_that_are_large(self, ask):
        """Arms of more than ten thousand are arms, too."""
        assert ask("power", *RATES, "--arms", "12347,12345")["n"] == 24_692


class TestWithoutATest:
    @pytest.mark.parametrize(
        ("interval", "method"),
        [("wilson", "wilson"), ("agresti-coull", "agresti_coull"), ("clopper-pearson", "beta"), ("wald", "normal")],
    )
    def test_the_width_at_a_given_n(self, ask, interval, method):
        """The limits and their distance are those of statsmodels."""
        found = ask("power", "precision-proportion", "--expected", "0.2", "--interval", interval, "--n", "100")
        lower, upper = proportion_confint(20, 100, method=method)
        assert (found["lower"], found["upper"]) == pytest.approx((lower, upper), abs=1e-9)
        assert found["attained"] == pytest.approx(upper - lower, abs=1e-9)
        assert "width" not in found["assumptions"]
        assert found["target"] is None

    def test_limits_beyond_0_are_the_formulas(self, run, ask):
        """JSON holds what the formula gives, as R's binom does, and a page cuts it at 0 and says so."""
        typed = ("power", "precision-proportion", "--expected", "0.02", "--interval", "agresti-coull", "--n", "50")
        assert ask(*typed)["lower"] == pytest.approx(-0.006255, abs=5e-7)
        assert "0 % to" in (page := run(*typed).out)
        assert "cut at 0 and 100 %; by the formula -0.0063" in page

    @pytest.mark.parametrize(
        ("events", "n", "confidence", "lower", "upper"),
        [
            (16, 30, 0.9, 0.387035828938712, 0.674115883852948),
            (23, 83, 0.95, 0.191829713669719, 0.382106508700799),
            (10, 83, 0.95, 0.0648914837422891, 0.209648570564269),
        ],
    )
    def test_agresti_coull_as_in_r(self, ask, events, n, confidence, lower, upper):
        """The limits are those of binom.confint(methods = 'ac') in R's binom 1.1.1.1."""
        rate = repr(events / n)
        typed = ("precision-proportion", "--expected", rate, "--interval", "agresti-coull", "--n", str(n))
        found = ask("power", *typed, "--confidence", str(confidence))
        assert (found["lower"], found["upper"]) == pytest.approx((lower, upper), abs=1e-9)

    def test_agresti_coull_sizes(self, ask):
        """The n that it asks for is the fewest whose interval is narrow enough."""
        n = ask("size", "precision-proportion", "--expected", "0.2", "--width", "0.1", "--interval", "agresti-coull")[
            "n"
        ]
        width = ("power", "precision-proportion", "--expected", "0.2", "--interval", "agresti-coull", "--n")
        assert ask(*width, str(n))["attained"] <= 0.1 < ask(*width, str(n - 1))["attained"]

    def test_no_event_of_300(self, run, ask):
        """No event among 300 excludes what the exact one-sided interval excludes: one less the 300th root of 0.05."""
        found = ask("effect", "adverse-event", "--n", "300")
        assert found["detectable"] == pytest.approx(1 - 0.05 ** (1 / 300), abs=1e-12)
        assert found["detectable"] == pytest.approx(stats.beta.ppf(0.95, 1, 300), abs=1e-12)
        assert (
            "no event among 300 exposed excludes rates above 0.00994"
            in run("effect", "adverse-event", "--n", "300").out
        )

    def test_an_event_of_300(self, ask):
        """The probability that 300 show an event of one in a hundred."""
        assert ask("power", "adverse-event", "--rate", "0.01", "--n", "300")["attained"] == pytest.approx(1 - 0.99**300)

    def test_stages_that_are_given(self, ask):
        """Simon's optimal stages for 0.1 and 0.3, given, have the power and level of his table 1."""
        found = ask("power", "two-stage", "--null", "0.1", "--expected", "0.3", "--stages", "1/10, 5/29")
        assert (round(found["power"], 3), round(found["actual_size"], 3)) == (0.805, 0.047)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "test"), [("pooled", "score"), ("unpooled", "wald"), ("Yates", "continuity-corrected")]
    )
    def test_that_mean_one_test_are_understood(self, ask, name, test):
        """What papers call a test is that test, in every verb, and the answer says which."""
        assert ask("size", *RATES, "--test", name) == ask("size", *RATES, "--test", test)
        assert ask("power", *RATES, "--test", name, "--n", "186")["test"] == test

    def test_comparing_begins_with_a_test_that_suits(self, ask):
        """Two standard deviations are compared by the tests that take them, without an option that is not there."""
        rows = ask("compare", "two-means", "--difference", "0.5", "--sd", "1", "--sd-treatment", "1.5")["rows"]
        assert [row["test"] for row in rows] == ["welch", "z"]


WRONG = {
    "arms-of-one": (("power", *RATES, "--arms", "61"), "one number for each of treatment and control"),
    "arms-of-none": (("power", *RATES, "--arms", "61,0"), "whole participants from 1"),
    "arms-and-n": (("power", *RATES, "--arms", "61,58", "--n", "119"), "keep one"),
    "arms-and-allocation": (("power", *RATES, "--arms", "61,58", "--allocation", "2:1"), "leave --allocation out"),
    "a-block-of-four": (("size", *RATES, "--allocation", "2:2"), "not 2:2; write 1:1"),
    "shares-of-a-hundred": (("power", *RATES, "--n", "100", "--allocation", "60:40"), "not 60:40; write 3:2"),
    "per-arm-of-unequal": (("power", *RATES, "--n-per-arm", "60", "--allocation", "2:1"), "--arms 61,58"),
    "per-arm-of-a-half": (("effect", "two-means", "--sd", "1", "--n-per-arm", "60.5"), "whole participants"),
    "chi-square": (
        ("size", *RATES, "--test", "chi-square"),
        "any of score, continuity-corrected and wald; name the one",
    ),
    "z": (("power", *RATES, "--test", "z", "--n", "186"), "may mean any of score and wald"),
    "simon": (("power", "simon", "--null", "0.1", "--expected", "0.3", "--n", "29"), "`trialplan power two-stage`"),
    "bad-number-in-compare": (("compare", "two-means", "--difference", "0.5", "--sd", "-1"), "--sd must lie in"),
}


@pytest.mark.parametrize(("typed", "sentence"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(run, typed, sentence):
    """Arms that contradict, and names that mean several tests, are one sentence."""
    ran = run(*typed)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1
