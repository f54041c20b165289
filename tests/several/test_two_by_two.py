"""Two treatments two by two: drawn participants, closed forms, the command line, a plan, a statement."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, nct, norm, t
from small_plans import plan_text

from trialplan import Hochberg, Holm, TwoByTwo, TwoMeans, TwoProportions, randomise, reproduce, verify
from trialplan.cli import main
from trialplan.errors import ParameterError, UnreachableError
from trialplan.plan import build, read
from trialplan.protocol import render

RATES = TwoProportions(control=0.3, treatment=0.2, favourable="lower")
MEANS = TwoMeans(difference=0.5, sd=1)


def logit(rate):
    return math.log(rate / (1 - rate))


class TestFormula:
    def test_means_are_a_noncentral_t(self):
        """With the variance within four groups: four degrees of freedom less, whatever the other effect is."""
        shown = 1 - nct.cdf(t.ppf(0.975, 124), 124, 0.5 / math.sqrt(4 / 128))
        for shares in (None, (1, 3.0)):
            assert TwoByTwo(design=MEANS, effect_shares=shares).powers(128)[0] == pytest.approx(shown, rel=1e-7)

    def test_rates_add_up_on_the_log_odds(self):
        """Both together have the product of the odds ratios, and the margins are the means of two groups."""
        whole = TwoByTwo(design=RATES, effect_shares=(1, 0.8))
        both = 1 / (1 + math.exp(-(logit(0.2) + logit(0.22) - logit(0.3))))
        assert whole.rates == pytest.approx((both, 0.2, 0.22, 0.3))
        first, second = whole.comparisons
        assert (first.treatment, first.control) == pytest.approx(((both + 0.2) / 2, 0.26))
        assert (second.treatment, second.control) == pytest.approx(((both + 0.22) / 2, 0.25))

    def test_an_interaction_takes_the_margin_down(self):
        """If the first does nothing beside the second, half of its effect is left at the margin."""
        assert TwoByTwo(design=MEANS, interaction=-1).comparisons[0].difference == pytest.approx(0.25)

    def test_an_interaction_is_seen_by_a_quarter_of_the_information(self):
        """The difference of two differences has four times the variance of a margin's (Brittain & Wittes 1989)."""
        whole = TwoByTwo(design=MEANS.replace(test="z"))
        n = 4 * whole.unrounded(0.8)
        away = norm.ppf(0.975) + norm.ppf(0.8)
        assert whole.interaction_power(n) == pytest.approx(norm.cdf(away - norm.ppf(0.975)), abs=1e-5)

    def test_cells_are_scalars(self):
        """Arrays of the effect."""
        for one in (RATES, MEANS):
            values = np.array([0.1, 0.15])
            found = TwoByTwo(design=one, wins_if="all").replace(**{one.effect: values}).success(200)
            each = [float(TwoByTwo(design=one, wins_if="all").replace(**{one.effect: v}).success(200)) for v in values]
            assert found == pytest.approx(each, rel=1e-10)

    @pytest.mark.parametrize(
        "grid",
        [
            lambda two: TwoByTwo(design=MEANS, interaction=two),
            lambda two: Holm(members=(MEANS, MEANS), truncation=two),
            lambda two: Hochberg(members=(MEANS, MEANS), truncation=list(two)),
        ],
    )
    def test_the_rule_has_one_of_each_number(self, grid):
        """A grid is of what is planned, and its rule is one."""
        with pytest.raises(ParameterError, match=r"must be one number, not 0\.1,0\.2"):
            grid(np.array([0.1, 0.2]))

    def test_the_level_follows_what_must_be_shown(self):
        """Half of it each where either will do, also where that is asked later."""
        whole = TwoByTwo(design=MEANS)
        assert [one.alpha for one in whole.comparisons] == [0.05, 0.05]
        either = whole.replace(wins_if="any")
        assert [one.alpha for one in either.comparisons] == [0.025, 0.025]
        assert either.replace(wins_if="all").adjustment == "none"


def counted(rates, size):
    """P(each treatment is shown) by Pearson's z at its margin, at .05: over every outcome of four equal groups."""
    both, first, second, neither = (binom.pmf(np.arange(size + 1), size, rate) for rate in rates)
    events = np.arange(2 * size + 1)
    of_all = (events[:, None] + events) / (4 * size)
    with np.errstate(invalid="ignore"):
        z = (events[:, None] - events) / (2 * size) / np.sqrt(of_all * (1 - of_all) / size)
    margins = ((both, first), (second, neither)), ((both, second), (first, neither))
    return [np.convolve(*given) @ (z >= norm.isf(0.025)) @ np.convolve(*none) for given, none in margins]


class TestRatesWithinGroups:
    """A margin's participants have two rates, in fixed numbers: its count varies less than that of one rate."""

    @pytest.mark.parametrize(
        ("control", "treatment", "shares", "n"),
        [(0.1, 0.7, (0.2, 1), 400), (0.1, 0.5, (0.2, 1), 600), (0.2, 0.6, (0.2, 1), 400), (0.2, 0.5, (1, 1), 140)],
    )
    def test_power_is_counted(self, control, treatment, shares, n):
        """Of the first case .791 was claimed by the variance of one rate."""
        whole = TwoByTwo(design=TwoProportions(control=control, treatment=treatment), effect_shares=shares)
        assert whole.powers(n)[:2] == pytest.approx(counted(whole.rates, n // 4), abs=0.0025)

    def test_the_level_is_less_where_the_other_works(self):
        """The test takes its estimate to vary more than it does, so that an effect of none is shown less often."""
        whole = TwoByTwo(design=TwoProportions(control=0.1, treatment=0.7), effect_shares=(0, 1))
        shown = whole.powers(400)[0]
        assert shown == pytest.approx(counted(whole.rates, 100)[0], abs=0.002)
        assert shown < 0.01

    @pytest.mark.parametrize("test", ["score", "wald", "log-odds", "arcsine", "log-ratio", "miettinen-nurminen"])
    def test_every_test_of_a_margin(self, test):
        """Drawn, at 400 participants: within the error of the test's own formula there."""
        rates = TwoProportions(control=0.1, treatment=0.7, test=test)
        whole = TwoByTwo(design=rates, effect_shares=(0.2, 1))
        draws = np.random.default_rng(3).binomial(100, np.array(whole.rates), (40_000, 4))
        counts = draws[:, 0] + draws[:, 1], draws[:, 2] + draws[:, 3]
        statistic, rejects = whole.comparisons[0].judge(counts, (200, 200))
        assert whole.powers(400)[0] == pytest.approx((rejects & (statistic > 0)).mean(), abs=0.02)


class TestDrawn:
    @pytest.mark.parametrize(
        "whole",
        [
            TwoByTwo(design=RATES, effect_shares=(1, 0.8)),
            TwoByTwo(design=TwoProportions(control=0.3, treatment=0.5), wins_if="all"),
            TwoByTwo(design=TwoProportions(control=0.1, treatment=0.3, allocation="2:1"), wins_if="any"),
            TwoByTwo(design=MEANS, effect_shares=(0.7, 1)),
            TwoByTwo(design=TwoMeans(difference=1.2, sd=1), wins_if="all"),
            TwoByTwo(design=TwoMeans(difference=1.2, sd=1, allocation="1:2"), wins_if="any", interaction=-0.5),
            TwoByTwo(design=TwoMeans(difference=-0.8, sd=1, test="z", favourable="lower")),
        ],
        ids=lambda one: f"{one.design.slug()}-{one.wins_if}",
    )
    def test_power_and_level(self, whole):
        """Means within four standard errors; rates a point besides; what any keeps is the level of both together."""
        n, rng, trials = whole.sample_size(0.8).n, np.random.default_rng(11), 8000
        seen = whole.simulate(n, trials, rng).favoured / trials
        error = math.sqrt(0.16 / trials)
        assert seen >= float(whole.success(n)) - 4 * error - (0 if whole.exact else 0.01)
        assert seen <= float(whole.success(n)) + 4 * error + (0 if whole.exact else 0.02)
        (null,) = whole.at_null()
        level = null.simulate(n, trials, rng).rejected / trials
        assert level <= binom.ppf(1 - 1e-5, trials, whole.level) / trials + (0 if whole.exact else 0.0025)

    def test_margins_are_independent_but_for_the_variance(self):
        """The chance of both is next to the product."""
        first, second, _, both = TwoByTwo(design=MEANS).powers(128)
        assert both == pytest.approx(first * second, abs=0.002)


class TestNothingToShow:
    """What no number of participants can show is said at once, without a search."""

    @pytest.mark.parametrize("shares", [None, (1, 0.8)])
    @pytest.mark.parametrize("control", np.linspace(0.03, 0.97, 12))
    def test_no_effect(self, control, shares):
        """The odds of four equal rates are equal but for rounding."""
        for one in (RATES.replace(control=control, treatment=control), MEANS.replace(difference=0)):
            whole = TwoByTwo(design=one, effect_shares=shares)
            assert not whole.reachable()
            with pytest.raises(UnreachableError, match="no number of participants can show"):
                whole.sample_size(0.8)

    def test_an_interaction_takes_all_of_it(self):
        """The margin is named whose effect has gone, also where the design has one."""
        for one in (RATES, MEANS):
            whole = TwoByTwo(design=one, interaction=-3, wins_if="all")
            with pytest.raises(UnreachableError, match=r"treatment 1 .* can show"):
                whole.sample_size(0.8)
        with pytest.raises(UnreachableError, match=r"treatment 2 .* can show"):
            TwoByTwo(design=MEANS, effect_shares=(1, 0.1), interaction=-0.3).sample_size(0.8)

    @pytest.mark.parametrize("wins_if", ["each", "any", "all"])
    @pytest.mark.parametrize("allocation", ["1:1", "2:1"])
    def test_power_is_a_probability(self, wins_if, allocation):
        """Also where it is as good as certain."""
        for one in (RATES, MEANS, MEANS.replace(test="z")):
            whole = TwoByTwo(design=one.replace(allocation=allocation), wins_if=wins_if)
            for blocks in (1, 2, 100, 10_000, 1_000_000):
                powers = [float(power) for power in whole.powers(blocks * whole.block)]
                assert min(powers) >= 0
                assert max(powers) <= 1


class TestRefused:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"treatments": 3}, "must be 2"),
            ({"effect_shares": (1, 0.5, 0.2)}, "one for each of 2 treatments"),
            ({"design": TwoMeans(difference=0, sd=1, goal="non-inferiority", margin=0.5)}, "take superiority"),
            ({"design": TwoMeans(difference=1, sd=1, sd_treatment=2, test="welch")}, "no margins here"),
            ({"design": RATES.replace(test="fisher")}, "set test to score"),
            ({"wins_if": "any", "adjustment": "none"}, "nearly twice the level"),
            ({"design": RATES, "effect_shares": (1, 4)}, "none in"),
        ],
    )
    def test_one_sentence(self, wrong, words):
        with pytest.raises(ParameterError, match=words):
            TwoByTwo(**{"design": MEANS} | wrong)


class TestStatement:
    def test_two_readings_of_the_rates(self):
        """Those of the margins, and those of one treatment alone and of neither, which have narrower margins."""
        told = {"design": "two-proportions", "control": 0.3, "treatment": 0.2, "power": 0.8, "groups": "2x2"}
        assert reproduce({**told, "per_arm": 147}).best.method.startswith("score")
        alone = reproduce({**told, "per_arm": 172}).best
        assert alone.matches == "exact"
        assert "of one treatment alone and of neither" in alone.method


class TestCommandLine:
    def run(self, capsys, *words):
        code = main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    def test_size_power_and_verify(self, capsys):
        rates = ("two-proportions", "--control", "0.3", "--treatment", "0.2", "--favourable", "lower")
        rule = ("--rule", "two-by-two", "--with", "effect-shares=1,0.8")
        code, found = self.run(capsys, "size", *rates, *rule)
        assert (code, found["n"], found["design"]) == (0, 1100, "two-by-two")
        _, power = self.run(capsys, "power", *rates, *rule, "--n", "1100")
        assert power["power"] == pytest.approx(found["power"])
        _, seen = self.run(capsys, "verify", *rates, *rule, "--trials", "4000")
        assert seen["ok"]

    def test_many_to_one_is_the_usual_rule(self, capsys):
        means = ("two-means", "--difference", "0.5", "--sd", "1")
        _, found = self.run(capsys, "size", *means, "--treatments", "3", "--power", "0.9")
        assert (found["design"], found["n"]) == ("many-to-one", 272)
        varied = ("--vary", "difference=0.4,0.5", "--sd", "1", "--treatments", "2")
        _, grid = self.run(capsys, "scenarios", "two-means", *varied)
        assert [row["n"] for row in grid["rows"]] == [255, 165]

    def test_looks_at_several(self, capsys):
        means = ("two-means", "--difference", "0.5", "--sd", "1", "--treatments", "2", "--looks", "0.5,1")
        _, found = self.run(capsys, "size", *means)
        assert len(found["looks"]) == 2

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--rule", "two-by-to"], "did you mean 'two-by-two'"),
            (["--treatments", "2", "--with", "effect=1"], "effect-shares"),
            (["--treatments", "1"], "from 2 to 20"),
            (["--rule", "two-by-two", "--looks", "0.5,1"], "not defined over several treatments together"),
            (["--treatments", "-1"], "--treatments must be a whole number from 2 on, not -1"),
            (["--treatments", "2", "--with", "wins-if=some"], "not one of any, all, first"),
            (["--rule", "two-by-two", "--with", "interaction=0.1,0.2"], "interaction must be one number, not 0.1,0.2"),
            (["--with", "wins-if=all"], "--with wins-if is of several treatments, and none are asked for; add --treat"),
            (
                ["--rule", "two-by-two", "--with", "wins-if=all", "--with", "wins_if=any"],
                "--with wins-if is given twice",
            ),
            (["--rule", "two-by-two", "--with", "wins-if=all,any"], "is 'all,any', which is not one of"),
        ],
    )
    def test_what_is_wrong_is_one_line(self, capsys, words, told):
        assert main(["size", "two-means", "--difference", "0.5", "--sd", "1", *words]) == 2
        ran = capsys.readouterr()
        assert told in ran.err.splitlines()[-1]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (
                "two-proportions --control 0.3 --treatment 0.5 --treatments 3 --with effect-shares=1,5,1",
                "--with effect-shares of 5 is not possible: --treatment must lie in [0, 1], not 1.3; give a share",
            ),
            (
                "log-rank --control-median 10 --hazard-ratio 0.5 --accrual-time 12 --follow-up-time 12 --treatments 3",
                "several statistics of log-rank, of treatments or of endpoints, depend on each other is not known "
                "here; plan each on its own, with --alpha divided by their number",
            ),
        ],
    )
    def test_is_told_in_the_words_that_were_typed(self, capsys, words, told):
        assert main(["size", *words.split()]) == 2
        assert told in capsys.readouterr().err


@pytest.fixture
def plan(tmp_path):
    """A plan of two treatments, two by two."""
    path = tmp_path / "plan.toml"
    arms = 'names = ["aspirin", "statin"]\nrule = "two-by-two"\nreceives = ["75 mg", "20 mg"]'
    path.write_text(plan_text(more=f"\n[arms]\n{arms}\n"), encoding="utf-8")
    return path


class TestPlan:
    def test_groups_have_names(self, plan):
        text = render(build(read(str(plan)))).replace("\\", "")
        for words in (
            "1:1:1:1 (aspirin and statin to aspirin alone to statin alone to control)",
            "who receives aspirin and statin, aspirin alone, statin alone or control",
            "75 mg; 20 mg",
            "Aspirin and statin are given two by two",
            "the level of each treatment's own question",
        ):
            assert words in text

    def test_is_verified_and_randomised(self, plan):
        assert verify(plan, trials=2000).to_dict()["ok"]
        assert set(randomise(plan, seed=3).arms) == {"aspirin and statin", "aspirin alone", "statin alone", "control"}

    @pytest.mark.sweep
    def test_is_rendered_and_checked(self, plan, tmp_path, capsys):
        document = tmp_path / "protocol.md"
        assert main(["protocol", str(plan), "-o", str(document)]) == 0
        capsys.readouterr()
        assert main(["check", str(document), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["ok"]
