"""Two designs that nobody has seen: their names are drawn at random, and only their own files know them.

Fields that every design has (alpha, sides, allocation, favourable) keep their names; slug, class and own fields come
from lists, so that no line of the package can know them.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from string import Template

RANKS = Template('''"""Two arms compared by ranks, where only the order of the values counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.rejection import either_way


@dataclass(frozen=True, kw_only=True)
class $cls(Design):
    """Is a treated participant better off than a control, more often than not?

    The Wilcoxon-Mann-Whitney test, with its variance under the null; ties count half.

    >>> $cls($effect=0.7).sample_size(0.9).n
    88

    References:
        Noether (1987), Journal of the American Statistical Association 82:645.
    """

    $effect: Numbers = parameter(
        "probability that the treatment is better, ties counted half",
        PROPORTION,
        role="effect",
        symbol="p",
        unit="$unit",
        typical=(0.6, 0.8),
    )
    allocation: str = fields.allocation()

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return "Wilcoxon-Mann-Whitney, variance under the null"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return "Noether 1987"

    @property
    def exact(self) -> bool:
        """No: the variance is that of the null."""
        return False

    @property
    def statistic_is_z(self) -> bool:
        """Yes."""
        return True

    def null_values(self) -> tuple[Numbers, ...]:
        """As often better as worse."""
        return (0.5,)

    def success(self, n: Numbers, direction: int = 1) -> Numbers:
        """The tail in the treatment's favour, or against it."""
        treatment, control = self.split(n)
        distance = (self.$effect - 0.5) * np.sqrt(12 * treatment * control / n)
        return normal_cdf(direction * distance - self.z_alpha)

    power = either_way(success)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Normal values, apart by what makes the treatment's the larger one as often as planned."""
        treatment, control = map(round, self.split(n))
        apart = np.sqrt(2) * normal_quantile(self.$effect)
        return rng.normal(apart, 1, (trials, treatment)), rng.normal(0, 1, (trials, control))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The share of pairs in which the treatment is better, less one half, over its error under the null."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        m, k = treatment.shape[1], control.shape[1]
        ranks = np.argsort(np.argsort(np.concatenate([treatment, control], axis=1), axis=1), axis=1) + 1
        share = (ranks[:, :m].sum(axis=1) - m * (m + 1) / 2) / (m * k)
        z = (share - 0.5) / np.sqrt((m + k + 1) / (12 * m * k))
        return z, (np.abs(z) if self.two_tailed else z) >= self.z_alpha
''')

RATES = Template('''"""Two rates of events that a participant may have again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.outcome import EffectScale, Outcome
from trialplan.parameter import POSITIVE, Numbers, parameter
from trialplan.rejection import decide, either_way


class $kind(Outcome):
    """How often something happened to each participant."""

    kind = "$words"
    results = ("z",)

    def effect_scale(self, design: Any) -> EffectScale:
        """A ratio of rates."""
        return EffectScale(name="ratio of $words", short="rate ratio", ratio=True)

    def draw_from(self, design: Any, uniforms: Any) -> Any:
        """Quantiles of the Poisson distribution."""
        from scipy.stats import poisson

        treatment, control = map(round, design.split(uniforms.shape[1]))
        means = design.means()
        return (
            poisson.ppf(uniforms[:, :treatment, 0], means[0]),
            poisson.ppf(uniforms[:, treatment:, 0], means[1]),
        )


@dataclass(frozen=True, kw_only=True)
class $cls(Design):
    """How many times as often does it happen under the treatment?

    A Wald test of the logarithm of the ratio of two Poisson rates.

    >>> $cls($effect=0.5, $comparator=1.0, favourable="lower").sample_size(0.8).n
    100

    References:
        Brown & Green (1982), American Journal of Epidemiology 115:724.
    """

    outcome = $kind()

    $comparator: Numbers = parameter(
        "events of a control participant in a unit of time",
        POSITIVE,
        role="comparator",
        symbol="λ",
        unit="events a year",
        typical=(0.5, 2.0),
    )
    $effect: Numbers = parameter(
        "rate of events under treatment, as a multiple of the control's",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(1.3, 2.0),
    )
    $exposure: Numbers = parameter(
        "time for which each participant is followed", POSITIVE, default=1.0, unit="years", typical=(0.5, 3.0)
    )
    favourable: str = fields.favourable()
    allocation: str = fields.allocation()

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return "Wald test of the log ratio of two Poisson rates"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return "Brown & Green 1982"

    @property
    def exact(self) -> bool:
        """No."""
        return False

    @property
    def statistic_is_z(self) -> bool:
        """Yes."""
        return True

    def null_values(self) -> tuple[Numbers, ...]:
        """Equal rates."""
        return (1.0,)

    def limits(self) -> tuple[Numbers, ...]:
        """On the logarithms."""
        return (0.0,)

    def means(self) -> tuple[Numbers, Numbers]:
        """Expected events of a participant of each arm."""
        control = self.$comparator * self.$exposure
        return self.$effect * control, control

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the log ratio."""
        return np.sqrt(sum(1 / (size * mean) for size, mean in zip(self.split(n), self.means(), strict=True))), None

    def success(self, n: Numbers, direction: int = 1) -> Numbers:
        """The tail in the treatment's favour, or against it."""
        toward = direction * self.sign * np.log(self.$effect)
        return normal_cdf(toward / self.standard_error(n)[0] - self.z_alpha)

    power = either_way(success)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Events of each participant."""
        sizes = map(round, self.split(n))
        arms = (rng.poisson(mean, (trials, size)) for mean, size in zip(self.means(), sizes, strict=True))
        return next(arms), next(arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The log ratio of the rates over its standard error; without events in an arm there is no evidence."""
        totals = [np.maximum(arm[:, : round(fraction * arm.shape[1])].sum(axis=1), 0.5) for arm in data]
        sizes = [round(fraction * arm.shape[1]) for arm in data]
        estimate = np.log(totals[0] / sizes[0]) - np.log(totals[1] / sizes[1])
        return decide(self, estimate, np.sqrt(sum(1 / total for total in totals)), self.z_alpha)
''')


@dataclass(frozen=True)
class Newcomer:
    """A design file, the names in it, and numbers to ask it with."""

    cls: str
    text: str
    names: dict[str, str]
    numbers: dict[str, object]
    words: str
    """What a document calls the effect."""

    @property
    def slug(self) -> str:
        """As the package makes it of the class."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.cls).lower()

    @property
    def module(self) -> str:
        """The file's name."""
        return self.slug.replace("-", "_")

    @property
    def effect(self) -> str:
        """The field of the effect."""
        return self.names["effect"]

    def options(self, *without: str, **other: object) -> list[str]:
        """The numbers as options of the command line."""
        numbers = {name: value for name, value in (self.numbers | other).items() if name not in without}
        return [word for name, value in numbers.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def ranks(rng: random.Random) -> Newcomer:
    """A rank-sum test by Noether's formula, of the base kind of outcome."""
    cls = rng.choice(["OrderedValues", "Precedence", "WhoFaresBetter", "PairsWon"])
    effect = rng.choice(["dominance", "share_of_pairs", "chance_of_a_win", "betterment"])
    unit = rng.choice(["proportion", "probability"])
    text = RANKS.substitute(cls=cls, effect=effect, unit=unit)
    words = "probability that the treatment is better"
    return Newcomer(cls, text, {"effect": effect, "unit": unit}, {effect: 0.7}, words)


def rates(rng: random.Random) -> Newcomer:
    """A Poisson rate ratio that brings its own kind of outcome."""
    cls = rng.choice(["EpisodeRates", "AttacksCounted", "HowOften", "RecurrentEvents"])
    names = {
        "effect": rng.choice(["multiple", "times_as_often", "quotient"]),
        "comparator": rng.choice(["usual_rate", "background", "untreated"]),
        "exposure": rng.choice(["watched_for", "span", "years_at_risk"]),
    }
    words = rng.choice(["attack rates", "relapse rates"])
    text = RATES.substitute(cls=cls, kind=f"{cls}Outcome", words=words, **names)
    numbers: dict[str, object] = {names["effect"]: 0.6, names["comparator"]: 0.8, "favourable": "lower"}
    return Newcomer(cls, text, names, numbers, f"ratio of {words}")


KINDS = {"ranks": ranks, "rates": rates}
