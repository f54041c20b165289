"""What a reader was told wrongly once, by kind, each with its right value: `found` names the item of that list."""

import re

import pytest
from click.testing import CliRunner
from scipy.stats import norm
from small_plans import built, endpoint, prose, stated

from trialplan.cli import root
from trialplan.errors import PlanError
from trialplan.plan import build, read
from trialplan.protocol.content.context import context
from trialplan.protocol.content.interim_analyses import monitored

RATES = stated(control=0.2, treatment=0.3667)
LOOKS = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\n'


class TestRandomisedNumber:
    def test_losses_are_taken_once(self, tmp_path):
        """Item 1: 570 are randomised where 60 % are lost, and half lost of both leaves 228 and power 0.874."""
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
        """Item 5: of 23 of 83 the document says that 87 were enrolled, and both rates are told of apart."""
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
        """Item 7: labels are short, units are the plan's, and nothing is said of logs, rates or field names."""
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
        """Item 7: an adjusted ratio has a standard deviation of logarithms, an adjusted difference has not."""
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
        """Item 9: a look at half and the end is no look at 100 % of the information."""
        text = prose(built(tmp_path, more=LOOKS))
        assert "looked at with 50 % of the information, and at the end" in text
        assert "100 % of the information" not in text

    def test_a_legend_explains_the_letters_of_its_own_formula(self, tmp_path):
        """Item 10: under Fisher's test nothing is said of shares and sides that its formula does not have."""
        how = {"settings": 'test = "fisher"', "assumptions": stated(control=0.1, treatment=0.6), "target": 0.5}
        formula = prose(built(tmp_path, **how)).split("## Calculation")[1].split("| |")[0]
        tex, legend = formula.rsplit("$$", 1)
        for letter, in_tex in (("*w*", "w_"), ("*s*", "/s")):
            assert (letter in legend) == (in_tex in tex)


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
        """Item 21: another strategy, missing data as an event, and what targets another estimand, in one sentence."""
        with pytest.raises(PlanError, match=re.escape(told)):
            built(tmp_path, changes=(change,))

    def test_supplementary_analyses_may_ask_anything(self, tmp_path):
        """What answers another question stands under its own name."""
        more = ("[evidence]\n", '[analysis]\nsupplementary = ["treatment policy for rescue"]\n\n[evidence]\n')
        text = prose(built(tmp_path, changes=(more,)))
        assert "| Supplementary: another question | treatment policy for rescue |" in text


class TestPitfalls:
    def test_a_control_rate_of_ones_own_is_not_answered_by_others(self, tmp_path):
        """Item 25: rates in the scenarios are no source, so P02 stands unanswered and blocks."""
        text = prose(built(tmp_path))
        assert re.search(r"P02, .* \*\*Not answered in the plan\.\*\*", text)
        assert "P02 is not answered" in text

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
        """Item 26: what stands under Interim analyses is answered, with what a look is expected to see."""
        trial = build(read("msc-lupus-nephritis-monitored"))
        words = monitored(trial).command.split()
        ran = CliRunner().invoke(root, words[1:])
        assert ran.exit_code == 0, ran.output
        assert words[-2:] == ["--events", "24/65,14/65"]

    def test_the_boundary_is_read_at_the_planned_control_rate(self):
        """Item 15: z 2.963 is 24.6 points at 65 an arm and a control rate of 21.4 %, by the variance of the test."""
        look = monitored(build(read("msc-lupus-nephritis-monitored"))).looks[0].efficacy
        control, n = 0.2142, 65
        pooled = control + look.effect / 2
        assert look.effect == pytest.approx(look.z * (2 * pooled * (1 - pooled) / n) ** 0.5, abs=2e-4)
        assert round(100 * look.effect, 1) == 24.6

    def test_the_pilot_arm_says_its_fewest(self):
        """Item 24: 70 have power .816, and 64 would do."""
        trial = build(read("msc-lupus-nephritis"))
        (_, answer) = trial.design.fixed.smaller_trials(0.3, 0.8)[1]
        assert (answer.n, answer.first_n, round(float(answer.success), 3)) == (70, 64, 0.817)

    @pytest.mark.parametrize("name", ["msc-lupus-nephritis", "msc-lupus-nephritis-monitored"])
    def test_nothing_that_depends_on_response_is_tested_among_responders(self, name):
        """Relapse after response is described."""
        for one in read(name).content.endpoint:
            assert one.design is None or "responders" not in f"{one.aggregation} {one.estimand}"
