"""A trial of one arm that is looked at early and counts responses exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from trialplan.design import Design
from trialplan.errors import ParameterError, field
from trialplan.numerics.distributions import binomial_sf
from trialplan.numerics.lazy import np
from trialplan.outcomes.drawn_responses import first_count
from trialplan.parameter import Numbers, parameter
from trialplan.sequential.base import OWN, WithLooks
from trialplan.sequential.boundaries.fields import shown
from trialplan.sequential.boundaries.rule import StoppingChances
from trialplan.sequential.exact_looks import ExactLooks, ExactSpending, spending
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.look_page import BY_COUNT
from trialplan.sequential.look_table import HYPOTHESES, expected_n

_COUNTED = 100_000
"""Participants up to which every count at every look is followed: some seconds for a few looks."""

_LEAST_BETA = 1e-9
"""Error that futility may still spend where normal theory leaves none: a spending function needs some."""


def _read_design(value: Any) -> Design:
    if not isinstance(value, Design) or value.looks or len(value.arm_names) != 1:
        raise ParameterError(f"must be a fixed trial of one arm, such as one-proportion, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class ExactGroupSequential(WithLooks):
    """How many responses stop a trial of one arm early, with the error rates that whole counts really have?

    The rule is that of GroupSequential; each look rejects from the fewest responses that keep the exact error spent so
    far within what the rule allows. Power counts rejections with futility obeyed, `actual_size` those without an effect
    as if futility were ignored, unless it is `binding`. Where futility spends error of the second kind, it spends what
    the same trial has by normal theory. Power is a saw-tooth in n, so the sample size is the stable one.

    >>> from trialplan import OneProportion
    >>> trial = ExactGroupSequential(design=OneProportion(null=0.2, expected=0.4), futility="z(0)")
    >>> [(look["n"], look["futility_count"], look["efficacy_count"]) for look in trial.sample_size(0.8).extra["looks"]]
    [(19, 3, 9), (38, None, 13)]

    References:
        Jennison & Turnbull (2000), Group Sequential Methods with Applications to Clinical Trials, ch. 12.
        Fleming (1982), Biometrics 38:143 (multi-stage tests of one rate).
    """

    shown_by: ClassVar[tuple[str, str, str, str, int]] = BY_COUNT

    design: Design = parameter("the fixed design of one arm that is looked at early", None, read=_read_design)

    def check(self) -> None:
        """One direction, the exact test, and a rule that normal theory accepts and counts can follow."""
        if self.design.sides != 1 or not self.design.looks_by_counts:
            raise ParameterError(
                f"looks at counts are one-sided, with test exact, not {self.design.sides}-sided with test "
                f"{self.design.test}",
                owner=self,
                way_out=f"set {field('sides')} to 1, or {field('test')} to score",
            )
        _ = self.spending

    @cached_property
    def normal(self) -> GroupSequential:
        """The same trial by normal theory."""
        own = {name: getattr(self, name) for name in OWN}
        return GroupSequential(**(own | {"design": self.design.by_normal_theory()}))

    @cached_property
    def spending(self) -> ExactSpending:
        """What the rule allows whole counts to spend."""
        return spending(self.design, self.normal)

    @property
    def formula(self) -> str:
        """What is counted, and by which rule."""
        kind = "" if self.futility is None else f", {'binding' if self.binding else 'non-binding'} futility "
        rule = f"{len(self.looks)} looks, error spent as by {shown(self.efficacy)}{kind}{shown(self.futility or '')}"
        return f"exact binomial test at each look, {rule}"

    @property
    def reference(self) -> str:
        """Where such tests are published, and the rule."""
        return f"Jennison & Turnbull 2000, ch. 12; {self.normal.rule.efficacy.reference}"

    @property
    def exact(self) -> bool:
        """Yes: every outcome is counted."""
        return True

    @property
    def smooth(self) -> bool:
        """No: counts are whole, so power is a saw-tooth."""
        return False

    def check_n(self, n: float) -> None:
        """Nor more than are counted."""
        super().check_n(n)
        self._check_counted(n)

    def _check_counted(self, n: float) -> None:
        if n > _COUNTED:
            reason = f"must be at most {_COUNTED:,} where the exact test has looks, not {n:,.15g}"
            raise ParameterError(reason, owner=self, parameter="n", value=n, way_out=f"use {field('test')} score")

    def counts(self, n: int) -> ExactLooks:
        """The counts that stop n participants."""
        return self.spending.counts(int(n), self.beta(n))

    def beta(self, n: Numbers) -> Any:
        """The error of the second kind that futility may spend: what the same trial has by normal theory."""
        return np.maximum(1 - np.asarray(self.normal.success(n)), _LEAST_BETA)

    def power(self, n: Numbers) -> Numbers:
        """P(rejecting at any look), by enumeration; 0 where n is too small for so many looks."""
        shape = self.shape(n)
        if not shape:
            self.check_n(float(n))
        self._check_counted(float(np.max(n)))
        sizes, betas = np.broadcast_to(n, shape), np.broadcast_to(self.beta(n), shape)
        found = [self._power(at, shape, int(sizes[at]), float(betas[at])) for at in np.ndindex(shape)]
        return np.reshape(found, shape)[()]

    def _power(self, index: tuple[int, ...], shape: tuple[int, ...], n: int, beta: float) -> float:
        cell = self.design.cell(index, shape) if self.design.shape() else self.design
        try:
            return replace(self.spending, design=cell).counts(n, beta).power()
        except ParameterError:
            return 0.0

    def success_under(self, n: int, truths: Design) -> Numbers:
        """At the counts that n participants are planned with, whatever the rate then is."""
        counts = self.counts(n)
        return _at_each(truths, lambda rate: min(float(counts.chances(rate)[0].sum()), 1.0))

    def power_under(self, n: int, truths: Design) -> Numbers:
        """The same: looks at counts are one-sided."""
        return self.success_under(n, truths)

    def wrong_side(self, n: int, truths: Design) -> Numbers:
        """Of the responses at the look that ends the trial; as many as without an effect lie on neither side."""
        counts, null = self.counts(n), self.rate(0.0)
        return _at_each(truths, lambda rate: counts.sides(rate)[0 if (rate > null) == self.upward else 1])

    def unrounded(self, target: Numbers) -> Numbers:
        """Counts have no real-valued n; normal theory's is near it."""
        return self.normal.unrounded(target)

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but what is too large for the fixed exact test is too large here."""
        return self.design.blocks_lower_bound(target)

    def actual_size(self, n: int) -> float | None:
        """P(rejecting) at the null rate."""
        return self.counts(n).actual_size

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """The fixed design's responses."""
        return self.design.draw(n, trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """Responses beyond the null's at the look that stops each trial, positive if favourable; whether it rejects."""
        trials, n = data.shape
        counts, statistic = self.counts(n), np.zeros(trials)
        rejects, ended = np.zeros(trials, bool), np.zeros(trials, bool)
        for size, look, high, low in zip(counts.sizes, self.looks, counts.reject, counts.futile, strict=True):
            if look > fraction:
                break
            seen, _ = first_count(data, size / n)
            favourable = seen if self.upward else size - seen
            crossed = ~ended & (favourable >= (size + 1 if high is None else high))
            statistic = np.where(ended, statistic, self.sign * (seen - size * self.design.null_values()[0]))
            rejects |= crossed
            ended |= crossed | (favourable <= (-1 if low is None else low))
        return statistic, rejects

    def rate(self, share: float) -> float:
        """The rate that lies so far on the way from the null, 0, to the expected one, 1."""
        null = self.design.null_values()[0]
        return float(null + share * (self.design.effect_value() - null))

    def chances(self, n: int) -> dict[str, StoppingChances]:
        """What may happen at each look of n participants: under the null, halfway, and at the expected rate."""
        counts = self.counts(n)
        both = {name: counts.chances(self.rate(share)) for name, share in HYPOTHESES.items()}
        harm = np.zeros(len(self.looks))
        return {name: StoppingChances(efficacy=up, futility=down, harm=harm) for name, (up, down) in both.items()}

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The looks with their counts, the actual size, and how many participants are expected to be needed."""
        counts, by = self.counts(n), self.chances(n)
        return super().details(n, target) | {
            "looks": list(self._rows(counts, by)),
            "expected_n": {name: expected_n(chances, counts.sizes) for name, chances in by.items()},
        }

    def _rows(self, counts: ExactLooks, by: dict[str, StoppingChances]) -> Iterator[dict[str, Any]]:
        """One row a look, under the keys of GroupSequential where they mean the same; counts are of responses."""
        alpha = counts.chances(self.rate(0.0), obeyed=self.binding)[0].cumsum()
        power = np.minimum(by["alternative"].efficacy.cumsum(), 1.0)
        for look, (size, high, low) in enumerate(zip(counts.sizes, counts.reject, counts.futile, strict=True)):
            last = look + 1 == len(counts.sizes)
            yield {
                "information": size / counts.sizes[-1],
                "n": size,
                **self._bound("efficacy", size, high),
                **self._bound("futility", size, None if last else low),
                "cumulative_alpha": float(alpha[look]),
                "cumulative_power": float(power[look]),
                "stop_for_efficacy": {name: float(one.efficacy[look]) for name, one in by.items()},
                "stop_for_futility": {name: None if last else float(one.futility[look]) for name, one in by.items()},
            }

    def _bound(self, name: str, size: int, favourable: int | None) -> dict[str, Any]:
        """A count that stops, as responses, as a rate, and by the test of this look alone."""
        if favourable is None or favourable < 0:
            return dict.fromkeys((f"{name}_count", f"effect_at_{name}", f"{name}_p_one_sided"))
        responses = favourable if self.upward else size - favourable
        null = self.rate(0.0) if self.upward else 1 - self.rate(0.0)
        return {
            f"{name}_count": responses,
            f"effect_at_{name}": responses / size,
            f"{name}_p_one_sided": float(binomial_sf(favourable - 1, size, null)),
        }


def _at_each(truths: Design, chance: Callable[[float], float]) -> Any:
    """The chance at each true rate."""
    rates = np.asarray(truths.effect_value(), dtype=float)
    return np.reshape([chance(float(rate)) for rate in rates.ravel()], rates.shape)[()]
