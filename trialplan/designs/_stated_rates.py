"""How publications state a comparison of rates: what they call the tests, the effect in other words, a formula."""

from __future__ import annotations

import math
from functools import partial

from trialplan.parameter import Interval
from trialplan.stated import Slip, StatedEffect

_CHI_SQUARED = ("score", "continuity-corrected", "wald", "averaged")

NORMAL = ("score", "wald", "z", "averaged")
"""The tests by normal theory, of rates and of means."""

CALLED = {
    "chi-square": _CHI_SQUARED,
    "chi-squared": _CHI_SQUARED,
    **dict.fromkeys(("chi2", "chi-2", "chisq", "x2", "pearson", "pearson-chi-square"), _CHI_SQUARED),
    **dict.fromkeys(("barnard", "barnard-exact", "barnard's-exact"), ("exact-pooled",)),
    "suissa-shuster": ("exact-pooled",),
    "farrington-manning": ("score",),
    "pooled": ("score",),
    "unpooled": ("wald",),
    "z": NORMAL,
    "z-test": NORMAL,
    "normal": NORMAL,
    "normal-approximation": NORMAL,
    "fisher-exact": ("fisher",),
    "fisher's-exact": ("fisher",),
    "fishers-exact": ("fisher",),
    "yates": ("continuity-corrected",),
    "binomial": ("exact",),
    "logistic-regression": ("log-odds", "log-odds-null-variance"),
    "log-binomial-regression": ("log-ratio",),
}
"""What papers call a test of rates, and the tests that may be meant."""

ODDITY = {
    **dict.fromkeys(("wald", "continuity-corrected", "arcsine", "fisher", "clopper-pearson"), 1),
    **dict.fromkeys(("log-odds-null-variance", "log-ratio"), 2),
    **dict.fromkeys(("miettinen-nurminen", "log-odds", "boschloo", "exact-pooled", "exact-unpooled"), 2),
}
"""Which tests and intervals of rates are the second thought, and which are rare."""


def _by_ratio(control: float, effect: float) -> float:
    return control * effect


def _by_odds_ratio(control: float, effect: float) -> float:
    odds = effect * control / (1 - control)
    return odds / (1 + odds)


_effect = partial(StatedEffect, gives="a treatment rate")

EFFECTS = (
    _effect(
        name="difference",
        meaning="difference of the rates, treatment minus control",
        apply=lambda control, effect: control + effect,
        unit="proportion",
        misread=lambda control, effect: control * (1 + effect),
        slip="the difference of rates is read as a relative one",
        domain=Interval(-1, 1),
        where="in (-1, 1), 10 % as 0.1",
    ),
    _effect(
        name="ratio",
        meaning="ratio of the rates, treatment to control",
        apply=_by_ratio,
        misread=_by_odds_ratio,
        slip="the ratio of rates is read as an odds ratio",
    ),
    _effect(
        name="odds_ratio",
        meaning="odds ratio, treatment to control",
        apply=_by_odds_ratio,
        misread=_by_ratio,
        slip="the odds ratio is read as a ratio of rates",
    ),
    _effect(
        name="hazard_ratio",
        meaning="hazard ratio, treatment to control; the rates are then those of the event",
        apply=lambda control, effect: 1 - (1 - control) ** effect,
        misread=_by_ratio,
        slip="the hazard ratio is read as a ratio of rates",
    ),
    _effect(
        name="reduction",
        meaning="relative reduction of the control rate",
        apply=lambda control, effect: control * (1 - effect),
        unit="proportion",
        misread=lambda control, effect: control - effect,
        slip="the relative reduction is read as a difference of rates",
        domain=Interval(-math.inf, 1),
        where="below 1, 10 % as 0.1",
    ),
)
"""How the effect on two rates may be stated instead of the treatment's rate."""


WIDTH_SLIPS = (
    Slip("the half-width is taken for the width", ("width",), lambda width: width * 2),
    Slip("the width is taken for the half-width", ("width",), lambda width: width / 2),
)
"""What the width of an interval is confused with."""
