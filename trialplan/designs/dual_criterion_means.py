"""Two means that must differ significantly, and by as much as matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _dual_criterion as dual_criterion
from trialplan.errors import UnreachableError
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import divide, sqrt
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.outcomes.measurements import Measurements
from trialplan.parameter import POSITIVE, REAL, Numbers, largest, parameter
from trialplan.rejection import decide, no_evidence

_NODES = 128
"""Along the ratio of the estimated to the true standard deviation, whose density is as smooth as a normal one."""

_SPREAD = 9.0
"""Standard deviations of that ratio that the integral covers: what lies beyond weighs < 1e-18."""


class RelevantMeans(Measurements):
    """Normal outcomes of two arms whose difference must be as large as matters."""

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """The least difference that is both significant, at the planned spread, and as large as matters."""
        significant = super().smallest_significant(design, n)
        if significant is None:
            return None
        return design.sign * max(abs(significant), float(design.relevant))  # type: ignore[attr-defined]

    def must_see(self, design: Design) -> tuple[str, float, str]:
        """A difference as large as matters."""
        return dual_criterion.must_see(design)


@dataclass(frozen=True, kw_only=True)
class DualCriterionMeans(Design):
    """Is the difference of two means significant, and the one that is seen as large as matters?

    Go, where Student's t test rejects and the estimate is at least the relevant difference. At a true difference as
    large as that the chance is never beyond one half: the truth must lie beyond it. For decisions to go on.

    >>> DualCriterionMeans(difference=0.8, sd=1, relevant=0.4, alpha=0.2, sides=2).sample_size(0.8).n
    30

    References:
        Fisch, Jones, Jones, Kerman, Rosenkranz & Schmidli (2015), Ther Innov Regul Sci 49:155.
        Roychoudhury, Scheuer & Neuenschwander (2018), Clinical Trials 15:452.
    """

    outcome = RelevantMeans()
    letters = {"D": "the difference that is seen", "S": "the standard deviation that is seen"}
    exact = True  # for normal outcomes
    two_tailed = False
    asks_for_more = True
    formula = "Student's t test, and an estimate as large as matters; integral over the standard deviation that is seen"
    reference = "Roychoudhury, Scheuer & Neuenschwander 2018"
    tex = (
        r"1-\beta = \Pr\left(D\ge\max\left(\delta_{\mathrm{rel}},\ "
        r"t_{\nu,\,1-\alpha/s}\,S\sqrt{1/n_T+1/n_C}\right)\right),\quad \nu = n-2"
    )
    stated_example = "--difference 1 --sd 1.2 --relevant 0.5 --power 0.8 --n 48"

    difference: Numbers = parameter(
        "mean of the treatment arm minus mean of the control arm",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.5, 1.5),
        of_each="mean of each treatment arm minus mean of the control arm",
    )
    sd: Numbers = parameter(
        "standard deviation between participants, in both arms",
        POSITIVE,
        role="spread",
        symbol="σ",
        unit="units of the outcome",
        typical=(0.8, 1.6),
    )
    relevant: Numbers = parameter(
        "least difference in the treatment's favour that must be seen: the amount",
        POSITIVE,
        symbol="δ_rel",
        unit="units of the outcome",
        typical=(0.2, 0.4),
    )
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference, which significance excludes."""
        return (0.0,)

    def reachable(self) -> Any:
        """Whether the true difference is more than must be seen."""
        return self.sign * self.difference > self.relevant

    def unreachable(self) -> UnreachableError:
        """Why no number will do."""
        return dual_criterion.unreachable(self, self.sign * float(self.difference), float(self.relevant))

    def effect_unit(self) -> float:
        """The standard deviation."""
        return largest(self.sd)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the difference."""
        return self.sd * sqrt(sum(1 / size for size in self.split(n))), n - 2

    def arm_means(self) -> tuple[Numbers, ...]:
        """About a control of 0."""
        return self.difference, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """In both arms."""
        return self.sd, self.sd

    def power(self, n: Numbers) -> Numbers:
        """Only one direction counts."""
        return self.success(n)

    def success(self, n: Numbers) -> Numbers:
        """Where little spread is seen relevance decides, else significance: an integral over what is seen of it."""
        error, df = self.standard_error(n)
        away, needed = (divide(one, error) for one in (self.sign * self.difference, self.relevant))
        return _both(np.asarray(away, dtype=float), needed, df, self.level)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The difference from which it is significant, at the planned spread."""
        error, df = self.standard_error(n)
        critical = float(upper_t_quantile(self.level, df) * error) if n > 2 else None
        return super().details(n, target) | ({} if critical is None else {"significant_from": critical})

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Outcomes, one row a trial and one column a participant: treatment, control."""
        treatment, control = map(round, self.split(n))
        return rng.normal(self.difference, self.sd, (trials, treatment)), rng.normal(0.0, self.sd, (trials, control))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """Student's t, and whether it is significant while the difference is as large as matters."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        n_t, n_c = treatment.shape[1], control.shape[1]
        df = n_t + n_c - 2
        if df < 1 or not n_t or not n_c:
            return no_evidence(self, len(treatment))
        pooled = (treatment.var(axis=1) * n_t + control.var(axis=1) * n_c) / df
        difference = treatment.mean(axis=1) - control.mean(axis=1)
        error = np.sqrt(pooled * (1 / n_t + 1 / n_c))
        statistic, rejects = decide(self, difference, error, upper_t_quantile(self.level, df))
        return statistic, rejects & (self.sign * difference >= self.relevant)


def _both(away: Any, needed: Any, df: Any, level: Any) -> Any:
    """P(Z + away >= needed and Z + away >= critical * S), the square of S being chi-squared over df."""
    usable = np.asarray(df) > 0
    df = np.where(usable, df, 1.0)[..., None]
    away, needed = np.asarray(away)[..., None], np.asarray(needed)[..., None]
    critical = upper_t_quantile(np.asarray(level)[..., None], df)
    kink = needed / critical  # below it relevance asks for more
    spread = _SPREAD / np.sqrt(2 * df)
    start = np.maximum(np.maximum(0.0, 1 - spread), kink)
    stop = np.maximum(1 + 2 * spread, start)
    x, w = gauss_legendre(_NODES)
    s = start + (stop - start) * x
    density = np.exp(
        np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    )
    beyond = np.sum(w * special.ndtr(away - critical * s) * density, axis=-1) * (stop - start)[..., 0]
    below = (special.ndtr(away - needed) * special.chdtr(df, df * kink**2))[..., 0]
    return np.where(usable, np.minimum(below + beyond, 1.0), 0.0)[()]
