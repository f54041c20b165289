"""A look judged: what data say as a z with an interval, and what the rule says of it."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from trialplan import GroupSequential, OneProportion, TwoMeans, TwoProportions
from trialplan.errors import ParameterError
from trialplan.outcome import InterimData
from trialplan.sequential.interim.decision import bounds, decide_at_look
from trialplan.sequential.interim.observed_information import observed_fractions

RATES = TwoProportions(control=0.3, treatment=0.5)
RULE = {"looks": (0.5, 1.0), "efficacy": "lan-demets-obrien-fleming", "futility": "conditional-power(0.2)"}
DESIGN = GroupSequential(design=RATES, **RULE)
N = 188


def seen_counts(design, n, arms):
    """A look's responders of participants, as the design's own test reads them."""
    return design.outcome.seen(design, n, "events", arms)


def seen_means(design, n, arms, sds=None):
    """A look's means of participants, as the design's own test reads them."""
    return design.outcome.seen(design, n, "means", arms, sds)


def look(z, design=DESIGN, fractions=(0.5,), final=False, **seen):
    """A look at these fractions with this z, judged."""
    held = bounds(design, N, fractions, final=final)
    return decide_at_look(design, N, InterimData(z=z, **seen), held)


def _holds(found, rate):
    low, high = found.ordered.interval
    return low <= rate <= high


def restricted_score(x_t, n_t, x_c, n_c, difference):
    """The score statistic at a difference, the restricted maximum found by search over the likelihood."""

    def minus(p_c):
        p_t = p_c + difference
        return -(stats.binom.logpmf(x_t, n_t, p_t) + stats.binom.logpmf(x_c, n_c, p_c))

    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    edge = 1e-10
    p_c = optimize.minimize_scalar(
        minus, bounds=(low + edge, high - edge), method="bounded", options={"xatol": 1e-12}
    ).x
    p_t = p_c + difference
    error = math.sqrt(p_t * (1 - p_t) / n_t + p_c * (1 - p_c) / n_c)
    return (x_t / n_t - x_c / n_c - difference) / error


class TestSeen:
    def test_counts_are_the_chi_squared_test(self):
        """z squared is Pearson's chi-squared, and its sign favours the treatment."""
        seen = seen_counts(RATES, N, [(24, 47), (13, 47)])
        wanted = stats.chi2_contingency([[24, 23], [13, 34]], correction=False).statistic
        assert seen.z == pytest.approx(math.sqrt(wanted))
        assert seen_counts(RATES.replace(favourable="lower", control=0.5, treatment=0.3), N, [(24, 47), (13, 47)]).z < 0
        assert (seen.n, seen.share) == (94, pytest.approx(0.5))
        assert seen.estimate == pytest.approx(11 / 47)

    @pytest.mark.parametrize("critical", [1.96, 2.9626])
    def test_the_interval_inverts_the_score_test(self, critical):
        """At its limits the score statistic, maximised by search, is the critical value."""
        seen = seen_counts(RATES, N, [(24, 47), (13, 45)])
        low, high = seen.interval(critical)
        assert restricted_score(24, 47, 13, 45, low) == pytest.approx(critical, abs=1e-4)
        assert restricted_score(24, 47, 13, 45, high) == pytest.approx(-critical, abs=1e-4)

    def test_information_of_unequal_arms(self):
        """Arms of 60 and 34 hold less than half of the information of 94 and 94."""
        seen = seen_counts(RATES, N, [(24, 60), (13, 34)])
        assert seen.share == pytest.approx((1 / (1 / 60 + 1 / 34)) / 47)

    def test_one_arm(self):
        """One arm is held against its null rate, with Wilson's interval."""
        design = OneProportion(null=0.2, expected=0.35, test="score")
        seen = seen_counts(design, 60, [(9, 30)])
        assert seen.z == pytest.approx(0.1 / math.sqrt(0.2 * 0.8 / 30))
        wanted = stats.binomtest(9, 30).proportion_ci(0.95, method="wilson")
        assert seen.interval(stats.norm.ppf(0.975)) == pytest.approx((wanted.low, wanted.high))

    def test_means(self):
        """Means are held against the null by the planned standard deviations, or by those seen."""
        design = TwoMeans(difference=0.5, sd=1, test="z")
        seen = seen_means(design, 126, [(0.6, 32), (0.2, 30)])
        assert seen.z == pytest.approx(0.4 / math.sqrt(1 / 32 + 1 / 30))
        own = seen_means(design, 126, [(0.6, 32), (0.2, 30)], (1.5, 1.2))
        error = math.sqrt(1.5**2 / 32 + 1.2**2 / 30)
        assert own.z == pytest.approx(0.4 / error)
        assert own.interval(2.0) == pytest.approx((0.4 - 2 * error, 0.4 + 2 * error))

    def test_odds(self):
        """The odds ratio has its interval on the logarithm, with half in every cell."""
        seen = seen_counts(RATES.replace(test="log-odds"), N, [(24, 47), (13, 47)])
        log = math.log(24.5 * 34.5 / (23.5 * 13.5))
        error = math.sqrt(1 / 24.5 + 1 / 34.5 + 1 / 23.5 + 1 / 13.5)
        assert seen.z == pytest.approx(log / error)
        assert np.log(seen.interval(1.96)) == pytest.approx((log - 1.96 * error, log + 1.96 * error))

    @pytest.mark.parametrize(
        ("arms", "words"),
        [
            ([(31, 30), (9, 30)], "31 of 30"),
            ([(3, 30)], "treatment and control, 2 in all, not 1"),
            ([(0, 0), (9, 30)], "at least 1 participant"),
        ],
    )
    def test_refused(self, arms, words):
        """More responders than participants, an arm too few, and an empty arm are refused."""
        with pytest.raises(ParameterError, match=words):
            seen_counts(RATES, N, arms)


class TestVerdict:
    def test_each_side_of_each_boundary(self):
        """A hair beyond a boundary stops, a hair before it goes on."""
        upper, lower = (DESIGN.solved(float(DESIGN.success(N))).__dict__[name][0] for name in ("upper", "lower"))
        hair = 1e-6
        verdicts = [look(z).verdict for z in (upper + hair, upper - hair, lower + hair, lower - hair, -upper - hair)]
        assert verdicts == ["stop-for-efficacy", "go-on", "go-on", "stop-for-futility", "stop-for-harm"]

    def test_the_last_look(self):
        """The last look rejects in either direction, or does not."""
        found = [look(z, fractions=(0.5, 1.0)).verdict for z in (2.0, 1.9, -1.0, -2.0)]
        assert found == ["rejected", "not-rejected", "not-rejected", "rejected"]

    def test_a_one_sided_trial_has_no_other_direction(self):
        """One-sided, a bad result stops for futility and no more."""
        design = GroupSequential(design=RATES.replace(sides=1, alpha=0.025), **RULE)
        assert look(-4.0, design).verdict == "stop-for-futility"

    def test_a_look_that_tests_for_nothing(self):
        """A look that is left out by either boundary goes on whatever it sees."""
        design = GroupSequential(
            design=RATES, looks=(0.3, 0.5, 1.0), efficacy_at=(0.5, 1.0), efficacy="lan-demets-obrien-fleming"
        )
        found = look(5.0, design, fractions=(0.3,))
        assert found.verdict == "go-on"
        assert found.evidence.repeated is None

    def test_a_trial_that_ends_early_uses_its_whole_level(self):
        """A first look that is the end is a fixed trial: 1.96."""
        found = look(1.97, fractions=(0.6,), final=True)
        assert found.evidence.bounds.efficacy_z[-1] == pytest.approx(stats.norm.ppf(0.975), abs=1e-9)
        assert found.verdict == "rejected"
        assert found.conditional_power is None


class TestAhead:
    def test_conditional_power_at_the_futility_boundary(self):
        """On the boundary that is a conditional power of .2, conditional power is .2."""
        lower = DESIGN.solved(float(DESIGN.success(N))).lower[0]
        assert look(lower).conditional_power["planned"] == pytest.approx(0.2, abs=1e-9)

    def test_by_hand(self):
        """Lan and Wittes's formula at the planned effect, at the one seen, and without any; and its average."""
        found = look(1.2)
        drift, critical = DESIGN.solved(float(DESIGN.success(N))).drift, found.evidence.bounds.critical

        def power(at):
            return stats.norm.sf((critical - 1.2 * math.sqrt(0.5) - at * 0.5) / math.sqrt(0.5))

        wanted = {"planned": power(drift), "trend": power(1.2 / math.sqrt(0.5)), "null": power(0.0)}
        assert found.conditional_power == pytest.approx(wanted, abs=1e-10)
        seen = stats.norm(1.2 / math.sqrt(0.5), 1 / math.sqrt(0.5))
        averaged = seen.expect(power)
        assert found.predictive_power == pytest.approx(averaged, abs=1e-7)

    def test_unplanned_information_changes_the_final_test(self):
        """At other information the errors are spent again, at this look and at the last."""
        found = look(1.0, fractions=(0.32,))
        assert found.evidence.bounds.again
        spent = 2 * stats.norm.sf(stats.norm.ppf(1 - 0.025 / 2) / math.sqrt(0.32))
        assert stats.norm.sf(found.evidence.bounds.efficacy_z[0]) == pytest.approx(spent, rel=1e-9)
        joint = stats.multivariate_normal([0, 0], [[1, math.sqrt(0.32)], [math.sqrt(0.32), 1]])
        both = joint.cdf([found.evidence.bounds.efficacy_z[0], found.evidence.bounds.critical])
        assert 1 - both == pytest.approx(0.025, abs=1e-6)


class TestEnded:
    def test_p_value_of_the_second_look(self):
        """Ordered by stage: what would have stopped before, and what is as far up at the end, by a bivariate normal."""
        found = look(2.1, fractions=(0.5, 1.0))
        upper = found.evidence.bounds.efficacy_z[0]
        joint = stats.multivariate_normal([0, 0], [[1, math.sqrt(0.5)], [math.sqrt(0.5), 1]])
        # a trial that would have stopped below did not come so far
        went_on = joint.cdf([upper, 2.1], lower_limit=[-upper, -np.inf])
        tail = stats.norm.sf(upper) + (1 - 2 * stats.norm.sf(upper)) - went_on
        assert found.ordered.p == pytest.approx(2 * tail, abs=1e-6)

    def test_at_the_first_look_the_interval_is_the_usual_one(self):
        """A trial that ends at its first look has nothing to allow for: the estimate and the score interval of one."""
        seen = seen_counts(RATES, N, [(30, 47), (12, 47)])
        found = decide_at_look(DESIGN, N, seen, bounds(DESIGN, N, (0.5,), final=False))
        critical = stats.norm.ppf(0.975)
        alone = [
            optimize.brentq(lambda at, c=c: restricted_score(30, 47, 12, 47, at) - c, -0.9, 0.9)
            for c in (critical, -critical)
        ]
        assert found.verdict == "stop-for-efficacy"
        assert found.ordered.estimate == pytest.approx(seen.estimate)
        assert found.ordered.interval == pytest.approx(alone, abs=1e-5)

    @pytest.mark.parametrize(
        ("null", "rate", "n"),
        [
            (0.05, 0.35, 40),
            *(pytest.param(*one, marks=pytest.mark.sweep) for one in ((0.1, 0.3, 100), (0.8, 0.95, 60))),
        ],
    )
    def test_it_covers_the_true_rate(self, null, rate, n):
        """Over all counts of both looks, the ordered interval of a rate holds it about as often as it says."""
        fixed = OneProportion(null=null, expected=rate, test="score")
        design = GroupSequential(design=fixed, looks=(0.5, 1.0), efficacy="lan-demets-obrien-fleming")
        half, covered = n // 2, 0.0
        for first in range(half + 1):
            chance = stats.binom.pmf(first, half, rate)
            found = decide_at_look(
                design, n, seen_counts(fixed, n, [(first, half)]), bounds(design, n, (0.5,), final=False)
            )
            if found.ordered is not None:
                covered += chance * _holds(found, rate)
                continue
            for more in range(half + 1):
                seen = seen_counts(fixed, n, [(first + more, n)])
                found = decide_at_look(design, n, seen, bounds(design, n, (0.5, 1.0), final=True))
                covered += chance * stats.binom.pmf(more, half, rate) * _holds(found, rate)
        assert 0.87 < covered < 0.95  # 0.9, in steps of whole counts

    @pytest.mark.parametrize("events", [[(0, 47), (30, 47)], [(47, 47), (0, 47)], [(5, 94), (5, 94)]])
    def test_rates_stay_rates(self, events):
        """The interval of a difference of rates lies between -1 and 1, and has a width also where nothing was seen."""
        end = bounds(DESIGN, N, (sum(of for _, of in events) / N,), final=True)
        found = decide_at_look(DESIGN, N, seen_counts(RATES, N, events), end)
        low, high = found.ordered.interval
        assert -1 <= low <= found.ordered.estimate <= high <= 1
        assert high - low > 0.05
        assert (low, high) == pytest.approx(found.evidence.repeated, abs=1e-6)

    def test_means_that_do_not_differ_have_their_own_spread(self):
        """At z = 0 the interval is made from the data's standard deviation, not from the planned one."""
        fixed = TwoMeans(difference=0.5, sd=1.0)
        design = GroupSequential(design=fixed, looks=(0.5, 1.0), efficacy="lan-demets-obrien-fleming")
        seen = seen_means(fixed, 128, [(0.0, 64), (0.0, 64)], [3.0, 3.0])
        found = decide_at_look(design, 128, seen, bounds(design, 128, (0.5, 1.0), final=True))
        half = 3 * math.sqrt(2 / 64) * stats.t.ppf(0.975, 126)
        assert found.ordered.interval == pytest.approx((-half, half), rel=0.03)  # the first look takes a little

    def test_a_trial_that_goes_on_has_none(self):
        """A look that does not stop gives no adjusted P value."""
        assert look(1.0).ordered is None

    def test_z_alone_is_told_by_the_variance_of_its_test(self):
        """Without data, the estimate is the difference from the planned control rate whose pooled z is the look's."""
        for z in (-1.3, 0.4, 2.5):
            difference = look(z, fractions=(0.5, 1.0)).estimate
            pooled = 0.3 + difference / 2
            assert difference / math.sqrt(pooled * (1 - pooled) * 4 / N) == pytest.approx(z)

    def test_lower_is_better(self):
        """Where fewer is better the estimate is negative as z favours, and limits are in order."""
        design = GroupSequential(design=TwoProportions(control=0.5, treatment=0.3, favourable="lower"), **RULE)
        seen = seen_counts(design.design, N, [(10, 47), (30, 47)])
        found = decide_at_look(design, N, seen, bounds(design, N, (0.5,), final=False))
        assert found.verdict == "stop-for-efficacy"
        assert found.estimate < 0
        low, high = found.ordered.interval
        assert low < found.ordered.estimate < high < 0

    def test_the_repeated_interval_excludes_no_effect_where_the_look_stops(self):
        """The repeated interval holds 0 until the boundary is reached, whatever the counts."""
        for x in range(14, 40):
            seen = seen_counts(RATES, N, [(x, 47), (14, 47)])
            found = decide_at_look(DESIGN, N, seen, bounds(DESIGN, N, (0.5,), final=False))
            assert (found.evidence.repeated[0] > 0) == (found.verdict == "stop-for-efficacy")


class TestInformation:
    def test_planned_numbers_are_as_planned(self):
        """A look at the planned number has the planned fraction, though whole blocks make it a little more."""
        design = DESIGN.replace(looks=(0.4, 1.0))
        assert observed_fractions(design, N, 1, [(76, 76 / N)]) == (0.4,)

    def test_what_is_seen_and_what_is_given(self):
        """Information comes from what is given, else from who was seen, else from the plan."""
        assert observed_fractions(DESIGN, N, 1, [(60, 60 / N)]) == (60 / N,)
        assert observed_fractions(DESIGN, N, 2, [(180, 180 / N)]) == (0.5, 180 / N)
        assert observed_fractions(DESIGN, N, 2, [(60, 60 / N), (180, 180 / N)]) == (60 / N, 180 / N)
        assert observed_fractions(DESIGN, N, 2, [(180, 180 / N)], (0.4, 0.9)) == (0.4, 0.9)
        assert observed_fractions(DESIGN, N, 2, [(None, None)], (0.9,)) == (0.5, 0.9)

    @pytest.mark.parametrize(
        ("number", "given", "words"),
        [
            (3, (), "from 1 to 2, not 3"),
            (0, (), "from 1 to 2"),
            (2, (0.6, 0.5), "must increase"),
            (2, (0.1,) * 3, "not 3"),
        ],
    )
    def test_refused(self, number, given, words):
        """Looks that were not planned, and information that goes down, are refused."""
        with pytest.raises(ParameterError, match=words):
            observed_fractions(DESIGN, N, number, [], given)
