"""What a protocol says, computed: templates print these objects and calculate nothing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import trialplan
from trialplan import evidence
from trialplan.design import Design
from trialplan.designs.adverse_event import AdverseEvent
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.evidence.regression import SpontaneousFall, regression_to_the_mean
from trialplan.files import locate, read_text
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters
from trialplan.plan.building import Endpoint, Trial
from trialplan.protocol.doubts import alternatives, assured, break_evens, control_belief
from trialplan.protocol.otherwise import by_discount, by_reading, by_test, controls, spread
from trialplan.protocol.views import Alone, AtTrial, Detectable, EndpointView, Finding, OtherTest, arms_of

NAMES = {
    "estimand": "ICH E9(R1)",
    "spirit": "SPIRIT 2025, item 16",
    "confidence": "95 %",
    "certainty": "95 % certainty of seeing one",
    "digest": "SHA-256",
    "logit_sd": "2",
    "lower": "lower 95% limit",
}
"""Names and conventions that are written with figures; templates hold none."""

_SEVERITIES = ("block", "warning", "information")


def context(trial: Trial) -> dict[str, Any]:
    """Every object that the templates may print, by name."""
    content = trial.plan.content
    name = Path(trial.plan.name).name  # a document does not tell where on a machine its plan lay
    views = [_view(trial, endpoint) for endpoint in trial.endpoints]
    discounted, read = by_discount(trial), by_reading(trial)
    found = assured(trial)
    return {
        "trial": content.trial,
        "estimand": content.estimand,
        "target": content.target_difference,
        "note": content.evidence.note,
        "answers": content.evidence.answers,
        "own_words": _own_words(trial),
        "table": trial.table,
        "rows": _outcomes(trial),
        "control_belief": control_belief(trial),
        "control_source": _source(trial, "control"),
        "assured": found,
        "alternatives": alternatives(trial, found),
        "break_evens": break_evens(trial),
        "randomised": trial.randomised,
        "planned_difference": _planned_difference(trial),
        "bridged_toward": _bridged_toward(trial),
        "findings": {severity: _findings(trial, severity) for severity in _SEVERITIES},
        "blocking": _findings(trial, _SEVERITIES[0]),
        "blocked": list(dict.fromkeys(one.id for one in trial.findings if one.severity == _SEVERITIES[0])),
        "primary": next(view for view in views if view.section.role == "primary"),
        "secondary": [view for view in views if view.section.role == "secondary"],
        "safety": [view for view in views if view.section.role == "safety"],
        "arms": arms_of(trial, trial.answer),
        "discounts": content.scenarios.discounts,
        "controls": controls(trial),
        "by_test": by_test(trial),
        "by_discount": discounted,
        "by_reading": read,
        "range": spread([*discounted, *read]),
        "references": content.reference,
        "report": content.report,
        "looks": trial.answer.extra.get("looks", ()),
        "methods": _methods(views),
        "names": NAMES,
        "first": 0,
        "command": f"trialplan protocol {name}",
        "evidence_name": content.evidence.table,
        "evidence_digest": _digest(_evidence_text(trial)),
        "plan": trial.plan,
        "plan_name": name,
        "digest": _digest(trial.plan.text),
        "fence": fence(trial.plan.text),
        "version": trialplan.__version__,
    }


def _evidence_text(trial: Trial) -> str:
    """The text of the evidence file, for its digest."""
    return read_text(locate(trial.plan.content.evidence.table, "evidence.toml", trial.plan.folder))


def _own_words(trial: Trial) -> list[tuple[str, str]]:
    """What the transcriber adds to the table, with its source: by study, and by outcome."""
    found: list[tuple[str, str | None]] = []
    for study in trial.table.studies:
        found.append((study.key, study.note))
        found += [(f"{study.key}, {outcome.label}", outcome.note) for outcome in study.outcomes]
    return [(where, note) for where, note in found if note]


def _source(trial: Trial, name: str) -> str:
    return next((one.source for one in trial.primary.assumptions if one.name == name), "")


def _bridged_toward(trial: Trial) -> float | None:
    """The control rate, or the null rate of a single arm."""
    values = {one.name: one.value for one in trial.primary.assumptions}
    return values.get("control", values.get("null"))


def _planned_difference(trial: Trial) -> float | None:
    """Treatment minus control rate of the primary, where it has both."""
    values = {one.name: one.value for one in trial.primary.assumptions}
    treatment, control = values.get("treatment"), values.get("control")
    return None if treatment is None or control is None else treatment - control


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _methods(views: list[EndpointView]) -> list[str]:
    """Where the formulas of the endpoints are published, each source once."""
    return list(dict.fromkeys(view.design.reference for view in views if view.design is not None))


def fence(text: str) -> str:
    """Backticks that no line of the text can close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _view(trial: Trial, endpoint: Endpoint) -> EndpointView:
    design: Any = endpoint.design
    fixed = getattr(design, "design", design)
    return EndpointView(
        section=endpoint.section,
        design=design,
        goal=getattr(fixed, "goal", ""),
        two_sided=getattr(design, "sides", None) == 2,
        planned=fixed.assumptions() if fixed else {},
        by_name={one.name: one for one in endpoint.assumptions},
        assumptions=endpoint.assumptions,
        statement=endpoint.section.design or "descriptive",
        alone=_alone(trial, endpoint),
        shortfall=endpoint.shortfall,
        at_trial=_at_trial(trial, endpoint),
        spontaneous=_spontaneous(endpoint),
        other_test=_other_test(trial, endpoint, fixed),
    )


def _other_test(trial: Trial, endpoint: Endpoint, fixed: Any) -> OtherTest | None:
    test = endpoint.section.analysis_test
    if test is None or test == getattr(fixed, "test", None):
        return None
    design = fixed.replace(test=test)
    n = int(design.sample_size(endpoint.section.power).n)
    return OtherTest(n=n, power=float(design.power(int(trial.answer.n))))


def _spontaneous(endpoint: Endpoint) -> SpontaneousFall | None:
    """What selection for a high value does to the outcome by itself."""
    said = endpoint.section.selection
    if said is None:
        return None
    return regression_to_the_mean(said.threshold, said.typical, said.between_sd, said.within_sd)


def _alone(trial: Trial, endpoint: Endpoint) -> Alone | None:
    answer = endpoint.answer
    if answer is None or endpoint.design is None:
        return None
    loss = endpoint.section.dropout
    more = None if loss is None else int(enrolled(endpoint.design, answer.arms, loss)["n"])
    return Alone(n=int(answer.n), arms=arms_of(trial, answer), power=float(answer.power), enrolled=more)


def _at_trial(trial: Trial, endpoint: Endpoint) -> AtTrial | None:
    """Power with the participants that are expected to be observed; an adverse event is seen in the treatment arm."""
    n, design = int(trial.answer.n), endpoint.design
    if isinstance(design, AdverseEvent):
        exposed = float(trial.answer.arms["treatment"])
        return AtTrial(n=n, observed=exposed, power=float(design.attained(exposed)), detectable=None)
    if not isinstance(design, Design):
        return None
    observed = n * (1 - (endpoint.section.dropout or 0.0))
    if not design.smooth:  # an exact test is defined for whole blocks only
        observed = max(1, observed // design.block) * design.block
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
