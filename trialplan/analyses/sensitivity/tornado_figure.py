"""The tornado as a picture: two bars for each assumption that has a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialplan.analyses.sensitivity.tornado import Axis, Swing
from trialplan.figures import Tornado


def figure(
    swings: Sequence[Swing],
    n: int,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    called: Mapping[str, str] | None = None,
) -> Tornado | None:
    """The n at either end of each range, and the assurance where every end has one; None where nothing has a range.

    `labels` are what a reader calls the assumptions, by their names in the design, and `called` the studies, by key.
    """
    ends = [(one.axis, one.low, one.high) for one in swings if one.low is not None and one.high is not None]
    if not ends:
        return None
    assured = [(low.assurance, high.assurance) for _, low, high in ends]
    known = all(value is not None for pair in assured for value in pair)
    bars = [
        (
            _called(axis.assumption, labels or {}, called or {}),
            _value(axis, low.value),
            _value(axis, high.value),
            low.n,
            high.n,
        )
        for axis, low, high in ends
    ]
    return Tornado(bars=bars, planned=n, assurance=assured if known else (), title=title)


def _called(assumption: str, labels: Mapping[str, str], studies: Mapping[str, str]) -> str:
    """An assumption by its label, with what of it is varied."""
    name, colon, part = assumption.partition(":")
    part = " ".join(studies.get(word, word) for word in part.split(" "))
    return f"{labels.get(name, name.replace('_', ' '))}{colon}{part}"


def _value(axis: Axis, value: float) -> str:
    return f"{100 * value:.1f} %" if axis.unit == "proportion" else f"{value:.3g}"
