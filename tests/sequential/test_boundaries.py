"""Efficacy boundaries: published values, the level that is spent, and what cannot be a boundary."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans
from trialplan.errors import ParameterError
from trialplan.sequential.boundaries.efficacy import Efficacy
from trialplan.sequential.boundaries.spending import SPENDING, spent

EVERY = (
    "obrien-fleming",
    "pocock",
    "wang-tsiatis(0.25)",
    "wang-tsiatis(-0.3)",
    "haybittle-peto",
    "haybittle-peto(3.5)",
    "lan-demets-obrien-fleming",
    "lan-demets-pocock",
    "hwang-shih-decani(-4)",
    "hwang-shih-decani(0)",
    "hwang-shih-decani(1)",
    "kim-demets(3)",
)
SPACINGS = ((0.5, 1.0), (0.2, 0.4, 0.6, 0.8, 1.0), (0.1, 0.85, 0.9, 1.0))


def looked_at(sides=2, alpha=0.05, **rule):
    """Any z test shows the boundary."""
    return GroupSequential(design=TwoMeans(difference=0.5, sd=1, test="z", alpha=alpha, sides=sides), **rule)


def efficacy(rule, information, two_tailed=False, level=0.025):
    """A rule whose every look tests."""
    return Efficacy(
        rule=rule, fractions=information, level=level, two_tailed=two_tailed, in_force=(True,) * len(information)
    )


class TestPublished:
    def test_obrien_fleming_and_pocock_with_two_looks(self):
        """Nominal two-sided P values of two looks: .0052 and .0480 by O'Brien and Fleming, .0294 twice by Pocock."""
        p = {name: 2 * stats.norm.sf(looked_at(efficacy=name).efficacy_z) for name in ("obrien-fleming", "pocock")}
        np.testing.assert_allclose(p["obrien-fleming"], [0.0052, 0.0480], atol=5e-5)
        np.testing.assert_allclose(p["pocock"], [0.0294, 0.0294], atol=5e-5)

    def test_inflation_of_two_looks_by_pocock(self):
        """Pocock's two looks cost 11.0 % at 80 % power and 10.0 % at 90 % (Jennison & Turnbull 2000, ch. 2)."""
        design = looked_at(efficacy="pocock")
        assert design.inflation(0.8) == pytest.approx(1.110, abs=5e-4)
        assert design.inflation(0.9) == pytest.approx(1.100, abs=5e-4)

    @pytest.mark.parametrize(
        ("looks", "z"), [((0.5, 1.0), (2.9626, 1.9686)), ((0.5, 0.75, 1.0), (2.963, 2.359, 2.014))]
    )
    def test_lan_demets(self, looks, z):
        """The spending function of O'Brien and Fleming's kind, one-sided .025, at two spacings."""
        design = looked_at(sides=1, alpha=0.025, looks=looks, efficacy="lan-demets-obrien-fleming")
        np.testing.assert_allclose(design.efficacy_z, z, atol=5e-4 if len(looks) == 3 else 5e-5)

    def test_designs_and_spending_functions_of_one_name_differ(self):
        """O'Brien and Fleming's design is not the spending function that bears its name; nor is Pocock's."""
        for name in ("obrien-fleming", "pocock"):
            exact, spending = (
                looked_at(sides=1, alpha=0.025, looks=(1 / 3, 2 / 3, 1.0), efficacy=one).efficacy_z
                for one in (name, f"lan-demets-{name}")
            )
            assert abs(exact[0] - spending[0]) > 0.01


class TestEveryFamily:
    @pytest.mark.parametrize("information", SPACINGS)
    @pytest.mark.parametrize("rule", EVERY)
    @pytest.mark.parametrize("two_tailed", [False, True])
    def test_spends_its_level_and_no_more(self, rule, information, two_tailed):
        """The chance of ever crossing without an effect is the level, for any spacing and either sidedness."""
        found = efficacy(rule, information, two_tailed)
        assert found.spent_by(found.z()).sum() == pytest.approx(0.025, abs=1e-10)

    @pytest.mark.parametrize("rule", [rule for rule in EVERY if rule.split("(")[0] in SPENDING])
    def test_spends_as_its_function_says(self, rule):
        """What has been spent by each look is the function at its fraction."""
        found = efficacy(rule, (0.3, 0.5, 0.9, 1.0))
        name, numbers = found.named
        np.testing.assert_allclose(
            found.spent_by(found.z()).cumsum(), spent(name, numbers, 0.025, np.array([0.3, 0.5, 0.9, 1.0])), atol=1e-11
        )

    @pytest.mark.parametrize(("rule", "delta"), [("obrien-fleming", 0), ("pocock", 0.5), ("wang-tsiatis(0.25)", 0.25)])
    def test_shapes(self, rule, delta):
        """Exact designs are a constant times a power of the fraction."""
        t = np.array([0.2, 0.7, 1.0])
        height = efficacy(rule, tuple(t)).z() / t ** (delta - 0.5)
        np.testing.assert_allclose(height, height[0], rtol=1e-12)

    def test_given_errors(self):
        """Cumulative two-sided alpha that is given is what is spent, half of it on each side."""
        design = looked_at(looks=(0.3, 0.6, 1.0), efficacy=(0.01, 0.01, 0.05))
        above, below = design.crossed(0.0)
        np.testing.assert_allclose(2 * above.cumsum(), [0.01, 0.01, 0.05], atol=1e-11)
        np.testing.assert_allclose(above, below, atol=1e-13)
        assert math.isinf(design.efficacy_z[1])


class TestSkipped:
    @pytest.mark.parametrize("rule", ["obrien-fleming", "pocock", "haybittle-peto", "lan-demets-pocock"])
    def test_a_skipped_look_costs_nothing(self, rule):
        """A look that does not test leaves the others what they would be without it."""
        with_it = looked_at(looks=(0.3, 0.6, 1.0), efficacy=rule, efficacy_at=(0.6, 1.0))
        without = looked_at(looks=(0.6, 1.0), efficacy=rule)
        assert math.isinf(with_it.efficacy_z[0])
        np.testing.assert_allclose(with_it.efficacy_z[1:], without.efficacy_z, atol=1e-10)
        assert with_it.inflation(0.8) == pytest.approx(without.inflation(0.8), abs=1e-10)


class TestRefused:
    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("obrian-fleming", "'obrien-fleming'"),
            ("wang-tsiatis", "1 number"),
            ("wang-tsiatis(7)", r"\[-1, 1\]"),
            ("kim-demets(0)", r"\(0, 50\]"),
            ("hwang-shih-decani(x)", "no number"),
            ("pocock(2)", "0 number"),
            ("haybittle-peto(-3)", r"\(0, ∞\)"),
            ("haybittle-peto(1.5)", "spends the whole level"),
            ((0.03, 0.01), "taken back"),
            ((0.01, 0.04), "must be the level"),
            ((0.01, 0.02, 0.05), "for 2 looks"),
            ("z(2,none)", "last look"),
            ("z(1.9,1.9)", "more than the level"),
            ("z(-2,1.9)", "above 0"),
        ],
    )
    def test_a_rule_that_cannot_be_one(self, rule, words):
        """A boundary that is unknown, out of its domain or spends out of order is refused in one sentence."""
        with pytest.raises(ParameterError, match=words) as caught:
            looked_at(efficacy=rule).sample_size(0.8)
        assert str(caught.value).startswith("GroupSequential: efficacy")

    @pytest.mark.parametrize(
        ("looks", "words"),
        [((0.5, 0.4, 1), "increasing"), ((0.5, 1.2), "not 1.2"), ((0.5, 0.9), "end at 1"), ((1,), "")],
    )
    def test_looks(self, looks, words):
        """Looks that do not increase to 1 are refused."""
        with pytest.raises(ParameterError, match=f"GroupSequential: looks .*{words}"):
            looked_at(looks=looks)

    def test_looks_named_for_efficacy_must_be_looks(self):
        """A look that is not planned cannot test, and the last one must."""
        with pytest.raises(ParameterError, match=r"efficacy_at has 0.7"):
            looked_at(efficacy_at=(0.7, 1.0))
        with pytest.raises(ParameterError, match=r"efficacy_at must include 1"):
            looked_at(efficacy_at=(0.5,))
