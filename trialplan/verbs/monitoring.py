"""A trial that runs: a look that has been taken, n again from both arms together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, field, setting
from trialplan.verbs import _seen
from trialplan.verbs._arguments import DEFAULT_POWER, read, tested
from trialplan.verbs._misfits import refuses_misfits
from trialplan.wrapper import Wrapper

if TYPE_CHECKING:
    from trialplan.outcome import InterimData
    from trialplan.reestimation.page import Reestimation
    from trialplan.sequential.exact_group_sequential import ExactGroupSequential
    from trialplan.sequential.group_sequential import GroupSequential
    from trialplan.sequential.interim.look import Look
    from trialplan.sequential.interim.several_look import SeveralLook
    from trialplan.verbs._arguments import PlanLike

    Counts: TypeAlias = "str | Sequence[Any]"
    """Of each arm, treatment first, "14/30,9/30" or ((14, 30), (9, 30)); of several looks, one of these each."""


@refuses_misfits
def monitor(
    plan: Sized | PlanLike,
    *,
    events: Counts | None = None,
    means: Counts | None = None,
    sds: float | Sequence[float] | None = None,
    times: str | Sequence[str] | None = None,
    z: float | Sequence[float] | None = None,
    t: Any = None,
    look: int | None = None,
    information: float | Sequence[float] | None = None,
    final: bool = False,
    n: int | None = None,
    power: float | None = None,
) -> Look | SeveralLook:
    """An interim look has been taken: what does the rule say, and what may be said of the effect?

    What was seen is one of `events` (responders of participants, each look with everybody read by then), `means` with
    `sds`, `times`, a CSV file of participants with their arm, time and event (1 or 0), and entry if it is known, `z`,
    and `t` with its degrees of freedom, "2.31/57"; of one look, or of each look so far: one of which
    nothing is told is assumed to have been taken as planned, and the answer says so. `information` are
    fractions of the plan, `final` ends the trial here. A design needs looks, and is planned for `power` or has `n`
    participants; a plan has a rule and an n of its own. Of several treatments or hypotheses `z` has a number for each,
    "2.6,0.4", of each look so far.

    >>> from trialplan import GroupSequential, TwoProportions
    >>> trial = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), looks=(0.5, 1))
    >>> monitor(trial, events="30/47,12/47").verdict
    'stop-for-efficacy'
    """
    seen = {"events": events, "means": means, "sds": sds, "times": times, "z": z, "t": t}
    seen |= {"look": look, "information": information, "final": final}
    _seen.check_one_kind(seen)
    design, n, answer = _planned("monitor", plan, n, power)
    if n is not None and power is not None:
        raise ParameterError(
            f"{field('power')} and {field('n')} are both given; {field('n')} is the total that was planned: keep one"
        )
    if not design.looks:
        if isinstance(plan, Sized):
            from trialplan.sequential.base import WITH_LOOKS

            way_out = f"add {setting('looks', '0.5,1', WITH_LOOKS)}"
            raise ParameterError(f"monitor needs the rule that the trial was planned with; {way_out}")
        raise ParameterError(
            f"{read(plan).name} has no [monitoring], and so no rule to hold a look against; plan one first"
        )
    if n is None:
        n = int(design.sample_size(DEFAULT_POWER if power is None else power).n)
    design.check_n(n)
    if design.fixed.members:
        return _of_several(design, n, plan, seen)
    if design.looks_by_counts:
        looks = [_counted(cast("ExactGroupSequential", design), n, seen)]
        told = len(_seen.each_look(events, 1))
    else:
        looks = _decided(cast("GroupSequential", design), n, seen)
        told = len(looks)
    *before, last = looks
    dates = () if answer is None else answer.extra["looks"]
    moment = dates[last.number - 1] if dates and "overrun" in dates[0] else None
    assumed = tuple(range(1, last.number - told + 1))
    return dataclasses.replace(last, before=tuple(before), assumed=assumed, moment=moment)


@refuses_misfits
def reestimate(
    plan: Sized | PlanLike,
    *,
    blinded: str | tuple[int, int] | None = None,
    blinded_sd: str | tuple[float, int] | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
    kept: str | None = None,
    n: int | None = None,
    power: float | None = None,
) -> Reestimation:
    """What does n become by what both arms show together, with nobody unblinded, and what does the rule cost?

    `blinded` are responders of participants, "23/60" or (23, 60); `blinded_sd` is a standard deviation of
    participants, "1.42/60". n is never less than `at_least` (as planned) nor more than `at_most`; `kept` is the scale
    on which the planned effect is kept: difference, ratio or odds-ratio.

    >>> from trialplan import TwoProportions
    >>> reestimate(TwoProportions(control=0.3, treatment=0.5), blinded="30/60").n
    194
    """
    from trialplan.reestimation.page import reestimate as again

    _seen.check_one_blinded(blinded, blinded_sd)
    design, n, answer = _planned("reestimate", plan, n, power)
    rule: dict[str, Any] = {"at_least": at_least, "at_most": at_most, "effect_scale": kept, "planned": n}
    rule["target"] = power if answer is None else float(answer.target)
    sd, of = _seen.spread(blinded_sd)
    shown = f"{blinded[0]}/{blinded[1]}" if isinstance(blinded, tuple) else blinded
    return again(design, shown, sd=sd, n=of, **{name: value for name, value in rule.items() if value is not None})


def _planned(call: str, plan: Sized | PlanLike, n: int | None, power: float | None) -> tuple[Design, int | None, Any]:
    """The design, its planned n where that is known, and the plan's answer, where it is a plan."""
    if isinstance(plan, Sized):
        return tested(call, plan), n, None
    if n is not None or power is not None:
        raise ParameterError("n and power are the plan's own; leave them out", owner=call)
    from trialplan.plan import Trial
    from trialplan.plan.building import size_primary

    primary = plan.primary if isinstance(plan, Trial) else size_primary(read(plan))
    assert primary.answer is not None  # `size_primary` gives one or raises
    return cast("Design", primary.design), int(primary.answer.n), primary.answer


def _of_several(design: Design, n: int, plan: Sized | PlanLike, seen: Mapping[str, Any]) -> SeveralLook:
    """The look at several treatments or hypotheses, by the z of each."""
    from trialplan.plan.arms import tested_names
    from trialplan.sequential.base import WithLooks
    from trialplan.sequential.interim.several_look import decide_several

    assert isinstance(design, WithLooks)  # it has looks
    others = [name for name in ("events", "means", "times", "t", "information") if _seen.there(seen[name])]
    if others or seen["final"]:
        reason = f"a look at several is told by {field('z')} alone, one number for each, at the planned looks"
        raise ParameterError(reason, owner=design, way_out=f"leave {field(others[0] if others else 'final')} out")
    fixed, looks = design.fixed, [_seen.numbers_of(one) for one in _seen.each_look(seen["z"], 1)]
    if seen["look"] is not None and seen["look"] != len(looks):
        reason = f"is {seen['look']}, and {field('z')} tells {len(looks)}: of several every look so far counts"
        raise ParameterError(reason, parameter="look", value=seen["look"], way_out=f"repeat {field('z')} for each")
    if isinstance(plan, Sized):
        members = [f"endpoint {i + 1}" for i in range(len(fixed.members))]
        names = fixed.named(members, fixed.arm_names[:-1]) if isinstance(fixed, Wrapper) else tuple(members)
    else:
        names = tested_names(read(plan).content, fixed)
    return decide_several(design, n, names, looks)


def _counted(design: ExactGroupSequential, n: int, seen: Mapping[str, Any]) -> Look:
    """The look at responses of one arm, where these are counted exactly."""
    from trialplan.sequential.interim.decision_on_counts import decide_on_counts

    if not _seen.there(seen["events"]):
        raise ParameterError(
            f"{field('events')} are what a look at counts sees, as in {setting('events', '9/30')}; for {field('z')} or "
            f"{field('information')} plan with {field('test')} score"
        )
    if seen["information"] is not None:
        raise ParameterError(
            f"{field('information')} is counted in participants, as in {setting('events', '9/30')}; leave "
            f"{field('information')} out"
        )
    looks = _seen.each_look(seen["events"], 1)
    arms = [_seen.pairs("events", text) for text in looks]
    for text, arm in zip(looks, arms, strict=True):
        if len(arm) != 1:
            raise ParameterError(f"{field('events')} must be given for the one arm, as in 9/30, not {text}")
    _seen.check_growing(arms, responders=True)
    look = _seen.number_of_look(seen["look"], len(arms))
    return decide_on_counts(design, n, look, [arm[0] for arm in arms], final=seen["final"])


def _decided(design: GroupSequential, n: int, seen: Mapping[str, Any]) -> list[Look]:
    """The look, after those before it whose results are given."""
    from trialplan.sequential.interim.decision import bounds, decide_at_look
    from trialplan.sequential.interim.observed_information import observed_fractions

    arms = 2 if len(design.arm_names) > 1 else 1  # levels of brackets around what one look saw
    depths = {"events": arms, "means": arms, "times": 0, "z": 0, "t": 1}
    kind = next(name for name in depths if _seen.there(seen[name]))
    told = _seen.each_look(seen[kind], depths[kind])
    last = len(told) - 1
    if kind in ("events", "means"):
        _seen.check_growing([_seen.pairs(kind, text) for text in told], responders=kind == "events")
    data = [_read(kind, text, design, n, seen["sds"] if i == last else None) for i, text in enumerate(told)]
    look = _seen.number_of_look(seen["look"], len(data))
    given = _seen.fractions(seen["information"])
    shares = observed_fractions(design, n, look, [(one.n, one.share) for one in data], given)
    looks = []
    for number, one in enumerate(data, look - last):
        if kind == "z":
            _check_z(design, shares[number - 1] * n, one.z)
        held = bounds(design, n, shares[:number], final=seen["final"] and number == look)
        looks.append(decide_at_look(design, n, one, held))
    return looks


_READ = 0.01
"""By what share a z may exceed the largest that outcomes give, for it is read with few digits."""


def _check_z(design: GroupSequential, n: float, z: float) -> None:
    """Raise for a z that no outcome of so many participants gives."""
    largest = design.design.outcome.largest_z(design.design, n)
    if largest is not None and abs(z) > (1 + _READ) * largest:
        reason = (
            f"= {z:g} is given by no {design.design.outcome.kind} of the {math.ceil(n):,} participants of this look: "
            f"by the test {design.design.test} it is {largest:.3g} at most, either way"
        )
        raise ParameterError(reason, parameter="z", value=z, way_out=f"give {field('events')}, from which z follows")


def _read(kind: str, text: Any, design: GroupSequential, n: int, sds: Any) -> InterimData:
    """What a look saw, from what was given."""
    from trialplan.outcome import InterimData
    from trialplan.sequential.interim.decision import from_t

    if kind == "z":
        if not (isinstance(text, (int, float)) and math.isfinite(text)):
            raise ParameterError(f"{field('z')} must be a number, positive in favour of the treatment, not {text}")
        return InterimData(z=float(text))
    if kind == "t":
        return from_t(*_seen.t_statistic(text, design.design))
    if kind == "times":
        people = _seen.times(str(text), design.arm_names)
        return design.outcome.seen_times(design.design, n, people)
    known = None if sds is None else tuple(sds) if isinstance(sds, (tuple, list)) else (sds,)
    if known is not None and not all(isinstance(sd, (int, float)) and not isinstance(sd, bool) for sd in known):
        told = ",".join(map(str, known))
        raise ParameterError(f"{field('sds')} must be one number, or one for each arm, as in 1.2,1.4, not {told}")
    return design.outcome.seen(design.design, n, kind, _seen.pairs(kind, text), known and tuple(map(float, known)))
