"""The level that a test really keeps: its largest type I error, counted."""

from __future__ import annotations

from functools import lru_cache

from trialplan.analyses.compare import actual_size
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.plan.building import Trial


def level_kept(trial: Trial) -> float | None:
    """The largest type I error of the primary's test at the trial's number, counted; None where it is not countable."""
    return _counted(trial.design, int(trial.answer.n))


def level_of(answer: SampleSize | None) -> float | None:
    """The largest type I error that a test makes at its own number."""
    if answer is None:
        return None
    known = answer.extra.get("actual_size")
    return known if known is not None else _counted(answer.design, int(answer.n))


@lru_cache(maxsize=64)
def _counted(design: Design, n: int) -> float | None:
    """Remembered: the sample size, the comparison of tests and the pitfalls ask for the same one."""
    return actual_size(design, n)
