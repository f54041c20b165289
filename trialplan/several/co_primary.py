"""Co-primary endpoints: every one of them must be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.multinormal import multivariate_cdf
from trialplan.parameter import Numbers
from trialplan.several._family import Family
from trialplan.several._fields import correlation
from trialplan.text import listed_apart


@dataclass(frozen=True, kw_only=True)
class CoPrimary(Family):
    """Is every endpoint significant in the treatment's favour?

    Each is tested at the full level: all must reject, so nothing has to be adjusted, and power is lost instead. The
    statistics are taken as jointly normal, each with the power that its own formula gives. The latent correlation is
    that of the Gaussian copula of the outcomes; between responses it implies a smaller one, phi.

    >>> from trialplan import TwoMeans
    >>> ends = TwoMeans(difference=0.4, sd=1, test="z"), TwoMeans(difference=0.4, sd=1, test="z")
    >>> round(float(CoPrimary(members=ends, correlation=0.5).power(200)), 4)
    0.6974

    References:
        Sozu, Sugimoto & Hamasaki (2010), Statistics in Medicine 29:2169 (responses, and the copula's correlation).
        Sozu, Sugimoto & Hamasaki (2012), Biometrical Journal 54:716 (responses with measurements).
        Senn & Bretz (2007), Pharmaceutical Statistics 6:161 (the level of each, and what it costs).
    """

    correlation: Numbers | tuple[float, ...] = correlation()

    def success(self, n: Numbers) -> Numbers:
        """The probability that all reject in the treatment's favour, of the joint normal distribution."""
        return multivariate_cdf(self.scores(n), self.correlations)

    def rule_in_words(self, names: Sequence[str]) -> str:
        """All of them, each at the full level."""
        return (
            f"Each of {listed_apart(names)} must be shown in favour of the treatment: {self._each_level()}, and the "
            "trial fails if one of them is missed. Nothing has to be adjusted for testing several; what they cost is "
            "power"
        )

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The least of the members' statistics, and whether all reject in favour."""
        statistics, shown = self.analyse_each(data, fraction)
        return statistics.min(axis=-1), shown.all(axis=-1)
