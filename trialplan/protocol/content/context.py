"""What a protocol says, computed: templates print these objects and calculate nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trialplan
from trialplan import evidence
from trialplan.design import Design
from trialplan.designs.adverse_event import AdverseEvent
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.evidence.regression import SpontaneousFall, regression_to_the_mean
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters
from trialplan.plan.building import Endpoint, Trial
from trialplan.protocol.content.alternatives import by_discount, by_reading, by_test, controls, drifted, spread
from trialplan.protocol.content.assurance_section import alternatives, assured, break_evens, control_belief
from trialplan.protocol.content.coverage import Coverage, judge
from trialplan.protocol.content.embedded_sources import EmbeddedSource, canonical, sources
from trialplan.protocol.content.interim_analyses import calendar, method, monitored
from trialplan.protocol.content.operating_characteristics import blind_spot, effects, operating, told_apart
from trialplan.protocol.content.pitfalls import by_section, met
from trialplan.protocol.content.type_one_error import level_kept
from trialplan.protocol.content.verification_section import verified
from trialplan.protocol.content.views import Alone, AtTrial, Detectable, EndpointView, FindingView, OtherTest, arms_of

NAMES = {
    "estimand": "ICH E9(R1)",
    "spirit": "SPIRIT 2025, item 16",
    "harmonised": "ICH M11",
    "harm_power": "80 %",
    "confidence": "95 %",
    "certainty": "95 % certainty of seeing one",
    "digest": "SHA-256",
    "logit_sd": "2",
    "lower": "lower 95 % limit",
    "endpoints_over_looks": "Hung, Wang & O’Neill 2007, J Biopharm Stat 17:1201",
}
"""Names and conventions that are written with figures; templates hold none."""

_SEVERITIES = ("block", "warning", "information")


STANDARDS = (
    "Chan AW et al. SPIRIT 2025 statement: updated guideline for protocols of randomised trials. BMJ 2025;389:e081477",
    "ICH M11, Clinical Electronic Structured Harmonised Protocol (CeSHarP): guideline, template and technical "
    "specification. Step 4, 19 November 2025",
    "ICH E9(R1), Estimands and sensitivity analysis in clinical trials: addendum to ICH E9",
    "Cook JA et al. DELTA² guidance on choosing the target difference and undertaking and reporting the sample size "
    "calculation for a randomised controlled trial. BMJ 2018;363:k3750",
)
"""The standards that the order, the estimand and the checklists follow."""


def context(trial: Trial) -> dict[str, Any]:
    """Every object that the templates may print, by name."""
    said = _said(trial)
    found = judge(said)
    return said | {
        "pitfalls": by_section(met(trial, said)),
        "coverage": found,
        "crosswalk": found.crosswalk(),
    }


def covered(trial: Trial) -> Coverage:
    """Which items of the standards the plan's protocol fills, and what the plan lacks for the others."""
    return judge(_said(trial))


def _said(trial: Trial) -> dict[str, Any]:
    """What the protocol says of the plan, its evidence and its number, before it is held against lists."""
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
        "own_words": _own_words(trial),
        "table": trial.table,
        "rows": _outcomes(trial),
        "control_belief": control_belief(trial),
        "control_source": _source(trial, "control"),
        "assured": found,
        "alternatives": alternatives(trial, found),
        "break_evens": break_evens(trial),
        "randomised": trial.randomised,
        **_conduct(trial),
        "endpoints": views,
        "ordered": _ordered(views),
        "several": len(_ordered(views)) > 1,
        "randomises": len(trial.answer.arms) > 1,
        "uncontrolled": any(one.id == "P01" for one in trial.findings),
        "blind_spot": blind_spot(trial),
        "effects": effects(trial.primary.design),
        "level_kept": level_kept(trial),
        "operating": operating(trial),
        "drifted": drifted(trial),
        "standards": STANDARDS,
        "planned_difference": _planned_difference(trial),
        "bridged_toward": _bridged_toward(trial),
        "findings": {severity: _findings(trial, severity) for severity in _SEVERITIES},
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
        "verified": verified(trial),
        "references": content.reference,
        "report": content.report,
        "monitored": monitored(trial),
        "calendar": calendar(trial),
        "looks": trial.answer.extra.get("looks", ()),
        "methods": _methods(views),
        "names": NAMES,
        "first": 0,
        "command": f"trialplan protocol {name}",
        "sources": sources(trial.plan),
        "plan": trial.plan,
        "plan_name": name,
        "plan_source": EmbeddedSource(name=name, text=canonical(trial.plan.text)),
        "version": trialplan.__version__,
    }


def _conduct(trial: Trial) -> dict[str, Any]:
    """How the trial is run, in the plan's words; each section is there, whether or not it says anything."""
    content = trial.plan.content
    return {
        "objectives": content.objectives,
        "population": content.population,
        "intervention": content.intervention,
        "blinding": content.blinding,
        "randomisation": content.randomisation,
        "follow_up": content.follow_up,
        "analysis": content.analysis,
        "safety_plan": content.safety,
        "oversight": content.oversight,
        "interim": content.oversight.interim or _looks_planned(trial),
        "interim_access": content.monitoring.reviewer if content.monitoring else content.oversight.interim,
    }


def _looks_planned(trial: Trial) -> str | None:
    """That there are looks, where the plan monitors and says no more about them."""
    monitoring = trial.plan.content.monitoring
    if monitoring is None:
        return None
    fractions = ", ".join(f"{100 * look:g} %" for look in monitoring.looks)
    return f"The primary endpoint is looked at with {fractions} of the information"


def _ordered(views: list[EndpointView]) -> list[str]:
    """The endpoints that are tested, in the order in which they are tested."""
    tested = [view for view in views if view.design is not None and view.section.role != "safety"]
    return [view.section.name for view in sorted(tested, key=lambda view: view.section.role != "primary")]


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


def _methods(views: list[EndpointView]) -> list[str]:
    """Where the formulas of the endpoints are published, each source once."""
    return list(dict.fromkeys(view.design.reference for view in views if view.design is not None))


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
        method="" if design is None else method(design),
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
        told = told_apart(trial, float(design.rate), endpoint.section.power)
        return AtTrial(n=n, observed=exposed, power=float(design.attained(exposed)), detectable=told)
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


def _findings(trial: Trial, severity: str) -> list[FindingView]:
    """Findings that mean the same told once, with each sight and its places."""
    told: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in trial.findings:
        if one.severity == severity:
            where = ", ".join(part for part in (one.study, one.outcome) if part)
            told.setdefault((one.id, one.means), {}).setdefault(one.seen, []).append(where)
    return [
        FindingView(
            id=id, means=means, sights=tuple((seen, tuple(filter(None, where))) for seen, where in sights.items())
        )
        for (id, means), sights in told.items()
    ]


def _outcomes(trial: Trial) -> list[dict[str, Any]]:
    """Every outcome of the table with its estimate, in the order of the table."""
    return [
        {"study": study, "outcome": outcome, "estimate": evidence.estimate(outcome)}
        for study in trial.table.studies
        for outcome in study.outcomes
    ]
