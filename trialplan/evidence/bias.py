"""How much an open, uncontrolled result flatters: what is on record, each entry with its source, none averaged away.

An open single arm lacks two things, a concurrent control and blinding. The entries here are about the second alone:
they compare open with blinded *randomised* trials. None gives the first as a ratio; that comes from control arms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialplan.errors import ParameterError, did_you_mean

Kind = Literal["objective", "subjective", "patient-reported"]
"""Of an outcome: measured without judgement, judged by somebody, or told by the participants."""

ANY = "any"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One published comparison of open with blinded trials, on one kind of outcome.

    `mean` and `se` are those of the *average* bias on the log odds, positive where open looks better: the mean is minus
    the logarithm of the ratio of odds ratios as it is printed, not rounded again. `spread` is the SD of
    the bias between trials and meta-analyses where the source says it; `effect` is what the source prints.
    """

    key: str
    name: str
    seen_on: str
    kinds: tuple[str, ...]
    effect: str
    mean: float | None
    se: float | None
    spread: float | None
    citation: str
    remark: str = ""

    def suits(self, kind: str) -> bool:
        """Whether it was seen on outcomes of this kind."""
        return ANY in self.kinds or kind in self.kinds

    def sd(self, spread: float) -> float:
        """The SD of the bias in *one* trial: what is unknown of the average, and the spread between trials."""
        return math.hypot(self.se or 0.0, spread)


UNREAD_SPREADS = (0.0, 0.10)
"""Where a source's spread between trials was not read: none, and MetaBLIND's (phi 0.08 to 0.10), side by side."""

PRESETS = {
    preset.key: preset
    for preset in (
        Preset(
            key="metablind-assessors",
            name="MetaBLIND, assessors",
            seen_on="subjective outcomes, assessors blinded or not (46 meta-analyses)",
            kinds=("subjective",),
            effect="ratio of odds ratios 1.01 (0.86 to 1.18)",
            mean=-math.log(1.01),
            se=0.08,
            spread=0.10,  # the larger of the two that the source gives
            citation="Moustgaard et al. 2020, BMJ, PMC7190062",
            remark="the method is disputed (J Health Psychol 2023;28:861)",
        ),
        Preset(
            key="metablind-patients",
            name="MetaBLIND, patients",
            seen_on="patient-reported outcomes, patients blinded or not",
            kinds=("patient-reported",),
            effect="ratio of odds ratios 0.91 (0.61 to 1.34)",
            mean=-math.log(0.91),
            se=0.20,
            spread=0.10,
            citation="Moustgaard et al. 2020, BMJ, PMC7190062",
            remark="the method is disputed (J Health Psychol 2023;28:861)",
        ),
        Preset(
            key="robes",
            name="ROBES",
            seen_on="all outcomes, blinding absent or unclear",
            kinds=(ANY,),
            effect="ratio of odds ratios 0.87 (0.80 to 0.93)",
            mean=-math.log(0.87),
            se=0.04,
            spread=None,
            citation="Savović et al. 2018, Am J Epidemiol 187:1113",
        ),
        Preset(
            key="page",
            name="Page 2016",
            seen_on="subjective outcomes, double blinding (a review; one primary study)",
            kinds=("subjective",),
            effect="ratio of odds ratios 0.77 (0.61 to 0.93)",
            mean=-math.log(0.77),
            se=0.11,
            spread=None,
            citation="Page et al. 2016, PMC4939945",
        ),
        Preset(
            key="hrobjartsson-2012",
            name="Hróbjartsson 2012",
            seen_on="binary subjective outcomes, blind and open assessors in the same trials",
            kinds=("subjective",),
            effect="ratio of odds ratios 0.64 (0.43 to 0.96)",
            mean=-math.log(0.64),
            se=0.20,
            spread=None,
            citation="Hróbjartsson et al. 2012, BMJ e1119",
            remark="its 21 trials range from 0.02 to 14.4",
        ),
        Preset(
            key="hrobjartsson-2013",
            name="Hróbjartsson 2013",
            seen_on="measurement scales, blind and open observers",
            kinds=("subjective",),
            effect="effect larger by 68 %",
            mean=None,
            se=None,
            spread=None,
            citation="Hróbjartsson et al. 2013, CMAJ",
        ),
        Preset(
            key="hrobjartsson-2014",
            name="Hróbjartsson 2014",
            seen_on="patients",
            kinds=("patient-reported",),
            effect="−0.56 SD (without acupuncture −0.17)",
            mean=None,
            se=None,
            spread=None,
            citation="Hróbjartsson et al. 2014, Int J Epidemiol",
        ),
    )
}
"""Published averages, never averaged with each other: the sources disagree, and that is itself to be shown."""


ON_LOG_ODDS = tuple(key for key, one in PRESETS.items() if one.mean is not None)
"""Those that say a ratio of odds ratios, and so move a rate."""


def preset(key: str) -> Preset:
    """The entry of this name, if it says a bias on the log odds."""
    if key not in PRESETS:
        raise ParameterError(f"there is no preset {key!r}; {did_you_mean(key, ON_LOG_ODDS)}")
    if key not in ON_LOG_ODDS:
        raise ParameterError(
            f"the preset {key} says no ratio of odds ratios ({PRESETS[key].effect}) and moves no rate; "
            f"those that do are {', '.join(ON_LOG_ODDS)}"
        )
    return PRESETS[key]


@dataclass(frozen=True, kw_only=True)
class OnRecord:
    """What became of early results in later trials, in one field."""

    field: str
    finding: str
    citation: str


LATER_TRIALS = (
    OnRecord(
        field="the same regimens in cancer, phase II to phase III",
        finding="the response rate was lower in 81 %, by 12.9 points on average; 28 % of the phase III trials were "
        "positive",
        citation="Zia et al. 2005, J Clin Oncol 23:6982",
    ),
)
"""Against which a bridge is held: no term of it, since these tell neither what was controlled nor what was blinded."""
