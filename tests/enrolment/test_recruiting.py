"""Recruitment over time against its closed forms, and against arrivals that are drawn here, one by one."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import ClusteredProportions, CoPrimary, TwoMeans, TwoProportions, catalogue, duration, recruit
from trialplan.analyses.sensitivity.exclusion import exclusion
from trialplan.enrolment.completion import Completion, Wait, later
from trialplan.enrolment.dropout import enrolled
from trialplan.enrolment.over_time import LEVELS, KnownRate, UncertainRates, of_sites, sites_needed
from trialplan.enrolment.recruiting import recruiting
from trialplan.enrolment.screening import Competitor, Screening, Step
from trialplan.enrolment.showing import what_is_shown
from trialplan.enrolment.sites import Component, Sites, as_many
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.accrual import Accrual
from trialplan.numerics.negative_binomials import probabilities
from trialplan.parameter import typical

DRAWS = 20_000
GROUPS = (
    Sites(number=4, per_year=18, shape=1.5, opens_from=1, opens_to=7),
    Sites(number=3, per_year=9, shape=None, opens_from=2, opens_to=2),
    Sites(number=2, per_year=30, shape=4.0, opens_from=0, opens_to=5),
)


def counts_by(groups, month, rng, trials=DRAWS):
    """How many are randomised by a month in each of many recruitments: a rate a site, then its Poisson count."""
    total = np.zeros(trials, dtype=int)
    for group in groups:
        opening = np.linspace(group.opens_from, group.opens_to, group.number)
        for opens in opening:
            mean = group.per_year / 12
            rate = mean if group.shape is None else rng.gamma(group.shape, mean / group.shape, trials)
            total += rng.poisson(rate * max(month - opens, 0.0), trials)
    return total


class TestClosedForms:
    """All sites open and alike: the count is negative binomial, scipy's own."""

    SITES = Sites(number=8, per_year=6, shape=1.25, opens_from=2, opens_to=2)

    def test_count(self):
        """P(at least n by a month) is the upper tail of the negative binomial at 8 × 1.25 and 1/(1 + scale × time)."""
        law = of_sites([self.SITES])
        for month, n in ((6, 10), (20, 60), (20, 90), (40, 120)):
            share = 1 / (1 + 0.5 / 1.25 * (month - 2))
            assert law.chance(n, month) == pytest.approx(stats.nbinom(10, share).sf(n - 1), rel=1e-11)
            exact = [stats.nbinom(10, share).isf(level) for level in LEVELS]
            assert [law.count(month, level) for level in LEVELS] == pytest.approx(exact, abs=1)

    def test_the_time_is_the_inverse(self):
        """By the month at a level, n are randomised with exactly that probability."""
        law = of_sites([self.SITES])
        for n in (1, 30, 400):
            for level in LEVELS:
                assert law.chance(n, law.month(n, level)) == pytest.approx(level, rel=1e-10)

    def test_the_time_is_a_ratio_of_gammas(self):
        """The time to n is a gamma of n over a gamma rate, a Pearson type VI law: scipy's beta prime."""
        law = of_sites([self.SITES])
        exact = 2 + 1.25 / 0.5 * stats.betaprime(60, 10).ppf(LEVELS)
        assert [law.month(60, level) for level in LEVELS] == pytest.approx(exact, rel=1e-9)

    def test_the_recursion_meets_the_closed_form(self):
        """One site's terms, and several of one share, are a negative binomial's, even where the first is no number."""
        for size, shape, share, mean in ((50, 3.0, 0.8, 0.0), (1500, 40.0, 0.96, 0.0), (400, 0.3, 0.99, 0.0)):
            found = probabilities(size, [shape / 4] * 4, [share] * 4, mean)
            assert found == pytest.approx(stats.nbinom(shape, 1 - share).pmf(np.arange(size)), rel=1e-9, abs=1e-300)
        assert probabilities(1200, [], [], 900.0) == pytest.approx(stats.poisson(900).pmf(range(1200)), rel=1e-9)

    def test_known_rates(self):
        """A Poisson count, and a gamma time on the clock of the expected count, through a ramp and a step."""
        accrual = Accrual(steps=((0, 2), (12, 5)), ramp_up=6)
        law = KnownRate(known=accrual)
        assert law.chance(30, 14) == pytest.approx(stats.poisson(28).sf(29), rel=1e-11)
        assert law.month(30, 0.5) == pytest.approx(accrual.month(stats.gamma(30).median()), rel=1e-11)

    def test_one_site_alone(self):
        """A site with shape 1 is geometric: no participant by a month with probability 1/(1 + rate × time)."""
        law = of_sites([Sites(number=1, per_year=12, shape=1)])
        assert 1 - law.chance(1, 3) == pytest.approx(1 / 4, rel=1e-12)


class TestSimulation:
    """Arrivals that are drawn here know nothing of the recursion."""

    @pytest.mark.parametrize(("month", "n"), [(6, 20), (12, 90), (18, 170)])
    def test_count(self, month, n):
        """Sites of three kinds that open at different times: within 3 standard errors."""
        seen = (counts_by(GROUPS, month, np.random.default_rng(n)) >= n).mean()
        claimed = of_sites(GROUPS).chance(n, month)
        assert abs(seen - claimed) < 3 * math.sqrt(claimed * (1 - claimed) / DRAWS)

    def test_quantiles_of_time(self):
        """The shares of drawn recruitments that are full by the quantiles' months are the quantiles' levels."""
        law, rng = of_sites(GROUPS), np.random.default_rng(5)
        for level in LEVELS:
            full = (counts_by(GROUPS, law.month(110, level), rng) >= 110).mean()
            assert abs(full - level) < 3 * math.sqrt(level * (1 - level) / DRAWS)

    def test_mean(self):
        """The expected number is the mean of those drawn."""
        drawn = counts_by(GROUPS, 15, np.random.default_rng(8))
        assert abs(drawn.mean() - of_sites(GROUPS).expected(15)) < 3 * drawn.std() / math.sqrt(DRAWS)

    def test_beyond_the_recursion(self):
        """Where rates are drawn, the answer meets the normal approximation of so many, and says that it is drawn."""
        sites = [Sites(number=60, per_year=120, shape=2, opens_to=6)]
        law = of_sites(sites)
        assert "drawn" in law.method(9000)
        assert "exactly" in law.method(900)
        mean = law.expected(18)
        open_for = 18 - np.linspace(0, 6, 60)
        sd = math.sqrt(mean + (100 / 2 * open_for**2).sum())
        assert law.chance(9000, 18) == pytest.approx(stats.norm.sf(8999.5, mean, sd), abs=0.02)


class TestSites:
    def test_as_many_keeps_the_shares(self):
        """Any number of sites is dealt to the groups, all of them, and the planned number gives the plan."""
        assert as_many(GROUPS, 9) == GROUPS
        for number in (1, 2, 5, 18, 100):
            assert sum(group.number for group in as_many(GROUPS, number)) == number
        assert [group.number for group in as_many(GROUPS, 18)] == [8, 6, 4]

    def test_the_fewest_that_are_needed(self):
        """One site fewer misses the probability, the number itself reaches it."""
        law = of_sites([Sites(number=10, per_year=6, shape=2, opens_to=6)])
        found = sites_needed(law, 100, 24, 0.8, 10_000)
        assert law.with_sites(found).chance(100, 24) >= 0.8 > law.with_sites(found - 1).chance(100, 24)
        assert sites_needed(law, 100, 0.1, 0.8, 10_000) is None

    def test_screening(self):
        """Shares of steps multiply, those of competing trials add up, and each line is what is left."""
        made = Screening(
            steps=(Step(name="a", share=0.5), Step(name="b", share=0.4)),
            competing=(Competitor(name="c", share=0.1), Competitor(name="d", share=0.3)),
        )
        assert [left for _, left, _ in made.remaining()] == pytest.approx([0.5, 0.2, 0.18, 0.12])
        assert made.share == pytest.approx(0.5 * 0.4 * (1 - 0.4))

    def test_thinning_by_simulation(self):
        """Patients drawn, then each screened, are as many as sites of the thinned rate randomise."""
        rng = np.random.default_rng(3)
        rates = rng.gamma(1.5, 5 / 12 / 1.5, (DRAWS, 6))
        seen = rng.poisson(rates * 24).sum(axis=1)
        passed = rng.binomial(rng.binomial(seen, 0.6), 0.8 * 0.9)
        law = of_sites([Sites(number=6, per_year=5 * 0.6 * 0.8 * 0.9, shape=1.5)])
        claimed = law.chance(25, 24)
        assert abs((passed >= 25).mean() - claimed) < 3 * math.sqrt(claimed * (1 - claimed) / DRAWS)

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"number": 0}, r"whole number of sites from 1 to 10,000, not 0"),
            ({"number": 2.5}, "not 2.5"),
            ({"per_year": 0}, "per_year must lie"),
            ({"shape": -1}, "shape must lie"),
            ({"opens_from": 5, "opens_to": 3}, "before the first site opens in month 5"),
            ({"opens_from": -1}, "opens_from must lie"),
        ],
    )
    def test_refused(self, numbers, words):
        """What is no site is one sentence."""
        with pytest.raises(ParameterError, match=words):
            Sites(**({"number": 3, "per_year": 6} | numbers))

    def test_competitors_leave_some(self):
        """Trials that take everybody leave nothing to recruit."""
        with pytest.raises(ParameterError, match="must leave some"):
            Screening(competing=(Competitor(name="a", share=0.6), Competitor(name="b", share=0.4)))


class TestRecruit:
    DESIGN = TwoProportions(control=0.3, treatment=0.5)
    SITES = {"sites": 20, "patients_per_year": 5, "eligible": 0.4, "competing": 0.25, "rate_shape": 2, "opens": "3:9"}

    def test_what_can_be_shown_is_what_the_design_answers(self):
        """Each number has the design's own power, detectable effect and interval."""
        answer = recruit(self.DESIGN, [60, 120], months=48, **self.SITES)
        for one, what in answer.shown:
            assert what.success == pytest.approx(float(self.DESIGN.success(one.n)))
            assert what.detectable == pytest.approx(float(self.DESIGN.detectable_effect(one.n, 0.8)) - 0.3)
            assert what.half_width == exclusion(self.DESIGN, [one.n])[0].half_width
        assert answer.law.groups[0].per_year == pytest.approx(5 * 0.4 * 0.75)

    def test_those_who_come_by_the_month(self):
        """Without numbers, those wanted and those who come by the deadline are asked, in whole blocks."""
        answer = recruit(self.DESIGN, months=30, **self.SITES)
        asked = [one.n for one, _ in answer.shown]
        assert asked[-1] == answer.n == 186
        assert asked[:-1] == sorted(one // 2 * 2 for one in (answer.by.least, answer.by.median, answer.by.most))
        assert answer.by.least < answer.by.median < answer.by.most

    def test_clusters_come_whole(self):
        """Of those who come in clusters whole ones are asked."""
        design = ClusteredProportions(control=0.3, treatment=0.5, icc=0.05, cluster_size=12)
        answer = recruit(design, months=30, **self.SITES)
        asked = [one.n for one, _ in answer.shown]
        assert asked
        assert [n % 24 for n in asked] == [0] * len(asked)

    @pytest.mark.parametrize("slug", [slug for slug, cls in catalogue.designs().items() if cls.has_level])
    def test_any_design_answers(self, slug):
        """At the number that it needs, every design has the power that it was sized for, and shows its own effect."""
        design = catalogue.design(slug)(**typical(catalogue.design(slug)))
        answer = design.sample_size(0.8)
        found = answer.design
        (one,) = what_is_shown(found, [answer.n], 0.8)
        assert one.success == pytest.approx(float(answer.success))
        planned, scale = float(found.planned_estimate()), found.outcome.effect_scale(found)
        if found.held_against is not None:  # read from the null
            planned -= float(found.value("comparator"))
        if one.detectable is not None:  # a whole block more than is needed shows a little less
            assert one.detectable == pytest.approx(planned, abs=0.1 * abs(planned - scale.none) + 0.02)

    def test_a_family_answers_with_its_power(self):
        """Several endpoints together have a power, and neither one effect nor one interval."""
        family = CoPrimary(members=(self.DESIGN, TwoMeans(difference=0.5, sd=1)), correlation=0.3)
        n = family.sample_size(0.8).n
        (one,) = what_is_shown(family, [n], 0.8)
        assert one.success >= 0.8
        assert (one.detectable, one.interval) == (None, None)

    def test_dropout_takes_the_lost_off(self):
        """What is shown rests on those who are expected to be observed, in whole blocks."""
        (one,) = what_is_shown(self.DESIGN, [111], 0.8, dropout=0.1)
        assert (one.n, one.observed) == (111, 98)

    def test_looks_stand_after_their_participants(self):
        """A look is due when those it needs are randomised, read and decided on."""
        law = of_sites([Sites(number=10, per_year=6, shape=2)])
        answer = recruiting(law, 60, looks=[30, 60], wait=Wait(read_after=12, decision=2))
        first, last = answer.looks
        assert first.completion.median == pytest.approx(law.month(30, 0.5) + 14)
        assert (last.final, last.completion.n) == (True, 60)
        assert answer.duration.late == pytest.approx(answer.full.late + 14)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"sites": None}, "sites is needed"),
            ({"patients_per_year": None}, "patients_per_year is needed"),
            ({"site": 3}, "there is no 'site'"),
            ({"opens": "3:9:12"}, "as in 3:15, not '3:9:12'"),
            ({"opens": "early"}, "as in 3:15, not 'early'"),
            ({"eligible": 1.5}, "eligible must lie"),
            ({"patients_per_year": -1}, "patients_per_year must lie"),
            ({"months": -3}, r"months in \(0, 12,000\], not -3"),
            ({"n": [60.5]}, "whole numbers of participants"),
        ],
    )
    def test_refused(self, more, words):
        """A number that is none, or none at all, is one sentence."""
        with pytest.raises(ParameterError, match=words):
            recruit(self.DESIGN, **(self.SITES | more))


def test_what_is_read_later_is_in_time_by_no_chance_of_recruitment():
    """The months move, and the chance of a deadline, which is that of the last who comes, is told no more."""
    full = Completion(n=60, early=10.0, median=12.0, late=15.0, chance=0.7)
    assert later(full, 3.0) == Completion(n=60, early=13.0, median=15.0, late=18.0, chance=None)


def test_more_than_anybody_could_enrol_are_refused():
    """Where nearly all are lost, the number is told to be beyond a million millions."""
    with pytest.raises(UnreachableError, match=r"more than 1e\+12 would be enrolled"):
        enrolled(TestRecruit.DESIGN, {"treatment": 10**6, "control": 10**6}, 1 - 1e-6)
    assert enrolled(TestRecruit.DESIGN, {"treatment": 10**5, "control": 10**5}, 1 - 1e-6)["n"] == 2 * 10**11


class TestDuration:
    SITES = {"sites": 10, "patients_per_year": 6, "rate_shape": 2}

    def test_each_from_the_other(self):
        """The months that n take at a chance bring n with that chance."""
        taken = duration(n=80, read_after=9, **self.SITES)
        back = duration(months=taken.total.median, read_after=9, **self.SITES)
        assert back.by.median == 80
        assert taken.total.median == pytest.approx(taken.recruited.median + 9)

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"n": 80, "months": 3}, "keep one"),
            ({}, "n or months is needed"),
            ({"n": 0}, "from 1 on, not 0"),
            ({"months": 5, "read_after": 12}, "more than the 12 that pass"),
        ],
    )
    def test_refused(self, asked, words):
        """One question at a time, with room for an answer."""
        with pytest.raises(ParameterError, match=words):
            duration(**self.SITES, **asked)

    def test_a_recruitment_that_never_ends(self):
        """A month past any trial's end is refused with the way out."""
        with pytest.raises(ParameterError, match="recruit faster"):
            duration(n=10_000, sites=1, patients_per_year=0.5, rate_shape=0.2)


def test_components_need_no_group():
    """Sites that are given one by one have the expected recruitment of their own rates."""
    law = UncertainRates(components=(Component(shape=2, rate=1, opens=0), Component(shape=1, rate=3, opens=4)))
    assert law.expected(6) == pytest.approx(6 + 6)
    assert law.with_sites(3) is None


class TestUnderWay:
    SITES = {"sites": 6, "patients_per_year": 12, "rate_shape": 2, "opens": "1:6"}
    SEEN = ((9, 5), (2, 4), (0, 1))

    def test_by_bayes(self):
        """Rates drawn from the prior and kept where the counts came out so predict what `duration` does."""
        rng = np.random.default_rng(12)
        rates = rng.gamma(2, 1 / 2, (400_000, 6))
        seen = np.stack([rng.poisson(rates[:, site] * months) for site, (_, months) in enumerate(self.SEEN)], axis=1)
        kept = rates[(seen == [many for many, _ in self.SEEN]).all(axis=1)]
        opening = np.maximum(np.linspace(1, 6, 6)[3:] - (1 + 5), 0)
        open_for = 10 - np.concatenate([np.zeros(3), opening])
        counts = rng.poisson((kept * open_for).sum(axis=1))
        found = duration(n=80, so_far=self.SEEN, **self.SITES)
        claimed = found.law.chance(found.recruited.n, 10)
        assert found.recruited.n == 80 - 11
        share = (counts >= found.recruited.n).mean()
        assert len(kept) > 300
        assert abs(share - claimed) < 3 * math.sqrt(claimed * (1 - claimed) / len(kept))

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"so_far": "10/4,3"}, "as in 10/4,3/2, not 10/4,3"),
            ({"so_far": "-1/4"}, "not -1/4"),
            ({"so_far": "90/4"}, "90 have come already"),
            ({"so_far": "1/4,1/4", "sites": 1}, "fewer than the 2 that have recruited"),
            ({"so_far": "1/4", "rate_shape": None}, "rate_shape is needed where sites are under way"),
            ({"so_far": [(1.5, 3)]}, r"whole participants .* not \[\(1.5, 3\)\]"),
        ],
    )
    def test_refused(self, more, words):
        """What is no site's recruitment so far is one sentence."""
        with pytest.raises(ParameterError, match=words):
            duration(**({"n": 80} | self.SITES | more))
