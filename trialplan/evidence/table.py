"""What publications report, row by row and as printed: a table of studies, a study of outcomes.

A cell that says "NR" (not reported) or "ND" (not done) keeps saying so; a key that a file leaves out is None,
which means "this file does not say". Neither is ever zero. Each field declares its domain once, here; the
reader's errors and the CSV's columns are made from that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from statistics import NormalDist
from typing import Any, Literal, cast

from trialplan.errors import ParameterError
from trialplan.evidence.control import CONTROL, says_none
from trialplan.evidence.measures import EFFECT_MEASURES, RATIO_MEASURES, EffectMeasure
from trialplan.evidence.risk_of_bias import FORM, RiskOfBias, parse
from trialplan.page import Answer, Page
from trialplan.text import quoted

NotKnown = Literal["NR", "ND"]
Count = int | NotKnown
Number = float | NotKnown

Moments = tuple[float, float, float, float, int]
"""Baseline mean and SD, follow-up mean and SD, and the number of participants."""
MomentsOfChange = tuple[float, float, int]
"""Mean and SD of the change, and the number of participants."""

_COUNT = 'a whole number of participants, or "NR" (not reported) or "ND" (not done)'
_NUMBER = 'a number, or "NR" (not reported) or "ND" (not done)'
_CONFIDENCE = 0.95
"""Of a reported interval that does not say: nearly every journal's."""
_AUTHOR_AND_YEAR = re.compile(r"([a-z]+)[-_ ]?(\d{4}[a-z]?)")
_P_VALUE = re.compile(r"\s*+[pP]?\s*+(<=|>=|[<>=≤≥])?\s*+((?:\d++(?:\.\d++)?|\.\d++)(?:[eE]-?\d++)?)\s*+")


def _says(domain: str, default: Any = None) -> Any:
    return field(default=default, metadata={"domain": domain})


@dataclass(frozen=True, kw_only=True)
class ReportedOutcome:
    """One result of one study: a count out of a denominator, a mean before and after, or words."""

    __pydantic_config__ = {"extra": "forbid"}

    name: str = field(metadata={"domain": "text; the same name in two studies means the same outcome"})
    definition: str | None = _says("text: what counts as the outcome")
    kind: Literal["landmark", "ever"] | None = _says('"landmark" (at the timepoint) or "ever" (by then)')
    arm: str | None = _says("text: the arm, where the study reports its arms apart")
    role: Literal["treatment", "control", "unknown"] | None = _says('"treatment" or "control": what the arm received')
    timepoint_months: float | None = _says("a number of months above 0")
    events: Count | None = _says(_COUNT)
    of: Count | None = _says(_COUNT)
    baseline_mean: Number | None = _says(_NUMBER)
    baseline_sd: Number | None = _says(_NUMBER)
    followup_mean: Number | None = _says(_NUMBER)
    followup_sd: Number | None = _says(_NUMBER)
    change_mean: Number | None = _says(_NUMBER)
    change_sd: Number | None = _says(_NUMBER)
    n: Count | None = _says(_COUNT)
    effect: Number | None = _says("a number: a reported effect, treatment against concurrent control")
    effect_measure: EffectMeasure | None = _says(f"one of {', '.join(EFFECT_MEASURES)}")
    effect_se: Number | None = _says("a number above 0: its standard error, of the log where the effect is a ratio")
    effect_lower: Number | None = _says("a number: the lower limit of its interval, as printed")
    effect_upper: Number | None = _says("a number: the upper limit of its interval, as printed")
    effect_confidence: float | None = _says("a number between 0 and 1: the confidence of that interval, 0.95 if absent")
    unit: str | None = _says("text: the unit of the means")
    reported: str | None = _says("text: the cell as printed")
    p_value: str | None = _says('text: the P value as printed, such as "< 0.001" or "= 0.03"')
    harm: bool = _says("true for a harm (death, infection), false otherwise", default=False)
    note: str | None = _says("text: the transcriber's remark and its source")

    def __post_init__(self) -> None:
        _named("name", self.name)
        _above("timepoint_months", self.timepoint_months)
        for name in ("events", "baseline_sd", "followup_sd", "change_sd"):
            _at_least(0, name, getattr(self, name))
        for name in ("of", "n"):
            _at_least(1, name, getattr(self, name))
        for name in ("baseline_mean", "followup_mean", "change_mean"):
            _finite(name, getattr(self, name))
        if isinstance(self.events, int) and isinstance(self.of, int) and self.events > self.of:
            raise ParameterError(
                f"events ({self.events}) must not exceed of ({self.of}); check which one is the denominator"
            )
        if self.events is not None and self.of is None and self.n is not None:
            raise ParameterError("the denominator of events is `of`; `n` belongs to means: write of instead of n")
        if self.p_value is not None:
            self.p_bound()
        self._check_effect()

    def _check_effect(self) -> None:
        """A reported effect has a measure, lies within its interval, and is above 0 if it is a ratio."""
        numbers = {name: getattr(self, name) for name in ("effect", "effect_lower", "effect_upper", "effect_se")}
        for name, value in numbers.items():
            _finite(name, value)
        known = {name: value for name, value in numbers.items() if isinstance(value, int | float)}
        if known and self.effect_measure is None:
            raise ParameterError(f"effect_measure is missing; write one of {', '.join(EFFECT_MEASURES)}")
        for name, value in known.items():
            positive = name == "effect_se" or self.effect_measure in RATIO_MEASURES
            if positive and not value > 0:
                raise ParameterError(
                    f"{name} must be above 0, not {quoted(value)}; write a ratio as printed, not its log, and leave "
                    "out a limit that is printed as 0"
                )
        within = [known[name] for name in ("effect_lower", "effect", "effect_upper") if name in known]
        if within != sorted(within):
            raise ParameterError(f"the effect must lie within its limits, and {within} do not rise; check the three")
        if self.effect_confidence is not None and not 0 < self.effect_confidence < 1:
            raise ParameterError(
                f"effect_confidence must lie in (0, 1), not {quoted(self.effect_confidence)}; write 95 % as 0.95"
            )

    @property
    def reported_effect(self) -> tuple[float, float] | None:
        """The effect and its standard error, logs for a ratio; None without an SE or both limits.

        From an interval the SE is its width over twice the normal quantile (Cochrane Handbook, 6.3.1 and 6.3.2).
        """
        effect, se, low, high = self.effect, self.effect_se, self.effect_lower, self.effect_upper
        if not isinstance(effect, int | float):
            return None
        scale = math.log if self.effect_measure in RATIO_MEASURES else float
        if isinstance(se, int | float):
            return scale(effect), float(se)
        if not isinstance(low, int | float) or not isinstance(high, int | float) or low == high:
            return None
        z = NormalDist().inv_cdf(0.5 + (self.effect_confidence or _CONFIDENCE) / 2)
        return scale(effect), (scale(high) - scale(low)) / (2 * z)

    def p_bound(self) -> tuple[str, float] | None:
        """The printed P value as its sign ("<", ">" or "=") and its number; None where there is none."""
        if self.p_value is None or re.sub(r"[.\s]", "", self.p_value).upper() in ("NR", "ND", "NS"):
            return None
        match = _P_VALUE.fullmatch(self.p_value)
        if match is None or not 0 < float(match[2]) < 1:
            raise ParameterError(
                'p_value must be a P value between 0 and 1 as printed, such as "< 0.001", '
                f"not {self.p_value!r}; {_p_way_out(self.p_value)}"
            )
        sign = (match[1] or "=").replace("≤", "<").replace("≥", ">")
        return sign[0], float(match[2])

    @property
    def label(self) -> str:
        """The outcome's name, with its arm where it has one."""
        return self.name if self.arm is None else f"{self.name} ({self.arm})"

    @property
    def counts(self) -> tuple[int, int] | None:
        """Events and denominator, if both are numbers."""
        return (self.events, self.of) if isinstance(self.events, int) and isinstance(self.of, int) else None

    @property
    def moments(self) -> Moments | None:
        """Means and SDs before and after, and n, if all are numbers and n allows an SD."""
        values = (self.baseline_mean, self.baseline_sd, self.followup_mean, self.followup_sd)
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) < 4 or not isinstance(self.n, int) or self.n < 2:
            return None
        return numbers[0], numbers[1], numbers[2], numbers[3], self.n

    @property
    def change(self) -> MomentsOfChange | None:
        """The change's own mean and SD, and n, if all are numbers and n allows an SD."""
        mean, sd, n = self.change_mean, self.change_sd, self.n
        if not isinstance(mean, int | float) or not isinstance(sd, int | float) or not isinstance(n, int) or n < 2:
            return None
        return mean, sd, n

    @property
    def final(self) -> MomentsOfChange | None:
        """Mean and SD at follow-up, and n, if all are numbers and n allows an SD."""
        mean, sd, n = self.followup_mean, self.followup_sd, self.n
        if not isinstance(mean, int | float) or not isinstance(sd, int | float) or not isinstance(n, int) or n < 2:
            return None
        return mean, sd, n


@dataclass(frozen=True, kw_only=True)
class Study:
    """One report: who was treated, how, against what, and what came out."""

    __pydantic_config__ = {"extra": "forbid"}

    key: str = field(metadata={"domain": "a short text that no other study bears"})
    name: str | None = _says('text: what a document calls the study, such as "Wang 2012"; made from the key if absent')
    citation: str | None = _says("text: how the report is cited")
    registry: str | None = _says('text: the registration number as printed, or "NR"')
    year: int | None = _says("a whole number: the year of publication")
    centres: tuple[str, ...] = _says("a list of centre names, empty if they are not known", default=())
    group: str | None = _says("text: the investigators' group, where one name recurs over reports")
    design: str | None = _says("text: the design as printed")
    blinding: str | None = _says('text, such as "open label" or "double blind"')
    population: str | None = _says("text: who was eligible")
    control: str | None = _says('text: the concurrent control; "none" for one arm, or for doses of one treatment')
    concomitant: str | None = _says('text: other treatment; "fixed" or "none" if it cannot explain the result')
    follow_up_months: float | None = _says("a number of months above 0: the mean or median")
    follow_up: str | None = _says("text: the length of follow-up as printed")
    enrolled_from: str | None = _says("text: the first enrolment as an ISO date (2007, 2007-03 or 2007-03-11)")
    enrolled_to: str | None = _says("text: the last enrolment as an ISO date (2008, 2008-11 or 2008-11-04)")
    enrolled: Count | None = _says(_COUNT)
    subgroup: str | None = _says("text: the part of the enrolled whom the trial is about, as a name")
    in_subgroup: int | str | None = _says("a whole number of the enrolled, or the printed text: how many belong to it")
    product: str | None = _says("text: the product, its form or its source; several separated by commas")
    regimen: str | None = _says("text: dose and schedule as printed")
    conditioning: str | None = _says('text: what was given beforehand as printed, or "none"')
    risk_of_bias: str | None = _says(f"text: {FORM}")
    note: str | None = _says("text: the transcriber's remark and its source")
    outcomes: tuple[ReportedOutcome, ...] = _says("[[study.outcome]] sections", default=())

    @property
    def called(self) -> str:
        """What a reader is told that the study is: its name, or author and year where the key is made of them."""
        made = _AUTHOR_AND_YEAR.fullmatch(self.key)
        return self.name or (f"{made[1].capitalize()} {made[2]}" if made else self.key)

    def __post_init__(self) -> None:
        _named("key", self.key)
        if self.name is not None:
            _named("name", self.name)
        _at_least(1, "enrolled", self.enrolled)
        _above("follow_up_months", self.follow_up_months)
        if self.risk_of_bias is not None:
            parse(self.risk_of_bias)
        if self.year is not None and not 1900 <= self.year <= 2100:
            raise ParameterError(f"year must lie within 1900 and 2100, not {quoted(self.year)}; write four digits")
        for name in ("enrolled_from", "enrolled_to"):
            date = getattr(self, name)
            if date is not None and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", date):
                raise ParameterError(
                    f"{name} must be an ISO date, not {date!r}; write it as 2007, 2007-03 or 2007-03-11"
                )
        if self.control is not None and says_none(self.control):
            for outcome in self.outcomes:
                if outcome.role == CONTROL:
                    raise ParameterError(
                        f"the arm of {outcome.label!r} has the role control, and the study's control is "
                        f"{self.control!r}; name the concurrent control there, or set the role right"
                    )
        places = (
            (outcome.name, outcome.arm, outcome.timepoint_months, outcome.effect_measure) for outcome in self.outcomes
        )
        twice = _repeated(places)
        if twice:
            raise ParameterError(
                f"outcome {twice[0]!r} is given twice for the same arm and timepoint; "
                "remove one, or set their arm or timepoint_months apart"
            )

    @property
    def risk(self) -> RiskOfBias | None:
        """How the study was judged for risk of bias, if it was."""
        return None if self.risk_of_bias is None else parse(self.risk_of_bias)


@dataclass(frozen=True, kw_only=True, repr=False)
class EvidenceTable(Answer):
    """An evidence table: its studies, and where it was printed."""

    __pydantic_config__ = {"extra": "forbid"}

    title: str = field(metadata={"domain": "text: the table's title"})
    citation: str | None = _says("text: where the table was printed")
    doi: str | None = _says("text: the DOI of that article")
    source_note: str | None = _says("text: how the table was transcribed")
    randomised: str | None = _says("text: the table of randomised evidence on the same treatment, by name or path")
    studies: tuple[Study, ...] = field(metadata={"domain": "[[study]] sections"})

    def __post_init__(self) -> None:
        _named("title", self.title)
        if not self.studies:
            raise ParameterError("the table has no study; add at least one [[study]]")
        twice = _repeated(study.key for study in self.studies)
        if twice:
            raise ParameterError(f"the study key {twice!r} is used twice; give each study its own")

    def page(self, interval: str = "wilson") -> Page:
        """Every study and outcome with its estimate, by `interval`, and the findings of the audit."""
        from trialplan.evidence.report import page

        return page(self, interval, self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood otherwise than as it stands in the file."""
        return cast("tuple[str, ...]", self.__dict__.get("_notes", ()))

    def with_notes(self, notes: tuple[str, ...]) -> EvidenceTable:
        """The same table, which tells what was understood when it was read."""
        object.__setattr__(self, "_notes", notes)
        return self

    def toml(self) -> str:
        """The table as a TOML file, which `read_evidence` reads to the very same table."""
        from trialplan.evidence.write import as_toml

        return as_toml(self)

    def study(self, key: str) -> Study:
        """The study that bears `key`."""
        for study in self.studies:
            if study.key == key:
                return study
        raise KeyError(key)


def _p_way_out(printed: str) -> str:
    """How to write what was probably meant by a P value."""
    if re.search(r"\d,\d", printed):
        return f"write {re.sub(r'(?<=[0-9]),(?=[0-9])', '.', printed)}"
    figures = re.search(r"\d*\.\d+", printed)
    if re.fullmatch(r"[\s.,0]*", printed):
        least = f"{figures[0][:-1]}1" if figures else "0.001"
        return f'write "< {least}", for a P value is above 0'
    if figures and float(figures[0]) < 1:
        return f"write {figures[0]}, and what stands beside it in note"
    return "write 5 % as 0.05" if "%" in printed else "look it up, for a P value lies between 0 and 1"


def domains(kind: type[EvidenceTable] | type[Study] | type[ReportedOutcome]) -> dict[str, str]:
    """What each field of `kind` may hold, in words."""
    return {part.name: part.metadata["domain"] for part in fields(kind)}


def _named(name: str, value: str) -> None:
    if not value.strip():
        raise ParameterError(f"{name} is empty; write a name")


_LARGEST = 1e70
"""What a mean or a standard deviation may be: its square, times participants, is still a number to a computer."""


def _finite(name: str, value: object) -> None:
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) > _LARGEST:
        raise ParameterError(f"{name} must lie in [-{_LARGEST:g}, {_LARGEST:g}], not {value:.4g}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f'{name} must be a finite number, not {quoted(value)}; write "NR" if it is not reported')


_PEOPLE = 10**12
"""More people than there are: a count beyond it is a slip of the pen."""


def _at_least(least: int, name: str, value: object) -> None:
    _finite(name, value)
    if isinstance(value, int) and value > _PEOPLE:
        raise ParameterError(f"{name} must be {_PEOPLE:,} or fewer, not {value:,}; correct it")
    if isinstance(value, int | float) and value < least:
        raise ParameterError(f'{name} must be {least} or more, not {quoted(value)}; write "NR" if it is not reported')


def _above(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise ParameterError(f"{name} must be a number of months above 0, not {quoted(value)}; leave it out if unknown")


def _repeated(values: Iterable[Any]) -> Any:
    seen = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
