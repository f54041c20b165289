"""Several treatments at several endpoints: one family over all of them, in Python, in plans and as a figure."""

import re

import numpy as np
import pytest
from small_plans import built, endpoint, plan_text, stated

from trialplan import (
    ClusteredMeans,
    ClusteredProportions,
    CoPrimary,
    FixedSequence,
    Graphical,
    Holm,
    ManyToOne,
    TwoMeans,
    TwoProportions,
)
from trialplan.errors import ParameterError, PlanError
from trialplan.figures import Graph
from trialplan.plan import arms, build, read
from trialplan.protocol import render

ENDS = (TwoProportions(control=0.3, treatment=0.5), TwoMeans(difference=0.4, sd=1))
HANDED = ((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0))


class TestPower:
    @pytest.mark.parametrize(
        "members",
        [
            ENDS,
            (
                ClusteredProportions(control=0.3, treatment=0.5, icc=0.03, cluster_size=8, clustered="treatment"),
                ClusteredMeans(difference=-0.4, sd=1, icc=0.03, cluster_size=8, favourable="lower"),
            ),
        ],
        ids=["alone", "in clusters"],
    )
    def test_is_that_of_drawn_participants(self, members):
        """With the control shared, 2:1, and treatments that differ in what they do."""
        members = tuple(one.replace(allocation="1:2") for one in members)
        whole = Graphical(
            members=members,
            treatments=2,
            effect_shares=(0.8, 1.0),
            correlation=-0.4,
            initial_weights=(0.4, 0.4, 0.1, 0.1),
            transitions=HANDED,
        )
        _, shown = whole.shown(whole.draw(300, 4000, np.random.default_rng(8)))
        found = [*shown.mean(axis=0), shown.any(axis=1).mean(), shown.all(axis=1).mean()]
        assert found == pytest.approx(list(whole.powers(300)), abs=4 * 0.5 / 4000**0.5)

    def test_arms_of_one_endpoint_are_correlated_as_dunnetts(self):
        """By the control's share of the variance: 0.5 at 1:1, a third at 1:2."""
        for allocation, joint in (("1:1", 0.5), ("1:2", 1 / 3)):
            member = TwoMeans(difference=0.4, sd=1, test="z", allocation=allocation)
            whole = CoPrimary(members=(member, member), treatments=2, correlation=0.5)
            assert whole.correlations[0][1] == pytest.approx(joint)
            assert whole.correlations[0][2] == pytest.approx(0.5)
            assert whole.correlations[0][3] == pytest.approx(joint / 2)
            assert whole.arms(3 * whole.block)["control"] == 3 * whole.weights[-1]

    def test_what_all_have_to_show_is_that_of_the_arms_alone(self):
        """Where the second endpoint is all but certain, all shown is both arms shown at the first one."""
        sure = TwoMeans(difference=5, sd=1, test="z")
        first = TwoMeans(difference=0.4, sd=1, test="z")
        both = CoPrimary(members=(first, sure), treatments=2)
        arms = ManyToOne(design=first, treatments=2, wins_if="all")
        level = arms.tested[0].alpha
        same = both.replace(alpha=level)
        assert float(same.power(300)) == pytest.approx(float(arms.power(300)), abs=1e-5)

    def test_each_hypothesis_has_a_null_of_its_own(self):
        """The type I error of what must all be shown is asked with one of them without an effect."""
        whole = FixedSequence(members=ENDS, treatments=2)
        assert [one.effect_shares for one in whole.at_null()] == [
            tuple(float(i != j) for j in range(4)) for i in range(4)
        ]


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"treatments": 4}, "8 hypotheses, more than 6"),
            ({"treatments": 2, "effect_shares": (1, 1, 1)}, "not 3 shares"),
            ({"effect_shares": (0.5,)}, "there is one"),
            ({"treatments": 2, "initial_weights": (0.5, 0.5)}, "4 hypotheses"),
        ],
    )
    def test_with_what_is_wrong(self, change, words):
        with pytest.raises(ParameterError, match=words):
            Graphical(**({"members": ENDS} | change))


class TestFigure:
    def test_tells_in_words_and_data_what_it_shows(self):
        """Each level, and each arrow, in the sentence and in the table."""
        whole = Graphical(members=ENDS, treatments=2, initial_weights=(0.4, 0.4, 0.1, 0.1), transitions=HANDED)
        drawn = whole.rule_figure(whole.named(("response", "score"), ("low", "high")))
        assert "response with low (0.4)" in drawn.alt()
        assert "score with high hands 1 of its level to response with low" in drawn.alt()
        columns, rows = drawn.table()
        assert rows[0] == ("1: response with low", "0.4", "0.02", "", "0.5", "0.5", "")
        assert len(columns) == len(rows[0])
        weights = [one.get_text() for one in drawn.draw().axes[0].texts if one.get_gid() == "weight"]
        assert sorted(weights) == ["0.5"] * 4 + ["1"] * 2

    def test_a_chain_and_holm_are_graphs(self):
        """A fixed sequence hands all of it on; Holm's procedure evenly; truncated it is no graph."""
        assert FixedSequence(members=ENDS).rule_figure("ab").arrows == [[0, 1], [0, 0]]
        assert Holm(members=ENDS).rule_figure("ab").nodes == [("a", 0.5), ("b", 0.5)]
        assert Holm(members=ENDS, truncation=0.5).rule_figure("ab") is None

    def test_asks_for_a_row_for_each(self):
        with pytest.raises(ParameterError, match="a row and a column"):
            Graph(nodes=[("a", 0.5), ("b", 0.5)], arrows=[[0, 1]], level=0.05)


@pytest.fixture
def plan(tmp_path):
    """A plan of two treatments and two primary endpoints, by what stands under [arms] and [family]."""

    def written(arms="", family='rule = "holm"', secondary=""):
        other = endpoint("score", "primary", "two-means", stated(difference=0.5, sd=1), dropout=0.1)
        text = plan_text(
            endpoints=other + secondary, more=f"\n[family]\n{family}\n[arms]\nnames = ['low', 'high']\n{arms}\n"
        )
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


class TestPlan:
    def test_is_one_family_of_arms_and_endpoints(self, plan):
        """Sized by it; a document names every hypothesis and shows the graph; each compares its own arms."""
        trial = build(read(str(plan("effect_shares = [0.8, 1.0]"))))
        design = trial.design
        assert (design.slug(), design.treatments, design.effect_shares) == ("holm", 2, (0.8, 1.0))
        assert list(trial.arms_randomised) == ["treatment 1", "treatment 2", "control"]
        first = trial.primaries[0]
        assert trial.compared_by(first, 300) == 200
        assert trial.compared_by(trial.family, 300) == 300
        text = render(trial).replace("\\", "")
        for words in (
            "score with high",
            "The 4 hypotheses are tested by the rule that stands under *Multiplicity*",
            "| score with high | two-means |",
            "| score with low; score with high |",
            "an effect of at least one of low and high on",
            "Graph of the testing procedure",
            "(low to high to ",
            "The primary endpoints, response at 12 months and score, are assessed",
            "The primary endpoints size the trial.",
            "the probability that the trial succeeds, by the rule of its tests, with",
        ):
            assert words in text, words
        assert text.count("are tested by Holm's procedure") == 1

    def test_says_what_each_treatment_receives(self, plan):
        """Or that it does not say it: the intervention is about all of them."""
        text = render(build(read(str(plan("receives = ['5 mg a day', '10 mg a day']")))))
        assert re.search(r"\| low \| \d+ \| 5 mg a day \|\n\| high \| \d+ \| 10 mg a day \|", text)
        assert re.search(r"\| low \| \d+ \| \*\*Missing\*\* \|", render(build(read(str(plan())))))
        with pytest.raises(PlanError, match="receives describes 3 treatments, and names names 2"):
            build(read(str(plan("receives = ['a', 'b', 'c']"))))

    def test_looks_at_a_family(self, plan):
        """By hypotheses, their boundaries at each share of the level, and what ends the trial."""
        rule = 'efficacy = "lan-demets-pocock"\nstops_when = "any"'
        trial = build(read(str(plan(family=f'rule = "holm"\n[monitoring]\nlooks = [0.5, 1]\n{rule}'))))
        assert trial.design.slug() == "family-with-looks"
        assert trial.design.stops_when == "any"
        text = render(trial).replace("\\", "")
        for words in (
            "each share of the level 0.05 a hypothesis has boundaries by lan-demets-pocock",
            "The hypotheses are looked at with 50 % of the participants",
            "The trial ends early if any is shown",
            "| hypothesis | share of the level | 50 % | 100 % |",
            "| score with high | 0.25 |",
        ):
            assert words in text, words
        last = trial.answer.extra["looks"][-1]
        names = arms.tested_names(trial.plan.content, trial.design.fixed)
        for name, power in zip(names, last["hypotheses"], strict=True):
            assert f"| {name} | {power:.3f} |" in text, name
        assert f"| Power of all | {last['power_of_all']:.4g} |" in text
        assert "own power" not in text

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ('rule = "hochberg"\n[monitoring]\nlooks = [0.5, 1]', "looks at hochberg are not defined; leave it out"),
            ('rule = "holm"\n[monitoring]\nlooks = [0.5, 1]', "must be a spending function"),
        ],
    )
    def test_looks_that_are_none_are_refused(self, plan, said, words):
        with pytest.raises(PlanError, match=words):
            build(read(str(plan(family=said))))

    def test_page_one_says_that_no_assurance_was_computed(self, plan):
        """And why; nothing else speaks of one."""
        text = render(build(read(str(plan()))))
        assert "(assurance) was not computed, for what is believed of each endpoint is not joined" in text

    @pytest.mark.parametrize(
        ("arms", "family", "words"),
        [
            ('rule = "many-to-one"', 'rule = "holm"', "leave rule = 'many-to-one' out"),
            ("treatments = 2", 'rule = "holm"', "the number of names"),
            ("weights = [1, 1]", 'rule = "holm"', "beside a \\[family\\] there is no 'weights'"),
            ("", 'rule = "holm"\ntreatments = 2', "no 'treatments'"),
            ("", 'rule = "graphical"\ninitial_weights = [0.5, 0.5]', "4 hypotheses"),
        ],
    )
    def test_what_belongs_elsewhere_is_refused(self, plan, arms, family, words):
        with pytest.raises(PlanError, match=words):
            build(read(str(plan(arms, family))))

    def test_a_secondary_endpoint_compares_one_treatment_with_the_control(self, plan):
        """Among the participants of these two arms."""
        later = endpoint("later", "secondary", "two-means", stated(difference=0.5, sd=1))
        trial = build(read(str(plan(secondary=later))))
        last = next(one for one in trial.endpoints if one.name == "later")
        assert trial.expected_of(last) == pytest.approx(trial.n_randomised * 2 / 3)


class TestStatement:
    @pytest.mark.parametrize(
        ("arms", "aim"),
        [
            ("", "an effect of at least one of low and high on response"),
            ("effect_shares = [0.5, 1.0]", "an effect of at least one of low and high on response"),
            ('rule = "two-by-two"', "an effect of each of low and high, taken by itself, on response"),
            ('rule = "two-by-two"\nwins_if = "all"', "an effect of each of low and high on response"),
        ],
    )
    def test_gives_no_arm_a_rate_that_is_not_planned_for_it(self, tmp_path, arms, aim):
        """The words for two arms are not true of others: of shares of the effect, or of both treatments together."""
        trial = built(tmp_path, more=f"\n[arms]\nnames = ['low', 'high']\n{arms}\n")
        text = render(trial).replace("\\", "")
        said = re.search(r"\*Statistically:\* (.*)", text)[1]
        assert f"power to show {aim}" in said
        assert "of participants on" not in said


class TestNullInWords:
    @pytest.mark.parametrize(
        ("whole", "words"),
        [
            (CoPrimary(members=ENDS), "one of the endpoints lay"),
            (Holm(members=ENDS), "every endpoint lay"),
            (Holm(members=ENDS, treatments=2), "every hypothesis lay"),
            (Holm(members=ENDS, wins_if="all", treatments=2), "one of the hypotheses lay"),
            (FixedSequence(members=ENDS, wins_if="all"), "one of the endpoints lay"),
            (FixedSequence(members=ENDS, wins_if="any"), "the first endpoint lay"),
            (ManyToOne(design=ENDS[0]), "every treatment lay"),
        ],
    )
    def test_says_what_is_true_where_errors_are_counted(self, whole, words):
        """All hypotheses, one of them, or the first: by the chance of each, its level where there is no effect."""
        assert whole.null_in_words.startswith(words)
        hypotheses = [getattr(null, "hypotheses", None) or null.comparisons for null in whole.at_null()]
        without = {sum(float(one.success(400)) < 0.03 for one in null) for null in hypotheses}
        assert without == {len(hypotheses[0]) if words.startswith("every") else 1}
