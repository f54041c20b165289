from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats

from trialplan.errors import EvidenceError, ParameterError
from trialplan.evidence import EvidenceTable, ReportedOutcome, Study, read
from trialplan.evidence.effects import Effects, change_effects, inverse_double_arcsine, proportion_effects
from trialplan.evidence.heterogeneity import reml
from trialplan.evidence.pooling import (
    INTERVALS,
    METHODS,
    pool,
)
from trialplan.evidence.selection import PoolChoice, outcome_effects, pool_choices, pool_outcome
from trialplan.numerics.binomial_normal import marginal

EVENTS, OF = [3, 18, 9, 27, 5, 40], [20, 25, 30, 35, 28, 55]
SIX = proportion_effects(EVENTS, OF, labels=list("abcdef"))
TWO_STAGE = [method for method in METHODS if method not in ("binomial-normal", "beta-binomial")]


def rates(*counts: tuple[int, int], **more: Any) -> EvidenceTable:
    """A table of one-arm studies from other centres, each with a response."""
    return EvidenceTable(
        title="t",
        studies=tuple(
            Study(key=f"s{i}", enrolled=of + 2, outcomes=(ReportedOutcome(name="response", events=x, of=of, **more),))
            for i, (x, of) in enumerate(counts)
        ),
    )


class TestEffects:
    """What each study contributes."""

    @pytest.mark.parametrize("measure", ["logit", "double-arcsine"])
    def test_a_study_alone_comes_back_as_it_went_in(self, measure: str) -> None:
        """The back-transformation with the study's own size undoes the transformation."""
        effects = proportion_effects([0, 4, 9, 12], [12, 12, 30, 12], measure)
        back = [effects.back(effects.values[i], [effects.sizes[i]]) for i in range(4)]
        expected = [0, 4 / 12, 9 / 30, 1] if measure == "double-arcsine" else [0.5 / 13, 4 / 12, 9 / 30, 12.5 / 13]
        assert back == pytest.approx(expected)

    def test_the_double_arcsine_variance_is_that_of_simulated_counts(self) -> None:
        """Simulated counts of 60 have the double arcsine variance 1/(4n + 2) within 3 %."""
        counts = np.random.default_rng(3).binomial(60, 0.4, 40_000).tolist()
        effects = proportion_effects(counts, [60] * len(counts), "double-arcsine")
        assert np.var(effects.values) == pytest.approx(effects.variances[0], rel=0.03)

    def test_the_inverse_is_clipped_at_the_ends(self) -> None:
        """Angles below that of no event and above that of all events are the rates 0 and 1."""
        assert inverse_double_arcsine(0.0, 20) == 0
        assert inverse_double_arcsine(1.6, 20) == 1

    def test_only_studies_with_a_zero_are_corrected(self) -> None:
        """Half an event is added to 0/16 and to 5/5, and not to 3/40."""
        effects = proportion_effects([0, 5, 3], [16, 5, 40])
        assert effects.values == pytest.approx([np.log(0.5 / 16.5), np.log(5.5 / 0.5), np.log(3 / 37)])

    def test_standardised_changes_have_the_moments_of_simulated_trials(self) -> None:
        """Over simulated normal pairs, both standardised changes are unbiased and have about their stated variance."""
        rng, n, r = np.random.default_rng(11), 25, 0.5
        noise = rng.normal(size=(20_000, n, 2))
        before = noise[..., 0]
        after = -0.6 + r * before + np.sqrt(1 - r**2) * noise[..., 1]
        rows = zip(
            before.mean(1).tolist(),
            before.std(1, ddof=1).tolist(),
            after.mean(1).tolist(),
            after.std(1, ddof=1).tolist(),
            [n] * 20_000,
            strict=True,
        )
        effects = change_effects(list(rows), r, "standardised-by-baseline")
        assert np.mean(effects.values) == pytest.approx(-0.6, abs=4 * np.std(effects.values) / 141)
        assert np.var(effects.values) == pytest.approx(np.mean(effects.variances), rel=0.1)

    def test_wrong_input_is_one_sentence(self) -> None:
        """Unknown measures, impossible counts and an SD of zero are refused by name."""
        with pytest.raises(ParameterError, match="did you mean 'logit'"):
            proportion_effects([1], [5], "logits")
        with pytest.raises(ParameterError, match=r"\[0, of\], not 6 of 5"):
            proportion_effects([6], [5])
        with pytest.raises(ParameterError, match=r"\[-1, 1\], not 2"):
            change_effects([(3, 1, 2, 1, 10)], 2, "standardised-by-baseline")
        with pytest.raises(ParameterError, match="variance of 0"):
            pool(change_effects([(3, 0, 2, 0, 10), (3, 1, 2, 1, 10)], 0.5))


class TestPool:
    """Two-stage pools."""

    def test_a_fixed_effect_agrees_with_metafor(self) -> None:
        """Estimate, SE, I², H², Q and its P value are those of metafor 3.8's FE model."""
        found = pool(SIX, "fixed")
        values = (found.estimate, found.standard_error, found.i2, found.h2, found.q, found.p_heterogeneity)
        expected = (0.1977896454, 0.1688436292, 0.8876655651, 8.901989853, 44.50994926, 1.824828038e-08)
        assert values == pytest.approx(expected, rel=1e-8)
        assert found.prediction_lower is None
        assert "no prediction interval" in found.note

    def test_reml_weights_agree_with_metafor(self) -> None:
        """REML's τ², H² and weights are those of metafor 3.8."""
        found = pool(SIX)
        assert (found.estimate, found.tau2, found.h2) == pytest.approx((-0.1154699023, 1.590795682, 9.933038895))
        weights = [0.1507693118, 0.1670953444, 0.1708853814, 0.1705629905, 0.1629900439, 0.1776969278]
        assert [study.weight for study in found.studies] == pytest.approx(weights, rel=1e-6)

    def test_reml_is_the_maximum_of_the_restricted_likelihood(self) -> None:
        """scipy's bounded optimum of the multivariate normal restricted likelihood is our τ², for random studies."""
        rng = np.random.default_rng(5)
        for _ in range(10):
            k = int(rng.integers(2, 8))
            variances = rng.uniform(0.05, 2, k)
            values = rng.normal(0, np.sqrt(variances + rng.choice([0, 0.5, 3])))
            ones = np.ones((k, 1))

            def cost(tau2: float, values: Any = values, variances: Any = variances, ones: Any = ones) -> float:
                covariance = np.diag(variances + tau2)
                inverse = np.linalg.inv(covariance)
                information = (ones.T @ inverse @ ones).item()
                mean = (ones.T @ inverse @ values).item() / information
                log = stats.multivariate_normal(np.full(len(values), mean), covariance).logpdf(values)
                return -float(log) + np.log(information) / 2

            found = reml(values, variances)
            best = optimize.minimize_scalar(cost, bounds=(0, 100), method="bounded", options={"xatol": 1e-10})
            assert cost(found) <= best.fun + 1e-9

    def test_paule_mandel_makes_q_its_expectation(self) -> None:
        """At Paule and Mandel's τ² the generalised Q is k − 1."""
        found = pool(SIX, "paule-mandel")
        weights = 1 / (np.array(SIX.variances) + found.tau2)
        assert (weights * (np.array(SIX.values) - found.estimate) ** 2).sum() == pytest.approx(5)

    def test_knapp_hartung_covers_where_the_normal_interval_does_not(self) -> None:
        """Over 1,000 simulated pools of six studies, Knapp–Hartung covers about 95 % and the normal interval less."""
        rng = np.random.default_rng(8)
        covered = {"normal": 0, "knapp-hartung": 0, "knapp-hartung-modified": 0}
        for _ in range(1000):
            values = rng.normal(1, np.sqrt(0.1 + 0.3), 6)
            effects = Effects(
                measure="raw", labels=tuple("abcdef"), values=tuple(values), variances=(0.1,) * 6, sizes=(9,) * 6
            )
            for name in covered:
                found = pool(effects, "dersimonian-laird", name)
                covered[name] += found.lower <= 1 <= found.upper
        assert covered["normal"] < 920
        assert 930 <= covered["knapp-hartung"] <= covered["knapp-hartung-modified"]

    def test_leaving_one_out_agrees_with_metafor(self) -> None:
        """The estimates and τ² without each study are those of metafor 3.8's leave1out."""
        found = [pool(SIX.take([i for i in range(6) if i != left])) for left in range(6)]
        estimates = [0.17485515122, -0.33190565269, 0.02757423388, -0.38748630992, 0.16384984172, -0.35396547031]
        taus = [1.350134110, 1.729915730, 1.873038312, 1.520835294, 1.419894398, 1.675920751]
        assert [one.estimate for one in found] == pytest.approx(estimates, abs=1e-5)
        assert [one.tau2 for one in found] == pytest.approx(taus, rel=1e-4)

    @pytest.mark.parametrize("interval", INTERVALS)
    @pytest.mark.parametrize("method", TWO_STAGE)
    def test_one_study_is_its_own_estimate(self, method: str, interval: str) -> None:
        """One study has its own normal interval, no τ², I², Q or prediction interval, and the note says so."""
        found = pool(SIX.take([1]), method, interval)
        half = 1.959963984540054 * SIX.variances[1] ** 0.5
        assert (found.estimate, found.upper - found.estimate) == pytest.approx((SIX.values[1], half))
        assert {found.tau2, found.i2, found.q, found.p_heterogeneity, found.prediction_lower} == {None}
        assert "no τ² and no prediction interval" in found.note

    def test_it_is_plain_json(self) -> None:
        """A pool survives json.dumps with its studies and back-transformed values."""
        data = json.loads(json.dumps(asdict(pool(SIX))))
        assert data["back_transformed"]["estimate"] == pytest.approx(special.expit(data["estimate"]))
        assert data["studies"][0]["events"] == 3

    def test_wrong_choices_name_the_nearest(self) -> None:
        """Unknown methods and intervals, and pairs that are not defined, are one sentence."""
        with pytest.raises(ParameterError, match="did you mean 'reml'"):
            pool(SIX, "rmel")
        with pytest.raises(ParameterError, match="did you mean 'knapp-hartung'"):
            pool(SIX, "reml", "knapp-hartng")
        with pytest.raises(ParameterError, match="not defined for method binomial-normal"):
            pool(SIX, "binomial-normal", "knapp-hartung")
        with pytest.raises(ParameterError, match="for counts, not for mean-change"):
            pool(change_effects([(3, 1, 2, 1, 10)], 0.5), "binomial-normal")


class TestOneStage:
    """The binomial–normal model."""

    @pytest.mark.parametrize("mean", [-5.0, -1.0, 2.0])
    @pytest.mark.parametrize("sd", [0.01, 0.5, 3.0])
    @pytest.mark.parametrize(("events", "of"), [(0, 15), (5, 5), (44, 223), (3, 4000)])
    def test_the_marginal_likelihood_is_the_integral(self, events: int, of: int, mean: float, sd: float) -> None:
        """Adaptive Gauss–Hermite agrees with half a million trapezoids, at rare events and large studies too."""
        log, slope = marginal(events, of, mean, sd)
        logit = np.linspace(-45, 45, 500_001)
        terms = events * logit - of * np.logaddexp(0, logit) + stats.norm.logpdf(logit, mean, sd)
        assert log == pytest.approx(special.logsumexp(terms) + np.log(90 / 500_000), abs=1e-9 if sd < 1 else 3e-5)
        step = (marginal(events, of, mean + 1e-5, sd)[0] - marginal(events, of, mean - 1e-5, sd)[0]) / 2e-5
        assert slope == pytest.approx(step, rel=1e-3, abs=1e-5)

    def test_it_is_the_maximum(self) -> None:
        """scipy's Nelder–Mead on a likelihood by plain quadrature finds the same mean and τ."""
        grid = np.linspace(-9, 9, 4001)
        masses = stats.norm.pdf(grid) * (grid[1] - grid[0])

        def cost(at: Any) -> float:
            rate = special.expit(at[0] + abs(at[1]) * grid)[:, None]
            return -float(np.log(masses @ stats.binom.pmf(EVENTS, OF, rate)).sum())

        best = optimize.minimize(cost, [0, 1], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
        found = pool(SIX, "binomial-normal")
        assert found.estimate == pytest.approx(best.x[0], abs=1e-5)
        assert found.tau2 == pytest.approx(best.x[1] ** 2, abs=1e-5)
        assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-8)

    def test_without_heterogeneity_it_is_the_crude_rate(self) -> None:
        """Where τ² is 0 the estimate is events over participants, zeros and all."""
        found = pool(proportion_effects([1, 5, 3, 0, 0], [58, 87, 40, 16, 15]), "binomial-normal")
        assert found.tau2 == 0
        assert found.natural.estimate == pytest.approx(9 / 216)


class TestPoolOutcome:
    """One outcome over a table."""

    def test_overlapping_reports_are_refused(self) -> None:
        """Complete remission in the shipped table is not pooled silently, and the sentence names both reports."""
        with pytest.raises(EvidenceError, match="wang-2012 and wang-2013; name the report that stands for each"):
            pool_outcome(read("msc-lupus-nephritis"), "complete remission")

    def test_one_per_centre_and_all_stand_side_by_side(self) -> None:
        """One report per centre leaves 23/83 without τ²; all reports add 24/57 and carry the warning."""
        found = pool_choices(read("msc-lupus-nephritis"), "complete remission")
        one, every = found["one-per-centre"], found["all"]
        assert (one.k, one.tau2, one.left_out) == (1, None, ("wang-2012",))
        assert "wang-2013 stands for wang-2012" in one.note
        assert one.warning == ""
        assert [(study.events, study.n) for study in every.studies] == [(24, 57), (23, 83)]
        assert "counted more than once: wang-2012 and wang-2013" in every.warning

    def test_named_reports_are_taken(self) -> None:
        """The reports that are named, and no others, make the pool."""
        table = read("msc-lupus-nephritis")
        found = pool_outcome(table, "complete remission", PoolChoice(reports=("wang-2012",)))
        assert [study.label for study in found.studies] == ["wang-2012"]
        with pytest.raises(EvidenceError, match="did you mean 'wang-2012'"):
            pool_outcome(table, "complete remission", PoolChoice(reports=("wang-20122",)))

    def test_enrolled_denominators(self) -> None:
        """Counted on the enrolled, 23/83 becomes 23/87 and both arms of 2012 24/58."""
        found = pool_outcome(
            read("msc-lupus-nephritis"), "complete remission", PoolChoice(reports="all", denominators="enrolled")
        )
        assert [(study.events, study.n) for study in found.studies] == [(24, 58), (23, 87)]

    def test_counts_that_are_not_known_are_left_out(self) -> None:
        """NR is no zero: serious infection is pooled over the three studies that report it."""
        found = pool_outcome(read("msc-lupus-nephritis"), "serious infection", PoolChoice(reports="all"))
        assert [study.label for study in found.studies] == ["sun-2010", "liang-2010", "wang-2014"]
        assert "No usable number in wang-2012 and wang-2013." in found.note

    def test_a_change_needs_a_correlation(self) -> None:
        """Proteinuria is pooled only with an assumed correlation, which the note repeats."""
        table = read("msc-lupus-nephritis")
        with pytest.raises(EvidenceError, match="needs the correlation"):
            pool_outcome(table, "proteinuria", PoolChoice(reports="all"))
        found = pool_outcome(table, "proteinuria", PoolChoice(reports="all", correlation=0.5))
        assert found.estimate == pytest.approx(-1.8)
        assert "correlation of 0.5" in found.note
        assert "Timepoints from 3 to 6 months" in found.note
        with pytest.raises(ParameterError, match="measure logit is for rates"):
            pool_outcome(table, "proteinuria", PoolChoice(reports="all", correlation=0.5), measure="logit")

    def test_compared_arms_are_not_added_up(self) -> None:
        """Treatment and control of a randomised trial are no one arm; the arm that counts has to be named."""
        table = read("msc-lupus-nephritis-randomised")
        with pytest.raises(EvidenceError, match="compares its arms treatment and control"):
            pool_outcome(table, "remission")
        found = pool_outcome(table, "remission", PoolChoice(arms=("control",)))
        assert [(study.events, study.n) for study in found.studies] == [(5, 6)]

    def test_two_times_of_one_arm_need_a_choice(self) -> None:
        """A study with two timepoints is an error until one is named."""
        outcomes = tuple(
            ReportedOutcome(name="response", events=x, of=20, timepoint_months=t) for x, t in ((5, 6.0), (8, 12.0))
        )
        table = EvidenceTable(title="t", studies=(Study(key="s", outcomes=outcomes),))
        with pytest.raises(EvidenceError, match="at 6 and 12 months"):
            pool_outcome(table, "response")
        assert pool_outcome(table, "response", PoolChoice(timepoint_months=12)).studies[0].events == 8

    def test_apart_studies_need_no_choice(self) -> None:
        """Studies that share nothing are pooled without a word about overlap."""
        found = pool_outcome(rates((3, 20), (18, 25), (9, 30)), "response", method="dersimonian-laird")
        expected = pool(proportion_effects([3, 18, 9], [20, 25, 30]), "dersimonian-laird")
        assert (found.estimate, found.warning, found.left_out) == (expected.estimate, "", ())

    def test_unknown_names_are_one_sentence(self) -> None:
        """An unknown outcome, choice of reports or denominator names the nearest."""
        table = rates((3, 20), (18, 25))
        with pytest.raises(EvidenceError, match="did you mean 'response'"):
            pool_outcome(table, "respons")
        with pytest.raises(ParameterError, match="did you mean 'one-per-centre'"):
            pool_outcome(table, "response", PoolChoice(reports="one-per-center"))
        with pytest.raises(ParameterError, match="did you mean 'enrolled'"):
            pool_outcome(table, "response", PoolChoice(denominators="enroled"))
        with pytest.raises(EvidenceError, match="no study reports 'x' as a count"):
            pool_outcome(
                EvidenceTable(title="t", studies=(Study(key="s", outcomes=(ReportedOutcome(name="x"),)),)), "x"
            )

    def test_effects_have_the_labels_of_their_studies(self) -> None:
        """The effects behind a pool name the study of each, so that it can be pooled again without one of them."""
        effects, words = outcome_effects(rates((3, 20), (18, 25), (9, 30)), "response", PoolChoice())
        assert list(effects.labels) == ["s0", "s1", "s2"]
        assert [study.label for study in pool(effects.take([0, 2])).studies] == ["s0", "s2"]
        assert words["left_out"] == ()
