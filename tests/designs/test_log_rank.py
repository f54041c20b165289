"""Times to an event, against the log-rank test written out, drawn participants and numerical integrals."""

import numpy as np
import pytest
from scipy import integrate

from trialplan.designs._ranks import _in_parts, log_rank
from trialplan.designs._survival import Curve, Entry, Seen
from trialplan.designs.log_rank import LogRank
from trialplan.errors import ParameterError
from trialplan.sequential.group_sequential import GroupSequential

PLAN = {"control_median": 12, "accrual_time": 12, "follow_up_time": 12}
BUSY = {
    "control_hazard": (0.02, 0.08, 0.05),
    "hazard_changes": (3, 10),
    "accrual_time": 14,
    "follow_up_time": 9,
    "longest_follow_up": 16,
    "accrual_intensity": (1, 3),
    "accrual_changes": (6,),
    "accrual_ramp": 4,
    "dropout_rate": 0.02,
    "dropout_rate_treatment": 0.05,
    "allocation": "2:1",
}
"""Everything at once."""


def calendar_of_events(arms, fraction):
    """For each trial the time of the calendar at which this fraction of its events has happened."""
    found = []
    for trial in zip(*arms, strict=True):
        events = sorted(float(one[0] + one[1]) for arm in trial for one in arm if one[2])
        found.append(events[int(np.ceil(fraction * len(events))) - 1] + 1e-9)
    return np.array(found)


def by_hand(arms, ratio, calendar):
    """The score test of one trial, event by event."""
    people = []
    for treated, arm in zip((True, False), arms, strict=True):
        for entry, time, event in arm:
            last = min(time, max(calendar - entry, 0))
            people.append((last, bool(event) and time <= calendar - entry, treated))
    surplus = variance = 0.0
    for time, event, treated in people:
        if event:
            there = [one[2] for one in people if one[0] >= time]
            share = ratio * sum(there) / (ratio * sum(there) + len(there) - sum(there))
            surplus += treated - share
            variance += share * (1 - share)
    return surplus / variance**0.5 if variance else 0.0


class TestStatistic:
    @pytest.mark.parametrize("fraction", [0.4, 1.0])
    def test_is_the_sum_over_events(self, fraction):
        """By ranks or event by event, with a null ratio of 1 or not, at the end or when some events have happened."""
        design = LogRank(hazard_ratio=0.6, **BUSY)
        data = design.draw(60, 5, np.random.default_rng(1))
        calendar = calendar_of_events(data, fraction) if fraction < 1 else np.full(5, 1e9)
        found = log_rank(data, [1.0, 1.4], fraction)
        for trial in range(5):
            arms = [arm[trial] for arm in data]
            for ratio, z in zip((1.0, 1.4), found, strict=True):
                assert z[trial] == pytest.approx(by_hand(arms, ratio, calendar[trial]), abs=1e-9)

    def test_a_look_sees_its_share_of_events(self):
        """At a look just so many events have happened."""
        data = LogRank(hazard_ratio=0.6, **BUSY).draw(90, 4, np.random.default_rng(2))
        (trials,) = _in_parts(data)
        seen = trials.in_order(0.5).event.sum(axis=1)
        assert (seen == np.ceil(sum(arm[..., 2].sum(axis=1) for arm in data) / 2)).all()

    def test_parts_make_no_difference(self, monkeypatch):
        """Trials are analysed alike however many at once."""
        data = LogRank(hazard_ratio=0.6, **PLAN).draw(40, 30, np.random.default_rng(2))
        whole = log_rank(data, [1.0], 0.7)[0]
        monkeypatch.setattr("trialplan.designs._ranks._PART", 100)
        assert (log_rank(data, [1.0], 0.7)[0] == whole).all()

    @pytest.mark.parametrize("fraction", [0.5, 1.0])
    def test_without_events(self, fraction):
        """Where everybody is censored nothing is rejected."""
        arm = np.zeros((2, 20, 3))
        arm[..., 1] = 5.0
        z, rejects = LogRank(hazard_ratio=0.5, **PLAN).analyse((arm, arm), fraction)
        assert (z.tolist(), rejects.tolist()) == ([0, 0], [False, False])

    def test_looks_without_events(self):
        """A trial in which nobody has the event passes its looks without a decision and without a warning."""
        arm = np.zeros((2, 20, 3))
        arm[..., 1] = 5.0
        looked = GroupSequential(design=LogRank(hazard_ratio=0.5, **PLAN), looks=(0.3, 0.7, 1.0), futility="z(-9)")
        z, rejects, stopped_at = looked.stopping((arm, arm))
        assert (z.tolist(), rejects.tolist(), stopped_at.tolist()) == ([0, 0], [False, False], [2, 2])

    def test_an_empty_arm(self):
        """An arm without participants is no evidence."""
        data = LogRank(hazard_ratio=0.5, **PLAN).draw(20, 3, np.random.default_rng(1))
        assert LogRank(hazard_ratio=0.5, **PLAN).analyse((data[0][:, :0], data[1]))[0].tolist() == [0, 0, 0]


class TestEvents:
    @pytest.mark.parametrize("numbers", [BUSY, PLAN | {"dropout_rate": 0.03}])
    def test_share_is_that_of_drawn_participants(self, numbers):
        """What is expected by the end, and by a time of the calendar before it, is what drawn participants show."""
        design = LogRank(hazard_ratio=0.6, **numbers)
        for arm, seen in enumerate(design.draw(30_000, 10, np.random.default_rng(3))):
            happened = seen[..., 2] > 0
            for calendar in (5.0, 11.0, design.duration):
                share = design.event_shares(calendar)[arm]
                by_then = (happened & (seen[..., 0] + seen[..., 1] <= calendar)).mean()
                assert by_then == pytest.approx(share, abs=4 * (share / happened.size) ** 0.5)

    def test_enrolment_is_that_of_drawn_participants(self):
        """So is the share enrolled by a time."""
        entry = LogRank(hazard_ratio=0.6, **BUSY).entry
        drawn = entry.drawn((200_000,), np.random.default_rng(4))
        for time in (2, 4, 5, 6, 10, 14):
            assert (drawn <= time).mean() == pytest.approx(entry.enrolled(time), abs=0.005)

    def test_area_below_the_curve(self):
        """The restricted mean is the integral of what survives, with a hazard of 0 in a piece, too."""
        curve = Curve([0.1, 0.0, 0.3], [2.0, 5.0])
        area = integrate.quad(curve.survival, 0, 9, points=[2, 5])[0]
        assert curve.mean_to(9.0) == pytest.approx(area, rel=1e-9)

    def test_nearly_at_once(self):
        """Where all are enrolled at once the share is that of the curve by the end."""
        seen = Seen(entry=Entry(accrual_time=1e-9))
        assert seen.events(Curve([0.1]), 7.0) == pytest.approx(1 - np.exp(-0.7), rel=1e-8)

    def test_crossing_curves_have_no_ratio(self):
        """A curve whose hazards change keeps its ratio to the control's in every piece."""
        treatment, control = LogRank(hazard_ratio=0.6, **BUSY).curves
        assert treatment.hazards == pytest.approx([0.6 * one for one in control.hazards])


class TestLooks:
    def test_months_are_those_of_the_events(self):
        """A look is in the month in which its events are expected, the last one at the end."""
        design = LogRank(hazard_ratio=0.7, **PLAN)
        looks = GroupSequential(design=design, looks=(0.5, 1.0)).sample_size(0.8)
        first, last = looks.extra["looks"]
        assert design.events(looks.n, first["month"]) == pytest.approx(first["events"], rel=1e-9)
        assert (last["month"], last["n"]) == (24, looks.n)

    @pytest.mark.sweep
    @pytest.mark.parametrize("numbers", [PLAN, PLAN | {"control_median": 60}, BUSY])
    def test_level_is_kept(self, numbers):
        """Three looks at events reject about as often as one at the level, under heavy censoring and 2:1 too."""
        design = LogRank(hazard_ratio=0.6, **numbers)
        looked = GroupSequential(design=design, looks=(0.3, 0.7, 1.0), efficacy="pocock")
        null = looked.replace(hazard_ratio=1.0)
        assert null.simulate(300, 20_000, np.random.default_rng(5)).power == pytest.approx(0.05, abs=0.008)


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"control_median": None}, "is needed, or control_hazard, control_survival"),
            ({"control_hazard": 0.1}, "is stated beside control_median"),
            ({"survival_time": 12}, "is needed beside survival_time"),
            ({"control_median": None, "control_hazard": 0.0}, "nobody would have the event"),
            ({"control_median": None, "control_hazard": (0.1, 0.2)}, "one fewer is needed"),
            ({"control_median": None, "control_hazard": (1, 2, 1), "hazard_changes": (5, 3)}, "must increase"),
            ({"accrual_intensity": (1, 2), "accrual_changes": (15,)}, "before enrolment does"),
            ({"accrual_ramp": 13}, "must end before"),
            ({"method": "freedman", "goal": "non-inferiority", "margin": 1.3}, "freedman knows no margin"),
        ],
    )
    def test_what_does_not_fit(self, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            LogRank(**({"hazard_ratio": 0.7} | PLAN | numbers))


@pytest.mark.sweep
class TestPower:
    @pytest.mark.parametrize(
        ("numbers", "n", "gap"),
        [
            ({"hazard_ratio": 0.35, "allocation": "3:1"}, 60, -0.11),
            ({"hazard_ratio": 0.35, "allocation": "1:3"}, 60, 0.15),
            ({"hazard_ratio": 0.6, "control_median": 90}, 500, 0.0),
            ({"hazard_ratio": 1.0, "goal": "equivalence", "margin": (0.7, 1.4)}, 600, 0.0),
        ],
    )
    def test_near_what_drawn_trials_show(self, numbers, n, gap):
        """Under heavy censoring Schoenfeld is right; at strong effects in lopsided arms it errs, either way."""
        design = LogRank(**(PLAN | numbers))
        seen = design.simulate(n, 10_000, np.random.default_rng(6)).success
        assert design.success(n) - seen == pytest.approx(gap, abs=0.025)


class TestPace:
    def test_looks_move_with_the_events(self):
        """Where hazards are a quarter larger or smaller looks come when the formula says."""
        design = LogRank(hazard_ratio=0.6, **BUSY | {"longest_follow_up": None})
        look = design.at_look(300, 0.5)
        for name, factor in (("month_faster", 1.25), ("month_slower", 0.75)):
            hazards = tuple(factor * hazard for hazard in BUSY["control_hazard"])
            other = design.replace(control_hazard=hazards)
            assert other.events(300, look[name]) == pytest.approx(look["events"], rel=1e-9)
        assert look["month_faster"] < look["month"] < look["month_slower"]

    def test_events_that_never_come(self):
        """Where everybody is followed for a fixed time, slower events never reach the last look's number."""
        design = LogRank(hazard_ratio=0.6, **PLAN, longest_follow_up=10)
        assert design.at_look(300, 1.0)["month_slower"] is None


def test_a_look_before_any_event_is_a_sentence():
    """A thousandth of 120 events is none."""
    trial = GroupSequential(
        design=LogRank(hazard_ratio=0.6, control_median=12, accrual_time=12, follow_up_time=12), looks=(0.001, 1)
    )
    with pytest.raises(ParameterError, match="before the first one"):
        trial.sample_size(0.8)
