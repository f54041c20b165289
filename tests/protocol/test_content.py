"""What a protocol says: in the order of ICH M11, in two voices, with each pitfall where it bites."""

import re

import numpy as np
import pytest
from scipy.stats import binom, norm

from trialplan.errors import PlanError
from trialplan.plan import build, read
from trialplan.protocol import render
from trialplan.protocol.content.coverage import Coverage
from trialplan.protocol.content.pitfalls import PITFALLS, met

QUICK = "\n[report]\nverification_trials = 0\n"


def built(folder, text):
    """The trial that a plan's text makes, without simulated trials."""
    path = folder / "plan.toml"
    path.write_text(text + QUICK, encoding="utf-8")
    return build(read(str(path)))


@pytest.fixture(scope="module")
def trial():
    return build(read("msc-lupus-nephritis"))


@pytest.fixture(scope="module")
def said(trial, contents):
    return contents(trial)


@pytest.fixture(scope="module")
def text(trial):
    return render(trial).split("## The plan")[0]


@pytest.fixture(scope="module")
def vasospasm():
    """The protocol of a plan from another field, without its own text at the end."""
    return render(build(read("cerebral-vasospasm"))).split("# Reproduction")[0]


@pytest.fixture
def starter(tmp_path):
    """The protocol of the starter with some of its text replaced and some added."""

    def rendered(*changes, more=""):
        source = read("starter").text
        for old, new in changes:
            assert old in source
            source = source.replace(old, new, 1)
        return render(built(tmp_path, source + more)).split("## The plan")[0]

    return rendered


def part(text, heading):
    """What stands under a heading, up to the next of its level."""
    level = heading.index(" ")
    after = f"\n{text}".split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{level}}} ", after, maxsplit=1)[0]


class TestOrder:
    def test_chapters_follow_m11(self, text):
        """The chapters stand in the order of the harmonised template, the appendices last."""
        headings = re.findall(r"^# (.+)$", text, re.MULTILINE)
        wanted = [
            "Synopsis",
            "Background",
            "Objectives and estimands",
            "Trial design",
            "Population",
            "Intervention and blinding",
            "Randomisation",
            "Safety",
            "Statistical analysis",
            "Sample size",
            "Oversight",
            "References",
            "Operating characteristics",
            "What the audit found",
            "Checklists",
            "Reproduction",
        ]
        assert [one for one in headings if one in wanted] == wanted

    def test_the_standards_are_cited(self, text):
        """Each standard that the draft follows is in the list of references."""
        for words in ("BMJ 2025;389:e081477", "Step 4, 19 November 2025", "ICH E9(R1)", "BMJ 2018;363:k3750"):
            assert words in part(text, "# References")


class TestVoices:
    @pytest.mark.parametrize(
        "heading",
        [
            "# Synopsis",
            "## Primary estimand",
            "# Randomisation",
            "## What this number can and cannot see of harm",
            "## Multiplicity",
            "# Sample size",
            "## What the control arm may do",
            "# What the number is worth",
            "# Secondary endpoints at this number",
            "# Operating characteristics",
        ],
    )
    def test_a_plain_sentence_stands_before_the_statistician_s(self, text, heading):
        """Each result is said once in plain words and once in the words of statistics, in that order."""
        plain, marked, _ = part(text, heading).partition("*Statistically:*")
        assert marked
        assert re.search(r"[a-z]{3}[^|]*[.?:,] ?\s*$", plain.replace("*", ""))

    def test_both_voices_say_the_same_number(self, said, text):
        """The trials of a hundred and the power in per cent come from one object."""
        power = said["primary"].alone.power
        assert f"about {round(100 * power)} of a hundred such trials" in part(text, "# Sample size")
        assert f"{100 * power:.1f} % power" in part(text, "# Sample size")


class TestNumber:
    def test_the_level_kept_is_the_largest_over_common_rates(self, said, trial):
        """The printed type I error is that of the chi-squared test, counted over every pair of outcomes."""
        n = 127
        x = np.arange(n + 1)
        pooled = (x[:, None] + x) / (2 * n)
        with np.errstate(all="ignore"):
            z = (x[:, None] - x) / n / np.sqrt(2 * pooled * (1 - pooled) / n)
        rejects = np.abs(np.nan_to_num(z)) >= norm.ppf(0.975)
        rates = np.linspace(0.001, 0.999, 1999)
        sizes = [binom.pmf(x, n, p) @ rejects @ binom.pmf(x, n, p) for p in rates]
        assert said["level_kept"] == pytest.approx(max(sizes), abs=2e-5)
        row = said["operating"].rows[0]
        believed = [
            binom.pmf(x, n, row.value + s * 0.159607) @ rejects @ binom.pmf(x, n, row.value) for s in (0, 0.5, 1)
        ]
        assert (row.powers[0], row.powers[1], row.powers[3]) == pytest.approx(believed, abs=1e-4)

    def test_the_target_is_told_on_every_scale(self, said, text):
        """Absolute and relative differences of the planned rates stand side by side."""
        treatment, control = (said["primary"].by_name[one].value for one in ("treatment", "control"))
        odds = treatment / (1 - treatment) / (control / (1 - control))
        shown = part(text, "## Target difference").replace("\\", "")
        for words in (f"+{100 * (treatment - control):.1f} points", f"{treatment / control:.3g}", f"{odds:.3g}"):
            assert words in shown

    def test_a_harm_that_is_not_seen_may_still_be_there(self, said, text):
        """With none among 127 the upper limit of a harm's rate is 1 − 0.05^(1/127)."""
        limit = said["blind_spot"].limit
        assert (1 - limit) ** 127 == pytest.approx(0.05)
        assert f"{100 * limit:.1f} %" in part(text, "# Safety")

    def test_the_rate_that_is_told_from_another_has_the_power_it_says(self, said):
        """The rate that could be told from 10 % is found with 80 % power by the chi-squared test."""
        rate, base = said["safety"][0].at_trial.detectable.value, 0.1
        mean = (rate + base) / 2
        reach = (rate - base) * 127**0.5 - norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5
        assert norm.cdf(reach / (rate * (1 - rate) + base * (1 - base)) ** 0.5) == pytest.approx(0.8, abs=1e-3)

    def test_losses_are_divided_not_multiplied(self, text):
        """For the endpoint that loses a tenth, n/(1 − d) is used and n(1 + d) is shown beside it."""
        assert (round(542 / 0.9, 1), round(542 * 1.1, 1)) == (602.2, 596.2)
        assert "542 observed take 603 enrolled, n/(1 − d), where n(1 + d) would give 597" in text

    def test_a_higher_control_rate_is_followed_through_the_bridge(self, said):
        """Five points more on placebo ask for the textbook number, the treatment rate bridged anew."""
        control, cell, _ = said["drifted"][0]
        first = control + 0.604 * (16 / 30 - control)
        treatment = 1 / (1 + (1 - first) / first * np.exp(-np.log(0.87)))
        mean = (control + treatment) / 2
        root = norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5
        root += norm.ppf(0.8) * (control * (1 - control) + treatment * (1 - treatment)) ** 0.5
        assert cell.arms[0].n == np.ceil((root / (treatment - control)) ** 2)

    def test_a_higher_control_rate_alone(self, said):
        """The treatment rate kept, the textbook formula gives 283 at 26.4 % and 996 at 31.4 %."""
        assert [(round(control, 3), kept.arms[0].n) for control, _, kept in said["drifted"]] == [
            (0.264, 283),
            (0.314, 996),
        ]

    def test_a_reading_that_stands_in_two_tables_is_one(self, trial, said):
        """Where the bias of open trials is taken off, no cell of the bridge is the table at its word."""
        assert (said["range"].cells, said["range"].impossible) == (60, 3)


class TestPitfalls:
    def test_every_pitfall_of_the_audit_is_met(self, trial, said):
        """Whatever the audit finds of the list is told again where it bites."""
        found = {one.id for one in trial.findings if one.id.startswith("P")}
        assert len(found) > 12
        assert found <= {one.id for one in met(trial, said)}

    def test_each_stands_in_its_section(self, trial, said, text):
        """A pitfall that is met is printed under the heading where it bites, with its answer or that there is none."""
        flat = text.replace("\\", "")
        for one in met(trial, said):
            heading = re.search(rf"^(#+ {one.section.replace('-', '[- ,]+')})$", flat, re.MULTILINE | re.IGNORECASE)
            line = next(line for line in part(flat, heading[1]).split("\n") if f"*{one.id}, {one.topic}.*" in line)
            assert (f"*Answer:* {one.answer}" if one.answer else "**Not answered in the plan.**") in line

    def test_without_the_plan_s_answer_it_is_not_answered(self, starter):
        """A pitfall that the plan neither answers nor designs away is said to be open."""
        background = part(starter(), "# Background")
        assert "*P06, the same participants counted twice.*" in background
        assert "**Not answered in the plan.**" in background

    def test_an_answer_of_the_plan_is_printed(self, starter):
        """What the plan says to a pitfall stands beside it."""
        changed = starter(("[target_difference]", '[evidence.answers]\nP06 = "One report only"\n\n[target_difference]'))
        assert "*Answer:* One report only." in part(changed, "# Background")

    def test_ids_are_there_once_and_in_order(self):
        """The list has each pitfall once, in its order."""
        ids = [one.id for one in PITFALLS]
        assert ids == sorted(set(ids))

    def test_a_reading_sooner_than_others_followed_is_short(self, starter):
        """A follow-up below a year is raised where the table's studies followed for longer, whatever the disease."""
        month = ('timepoint = "12 months', 'timepoint_months = 6\ntimepoint = "6 months')
        name = ("response at 12 months", "response at 6 months")
        assert "*P31, a short follow-up.*" in starter(month, name)
        assert "P31" not in starter()

    def test_stopping_without_a_rule_is_not_raised_against_looks(self, starter):
        """A plan with looks has a rule for stopping."""
        assert "P25" in starter()
        assert "P25" not in starter(more="\n[monitoring]\nlooks = [0.5, 1.0]\n")


class TestConduct:
    def test_block_sizes_and_seed_have_no_place_in_a_plan(self, starter):
        """A plan cannot state block sizes or the seed, so no protocol can give them away."""
        for key in ("blocks", "block_sizes", "seed"):
            with pytest.raises(PlanError, match=f"unknown key '{key}'"):
                starter(more=f"\n[randomisation]\n{key} = 4\n")

    def test_the_sequence_is_described_without_them(self, text):
        """Randomisation is described by its type, its strata and the command that makes the list."""
        shown = part(text, "# Randomisation")
        for words in ("permuted blocks of randomly varying size", "`trialplan randomise`", "background induction"):
            assert words in shown
        assert not re.search(r"block[^.]*\d", shown)

    def test_power_within_strata_stands_beside_its_simulation(self, text):
        """What the test within the prognostic strata shows, by its formula and by drawn participants."""
        shown = part(text, "# Statistical analysis")
        found = re.search(r"power is \*\*(0\.\d+)\*\* by its formula, and (0\.\d+) by simulation", shown)
        assert float(found[1]) == pytest.approx(0.808, abs=0.005)
        assert float(found[2]) == pytest.approx(float(found[1]), abs=0.03)
        assert "25.8 % with mycophenolate" in shown

    def test_strata_are_optional(self, starter):
        """A plan without strata says that they are missing, and does not speak of strata otherwise."""
        shown = part(starter(), "# Randomisation")
        assert "| Strata | **Missing** |" in shown
        assert "within strata" not in shown

    def test_a_single_arm_is_not_randomised(self, tmp_path):
        """A trial of one arm enrols, and says that nothing is randomised."""
        source = read("starter").text
        start, end = source.index("[endpoint.settings]"), source.index("[[randomised]]")
        rate = '[endpoint.assumptions.{}]\nvalue = {}\nsource = "s"\n'
        source = source[:start] + rate.format("null", 0.2) + rate.format("expected", 0.4) + source[end:]
        source = source.replace("two-proportions", "one-proportion").replace("value = 0.167", "value = 0.4")
        shown = render(built(tmp_path, source))
        assert "**Provisional.** Enrol" in shown
        assert "Nothing is randomised: the trial has one arm." in shown

    def test_looks_are_told_even_where_the_plan_says_no_word_of_them(self, starter):
        """A monitored plan's looks are named with their information, and count as said."""
        shown = part(starter(more="\n[monitoring]\nlooks = [0.5, 1.0]\n"), "## Interim analyses")
        assert "looked at with 50 % of the information, and at the end" in shown

    def test_one_endpoint_needs_no_adjustment(self, starter):
        """A plan with one tested endpoint says that nothing has to be adjusted."""
        assert "nothing has to be adjusted" in part(starter(), "## Multiplicity")

    def test_the_testing_order_is_the_plan_s(self, said, text):
        """Endpoints that are tested stand in their order; one that is described stands outside it."""
        order = ", then ".join(said["ordered"])
        assert order in part(text, "## Multiplicity")
        assert "relapse" not in said["ordered"]

    def test_coverage_is_what_the_checklists_print(self, said):
        """The context carries the judged checklists that the appendix prints."""
        assert isinstance(said["coverage"], Coverage)


class TestAnotherField:
    def test_nothing_of_the_first_one_is_left(self, vasospasm):
        """Where nobody receives a placebo, none is spoken of."""
        assert "placebo" not in vasospasm.lower()

    def test_columns_that_hold_nothing_are_left_out(self, vasospasm):
        """The table of studies has no column in which no study says anything."""
        assert "| Study | Enrolled | Design and follow-up |\n" in vasospasm
        assert "–; –" not in vasospasm

    def test_sentences_end_once(self, vasospasm, text):
        """No sentence ends in two full stops."""
        assert "Levy et al.\n" in vasospasm
        assert ".." not in vasospasm + text

    def test_without_secondary_endpoints_none_is_announced(self, vasospasm):
        """The section on secondary endpoints says that there is none."""
        assert "the plan names no secondary endpoint." in part(vasospasm, "# Secondary endpoints at this number")

    def test_a_control_rate_without_a_belief_is_known_in_assurance(self, vasospasm, text):
        """Assurance says where the control rate's uncertainty does not enter, and is silent where it does."""
        said = "it is taken as known, and how uncertain it is does not enter"
        assert said in part(vasospasm, "# What the number is worth")
        assert said not in text

    def test_differences_are_in_points(self, text):
        """Widths and differences of rates are percentage points, so that none is read as a share."""
        shown = part(text, "# What the number is worth")
        assert re.search(r"Expected width of the 95 % interval .* averaged over the beliefs \| [\d.]+ points \|", shown)
        assert re.search(r"The difference of proportions nearest to the null .* \| [+−]?[\d.]+ points \|", shown)
