"""[monitoring] and [enrolment]: what they make of the primary endpoint, and what they may not say."""

import json

import pytest

from trialplan import GroupSequential
from trialplan.errors import PlanError, TrialplanError
from trialplan.files import shipped
from trialplan.plan import build, json_schema, read
from trialplan.plan.difference import difference
from trialplan.plan.recruiting import recruits

MONITORING = """
[monitoring]
looks = [0.5, 1.0]
efficacy = "lan-demets-obrien-fleming"
futility = "conditional-power(0.2)"
why = "ours"
"""
ENROLMENT = """
[enrolment]
accrual_rate = 4
source = "ours"
"""
DATED = ("timepoint = ", "timepoint_months = 12\ntimepoint = ")


@pytest.fixture
def plan(tmp_path):
    """The starter with sections added at its end, and some of its text replaced, as a built plan."""

    def made(more, *changes, name="plan"):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        changes = changes if "timepoint_months" in text else (DATED, *changes)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / f"{name}.toml"
        path.write_text(text + more, encoding="utf-8")
        return read(str(path))

    return made


class TestMonitoring:
    def test_every_key_of_the_rule_reaches_the_design(self, plan):
        """Looks, both boundaries, where they hold and whether futility binds are the design's."""
        more = """
[monitoring]
looks = [0.3, 0.6, 1.0]
efficacy = "kim-demets(3)"
futility = "z(0)"
binding = true
efficacy_at = [0.6, 1.0]
futility_at = [0.3]
"""
        one_sided = ("[endpoint.settings]", "[endpoint.settings]\nsides = 1\nalpha = 0.025")
        design = build(plan(more, one_sided)).primary.design
        assert isinstance(design, GroupSequential)
        assert (design.looks, design.efficacy, design.futility) == ((0.3, 0.6, 1.0), "kim-demets(3)", "z(0)")
        assert (design.binding, design.efficacy_at, design.futility_at) == (True, (0.6, 1.0), (0.3,))

    @pytest.mark.parametrize("looks", ["[0.25, 0.5, 0.75, 1.0]", "4", '"1/4,1/2,3/4,1"'])
    def test_looks_have_the_forms_of_the_command_line(self, plan, looks):
        """Fractions, text as --looks takes it, or their number; where some of them stop, one number will do."""
        trial = build(plan(f"\n[monitoring]\nlooks = {looks}\nefficacy_at = 1\n"))
        assert trial.primary.design.looks == (0.25, 0.5, 0.75, 1.0)
        assert trial.primary.design.efficacy_at == (1.0,)

    def test_errors_by_look_are_a_list(self, plan):
        """Cumulative alpha by look is a TOML array."""
        trial = build(plan("\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = [0.005, 0.05]\n"))
        assert trial.answer.extra["looks"][0]["cumulative_alpha"] == pytest.approx(0.005)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("[0.5, 1.0]", "[1.0, 0.5]", "[monitoring]: looks must be increasing"),
            ("[0.5, 1.0]", "[0.5, 1.2]", "[monitoring]: looks must be information fractions up to 1, not 1.2"),
            ("lan-demets-obrien-fleming", "lan-demets-obrien", "'lan-demets-obrien-fleming'"),
            ("conditional-power(0.2)", "conditional-power(20)", "(0, 1)"),
            ("conditional-power(0.2)", "z(3.5)", "not below efficacy"),
            ("lan-demets-obrien-fleming", "obrien(", "[monitoring]: efficacy"),
            ("why =", "reason =", "unknown key 'reason'"),
            ("why =", 'reviewers = "x"\nwhy =', "did you mean 'reviewer'"),
            ("why =", "binding = true\nwhy =", "defined for a one-sided test"),
            ("why =", "futility_at = [0.7]\nwhy =", "not one of the looks"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, plan, old, new, words):
        """Unknown keys, names and impossible values are named with their section."""
        with pytest.raises(TrialplanError) as error:
            build(plan(MONITORING.replace(old, new)))
        assert words in str(error.value)
        assert "\n" not in str(error.value)
        assert "GroupSequential: looks" not in str(error.value)

    def test_words_do_not_change_the_number(self, plan):
        """Plans that differ in the reasons of [monitoring] do not differ in n; those that differ in its rule do."""
        first = plan(MONITORING, name="first")
        words = plan(MONITORING.replace('why = "ours"', 'why = "others"\nblinded = "all"'), name="second")
        assert difference(first, words).parts == ()
        rule = plan(MONITORING.replace("conditional-power(0.2)", "conditional-power(0.4)"), name="third")
        (part,) = difference(first, rule).parts
        assert part.change_in_n > 0


class TestEnrolment:
    def test_dates_the_looks(self, plan):
        """At 4 a month and read after 12, a look is dated, and expected n counts the randomised."""
        alone, dated = build(plan(MONITORING)), build(plan(MONITORING + ENROLMENT))
        assert alone.answer.n == dated.answer.n
        look = dated.answer.extra["looks"][0]
        assert look["month"] == pytest.approx(look["n"] / 4 + 12)
        assert look["randomised"] == min(look["n"] + 48, dated.answer.n)
        assert "month" not in alone.answer.extra["looks"][0]
        assert dated.answer.extra["expected_n"]["null"] > alone.answer.extra["expected_n"]["null"]

    def test_steps_and_a_ramp(self, plan):
        """Rates from a month on, and a rate that rises, are those of the accrual."""
        steps = """
[enrolment]
ramp_up_months = 4
steps = [{ from_month = 0, accrual_rate = 2 }, { from_month = 6, accrual_rate = 5 }]
source = "ours"
"""
        look = build(plan(MONITORING + steps)).answer.extra["looks"][0]
        # 4 by month 4, 8 by month 6, then 5 a month
        assert look["month"] == pytest.approx(6 + (look["n"] - 8) / 5 + 12)

    def test_without_looks_it_is_read_and_changes_nothing(self, plan):
        """A plan may say how it recruits without looking early."""
        assert build(plan(ENROLMENT)).answer.n == build(plan("")).answer.n

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("accrual_rate = 4\n", "", "either accrual_rate, or steps"),
            ("accrual_rate = 4", "accrual_rate = 0", "must lie in (0, ∞), not 0"),
            ("accrual_rate = 4", "accrual_rates = 4", "did you mean 'accrual_rate'"),
            ('source = "ours"', "", "'source' is missing"),
            ("accrual_rate = 4", "steps = [{ from_month = 2, accrual_rate = 4 }]", "from month 0"),
            ('"ours"', '"read somewhere [nowhere]"', "[nowhere]"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, plan, old, new, words):
        """A rate that is missing or none, and a source that is not listed, are named."""
        with pytest.raises(TrialplanError) as error:
            build(plan(MONITORING + ENROLMENT.replace(old, new)))
        assert words in str(error.value)
        assert "\n" not in str(error.value)

    def test_an_endpoint_without_a_time(self, plan):
        """A look has no date where the endpoint has no month."""
        with pytest.raises(PlanError, match="timepoint_months"):
            build(plan(MONITORING + ENROLMENT, ("timepoint_months = 12", "")))


class TestSchema:
    def test_every_key_says_what_it_is(self):
        """The published schema describes the sections, and is JSON."""
        known = json.loads(json.dumps(json_schema()))["$defs"]
        assert {"looks", "efficacy", "futility", "binding", "reviewer", "blinded"} <= set(
            known["Monitoring"]["properties"]
        )
        assert {"accrual_rate", "steps", "source"} <= set(known["Enrolment"]["properties"])


SITES = """
[enrolment]
deadline_months = 60
decision_months = 1

[[enrolment.sites]]
number = 12
patients_per_year = 10
rate_shape = 2
opens_from_month = 2
opens_to_month = 7.5
source = "ours"

[[enrolment.screening]]
step = "eligible"
share = 0.5
source = "ours"

[[enrolment.competing]]
trial = "another"
share = 0.2
source = "ours"
"""


class TestSites:
    def test_the_calendar_follows_them(self, plan):
        """A look has the month in which the mean rates of the open sites bring its participants, and those after."""
        trial = build(plan(MONITORING + SITES))
        look = trial.answer.extra["looks"][0]
        opens, rate = [2 + 0.5 * site for site in range(12)], 10 * 0.5 * 0.8 / 12

        def randomised(month):
            return sum(rate * max(month - one, 0) for one in opens)

        assert randomised(look["month"] - 13) == pytest.approx(look["n"])
        assert look["randomised"] == int(randomised(look["month"]) + 1e-9)

    def test_recruit_answers_for_them(self, plan):
        """The plan's number, its deadline and its looks, each at the law of its sites."""
        trial = build(plan(MONITORING + SITES))
        answer = recruits(trial)
        assert (answer.n, answer.by.month, answer.law.sites) == (trial.n_randomised, 60, 12)
        assert answer.screening.share == pytest.approx(0.4)
        assert answer.full.chance == pytest.approx(answer.law.chance(answer.n, 60))
        first = answer.looks[0].completion
        assert first.median == pytest.approx(answer.law.month(trial.answer.extra["looks"][0]["n"], 0.5) + 13)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("[enrolment]\n", "[enrolment]\naccrual_rate = 4\n", "or [[enrolment.sites]]"),
            ("[enrolment]\n", "[enrolment]\nramp_up_months = 4\n", "leave ramp_up_months out"),
            ("opens_to_month = 7.5", "opens_to_month = 1", "before the first site opens in month 2"),
            ("share = 0.5", "share = 50", "share"),
            ("number = 12", "number = 0", "number"),
            ("patients_per_year = 10", "patients_a_year = 10", "did you mean 'patients_per_year'"),
            ('share = 0.2\nsource = "ours"', 'share = 0.2\nsource = "x [nobody]"', "cites [nobody]"),
        ],
    )
    def test_refused(self, plan, old, new, words):
        """One sentence that names the place."""
        with pytest.raises(TrialplanError) as why:
            build(plan(MONITORING + SITES.replace(old, new, 1)))
        assert words in str(why.value)

    def test_screening_needs_sites(self, plan):
        """Shares of the patients seen say nothing of a rate of those randomised."""
        step = '\n[[enrolment.screening]]\nstep = "a"\nshare = 0.5\nsource = "ours"\n'
        with pytest.raises(PlanError, match="in place of a rate of those randomised"):
            build(plan(MONITORING + ENROLMENT + step))
