"""How publications state a comparison of times: the effect in other words, events instead of curves, a slip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from trialplan.designs.two_proportions import TwoProportions
from trialplan.numerics.elementary import divide, expm1, log
from trialplan.parameter import PROPORTION
from trialplan.stated import Reservation, SizingMethod, StatedEffect, sized_by

if TYPE_CHECKING:
    from trialplan.designs.log_rank import LogRank

UNTIL_ALL: dict[str, float] = {"control_hazard": 1.0, "accrual_time": 1.0, "follow_up_time": 1e6}
"""Times at which everybody has had the event."""

_effect = partial(StatedEffect, gives="a hazard ratio")

EFFECTS: tuple[StatedEffect, ...] = (
    _effect(
        name="treatment_median",
        meaning="median time to the event under treatment, beside control_median",
        apply=divide,
        unit="units of time",
        beside="control_median",
    ),
    _effect(
        name="treatment_hazard",
        meaning="hazard of the event under treatment, beside control_hazard",
        apply=lambda control, treatment: divide(treatment, control),
        unit="per unit of time",
        beside="control_hazard",
    ),
    _effect(
        name="treatment_survival",
        meaning="share without the event under treatment at the time at which control_survival is read",
        apply=lambda control, treatment: divide(log(treatment), log(control)),
        unit="proportion",
        misread=lambda control, treatment: divide(1 - treatment, 1 - control),
        slip="the ratio of risks is taken for the hazard ratio",
        beside="control_survival",
        domain=PROPORTION,
        where="in (0, 1), 60 % as 0.6",
    ),
)
"""How the effect on two curves may be stated instead of the hazard ratio."""


def of_whole_events(design: LogRank, power: float) -> SizingMethod:
    """So many participants that whole events are expected of them."""
    events, each = math.ceil(float(design.needed_events(power)) - 1e-6), float(design.events(1.0))
    return replace(
        sized_by(design, power, design.method),
        arms=tuple(design.split(events / each)),
        cost=design.oddity.get(design.method, 0) + 1,
        remarks=("the events are rounded up before they are divided by the share who have one",),
    )


def as_risks(design: LogRank, power: float) -> Iterator[SizingMethod]:
    """The chi-squared test of two risks whose ratio is the hazard ratio that is stated."""
    curve = design.control
    risk = -expm1(-curve.cumulative(design.follow_up_time))
    treated = risk * design.hazard_ratio
    if not 0 < risk < 1 or not 0 < treated < 1 or treated == risk:
        return
    rates = TwoProportions(
        control=float(risk),
        treatment=float(treated),
        alpha=design.alpha,
        sides=design.sides,
        allocation=design.allocation,
        favourable="lower" if treated < risk else "higher",
    )
    slip = Reservation("the hazard ratio is taken for the ratio of risks, and these are compared by chi-squared")
    yield replace(sized_by(rates, power, "chi-squared"), design=None, cost=1, reservations=(slip,))
