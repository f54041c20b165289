"""From patients who are seen to participants who are randomised: who is eligible, and whom other trials take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialplan.errors import ParameterError
from trialplan.parameter import Interval, Parameter

SHARE = Parameter("share of the patients at a step who pass it", unit="proportion", domain=Interval(0, 1, "right"))
LOST = Parameter("share of eligible patients lost to other trials", unit="proportion", domain=Interval(0, 1, "left"))


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of screening: the share of those who reach it who pass, and where that is from."""

    name: str
    share: float
    source: str = ""

    def __post_init__(self) -> None:
        """A share lies in (0, 1]."""
        object.__setattr__(self, "share", SHARE.check("screening", "share", self.share))


@dataclass(frozen=True, kw_only=True)
class Competitor:
    """A trial that recruits the same patients: the share of the eligible that it takes, and where that is from."""

    name: str
    share: float
    source: str = ""

    def __post_init__(self) -> None:
        """A share lies in [0, 1)."""
        object.__setattr__(self, "share", LOST.check("competing trials", "share", self.share))


@dataclass(frozen=True, kw_only=True)
class Screening:
    """Which share of the patients that a site sees is randomised?

    A patient passes every step, and no competing trial takes them; nobody is taken twice, so the competitors' shares
    add up. Each patient's fate is independent, so what remains of a Poisson process of patients is one of participants
    at the product of the shares (thinning; Kingman 1993, Poisson Processes, section 5.1).

    >>> steps = (Step(name="refractory", share=0.5), Step(name="criteria", share=0.6))
    >>> round(Screening(steps=steps, competing=(Competitor(name="other", share=0.2),)).share, 3)
    0.24
    """

    steps: Sequence[Step] = ()
    competing: Sequence[Competitor] = ()

    def __post_init__(self) -> None:
        """What other trials take together is less than all."""
        if self.taken >= 1:
            way_out = "name shares of one and the same eligible patients"
            raise ParameterError(
                f"take {self.taken:g} of the eligible, and must leave some", owner="competing trials", way_out=way_out
            )

    @property
    def taken(self) -> float:
        """The share of the eligible that other trials take."""
        return sum(one.share for one in self.competing)

    @property
    def share(self) -> float:
        """The share of the patients seen who are randomised."""
        return self.remaining()[-1][1] if self.remaining() else 1.0

    def remaining(self) -> list[tuple[str, float, str]]:
        """Each step with the share of the patients seen who are left after it, and its source."""
        rows, left = [], 1.0
        for step in self.steps:
            left *= step.share
            rows.append((step.name, left, step.source))
        eligible = left
        for rival in self.competing:
            left -= eligible * rival.share
            rows.append((f"not lost to {rival.name}", left, rival.source))
        return rows
