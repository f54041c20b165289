"""Treatments that each participant takes in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _two_scales
from trialplan.designs.two_means import CALLED, t_tests_power
from trialplan.errors import ParameterError, field
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide, log, log1p, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.numerics.student import T_POWER, normal_score
from trialplan.outcomes.periods import PERIODS
from trialplan.parameter import POSITIVE, REAL, Numbers, largest, parameter
from trialplan.rejection import decide
from trialplan.stated import SizingMethod, both_quantiles

ScaleName = Literal["difference", "ratio"]
"""The scales of the effect."""

CarryoverName = Literal["none", "first-order"]
"""What is carried over into the next period, in the model of the analysis."""

NAMED = {
    "2x2": "AB/BA",
    "2x2x3": "ABA/BAB",
    "2x2x4": "ABAB/BABA",
    "3x3": "ABC/BCA/CAB",
    "3x6x3": "ABC/BCA/CAB/ACB/BAC/CBA",
    "4x4": "ABDC/BCAD/CDBA/DACB",
}
"""Sequences by the names that they have in bioequivalence: a Latin square, a Williams design, or replicated."""

_MOST_PERIODS, _MOST_SEQUENCES = 24, 24
"""More than any participant is asked to bear."""


def _read_sequences(value: Any) -> str:
    """The sequences, as they are written; a name becomes what it stands for."""
    if not isinstance(value, str):
        raise ParameterError(f'must be sequences of treatments, as in "AB/BA", not {value!r}')
    written = NAMED.get(value, value).upper().replace(" ", "")
    rows = written.split("/")
    way_out = f"write them as in AB/BA, A the treatment and B the control, or one of {', '.join(NAMED)}"
    if not 2 <= len(rows) <= _MOST_SEQUENCES or any(not row.isalpha() or not row.isascii() for row in rows):
        reason = f"must be 2 to {_MOST_SEQUENCES} sequences of letters, not {value!r}"
        raise ParameterError(reason, way_out=way_out)
    if len({len(row) for row in rows}) > 1 or not 2 <= len(rows[0]) <= _MOST_PERIODS:
        reason = f"must all have the same number of periods, 2 to {_MOST_PERIODS}, not {value!r}"
        raise ParameterError(reason, way_out=way_out)
    if not {"A", "B"} <= set(written):
        raise ParameterError(f"must have both A and B, which are compared, not {value!r}", way_out=way_out)
    if len(set(rows)) < len(rows):
        raise ParameterError(f"must be different sequences, not {value!r}", way_out=way_out)
    return written


@dataclass(frozen=True)
class _Layout:
    """What a layout of sequences is worth: weights of the estimate, its variance factor, and how residuals are found.

    `factor` times the variance within participants over n is the variance of the estimate; `free` are the degrees of
    freedom of each participant, and `lost` those that periods and treatments take.
    """

    weights: Any
    factor: float
    basis: Any
    free: int
    lost: int


@cache
def _layout(sequences: str, carried: bool) -> _Layout:
    """Least squares with a mean for each participant, each period and each treatment, the sequences of equal size.

    Where what is `carried` over into the next period is in the model, each treatment has another one there.
    """
    rows = sequences.split("/")
    letters = sorted(set("".join(rows)))
    count, periods = len(rows), len(rows[0])
    now = [[[row[k] == letter for k in range(periods)] for row in rows] for letter in letters]
    before = [[[k > 0 and row[k - 1] == letter for k in range(periods)] for row in rows] for letter in letters]
    # what participants and periods do not explain: both means are taken off
    columns = np.array([*now, *(before if carried else [])], dtype=float)
    rest = columns - columns.mean(axis=2, keepdims=True)
    rest = rest - rest.mean(axis=1, keepdims=True)
    flat = rest.reshape(len(columns), -1)
    contrast = np.zeros(len(columns))
    contrast[letters.index("A")], contrast[letters.index("B")] = 1.0, -1.0
    normal = np.linalg.pinv(flat @ flat.T)
    if not np.allclose(flat @ flat.T @ normal @ contrast, contrast):
        others = "participants, periods and what is carried over" if carried else "participants and periods"
        raise ParameterError(
            f"do not tell A from B apart from {others}, as in {sequences}",
            way_out="give some participants A first and others B first"
            + (", for three periods or more" if carried else ""),
        )
    weights = (contrast @ normal @ flat).reshape(count, periods)
    _, sizes, right = np.linalg.svd(flat, full_matrices=False)
    rank = int((sizes > 1e-9).sum())
    basis = right[:rank].reshape(rank, count, periods)
    return _Layout(weights, float(contrast @ normal @ contrast) * count, basis, periods - 1, periods - 1 + rank)


@dataclass(frozen=True, kw_only=True)
class Crossover(Design):
    """Does the outcome differ between treatments that each participant takes in turn?

    A participant is compared with himself, so only the variance within participants counts: few are needed, where the
    condition stays as it is, what was given wears off before the next period, and nothing that was given is for good.
    The analysis has a mean for each participant, each period and each treatment; carry-over is taken to be none, or has
    a number of its own for each treatment. n is all participants, in equal sequences.

    >>> Crossover(scale="ratio", ratio=0.95, cv_within=0.3, goal="equivalence", margin=1.25).sample_size(0.8).n
    40

    References:
        Senn (2002), Cross-over Trials in Clinical Research, 2nd ed., ch. 3 and 5.
        Owen (1965), Biometrika 52:437; Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence).
    """

    outcome = PERIODS
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)
    called = CALLED
    in_turn: ClassVar[bool] = True
    statistic_is_z = True  # t counts as the z of its P value
    exact = True  # for normal outcomes, or log-normal ones, without carry-over
    reference = "Senn 2002; for equivalence Owen 1965"
    stated_example = "--difference 1 --sd-within 1.5 --power 0.8 --n 38"

    difference: Numbers | None = parameter(
        "mean under treatment minus mean under control (scale difference)",
        REAL,
        optional=True,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
    )
    ratio: Numbers | None = parameter(
        "ratio of geometric means, treatment to control (scale ratio)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.2, 2.0),
    )
    sd_within: Numbers | None = parameter(
        "standard deviation between periods within a participant (scale difference)",
        POSITIVE,
        optional=True,
        role="spread",
        symbol="σ_w",
        unit="units of the outcome",
        typical=(0.8, 1.6),
    )
    cv_within: Numbers | None = parameter(
        "coefficient of variation between periods within a participant (scale ratio)",
        POSITIVE,
        optional=True,
        role="spread",
        symbol="CV_w",
        unit="ratio",
        typical=(0.2, 0.6),
    )
    sequences: str = parameter(
        "sequences of the treatments, one after the other: A is the treatment, B the control; or the name "
        f"{', '.join(NAMED)}",
        None,
        default="AB/BA",
        read=_read_sequences,
        shown="AB/BA",
    )
    carryover: CarryoverName = parameter(
        "what is carried over into the next period: taken to be nothing, or one more number for each treatment",
        CarryoverName,
        default="none",
    )
    scale: ScaleName = parameter("the scale of the effect", ScaleName, default="difference")
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()

    def check(self) -> None:
        """One effect and one spread, on the scale that is named; sequences that tell A from B; a margin that suits."""
        mine, others = _FIELDS[self.scale], _FIELDS["ratio" if self.scale == "difference" else "difference"]
        for own, other in zip(mine, others, strict=True):
            if getattr(self, other) is not None:
                reason = f"{self.scale} needs {field(own)}, and no {field(other)}"
                raise ParameterError(reason, owner=self, parameter="scale", value=self.scale)
        if getattr(self, mine[1]) is None:
            reason = f"is needed on the scale {self.scale}"
            raise ParameterError(reason, owner=self, parameter=mine[1])
        self._layout  # noqa: B018 - sequences that do not tell are refused here
        fields.check_margin(self, centre=1.0 if self.scale == "ratio" else 0.0)

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The effect and the spread of the scale that is stated."""
        return _FIELDS["ratio" if numbers.get("scale") == "ratio" else "difference"]

    @property
    def _layout(self) -> _Layout:
        try:
            return _layout(self.sequences, self.carryover == "first-order")
        except ParameterError as why:
            why.owner, why.parameter, why.value = type(self).__name__, "sequences", self.sequences
            raise

    @property
    def weights(self) -> tuple[int, ...]:
        """One participant of each sequence in a block."""
        return (len(self.sequences.split("/")),)

    @property
    def further_treatments(self) -> tuple[str, ...]:
        """Those of the sequences beyond A and B."""
        return tuple(sorted({*self.sequences} - {"A", "B", "/"}))

    @property
    def orders(self) -> Mapping[str, tuple[str, ...]]:
        """The sequences: A is the treatment, B the control."""
        called = {"A": "treatment", "B": "control"}
        return {row: tuple(called.get(letter, letter) for letter in row) for row in self.sequences.split("/")}

    @property
    def formula(self) -> str:
        """The name of the formula, with the sequences."""
        carried = self.carryover == "first-order"
        last = ", treatments and what is carried over" if carried else " and treatments"
        means = f"after means of participants, periods{last}"
        return f"t test of the sequences {self.sequences}, {means}, noncentral t distribution"

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin."""
        shift = r"\left|\ln\rho\right|" if self.scale == "ratio" else r"\left|\delta\right|"
        spread = r"\sqrt{\ln(1+CV_w^2)}" if self.scale == "ratio" else r"\sigma_w"
        layout = self._layout
        noncentrality = rf"\lambda = \frac{{{shift}\sqrt n}}{{{spread}\sqrt{{{layout.factor:.6g}}}}}"
        df = rf"\nu = {layout.free if layout.free > 1 else ''}\,n-{layout.lost}"
        return "" if self.margin is not None else f"{T_POWER},\n{noncentrality},\\quad {df}"

    def effect_unit(self) -> float:
        """The standard deviation within participants; a log ratio has no unit."""
        return largest(self.sd_within) if self.scale == "difference" else 1.0

    @property
    def logarithmic(self) -> bool:
        """On the ratio scale."""
        return self.scale == "ratio"

    def null_values(self) -> tuple[Numbers, ...]:
        """The effects on the null's boundary."""
        return _two_scales.null_values(self)

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary as differences, of logs on the ratio scale."""
        return _two_scales.limits(self)

    @property
    def shift(self) -> Numbers:
        """The effect as a difference, of logs on the ratio scale."""
        return log(self.effect_value()) if self.scale == "ratio" else self.effect_value()

    @property
    def spread(self) -> Numbers:
        """The standard deviation within participants, of logs on the ratio scale."""
        return sqrt(log1p(square(self.cv_within))) if self.scale == "ratio" else self.sd_within

    def degrees_of_freedom(self, n: Numbers) -> Numbers:
        """What participants, periods and treatments leave of the measurements."""
        layout = self._layout
        return layout.free * n - layout.lost

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the effect, or its logarithm."""
        return self.spread * sqrt(self._layout.factor / n), self.degrees_of_freedom(n)

    @cached_property
    def _each(self) -> list[Numbers]:
        """How far each limit is left behind, in standard errors of one participant: every n that is tried asks."""
        error, shift = self.standard_error(1.0)[0], self.shift
        return [sign * divide(shift - limit, error) for limit, sign in self.sided_limits()]

    def _distances(self, n: Numbers) -> list[Numbers]:
        root = sqrt(n)
        return [away * root for away in self._each]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the limit that the trial wants to leave behind."""
        return self._distances(n)[0], self.degrees_of_freedom(n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test; for equivalence, both one-sided tests."""
        return t_tests_power(self._distances(n), self.degrees_of_freedom(n), self.level, self.two_tailed)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return t_tests_power(self._distances(n), self.degrees_of_freedom(n), self.level, both_tails=False)

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """z with a known spread (Lachin 1981, Controlled Clinical Trials 2:93), in place of t."""
        assert power is not None
        if len(self.limits()) == 2:
            return
        error, _ = self.standard_error(1.0)
        away = self.shift - self.limits()[0]
        total = float(square(both_quantiles(self, power) * error / away))
        yield SizingMethod(words="z: the standard deviation is known", arms=(total,), cost=1)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Measurements, or their logs: a row a trial, a column a participant, the periods of each on the last axis.

        Participants come in turn from each sequence. What they differ by among each other, and what periods add, is
        taken off by the analysis, so that it may be anything: here it is not nothing.
        """
        given = np.array([[letter == "A" for letter in row] for row in self.sequences.split("/")], dtype=float)
        treated = np.tile(given, (n // len(given), 1))
        own = rng.normal(0.0, 2.0, (trials, n, 1))
        periods = np.arange(given.shape[1]) * 0.5
        noise = rng.normal(0.0, 1.0, (trials, n, given.shape[1]))
        return (self.shift * treated + self.spread * (noise + own + periods),)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The estimate of least squares over its standard error, on the first participants, in whole blocks."""
        return self._fitted(data[0], fraction)[:2]

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """The normal score of the P value of t."""
        statistic, _, df = self._fitted(data[0], fraction)
        return normal_score(statistic, df)

    def _fitted(self, values: Any, fraction: float) -> tuple[Any, Any, int]:
        layout, block = self._layout, self.block
        size = int(fraction * values.shape[1] / block + 1e-9)
        df = layout.free * size * block - layout.lost
        if size == 0 or df <= 0:
            nothing = np.zeros(len(values))
            return (*decide(self, nothing, nothing, 1.0), 0)
        # trials, blocks, sequences, periods
        y = values[:, : size * block].reshape(len(values), size, block, -1)
        y = y - y.mean(axis=3, keepdims=True)
        y = y - y.mean(axis=(1, 2), keepdims=True)
        means = y.mean(axis=1)
        estimate = (layout.weights * means).sum(axis=(1, 2))
        explained = size * ((layout.basis * means[:, None]).sum(axis=(2, 3)) ** 2).sum(axis=1)
        residual = np.maximum((y**2).sum(axis=(1, 2, 3)) - explained, 0.0) / df
        error = np.sqrt(residual * layout.factor / (size * block))
        statistic, rejects = decide(self, estimate, error, upper_t_quantile(self.level, df))
        return statistic, rejects, df


_FIELDS = {"difference": ("difference", "sd_within"), "ratio": ("ratio", "cv_within")}
"""The effect and the spread of each scale."""
