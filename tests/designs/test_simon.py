"""Simon's two-stage designs, and the trials that the search returns."""

import functools
import itertools

import numpy as np
import pytest
from scipy import stats

from trialplan.analyses.scenarios.grid import scenarios
from trialplan.catalogue import designs
from trialplan.designs.simon import LARGEST, Simon
from trialplan.designs.two_stage import TwoStage
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.two_stages import _tables


@functools.cache
def by_brute_force(null, expected, alpha, power, largest):
    """Every (expected n under the null, n, n1, r1, r) that keeps the level and has the power, by scipy's binomials."""
    m, k = np.arange(largest + 1)[:, None], np.arange(-largest, largest + 1)
    mass, beyond = ({p: f(k, m, p) for p in (null, expected)} for f in (stats.binom.pmf, stats.binom.sf))
    found = []
    for n in range(2, largest + 1):
        for n1, r1 in ((size, most) for size in range(1, n) for most in range(size)):
            x = np.arange(r1 + 1, n1 + 1)
            for r in range(r1, n):
                size, reached = (
                    mass[p][n1, x + largest] @ beyond[p][n - n1, r - x + largest] for p in (null, expected)
                )
                if reached < power:
                    break
                if size <= alpha:
                    found.append((n - (n - n1) * mass[null][n1, : r1 + largest + 1].sum(), n, n1, r1, r))
    return found


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_certain_rates(rate):
    """Of a rate of 0 or 1 the tables are certain, and nothing is warned of: `reproduce` asks for such rates."""
    mass, below, beyond = _tables(8, rate)
    for m in range(8):
        there = m * int(rate)
        np.testing.assert_array_equal(mass[m], np.arange(9) == there)
        np.testing.assert_array_equal(below[m], np.arange(9) >= there)
        np.testing.assert_array_equal(beyond[m], np.arange(9) - 1 < there)


class TestSearch:
    @pytest.mark.parametrize(("null", "expected", "power"), [(0.1, 0.5, 0.8), (0.4, 0.8, 0.85), (0.05, 0.4, 0.8)])
    def test_by_brute_force(self, null, expected, power):
        """Optimal has the fewest expected and minimax the fewest in all among every design that there is."""
        every = by_brute_force(null, expected, 0.05, power, 20)
        optimal = Simon(null=null, expected=expected).sample_size(power)
        minimax = Simon(null=null, expected=expected, criterion="minimax").sample_size(power)
        assert optimal.extra["expected_n"]["null"] == pytest.approx(min(every)[0])
        fewest = min((n, expected_n) for expected_n, n, *_ in every)
        assert (minimax.n, minimax.extra["expected_n"]["null"]) == pytest.approx(fewest)

    @pytest.mark.parametrize("criterion", ["optimal", "minimax", "admissible"])
    @pytest.mark.parametrize("target", [0.8, 0.9])
    def test_keeps_the_level_and_reaches_the_power(self, criterion, target):
        """The trial's own enumeration has size at most alpha and power at least the target."""
        answer = Simon(null=0.25, expected=0.45, alpha=0.07, criterion=criterion).sample_size(target)
        assert answer.extra["actual_size"] <= 0.07
        assert answer.power >= target
        assert answer.target == target

    def test_a_null_of_next_to_nothing_ends_the_search(self):
        """There no first stage is ever passed, and no larger n has fewer participants expected."""
        answer = Simon(null=1e-60, expected=0.35).sample_size(0.8)
        assert answer.design.stages == ("0/4", "0/5")
        assert Simon(null=1e-9, expected=0.35).sample_size(0.8).design.stages == answer.design.stages

    def test_mirror(self):
        """Failures counted, with the direction turned round, need the same stages, told in the other count."""
        up = Simon(null=0.1, expected=0.3).sample_size(0.8)
        down = Simon(null=0.9, expected=0.7, favourable="lower").sample_size(0.8)
        assert up.design.stages == down.design.stages
        assert down.power == pytest.approx(up.power)
        assert [stage["count"] for stage in up.extra["stages"]] == [1, 5]
        assert [stage["count"] for stage in down.extra["stages"]] == [9, 24]
        assert (up.extra["critical_count"], down.extra["critical_count"]) == (6, 23)


class TestAdmissible:
    def test_ends_are_minimax_and_optimal(self):
        """Weights 1 and 0 are minimax and optimal."""
        design = Simon(null=0.1, expected=0.3, criterion="admissible")
        for weight, criterion in ((1.0, "minimax"), (0.0, "optimal")):
            ours = design.replace(weight=weight).sample_size(0.8).design.stages
            assert ours == design.replace(criterion=criterion).sample_size(0.8).design.stages

    def test_every_weight_has_its_design(self):
        """The listed designs share the weights among them, and each is the answer inside its own share."""
        design = Simon(null=0.2, expected=0.4, criterion="admissible")
        listed = design.sample_size(0.8).extra["admissible"]
        assert listed[0]["weights"][1] == 1
        assert listed[-1]["weights"][0] == 0
        assert all(a["weights"][0] == b["weights"][1] for a, b in itertools.pairwise(listed))
        for one in listed:
            inside = sum(one["weights"]) / 2
            assert list(design.replace(weight=inside).sample_size(0.8).design.stages) == one["stages"]

    def test_no_design_is_better_on_its_own_terms(self):
        """The answer has the smallest weighted sum among all designs that there are."""
        every = by_brute_force(0.1, 0.5, 0.05, 0.8, 20)
        answer = Simon(null=0.1, expected=0.5, criterion="admissible", weight=0.3).sample_size(0.8)
        ours = 0.3 * answer.n + 0.7 * answer.extra["expected_n"]["null"]
        assert ours == pytest.approx(min(0.3 * n + 0.7 * expected_n for expected_n, n, *_ in every))


class TestTwoStage:
    @pytest.mark.parametrize(
        "design",
        [
            TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29")),
            TwoStage(null=0.6, expected=0.3, favourable="lower", stages=("4/9", "13/20")),
        ],
        ids=["higher", "lower"],
    )
    def test_simulation_agrees(self, design):
        """Participants drawn and analysed in two stages show the enumerated power, and size."""
        for one in (design, *design.at_null()):
            seen = one.simulate(one.only_n, 20000, np.random.default_rng(3))
            assert abs(seen.power - float(one.power(one.only_n))) <= 4 * seen.standard_error
            assert seen.favoured == seen.rejected

    def test_a_trial_that_stops_does_not_reject(self):
        """Responses after a first stage that ended the trial count for nothing."""
        design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
        late = (np.arange(29) >= 9)[None, :]
        statistic, rejects = design.analyse(late)
        assert not rejects[0]
        assert statistic[0] == pytest.approx(1 - 10 * 0.1)

    def test_n_is_fixed(self):
        """Another n is refused, by power as by simulation."""
        design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
        for ask in (lambda: design.power(30), lambda: design.simulate(28, 10, None), lambda: design.arms(30)):
            with pytest.raises(ParameterError, match="n is fixed by the stages 1/10, 5/29 at 29"):
                ask()

    def test_the_only_n_is_the_answer_where_it_is_enough(self):
        """The stages' n is the answer to a power that it reaches; else one sentence says the power that it has."""
        design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
        answer = design.sample_size(0.8)
        assert (answer.n, answer.arms, answer.target) == (29, {"treatment": 29}, 0.8)
        assert answer.power == float(design.power(29))
        with pytest.raises(UnreachableError, match=r"fix n at 29, where power is 0.8051, below 0.9; ask for less"):
            design.sample_size(0.9)

    def test_stages_may_be_written_as_on_the_command_line(self):
        """Stages in one text, with a comma between, are the same stages."""
        written = TwoStage(null=0.1, expected=0.3, stages="1/10,5/29")
        assert written == TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))

    @pytest.mark.parametrize(
        "stages",
        [
            ("1/10",),
            ("1/10", "5/10"),
            ("5/10", "1/29"),
            ("10/10", "12/29"),
            ("1/10", "29/29"),
            "1/10",
            (1, 5),
            None,
            0.5,
        ],
    )
    def test_stages_that_are_none_are_refused(self, stages):
        """Stages must grow, and leave something to respond."""
        with pytest.raises(ParameterError, match="TwoStage: stages"):
            TwoStage(null=0.1, expected=0.3, stages=stages)

    def test_one_sided(self):
        """A two-sided rule is refused."""
        with pytest.raises(ParameterError, match="sides must be 1"):
            TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"), sides=2)

    def test_grid_of_rates(self):
        """Power takes an array of rates and gives what each gives alone."""
        design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
        grid = design.replace(expected=np.array([0.2, 0.3, 0.5])).power(29)
        assert grid.tolist() == pytest.approx([float(design.replace(expected=p).power(29)) for p in (0.2, 0.3, 0.5)])

    def test_the_catalogue_lists_search_and_trial(self):
        """The search, and the trial that it finds."""
        assert designs()["simon"] is Simon
        assert designs()["two-stage"] is TwoStage


class TestRefusals:
    def test_wrong_side(self):
        """A rate that is hoped for must lie on the favourable side of the null."""
        for numbers in ({"expected": 0.2}, {"expected": 0.3}, {"expected": 0.5, "favourable": "lower"}):
            with pytest.raises(UnreachableError, match="no number of participants can show expected"):
                Simon(null=0.3, **numbers).sample_size(0.8)

    def test_a_target_below_the_level(self):
        """Power must exceed the level."""
        with pytest.raises(ParameterError, match="must exceed the level"):
            Simon(null=0.1, expected=0.3).sample_size(0.04)

    @pytest.mark.parametrize("target", [0.0, 1.0, 80, float("nan"), "0.8", None, [0.8, 0.9]])
    def test_a_target_that_is_no_probability(self, target):
        """A target that is no probability, or more than one, is refused by name."""
        with pytest.raises(ParameterError, match="Simon: power"):
            Simon(null=0.1, expected=0.3).sample_size(target)

    def test_arrays(self):
        """Each cell of a grid is a search of its own, which scenarios does cell by cell."""
        with pytest.raises(ParameterError, match="one number"):
            Simon(null=np.array([0.1, 0.2]), expected=0.4)
        grid = scenarios(Simon(null=0.1, expected=0.3), {"expected": [0.3, 0.35, 0.05]})
        assert [row["n"] for row in grid.rows()][2] is None
        assert [row["n"] for row in grid.rows()][:2] == [29, 22]

    def test_rates_too_close(self):
        """Rates that need more participants than are searched are refused, with another design."""
        with pytest.raises(UnreachableError, match=f"at most {LARGEST} participants.*one-proportion"):
            Simon(null=0.3, expected=0.35).sample_size(0.9)


class TestAnswer:
    def test_as_json(self):
        """The stages stand under the key that readers rely on, with what they spare."""
        data = Simon(null=0.1, expected=0.3).sample_size(0.8).as_json()
        assert data["stages"] == [{"n": 10, "r": 1, "count": 1}, {"n": 29, "r": 5, "count": 5}]
        assert data["expected_n"] == pytest.approx({"null": 15.0141, "alternative": 26.1631}, abs=1e-4)
        assert data["early_termination"] == pytest.approx({"null": 0.7361, "alternative": 0.1493}, abs=1e-4)
        assert (data["n"], data["target_power"], data["criterion"]) == (29, 0.8, "optimal")
