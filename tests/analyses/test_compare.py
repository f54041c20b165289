"""The same trial through every applicable test, and the verb that shows it."""

import json
import re

import numpy as np
import pytest
from scipy import stats

from trialplan.analyses.compare import LARGEST_TABLE, actual_size, compare, variants
from trialplan.cli import main
from trialplan.designs.ancova import Ancova
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.one_rate import OneRate
from trialplan.designs.paired_proportions import PairedProportions
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.numerics.enumeration import largest_size, rejection_probability

APPROXIMATE = [name for name, row in TwoProportions.tests.items() if not row.exact]


def named(design, target=0.8):
    """The rows by test."""
    return {row.test: row for row in compare(design, target)}


class TestRows:
    def test_each_is_the_answer_of_its_test(self):
        """n, arms and power are those of the design with that test, and why is its line of prose."""
        design = TwoProportions(control=0.3, treatment=0.7, allocation="2:1")
        rows = named(design)
        assert set(rows) == {name for name, _, _ in variants(design)}
        for name in APPROXIMATE:
            alone = design.replace(test=name).sample_size(0.8)
            assert (rows[name].n, rows[name].arms, rows[name].power) == (alone.n, alone.arms, alone.power)
            assert rows[name].why == TwoProportions.tests[name].prose

    def test_only_those_that_apply(self):
        """A test that is not defined for the goal has no row, nor has one that does not take the numbers."""
        margin = named(TwoProportions(control=0.8, treatment=0.8, goal="non-inferiority", margin=0.15))
        assert {"score", "wald"} <= set(margin)
        assert not {"arcsine", "continuity-corrected"} & set(margin)
        assert set(named(TwoMeans(difference=1, sd=1, sd_treatment=2, test="welch"))) == {"welch", "z"}

    def test_methods_count_as_tests(self):
        """Where a design has several methods and one test, the methods are compared."""
        rows = named(Ancova(difference=0.5, sd=1, correlation=0.5))
        assert set(rows) == {"simple", "exact"}
        assert rows["exact"].power < rows["simple"].power

    def test_unreachable_has_a_reason(self):
        """Where no n will do there is a row with the reason, not an error."""
        rows = compare(TwoMeans(difference=-1, sd=1))
        assert all(row.n is None and row.power is None and "set favourable to lower" in row.reason for row in rows)


class TestActualSize:
    @pytest.mark.parametrize("test", APPROXIMATE)
    @pytest.mark.parametrize(("allocation", "n"), [("1:1", 40), ("3:1", 60)])
    def test_is_the_largest_on_a_fine_grid(self, test, allocation, n):
        """The refined size is no smaller than on 20 001 rates, and no larger than that plus what a grid can miss."""
        design = TwoProportions(control=0.3, treatment=0.5, test=test, allocation=allocation)
        n_t, n_c = design.arms(n).values()
        rejects = design.rejections(n_t + n_c)
        rates = np.sin(np.linspace(1e-4, np.pi / 2 - 1e-4, 20_001)) ** 2
        masses = [stats.binom.pmf(np.arange(m + 1), m, rates[:, None]) for m in (n_t, n_c)]
        fine = ((masses[0] @ rejects) * masses[1]).sum(axis=1).max()
        assert fine - 1e-12 <= actual_size(design, n) <= fine + 1e-7

    def test_the_rate_where_it_is_is_named(self):
        """At the named rate the rejected tables have together the size that is told; exact tests name none."""
        design = TwoProportions(control=0.3, treatment=0.6)
        for row in compare(design, 0.8):
            exact = TwoProportions.tests[row.test].exact
            assert (row.actual_size_at is None) is exact
            if not exact:
                n_t, n_c = row.arms.values()
                rejects = design.replace(test=row.test).rejections(row.n)
                masses = [stats.binom.pmf(np.arange(m + 1), m, row.actual_size_at) for m in (n_t, n_c)]
                assert masses[0] @ rejects @ masses[1] == pytest.approx(row.actual_size, abs=1e-12)
        (worst,) = [row for row in compare(design, 0.8) if row.test == "arcsine"]
        assert worst.actual_size > 0.1
        assert min(worst.actual_size_at, 1 - worst.actual_size_at) < 0.05

    def test_of_a_margin_is_taken_on_the_limit(self):
        """With a margin the nuisance runs along the limit, as far as there are rates."""
        design = TwoProportions(control=0.9, treatment=0.9, goal="non-inferiority", margin=0.15, allocation="3:1")
        rejects = design.rejections(60)
        rates = np.linspace(0.15005, 0.99995, 20_001)
        masses = [stats.binom.pmf(np.arange(m + 1), m, p[:, None]) for m, p in ((45, rates - 0.15), (15, rates))]
        fine = ((masses[0] @ rejects) * masses[1]).sum(axis=1).max()
        assert actual_size(design, 60) == pytest.approx(fine, abs=1e-6)

    def test_of_equivalence_is_the_larger_of_both_limits(self):
        """The worse of the two limits counts."""
        design = TwoProportions(control=0.4, treatment=0.4, goal="equivalence", margin=(-0.1, 0.3))
        rejects = design.rejections(120)
        sizes = [largest_size(rejects, lambda rate, limit=limit: (rate + limit, rate)) for limit in (-0.1, 0.3)]
        assert actual_size(design, 120) == max(sizes)[0]

    def test_of_one_arm(self):
        """For one arm the null is one rate: the size is a binomial sum."""
        design = OneProportion(null=0.1, expected=0.3, test="score")
        first = int(np.ceil(20 * 0.1 + 1.6448536 * np.sqrt(20 * 0.09)))
        assert actual_size(design, 20) == pytest.approx(stats.binom.sf(first - 1, 20, 0.1))
        exact = design.replace(test="exact")
        assert actual_size(exact, 29) == exact.actual_size(29)

    def test_of_pairs_by_their_z(self):
        """How many pairs differ is binomial, and which way a fair coin's: scipy's masses, McNemar's z written again."""
        n, largest = 60, 0.0
        for differ in np.linspace(0.005, 1, 200):
            size = 0.0
            for k in range(1, n + 1):
                b = np.arange(k + 1)
                z = np.abs(2 * b - k) / np.sqrt(k)
                size += stats.binom.pmf(k, n, differ) * stats.binom.pmf(b, k, 0.5)[z >= stats.norm.ppf(0.975)].sum()
            largest = max(largest, size)
        design = PairedProportions(treatment_only=0.25, control_only=0.1)
        assert actual_size(design, n) == pytest.approx(largest, abs=1e-9)
        assert actual_size(design, 20_000) is None  # too many tables

    def test_of_pairs_with_a_margin(self):
        """Drawn on the limit it is never more than what was counted as the largest, and near it somewhere."""
        design = PairedProportions(treatment_only=0.15, control_only=0.15, goal="non-inferiority", margin=0.1)
        counted, rng, drawn = actual_size(design, 80), np.random.default_rng(11), []
        for share in np.linspace(0.1, 0.55, 10):
            at = design.replace(treatment_only=max(share - 0.1, 1e-9), control_only=share)
            drawn.append(at.analyse(at.draw(80, 20_000, rng))[1].mean())
        assert max(drawn) < counted + 4 * (counted / 20_000) ** 0.5
        assert max(drawn) > counted - 0.006

    def test_of_one_rate_by_its_logarithm(self):
        """The sum of Poisson counts is Poisson."""
        design = OneRate(null=1, expected=0.6, test="wald", alpha=0.025)
        x = np.arange(1, 400)
        rejects = np.log(x / 68) * np.sqrt(x) <= -stats.norm.ppf(0.975)
        assert actual_size(design, 68) == pytest.approx(stats.poisson.pmf(x, 68)[rejects].sum(), rel=1e-9)
        assert actual_size(design.replace(dispersion=0.4), 68) is None

    def test_pairs_are_counted_in_pairs(self):
        """The head says what n counts."""
        text = str(compare(PairedProportions(treatment_only=0.4, control_only=0.1)))
        assert " pairs in all\n" in text
        assert "—" not in text

    def test_none_where_it_is_not_counted(self):
        """Means have no size to count, and neither have arms too large to enumerate."""
        assert actual_size(TwoMeans(difference=0.5, sd=1), 40) is None
        large = 2 * int(LARGEST_TABLE**0.5)
        assert actual_size(TwoProportions(control=0.3, treatment=0.31), large) is None


class TestEnumeration:
    def test_probability_of_any_rule(self):
        """A table of booleans, whatever its rule, is summed over both binomials."""
        rng = np.random.default_rng(7)
        rejects = rng.random((8, 13)) < 0.3
        masses = stats.binom.pmf(np.arange(8), 7, 0.35), stats.binom.pmf(np.arange(13), 12, 0.8)
        assert rejection_probability(rejects, 0.35, 0.8) == pytest.approx(masses[0] @ rejects @ masses[1])

    def test_a_rule_that_never_rejects(self):
        """Its size is 0; that of a rule that always rejects is 1."""
        for always in (False, True):
            size, _ = largest_size(np.full((5, 6), always), lambda rate: (rate, rate))
            assert size == pytest.approx(float(always))


class TestVerb:
    def test_json(self, capsys):
        """--json has the rows under the names that readers rely on."""
        assert main(["compare", "two-proportions", "--control", "0.3", "--treatment", "0.7", "--json"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert data["design"] == "two-proportions"
        assert {"test", "n", "arms", "power", "success", "actual_size", "actual_size_at", "why"} == set(data["rows"][0])
        assert "test" not in data["assumptions"]

    def test_text_names_tests_that_exceed_their_level(self, capsys):
        """A person is told which tests do not keep their level."""
        assert main(["compare", "two-proportions", "--control", "0.3", "--treatment", "0.7"]) == 0
        shown = capsys.readouterr().out
        assert "it exceeds the level with score, " in shown
        assert re.search(r"^score .* 0\.05\d+ at [\d.]+ %", shown, re.MULTILINE)
        assert "tests at power 0.8" in shown

    def test_csv(self, tmp_path, capsys):
        """A spreadsheet gets one line a test, with the arms in columns."""
        out = tmp_path / "tests.csv"
        assert main(["compare", "one-proportion", "--null", "0.1", "--expected", "0.3", "-o", str(out)]) == 0
        head, *lines = out.read_text().splitlines()
        assert head.startswith("test,n,arms_treatment,power,success,actual_size,actual_size_at,why")
        assert [line.partition(",")[0] for line in lines] == ["exact", "score", "wald"]

    def test_one_test_only(self, capsys):
        """A design with one analysis has one row, and says so."""
        assert main(["compare", "ratio-of-means", "--ratio", "1.4", "--cv", "0.5"]) == 0
        assert "by the one test that there is" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("typed", "way_out"),
        [
            (["two-proportions", "--control", "0.5", "--treatment", "0.3"], "--favourable to lower"),
            (["two-proportions", "--control", "0.5"], "--treatment"),
            (["two-proportions", "--control", "0.3", "--treatment", "0.5", "--power", "80"], "80 % as 0.8"),
            (["two-proportions", "--control", "0.3", "--treatment", "0.5", "--test", "score"], "--test"),
            (["simon", "--null", "0.1", "--expected", "0.3"], "no test and no power"),
        ],
    )
    def test_wrong_input_is_one_sentence(self, typed, way_out, capsys):
        """What cannot be used is refused in one sentence."""
        assert main(["compare", *typed]) == 2
        shown = capsys.readouterr().err
        assert way_out in shown
        assert shown.count("\n") == 1
