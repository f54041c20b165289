"""What the answer of a trial with looks holds: scales that a committee reads, expected n, and the command line."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, OneProportion, TwoMeans, TwoProportions
from trialplan.cli import main


@pytest.fixture
def answer():
    """Three looks, spending functions for both errors."""
    design = GroupSequential(
        design=TwoProportions(control=0.3, treatment=0.5),
        looks=(0.4, 0.7, 1.0),
        efficacy="lan-demets-obrien-fleming",
        futility="kim-demets(2)",
        futility_at=(0.7,),
    )
    return design.sample_size(0.8)


class TestLooks:
    def test_keys(self, answer):
        """Each look has its participants, boundaries on every scale, errors and chances of stopping."""
        for look in answer.extra["looks"]:
            assert {"information", "n", "efficacy_z", "efficacy_p_one_sided", "futility_z"} <= set(look)
            assert {"effect_at_efficacy", "cumulative_alpha", "cumulative_power", "stop_for_futility"} <= set(look)

    def test_what_does_not_exist_is_none(self, answer):
        """A look that skips futility has no bound on any scale, nor has the last."""
        first, middle, last = answer.extra["looks"]
        assert first["futility_z"] is first["effect_at_futility"] is first["conditional_power_at_futility"] is None
        assert last["futility_z"] is last["conditional_power_at_efficacy"] is None
        assert middle["futility_z"] < middle["efficacy_z"]

    def test_errors(self, answer):
        """Alpha is spent in full as if futility were ignored; power is that of the answer."""
        last = answer.extra["looks"][-1]
        assert last["cumulative_alpha"] == pytest.approx(0.05, abs=1e-10)
        assert last["cumulative_power"] == pytest.approx(answer.success, abs=1e-8)

    def test_chances_are_those_of_the_boundaries(self, answer):
        """The first look rejects, and the middle one stops, as often as a normal z there says."""
        first, middle, _ = answer.extra["looks"]
        assert first["stop_for_efficacy"]["null"] == pytest.approx(stats.norm.sf(first["efficacy_z"]), abs=1e-12)
        # before the second look nearly nothing has stopped under the null; far below, a two-sided test rejects
        near = stats.norm.cdf(middle["futility_z"]) - stats.norm.cdf(-middle["efficacy_z"])
        assert middle["stop_for_futility"]["null"] == pytest.approx(near, abs=1e-3)
        assert first["stop_for_futility"]["null"] == 0

    def test_effect_at_the_boundary(self):
        """The effect at a boundary is z times the standard error that the whole participants of the look give."""
        design = GroupSequential(design=TwoMeans(difference=2, sd=5, test="z"), looks=(0.5, 1.0), efficacy="pocock")
        answer = design.sample_size(0.9)
        for look in answer.extra["looks"]:
            error = 5 * math.sqrt(4 / look["n"])
            assert look["effect_at_efficacy"] == pytest.approx(look["efficacy_z"] * error, rel=1e-6)

    def test_effect_at_the_boundary_of_a_ratio(self):
        """On the odds ratio it is the odds ratio; it is nearer to 1 at later looks, on the favourable side."""
        inner = TwoProportions(control=0.5, treatment=0.3, test="log-odds", favourable="lower")
        looks = GroupSequential(design=inner).sample_size(0.8).extra["looks"]
        assert looks[0]["effect_at_efficacy"] < looks[1]["effect_at_efficacy"] < 1

    @pytest.mark.parametrize(
        ("inner", "n", "effects"),
        [
            (TwoProportions(control=0.3, treatment=0.5), 188, (0.286576585653, 0.139229101474)),
            (
                TwoProportions(control=0.4, treatment=0.2, favourable="lower"),
                188,
                (-0.256613236268, -0.135842472637),
            ),
            (
                TwoProportions(control=0.3, treatment=0.5, allocation="2:1"),
                240,
                (0.270562231664, 0.131942809711),
            ),
            (
                TwoProportions(control=0.5, treatment=0.5, goal="non-inferiority", margin=0.1),
                800,
                (0.0390233367046, -0.0304694288233),
            ),
            (
                TwoProportions(control=0.5, treatment=0.5, goal="non-inferiority", margin=0.8, scale="ratio"),
                800,
                (1.051685213262, 0.925645480349),
            ),
            (OneProportion(null=0.3, expected=0.5, test="score"), 60, (0.533972786430, 0.416986393215)),
        ],
    )
    def test_effect_at_the_boundary_of_rates_is_rpacts(self, inner, n, effects):
        """On every scale that rpact 3.3.4 has, the effect at a boundary is its criticalValuesEffectScale."""
        design = GroupSequential(design=inner.replace(alpha=0.025, sides=1), looks=(0.5, 1.0))
        looks = design.details(n, 0.8)["looks"]
        assert [look["effect_at_efficacy"] for look in looks] == pytest.approx(effects, rel=1e-6)

    @pytest.mark.parametrize("test", ["score", "miettinen-nurminen", "wald", "log-odds", "arcsine"])
    def test_effect_at_the_boundary_is_where_the_test_crosses(self, test):
        """In counts, one response fewer in the treatment arm than the effect says does not cross, one more does."""
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5, test=test), looks=(0.5, 1.0))
        n, arm = 400, 200
        difference = design.details(n, 0.8)["looks"][-1]["effect_at_efficacy"]
        if test == "log-odds":  # half is added to every cell of 60/200
            odds = difference * 60.5 / 140.5
            difference = (201 * odds / (1 + odds) - 0.5) / arm - 0.3
        count = math.floor(arm * (0.3 + difference))
        for responders, crosses in ((count, False), (count + 1, True)):
            z = design.design.judge((np.array([responders]), np.array([60])), (arm, arm))[0][0]
            assert (z >= design.efficacy_z[-1]) is np.bool_(crosses)

    def test_no_effect_at_a_boundary_that_nobody_can_cross(self):
        """Where even a rate of 100 % has a smaller z there is no effect at the boundary, and the answer stands."""
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.9), looks=(0.1, 1.0))
        assert design.sample_size(0.8).extra["looks"][0]["effect_at_efficacy"] is None

    def test_effect_against_a_limit(self):
        """Against a margin the effect at the boundary lies beyond the limit."""
        inner = TwoProportions(control=0.6, treatment=0.6, goal="non-inferiority", margin=0.1)
        looks = GroupSequential(design=inner).sample_size(0.8).extra["looks"]
        assert all(-0.1 < look["effect_at_efficacy"] < 0.1 for look in looks)


class TestExpected:
    def test_n_is_the_mean_of_where_trials_stop(self, answer):
        """Expected n under each hypothesis weighs the looks by the chances of stopping there."""
        looks = answer.extra["looks"]
        for name in ("null", "halfway", "alternative"):
            stops = [look["stop_for_efficacy"][name] + (look["stop_for_futility"][name] or 0) for look in looks[:-1]]
            mean = sum(p * look["n"] for p, look in zip(stops, looks[:-1], strict=True))
            mean += (1 - sum(stops)) * answer.n
            # the other side of a two-sided test stops a trial, too
            assert answer.extra["expected_n"][name] == pytest.approx(mean, abs=0.03 * answer.n)

    def test_by_simulation(self, answer):
        """Trials that are drawn stop where they are expected to, under the planned effect."""
        design = answer.design.settled(answer.n)
        data = design.draw(answer.n, 20_000, np.random.default_rng(6))
        _, _, at = design.stopping(data)
        sizes = np.array([look["n"] for look in answer.extra["looks"]])
        seen = sizes[at].mean()
        # a small trial of counts: the gap of normal theory, not of chance
        assert seen == pytest.approx(answer.extra["expected_n"]["alternative"], rel=0.02)


class TestGrid:
    def test_futility_over_a_grid_of_effects(self):
        """A grid of effects is sized cell by cell, with spent futility too."""
        rule = {"efficacy": "lan-demets-pocock", "futility": "kim-demets(1)"}
        treatments = np.array([0.5, 0.2, 0.6])
        grid = GroupSequential(design=TwoProportions(control=0.3, treatment=treatments), **rule).sample_size(0.8)
        alone = [
            GroupSequential(design=TwoProportions(control=0.3, treatment=float(one)), **rule).sample_size(0.8).n
            for one in treatments[[0, 2]]
        ]
        np.testing.assert_array_equal(grid.n[[0, 2]], alone)
        assert np.isnan(grid.n[1])

    @pytest.mark.parametrize("futility", ["kim-demets(1)", "z(0)", "conditional-power(0.3)", "effect(0.05)"])
    def test_power_rises_with_n(self, futility):
        """Power rises from next to nothing to nearly one; slowly where a bound on the effect goes on stopping."""
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), futility=futility)
        power = design.success(np.arange(2, 1200, 6))
        assert np.all(np.diff(power) > -1e-9)
        assert power[0] < 0.06
        assert power[-1] > 0.9999

    @pytest.mark.parametrize("futility", ["kim-demets(1)", "z(0)"])
    def test_detectable_effect(self, futility):
        """The effect that n participants show has the power asked for."""
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), futility=futility)
        n = design.sample_size(0.8).n
        found = design.detectable_effect(n, 0.8)
        assert design.replace(treatment=found).success(n) == pytest.approx(0.8, abs=1e-7)

    def test_replaced_numbers_keep_the_rule(self):
        """Numbers of the inner design are replaced through the rule, which stays."""
        design = GroupSequential(
            design=TwoProportions(control=0.3, treatment=0.5), futility="z(0)", efficacy="kim-demets(2)"
        )
        moved = design.replace(treatment=0.6, futility="z(0.1)")
        assert (moved.design.treatment, moved.futility, moved.efficacy) == (0.6, "z(0.1)", "kim-demets(2)")
        assert design.replace(**design.assumptions()) == design


RATES = ("size", "two-proportions", "--control", "0.3", "--treatment", "0.5")


@pytest.fixture
def ask(capsys):
    """The command line's exit code and what it says."""

    def said(*words):
        code = main([*RATES, *words])
        return code, "".join(capsys.readouterr())

    return said


class TestCommandLine:
    def test_every_option(self, ask):
        """Boundaries by name, with numbers, at some looks, and binding futility, in JSON."""
        words = "--sides 1 --alpha 0.025 --looks 0.3,0.6,1 --efficacy hwang-shih-decani(-4) --futility kim-demets(2)"
        code, said = ask(*words.split(), "--binding", "--efficacy-at", "0.6,1", "--futility-at", "0.3", "--json")
        found = json.loads(said)
        assert code == 0
        assert found["looks"][0]["efficacy_z"] is None
        assert found["looks"][1]["futility_z"] is None
        assert found["assumptions"]["binding"] is True

    def test_for_a_person(self, ask):
        """The table shows the futility boundary and how often it stops, with a dash where there is none."""
        _, said = ask("--looks", "0.5,1", "--futility", "lan-demets-pocock")
        assert "futility z" in said
        assert "–" in said

    @pytest.mark.parametrize(
        ("words", "answer"),
        [
            ("--looks 0.6,0.5,1", "--looks must be increasing"),
            ("--looks 0.5,1.3", "--looks must be information fractions up to 1"),
            ("--looks 0.5,1 --efficacy lan-demets-pocok", "'lan-demets-pocock'"),
            ("--looks 0.5,1 --efficacy 0.03,0.02", "--efficacy must be cumulative alpha"),
            ("--looks 0.5,1 --futility z(3)", "not below efficacy"),
            ("--looks 0.5,1 --futility predictive-pwer(0.1)", "'predictive-power'"),
            ("--looks 0.5,1 --binding", "--binding has no meaning"),
            ("--looks 0.5,1 --futility-at 0.5", "--futility-at has no meaning"),
            ("--futility z(0)", "--looks 0.5,1"),
        ],
    )
    def test_one_sentence(self, ask, words, answer):
        """What cannot be is refused with exit code 2 and one sentence that names the option."""
        code, said = ask(*words.split())
        assert answer in said
        assert code == 2
        assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("scale", "words"),
    [("difference", ""), ("ratio", ", as difference"), ("odds-ratio", ", as difference")],
)
def test_an_effect_on_another_scale_than_the_planned_one_says_so(scale, words):
    """The score test of superiority compares rates by their difference, whatever the plan calls its effect."""
    trial = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5, scale=scale), futility="z(0)")
    looks = trial.sample_size(0.8).page().tables[1]
    told = [name for name in looks.columns if name.startswith("effect")]
    assert told == [f"effect there{words}", f"effect at futility{words}"]
