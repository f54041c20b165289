"""Assurance, its ceiling and the n for a target: what a trial of n participants will bring, given beliefs.

Assurance is the unconditional probability of success (O'Hagan, Stevens & Campbell 2005, Pharm Stat 4:187-201);
beside it stand its ceiling, the n for a target, and what else a reader of that n should know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from trialplan.analyses.assurance.joint_belief import NODES, Beliefs, Joint, joint
from trialplan.analyses.assurance.predictive_counts import Predictive, predictive, wrong_sign
from trialplan.belief import Belief
from trialplan.design import Design
from trialplan.design_facts import head
from trialplan.errors import ParameterError
from trialplan.fields import SINGLE_ARM
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import first_reached
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, EffectScale
from trialplan.page import Answer, Page
from trialplan.text import flag, listed

__all__ = ["Assurance", "Beliefs", "assess", "assurance", "events"]

_MOST_BLOCKS = 2**24
"""Allocation blocks up to which any n is searched: tens of millions of participants are no trial."""

_AFFORDABLE = 2000
"""Allocation blocks up to which the n of an exact test is searched."""

_CONFIDENCE = 0.95
"""Of the interval whose width is told: the usual one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Assurance(Answer):
    """The answers at one n, side by side; None where a design has no such answer.

    assurance: the probability of rejecting in the treatment's favour. enumerated: the same by enumerating the test over
    all pairs of counts, where two arms are counted. ceiling: what assurance tends to as n grows, the probability that
    the truth is favourable. n_for_target: the fewest participants whose assurance reaches `target`, and `reason` the
    sentence where none do. expected_power: the average of `power`, which counts rejections either way.
    power_if_favourable: assurance from favourable truths over the probability of those. power_at_means: the chance of
    success if every uncertain number were its expectation. wrong_sign: the probability that estimate and truth lie on
    different sides of the null; one on the null, which counts may be, lies on neither. precision: the expected width of
    the 95 % interval of the difference. smallest_significant: the observed effect nearest to the null that is
    significant, on the effect's own scale, at the means of what is believed. events: the probability of at least one
    event for each harm in the treatment arm. assurance_with_looks, wrong_sign_with_looks: the same of the trial with
    its looks, where the others are those of one without. others: the answers under other beliefs, each by a phrase.
    """

    n: int
    arms: Mapping[str, int]
    assurance: float
    enumerated: float | None
    ceiling: float
    target: float | None
    n_for_target: int | None
    reason: str | None
    expected_power: float
    power_if_favourable: float
    power_at_means: float
    wrong_sign: float
    precision: float | None
    smallest_significant: float | None
    events: Mapping[str, float]
    assurance_with_looks: float | None = None
    wrong_sign_with_looks: float | None = None
    others: tuple[tuple[str, Assurance], ...] = ()
    design: Design | None = None
    """The design as planned: what nothing is believed about is held fixed at its numbers."""
    believed: Mapping[str, str] = field(default_factory=dict)
    """What is believed of which of its numbers, in words."""

    def page(self) -> Page:
        """The answers at this n, and under other beliefs."""
        from trialplan.analyses.assurance.page import page

        return page(self)

    def as_json(self) -> dict[str, Any]:
        """The answers as plain data, without those under other beliefs."""
        own = asdict(replace(self, others=(), design=None, believed={})) | {"events": dict(self.events)}
        del own["design"]
        if self.design is None:
            return own
        return own | {
            "assumed": head(self.design),
            "believed": dict(self.believed),
            "held_fixed": list(self.held_fixed),
        }

    @property
    def scale(self) -> EffectScale:
        """What the observed effect is called, and its unit."""
        if self.design is None:
            return EffectScale(name="effect", short="effect")
        return self.design.fixed.outcome.effect_scale(self.design.fixed)

    @property
    def width_scale(self) -> EffectScale:
        """The same of the difference whose interval has the expected width: of rates it is one, whatever the scale."""
        return DIFFERENCE_OF_PROPORTIONS if self.scale.ratio else self.scale

    @property
    def held_fixed(self) -> tuple[str, ...]:
        """The numbers of the design, assumed of the world, that nothing is believed about: they count as known."""
        if self.design is None:
            return ()
        fixed = self.design.fixed
        declared = fixed.declarations()
        roles = {"effect", "comparator", "spread", "association"}
        if fixed.goal == SINGLE_ARM:  # what its one arm is held against is chosen, and not assumed
            roles.remove("comparator")
        return tuple(name for name in fixed.assumptions() if name not in self.believed and declared[name].role in roles)


@dataclass(frozen=True, kw_only=True)
class InBrief:
    """What is compared between beliefs: of an `Assurance`, the parts of these names."""

    assurance: float
    ceiling: float
    target: float
    n_for_target: int | None
    reason: str | None


def in_brief(design: Design, n: int, beliefs: Beliefs, target: float) -> InBrief:
    """Assurance at n, its ceiling and the n for a target, without what else `assess` tells."""
    design.check_n(n)
    over = joint(design, beliefs)
    here, top = over.average(_success(over, n)), over.average(over.favourable)
    found, reason = _found(over, _target(design, target), top, (n, here))
    return InBrief(assurance=here, ceiling=top, target=target, n_for_target=found, reason=reason)


def assurance(design: Design, n: int, beliefs: Beliefs, nodes: int | None = None) -> float:
    """The probability that a trial of n participants rejects in the treatment's favour, averaged over the beliefs.

    `beliefs` maps fields of the design to beliefs, in order: the control first, then the treatment, either on
    its own or as a function of the control, `lambda control: …`. A significant harm is no success.

    >>> from trialplan import TwoProportions
    >>> from trialplan.belief import Beta
    >>> deng = {"control": Beta(5.5, 1.5), "treatment": Beta(9.5, 3.5)}
    >>> round(assurance(TwoProportions(control=0.8, treatment=0.9), 88, deng), 3)
    0.13
    """
    design.check_n(n)
    return _assurance(joint(design, beliefs, nodes), n)


def events(design: Design, n: int, harms: Mapping[str, float | Belief]) -> dict[str, float]:
    """The probability of seeing at least one event of each harm in the treatment arm; a rate may be a belief.

    1 − (1 − rate)^n; no event in n leaves a rate of about 3/n possible (Hanley & Lippman-Hand 1983, JAMA 249:1743).
    """
    treated = next(iter(design.arms(n).values()))
    return {name: _at_least_one(name, rate, treated) for name, rate in harms.items()}


def assess(
    design: Design,
    n: int,
    beliefs: Beliefs,
    *,
    target: float | None = 0.8,
    harms: Mapping[str, float | Belief] | None = None,
    nodes: int | None = None,
) -> Assurance:
    """What a trial of n participants will bring under the beliefs; `target` None leaves the search for an n out."""
    design.check_n(n)
    over = joint(design, beliefs, nodes)
    tables, top = predictive(over, n), over.average(over.favourable)
    success, at_means = _success(over, n), over.at_means()
    here = over.average(success)
    found, reason = (None, None) if target is None else _found(over, _target(design, target), top, (n, here))
    return Assurance(
        n=n,
        arms=design.arms(n),
        assurance=here,
        enumerated=None if tables is None else tables.success,
        ceiling=top,
        target=target,
        n_for_target=found,
        reason=reason,
        expected_power=over.average(over.base.power_under(n, over.design)),
        power_if_favourable=over.average(success * over.favourable) / top if top else math.nan,
        power_at_means=float(at_means.success(n)),
        wrong_sign=_wrong_sign(over, n) if tables is None else tables.wrong_sign,
        precision=_precision(over, n, tables),
        smallest_significant=at_means.outcome.smallest_significant(at_means.fixed, n),
        events=events(design, n, harms or {}),
        design=design,
        believed={name: _in_words(name, belief, over) for name, belief in beliefs.items()},
    )


def with_looks(design: Design, n: int, beliefs: Beliefs) -> tuple[float | None, float | None]:
    """Assurance and the wrong sign of a trial with its looks; None where several are tested together."""
    if design.fixed.members:
        return None, None
    over = joint(design, beliefs)
    return over.average(_success(over, n)), _wrong_sign(over, n)


def _wrong_sign(over: Joint, n: int) -> float:
    """By the counts of one arm, where nobody looks at them early; else as the design has it at each truth."""
    counted = None if over.base.looks else wrong_sign(over, n)
    return over.average(over.base.wrong_side(n, over.design)) if counted is None else counted


def _in_words(name: str, belief: Any, over: Joint) -> str:
    """A belief as a page prints it: by its mean and the 95 % that it holds, and on what it depends."""
    mean = f"mean {over.mean(name):.3g}, {100 * _CONFIDENCE:g} % within"
    if isinstance(belief, Belief):
        low, high = belief.interval(_CONFIDENCE)
        return f"{mean} {low:.3g} to {high:.3g}"
    low, high = _held(over, name)  # between nodes, which tell two digits
    earlier = list(over.points)[: list(over.points).index(name)]
    given = f", given {listed(map(flag, earlier))}" if earlier else ""
    return f"{mean} {low:.2g} to {high:.2g}{given}"


def _held(over: Joint, name: str) -> tuple[float, float]:
    """The interval of one number over all nodes, by its distribution function between them.

    At a node that is the mass before it and half of its own (Parzen 2004, Statistical Science 19:652).
    """
    values = np.broadcast_to(over.points[name], over.weight.shape).ravel()
    points, place = np.unique(values, return_inverse=True)
    weight = np.bincount(place, over.weight.ravel())
    tail = (1 - _CONFIDENCE) / 2
    # on the normal scale, on which nodes lie evenly and the function is nearly straight
    score = special.ndtri(np.clip(np.cumsum(weight) - weight / 2, 0.0, 1.0))
    low, high = np.interp(special.ndtri((tail, 1 - tail)), score, points)
    return float(low), float(high)


def _success(over: Joint, n: int) -> Any:
    """The probability of rejecting in the treatment's favour at each node, in one call of the design."""
    return np.broadcast_to(over.base.success_under(n, over.design), over.weight.shape)


def _assurance(over: Joint, n: int) -> float:
    """By the design's formula; an exact test is enumerated over its counts once, not once for each node."""
    tables = predictive(over, n) if over.base.exact else None
    return over.average(_success(over, n)) if tables is None else tables.success


def _target(design: Design, target: float) -> float:
    if not 0 < target < 1:
        reason = f"target assurance must lie in (0, 1), not {target:g}"
        raise ParameterError(reason, owner=design, value=target, way_out="write 80 % as 0.8")
    return target


def _found(over: Joint, target: float, top: float, known: tuple[int, float]) -> tuple[int | None, str | None]:
    """The n for the target in whole blocks, or the sentence that says why there is none; one n is `known` with its own.

    Assurance is taken to grow with n, which it does wherever it exceeds the level of the test.
    """
    if target >= top:
        return None, f"no number of participants reaches assurance {target:g}: it cannot exceed {top:.3f}"
    if over.base.only_n is not None:
        n, there = known
        reason = f"the numbers of {over.base.slug()} fix n at {n:,}, where assurance is {there:.3f}"
        return (n, None) if there >= target else (None, reason)
    block, exact = int(over.base.step), over.base.exact
    most = _AFFORDABLE if exact and predictive(over, block) is not None else _MOST_BLOCKS

    def short(blocks: int) -> float:
        return _assurance(over, blocks * block) - target

    # an exact test is counted, which takes the longer the more there are: few first
    start = 1 if exact else max(1, known[0] // block)
    begins = known[1] - target if start * block == known[0] and not exact else short(start)
    found = first_reached(short, start, begins, most)
    if found is None:
        return None, f"more than {most * block} participants are needed for assurance {target:g}"
    return found * block, None


def _precision(over: Joint, n: int, tables: Predictive | None) -> float | None:
    """The expected width of the 95 % interval: over all counts, or at the true values where these are too many."""
    if tables is not None:
        widths = over.base.outcome.observed_width(tables.counts, tables.sizes, _CONFIDENCE)
        return None if widths is None else tables.average(widths)
    width = None if over.base.members else over.base.outcome.expected_width(over.design, n, _CONFIDENCE)
    return None if width is None else over.average(width)


def _at_least_one(name: str, rate: float | Belief, n: int) -> float:
    if isinstance(rate, Belief):
        values, weights = rate.nodes(NODES)
        return float((weights * -np.expm1(n * np.log1p(-values))).sum())
    if not 0 <= rate <= 1:
        raise ParameterError(f"the rate of {name} must lie in [0, 1], not {rate:g}; write 5 % as 0.05")
    return 1 - (1 - rate) ** n
