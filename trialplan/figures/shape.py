"""Whether a figure's numbers have the shape of its axes: what has not would be drawn as something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np


def check_shape(figure: object, parameter: str, values: Any, shape: tuple[int, ...], words: str) -> None:
    """Raise unless an array has this shape; `words` say what it should have."""
    try:
        seen = np.shape(values)
    except ValueError:  # rows that are not equally long
        seen = None
    if seen == shape:
        return
    told = "rows of unequal length" if seen is None else _said(seen)
    turned = seen is not None and len(shape) > 1 and seen == shape[::-1]
    way_out = "turn it with .T or numpy.transpose" if turned else ""
    raise ParameterError(
        f"must have {words}, {_said(shape)}, not {told}", owner=figure, parameter=parameter, way_out=way_out
    )


def check_rows(figure: object, parameter: str, rows: Sequence[Sequence[Any]], parts: Sequence[str]) -> None:
    """Raise unless every row has these parts."""
    for row in rows:
        if len(row) != len(parts):
            told = f"each of its rows is ({', '.join(parts)}), {len(parts)} parts, not {len(row)}: {row!r}"
            raise ParameterError(told, owner=figure, parameter=f"{parameter}:")


def _said(shape: tuple[int, ...]) -> str:
    return " by ".join(map(str, shape)) or "one number"
