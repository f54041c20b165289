"""Trials drawn and analysed in many small tasks, each with a random stream of its own.

What is drawn depends on the design, n, the number of trials and the seed alone: one process, many, or a cluster give
the same counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.executors import Executor, Serial
from trialplan.answers import Simulation
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np

SEED = 20_261_124
"""The seed where none is given: fixed, so that the same question has the same answer, and printed with it."""

TRIALS = 100_000
"""Trials where their number is not given: a standard error of 0.0013 at a power of 0.8."""

MOST_TRIALS = 1_000_000_000
_MOST_PARTICIPANTS = 10**13
"""Drawn in all: more would take days."""

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


@dataclass(frozen=True, kw_only=True)
class Task:
    """A part of one, `of` the list that was asked for, with its random stream."""

    asked: SimulationTask
    of: int
    stream: Any


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
    tasks = [
        task for of, (one, stream) in enumerate(zip(asked, streams, strict=True)) for task in _tasks(one, of, stream)
    ]
    counts = [[0, 0] for _ in asked]
    done, total = 0, sum(one.trials for one in asked)
    for index, (rejected, favoured) in (executor or Serial()).run(_drawn, tasks):
        task = tasks[index]
        counts[task.of][0] += rejected
        counts[task.of][1] += favoured
        done += task.asked.trials
        if progress is not None:
            progress(done, total)
    return [Simulation(one.trials, *count) for one, count in zip(asked, counts, strict=True)]


def check(trials: Any, seed: Seed, n: int = 1) -> None:
    """Raise unless there can be so many trials, and such a seed."""
    if not isinstance(trials, int) or not 1 <= trials <= MOST_TRIALS:
        shown = f"{trials:,}" if isinstance(trials, int) else str(trials)
        reason = f"must be a whole number from 1 to {MOST_TRIALS:,}, not {shown}"
        raise ParameterError(reason, parameter="trials", value=trials)
    if any(not isinstance(one, int) or one < 0 for one in (seed if isinstance(seed, tuple) else (seed,))):
        raise ParameterError(f"must be a whole number, 0 or more, not {seed}", parameter="seed", value=seed)
    if trials * n > _MOST_PARTICIPANTS:
        raise ParameterError(
            f"trials must be at most {_MOST_PARTICIPANTS // n:,} for {n:,} participants, not {trials:,}: more would "
            "take days"
        )


def _tasks(asked: SimulationTask, of: int, stream: Any) -> list[Task]:
    """The parts of one simulation; their size depends on n and the number of trials only."""
    size = max(1, min(_TASK // asked.n, max(-(-asked.trials // _TASKS), _FEWEST)))
    starts = range(0, asked.trials, size)
    return [
        Task(
            asked=SimulationTask(design=asked.design, n=asked.n, trials=min(size, asked.trials - start)),
            of=of,
            stream=child,
        )
        for start, child in zip(starts, stream.spawn(len(starts)), strict=True)
    ]


def _drawn(task: Task) -> tuple[int, int]:
    seen = task.asked.design.simulate(task.asked.n, task.asked.trials, np.random.default_rng(task.stream))
    return seen.rejected, seen.favoured
