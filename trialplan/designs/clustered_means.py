"""Two means of participants who come in clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _clusters as clusters
from trialplan.designs.two_means import CALLED, SPREAD_SLIPS, TwoMeans
from trialplan.numerics.elementary import square
from trialplan.numerics.lazy import np, special
from trialplan.outcome import Latent
from trialplan.outcomes.clusters import CLUSTERED_MEANS
from trialplan.parameter import POSITIVE, REAL, Numbers, largest, parameter
from trialplan.rejection import decide


@dataclass(frozen=True, kw_only=True)
class ClusteredMeans(clusters._Clustered):
    """Does the treatment's mean differ from the control's, where participants come in clusters?

    Centres, practices or wards are randomised as a whole; or donors, therapists or batches belong to the treatment
    alone. n counts participants; the answer says how many clusters they are. Few clusters are few, however many
    participants each has: the t test has as many degrees of freedom as there are clusters, less two.

    >>> answer = ClusteredMeans(difference=2, sd=8, icc=0.01, cluster_size=50, cluster_cv=0.4).sample_size(0.9)
    >>> answer.n, answer.extra["clusters_treatment"], answer.extra["design_effect"]
    (1200, 12, 1.57)

    References:
        Donner, Birkett & Buck (1981), American Journal of Epidemiology 114:906 (the design effect).
        Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35:1292 (clusters of unequal sizes).
        Roberts & Roberts (2005), Clinical Trials 2:152; Moerbeek & Wong (2008), Statistics in Medicine 27:2850
        (clusters in one arm only).
    """

    outcome = CLUSTERED_MEANS
    called = CALLED
    slips = (*clusters.SLIPS, *SPREAD_SLIPS)
    letters = {**clusters.LETTERS, "μ_T": "an arm's mean", "v_i": "the variance of an arm's mean"}

    difference: Numbers = parameter(
        "treatment mean minus control mean",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
        of_each="mean of each treatment minus control mean",
    )
    sd: Numbers = parameter(
        "standard deviation between participants in both arms, within and between clusters together",
        POSITIVE,
        role="spread",
        symbol="σ",
        unit="units of the outcome",
        typical=(0.8, 1.6),
        of_each="standard deviation between participants in every arm",
    )

    def check(self) -> None:
        """A margin that suits the goal."""
        fields.check_margin(self)

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The standard deviation."""
        return largest(self.sd)

    def contrast(self) -> Numbers:
        """It is the effect."""
        return self.difference

    def arm_variances(self) -> tuple[Numbers, Numbers]:
        """The same in both arms."""
        return square(self.sd), square(self.sd)

    def arm_means(self) -> tuple[Numbers, ...]:
        """The control's mean is 0: only the difference matters."""
        return self.difference, 0.0

    def arm_sds(self) -> tuple[Numbers, ...]:
        """The same in both arms."""
        return self.sd, self.sd

    @property
    def common_variance(self) -> bool:
        """Where both arms come in clusters."""
        return self.clustered == "both"

    def latent(self) -> tuple[Latent, ...]:
        """A straight line within clusters; what lies between them depends on nothing else of a participant."""
        return tuple(
            Latent(
                slope=self.sd * np.sqrt(1 - within),
                noise=square(self.sd) * within,
                shared=clusters.shared(square(self.sd), effect),
            )
            for within, effect in zip(self._iccs(), self.design_effects(), strict=True)
        )

    def _iccs(self) -> tuple[Numbers, Numbers]:
        treatment, control = (self.icc if self.in_clusters(arm) else 0.0 for arm in range(2))
        return treatment, control

    def outcomes(self, arm: int, own: Any, cluster: Any, sizes: Any) -> Any:
        """Normal, a share of the variance between clusters."""
        icc = self._iccs()[arm]
        between = np.repeat(np.sqrt(icc) * special.ndtri(cluster), sizes, axis=1)
        deviation = between + np.sqrt(1 - icc) * special.ndtri(own)
        return self.arm_means()[arm] + self.sd * deviation

    def unclustered(self) -> tuple[Design, ...]:
        """By the tests of independent participants."""
        plain = TwoMeans(difference=self.difference, sd=self.sd, **self._beside())
        return plain, plain.replace(test="z")


def _z_statistic(design: ClusteredMeans, counts: list[int], seen: list[tuple[Any, Any, int]]) -> tuple[Any, Any]:
    """By the planned standard deviation and design effect."""
    parts = zip(design.arm_variances(), design.design_effects(), counts, strict=True)
    error = np.sqrt(sum(variance * effect / count for variance, effect, count in parts))
    estimate = seen[0][0] - seen[1][0]
    return decide(design, estimate, np.broadcast_to(error, estimate.shape), design.z_alpha)


ClusteredMeans.tests = {
    "t": AnalysisTest(
        prose="t on the means over participants, by the variance between clusters. The usual choice; the formula is "
        "exact for equal clusters of normal outcomes, and claims too much where few clusters differ much in size.",
        formula="t test between clusters, noncentral t distribution",
        reference="Donner, Birkett & Buck 1981; Eldridge, Ashby & Kerry 2006",
        goals=fields.GOALS,
        power=clusters.t_power,
        success=clusters.t_success,
        statistic=clusters.t_statistic,
        tex=clusters.t_tex(r"\mu_T-\mu_C", r"\sigma^2", clusters.CLUSTERS_LESS_TWO),
    ),
    "z": AnalysisTest(
        prose="z with a known standard deviation and intracluster correlation. Used in hand calculations; too "
        "optimistic below some twenty clusters per arm, whose variance must be estimated.",
        formula="z test with a known design effect",
        reference="Donner, Birkett & Buck 1981; Eldridge, Ashby & Kerry 2006",
        goals=fields.GOALS,
        power=clusters.Z_POWER,
        success=clusters.z_tail,
        statistic=_z_statistic,
        tex=clusters.z_tex(r"\mu_T-\mu_C", r"\sigma^2"),
    ),
}
