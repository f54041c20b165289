"""How the fewest participants are found, for any design: smooth, saw-toothed, alone or in a grid.

The functions ask a design for its `success`, for a rejection against the treatment is none, and know little else of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from trialplan.answers import Later, SampleSize
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.elementary import (
    between,
    ceil,
    every,
    floor,
    greatest,
    is_scalar,
    isfinite,
    normal_quantile,
    some,
    where,
)
from trialplan.numerics.lazy import np
from trialplan.numerics.search import bracket, increasing_root
from trialplan.numerics.secant import chance_root
from trialplan.parameter import Numbers, parameters
from trialplan.progress import tell
from trialplan.text import spoken

if TYPE_CHECKING:
    from trialplan.design import Design, Sized

LARGEST = 1e12
"""More participants than there are people: an effect that asks for them is a slip of the pen."""

_BESIDE = 1e-9
"""Share of n by which a real-valued answer and the power that it is for may differ."""

_FINEST = 2.0**-20
"""Of a bounded domain, the last step before its end: a ratio of a millionth is further than any trial goes."""

_SHARES = (*(step / 16 for step in range(1, 16)), *(1 - 2.0**-halved for halved in range(5, 21)), 1.0)
"""Shares of a bounded domain at which it is looked whether an effect is large enough."""

_ROUNDING = 2.0**-49
"""Share of an effect by which its distance from a limit may be off: a few of the last binary digits."""

_GOLDEN, _SECTIONS = (3 - 5**0.5) / 2, 20
"""Twenty sections leave 1/10,000 of the stretch; of the height of a hump, flat at its top, far less is missed."""


_FIRST_LOOK = 32.0
"""Allocation blocks at which a search for a real-valued n looks first."""

_FIRST_CHUNK, _LARGEST_CHUNK = 64, 4096
"""Blocks whose powers one call gives: at first, and at most, for its memory grows with them. Each call doubles them, so
that a small answer costs little and a large one few calls."""

_MOST_BLOCKS = 1_000_000
"""Allocation blocks up to which a search goes that is cheap: twice what the most that is asked of it needs."""

_TIMES, _BLOCKS = 4, 500
"""Of a dear search: so many times the blocks that cannot reach the target, or so many blocks, are searched. Tests need
half as much again as the least bound at most where it is large; what needs more never gets there, for rounding."""


def size_scalar(design: Design, target: float) -> SampleSize:
    """The answer for one set of numbers, or an UnreachableError that says why there is none."""
    if not design.reachable():
        raise design.unreachable()
    if design.only_n is not None:
        return _of_only_n(design, design.only_n, target)
    return _smooth(design, target) if design.smooth else _saw_tooth(design, target)


def attained(design: Sized, n: int) -> SampleSize:
    """The answer for n participants in all: no target was asked for, so there is none to round from."""
    design.check_stated(n)
    success = number(design.attained(n))
    if not math.isfinite(success):
        reason = f"what {n:,} participants attain cannot be computed: its numbers lie too far apart"
        raise UnreachableError(reason, owner=design, way_out="look again at the numbers")
    return SampleSize(
        design=design,
        target=math.nan,
        n=n,
        arms=design.arms(n),
        power=number(cast("Design", design).power(n)) if design.has_level else success,
        success=success,
        extra=design.details(n, success),
    )


def _of_only_n(design: Design, n: int, target: float) -> SampleSize:
    """The answer for the n that the design's own numbers fix, if it reaches the target."""
    answer = attained(design, n)
    if answer.success < target:
        reason = f"its own numbers fix n at {n:,}, where power is {answer.success:.4g}, below {target:g}"
        raise UnreachableError(reason, owner=design, way_out="ask for less, or change them")
    return dataclasses.replace(answer, target=target)


def unrounded_n(design: Design, target: Numbers, grain: float | None = None) -> Numbers:
    """The real-valued total n at which a smooth chance of success reaches target.

    With a `grain` a plain number is found only as far as it takes to tell between which multiples of it the n lies.
    """
    shape = design.shape(target)
    # a cell that no number can show never has more than the level, and would keep all the others waiting
    hopeful = (
        np.broadcast_to(np.logical_or(design.reachable(), np.less_equal(target, design.level)), shape)
        if shape
        else True
    )

    def chance(n: Any) -> Any:
        return where(hopeful, design.success(n), target)

    start = _filled(shape, _FIRST_LOOK * design.block) if shape else _first_look(design, target)
    total = where(hopeful, chance_root(chance, target, -design.z_alpha, start, grain), math.nan)
    lost = (total != total) & hopeful
    if not some(lost):
        return total

    def surplus(n: Any) -> Any:
        return where(lost, design.success(n) - target, 0.0)

    high = bracket(surplus, _filled(shape, 2.0 * design.block))
    return where(lost, increasing_root(surplus, _filled(shape, 1e-6), where(lost, high, math.inf)), total)


def _first_look(design: Design, target: Numbers) -> float:
    """Where a search for plain numbers begins: of a t statistic near its end (Guenther 1981, Am Stat 35:243)."""
    n = _FIRST_LOOK * design.block
    known = design.noncentral_t(n)
    away = 0.0 if known is None else float(known[0])
    if not 0 < away < math.inf:
        return n
    critical = float(design.z_alpha)
    times = (critical + float(normal_quantile(target))) / away
    near = n * times * times + critical * critical / 2  # a product may be infinite, where a power is an error
    return near if near < math.inf else n


def detectable_effect(design: Design, n: Numbers, target: Numbers) -> Numbers:
    """The smallest effect on the favourable side of the null that n participants show with power `target`."""
    null = design.null_values()
    if len(null) == 2:
        raise ParameterError("equivalence has no detectable effect", owner=design, way_out="ask for its power instead")
    shape, sign = design.shape(target, n), 1 if design.upward else -1
    unit = design.effect_unit()
    domain, start = design.effect_domain(), np.broadcast_to(null[0], shape) if shape else null[0]
    ends = domain.searched
    before, beyond = (ends.low, ends.high) if sign > 0 else (ends.high, ends.low)
    near = greatest(sign * (before - start) / unit, 0.0) + 1e-12  # just inside the ends of the domain
    far = greatest(sign * (beyond - start) / unit * (1 - 1e-12), near)

    def surplus(distance: Any) -> Any:
        inside = between(near, distance, far)
        return design.replace(**{design.effect: null[0] + sign * unit * inside}).success(n) - target

    if every(isfinite(far)):
        low, high = _first_reached(surplus, near, far)
    else:
        low, high = near, bracket(surplus, _filled(shape, 1e-3))
    return number(null[0] + sign * unit * increasing_root(surplus, low, high))


def _first_reached(surplus: Any, near: Any, far: Any) -> tuple[Any, Any]:
    """The stretch of a bounded domain in which the target is first reached; nan where it never is.

    Power need not rise all the way to the end: tests of logs lose it where a rate, or its events, are near 0, and what
    is left is a hump, often next to the end and narrower than a step. So steps grow finer towards the end, and where
    none reaches the target the hump is climbed between the neighbours of the highest one, by golden sections (Kiefer
    1953, Proc Am Math Soc 4:502).
    """
    low = high = math.nan + 0 * far
    left = peak = right = 0 * far
    top = left - math.inf

    def looked_at(share: Any, before: Any) -> Any:
        nonlocal low, high
        value = surplus(near + share * (far - near))
        reached = (high != high) & (value >= 0)
        low, high = where(reached, before, low), where(reached, share, high)
        return value

    for before, share, after in zip((0.0, *_SHARES[:-1]), _SHARES, (*_SHARES[1:], 1.0), strict=True):
        value = looked_at(share, before)
        if every(high == high):
            break
        higher = value > top
        left, peak, right = where(higher, before, left), where(higher, share, peak), where(higher, after, right)
        top = where(higher, value, top)
    for _ in range(_SECTIONS):
        if every((high == high) | (right - left <= _FINEST)):
            break
        upwards = right - peak > peak - left
        share = peak + _GOLDEN * where(upwards, right - peak, left - peak)
        value = looked_at(share, left)
        higher = value > top
        end = where(higher, peak, share)  # the lower of the two inner points is the new end on its own side
        left, right = where(higher == upwards, end, left), where(higher == upwards, right, end)
        peak, top = where(higher, share, peak), where(higher, value, top)
    return near + low * (far - near), near + high * (far - near)


def on_favourable_side(value: Any, null: tuple[Any, ...], upward: bool) -> Any:
    """Whether an effect can be shown: beyond the null on the favourable side, or between two limits.

    What lies beyond by no more than the rounding of a limit, as 0.28 beyond 0.3 - 0.02, lies on it.
    """
    rounding = _ROUNDING * abs(value)
    if len(null) == 2:
        return (value - null[0] > rounding) & (null[1] - value > rounding)
    return value - null[0] > rounding if upward else null[0] - value > rounding


def unreachable(design: Design, value: float, null: tuple[float, ...]) -> UnreachableError:
    """Why no n gives power at this effect."""
    of_plan = design.outcome.effect_scale(design).of_plan
    if of_plan and on_favourable_side(value, null, design.upward):  # the plan itself has nothing to show
        nothing = "taken together they do not favour the treatment" if design.directed else "no two of them differ"
        reason = f"no number of participants can show {of_plan}: {nothing}"
        return UnreachableError(reason, owner=design, value=value, way_out="look again at the planned numbers")
    favour = " in the treatment's favour" if design.margin is None and design.directed else ""
    what = f"{value:.10g} of {of_plan}" if of_plan else f"{spoken(design.effect)} = {value:.10g}"
    shown = f"no number of participants can show {what}{favour}"
    if len(null) == 2:
        reason = f"{shown}: it must lie between the limits {null[0]:.10g} and {null[1]:.10g}"
        return UnreachableError(reason, owner=design, value=value)
    side, other = ("above", "lower") if design.upward else ("below", "higher")
    limit = "null value" if design.margin is None else "limit"
    # on the other side of a superiority null, where a slip is likely
    may_be_a_slip = value != null[0] and "favourable" in parameters(type(design.fixed)) and design.margin is None
    turned = f"set {field('favourable')} to {other}"
    way_out = f"(are the arms swapped? if not, {turned})" if len(design.arm_names) > 1 else f"or {turned}"
    return UnreachableError(
        f"{shown}: {spoken(design.effect) if of_plan else 'it'} must lie {side} its {limit} {null[0]:.10g}",
        owner=design,
        value=value,
        way_out=way_out if may_be_a_slip else "",
    )


def number(value: Any) -> Any:
    """A float for a scalar; an array stays one."""
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if np.ndim(value) == 0 else value


def whole(value: Any) -> Any:
    """An int for a scalar, an array of ints for an array; one of floats where a cell has no answer."""
    if isinstance(value, (int, float)) or np.ndim(value) == 0:
        return round(float(value))
    return np.rint(value).astype(np.int64) if np.isfinite(value).all() else value


def _smooth(design: Design, target: Numbers) -> SampleSize:
    # the score of one t statistic is so nearly a line that the search may end once it tells whole blocks; that of
    # several criteria or tests has kinks, which the last steps do not foretell
    early = design.searched and design.noncentral_t(_FIRST_LOOK * design.block) is not None
    total = unrounded_n(design, target, design.block) if early else design.unrounded(target)
    if not total < LARGEST:  # nan too
        raise beyond_people(design, target)
    n = whole_blocks(design, total, target)
    success, power = design.success_and_power(n)
    if early and success < target:
        n = whole_blocks(design, design.unrounded(target), target)
        success, power = design.success_and_power(n)
    later = Later(partial(_arms_unrounded, design, target))
    return SampleSize(
        design=design,
        target=target,
        n=whole(n),
        arms=design.arms(n),
        arms_unrounded=cast("Any", later) if early else named_arms(design, total),
        power=number(power),
        success=number(success),
        extra=design.details(whole(n), target),
    )


def _arms_unrounded(design: Design, target: Numbers) -> dict[str, Any]:
    return {"arms_unrounded": named_arms(design, design.unrounded(target))}


def beyond_people(design: Design, target: Numbers) -> UnreachableError:
    """Why there is no answer where it would be more participants than there are people."""
    name = design.field("effect")
    where = "" if name is None else f" at {spoken(name)} = {design.effect_value():.10g}"
    reason = f"no number of participants up to {LARGEST:.0e} reaches power {target:g}{where}"
    # where time must pass the events that are seen may be as rare as the effect is small
    at = (
        "the effect, the level and how much is seen of a participant"
        if design.prolongs_by
        else "the effect and the level"
    )
    return UnreachableError(reason, owner=design, way_out=f"look again at {at}")


def _saw_tooth(design: Design, target: float) -> SampleSize:
    """The stable answer: the search goes on until it has covered twice the blocks that it gives.

    A design whose power is dear may name blocks that cannot reach the target (`blocks_lower_bound`, a proof,
    not a guess): they count as searched, with power 0. Such a design is also not asked beyond twice the answer.
    """
    skipped = design.blocks_lower_bound(target)
    powers: list[float] = [0.0] * skipped
    chunk = max(skipped // 2, _FIRST_CHUNK // 4) if skipped else _FIRST_CHUNK
    while len(powers) < 2 * (stable := _stable(powers, target)):
        end = 2 * stable if stable < math.inf else _furthest(skipped)
        tell("participants searched", len(powers) * design.block, int(end) * design.block if end < math.inf else None)
        if len(powers) >= _furthest(skipped):
            searched = len(powers) * design.block
            raise UnreachableError(
                f"no number of participants is known to reach power {target:.15g} and to keep it, among those "
                f"searched, up to {searched:,}",
                owner=design,
                way_out="ask for less power",
            )
        more = int(2 * stable) - len(powers) if skipped and stable < math.inf else chunk
        blocks = np.arange(len(powers) + 1, len(powers) + more + 1)
        powers.extend(np.atleast_1d(design.success_beside(blocks * design.block, target)).tolist())
        chunk = min(2 * chunk, _LARGEST_CHUNK)
    first = next(blocks for blocks, power in enumerate(powers, 1) if power >= target)
    n = int(stable) * design.block
    return SampleSize(
        design=design,
        target=target,
        n=n,
        arms=design.arms(n),
        power=number(design.power(n)),
        success=number(design.success(n)),
        first_n=first * design.block,
        searched_to=len(powers) * design.block,
        extra=design.details(n, target),
    )


def _furthest(skipped: int) -> float:
    """The blocks up to which a search goes: fewer where it is dear, and knows those that it need not look at."""
    return max(_TIMES * skipped, _BLOCKS) if skipped else _MOST_BLOCKS


def _stable(powers: list[float], target: float) -> float:
    """The blocks from which power never falls below target again; inf while the last ones are below it."""
    below = [blocks for blocks, power in enumerate(powers, 1) if power < target]
    last = below[-1] if below else 0
    return last + 1 if last < len(powers) else math.inf


def whole_blocks(design: Design, total: Numbers, target: Numbers) -> Any:
    """The fewest whole blocks, or clusters, that reach target, next to the real-valued answer."""
    step = design.step
    blocks = total / step
    whole_blocks = greatest(floor(blocks), 1.0)
    below = whole_blocks * step
    if not some(blocks - whole_blocks <= _BESIDE * blocks):  # safely between two whole numbers
        return below + step
    return where(design.success(below) >= target, below, below + step)


def by_normal_theory(design: Design, test: str, total: float) -> str:
    """The way out where an exact test is not searched so far: another, with its n, of which `total` is the real one."""
    if not total <= LARGEST:  # nan too
        return "look again at the effect and the level"
    return f"use {field('test')} {test}, which needs {math.ceil(total / design.block - _BESIDE) * design.block:,}"


def _filled(shape: tuple[int, ...], value: float) -> Any:
    """An array full of the value; the value itself for a scalar."""
    return np.full(shape, value) if shape else value


def named_arms(design: Sized, n: Numbers, kind: Callable[[Any], Any] = number) -> dict[str, Numbers]:
    """Each arm's share of n participants, by the arm's name."""
    return {name: kind(share) for name, share in zip(design.arm_names, design.split(n), strict=True)}


def whole_arms(design: Sized, n: Numbers) -> dict[str, Numbers]:
    """The arms of whole allocation blocks, for arrays; nan where there is no n."""
    if n.dtype.kind != "i":
        return named_arms(design, n, whole)
    blocks = n // design.block
    return {name: blocks * weight for name, weight in zip(design.arm_names, design.weights, strict=True)}


def stretch_of(values: Numbers, axis: int, cut: slice) -> Numbers:
    """What lies of a grid's values in a stretch along an axis, counted from the last; all that do not vary along it."""
    if np.ndim(values) < -axis or np.shape(values)[axis] == 1:
        return values
    return values[(..., cut, *(slice(None),) * (-axis - 1))]


def attainable(design: Sized, n: Numbers, asked: str) -> tuple[Numbers, Any]:
    """The participants, and why there are none where that is more than there are people, or an unknown number.

    A scalar without an answer raises; of a grid its cells are nan, each with the reason, and None says that all have n.
    """
    if every(n < LARGEST):  # not nan
        return n, None
    reason = f"no number of participants up to {LARGEST:.0e} gives {asked}"
    why = UnreachableError(reason, owner=design, way_out="ask for less, or look again at the numbers")
    if np.ndim(n) == 0:  # an array without axes is one number, too
        raise why
    beyond = ~(n < LARGEST)
    reasons = np.full(beyond.shape, None, dtype=object)
    reasons[beyond] = why.sentence
    return np.where(beyond, np.nan, n), reasons


def size_width(design: Sized, width: Numbers) -> SampleSize:
    """The fewest participants whose interval, `design.attained(n)`, is at most `width` wide."""

    def surplus(n: Any) -> Any:
        return width - design.attained(n)

    start = 1.0 * design.block + 0 * surplus(2.0 * design.block)  # of the shape of the answer
    total = increasing_root(surplus, start, bracket(surplus, 2 * start))
    total, reasons = attainable(design, total, f"an interval {width:g} wide" if is_scalar(width) else "the width")
    blocks = greatest(ceil(total / design.block - 1e-9), 1.0)
    # of a block and a hair the block alone may have no degree of freedom, and so no interval
    blocks = blocks + where(design.attained(blocks * design.block) == math.inf, 1.0, 0.0)
    n = whole(blocks * design.block)
    return SampleSize(
        design=design,
        target=width,
        n=n,
        arms=design.arms(n) if is_scalar(n) else whole_arms(design, n),
        arms_unrounded=named_arms(design, total),
        power=number(design.attained(n) if reasons is None else np.where(np.isnan(total), np.nan, design.attained(n))),
        reason=reasons,
        extra=design.details(n, width) if is_scalar(n) else {},
    )
