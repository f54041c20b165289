"""A look of one arm that is counted exactly: its responses held against the counts that stop the trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan.errors import ParameterError
from trialplan.numerics.binomial_limits import clopper_pearson_limits
from trialplan.numerics.distributions import beta_binomial_sf, binomial_sf
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.fields import rising
from trialplan.sequential.exact_group_sequential import ExactGroupSequential
from trialplan.sequential.exact_looks import ExactLooks, favourable_rate
from trialplan.sequential.interim.look import Look, Ordered
from trialplan.sequential.interim.observed_information import run_over
from trialplan.sequential.interim.verdict import GO_ON, verdict
from trialplan.text import number, p_value, percent, quoted


@dataclass(frozen=True, kw_only=True)
class SeenCounts:
    """Responses of participants, with the counts that stop the trial at the sizes that its looks really have."""

    responses: int
    size: int
    counts: ExactLooks

    planned: ClassVar[str] = "expected rate"
    observed: ClassVar[str] = "rate"

    def read(self, look: Look) -> str:
        """Nothing: the counts say it."""
        return ""

    def because(self, look: Look) -> str:
        """How many responded, and how many it would take."""
        up, data = look.design.upward, self.data(look)
        bounds = [("it rejects at", data["efficacy_count"], up), ("and is futile at", data["futility_count"], not up)]
        told = ", ".join(f"{words} {_or_none(count, way)}" for words, count, way in bounds if count is not None)
        return f"{self.responses:,} of {self.size:,} responded; {told or 'this look stops for nothing'}."

    def rows(self, look: Look) -> list[tuple[str, str]]:
        """The rate with its interval, and the counts that stop the trial."""
        rate, data, up = look.estimate, self.data(look), look.design.upward
        low, high = clopper_pearson_limits(rate, self.size, float(look.design.z_alpha))
        interval = f"{percent(low)} to {percent(high)}  (Clopper–Pearson, this look)"
        return [
            ("responses", f"{self.responses:,} of {self.size:,}"),
            ("rate", f"{percent(rate)}  (not adjusted for the looks)"),
            (f"{percent(look.confidence)} interval", interval),
            ("one-sided P, for this look alone", p_value(look.p)),
            ("rejects at", _or_none(data["efficacy_count"], up)),
            ("futile at", "" if look.final else _or_none(data["futility_count"], not up)),
        ]

    def rule(self, look: Look) -> list[tuple[str, str]]:
        """The participants of the looks."""
        return [("looks", f"{', '.join(map(number, self.counts.sizes))} participants  ({look.how_planned})")]

    def data(self, look: Look) -> dict[str, Any]:
        """The count, and those that stop the trial, as responses."""
        at = look.number - 1
        return {
            "responses": self.responses,
            "efficacy_count": self._responses(look, self.counts.reject[at]),
            "futility_count": None if look.final else self._responses(look, self.counts.futile[at]),
        }

    def _responses(self, look: Look, favourable: int | None) -> int | None:
        """A count of favourable responses as one of responses; None where none stops."""
        if favourable is None or favourable < 0:
            return None
        return favourable if look.design.upward else self.size - favourable


def decide_on_counts(
    design: ExactGroupSequential, n: int, look: int, seen: Sequence[tuple[int, int]], *, final: bool = False
) -> Look:
    """The look with these responses of participants; `seen` are those of this look, or of all so far.

    Where a look does not have the planned participants, the errors are spent again at those that are there. `n` are
    the participants that the trial is planned for.
    """
    planned = design.counts(n)
    if not 1 <= look <= len(planned.sizes):
        reason = f"must be one of the {len(planned.sizes)} planned, not {quoted(look)}"
        raise ParameterError(reason, parameter="look", value=look)
    for responses, of in seen:
        if not 0 <= responses <= of or of < 1:
            way_out = "write responders first, as in 9/30"
            raise ParameterError(f"are {responses} of {of} participants", parameter="events", way_out=way_out)
    sizes = [*planned.sizes[: look - len(seen)], *(of for _, of in seen)]
    if not rising(sizes):
        raise ParameterError(f"participants must increase from look to look, not {', '.join(map(str, sizes))}")
    final = final or look == len(planned.sizes)
    as_planned = tuple(sizes) == planned.sizes[:look] and final == (look == len(planned.sizes))
    counts = planned if as_planned else _again(design, n, sizes, final)
    responses, size = seen[-1]
    favourable = responses if design.upward else size - responses
    high, low = counts.reject[look - 1], counts.futile[look - 1]
    crossed = high is not None and favourable >= high
    decision = verdict(final=final, efficacy=crossed, futility=low is not None and favourable <= low)
    needed = (counts.sizes[-1] + 1 if counts.reject[-1] is None else counts.reject[-1]) - favourable
    left = counts.sizes[-1] - size
    rates = {"planned": design.rate(1.0), "trend": responses / size, "null": design.rate(0.0)}
    later = {name: float(binomial_sf(needed - 1, left, favourable_rate(design, rate))) for name, rate in rates.items()}
    null = favourable_rate(design, design.rate(0.0))
    return Look(
        design=design,
        number=look,
        n=n,
        size=size,
        final=final,
        again=not as_planned,
        verdict=decision,
        p=float(binomial_sf(favourable - 1, size, null)),
        estimate=responses / size,
        evidence=SeenCounts(responses=responses, size=size, counts=counts),
        conditional_power=None if final else later,
        # over a flat prior of the rate, updated by what is seen
        predictive_power=None
        if final
        else float(beta_binomial_sf(needed - 1, left, favourable + 1, size - favourable + 1)),
        ordered=None if decision == GO_ON else Ordered(p=_ordered_p(design, counts, look, favourable)),
    )


def _ordered_p(design: ExactGroupSequential, counts: ExactLooks, look: int, favourable: int) -> float:
    """The one-sided P value of a trial that ends here, ordered by stage (Jennison & Turnbull 2000, ch. 12)."""
    reject, futile = (*counts.reject[: look - 1], favourable), (*counts.futile[: look - 1], None)
    ended = dataclasses.replace(counts, sizes=counts.sizes[:look], reject=reject, futile=futile)
    return float(ended.chances(design.rate(0.0), obeyed=design.binding)[0].sum())


def _or_none(count: int | None, upward: bool) -> str:
    return "none" if count is None else f"{count:,} or {'more' if upward else 'fewer'}"


def _again(design: ExactGroupSequential, n: int, sizes: Sequence[int], final: bool) -> ExactLooks:
    """The errors spent again at the sizes so far, and at the planned looks that are still to come."""
    rule = design.normal.rule
    fixed = rule.futility is not None and not rule.futility.spends and len(rule.futility.named[1]) > 1
    if not rule.efficacy.by_function or fixed:
        reason = f"{design.futility if fixed else design.efficacy} is defined at the planned looks only"
        raise ParameterError(reason, way_out="plan with a spending function, such as lan-demets-obrien-fleming")
    over = [size for size in (sizes[:-1] if final else sizes) if size >= n]
    if over:
        raise run_over(f"{over[0]} of {n} participants")
    asked_at = design.looks if design.futility_at is None else design.futility_at
    flags = rule.efficacy.in_force, [look in asked_at for look in design.looks]
    planned = list(zip(design.spending.sizes(n), design.looks, *flags, strict=True))
    taken = [(size, size / n, *planned[i][2:]) for i, size in enumerate(sizes)]
    if final:  # what was spent before stays spent, and the end uses the rest, however many there are
        taken[-1] = (sizes[-1], 1.0, True, False)
    else:
        taken += [one for one in planned[len(sizes) :] if one[0] > sizes[-1]]
    at, looks, tested, asked = zip(*taken, strict=True)
    efficacy = dataclasses.replace(rule.efficacy, fractions=looks, in_force=tested)
    spent = dataclasses.replace(
        design.spending,
        looks=looks,
        allowed=tuple(map(float, np.minimum(efficacy.cumulative(), rule.level))),
        tested=tested,
        stops=rule.futility and dataclasses.replace(rule.futility, fractions=looks, in_force=asked),
    )
    return spent.at(at, design.beta(n))
