"""Looks at participants who are drawn here: every family of boundaries, late endpoints, blinded re-estimation."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans, TwoProportions
from trialplan.enrolment.calendar import Recruitment, dated
from trialplan.numerics.accrual import read_accrual
from trialplan.reestimation.rule import Reestimated

LOOKS = (0.3, 0.55, 0.8, 1.0)
EFFECT = {"responses": 0.003, "measurements": 0.025}
EFFICACY = {
    "obrien-fleming": "obrien-fleming",
    "pocock": "pocock",
    "wang-tsiatis": "wang-tsiatis(0.3)",
    "wang-tsiatis-steep": "wang-tsiatis(-0.3)",
    "haybittle-peto": "haybittle-peto(2.9)",
    "lan-demets-obrien-fleming": "lan-demets-obrien-fleming",
    "lan-demets-pocock": "lan-demets-pocock",
    "hwang-shih-decani": "hwang-shih-decani(-3)",
    "kim-demets": "kim-demets(1.5)",
    "given": (0.004, 0.009, 0.02, 0.025),
}
FUTILITY = {
    "none": None,
    "spent": "hwang-shih-decani(-1)",
    "spent-late": "lan-demets-obrien-fleming",
    "given": (0.02, 0.06, 0.1, 0.2),
    "z": "z(-0.3,0.2,none)",
    "p": "p(0.6,none,0.3)",
    "conditional-power": "conditional-power(0.25)",
    "trend": "conditional-power-trend(0.1)",
    "predictive-power": "predictive-power(0.08)",
    "effect": "effect",
}
SHARES = (0.16, 0.24, 0.32)
"""Of the planned effect, at which a trial whose futility is on the scale of the effect stops."""


def combinations():
    """Every efficacy with every futility, binding and not; all but one futility of each efficacy are slow together."""
    often = dict(zip(EFFICACY, FUTILITY, strict=True))
    for kind, efficacy, futility, binding in itertools.product(EFFECT, EFFICACY, FUTILITY, (False, True)):
        if not (binding and futility == "none"):
            marks = [] if often[efficacy] == futility else [pytest.mark.sweep]
            name = f"{kind}-{efficacy}-{futility}{'-binding' * binding}"
            yield pytest.param(kind, efficacy, futility, binding, id=name, marks=marks)


def planned(kind, efficacy, futility, binding):
    """The trial, one-sided at 0.025."""
    level, effect = {"alpha": 0.025, "sides": 1}, EFFECT[kind]
    if kind == "responses":
        inner = TwoProportions(control=0.5, treatment=0.5 + effect, **level)
    else:
        inner = TwoMeans(difference=effect, sd=1, test="z", **level)
    stops = FUTILITY[futility]
    if stops == "effect":
        stops = f"effect({','.join(str(share * effect) for share in SHARES)})"
    return GroupSequential(design=inner, looks=LOOKS, efficacy=EFFICACY[efficacy], futility=stops, binding=binding)


def seen(kind, effect, sizes, trials, rng):
    """z and the estimate at each look, from totals of those who were enrolled since the last."""
    totals, before = np.zeros((2, trials)), 0
    for size in sizes:
        added = size - before
        if kind == "responses":
            totals = totals + rng.binomial(added, np.array([[0.5 + effect], [0.5]]), (2, trials))
            pooled = totals.sum(axis=0) / (2 * size)
            error = np.sqrt(pooled * (1 - pooled) * 2 / size)
        else:
            totals = totals + rng.normal(np.array([[effect], [0]]) * added, math.sqrt(added), (2, trials))
            error = math.sqrt(2 / size)
        estimate = (totals[0] - totals[1]) / size
        yield estimate / error, estimate
        before = size


def within(found, claimed, trials):
    """Whether a share of trials lies within four standard errors, and one trial, of what is claimed."""
    return abs(found - claimed) <= 4 * math.sqrt(claimed * (1 - claimed) / trials) + 1 / trials


class TestEveryFamily:
    @pytest.mark.parametrize(("kind", "efficacy", "futility", "binding"), [*combinations()])
    def test_stops_as_often_as_the_answer_says(self, kind, efficacy, futility, binding):
        """Level, chances of stopping at each look, power and expected n are those of drawn participants."""
        answer = planned(kind, efficacy, futility, binding).sample_size(0.8)
        rows, trials, rng = answer.extra["looks"], 60_000, np.random.default_rng(2026)
        sizes = [row["n"] // 2 for row in rows]
        for hypothesis, share in (("null", 0.0), ("halfway", 0.5), ("alternative", 1.0)):
            going, never_stopped, n = np.ones(trials, bool), np.ones(trials, bool), np.zeros(trials)
            successes = false = 0.0
            for row, (z, estimate) in zip(rows, seen(kind, share * EFFECT[kind], sizes, trials, rng), strict=True):
                crosses = z >= (math.inf if row["efficacy_z"] is None else row["efficacy_z"])
                high, last = going & crosses, row is rows[-1]
                if last or row["futility_z"] is None:
                    low = np.zeros(trials, bool)
                elif futility == "effect":
                    low = going & ~high & (estimate <= SHARES[rows.index(row)] * EFFECT[kind])
                else:
                    low = going & ~high & (z <= row["futility_z"])
                assert within(high.mean(), row["stop_for_efficacy"][hypothesis], trials)
                assert last or within(low.mean(), row["stop_for_futility"][hypothesis], trials)
                successes += high.mean()
                false += (high if binding else never_stopped & crosses).mean()
                assert hypothesis != "null" or within(false, row["cumulative_alpha"], trials)
                assert hypothesis != "alternative" or within(successes, row["cumulative_power"], trials)
                stops = going if last else high | low
                n[stops] = row["n"]
                going, never_stopped = going & ~stops, never_stopped & ~crosses
            error = n.std() / math.sqrt(trials)
            assert abs(n.mean() - answer.extra["expected_n"][hypothesis]) <= 4 * error + 1
            assert hypothesis != "null" or within(false, 0.025, trials)
            assert hypothesis != "alternative" or within(successes, float(answer.success), trials)


def arrivals(rates, ramp_up, count):
    """The month of each of so many arrivals, by counting on through small steps of time."""
    step, months, arrived, month = Fraction(1, 2000), [], Fraction(0), Fraction(0)
    while len(months) < count:
        rate = next(rate for start, rate in reversed(rates) if start <= month)
        share = min((month + step / 2) / ramp_up, 1) if ramp_up else 1
        arrived += rate * share * step
        month += step
        months.extend([float(month)] * (math.floor(arrived) - len(months)))
    return months[:count]


class TestLateEndpoints:
    @pytest.mark.parametrize(
        ("accrual", "rates", "ramp_up", "read_after", "decision"),
        [
            ("4", [(0, 4)], 0, 6, 1),
            ("2@0,5@6", [(0, 2), (6, 5)], 0, 12, 0),
            ("4", [(0, 4)], 5, 3, 0.5),
            ("40", [(0, 40)], 0, 12, 1),
        ],
    )
    def test_by_enrolling_one_by_one(self, accrual, rates, ramp_up, read_after, decision):
        """Months, evaluable, randomised, overrun and expected n are those of participants who arrive one by one."""
        inner = TwoProportions(control=0.3, treatment=0.5, alpha=0.025, sides=1)
        design = GroupSequential(design=inner, looks=(0.4, 0.7, 1.0), efficacy="pocock", futility="z(0)")
        recruitment = Recruitment(accrual=read_accrual(accrual, ramp_up), read_after=read_after, decision=decision)
        answer = dated(design.sample_size(0.8), recruitment)
        months = np.array(arrivals(rates, ramp_up, answer.n))
        randomised = []
        for row in answer.extra["looks"]:
            decided = months[row["n"] - 1] + read_after + decision
            randomised.append(int((months <= decided + 1e-9).sum()))
            assert row["month"] == pytest.approx(decided, abs=0.002)
            assert row["evaluable"] == row["n"]
            assert abs(row["randomised"] - randomised[-1]) <= 1
            assert row["overrun"] == row["randomised"] - row["evaluable"]
        for hypothesis, expected in answer.extra["expected_n"].items():
            early = [
                row["stop_for_efficacy"][hypothesis] + row["stop_for_futility"][hypothesis]
                for row in answer.extra["looks"][:-1]
            ]
            chances = [*early, 1 - sum(early)]
            assert expected == pytest.approx(np.dot(chances, randomised), abs=1)


def fixed_n(treatment, control, ratio):
    """The total of a fixed trial by the pooled z test, two-sided 0.05, power 0.8, in whole blocks (Fleiss 1981)."""
    pooled = (ratio * treatment + control) / (1 + ratio)
    null = stats.norm.isf(0.025) * math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    other = stats.norm.ppf(0.8) * math.sqrt(treatment * (1 - treatment) / ratio + control * (1 - control))
    return math.ceil(((null + other) / (treatment - control)) ** 2) * (1 + ratio)


class TestBlindedRates:
    @pytest.mark.parametrize(
        ("control", "treatment", "ratio", "pilot", "at_least"),
        [(0.3, 0.5, 1, 60, None), (0.3, 0.5, 1, 60, 60), (0.2, 0.35, 2, 90, None)],
    )
    @pytest.mark.parametrize("rate", [0.3, 0.45])
    def test_by_drawing(self, control, treatment, ratio, pilot, at_least, rate):
        """n again, level, power and mean n are those of trials whose pooled rate sets how many more are drawn."""
        inner = TwoProportions(control=control, treatment=treatment, allocation=f"{ratio}:1")
        rule, difference = Reestimated(design=inner, pilot=pilot, at_least=at_least), treatment - control
        share, least = ratio / (1 + ratio), fixed_n(treatment, control, ratio) if at_least is None else at_least
        sizes = []
        for count in range(pilot + 1):
            low, high = count / pilot - share * difference, count / pilot + (1 - share) * difference
            needed = fixed_n(high, low, ratio) if low > 0 and high < 1 else fixed_n(treatment, control, ratio)
            sizes.append(max(needed, least, pilot))
        assert [rule.final_n(count / pilot) for count in range(pilot + 1)] == sizes
        trials, rng = 150_000, np.random.default_rng(4)
        for null in (True, False):
            low = rate if null else rate - share * difference
            high = rate if null else rate + (1 - share) * difference
            rejects, favourable, n = self.drawn(
                (high, low), (round(share * pilot), pilot), ratio, np.array(sizes), trials, rng
            )
            course = rule.course(rule.truth(rate, null=null))
            if null:
                assert within(rejects, course.rejects, trials)
            else:
                assert within(favourable, course.favours, trials)
                assert course.mean_n == pytest.approx(n.mean(), abs=4 * n.std() / math.sqrt(trials) + 0.01)

    @staticmethod
    def drawn(rates, pilot, ratio, sizes, trials, rng):
        """Shares that reject, and that do so in the treatment's favour, and the totals."""
        first = pilot[0], pilot[1] - pilot[0]
        counts = [rng.binomial(m, rate, trials) for m, rate in zip(first, rates, strict=True)]
        n = sizes[sum(counts)]
        arms = n * ratio // (1 + ratio), n // (1 + ratio)
        ends = [x + rng.binomial(arm - m, rate) for x, arm, m, rate in zip(counts, arms, first, rates, strict=True)]
        pooled = np.clip(sum(ends) / n, 1e-9, 1 - 1e-9)
        z = (ends[0] / arms[0] - ends[1] / arms[1]) / np.sqrt(pooled * (1 - pooled) * (1 / arms[0] + 1 / arms[1]))
        critical = stats.norm.isf(0.025)
        return (np.abs(z) >= critical).mean(), (z >= critical).mean(), n


class TestBlindedMeans:
    @pytest.mark.sweep
    @pytest.mark.parametrize("sd", [0.8, 1.2])
    def test_by_drawing(self, sd):
        """Level and power are those of participants whose one standard deviation sets how many more are drawn."""
        rule = Reestimated(design=TwoMeans(difference=0.5, sd=1), pilot=40)
        trials, rng = 30_000, np.random.default_rng(6)
        for null in (True, False):
            shift = 0.0 if null else 0.5
            first = rng.normal(0, sd, (2, trials, 20)) + np.array([shift, 0])[:, None, None]
            blinded = np.concatenate(first, axis=1).std(axis=1, ddof=1)
            n = np.asarray(rule.final_n(blinded), dtype=int)
            rejects = favourable = 0
            for total in np.unique(n):
                here, more = n == total, total // 2 - 20
                rest = rng.normal(0, sd, (2, here.sum(), more)) + np.array([shift, 0])[:, None, None]
                both = np.concatenate([first[:, here], rest], axis=2)
                test = stats.ttest_ind(both[0], both[1], axis=1)
                rejects += (test.pvalue <= 0.05).sum()
                favourable += ((test.pvalue <= 0.05) & (test.statistic > 0)).sum()
            course = rule.course(rule.truth(sd, null=null))
            found, claimed = (rejects, course.rejects) if null else (favourable, course.favours)
            error = math.hypot(math.sqrt(claimed * (1 - claimed) / trials), course.standard_error)
            assert abs(found / trials - claimed) <= 4 * error
