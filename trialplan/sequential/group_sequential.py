"""A trial that is looked at early and may stop for efficacy, over any design whose statistic is a z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from trialplan import fields
from trialplan.design import Design
from trialplan.numerics.crossing import crossing
from trialplan.numerics.distributions import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.parameter import Numbers, parameter, parameters, refuse
from trialplan.sequential.boundaries import EFFICACY

_LARGEST_DRIFT = 12.0
_STEP = 1e-4


def _read_looks(value: Any) -> tuple[float, ...]:
    """Information fractions, increasing, the last one 1."""
    try:
        looks = tuple(map(float, value)) if isinstance(value, (tuple, list)) else ()
    except (TypeError, ValueError):
        looks = ()
    rising = all(a < b for a, b in zip((0.0, *looks), looks, strict=False))
    if len(looks) < 2 or not rising or looks[-1] != 1:
        raise refuse(f"must be increasing information fractions that end at 1, as in 0.5,1, not {value!r}")
    return looks


def _read_design(value: Any) -> Design:
    if not isinstance(value, Design) or isinstance(value, GroupSequential):
        raise refuse(f"must be a fixed design, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class GroupSequential(Design):
    """How large must the trial be allowed to grow if it may stop early?

    The sample size is the inner design's unrounded n times the inflation factor; power inverts that.
    Power counts the favourable boundary only. Numbers of the inner design can be replaced through it.

    References:
        Jennison & Turnbull (2000), Group Sequential Methods with Applications to Clinical Trials, ch. 2, 3 and 19.
        O'Brien & Fleming (1979), Biometrics 35:549.
    """

    design: Design = parameter("the fixed design that is looked at early", None, read=_read_design)
    looks: tuple[float, ...] = parameter(
        "information fractions of the looks, the last one 1", None, read=_read_looks, default=(0.5, 1.0)
    )
    efficacy: str = parameter("the efficacy boundary", tuple(EFFICACY), default="obrien-fleming")

    def __post_init__(self) -> None:
        """Level and sides are the inner design's; given here, they are handed to it."""
        if isinstance(self.design, Design):
            for name in ("alpha", "sides"):
                value = parameters(type(self))[name].check(type(self).__name__, name, getattr(self, name))
                if value is not None:
                    self._set("design", self.design.replace(**{name: value}))
            self._set("alpha", self.design.alpha)
            self._set("sides", self.design.sides)
        super().__post_init__()

    def check(self) -> None:
        """The looks need a statistic that is a z and one limit."""
        if not self.design.statistic_is_z or len(self.design.boundary()) == 2:
            raise fields.refuse_design(
                "GroupSequential",
                f"looks are not defined over {self.design.slug()} with test {getattr(self.design, 'test', 'as given')} "
                f"and goal {getattr(self.design, 'goal', 'as given')}; use a z test of superiority or non-inferiority",
            )
        if not isinstance(self.alpha, (int, float)):
            raise fields.refuse_design("GroupSequential", "alpha must be one number: each level has its own boundary")

    def replace(self, **numbers: Any) -> Self:
        """The same rule with other numbers of its own or of the inner design."""
        own = {name: value for name, value in numbers.items() if name in ("design", "looks", "efficacy")}
        inner = {name: value for name, value in numbers.items() if name not in own}
        design = own.pop("design", self.design)
        return type(self)(
            design=design.replace(**inner),
            looks=own.get("looks", self.looks),
            efficacy=own.get("efficacy", self.efficacy),
        )

    def assumptions(self) -> dict[str, Any]:
        """The inner design's numbers, and the rule."""
        return self.design.assumptions() | {"looks": self.looks, "efficacy": self.efficacy}

    @property
    def allocation(self) -> str:
        """The inner design's."""
        return getattr(self.design, "allocation", "1")

    @property
    def weights(self) -> tuple[int, ...]:
        """The inner design's."""
        return self.design.weights

    @property
    def upward(self) -> bool:
        """The inner design's."""
        return self.design.upward

    @property
    def effect(self) -> str:
        """The inner design's."""
        return self.design.effect

    def effect_value(self) -> Numbers:
        """The inner design's."""
        return self.design.effect_value()

    def unit(self) -> float:
        """The inner design's."""
        return self.design.unit()

    def effect_domain(self) -> Any:
        """The inner design's."""
        return self.design.effect_domain()

    def shape(self, *others: Any) -> tuple[int, ...]:
        """The inner design's."""
        return self.design.shape(*others)

    def boundary(self) -> tuple[Numbers, ...]:
        """The inner design's."""
        return self.design.boundary()

    @property
    def formula(self) -> str:
        """The inner formula, inflated."""
        return f"{self.design.formula}; {len(self.looks)} looks, {self.efficacy} boundary by recursive integration"

    @property
    def reference(self) -> str:
        """The inner design's, and the boundary's."""
        return f"{self.design.reference}; Jennison & Turnbull 2000; O'Brien & Fleming 1979"

    @property
    def exact(self) -> bool:
        """Not even over an exact design: looks fall on whole participants."""
        return False

    @property
    def efficacy_z(self) -> tuple[float, ...]:
        """The z at each look from which the null is rejected."""
        return EFFICACY[self.efficacy](self.looks, float(self.alpha), self.sides)

    def crossed(self, drift: float) -> tuple[Any, Any]:
        """P(stop above) and P(stop below), look by look, at an expected final z of `drift`."""
        upper = np.array(self.efficacy_z)
        return crossing(upper, -upper if self.design.two_tailed else np.full(len(upper), -np.inf), self.looks, drift)

    def unrounded(self, target: Numbers) -> Numbers:
        """The inner design's unrounded n times the inflation factor."""
        return self.design.unrounded(target) * self._each(self.inflation, target)

    def inflation(self, target: float) -> float:
        """How much larger the trial must be allowed to grow than the fixed one of the same power."""
        return float((_drift_for(self, target) / (self.z_alpha + normal_quantile(target))) ** 2)

    def power(self, n: Numbers) -> Numbers:
        """The probability of stopping above, at the power whose sample size is n.

        With p the power at an expected final z of `drift`, the fixed design of n divided by the inflation factor
        must have that power p; the drift at which it does is found. It is negative where the effect lies on the
        unfavourable side.
        """

        def surplus(drift: Any) -> Any:
            power = np.clip(self._each(self._above, drift), 1e-300, 1 - 1e-15)
            # at no drift both sums vanish; their ratio has a limit, which a step aside gives
            aside = np.where(np.abs(drift) < _STEP, _STEP, drift)
            fixed = normal_quantile(np.clip(self._each(self._above, aside), 1e-300, 1 - 1e-15))
            return power - self.design.success(n * ((self.z_alpha + fixed) / aside) ** 2)

        shape = np.broadcast_shapes(self.shape(), np.shape(n))
        ends = np.full(shape, _LARGEST_DRIFT)
        return self._each(self._above, increasing_root(surplus, -ends, ends, tolerance=1e-12))

    def _above(self, drift: float) -> float:
        return float(self.crossed(drift)[0].sum())

    @staticmethod
    def _each(function: Any, values: Any) -> Any:
        return np.vectorize(function, otypes=[float])(values)[()]

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """The inner design's participants."""
        return self.design.draw(n, trials, rng)

    def analyse(self, data: Any, information: float = 1) -> tuple[Any, Any]:
        """The statistic at the look that stops the trial, or at the last one, and whether it crossed."""
        statistic: Any = None
        rejects: Any = None
        for look, bound in zip(self.looks, self.efficacy_z, strict=True):
            if look > information:
                break
            z, _ = self.design.analyse(data, look)
            crossed = (np.abs(z) if self.design.two_tailed else z) >= bound
            statistic = z if statistic is None else np.where(rejects, statistic, z)
            rejects = crossed if rejects is None else rejects | crossed
        return statistic, rejects

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The looks, the inflation factor, and how many participants are expected to be needed."""
        drift = _drift_for(self, float(self.power(n)))
        return {
            "looks": self._looks(n, drift),
            "inflation": self.inflation(target),
            "expected_n": {name: self._expected_n(n, share * drift) for name, share in _HYPOTHESES.items()},
        }

    def _looks(self, n: int, drift: float) -> list[dict[str, float]]:
        (null_up, null_down), (up, _) = self.crossed(0.0), self.crossed(drift)
        return [
            {
                "information": look,
                "n": look * n,
                "efficacy_z": z,
                "efficacy_p_one_sided": float(normal_cdf(-z)),
                "cumulative_alpha": float(alpha),
                "cumulative_power": float(power),
            }
            for look, z, alpha, power in zip(
                self.looks, self.efficacy_z, (null_up + null_down).cumsum(), up.cumsum(), strict=True
            )
        ]

    def _expected_n(self, n: int, drift: float) -> float:
        above, below = self.crossed(drift)
        stopped = (above + below)[:-1]
        return float(n * (stopped @ np.array(self.looks[:-1]) + (1 - stopped.sum())))


_HYPOTHESES = {"null": 0.0, "halfway": 0.5, "alternative": 1.0}


def _drift_for(design: GroupSequential, power: float) -> float:
    """The expected final z at which the favourable boundary is crossed with probability `power`."""

    def surplus(drift: Any) -> Any:
        return np.asarray(design.crossed(float(drift))[0].sum() - power)

    return float(increasing_root(surplus, 0.0, _LARGEST_DRIFT))
