"""The box on page one names what weighs most on the number, by the plan's own tornado, for any plan."""

import dataclasses
import re

import numpy as np
import pytest
from drawn_plans import drawn_plan
from scipy.special import expit, logit
from scipy.stats import binom, hypergeom, norm
from small_plans import built, prose, stated

from trialplan.analyses.sensitivity.tornado import tornado
from trialplan.files import examples
from trialplan.plan import build, read
from trialplan.plan.ranges import axes_of
from trialplan.protocol.content.worst_doubt import worst_doubt


def paragraph(trial, head):
    """A paragraph of the box."""
    box = prose(trial).split(":::")[1]
    return re.search(rf"\*\*{head}\.?\*\*\.? ((?:.|\n)*?)(?=\n\*\*|\Z)", box)[1]


def score_size(treatment, control, power=0.8):
    """Participants in all of two equal arms by the pooled z test, from its textbook formula."""
    mean, gap = (treatment + control) / 2, abs(treatment - control)
    spread = norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5
    spread += norm.ppf(power) * (treatment * (1 - treatment) + control * (1 - control)) ** 0.5
    return 2 * -int(-((spread / gap) ** 2) // 1)


class TestWorstDoubt:
    def test_a_range_that_the_plan_states_is_followed_to_its_worse_end(self, tmp_path):
        """Of two ranges the one that asks for most is named, with both ends, its source and the number there."""
        ranged = stated(control=0.2, treatment=0.4).replace("value = 0.4\n", "value = 0.4\nrange = [0.28, 0.45]\n")
        ranged = ranged.replace("range = [0.28, 0.45]\n", 'range = [0.28, 0.45]\nrange_source = "a survey"\n')
        told = paragraph(built(tmp_path, assumptions=ranged, target=0.2), "The worst doubt")
        needed = score_size(0.28, 0.2)
        assert "if the rate of response at 12 months on treatment is 28.0 % instead of 40.0 %, " in told
        assert f"{needed} participants would be needed, not {score_size(0.4, 0.2)}" in told
        assert "It may lie anywhere from 28.0 % to 45.0 % (a survey)" in told

    def test_an_exact_test_is_asked_itself(self, tmp_path):
        """At 27 % the binomial test of a tenth needs 37, where normal theory has 27, fewer than the 29 for 30 %."""
        listed = '[[scenarios.controls]]\nvalue = {}\nlabel = "a {} control rate"\nsource = "where it was seen"\n'
        unlisted = [(listed.format(*one), "") for one in ((0.1, "low"), (0.3, "high"))]
        numbers = stated(null=0.1, expected=0.3)
        trial = built(tmp_path, design="one-proportion", assumptions=numbers, target=0.3, changes=unlisted)
        told = paragraph(trial, "The worst doubt")
        assert "is 27.0 % instead of 30.0 %, 37 participants would be needed, not 29" in told
        for n, enough in ((37, True), (36, False)):
            critical = next(k for k in range(n) if binom.sf(k - 1, n, 0.1) <= 0.05)
            assert bool(binom.sf(critical - 1, n, 0.27) >= 0.8) is enough

    def test_an_exact_test_of_two_arms_is_asked_itself(self, tmp_path):
        """Every pair of counts by Fisher's P value: what is told reaches .8, and a pair of participants fewer not."""
        numbers = stated(control=0.3, treatment=0.6)
        trial = built(tmp_path, settings='test = "fisher"', assumptions=numbers, target=0.3)
        doubt = worst_doubt(trial)
        assert (doubt.about, "treatment is 54.0 %" in doubt.clause) == (False, True)

        def chance(per_arm):
            """P(rejecting in favour) at .54 against .3, at .025 of one side."""
            ones = np.arange(per_arm + 1)
            treated, control = ones[:, None], ones[None, :]
            shown = hypergeom.sf(treated - 1, 2 * per_arm, treated + control, per_arm) <= 0.025
            mass = binom.pmf(treated, per_arm, 0.54) * binom.pmf(control, per_arm, 0.3)
            return mass[shown].sum()

        assert chance(doubt.needed // 2) >= 0.8 > chance(doubt.needed // 2 - 1)

    def test_what_sees_too_little_has_no_number(self, tmp_path):
        """A truth above no effect, but no more than the difference that has to be seen, is shown by nobody."""
        ranged = stated(difference=0.8, sd=1, relevant=0.4).replace(
            "value = 0.8\n", 'value = 0.8\nrange = [0.3, 0.9]\nrange_source = "a survey"\n'
        )
        trial = built(tmp_path, design="dual-criterion-means", assumptions=ranged, target=0.8)
        told = paragraph(trial, "The worst doubt")
        assert "the truth is no more than what has to be seen, and no number of participants would do" in told

    def test_the_truth_is_not_hoped_for(self, tmp_path):
        """What the rate is instead of the one hoped for is nobody's hope."""
        numbers = stated(null=0.1, expected=0.3)
        trial = built(tmp_path, design="one-proportion", assumptions=numbers, target=0.3)
        assert "hoped for" not in paragraph(trial, "The worst doubt")

    def test_a_number_that_is_chosen_is_no_doubt(self, tmp_path):
        """The trial has as many visits as it plans."""
        numbers = stated(difference=0.5, sd=1, correlation=0.5, follow_up_visits=3, baseline_visits=1).replace(
            'value = 1\nbasis = "ours"\nsource = "s"\n',
            'value = 1\nrange = [0.9, 1.4]\nrange_source = "a survey"\nbasis = "ours"\nsource = "s"\n',
            1,
        )
        trial = built(tmp_path, design="mean-of-visits", assumptions=numbers, target=0.5)
        doubt = worst_doubt(trial)
        assert len(doubt.unranged) == 2
        assert not any("visits" in one and "number" in one for one in doubt.unranged)

    def test_an_interval_is_not_anywhere(self):
        """A number lies in its 95 % interval 19 times in 20; what its bridge does is told plainly before its terms."""
        trial = build(read("msc-lupus-nephritis"))
        worst = paragraph(trial, "The worst doubt")
        assert re.search(r"19 times in 20 it lies between [\d.]+ % and [\d.]+ % \(95 % predictive interval", worst)
        rests = paragraph(trial, "What it rests on")
        assert rests.index("is not believed, for what was seen had no control group") < rests.index("*Statistically:* ")
        assert rests.count("log odds") == 1

    def test_what_follows_from_the_number_in_doubt_is_told(self):
        """A treatment rate that is bridged from the control rate moves with it: by hand from 16/30, .396 and .1393."""
        doubt = worst_doubt(build(read("msc-lupus-nephritis")))
        (followed,) = doubt.followed
        said = float(re.fullmatch(r"the rate in the treatment arm is ([\d.]+) %", followed)[1]) / 100
        control, discount, bias = float(doubt.high.removesuffix(" %")) / 100, 0.396, 0.1393
        unblinded = 16 / 30 - discount * (16 / 30 - control)
        assert said == pytest.approx(expit(logit(unblinded) - bias), abs=0.001)

    def test_the_source_is_told_once_with_the_basis(self, tmp_path):
        """A stated number has its basis and its source, and one that says "ours" itself says it once."""
        said = stated(control=0.2, treatment=0.4)
        told = paragraph(built(tmp_path, assumptions=said, target=0.2), "What it rests on")
        source = re.search(r'source = "(.*)"', said)[1]
        assert source in told
        assert "ours: ours" not in told

    def test_losses_are_in_the_number_that_would_be_needed(self, tmp_path):
        """What would be needed is randomised, like the number beside it."""
        ranged = stated(difference=5, sd=9).replace("value = 9\n", 'value = 9\nrange = [8, 12]\nrange_source = "s"\n')
        how = {"design": "two-means", "settings": "", "assumptions": ranged, "target": 5.0}
        alone, lost = (worst_doubt(built(tmp_path, **how, dropout=share)) for share in (None, 0.2))
        assert lost.needed == pytest.approx(alone.needed / 0.8, abs=2)

    def test_without_a_range_each_number_is_moved_by_the_same_share(self, tmp_path):
        """Of a difference and a standard deviation the former weighs more: a tenth less asks for a quarter more."""
        how = {
            "design": "two-means",
            "settings": 'test = "z"',
            "assumptions": stated(difference=5, sd=9),
            "target": 5.0,
        }
        trial = built(tmp_path, **how)
        doubt = worst_doubt(trial)
        assert (doubt.shift, doubt.clause) == (0.1, "the treatment mean minus control mean is 4.5 instead of 5")
        assert doubt.needed == pytest.approx(trial.answer.n / 0.81, abs=2)
        assert "states no range for any number that this rests on" in paragraph(trial, "The worst doubt")

    @pytest.mark.parametrize("name", ["msc-lupus-nephritis", "msc-lupus-nephritis-monitored", "warfarin-stroke"])
    def test_a_shipped_plan_names_the_first_of_its_tornado(self, name):
        """The box and `trialplan tornado` agree on what does most damage, and at which value."""
        trial = build(read(name))
        axes = [dataclasses.replace(axis, assurance_at=None) for axis in axes_of(trial)]
        first = tornado(axes, n=int(trial.answer.n), target=trial.primary.section.power)[0]
        doubt = worst_doubt(trial)
        assert f"{100 * first.worst.value:.1f} % instead of {100 * first.axis.planned:.1f} %" in doubt.clause
        assert doubt.power == pytest.approx(first.worst.power)
        assert (doubt.needed is None) == (first.worst.n is None)

    @pytest.mark.parametrize("seed", [6, 9, 17, 33, 55])
    def test_any_plan_has_one(self, tmp_path, seed):
        """One arm, pairs, stages, and several primary endpoints too."""
        told = paragraph(drawn_plan(seed).built(tmp_path), "The worst doubt")
        assert re.search(r"one (number )?weighs most: if .+ (?:is|are) .+ instead of ", told)


DOSES = "msc-lupus-nephritis-doses"
SHIPPED = sorted(examples("plan.toml"))
WIDE, MOST = 115, 44
"""Letters in a line of page one, and the lines of its box beside which the contents begin on that page."""


class TestPageOne:
    @pytest.mark.parametrize(
        "name", [name if name == DOSES else pytest.param(name, marks=pytest.mark.sweep) for name in SHIPPED]
    )
    def test_the_box_has_room_on_it(self, name):
        """Of every plan that is shipped, a family's too."""
        box = prose(build(read(name))).split(":::")[1]
        assert sum(-(-len(line) // WIDE) for line in box.splitlines()) <= MOST

    def test_what_is_assumed(self):
        """Of a family plain numbers are in one line by endpoint; losses, which make 345 into 384, are among them."""
        told = paragraph(build(read(DOSES)), "What it rests on")
        assert told.startswith("Every assumed number")
        assert "those of steps under *From the evidence to the assumption*" in told
        assert told.count("Stated for ") == 2
        assert "- Losses: **10.0 %** without the outcome. Ours: one in ten" in told

    def test_who_and_which(self):
        """An arm is named as one says it, a source by its name, and its evidence stands before what is ours."""
        told = paragraph(build(read(DOSES)), "What it rests on")
        assert ", its single arm; " in told
        assert re.search(r"in 16 of 59 at 12 months \W+MyLupus\W+, half as often", told)


class TestPlainWords:
    def test_the_road_from_what_was_seen_to_the_planned_rate(self):
        """Each step says what it leaves: 53.3 % less 39.6 % of its lead on 21.4 %, then the odds over exp(0.139)."""
        trial = build(read("msc-lupus-nephritis"))
        seen, control = 16 / 30, trial.primary.by_role("comparator").value
        first = control + (1 - 0.396) * (seen - control)
        odds = first / (1 - first) * 0.87
        told = paragraph(trial, "What it rests on")
        steps = re.findall(r"16 of 30 \(([\d.]+) %\)|the ([\d.]+) % that placebo|That gives ([\d.]+) %", told)
        *_, pooled, begins, held, by_control, by_blinding = ("".join(one) for one in steps)
        rates = (control, seen, control, first, odds / (1 + odds))
        assert [pooled, begins, held, by_control, by_blinding] == [f"{100 * rate:.1f}" for rate in rates]
        assert "39.6 % of what lies between the two is not believed" in told

    def test_what_is_full_has_all_its_participants(self):
        """A share of recruitments says of what, and how many these are."""
        told = paragraph(build(read("msc-lupus-nephritis")), "How long")
        assert re.search(r"By month 72, .* \d+ of a hundred such recruitments have all their 254 participants\.", told)


class TestLists:
    def test_arms_that_a_rate_is_borrowed_from_are_told_apart(self, protocols):
        """Each stands in a line of its own, for their names hold commas, with its counts and its rate."""
        box = protocols("msc-lupus-nephritis")[".md"].read_text(encoding="utf-8").split("**What it is worth.**")[0]
        arms = re.findall(r"- Seen: (\d+) of (\d+) enrolled \(([\d.]+) %\) in ", box)
        assert [(some, of) for some, of, _ in arms] == [("9", "32"), ("7", "27"), ("8", "75")]
        assert [share for *_, share in arms] == [f"{100 * int(some) / int(of):.1f}" for some, of, _ in arms]
        assert "(127 UC-MSC and 127 placebo)" in box
