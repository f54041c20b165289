"""Beliefs about several numbers of a design at once: the earlier ones first, then what depends on them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trialplan.analyses.scenarios.grid import variable
from trialplan.belief import Belief
from trialplan.design import Design
from trialplan.errors import ParameterError, did_you_mean
from trialplan.numerics.lazy import np
from trialplan.parameter import Interval
from trialplan.sizing import on_favourable_side
from trialplan.text import listed

Beliefs = Mapping[str, Belief | Callable[..., Belief]]
"""A belief for each uncertain field, in order; one that depends on earlier fields is a function of them, by name."""

NODES = 128
"""Nodes for each belief: errors of assurance are below 1e-8 up to a thousand participants, 1e-6 far beyond."""

_WITH_LOOKS, _COSTLY_NODES = 48, 24
"""Nodes for a trial with looks, each an integration over them, which errs by 1e-8; and for several endpoints or arms,
each one over their joint law, which errs by 1e-4."""


@dataclass(frozen=True, kw_only=True)
class Joint:
    """A design whose uncertain fields are arrays over the nodes of their beliefs, with the weight of each node.

    `base` is the design as planned; `favourable` says at which nodes the truth lies on the favourable side of the
    null.
    """

    base: Design
    design: Design = field(repr=False)
    points: Mapping[str, Any] = field(repr=False)
    weight: Any = field(repr=False)
    favourable: Any = field(repr=False)

    def average(self, values: Any) -> float:
        """The expectation of what takes these values at the nodes."""
        return float(np.sum(self.weight * values))

    def mean(self, name: str) -> float:
        """The expectation of one field; its planned value where nothing is believed about it."""
        return self.average(self.points[name]) if name in self.points else float(getattr(self.base.fixed, name))

    def at_means(self) -> Design:
        """The design with every uncertain field at its expectation."""
        return self.base.replace(**{name: self.mean(name) for name in self.points})


def joint(design: Design, beliefs: Beliefs, nodes: int | None = None) -> Joint:
    """The design over the nodes of the beliefs: each belief is asked after those before it.

    The effect comes last, so that its nodes can be laid on either side of the null's boundary; a plain belief
    about it is moved there, and an error says where that is not possible.
    """
    _check(design, beliefs)
    wrapped = _COSTLY_NODES if design.fixed.members else _WITH_LOOKS
    nodes = nodes or (wrapped if design.members else NODES)
    points: dict[str, Any] = {}
    weight = np.ones(())
    for name, belief in _ordered(design, beliefs):
        values, w = _nodes(design, name, belief, points, nodes)
        domain = design.declarations()[name].domain
        if isinstance(domain, Interval):  # a belief reaches nearer to its ends than arithmetic does
            values = np.clip(values, domain.carried.low, domain.carried.high)
        points = {earlier: value[..., None] for earlier, value in points.items()}
        points[name], weight = values, weight[..., None] * w
    weight = np.broadcast_to(weight, np.broadcast_shapes(weight.shape, *map(np.shape, points.values())))
    try:
        uncertain = design.replace(**points)
    except ParameterError as why:
        reason = f"what is believed reaches values that cannot be: {why.sentence}"
        way_out = "state a belief that stays within, or one about a number without such an end"
        raise ParameterError(reason, owner=design, way_out=way_out) from None
    null = tuple(np.asarray(bound) for bound in uncertain.null_values())
    favourable = on_favourable_side(np.asarray(uncertain.effect_value()), null, uncertain.upward)
    return Joint(base=design, design=uncertain, points=points, weight=weight, favourable=favourable)


def _nodes(design: Design, name: str, belief: Any, points: Mapping[str, Any], nodes: int) -> Any:
    """Values and weights of one belief, given the values of the fields before it."""
    found = belief(**points) if callable(belief) else belief
    if not isinstance(found, Belief):
        raise ParameterError(
            f"the belief about {name} given {', '.join(points)} must be a belief, not {_shown(found)}",
            owner=design,
            way_out="let the function return one of trialplan.belief",
        )
    boundary = design.replace(**points).null_values() if name == design.effect else ()
    if len(boundary) != 1:
        return found.nodes(nodes)
    shape = np.broadcast_shapes(*map(np.shape, points.values()))
    return found.nodes(nodes, np.broadcast_to(boundary[0], shape))


def _ordered(design: Design, beliefs: Beliefs) -> list[tuple[str, Any]]:
    """The beliefs with that about the effect last."""
    names, effect = list(beliefs), design.effect
    if effect not in names or names[-1] == effect:
        return list(beliefs.items())
    after = names[names.index(effect) + 1 :]
    dependent = [name for name in after if callable(beliefs[name])]
    if dependent:
        raise ParameterError(
            f"the belief about {effect} must come last, not before {dependent[0]}, which depends on it",
            owner=design,
            way_out=f"state {effect} given {dependent[0]} instead",
        )
    return [(name, beliefs[name]) for name in [*(one for one in names if one != effect), effect]]


def _check(design: Design, beliefs: Beliefs) -> None:
    known = {name: one for name, one in variable(design).items() if not one.choices}
    if not isinstance(beliefs, Mapping):
        raise ParameterError(
            f"beliefs must be given by the names of its numbers, not as {_shown(beliefs)}",
            owner=design,
            way_out=f"as in {{{next(iter(known))!r}: Beta(16, 14)}}",
        )
    if not beliefs:
        raise ParameterError("assurance needs a belief about at least one of its numbers", owner=design)
    for name in beliefs:
        if name not in known:
            nearest = did_you_mean(name, known)
            raise ParameterError(f"there is no number {name!r}", owner=design, value=name, way_out=nearest)
    earlier: list[str] = []
    for name, belief in _ordered(design, beliefs):
        if callable(belief):
            _check_function(design, name, belief, earlier)
        elif not isinstance(belief, Belief):
            held = [part for part, value in getattr(belief, "__dict__", {}).items() if isinstance(value, Belief)]
            way_out = f"it holds {listed(held)}: give one of them" if held else "trialplan.belief has them"
            raise ParameterError(
                f"the belief about {name} must be a belief, or a function of earlier numbers that gives one, not "
                f"{_shown(belief)}",
                owner=design,
                way_out=way_out,
            )
        earlier.append(name)


def _check_function(design: Design, name: str, function: Callable[..., Belief], earlier: Sequence[str]) -> None:
    """Raise unless the function can be asked for a belief, given the numbers before it by their names."""
    try:
        inspect.signature(function).bind(**dict.fromkeys(earlier))
    except TypeError:
        own = ", ".join(inspect.signature(function).parameters) or "none"
        takes = f"parameters called {', '.join(earlier)}" if earlier else "no parameter, for no belief stands before it"
        way_out = f"as in lambda {', '.join(earlier)}: …" if earlier else "state what it depends on first"
        raise ParameterError(
            f"the belief about {name} is a function and must have {takes}, not {own}", owner=design, way_out=way_out
        ) from None


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:60]}…"
