"""What a document says of plans of other kinds than the first example is true of them, too."""

import re
import tomllib
from pathlib import Path

import pytest
from small_plans import built, endpoint, prose, stated

EXAMPLES = Path(__file__).parents[2] / "examples"
NO_MISSING = ('missing = "non-response"\n', "")
FIRST = 'role = "primary"\n'


def means(unit, **how):
    """A trial of two means, whose plan calls their unit so."""
    numbers = stated(difference=-4, sd=10)
    return dict(
        design="two-means",
        settings='favourable = "lower"',
        assumptions=numbers,
        target=-4,
        dropout=0.1,
        changes=[(FIRST, f'{FIRST}unit = "{unit}"\n')],
        **how,
    )


@pytest.fixture(scope="module")
def doses(tmp_path_factory):
    """Two doses whose names hold a comma and begin with a figure."""
    arms = '\n[arms]\nnames = ["10 mg, daily", "20 mg, daily"]\n'
    return prose(built(tmp_path_factory.mktemp("doses"), **means("g/day"), more=arms))


@pytest.fixture(scope="module")
def survival(tmp_path_factory):
    """A trial of survival with looks, its times in months."""
    numbers = stated(control_median=12, accrual_time=24, follow_up_time=12, hazard_ratio=0.7, dropout_rate=0.005)
    looks = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\n'
    changes = [NO_MISSING, (FIRST, f'{FIRST}time_unit = "months"\n')]
    folder = tmp_path_factory.mktemp("times")
    return prose(built(folder, design="log-rank", assumptions=numbers, target=0.7, changes=changes, more=looks))


class TestUnits:
    @pytest.mark.parametrize("unit", ["points", "ratio", "proportion", "difference of proportions"])
    def test_that_are_spelt_like_a_declared_one_are_the_plans_own(self, tmp_path, unit):
        """Four points of a scale are no four hundred points of a hundred, and a score called ratio keeps its unit."""
        text = prose(built(tmp_path, **means(unit)))
        assert f"minus control mean is −4 {unit} and the standard deviation between participants is 10 {unit}, " in text
        assert not re.search(r"\b400|\b1,?000\.0", text.split("# Background")[0])

    def test_an_intracluster_correlation_is_a_number(self, tmp_path):
        """It is no share of anybody."""
        numbers = stated(control=0.3, treatment=0.2, icc=0.02, cluster_size=25)
        how = {"settings": 'favourable = "lower"', "assumptions": numbers, "target": -0.1}
        text = prose(built(tmp_path, design="clustered-proportions", **how))
        assert "the intracluster correlation is 0.02 and" in text


class TestSeveralTreatments:
    def test_numbers_and_names_are_told_apart(self, doses):
        """Figures do not run into figures, nor the comma of a name into that of the list."""
        assert re.search(r"\((\d+) on 10 mg, daily; \1 on 20 mg, daily; and \1 on control\)", doses)
        assert "what difference does each of 10 mg, daily; and 20 mg, daily make" in doses

    def test_say_which_side_is_better(self, doses):
        """The direction is that of each comparison."""
        statement = doses[doses.index("*Statistically:*") :]
        assert "; lower values are better." in statement[: statement.index("\n")]

    def test_given_two_by_two_are_a_factorial_trial(self, tmp_path):
        """Nobody in it compares both with neither alone."""
        numbers = stated(control=0.3, treatment=0.45)
        arms = '\n[arms]\nnames = ["aspirin", "statin"]\nrule = "two-by-two"\n'
        text = prose(built(tmp_path, assumptions=numbers, target=0.15, more=arms))
        assert "A factorial trial of superiority: aspirin and statin are each given or not" in text
        assert "A parallel-group trial" not in text
        assert "an effect of each of aspirin and statin, taken by itself, on response" in text


class TestOrder:
    def test_what_has_no_test_is_not_tested_in_turn(self, tmp_path):
        """An interval of a stated width has no place in a sequence of tests."""
        costs = endpoint("costs at 12 months", "secondary", "precision-mean", stated(sd=20, width=5))
        text = prose(built(tmp_path, endpoints=costs))
        assert "in the order" not in text
        assert "One test is made, of response at 12 months; nothing has to be adjusted." in text


class TestTimes:
    def test_who_leaves_is_not_left_out(self, survival):
        """What is known of him counts, by the outcome's own words."""
        assert "do not contribute" not in survival
        assert "who leaves counts: time without the event until the participant was last seen." in survival

    def test_looks_wait_for_events(self, survival):
        """Those who are enrolled by then are not assessed, the calendar is known, and it ends when the trial does."""
        assert "participants have been randomised** (" in survival
        assert "no look has a date" not in survival
        end = re.search(r"^\| The end \| (\d+) \| 36 \| \d+ \|$", survival, re.M)
        assert f"- **The end, when {end[1]} events have been seen.**" in survival

    def test_half_the_events_are_seen_when_the_calendar_says(self, survival):
        """By the sum over those enrolled by then of the chance of an event before they leave, from the rates alone."""
        import numpy as np

        look = re.search(r"^\| Look 1 \| (\d+) \| ([\d.]+) \| (\d+) \|$", survival, re.M)
        events, month, enrolled = int(look[1]), float(look[2]), int(look[3])
        total = int(re.search(r"Randomise (\d+) participants", survival)[1])
        entered = (np.arange(100_000) + 0.5) * min(month, 24) / 100_000
        hazards = np.array([np.log(2) / 12, 0.7 * np.log(2) / 12])[:, None]
        leaving = hazards + 0.005
        seen = (hazards / leaving * -np.expm1(-leaving * (month - entered))).mean()
        assert enrolled == pytest.approx(total * month / 24, abs=2)
        assert events == pytest.approx(total * min(month, 24) / 24 * seen, abs=2)

    def test_how_long_it_lasts(self, survival):
        """By its own enrolment and follow-up, which the plan states."""
        assert "the trial lasts 36 months from the first enrolment to the analysis" in survival


class TestExamples:
    def test_no_two_have_one_title(self):
        """Two documents that lie side by side can be told apart."""
        plans = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES.glob("*/plan.toml")]
        titles = [plan["trial"]["title"] for plan in plans]
        assert len(titles) == len(set(titles)) > 5
