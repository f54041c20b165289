"""Where the range of each assumption comes from, and what the trial is at its ends."""

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.proportion import proportion_confint

from trialplan.analyses.sensitivity.tornado import tornado
from trialplan.analyses.sensitivity.tornado_page import page
from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.ranges import NONE_STATED, axes_of

RANGED = 'source = "name the placebo arm, its definition and its time point"\n'
DRAWN = """evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }
bridge = { discount = 0.5, source = "why this much of the open-label excess is not believed" }
"""
STATED = (DRAWN, 'value = 0.3667\nsource = "ours"\n')


def bridged(seen, control):
    """The shipped plan's two terms by hand: 39.6 % of the excess off, then the odds times 0.87."""
    return stats.logistic.cdf(stats.logistic.ppf(0.604 * seen + 0.396 * control) + np.log(0.87))


def told(trial):
    """The page of a built plan's tornado."""
    return page(axes_of(trial), int(trial.answer.n), float(trial.primary.section.power))


@pytest.fixture
def edit(tmp_path):
    """A builder of the starter plan with some of its text replaced."""

    def built(*changes):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return build(read(str(path)))

    return built


@pytest.fixture(scope="module")
def lupus():
    """The shipped plan, built."""
    return build(read("msc-lupus-nephritis"))


def axis(trial, name):
    """The axis of that name."""
    return next(one for one in axes_of(trial) if one.assumption == name)


class TestWhereFrom:
    def test_a_borrowed_rate_has_its_predictive_interval(self, lupus):
        """The control rate ranges over what a new arm like those borrowed from may show."""
        found = axis(lupus, "control")
        belief = lupus.primary.assumption("control").borrowed.belief
        assert (belief.cdf(found.low), belief.cdf(found.high)) == pytest.approx((0.025, 0.975))
        assert "predictive interval of the 3 arms" in found.source

    def test_a_drawn_rate_has_its_wilson_interval(self, lupus):
        """What lies behind 16/30 ranges over statsmodels' Wilson interval."""
        found = axis(lupus, "treatment: rate behind wang-2012")
        assert (found.low, found.high) == pytest.approx(proportion_confint(16, 30, method="wilson"))
        assert found.source == "95 % Wilson interval of 16/30"

    def test_a_pooled_rate_has_what_a_further_study_may_show(self):
        """A pooled rate ranges over its prediction interval, not over the interval of the mean."""
        trial = build(read("cerebral-vasospasm"))
        found = axis(trial, "treatment: pooled rate")
        natural = trial.primary.assumption("treatment").reading.pool.natural
        assert (found.low, found.high) == (natural.prediction_lower, natural.prediction_upper)
        assert found.low < natural.lower < natural.upper < found.high

    def test_a_discount_has_the_listed_ones(self, lupus):
        """The discount ranges over those that the plan lists."""
        found = axis(lupus, "treatment: discount")
        assert (found.low, found.planned, found.high) == (0.0, 0.396, 0.75)

    def test_a_stated_control_rate_has_the_listed_ones(self, edit):
        """A control rate without a range of its own ranges over the listed control rates, which are named."""
        found = axis(edit(), "control")
        assert (found.low, found.high) == (0.1, 0.3)
        assert found.source == "the listed control rates, a low control rate to a high control rate"

    def test_an_end_that_is_no_number_is_refused(self, edit):
        """By its place, with what it may be."""
        with pytest.raises(PlanError, match=r"range number 2 must be a finite number, not nan"):
            edit((RANGED, f"{RANGED}range = [0.1, nan]\n"))

    def test_a_stated_range_comes_first(self, edit):
        """A range beside the value is taken before any other."""
        found = axis(edit((RANGED, RANGED + 'range = [0.15, 0.35]\nrange_source = "ours"\n')), "control")
        assert (found.low, found.high, found.source) == (0.15, 0.35, "ours")

    def test_nothing_is_guessed(self, edit):
        """A stated value without a range is listed, and not varied."""
        trial = edit(STATED)
        found = axis(trial, "treatment")
        assert (found.low, found.high, found.source) == (None, None, NONE_STATED)
        row = told(trial).data["rows"][-1]
        assert (row["assumption"], row["n_low"], row["range_source"]) == ("treatment", None, None)
        assert row["sentence"] == "treatment: no range stated, so it was not varied."


WRONG = {
    "outside": ("range = [0.25, 0.35]", "hold the value 0.2"),
    "reversed": ("range = [0.35, 0.15]", "hold the value 0.2"),
    "nothing": ("range = [0.2, 0.2]", "wider than nothing"),
    "domain": ("range = [0.1, 30]", "write 30 % as 0.3"),
}


class TestWrongRange:
    @pytest.mark.parametrize("case", WRONG)
    def test_it_must_hold_the_value_and_be_possible(self, edit, case):
        """A range that does not hold its value, or leaves the domain, is refused in one sentence."""
        text, hint = WRONG[case]
        with pytest.raises(PlanError, match=hint):
            edit((RANGED, f'{RANGED}{text}\nrange_source = "ours"\n'))

    def test_it_needs_a_source(self, edit):
        """A range without a source is a guess."""
        with pytest.raises(PlanError, match="range_source is missing"):
            edit((RANGED, f"{RANGED}range = [0.1, 0.3]\n"))

    def test_a_drawn_rate_takes_none(self, edit):
        """A rate that is drawn has its interval from its counts."""
        with pytest.raises(PlanError, match="its range follows from its counts"):
            edit((DRAWN, f'{DRAWN}range = [0.3, 0.6]\nrange_source = "ours"\n'))


class TestAtTheEnds:
    def test_the_bridge_is_redone_at_another_control_rate(self, lupus):
        """Where the control rate moves, the excess over the new one is discounted."""
        design = axis(lupus, "control").design_at(0.3)
        assert (design.control, design.treatment) == pytest.approx((0.3, bridged(16 / 30, 0.3)))

    def test_a_stated_treatment_rate_stays(self, edit):
        """A treatment rate that is stated does not move with the control rate."""
        assert axis(edit(STATED), "control").design_at(0.3).treatment == 0.3667

    def test_the_observed_rate_is_bridged(self, lupus):
        """Another rate behind the counts is discounted toward the planned control rate."""
        design = axis(lupus, "treatment: rate behind wang-2012").design_at(0.4)
        control = lupus.primary.assumption("control").value
        assert design.treatment == pytest.approx(bridged(0.4, control))

    def test_assurance_at_a_control_rate_is_an_integral(self, lupus):
        """With the control rate known, assurance is scipy's integral of power over posterior and bias."""
        found = axis(lupus, "control")
        belief, bias = stats.beta(16.5, 14.5), stats.norm(-np.log(0.87), np.hypot(0.04, 0.1))

        def power(off, rate):
            moved = stats.logistic.cdf(stats.logistic.ppf(0.604 * rate + 0.396 * 0.3) - off)
            return lupus.primary.design.replace(control=0.3, treatment=moved).success(254)

        rates, offs = np.linspace(1e-6, 1 - 1e-6, 2001), np.linspace(-0.4, 0.7, 401)
        weight = belief.pdf(rates)[:, None] * bias.pdf(offs)
        expected = integrate.simpson(integrate.simpson(weight * power(offs, rates[:, None]), x=offs), x=rates)
        assert found.assurance_at(0.3) == pytest.approx(expected, abs=1e-5)

    def test_assurance_at_an_uncontrolled_rate_averages_over_the_control(self, lupus):
        """With the uncontrolled rate known, assurance is the mean power over random control rates."""
        found = axis(lupus, "treatment: rate behind wang-2012")
        control = lupus.primary.assumption("control").borrowed.belief.draw(100_000, np.random.default_rng(5))
        power = lupus.primary.design.replace(control=control, treatment=bridged(0.4, control)).success(254)
        assert found.assurance_at(0.4) == pytest.approx(power.mean(), abs=4 * power.std() / 316)


class TestShippedPlan:
    def test_the_control_rate_does_the_most_damage(self, lupus):
        """At the upper end of the control rate the bias of an open trial outweighs what is left of the excess."""
        found = tornado(axes_of(lupus), n=254, target=0.8)
        assert [swing.axis.assumption for swing in found] == [
            "control",
            "treatment: discount",
            "treatment: rate behind wang-2012",
        ]
        assert found[0].high.n is None
        assert found[0].high.power < 0.05

    def test_its_sentence(self, lupus):
        """An ethics board reads the endpoint, the arm, both rates and the probability."""
        first = told(lupus).data["rows"][0]
        assert first["sentence"].startswith(
            "If the rate of complete renal response at 12 months on placebo is 50.3 % instead of 21.4 %, there is "
            "no effect to find"
        )
        assert 0 < first["assurance_high"] < 0.15
        assert first["low"] < first["half_power"] < first["high"]

    def test_a_pool_that_may_show_nothing(self):
        """For the vasospasm plan the lower end of the pooled rate leaves no effect, and that stands first."""
        first = told(build(read("cerebral-vasospasm"))).data["rows"][0]
        assert first["assumption"] == "treatment: pooled rate"
        assert first["n_low"] is None
        assert "there is no effect to find: no number of participants would do" in first["sentence"]
