"""Two proportions that must differ significantly, and by as much as matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs import _dual_criterion as dual_criterion
from trialplan.errors import UnreachableError
from trialplan.numerics.elementary import divide, greatest, normal_cdf, sqrt
from trialplan.numerics.lazy import np
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, RESPONSE, Counts, EffectScale, Outcome
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.rejection import decide, no_evidence


class RelevantResponses(Outcome):
    """Yes-or-no outcomes of two arms whose rates must differ by as much as matters."""

    kind = "responses"
    observed = RESPONSE
    responder = "responders"

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As a rate, and as the difference from the control's."""
        ours = float(design.effect_value())
        difference = DIFFERENCE_OF_PROPORTIONS
        return (self.effect_scale(design), ours), (difference, ours - float(design.value("comparator")))

    def target_scale(self, design: Design) -> EffectScale:
        """A difference of two rates."""
        return DIFFERENCE_OF_PROPORTIONS

    def counts(self, design: Sized, n: int) -> Counts | None:
        """A binomial count for each arm."""
        return Counts(sizes=design.count_sizes(n), rates=design.count_rates())

    def shrunk(self, design: Design, ratio: float) -> Design:
        """The rate of the treatment has so many times its odds."""
        odds = ratio * design.effect_value() / (1 - design.effect_value())
        return design.replace(**{design.effect: odds / (1 + odds)})

    def better(self, design: Design) -> str:
        """More or fewer of those who are counted."""
        return f"a {design.favourable} rate is better"

    def must_see(self, design: Design) -> tuple[str, float, str]:
        """A difference as large as matters."""
        return dual_criterion.must_see(design)


@dataclass(frozen=True, kw_only=True)
class DualCriterionProportions(Design):
    """Is the difference of two rates significant, and the one that is seen as large as matters?

    Go, where the score test (pooled z) rejects and the difference that is seen is at least the relevant one. At a true
    difference as large as that the chance is never beyond one half: the truth must lie beyond it. By normal theory.

    >>> design = DualCriterionProportions(control=0.2, treatment=0.45, relevant=0.1, alpha=0.1, sides=1)
    >>> design.sample_size(0.8).n
    62

    References:
        Fisch, Jones, Jones, Kerman, Rosenkranz & Schmidli (2015), Ther Innov Regul Sci 49:155.
        Roychoudhury, Scheuer & Neuenschwander (2018), Clinical Trials 15:452.
    """

    outcome = RelevantResponses()
    letters = {"p": "the mean of the two rates"}
    exact = False
    two_tailed = False
    asks_for_more = True
    formula = "pooled z test, and a difference as large as matters; normal approximation"
    reference = "Roychoudhury, Scheuer & Neuenschwander 2018"
    tex = (
        r"1-\beta = \Phi\left(\frac{p_T-p_C-\max\left(\delta_{\mathrm{rel}},\ z_{1-\alpha/s}\,\sigma_0/\sqrt n\right)}"
        r"{\sigma_1/\sqrt n}\right),"
        "\n"
        r"\sigma_0^2 = \frac{p\,(1-p)}{w_T\,w_C},\quad "
        r"\sigma_1^2 = \frac{p_T(1-p_T)}{w_T}+\frac{p_C(1-p_C)}{w_C}"
    )
    stated_example = "--control 0.3 --treatment 0.6 --relevant 0.15 --power 0.8 --n 84"

    control: Numbers = parameter(
        "rate in the control arm",
        PROPORTION,
        role="comparator",
        symbol="p_C",
        unit="proportion",
        typical=(0.2, 0.35),
    )
    treatment: Numbers = parameter(
        "rate in the treatment arm",
        PROPORTION,
        role="effect",
        symbol="p_T",
        unit="proportion",
        typical=(0.5, 0.8),
        of_each="rate in each treatment arm",
    )
    relevant: Numbers = parameter(
        "least difference in the treatment's favour that must be seen: the amount",
        PROPORTION,
        symbol="δ_rel",
        unit="difference of proportions",
        typical=(0.05, 0.15),
    )
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def null_values(self) -> tuple[Numbers, ...]:
        """The control's rate, which significance excludes."""
        return (self.control,)

    def _away(self) -> Numbers:
        return self.sign * (self.treatment - self.control)

    def reachable(self) -> Any:
        """Whether the true difference is more than must be seen."""
        return self._away() > self.relevant

    def unreachable(self) -> UnreachableError:
        """Why no number will do."""
        return dual_criterion.unreachable(self, float(self._away()), float(self.relevant))

    def power(self, n: Numbers) -> Numbers:
        """Only one direction counts."""
        return self.success(n)

    def success(self, n: Numbers) -> Numbers:
        """The normal tail beyond what is asked for: the larger of the relevant and the least significant difference."""
        share_t, share_c = self.split(1.0)
        mean = share_t * self.treatment + share_c * self.control
        null = sqrt(mean * (1 - mean) / (share_t * share_c))
        true = sqrt(self.treatment * (1 - self.treatment) / share_t + self.control * (1 - self.control) / share_c)
        needed = greatest(self.relevant, self.z_alpha * null / sqrt(n))
        return normal_cdf(divide((self._away() - needed) * sqrt(n), true))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The responses of each arm, treatment and control, counted when `analyse` asks for them."""
        arms = zip(map(round, self.split(n)), self.count_rates(), strict=True)
        return tuple(DrawnResponses(size, rate, trials, rng) for size, rate in arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The pooled z on the first fraction, and whether both criteria hold."""
        counts, sizes = zip(*(first_count(arm, fraction) for arm in data), strict=True)
        return self.judge(counts, sizes)

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """The pooled z for counts of responses: treatment, control; and whether both criteria hold."""
        (x_t, x_c), (n_t, n_c) = counts, sizes
        if not np.all([n_t, n_c]):
            return no_evidence(self, len(x_t))
        pooled = (x_t + x_c) / (n_t + n_c)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
        difference = x_t / n_t - x_c / n_c
        statistic, rejects = decide(self, self.control + difference, error, self.z_alpha)
        # a difference of 3/30 less 1/30 and one of 2/30 are the same, whatever a double makes of them
        return statistic, rejects & (self.sign * difference >= self.relevant - 1e-12)

    def count_rates(self) -> tuple[Numbers, ...]:
        """Treatment, control."""
        return self.treatment, self.control
