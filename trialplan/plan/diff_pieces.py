"""What a plan's n rests on, piece by piece: the pieces in which two plans differ, and plans made of either's pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.catalogue import design as design_named
from trialplan.design import Sized
from trialplan.parameter import parameters
from trialplan.plan.building import Endpoint
from trialplan.plan.monitoring import RULE, Monitoring
from trialplan.plan.reading import Plan
from trialplan.plan.schema import ArmsSection, AssumptionSection, Borrowed, BridgeSection, EndpointSection

NUMBER, EVIDENCE, BRIDGE, MONITORING = "number", "evidence", "bridge", "monitoring"
DESIGN, POWER, ALLOCATION, LOSSES, TABLE = "design", "power", "allocation", "losses", "evidence table"
ARMS = "arms"
_OF_EVERY_DESIGN = ("alpha", "sides")
"""Numbers whose default follows from the goal alone."""

Key = tuple[str, str]
"""A kind of piece, and the design's number, or the key of [monitoring], that it belongs to; else ""."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with its primary sized."""

    plan: Plan
    endpoint: Endpoint

    @property
    def section(self) -> EndpointSection:
        """The primary endpoint as it is written."""
        return self.endpoint.section

    @property
    def design(self) -> Sized:
        """The primary's design, without looks."""
        assert self.endpoint.design is not None  # a primary without a design has been refused
        return self.endpoint.design.fixed


def contents(planned: Planned, split: frozenset[str]) -> dict[Key, Any]:
    """The pieces of one plan; a drawn number in `split` is two, its evidence and its bridge."""
    content, section = planned.plan.content, planned.section
    found: dict[Key, Any] = {
        (DESIGN, ""): section.design,
        (POWER, ""): section.power,
        (ALLOCATION, ""): content.trial.allocation,
        (ARMS, ""): content.arms,
        (LOSSES, ""): (section.missing, section.dropout, section.dropout_source),
        (TABLE, ""): _anchored(content.evidence.table, planned.plan),
    }
    found |= {(MONITORING, name): getattr(content.monitoring, name, None) or None for name in RULE}
    for name, one in section.assumptions.items():
        if name in split:
            found |= {(EVIDENCE, name): one.evidence, (BRIDGE, name): one.bridge}
        else:
            found[NUMBER, name] = _at_home(one, planned.plan)
    return found | {(NUMBER, name): value for name, value in section.settings.items()}


def assembled(base: Plan, pieces: Mapping[Key, Any]) -> Plan:
    """The plan `base`, of which only the primary is kept, with these pieces in place of its own."""
    content = base.content
    primary = next(one for one in content.endpoint if one.role == "primary")
    looks = {name: value for (kind, name), value in pieces.items() if kind == MONITORING and value is not None}
    changes = {
        "endpoint": (primary.model_copy(update=_endpoint(pieces)),),
        "trial": content.trial.model_copy(update={"allocation": pieces[ALLOCATION, ""]}),
        "evidence": content.evidence.model_copy(update={"table": pieces[TABLE, ""]}),
        "arms": pieces[ARMS, ""],
        "monitoring": Monitoring(**looks) if looks else None,
    }
    return dataclasses.replace(base, content=content.model_copy(update=changes))


def _endpoint(pieces: Mapping[Key, Any]) -> dict[str, Any]:
    """What the pieces say of the primary endpoint."""
    drawn: dict[str, dict[str, Any]] = {}
    for (kind, name), value in pieces.items():
        if kind in (EVIDENCE, BRIDGE):
            drawn.setdefault(name, {})[kind] = value
    numbers = {name: value for (kind, name), value in pieces.items() if kind == NUMBER and value is not None}
    assumptions = {name: one for name, one in numbers.items() if isinstance(one, AssumptionSection)}
    missing, dropout, source = pieces[LOSSES, ""]
    return {
        "design": pieces[DESIGN, ""],
        "power": pieces[POWER, ""],
        "settings": {name: one for name, one in numbers.items() if name not in assumptions},
        "assumptions": assumptions | {name: AssumptionSection(**parts) for name, parts in drawn.items()},
        "missing": missing,
        "dropout": dropout,
        "dropout_source": source,
        "analysis_test": None,
    }


def changed(a: Planned, b: Planned) -> Iterator[tuple[tuple[Key, Any, Any], ...]]:
    """(key, in a, in b) of the pieces in which the plans differ; pieces that only make sense together are one tuple.

    A number that only one of two designs has belongs to the change of design.
    """
    split = both_drawn(a, b)
    in_a, in_b = contents(a, split), contents(b, split)
    keys = list(dict.fromkeys([*in_a, *in_b]))
    differing = [(key, in_a.get(key), in_b.get(key)) for key in keys if not _same(key, in_a, in_b, (a, b))]
    bound = [one for one in differing if _bound_to_design(one[0], a, b)]
    if bound:
        yield tuple(bound)
    # several treatments and looks make one rule together, which may be none without either
    several = any(one[0][0] == ARMS for one in differing)
    looks = [one for one in differing if one[0][0] in (MONITORING, ARMS)]
    together = several or None in (a.plan.content.monitoring, b.plan.content.monitoring)
    if looks and together:
        yield tuple(looks)
    for one in differing:
        if one not in bound and not (together and one in looks):
            yield (one,)


def both_drawn(a: Planned, b: Planned) -> frozenset[str]:
    """The numbers that both plans draw from their evidence: of these, evidence and bridge are told apart."""
    in_a, in_b = (
        {name for name, said in section.assumptions.items() if said.evidence and name not in section.settings}
        for section in (a.section, b.section)
    )
    return frozenset(in_a & in_b)


def _rule_of(arms: ArmsSection | None) -> dict[str, Any] | None:
    """How many treatments there are and how they are compared, whatever they are called and why."""
    if arms is None:
        return None
    return arms.model_dump(exclude={"names", "source", "why"}) | {"treatments": len(arms.names)}


def _bound_to_design(key: Key, a: Planned, b: Planned) -> bool:
    if a.section.design == b.section.design:
        return False
    known = [parameters(design_named(one.section.design or "")) for one in (a, b)]
    return key[0] == DESIGN or (key[0] != MONITORING and bool(key[1]) and not all(key[1] in one for one in known))


def _same(key: Key, in_a: Mapping[Key, Any], in_b: Mapping[Key, Any], plans: tuple[Planned, Planned]) -> bool:
    """Whether a piece says the same to the design, whatever words stand beside it."""
    kind, name = key
    one: Any = in_a.get(key)
    other: Any = in_b.get(key)
    if kind == TABLE:
        numbers = [assumption for one in plans for assumption in one.section.assumptions.values()]
        drawn = any(assumption.evidence or assumption.effect for assumption in numbers)
        return not drawn or plans[0].plan.table(one).studies == plans[1].plan.table(other).studies
    if kind == ARMS:
        return bool(_rule_of(one) == _rule_of(other))
    if kind == LOSSES:
        return bool(one[:2] == other[:2])
    if kind == BRIDGE:
        return bool(_numbers_of(one) == _numbers_of(other))
    if kind == NUMBER:
        first, second = (_bare(value, plan) for value, plan in zip((one, other), plans, strict=True))
        return bool(first == second) or (None in (first, second) and _by_default(name, plans))
    return bool(one == other)


def _by_default(name: str, plans: tuple[Planned, Planned]) -> bool:
    """Whether a number that one plan leaves unsaid is filled in as the other plan states it."""
    first, second = (one.design for one in plans)
    alike = first.goal == second.goal and (type(first) is type(second) or name in _OF_EVERY_DESIGN)
    return alike and bool(first.assumptions().get(name) == second.assumptions().get(name))


def _bare(value: Any, planned: Planned) -> Any:
    """A number without its words."""
    if not isinstance(value, AssumptionSection):
        return tuple(value) if isinstance(value, list) else value
    if value.belief is not None:
        table = planned.plan.table(value.belief.table)
        return value.belief.model_dump(exclude={"why", "accept", "table"}), table.studies
    if value.experts is not None:
        return value.experts.model_dump(exclude={"source", "question"})
    if value.effect is not None:
        return value.effect.model_dump(exclude={"source"}), planned.plan.table(
            planned.plan.content.evidence.table
        ).studies
    if value.evidence is not None:
        return value.evidence, _numbers_of(value.bridge)
    return value.value


def _numbers_of(bridge: BridgeSection | None) -> Any:
    """What moves the rate, without the words beside it."""
    if bridge is None:
        return None
    first, second = bridge.no_concurrent_control, bridge.no_blinding
    controls = first and first.controls and first.controls.model_dump(exclude={"why", "accept"})
    terms = (
        first and (first.discount or 0.0, first.bias, controls),
        second and (second.preset, second.spread, second.bias),
    )
    return bridge.discount or 0.0, bridge.lower_limit, bridge.bias, terms


def _anchored(table: str, plan: Plan) -> str:
    """A table's name that means the same in whatever folder it is read from."""
    path = plan.folder / table
    return str(path.resolve()) if path.is_file() else table


def _at_home(one: AssumptionSection, plan: Plan) -> AssumptionSection:
    if one.belief is None:
        return one
    borrowed: Borrowed = one.belief.model_copy(update={"table": _anchored(one.belief.table, plan)})
    return one.model_copy(update={"belief": borrowed})
