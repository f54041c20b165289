"""What would be if the assumptions were otherwise, one at a time, all together, or averaged over what is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, field
from trialplan.text import quoted
from trialplan.verbs._arguments import DEFAULT_POWER, built, chance, single, tested, total
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.analyses.assurance.assess import Assurance, Beliefs
    from trialplan.analyses.scenarios.cells import GridSpec
    from trialplan.analyses.scenarios.grid import Grid
    from trialplan.analyses.sensitivity.exclusion_page import Exclusions
    from trialplan.analyses.sensitivity.tornado_page import Tornado
    from trialplan.analyses.verification.simulation import Progress
    from trialplan.verbs._arguments import PlanLike

    Axes: TypeAlias = "Mapping[str, str | Sequence[Any]]"
    """The values of each number that is varied: a sequence, or "first:last:step", the end included."""


@refuses_misfits
def scenarios(
    plan: Sized | PlanLike,
    axes: Axes,
    *,
    power: float | None = None,
    n: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Grid:
    """What would n be, or the power of `n` participants, at every combination of the values of `axes`?

    Values are a sequence or "first:last:step", the end included where the steps reach it; `n` and `power` may be varied
    too, and choices such as the test. The effect may be varied on another scale than the design's own, of two rates as
    `difference`, `ratio` or `odds_ratio`: the treatment's rate then follows from the control's. A plan is varied around
    its primary endpoint, by `discount`, `control_arm` and `reading` besides. `.n` and `.power` are arrays with an axis
    for each name; `.to_frame()` has one scenario a row, and `.save("grid.png")` draws one or two axes. Losses divide
    every n alike: `size` takes `dropout`, and of one design only.

    >>> from trialplan import TwoProportions
    >>> design = TwoProportions(control=0.3, treatment=0.5)
    >>> grid = scenarios(design, {"control": "0.2:0.4:0.1", "treatment": [0.6, 0.7]})
    >>> grid.n.tolist()
    [[46, 30], [84, 48], [194, 84]]
    >>> scenarios(design, {"control": [0.2, 0.3], "difference": [0.1, 0.15]}).n.tolist()
    [[588, 276], [712, 326]]
    """
    from trialplan.analyses.executors import executor
    from trialplan.analyses.scenarios.grid import answered
    from trialplan.analyses.scenarios.vary import check_cells

    asked = grid_of(plan, axes, power, n)
    check_cells(asked.cells)
    grid = answered(asked, executor=executor(workers, scheduler), progress=progress)
    return grid if isinstance(plan, Sized) else dataclasses.replace(grid, planned=built(plan).answer)


def grid_of(plan: Sized | PlanLike, axes: Axes, power: float | None, n: int | None) -> GridSpec:
    """The question, checked before any work is done."""
    from trialplan.analyses.scenarios.cells import TARGET, N, grid_spec

    if n is not None and power is not None:
        raise ParameterError(
            f"{field('power')} and {field('n')} are both given; {field('power')} asks for n, {field('n')} asks for the "
            "power: keep one"
        )
    varied = _varied("scenarios", axes)
    if isinstance(plan, Design):
        plan = single("scenarios", plan)
    if not isinstance(plan, Sized):
        from trialplan.plan.variation import ask

        return ask(built(plan), varied, power, n)
    if isinstance(plan, Design) and power is None and n is None and not {N, TARGET} & set(varied):
        power = DEFAULT_POWER
    return grid_spec(plan, varied, power, n)


def _varied(call: str, axes: Any) -> dict[str, Sequence[Any]]:
    """The values of each number that is varied, or the sentence that says why there are none."""
    form = 'as in {"control": (0.2, 0.4)} or {"control": "0.2:0.4:0.05"}'
    if not isinstance(axes, Mapping) or not all(isinstance(name, str) for name in axes):
        raise ParameterError(f"must be the values of each number by its name, {form}", owner=call, parameter="axes")
    if not axes:
        raise ParameterError(f"must vary something, {form}", owner=call, parameter="axes")
    return {name: _values(name, values) for name, values in axes.items()}


def _values(name: str, values: str | Sequence[Any]) -> Sequence[Any]:
    """A range or list as it is typed, or a sequence as it is."""
    from trialplan.analyses.scenarios.vary import parse_values

    if isinstance(values, str):
        return parse_values(name, values)
    listed = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(listed, Iterable) or isinstance(listed, Mapping) or not (several := tuple(listed)):
        way_out = f'give them all, as in {{"{name}": (0.2, 0.4)}} or {{"{name}": "0.2:0.4:0.05"}}, first:last:step'
        raise ParameterError(
            f"needs several values, not {quoted(values)}", parameter=name, value=values, way_out=way_out
        )
    if any(isinstance(one, (list, tuple)) for one in several):
        raise ParameterError("needs values in one row, not in several", parameter=name, value=values)
    return several


@refuses_misfits
def tornado(plan: Sized | PlanLike, axes: Axes | None = None, *, power: float | None = None) -> Tornado:
    """What becomes of the trial if one assumption at a time is wrong? The most damaging first, each in a sentence.

    A design's own numbers are its plan, each varied between the least and the greatest of its values in `axes`; a
    plan has ranges, power and n of its own.

    >>> from trialplan import TwoProportions
    >>> print(tornado(TwoProportions(control=0.3, treatment=0.5), {"control": (0.2, 0.4)}).summary())
    planned: 186 participants, power 0.8; most damaging if wrong: control
    """
    from trialplan.analyses.sensitivity.tornado_page import Tornado, tornado_of_design

    if isinstance(plan, Sized):
        if not axes:
            way_out = 'as in {"NAME": (0.2, 0.4)}, from the least to the greatest for each number that may be wrong'
            raise ParameterError("are needed of a design", owner="tornado", parameter="axes", way_out=way_out)
        varied = _varied("tornado", axes)
        target = DEFAULT_POWER if power is None else chance("tornado", "power", power)
        return tornado_of_design(tested("tornado", plan), varied, target)
    if axes is not None or power is not None:
        raise ParameterError("takes the ranges and the power of the plan; leave axes and power out", owner="tornado")
    from trialplan.plan.ranges import axes_of

    trial = built(plan)
    return Tornado(
        axes=tuple(axes_of(trial)), n=int(trial.answer.n), target=float(trial.primary.section.power or DEFAULT_POWER)
    )


@refuses_misfits
def exclude(plan: Sized | PlanLike, n: int | Sequence[int], *, confidence: float = 0.95) -> Exclusions:
    """What can n participants, or each of several n, exclude: how wide is the interval, what does it leave possible?

    >>> from trialplan import TwoProportions
    >>> print(exclude(TwoProportions(control=0.3, treatment=0.5), [100, 400]).summary())
    No effect observed leaves -17.9 to 17.9 points possible with 100 participants, -9 to 9 points with 400
    """
    from trialplan.analyses.scenarios.cells import participants
    from trialplan.analyses.scenarios.vary import ends_short
    from trialplan.analyses.sensitivity.exclusion_page import Exclusions

    design = tested("exclude", plan) if isinstance(plan, Sized) else built(plan).design
    ns = n if isinstance(n, (list, tuple)) else (n,)
    if not isinstance(confidence, (int, float)):
        raise ParameterError("must be one number in (0, 1)", owner="exclude", parameter="confidence", value=confidence)
    asked = participants(type(design).__name__, ns)
    for each in asked:
        design.check_n(each)
    return Exclusions(design=design, ns=asked, confidence=confidence, short=ends_short({"n": ns}))


@refuses_misfits
def assurance(
    plan: Sized | PlanLike, n: int | None = None, *, target: float | None = None, beliefs: Beliefs | None = None
) -> Assurance:
    """With which probability do n participants succeed in the treatment's favour, averaged over what is believed?

    A plan brings its beliefs, and n is its own unless given; `others` are the answers under other beliefs. A design
    needs `beliefs`, from `trialplan.belief`, by the names of its numbers: the control first, then the treatment, which
    may be a function of it whose parameter is called `control`, as that number is. What nothing is believed about is
    held fixed, and the answer says so.

    >>> from trialplan import TwoProportions
    >>> from trialplan.belief import Beta
    >>> beliefs = {"control": Beta(9, 21), "treatment": lambda control: Beta(20, 20)}
    >>> round(assurance(TwoProportions(control=0.3, treatment=0.5), 186, beliefs=beliefs).assurance, 2)
    0.68

    >>> answer = assurance("msc-lupus-nephritis")
    >>> answer.n, round(answer.assurance, 2), round(answer.ceiling, 2)
    (254, 0.71, 0.95)
    """
    from trialplan.analyses.assurance.assess import assess
    from trialplan.parameter import PROPORTION, Parameter

    if target is not None:
        sought = Parameter("probability of success", unit="proportion", domain=PROPORTION)
        target = sought.check("assurance", "target", target)
        if not isinstance(target, float):
            raise ParameterError("must be one number, not several", owner="assurance", parameter="target")
    if isinstance(plan, Sized):
        design = tested("assurance", plan)
        if beliefs is None:
            way_out = "give them by the names of its numbers, as in beliefs={...} with trialplan.belief.Beta"
            raise ParameterError("are needed of a design", owner="assurance", parameter="beliefs", way_out=way_out)
        return assess(design, total(design, n), beliefs, target=DEFAULT_POWER if target is None else target)
    if beliefs is not None:
        raise ParameterError("a plan has beliefs of its own; leave beliefs out", owner="assurance")
    from trialplan.plan.beliefs import assess_trial

    planned, others = assess_trial(built(plan), n, target)
    return dataclasses.replace(planned, others=tuple(others))
