"""What a reader was told wrongly once, by kind, each with its right value."""

import math
import re

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import expit
from scipy.stats import norm
from small_plans import built, endpoint, prose, stated

from trialplan import pool
from trialplan.cli import root
from trialplan.design import Design
from trialplan.errors import PlanError
from trialplan.plan import build, read
from trialplan.protocol.content.alternatives import by_discount, by_reading, spread
from trialplan.protocol.content.context import context
from trialplan.protocol.content.figures import around
from trialplan.protocol.content.interim_analyses import monitored

RATES = stated(control=0.2, treatment=0.3667)
LOOKS = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\n'


class TestRandomisedNumber:
    def test_losses_are_taken_once(self, tmp_path):
        """570 are randomised where 60 % are lost, and half lost of both leaves 228 and power 0.874."""
        second = endpoint(
            "second", "secondary", "two-proportions", stated(control=0.214, treatment=0.3973), dropout=0.5
        )
        trial = built(tmp_path, assumptions=RATES, target=0.167, dropout=0.5, endpoints=second)
        view = context(trial)["secondary"][0].at_trial
        assert (trial.n_randomised, view.observed) == (456, 228)
        n, p, q = 114, 0.3973, 0.214
        mean = (p + q) / 2
        z = ((p - q) * n**0.5 - norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5) / (p * (1 - p) + q * (1 - q)) ** 0.5
        assert view.power == pytest.approx(norm.cdf(z), abs=1e-6)


class TestWords:
    def test_a_rate_of_completers_does_not_contain_the_lost(self, tmp_path):
        """Of 23 of 83 the document says that 87 were enrolled, and both rates are told of apart."""
        drawn = (
            "[endpoint.assumptions.treatment]\n"
            'evidence = { study = "wang-2013", outcome = "complete remission" }\n'
            'bridge = { acknowledge_uncontrolled = "w" }\n'
        )
        text = prose(built(tmp_path, assumptions=stated(control=0.1) + drawn, target=0.177))
        lost = text.split("**Losses.**")[1].split("\n")[0]
        assert "is 23 of 83, of 87 enrolled: it does not contain them" in lost
        assert "both planning rates" not in text

    def test_means_have_the_words_of_means(self, tmp_path):
        """Labels are short, units are the plan's, and nothing is said of logs, rates or field names."""
        how = {
            "design": "two-means",
            "settings": 'test = "welch"',
            "assumptions": stated(difference=5, sd=9, sd_treatment=8),
            "target": 5.0,
            "changes": (('role = "primary"', 'role = "primary"\nunit = "mmHg"'),),
        }
        text = prose(built(tmp_path, **how))
        assert "| standard deviation between participants in the control arm (*σ*) | 9 mmHg |" in text
        assert "The trial is sized to show 5 mmHg (difference of means); higher values are better." in text
        assert "the difference sets the number" in text
        assert not re.search(r"two rates|natural log|sd_treatment", text)

    def test_logs_are_named_on_their_scale_only(self, tmp_path):
        """An adjusted ratio has a standard deviation of logarithms, an adjusted difference has not."""
        told = {}
        for scale, effect in (("ratio", {"ratio": 0.75}), ("difference", {"difference": 0.4})):
            how = {
                "design": "ancova",
                "settings": f'scale = "{scale}"\nfavourable = "{"lower" if scale == "ratio" else "higher"}"',
                "assumptions": stated(**effect, sd=1.1, correlation=0.5),
                "target": next(iter(effect.values())),
            }
            told[scale] = "standard deviation of natural logarithms" in prose(built(tmp_path, **how))
        assert told == {"ratio": True, "difference": False}

    def test_the_last_look_is_the_end(self, tmp_path):
        """A look at half and the end is no look at 100 % of the information."""
        text = prose(built(tmp_path, more=LOOKS))
        assert "looked at with 50 % of the information, and at the end" in text
        assert "100 % of the information" not in text

    def test_a_legend_explains_the_letters_of_its_own_formula(self, tmp_path):
        """Under Fisher's test nothing is said of shares and sides that its formula does not have."""
        how = {"settings": 'test = "fisher"', "assumptions": stated(control=0.1, treatment=0.6), "target": 0.5}
        formula = prose(built(tmp_path, **how)).split("## Calculation")[1].split("| |")[0]
        tex, legend = formula.rsplit("$$", 1)
        for letter, in_tex in (("*w*", "w_"), ("*s*", "/s")):
            assert (letter in legend) == (in_tex in tex)

    def test_what_a_table_does_not_say_is_not_denied(self, tmp_path):
        """Of a table without a column of controls nothing says there was none, or that all were treated."""
        studies = "".join(
            f'\n[[study]]\nkey = "{key}"\ncitation = "c"\nenrolled = 40\n[[study.outcome]]\nname = "response"\n'
            "events = 12\nof = 40\ntimepoint_months = 12\n"
            for key in ("a-2001", "b-2002")
        )
        head = '[table]\ntitle = "Two"\ncitation = "c"\nrandomised = "msc-lupus-nephritis-randomised"\n'
        (tmp_path / "own.toml").write_text(head + studies, encoding="utf-8")
        text = prose(built(tmp_path, changes=(('table = "msc-lupus-nephritis"', 'table = "own.toml"'),)))
        assert "The table does not say of any of the 2 studies whether it had a concurrent control: A 2001 and" in text
        assert "or the table does not say that it had one, these are things that happened to its participants" in text
        assert "As far as it says, the table holds no estimate of a treatment effect." in text
        assert not re.search(r"has a concurrent control|all received the treatment", text)

    @pytest.mark.parametrize(
        ("design", "assumptions", "told"),
        [
            ("precision-mean-difference", stated(sd=12, width=5), r"an interval of width \*\*[\d.]+ mmHg\*\*"),
            (
                "precision-rate-ratio",
                stated(control=0.5, treatment=0.3, width=2),
                r"whose upper limit over its lower one is \*\*\d\.\d\d\*\*",
            ),
            ("precision-difference", stated(control=0.3, treatment=0.5, width=0.2), r"width \*\*[\d.]+ points\*\*"),
        ],
    )
    def test_a_width_has_the_unit_of_what_is_estimated(self, tmp_path, design, assumptions, told):
        """Only a width of a share is in percent: one of a difference of means is in mmHg, and a ratio has no unit."""
        more = endpoint("second", "secondary", design, assumptions).replace('name = "second"', OF_MMHG)
        assert re.search(told, prose(built(tmp_path, endpoints=more)))

    def test_an_effect_that_could_be_shown_has_the_digits_that_are_compared(self, tmp_path):
        """One decimal of a percentage, as its planned value has."""
        more = endpoint("second", "secondary", "clustered-proportions", CLUSTERS)
        text = prose(built(tmp_path, endpoints=more))
        assert re.search(r"it could show with 80 % power is \d+\.\d % \(rate in the treatment arm\)", text)

    @pytest.mark.parametrize(
        ("design", "assumptions", "settings", "told"),
        [
            ("win-ratio", stated(win_ratio=2, ties=0.2), "", "(a win ratio of about"),
            ("ordered-categories", stated(control="[0.3, 0.3]", odds_ratio=2), "", "(a common odds ratio of about"),
            ("two-means", stated(difference=2, sd=4), "", "(a difference of about"),
        ],
    )
    def test_a_look_says_what_its_effect_is(self, tmp_path, design, assumptions, settings, told):
        """A win ratio, an odds ratio, a difference: not just an effect."""
        how = {"design": design, "assumptions": assumptions, "settings": settings, "target": 2.0}
        assert told in prose(built(tmp_path, more=LOOKS, **how))

    def test_odds_that_are_multiplied_everywhere_are_a_common_odds_ratio(self, tmp_path):
        """It has a name, which sets the number."""
        how = {"design": "ordered-categories", "assumptions": stated(control="[0.3, 0.3]", odds_ratio=2), "target": 2.0}
        text = prose(built(tmp_path, **how))
        assert "The trial is sized to show 2 (common odds ratio); later categories are better." in text
        assert "a common odds ratio of 2, a win ratio of" in text

    def test_an_effect_on_two_rates_is_a_difference(self, tmp_path):
        """A design that has the rate of pairs, or of one arm, says what the two rates are compared by."""
        how = {
            "design": "paired-proportions",
            "assumptions": stated(treatment_only=0.3, control_only=0.1),
            "target": 0.2,
        }
        changes = (("12 months after randomisation", "12 months after enrolment"),)
        text = prose(built(tmp_path, changes=changes, **how))
        assert "an effect of treatment on response at 12 months (difference of proportions), if" in text
        assert re.search(r"Trial schema\. \d+ pairs enrolled, followed to", text)
        assert "a higher rate is better" in text

    def test_one_arm_has_no_control_and_no_randomisation(self, tmp_path):
        """Its question is what its outcome is, its participants are enrolled, and no difference is asked for."""
        how = {"design": "one-proportion", "assumptions": stated(null=0.2, expected=0.4), "target": 0.4}
        changes = (("12 months after randomisation", "12 months after enrolment"), DATED)
        text = prose(built(tmp_path, changes=changes, more=CALENDAR, **how))
        assert "what is response at 12 months on treatment, held against a fixed value?" in text
        assert re.search(r"The \d+ participants are enrolled within", text)
        assert "Power against participants enrolled in all" in text

    def test_expected_people_are_whole(self, tmp_path):
        """Nobody is told of 602.2 enrolled; the calendar of a time counts people and events."""
        numbers = stated(hazard_ratio=0.6, control_median=12, accrual_time=18, follow_up_time=12)
        how = {"design": "log-rank", "assumptions": numbers, "settings": 'favourable = "lower"', "target": 0.6}
        text = prose(built(tmp_path, changes=(('missing = "non-response"\n', ""),), **how))
        table = text.split("| calendar | events | enrolled |\n")[1].split("\n\n")[0].splitlines()[1:]
        counts = [cell.strip() for row in table for cell in (*row.split("|")[4:6], *row.split("|")[7:9])]
        assert len(counts) > 40
        assert [one for one in counts if not re.fullmatch(r"[\d,]+|–", one)] == []


OF_MMHG = 'name = "second"\nunit = "mmHg"'
CLUSTERS = stated(control=0.2, treatment=0.4, icc=0.02, cluster_size=8)
DATED = ('timepoint = "12', 'timepoint_months = 12\ntimepoint = "12')
CALENDAR = '\n[enrolment]\naccrual_rate = 10\nsource = "ours"\n'


class TestSeveralTreatments:
    @pytest.mark.parametrize("shares", ["", "effect_shares = [0.8, 1.0]"])
    def test_what_is_said_of_an_arm_holds_of_each(self, tmp_path, shares):
        """Words of two arms become words of several, unless the treatments are planned apart."""
        numbers = stated(difference=0.5, sd=1, icc=0.02, cluster_size=8)
        more = f'\n[arms]\nnames = ["low", "high"]\n{shares}\n'
        text = prose(built(tmp_path, design="clustered-means", assumptions=numbers, target=0.5, more=more))
        ledger = text.split("## Assumptions")[1].split("## Target difference")[0]
        assert ("in every arm (" in ledger) is not shares
        assert ("in both arms" in ledger) is bool(shares)
        assert "design effect for clusters in every arm" in text

    def test_no_sentence_of_two_arms_stands(self, shipped):
        """Of three arms the program says nothing of both, or of the treatment arm alone."""
        trial, text = shipped("msc-lupus-nephritis-doses")
        of_plan = {" ".join(one.split()) for one in re.findall(r'"([^"]*)"', trial.plan.text)}
        told = [line for line in text.splitlines() if not any(one and one in line for one in of_plan)]
        assert not [line for line in told if re.search(r"\bin both arms\b|\bboth arms receive\b", line)]
        assert "| rate in each treatment arm (*p*~T~)" in text.replace("\\", "")


class TestNewStudy:
    def test_its_interval_by_t_stands_beside_the_normal_one(self):
        """0.47 to 0.92 by the normal quantile is 0.43 to 0.93 by t, whose 13 degrees allow for the spread."""
        found = pool("cerebral-vasospasm", "clinical improvement").by_reports["all"]
        normal = found.natural
        assert (round(normal.prediction_lower, 2), round(normal.prediction_upper, 2)) == (0.47, 0.92)
        assert tuple(round(one, 2) for one in found.prediction_by_t) == (0.43, 0.93)
        reach = t_quantile(13) * (found.standard_error**2 + found.tau2) ** 0.5
        assert found.prediction_by_t == pytest.approx((expit(found.estimate - reach), expit(found.estimate + reach)))
        (note,) = [one for one in found.page().notes if "New study" in one]
        assert note.endswith(
            "New study by the normal quantile; by t with one degree of freedom less than studies, 0.434 to 0.927."
        )


class TestEstimand:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (
                ("composite variable", "per protocol"),
                "must be 'treatment policy', 'hypothetical', 'composite variable'",
            ),
            (
                ('event = "Rescue treatment"', 'event = "No assessment at 12 months"'),
                "is missing data and no intercurrent",
            ),
            (("counts as non-response: lowers", "analysing those alive: lowers"), "none of the five strategies"),
            (("[evidence]\n", '[analysis]\nsensitivity = ["among survivors"]\n\n[evidence]\n'), "to supplementary"),
            (("[evidence]\n", '[analysis]\nsensitivity = ["treatment policy"]\n\n[evidence]\n'), "of another estimand"),
            (('metric = "response: yes', 'metric = "relapse of responders: yes'), "whom the treatment selects"),
        ],
    )
    def test_what_is_not_by_the_book_is_refused(self, tmp_path, change, told):
        """Another strategy, missing data as an event, and what targets another estimand, in one sentence."""
        with pytest.raises(PlanError, match=re.escape(told)):
            built(tmp_path, changes=(change,))

    def test_supplementary_analyses_may_ask_anything(self, tmp_path):
        """What answers another question stands under its own name."""
        more = ("[evidence]\n", '[analysis]\nsupplementary = ["treatment policy for rescue"]\n\n[evidence]\n')
        text = prose(built(tmp_path, changes=(more,)))
        assert "| Supplementary: another question | treatment policy for rescue |" in text


class TestPitfalls:
    def test_a_control_rate_of_ones_own_is_not_answered_by_others(self, tmp_path):
        """Rates in the scenarios are no source, so P02 stands unanswered and blocks."""
        text = prose(built(tmp_path))
        assert re.search(r"P02, .* \*\*Not answered in the plan\.\*\*", text)
        assert "P02 is not answered" in text

    def test_authors_that_were_not_read_are_of_no_group(self):
        """One author list was not read, which its row says, and the rationale speaks of the others."""
        plan = read("msc-lupus-nephritis")
        notes = [one.note or "" for one in plan.table("msc-lupus-nephritis").studies]
        assert sum("the author list was not read" in note for note in notes) == 1
        assert "the reports whose authors could be read come from one group" in plan.content.trial.rationale

    def test_what_a_missing_outcome_counts_as_is_a_pitfall(self, tmp_path):
        """P39: where fewer events are better the missing look well, and the plan is asked why."""
        fewer = {"settings": 'favourable = "lower"', "assumptions": stated(control=0.5, treatment=0.3), "target": -0.2}
        assert re.search(
            r"P39, .*a participant without the event; that is the better.*Not answered", prose(built(tmp_path, **fewer))
        )

    def test_a_plan_that_says_nothing_of_recruiting_is_asked(self, tmp_path):
        """P40: without [enrolment] nobody knows whether the number can be recruited; with it nothing is asked."""
        assert "P40, " in prose(built(tmp_path))
        dated = ('timepoint = "12', 'timepoint_months = 12\ntimepoint = "12')
        more = '\n[enrolment]\naccrual_rate = 10\nsource = "ours"\n'
        assert "P40, " not in prose(built(tmp_path, changes=(dated,), more=more))

    def test_a_short_follow_up_is_short_of_what_was_followed(self, tmp_path):
        """P31: a reading at 6 months is held against the table's 27, whatever the disease is called."""
        sooner = ('timepoint = "12 months', 'timepoint_months = 6\ntimepoint = "6 months')
        named = ('name = "response at 12 months"', 'name = "response"')
        text = prose(built(tmp_path, changes=(sooner, named)))
        assert "The primary is read at 6 months, and Wang 2013 followed participants for 27" in text


class TestVisits:
    GRID = (
        '\n[[visit]]\nname = "week four"\nweek = 4\nwindow = "± 3 days"\nprocedures = ["blood"]\n'
        '\n[[visit]]\nname = "start"\nmonth = 0\nprocedures = ["infusion", "blood"]\n'
    )

    def test_visits_make_a_grid(self, tmp_path):
        """Procedures stand in rows and visits in columns, in the order of time."""
        text = prose(built(tmp_path, more=self.GRID))
        assert "| Procedure | start, month 0 | week four, week 4 |" in text
        assert "| infusion | X | – |" in text
        assert "| blood | X | X |" in text
        assert "2 visits, from start to week four, in the grid below" in text

    def test_a_visit_has_one_time(self, tmp_path):
        """A visit by month and by week, or by neither, is told what it must say."""
        with pytest.raises(PlanError, match="must say when it is, by month or by week"):
            built(tmp_path, more='\n[[visit]]\nname = "a"\nprocedures = ["b"]\n')


class TestShipped:
    def test_the_committee_s_command_runs_as_it_is_printed(self):
        """What stands under Interim analyses is answered, with what a look is expected to see."""
        trial = build(read("msc-lupus-nephritis-monitored"))
        words = monitored(trial).command.split()
        ran = CliRunner().invoke(root, words[1:])
        assert ran.exit_code == 0, ran.output
        assert words[-2:] == ["--events", "24/65,14/65"]

    def test_the_boundary_is_read_at_the_planned_control_rate(self):
        """A z of 2.963 is 24.6 points at 65 an arm and a control rate of 21.4 %, by the variance of the test."""
        look = monitored(build(read("msc-lupus-nephritis-monitored"))).looks[0].efficacy
        control, n = 0.2142, 65
        pooled = control + look.effect / 2
        assert look.effect == pytest.approx(look.z * (2 * pooled * (1 - pooled) / n) ** 0.5, abs=2e-4)
        assert round(100 * look.effect, 1) == 24.6

    def test_the_pilot_arm_says_its_fewest(self):
        """70 have power .816, and 64 would do."""
        trial = build(read("msc-lupus-nephritis"))
        (_, answer) = trial.design.fixed.smaller_trials(0.3, 0.8)[1]
        assert (answer.n, answer.first_n, round(float(answer.success), 3)) == (70, 64, 0.817)

    @pytest.mark.parametrize("name", ["msc-lupus-nephritis", "msc-lupus-nephritis-monitored"])
    def test_nothing_that_depends_on_response_is_tested_among_responders(self, name):
        """Relapse after response is described."""
        for one in read(name).content.endpoint:
            assert one.design is None or "responders" not in f"{one.aggregation} {one.estimand}"


@pytest.fixture
def shipped(protocols):
    """The trial of a shipped plan, and what its document says before its sources, which is written once."""

    def of(name="msc-lupus-nephritis"):
        text = protocols(name)[".md"].read_text(encoding="utf-8")
        assert "\n# Reproduction\n" in text
        return build(read(name)), text.split("\n# Reproduction\n")[0]

    return of


def per_arm(treatment, control, power=0.8):
    """Participants of each of two equal arms by the pooled z test, from its textbook formula."""
    mean = (treatment + control) / 2
    spread = norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5
    spread += norm.ppf(power) * (treatment * (1 - treatment) + control * (1 - control)) ** 0.5
    return math.ceil((spread / (treatment - control)) ** 2)


class TestShippedWords:
    def test_responses_at_any_time_are_not_responses_then(self, shipped):
        """24 of 40 ever is no response at 12 months; net of the relapses it is 17 of 40, 42.5 %."""
        _, text = shipped()
        assert round(100 * 17 / 40, 1) == 42.5
        ever = [line for line in text.splitlines() if "24/40" in line or "24 of 40" in line]
        assert any(
            "is not response at 12 months: net of the 7 relapses it is 17 of 40, 42.5 %" in line for line in ever
        )

    def test_better_care_is_told_with_the_treatment_rate_that_it_takes_along(self, shipped):
        """Where the treatment rate stays, 26.4 % and 31.4 % ask for what the formula gives at 37.38 %."""
        trial, text = shipped()
        treatment, control = (one.value for one in trial.primary.rates)
        kept = [per_arm(treatment, control + more) for more in (0.05, 0.1)]
        moved = [per_arm(trial.primary.rates[0].follows(rate), rate) for rate in (control + 0.05, control + 0.1)]
        told = re.search(r"become (\d+) at 26.4 % and (\d+) at 31.4 %, if the bridge .* planned, (\d+) and (\d+)", text)
        assert [int(n) for n in told.groups()] == [*moved, *kept]

    @pytest.mark.parametrize(
        "name", ["msc-lupus-nephritis", pytest.param("msc-lupus-nephritis-monitored", marks=pytest.mark.sweep)]
    )
    def test_a_claim_without_an_effect_may_be_of_harm(self, shipped, name):
        """Five of a hundred is the most, and half of those claim harm; what futility spares is told."""
        trial, text = shipped(name)
        (sentence,) = re.findall(r"If the treatment did nothing, [^.]*\.", text)
        assert "at most about 5 of a hundred" in sentence
        assert "of benefit or of harm" in sentence
        assert ("if the futility rule were ignored" in sentence) is (trial.plan.content.monitoring is not None)

    def test_the_blinded_trial_settles_nothing(self, shipped):
        """The trial is said to be too small either way, its proteinuria favoured the cells, its harms are told."""
        _, text = shipped()
        assert "the one blinded trial saw none" not in text
        assert (
            "Deng 2017 with 18 participants, was too small to show or exclude one. Its harms were, with cells" in text
        )
        (row,) = [line for line in text.splitlines() if line.startswith("| Deng 2017, change in 24-hour urine")]
        assert "−0.7 (−2.16 to +0.763)" in row
        assert row.endswith("point estimate in the treatment's favour |")
        half = 2.16 - 0.7  # Welch's interval of 2.1 (1.8) of 12 and 1.4 (1.1) of 6
        error = (1.8**2 / 12 + 1.1**2 / 6) ** 0.5
        df = error**4 / ((1.8**2 / 12) ** 2 / 11 + (1.1**2 / 6) ** 2 / 5)
        assert half == pytest.approx(t_quantile(df) * error, abs=0.01)

    def test_an_interval_of_a_change_says_at_which_correlation_it_is(self, shipped):
        """Its interval is that at 0, the widest of those that are scanned, and a negative one would widen it."""
        _, text = shipped()
        assert "paired t at a correlation of 0 between baseline and follow-up" in text
        assert "and a negative one would widen it" in text
        assert "widest over correlations" not in text

    def test_readings_are_counted_once(self, shipped):
        """Of the readings that are told, no two have the same two rates."""
        trial, text = shipped()
        rows = [*by_discount(trial), *by_reading(trial)]
        cells = [cell for row in rows for cell in row.cells]
        distinct = {(round(cell.control, 9), round(cell.treatment, 9)): cell.n is None for cell in cells}
        assert f"in {sum(distinct.values())} of the {len(distinct)} readings shown" in text
        assert spread([*rows, *rows]).cells == len(distinct)  # what stands in two tables is one reading

    def test_the_typical_control_rate(self, shipped):
        """It is 20.3 %, 10.6 to 35.5 %, by a grid over mean and spread that shares no code with the belief."""
        _, text = shipped()
        assert "have a typical rate of 20.3 % (10.6 % to 35.5 %)" in text
        mean, low, high = typical_rate([(9, 32), (7, 27), (8, 75)])
        assert [round(100 * value, 1) for value in (mean, low, high)] == [20.3, 10.6, 35.5]

    def test_the_control_is_alike_in_what_it_can_be(self, shipped):
        """Nothing says that it looks the same where turbidity cannot be matched."""
        _, text = shipped()
        assert "turbidity cannot be matched and is hidden" in text
        assert "same appearance" not in text

    def test_the_smallest_difference_says_where_it_is(self, shipped):
        """41 against 27 of 127 is significant and 40 is not, and each width says at what it is taken."""
        _, text = shipped()
        least = next(x for x in range(27, 128) if pooled_z(x, 27, 127) >= 1.959964)
        assert f"at the expected values | {100 * (least - 27) / 127:.1f} points |" in text
        averaged = re.search(
            r"averaged over the beliefs \| ([\d.]+) points \|\n\| The same at the planned rates \| ([\d.]+)", text
        )
        assert float(averaged[1]) == pytest.approx(21.3, abs=0.1)
        assert float(averaged[2]) == pytest.approx(21.85, abs=0.1)

    def test_the_order_has_its_joint_power(self, shipped):
        """Without correlation the joint power is the product of the three powers, and the third is questioned."""
        trial, text = shipped()
        tested = [one for one in trial.endpoints if isinstance(one.design, Design)]
        powers = [float(one.design.success(trial.expected_of(one))) for one in tested]
        told = re.search(r"^\| complete or partial renal response at 12 months \| (0\.\d+) \| (0\.\d+) \|", text, re.M)
        assert told.groups() == (f"{powers[2]:.3f}", f"{math.prod(powers):.3f}")

    def test_the_heat_map_has_round_rates(self, shipped):
        """The rates of the map go in steps of five in a hundred, but for the planned one."""
        _, text = shipped()
        heads = re.search(r"^\| rate on UC-MSC \(%\) .*?placebo \(%\) \|(.*)\|$", text, re.M)[1]
        rates = [float(one) for one in heads.split("|")]
        assert [one for one in rates if one % 5] == [21.4]

    def test_a_round_rate_that_all_but_meets_the_planned_one_is_left_out(self):
        """Half a point apart two columns would say the same; a point and a half apart they do not."""
        assert around(0.205)[3:5] == [0.205, 0.25]
        assert around(0.215)[3:5] == [0.2, 0.215]
        assert around(0.01)[0] == 0.01

    def test_abbreviations_of_the_table_are_explained(self, shipped):
        """The abbreviations of the table's legend stand below the table that uses them."""
        _, text = shipped()
        legend = re.search(r"what its abbreviations stand for:\*(.*)", text)[1]
        for short in ("BM", "CYC", "SLEN", "PR", "CR", "NR", "ND"):
            assert re.search(rf"\b{short}\b", text.replace(legend, "")) is None or f"{short}, " in legend

    def test_studies_have_names_and_numbers_their_signs(self, shipped):
        """A reader finds "Wang 2012", a minus is no hyphen, and thousands are set apart."""
        _, text = shipped()
        prose = re.sub(r"`[^`]*`|\[@?[^\]]*\]|\(#[^)]*\)", "", text)
        assert not re.search(r"\b(?:wang|sun|liang|deng)-20\d\d\b", prose)
        assert not re.search(r"(?<=[ (|])-\d", prose)
        assert not re.search(r"(?<![\d.,-])(?!19\d\d|20\d\d)\d{4,}(?= participants| would| randomised)", prose)

    def test_the_test_is_stratified_as_randomisation_is(self, shipped):
        """It is stratified by the prognostic background, with the interval that inverts it, and no circular reason."""
        trial, text = shipped()
        (analysis,) = [one.section.analysis for one in trial.primaries]
        assert analysis.startswith("Cochran–Mantel–Haenszel test within the strata of background induction")
        assert "the interval that inverts this test" in analysis
        assert "because the number was computed for it" not in text
        # two equal strata, control .10 and .33, a common odds ratio of 2.194: the unstratified test has .717
        strata = [(0.10, odds_moved(0.10, 2.194)), (0.33, odds_moved(0.33, 2.194))]
        treatment, control = (sum(one[i] for one in strata) / 2 for i in (1, 0))
        assert power_of(treatment, control, 127) == pytest.approx(0.717, abs=0.01)


def t_quantile(df):
    """The 97.5 % quantile of Student's t."""
    from scipy.stats import t

    return t.ppf(0.975, df)


def odds_moved(rate, ratio):
    """A rate whose odds are a multiple of another's."""
    odds = ratio * rate / (1 - rate)
    return odds / (1 + odds)


def pooled_z(treatment, control, n):
    """The pooled z of counts in two arms of n."""
    rate = (treatment + control) / (2 * n)
    return (treatment - control) / n / (rate * (1 - rate) * 2 / n) ** 0.5


def power_of(treatment, control, n):
    """Of the pooled z test in two arms of n, by its textbook formula."""
    mean = (treatment + control) / 2
    null, true = (2 * mean * (1 - mean) / n) ** 0.5, (treatment * (1 - treatment) + control * (1 - control)) ** 0.5
    return norm.cdf((treatment - control - norm.ppf(0.975) * null) / (true / n**0.5))


def typical_rate(arms, mean_sd=2.0, spread_scale=0.5):
    """Posterior mean and limits of the rate whose logit is the mean over arms, summed over a grid."""
    means = np.linspace(-5, 3, 801)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    taus, mass = np.polynomial.legendre.leggauss(120)
    taus, mass, density = 1.75 * (taus + 1), 1.75 * mass, np.zeros_like(means)
    for tau, of_tau in zip(taus, mass, strict=True):
        rates = expit(means[:, None] + tau * nodes)
        joint = math.prod((rates**x * (1 - rates) ** (n - x) * 1e10) @ weights for x, n in arms)
        density += of_tau * np.exp(-((tau / spread_scale) ** 2) / 2) * joint
    density *= np.exp(-((means / mean_sd) ** 2) / 2)
    below = np.cumsum(density) - density / 2
    low, high = (expit(np.interp(p, below / density.sum(), means)) for p in (0.025, 0.975))
    return float((density * expit(means)).sum() / density.sum()), float(low), float(high)
