"""The numbers that size, power and effect print."""

from __future__ import annotations

import json

import pytest

from trialplan import GroupSequential, TwoProportions


@pytest.fixture
def ask(run):
    """The JSON answer of a command line."""

    def call(line, *more):
        ran = run(*line.split(), *more, "--json")
        assert (ran.code, ran.err) == (0, "")
        return json.loads(ran.out)

    return call


class TestSize:
    """How many participants."""

    @pytest.mark.parametrize(
        ("rates", "per_arm"),
        [
            (("0.3", "0.5"), {"score": 93, "wald": 91, "arcsine": 93, "continuity-corrected": 103}),
            (("0.3", "0.6"), {"score": 42, "wald": 40, "arcsine": 42, "continuity-corrected": 49}),
        ],
    )
    def test_two_proportions(self, ask, rates, per_arm):
        """Each test has its own sample size."""
        line = f"size two-proportions --control {rates[0]} --treatment {rates[1]} --power 0.8 --test"
        found = {test: ask(f"{line} {test}")["arms"] for test in per_arm}
        assert found == {test: {"treatment": n, "control": n} for test, n in per_arm.items()}

    @pytest.mark.parametrize(("power", "per_arm"), [("0.8", 64), ("0.9", 86)])
    def test_two_means(self, ask, power, per_arm):
        """Half a standard deviation takes 64 per arm at 80 % power and 86 at 90 %."""
        assert ask(f"size two-means --difference 0.5 --sd 1 --power {power}")["arms"]["control"] == per_arm

    @pytest.mark.parametrize(("test", "per_arm"), [("wald", 4218), ("score", 4212)])
    def test_non_inferiority(self, ask, test, per_arm):
        """A margin that the expected difference eats into takes thousands."""
        line = "size two-proportions --control 0.60 --treatment 0.58 --goal non-inferiority --margin 0.05 --test"
        found = ask(f"{line} {test}")
        assert (found["arms"]["treatment"], found["alpha"], found["sides"]) == (per_arm, 0.025, 1)

    def test_power_is_80_percent_unless_said(self, ask):
        """The power asked for is 0.8 by default, and stated."""
        assert ask("size two-proportions --control 0.3 --treatment 0.5")["target_power"] == 0.8

    def test_allocation(self, run):
        """Unequal arms are named in the headline."""
        ran = run(*["size", "two-proportions", "--control", "0.3", "--treatment", "0.6", "--allocation", "2:1"])
        assert ran.out.startswith("64 treatment + 32 control, 96 in all: ")

    def test_dropout_divides(self, ask):
        """Ten per cent lost of 93 per arm takes 104 enrolled per arm: n/(1 - d), not n(1 + d)."""
        found = ask("size two-proportions --control 0.3 --treatment 0.5 --dropout 0.1")
        assert found["enrolled"] == {"n": 208, "arms": {"treatment": 104, "control": 104}}
        assert found["n"] == 186

    def test_looks(self, ask):
        """--looks makes the design group sequential, with its looks, inflation and expected n."""
        found = ask("size two-proportions --control 0.3 --treatment 0.5 --looks 0.5,1")
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), looks=(0.5, 1.0))
        assert found["n"] == design.sample_size(0.8).n
        assert found["assumptions"]["design"] == "two-proportions"
        assert [look["information"] for look in found["looks"]] == [0.5, 1]
        assert set(found["expected_n"]) == {"null", "halfway", "alternative"}

    @pytest.mark.parametrize("goal", ["non-inferiority", "equivalence"])
    def test_an_effect_on_its_limit(self, run, goal):
        """0.3 - 0.02 is no binary 0.28, and yet the limit is 28 %."""
        rates = ("two-proportions", "--control", "0.30", "--treatment", "0.28")
        ran = run("size", *rates, "--goal", goal, "--margin", "0.02")
        assert ran.code == 2
        assert "can show treatment = 0.28: it must lie" in ran.err
        assert run("size", *rates[:-1], "0.2801", "--goal", goal, "--margin", "0.02").code == 0

    def test_saw_tooth(self, ask):
        """An exact test tells its actual size, the first n that would do, and how far was searched."""
        found = ask("size one-proportion --null 0.05 --expected 0.2")
        assert found["n"] == 33
        assert found["actual_size"] < 0.05
        assert found["first_n"] <= found["n"] < found["searched_to"]
        assert found["critical_count"] == 5

    def test_adverse_event(self, ask):
        """A design without a test has no level, no sides and no test."""
        found = ask("size adverse-event --rate 0.01")
        assert found["n"] == 299
        assert not {"alpha", "sides", "test"} & set(found)

    def test_equivalence_limits(self, ask):
        """A margin may be a pair of limits, the lower one negative."""
        line = "size two-proportions --control 0.5 --treatment 0.5 --goal equivalence --margin"
        assert ask(line, "-0.1,0.1")["n"] == ask(line, "0.1")["n"]

    def test_headline_and_defaults(self, run):
        """A person reads n per arm and in all first, and which level was taken by default."""
        ran = run(*["size", "two-proportions", "--control", "0.3", "--treatment", "0.5"])
        assert ran.out.startswith("93 per arm, 186 in all: power 0.800")
        assert "0.05 two-sided  (default for superiority" in ran.out
        assert len(ran.out.splitlines()) < 24

    def test_stated_level_is_no_default(self, run):
        """A level that was typed is not called a default."""
        ran = run(
            *["size", "two-proportions", "--control", "0.3", "--treatment", "0.5", "--alpha", "0.05", "--sides", "2"]
        )
        assert "default for" not in ran.out


class TestPower:
    """What power they have."""

    def test_inverts_size(self, ask):
        """The power of the sample size is the power that size attains."""
        line = "two-proportions --control 0.3 --treatment 0.5"
        found = ask(f"power {line} --n 186")
        assert found["power"] == ask(f"size {line}")["power"]
        assert found["target_power"] is None
        assert found["arms"] == {"treatment": 93, "control": 93}

    def test_of_a_sequential_design(self, ask):
        """Looks cost a little power at the same n."""
        line = "power two-proportions --control 0.3 --treatment 0.5 --n 186"
        assert ask(f"{line} --looks 0.5,1")["power"] < ask(line)["power"]


class TestEffect:
    """What effect they show."""

    def test_inverts_size(self, ask):
        """186 participants show about the effect that takes 186 participants."""
        found = ask("effect two-proportions --control 0.3 --n 186 --power 0.8")
        assert found["detectable"] == pytest.approx(0.5, abs=1e-4)
        assert found["effect"] == "treatment"
        assert "treatment" not in found["assumptions"]

    def test_on_the_favourable_side(self, ask):
        """Where lower is better the detectable rate is below the control's."""
        assert ask("effect two-proportions --control 0.5 --favourable lower --n 186")["detectable"] < 0.5

    def test_on_the_ratio_scale(self, ask):
        """The effect is the one of the chosen scale."""
        assert ask("effect ancova --scale ratio --sd 0.9 --correlation 0.5 --n 120")["effect"] == "ratio"

    @pytest.mark.parametrize(
        ("words", "none"),
        [
            ("two-means --sd 1 --n 2", True),
            ("paired-means --sd 1 --n 1", True),
            ("ancova --sd 1 --correlation 0.5 --n 2", True),
            ("two-proportions --control 0.3 --n 4", False),
        ],
    )
    def test_without_degrees_of_freedom(self, run, words, none):
        """One in an arm has no variance: that is why nothing is shown, however large; of rates it is the effect."""
        ran = run("effect", *words.split())
        assert ("has no degrees of freedom" in ran.out) is none
        assert ("even the largest possible falls short" in ran.out) is not none

    def test_none_is_large_enough(self, run):
        """Where no effect can be shown the answer says so, and is null in JSON."""
        line = ["effect", "two-proportions", "--control", "0.98", "--n", "10"]
        assert run(*line).out.startswith("no treatment can be shown with 5 per arm")
        assert json.loads(run(*line, "--json").out)["detectable"] is None


class TestPage:
    """What a page says of level, direction and width."""

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("one-way-anova --group-means 1,2,3 --sd 1", "0.05 two-sided  (default; set by alpha)"),
            (
                "two-means --difference 0 --sd 1 --goal non-inferiority --margin .3 --sides 2",
                "(default for non-inferiority, where it is one-sided: 0.0125 on each side here; set by alpha)",
            ),
            ("two-means --difference 1 --sd 1", "(default for superiority; set by alpha and sides)"),
            ("precision-difference --control .3 --treatment .5 --width 0.0001", "an interval of width 0.0001"),
            ("precision-mean --sd 5 --width 10 --json", '"attained": '),
        ],
    )
    def test_says(self, run, line, told):
        """The level as what it is, and whose default; a width with its digits."""
        assert told in run("size", *line.split()).out

    def test_equivalence_favours_no_direction(self, run):
        """Between two limits neither is better."""
        line = "crossover --scale ratio --ratio .95 --cv-within .3 --margin .8 --goal"
        assert "favourable" not in run("size", *line.split(), "equivalence").out
        assert "favourable" in run("size", *line.split(), "non-inferiority").out
