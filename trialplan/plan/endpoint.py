"""An endpoint of a plan: what it says, its design, its assumptions, its answer."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.answers import SampleSize
from trialplan.design import Design, Sized
from trialplan.enrolment.dropout import enrolled
from trialplan.plan.assumptions import Assumption, by_role
from trialplan.plan.schema import EndpointSection


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint with its design. The primary's `answer` sizes the trial; another's is what it would need alone."""

    section: EndpointSection
    design: Sized | None
    assumptions: tuple[Assumption, ...]
    answer: SampleSize | None = None
    shortfall: str | None = None

    @property
    def name(self) -> str:
        """What the plan calls it."""
        return self.section.name

    def assumption(self, name: str) -> Assumption:
        """The assumption that fills the design field `name`."""
        return next(one for one in self.assumptions if one.name == name)

    def by_role(self, role: str) -> Assumption | None:
        """The assumption that fills the design's number with this role: effect, comparator, spread."""
        return by_role(self.assumptions, role)

    @property
    def tested(self) -> Design | None:
        """Its design, where that tests; else None."""
        return self.design if isinstance(self.design, Design) else None

    @property
    def arms_randomised(self) -> dict[str, int]:
        """The participants to randomise to each arm, so that those of the answer are expected to be observed."""
        assert self.answer is not None  # asked of an endpoint that is sized
        arms = {name: int(n) for name, n in self.answer.arms.items()}
        lost = self.section.dropout
        return enrolled(self.answer.design, arms, lost)["arms"] if lost else arms

    @property
    def rates(self) -> tuple[Assumption, Assumption] | None:
        """The rates of treatment and control, where the design compares the one with the other; else None."""
        effect, comparator = self.by_role("effect"), self.by_role("comparator")
        if self.design is None or len(self.design.arm_names) < 2 or effect is None or comparator is None:
            return None
        return (effect, comparator) if effect.unit == comparator.unit == "proportion" else None
