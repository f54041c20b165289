"""Two arms of yes-or-no outcomes with looks, counted: how likely each pair of final counts was rejected at a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import log_choose
from trialplan.sequential.look_table import whole_looks

if TYPE_CHECKING:
    from trialplan.sequential.group_sequential import GroupSequential


def rejection_table(design: GroupSequential, n: int, *, obeyed: bool = True) -> Any:
    """P(rejecting at some look | final counts): a row for each count of the treatment, a column for the control's.

    The final counts count everybody whom n participants hold, had the trial gone on. Given an arm's final count, its
    count at a look is hypergeometric whatever the true rate is: one pass over the looks serves all rates, and binomial
    probabilities of the final counts do the rest. Futility is obeyed, or ignored as for the type I error of a rule
    that is not binding.
    """
    fixed = design.design
    counts = fixed.counted(n)
    if counts is None or len(counts.sizes) != 2:
        raise TypeError(f"counts of two arms are needed, not of {fixed.slug()}")
    upper, lower = design.bounds(n)
    before = (0, 0)
    going, rejected = np.ones((1, 1)), np.zeros((1, 1))
    for size, high, low in zip(whole_looks(design.looks, n, design.block), upper, lower, strict=True):
        arms = tuple(round(share) for share in design.split(size))
        earlier = [_earlier(now, then) for now, then in zip(arms, before, strict=True)]
        going, rejected = (earlier[0] @ table @ earlier[1].T for table in (going, rejected))
        at = np.meshgrid(*(np.arange(share + 1) for share in arms), indexing="ij")
        # z at every pair of counts, as the analysis computes it
        z = fixed.judge(tuple(one.ravel() for one in at), arms)[0].reshape([share + 1 for share in arms])
        crossed = (np.abs(z) if design.two_tailed else z) >= high
        rejected = rejected + going * crossed
        going = going * ~(crossed | (obeyed & (z <= low)))
        before = arms
    return np.minimum(rejected, 1.0)


def _earlier(now: int, then: int) -> Any:
    """P(count at the earlier look | count now): hypergeometric, a row for each count now."""
    count, earlier = np.arange(now + 1)[:, None], np.arange(then + 1)
    since = count - earlier
    real = (since >= 0) & (since <= now - then)
    ways = log_choose(then)[earlier] + log_choose(now - then)[np.clip(since, 0, now - then)]
    return np.exp(np.where(real, ways - log_choose(now)[count], -np.inf))
