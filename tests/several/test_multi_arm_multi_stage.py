"""Several treatments with looks: drawn participants, limits that other designs know, drawn statistics, refusals."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import norm, t, ttest_ind
from small_plans import plan_text

from trialplan import GroupSequential, ManyToOne, MultiArmMultiStage, TwoMeans, TwoProportions, monitor, power, size
from trialplan.cli import main
from trialplan.errors import ParameterError, PlanError
from trialplan.numerics import arms_by_looks
from trialplan.numerics.arms_by_looks import Comparison
from trialplan.plan import build, read
from trialplan.protocol import render
from trialplan.protocol.content.committee import sheet

Z = TwoMeans(difference=0.5, sd=1, test="z", alpha=0.025, sides=1)


def staged(design=Z, treatments=3, looks=(0.5, 1.0), **numbers):
    """A trial of several stages; numbers of the rule and of the comparisons."""
    rule = {name: numbers.pop(name) for name in ("efficacy", "futility", "binding") if name in numbers}
    return MultiArmMultiStage(design=ManyToOne(design=design, treatments=treatments, **numbers), looks=looks, **rule)


class TestFewInAnArm:
    """The best of hardly anybody in an arm is taken as ranked by z, which is said."""

    @pytest.mark.parametrize(("per_arm", "kept", "said"), [(4, 1, True), (12, 1, False), (4, None, False)])
    def test_said_where_it_is_so(self, per_arm, kept, said):
        """With two in an arm at the first look, and not with six, nor where all go on."""
        trial = staged(TwoMeans(difference=2, sd=1), kept=kept)
        assert ("is told too high" in str(power(trial, 4 * per_arm))) is said

    def test_so_much_is_drawn(self):
        """By t tests of drawn participants, 16 in all: some 0.03 fewer trials succeed than are told."""
        trial, rng = staged(TwoMeans(difference=2, sd=1), kept=1), np.random.default_rng(8)
        trials, (first, last) = 100_000, trial.upper
        arms = rng.standard_normal((trials, 4, 4))
        arms[:, :3] += 2

        def z(of):
            """The normal score of the pooled t test of each treatment against the control."""
            treated, control = arms[:, :3, :of], arms[:, 3:, :of]
            pooled = (treated.var(axis=-1, ddof=1) + control.var(axis=-1, ddof=1)) / 2
            away = (treated.mean(axis=-1) - control.mean(axis=-1)) / np.sqrt(pooled * 2 / of)
            return -norm.ppf(t.sf(away, 2 * of - 2))

        early, late = z(2), z(4)
        best = early.argmax(axis=1)
        shown = (early >= first).any(axis=1) | (late[np.arange(trials), best] >= last)
        assert float(trial.success(16)) - shown.mean() == pytest.approx(0.029, abs=0.006)


def drawn_rate(upper, lower, fractions, drifts, kept, rng, size=40_000):
    """How often some treatment without an effect is shown, by drawn statistics: shares no code with the integration."""
    times, k = np.array(fractions), len(drifts)
    steps = np.sqrt(np.diff(times, prepend=0.0))
    control = (rng.standard_normal((size, 1, len(times))) * steps).cumsum(axis=-1)
    own = (rng.standard_normal((size, k, len(times))) * steps).cumsum(axis=-1)
    z = ((control + own) / math.sqrt(2) + np.array(drifts)[:, None] * times) / np.sqrt(times)
    null, goes_on, wrong = np.array(drifts) <= 0, np.ones((size, k), dtype=bool), np.zeros(size, dtype=bool)
    for look in range(len(times)):
        reached = goes_on & (z[..., look] >= upper[look])
        wrong |= (reached & null).any(axis=1)
        goes_on &= (z[..., look] >= lower[look]) & ~reached.any(axis=1, keepdims=True)
        if look == 0 and kept is not None:
            rank = (z[..., 0][:, :, None] < z[..., 0][:, None, :]).sum(axis=-1)
            goes_on &= rank < kept
    return wrong.mean()


class TestNumerics:
    def test_one_treatment_is_a_group_sequential_trial(self):
        """With the same boundary and power, whatever the control's share."""
        trial = GroupSequential(design=Z, looks=(0.3, 0.6, 1), efficacy="lan-demets-pocock")
        spent = np.cumsum(trial._efficacy.errors()).tolist()
        found = arms_by_looks.boundary(spent, trial.looks, (0.6,))
        assert found == pytest.approx(trial.rule.upper, abs=1e-6)
        by_look = arms_by_looks.looks(
            found, [-np.inf] * 3, trial.looks, [Comparison(drift=2.5, loading=0.6)], together=True
        )
        assert by_look[-1].any == pytest.approx(trial.crossed(2.5)[0].sum(), abs=1e-6)

    def test_one_look_is_dunnett(self):
        """A first look that shows nothing leaves the level to the last."""
        trial = staged(efficacy=(0.0, 0.025), treatments=4)
        assert trial.upper == (math.inf, pytest.approx(ManyToOne(design=Z, treatments=4).critical_value(100), abs=1e-6))

    def test_keeping_all_but_nothing_changes_little(self):
        """One that has a mean far below the others is never kept: the best two of three are a trial of two."""
        two, lone = [Comparison(drift=2.0, loading=0.7)] * 2, Comparison(drift=-9.0, loading=0.7)
        kept = arms_by_looks.looks((2.5, 2.2), (-np.inf,) * 2, (0.5, 1), [*two, lone], together=True, kept=2)
        both = arms_by_looks.looks((2.5, 2.2), (-np.inf,) * 2, (0.5, 1), two, together=True)
        assert kept[-1].any == pytest.approx(both[-1].any, abs=1e-5)
        assert kept[-1].each[0] == pytest.approx(both[-1].each[0], abs=1e-5)


class TestDrawn:
    @pytest.mark.parametrize(
        "trial",
        [
            staged(TwoMeans(difference=0.5, sd=1), futility="z(0)"),
            staged(kept=1, futility="z(0)", binding=True, efficacy="pocock"),
            staged(TwoProportions(control=0.3, treatment=0.5), treatments=2, wins_if="all", efficacy="kim-demets(2)"),
            staged(Z.replace(allocation="1:2"), efficacy="haybittle-peto", kept=2, effect_shares=(1, 0.5, 0.5)),
            staged(Z.replace(difference=-0.5, favourable="lower"), wins_if="first", looks=(0.4, 0.7, 1)),
        ],
        ids=["t-futility", "best-binding", "rates-all", "haybittle-two-kept", "lower-first"],
    )
    def test_power_and_level(self, trial):
        """Within four standard errors, and a point for what normal theory errs; the expected n too."""
        n, rng, trials = trial.sample_size(0.8).n, np.random.default_rng(5), 4000
        seen = trial.simulate(n, trials, rng)
        assert seen.rejected / trials == pytest.approx(float(trial.power(n)), abs=4 * 0.0063 + 0.01)
        for null in trial.at_null():
            assert null.simulate(n, trials, rng).rejected / trials <= trial.level + 4 * math.sqrt(0.025 / trials)

    @pytest.mark.parametrize("kept", [None, 1])
    def test_few_participants_and_t(self, kept):
        """Six per arm at the first look: .461 would be claimed of any by then if t were a z with its noncentrality."""
        treatments, arm, trials, rng = 2, 12, 30_000, np.random.default_rng(12)
        trial = staged(TwoMeans(difference=1.2, sd=1), treatments=treatments, kept=kept, efficacy="pocock")
        groups = rng.normal([[[1.2]], [[1.2]], [[0.0]]], 1.0, (treatments + 1, trials, arm))
        p = np.stack(
            [ttest_ind(groups[:2, :, :m], groups[2, :, :m], axis=-1, alternative="greater").pvalue for m in (6, 12)]
        )
        early, late = (one <= norm.sf(bound) for one, bound in zip(p, trial.upper, strict=True))
        goes_on = np.ones_like(early) if kept is None else p[0] == p[0].min(axis=0)
        by_look = trial.by_look((treatments + 1) * arm)
        first = early.any(axis=0)
        assert by_look[0].any == pytest.approx(first.mean(), abs=0.01)
        assert by_look[1].any == pytest.approx((first | (late & goes_on).any(axis=0)).mean(), abs=0.012)
        assert by_look[0].each[0] == pytest.approx(early[0].mean(), abs=0.01)

    def test_family_wise_error(self):
        """Never above the level where some treatments have an effect, whoever is dropped; binding rules too."""
        rng, effects = np.random.default_rng(8), (-1.5, 0.0, 2.5)
        size, allowed = 12_000, 4 * math.sqrt(0.025 / 12_000)
        for kept, lower, binding in ((None, 0.0, False), (1, -math.inf, True), (2, 0.5, True), (1, 0.0, False)):
            futility = None if math.isinf(lower) else f"z({lower})"
            trial = staged(kept=kept, futility=futility, binding=binding, efficacy="lan-demets-pocock")
            for drifts in itertools.combinations_with_replacement(effects, 3):
                if min(drifts) <= 0:
                    rate = drawn_rate(trial.upper, trial.lower, trial.looks, drifts, kept, rng, size)
                    assert rate <= 0.025 + allowed, (kept, lower, binding, drifts)


class TestAnswer:
    def test_dropping_saves(self):
        """Keeping the best costs a little power, so that n is no smaller, and saves participants on average."""
        all_go_on, one = staged().sample_size(0.9), staged(kept=1).sample_size(0.9)
        assert one.n >= all_go_on.n
        assert one.extra["expected_n"]["null"] < all_go_on.extra["expected_n"]["null"]

    @pytest.mark.parametrize("effect", [0.0, 0.5])
    def test_participants_needed_are_counted(self, effect):
        """At most those of the first look and of two arms after it, and on average as many as drawn trials have."""
        trial, rng, runs = staged(treatments=3, kept=1, futility="z(0)"), np.random.default_rng(21), 40_000
        n, arm = 240, 60
        needed, by_name = trial.participants_needed(n), {0.0: "idle", 0.5: "planned"}
        halves = rng.normal(0.0, math.sqrt(2 / arm), (2, runs, 4)) + np.array([effect] * 3 + [0.0])
        best = (halves[0, :, :3].max(axis=1) - halves[0, :, 3]) / math.sqrt(4 / arm)
        goes_on = (best >= 0) & (best < trial.upper[0])
        used = np.where(goes_on, 4 * 30 + 2 * 30, 4 * 30)
        assert needed.most == used.max() == 180
        assert getattr(needed, by_name[effect]) == pytest.approx(used.mean(), abs=0.7)

    def test_the_headline_says_how_many_are_needed(self):
        """At most, and on average: page, JSON, statement, and those who are enrolled to lose some."""
        answer = size(staged(treatments=3, kept=1), dropout=0.1)
        arm, most = answer.arms["control"], answer.extra["n_at_most"]
        average = answer.extra["expected_n"]["alternative"]
        told = f"{arm} per arm, at most {most} in all and {average:.0f} on average: power"
        assert answer.page().headline.startswith(told)
        assert most < answer.n
        assert answer.to_dict()["n_at_most"] == most
        assert [look["n_at_most"] for look in answer.to_dict()["looks"]][-1] == most
        for words in (f"At most {most} of them are needed, because after the first look only the best of 3 goes on",):
            assert words in answer.statement()
        enrolled = answer.design.participants_needed(answer.n, answer.enrolled["n"])
        assert f"at most {enrolled.most} in all" in str(answer)
        assert answer.n < answer.enrolled["n"] * (1 + 1e-9)
        assert most < enrolled.most < answer.enrolled["n"]

    def test_cells_are_scalars(self):
        """Arrays of n and of the effect."""
        found = staged(TwoMeans(difference=np.array([0.4, 0.5]), sd=1)).success(120)
        each = [float(staged(TwoMeans(difference=one, sd=1)).success(120)) for one in (0.4, 0.5)]
        assert found == pytest.approx(each, rel=1e-12)

    def test_the_level_is_spent(self):
        """Look by look as the function says."""
        looks = staged(efficacy=(0.01, 0.025)).sample_size(0.8).extra["looks"]
        assert [look["cumulative_alpha"] for look in looks] == pytest.approx([0.01, 0.025], abs=1e-6)
        assert looks[0]["efficacy_p_one_sided"] == pytest.approx(norm.sf(looks[0]["efficacy_z"]))


class TestPlan:
    ARMS = '[arms]\nnames = ["low", "high"]\n'

    def test_arms_and_monitoring_together(self, tmp_path):
        """They make a trial of several stages, whose document tells the rule and the boundary of each look."""
        said = plan_text() + self.ARMS + "kept = 1\n[monitoring]\nlooks = [0.5, 1]\n"
        (tmp_path / "plan.toml").write_text(said)
        trial = build(read(tmp_path / "plan.toml"))
        assert trial.design.slug() == "multi-arm-multi-stage"
        assert list(trial.arms_randomised) == ["treatment 1", "treatment 2", "control"]
        text = render(trial).replace("\\", "")
        first = trial.answer.extra["looks"][0]
        needed = trial.design.participants_needed(trial.answer.n)
        for words in (
            f"At most {needed.most} of them are needed, because after the first look only the best of 2 goes on",
            f"; at most {needed.most} needed, and {needed.planned:.0f} on average at the planned effect |",
            "one for low and high (obrien-fleming; O'Brien & Fleming 1979",
            "after the first look only the best of 2 goes on",
            "the trial ends with the first treatment that is shown",
            f"| {first['n']} | {first['efficacy_z']:.3f} |",
        ):
            assert words in text, words

    @pytest.mark.parametrize("document", ["protocol", "statistics"])
    def test_documents_tell_the_trial_with_looks(self, tmp_path, document):
        """Each treatment's power is that which `size` tells; a critical value of one analysis is none of this trial."""
        said = plan_text() + self.ARMS + 'kept = 1\n[monitoring]\nlooks = [0.5, 1]\nfutility = "z(0)"\n'
        (tmp_path / "plan.toml").write_text(said)
        trial = build(read(tmp_path / "plan.toml"))
        text = render(trial, kind=document)
        extra = trial.answer.extra
        for name, one in zip(("low", "high"), extra["comparisons"], strict=True):
            assert f"| {name} | {one['power']:.3f} |" in text
        fixed = trial.design.fixed.replace(kept=None)
        assert f"{fixed.powers(trial.answer.n)[0]:.3f} |" not in text
        for words in ("Critical value", "Power of any", "Power of all"):
            assert words not in text

    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("kept", [1, 2])
    def test_one_error_is_told_as_one(self, sides, kept):
        """The level of the comparisons is that of the looks: of two sides, one."""
        whole = staged(Z.replace(sides=sides, alpha=0.025 * sides), kept=kept, futility="z(0)")
        told = whole.looks_in_words(["a", "b", "c"])
        assert "is at most 0.025" in told
        assert ("which is one side of 0.05, two-sided" in told) == (sides == 2)
        best = {1: "the best", 2: "the best 2"}[kept]
        assert whole.formula.endswith(f"non-binding futility z(0) and selection of {best} at the first look")

    def test_keeping_needs_looks(self, tmp_path):
        """Without them nothing is seen early."""
        (tmp_path / "plan.toml").write_text(plan_text() + self.ARMS + "kept = 1\n")
        with pytest.raises(PlanError, match="kept needs looks"):
            build(read(tmp_path / "plan.toml"))


class TestRefused:
    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: staged(looks=(0.2, 0.4, 0.6, 0.8, 1)), "at most 4"),
            (lambda: staged(treatments=9), "at most 8"),
            (lambda: staged(kept=3), "fewer than the 3"),
            (lambda: staged(kept=1, wins_if="all"), "has no meaning where the trial wins if all"),
            (lambda: staged(binding=True), "has no meaning without futility"),
            (lambda: staged(futility="kim-demets(2)"), "a z for each look but the last"),
            (lambda: staged(futility="z(4)").upper, "reaches the efficacy boundary"),
            (lambda: MultiArmMultiStage(design=ManyToOne(design=Z), efficacy_at=(1.0,)), "not defined over several"),
        ],
    )
    def test_sentences(self, make, words):
        """Each says what is wrong."""
        with pytest.raises(ParameterError, match=words):
            make()


class TestNotTold:
    """What is not told of such a trial is refused in a sentence."""

    def test_no_calendar(self):
        """Arms may end one by one, so that nobody knows how many will have been randomised."""
        with pytest.raises(ParameterError, match="arms may end one by one"):
            size(staged(treatments=2), accrual_rate=10, read_after=6)


class TestMonitored:
    """A look is told by the z of each treatment: what the drawn trials do, one trial at a time."""

    def test_agrees_with_drawn_trials(self):
        """What is shown of those that are drawn is what the looks say of their z."""
        trial, rng = staged(treatments=3, looks=(0.4, 0.8, 1.0), futility="z(0,0.5)"), np.random.default_rng(9)
        n = 300  # whole blocks at every look
        data = trial.draw(n, 40, rng)
        _, found = trial.shown(data)
        z = np.stack(
            [np.stack(one.z_at(of, trial.looks)) for one, of in zip(trial.design.comparisons, data, strict=True)]
        )
        for i in range(40):
            seen = tuple(tuple(row) for row in z[:, :, i].T)
            for looks in range(1, 4):
                look = monitor(trial, n=n, z=seen[:looks])
                if look.verdict != "go-on":
                    break
            assert look.shown == tuple(f"treatment {j + 1}" for j in np.flatnonzero(found[i]))

    def test_the_best_go_on(self):
        look = monitor(staged(treatments=3, kept=1), n=200, z="1,2,0.3")
        assert [one.status for one in look.hypotheses] == ["dropped", "goes on", "dropped"]
        assert look.summary() == "Look 1 of 2: treatment 1 and treatment 3 are dropped; go on with treatment 2."
        assert look.to_dict()["verdict"] == "go-on"
        page = str(look)
        for words in ("planned n   200", "looks       with 50 % and 100 % of it", "only the best of 3 goes on"):
            assert words in page, words
        assert "other endpoints" not in page

    def test_what_ended_before_is_held_against_the_boundary_of_its_look(self):
        """And the page says of which look z and boundary are."""
        trial = staged(treatments=2, futility="z(0)")
        look = monitor(trial, n=201, z=("-1,1", "5,5"))
        first, second = look.hypotheses
        assert (first.z, first.look, first.status) == (-1.0, 1, "not shown")
        assert (first.efficacy_z, first.futility_z) == pytest.approx((trial.upper[0], 0.0))
        assert (second.z, second.look, second.efficacy_z) == (5.0, None, pytest.approx(trial.upper[1]))
        assert [row[:2] for row in look.page().tables[0].rows] == [["treatment 1", "1"], ["treatment 2", "2"]]
        assert [one["look"] for one in look.to_dict()["hypotheses"]] == [1, 2]
        assert "count no more" in str(look)

    def test_what_went_on_in_spite_of_futility_is_judged_without_it(self):
        """The way out of the refusal: futility that is not binding leaves what shows an effect as it is."""
        trial, seen = staged(treatments=2, futility="z(0)"), ("-1,-1", "5,1")
        with pytest.raises(ParameterError, match=r"the trial ended for futility at look 1; .* leave futility out"):
            monitor(trial, n=201, z=seen)
        look = monitor(trial.replace(futility=None), n=201, z=seen)
        assert look.shown == ("treatment 1",)
        assert look.hypotheses[0].efficacy_z == pytest.approx(trial.upper[1])

    @pytest.mark.parametrize(
        ("trial", "seen", "words"),
        [
            ({"treatments": 2}, ("5,0", "1,2.6"), "the trial ended for efficacy at look 1; leave the later looks out$"),
            (
                {"treatments": 2, "futility": "z(0)", "binding": True},
                ("-1,-1", "5,5"),
                "ended for futility at look 1; leave the later looks out$",
            ),
            ({"treatments": 3, "kept": 2}, ("1.5,2,1.5", "2,2,2"), "is 1.5 for 2 treatments .* only the best 2 may"),
            ({"treatments": 2, "kept": 1}, "1.5,1.5", "more decimals"),
        ],
    )
    def test_what_the_rule_has_no_answer_for(self, trial, seen, words):
        """Looks after the end, and a tie for the last place."""
        with pytest.raises(ParameterError, match=words):
            monitor(staged(**trial), n=12 * 17, z=seen)

    def test_a_tie_that_decides_nothing(self):
        """Both go on, or neither does."""
        look = monitor(staged(treatments=3, kept=2), n=200, z="2,2,1")
        assert [one.status for one in look.hypotheses] == ["goes on", "goes on", "dropped"]

    @pytest.mark.parametrize(
        ("seen", "words"),
        [
            ({"z": 2.0}, "must be 2 numbers a look, of treatment 1 and treatment 2, not 1"),
            ({"z": "2,x"}, "write one number for each"),
            ({"t": "2/30"}, "is told by z alone"),
            ({"z": "2,1", "look": 2}, "repeat z for each"),
            ({"z": ("2,1", "2,1", "2,1")}, "of 3 looks are given, and 2 are planned"),
        ],
    )
    def test_what_is_refused(self, seen, words):
        with pytest.raises(ParameterError, match=words):
            monitor(staged(treatments=2), n=201, **seen)


class TestCommitteesSheet:
    """What stops or drops a treatment in counts is what `monitor` says of the z of these counts."""

    @staticmethod
    def z(treatment, control, arm):
        """Pearson's, from the two counts."""
        rate = (treatment + control) / (2 * arm)
        return (treatment - control) / arm / math.sqrt(rate * (1 - rate) * 2 / arm)

    @pytest.fixture
    def plan(self, tmp_path):
        more = '[arms]\nnames = ["low", "high"]\n[monitoring]\nlooks = [0.5, 1]\nfutility = "z(0.5)"\n'
        (tmp_path / "plan.toml").write_text(plan_text() + more)
        return tmp_path / "plan.toml"

    def test_counts_are_those_of_monitor(self, plan):
        """At the boundary, and one count short of it, at every look and for every count of the control."""
        trial = build(read(plan))
        found = sheet(trial)
        assert [one.final for one in found.several] == [False, True]
        for one in found.several:
            arm = one.arms[0].n
            assert {each.n for each in one.arms} == {arm}
            for column in one.counts:
                before = ("0.7,0.6",) * (one.number - 1)
                for at, step, status in ((column.efficacy, -1, "shown"), (column.futility, 1, "dropped")):
                    if at is None:
                        assert one.final
                        continue
                    for count in (at, at + step):
                        z = self.z(count, column.control, arm)
                        look = monitor(plan, z=(*before, f"{z!r},{0.61 if one.final else 0.6}"))
                        met = look.hypotheses[0].status == status
                        assert met == (count == at), (one.number, column, count)

    def test_is_rendered_and_its_command_runs(self, plan, capsys, monkeypatch, tmp_path):
        """The rule, the tables, a row of the form for what is dropped, and no stop of one comparison."""
        monkeypatch.chdir(tmp_path)
        trial = build(read(plan))
        text = render(trial, kind="committee").split("# Reproduction")[0].replace("\\", "")
        for words in (
            "**The rule.** The trial is looked at with 50 %",
            "A treatment is shown: on it at least",
            "which",
        ):
            assert words in text, words
        assert "Stop for efficacy" not in text
        for one in sheet(trial).several:
            assert f"`{one.command}`" in text
            assert main(one.command.split()[1:]) == 0
            told = "The last look, number 2" if one.final else "Look 1 of 2"
            assert told in capsys.readouterr().out

    def test_of_a_family_it_has_the_boundaries_of_each(self, tmp_path, capsys, monkeypatch):
        """Each hypothesis has boundaries of its own at each share of the level, by z."""
        monkeypatch.chdir(tmp_path)
        said = plan_text()
        begin = said.index("[[endpoint]]")
        end = said.index("[[randomised]]")
        second = said[begin:end].replace("response at 12 months", "no flare")
        more = '[family]\nrule = "holm"\ncorrelation = 0.3\nsource = "s"\n[monitoring]\nlooks = [0.5, 1]\n'
        more += 'efficacy = "lan-demets-pocock"\n'
        (tmp_path / "plan.toml").write_text(said[:end] + second + said[end:] + more)
        trial = build(read(tmp_path / "plan.toml"))
        text = render(trial, kind="committee").split("# Reproduction")[0]
        assert "share of the level" in text.lower()
        found = sheet(trial)
        assert not found.drops
        assert all(not one.counts for one in found.several)
        assert main(found.several[0].command.split()[1:]) == 0
        assert "Look 1 of 2" in capsys.readouterr().out
