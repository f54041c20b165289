"""A plan's claims held against simulated trials, with the losses that it states."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialplan import fields
from trialplan.analyses.executors import Executor, Serial
from trialplan.analyses.verification.sentences import ERRORS
from trialplan.analyses.verification.simulation import SEED, TRIALS, Progress
from trialplan.analyses.verification.verification import ALLOWANCE, Verification, verify
from trialplan.answers import Simulation
from trialplan.design import Design
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page
from trialplan.plan.building import Endpoint, Trial

_TASKS = 16
"""Tasks of one simulation with losses, which workers can share: each has its share of the numbers of completers."""

_REGIONS = 2000
"""Trials with losses of an exact test of two arms: it has another rejection region for every pair of completers."""

_LARGEST = 9999
"""Completers of one arm that an allocation spells out."""

_SEED_OF_LOSSES = 99
"""Losses have a stream of random numbers of their own."""


@dataclass(frozen=True, kw_only=True)
class SimulatedLosses:
    """What becomes of the chance of success when each participant is lost independently, and the rest are analysed.

    `claimed` is the chance of success that the plan counts on, with `expected` participants observed.
    """

    dropout: float
    n: int
    expected: float
    claimed: float
    simulated: float
    standard_error: float
    trials: int

    @property
    def gap(self) -> float:
        """The claim minus what was seen."""
        return self.claimed - self.simulated

    @property
    def ok(self) -> bool:
        """Whether the power is not less than claimed, beyond one point in a hundred and four standard errors."""
        return self.gap <= ALLOWANCE + ERRORS * self.standard_error


@dataclass(frozen=True, kw_only=True)
class VerifiedEndpoint:
    """An endpoint's claims, with everybody observed at n; and with the losses that the plan states, where it does."""

    name: str
    role: str
    missing: str | None
    found: Verification
    losses: SimulatedLosses | None

    @property
    def ok(self) -> bool:
        """Whether all of them hold."""
        return self.found.ok and (self.losses is None or self.losses.ok)

    def as_json(self) -> dict[str, Any]:
        """Every number by name."""
        losses = self.losses and dataclasses.asdict(self.losses) | {"gap": self.losses.gap, "ok": self.losses.ok}
        said = {"endpoint": self.name, "role": self.role, "missing": self.missing}
        return said | self.found.as_json() | {"losses": losses, "ok": self.ok}


@dataclass(frozen=True, kw_only=True, repr=False)
class VerifiedPlan(Answer):
    """The claims of a plan's endpoints that test, the primary first."""

    plan: str
    endpoints: tuple[VerifiedEndpoint, ...]

    @property
    def ok(self) -> bool:
        """Whether all of them hold."""
        return all(endpoint.ok for endpoint in self.endpoints)

    def page(self) -> Page:
        """One row an endpoint, and one for its losses."""
        from trialplan.plan.verifying_page import page

        return page(self.plan, self.endpoints)


def verify_trial(
    trial: Trial,
    *,
    trials: int = TRIALS,
    seed: int = SEED,
    executor: Executor | None = None,
    progress: Progress | None = None,
    most: int | None = None,
) -> tuple[VerifiedEndpoint, ...]:
    """Every endpoint that has a test, the primary first; of a family the whole, then its members.

    The primary is asked for its power at the n that sizes the trial. Where missing counts as non-response the planning
    rates contain it, and the simulated trials are complete; where participants without an outcome are excluded, the
    enrolled number is drawn, each participant is lost independently of all else, and the test is put to the rest. A
    secondary endpoint is asked at the whole blocks of those randomised that are expected to be observed of it.

    `most` bounds the participants drawn for one simulation: a trial whose participants must be drawn one by one then
    has fewer simulated trials, never fewer than a thousand; the number used stands in each result.
    """
    whole = [] if trial.family is None else [trial.family]
    tested = [(one, one.design) for one in (*whole, *trial.endpoints) if isinstance(one.design, Design)]
    tested.sort(key=lambda pair: pair[0].section.role != "primary")
    how: dict[str, Any] = {"seed": seed}
    if executor is not None or progress is not None:
        how |= {"executor": executor, "progress": progress}
    verified = []
    for endpoint, design in tested:
        n = int(trial.answer.n)
        if endpoint.section.role != "primary":
            n = _whole(design, trial.expected_of(endpoint))
        elif endpoint is not trial.primary:
            n = _whole(design, trial.compared_by(endpoint, n))
        number = trials
        if most is not None and design.counted(n) is None:  # of counts only the counts are drawn
            number = min(trials, max(1000, most // n))
        target = endpoint.section.power if endpoint is trial.primary else None
        found = (_verified if len(how) == 1 else verify)(design, n=n, target=target, trials=number, **how)
        verified.append(
            VerifiedEndpoint(
                name=endpoint.section.name,
                role=endpoint.section.role,
                missing=endpoint.section.missing,
                found=found,
                losses=_losses(trial, endpoint, found, how),
            )
        )
    return tuple(verified)


def with_losses(
    design: Design,
    n: int,
    dropout: float,
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Trials of n enrolled participants, each lost with probability `dropout`, the test put to the completers."""
    if design.exact and len(design.arm_names) > 1 and design.counted(n) is not None:
        trials = min(trials, _REGIONS)
    drawing, *streams = np.random.SeedSequence((seed, _SEED_OF_LOSSES)).spawn(1 + _TASKS)
    rng = np.random.default_rng(drawing)
    arms = np.stack([rng.binomial(size, 1 - dropout, trials) for size in design.arms(n).values()], axis=1)
    if design.members:  # in whole blocks, as `_of_completers` takes them: of these there are few
        arms = np.maximum(1, np.round(arms.sum(axis=1, keepdims=True) / design.block)).astype(int) * design.weights
    completers, times = np.unique(arms, axis=0, return_counts=True)
    tasks = [
        (design, completers[start::_TASKS].tolist(), times[start::_TASKS].tolist(), stream)
        for start, stream in enumerate(streams)
    ]
    rejected = favoured = done = 0
    if progress is not None:
        progress(done, trials)
    for index, (all_told, in_favour) in (executor or Serial()).run(_drawn, tasks):
        rejected, favoured, done = rejected + all_told, favoured + in_favour, done + sum(tasks[index][2])
        if progress is not None:
            progress(done, trials)
    return Simulation(trials, rejected, favoured)


_verified, _lost = lru_cache(maxsize=64)(verify), lru_cache(maxsize=64)(with_losses)
"""Remembered where nobody shares the work or watches it: a draft whose words are changed asks the same again."""


def _drawn(task: tuple[Design, list[list[int]], list[int], Any]) -> tuple[int, int]:
    """Trials with equal completers are one simulation of a trial of that allocation."""
    design, completers, times, stream = task
    rng = np.random.default_rng(stream)
    rejected = favoured = 0
    for left, count in zip(completers, times, strict=True):
        one = _of_completers(design, left)
        if one is not None:
            seen = one[0].simulate(one[1], count, rng)
            rejected, favoured = rejected + seen.rejected, favoured + seen.favoured
    return rejected, favoured


def _of_completers(design: Design, left: list[int]) -> tuple[Design, int] | None:
    """The trial that the completers make, with its n; None where an arm has too few for the test to be defined.

    Looks fall on whole blocks of the planned allocation: there the completers are rounded to whole blocks, and so they
    are in arms of ten thousand, which an allocation does not spell out.
    """
    if min(left) < 2:
        return None
    if len(left) == 1 and not design.members:
        n = left[0] - left[0] % design.block  # whole blocks, where one is more than a participant
        return (design, n) if n else None
    if not design.members and max(left) <= _LARGEST:
        with contextlib.suppress(ParameterError):  # such arms do not fit its other numbers, as those of its blocks
            return design.replace(allocation=fields.allocation_of(left)), sum(left)
    return design, max(1, round(sum(left) / design.block)) * design.block


def _losses(trial: Trial, endpoint: Endpoint, found: Verification, how: Mapping[str, Any]) -> SimulatedLosses | None:
    """The primary enrols more so that n are expected to be observed; a secondary has what is left of those."""
    dropout = endpoint.section.dropout
    if not dropout or endpoint not in trial.counted:  # of a family the whole is simulated with them
        return None
    design, n = found.design, int(trial.answer.n)
    if endpoint is trial.primary:
        number, expected = int(enrolled(design, found.arms, dropout)["n"]), float(n)
    else:
        number = _whole(design, trial.compared_by(endpoint, trial.n_randomised))
        # an exact test is defined for whole blocks only
        expected = number * (1 - dropout) if design.smooth else float(found.n)
    seen = (_lost if len(how) == 1 else with_losses)(design, number, dropout, trials=found.trials, **how)
    share = seen.success
    return SimulatedLosses(
        dropout=dropout,
        n=number,
        expected=expected,
        claimed=float(design.success(expected)),
        simulated=share,
        standard_error=Simulation(seen.trials, round(share * seen.trials), 0).standard_error,
        trials=seen.trials,
    )


def _whole(design: Design, n: float) -> int:
    return max(1, int(n // design.block)) * design.block
