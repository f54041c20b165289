"""Which figures a plan can show, and of what: each made from the built trial, or None where the plan lacks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trialplan import evidence, figures
from trialplan.analyses.scenarios.grid import answered, scenarios
from trialplan.analyses.sensitivity.tornado import tornado
from trialplan.analyses.sensitivity.tornado_figure import figure as figure_of_swings
from trialplan.analyses.size_picture import over_time, participants_around, power_or_nan
from trialplan.errors import TrialplanError
from trialplan.evidence.bridge import PooledReading, Reading
from trialplan.evidence.intervals import wilson
from trialplan.plan.building import Endpoint, Trial
from trialplan.plan.ranges import axes_of
from trialplan.plan.variation import DISCOUNT, ask
from trialplan.protocol.content.embedded_sources import studies
from trialplan.protocol.content.filters import months as in_months
from trialplan.protocol.content.views import arms_randomised, as_allocated, treatments
from trialplan.wrapper import Wrapper

_STEP, _STEPS = 0.05, 4
"""How far apart the rates of the heat map lie, and how many on either side of the planned ones."""
_POINTS_OF_BELIEF = 33
"""Of a density: enough for the eye, and few enough for the table that repeats it."""
_LOWER, _UPPER = 0.005, 0.995
"""Rates between which the heat map lies: 0 and 1 are none that a trial is sized for, nor what rounds to them."""
_WHEN = {"ever": "at any time", "landmark": "at one visit"}
_UNSAID = "at a time or up to it: not stated"
"""The months are given, and whether they are a visit's or all that was followed is not."""


def schema(trial: Trial) -> figures.TrialSchema:
    """From randomisation to the primary endpoint."""
    said, section = as_allocated(trial), trial.primary.section
    arms = [(arm.name, int(arm.n)) for arm in arms_randomised(trial)]
    orders = _orders(trial)
    return figures.TrialSchema(
        arms=orders or arms,
        kind="sequence" if orders else "arm",
        allocation=":".join("1" * len(orders)) if orders else said.allocation if len(arms) > 1 else None,
        timepoint=section.timepoint,
        endpoint=section.name,
    )


def _orders(trial: Trial) -> list[tuple[str, int]]:
    """What is given in each period, by the plan's names, and how many take it in this order; empty side by side."""
    named = {"treatment": trial.plan.content.trial.treatment_name, "control": trial.plan.content.trial.control_name}
    orders = [", then ".join(named[one] for one in order) for order in trial.design.fixed.orders.values()]
    return [(order, trial.n_randomised // len(orders)) for order in orders]


def graph(trial: Trial) -> Any:
    """How a family's level goes from one hypothesis to the others; None where its rule needs no picture."""
    family = trial.design.fixed
    if trial.family is None or not isinstance(family, Wrapper):
        return None
    return family.rule_figure(family.named([one.name for one in trial.primaries], treatments(trial)))


def forest(trial: Trial) -> figures.Forest | None:
    """The rates that the primary's assumptions were drawn from, their rivals in the table, and the control arms.

    Where the plan draws none, they are those of the table; `drawn_from_rates` tells.
    """
    drawn = list(_evidence_rows(trial))
    borrowed = [one.borrowed for one in trial.assumptions if one.borrowed is not None]
    arms = [_control_arm(reading) for one in borrowed for reading in one.readings]
    if not drawn and not arms:
        return None
    pools = [one.reading.pool.natural for one in trial.assumptions if isinstance(one.reading, PooledReading)]
    pooled = [("pooled", shown.estimate, shown.lower, shown.upper, None, "pooled") for shown in pools]
    limits = [(shown.prediction_lower, shown.prediction_upper) for shown in pools]
    prediction = next(((low, high) for low, high in limits if low is not None and high is not None), None)
    return figures.Forest(rows=[*drawn, *arms], pooled=pooled, prediction=prediction, measure="rate")


def drawn_from_rates(trial: Trial) -> bool:
    """Whether an assumption, or a reading of the table, takes any of the rates that the forest plot shows."""
    origins = [(one.reading, one.borrowed, one.pooled) for one in trial.assumptions]
    return bool(trial.plan.content.scenarios.readings) or any(any(one) for one in origins)


def _evidence_rows(trial: Trial) -> Iterator[Any]:
    """Rates of the table under the names of the outcomes that the primary or a reading is drawn from, else of any.

    Each tells when it was seen, as those of control arms do, for they need not be seen at the same time.
    """
    own = [one.evidence for one in trial.primary.section.assumptions.values() if one.evidence is not None]
    named = [one.outcome for one in (*own, *trial.plan.content.scenarios.readings)]
    names = {name for names in named for name in ([names] if isinstance(names, str) else names)}
    for study in trial.table.studies:
        for outcome in study.outcomes:
            estimate = evidence.estimate(outcome)
            wanted = not names or outcome.name in names
            if wanted and estimate is not None and estimate.kind == "proportion" and not outcome.harm:
                when = _at(outcome.timepoint_months)
                label = f"{study.called}: {outcome.label}{when}, {outcome.events}/{outcome.of}"
                kind = _WHEN.get(outcome.kind or "", _UNSAID if outcome.timepoint_months else "time not stated")
                yield label, estimate.value, estimate.lower, estimate.upper, None, kind


def _control_arm(reading: Reading) -> Any:
    lower, upper = wilson(reading.events, reading.of)
    times = {outcome.timepoint_months for outcome in reading.outcomes}
    when = _at(times.pop()) if len(times) == 1 else ""
    label = f"{reading.study.called}{when}: {reading.events}/{reading.of}"
    return label, reading.rate, lower, upper, None, "control arm"


def _at(months: float | None) -> str:
    """When a rate was seen, behind a comma; nothing where the table does not say."""
    return "" if months is None else f", {in_months(months)}"


def experts(trial: Trial) -> dict[str, tuple[figures.Curves, str]]:
    """What experts believe of each number that they were asked, by the picture's name, with what it is of."""
    return {
        f"experts-{place}-{one.name}": (one.elicited.figure(_POINTS_OF_BELIEF), one.label)
        for place, endpoint in enumerate(trial.primaries, 1)
        for one in endpoint.assumptions
        if one.elicited is not None
    }


def courses(trial: Trial) -> dict[str, tuple[figures.OverTime, str]]:
    """Each endpoint that is a time, over time at the trial's number, by the picture's name, with what it is of."""
    found = {}
    for role in ("primary", "secondary"):
        for place, endpoint in enumerate([one for one in trial.endpoints if one.section.role == role], 1):
            drawn = _course(trial, endpoint)
            if drawn is not None:
                found[f"over-time-{role}-{place}"] = (drawn, endpoint.name)
    return found


def _course(trial: Trial, endpoint: Endpoint) -> figures.OverTime | None:
    if endpoint.design is None:
        return None
    sizes = endpoint.section.role == "primary" and endpoint.answer is not None
    looks = endpoint.answer.extra.get("looks", ()) if sizes and endpoint.answer is not None else ()
    n = round(trial.expected_of(endpoint))
    names = [trial.plan.content.trial.treatment_name, trial.plan.content.trial.control_name]
    arms = names if len(endpoint.design.arm_names) == len(names) else names[:1]
    return over_time(endpoint.design, n, looks, arms)


def power_curve(trial: Trial) -> figures.Curves:
    """Power against participants: as planned, and where other shares of an open-label excess are not believed."""
    design, n, section = trial.design, int(trial.answer.n), trial.primary.section
    counts = participants_around(design, n)
    lines = [("as planned", [power_or_nan(design, count) for count in counts]), *_by_discount(trial, counts)]
    return figures.Curves(
        x_name=f"participants {'with the outcome' if section.dropout else trial.design.done} in all",
        x=counts,
        lines=lines,
        quantity="power",
        target=float(section.power),
        chosen=(n, float(trial.answer.success)),
    )


def _by_discount(trial: Trial, counts: list[int]) -> Iterator[tuple[str, Any]]:
    """The other shares of the excess that the plan looks at; nothing where no rate is bridged by a share."""
    bridges = [one.bridge for one in trial.primary.assumptions if one.bridge is not None]
    planned = bridges[0].discount if bridges else None
    if not planned or not trial.design.smooth:
        return
    shares = [share for share in trial.plan.content.scenarios.discounts if abs(share - planned) > 1e-9]
    for share in shares[:3]:
        grid = answered(ask(trial, {DISCOUNT: [share], "n": counts}))
        yield f"{share:.0%} of the excess not believed".replace("%", " %"), grid.success.ravel()


def heat_map(trial: Trial) -> figures.HeatMap | None:
    """Participants for each pair of rates around the planned ones; for an exact test, by normal theory."""
    both, smooth = trial.primary.rates, trial.design.fixed.by_normal_theory()
    if both is None:
        return None
    said, planned = trial.plan.content.trial, [float(one.value or 0.0) for one in both]
    upwards, across = map(around, planned)
    axes = dict(zip([one.name for one in both], (upwards, across), strict=True))
    grid = scenarios(smooth, axes, float(trial.primary.section.power))
    equal = len(set(smooth.weights)) == 1
    return figures.HeatMap(
        x_name=f"rate on {said.control_name} (%)",
        x=[_in_percent(rate) for rate in across],
        y_name=f"rate on {' or '.join(treatments(trial))} (%)",
        y=[_in_percent(rate) for rate in upwards],
        values=grid.n / len(smooth.weights) if equal else grid.n,
        quantity="participants per arm" if equal else "participants",
        planned=(_in_percent(planned[1]), _in_percent(planned[0])),
    )


def around(rate: float) -> list[float]:
    """The planned rate and round ones on either side of it, inside 0 and 1; one that all but meets it is left out."""
    middle = round(rate / _STEP)
    rounded = [round(_STEP * i, 9) for i in range(middle - _STEPS, middle + _STEPS + 1)]
    apart = [one for one in rounded if abs(one - rate) > _STEP / 5]
    return sorted([rate, *(one for one in apart if _LOWER < one < _UPPER)])


def _in_percent(rate: float) -> float:
    return round(100 * rate, 1)


def swings(trial: Trial) -> figures.Tornado | None:
    """Each assumption at the ends of its range, the most damaging first; an exact test's sizes take too long."""
    if not trial.design.smooth:
        return None
    n, target = int(trial.answer.n), float(trial.primary.section.power)
    try:
        all_swings = tornado(axes_of(trial), n=n, target=target)
    except TrialplanError:  # the plan's numbers allow none
        return None
    labels = {one.name: one.label for one in trial.primary.assumptions}
    return figure_of_swings(all_swings, n, labels=labels, called=studies(trial.plan))
