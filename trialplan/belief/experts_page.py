"""Experts' beliefs as a page and as curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trialplan.belief.base import Belief
from trialplan.numerics.lazy import np
from trialplan.page import Page, Table
from trialplan.text import listed, plural

if TYPE_CHECKING:
    from trialplan.belief.experts import Elicited
    from trialplan.figures import Curves

_SHOWN = (0.05, 0.5, 0.95)
"""Quantiles that are shown: what one asks an expert first."""
_REACH = 0.002
"""The share of a belief that a curve leaves out at either end."""


def page(found: Elicited) -> Page:
    """Each expert's fit with what it misses, and the pool."""
    total = sum(one.expert.weight for one in found.fits)
    rows = [
        [
            one.expert.name,
            f"{one.expert.weight / total:.2f}",
            *_quantiles(one.belief),
            *_moments(one.belief),
            f"{one.largest_miss:.3f} at {one.missed_at:g}",
            "poor" if one.poor else "good",
        ]
        for one in found.fits
    ]
    pool = [f"{found.rule} pool", "1.00", *_quantiles(found.belief), *_moments(found.belief), "", ""]
    columns = (
        "expert",
        "weight",
        *(f"{100 * p:g} %" for p in _SHOWN),
        "mean",
        "SD",
        "largest miss of a probability",
        "fit",
    )
    records = [
        {
            "expert": one.expert.name,
            "weight": one.expert.weight / total,
            "family": found.family,
            "belief": _plain(one.belief),
            "sum_of_squares": one.sum_of_squares,
            "largest_miss": one.largest_miss,
        }
        for one in found.fits
    ]
    low, middle, high = _quantiles(found.belief)
    return Page(
        data={"question": found.question or None, "rule": found.rule, "pool": _plain(found.belief), "experts": records},
        headline=f"{_experts(found)} in {middle}, 90 % interval {low} to {high}",
        tables=[Table(columns, [*rows, pool] if len(rows) > 1 else rows)],
        notes=list(_notes(found)),
        records=lambda: records,
    )


def figure(found: Elicited, points: int) -> Curves:
    """The densities of the experts and of their pool over the same values."""
    from trialplan.figures import Curves

    beliefs = [one.belief for one in found.fits] + [found.belief]
    low = min(float(one.quantile(_REACH)) for one in beliefs)
    high = max(float(one.quantile(1 - _REACH)) for one in beliefs)
    # as many decimals as tell neighbours apart: these values stand in a table
    x = np.linspace(low, high, points).round(max(0, math.ceil(-math.log10((high - low) / points)) + 1))
    lines = [(one.expert.name, one.belief.density(x)) for one in found.fits]
    if len(found.fits) > 1:
        lines.append((f"{found.rule} pool", found.belief.density(x)))
    return Curves(
        x_name=found.question or "value",
        x=[float(one) for one in x],
        lines=lines,
        quantity="density",
        title="What experts believe",
        fixed=found.label,
        from_zero=True,
    )


def _experts(found: Elicited) -> str:
    return f"{plural(len(found.fits), 'expert')} {'believes' if len(found.fits) == 1 else 'believe'}"


def _notes(found: Elicited) -> Iterator[str]:
    if found.question:
        yield f"Asked: {found.question}"
    elif len(found.fits) > 1:
        yield "What was asked is not said: they are pooled as if it were the same of all."
    pooled = f"; {found.rule}: {found.rule_means}" if len(found.fits) > 1 else ""
    yield f"Fitted by least squares on the cdf ({found.family}){pooled}."
    if found.poor:
        yield (
            f"What {listed(found.poor)} said is missed by more than {found.tolerated:g} in probability: ask again, or "
            "choose another family."
        )


def _quantiles(belief: Belief) -> list[str]:
    return [f"{float(belief.quantile(p)):.3g}" for p in _SHOWN]


def _moments(belief: Belief) -> list[str]:
    return [f"{float(belief.mean()):.3g}", f"{float(belief.sd()):.3g}"]


def _plain(belief: Belief) -> dict[str, Any]:
    shown = {f"q{100 * p:g}": float(belief.quantile(p)) for p in _SHOWN}
    return {"mean": float(belief.mean()), "sd": float(belief.sd()), **shown}
