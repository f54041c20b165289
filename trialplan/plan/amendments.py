"""What a plan changes of an earlier version of itself: in the number, with the reasons, and in its words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan.errors import PlanError, TrialplanError
from trialplan.files import locate
from trialplan.plan.building import Trial, size_primary
from trialplan.plan.difference import Part, difference
from trialplan.plan.difference_page import sentence
from trialplan.plan.endpoint import Endpoint
from trialplan.plan.reading import FILE, Plan, read

_LONGEST = 200
"""Letters of a text that a table shows before and after; the plans hold all of it."""


@dataclass(frozen=True, kw_only=True)
class Reworded:
    """A place where the plans say other words or values: its dotted name, before and after; empty where nothing is."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Amendments:
    """Everything that changed from `earlier` on; `parts` share the change in n, `why` says where they cannot.

    `before` and `after` are those randomised; `loses` says whether either plan expects losses.
    """

    earlier: Plan
    name: str
    version: str
    before: int
    after: int
    told: str
    parts: tuple[Part, ...]
    loses: bool
    why: str
    words: tuple[Reworded, ...]


def earlier_plan(plan: Plan) -> Plan | None:
    """The version that a plan says it amends; None where it names none. Raises PlanError where that cannot be read."""
    name = plan.content.report.amends
    if name is None:
        return None
    try:
        found = read(str(locate(name, FILE, plan.folder, PlanError)))
    except TrialplanError as why:
        raise why.at(f"{plan.name}, [report]: amends", PlanError) from None
    if found.text == plan.text:
        reason = "amends names the plan itself; name an earlier version, or leave it out"
        raise PlanError(f"{plan.name}, [report]: {reason}")
    return dataclasses.replace(found, name=name)


def amendments(trial: Trial) -> Amendments | None:
    """What the plan of a trial changes; None where it amends nothing."""
    plan = trial.plan
    earlier = earlier_plan(plan)
    if earlier is None:
        return None
    parts: tuple[Part, ...] = ()
    told, why, loses = "", "", False
    try:
        # a document does not tell where on a machine its plan lay
        found = difference(earlier, dataclasses.replace(plan, name=Path(plan.name).name))
        parts, told, loses = found.parts, sentence(found), found.drops_out
    except TrialplanError as reason:
        why = reason.sentence
    return Amendments(
        earlier=earlier,
        name=earlier.name,
        version=earlier.content.trial.version,
        before=_randomised(size_primary(earlier)),
        after=trial.n_randomised,
        told=told,
        parts=parts,
        loses=loses,
        why=why,
        words=tuple(_reworded(earlier, plan)),
    )


def _randomised(primary: Endpoint) -> int:
    return sum(primary.arms_randomised.values())


def _reworded(earlier: Plan, plan: Plan) -> Iterator[Reworded]:
    """The places that differ, in the order of the plan; which plan is amended is none of them."""
    before, after = (_by_name(one.content.model_dump(mode="json", exclude={"report"})) for one in (earlier, plan))
    for place, a, b in _differing(before, after, ""):
        yield Reworded(place=place, before=_shown(a), after=_shown(b))


def _by_name(content: dict[str, Any]) -> dict[str, Any]:
    """Endpoints under their names, so that one that is added does not shift the others."""
    return content | {"endpoint": {one["name"]: one for one in content["endpoint"]}}


def _differing(a: Any, b: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        for name in dict.fromkeys([*a, *b]):
            yield from _differing(a.get(name), b.get(name), f"{where}.{name}" if where else str(name))
    elif a != b:
        yield where, a, b


def _shown(value: Any) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, dict):
        text = "; ".join(f"{name}: {_shown(one)}" for name, one in value.items() if one not in (None, [], {}))
    elif isinstance(value, list):
        text = "; ".join(map(_shown, value))
    else:
        text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"
