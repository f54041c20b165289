from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from trialplan.errors import ParameterError
from trialplan.evidence import (
    INTERVALS,
    ReportedOutcome,
    as_json,
    change_sd,
    estimate,
    log_scale,
    newcombe,
    read,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "single_arm_ci.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in REFERENCE.read_text().splitlines()]
SUN = ReportedOutcome(name="x", baseline_mean=3.1, baseline_sd=1.2, followup_mean=1.3, followup_sd=0.9, n=15)


def interval(name: str, events: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The limits for one count."""
    found = estimate(ReportedOutcome(name="x", events=events, of=n), name, confidence)
    assert found is not None
    return found.lower, found.upper


class TestIntervals:
    """Intervals for one proportion and for a difference."""

    @pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
    def test_they_agree_with_the_reference_programs(self, case: dict[str, Any]) -> None:
        """Each interval agrees with the pinned values of other software or of a published table."""
        given_, expected = case["inputs"], case["expected"]
        name = case["method"].removeprefix("single_arm.ci.").replace("_", "-")
        found = estimate(
            ReportedOutcome(name="x", events=given_["events"], of=given_["n"]), name, given_.get("confidence", 0.95)
        )
        assert found is not None
        pairs = {"estimate": found.value, "lower": found.lower, "upper": found.upper}
        for key, value in expected.items():
            assert pairs[key] == pytest.approx(value, rel=0, abs=case["tolerance"]["value"]), key

    def test_every_interval_has_a_pinned_case(self) -> None:
        """No interval is without a value from another program."""
        assert {case["method"].rpartition(".")[2].replace("_", "-") for case in CASES} == set(INTERVALS)

    @pytest.mark.parametrize(("events", "n"), [(1, 5), (8, 27), (16, 30), (23, 83), (39, 40)])
    def test_wilson_inverts_the_score_test(self, events: int, n: int) -> None:
        """At Wilson's limits the score statistic is exactly the critical value."""
        for limit in interval("wilson", events, n):
            z = (events / n - limit) / math.sqrt(limit * (1 - limit) / n)
            assert abs(z) == pytest.approx(stats.norm.ppf(0.975), abs=1e-9)

    @pytest.mark.parametrize(("events", "n"), [(0, 15), (1, 5), (8, 27), (16, 30), (40, 40)])
    def test_clopper_pearson_inverts_the_binomial_tails(self, events: int, n: int) -> None:
        """Its limits are where a binomial tail, found by root search, holds 2.5 %."""
        lower, upper = interval("clopper-pearson", events, n)
        if events > 0:
            assert lower == pytest.approx(
                optimize.brentq(lambda p: stats.binom.sf(events - 1, n, p) - 0.025, 1e-9, 1 - 1e-9), abs=1e-8
            )
        if events < n:
            assert upper == pytest.approx(
                optimize.brentq(lambda p: stats.binom.cdf(events, n, p) - 0.025, 1e-9, 1 - 1e-9), abs=1e-8
            )

    @pytest.mark.parametrize("n", [7, 12, 30])
    def test_clopper_pearson_covers_at_every_rate(self, n: int) -> None:
        """By enumeration over all counts, its coverage never falls below 95 %."""
        assert self.coverage("clopper-pearson", n).min() >= 0.95

    def test_wald_covers_less_than_wilson_and_jeffreys(self) -> None:
        """By enumeration at n = 30, Wald's mean coverage is below 95 % and the others' is close to it."""
        mean = {name: self.coverage(name, 30).mean() for name in INTERVALS}
        assert mean["wald"] < 0.92
        for name in ("wilson", "jeffreys", "agresti-coull"):
            assert mean[name] == pytest.approx(0.955, abs=0.015)

    def coverage(self, name: str, n: int) -> np.ndarray:
        """The exact coverage over a grid of rates, by enumeration of all counts."""
        limits = np.array([interval(name, x, n) for x in range(n + 1)])
        rates = np.linspace(0.005, 0.995, 199)
        inside = (limits[:, :1] <= rates) & (rates <= limits[:, 1:])
        return (inside * stats.binom.pmf(np.arange(n + 1)[:, None], n, rates)).sum(axis=0)

    @given(n=st.integers(1, 200), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
    def test_they_mirror_and_hold_the_rate(self, n: int, share: float, confidence: float) -> None:
        """Swapping events and non-events mirrors each interval, and the rate lies within it."""
        events = round(share * n)
        for name in INTERVALS:
            lower, upper = interval(name, events, n, confidence)
            mirrored = interval(name, n - events, n, confidence)
            assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((lower, upper), abs=1e-7)
            if name != "jeffreys":  # a credible interval from a prior may leave the observed rate outside
                assert lower - 1e-9 <= events / n <= upper + 1e-9

    def test_newcombe_agrees_with_his_examples(self) -> None:
        """The difference 56/70 − 48/80, and the two ends 9/10 − 3/10 and 10/10 − 0/20, are his table II."""
        assert newcombe((48, 80), (56, 70)) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
        assert newcombe((3, 10), (9, 10)) == pytest.approx((0.6, 0.1705, 0.8090), abs=5e-5)
        assert newcombe((0, 20), (10, 10)) == pytest.approx((1.0, 0.6791, 1.0), abs=5e-5)

    def test_wrong_choices_are_one_sentence(self) -> None:
        """An unknown interval names the nearest one, and a confidence of 95 says how to write it."""
        outcome = ReportedOutcome(name="x", events=1, of=5)
        with pytest.raises(ParameterError, match="did you mean 'wilson'"):
            estimate(outcome, "wilsen")
        with pytest.raises(ParameterError, match=r"write 95 % as 0\.95"):
            estimate(outcome, confidence=95)


class TestEstimate:
    """One outcome in numbers."""

    @pytest.mark.parametrize(
        "outcome",
        [
            ReportedOutcome(name="x", events="NR", of=30),
            ReportedOutcome(name="x", reported="ND"),
            ReportedOutcome(name="x", events=3),
            ReportedOutcome(name="x", baseline_mean=3.0, followup_mean=1.0, n=10),
            ReportedOutcome(name="x", baseline_mean=3.0, baseline_sd="NR", followup_mean=1.0, followup_sd=1.0, n=10),
            ReportedOutcome(name="x", baseline_mean=3.0, baseline_sd=1.0, followup_mean=1.0, followup_sd=1.0, n=1),
        ],
    )
    def test_there_is_none_without_numbers(self, outcome: ReportedOutcome) -> None:
        """NR, ND, words, a count without denominator and means without SD have no estimate."""
        assert estimate(outcome) is None

    def test_no_event_is_an_estimate(self) -> None:
        """Zero events of sixteen are a rate of zero with an upper limit."""
        found = estimate(ReportedOutcome(name="x", events=0, of=16), "clopper-pearson")
        assert found is not None
        assert (found.value, found.lower) == (0, 0)
        assert found.upper == pytest.approx(1 - 0.025 ** (1 / 16))

    def test_the_change_is_scanned_over_correlations(self) -> None:
        """The change SD is 1.50, 1.31, 1.08 and 0.79 at correlations 0, 0.25, 0.5 and 0.75."""
        found = estimate(SUN)
        assert found is not None
        assert found.value == pytest.approx(-1.8)
        assert [round(change.sd, 2) for change in found.changes] == [1.5, 1.31, 1.08, 0.79]
        assert (found.lower, found.upper) == (found.changes[0].lower, found.changes[0].upper)

    def test_the_change_interval_is_that_of_a_paired_t_test(self) -> None:
        """On made-up pairs, the interval at their own correlation is scipy's paired t interval."""
        rng = np.random.default_rng(7)
        before = rng.normal(5, 1, 20)
        after = 0.6 * before + rng.normal(0, 0.5, 20)
        outcome = ReportedOutcome(
            name="x",
            baseline_mean=float(before.mean()),
            baseline_sd=float(before.std(ddof=1)),
            followup_mean=float(after.mean()),
            followup_sd=float(after.std(ddof=1)),
            n=20,
        )
        found = estimate(outcome, confidence=0.9, correlations=[float(np.corrcoef(before, after)[0, 1])])
        assert found is not None
        expected = stats.ttest_rel(after, before).confidence_interval(0.9)
        assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high))

    def test_a_correlation_beyond_one_is_refused(self) -> None:
        """A correlation outside [-1, 1] is an error with its domain."""
        with pytest.raises(ParameterError, match=r"\[-1, 1\], not 1\.2"):
            change_sd(1, 1, 1.2)


class TestLogScale:
    """Log-normal summaries from mean and SD."""

    def test_it_reproduces_the_mean_and_sd(self) -> None:
        """scipy's log-normal with the derived parameters has the mean and SD that went in."""
        scale = log_scale(3.1, 1.2, 1.3, 0.9)
        back = stats.lognorm(scale.followup_log_sd, scale=scale.followup_geometric_mean)
        assert (back.mean(), back.std()) == pytest.approx((1.3, 0.9))
        assert scale.ratio == pytest.approx(scale.followup_geometric_mean / scale.baseline_geometric_mean)
        assert round(scale.followup_log_sd, 2) == 0.63
        assert round(scale.baseline_log_sd, 2) == 0.37

    def test_the_share_below_zero_of_a_normal_model(self) -> None:
        """A normal model puts 7.4 % of the reported follow-up values below zero."""
        found = estimate(SUN)
        assert found is not None
        assert found.log_scale is not None
        assert found.log_scale.below_zero == pytest.approx(stats.norm.cdf(0, 1.3, 0.9))

    def test_a_mean_at_or_below_zero_has_no_log_scale(self) -> None:
        """A change from a negative mean is estimated without log scale, and asking for one is an error."""
        outcome = ReportedOutcome(name="x", baseline_mean=-1, baseline_sd=1, followup_mean=1, followup_sd=1, n=9)
        found = estimate(outcome)
        assert found is not None
        assert found.log_scale is None
        with pytest.raises(ParameterError, match="mean must be above 0"):
            log_scale(-1, 1, 1, 1)


class TestAsJson:
    """The evidence as plain data."""

    def test_it_carries_every_study_outcome_and_estimate(self) -> None:
        """The shipped table as JSON has all studies, an estimate or null beside each outcome, and findings."""
        data = json.loads(json.dumps(as_json(read("msc-lupus-nephritis"))))
        assert list(data) == ["table", "studies", "findings", "pools"]
        outcomes = {(study["key"], o["name"], o["arm"]): o for study in data["studies"] for o in study["outcomes"]}
        single = outcomes["wang-2012", "complete remission", "single"]["estimate"]
        assert (single["lower"], single["upper"]) == pytest.approx((0.3614, 0.6977), abs=5e-5)
        assert outcomes["wang-2012", "serious infection", None]["estimate"] is None
        assert outcomes["wang-2014", "major clinical response", None]["estimate"] is None
        assert set(data["findings"][0]) == {"id", "severity", "study", "outcome", "seen", "means"}
        assert data["pools"] == []
