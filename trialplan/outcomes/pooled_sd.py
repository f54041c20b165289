"""The standard deviation of both arms together, from which n may be set anew without unblinding anybody."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, field
from trialplan.numerics.lazy import np, special
from trialplan.outcome import Blinded, Limits
from trialplan.text import number, quoted

if TYPE_CHECKING:
    from trialplan.design import Design


class PooledSD(Blinded):
    """The standard deviation of all participants around one mean; the planned difference is kept."""

    key = "sd"
    name = "blinded sd"
    truth = "standard deviation within arms"
    looked_at = "their standard deviation around one common mean"
    reference = "Wittes & Brittain 1990; Kieser & Friede 2003; Friede & Kieser 2013; Lu 2016"
    adjustable = True

    def check_design(self, design: Design) -> None:
        """Only Student's t estimates one standard deviation of both arms."""
        if design.test != "t":
            reason = f"{design.test} does not estimate one standard deviation of both arms"
            raise ParameterError(reason, parameter="test", way_out=f"use {field('test')} t")

    def planned(self, design: Design) -> float:
        """Within arms."""
        return float(design.value("spread"))

    def check(self, value: Any) -> None:
        """Something varies."""
        if not np.all(value > 0):
            raise ParameterError(f"a blinded standard deviation must be above 0, not {quoted(value)}")

    def adjusted(self, design: Design, value: Any, n: int) -> Any:
        """Less what the planned difference adds to it among n; 0 where that leaves nothing."""
        shares = math.prod(design.split(1.0))
        return np.sqrt(np.maximum(value**2 - n / (n - 1) * shares * self.effect(design, "") ** 2, 0))

    def design_at(self, design: Design, value: Any, keep: str, null: bool = False) -> Design:
        """With this standard deviation, and the planned difference or the null's."""
        effect = {design.effect: float(design.null_values()[0])} if null else {}
        return design.replace(**{str(design.field("spread")): value}, **effect)

    def interval(self, value: float, n: int, confidence: float) -> Limits:
        """By chi-squared."""
        tail, df = (1 - confidence) / 2, n - 1
        low, high = (value * math.sqrt(df / special.chdtri(df, p)) for p in (tail, 1 - tail))
        return low, high

    def around(self, planned: float) -> list[float]:
        """From four fifths to half as much again."""
        return [share * planned for share in (0.8, 1, 1.2, 1.5)]

    def told(self, value: float, n: int, planned: float) -> str:
        """With the participants that it is of."""
        return f"standard deviation {number(value)} of {n:,}, both arms together (planned {number(planned)})"

    def caveat(self, adjusted: bool) -> str:
        """The difference of the means is in it."""
        return "the standard deviation holds the spread within arms and what the difference adds to it; " + (
            "the planned difference's part is taken off" if adjusted else "it errs to the larger n"
        )


POOLED_SD = PooledSD()
"""Of two arms of normal outcomes, compared by Student's t."""
