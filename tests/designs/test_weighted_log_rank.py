"""Effects that change with time and weighted log-rank tests, against other programs, drawn trials and integrals."""

import numpy as np
import pytest
from scipy import stats

from trialplan.designs import _ranks
from trialplan.designs._combined import all_below, sum_among
from trialplan.designs._risk_sets import FlemingHarrington, Modest, along_risk_sets
from trialplan.designs.log_rank import LogRank
from trialplan.designs.milestone import Milestone
from trialplan.designs.restricted_mean import RestrictedMean
from trialplan.errors import ParameterError, UnreachableError
from trialplan.sequential.group_sequential import GroupSequential

PLAN = {"control_hazard": 0.05, "accrual_time": 6, "follow_up_time": 12, "dropout_rate": 0.005, "allocation": "2:1"}
DELAYED = LogRank.from_hazard_ratios(ratios=(1, 0.5), changes=(4,), **PLAN)
CROSSING = LogRank.from_hazard_ratios(ratios=(1.6, 0.5, 0.8), changes=(4, 9), **PLAN)
FOUR = tuple(FlemingHarrington(*one) for one in ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)))
METHODS = ("yung-liu", "fleming-harrington", "modestly-weighted", "max-combo")


class TestLaw:
    @pytest.mark.parametrize(
        ("design", "known", "digits"),
        [
            (
                LogRank(hazard_ratio=0.6, **PLAN),
                [
                    (-0.04713294, 0.08506856, 0.09099642),
                    (-0.009614973, 0.004764834, 0.005285009),
                    (-0.00694972, 0.002272738, 0.002494932),
                    (-0.03751785, 0.0553377, 0.05931691),
                ],
                5e-5,
            ),
            (
                DELAYED,
                [
                    (-0.0380830486, 0.0896146366, 0.0916057636),
                    (-0.01154945493, 0.00525404362, 0.00588696306),
                    (-0.00783862602, 0.00246254187, 0.00270534813),
                    (-0.0265259592, 0.0575812988, 0.0577908851),
                ],
                2e-3,
            ),
            (
                CROSSING,
                [
                    (-0.00254205088, 0.11010503773, 0.10618808915),
                    (-0.00591112424, 0.00921676189, 0.00955025701),
                    (-0.00328569071, 0.00362587238, 0.00371723721),
                    (0.00336132405, 0.06443132683, 0.06029588048),
                ],
                2e-3,
            ),
        ],
    )
    def test_is_that_of_npsurvss(self, design, known, digits):
        """Mean, null variance and true variance of npsurvSS 1.1.0, which integrates over kinks as if there were none.

        Its FH_p_q has the power p of 1 - S and q of S, against its documentation.
        """
        law = along_risk_sets(design, FOUR)
        mine = np.column_stack([law.means, np.diagonal(law.nulls), np.diagonal(law.truths)])
        assert mine == pytest.approx(np.array(known), rel=digits)

    def test_variances_and_correlations_are_those_of_drawn_trials(self):
        """At many participants, when the effect crosses, with correlations."""
        law = along_risk_sets(CROSSING, FOUR)
        data = CROSSING.draw(900, 2000, np.random.default_rng(1))
        statistics, correlations = _ranks.weighted(data, FOUR)
        null = np.sqrt(np.diagonal(law.nulls))
        assert statistics.mean(axis=1) == pytest.approx(30 * law.means / null, abs=0.12)
        assert np.cov(statistics) == pytest.approx(law.truths / null / null[:, None], abs=0.12)
        assert correlations.mean(axis=-1) == pytest.approx(law.nulls / null / null[:, None], abs=0.01)

    def test_a_grid_is_cell_by_cell(self):
        """Arrays give what each of their cells gives."""
        ratios = np.array([[0.5], [0.7]])
        medians = np.array([8.0, 15.0, 30.0])
        whole = LogRank(
            hazard_ratio=ratios,
            control_median=medians,
            accrual_time=10,
            follow_up_time=12,
            method="modestly-weighted",
            effect_course=(0, 1),
            effect_changes=(3,),
        )
        sizes = whole.sample_size(0.8).n
        for cell in np.ndindex(2, 3):
            assert whole.cell(cell, (2, 3)).sample_size(0.8).n == sizes[cell]

    def test_many_cells_are_worked_through_in_parts(self, monkeypatch):
        """As many at once as fit make no difference."""
        design = LogRank(hazard_ratio=np.linspace(0.4, 0.9, 11), method="yung-liu", **PLAN)
        whole = design.success(200)
        monkeypatch.setattr("trialplan.designs._risk_sets._CELLS", 4)
        assert design.replace(alpha=0.05).success(200) == pytest.approx(whole, rel=1e-12)


def fixed_data():
    """Twenty participants in each arm, some censored, without ties."""
    i = np.arange(40)
    time = ((i * 17) % 41 + 0.3 + i * 0.01) * 0.6
    event = ((i * 7) % 5 != 0).astype(float)
    treated = i % 2 == 0
    time = np.where(treated, time * 1.3 + 0.7, time)
    return tuple(np.stack([np.zeros(20), time[arm], event[arm]], axis=-1)[None] for arm in (treated, ~treated))


class TestStatistic:
    def test_is_that_of_other_programs(self):
        """Of nphRCT 0.1.1 (wlrt, fh and mw); rho = 1 of R's survival 3.5-3, too (survdiff: 2.480279786908)."""
        known = {
            FlemingHarrington(0.0, 0.0): -2.9673900038234,
            FlemingHarrington(0.0, 1.0): -3.1616290502422,
            FlemingHarrington(1.0, 1.0): -2.8943127221025,
            FlemingHarrington(1.0, 0.0): -2.480279786908,
            FlemingHarrington(0.5, 0.3): -2.8093118732592,
            Modest(5.0): -2.9686641299521,
            Modest(12.0): -3.0410268066598,
            Modest(40.0): -3.3750734997345,
        }
        statistics, _ = _ranks.weighted(fixed_data(), tuple(known))
        assert statistics[:, 0] == pytest.approx(list(known.values()), rel=1e-12)

    def test_without_weights_it_is_the_log_rank_test(self):
        """Also when some of the events have happened, and in parts."""
        data = DELAYED.draw(60, 40, np.random.default_rng(2))
        for fraction in (0.4, 1.0):
            assert _ranks.weighted(data, FOUR[:1], fraction)[0][0] == pytest.approx(
                _ranks.log_rank(data, [1.0], fraction)[0], abs=1e-12
            )

    def test_the_largest_of_three(self):
        """The two-sided P value of nph 2.1 (logrank.maxtest), to the digits of its integration, is twice ours."""
        statistics, correlations = _ranks.weighted(fixed_data(), (FOUR[0], FOUR[1], FOUR[3]))
        largest = -statistics.min()
        beyond = 1 - all_below([largest] * 3, correlations[..., 0], sum_among((0, 0, 1), (0, 1, 0)))
        assert 2 * beyond == pytest.approx(0.00328, abs=3e-5)

    @pytest.mark.parametrize("method", METHODS)
    def test_hardly_any_events(self, method):
        """Trials with one event, or two, or none, are analysed without a warning, and reject seldom."""
        rare = LogRank(hazard_ratio=1.0, **(PLAN | {"control_hazard": 0.002}), weight_time=None)
        rare = rare.replace(method=method, weight_time=6 if method == "modestly-weighted" else None)
        assert rare.simulate(60, 2000, np.random.default_rng(7)).power < 0.1

    @pytest.mark.parametrize("method", METHODS)
    def test_all_censored(self, method):
        """Where nobody has the event nothing is rejected, and nothing warns."""
        arm = np.zeros((2, 20, 3))
        arm[..., 1] = 5.0
        z, rejects = DELAYED.replace(method=method).analyse((arm, arm))
        assert (np.abs(z).tolist(), rejects.tolist()) == ([0, 0], [False, False])


class TestTogether:
    @pytest.mark.parametrize(
        "limits", [(2.2, 2.2, 2.2, 2.2), (1.0, 0.5, 2.0, 0.3), (-1.0, -0.5, 0.3, 0.0), (3, -1, 1, 1)]
    )
    def test_is_the_share_of_normal_variables(self, limits):
        """Where one statistic is the sum of two others, the joint law is that of drawn normal variables."""
        law = along_risk_sets(DELAYED, FOUR)
        error = np.sqrt(np.diagonal(law.nulls))
        correlations = law.nulls / error / error[:, None]
        found = all_below(limits, correlations, sum_among((0, 0, 1, 1), (0, 1, 1, 0)))
        values, vectors = np.linalg.eigh(correlations)
        root = vectors * np.sqrt(np.maximum(values, 0))
        drawn = np.random.default_rng(3).standard_normal((400_000, 4)) @ root.T
        share = (drawn < np.array(limits)).all(axis=1).mean()
        assert found == pytest.approx(share, abs=4 * (share * (1 - share) / 400_000) ** 0.5)

    @pytest.mark.parametrize("method", METHODS)
    def test_power_is_that_of_drawn_trials(self, method):
        """Under a delayed effect in unequal arms, and the level where there is none."""
        design = DELAYED.replace(method=method, alpha=0.1)
        seen = design.simulate(240, 4000, np.random.default_rng(4))
        assert design.success(240) == pytest.approx(seen.success, abs=0.03)
        null = design.replace(hazard_ratio=1.0).simulate(240, 4000, np.random.default_rng(5))
        assert null.power == pytest.approx(0.1, abs=0.02)

    @pytest.mark.parametrize(
        ("design", "power"),
        [
            (LogRank(hazard_ratio=0.6, method="fleming-harrington", **PLAN), 0.3321078),
            (LogRank(hazard_ratio=0.6, method="fleming-harrington", rho=1, gamma=1, **PLAN), 0.3582816),
            (DELAYED.replace(method="fleming-harrington"), 0.4153113),
            (DELAYED.replace(method="yung-liu"), 0.2854675),
        ],
    )
    def test_mean_and_null_variance_are_those_of_lrstat(self, design, power):
        """Of lrpower in lrstat 0.3.3 (120 participants, rho1 and rho2), whose variance under the plan is the null's."""
        law = along_risk_sets(design, design.weighting)
        away = -law.means[0] * (120 / law.nulls[0][0]) ** 0.5
        assert stats.norm.cdf(away - stats.norm.isf(0.025)) == pytest.approx(power, abs=3e-5)
        assert design.success(120) == pytest.approx(power, abs=0.01)


class TestAverage:
    @pytest.mark.parametrize(
        ("design", "ratio", "events"),
        [
            (DELAYED.replace(allocation="1:1"), 0.6643449884, 52.5443082),
            (CROSSING, 1.008163347, 58.87416195),
        ],
    )
    def test_is_that_of_gsdesign2(self, design, ratio, events):
        """Of ahr in gsDesign2 1.1.5, at 20 participants a month for half a year."""
        assert design.details(120, 0.8)["average_hazard_ratio"] == pytest.approx(ratio, rel=1e-9)
        assert design.events(120) == pytest.approx(events, rel=1e-9)

    def test_a_steady_effect_is_all_there(self):
        """One share for all the time is a power of the ratio."""
        part = LogRank(hazard_ratio=0.5, effect_course=0.5, **PLAN)
        whole = LogRank(hazard_ratio=0.5**0.5, **PLAN)
        assert part.sample_size(0.8).n == whole.sample_size(0.8).n

    @pytest.mark.parametrize("method", ["schoenfeld", "yung-liu"])
    def test_turns_at_which_nothing_changes_make_no_difference(self, method):
        """Pieces with the same share are one."""
        pieces = LogRank(hazard_ratio=0.6, effect_course=(1, 1, 1), effect_changes=(2, 7), method=method, **PLAN)
        assert pieces.success(200) == pytest.approx(LogRank(hazard_ratio=0.6, method=method, **PLAN).success(200))

    def test_ratios_are_shares_of_the_strongest(self):
        """1.6, then 0.5, then 0.8."""
        treatment, control = CROSSING.curves
        ratios = [treatment.hazards[at] / control.hazards[0] for at in range(3)]
        assert (ratios, list(treatment.changes)) == (pytest.approx([1.6, 0.5, 0.8]), [4, 9])


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"effect_course": (0, 1)}, "effect_course needs effect_changes"),
            ({"effect_changes": 3}, "one fewer is needed"),
            ({"effect_course": (0, 0), "effect_changes": 3}, "there would be no effect"),
            ({"effect_course": (0, 1), "effect_changes": 3, "method": "freedman"}, "is not known to freedman"),
            (
                {"method": "lachin-foulkes", "effect_course": (0, 1), "effect_changes": 3},
                "is not known to lachin-foulkes",
            ),
            ({"method": "max-combo", "goal": "non-inferiority", "margin": 1.3}, "max-combo knows no margin"),
            (
                {"effect_course": (0, 1), "effect_changes": 3, "goal": "non-inferiority", "margin": 1.3},
                "the same all the time",
            ),
            ({"rho": 1}, "is no number of the test schoenfeld"),
            ({"method": "modestly-weighted"}, "weight_time is needed"),
            ({"method": "max-combo", "rho": (0, 1)}, "each weight has one of both"),
            ({"method": "fleming-harrington", "rho": (0, 1), "gamma": (0, 1)}, "must be one number"),
            ({"method": "max-combo", "rho": (0, 0), "gamma": (1, 1)}, "is the sum of others"),
            ({"method": "max-combo", "rho": (0, 2, 1, 0), "gamma": (0, 0, 1, 2)}, "is the sum of others"),
        ],
    )
    def test_what_does_not_fit(self, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            LogRank(**({"hazard_ratio": 0.7} | PLAN | numbers))

    @pytest.mark.parametrize("method", ["schoenfeld", *METHODS])
    def test_curves_that_cross_the_wrong_way(self, method):
        """Harm for as long as most events happen is told in one sentence."""
        design = LogRank(hazard_ratio=0.8, effect_course=(-1, 1), effect_changes=(17.9,), method=method, **PLAN)
        with pytest.raises(UnreachableError, match="or the curves cross, and on average over the events the hazard"):
            design.sample_size(0.8)

    @pytest.mark.parametrize("design", [DELAYED, LogRank(hazard_ratio=0.5, method="max-combo", **PLAN)])
    def test_looks(self, design):
        """The mean does not grow in proportion to the information."""
        with pytest.raises(ParameterError, match="whose mean does not grow in proportion to the information"):
            GroupSequential(design=design, looks=(0.5, 1.0))


class TestAlongCurves:
    """The same courses where two curves are read off."""

    @pytest.mark.parametrize(
        ("design", "numbers", "power"),
        [
            (RestrictedMean, {"horizon": 14}, 0.1446331107),
            (RestrictedMean, {"horizon": 14, "scale": "ratio"}, 0.143030329),
            (Milestone, {"milestone": 14}, 0.4157930211),
        ],
    )
    def test_crossing_hazards_are_those_of_npsurvss(self, design, numbers, power):
        """Of power_two_arm in npsurvSS 1.1.0, at 360 participants."""
        crossing = design.from_hazard_ratios(ratios=(1.2, 0.4, 0.7), changes=(4, 9), **numbers, **PLAN)
        assert crossing.success(360) == pytest.approx(power, rel=1e-5)

    @pytest.mark.parametrize(("design", "numbers"), [(RestrictedMean, {"horizon": 14}), (Milestone, {"milestone": 14})])
    def test_the_effect_gives_back_the_ratios(self, design, numbers):
        """The curve that has the effect is the one that it was read off, in a grid, too."""
        delayed = design.from_hazard_ratios(ratios=(1, 0.5, 0.7), changes=(3, 9), **numbers, **PLAN)
        assert delayed.curves[0].hazards == pytest.approx([0.05, 0.025, 0.035])
        grid = delayed.replace(difference=np.array([0.5, 1.0]) * delayed.difference)
        assert grid.curves[0].hazards[1][1] == pytest.approx(0.025)
        assert grid.sample_size(0.8).n[1] == delayed.sample_size(0.8).n

    def test_drawn_trials_have_the_power_and_under_the_null_the_level(self):
        """A delayed effect is no effect at all under the null."""
        delayed = Milestone.from_hazard_ratios(ratios=(1, 0.4), changes=(3,), milestone=12, **PLAN)
        assert delayed.simulate(300, 4000, np.random.default_rng(6)).success == pytest.approx(
            delayed.success(300), abs=0.03
        )
        (null,) = delayed.at_null()
        assert null.curves[0].hazards == pytest.approx([0.05, 0.05])

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"effect_course": (-1, 1), "effect_changes": 3}, "of curves that cross no ratio of hazards belongs"),
            ({"effect_course": (0, 1), "effect_changes": 15}, "comes too late for more than"),
            ({"effect_course": (0, 1), "effect_changes": 11.9, "difference": 0.2}, "comes too late for more than"),
            (
                {"effect_course": (0, 1), "effect_changes": 3, "treatment_hazard": 0.04},
                "is stated beside treatment_hazard",
            ),
        ],
    )
    def test_what_does_not_fit(self, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            Milestone(**({"milestone": 12, "difference": 0.1} | PLAN | numbers))
