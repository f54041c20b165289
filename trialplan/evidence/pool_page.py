"""Pools as tables, and as a forest plot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trialplan.evidence.effects import PROPORTIONS
from trialplan.evidence.measures import RATIO_MEASURES
from trialplan.page import Table
from trialplan.text import NONE, decimals, p_value

if TYPE_CHECKING:
    from trialplan.evidence.pooling import Pool, PooledStudy
    from trialplan.evidence.risk_of_bias import RiskOfBias
    from trialplan.figures import Forest

_COLUMNS = ("pool", "studies", "estimate", "95 % interval", "τ²", "I²", "new study", "left out")
_STUDIES = ("pool", "study", "n", "estimate", "interval", "weight")
_COMPARED = ("pool", "study", "n, treatment v control", "estimate", "interval", "weight")


def tables(pools: Mapping[str, Pool], parts: Mapping[str, Pool]) -> Iterator[Table]:
    """The pools and their studies as tables, then subgroups and what remains without each study."""
    yield Table(_COLUMNS, [_row(name, pool) for name, pool in pools.items()], "Pools", frozenset({1}))
    studies = [(name, study) for name, pool in pools.items() for study in pool.studies]
    columns = _STUDIES if all(study.control_n is None for _, study in studies) else _COMPARED
    rows = [_study(name, study) for name, study in studies]
    yield Table(columns, rows, "Studies in the pools", frozenset({2}))
    if parts:
        rows = [_row(name, pool) for name, pool in parts.items()]
        yield Table(_COLUMNS, rows, "All reports, in parts", frozenset({1}))


def risk_tables(risks: Mapping[str, RiskOfBias]) -> Iterator[Table]:
    """The studies' judgements by domain, as signs and in words, a table for each tool."""
    for tool in dict.fromkeys(risk.tool.name for risk in risks.values()):
        rows = [
            [key, " ".join(risk.signs.replace(" ", "·")), risk.overall or "not judged", risk.words]
            for key, risk in risks.items()
            if risk.tool.name == tool
        ]
        signs = "+ low or yes, − moderate or some concerns, × serious, high or no, ! critical, ? unknown, · not judged"
        yield Table(("study", "domains", "overall", "judgements"), rows, f"Risk of bias by {tool} ({signs})")


def judged(key: str, risk: RiskOfBias) -> dict[str, Any]:
    """A study's judgements as plain data."""
    return {"study": key, "tool": risk.tool.name, "overall": risk.overall, "domains": dict(risk.judgements)}


def notes(pools: Mapping[str, Pool]) -> list[str]:
    """What each pool leaves unsaid, and what warns of it."""
    return [
        f"{name}: {' '.join(filter(None, (pool.warning, pool.note, _tested(pool))))}" for name, pool in pools.items()
    ]


def _tested(pool: Any) -> str:
    """The P value where there is one, and by what the new study's interval was made."""
    quantile = "normal quantile" if pool.interval == "normal" else "t with one degree of freedom less than studies"
    wider = pool.prediction_by_t
    by_t = "" if wider is None else f"; by t with one degree of freedom less than studies, {_span(*wider)}"
    new = "" if pool.prediction_lower is None else f"New study by the {quantile}{by_t}."
    tested = "" if pool.p_value is None else f"P {_equals(p_value(pool.p_value))}, two-sided, by the {quantile}."
    return " ".join(filter(None, (tested, new)))


def _equals(printed: str) -> str:
    return printed if printed.startswith("<") else f"= {printed}"


def forest(pool: Pool, title: str = "", risks: Mapping[str, RiskOfBias] | None = None) -> Forest:
    """A pool as a forest plot: its studies with their counts, what they pool to, and where a new study would lie.

    `risks` are shown beside the studies that have one, if all that have were judged by one tool.
    """
    from trialplan.figures import Forest

    shown = pool.natural
    counted = [study.label + _counts(study) for study in pool.studies]
    rows = [
        (label, study.estimate, study.lower, study.upper, study.weight, "study")
        for label, study in zip(counted, pool.studies, strict=True)
    ]
    return Forest(
        rows=rows,
        pooled=[("pooled", shown.estimate, shown.lower, shown.upper, None, "pooled")],
        prediction=_both(shown.prediction_lower, shown.prediction_upper),
        measure="rate" if pool.measure in PROPORTIONS else pool.measure.replace("-", " "),
        confidence=pool.confidence,
        title=title,
        by_ratio=pool.measure in RATIO_MEASURES,
        no_effect=None if pool.p_value is None else 1.0 if pool.measure in RATIO_MEASURES else 0.0,
        **_lights(pool, risks or {}),
    )


def forest_of_several(pools: Mapping[str, Pool], title: str, risks: Mapping[str, RiskOfBias]) -> Forest:
    """Pools of the same measure as one forest plot: the studies of the one that has most, then each pool by its name.

    The weights are those of that pool, and of it is the prediction; the title says which it is.
    """
    name = max(pools, key=lambda one: pools[one].k)
    whole = forest(pools[name], f"{title}: studies, weights and a new study of the pool {name}", risks)
    each = [(one, pool.natural) for one, pool in pools.items()]
    pooled = [
        (f"pooled, {one} (k = {pools[one].k})", it.estimate, it.lower, it.upper, None, "pooled") for one, it in each
    ]
    return replace(whole, pooled=pooled)


def _lights(pool: Pool, risks: Mapping[str, RiskOfBias]) -> dict[str, Any]:
    shown = [risks.get(study.label) for study in pool.studies]
    tools = {risk.tool.name for risk in shown if risk is not None}
    if len(tools) != 1:
        return {}
    lights = [risk.signs if risk else "" for risk in shown]
    (domains,) = {risk.tool.domains for risk in shown if risk is not None}
    return {"lights": lights, "lights_are": (f"risk of bias, {tools.pop()}", domains)}


def _counts(study: PooledStudy) -> str:
    """The counts of a study, of both arms where two are compared."""
    if study.events is None:
        return ""
    other = "" if study.control_n is None else f" v {study.control_events}/{study.control_n}"
    return f"  {study.events}/{study.n}{other}"


def _row(name: str, pool: Pool) -> list[str]:
    shown = pool.natural
    prediction = _both(shown.prediction_lower, shown.prediction_upper)
    new = NONE if prediction is None else _span(*prediction)
    spread = [decimals(pool.tau2), decimals(pool.i2)]
    left = ", ".join(pool.left_out) or "none"
    return [name, str(pool.k), decimals(shown.estimate), _span(shown.lower, shown.upper), *spread, new, left]


def _both(lower: float | None, upper: float | None) -> tuple[float, float] | None:
    return None if lower is None or upper is None else (lower, upper)


def _span(lower: float, upper: float) -> str:
    return f"{lower:z.3f} to {upper:z.3f}"


def _size(study: PooledStudy) -> str:
    """The participants of a study: of its arm, or of the treatment's and the control's."""
    if study.n is None:
        return NONE
    return str(study.n) if study.control_n is None else f"{study.n} v {study.control_n}"


def _study(name: str, study: PooledStudy) -> list[str]:
    interval = _span(study.lower, study.upper)
    return [
        name,
        study.label,
        _size(study),
        decimals(study.estimate),
        interval,
        decimals(study.weight, 2),
    ]
