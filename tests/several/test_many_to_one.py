"""Several treatments against one control: drawn participants, closed forms, plans that name their arms."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, norm, t
from small_plans import plan_text

from trialplan import Ancova, ManyToOne, TwoMeans, TwoProportions, randomise, verify
from trialplan.cli import main
from trialplan.errors import ParameterError, PlanError
from trialplan.numerics import dunnett
from trialplan.plan import build, read
from trialplan.protocol import render

MEANS = TwoMeans(difference=0.5, sd=1)


class TestNumerics:
    def test_one_comparison_is_a_t(self):
        """With one treatment the critical value is Student's."""
        assert dunnett.critical_value((0.5**0.5,), 0.05, 12, True) == pytest.approx(t.ppf(0.975, 12), abs=1e-9)

    def test_next_to_no_common_part_is_independence(self):
        """Comparisons with a control that has next to all participants multiply."""
        found = dunnett.all_below([1.5] * 3, (1e-6,) * 3)
        assert found == pytest.approx(norm.cdf(1.5) ** 3, abs=1e-9)

    def test_the_level_is_kept(self):
        """What the critical value leaves is the level, by a million drawn statistics."""
        loading, df, rng = 0.6, 8, np.random.default_rng(4)
        critical = dunnett.critical_value((loading,) * 4, 0.05, df, True)
        size = 400_000
        z = loading * rng.standard_normal((size, 1)) + math.sqrt(1 - loading**2) * rng.standard_normal((size, 4))
        seen = np.abs(z / np.sqrt(rng.chisquare(df, (size, 1)) / df)).max(axis=1)
        assert (seen > critical).mean() == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / size))


class TestDrawn:
    @pytest.mark.parametrize(
        "whole",
        [
            ManyToOne(design=MEANS, treatments=3),
            ManyToOne(design=MEANS.replace(test="z", allocation="1:2"), treatments=4, wins_if="all"),
            ManyToOne(design=TwoProportions(control=0.3, treatment=0.5), effect_shares=(1, 0.5)),
            ManyToOne(design=TwoMeans(difference=-0.5, sd=1, favourable="lower"), wins_if="first"),
            ManyToOne(design=Ancova(difference=0.5, sd=1, correlation=0.5)),
        ],
        ids=lambda one: f"{one.design.slug()}-{one.wins_if}",
    )
    def test_power_and_level(self, whole):
        """Within four standard errors, and a point for what normal theory errs."""
        n, rng = whole.sample_size(0.8).n, np.random.default_rng(11)
        seen = whole.simulate(n, 4000, rng)
        assert seen.rejected / 4000 == pytest.approx(float(whole.power(n)), abs=4 * 0.0063 + 0.01)
        (null,) = whole.at_null()
        assert null.simulate(n, 4000, rng).rejected / 4000 <= whole.level + 4 * math.sqrt(0.025 / 4000)


class TestSize:
    def test_root_k_is_best(self):
        """Four treatments need fewest participants where the control has twice as many as each."""
        needed = {
            ratio: ManyToOne(design=MEANS.replace(test="z", allocation=ratio), treatments=4, wins_if="first").unrounded(
                0.9
            )
            for ratio in ("1:1", "1:2", "1:4")
        }
        assert min(needed, key=needed.get) == "1:2"

    def test_cells_are_scalars(self):
        """Arrays of n and of the effect."""
        whole = ManyToOne(design=TwoMeans(difference=np.array([0.4, 0.5]), sd=1))
        found = whole.success(120)
        each = [float(ManyToOne(design=TwoMeans(difference=one, sd=1)).success(120)) for one in (0.4, 0.5)]
        assert found == pytest.approx(each, rel=1e-12)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"treatments": 1}, "whole number from 2"),
            ({"treatments": 2.5}, "whole number"),
            ({"effect_shares": (1, 0.5, 0.2)}, "one for each of 2 treatments"),
            ({"design": TwoMeans(difference=0, sd=1, goal="equivalence", margin=0.5)}, "two limits"),
        ],
    )
    def test_what_is_refused(self, wrong, words):
        with pytest.raises(ParameterError, match=words):
            ManyToOne(**{"design": MEANS} | wrong)


@pytest.fixture
def plan(tmp_path):
    """A plan of two treatments, by what stands under [arms]."""

    def written(arms='names = ["single infusion", "double infusion"]'):
        path = tmp_path / "plan.toml"
        path.write_text(plan_text(more=f"\n[arms]\n{arms}\n"), encoding="utf-8")
        return path

    return written


class TestPlan:
    def test_documents_name_all_arms(self, plan):
        """Allocation, design, chance, background and the statement are of every treatment, not of the first."""
        text = render(build(read(str(plan())))).replace("\\", "")
        for words in (
            "1:1:1 (single infusion to double infusion to control)",
            "single infusion and double infusion against control, allocated 1:1:1",
            "Chance decides who receives single infusion, double infusion or control",
            "Background treatment of all arms",
            "power to show an effect of at least one of single infusion and double infusion on response",
        ):
            assert words in text

    @pytest.mark.parametrize("number", ['design = "simon"', "treatments = 3", "arm = 1"])
    def test_what_is_not_the_rules_is_refused(self, plan, number):
        """The primary endpoint says the design, and the names how many treatments there are."""
        with pytest.raises(PlanError, match=number.partition(" ")[0]):
            build(read(str(plan(f'names = ["a", "b"]\n{number}'))))

    def test_is_sized_and_verified(self, plan):
        """Three arms of the same size, whose claim drawn participants bear out."""
        trial = build(read(str(plan())))
        assert len(set(trial.arms_randomised.values())) == 1
        assert len(trial.arms_randomised) == 3
        assert verify(plan(), trials=2000).to_dict()["ok"]

    def test_is_randomised_by_name(self, plan):
        assert set(randomise(plan(), seed=3).arms) == {"single infusion", "double infusion", "control"}

    @pytest.mark.sweep
    def test_is_rendered_and_checked(self, plan, tmp_path, capsys):
        """The document names the arms and the rule, and agrees with its plan."""
        document = tmp_path / "protocol.md"
        assert main(["protocol", str(plan()), "-o", str(document)]) == 0
        text = document.read_text(encoding="utf-8")
        assert "Single infusion and double infusion are each compared with the control by Dunnett's test" in text
        assert "1:1:1" in text
        capsys.readouterr()
        assert main(["check", str(document), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["ok"]

    @pytest.mark.parametrize(
        ("arms", "words"),
        [
            ('names = ["one", "two"]\nrule = "many-to-one"\neffect_share = [1, 1]', "did you mean 'effect_shares'"),
            ('names = ["one", "two"]\nrule = "many-to-on"', "did you mean 'many-to-one'"),
            ('names = ["one", "two"]\n\n[family]\nrule = "holm"', "family"),
        ],
    )
    def test_what_it_cannot_do_is_one_sentence(self, plan, arms, words):
        with pytest.raises(PlanError, match=words):
            build(read(str(plan(arms))))


class TestCounted:
    """Two treatments and a control of responders, every outcome counted: no normal theory, no correlation assumed."""

    @pytest.mark.parametrize(
        ("control", "treatment", "test", "off"),
        [(0.2, 0.367, "score", 0.006), (0.1, 0.25, "score", 0.016), (0.25, 0.1, "arcsine", 0.016)],
    )
    def test_any_is_shown_as_often_as_counted(self, control, treatment, test, off):
        """The statistics are as correlated as under the null, because their standard errors move with the counts."""
        favourable = "higher" if treatment > control else "lower"
        one = TwoProportions(control=control, treatment=treatment, test=test, favourable=favourable)
        trial = ManyToOne(design=one, treatments=2)
        each = trial.sample_size(0.8).n // 3
        seen = np.arange(each + 1)
        t, c = seen[:, None] / each, seen[None, :] / each
        if test == "score":
            mean = (t + c) / 2
            with np.errstate(all="ignore"):
                z = np.nan_to_num((t - c) / np.sqrt(2 * mean * (1 - mean) / each))
        else:
            z = 2 * (np.arcsin(np.sqrt(t)) - np.arcsin(np.sqrt(c))) / np.sqrt(2 / each)
        shown = one.sign * z >= trial.critical_value(3 * each)
        by_control = binom.pmf(seen, each, treatment) @ shown
        truth = float(binom.pmf(seen, each, control) @ (1 - (1 - by_control) ** 2))
        assert float(trial.success(3 * each)) == pytest.approx(truth, abs=off)
