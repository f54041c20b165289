"""Recruitment over time, and looks at an endpoint that is read late: worked by hand, and drawn event by event."""

import numpy as np
import pytest

from trialplan import GroupSequential, TwoProportions
from trialplan.enrolment.calendar import Recruitment, dated, overrunning
from trialplan.errors import ParameterError
from trialplan.numerics.accrual import Accrual, read_accrual

RULE = {"looks": (0.5, 1.0), "efficacy": "lan-demets-obrien-fleming", "futility": "z(0)"}
DESIGN = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), **RULE)


@pytest.fixture(scope="module")
def answer():
    """190 participants, looked at when 96 have been read."""
    found = DESIGN.sample_size(0.8)
    assert [look["n"] for look in found.extra["looks"]] == [96, 190]
    return found


class TestAccrual:
    def test_a_constant_rate(self):
        """At 4 a month the 130th comes in month 32.5, and 178 are there in month 44.5."""
        even = Accrual(steps=((0, 4),))
        assert even.month(130) == pytest.approx(32.5)
        assert even.randomised(44.5) == pytest.approx(178)

    def test_a_ramp_and_a_second_rate(self):
        """Rising over 6 months to 2 a month, 6 come by then, 18 by month 12, and 5 a month after it."""
        slow = Accrual(steps=((0, 2), (12, 5)), ramp_up=6)
        assert [slow.randomised(month) for month in (0, 3, 6, 12, 14)] == pytest.approx([0, 1.5, 6, 18, 28])
        assert [slow.month(n) for n in (0, 1.5, 6, 18, 28)] == pytest.approx([0, 3, 6, 12, 14])

    def test_a_pause(self):
        """While nobody comes the count stands still, and the next comes after it."""
        paused = Accrual(steps=((0, 3), (4, 0), (10, 3)))
        assert paused.randomised(7) == 12
        assert paused.month(12) == pytest.approx(4)
        assert paused.month(15) == pytest.approx(11)

    def test_month_and_count_are_inverse(self):
        """The month of the n-th is when n are randomised, over a rate integrated in small steps."""
        plan = Accrual(steps=((0, 2.5), (9, 6), (20, 1.5)), ramp_up=7)
        step = 1e-3
        months = np.arange(0, 40, step) + step / 2
        rate = np.select([months < 7, months < 9, months < 20], [2.5 * months / 7, 2.5, 6.0], 1.5)
        for month in (3.0, 8.0, 15.5, 33.0):
            count = (rate * step)[months < month].sum()
            assert plan.randomised(month) == pytest.approx(count, abs=1e-3)
            assert plan.month(count) == pytest.approx(month, abs=1e-3)

    @pytest.mark.parametrize(
        ("value", "ramp", "words"),
        [
            ("4 a week", 0, "as in 4, or rates"),
            ("2@0,five@6", 0, "as in 4, or rates"),
            (0, 0, "above 0"),
            (-1, 0, r"\[0, 1,000,000,000\], not -1"),
            ("2@1", 0, "from month 0"),
            ("2@0,4@9,5@6", 0, "must increase, not go from 9 to 6"),
            ("2@0,5@6", 8, "second rate begins at 6, not 8"),
            (4, -1, "0 months or more, not -1"),
            ("inf", 0, "not inf"),
        ],
    )
    def test_refused(self, value, ramp, words):
        """Rates that are none, and months out of order, are one sentence each."""
        with pytest.raises(ParameterError, match=words):
            read_accrual(value, ramp)


class TestCalendar:
    def test_by_hand(self, answer):
        """At 5 a month, read after 12: the 96th comes in month 19.2, is read in 31.2, when 156 are randomised."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12))
        look, end = found.extra["looks"]
        assert look["month"] == pytest.approx(96 / 5 + 12)
        assert (look["evaluable"], look["randomised"], look["overrun"], look["spared"]) == (96, 156, 60, 34)
        assert (end["month"], end["randomised"], end["overrun"], end["spared"]) == (pytest.approx(50), 190, 0, 0)
        assert found.extra["last_randomised"] == pytest.approx(38)

    def test_a_look_takes_time_to_decide(self, answer):
        """Two months from the last reading to the decision are 10 more randomised."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12, decision=2))
        assert found.extra["looks"][0]["month"] == pytest.approx(33.2)
        assert found.extra["looks"][0]["randomised"] == 166

    def test_losses_are_randomised_and_not_read(self, answer):
        """Where a fifth is lost, 120 must be randomised to read 96, and 238 to read 190."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12, dropout=0.2))
        look, end = found.extra["looks"]
        assert look["month"] == pytest.approx(120 / 5 + 12)
        assert (look["evaluable"], look["randomised"], end["randomised"]) == (96, 180, 238)

    def test_expected_n_counts_the_randomised(self, answer):
        """Stopping at the look costs all who are randomised by then: one product for each hypothesis."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12))
        for name, share in (("null", 0.0), ("alternative", 1.0)):
            drift = share * DESIGN.solved(float(DESIGN.success(190))).drift
            chances = DESIGN.rule.chances(DESIGN.solved(float(DESIGN.success(190))), drift)
            stops = float(chances.stopped[0])
            assert found.extra["expected_n"][name] == pytest.approx(stops * 156 + (1 - stops) * 190)
            assert found.extra["expected_n"][name] > answer.extra["expected_n"][name]

    def test_an_endpoint_read_at_once_is_as_before(self, answer):
        """Without a wait nobody is randomised beyond the look, and expected n is that of the looks."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=0))
        assert [look["overrun"] for look in found.extra["looks"]] == [0, 0]
        assert found.extra["expected_n"] == pytest.approx(answer.extra["expected_n"])

    def test_an_interim_that_over_runs(self, answer):
        """A look that is decided on after recruitment saves nobody, and one sentence says so."""
        fast = dated(answer, Recruitment(accrual=read_accrual(10), read_after=12))
        (sentence,) = overrunning(fast.extra["looks"])
        assert "month 21.6, when all 190 participants are randomised: stopping then saves nobody" in sentence
        assert fast.extra["expected_n"]["null"] == pytest.approx(190)
        slow = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12))
        assert list(overrunning(slow.extra["looks"])) == []

    def test_refused(self, answer):
        """Negative months, and a trial without looks, are refused."""
        with pytest.raises(ParameterError, match=r"read_after must be months in \[0, 12,000\], not -1"):
            Recruitment(accrual=read_accrual(5), read_after=-1)
        fixed = TwoProportions(control=0.3, treatment=0.5).sample_size(0.8)
        with pytest.raises(ParameterError, match=r"add looks around the design, as in GroupSequential"):
            dated(fixed, Recruitment(accrual=read_accrual(5), read_after=12))


class TestAgainstEvents:
    """Trials drawn event by event: random arrivals, readings a year later, a look when enough have been read."""

    TRIALS = 4000

    def one(self, rng, rates, monthly, wait):
        """(month of the look, randomised by then, participants in all) of one trial; no formula of the package."""
        arrivals = np.cumsum(rng.exponential(1 / monthly, 190))
        events = sorted([(month, "in") for month in arrivals] + [(month + wait, "read") for month in arrivals])
        randomised = read = 0
        month = 0.0
        while read < 96:
            month, what = events.pop(0)
            randomised += what == "in"
            read += what == "read"
        x_t, x_c = rng.binomial(48, rates[0]), rng.binomial(48, rates[1])
        pooled = (x_t + x_c) / 96
        z = (x_t - x_c) / 48 / np.sqrt(2 * pooled * (1 - pooled) / 48)
        upper = 2.9626  # Lan and DeMets's function of O'Brien and Fleming's kind at one half, two-sided .05
        return month, randomised, randomised if abs(z) >= upper or z <= 0 else 190

    @pytest.mark.parametrize(("name", "rates"), [("null", (0.4, 0.4)), ("alternative", (0.5, 0.3))])
    def test_month_randomised_and_expected_n(self, answer, name, rates):
        """Month, randomised and total agree on average; counts are whole, so stopping is a little coarser."""
        found = dated(answer, Recruitment(accrual=read_accrual(5), read_after=12))
        look, rng = found.extra["looks"][0], np.random.default_rng(7)
        seen = np.array([self.one(rng, rates, 5, 12) for _ in range(self.TRIALS)])
        error = seen.std(axis=0) / np.sqrt(self.TRIALS)
        assert abs(seen[:, 0].mean() - look["month"]) < 4 * error[0]
        assert abs(seen[:, 1].mean() - look["randomised"]) < 4 * error[1] + 0.5
        # z of 48 a side is exactly 0 in some 8 of 100 trials without an effect, which the rule stops
        coarse = 34 * (0.05 if name == "null" else 0.01)
        assert abs(seen[:, 2].mean() - found.extra["expected_n"][name]) < 4 * error[2] + coarse

    def test_a_ramp(self, answer):
        """Arrivals at a rising rate, drawn by thinning, give the month and the count of the ramp."""
        plan = read_accrual("6@0", 12)
        look = dated(answer, Recruitment(accrual=plan, read_after=12)).extra["looks"][0]
        rng, months, counts = np.random.default_rng(8), [], []
        for _ in range(2000):
            drawn = np.cumsum(rng.exponential(1 / 6, 320))
            kept = drawn[rng.random(320) < np.minimum(drawn / 12, 1)][:190]
            months.append(kept[95] + 12)
            counts.append((kept <= kept[95] + 12).sum())
        error = np.std(months) / np.sqrt(2000)
        assert abs(np.mean(months) - look["month"]) < 4 * error
        assert abs(np.mean(counts) - look["randomised"]) < 4 * np.std(counts) / np.sqrt(2000) + 0.5
