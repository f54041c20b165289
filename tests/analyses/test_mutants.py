"""Planted errors are caught by verification, each of them, and the formulas without them are not accused."""

import importlib.util
from pathlib import Path

import pytest

from trialplan.analyses.verification.verification import verify

_SPEC = importlib.util.spec_from_file_location("explore_mutants", Path(__file__).with_name("mutants.py"))
mutants = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mutants)

TRIALS = 20_000
CASES = [pytest.param(wrong, right, n, id=name) for name, wrong, right, n in mutants.MUTANTS]
DEMANDED = {"NormalForT", "EqualArms", "FarTailTwice", "FactorTwoLost", "MarginSign"}


class TestMutants:
    @pytest.mark.parametrize(("wrong", "right", "n"), CASES)
    def test_is_caught(self, wrong, right, n):
        """A planted error fails at least one claim."""
        found = verify(wrong, n=n, trials=TRIALS, seed=1)
        assert found.apart

    @pytest.mark.parametrize(("wrong", "right", "n"), CASES)
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_without_it_there_is_no_alarm(self, wrong, right, n, seed):
        """The same design without the error passes at the same numbers, whatever the seed."""
        assert verify(right, n=n, trials=TRIALS, seed=seed).apart == ()

    def test_the_five_that_matter_are_among_them(self):
        """z for t, n/4 despite 2:1, a tail counted twice, a factor 2 lost and the margin's sign are all planted."""
        assert {name for name, *_ in mutants.MUTANTS} >= DEMANDED

    def test_a_tail_counted_twice_is_seen_under_the_null_only(self):
        """At the planned effect a far tail counted twice is invisible; on the null's boundary it stands out."""
        wrong, n = next((wrong, n) for name, wrong, _, n in mutants.MUTANTS if name == "FarTailTwice")
        found = verify(wrong, n=n, trials=TRIALS, seed=1)
        assert {one.what for one in found.apart} == {"rejection either way at the null"}

    def test_a_wrong_analysis_is_seen_by_the_level(self):
        """Looks at a fixed critical value betray themselves by the type I error."""
        wrong, n = next((wrong, n) for name, wrong, _, n in mutants.MUTANTS if name == "FixedCriticalValue")
        assert "type I error" in {one.what for one in verify(wrong, n=n, trials=TRIALS, seed=1).apart}
