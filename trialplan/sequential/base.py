"""WithLooks: what every trial with looks says of its rule, and what it leaves to the fixed design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from trialplan.design import Design
from trialplan.parameter import parameter, parameters
from trialplan.sequential.boundaries.efficacy import read_efficacy
from trialplan.sequential.boundaries.fields import read_looks, read_some_looks
from trialplan.sequential.boundaries.futility import read_futility
from trialplan.wrapper import Wrapper

OWN = ("design", "looks", "efficacy", "futility", "binding", "efficacy_at", "futility_at")
"""What a trial with looks says itself; all other numbers are the fixed design's."""


@dataclass(frozen=True, kw_only=True)
class WithLooks(Wrapper):
    """What does a trial that may stop early say of its looks, and what does it leave to the fixed design?"""

    looks: tuple[float, ...] = parameter(
        "information fractions of the looks, the last one 1", None, read=read_looks, default=(0.5, 1.0)
    )
    efficacy: str | tuple[float, ...] = parameter(
        "the efficacy boundary, or the cumulative alpha that each look may have spent",
        None,
        read=read_efficacy,
        default="obrien-fleming",
    )
    futility: str | tuple[float, ...] | None = parameter(
        "the futility boundary, or the shares of beta that each look may have spent",
        None,
        read=read_futility,
        optional=True,
    )
    binding: bool = False
    efficacy_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for efficacy; all, unless given", None, read=read_some_looks, optional=True
    )
    futility_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for futility; all but the last, unless given",
        None,
        read=read_some_looks,
        optional=True,
    )

    def __post_init__(self) -> None:
        """Level and sides are the inner design's; given here, they are handed to it."""
        if isinstance(self.design, Design):
            for name in ("alpha", "sides"):
                value = parameters(type(self))[name].check(type(self).__name__, name, getattr(self, name))
                if value is not None:
                    self._set("design", self.design.replace(**{name: value}))
            self._set("alpha", self.design.alpha)
            self._set("sides", self.design.sides)
            self._set("arm_names", self.design.arm_names)
        super().__post_init__()

    def replace(self, **numbers: Any) -> Self:
        """The same rule with other numbers of its own or of the inner design."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in OWN}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def assumptions(self) -> dict[str, Any]:
        """The inner design's numbers, and the rule."""
        rule = {name: getattr(self, name) for name in OWN[1:] if getattr(self, name) is not None}
        if self.futility is None:
            del rule["binding"]
        return self.design.assumptions() | rule
