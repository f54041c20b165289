"""Errors that a formula or an analysis may have, each planted on purpose, with the numbers at which it is looked for.

`MUTANTS` has one row for each: what is wrong, the design that has the error, the same design without it, and n.
`verify` must catch every one of the first and none of the second. The errors are those that sample size programs have
had: nothing here is code that was ever right.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from trialplan import Ancova, GroupSequential, OneProportion, RatioOfMeans, TwoMeans, TwoProportions, TwoStage


def tail(distance, critical):
    """P(a normal z beyond its critical value), at `distance` standard errors."""
    return float(stats.norm.sf(critical - distance))


class NormalForT(TwoMeans):
    """The normal distribution stands for the t."""

    def success(self, n):
        return tail(self.distances(n)[0], self.z_alpha)

    def power(self, n):
        return self.success(n) + tail(-self.distances(n)[0], self.z_alpha)


class EqualArms(TwoProportions):
    """The arms are taken as n/2 each, whatever the allocation."""

    def power(self, n):
        return TwoProportions(**(self.assumptions() | {"allocation": "1:1"})).power(n)


class FarTailAdded(TwoProportions):
    """The far tail is taken as large as it is under the null, and added."""

    def power(self, n):
        return min(1.0, super().power(n) + self.level)


class FarTailTwice(TwoMeans):
    """The far tail is counted twice: next to nothing at the planned effect, half of the level under the null."""

    def power(self, n):
        return 2 * super().power(n) - self.success(n)


class BothTailsAsOne(TwoProportions):
    """The chance of rejecting either way passes for the chance of success."""

    def success(self, n):
        return super().power(n)


class FactorTwoLost(TwoMeans):
    """The variance of the difference of two means lacks the second arm's."""

    def power(self, n):
        return super().power(2 * n)

    def success(self, n):
        return super().success(2 * n)


class MarginSign(TwoMeans):
    """The margin is taken off the wrong side."""

    def power(self, n):
        return float(TwoMeans(**(self.assumptions() | {"difference": self.difference - 2 * self.margin})).power(n))

    success = power


class MarginForgotten(TwoProportions):
    """Non-inferiority is sized as superiority."""

    def power(self, n):
        more = {"goal": "superiority", "margin": None, "alpha": self.alpha, "sides": self.sides}
        return TwoProportions(**(self.assumptions() | more)).power(n)


class AlphaNotHalved(TwoProportions):
    """A two-sided test is sized at alpha, not at alpha/2."""

    def power(self, n):
        return TwoProportions(**(self.assumptions() | {"alpha": 2 * self.alpha})).power(n)


class ControlVarianceTwice(TwoProportions):
    """The control's variance stands for both arms'."""

    def power(self, n):
        half = n / 2
        error = np.sqrt(2 * self.control * (1 - self.control) / half)
        return tail((self.treatment - self.control) / error, self.z_alpha)


class RootForgotten(TwoMeans):
    """The difference is divided by its variance."""

    def power(self, n):
        error = np.sqrt(sum(self.variances(n)))
        return tail(self.distances(n)[0] / error, self.z_alpha)

    success = power


class TreatmentSdIgnored(TwoMeans):
    """One standard deviation for both arms, though two are given."""

    def power(self, n):
        return float(TwoMeans(**(self.assumptions() | {"sd_treatment": self.sd})).power(n))

    success = power


class SecondSideForgotten(RatioOfMeans):
    """Equivalence is sized by one of its two one-sided tests."""

    def power(self, n):
        numbers = self.assumptions() | {"goal": "non-inferiority", "favourable": "higher", "margin": 1 / self.margin}
        return float(RatioOfMeans(**numbers).power(n))

    success = power


class CorrelationNotSquared(Ancova):
    """The residual variance is 1 - r, not 1 - r²."""

    def _as_meant(self):
        return Ancova(**(self.assumptions() | {"correlation": np.sqrt(self.correlation)}))

    def power(self, n):
        return float(self._as_meant().power(n))

    def success(self, n):
        return float(self._as_meant().success(n))


class CvForLogSd(RatioOfMeans):
    """The coefficient of variation stands for the standard deviation of logs."""

    def power(self, n):
        as_meant = np.sqrt(np.expm1(self.cv**2))
        return float(RatioOfMeans(**(self.assumptions() | {"cv": as_meant})).power(n))

    def success(self, n):
        as_meant = np.sqrt(np.expm1(self.cv**2))
        return float(RatioOfMeans(**(self.assumptions() | {"cv": as_meant})).success(n))


class OneResponseLess(OneProportion):
    """The count next to the critical one is taken to reject."""

    def power(self, n):
        return float(stats.binom.sf(self.critical_count(n) - 2, n, self.expected))

    success = power


class FirstStageForgotten(TwoStage):
    """The power of a two-stage trial is that of its second stage alone."""

    def power(self, n):
        return float(stats.binom.sf(self.counts[1][0], n, self.expected))


class SizeAtOneRate(TwoProportions):
    """An exact test is put to work at twice its level."""

    def analyse(self, data, fraction=1):
        return TwoProportions(**(self.assumptions() | {"alpha": 2 * self.alpha})).analyse(data, fraction)


class WrongDirection(TwoProportions):
    """The statistic has the wrong sign."""

    def analyse(self, data, fraction=1):
        statistic, rejects = super().analyse(data, fraction)
        return -statistic, rejects


class VariancesSwapped(TwoMeans):
    """Each arm's variance is divided by the other arm's participants."""

    def power(self, n):
        reversed_arms = ":".join(reversed(self.allocation.split(":")))
        return float(TwoMeans(**(self.assumptions() | {"allocation": reversed_arms})).power(n))

    success = power


class FixedCriticalValue(GroupSequential):
    """Every look is held against the critical value of a trial with one."""

    def analyse(self, data, fraction=1):
        at = [self.design.analyse(data, look)[0] for look in self.looks]
        crossed = [np.abs(z) >= self.z_alpha for z in at]
        return np.where(crossed[0], at[0], at[-1]), np.logical_or.reduce(crossed)


class NotInflated(GroupSequential):
    """The looks are taken to cost nothing."""

    def power(self, n):
        return self.design.power(n)


_RATES = {"control": 0.3, "treatment": 0.5}
_LOOKED_AT = {"design": TwoProportions(**_RATES), "efficacy": "pocock"}


def _pair(wrong, right, n, **numbers):
    return wrong.__name__, wrong(**numbers), right(**numbers), n


MUTANTS = [
    _pair(NormalForT, TwoMeans, 16, difference=1.5, sd=1),
    _pair(EqualArms, TwoProportions, 210, **_RATES, allocation="2:1"),
    _pair(FarTailAdded, TwoProportions, 186, **_RATES),
    _pair(FarTailTwice, TwoMeans, 128, difference=0.5, sd=1),
    _pair(BothTailsAsOne, TwoProportions, 186, **_RATES),
    _pair(FactorTwoLost, TwoMeans, 64, difference=0.7, sd=1),
    _pair(MarginSign, TwoMeans, 120, difference=0.1, sd=1, goal="non-inferiority", margin=0.4),
    _pair(MarginForgotten, TwoProportions, 300, control=0.6, treatment=0.65, goal="non-inferiority", margin=0.1),
    _pair(AlphaNotHalved, TwoProportions, 186, **_RATES),
    _pair(ControlVarianceTwice, TwoProportions, 300, control=0.15, treatment=0.3, test="wald"),
    _pair(RootForgotten, TwoMeans, 128, difference=0.5, sd=1, test="z"),
    _pair(TreatmentSdIgnored, TwoMeans, 200, difference=0.5, sd=1, sd_treatment=1.4, test="welch"),
    _pair(SecondSideForgotten, RatioOfMeans, 76, ratio=1.0, cv=0.3, goal="equivalence", margin=1.25),
    _pair(CorrelationNotSquared, Ancova, 100, difference=0.5, sd=1, correlation=0.5),
    _pair(CvForLogSd, RatioOfMeans, 80, ratio=1.5, cv=0.8),
    _pair(OneResponseLess, OneProportion, 33, null=0.05, expected=0.2),
    _pair(FirstStageForgotten, TwoStage, 29, null=0.1, expected=0.3, stages=("1/10", "5/29")),
    _pair(SizeAtOneRate, TwoProportions, 120, control=0.3, treatment=0.55, test="boschloo"),
    _pair(WrongDirection, TwoProportions, 186, **_RATES),
    _pair(VariancesSwapped, TwoMeans, 120, difference=0.6, sd=1, sd_treatment=1.5, test="z", allocation="2:1"),
    _pair(FixedCriticalValue, GroupSequential, 200, **_LOOKED_AT),
    _pair(NotInflated, GroupSequential, 200, **_LOOKED_AT),
]
