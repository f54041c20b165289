"""A float and an array of one give the same, in every design that answers floats without an array."""

import contextlib
import math
from unittest import mock

import numpy as np
import pytest

from trialplan import sizing
from trialplan.errors import TrialplanError
from trialplan.parameter import POSITIVE, PROPORTION, parameters

SMALLEST = 1e-300
"""Nearer to 0, floats have no digits left to agree in."""
BLOCKS = (1, 12, 500)
EXTREMES = {PROPORTION: (5e-324, 1e-300, 1e-17, 1e-9, 1 - 1e-9, 1 - 2**-53), POSITIVE: (1e-300, 1e-9, 1e9, 1e300)}
"""Numbers of each domain at which a naive formula divides by 0, overflows or takes the root of a negative number."""


def without_arrays(design):
    """Whether power is computed from floats alone, before the question makes a float of any scalar.

    A design around others integrates over arrays; t and exact tests ask scipy, which gives numpy's numbers.
    """
    with mock.patch.object(sizing, "number", lambda value: value):
        return not design.members and type(design.power(12.0 * design.block)) is float


def by_floats(design):
    """Only designs by normal theory are asked."""
    if not without_arrays(design):
        pytest.skip("its power is computed by arrays")


def in_one_cell(design, name):
    """The same design with one of its numbers in an array of one."""
    value = np.array([getattr(design, name)])
    return design.replace(
        **{name: value[:, None] if parameters(type(design))[name].axis and value.ndim == 1 else value}
    )


def agree(alone, cell):
    """Whether a float is the only number of an array, to the last digits but a few.

    A search ends within 1e-13, so of less than one participant fewer digits are the same.
    """
    assert type(alone) is float
    assert np.shape(cell) == (1,)
    if math.isnan(alone):
        return math.isnan(cell[0])
    return math.isclose(alone, cell[0], rel_tol=1e-12, abs_tol=1e-13 if SMALLEST < abs(alone) < 1 else SMALLEST)


class TestAnswers:
    def test_power_and_success(self, design):
        """At few participants and many."""
        by_floats(design)
        cell = in_one_cell(design, design.effect)
        for n in (blocks * design.block for blocks in BLOCKS):
            assert agree(design.power(n), cell.power(n))
            assert agree(design.success(n), cell.success(n))

    def test_sample_size(self, design):
        """Unrounded and whole, with its arms and power."""
        by_floats(design)
        cell = in_one_cell(design, design.effect)
        for target in (0.5, 0.8, 0.99):
            assert agree(design.unrounded(target), cell.unrounded(target))
            alone, grid = design.sample_size(target), cell.sample_size(target)
            assert type(alone.n) is int
            assert alone.n == grid.n[0]
            assert agree(alone.power, grid.power)
            for arm, unrounded in alone.arms_unrounded.items():
                assert agree(unrounded, grid.arms_unrounded[arm])

    def test_detectable_effect(self, design):
        """Of a number of participants that is an array of one."""
        by_floats(design)
        with contextlib.suppress(TrialplanError):  # equivalence has none
            n = 40 * design.block
            assert agree(design.detectable_effect(n), design.detectable_effect(np.array([n])))


class TestExtremes:
    def test_every_number(self, design):
        """A float neither raises nor differs where a number is at the very end of its domain."""
        by_floats(design)
        for name, declared in parameters(type(design)).items():
            for value in EXTREMES.get(declared.domain, ()) if getattr(design, name) is not None else ():
                try:
                    extreme = design.replace(**{name: value})
                    cell = in_one_cell(extreme, name)
                except TrialplanError:
                    continue
                with np.errstate(all="ignore"):
                    assert agree(extreme.power(40 * extreme.block), cell.power(40 * extreme.block)), (name, value)
                    if extreme.reachable():
                        assert agree(extreme.unrounded(0.8), cell.unrounded(0.8)), (name, value)
