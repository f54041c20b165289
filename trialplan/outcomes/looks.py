"""What every kind of outcome does with the results of a look: the arms checked, the information that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError
from trialplan.outcome import InterimData

if TYPE_CHECKING:
    from trialplan.design import Design


def check_arms(design: Design, what: str, arms: Sequence[tuple[Any, int]]) -> None:
    """Raise unless there is a result of some participants for each arm."""
    names = design.arm_names
    if len(arms) != len(names):
        reason = f"must be given for {' and '.join(names)}, {len(names)} in all, not {len(arms)}"
        raise ParameterError(reason, parameter=what, value=arms)
    for _, of in arms:
        if of < 1:
            raise ParameterError(f"need at least 1 participant in each arm, not {of}", parameter=what, value=arms)


def of_look(design: Design, n: int, sizes: tuple[int, ...], **found: Any) -> InterimData:
    """The data with the participants of the arms, and their information as a share of what n hold."""
    return InterimData(n=sum(sizes), share=_information(sizes) / _information(design.split(n)), **found)


def _information(sizes: Sequence[float]) -> float:
    """In proportion to 1 over the variance, if the arms vary alike."""
    return 1 / sum(1 / size for size in sizes)
