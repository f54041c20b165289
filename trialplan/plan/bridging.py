"""The bridge that a plan names for an uncontrolled rate, or the sentence that says what it must name."""

from __future__ import annotations

from trialplan.errors import ParameterError, PlanError
from trialplan.evidence.bias import ON_LOG_ODDS, PRESETS, UNREAD_SPREADS, Preset, preset
from trialplan.evidence.bridge import Bridge, Matched, NoBlinding, Observed
from trialplan.numerics.lazy import np, special
from trialplan.plan.borrowing import borrow
from trialplan.plan.reading import Plan
from trialplan.plan.schema import (
    Borrowed,
    BridgeSection,
    EndpointSection,
    NoBlindingSection,
    NoConcurrentControlSection,
)
from trialplan.text import listed_apart

_NODES = 256
"""Nodes over what one more matched arm may show: its log odds are then known to 1e-6."""


def bridge_of(said: BridgeSection | None, rate: Observed, section: EndpointSection, plan: Plan) -> Bridge:
    """The bridge of a rate: two terms, each with its reason, or one way that stands for both."""
    words = {} if said is None else said.model_dump(exclude_none=True, exclude={"source"})
    if said is None or not words:
        raise PlanError(
            f"{rate.label} was seen without a concurrent control and is not a treatment effect (P01); "
            "give bridge.discount, or say in bridge.acknowledge_uncontrolled why it is taken as it stands"
        )
    if said.no_concurrent_control is None and said.no_blinding is None:
        return _undivided(said, rate)
    alone = [way for way in ("discount", "lower_limit", "bias", "acknowledge_uncontrolled") if way in words]
    if alone:
        raise PlanError(
            f"bridge has both {alone[0]}, which stands for everything, and a term of its own; keep {alone[0]}, or put "
            "it under no_concurrent_control"
        )
    if said.source is not None:
        raise PlanError("bridge has source beside its two terms, each of which has its own; move it there")
    if said.no_concurrent_control is None or said.no_blinding is None:
        missing = "no_blinding" if said.no_blinding is None else "no_concurrent_control"
        raise PlanError(
            f"bridge tells its two terms apart, and {missing} is missing; give it, or say in {missing}.acknowledge why "
            "nothing is taken off for it"
        )
    return _in_two_terms(said.no_concurrent_control, said.no_blinding, section, plan)


def _undivided(said: BridgeSection, rate: Observed) -> Bridge:
    if said.discount == 0 and said.acknowledge_uncontrolled is None:
        raise PlanError(
            f"a discount of 0 takes {rate.label} as it stands (P01); say why in bridge.acknowledge_uncontrolled"
        )
    if said.source is None and said.acknowledge_uncontrolled is None:
        raise PlanError(f"the bridge of {rate.label} says no reason; add bridge.source")
    ways = [way for way in ("discount", "lower_limit", "bias", "acknowledge_uncontrolled") if getattr(said, way)]
    if len(ways) > 1:
        raise PlanError(f"bridge has both {ways[0]} and {ways[1]}; keep one")
    return Bridge(
        reason=_joined(said.acknowledge_uncontrolled, said.source),
        discount=said.discount or 0.0,
        confidence=said.lower_limit,
        bias_mean=said.bias.mean if said.bias else 0.0,
        bias_sd=said.bias.sd if said.bias else 0.0,
    )


def _joined(*reasons: str | None) -> str:
    """All the reasons that are given."""
    return "; ".join(filter(None, reasons))


def _in_two_terms(
    first: NoConcurrentControlSection, second: NoBlindingSection, section: EndpointSection, plan: Plan
) -> Bridge:
    way = _only_way("no_concurrent_control", first, ("discount", "bias", "controls", "acknowledge"))
    if first.discount == 0:
        raise PlanError("bridge.no_concurrent_control: a discount of 0 takes nothing off; say why in acknowledge")
    if first.source is None and way in ("discount", "bias"):
        raise PlanError(f"bridge.no_concurrent_control says no reason for its {way}; add source")
    controls = first.controls
    return Bridge(
        reason=_joined(first.acknowledge, controls.why if controls else None, first.source),
        discount=first.discount or 0.0,
        bias_mean=first.bias.mean if first.bias else 0.0,
        bias_sd=first.bias.sd if first.bias else 0.0,
        matched=None if controls is None else _matched(controls, section, plan),
        no_blinding=_no_blinding(second),
    )


def _only_way(name: str, said: NoConcurrentControlSection | NoBlindingSection, ways: tuple[str, ...]) -> str:
    given = [way for way in ways if getattr(said, way) is not None]
    if not given:
        raise PlanError(f"bridge.{name} says nothing; give one of {', '.join(ways)}")
    if len(given) > 1:
        raise PlanError(f"bridge.{name} has both {given[0]} and {given[1]}; keep one")
    return given[0]


def _matched(said: Borrowed, section: EndpointSection, plan: Plan) -> Matched:
    """The log odds of one more arm like those: mean and SD, by quadrature over their predictive belief."""
    borrowed = borrow(said, section, plan.table(said.table))
    rates, weights = borrowed.belief.nodes(_NODES)
    logit = special.logit(rates)
    mean = float((weights * logit).sum())
    sd = float(np.sqrt((weights * (logit - mean) ** 2).sum()))
    arms = listed_apart(f"{arm.study.called} {arm.events}/{arm.of}" for arm in borrowed.readings)
    return Matched(mean=mean, sd=sd, label=f"the matched control arms {arms}")


def _no_blinding(said: NoBlindingSection) -> NoBlinding:
    way = _only_way("no_blinding", said, ("preset", "bias", "acknowledge"))
    _none_without_preset(way, said)
    if way == "acknowledge":
        return NoBlinding(mean=0.0, sd=0.0, source=_joined(said.acknowledge, said.source), kind=said.outcome)
    if said.bias is not None:
        if said.source is None:
            raise PlanError("bridge.no_blinding says no reason for its bias; add source")
        return NoBlinding(mean=said.bias.mean, sd=said.bias.sd, source=said.source, kind=said.outcome)
    try:
        chosen = preset(said.preset or "")
    except ParameterError as why:
        raise PlanError(f"bridge.no_blinding: {why}") from None
    _check_kind(chosen, said)
    spread = chosen.spread if said.spread is None else said.spread
    if spread is None:
        low, high = UNREAD_SPREADS
        raise PlanError(
            f"bridge.no_blinding: how far the bias of {chosen.name} spreads between trials was not read in its source; "
            f"write spread = {low:g}, or {high:g} as MetaBLIND's"
        )
    cited = f"{chosen.effect}: {chosen.citation}" + (f"; {chosen.remark}" if chosen.remark else "")
    return NoBlinding(
        mean=chosen.mean or 0.0,
        sd=chosen.sd(spread),
        source=f"{cited}. {said.source}" if said.source else cited,
        preset=chosen,
        kind=said.outcome,
        although=said.although,
    )


def _none_without_preset(way: str, said: NoBlindingSection) -> None:
    """Refuse what is said of a preset where there is none, since it would move nothing."""
    unused = {
        "spread": "the SD of bias is of one trial already" if way == "bias" else "nothing is taken off",
        "although": "it says why a preset is taken on another kind of outcome",
    }
    for name, why in unused.items():
        if way != "preset" and getattr(said, name) is not None:
            raise PlanError(f"bridge.no_blinding has {name} beside {way}, where it says nothing: {why}; remove {name}")


def _check_kind(chosen: Preset, said: NoBlindingSection) -> None:
    """A preset is taken for the kind of outcome that it was seen on, or with a word."""
    if said.outcome is None:
        raise PlanError(
            f"bridge.no_blinding: {chosen.name} was seen on {chosen.seen_on}; say what kind of outcome the endpoint "
            'is: outcome = "objective", "subjective" or "patient-reported"'
        )
    if not chosen.suits(said.outcome) and said.although is None:
        fitting = [key for key in ON_LOG_ODDS if PRESETS[key].suits(said.outcome)]
        raise PlanError(
            f"bridge.no_blinding: {chosen.name} was seen on {chosen.seen_on}, and this outcome is {said.outcome}; take "
            f"one of {', '.join(fitting)}, or say in although why it applies"
        )
