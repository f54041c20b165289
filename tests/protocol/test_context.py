"""What a protocol says is bound to the computed object, and can be recomputed from what it prints."""

import math
import re

import pytest
from scipy.stats import norm

from trialplan.plan import build, read
from trialplan.protocol import render
from trialplan.protocol.content.context import context


@pytest.fixture(scope="module")
def trial():
    return build(read("msc-lupus-nephritis"))


@pytest.fixture(scope="module")
def objects(trial, contents):
    return contents(trial)


@pytest.fixture(scope="module")
def text(trial):
    return render(trial)


def per_arm(control, treatment, power=0.8):
    """The chi-squared sample size per arm, from the textbook formula."""
    mean = (control + treatment) / 2
    root = norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5
    root += norm.ppf(power) * (control * (1 - control) + treatment * (1 - treatment)) ** 0.5
    return (root / (treatment - control)) ** 2


def by_name(trial, words):
    """The words as a reader finds them: studies by their names, and a minus before a number."""
    for study in trial.table.studies:
        words = words.replace(study.key, study.called)
    return re.sub(r"(?<![\w.)–-])-(?=\d)", "−", words)


class TestNumbers:
    def test_every_cell_of_the_scenario_tables_is_the_textbook_number(self, objects):
        """Each n per arm of both scenario tables equals an independent recomputation, impossible ones included."""
        checked = 0
        for row in objects["by_discount"]:
            pairs = [(row.value, cell.treatment, cell) for cell in row.cells]
            assert len(pairs) == 5
            checked += self.agree(pairs)
        for row in objects["by_reading"]:
            controls = [one.value for one in objects["controls"]]
            checked += self.agree([(c, row.value, cell) for c, cell in zip(controls, row.cells, strict=True)])
        assert checked == 60

    @staticmethod
    def agree(pairs):
        for control, treatment, cell in pairs:
            if treatment <= control:
                assert cell.n is None
            else:
                expected = per_arm(control, treatment)
                assert expected <= cell.arms[0].n < expected + 1
        return len(pairs)

    def test_discounts_move_the_treatment_rate_as_stated(self, objects):
        """The treatment rate of a cell is what is believed of the excess of 16/30, less the bias of an open trial."""
        for row in objects["by_discount"]:
            for share, cell in zip((0, 0.25, 0.5, 0.75), row.cells[:-1], strict=True):
                first = row.value + (1 - share) * (16 / 30 - row.value)
                odds = first / (1 - first) * 0.87
                assert cell.treatment == pytest.approx(odds / (1 + odds))
            assert row.cells[-1].treatment == pytest.approx(0.3614, abs=1e-4)  # Wilson's lower limit of 16/30

    def test_the_secondary_power_is_that_of_the_expected_completers(self, objects):
        """The continuous secondary's power is computed with a tenth of the randomised missing."""
        view = objects["secondary"][0]
        assert view.at_trial.observed == pytest.approx(0.9 * 254)
        assert view.at_trial.power == pytest.approx(view.design.success(0.9 * 254))
        assert view.alone.enrolled >= view.alone.n / 0.9

    def test_a_harm_is_seen_with_the_binomial_probability(self, objects):
        """The chance of seeing a harm of one in a hundred is one minus the chance of none among 127."""
        rare = objects["safety"][1]
        assert rare.at_trial.power == pytest.approx(1 - 0.99**127)


class TestText:
    def test_the_recommendation_stands_in_the_synopsis(self, text):
        """The synopsis recommends the computed number, with its power and rates."""
        synopsis = text.split("# Background")[0]
        for words in ("Randomise 254 participants", "127 UC-MSC", "127 placebo", "80.1 % power", "37.38 %", "21.42 %"):
            assert words in synopsis

    def test_the_range_of_answers_is_said_beside_it(self, text):
        """The synopsis says how far the answer moves with what is believed."""
        assert "from 14 to more than 10,000 participants" in text
        assert "in 3 of the 60 readings" in text

    def test_the_printed_rates_give_the_printed_number(self, text):
        """Whoever recomputes n from the rates as they are printed finds the number that is printed."""
        treatment, control = map(
            float, re.search(r"in ([\d.]+) % of participants on UC-MSC and ([\d.]+) %", text).groups()
        )
        assert math.ceil(per_arm(control / 100, treatment / 100)) == 127

    def test_every_assumption_is_printed_with_value_and_source(self, trial, text):
        """Each ledger row prints meaning, value, basis and source."""
        plain = text.replace("\\", "")
        for endpoint in trial.endpoints:
            for one in endpoint.assumptions:
                assert by_name(trial, one.source.split(";")[0]) in plain
        assert "| 57.6 % | derived | MyLupus" in plain
        assert "Wang 2012, complete remission (single): 16/30" in plain

    def test_every_outcome_of_the_table_is_printed_as_printed(self, trial, text):
        """Nothing that the table prints is dropped, and NR and ND stay what they are."""
        plain = text.replace("\\", "")
        for study in trial.table.studies:
            for outcome in study.outcomes:
                assert f"| {study.called} | {outcome.label}" in plain
                assert outcome.reported is None or outcome.reported in plain

    def test_every_finding_is_told(self, trial, text):
        """Each finding's sight and meaning is in the text."""
        plain = text.replace("\\", "")
        for finding in trial.findings:
            assert by_name(trial, finding.seen) in plain
            assert by_name(trial, finding.means) in plain

    def test_the_plan_is_embedded_whole(self, trial, text):
        """The plan's text stands in the document as it was written."""
        assert trial.plan.text.rstrip() in text

    def test_the_authors_words_are_not_quoted(self, text):
        """Nothing is printed as what the article's authors say, which could not be read."""
        body = text.split("## The plan")[0].lower()
        for claim in ("the authors conclude", "the authors propose", "woodworth and furst (argue|propose|suggest)"):
            assert not re.search(claim, body)


class TestOtherPlan:
    def test_the_starter_renders_without_a_change_of_template(self):
        """A second plan renders through the same templates."""
        assert "Randomise" in render(build(read("starter")))

    def test_a_monitored_plan_prints_its_looks(self, tmp_path):
        """A plan with looks names each of them."""
        source = read("starter").text.replace("[scenarios]", "[monitoring]\nlooks = [0.5, 1.0]\n\n[scenarios]", 1)
        path = tmp_path / "plan.toml"
        path.write_text(source, encoding="utf-8")
        assert "with 50 % of the information, and at the end" in render(build(read(str(path))))


class TestDoubts:
    def test_assurance_stands_beside_power(self, objects, text):
        """The protocol prints assurance, its enumeration, its ceiling and other beliefs for the trial's number."""
        planned = objects["assured"].planned
        for value in (planned.assurance, planned.enumerated, planned.ceiling):
            assert f"{value:.3f}" in text
        assert "control rate half as sure" in text

    def test_a_table_that_cannot_carry_the_number_is_said_to_and_answered(self, trial, objects, text):
        """The reasons are printed, and the pilot's number gives an interval as narrow as it says."""
        found = objects["alternatives"]
        assert "16 of 30 participants of one report" in text
        pilot = next(answer for _, answer in found.trials if answer.design.slug() == "precision-difference")
        n = pilot.n // 2
        treatment, control = (trial.primary.assumption(name).value for name in ("treatment", "control"))

        def wilson(p):
            z = norm.ppf(0.975)
            half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
            centre = (p + z * z / (2 * n)) / (1 + z * z / n)
            return centre - half, centre + half

        (low_t, high_t), (low_c, high_c) = wilson(treatment), wilson(control)
        width = math.hypot(treatment - low_t, high_c - control) + math.hypot(high_t - treatment, control - low_c)
        assert 0.29 < width <= 0.30

    def test_another_analysis_test_is_a_warning(self, tmp_path):
        """Where the analysis test is not the one that sizes, the protocol warns and gives that test's own numbers."""
        source = read("starter").text.replace(
            'missing = "non-response"', 'missing = "non-response"\nanalysis_test = "fisher"'
        )
        path = tmp_path / "plan.toml"
        path.write_text(source, encoding="utf-8")
        built = build(read(str(path)))
        other = context(built)["primary"].other_test
        assert other.n == built.primary.design.replace(test="fisher").sample_size(0.8).n > built.answer.n
        assert "**Warning.** The analysis test is *fisher*" in render(built)

    def test_the_randomised_evidence_is_held_against_the_plan(self, text):
        """What Deng 2017 saw is printed with its interval, and whether that holds the planned difference."""
        assert "−8.3 points (−46.7 points to +32.6 points)" in text
        assert "the interval holds the planned difference of +16.0 points" in text


class TestByTest:
    def rendered(self, tmp_path, *changes):
        """The protocol of the starter with some of its text replaced."""
        source = read("starter").text
        for old, new in changes:
            assert old in source
            source = source.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(source, encoding="utf-8")
        return render(build(read(str(path))))

    def test_a_large_trial_renders_without_searching_exact_tests(self, tmp_path):
        """Far above its size the exact tests say that they were not searched, and the draft is written."""
        text = self.rendered(tmp_path, ("discount = 0.5", "discount = 0.9"), ("value = 0.167", "value = 0.033"))
        assert text.count("not searched above 500 participants") == 4

    def test_a_non_inferiority_plan_shows_the_tests_of_its_goal_and_scale(self, tmp_path):
        """Tests that are not defined for the goal on the scale are left out, and the draft is written."""
        text = self.rendered(tmp_path, ('test = "score"', 'test = "score"\ngoal = "non-inferiority"\nmargin = 0.1'))
        table = text.split("## By analysis test")[1].split("# What")[0]
        assert "| score (this plan's test) |" in table
        assert "| wald |" in table
        assert "fisher" not in table
        assert "log-odds" not in table
