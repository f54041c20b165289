"""What a large grid's answer holds: computed when it is asked for, and as if it had been there all along."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

from trialplan import TwoProportions

CELLS = 40_000
RATES = {"control": np.linspace(0.1, 0.3, CELLS), "treatment": np.linspace(0.55, 0.35, CELLS)}


@pytest.fixture
def answer():
    """A grid of more cells than one stretch, in three arms' worth of participants a block."""
    return TwoProportions(**RATES, allocation="2:1").sample_size(0.8)


class TestLargeGrid:
    def test_cells_are_those_asked_alone(self, answer):
        """On both sides of where a stretch ends, and at the ends of the grid."""
        for cell in (0, 16_383, 16_384, 30_000, CELLS - 1):
            rates = {name: float(values[cell]) for name, values in RATES.items()}
            alone = TwoProportions(**rates, allocation="2:1").sample_size(0.8)
            assert (answer.n[cell], answer.reason[cell]) == (alone.n, None)
            assert (answer.power[cell], answer.success[cell]) == pytest.approx((alone.power, alone.success), abs=1e-12)
            for name, size in alone.arms.items():
                assert answer.arms[name][cell] == size
                assert answer.arms_unrounded[name][cell] == pytest.approx(alone.arms_unrounded[name], rel=1e-12)

    def test_a_copy_computes_it_too(self, answer):
        """Copied, sent to another process, or with another field, before anything was asked of it."""
        for other in (copy.copy(answer), pickle.loads(pickle.dumps(answer)), dataclasses.replace(answer, notes=("x",))):
            np.testing.assert_array_equal(other.power, answer.power)
            np.testing.assert_array_equal(other.arms["control"], answer.arms["control"])

    def test_what_is_not_there(self, answer):
        """A name that no answer has is refused as ever."""
        with pytest.raises(AttributeError, match="no attribute 'powers'"):
            _ = answer.powers
