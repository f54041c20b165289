"""Looks on the calendar: an endpoint that is read late is looked at when many more have been randomised."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError, setting
from trialplan.numerics.accrual import LATEST, Accrual
from trialplan.sequential.base import WITH_LOOKS
from trialplan.sequential.look_table import expected_n
from trialplan.text import quoted

_WHOLE = 1e-9
"""What rounding may take from a whole number of participants."""


@dataclass(frozen=True, kw_only=True)
class Recruitment:
    """Who has been randomised, and who has been read, in which month?

    `read_after` months lie between a participant's randomisation and the reading of the endpoint, `decision` months
    between the last reading that a look needs and what is decided on it. Recruitment goes on meanwhile. A share
    `dropout` is never read.
    """

    accrual: Accrual
    read_after: float
    decision: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Times are not negative."""
        for name in ("read_after", "decision"):
            months = getattr(self, name)
            if not (isinstance(months, (int, float)) and 0 <= months <= LATEST):
                raise ParameterError(
                    f"must be months in [0, {LATEST:,}], not {quoted(months)}", parameter=name, value=months
                )

    def look(self, needed: int, most: int) -> dict[str, Any]:
        """When a look that needs so many randomised is decided on, of a trial that randomises `most` in all."""
        month = self.accrual.month(needed) + self.read_after + self.decision
        randomised = min(math.floor(self.accrual.randomised(month) + _WHOLE), most)
        return {"month": month, "randomised": randomised, "overrun": randomised - needed, "spared": most - randomised}


def dated(answer: SampleSize, recruitment: Recruitment) -> SampleSize:
    """The answer with its looks on the calendar: month, evaluable, randomised by then, and what stopping cannot save.

    `overrun` are randomised when a look is decided on, and no part of it; `spared` would still be to come. Expected n
    then counts everybody who is randomised.
    """
    looks, design = answer.extra.get("looks"), cast("Any", answer.design)
    if not looks:
        way_out = f"add {setting('looks', '0.5,1', WITH_LOOKS)}"
        raise ParameterError("dates looks, and there are none", parameter="accrual", way_out=way_out)
    if not design.dates_looks:
        reason = "cannot be told of a trial whose arms may end one by one: how many are randomised is not settled"
        way_out = "leave it out"
        raise ParameterError(reason, owner=design, parameter="accrual", way_out=way_out)
    last, duration = ends(design, int(answer.n), recruitment)
    if "month" in looks[0]:  # which do not wait for participants
        return dataclasses.replace(answer, extra={**answer.extra, "last_randomised": last, "duration": duration})
    needed = [to_randomise(design, int(look["n"]), recruitment.dropout) for look in looks]
    moments = [recruitment.look(one, needed[-1]) for one in needed]
    rows = [
        look | {"month": moment["month"], "evaluable": int(look["n"])} | moment
        for look, moment in zip(looks, moments, strict=True)
    ]
    by = design.chances(int(answer.n))
    sizes = tuple(moment["randomised"] for moment in moments)
    expected = {name: expected_n(chances, sizes) for name, chances in by.items()}
    extra = {"looks": rows, "expected_n": expected, "last_randomised": last, "duration": duration}
    return dataclasses.replace(answer, extra={**answer.extra, **extra})


def ends(design: Sized, n: int, recruitment: Recruitment) -> tuple[float, float]:
    """The month in which the last participant is randomised, and the month of the final decision."""
    last = recruitment.accrual.month(to_randomise(design, n, recruitment.dropout))
    return last, last + recruitment.read_after + recruitment.decision


def to_randomise(design: Sized, n: int, dropout: float) -> int:
    """The participants to randomise so that n are expected to be read."""
    return n if not dropout else int(enrolled(design, design.arms(n), dropout)["n"])


def overrunning(looks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The interim looks that can save nobody, because recruitment is over before they are decided on."""
    for number, look in enumerate(looks[:-1], 1):
        if look.get("spared") == 0:
            yield (
                f"look {number}, at {look['information']:.4g} of the information, is decided on in month "
                f"{look['month']:.1f}, when all {look['randomised']:,} participants are randomised: stopping then "
                "saves nobody; look earlier, recruit more slowly, or plan without that look"
            )
