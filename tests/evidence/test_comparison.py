"""Arms have roles: two arms are compared, and never added up unless the table says that both are the treatment."""

import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from trialplan.errors import EvidenceError, ParameterError
from trialplan.evidence import audit, has_concurrent_control, read
from trialplan.evidence.comparison import mantel_haenszel, peto, two_means, two_rates
from trialplan.evidence.effects import Effects
from trialplan.evidence.pooling import pool
from trialplan.evidence.pools import pools_of
from trialplan.evidence.selection import PoolChoice, outcome_effects, pool_outcome

ROWS = "study,outcome,arm,role,events,of\n"
TWO = (
    ROWS
    + "Smith 2001,response,drug,treatment,8,20\nSmith 2001,response,placebo,control,3,20\n"
    + "Jones 2003,response,drug,treatment,9,30\nJones 2003,response,placebo,control,4,29\n"
)
ASKS = (
    r"which of the arms drug and placebo of study Smith 2001 received the treatment, and which is the control\?.*"
    r"the same is asked of Jones 2003"
)

# Colditz et al. 1994 (JAMA 271:698), thirteen trials of BCG: tuberculosis and participants, vaccinated and not
VACCINATED = [(4, 123), (6, 306), (3, 231), (62, 13598), (33, 5069), (180, 1541), (8, 2545), (505, 88391), (29, 7499),
              (17, 1716), (186, 50634), (5, 2498), (27, 16913)]  # fmt: skip
NOT = [(11, 139), (29, 303), (11, 220), (248, 12867), (47, 5808), (372, 1451), (10, 629), (499, 88391), (45, 7277),
       (65, 1665), (141, 27338), (3, 2341), (29, 17854)]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    """Reads a table from the text of a CSV."""

    def made(text):
        (tmp_path / "t.csv").write_text(text)
        return read(tmp_path / "t.csv")

    return made


def without_roles(text):
    """The same rows without their roles."""
    return text.replace(",role", "").replace(",treatment", "").replace(",control", "")


class TestRoles:
    @pytest.mark.parametrize(
        ("measure", "estimate"), [("risk-ratio", 2.384), ("odds-ratio", 3.103), ("risk-difference", 0.195)]
    )
    @pytest.mark.parametrize("turned", [False, True])
    def test_the_sign_is_treatment_against_control(self, table, measure, estimate, turned):
        """Ratios above 1 and a difference above 0 where the treated respond more often, in either order of the rows."""
        lines = TWO.splitlines(keepends=True)
        found = pool_outcome(
            table("".join([lines[0], *lines[:0:-1]] if turned else lines)), "response", measure=measure
        )
        assert found.natural.estimate == pytest.approx(estimate, abs=5e-4)
        counts = {s.label: (s.events, s.n, s.control_events, s.control_n) for s in found.studies}
        assert counts == {"Smith 2001": (8, 20, 3, 20), "Jones 2003": (9, 30, 4, 29)}

    def test_arms_without_roles_are_asked_for(self, table):
        """Neither a sum nor a comparison is made of arms without a role; one that is named counts."""
        silent = table(without_roles(TWO))
        for measure in (None, "risk-ratio"):
            with pytest.raises(EvidenceError, match=ASKS):
                pool_outcome(silent, "response", measure=measure)
        named = pool_outcome(silent, "response", PoolChoice(arms=("placebo",)))
        assert [(study.events, study.n) for study in named.studies] == [(3, 20), (4, 29)]
        assert "this is no effect" in named.note

    def test_an_unknown_role_is_asked_for_too(self, table):
        """A role that is called unknown is no role."""
        with pytest.raises(EvidenceError, match=ASKS):
            pool_outcome(table(TWO.replace("treatment", "unknown").replace(",control", ",unknown")), "response")

    def test_arms_that_are_compared_are_not_added_up(self, table):
        """Without a measure, both roles are refused with the two ways out; a role names its arms."""
        with pytest.raises(EvidenceError, match=r"name those that count with arms, or compare them by measure"):
            pool_outcome(table(TWO), "response")
        treated = pool_outcome(table(TWO), "response", PoolChoice(arms=("treatment",)))
        assert [(study.events, study.n) for study in treated.studies] == [(8, 20), (9, 30)]

    @pytest.mark.parametrize("control", ["placebo", "Placebo"])
    def test_the_study_may_name_its_control(self, table, control):
        """The arm that bears the name of the study's control is the control, and the other the treatment."""
        rows = without_roles(TWO).replace("of\n", "of,control\n", 1).replace("0\n", f"0,{control}\n")
        found = pool_outcome(table(rows.replace(",29\n", f",29,{control}\n")), "response", measure="risk-difference")
        assert found.estimate == pytest.approx(0.195, abs=5e-4)

    def test_forms_of_the_treatment_are_added_up_and_it_is_told(self):
        """A study that says that it has no control has arms of the treatment."""
        found = pool_outcome(read("msc-lupus-nephritis"), "complete remission", PoolChoice(reports="all"))
        assert "Added up: the arms single and double of wang-2012." in found.note

    THREE = "Smith 2001,response,double,treatment,9,20\n"

    @pytest.mark.parametrize("measure", ["risk-ratio", "odds-ratio", "risk-difference"])
    def test_a_shared_control_counts_once(self, table, measure):
        """Two doses and placebo are one effect: generalised least squares on both, which correlate by the control."""
        found = pool_outcome(table(TWO + self.THREE), "response", measure=measure)
        first, second = (two_rates([(x, 20)], [(3, 20)], measure) for x in (8, 9))
        a, c = 3, 17
        shared = {"risk-ratio": 1 / a - 1 / 20, "odds-ratio": 1 / a + 1 / c, "risk-difference": a * c / 20**3}[measure]
        variance = np.array([[first.variances[0], shared], [shared, second.variances[0]]])
        weights = np.linalg.inv(variance).sum(axis=1)
        whole = 1 / weights.sum()
        value = whole * weights @ [first.values[0], second.values[0]]
        other = two_rates([(9, 30)], [(4, 29)], measure)
        both = pool(Effects(measure=measure, labels=("a", "b"), values=(value, *other.values),
                            variances=(whole, *other.variances), sizes=(40, 30)))  # fmt: skip
        assert (found.estimate, found.standard_error) == pytest.approx((both.estimate, both.standard_error), rel=1e-12)
        assert "One control is shared by drug and double of Smith 2001" in found.note
        assert (found.studies[0].n, found.studies[0].control_n) == (40, 20)

    def test_a_part_without_an_estimate_does_not_end_the_pool(self, table):
        """Without the one study with events on treatment no ratio is defined: that part is named with the reason."""
        rare = table(ROWS + "".join(
            f"{key},harm,drug,treatment,{x},50\n{key},harm,placebo,control,{c},50\n"
            for key, x, c in (("a", 0, 0), ("b", 2, 1), ("c", 0, 2))
        ))  # fmt: skip
        found = pools_of(rare, "harm", measure="odds-ratio", method="beta-binomial")
        assert set(found.parts) == {"without a", "without c"}
        assert found.undefined[0].startswith("without b: an arm has the event in nobody")
        assert "beta-binomial take them as they are" in found.by_reports["all"].note

    def test_a_control_shared_by_means_counts_once(self):
        """The difference of the arms' inverse-variance mean from the control, here of arms alike."""
        found = two_means([[(4.0, 2.0, 10), (6.0, 2.0, 10)]], [(1.0, 2.0, 10)])
        assert (found.values, found.variances, found.sizes) == ((4.0,), (pytest.approx(0.2 + 0.4),), (30,))

    def test_tables_and_names_take_two_arms(self, table):
        """Mantel–Haenszel would count the control twice and asks; the arms can be named."""
        three = table(TWO + self.THREE)
        with pytest.raises(ParameterError, match=r"Smith 2001 compares several arms with one control.*name the two"):
            pool_outcome(three, "response", measure="risk-ratio", method="mantel-haenszel")
        named = pool_outcome(three, "response", PoolChoice(arms=("double", "placebo")), measure="risk-ratio")
        assert [study.events for study in named.studies] == [9]
        assert "No treatment and control arm to compare in Jones 2003" in named.note
        with pytest.raises(EvidenceError, match=r"2 control arms \(placebo and none\), and arms are not added up"):
            pool_outcome(table(TWO + "Smith 2001,response,none,control,2,20\n"), "response", measure="risk-ratio")

    def test_means_at_follow_up_are_compared_and_it_is_told(self, table):
        """Where no change is reported; never one arm's change with the other's mean."""
        head = "study,outcome,arm,role,followup_mean,followup_sd,change_mean,change_sd,n\n"
        final = table(head + "a,w,drug,treatment,5,1,,,10\na,w,placebo,control,8,2,,,20\n")
        found = pool_outcome(final, "w", measure="mean-difference")
        assert (found.estimate, found.standard_error) == pytest.approx((-3, (1 / 10 + 4 / 20) ** 0.5))
        assert "Means at follow-up, not changes, are compared in a." in found.note
        with pytest.raises(EvidenceError, match="a change in one arm and a mean at follow-up in another"):
            pool_outcome(table(head + "a,w,drug,treatment,,,-5,1,10\na,w,placebo,control,8,2,,,20\n"), "w",
                         measure="mean-difference")  # fmt: skip

    def test_a_role_that_contradicts_the_study_is_refused(self, table):
        """No study has both no control and a control arm."""
        with pytest.raises(EvidenceError, match="has the role control, and the study's control is 'none'"):
            table(TWO.replace("of\n", "of,control\n", 1).replace(",8,20", ",8,20,none"))

    def test_another_word_is_no_role(self, table):
        """A misplaced name of an arm is answered with where it belongs."""
        with pytest.raises(EvidenceError, match="not 'old drug'; name the arm in arm"):
            table(TWO.replace("placebo,control", "placebo,old drug"))

    def test_the_audit_says_what_is_true(self, table):
        """With roles no finding says that there is no control; without them the question is asked, and nothing else."""
        assert all(has_concurrent_control(study) for study in table(TWO).studies)
        assert "P01" not in {finding.id for finding in audit(table(TWO))}
        found = audit(table(without_roles(TWO)))
        assert [one for one in found if one.id in ("P01", "P10")] == []
        assert {one.seen for one in found if one.id == "P36"} == {
            "The table does not say which of the arms drug and placebo received the treatment."
        }
        said = " ".join(one.seen + one.means for one in found)
        assert "all receive the treatment" not in said
        assert "Neither arm is a control" not in said


class TestMeasures:
    """metafor's own published analyses of the BCG trials (Viechtbauer 2010, J Stat Softw 36(3))."""

    def test_the_risk_ratio_by_reml(self):
        """Estimate, SE and τ² are those printed for the random-effects model."""
        found = pool(two_rates(VACCINATED, NOT, "risk-ratio"))
        assert (found.estimate, found.standard_error) == pytest.approx((-0.7145, 0.1798), abs=5e-5)
        assert found.tau2 == pytest.approx(0.3132, abs=5e-5)
        assert (found.lower, found.upper) == pytest.approx((-1.0669, -0.3622), abs=5e-5)
        assert found.natural.estimate == pytest.approx(0.4894, abs=5e-5)

    @pytest.mark.parametrize("measure", ["odds-ratio", "risk-ratio"])
    def test_mantel_haenszel_is_that_of_statsmodels(self, measure):
        """The pooled odds ratio with its SE, and the pooled risk ratio, are those of another program."""
        other = StratifiedTable(
            [np.array([[x, n - x], [c, m - c]]) for (x, n), (c, m) in zip(VACCINATED, NOT, strict=True)]
        )
        found = pool(two_rates(VACCINATED, NOT, measure), "mantel-haenszel")
        if measure == "odds-ratio":
            assert (found.estimate, found.standard_error) == pytest.approx(
                (other.logodds_pooled, other.logodds_pooled_se)
            )
        else:
            assert found.natural.estimate == pytest.approx(other.riskratio_pooled)

    @pytest.mark.parametrize(
        ("measure", "method", "estimate", "error"),
        [
            ("odds-ratio", "mantel-haenszel", -0.4734, 0.0410),
            ("risk-ratio", "mantel-haenszel", -0.4537, 0.0393),
            ("odds-ratio", "peto", -0.4744, 0.0407),
        ],
    )
    def test_common_effects_are_those_of_metafor(self, measure, method, estimate, error):
        """The logs and SEs that metafor's documentation prints for these trials."""
        found = pool(two_rates(VACCINATED, NOT, measure), method)
        assert (found.estimate, found.standard_error) == pytest.approx((estimate, error), abs=5e-5)
        assert found.prediction_lower is None

    @pytest.mark.parametrize(
        ("measure", "method", "q", "p_value", "i2"),
        [
            ("odds-ratio", "peto", 3.574828, 0.3111861, 0.1607988),
            ("odds-ratio", "mantel-haenszel", 3.66423, 0.3000783, 0.1812741),
            ("risk-ratio", "mantel-haenszel", 3.632765, 0.3039468, 0.1741827),
            ("risk-difference", "mantel-haenszel", 3.365926, 0.3385718, 0.1087149),
        ],
    )
    def test_heterogeneity_is_that_of_metafor(self, measure, method, q, p_value, i2):
        """Around the effect of the method itself, as metafor 3.8.1 has it (rma.peto, rma.mh), four small trials."""
        found = pool(
            two_rates([(5, 50), (8, 60), (2, 30), (1, 40)], [(10, 52), (9, 58), (5, 31), (9, 41)], measure), method
        )
        assert (found.q, found.p_heterogeneity, found.i2) == pytest.approx((q, p_value, i2), rel=1e-6)

    def test_peto_leaves_out_what_tells_nothing(self):
        """A study without events adds no degree of freedom: Q of the others, on two (metafor: 2.206543, 0.331784)."""
        found = pool(
            two_rates([(5, 50), (8, 60), (0, 30), (0, 9)], [(10, 52), (9, 58), (3, 31), (0, 9)], "odds-ratio"), "peto"
        )
        assert (found.q, found.p_heterogeneity) == pytest.approx((2.206543, 0.331784), rel=1e-6)

    @pytest.mark.parametrize("measure", ["risk-ratio", "odds-ratio", "risk-difference"])
    def test_mantel_haenszel_has_the_error_of_simulated_trials(self, measure):
        """Over simulated tables of unequal arms the mean is the truth and the SE the observed spread."""
        rng, sizes = np.random.default_rng(4), [(40, 80), (60, 60), (150, 70)]
        truth = {"risk-ratio": np.log(2), "odds-ratio": np.log(3.5 / 1.5), "risk-difference": 0.15}[measure]
        rates = (0.3, 0.15)
        if measure == "odds-ratio":
            truth = np.log(0.3 / 0.7) - np.log(0.15 / 0.85)
        found = []
        for _ in range(1500):
            arms = [[(int(rng.binomial(n[i], rates[i])), n[i]) for n in sizes] for i in (0, 1)]
            found.append(mantel_haenszel(two_rates(*arms, measure)))
        estimates, errors = np.transpose(found)
        assert estimates.mean() == pytest.approx(truth, abs=0.03 if measure != "risk-difference" else 0.005)
        assert errors.mean() == pytest.approx(estimates.std(), rel=0.06)

    def test_peto_needs_no_correction(self):
        """Observed minus expected over one table with an empty cell, by hand: 2/20 against 0/20."""
        log, error = peto(two_rates([(2, 20)], [(0, 20)], "odds-ratio"))
        variance = 20 * 20 * 2 * 38 / (40**2 * 39)
        assert (log, error) == pytest.approx((1 / variance, variance**-0.5))

    def test_empty_cells_are_corrected_and_it_is_told(self, table):
        """Half an event in each cell of the study with an empty one, and the study is named."""
        rows = TWO.replace(",3,20", ",0,20")
        effects, remarks = outcome_effects(table(rows), "response", PoolChoice(), "odds-ratio")
        assert effects.values[0] == pytest.approx(np.log(8.5 * 20.5 / (12.5 * 0.5)))
        assert "add half an event to each cell of Smith 2001" in remarks["note"]

    def test_two_means(self, table):
        """Differences of changes are weighted by the variances of both arms."""
        found = pool(two_means([(-2.0, 1.0, 10), (-1.5, 2.0, 40)], [(-1.0, 1.0, 20), (-1.0, 2.0, 40)]), "fixed")
        weights = np.array([1 / (0.1 + 0.05), 1 / 0.2])
        assert found.estimate == pytest.approx((weights * [-1.0, -0.5]).sum() / weights.sum())
        changes = table(
            "study,outcome,arm,role,change_mean,change_sd,n\n"
            "a,weight,drug,treatment,-2,1,10\na,weight,placebo,control,-1,1,20\n"
        )
        assert pool_outcome(changes, "weight", measure="mean-difference").estimate == pytest.approx(-1)

    def test_a_randomised_study_of_the_house(self):
        """The shipped randomised table compares by the names of its arms."""
        found = pool_outcome(read("msc-lupus-nephritis-randomised"), "remission", measure="risk-difference")
        assert found.studies[0].control_n == 6

    def test_wrong_choices_are_one_sentence(self):
        """What does not belong together is refused by name."""
        effects = two_rates(VACCINATED, NOT, "risk-ratio")
        with pytest.raises(ParameterError, match="peto is for measure odds-ratio"):
            pool(effects, "peto")
        with pytest.raises(ParameterError, match="binomial-normal is for counts, not for risk-ratio"):
            pool(effects, "binomial-normal")
        with pytest.raises(ParameterError, match="for two arms with counts, not for mean-difference"):
            pool(two_means([(1.0, 1.0, 9)], [(1.0, 1.0, 9)]), "mantel-haenszel")
        with pytest.raises(ParameterError, match="no risk ratio is defined"):
            pool(two_rates([(0, 9), (0, 8)], [(1, 9), (2, 8)], "risk-ratio"), "mantel-haenszel")
        assert len(pool(effects.take(range(12)), "mantel-haenszel").studies) == 12

    @pytest.mark.parametrize(
        ("treated", "others", "words", "ways"),
        [
            ([(9, 9), (12, 12)], [(5, 10), (8, 11)], "no one without the event", ("risk-ratio", "peto")),
            ([(0, 9), (0, 12)], [(5, 10), (8, 11)], "no event in any study", ("peto",)),
            ([(0, 9), (3, 12)], [(5, 10), (11, 11)], "all or none of an arm", ("risk-ratio", "peto")),
        ],
    )
    def test_no_odds_ratio_says_why_and_what_is_defined(self, treated, others, words, ways):
        """The reason is the tables' own, and every way out that is named gives a number."""
        with pytest.raises(ParameterError, match=words) as refusal:
            pool(two_rates(treated, others, "odds-ratio"), "mantel-haenszel")
        assert [way for way in ("risk-ratio", "peto") if way in str(refusal.value)] == list(ways)
        if "peto" in ways:
            assert pool(two_rates(treated, others, "odds-ratio"), "peto").standard_error > 0
        for measure in {"risk-ratio", "risk-difference"} & {*ways, "risk-difference"}:
            assert math.isfinite(pool(two_rates(treated, others, measure), "mantel-haenszel").estimate)

    @pytest.mark.parametrize("measure", ["odds-ratio", "risk-ratio", "risk-difference"])
    @pytest.mark.parametrize("others", [[(10, 10), (11, 11)], [(0, 10), (0, 11)], [(0, 10), (0, 7)]])
    def test_arms_that_do_not_vary_have_no_error(self, measure, others):
        """All on treatment, and all or none on control: refused in a sentence, never divided by 0."""
        with pytest.raises(ParameterError, match=r"all or none|no event in any|no one without"):
            pool(two_rates([(9, 9), (12, 12)], others, measure), "mantel-haenszel")
