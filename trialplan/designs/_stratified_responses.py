"""Responses that are counted by stratum and arm: the kind of outcome of a comparison within strata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.designs import _stratified_tests as stratified_tests
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np, special
from trialplan.outcome import DIFFERENCE, RATIO, RESPONSE, Counts, EffectInterval, EffectScale, Latent, Outcome, by_arm

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class StratifiedResponses(Outcome):
    """Yes or no, in two arms of each stratum."""

    kind = "responses by stratum"
    observed = RESPONSE
    responder = "responders"
    planned = "rates"

    def effect_scale(self, design: Sized) -> EffectScale:
        """That of the common effect."""
        if design.scale == DIFFERENCE:
            return EffectScale(name="common difference of proportions", short="common difference", points=True)
        short = "ratio" if design.scale == RATIO else "odds ratio"
        name = f"common {'ratio of proportions' if design.scale == RATIO else short}"
        return EffectScale(name=name, short=f"common {short}", ratio=True)

    def better(self, design: Design) -> str:
        """More or fewer of those who are counted."""
        return f"a {design.favourable} rate is better"

    def missing_counts_as(self, design: Design) -> str:
        """Without the response; where fewer are better, without the event, which is the better outcome."""
        return "a non-responder" if design.upward else "a participant without the event"

    def estimate_in_points(self, design: Design) -> bool:
        """A difference of rates is."""
        return design.scale == DIFFERENCE

    def counts(self, design: Sized, n: int) -> Counts | None:
        """One binomial count for each arm of each stratum; none where the strata are of random size."""
        sizes, fixed = design.count_sizes(n), "block_size" not in design.assumptions()
        return Counts(sizes=sizes, rates=design.count_rates()) if fixed else None

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """The one that inverts the design's test, at the planned rates in strata of the planned size."""
        sizes, rates = design.count_sizes(n), [float(rate) for rate in design.count_rates()]
        seen = [rates[group + (no_effect and group % 2 == 0)] for group in range(len(rates))]
        counts = [size * rate for size, rate in zip(sizes, seen, strict=True)]
        low, high = stratified_tests.limits(design, counts, sizes, float(normal_quantile(0.5 + confidence / 2)))  # type: ignore[arg-type]
        if not low <= high:  # nan
            return None
        name = f"interval of the {self.effect_scale(design).short}, the {design.test} test inverted"
        return EffectInterval(name=name, limits=(low, high))

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """The common effect at which the test of the counts that are expected in strata of the planned size shows z.

        The nearest to none that does; nan where no effect that leaves every rate a rate does.
        """
        n, z = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(z, dtype=float))
        return np.reshape(
            [stratified_tests.effect_of(design, of, at) for of, at in zip(n.ravel(), z.ravel(), strict=True)],  # type: ignore[arg-type]
            z.shape,
        )

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """Whether each participant responds, one column a participant, one array for each arm of each stratum."""
        self._refuse_blocks(design)
        sizes, rates = design.count_sizes(uniforms.shape[1]), design.count_rates()
        found: list[Any] = [None] * len(sizes)
        for arm, people in enumerate(by_arm(design, uniforms[..., 0])):
            edges = np.cumsum(sizes[arm::2])[:-1]
            for stratum, part in enumerate(np.split(people, edges, axis=1)):
                group = 2 * stratum + arm
                found[group] = part >= 1 - rates[group]
        return tuple(found)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """One jump for each stratum, as large as its share: a participant's own stratum does not depend on z.

        Two endpoints in the same strata correlate a little less by this than they do, where rates differ much.
        """
        self._refuse_blocks(design)
        sizes, rates = design.count_sizes(1000 * design.block), design.count_rates()
        return tuple(_mixed(sizes[arm::2], rates[arm::2]) for arm in range(2))

    def _refuse_blocks(self, design: Design) -> None:
        if "block_size" in design.assumptions():
            way_out = "leave block_size out, for strata of the planned size"
            raise ParameterError(
                "strata of random size cannot be joined with another outcome", owner=design, way_out=way_out
            )


STRATIFIED = StratifiedResponses()
"""The kind of a comparison within strata."""


def _mixed(sizes: Sequence[int], rates: Sequence[Any]) -> Latent:
    """What a participant of one arm adds: in his stratum, a response; the mean over strata, and what is beside it."""
    shares = [size / sum(sizes) for size in sizes]
    own: Any = sum(share * rate * (1 - rate) for share, rate in zip(shares, rates, strict=True))
    together: Any = sum(
        f * g * (np.minimum(p, q) - p * q)
        for f, p in zip(shares, rates, strict=True)
        for g, q in zip(shares, rates, strict=True)
    )
    cuts = tuple(-special.ndtri(rate) for rate in rates)
    return Latent(cuts=cuts, jumps=tuple(shares), noise=own - together)
