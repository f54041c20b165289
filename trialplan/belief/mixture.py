"""A weighted mixture of beliefs, its conjugate update, and robustification by a vague component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.belief.base import Belief
from trialplan.belief.families import Beta
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root
from trialplan.parameter import Interval, Numbers


@dataclass(frozen=True)
class Mixture(Belief):
    """Several beliefs, each with the weight that it is the right one.

    >>> prior = Mixture((Beta(17, 15), Beta(1, 1)), (0.8, 0.2))
    >>> [round(weight, 3) for weight in prior.update(10, 30).weights]
    [0.798, 0.202]
    """

    parts: tuple[Belief, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.parts or len(self.parts) != len(self.weights):
            raise ParameterError(f"{len(self.parts)} parts need as many weights, not {len(self.weights)}", owner=self)
        if min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-9:
            raise ParameterError(
                f"must be 0 or more and sum to 1, not {sum(self.weights):g}", owner=self, parameter="weights"
            )
        if len({part.support for part in self.parts}) > 1:
            raise ParameterError(
                "must all be rates, or all be numbers on the whole line", owner=self, parameter="parts"
            )

    @property
    def support(self) -> Interval:  # type: ignore[override]
        """That of the parts."""
        return self.parts[0].support

    def mean(self) -> Numbers:
        """The weighted mean of the parts' means."""
        return self._sum(lambda part: part.mean())

    def sd(self) -> Numbers:
        """The root of the variance within the parts and between their means."""
        mean = self.mean()
        return self._sum(lambda part: part.sd() ** 2 + (part.mean() - mean) ** 2) ** 0.5

    def cdf(self, x: Numbers) -> Numbers:
        """The weighted sum of the parts' cdfs."""
        return self._sum(lambda part: part.cdf(x))

    def quantile(self, p: Numbers) -> Numbers:
        """The root of the cdf between the least and the greatest quantile of the parts."""
        ends = [part.quantile(p) for part in self.parts]
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        root = increasing_root(lambda x: self.cdf(x) - p, low, high)
        return float(root) if np.ndim(root) == 0 else root

    def nodes(self, n: int, split: Numbers | None = None) -> tuple[Any, Any]:
        """The nodes of all parts, n each."""
        pairs = [part.nodes(n, split) for part in self.parts]
        shape = np.broadcast_shapes(*(np.shape(part) for pair in pairs for part in pair))
        values = [np.broadcast_to(value, shape) for value, _ in pairs]
        weights = [w * np.broadcast_to(inner, shape) for w, (_, inner) in zip(self.weights, pairs, strict=True)]
        return np.concatenate(values, axis=-1), np.concatenate(weights, axis=-1)

    def log_density(self, x: Numbers) -> Numbers:
        """The log of the weighted sum of densities, without underflow."""
        with np.errstate(divide="ignore"):
            pairs = zip(self.weights, self.parts, strict=True)
            return special.logsumexp(np.stack([np.log(w) + part.log_density(x) for w, part in pairs]), axis=0)

    def draw(self, n: int, rng: Any) -> Any:
        """n random values, each from a part chosen by weight."""
        chosen = rng.choice(len(self.parts), n, p=self.weights)
        drawn = np.stack([part.draw(n, rng) for part in self.parts])
        return drawn[chosen, np.arange(n)]

    def lifted(self) -> Mixture:
        """Each part with a new last axis."""
        return Mixture(tuple(part.lifted() for part in self.parts), self.weights)

    def update(self, *data: float) -> Mixture:
        """Each part updated, and weighted by how well it foresaw the data (Bayes factors)."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights) + [part.log_evidence(*data) for part in self.parts]
        return Mixture(tuple(part.update(*data) for part in self.parts), tuple(map(float, special.softmax(logs))))

    def log_evidence(self, *data: float) -> float:
        """The log of the weighted mean of the parts' probabilities of the data."""
        return float(special.logsumexp([part.log_evidence(*data) for part in self.parts], b=self.weights))

    def _sum(self, of: Callable[[Belief], Any]) -> Any:
        return sum(weight * of(part) for weight, part in zip(self.weights, self.parts, strict=True))


def robustify(belief: Belief, weight: float, vague: Belief | None = None) -> Mixture:
    """The belief with a vague component of this weight, in case the new trial is not like the old ones.

    Schmidli, Gsteiger, Roychoudhury, O'Hagan, Spiegelhalter & Neuenschwander (2014, Biometrics 70:1023-1032).

    >>> round(robustify(Beta(10, 30), 0.2).ess(), 1)
    5.9
    """
    if not 0 < weight < 1:
        raise ParameterError(f"weight must lie in (0, 1), not {weight:g}; 0.1 to 0.5 are usual")
    known = belief if isinstance(belief, Mixture) else Mixture((belief,), (1.0,))
    kept = tuple((1 - weight) * share for share in known.weights)
    return Mixture((*known.parts, Beta(1, 1) if vague is None else vague), (*kept, weight))
