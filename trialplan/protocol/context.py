"""What a protocol says, computed: templates print these objects and calculate nothing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import trialplan
from trialplan import evidence
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.designs.adverse_event import AdverseEvent
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.evidence.bridge import discount
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters
from trialplan.plan.building import Assumption, Endpoint, Trial
from trialplan.plan.schema import EndpointSection

NAMES = {
    "estimand": "ICH E9(R1)",
    "spirit": "SPIRIT 2025, item 16",
    "confidence": "95 %",
    "certainty": "95 % certainty of seeing one",
    "digest": "SHA-256",
}
"""Names and conventions that are written with figures; templates hold none."""

_SEVERITIES = ("block", "warning", "information")


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm and how many participants it has; `unrounded` where the formula gives a real number."""

    name: str
    n: float
    unrounded: float | None = None


@dataclass(frozen=True, kw_only=True)
class Alone:
    """What an endpoint would need if it sized the trial: n, and n enrolled to have that many observed."""

    n: int
    arms: tuple[Arm, ...]
    power: float
    enrolled: int | None


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """The effect that would be shown with the power asked for."""

    value: float
    unit: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class AtTrial:
    """What an endpoint has at the number that the primary sets."""

    n: int
    observed: float
    power: float
    detectable: Detectable | None


@dataclass(frozen=True, kw_only=True)
class EndpointView:
    """An endpoint as a protocol shows it."""

    section: EndpointSection
    design: Any
    assumptions: tuple[Assumption, ...]
    statement: str
    goal: str
    two_sided: bool
    planned: dict[str, Any]
    alone: Alone | None
    shortfall: str | None
    at_trial: AtTrial | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a scenario table: the treatment rate, and n per arm or none."""

    treatment: float
    n: int | None
    arms: tuple[Arm, ...]

    @property
    def shown(self) -> str:
        """Participants per arm; both arms where they differ."""
        if self.n is None:
            return "none"
        sizes = [f"{arm.n:,}" for arm in self.arms]
        return sizes[0] if len(set(sizes)) == 1 else " + ".join(sizes)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a scenario table: what is believed of one arm, and a cell for each belief about the other."""

    label: str
    value: float
    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Method:
    """The same assumptions through one analysis test."""

    test: str
    prose: str
    formula: str
    reference: str
    n: int
    arms: tuple[Arm, ...]
    power: float
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the audit found: each sight with the places where it was seen, and what it means for planning."""

    id: str
    sights: tuple[tuple[str, tuple[str, ...]], ...]
    means: str


@dataclass(frozen=True, kw_only=True)
class Range:
    """The ends of a scenario table: the least and the most per arm, and the cells that no n answers."""

    least: int
    most: int
    impossible: int
    cells: int


def context(trial: Trial) -> dict[str, Any]:
    """Every object that the templates may print, by name."""
    content = trial.plan.content
    views = [_view(trial, endpoint) for endpoint in trial.endpoints]
    by_discount, by_reading = _by_discount(trial), _by_reading(trial)
    return {
        "trial": content.trial,
        "estimand": content.estimand,
        "target": content.target_difference,
        "note": content.evidence.note,
        "table": trial.table,
        "rows": _outcomes(trial),
        "findings": {severity: _findings(trial, severity) for severity in _SEVERITIES},
        "blocking": _findings(trial, _SEVERITIES[0]),
        "primary": next(view for view in views if view.section.role == "primary"),
        "secondary": [view for view in views if view.section.role == "secondary"],
        "safety": [view for view in views if view.section.role == "safety"],
        "arms": _arms(trial, trial.answer),
        "discounts": content.scenarios.discounts,
        "controls": content.scenarios.controls,
        "by_test": _by_test(trial),
        "by_discount": by_discount,
        "by_reading": by_reading,
        "range": _range([*by_discount, *by_reading]),
        "references": content.reference,
        "report": content.report,
        "looks": trial.answer.extra.get("looks", ()),
        "methods": _methods(views),
        "names": NAMES,
        "first": 0,
        "command": f"trialplan protocol {trial.plan.name}",
        "evidence_name": content.evidence.table,
        "evidence_digest": _digest(repr(trial.table)),
        "plan": trial.plan,
        "digest": _digest(trial.plan.text),
        "fence": fence(trial.plan.text),
        "version": trialplan.__version__,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _methods(views: list[EndpointView]) -> list[str]:
    """Where the formulas of the endpoints are published, each source once."""
    return list(dict.fromkeys(view.design.reference for view in views if view.design is not None))


def fence(text: str) -> str:
    """Backticks that no line of the text can close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def arm_names(trial: Trial, design: Any) -> dict[str, str]:
    """The plan's names of the design's arms."""
    words = {"treatment": trial.plan.content.trial.treatment_name, "control": trial.plan.content.trial.control_name}
    return {name: words.get(name, name) for name in design.arm_names}


def _arms(trial: Trial, answer: SampleSize) -> tuple[Arm, ...]:
    unrounded = answer.arms_unrounded or {}
    names = arm_names(trial, answer.design)
    return tuple(Arm(name=names[arm], n=n, unrounded=unrounded.get(arm)) for arm, n in answer.arms.items())


def _view(trial: Trial, endpoint: Endpoint) -> EndpointView:
    design: Any = endpoint.design
    fixed = getattr(design, "design", design)
    return EndpointView(
        section=endpoint.section,
        design=design,
        goal=getattr(fixed, "goal", ""),
        two_sided=getattr(design, "sides", None) == 2,
        planned=fixed.assumptions() if fixed else {},
        assumptions=endpoint.assumptions,
        statement=endpoint.section.design or "descriptive",
        alone=_alone(trial, endpoint),
        shortfall=endpoint.shortfall,
        at_trial=_at_trial(trial, endpoint),
    )


def _alone(trial: Trial, endpoint: Endpoint) -> Alone | None:
    answer = endpoint.answer
    if answer is None or endpoint.design is None:
        return None
    loss = endpoint.section.dropout
    more = None if loss is None else int(enrolled(endpoint.design, answer.arms, loss)["n"])
    return Alone(n=int(answer.n), arms=_arms(trial, answer), power=float(answer.power), enrolled=more)


def _at_trial(trial: Trial, endpoint: Endpoint) -> AtTrial | None:
    """Power with the participants that are expected to be observed; an adverse event is seen in the treatment arm."""
    n, design = int(trial.answer.n), endpoint.design
    if isinstance(design, AdverseEvent):
        exposed = float(trial.answer.arms["treatment"])
        return AtTrial(n=n, observed=exposed, power=float(design.attained(exposed)), detectable=None)
    if not isinstance(design, Design):
        return None
    observed = n * (1 - (endpoint.section.dropout or 0.0))
    power = float(design.power(observed))
    return AtTrial(n=n, observed=observed, power=power, detectable=_detectable(design, observed, endpoint))


def _detectable(design: Design, observed: float, endpoint: Endpoint) -> Detectable | None:
    try:
        effect = float(design.detectable_effect(observed, endpoint.section.power))
    except ParameterError:  # equivalence has none
        return None
    fixed = getattr(design, "design", design)
    what = parameters(type(fixed))[design.effect]
    return None if np.isnan(effect) else Detectable(value=effect, unit=what.unit, meaning=what.meaning)


def _by_test(trial: Trial) -> list[Method]:
    """The primary's assumptions through every test that its goal allows."""
    design: Any = trial.primary.design
    inner = getattr(design, "design", design)
    if not inner.tests:
        return []
    return [
        _method(trial, name, inner.replace(test=name), name == inner.test)
        for name, row in inner.tests.items()
        if inner.goal in row.goals
    ]


def _method(trial: Trial, name: str, design: Design, chosen: bool) -> Method:
    answer, row = design.sample_size(trial.primary.section.power), design.analysis
    return Method(
        test=name,
        prose=row.prose,
        formula=row.formula,
        reference=row.reference,
        n=int(answer.n),
        arms=_arms(trial, answer),
        power=float(answer.power),
        chosen=chosen,
    )


def _by_discount(trial: Trial) -> list[Row]:
    """Control rates down, discounts across: the rate drawn from the evidence, bridged toward each control rate."""
    drawn = next((one.reading for one in trial.primary.assumptions if one.reading is not None), None)
    scenarios = trial.plan.content.scenarios
    if drawn is None or "control" not in {one.name for one in trial.primary.assumptions}:
        return []
    return [
        Row(
            label=stated.label,
            value=stated.value,
            source=stated.source,
            cells=_cells(trial, [(stated.value, discount(drawn.rate, stated.value, d)) for d in scenarios.discounts]),
        )
        for stated in scenarios.controls
    ]


def _by_reading(trial: Trial) -> list[Row]:
    """Readings of the table down, control rates across, nothing discounted."""
    scenarios = trial.plan.content.scenarios
    if "control" not in {one.name for one in trial.primary.assumptions}:
        return []
    return [
        Row(
            label=label,
            value=rate.rate,
            source=rate.label,
            cells=_cells(trial, [(stated.value, rate.rate) for stated in scenarios.controls]),
        )
        for label, rate in trial.readings
    ]


def _cells(trial: Trial, pairs: list[tuple[float, float]]) -> tuple[Cell, ...]:
    """One array call over pairs of control and treatment rates."""
    control, treatment = np.array(pairs).T
    design: Any = trial.primary.design
    answer = design.replace(control=control, treatment=treatment).sample_size(trial.primary.section.power)
    return tuple(_cell(trial, answer, i, float(rate)) for i, rate in enumerate(treatment))


def _cell(trial: Trial, answer: SampleSize, i: int, treatment: float) -> Cell:
    if np.isnan(answer.n[i]):
        return Cell(treatment=treatment, n=None, arms=())
    names = arm_names(trial, answer.design)
    arms = tuple(Arm(name=names[arm], n=int(n[i])) for arm, n in answer.arms.items())
    return Cell(treatment=treatment, n=int(answer.n[i]), arms=arms)


def _range(rows: list[Row]) -> Range | None:
    cells = [cell for row in rows for cell in row.cells]
    largest = [max(arm.n for arm in cell.arms) for cell in cells if cell.n is not None]
    if not largest:
        return None
    return Range(
        least=int(min(largest)), most=int(max(largest)), impossible=len(cells) - len(largest), cells=len(cells)
    )


def _findings(trial: Trial, severity: str) -> list[Finding]:
    """Findings that mean the same told once, with each sight and its places."""
    told: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in trial.findings:
        if one.severity == severity:
            where = ", ".join(part for part in (one.study, one.outcome) if part)
            told.setdefault((one.id, one.means), {}).setdefault(one.seen, []).append(where)
    return [
        Finding(id=id, means=means, sights=tuple((seen, tuple(filter(None, where))) for seen, where in sights.items()))
        for (id, means), sights in told.items()
    ]


def _outcomes(trial: Trial) -> list[dict[str, Any]]:
    """Every outcome of the table with its estimate, in the order of the table."""
    return [
        {"study": study, "outcome": outcome, "estimate": evidence.estimate(outcome)}
        for study in trial.table.studies
        for outcome in study.outcomes
    ]
