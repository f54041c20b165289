"""What now, in one arm that is counted exactly? A look's responses held against the counts that stop the trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from trialplan.errors import ParameterError
from trialplan.numerics.distributions import beta_binomial_sf, binomial_sf
from trialplan.numerics.lazy import np
from trialplan.sequential.exact_group_sequential import ExactGroupSequential
from trialplan.sequential.exact_looks import ExactLooks
from trialplan.sequential.interim import decision as interim


@dataclass(frozen=True, kw_only=True)
class CountedLook:
    """A look at counts, judged; `counts` are those of the trial at the sizes that its looks really have."""

    design: ExactGroupSequential
    n: int
    look: int
    responses: int
    size: int
    counts: ExactLooks
    again: bool
    final: bool

    @property
    def favourable(self) -> int:
        """Responses, or their absence where fewer are better."""
        return self.responses if self.design.upward else self.size - self.responses

    @property
    def verdict(self) -> str:
        """What the rule says, in the words of `sequential.interim`."""
        high, low = self.counts.reject[self.look - 1], self.counts.futile[self.look - 1]
        if high is not None and self.favourable >= high:
            return interim.REJECTED if self.final else interim.EFFICACY
        if self.final:
            return interim.NOT_REJECTED
        return interim.FUTILITY if low is not None and self.favourable <= low else interim.GO_ON

    @property
    def p(self) -> float:
        """The one-sided P value of this look alone."""
        return float(binomial_sf(self.favourable - 1, self.size, self._favourable(self.design.rate(0.0))))

    @property
    def ordered_p(self) -> float:
        """The one-sided P value of a trial that ends here, ordered by stage (Jennison & Turnbull 2000, ch. 12)."""
        reject = (*self.counts.reject[: self.look - 1], self.favourable)
        futile = (*self.counts.futile[: self.look - 1], None)
        ended = dataclasses.replace(self.counts, sizes=self.counts.sizes[: self.look], reject=reject, futile=futile)
        return float(ended.chances(self.design.rate(0.0), obeyed=self.design.binding)[0].sum())

    def conditional_power(self) -> dict[str, float] | None:
        """P(the final test rejects) from here: at the expected rate, at the one that is seen, and at the null."""
        if self.final:
            return None
        rates = {
            "planned": self.design.rate(1.0),
            "trend": self.responses / self.size,
            "null": self.design.rate(0.0),
        }
        needed, left = self._needed()
        return {name: float(binomial_sf(needed - 1, left, self._favourable(one))) for name, one in rates.items()}

    def predictive_power(self) -> float | None:
        """That, averaged over a flat prior of the rate updated by what is seen."""
        if self.final:
            return None
        needed, left = self._needed()
        return float(beta_binomial_sf(needed - 1, left, self.favourable + 1, self.size - self.favourable + 1))

    def _needed(self) -> tuple[int, int]:
        """The favourable responses that the final test still needs, and the participants still to come."""
        last, size = self.counts.reject[-1], self.counts.sizes[-1]
        return (size + 1 if last is None else last) - self.favourable, size - self.size

    def _favourable(self, rate: float) -> float:
        return rate if self.design.upward else 1 - rate


def decide_on_counts(
    design: ExactGroupSequential, n: int, look: int, seen: Sequence[tuple[int, int]], *, final: bool = False
) -> CountedLook:
    """The look with these responses of participants; `seen` are those of this look, or of all so far.

    Where a look does not have the planned participants, the errors are spent again at those that are there. `n` are
    the participants that the trial is planned for.
    """
    planned = design.counts(n)
    if not 1 <= look <= len(planned.sizes):
        raise ParameterError(f"look must be one of the {len(planned.sizes)} planned, not {look}")
    for responses, of in seen:
        if not 0 <= responses <= of or of < 1:
            raise ParameterError(f"events are {responses} of {of} participants; write responders first, as in 9/30")
    sizes = [*planned.sizes[: look - len(seen)], *(of for _, of in seen)]
    if any(b <= a for a, b in zip([0, *sizes], sizes, strict=False)):
        raise ParameterError(f"participants must increase from look to look, not {', '.join(map(str, sizes))}")
    final = final or look == len(planned.sizes)
    as_planned = tuple(sizes) == planned.sizes[:look] and final == (look == len(planned.sizes))
    counts = planned if as_planned else _again(design, n, sizes, final)
    responses, size = seen[-1]
    return CountedLook(
        design=design,
        n=n,
        look=look,
        responses=responses,
        size=size,
        counts=counts,
        again=not as_planned,
        final=final,
    )


def _again(design: ExactGroupSequential, n: int, sizes: Sequence[int], final: bool) -> ExactLooks:
    """The errors spent again at the sizes so far, and at the planned looks that are still to come."""
    rule = design.normal.rule
    fixed = rule.futility is not None and not rule.futility.spends and len(rule.futility.named[1]) > 1
    if not rule.efficacy.spends or rule.efficacy.named[0] == "given" or fixed:
        raise ParameterError(
            f"{design.futility if fixed else design.efficacy} is defined at the planned looks only; plan with a "
            "spending function, such as lan-demets-obrien-fleming"
        )
    over = [size for size in (sizes[:-1] if final else sizes) if size >= n]
    if over:
        raise ParameterError(
            f"an interim look at {over[0]} of {n} participants has run over the end of the trial; it is the final "
            "look, which uses all the level: say that it is final"
        )
    planned = list(zip(design.spending.sizes(n), design.looks, rule.efficacy.tested, _asked(design), strict=True))
    taken = [(size, size / n, *planned[i][2:]) for i, size in enumerate(sizes)]
    if final:  # what was spent before stays spent, and the end uses the rest, however many there are
        taken[-1] = (sizes[-1], 1.0, True, False)
    else:
        taken += [one for one in planned[len(sizes) :] if one[0] > sizes[-1]]
    at, looks, tested, asked = zip(*taken, strict=True)
    efficacy = dataclasses.replace(rule.efficacy, information=looks, tested=tested)
    spent = dataclasses.replace(
        design.spending,
        looks=looks,
        allowed=tuple(map(float, np.minimum(efficacy.cumulative(), rule.level))),
        tested=tested,
        stops=rule.futility and dataclasses.replace(rule.futility, information=looks, asked=asked),
    )
    return spent.at(at, design.beta(n))


def _asked(design: ExactGroupSequential) -> list[bool]:
    at = design.looks if design.futility_at is None else design.futility_at
    return [look in at for look in design.looks]
