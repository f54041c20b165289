"""An answer as plain data, under the keys that every reader of `--json` relies on."""

from __future__ import annotations

import math
from typing import Any

from trialplan import __version__
from trialplan.answers import SampleSize
from trialplan.design import Design, Sized


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


def head(design: Sized, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was assumed: the design's slug and its numbers, save those named in `without`."""
    inner = getattr(design, "design", None)
    of = {} if inner is None else {"design": inner.slug()}
    assumed = {name: value for name, value in design.assumptions().items() if name not in without}
    return {"design": design.slug(), "assumptions": of | assumed}


def foot(design: Sized) -> dict[str, Any]:
    """How it was computed: level, test, formula and its source; a design without a test has no level."""
    level: dict[str, Any] = {}
    if isinstance(design, Design):
        level = {"alpha": design.alpha, "sides": design.sides, "test": name_of_test(design)}
    return plain(level | {"formula": design.formula, "reference": design.reference, "version": __version__})


def name_of_test(design: Sized) -> str:
    """The name of the analysis test; a design that has only one is named for it."""
    tested = getattr(design, "design", design)
    return getattr(tested, "test", tested.slug())


def plain(value: Any) -> Any:
    """`value` as JSON has it: dicts, lists, text, numbers; arrays are lists, and nan is None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _enrolled(answer: SampleSize, dropout: float | None) -> dict[str, Any] | None:
    if dropout is None:
        return None
    from trialplan.enrolment.dropout import enrolled

    return enrolled(answer.design, answer.arms, dropout)
