"""Two proportions of participants who come in clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _clusters as clusters
from trialplan.designs import _stated_rates as stated_rates
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.outcome import Latent
from trialplan.outcomes.clusters import CLUSTERED_RATES
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.rejection import decide


@dataclass(frozen=True, kw_only=True)
class ClusteredProportions(clusters._Clustered):
    """Does the treatment's rate differ from the control's, where participants come in clusters?

    Centres, practices or wards are randomised as a whole; or donors, therapists or batches belong to the treatment
    alone. n counts participants; the answer says how many clusters they are. The variance is unpooled, times the
    design effect; the clusters' rates are taken as beta distributed where participants are drawn.

    >>> answer = ClusteredProportions(control=0.3, treatment=0.4, icc=0.03, cluster_size=25, test="z").sample_size(0.8)
    >>> round(answer.arms_unrounded["control"] / 25, 4), answer.extra["clusters_control"]
    (24.3001, 25)

    References:
        Donner, Birkett & Buck (1981), American Journal of Epidemiology 114:906 (the design effect).
        Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35:1292 (clusters of unequal sizes).
        Roberts & Roberts (2005), Clinical Trials 2:152 (clusters in one arm only).
    """

    outcome = CLUSTERED_RATES
    called = {
        "chi-squared": ("z",),
        "chi-square": ("z",),
        "chi2": ("z",),
        "normal": ("z",),
        "z-test": ("z",),
        "t-test": ("t",),
    }
    slips = clusters.SLIPS
    stated_effects = stated_rates.EFFECTS
    letters = {**clusters.LETTERS, "p_i": "an arm's rate", "v_i": "the variance of an arm's rate"}

    control: Numbers = parameter(
        "rate in the control arm", PROPORTION, role="comparator", symbol="p_C", unit="proportion", typical=(0.1, 0.6)
    )
    treatment: Numbers = parameter(
        "rate in the treatment arm",
        PROPORTION,
        role="effect",
        symbol="p_T",
        unit="proportion",
        typical=(0.3, 0.9),
        of_each="rate in each treatment arm",
    )

    def check(self) -> None:
        """A margin that suits the goal, and leaves the treatment a rate on its limit."""
        fields.check_margin(self, domain=PROPORTION)
        for limit in self.null_values() if isinstance(self.control, float) else ():  # of arrays each cell is asked
            if isinstance(limit, float) and not 0 < limit < 1:
                reason = f"puts the limit at a rate of {limit:.4g} beside a control of {self.control:g}"
                way_out = "take a smaller one, so that the limit lies in (0, 1)"
                raise ParameterError(reason, owner=self, parameter="margin", value=self.margin, way_out=way_out)

    def null_values(self) -> tuple[Numbers, ...]:
        """The treatment rates on the null's boundary, given the control's."""
        return tuple(self.control + limit for limit in self.limits())

    def limits(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def contrast(self) -> Numbers:
        """The difference of the rates."""
        return self.treatment - self.control

    def planned_estimate(self) -> Numbers:
        """The difference of the rates."""
        self.require_effect()
        return self.contrast()

    def null_estimate(self) -> Numbers:
        """The limit."""
        return self.limits()[0]

    def count_rates(self) -> tuple[Numbers, ...]:
        """Treatment, control."""
        return self.treatment, self.control

    def arm_variances(self) -> tuple[Numbers, Numbers]:
        """Of yes and no."""
        return self.treatment * (1 - self.treatment), self.control * (1 - self.control)

    @property
    def common_variance(self) -> bool:
        """Never: a rate has its own."""
        return False

    def latent(self) -> tuple[Latent, ...]:
        """One jump, where z is beyond the rate's quantile; what clusters add depends on nothing else."""
        parts = zip((self.treatment, self.control), self.arm_variances(), self.design_effects(), strict=True)
        return tuple(
            Latent(cuts=(-special.ndtri(rate),), jumps=(1.0,), shared=clusters.shared(variance, effect))
            for rate, variance, effect in parts
        )

    def outcomes(self, arm: int, own: Any, cluster: Any, sizes: Any) -> Any:
        """Responses at each cluster's rate, which is beta distributed around the arm's."""
        rate = (self.treatment, self.control)[arm]
        if not self.icc or not self.in_clusters(arm):
            return own >= 1 - rate
        spread = (1 - self.icc) / self.icc
        rates = special.betaincinv(rate * spread, (1 - rate) * spread, cluster)
        return own >= 1 - np.repeat(rates, sizes, axis=1)

    def unclustered(self) -> tuple[Design, ...]:
        """By the tests of independent participants."""
        plain = TwoProportions(control=self.control, treatment=self.treatment, **self._beside())
        others = ("wald",) if self.margin is not None else ("wald", "continuity-corrected", "arcsine")
        return plain, *(plain.replace(test=test) for test in others)


def _z_statistic(design: ClusteredProportions, counts: list[int], seen: list[tuple[Any, Any, int]]) -> tuple[Any, Any]:
    """By the rates that are seen, and the planned design effect."""
    rates = [mean for mean, _, _ in seen]
    parts = zip(rates, design.design_effects(), counts, strict=True)
    error = np.sqrt(sum(rate * (1 - rate) * effect / count for rate, effect, count in parts))
    return decide(design, rates[0] - rates[1], error, design.z_alpha)


ClusteredProportions.tests = {
    "t": AnalysisTest(
        prose="t on the rates over participants, by the variance between clusters of each arm. The usual choice; "
        "errs where there are few clusters, where they differ much in size, or where rates are near 0 or 1.",
        formula="t test between clusters, noncentral t distribution",
        reference="Donner, Birkett & Buck 1981; Eldridge, Ashby & Kerry 2006",
        goals=fields.GOALS,
        power=clusters.t_power,
        success=clusters.t_success,
        statistic=clusters.t_statistic,
        tex=clusters.t_tex("p_T-p_C", "p_i(1-p_i)", clusters.SATTERTHWAITE),
    ),
    "z": AnalysisTest(
        prose="z with unpooled variance and a known intracluster correlation. Used in hand calculations; too "
        "optimistic below some twenty clusters per arm.",
        formula="z test with unpooled variance and a known design effect",
        reference="Donner, Birkett & Buck 1981; Eldridge, Ashby & Kerry 2006",
        goals=fields.GOALS,
        power=clusters.Z_POWER,
        success=clusters.z_tail,
        statistic=_z_statistic,
        tex=clusters.z_tex("p_T-p_C", "p_i(1-p_i)"),
    ),
}
