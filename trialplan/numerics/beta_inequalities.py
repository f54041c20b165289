"""The probability that one rate is larger than another, given what both arms have shown."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np, special


def probability_larger(seen: int, of: int, seen_other: int, of_other: int) -> float:
    """P(rate > other rate) after `seen` of `of` and `seen_other` of `of_other`, from a uniform prior of each rate.

    The rate is then the order statistic `seen` + 1 of `of` + 1 uniform numbers, and the other one likewise, so that the
    question is how many of the smallest `seen` + `seen_other` + 1 of them all are the other's: a tail of the
    hypergeometric distribution, as Fisher's exact test has one (Altham 1969, J R Stat Soc B 31:261).
    """
    drawn, total = seen + seen_other + 1, of + of_other + 2
    others = np.arange(seen_other + 1, min(of_other + 1, drawn) + 1)
    logs = _log_choose(of_other + 1, others) + _log_choose(of + 1, drawn - others) - _log_choose(total, drawn)
    return float(np.exp(logs[drawn - others <= of + 1]).sum())


def _log_choose(n: int, k: Any) -> Any:
    with np.errstate(all="ignore"):  # more than there are cannot be chosen: the caller leaves these out
        return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
