"""How a changed piece of a plan is told: what it is, what it was, and what it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.plan import diff_pieces as pieces
from trialplan.plan.assumptions import Assumption
from trialplan.plan.borrowing import Borrowing
from trialplan.plan.diff_pieces import Key, Planned
from trialplan.plan.schema import ArmsSection
from trialplan.text import listed, percent, plural


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One changed assumption: its name, its value in either plan, and the clause that follows "because", if any."""

    assumption: str
    before: str
    after: str
    words: str


def clause(piece: tuple[Key, Any, Any], a: Planned, b: Planned) -> Clause:
    """The change of one piece, in words."""
    (kind, name), before, after = piece
    if kind == pieces.NUMBER:
        return _number(name, a, b)
    if kind in (pieces.EVIDENCE, pieces.BRIDGE):
        return _drawn(kind, name, a, b)
    if kind == pieces.MONITORING:
        was, now = (shown(value) if value is not None else "none" for value in (before, after))
        return Clause(assumption=name, before=was, after=now, words=_instead(_MONITORED[name], was, now))
    say, show = _PLAIN[kind]
    was, now = show(before), show(after)
    if kind == pieces.TABLE:
        was, now = (one.plan.content.evidence.table for one in (a, b))
    return Clause(assumption=kind, before=was, after=now, words=_instead(say, was, now))


def shown(value: Any, unit: str = "") -> str:
    """A number as a person reads it, a proportion as a percentage."""
    if isinstance(value, (tuple, list)):
        return ", ".join(shown(one, unit) for one in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "not stated" if value is None else str(value)
    return percent(value) if unit == "proportion" else f"{value:.4g}"


def _instead(say: str, was: str, now: str) -> str:
    return f"{say.format(now)} instead of {was}"


def _number(name: str, a: Planned, b: Planned) -> Clause:
    first, second = (_assumption(name, one) for one in (a, b))
    (was, short), (now, shorter) = (_valued(name, one) for one in (a, b))
    known = {**b.design.declarations(), **a.design.declarations()}
    say = known[name].clause(b.design.assumptions().get(name)) if first or second else f"{name} is"
    if first and second and first.borrowed and second.borrowed:
        arms, others = _arms(first.borrowed), _arms(second.borrowed)
        trusted = f"with {_strength(second.borrowed)}, not {_strength(first.borrowed)}"
        otherwise = trusted if arms == others else f"from {others} instead of {arms}"
        words = f"{say} {shorter} instead of {short}, borrowed {otherwise}"
    elif not all(name in one.design.declarations() for one in (a, b)):
        words = ""  # the change of design tells it
    else:
        words = f"{say} {shorter}{_briefly(second, first)} instead of {short}{_briefly(first, second)}"
    return Clause(assumption=name, before=was, after=now, words=words)


def _assumption(name: str, planned: Planned) -> Assumption | None:
    return next((one for one in planned.endpoint.assumptions if one.name == name), None)


def _valued(name: str, planned: Planned) -> tuple[str, str]:
    """The value that a plan gives a number with how it comes by it, and the value alone."""
    declared = planned.design.declarations().get(name)
    if declared is None:
        return ("no number of that design",) * 2
    value = shown(planned.design.assumptions().get(name), declared.unit)
    return value + _origin(_assumption(name, planned)), value


def _origin(one: Assumption | None) -> str:
    if one is None:
        return ""
    if one.borrowed is not None:
        return f" (borrowed from {_arms(one.borrowed)}, {_strength(one.borrowed)})"
    if one.reading is not None:
        return f" (from {one.reading.label}{f', {one.bridge.words}' if one.bridge else ''})"
    return ""


def _briefly(one: Assumption | None, beside: Assumption | None) -> str:
    """Where a number comes from, in a few words; of a stated one only beside one that is not."""
    if one is None or not any(other and (other.borrowed or other.reading) for other in (one, beside)):
        return ""
    if one.borrowed is not None:
        return f" (borrowed from {plural(len(one.borrowed.readings), 'arm')})"
    return " (stated)" if one.reading is None else f" (from {one.reading.label})"


def _arms(borrowed: Borrowing) -> str:
    return ", ".join(f"{arm.study.key} {arm.events}/{arm.of}" for arm in borrowed.readings)


def _strength(borrowed: Borrowing) -> str:
    """How far the arms may differ from the new one."""
    robust = f" and {percent(borrowed.said.robust)} of the weight uniform" if borrowed.said.robust else ""
    return f"tau_scale {borrowed.said.tau_scale:g}{robust}"


def _drawn(kind: str, name: str, a: Planned, b: Planned) -> Clause:
    first, second = (one.endpoint.assumption(name) for one in (a, b))
    if kind == pieces.EVIDENCE:
        was, now = (one.reading.label if one.reading else "not stated" for one in (first, second))
        say = f"{_rate(name, b)} is drawn from {{}}"
        return Clause(assumption=f"{name}: evidence", before=was, after=now, words=_instead(say, was, now))
    was, now = (one.bridge.words if one.bridge else "no bridge" for one in (first, second))
    bridges = [one.bridge for one in (first, second)]
    if all(one is not None and one.by_discount and one.no_blinding is None for one in bridges):
        before, after = (percent(one.discount) for one in bridges if one is not None)
        words = f"{after} of the excess over the control rate is not believed instead of {before}"
    else:
        words = f"{_rate(name, b)} is bridged otherwise: {now} instead of {was}"
    return Clause(assumption=f"{name}: bridge", before=was, after=now, words=words)


def _rate(name: str, planned: Planned) -> str:
    """A drawn rate: of two that are compared by its arm, else by what the design calls it."""
    arms = zip(("treatment", "control"), planned.endpoint.rates or (), strict=False)
    arm = next((arm for arm, one in arms if one.name == name), None)
    return f"the {arm} rate" if arm else f"the {planned.endpoint.assumption(name).label}"


def _losses(said: tuple[str | None, float | None, str | None]) -> str:
    missing, dropout, _ = said
    if dropout is not None:
        return f"{percent(dropout)} left out"
    return f"counted as {missing}" if missing else "not stated"


def _compared(arms: ArmsSection | None) -> str:
    """How many treatments there are, and by what rule."""
    if arms is None:
        return "one treatment"
    rule = [
        f"{name} {shown(value)}" for name, value in (("rule", arms.rule), *(arms.model_extra or {}).items()) if value
    ]
    return listed([plural(len(arms.names), "treatment"), *rule])


_PLAIN: dict[str, tuple[str, Callable[[Any], str]]] = {
    pieces.DESIGN: ("the design, with numbers of its own, is {}", shown),
    pieces.POWER: ("power is {}", percent),
    pieces.ALLOCATION: ("allocation is {}", shown),
    pieces.ARMS: ("compared with the control are {}", _compared),
    pieces.LOSSES: ("missing outcomes are {}", _losses),
    pieces.TABLE: ("the evidence table is {}", shown),
}

_MONITORED = {
    "looks": "the looks are at {}",
    "efficacy": "the efficacy boundary is {}",
    "futility": "the futility boundary is {}",
    "binding": "that futility binds is {}",
    "efficacy_at": "the looks that may stop for efficacy are {}",
    "futility_at": "the looks that may stop for futility are {}",
}
