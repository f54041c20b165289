"""From an open-label rate to what a blinded trial may expect of the treatment arm, given the control rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trialplan.belief import Affine, Belief, Beta, LogitNormal, OddsShifted
from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.bias import Preset
from trialplan.evidence.control import has_concurrent_control
from trialplan.evidence.intervals import wilson
from trialplan.evidence.pooling import ONE_STAGE, Pool
from trialplan.evidence.selection import ENROLLED, REPORTED
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study
from trialplan.numerics.elementary import some
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Numbers
from trialplan.text import listed, percent, stated


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One rate read from a table: the study, the outcomes counted together, and the denominator chosen."""

    study: Study
    outcomes: tuple[ReportedOutcome, ...]
    events: int
    of: int
    denominator: str
    net_of: ReportedOutcome | None = None

    @property
    def rate(self) -> float:
        """Events over the denominator."""
        return self.events / self.of

    @property
    def controlled(self) -> bool:
        """Whether the study had a concurrent control."""
        return has_concurrent_control(self.study)

    def lower(self, confidence: float) -> float:
        """The lower Wilson limit."""
        return wilson(self.events, self.of, confidence)[0]

    def belief(self) -> Belief:
        """The posterior after these counts, from Jeffreys' prior."""
        return Beta(self.events + 0.5, self.of - self.events + 0.5)

    def logit(self) -> tuple[float, float]:
        """Mean and SD of the log odds under that posterior: digamma and trigamma."""
        a, b = self.events + 0.5, self.of - self.events + 0.5
        spread = math.sqrt(float(special.polygamma(1, a) + special.polygamma(1, b)))
        return float(special.psi(a) - special.psi(b)), spread

    @property
    def label(self) -> str:
        """Where the rate stands: study, outcomes with arm, counts."""
        names = " + ".join(outcome.label for outcome in self.outcomes)
        over = " of all enrolled" if self.denominator == ENROLLED else ""
        lost = f" net of {self.net_of.label}" if self.net_of else ""
        return f"{self.study.key}, {names}{lost}: {self.events}/{self.of}{over}"

    @property
    def seen(self) -> str:
        """The counts in a sentence: 16 of 30 (53.3 %) in Wang 2012, complete remission, its single arm."""
        names = " and ".join(dict.fromkeys(outcome.name for outcome in self.outcomes))
        arms = list(dict.fromkeys(outcome.arm for outcome in self.outcomes if outcome.arm))
        all_of_them = " enrolled" if self.denominator == ENROLLED else ""
        lost = f", less those with {self.net_of.name}" if self.net_of else ""
        of_arm = f", its {listed(arms)} {'arm' if len(arms) == 1 else 'arms'}" if arms else ""
        counted = f"{self.events:,} of {self.of:,}{all_of_them} ({percent(self.rate)})"
        return f"{counted} in {self.study.called}, {names}{of_arm}{lost}"


@dataclass(frozen=True, kw_only=True)
class PooledReading:
    """One rate pooled over several studies: what a further study like them may show."""

    pool: Pool
    outcome: str
    controlled: bool

    @property
    def rate(self) -> float:
        """The pooled rate."""
        return self.pool.natural.estimate

    @property
    def label(self) -> str:
        """Where the rate comes from: the outcome, the studies, the method."""
        pool = self.pool
        names = ", ".join(study.label for study in pool.studies)
        method = "restricted maximum likelihood" if pool.method == "reml" else pool.method
        one_sided = any(study.events in (0, study.n) for study in pool.studies)
        corrected = one_sided and pool.method != ONE_STAGE
        half = ", half an event added where all or none had it" if corrected else ""
        apart = "" if pool.tau2 is None else f"; SD between studies {math.sqrt(pool.tau2):.2g}"
        return f"{self.outcome}, {pool.k} studies pooled on the log odds by {method}{half}{apart} ({names})"

    @property
    def seen(self) -> str:
        """The rate, and where it comes from, in a sentence."""
        return f"{percent(self.rate)}, {self.label}"

    def lower(self, confidence: float) -> float:
        """The lower limit of the pooled rate, at the confidence at which it was pooled."""
        if confidence != self.pool.confidence:
            raise EvidenceError(f"the pool's limit is at {self.pool.confidence:g}; use that confidence")
        return self.pool.natural.lower

    def logit(self) -> tuple[float, float]:
        """Mean and SD of the log odds in a further study: the standard error and the spread between studies."""
        if self.pool.measure != "logit":  # none, or all, had the event
            raise EvidenceError(f"{self.outcome}: {self.pool.warning} State the rate with a source instead.")
        return self.pool.estimate, math.hypot(self.pool.standard_error, math.sqrt(self.pool.tau2 or 0.0))

    def belief(self) -> Belief:
        """The belief about the rate in a further study."""
        return LogitNormal(*self.logit())


Observed = Reading | PooledReading


def reading(
    table: EvidenceTable,
    study: str,
    outcomes: Sequence[str],
    arms: Sequence[str | None] = (None,),
    *,
    denominator: str = REPORTED,
    net_of: str | None = None,
) -> Reading:
    """The rate of one or more mutually exclusive outcomes of a study, over one or more of its arms.

    `reported` takes each arm's own denominator, which must be the same for all outcomes counted together;
    `enrolled` counts all the enrolled, those without a result as not having it. `net_of` names an outcome
    whose events are taken off: relapses off those who ever responded give who responds at the time point.
    An EvidenceError says what is missing.
    """
    known = [row.key for row in table.studies]
    if study not in known:
        raise EvidenceError(f"the evidence table has no study {study!r}; {did_you_mean(study, known)}")
    report = table.study(study)
    rows = tuple(_outcome(report, name, arm) for name in outcomes for arm in arms)
    events = sum(_events(report, row) for row in rows)
    lost = None if net_of is None else _outcome(report, net_of, None)
    if lost is not None:
        events -= _events(report, lost)
    if events < 0:
        raise EvidenceError(f"study {study}: more lost {net_of!r} than had the outcome; check the two counts")
    of = report.enrolled if denominator == ENROLLED else _reported(report, rows)
    if not isinstance(of, int):
        raise EvidenceError(f"study {study} does not say how many were enrolled; use denominator = 'reported'")
    return Reading(study=report, outcomes=rows, events=events, of=of, denominator=denominator, net_of=lost)


@dataclass(frozen=True, kw_only=True)
class NoBlinding:
    """What is believed of the lack of blinding in *one* trial: a bias on the log odds, with where it comes from.

    `mean` is above 0 where open results are too favourable. `kind` is that of the outcome, and `preset` the entry on
    record that the bias is, if it is one; `although` says why it is taken on another kind of outcome than it was seen.
    """

    mean: float
    sd: float
    source: str
    preset: Preset | None = None
    kind: str | None = None
    although: str | None = None


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Control arms of participants like those of the uncontrolled study: the log odds that one more may show."""

    mean: float
    sd: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the chain from the observed rate to the planning rate; one may leave the rate as it `was`.

    `plainly` are its words for who knows no terms; where `told`, they say all that `words` do.
    """

    name: str
    words: str
    plainly: str
    was: float
    rate: float
    source: str
    told: bool = False

    @property
    def moves(self) -> bool:
        """Whether the rate is another after it."""
        return self.rate != self.was


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """What a blinded trial may expect of the treatment arm, given the control rate and an uncontrolled rate.

    `discount`: that share of the excess over the control rate is not believed. `bias_mean`, `bias_sd`: the log
    of the ratio of odds ratios, observed to true, is normal with these. `confidence`: the lower Wilson limit
    stands for the rate. `matched`: the odds ratio against these control arms is believed, and the trial's own
    control rate taken for theirs. None of them: the rate as it was observed.

    Alone, each is for all that an open, uncontrolled study lacks. With `no_blinding` they are the first of two
    terms, for the lack of a concurrent control, and the bias of an open trial is taken off after it. A bias makes
    the log odds too high where a higher rate is `favourable`, and too low where a lower one is.
    """

    reason: str
    discount: float = 0.0
    bias_mean: float = 0.0
    bias_sd: float = 0.0
    confidence: float | None = None
    matched: Matched | None = None
    no_blinding: NoBlinding | None = None
    favourable: str = "higher"

    def __post_init__(self) -> None:
        """Refuse two ways for one term, of which one would be passed over."""
        ways = {
            "discount": some(self.discount != 0),  # of many at once where what is believed is varied
            "bias_mean": some(self.bias_mean != 0) or some(self.bias_sd != 0),
            "confidence": self.confidence is not None,
            "matched": self.matched is not None,
        }
        first, *others = [*filter(ways.get, ways), None]
        if others and others[0]:
            raise EvidenceError(f"a bridge has both {first} and {others[0]}, and each stands for the whole; keep one")

    @property
    def _against(self) -> int:
        """The sign of what a favourable bias takes off the log odds: below 0 where few events are what is hoped for."""
        return 1 if self.favourable == "higher" else -1

    @property
    def words(self) -> str:
        """What is done to the observed rate, as a phrase."""
        first = self._first_words
        return first if self.no_blinding is None else f"{first}, then {self._second_words}"

    @property
    def _first_plainly(self) -> str:
        if self.matched is not None:
            return "how what was seen compares with control arms of other trials is carried over to the control rate"
        if self.confidence is not None:
            return "what was seen is taken as low as chance alone may have made it too high"
        if self.bias_mean:
            return "what was seen is moved by as much as may come of its having had no control group"
        if self.bias_sd:
            return "what was seen is less sure, for it had no control group, and is not moved"
        if self.discount:
            share = f"{100 * self.discount:.3g} %"
            return f"{share} of what lies between the two is not believed, for what was seen had no control group"
        if self.no_blinding is not None:
            return "nothing is allowed for its having had no control group, which the plan acknowledges"
        return "it is taken as it was seen, which the plan acknowledges"

    @property
    def _first_words(self) -> str:
        if self.matched is not None:
            return f"odds ratio against {self.matched.label} applied to the control rate"
        if self.confidence is not None:
            return f"lower limit of its {100 * self.confidence:g} % Wilson interval"
        if self.bias_mean or self.bias_sd:
            return f"log-odds {self._moved} by a bias of {self.bias_mean:g} (SD {self.bias_sd:g})"
        if self.discount:
            return f"{100 * self.discount:.3g} % of its excess over the control rate not believed"
        if self.no_blinding is not None:
            return "nothing taken off for the lack of a control, which the plan acknowledges"
        return "taken as observed, which the plan acknowledges"

    @property
    def _moved(self) -> str:
        return "lowered" if self.favourable == "higher" else "raised"

    @property
    def _second_words(self) -> str:
        second = self.no_blinding
        if second is None or not (second.mean or second.sd):
            return "nothing taken off for the lack of blinding, which the plan acknowledges"
        named = f"; {second.preset.name}, {second.preset.seen_on}" if second.preset else ""
        return f"log odds {self._moved} by a bias of {stated(second.mean)} (SD {second.sd:.2g}{named})"

    @property
    def _second_plainly(self) -> str:
        second = self.no_blinding
        if second is None or not (second.mean or second.sd):
            return "nothing is allowed for its lack of blinding, which the plan acknowledges"
        if not second.mean:
            return "it is less sure, for it was not blinded, and is not moved"
        return "this is moved by as much as trials without blinding were found to be off"

    @property
    def by_discount(self) -> bool:
        """Whether a share of the excess, and nothing else, is what is not believed for the lack of a control."""
        return self.confidence is None and self.matched is None and not (self.bias_mean or self.bias_sd)

    def discounted(self, share: float) -> Bridge:
        """The same bridge with this share of the excess not believed, in place of what it has for that."""
        return Bridge(reason=self.reason, discount=share, no_blinding=self.no_blinding, favourable=self.favourable)

    def with_open_bias(self, preset: Preset, spread: float | None = None) -> Bridge:
        """The same bridge with this entry on record as its term for the lack of blinding."""
        between = (preset.spread if spread is None else spread) or 0.0
        return replace(
            self,
            no_blinding=NoBlinding(
                mean=preset.mean or 0.0, sd=preset.sd(between), source=preset.citation, preset=preset
            ),
        )

    def steps(self, observed: Observed, control: float) -> tuple[Step, ...]:
        """The chain at this control rate: one step, or two where the two terms are told apart."""
        seen, last = observed.rate, float(self.rate(observed, control))
        if self.no_blinding is None:
            first = Step(
                name="Bridge", words=self.words, plainly=self._first_plainly, was=seen, rate=last, source=self.reason
            )
            return (first,)
        between = float(replace(self, no_blinding=None).rate(observed, control))
        return (
            Step(
                name="No concurrent control",
                words=self._first_words,
                plainly=self._first_plainly,
                was=seen,
                rate=between,
                source=self.reason,
                told=self.by_discount,
            ),
            Step(
                name="No blinding",
                words=self._second_words,
                plainly=self._second_plainly,
                was=between,
                rate=last,
                source=self.no_blinding.source,
            ),
        )

    def rate(self, observed: Observed, control: Numbers) -> Numbers:
        """The planning rate of the treatment arm at this control rate, or at each of many."""
        seen = observed.rate if self.confidence is None else observed.lower(self.confidence)
        return self.moved(seen, control)

    def moved(self, seen: float, control: Numbers) -> Numbers:
        """The planning rate if `seen` is what stands for the uncontrolled rate: a lower limit is taken as it is."""
        first = self._controlled(seen, control)
        return first if self.no_blinding is None else _lowered(first, self._against * self.no_blinding.mean)

    def _controlled(self, seen: float, control: Numbers) -> Numbers:
        """The rate after the first term."""
        if self.confidence is not None:
            return seen
        if self.matched is not None:
            return _lowered(seen, self.matched.mean - _log_odds(control))
        if self.bias_mean or self.bias_sd:
            return _lowered(seen, self._against * self.bias_mean)
        return discount(seen, control, self.discount)

    def given(self, observed: Observed, control: Numbers) -> Belief:
        """The belief about the treatment rate at each control rate.

        A bias on the log-odds scale leaves a logit-normal belief with the bias taken off the mean and its
        variance added; so do matched arms, whose log odds are a bias that moves with the control rate. A lower
        limit is a choice of a planning value and not a belief.
        """
        if self.confidence is not None:
            raise EvidenceError("a lower limit is a planning value, not a belief: assurance needs a discount")
        second = self.no_blinding
        mean, sd = (0.0, 0.0) if second is None else (self._against * second.mean, second.sd)
        if self.matched is not None or self.bias_mean or self.bias_sd:
            bias, spread = self._against * self.bias_mean, self.bias_sd
            if self.matched is not None:
                bias, spread = self.matched.mean - _log_odds(control), self.matched.sd
            seen, error = observed.logit()
            return LogitNormal(seen - bias - mean, math.hypot(error, spread, sd))
        first = observed.belief()
        if self.discount:
            first = Affine(first, scale=1 - self.discount, shift=self.discount * control)
        return OddsShifted(first, mean, sd) if mean or sd else first


def _log_odds(rate: Numbers) -> Numbers:
    return special.logit(rate)


def _lowered(rate: Numbers, bias: Numbers) -> Numbers:
    """The rate whose log odds are lower by `bias`."""
    odds = np.exp(-bias) * rate / (1 - rate)
    return odds / (1 + odds)


def discount(observed: float, control: Numbers, share: float) -> Numbers:
    """The rate that remains when `share` of the observed excess over the control rate is not believed.

    `share` is 0 (believe all) to 1 (believe none): p = p_C + (1 - share) (p_observed - p_C).
    """
    return control + (1 - share) * (observed - control)


def _outcome(study: Study, name: str, arm: str | None) -> ReportedOutcome:
    named = [outcome for outcome in study.outcomes if outcome.name == name]
    if not named:
        known = dict.fromkeys(outcome.name for outcome in study.outcomes)
        raise EvidenceError(f"study {study.key} has no outcome {name!r}; {did_you_mean(name, known)}")
    if arm is None and len(named) == 1:
        return named[0]
    matching = [outcome for outcome in named if outcome.arm == arm]
    if len(matching) != 1:
        arms = ", ".join(str(outcome.arm) for outcome in named)
        raise EvidenceError(f"study {study.key} reports {name!r} for the arms {arms}; name one with arm = …")
    return matching[0]


def _events(study: Study, outcome: ReportedOutcome) -> int:
    if not isinstance(outcome.events, int):
        cell = outcome.events or "no count"
        raise EvidenceError(f"study {study.key}, {outcome.label}: the table says {cell}, which is not a rate")
    return outcome.events


def _reported(study: Study, rows: tuple[ReportedOutcome, ...]) -> int:
    """The arms' denominators added up; the outcomes of one arm must share theirs."""
    sizes: dict[str | None, int] = {}
    for row in rows:
        if row.counts is None:
            raise EvidenceError(
                f"study {study.key}, {row.label}: the table gives no denominator; use denominator = 'enrolled'"
            )
        _, of = row.counts
        if sizes.setdefault(row.arm, of) != of:
            raise EvidenceError(f"study {study.key}: {sizes[row.arm]} and {of} are counted together; name one")
    return sum(sizes.values())
