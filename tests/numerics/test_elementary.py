"""A float and an array of one give the same, inside the domain, at its edge and outside."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trialplan.numerics import elementary

_ONE_VALUE = (
    *("sqrt", "square", "exp", "expm1", "log", "log1p", "arcsin", "arccos", "floor", "ceil", "isfinite"),
    *("normal_cdf", "normal_quantile", "upper_normal_quantile"),
)
_EDGES = (-1e308, -38.5, -1.0, -1e-300, -0.0, 0.0, 1e-300, 0.5, 1 - 1e-16, 1.0, 2.0, 38.5, 709.7, 709.9, 1e308)


def _agree(scalar: float, cell: float) -> bool:
    if math.isnan(scalar) or math.isnan(cell):
        return math.isnan(scalar) and math.isnan(cell)
    return scalar == cell or math.isclose(scalar, cell, rel_tol=1e-12, abs_tol=1e-307)


@pytest.mark.parametrize("name", _ONE_VALUE)
class TestOneValue:
    """The functions of one number."""

    @pytest.mark.parametrize("value", [*_EDGES, math.inf, -math.inf, math.nan])
    def test_a_float_and_an_array_of_one_agree_at_the_edge(self, name, value):
        """Infinities and nan come out alike, and a float never raises."""
        function = getattr(elementary, name)
        with np.errstate(all="ignore"):
            cell = function(np.array([value]))[0]
        assert _agree(function(value), cell)

    @given(value=st.floats(-50, 50))
    def test_a_float_and_an_array_of_one_agree_anywhere(self, name, value):
        """Within a relative 1e-12."""
        function = getattr(elementary, name)
        with np.errstate(all="ignore"):
            cell = function(np.array([value]))[0]
        assert _agree(function(value), cell)


@given(tail=st.floats(1e-300, 0.5))
def test_the_upper_quantile_keeps_the_digits_of_a_small_tail(tail):
    """scipy's survival function leads back to the tail."""
    assert stats.norm.sf(elementary.upper_normal_quantile(tail)) == pytest.approx(tail, rel=1e-10)


@pytest.mark.parametrize("name", ["least", "greatest", "divide", "hypot"])
@given(a=st.floats(allow_nan=True), b=st.floats(allow_nan=True))
def test_two_values(name, a, b):
    """Cell by cell as for floats, nan and division by zero too."""
    function = getattr(elementary, name)
    with np.errstate(all="ignore"):
        cell = function(np.array([a]), b)[0]
    assert _agree(function(a, b), cell)


def test_where_takes_a_choice_and_an_array_of_choices():
    """A plain condition needs no array."""
    assert elementary.where(True, 1.0, 2.0) == 1.0
    assert elementary.where(np.array([True, False]), 1.0, 2.0).tolist() == [1.0, 2.0]


def test_floats_need_no_numpy():
    """Nothing is imported for them."""
    code = (
        "import sys; from trialplan.numerics import elementary as e;"
        "e.where(True, e.least(e.sqrt(2.0), 3), e.normal_quantile(e.normal_cdf(0.3)));"
        "assert 'numpy' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
