"""Go or no go, by posterior probability: what the data must show, and how often they will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.beta_difference import exceeds_by
from trialplan.numerics.lazy import np, special
from trialplan.numerics.nuisance import binomial_pmf
from trialplan.parameter import PROPORTION, Interval, Numbers, Parameter

Beta = tuple[float, float]
"""The two parameters of a Beta distribution: (1, 1) is uniform, (a, b) is worth a responses among a + b."""

_SHAPE = Parameter("a parameter of a Beta distribution", domain=Interval(0))
_RATE = Parameter("a rate", unit="proportion", domain=PROPORTION)
_CERTAINTY = Parameter("a posterior probability", unit="proportion", domain=PROPORTION)
_DIFFERENCE = Parameter("a difference of two rates", domain=Interval(-1, 1))


@dataclass(frozen=True)
class GoNoGoChances:
    """How often the rule says go, no go, or neither ("consider"), at given true rates."""

    go: Numbers
    no_go: Numbers
    consider: Numbers


@dataclass(frozen=True, kw_only=True)
class SingleArmRule:
    """Go if P(rate > threshold | data) is at least `go`; no go if it is at most `no_go`; in between, consider.

    Used to end or to continue a development; the operating characteristics say what the prior and the two
    certainties amount to. A rule without `no_go` says no go whenever it does not say go.

    >>> rule = SingleArmRule(n=30, threshold=0.3, go=0.95, no_go=0.5)
    >>> rule.fewest_to_go, round(float(rule.posterior(16)), 6)
    (14, 0.996602)
    >>> round(float(rule.chances(0.5).go), 3)
    0.708

    References:
        Thall & Simon (1994), Biometrics 50:337 (decisions by posterior probability, and how often they are right).
        Lee & Liu (2008), Clinical Trials 5:93 (enumeration of the outcomes).
    """

    n: int
    threshold: float
    go: float
    no_go: float | None = None
    prior: Beta = (1.0, 1.0)

    def __post_init__(self) -> None:
        """Check every number."""
        _check_size("SingleArmRule", "n", self.n)
        _RATE.check("SingleArmRule", "threshold", self.threshold)
        _check_prior("SingleArmRule", "prior", self.prior)
        _check_certainties("SingleArmRule", self.go, self.no_go)

    def posterior(self, responses: Numbers) -> Numbers:
        """P(rate > threshold) after so many responses among n."""
        return special.betaincc(*_updated(self.prior, responses, self.n), self.threshold)[()]

    @property
    def fewest_to_go(self) -> int | None:
        """The fewest responses that say go; None where not even n do."""
        said = np.flatnonzero(self.posterior(np.arange(self.n + 1)) >= self.go)
        return int(said[0]) if said.size else None

    def chances(self, rate: Numbers) -> GoNoGoChances:
        """How often the rule says go and no go at a true rate, over every count of responses."""
        mass = _mass("rate", self.n, rate)
        certain = self.posterior(np.arange(self.n + 1))
        go = certain >= self.go
        return _chances(lambda said: mass @ said, go, ~go if self.no_go is None else certain <= self.no_go)


@dataclass(frozen=True, kw_only=True)
class TwoArmRule:
    """Go if P(treatment rate - control rate > difference | data) is at least `go`; no go if at most `no_go`.

    >>> rule = TwoArmRule(n_treatment=30, n_control=27, go=0.975)
    >>> round(float(rule.posterior(16, 8)), 6), round(float(rule.chances(0.5333, 0.2963).go), 6)
    (0.962657, 0.443733)

    References:
        Thall & Simon (1994), Biometrics 50:337.
        Cook (2003), UT MD Anderson Department of Biostatistics technical report 005-05 (beta inequalities).
    """

    n_treatment: int
    n_control: int
    go: float
    no_go: float | None = None
    difference: float = 0.0
    prior_treatment: Beta = (1.0, 1.0)
    prior_control: Beta = (1.0, 1.0)

    def __post_init__(self) -> None:
        """Check every number."""
        _check_size("TwoArmRule", "n_treatment", self.n_treatment)
        _check_size("TwoArmRule", "n_control", self.n_control)
        _check_prior("TwoArmRule", "prior_treatment", self.prior_treatment)
        _check_prior("TwoArmRule", "prior_control", self.prior_control)
        _DIFFERENCE.check("TwoArmRule", "difference", self.difference)
        _check_certainties("TwoArmRule", self.go, self.no_go)

    def posterior(self, treatment: Numbers, control: Numbers) -> Numbers:
        """P(treatment rate - control rate > difference) after so many responses in each arm."""
        return exceeds_by(
            _updated(self.prior_treatment, treatment, self.n_treatment),
            _updated(self.prior_control, control, self.n_control),
            self.difference,
        )

    def chances(self, treatment: Numbers, control: Numbers) -> GoNoGoChances:
        """How often the rule says go and no go at true rates, over every pair of counts."""
        first, second = np.broadcast_arrays(treatment, control)
        rows, columns = _mass("treatment", self.n_treatment, first), _mass("control", self.n_control, second)
        counts = np.arange(self.n_treatment + 1)[:, None]
        go = counts >= self.fewest_to_go()
        no_go = ~go if self.no_go is None else counts < self._fewest(self.no_go, above=True)
        return _chances(lambda said: ((rows @ said) * columns).sum(axis=-1), go, no_go)

    def fewest_to_go(self) -> Any:
        """For each count of responses in the control arm, the fewest in the treatment arm that say go.

        One more than there are participants, where not even all of them do.
        """
        return self._fewest(self.go)

    def _fewest(self, certainty: float, above: bool = False) -> Any:
        """The fewest treatment responses whose posterior reaches, or exceeds, a certainty; for every control count."""
        control = np.arange(self.n_control + 1)
        low, high = np.zeros(control.shape, dtype=int), np.full(control.shape, self.n_treatment + 1)
        for _ in range((self.n_treatment + 1).bit_length()):
            middle = np.minimum((low + high) // 2, self.n_treatment)
            seen = self.posterior(middle, control)
            enough = seen > certainty if above else seen >= certainty
            low, high = (
                np.where(enough | (low == high), low, middle + 1),
                np.where(enough, np.minimum(middle, high), high),
            )
        return high


def _updated(prior: Beta, responses: Numbers, n: int) -> tuple[Any, Any]:
    """The posterior's two parameters."""
    return prior[0] + np.asarray(responses), prior[1] + n - np.asarray(responses)


def _mass(name: str, n: int, rate: Numbers) -> Any:
    """Binomial probabilities of 0 to n responses, along the last axis."""
    return binomial_pmf(n, _RATE.check("chances", name, rate))


def _chances(mean: Any, go: Any, no_go: Any) -> GoNoGoChances:
    """The probability of each decision, where `mean` averages over the outcomes."""
    return GoNoGoChances(*(mean(said.astype(float))[()] for said in (go, no_go, ~go & ~no_go)))


def _check_size(owner: str, name: str, n: Any) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        reason = f"must be a whole number of participants, not {n!r}"
        raise ParameterError(reason, owner=owner, parameter=name, value=n)


def _check_prior(owner: str, name: str, prior: Any) -> None:
    if not isinstance(prior, tuple) or len(prior) != 2:
        reason = f"must be the two parameters of a Beta distribution, as in (1, 1), not {prior!r}"
        raise ParameterError(reason, owner=owner, parameter=name, value=prior)
    for one in prior:
        _SHAPE.check(owner, name, one)


def _check_certainties(owner: str, go: float, no_go: float | None) -> None:
    _CERTAINTY.check(owner, "go", go)
    if no_go is not None:
        _CERTAINTY.check(owner, "no_go", no_go)
        if no_go >= go:
            reason = f"must lie below go, {go:g}, not be {no_go:g}"
            raise ParameterError(reason, owner=owner, parameter="no_go", value=no_go)
