"""What trials share that must be significant and see as large an effect as matters."""

from __future__ import annotations

from trialplan.design import Design
from trialplan.errors import UnreachableError
from trialplan.text import spoken


def unreachable(design: Design, planned: float, relevant: float) -> UnreachableError:
    """Why no number will do where the truth is no more than has to be seen, in the treatment's favour."""
    reason = (
        f"no number of participants can show it at {spoken(design.effect)} = {float(design.effect_value()):.10g}: the "
        f"truth must be better than what has to be seen, {relevant:.10g}, and is {planned:.10g}"
    )
    return UnreachableError(reason, owner=design, way_out="plan for a larger effect, or let less be relevant")


def must_see(design: Design) -> tuple[str, float, str]:
    """The second criterion: words about {}, the difference that matters, and its unit, without a direction."""
    unit = design.declarations()["relevant"].unit
    words = "the difference that is seen must be at least {} in the treatment's favour"
    shown_in = "points" if unit == "difference of proportions" else unit
    return words, float(design.relevant), shown_in  # type: ignore[attr-defined]
