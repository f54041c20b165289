"""Several studies as one estimate: fixed or random effects, with what is known about how they differ."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.evidence.beta_binomial import beta_binomial
from trialplan.evidence.comparison import arms_with_counts, effect_of_rates, mantel_haenszel, peto, peto_by_study
from trialplan.evidence.effects import MEASURES, PROPORTIONS, Effects
from trialplan.evidence.glmm import binomial_normal
from trialplan.evidence.heterogeneity import ESTIMATORS, q_statistic, typical_variance, weighted_mean
from trialplan.evidence.intervals import clopper_pearson, normal_quantile
from trialplan.evidence.pool_page import notes, tables
from trialplan.numerics.lazy import np, special
from trialplan.page import Answer, Page, plain
from trialplan.text import plural

if TYPE_CHECKING:
    from trialplan.figures import Forest

FIXED, ONE_STAGE, BETA = "fixed", "binomial-normal", "beta-binomial"
METHODS = {
    FIXED: "one true effect; too narrow wherever studies differ",
    "dersimonian-laird": "τ² by moments; the old default, too small with few or large differences",
    "paule-mandel": "τ² by matching the generalised Q; less biased than DerSimonian–Laird",
    "reml": "τ² by restricted likelihood; the usual default",
    "maximum-likelihood": "τ² by likelihood; too small with few studies",
    "hedges": "τ² by the spread of the estimates, unweighted; unbiased but imprecise",
    "sidik-jonkman": "τ² by the spread about a first guess; never 0, too large where studies hardly differ",
    "hunter-schmidt": "τ² by moments against k; too small with few studies",
    "empirical-bayes": "τ² by empirical Bayes; the equation, and so the value, of Paule–Mandel",
    ONE_STAGE: "logistic model with a random intercept; takes zero counts as they are",
    BETA: "rates with a beta distribution, in one arm or two; for rare harms, zeros in both arms as they are",
}
TABLE_METHODS = {
    "mantel-haenszel": "one true effect from the studies' tables, zeros as they are; for few events",
    "peto": "one true odds ratio from observed minus expected; for rare events, small effects and equal arms",
}
"""For two arms with counts."""
INTERVALS = {
    "normal": "normal quantile; too narrow for few studies",
    "knapp-hartung": "t with k − 1 degrees of freedom and the observed spread; too narrow if studies agree by chance",
    "knapp-hartung-modified": "Knapp–Hartung that is never narrower than the observed τ² implies",
}


@dataclass(frozen=True, kw_only=True)
class PooledStudy:
    """One study in a pool, as a reader knows it: its estimate, interval, counts and share of the weight.

    Where two arms are compared, `events` and `n` are the treatment's.
    """

    label: str
    estimate: float
    lower: float
    upper: float
    n: int | None
    events: int | None
    weight: float | None
    control_events: int | None = None
    control_n: int | None = None


@dataclass(frozen=True, kw_only=True)
class BackTransformed:
    """The pooled values as rates or ratios, where they were pooled on another scale."""

    estimate: float
    lower: float
    upper: float
    prediction_lower: float | None
    prediction_upper: float | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Pool(Answer):
    """The pooled estimate, how much the studies differ, and what a new one may show.

    `estimate` to `prediction_upper` are on the scale of `measure`, `tau2` on its square; `back_transformed` has
    them as rates or ratios. The prediction interval is that of metafor: the normal quantile, t with k − 1 degrees of
    freedom under Knapp–Hartung, times √(se² + τ²); `prediction_by_t`, beside a normal one, is that by t with as many
    degrees, which allows for τ² being estimated (Higgins, Thompson & Spiegelhalter 2009, Journal of the Royal
    Statistical Society A 172:137, who take one degree less), as rates or ratios. `p_value` is two-sided, of no effect
    or no change; a rate has none.
    What is None is not defined, and `note` says why; `warning` says what a reader must know before using the numbers.
    """

    measure: str
    method: str
    interval: str
    confidence: float
    k: int
    estimate: float
    standard_error: float
    lower: float
    upper: float
    tau2: float | None
    i2: float | None
    h2: float | None
    q: float | None
    p_heterogeneity: float | None
    prediction_lower: float | None
    prediction_upper: float | None
    back_transformed: BackTransformed | None
    studies: tuple[PooledStudy, ...]
    log_likelihood: float | None = None
    p_value: float | None = None
    prediction_by_t: tuple[float, float] | None = None
    left_out: tuple[str, ...] = ()
    note: str = ""
    warning: str = ""

    def figure(self) -> Forest:
        """The forest plot: the studies, what they pool to, and where a new study would lie."""
        from trialplan.evidence.pool_page import forest

        return forest(self)

    def page(self) -> Page:
        """The pooled estimate, and the studies in it."""
        shown, pools = self.natural, {self.measure: self}
        return Page(
            data=plain(asdict(self)),
            headline=f"{shown.estimate:.3f}, {100 * self.confidence:g} % interval {shown.lower:.3f} to "
            f"{shown.upper:.3f}, over {plural(self.k, 'study')}",
            tables=list(tables(pools, {})),
            notes=notes(pools),
        )

    @property
    def natural(self) -> Pool | BackTransformed:
        """Where estimate and limits are as a reader knows them."""
        return self if self.back_transformed is None else self.back_transformed


def pool(effects: Effects, method: str = "reml", interval: str = "normal", confidence: float = 0.95) -> Pool:
    """The pooled effect of one or more studies; by binomial-normal from their counts, in one stage.

    τ² by `method`; I² and H² are τ² against the variance of a typical study (Higgins & Thompson 2002, Statistics
    in Medicine 21:1539), for a fixed effect Q against k − 1. Intervals of Knapp & Hartung (2003, Statistics in
    Medicine 22:2693); modified, their factor is at least 1 (Röver, Knapp & Friede 2015, BMC Med Res Methodol 15:99).

    >>> from trialplan.evidence.effects import proportion_effects
    >>> pooled = pool(proportion_effects([16, 8, 23], [30, 27, 83]), "dersimonian-laird")
    >>> round(pooled.back_transformed.estimate, 3), round(pooled.tau2, 3)
    (0.358, 0.253)
    """
    if method == ONE_STAGE:
        return _one_stage(effects, interval, confidence)
    if method == BETA:
        return _beta(effects, interval, confidence)
    if method in TABLE_METHODS:
        return _from_tables(effects, method, interval, confidence)
    _check(effects, method, interval, confidence)
    values, variances, k = np.array(effects.values), np.array(effects.variances), len(effects.values)
    tau2 = 0.0 if method == FIXED or k == 1 else ESTIMATORS[method](values, variances)
    weights = 1 / (variances + tau2)
    error = math.sqrt(_inflation(interval, values, variances, tau2) / weights.sum())
    critical = normal_quantile(confidence) if interval == "normal" or k == 1 else _t_quantile(k, confidence)
    mean = weighted_mean(values, weights)
    return Pool(
        method=method,
        interval=interval,
        confidence=confidence,
        studies=_studies(effects, weights / weights.sum(), confidence),
        p_value=_p_value(effects, mean / error, None if interval == "normal" or k == 1 else k - 1),
        prediction_by_t=_by_t(effects, method, mean, math.hypot(error, math.sqrt(tau2)), confidence)
        if interval == "normal"
        else None,
        **_pooled(effects, method, mean, error, critical, tau2),
        **_spread(method, values, variances, tau2),
    )


def _t_quantile(k: int, confidence: float) -> float:
    """Of t with one degree of freedom less than studies."""
    return float(special.stdtrit(k - 1, 0.5 + confidence / 2))


def _by_t(effects: Effects, method: str, mean: float, error: float, confidence: float) -> tuple[float, float] | None:
    """The limits of a further study by t; none where the studies do not differ, or one is all there is."""
    k = len(effects.values)
    if method == FIXED or k == 1:
        return None
    reach = _t_quantile(k, confidence) * error
    return float(effects.back(mean - reach)), float(effects.back(mean + reach))


def _p_value(effects: Effects, statistic: float, df: int | None) -> float | None:
    """Two-sided, by z or by t; a rate, which is not 0, has none."""
    if effects.measure in PROPORTIONS:
        return None
    return float(2 * (special.ndtr(-abs(statistic)) if df is None else special.stdtr(df, -abs(statistic))))


def _one_stage(effects: Effects, interval: str, confidence: float) -> Pool:
    """One likelihood for all counts, Wald limits on the logit scale; Q and I² belong to two-stage models."""
    if interval != "normal":
        raise ParameterError(f"interval {interval} is not defined for method {ONE_STAGE}; use normal")
    if effects.events is None or effects.control is not None:
        raise ParameterError(f"method {ONE_STAGE} is for counts, not for {effects.measure}; choose reml")
    _check(effects, ONE_STAGE, interval, confidence)
    if sum(effects.events) in (0, sum(effects.sizes)):
        return _one_sided(effects, ONE_STAGE, confidence)
    mean, error, tau2, height = binomial_normal(effects.events, effects.sizes)
    pooled = _pooled(replace(effects, measure="logit"), ONE_STAGE, mean, error, normal_quantile(confidence), tau2)
    none: dict[str, Any] = dict.fromkeys(("i2", "h2", "q", "p_heterogeneity"))
    return Pool(
        method=ONE_STAGE,
        interval=interval,
        confidence=confidence,
        studies=_studies(effects, None, confidence),
        tau2=None if len(effects.sizes) == 1 else tau2,
        log_likelihood=height,
        prediction_by_t=_by_t(
            replace(effects, measure="logit"), ONE_STAGE, mean, math.hypot(error, math.sqrt(tau2)), confidence
        ),
        **pooled | none | {"note": _note(effects, ONE_STAGE)},
    )


def _one_sided(effects: Effects, method: str, confidence: float) -> Pool:
    """Where none, or all, had the event in any study: the likelihood rises without end, and the limits are exact."""
    assert effects.events is not None
    events, of = sum(effects.events), sum(effects.sizes)
    rate, limits = events / of, clopper_pearson(events, of, confidence)
    none: dict[str, Any] = dict.fromkeys(
        ("tau2", "i2", "h2", "q", "p_heterogeneity", "prediction_lower", "prediction_upper", "back_transformed")
    )
    return Pool(
        measure="raw",
        method=method,
        interval="normal",
        confidence=confidence,
        k=len(effects.sizes),
        estimate=rate,
        standard_error=0.0,
        lower=limits[0],
        upper=limits[1],
        studies=_studies(effects, None, confidence),
        warning=f"{'No' if events == 0 else 'Every'} participant had the event, so the log odds have no estimate; the "
        f"limits are the exact ones of {events}/{of} (Clopper & Pearson 1934), as if the studies did not differ.",
        **none,
    )


def _beta(effects: Effects, interval: str, confidence: float) -> Pool:
    """Mean rates with a beta distribution between studies, of one arm or of two that are compared; Wald limits."""
    if interval != "normal":
        raise ParameterError(f"interval {interval} is not defined for method {BETA}; use normal")
    arms = arms_with_counts(effects, BETA)
    _check(effects, BETA, interval, confidence)
    if len(arms) == 1 and sum(effects.events or ()) in (0, sum(effects.sizes)):
        return _one_sided(effects, BETA, confidence)
    rates, covariance, correlation, height = beta_binomial(arms)
    known = effects if len(arms) == 2 else replace(effects, measure="logit")
    mean, gradient = effect_of_rates(known.measure, rates)
    error = math.sqrt(float(np.array(gradient) @ covariance @ np.array(gradient)))
    none: dict[str, Any] = dict.fromkeys(("tau2", "i2", "h2", "q", "p_heterogeneity"))
    pooled = _pooled(known, FIXED, mean, error, normal_quantile(confidence), 0.0)
    apart = " The arms of a study are taken as independent." if len(arms) == 2 else ""
    beta = (
        f"Pooled as {MEASURES[known.measure]}, rates with a beta distribution: participants of a study correlate by "
        f"{correlation:.3g}, and there is no prediction interval.{apart}"
    )
    return Pool(
        method=BETA,
        interval=interval,
        confidence=confidence,
        studies=_studies(effects, None, confidence),
        log_likelihood=height,
        p_value=_p_value(known, mean / error, None),
        **pooled | {"note": _note(effects, BETA) if len(effects.sizes) == 1 else beta},
        **none,
    )


def _from_tables(effects: Effects, method: str, interval: str, confidence: float) -> Pool:
    """One common effect from the tables themselves, with Wald limits.

    Peto's Q is of observed minus expected events, as the effect is; Mantel and Haenszel's has inverse variances around
    their effect.
    """
    if interval != "normal":
        raise ParameterError(f"interval {interval} is not defined for method {method}; use normal")
    if method == "peto" and effects.measure != "odds-ratio":
        raise ParameterError(f"method peto is for measure odds-ratio, not for {effects.measure}")
    mean, error = mantel_haenszel(effects) if method == "mantel-haenszel" else peto(effects)
    _check(effects, method, interval, confidence)
    values, variances = np.array(effects.values), np.array(effects.variances)
    if method == "peto":
        values, variances = peto_by_study(effects)
    spread = _spread(FIXED, values, variances, 0.0, around=mean)
    alone = {"prediction_lower": None, "prediction_upper": None}
    pooled = _pooled(effects, FIXED, mean, error, normal_quantile(confidence), 0.0)
    return Pool(
        method=method,
        interval=interval,
        confidence=confidence,
        studies=_studies(effects, None, confidence),
        p_value=_p_value(effects, mean / error, None),
        **pooled | alone | {"note": _note(effects, method)},
        **spread,
    )


def _check(effects: Effects, method: str, interval: str, confidence: float) -> None:
    for what, value, known in (("method", method, METHODS | TABLE_METHODS), ("interval", interval, INTERVALS)):
        if value not in known:
            raise ParameterError(f"{what}: there is no {value!r}; {did_you_mean(value, known)}")
    normal_quantile(confidence)
    if not min(effects.variances) > 0:
        at = effects.labels[effects.variances.index(min(effects.variances))]
        raise ParameterError(f"{at} has a variance of 0 and would outweigh all others; check its SD")


def _inflation(interval: str, values: Any, variances: Any, tau2: float) -> float:
    """Knapp and Hartung's factor on the variance of the mean; 1 for the normal interval and for one study."""
    if interval == "normal" or len(values) == 1:
        return 1.0
    factor = q_statistic(values, variances, tau2) / (len(values) - 1)
    return max(1.0, factor) if interval.endswith("modified") else factor


def _pooled(effects: Effects, method: str, mean: float, error: float, critical: float, tau2: float) -> dict[str, Any]:
    """The estimate, its limits and those of a further study; where they were transformed, as rates too."""
    alone = method == FIXED or len(effects.values) == 1
    reach = critical * math.hypot(error, math.sqrt(tau2))
    values = {
        "estimate": mean,
        "lower": mean - critical * error,
        "upper": mean + critical * error,
        "prediction_lower": None if alone else mean - reach,
        "prediction_upper": None if alone else mean + reach,
    }
    rates: Any = {name: None if value is None else effects.back(value) for name, value in values.items()}
    return {
        "measure": effects.measure,
        "k": len(effects.values),
        "standard_error": error,
        "back_transformed": BackTransformed(**rates) if effects.transformed else None,
        "note": _note(effects, method),
        **values,
    }


def _spread(method: str, values: Any, variances: Any, tau2: float, around: float | None = None) -> dict[str, Any]:
    """τ², I², H² (shares, not percent) and Q, around the weighted mean or another, with its P value; None for one."""
    df = len(values) - 1
    if not df:
        return dict.fromkeys(("tau2", "i2", "h2", "q", "p_heterogeneity"))
    q, typical = q_statistic(values, variances, around=around), typical_variance(variances)
    h2 = q / df if method == FIXED else 1 + tau2 / typical
    return {
        "tau2": tau2,
        "i2": max(0.0, 1 - 1 / h2) if h2 else 0.0,
        "h2": h2,
        "q": q,
        "p_heterogeneity": float(special.chdtrc(df, q)),
    }


def _studies(effects: Effects, weights: Any, confidence: float) -> tuple[PooledStudy, ...]:
    """Each study's own estimate and normal interval, transformed back with its own size."""
    z = normal_quantile(confidence)
    rows = []
    for i, (label, value, variance) in enumerate(zip(effects.labels, effects.values, effects.variances, strict=True)):
        half, size = z * math.sqrt(variance), effects.sizes[i : i + 1]
        estimate, lower, upper = (effects.back(limit, size) for limit in (value, value - half, value + half))
        events = None if effects.events is None else effects.events[i]
        other = (None, None) if effects.control is None else effects.control[i]
        rows.append(
            PooledStudy(
                label=label,
                estimate=estimate,
                lower=lower,
                upper=upper,
                n=size[0] or None,  # a reported effect may not say
                events=events,
                weight=None if weights is None else float(weights[i]),
                control_events=other[0],
                control_n=other[1],
            )
        )
    return tuple(rows)


def _note(effects: Effects, method: str) -> str:
    """What is missing from the answer, and why."""
    scale = MEASURES.get(effects.measure, effects.measure)
    if len(effects.values) == 1:
        return f"One study: its own estimate, as {scale}; no τ² and no prediction interval."
    if method in TABLE_METHODS:
        return f"Pooled as {scale}, one true effect: there is no prediction interval."
    if method == FIXED:
        return f"Pooled as {scale}. A fixed effect assumes that the studies do not differ: no prediction interval."
    few = " With two studies, τ² is hardly known." if len(effects.values) == 2 else ""
    return f"Pooled as {scale}.{few}"
