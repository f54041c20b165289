"""The pictures of a state, each by its name: the same figures as on the command line and in documents."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from trialplan.errors import ParameterError
from trialplan.figures.canvas import Figure
from trialplan.numerics.lazy import np
from trialplan.web.state import State
from trialplan.web.subject import Subject

MEDIUM = "phone"
"""What an address says of how it is looked at where the picture is for a narrow screen."""

_POINTS = 201
"""Where a density is drawn: finer than a screen shows."""


def power(subject: Subject, state: State) -> Figure:
    """Power against participants, with the plan's point marked; the boundaries where the trial is looked at early."""
    if subject.is_plan:
        from trialplan.protocol.content.figures import power_curve

        return power_curve(subject.trial)
    return subject.answer.figure()


def forest(subject: Subject, state: State) -> Figure:
    """The rates that the plan's assumptions are drawn from, and the control arms."""
    from trialplan.protocol.content.figures import forest as drawn

    return _there(drawn(subject.trial), "no rate of the table is drawn from")


def graph(subject: Subject, state: State) -> Figure:
    """How the level of a family is shared and handed on."""
    from trialplan.protocol.content.figures import graph as drawn

    return _there(drawn(subject.trial), "nothing hands its level on")


def boundaries(subject: Subject, state: State) -> Figure:
    """The boundaries at each look."""
    from trialplan.analyses.size_picture import boundaries as drawn
    from trialplan.sequential.group_sequential import GroupSequential

    design, looks = subject.design, subject.answer.extra.get("looks", ())
    if not isinstance(design, GroupSequential) or "effect_at_efficacy" not in (looks or ({},))[0]:
        raise ParameterError("there is no such picture: its looks have no boundaries on one scale")
    return drawn(design, looks, list(design.arm_names))


def fan(subject: Subject, state: State) -> Figure:
    """How many are randomised over time."""
    from trialplan.verbs.recruiting import recruit

    return recruit(subject.trial).figure()


def swings(subject: Subject, state: State) -> Figure:
    """Each assumption at the ends of its range, the most damaging first."""
    from trialplan.protocol.content.figures import swings as drawn

    return _there(drawn(subject.trial), "no assumption has a range")


def beliefs(subject: Subject, state: State) -> Figure:
    """What is believed of the rates, or of the effect, as densities."""
    from trialplan import figures
    from trialplan.belief import Belief
    from trialplan.plan.beliefs import beliefs_of

    trial = subject.trial
    known = {name: one for name, one in beliefs_of(trial).items() if isinstance(one, Belief)}
    for name, one in beliefs_of(trial).items():
        if name not in known:  # given the other, at its middle
            known[name] = one(**{other: each.quantile(0.5) for other, each in known.items()})
    ends = [one.interval(0.999) for one in known.values()]
    first, last = (float(f"{end:.2g}") for end in (min(low for low, _ in ends), max(high for _, high in ends)))
    x = np.linspace(first, last, _POINTS)
    labels = {one.name: one.label for one in trial.primary.assumptions}
    return figures.Curves(
        x_name="value",
        x=x.tolist(),
        lines=[(labels.get(name, name), np.asarray(one.density(x)).tolist()) for name, one in known.items()],
        quantity="density of belief",
        title="What is believed",
        from_zero=True,
    )


def grid(subject: Subject, state: State) -> Figure:
    """The scenarios as curves; as lines of equal n over two numbers, whose heat map the page itself is."""
    from trialplan.analyses.scenarios.figures import CONTOUR, HEAT_MAP, kind_of
    from trialplan.web.pages.scenarios import grid_of

    drawn = grid_of(subject, state)
    if kind_of(drawn.asked) == HEAT_MAP:
        with suppress(ParameterError):  # names, one value alone, and values out of order make no lines
            return drawn.figure(CONTOUR)
    return drawn.figure()


PICTURES: dict[str, Callable[[Subject, State], Figure]] = {
    "power": power,
    "forest": forest,
    "graph": graph,
    "boundaries": boundaries,
    "fan": fan,
    "swings": swings,
    "beliefs": beliefs,
    "grid": grid,
}


def _there(figure: Figure | None, why: str) -> Figure:
    if figure is None:
        raise ParameterError(f"there is no such picture: {why}")
    return figure
