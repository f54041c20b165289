"""Trials drawn and analysed in many small tasks, each with a random stream of its own.

What is drawn depends on the design, n, the number of trials and the seed alone: one process, many, or a cluster give
the same counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.analyses.executors import Executor, Serial
from trialplan.answers import Simulation
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.text import quoted

SEED = 20_261_124
"""The seed where none is given: fixed, so that the same question has the same answer, and printed with it."""

TRIALS = 100_000
"""Trials where their number is not given: a standard error of 0.0013 at a power of 0.8."""

MOST_TRIALS = 1_000_000_000
"""With so many the standard error is 0.00002 at most; pages print three decimals."""

FEWEST_TRIALS = 100
"""Fewer show nothing of a claim: of 100, four standard errors of a power of 0.8 are 0.16 to either side."""

_MOST_PARTICIPANTS = 10**13
"""Drawn in all: more would take days."""

_LARGEST_TRIAL = 10**8
"""Participants of one simulated trial: times of so many take gigabytes."""

_TASK = 4_000_000
"""Participants of one task at most: some tens of megabytes."""

_TASKS = 16
"""Tasks that a simulation is cut into, so that workers can share it, unless they would be tiny or too large."""

_FEWEST = 1000
"""Trials worth a task of their own."""

Progress = Callable[[int, int], None]
Seed = int | tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class SimulationTask:
    """One simulation: so many trials of n participants."""

    design: Design
    n: int
    trials: int


Part = tuple[int, SimulationTask, Any]
"""A part of a simulation: the place of the whole among those that were asked for, the part, its random stream."""


def simulate(design: Design, n: int, trials: int, seed: Seed = SEED, *, executor: Executor | None = None) -> Simulation:
    """How many of `trials` trials of n participants reject, and how many in the treatment's favour.

    >>> from trialplan import TwoProportions
    >>> seen = simulate(TwoProportions(control=0.3, treatment=0.5), 186, 20_000, seed=1)
    >>> abs(seen.power - 0.799) < 4 * seen.standard_error
    True
    """
    return simulate_each([SimulationTask(design=design, n=n, trials=trials)], seed, executor=executor)[0]


def simulate_each(
    asked: Sequence[SimulationTask], seed: Seed, *, executor: Executor | None = None, progress: Progress | None = None
) -> list[Simulation]:
    """Several simulations as one list of tasks, so that no worker waits between them."""
    for one in asked:
        check(one.trials, seed, one.n)
        one.design.check_n(one.n)
    streams = np.random.SeedSequence(seed).spawn(len(asked))
    parts = [
        part for at, (one, stream) in enumerate(zip(asked, streams, strict=True)) for part in _parts(one, at, stream)
    ]
    counts = [[0, 0] for _ in asked]
    done, total = 0, sum(one.trials for one in asked)
    if progress is not None:
        progress(done, total)
    for index, (rejected, favoured) in (executor or Serial()).run(_drawn, parts):
        at, part, _ = parts[index]
        counts[at][0] += rejected
        counts[at][1] += favoured
        done += part.trials
        if progress is not None:
            progress(done, total)
    return [Simulation(one.trials, *count) for one, count in zip(asked, counts, strict=True)]


def check(trials: Any, seed: Seed, n: int = 1, fewest: int = 1) -> None:
    """Raise unless there can be so many trials, `fewest` or more, and such a seed."""
    if not isinstance(trials, int) or not fewest <= trials <= MOST_TRIALS:
        shown = f"{trials:,}" if isinstance(trials, int) else str(trials)
        reason = f"must be a whole number from {fewest:,} to {MOST_TRIALS:,}, not {shown}"
        too_few = isinstance(trials, int) and 0 < trials < fewest
        why = "so few show nothing of a claim; the usual number is " + f"{TRIALS:,}" if too_few else ""
        if isinstance(trials, float) and fewest <= trials <= MOST_TRIALS and trials.is_integer():
            why = f"write it in digits, {trials:.0f}"
        raise ParameterError(reason, parameter="trials", value=trials, way_out=why)
    if any(not isinstance(one, int) or one < 0 for one in (seed if isinstance(seed, tuple) else (seed,))):
        raise ParameterError(f"must be a whole number, 0 or more, not {quoted(seed)}", parameter="seed", value=seed)
    if n > _LARGEST_TRIAL:
        reason = f"a trial of {n:,} participants is too large to be drawn, which is done up to {_LARGEST_TRIAL:,}"
        raise ParameterError(reason, value=n, way_out="verify it at a larger effect")
    if trials * n > _MOST_PARTICIPANTS:
        reason = f"must be at most {_MOST_PARTICIPANTS // n:,} for {n:,} participants, not {trials:,}: more take days"
        raise ParameterError(reason, parameter="trials", value=trials)


def _parts(asked: SimulationTask, at: int, stream: Any) -> list[Part]:
    """The parts of one simulation; their size depends on n and the number of trials only."""
    size = max(1, min(_TASK // asked.n, max(-(-asked.trials // _TASKS), _FEWEST)))
    starts = range(0, asked.trials, size)
    return [
        (at, replace(asked, trials=min(size, asked.trials - start)), child)
        for start, child in zip(starts, stream.spawn(len(starts)), strict=True)
    ]


def _drawn(part: Part) -> tuple[int, int]:
    _, task, stream = part
    seen = task.design.simulate(task.n, task.trials, np.random.default_rng(stream))
    return seen.rejected, seen.favoured
