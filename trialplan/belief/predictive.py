"""The meta-analytic-predictive belief about a rate in a new trial, by quadrature instead of MCMC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.belief.approximate import beta_mixture
from trialplan.belief.base import positive
from trialplan.belief.families import Tabulated
from trialplan.belief.mixture import Mixture
from trialplan.errors import ParameterError
from trialplan.numerics.binomial_normal import marginal
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.numerics.splines import integral
from trialplan.page import Answer, Page, Table, facts, plain
from trialplan.text import plural

_RATE_NODES, _TAU_NODES, _TAU_REACH = 24, 48, 6.0
"""Nodes over each arm's rate and over τ, up to six times its scale: beyond, the half-normal holds 2e-9."""
_COARSE, _FINE, _POINTS = 81, 161, 801
"""Means looked at first and then, and points of the predictive: its cdf is straight between them to 3e-5."""
_REACH, _NO_WEIGHT = 12.0, 1e-12
"""Standard deviations of the predictive that the points cover, and posterior weights that are dropped."""
_NEGLIGIBLE = 30.0
"""Where the log posterior lies this far below its highest value, nothing is integrated."""

WIDEST_TAU = 10.0
"""The largest scale of the prior of τ: beyond, nearly all rates would be 0 or 1 to a computer, which no Beta fits."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Map(Answer):
    """What past arms say about a rate: typical over arms, in a new trial, and as a mixture that can be updated.

    `typical` is the belief about the rate whose logit is the mean over arms, `predictive` that about the rate of
    a new arm; `mixture` approximates the latter, and `error` is the largest difference of their cdfs. `tau` is the
    posterior mean of the SD of the logits. `participants` gave the information of `ess` new ones (by moments).
    Each of the three is a belief: `assurance(design, n, beliefs={NAME: prior.mixture, ...})`.
    """

    participants: int
    typical: Tabulated
    tau: float
    predictive: Tabulated
    mixture: Mixture
    error: float
    ess: float

    def page(self) -> Page:
        """Where each belief lies, and how far apart the arms are."""
        beliefs = {name: getattr(self, name) for name in _MEANINGS}
        ends = {name: belief.interval() for name, belief in beliefs.items()}
        rows = [
            (name, _MEANINGS[name], f"{belief.mean():.3f}", f"{ends[name][0]:.3f} to {ends[name][1]:.3f}")
            for name, belief in beliefs.items()
        ]
        columns = ("belief", "about", "mean", "95 % interval")
        counts = {name: getattr(self, name) for name in ("participants", "ess", "tau", "error")}
        told = {
            name: {"mean": belief.mean(), "sd": belief.sd(), "lower": ends[name][0], "upper": ends[name][1]}
            for name, belief in beliefs.items()
        }
        low, high = ends["predictive"]
        return Page(
            data=plain(counts | told),
            headline=f"a new trial's rate {self.predictive.mean():.3f}, 95 % interval {low:.3f} to {high:.3f}: "
            f"{plural(self.participants, 'participant')} tell as much as {self.ess:.0f} new ones",
            tables=[
                Table(columns, rows, right=frozenset({2})),
                facts(
                    [("SD of the logits between arms, τ", f"{self.tau:.3f}"), ("mixture's error", f"{self.error:.4f}")]
                ),
            ],
        )


_MEANINGS = {
    "typical": "the rate whose logit is the mean over arms",
    "predictive": "the rate in a new trial",
    "mixture": "the same as a mixture of Betas, which data can update",
}
"""The beliefs of a Map, and what each is about."""


def map_prior(events: Sequence[int], of: Sequence[int], *, tau_scale: float = 0.5, mean_sd: float = 2.0) -> Map:
    """What the arms' counts let one expect of the rate in a new trial.

    Exact binomial likelihoods, logit rates ~ N(μ, τ²), μ ~ N(0, `mean_sd`²), τ ~ half-normal(`tau_scale`)
    (Neuenschwander, Capkun-Niggli, Branson & Spiegelhalter 2010, Clin Trials 7:5-18; Schmidli et al. 2014,
    Biometrics 70:1023). Gauss–Legendre over τ, trapezoids over μ, adaptive Gauss–Hermite over each arm's rate.

    >>> map_prior([9, 7, 8], [32, 27, 75]).ess.__round__()
    13

    The arms of a pool are its studies' counts:

    >>> from trialplan import pool
    >>> pooled = pool("lupus-nephritis-controls", "complete-renal-response").by_reports["all"]
    >>> prior = map_prior([one.events for one in pooled.studies], [one.n for one in pooled.studies])
    >>> round(prior.mixture.mean(), 2)
    0.25
    """
    _check(events, of, tau_scale, mean_sd)
    counts = np.asarray(events, dtype=float), np.asarray(of, dtype=float)
    tau, mean, weight = _posterior(*counts, tau_scale, mean_sd)
    predictive, share = _predictive(tau, mean, weight), weight.sum(axis=1)
    mixture, error = beta_mixture(predictive)
    return Map(
        participants=sum(of),
        typical=_typical(mean, share),
        tau=float((weight.sum(axis=0) * tau).sum()),
        predictive=predictive,
        mixture=mixture,
        error=error,
        ess=float(predictive.ess()),
    )


def _posterior(events: Any, of: Any, tau_scale: float, mean_sd: float) -> tuple[Any, Any, Any]:
    """Nodes of τ, of μ, and the posterior weight of each pair (μ, τ)."""
    x, w = gauss_legendre(_TAU_NODES)
    tau = _TAU_REACH * tau_scale * x
    prior = np.log(w) - (tau / tau_scale) ** 2 / 2

    def log_weight(mean: Any) -> Any:
        likelihood = marginal(events, of, mean[:, None, None], tau[:, None], _RATE_NODES)[0].sum(axis=-1)
        return likelihood + prior - (mean[:, None] / mean_sd) ** 2 / 2

    mean = _window(log_weight, np.linspace(-6 * mean_sd, 6 * mean_sd, _COARSE))
    log = log_weight(mean)
    weight = np.exp(log - log.max())
    return tau, mean, weight / weight.sum()


def _window(log_weight: Any, coarse: Any) -> Any:
    """Equidistant means that cover where the posterior is not negligible, narrowed down in two steps."""
    for points in (_COARSE, _FINE):
        height = log_weight(coarse).max(axis=1)
        kept = np.flatnonzero(height > height.max() - _NEGLIGIBLE)
        low, high = max(kept[0] - 1, 0), min(kept[-1] + 1, len(coarse) - 1)
        coarse = np.linspace(coarse[low], coarse[high], points)
    return coarse


def _typical(mean: Any, share: Any) -> Tabulated:
    """The rate whose logit is μ: its density, known at the nodes, is a cubic between them."""
    logit = np.linspace(mean[0], mean[-1], _POINTS)
    within = integral(mean, share, logit)
    return _table(logit, np.clip(within / within[-1], 0, 1))


def _predictive(tau: Any, mean: Any, weight: Any) -> Tabulated:
    """The rate of a new arm: its logit is N(μ, τ²), averaged over the posterior."""
    kept = weight > _NO_WEIGHT
    centre, spread = np.broadcast_to(mean[:, None], weight.shape)[kept], np.broadcast_to(tau, weight.shape)[kept]
    share = weight[kept] / weight[kept].sum()
    middle = (share * centre).sum()
    reach = _REACH * np.sqrt((share * ((centre - middle) ** 2 + spread**2)).sum())
    logit = np.linspace(middle - reach, middle + reach, _POINTS)
    return _table(logit, np.array([(special.ndtr((one - centre) / spread) * share).sum() for one in logit]))


def _table(logit: Any, cumulative: Any) -> Tabulated:
    kept = np.flatnonzero((cumulative > 1e-9) & (cumulative < 1 - 1e-9))
    edges = [0.0, *special.expit(logit[kept]), 1.0]
    return Tabulated(np.array(edges), np.array([0.0, *cumulative[kept], 1.0]))


def _check(events: Sequence[int], of: Sequence[int], tau_scale: float, mean_sd: float) -> None:
    if not events or len(events) != len(of):
        raise ParameterError(f"{len(events)} event counts need as many denominators, not {len(of)}", owner="map_prior")
    for x, n in zip(events, of, strict=True):
        if not 0 <= x <= n or n < 1:
            raise ParameterError(f"must lie in [0, of], not {x} of {n}", owner="map_prior", parameter="events")
    positive(map_prior, tau_scale=tau_scale, mean_sd=mean_sd)
    if tau_scale > WIDEST_TAU:
        reason = f"must lie in (0, {WIDEST_TAU:g}], not {tau_scale:g}: it is on the scale of logits, where 1 is large"
        raise ParameterError(reason, owner="map_prior", parameter="tau_scale", value=tau_scale)
