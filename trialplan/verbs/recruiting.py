"""Who can be recruited: how long a number takes, how many a time brings, and what these can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, field, setting
from trialplan.text import quoted
from trialplan.verbs._arguments import DEFAULT_POWER, built, chance, tested, total
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.enrolment.duration import Duration
    from trialplan.enrolment.over_time import Recruits
    from trialplan.enrolment.prolonging import NeededTime
    from trialplan.enrolment.recruiting import Recruiting
    from trialplan.enrolment.screening import Screening
    from trialplan.verbs._arguments import PlanLike

SITES = ("sites", "patients_per_year", "rate_shape", "opens", "eligible", "competing")
"""What says how sites recruit, where there is no plan that does."""


_OWN_NAMES = {"per_year": "patients_per_year", "shape": "rate_shape", "opens_from": "opens", "opens_to": "opens"}
"""What a group of sites calls its numbers, and what they are called here."""


_UNREAD = (
    "The plan does not say when the endpoint is read, so nothing is added for that: give the primary timepoint_months."
)


@refuses_misfits
def recruit(
    plan: Sized | PlanLike,
    n: int | Sequence[int] | None = None,
    *,
    months: float | None = None,
    power: float | None = None,
    **sites: Any,
) -> Recruiting:
    """Who can be recruited, in how many months and at how many sites, and what can be shown with them?

    `n` are numbers of randomised participants that are asked what they show; without them the trial's own, and those
    who come by the deadline. `months` is that deadline, a plan's own unless given. A design needs its `sites`, as
    `duration` takes them, and is sized for `power`.

    >>> from trialplan import TwoProportions
    >>> answer = recruit(TwoProportions(control=0.3, treatment=0.5), months=36, sites=20, patients_per_year=4)
    >>> answer.n, round(answer.full.median, 1), answer.by.median
    (186, 27.9, 240)
    """
    asked = _numbers(n)
    if not isinstance(plan, Sized):
        from trialplan.plan.recruiting import recruiting_trial

        _refuse("recruit", sites | {"power": power})
        return recruiting_trial(built(plan), asked, months)
    from trialplan.enrolment.completion import check_month
    from trialplan.enrolment.recruiting import reachable, recruiting
    from trialplan.enrolment.showing import what_is_shown

    design = tested("recruit", plan)
    check_month(months, "months")
    law, screening = _law("recruit", sites)
    target = DEFAULT_POWER if power is None else power
    answer = design.sample_size(target)
    wanted, looks = int(answer.n), [int(look["n"]) for look in answer.extra.get("looks", ())]
    asked = asked or reachable(law, wanted, months, int(design.step))
    shown = {one.n: one for one in what_is_shown(design, asked, target)}
    return recruiting(
        law,
        wanted,
        deadline=months,
        screening=screening,
        shown=[(number, shown.get(number)) for number in asked],
        looks=looks,
        power=target,
    )


@refuses_misfits
def duration(
    plan: Design | PlanLike | None = None,
    *,
    n: int | None = None,
    months: float | None = None,
    read_after: float | None = None,
    so_far: str | Sequence[tuple[int, float]] | None = None,
    asked: str | None = None,
    enrolment_rate: float | None = None,
    power: float | None = None,
    **sites: Any,
) -> Duration | NeededTime:
    """How long do n participants take, from the first site's opening to the last reading; or how many do months bring?

    A plan says how it recruits, and n is its own unless given. Without one, `sites` of which each sees
    `patients_per_year` do: a share `eligible` of those can be randomised, of whom a share `competing` is lost to other
    trials. Rates differ between sites by a gamma distribution of shape `rate_shape` (1/CV²), or are known; `opens`
    are the months in which the first and the last site open. The endpoint is read `read_after` months after
    randomisation. Once a trial recruits, `so_far` are the participants and months of each site that is open,
    "10/4,3/2,0/1": what remains is then predicted from now on.

    Of a design of times the one that is `asked`, whatever its value there, is the least at which n participants have
    the `power`, or those whom an `enrolment_rate` brings.

    >>> answer = duration(n=60, sites=10, patients_per_year=6, rate_shape=2, read_after=12)
    >>> round(answer.recruited.median, 1), round(answer.total.median, 1)
    (12.1, 24.1)
    >>> duration(months=24, sites=10, patients_per_year=6, rate_shape=2, read_after=12).by.median
    59
    >>> from trialplan import LogRank
    >>> design = LogRank(hazard_ratio=0.6, control_median=12, accrual_time=12, follow_up_time=12)
    >>> round(duration(design, n=240, asked="follow_up_time").value, 1)
    9.7
    """
    if isinstance(plan, Sized):
        _refuse("duration", sites | {"months": months, "read_after": read_after, "so_far": so_far})
        return _prolonged(plan, asked, n, enrolment_rate, power)
    given = {"asked": asked, "enrolment_rate": enrolment_rate, "power": power}
    for name, value in given.items():
        if value is not None:
            raise ParameterError("belongs to a design whose times are asked for", parameter=name, value=value)
    from trialplan.enrolment.completion import Wait, check_month
    from trialplan.enrolment.duration import duration_of, numbers_in

    seen = _so_far(so_far)
    if n is not None and months is not None:
        raise ParameterError(
            f"{field('n')} and {field('months')} are both given; {field('n')} asks for the months, {field('months')} "
            "for the participants: keep one"
        )
    check_month(months, "months")
    if plan is not None:
        from trialplan.plan.enrolment import law_of
        from trialplan.plan.recruiting import enrolment_of, wait_of

        _refuse("duration", sites | {"read_after": read_after})
        trial = built(plan)
        law, read = law_of(enrolment_of(trial)), wait_of(trial)
        wait = read or Wait()
        notes = (_UNREAD,) if read is None else ()
        n = trial.n_randomised if n is None else n
    else:
        law, _ = _law("duration", sites)
        wait = Wait(read_after=_months("read_after", read_after))
        notes = ()
    come = sum(many for many, _ in seen)
    if seen:
        law = _from_now_on(law, seen)
    if months is not None:
        return numbers_in(law, months, wait, come, notes)
    if n is None:
        raise ParameterError(f"{field('n')} or {field('months')} is needed, as in {setting('n', 120)}")
    return duration_of(law, n, wait, come, notes)


def _prolonged(plan: Sized, asked: str | None, n: int | None, rate: float | None, power: float | None) -> NeededTime:
    """The time of a design that is asked for."""
    from trialplan.enrolment.prolonging import needed_time

    design = tested("duration", plan)
    if n is not None:
        n = total(design, n)
    if asked is None:
        raise ParameterError("is needed: the time of the design that is asked for", parameter="asked")
    target = DEFAULT_POWER if power is None else chance("duration", "power", power)
    found: NeededTime = needed_time(design, asked, target, n=n, rate=rate)
    return found


def _so_far(value: Any) -> list[tuple[int, float]]:
    """Participants and months open of each site: "10/4,3/2", or pairs."""
    if value is None:
        return []
    parts = [part.split("/") for part in value.split(",")] if isinstance(value, str) else list(value)
    try:
        seen = [(int(many), float(months)) for many, months in parts]
        whole = all(isinstance(many, str) or many == int(many) for many, _ in parts)
    except (TypeError, ValueError, OverflowError):
        seen, whole = [], False
    if not seen or not whole or not all(many >= 0 and 0 < months < math.inf for many, months in seen):
        raise ParameterError(
            f"{field('so_far')} must be the whole participants and the months of each site that is open, as in "
            "10/4,3/2, not "
            f"{value}"
        )
    return seen


def _from_now_on(law: Recruits, seen: Sequence[tuple[int, float]]) -> Recruits:
    """The recruitment of what remains; the sites are those of one group."""
    from trialplan.enrolment.over_time import UncertainRates
    from trialplan.enrolment.sites import under_way

    if len(law.groups) != 1:
        raise ParameterError(
            f"{field('so_far')} needs sites of one group, and there are {len(law.groups)}; name the sites in place of "
            "the plan"
        )
    try:
        return UncertainRates(components=under_way(law.groups[0], seen))
    except ParameterError as why:
        why.parameter = _OWN_NAMES.get(why.parameter, why.parameter)
        raise


def _numbers(n: Any) -> list[int]:
    """The numbers asked about, whole ones."""
    if n is None:
        return []
    given = n if isinstance(n, (list, tuple)) else n.tolist() if hasattr(n, "tolist") else [n]
    for one in given:
        if isinstance(one, bool) or not hasattr(one, "__index__") or one < 1:
            raise ParameterError(f"{field('n')} must be whole numbers of participants from 1 on, not {quoted(one)}")
    return sorted({one.__index__() for one in given})


def _refuse(call: str, given: Any) -> None:
    """A plan says all of it."""
    for name, value in given.items():
        if value is not None:
            raise ParameterError(f"{field(name)} is the plan's own; leave it out", owner=call)


def _law(call: str, sites: Any) -> tuple[Recruits, Screening]:
    """The law of the sites that are described, and whom their screening keeps."""
    from trialplan.enrolment.over_time import of_sites
    from trialplan.enrolment.screening import LOST, SHARE, Competitor, Screening, Step
    from trialplan.enrolment.sites import RATE, Sites

    for name in sites:
        if name not in SITES:
            raise ParameterError(f"there is no {name!r}; known are {', '.join(SITES)}", owner=call)
    given = {name: value for name, value in sites.items() if value is not None}
    missing = [name for name in SITES[:2] if name not in given]
    if missing:
        raise ParameterError(f"{field(missing[0])} is needed where no plan says how it recruits", owner=call)
    first, last = _opening(given.get("opens", 0.0))
    for name, declared in (("eligible", SHARE), ("competing", LOST)):
        if name in given:
            declared.check("screening", name, given[name])
    steps = [Step(name="eligible", share=given["eligible"])] if "eligible" in given else []
    rivals = [Competitor(name="other trials", share=given["competing"])] if "competing" in given else []
    screening = Screening(steps=steps, competing=rivals)
    patients = RATE.check("sites", "patients_per_year", given["patients_per_year"])
    try:
        group = Sites(
            number=given["sites"],
            per_year=patients * screening.share,
            shape=given.get("rate_shape"),
            opens_from=first,
            opens_to=last,
        )
    except ParameterError as why:
        why.parameter = _OWN_NAMES.get(why.parameter, why.parameter)
        raise
    return of_sites([group]), screening


def _opening(value: Any) -> tuple[float, float]:
    """The months of the first and of the last opening: 3, (3, 15) or "3:15"."""
    parts = value.split(":") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    try:
        months = [float(part) for part in parts]
    except (TypeError, ValueError):
        months = []
    if len(months) not in (1, 2):
        raise ParameterError(
            f"{field('opens')} must be a month, or the first and the last, as in 3:15, not {quoted(value)}",
            parameter="",
        )
    return months[0], months[-1]


def _months(name: str, value: Any) -> float:
    from trialplan.enrolment.sites import MONTH

    return float(MONTH.check("duration", name, 0.0 if value is None else value))
