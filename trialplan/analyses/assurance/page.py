"""Assurance as a page: the answers at one n, and under other beliefs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trialplan.page import Page, Table, plain
from trialplan.text import counted_in, participants

if TYPE_CHECKING:
    from trialplan.analyses.assurance.assess import Assurance


def page(answer: Assurance) -> Page:
    """What n participants bring under the beliefs, and under others where these are named."""
    named = [(field.name.replace("_", " "), getattr(answer, field.name)) for field in fields(answer)]
    rows = [(name, _shown(value)) for name, value in named if isinstance(value, (int, float, str))]
    rows[0] = ("n", participants(answer.arms))
    rows += [(f"at least one: {harm}", _shown(value)) for harm, value in answer.events.items()]
    compared = [
        (words, f"{other.assurance:.3f}", f"{other.ceiling:.3f}", _shown(other.n_for_target or "none"))
        for words, other in answer.others
    ]
    columns = ("belief", "assurance", "ceiling", "n for target")
    records = plain([{"belief": words} | other.as_json() for words, other in answer.others])
    return Page(
        data=plain(answer.as_json()) | {"sensitivity": records},
        headline=f"assurance {answer.assurance:.3f} with {answer.n:,} {counted_in(answer.arms)}; no number reaches "
        f"more than {answer.ceiling:.3f}",
        tables=[
            Table(("", ""), rows, "At this number", frozenset({1})),
            *([Table(columns, compared, "Under other beliefs", frozenset({1, 2, 3}))] if compared else []),
        ],
        records=lambda: records or [plain(answer.as_json())],
    )


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
