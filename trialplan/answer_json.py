"""An answer as plain data, under the keys that every reader of `--json` relies on."""

from __future__ import annotations

from typing import Any

from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.design_facts import foot, head
from trialplan.page import plain


def as_json(answer: SampleSize, dropout: float | None = None) -> dict[str, Any]:
    """The answer at full precision; nan is None, and what does not exist for a design is left out."""
    asked, got = ("target_power", "power") if isinstance(answer.design, Design) else ("target", "attained")
    found = {
        **head(answer.design),
        asked: answer.target,
        "n": answer.n,
        "arms": answer.arms,
        "arms_unrounded": answer.arms_unrounded,
        got: answer.power,
        "enrolled": _enrolled(answer, dropout),
        "first_n": answer.first_n,
        "searched_to": answer.searched_to,
        **answer.extra,
    }
    absent = [name for name in ("enrolled", "first_n", "searched_to", "arms_unrounded") if found[name] is None]
    return plain({name: value for name, value in found.items() if name not in absent} | foot(answer.design))


def _enrolled(answer: SampleSize, dropout: float | None) -> dict[str, Any] | None:
    if dropout is None:
        return None
    from trialplan.enrolment.dropout import enrolled

    return enrolled(answer.design, answer.arms, dropout)
