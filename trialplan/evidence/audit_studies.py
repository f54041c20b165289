"""Rules about the studies: what they compare, whom they describe, what else was given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from trialplan.evidence.control import CONTROL, arms_without_role, has_concurrent_control, role_of
from trialplan.evidence.finding import (
    EFFECT,
    MEANING,
    RATE,
    SETTING,
    THE_TABLE,
    Seen,
    arms_of,
    keys,
    rate,
    rule,
    rule_of_seen,
)
from trialplan.evidence.intervals import newcombe
from trialplan.evidence.overlap import may_overlap, overlapping, registration, sharing
from trialplan.text import listed, plural

_NOT_GIVEN = re.compile(r"\s*(none|no|nil|nd|not (given|done)|(no|without) conditioning|-|–)?\s*\.?\s*", re.IGNORECASE)
_CANNOT_EXPLAIN = re.compile(r"\s*(none|no|nil|not allowed|fixed|stable|unchanged)\b.*|[\s–-]*", re.IGNORECASE)
_SELECTED = re.compile(r"refractory|resistant|relaps|recurrent|failed|failure|non-?respon|intolerant", re.IGNORECASE)
_OPEN = re.compile(r"open|unblinded|unmasked|none|not?\b", re.IGNORECASE)
_SINGLE = re.compile(r"\bsingle|assessor|evaluator|observer", re.IGNORECASE)
_CONTRADICTIONS = ("P12", "T01", "T02", "T07", "T09", "T14")
"""Rules that see two cells of one report that cannot both be true; what is not reported is no such thing."""
_DOSE = re.compile(
    r"(\d+(?:\.\d+)?)(?:\s*(?:to|-|–)\s*(\d+(?:\.\d+)?))?\s*((?:mg|g|µg|μg|ug|mcg|IU|U|ml)\s*/\s*(?:kg|m2|m²|day))",
    re.IGNORECASE,
)

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable, Study


@rule("P01", "block", EFFECT)
def no_concurrent_control(table: EvidenceTable) -> Iterator[Seen]:
    """A rate or change without a concurrent control is not a treatment effect; doses of it are no control."""
    without = [study for study in table.studies if not has_concurrent_control(study)]
    asked = {study.key: arms_without_role(study) for study in without}
    if len(without) == len(table.studies) > 1 and not any(asked.values()):
        yield (
            THE_TABLE,
            _table_without(without),
            f"{'As far as it says, the' if any(one.control is None for one in without) else 'The'} table holds no "
            "estimate of a treatment effect. Any difference from a control rate is a choice of the planner's: it "
            "needs a cited control, a discount, and the sample size across both.",
        )
    for study in without:
        if asked[study.key]:
            continue
        arms = dict.fromkeys(outcome.arm for outcome in study.outcomes if outcome.arm)
        doses = f"; its arms ({listed(arms)}) all receive the treatment" if len(arms) > 1 else ""
        design = f"design ({study.design})" if study.design else "design"
        unsaid = f"The table does not say whether the {design} had a concurrent control{doses}."
        yield (
            (study.key, None),
            unsaid if study.control is None else f"The {design} has no concurrent control{doses}.",
            "What happened to these participants is not what the treatment did to them. A rate or change from this "
            "study may enter a plan only with a discount or with the lack of control acknowledged.",
        )


@rule("P36", "block", EFFECT)
def role_not_said(table: EvidenceTable) -> Iterator[Seen]:
    """Arms are neither added up nor compared before the table says what each received."""
    for study in table.studies:
        asked = arms_without_role(study)
        if not asked:
            continue
        alone = has_concurrent_control(study)
        yield (
            (study.key, None),
            f"The table does not say {_which(asked)} received the treatment.",
            f"{'It' if len(asked) == 1 else 'One of them'} may be {'another' if alone else 'a'} concurrent control, or "
            'a form of the treatment. Say which: role = "treatment" or "control" for each arm, or control = "none" for '
            "the study. Until then the arms are neither added up nor compared.",
        )


def _which(arms: list[str]) -> str:
    return f"whether the arm {arms[0]}" if len(arms) == 1 else f"which of the arms {listed(arms)}"


def _table_without(studies: list[Study]) -> str:
    """That no study has a control, as far as the table says so."""
    unsaid = [study for study in studies if study.control is None]
    of = plural(len(studies), "study")
    if not unsaid:
        return f"None of the {of} has a concurrent control: {keys(studies)}."
    if len(unsaid) == len(studies):
        return f"The table does not say of any of the {of} whether it had a concurrent control: {keys(studies)}."
    return f"None of the {of} is said to have a concurrent control; of {keys(unsaid)} the table does not say."


@rule("P04", "warning", SETTING)
def selected_population(table: EvidenceTable) -> Iterator[Seen]:
    """Participants chosen for having failed treatment differ from study to study and improve by selection."""
    selected = [study for study in table.studies if _SELECTED.search(study.population or "")]
    if selected:
        populations = dict.fromkeys(str(study.population) for study in selected)
        yield (
            THE_TABLE,
            f"{keys(selected)} enrolled a selected population ({'; '.join(populations)}).",
            "Define it in the plan in terms a site can check, and take control rates from trials in the same "
            "population: people enrolled at their worst tend to improve whatever is given.",
        )


@rule("P05", "warning", SETTING)
def conditioning_confounded(table: EvidenceTable) -> Iterator[Seen]:
    """What was given beforehand may have done what is credited to the treatment."""
    for study in table.studies:
        printed = study.conditioning
        if printed is None or _NOT_GIVEN.fullmatch(printed):
            continue
        vague = " without saying what it was" if re.search(r"\bN[RD]\b", printed) else ""
        yield (
            (study.key, None),
            f"Conditioning was part of the treatment{vague} (printed: {printed!r}).",
            "The result cannot be split between the conditioning and the treatment. Give it in both arms, in "
            "neither, or as a factor of the design; and look at the evidence without this row.",
        )


@rule("P06", "block", RATE)
def same_people_twice(table: EvidenceTable) -> Iterator[Seen]:
    """Reports that share a registration, a centre or a group may count the same people twice."""
    yield from _shared(table, "registration", lambda study: {registration(study)} - {None})
    yield from _shared(table, "centre", lambda study: set(study.centres))
    yield from _shared(table, "group", lambda study: {study.group} - {None})
    for studies in overlapping(table.studies):
        yield from _adding_up(studies)


def _shared(table: EvidenceTable, what: str, marks: Callable[[Study], set[str | None] | set[str]]) -> Iterator[Seen]:
    """Each mark that two or more studies bear in periods not known to be apart."""
    for mark, bearing in sharing(table.studies, marks).items():
        studies = [
            study for study in bearing if any(other is not study and may_overlap(study, other) for other in bearing)
        ]
        if len(studies) > 1:
            sizes = [study.enrolled for study in studies if isinstance(study.enrolled, int)]
            total = f" ({' + '.join(map(str, sizes))} = {sum(sizes)} participants if nobody is counted twice)"
            yield (
                THE_TABLE,
                f"{keys(studies)} share the {what} {mark}{total if len(sizes) > 1 else ''}.",
                "The same people may be in more than one of these rows, so the rows are not independent: a pool takes "
                "one report for each such set, and the sum of their participants is not a number of people.",
            )


def _adding_up(studies: tuple[Study, ...]) -> Iterator[Seen]:
    """A later report about as large as all earlier ones of the same set together."""
    for later in studies:
        earlier = [study for study in studies if study.year and later.year and study.year < later.year]
        sizes = [study.enrolled for study in earlier if isinstance(study.enrolled, int)]
        size = later.enrolled
        if not isinstance(size, int) or len(sizes) < 2 or len(sizes) < len(earlier):
            continue
        if abs(sum(sizes) - size) <= 0.05 * size:
            yield (
                (later.key, None),
                f"The earlier reports of the same set ({keys(earlier)}) enrolled "
                f"{' + '.join(map(str, sizes))} = {sum(sizes)}, about the {size} of {later.key}.",
                "The later report is probably the earlier ones put together. Use it or them, not both.",
            )


@rule("P10", "warning", MEANING)
def mixed_treatment(table: EvidenceTable) -> Iterator[Seen]:
    """Rows that differ in product or regimen describe different treatments."""
    yield from _mixed(table, "product sources", lambda study: study.product, "name one product for the trial")
    yield from _mixed(table, "regimens", lambda study: study.regimen, "justify the dose and schedule of the trial")


def _mixed(table: EvidenceTable, what: str, cell: Callable[[Study], str | None], way: str) -> Iterator[Seen]:
    printed = {study.key: str(cell(study)) for study in table.studies if cell(study) not in (None, "NR", "ND")}
    if len({re.sub(r"\W", "", text).lower() for text in printed.values()}) > 1:
        yield (
            THE_TABLE,
            f"The rows differ in {what}: {'; '.join(f'{key}: {text}' for key, text in printed.items())}.",
            f"An average over these rows is the rate of no treatment that anyone will give: {way}, "
            "and show the rows apart.",
        )


@rule("P10", "warning", MEANING)
def arms_of_the_treatment(table: EvidenceTable) -> Iterator[Seen]:
    """Arms that all receive the treatment compare its doses, and may contradict the dose that is wanted."""
    for study in table.studies:
        if has_concurrent_control(study) or arms_without_role(study):
            continue
        groups = arms_of(row for row in study.outcomes if row.arm and row.counts and not row.harm)
        # each outcome's first counted arm beside every other arm of it
        for first, second in ((group[0], other) for group in groups for other in group[1:]):
            (x1, n1), (x2, n2) = first.counts or (0, 1), second.counts or (0, 1)
            difference, lower, upper = newcombe((x1, n1), (x2, n2))
            yield (
                (study.key, first.name),
                f"{first.arm} {rate(x1, n1)}, {second.arm} {rate(x2, n2)}: a difference of "
                f"{100 * difference:+.0f} points (95 % Newcombe {100 * lower:+.0f} to {100 * upper:+.0f}).",
                "This compares forms of the treatment with each other. Neither arm is a control, the data do "
                "not settle which form to test, and taking the better arm alone takes its luck as well.",
            )


@rule("P18", "warning", SETTING)
def concomitant_treatment(table: EvidenceTable) -> Iterator[Seen]:
    """Other treatment that was free to change may explain the result."""
    free = [study for study in table.studies if study.concomitant and not _CANNOT_EXPLAIN.fullmatch(study.concomitant)]
    if free:
        texts = dict.fromkeys(str(study.concomitant) for study in free)
        yield (
            THE_TABLE,
            f"Other treatment could differ or change in {keys(free)} ({'; '.join(texts)}).",
            "Part of the result may be that treatment's. Fix its doses and taper in the protocol, and let "
            "rescue count against a response.",
        )


@rule("P26", "warning", EFFECT)
def open_label(table: EvidenceTable) -> Iterator[Seen]:
    """Those who judged the outcome knew the treatment."""
    # an open study with a control is another question, which P38 asks
    knowing = [
        study for study in table.studies if _OPEN.match(study.blinding or "") and not has_concurrent_control(study)
    ]
    if knowing:
        yield (
            THE_TABLE,
            f"{plural(len(knowing), 'study')} of {len(table.studies)} blinded nobody: {keys(knowing)}.",
            "Open-label results are on average too favourable. Expect less in a blinded trial, say how the "
            "treatments are made to look alike, and prefer an outcome that is measured and judged centrally.",
        )


@rule_of_seen("P37", "warning", EFFECT)
def several_contradictions(told: Sequence[tuple[str, Seen]]) -> Iterator[Seen]:
    """Reports that contradict themselves more often show larger effects."""
    contradictions: dict[str, list[str]] = {}
    for id, ((study, outcome), *_) in told:
        if id in _CONTRADICTIONS and study is not None:
            contradictions.setdefault(study, []).append(f"{id}{f' {outcome}' if outcome else ''}")
    for study, several in contradictions.items():
        if len(several) > 1:
            yield (
                (study, None),
                f"The report contradicts itself {len(several)} times ({'; '.join(several)}).",
                "Reports with more discrepancies showed larger effects in one field (DAMASCENE: Nowbar et al. 2014, "
                "BMJ 348:g2688). Show the estimate, and the sample size that follows, without this row beside the one "
                "with it.",
                float(len(several)),
            )


@rule("P38", "warning", EFFECT)
def randomised_but_open(table: EvidenceTable) -> Iterator[Seen]:
    """A concurrent control does not blind; of a study that is told for its control arm alone, no effect is read."""
    compared = [
        study
        for study in table.studies
        if has_concurrent_control(study) and any(role_of(study, row) != CONTROL for row in study.outcomes)
    ]
    unblinded = [
        study for study in compared if _OPEN.match(study.blinding or "") or _SINGLE.search(study.blinding or "")
    ]
    unsaid = [study for study in compared if study.blinding in (None, "NR", "ND")]
    ways = [f"without blinding those who give and receive it: {keys(unblinded)}"] if unblinded else []
    ways += [f"without a word on blinding: {keys(unsaid)}"] if unsaid else []
    if ways:
        yield (
            THE_TABLE,
            f"The treatment is compared with a control {'; '.join(ways)}.",
            "Such an effect is not one of a blinded trial: expect less, most where the outcome is judged by someone. "
            "Say so beside each effect, and answer it in the plan with a discount or with the reason for none.",
        )


@rule("P28", "warning", SETTING)
def few_centres(table: EvidenceTable) -> Iterator[Seen]:
    """Results of very few producers or centres may not travel."""
    known = [study for study in table.studies if study.centres]
    centres = dict.fromkeys(centre for study in known for centre in study.centres)
    everywhere = [centre for centre in centres if all(centre in study.centres for study in known)]
    if known and (len(centres) < 4 or (everywhere and len(known) > 1)):
        through = f", and {listed(everywhere)} is in each of them" if everywhere and len(known) > 1 else ""
        yield (
            THE_TABLE,
            f"The {plural(len(known), 'study')} whose centres are known ({keys(known)}) come from "
            f"{plural(len(centres), 'centre')}{through}.",
            "Whether the result travels to other centres and producers is unknown. Stratify by centre, and "
            "plan for more variation between centres than this table can show.",
        )


@rule("T08", "warning", SETTING)
def doses_far_apart(table: EvidenceTable) -> Iterator[Seen]:
    """Two doses in the same unit that differ fivefold suggest a unit or a total mistaken for a daily dose."""
    doses: dict[str, list[tuple[float, float, Study]]] = {}
    for study in table.studies:
        for low, high, unit in _DOSE.findall(study.conditioning or ""):
            spelt = re.sub(r"\s", "", unit).lower()
            doses.setdefault(spelt, []).append((float(low), float(high or low), study))
    for unit, printed in doses.items():
        least, most = min(printed, key=lambda dose: dose[1]), max(printed, key=lambda dose: dose[0])
        if least[1] > 0 and most[0] / least[1] >= 5:
            yield (
                THE_TABLE,
                f"Conditioning doses differ more than fivefold in the same unit: {least[2].key} "
                f"{least[2].conditioning!r}, {most[2].key} {most[2].conditioning!r} (read in {unit}).",
                "One of them may be printed in the wrong unit, or as a total instead of a daily dose. Look "
                "it up in the report before the regimen is copied into a protocol.",
            )
