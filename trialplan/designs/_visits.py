"""Measurements at several visits: their correlations, who is left, and means estimated where visits are missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.design import Design
from trialplan.designs.two_means import t_tests_power
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.parameter import Numbers
from trialplan.rejection import decide

_PART = 50_000
"""Participants analysed at once: what is made of their visits then stays in a processor's own memory."""

COMPOUND_SYMMETRY, AR1, TOEPLITZ, UNSTRUCTURED = "compound-symmetry", "ar1", "toeplitz", "unstructured"


def correlations(structure: str, times: Sequence[float], values: Sequence[Numbers]) -> Any:
    """The correlation matrix of visits, on the last two axes: of one value, one a lag, or one a pair row by row."""
    visits = len(times)
    pairs = [(i, j) for i in range(visits) for j in range(i + 1, visits)]
    found: list[Numbers]
    if structure == AR1:
        found = [np.power(values[0], times[j] - times[i]) for i, j in pairs]
    elif structure == TOEPLITZ:
        found = [values[j - i - 1] for i, j in pairs]
    else:
        found = [values[0]] * len(pairs) if structure == COMPOUND_SYMMETRY else list(values)
    shape = np.broadcast_shapes(*(np.shape(one) for one in found)) if found else ()
    matrix = np.empty((*shape, visits, visits))
    matrix[..., range(visits), range(visits)] = 1.0
    for (i, j), value in zip(pairs, found, strict=True):
        matrix[..., i, j] = matrix[..., j, i] = value
    return matrix


def parts(matrix: Any, visit: int) -> Any:
    """How the variance at a visit is made up of what each visit until then adds to those before it; they sum to 1."""
    return np.linalg.cholesky(matrix)[..., visit, :] ** 2


def inflation(share_of_variance: Any, retention: Any) -> Any:
    """By how much missed visits enlarge the variance of the mean at a visit, per participant.

    What a visit adds is learnt from those who are left at it. Source: Lu, Luo & Chen (2008), International Journal of
    Biostatistics 4(1):9, whose sum over the inverse covariances of the patterns this is.
    """
    return (share_of_variance / retention).sum(axis=-1)


@dataclass(frozen=True)
class Estimate:
    """Of each trial an effect at a visit, its variance and Satterthwaite's degrees of freedom; these nan where none."""

    effect: Any
    variance: Any
    df: Any


@dataclass(frozen=True, kw_only=True)
class OnVisits(Design):
    """What is estimated from a participant's visits by a model, and held against t or the normal."""

    def distances(self, n: Numbers, direction: int = 1) -> list[Numbers]:
        """How far the difference lies inside each limit, in standard errors."""
        raise NotImplementedError

    def degrees_of_freedom(self, n: Numbers) -> Numbers:
        """Of the t that n participants give."""
        raise NotImplementedError


def held_against(design: OnVisits, found: Estimate) -> tuple[Any, Any]:
    """The estimate against t or the normal; without an error of its own it is no evidence."""
    there = np.isfinite(found.variance) & (found.variance > 0) & (found.df >= 1)
    df = np.where(there, found.df, 1.0)
    critical = design.z_alpha if design.test == "z" else upper_t_quantile(design.level, df)
    error = np.where(there, np.sqrt(np.where(there, found.variance, 1.0)), np.inf)
    return decide(design, np.where(there, found.effect, 0.0), error, critical)


def t_power(design: OnVisits, n: Numbers) -> Numbers:
    """Of the t test, in both tails where it has two."""
    return t_tests_power(design.distances(n), design.degrees_of_freedom(n), design.level, design.two_tailed)


def t_success(design: OnVisits, n: Numbers) -> Numbers:
    """The favourable tail alone."""
    return t_tests_power(design.distances(n), design.degrees_of_freedom(n), design.level, both_tails=False)


def z_tail(design: OnVisits, n: Numbers, direction: int = 1) -> Numbers:
    """One tail of the same against the normal."""
    return z_power(design.distances(n, direction), design.z_alpha)


def difference_at(arms: Sequence[Any], visit: int, pooled: bool, constrained: bool = False) -> Estimate:
    """The difference of means at a visit, visits after the last one of each participant being nan.

    Each visit is regressed on those before it among those who are left, which for such patterns is the maximum of the
    likelihood with any covariance (Anderson 1957, JASA 52:200). Each residual variance has its own degrees of freedom,
    and each regression the error of its coefficients at the means of all; covariances are those of both arms, or each
    arm has its own. The degrees of freedom are Satterthwaite's (1946, Biometrics Bulletin 2:110). With the first visit
    `constrained` both arms have one mean there (Lu 2010, Statistics in Medicine 29:1825).
    """
    if constrained:
        mean = np.concatenate([arm[..., :1] for arm in arms], axis=1).mean(axis=1, keepdims=True)
        arms = [np.concatenate([arm[..., :1] - mean, arm[..., 1:]], axis=-1) for arm in arms]
    step = max(1, _PART // sum(arm.shape[1] for arm in arms))
    portions = [
        _difference([arm[start : start + step] for arm in arms], visit, pooled, constrained)
        for start in range(0, len(arms[0]), step)
    ]
    return Estimate(
        *(np.concatenate([getattr(one, name) for one in portions]) for name in ("effect", "variance", "df"))
    )


def _difference(arms: Sequence[Any], visit: int, pooled: bool, constrained: bool) -> Estimate:
    """As `difference_at`, of so many trials as fit."""
    if pooled:
        found = [_of_regressions(arms, visit, np.array([1.0, -1.0]), constrained)]
    else:
        found = [_of_regressions([arm], visit, np.array([1.0]), constrained) for arm in arms]
    signs = (1.0,) if pooled else (1.0, -1.0)
    effect = sum(sign * one.effect for sign, one in zip(signs, found, strict=True))
    variance = sum(one.variance for one in found)
    with np.errstate(all="ignore"):
        df = variance**2 / sum(one.variance**2 / one.df for one in found)
    return Estimate(effect, variance, df)


def _of_regressions(arms: Sequence[Any], visit: int, contrast: Any, constrained: bool) -> Estimate:
    """A contrast of the arms' means at a visit, from one regression a visit with an intercept for each arm.

    A constrained first visit, whose values are less their common mean, counts as 0 in both arms.
    """
    data = np.concatenate([arm[..., : visit + 1] for arm in arms], axis=1)
    marks = np.repeat(np.eye(len(arms)), [arm.shape[1] for arm in arms], axis=0)
    trials = len(data)
    there = np.isfinite(data)
    values = np.where(there, data, 0.0)
    effects = np.zeros((trials, 0))
    slopes, variances, spreads, dfs = [], [], [], []
    for k in range(visit + 1):
        seen = there[..., k].astype(float)
        x = np.concatenate([np.broadcast_to(marks, (trials, *marks.shape)), values[..., :k]], axis=-1)
        weighted = (x * seen[..., None]).swapaxes(1, 2)
        inner = weighted @ x
        usable = (seen.sum(axis=1) > x.shape[-1]) & (seen @ marks > 0).all(axis=1)
        inverse = np.linalg.inv(np.where(usable[:, None, None], inner, np.eye(x.shape[-1])))
        coefficients = (inverse @ (weighted @ values[..., k, None]))[..., 0]
        residual = (values[..., k] - (x @ coefficients[..., None])[..., 0]) * seen
        df = np.where(usable, seen.sum(axis=1) - x.shape[-1], np.nan)
        at = np.concatenate([np.broadcast_to(contrast, (trials, len(contrast))), effects], axis=1)
        known = constrained and k == 0
        own = np.zeros((trials, 1)) if known else (at * coefficients).sum(axis=1, keepdims=True)
        effects = np.concatenate([effects, own], axis=1)
        slopes.append(coefficients[:, len(contrast) :])
        variances.append(np.zeros(trials) if known else (residual**2).sum(axis=1) / df)
        spreads.append(np.einsum("ti,tij,tj->t", at, inverse, at))
        dfs.append(df)
    passed = _passed_on(slopes, trials)
    pieces = [p**2 * v * s for p, v, s in zip(passed, variances, spreads, strict=True)]
    with np.errstate(all="ignore"):
        df = sum(pieces) ** 2 / sum(piece**2 / own for piece, own in zip(pieces, dfs, strict=True))
    return Estimate(effects[:, visit], sum(pieces), df)


def _passed_on(slopes: Sequence[Any], trials: int) -> list[Any]:
    """By how much an error at each visit moves the mean at the last one, through all regressions between."""
    last = len(slopes) - 1
    passed = [np.zeros(trials) for _ in range(last)] + [np.ones(trials)]
    for k in range(last, -1, -1):
        for earlier in range(k):
            passed[earlier] = passed[earlier] + passed[k] * slopes[k][:, earlier]
    return passed


def drawn(matrix: Any, sd: float, mean: Any, retention: Any) -> Callable[[int, int, Any], Any]:
    """How the visits of an arm are drawn: normal, with this correlation, nan once one has left."""
    root = np.linalg.cholesky(matrix)

    def draw(size: int, trials: int, rng: Any) -> Any:
        people = mean + sd * (rng.standard_normal((trials, size, len(root))) @ root.T)
        stays = rng.random((trials, size, 1)) < np.asarray(retention)
        return np.where(stays, people, np.nan)

    return draw
