"""Whether a formula's claims hold in the trial itself, by drawing participants and by enumerating outcomes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import trialplan
from trialplan.analyses.executors import Executor
from trialplan.analyses.verification.claims import (
    ALLOWANCE,
    BOTH,
    DRAWING,
    DRAWING_AT_NULL,
    ENUMERATION,
    FAVOUR,
    LEVEL,
    LIBERAL,
    POWER,
    REJECTION,
    SIMULATION,
    STRINGENT,
    SUCCESS,
)
from trialplan.analyses.verification.counted_truth import CountedTruth, enumerated, true_size
from trialplan.analyses.verification.sentences import ERRORS
from trialplan.analyses.verification.simulation import (
    FEWEST_TRIALS,
    SEED,
    TRIALS,
    Progress,
    SimulationTask,
    check,
    simulate,
    simulate_each,
)
from trialplan.analyses.verification.true_sample_size import LAST, Reached, by_enumeration, by_simulation
from trialplan.answers import Simulation
from trialplan.design import Design
from trialplan.design_facts import head, name_of_test
from trialplan.errors import ParameterError
from trialplan.page import Answer, Page, plain

__all__ = ["ALLOWANCE", "Check", "Verification", "simulate", "verify"]

_CLOSER = 4
"""How many times the trials, where the n that truly reaches the power is sought: half the standard error."""

_EXACT = 1e-9
"""What rounding in floating point may add to an exact number."""

_PRINTED = 0.0005
"""How far power and success must lie apart, claimed or seen, to be two claims: two numbers as a page prints them."""

_TARGET = 0.8
"""The power asked for where none is given: the usual one."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One claim held against one witness: what was claimed, what was seen, and how far apart they may lie.

    `above_only`: the claim is an upper limit, which what was seen may keep as far below as it likes.
    """

    what: str
    by: str
    claimed: float
    seen: float
    standard_error: float = 0.0
    allowance: float = 0.0
    above_only: bool = False

    @property
    def ok(self) -> bool:
        """Whether the claim can be relied on: power is no less, and rejection at the null no more, than it says.

        That drawing and counting differ is a fault in either direction.
        """
        if self.agrees or self.what in (POWER, SUCCESS):
            return self.agrees or self.seen > self.claimed
        return self.what in (FAVOUR, BOTH, REJECTION) and self.seen < self.claimed

    @property
    def agrees(self) -> bool:
        """Whether they agree, within the allowance and four standard errors; a limit, that it is not exceeded."""
        apart = self.seen - self.claimed if self.above_only else abs(self.seen - self.claimed)
        return apart <= self.allowance + ERRORS * self.standard_error + _EXACT


@dataclass(frozen=True, kw_only=True, repr=False)
class Verification(Answer):
    """What the formula claims at n, what trials that are drawn and analysed show, and whether the claims hold.

    `gap` is the claim minus the truth, above 0 where the formula claims too much; the truth is the enumerated power
    where outcomes can be counted, else the simulated one. All count rejections either way; `success`, what `target` is
    held against, and its two witnesses count those in the treatment's favour. `type_one_error` is simulated on the
    null's boundary at the planned nuisance numbers, every rejection counted, the largest of the boundaries;
    `enumerated_type_one_error` is the largest over every nuisance rate. `level` is what neither should exceed.

    `ok` means that every one of `checks` holds, which a claim does that the truth exceeds: a cautious formula misleads
    nobody. `apart` are those that miss the truth in either direction.

    - Power at the plan, and success where that is another number. A design that is declared exact must agree within
      four standard errors, and with the enumeration to nine digits; an approximation may be off by `ALLOWANCE` besides,
      in either direction.
    - The rejection probability that the formula claims on each null boundary: in the treatment's favour, and either way
      where that is another number. It catches what a high power hides, a tail counted twice. An approximation may be
      off by half the level, which is Bradley's (1978, Br J Math Stat Psychol 31:144) liberal criterion, besides four
      standard errors.
    - Type I error, every rejection counted, against the level: an approximate test may exceed it by a tenth, his
      stringent criterion, and four standard errors; falling short is no fault here. An exact test may not exceed it at
      any nuisance rate; an approximate one is judged at the planned rate and its worst elsewhere is shown, because
      no asymptotic test keeps its level at every rate.
    - Where outcomes are enumerated, that drawing gives the same as counting.
    """

    design: Design
    n: int
    arms: Mapping[str, int]
    target: float | None
    claimed: float
    simulated: float
    standard_error: float
    trials: int
    seed: int
    gap: float
    level: float
    exact: bool
    success: float
    simulated_success: float
    enumerated_success: float | None
    type_one_error: float | None
    type_one_standard_error: float | None
    enumerated: float | None
    enumerated_type_one_error: float | None
    checks: tuple[Check, ...]
    true_n: Reached | None = None

    @property
    def ok(self) -> bool:
        """Whether every claim holds."""
        return all(one.ok for one in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The claims that do not hold."""
        return tuple(one for one in self.checks if not one.ok)

    @property
    def truth(self) -> float:
        """The power that the trial really has: enumerated where it can be, else simulated."""
        return self.simulated if self.enumerated is None else self.enumerated

    @property
    def apart(self) -> tuple[Check, ...]:
        """The claims that miss the truth in either direction: those that do not hold, and those that are cautious."""
        return tuple(one for one in self.checks if not one.agrees)

    def page(self) -> Page:
        """What is claimed, what each witness saw, and what follows."""
        from trialplan.analyses.verification.page import page

        return page(self)

    def as_json(self) -> dict[str, Any]:
        """Every number by name."""
        left_out = ("design", "checks", "true_n")
        own = {one.name: getattr(self, one.name) for one in dataclasses.fields(self) if one.name not in left_out}
        checks = [dataclasses.asdict(one) | {"ok": one.ok, "agrees": one.agrees} for one in self.checks]
        reached = None if self.true_n is None else dataclasses.asdict(self.true_n)
        test = {"test": name_of_test(self.design), "formula": self.design.formula, "reference": self.design.reference}
        found = head(self.design) | own | {"true_n": reached, "checks": checks, "ok": self.ok} | test
        return dict(plain(found | {"version": trialplan.__version__}))


@dataclass(frozen=True, kw_only=True)
class _Witnessed:
    """A design at one truth, and what the witnesses say of it."""

    design: Design
    seen: Simulation
    counted: CountedTruth | None


def verify(
    design: Design,
    *,
    target: float | None = None,
    n: int | None = None,
    trials: int = TRIALS,
    seed: int = SEED,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Verification:
    """The design's claims at n, or at the n that its formula gives for `target`, held against the truth.

    With both, `target` is what n should reach. Where the formula's n truly falls short of the target, `true_n` is
    the number that does not. `progress` is told (trials done, trials in all) as they are done.

    >>> from trialplan import TwoProportions
    >>> found = verify(TwoProportions(control=0.3, treatment=0.5), target=0.8, trials=20_000)
    >>> found.n, round(found.enumerated, 4), found.ok, found.true_n.n
    (186, 0.7991, True, 188)
    """
    check(trials, seed, fewest=FEWEST_TRIALS)
    if design.shape():
        raise ParameterError("verify takes one number for each parameter, not a grid of them", owner=design)
    if n is None:
        target = _TARGET if target is None else target
        n = int(design.sample_size(target).n)
    design.check_n(n)
    settled = design.settled(n)
    truths = [settled, *settled.at_null()]
    asked = [SimulationTask(design=one, n=n, trials=trials) for one in truths]
    seen = simulate_each(asked, seed, executor=executor, progress=progress)
    witnessed = [
        _Witnessed(design=one, seen=s, counted=enumerated(one, n)) for one, s in zip(truths, seen, strict=True)
    ]
    found = _judged(design, n, witnessed, target=target, trials=trials, seed=seed)
    return dataclasses.replace(found, true_n=_true_n(found, executor, progress))


def _judged(
    design: Design, n: int, witnessed: list[_Witnessed], *, target: float | None, trials: int, seed: int
) -> Verification:
    plan, *nulls = witnessed
    claimed, simulated = float(design.power(n)), plan.seen.power
    counted = None if plan.counted is None else plan.counted.power
    worst = max((one.seen for one in nulls), key=lambda seen: seen.power, default=None)
    return Verification(
        design=design,
        n=n,
        arms=design.arms(n),
        target=target,
        claimed=claimed,
        simulated=simulated,
        standard_error=_standard_error(simulated, trials),
        trials=trials,
        seed=seed,
        gap=claimed - (simulated if counted is None else counted),
        level=_level(design),
        exact=design.exact,
        success=float(design.success(n)),
        simulated_success=plan.seen.success,
        enumerated_success=None if plan.counted is None else plan.counted.favoured,
        type_one_error=None if worst is None else worst.power,
        type_one_standard_error=None if worst is None else worst.standard_error,
        enumerated=counted,
        enumerated_type_one_error=(size := true_size(design, n)),
        checks=tuple(_checks(design, n, witnessed, size=size)),
    )


def _checks(design: Design, n: int, witnessed: list[_Witnessed], *, size: float | None) -> Iterator[Check]:
    plan, *nulls = witnessed
    level = _level(design)
    power, success = float(design.power(n)), float(design.success(n))
    yield from _against(POWER, plan, power, True, 0.0 if design.exact else ALLOWANCE)
    if max(power - success, plan.seen.power - plan.seen.success) > _PRINTED:
        yield from _against(SUCCESS, plan, success, False, 0.0 if design.exact else ALLOWANCE)
    yield from _drawing(DRAWING, plan)
    for null in nulls:
        off = 0.0 if design.exact else LIBERAL * float(design.level)
        power, success = float(null.design.power(n)), float(null.design.success(n))
        yield from _against(FAVOUR if design.directed else REJECTION, null, success, False, off)
        if power - success > _EXACT:
            yield from _against(BOTH, null, power, True, off)
        yield from _drawing(DRAWING_AT_NULL, null)
        beyond = 0.0 if design.exact else STRINGENT * level
        yield from _against(LEVEL, null, level, True, beyond, above_only=True)
    if design.exact and size is not None:
        yield Check(what=LEVEL, by=ENUMERATION, claimed=level, seen=size, above_only=True)


def _against(
    what: str, one: _Witnessed, claimed: float, both: bool, allowance: float, above_only: bool = False
) -> Iterator[Check]:
    """The claim against the simulation, and against the enumeration where there is one."""
    seen = one.seen.power if both else one.seen.success
    error = max(_standard_error(p, one.seen.trials) for p in (seen, claimed))
    claim = {"what": what, "claimed": claimed, "allowance": allowance, "above_only": above_only}
    yield Check(by=SIMULATION, seen=seen, standard_error=error, **claim)  # type: ignore[arg-type]
    if one.counted is not None:
        counted = one.counted.power if both else one.counted.favoured
        yield Check(by=ENUMERATION, seen=counted, **claim)  # type: ignore[arg-type]


def _drawing(what: str, one: _Witnessed) -> Iterator[Check]:
    if one.counted is not None:
        claimed, seen = one.counted.power, one.seen.power
        error = max(_standard_error(claimed, one.seen.trials), one.seen.standard_error)
        yield Check(what=what, by=SIMULATION, claimed=claimed, seen=seen, standard_error=error)


def _level(design: Design) -> float:
    """What the type I error should not exceed: alpha in all, or one side's where one side is tested."""
    return float(design.alpha if design.two_tailed else design.level)


def _standard_error(share: float, trials: int) -> float:
    """Never smaller than one trial's worth."""
    return Simulation(trials, round(share * trials), 0).standard_error


def _true_n(found: Verification, executor: Executor | None, progress: Progress | None) -> Reached | None:
    """Looked for where the truth falls short of the target, beyond what chance in the simulation explains."""
    if found.target is None or found.design.only_n is not None:
        return None
    if found.enumerated_success is not None:
        short = found.enumerated_success < found.target - _EXACT
        return by_enumeration(found.design, found.n, found.target) if short else None
    if found.simulated_success + 2 * found.standard_error >= found.target:
        return None

    def again(n: int, turn: int) -> Simulation:
        asked = SimulationTask(design=found.design, n=n, trials=found.trials * (_CLOSER if turn == LAST else 1))
        (seen,) = simulate_each([asked], (found.seed, 1 + turn), executor=executor, progress=progress)
        return Simulation(seen.trials, seen.favoured, seen.favoured)

    seen = Simulation(found.trials, round(found.simulated_success * found.trials), 0)
    return by_simulation(found.design, found.n, found.target, seen, again)
