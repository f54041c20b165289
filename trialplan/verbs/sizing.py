"""What one design asks for: size, power, detectable effect, the same by every test; and whether it is so."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, overload

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, did_you_mean, field
from trialplan.verbs._arguments import DEFAULT_POWER, built, chance, single, sized, tested, total
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trialplan.analyses.compare import Comparison
    from trialplan.analyses.verification.simulation import Progress
    from trialplan.analyses.verification.verification import Verification
    from trialplan.answers import DetectableEffect, Limit, SampleSize
    from trialplan.parameter import Numbers
    from trialplan.plan.verifying import VerifiedPlan
    from trialplan.verbs._arguments import PlanLike

CALENDAR = ("ramp_up", "read_after", "decision")


@refuses_misfits
def size(
    design: Sized,
    power: Numbers | None = None,
    *,
    dropout: float | None = None,
    accrual_rate: float | str | None = None,
    **calendar: float | None,
) -> SampleSize:
    """How many participants does the trial need, in whole allocation blocks, to reach `power` (0.8 unless given)?

    `dropout` is the share of whom nothing will be observed: `enrolled` are then those to enrol. Designs of times and of
    counts state losses by their own `dropout_rate`, and n is then the number randomised already. `accrual_rate`,
    participants per month as 4 or "2@0,5@6", dates the looks, with `ramp_up`, `read_after` and `decision` in months.
    A design with arrays is a grid: a cell without an answer is nan, with its `reason`.

    >>> from trialplan import TwoProportions
    >>> answer = size(TwoProportions(control=0.3, treatment=0.5), dropout=0.1)
    >>> answer.n, answer.arms, answer.enrolled["n"]
    (186, {'treatment': 93, 'control': 93}, 208)
    """
    from trialplan.enrolment.dropout import DROPOUT, enrolled

    design = sized("size", design)
    if power is not None and design.attains != "power":
        way_out = "what it is sized by is among its own numbers"
        raise ParameterError(f"{design.slug()} has no test and no power", owner=design, way_out=way_out)
    lost = None if dropout is None else DROPOUT.check(type(design).__name__, "dropout", dropout)
    if not isinstance(lost, float | None):
        raise ParameterError("must be one share, not several", owner="size", parameter="dropout", value=dropout)
    answer = design.sample_size() if power is None else design.sample_size(power)
    if answer.is_grid:
        _refuse_for_grid(dropout=dropout, accrual_rate=accrual_rate)
        return answer
    from trialplan.analyses.size_picture import picture

    answer = _on_calendar(answer, accrual_rate, calendar, lost)
    notes = _notes(answer) if answer.design.looks else ()
    arms = None if lost is None else enrolled(answer.design, answer.arms, lost)
    return dataclasses.replace(answer, enrolled=arms, dropout=lost or 0.0, notes=notes, drawing=picture)


def _notes(answer: SampleSize) -> tuple[str, ...]:
    """What is to be known of looks on the calendar."""
    from trialplan.enrolment.calendar import overrunning
    from trialplan.text import as_sentence

    return tuple(as_sentence(note) for note in overrunning(answer.extra.get("looks", ())))


def _refuse_for_grid(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            way_out = "size the grid without it, and one design with it: losses divide every n alike"
            if name != "dropout":
                way_out = "size each design on its own"
            raise ParameterError(f"{field(name)} is for one design, not for a grid", owner="size", way_out=way_out)


def _on_calendar(answer: SampleSize, rate: Any, calendar: Mapping[str, Any], dropout: float | None) -> SampleSize:
    """The answer with its looks dated, where participants per month are given."""
    for name in calendar:
        if name not in CALENDAR:
            known = ["power", "dropout", "accrual_rate", *CALENDAR]
            raise ParameterError(f"there is no {name!r}; {did_you_mean(name, known)}", owner="size")
    told = [name for name in CALENDAR if calendar.get(name) is not None]
    if rate is None:
        if told:
            raise ParameterError(f"{field(told[0])} belongs to {field('accrual_rate')}; add the participants per month")
        return answer
    from trialplan.enrolment.calendar import Recruitment, dated
    from trialplan.numerics.accrual import read_accrual

    if calendar.get("read_after") is None:
        way_out = "the months from randomisation to reading, as in 12"
        raise ParameterError(f"{field('accrual_rate')} needs {field('read_after')}, {way_out}")
    months = {name: calendar.get(name) or 0 for name in CALENDAR}
    accrual = read_accrual(rate, months.pop("ramp_up"))
    return dated(answer, Recruitment(accrual=accrual, dropout=dropout or 0.0, **months))


@refuses_misfits
def power(design: Sized, n: int | None = None) -> SampleSize:
    """What power do n participants in all arms together have? Whole allocation blocks: what can be randomised.

    Of a design without a test it is the width or the probability that so many participants attain.

    The method `design.power(n)` is the formula and takes any n, arrays too. n may be left out where the design's own
    numbers fix it.

    >>> from trialplan import TwoProportions
    >>> round(power(TwoProportions(control=0.3, treatment=0.5), 186).power, 3)
    0.8
    >>> power(TwoProportions(control=0.3, treatment=0.5), 185)
    Traceback (most recent call last):
    trialplan.errors.ParameterError: TwoProportions: n is the total and must be a positive multiple of 2, split 1:1, \
not 185; try 184 or 186
    """
    from trialplan.analyses.size_picture import picture
    from trialplan.sizing import attained

    design = sized("power", design)
    if isinstance(design, Design) and design.shape():
        way_out = "the method power(n) takes arrays"
        raise ParameterError(
            "power takes one number for each parameter, not a grid of them", owner=design, way_out=way_out
        )
    if not design.asks_for:
        design = tested("power", design)
    return dataclasses.replace(attained(design, total(design, n)), drawing=picture)


@overload
def effect(design: Design, n: int | None = ..., power: float = ...) -> DetectableEffect: ...
@overload
def effect(design: Sized, n: int | None = ...) -> DetectableEffect | Limit: ...
@refuses_misfits
def effect(design: Sized, n: int | None = None, power: float = DEFAULT_POWER) -> DetectableEffect | Limit:
    """What is the smallest effect, on the favourable side, that n participants show with `power`?

    The effect is what is asked, so it may be left open. Of a design without a test it is the limit that so many
    participants set.

    >>> from trialplan import TwoMeans
    >>> round(effect(TwoMeans(sd=1), 128).value, 3)
    0.499
    """
    from trialplan.answers import DetectableEffect, Limit

    design = sized("effect", design)
    if design.detects:
        n = total(design, n)
        return Limit(design=design, n=n, value=float(design.detectable(n)))
    design, power = tested("effect", design), chance("effect", "power", power)
    n = total(design, n)
    return DetectableEffect(design=design, n=n, target=power, value=float(design.detectable_effect(n, power)))


@refuses_misfits
def compare(design: Design, power: float = DEFAULT_POWER) -> Comparison:
    """What would each test that applies ask for, and which level does it really keep?

    >>> from trialplan import TwoProportions
    >>> rows = compare(TwoProportions(control=0.3, treatment=0.6)).rows
    >>> {row.test: row.n for row in rows if row.test in ("score", "fisher")}
    {'score': 84, 'fisher': 96}
    """
    from trialplan.analyses import compare as comparison

    design, power = tested("compare", design), chance("compare", "power", power)
    found = comparison.compare(design, power)
    if all(row.n is None for row in found):
        design.sample_size(power)  # raises and says why: its own test is among those without an answer
    return found


@overload
def verify(
    plan: Sized,
    *,
    n: int | None = ...,
    power: float | None = ...,
    trials: int | None = ...,
    seed: int | None = ...,
    workers: int | None = ...,
    scheduler: str | None = ...,
    progress: Progress | None = ...,
) -> Verification: ...
@overload
def verify(
    plan: PlanLike,
    *,
    trials: int | None = ...,
    seed: int | None = ...,
    workers: int | None = ...,
    scheduler: str | None = ...,
    progress: Progress | None = ...,
) -> VerifiedPlan: ...
@refuses_misfits
def verify(
    plan: Sized | PlanLike,
    *,
    n: int | None = None,
    power: float | None = None,
    trials: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Verification | VerifiedPlan:
    """Is what the formula claims what simulated trials show, and what every outcome counted shows, where they can be?

    Of a design, at the n that it gives for `power`, or at `n`, which `power` then says what it should reach: those who
    are analysed, who are left where others are lost. Of a plan, every endpoint that tests, with the losses that it
    states. `.ok` says whether every claim holds. `workers` are processes of this machine, `scheduler` a dask cluster's
    address; `progress` is told (done, all).

    >>> from trialplan import TwoProportions
    >>> found = verify(TwoProportions(control=0.3, treatment=0.5), trials=20_000)
    >>> found.n, found.ok
    (186, True)
    """
    from trialplan.analyses.executors import executor
    from trialplan.analyses.verification.simulation import SEED, TRIALS
    from trialplan.analyses.verification.verification import verify as held_against_trials

    how: dict[str, Any] = {
        "trials": TRIALS if trials is None else trials,
        "seed": SEED if seed is None else seed,
        "executor": executor(workers, scheduler),
        "progress": progress,
    }
    if isinstance(plan, Sized):
        design, n, power = claimed(plan, n, power)
        return held_against_trials(design, n=n, target=power, **how)
    if n is not None or power is not None:
        raise ParameterError("n and power are the plan's own; leave them out", owner="verify")
    from trialplan.plan.verifying import VerifiedPlan, verify_trial

    trial = built(plan)
    return VerifiedPlan(plan=trial.plan.name, endpoints=verify_trial(trial, **how))


def claimed(design: Sized, n: int | None, power: float | None) -> tuple[Design, int, float | None]:
    """The trial that is verified, with its n: a search finds the design that is."""
    power = None if power is None else chance("verify", "power", power)
    if isinstance(design, Design):
        design = single("verify", design)
    if n is None:
        power = DEFAULT_POWER if power is None else power
        answer = design.sample_size(power)
        design, n = answer.design, int(answer.n)
    trial = tested("verify", design)
    return trial, total(trial, n), power
