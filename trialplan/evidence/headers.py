"""What the columns of a spreadsheet mean: their own names, what other tables call them, and what must be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.complaint import together
from trialplan.evidence.table import ReportedOutcome, Study, domains
from trialplan.evidence.text_table import Grid
from trialplan.text import listed

TABLE = {"table": "title"} | {f"table_{part}": part for part in ("citation", "doi", "source_note", "randomised")}
_RENAMED = {"key": "study", "name": "study_name", "note": "study_note"}
STUDY = {_RENAMED.get(name, name): name for name in domains(Study) if name != "outcomes"}
OUTCOME = {"outcome" if name == "name" else name: name for name in domains(ReportedOutcome)}
COLUMNS = (*TABLE, *STUDY, *OUTCOME)

MEANS = ("baseline", "followup", "change")
"""Whose mean and SD a table may hold."""
SPREADS = {f"{which}_{part}": which for which in MEANS for part in ("se", "lower", "upper")}
"""What a spreadsheet may hold in place of an SD: the standard error of a mean, or the limits of its interval."""
INTERVAL = "interval"
"""A column of intervals as printed: its two limits, of an effect or of a mean."""
LEFT_OUT = "_"
"""What the name of a column begins with that is of no use here."""
REMARK = "#"
"""What a line begins with that is no row."""

ALIASES = {
    "study": ("trial", "author", "authors", "study_id", "studlab", "paper", "publication", "study_or_subgroup",
              "author_year", "author_and_year", "study_and_year", "first_author", "reference",
              "studie", "étude", "etude", "estudio", "estudo", "studio"),
    "outcome": ("endpoint", "end_point", "outcome_name", "endpunkt", "zielgröße", "critère", "desenlace", "desfecho",
                "esito", "uitkomst"),
    "events": ("event", "r", "responders", "n_events", "events_n", "number_of_events", "n_responders", "responders_n",
               "cases", "ereignisse", "événements", "evénements", "evenements", "eventos", "eventi", "gebeurtenissen"),
    "of": ("total", "n_total", "total_n", "denominator", "sample_size", "number_of_participants", "out_of", "gesamt",
           "analysed", "analyzed", "evaluable", "n_analysed", "n_analyzed", "n_evaluable",
           "patients", "participants", "subjects", "no_of_patients", "no_of_participants", "number_of_patients",
           "effectif", "totale", "totaal"),
    "n": ("number",),
    "baseline_mean": ("baseline", "mean_baseline", "mean_at_baseline", "baseline_value"),
    "followup_mean": ("followup", "mean_followup", "mean_follow_up", "mean_at_follow_up"),
    "change_mean": ("change", "mean_change", "change_from_baseline", "mean_change_from_baseline"),
    "change_sd": ("sd_change", "sd_of_change"),
    "change_se": ("se_change", "se_of_change"),
    "effect_measure": ("measure",),
    "timepoint_months": ("months", "month"),
    "p_value": ("p", "pvalue", "p_val"),
    "year": ("publication_year", "pub_year", "study_year", "jahr", "année", "año", "ano", "anno", "jaar"),
    "reported": ("printed", "as_printed"),
    "note": ("notes", "comment", "comments", "remark", "remarks", "bemerkung"),
    "enrolled": ("n_enrolled", "number_enrolled", "randomised", "randomized", "n_randomised", "n_randomized"),
    "effect": ("estimate", "effect_size"),
    "effect_se": ("se", "sem", "standard_error"),
    "effect_lower": ("ci_lower", "lower", "ci_low", "lower_ci", "ci_start", "ll", "lcl", "lci", "lower_limit"),
    "effect_upper": ("ci_upper", "upper", "ci_high", "upper_ci", "ci_end", "ul", "ucl", "uci", "upper_limit"),
    "definition": ("outcome_definition",),
    "product": ("cell_source",),
}  # fmt: skip
"""What other tables call a column; the name of a column itself always means that column."""

_CONFIDENT = re.compile(r"(\d{2}(_\d{1,2})?_)?(ci|confidence_interval)(_\d{2}(_\d{1,2})?)?")
"""An interval, with its confidence before or behind."""
_KNOWN_AS = {other: name for name, others in ALIASES.items() for other in others}
_IN_WORDS = "write it in reported, as printed: it has no place among the numbers"
_WHAT_MEAN = {
    "mean": "call it change_mean where it is the mean of the change, else baseline_mean or followup_mean",
    "sd": "call it change_sd where it is the SD of the change, else baseline_sd or followup_sd",
    "mean_sd": "write the means and their SDs in columns of their own, as change_mean and change_sd",
    "mean_se": "write the means and their standard errors in columns of their own, as change_mean and change_se",
}
"""Names that are usual and mean several columns."""
_PARTS = {"effect_se": "se", "effect_lower": "lower", "effect_upper": "upper"}
"""Of a mean where the table has no effect."""
MEASURES = {
    "rr": "risk-ratio", "risk_ratio": "risk-ratio", "relative_risk": "risk-ratio",
    "or": "odds-ratio", "odds_ratio": "odds-ratio",
    "hr": "hazard-ratio", "hazard_ratio": "hazard-ratio",
    "irr": "rate-ratio", "rate_ratio": "rate-ratio",
    "rd": "risk-difference", "risk_difference": "risk-difference",
    "md": "mean-difference", "mean_difference": "mean-difference",
    "hedges_g": "standardised-mean-difference", "cohen_s_d": "standardised-mean-difference",
    "smd": "standardised-mean-difference", "standardised_mean_difference": "standardised-mean-difference",
    "standardized_mean_difference": "standardised-mean-difference",
}  # fmt: skip
"""What an effect measures, as forest plots print it."""
OF_A_POOL = re.compile(
    r"(w|weights?)(_(fixed|random|common|m_h|iv|common_effect|fixed_effect|random_effects?))?|(p|chi2?|q|df|i2|tau2?)_"
    r"(het\w*)|(comparison|outcome|subgroup|analysis)_(number|no|nr)|analysis_group|applicability"
)
"""What programs for meta-analysis write beside the studies: it belongs to the pool, and is made anew here."""
_WORDS_FOR_ARM = {"treatment", "intervention", "drug", "therapy", "treatment_arm", "treatment_group", "cohort"}
_PERSON_TIME = {
    "person_years",
    "patient_years",
    "person_time",
    "patient_time",
    "exposure",
    "person_months",
    "time_at_risk",
}
_NO_NUMBER = {"median", "iqr", "interquartile", "range", "min", "max", "q1", "q3"}
"""What a table may hold of measurements that are no means."""
_PERCENT = {"percent", "percentage", "per_cent", "prozent", "rate", "proportion", "share"}
_WITHOUT = re.compile(r"(non?_?|without_|no_)?(events?|responders?|cases)|failures?|survivors?|yes|no")
"""Those who did not have the event, or may be they."""
_OF_LOGS = re.compile(rf"(log|ln)_?({'|'.join(MEASURES)})|te|se_?te|[yv]i|se_?(log|ln)\w*")
"""Effects as programs for meta-analysis have them: logs of ratios, and their variances."""
_VARIANCES = {"variance", "var"}
_SIZED = re.compile(r"(.*\w)\s*[(\[]\s*n\s*[=:]\s*(\d+)\s*[)\]]", re.IGNORECASE)
"""An arm with its size, as journals head their columns: Drug (n = 20)."""
_REPEATED = re.compile(r"[._ ]+\d+$")
"""What R and pandas put behind a name that is there twice."""
_BRIEF = 3
"""Letters of a name that is like too many others."""

_TIME, _OTHER_UNIT = re.compile("time|follow|durat|visit|weeks?$|days?$"), re.compile("(week|day|year)s?$")
_OF_ARMS = ("events", "of", "n", *(f"{which}_{part}" for which in MEANS for part in ("mean", "sd")))
"""What a table of two arms has twice."""
_NAMES_OF_ARMS = {"placebo", "control", "controls", "sham", "comparator", "experimental", "active"}
_NAMES = {"study": "the study", "outcome": "what was counted or measured"}
_LIKENESS = 0.6
"""Of a column to the known ones: of a name that is less alike all are listed."""
_LOOKED_AT = 10
"""Rows below the first among which the names of the columns are sought."""


def plain(header: str) -> str:
    """A header in lower case, with underscores for what stands between its words."""
    return re.sub(r"[\W_]+", "_", header.strip().casefold()).strip("_")


def known_as(spelt: str) -> str:
    """The column that a plain name is, or is usually called; empty where it is none."""
    if spelt in COLUMNS or spelt in SPREADS or spelt == INTERVAL:
        return spelt
    return INTERVAL if _CONFIDENT.fullmatch(spelt) else _KNOWN_AS.get(spelt, "")


def limit(spelt: str) -> str:
    """The limit of an interval that a plain name is made of: lower 95 % CI, CI upper limit."""
    words = {*spelt.split("_")}
    ends = words & {"lower", "upper", "low", "high"}
    plainly = {word for word in words if not word.isdecimal()}
    if len(ends) != 1 or not plainly <= ends | {"ci", "cl", "limit", "confidence", "bound", "interval"}:
        return ""
    return "effect_lower" if ends & {"lower", "low"} else "effect_upper"


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a row names the columns that every table has."""
    return {"study", "outcome"} <= {known_as(plain(cell)) for cell in cells}


def columns_of(grid: Grid, name: str) -> tuple[list[str], list[str]]:
    """The column that each cell of the header means, empty for one to leave out; and what was understood by it."""
    columns: list[str] = []
    wrong: list[str] = []
    notes: list[str] = []
    left_out: list[str] = []
    names = [plain(cell) for cell in grid.header]
    for at, (written, spelt) in enumerate(zip(grid.header, names, strict=True), 1):
        meant = _meant(spelt, names)
        if written.startswith(LEFT_OUT) or (not meant and OF_A_POOL.fullmatch(spelt)):
            left_out.append(repr(written))
            columns.append("")
            continue
        if not written:
            wrong.append(f"{name}: column {at} has no name; name it, or remove it")
        elif not meant:
            wrong.append(f"{name}: {_unknown(written, spelt, grid.header)}")
        elif meant in columns:
            wrong.append(f"{name}: {_twice(grid.header[columns.index(meant)], written, meant)}")
        elif meant != spelt:
            notes.append(f"`{written}` as `{meant}`")
        columns.append(meant)
    missing = [column for column in ("study", "outcome") if column not in columns]
    if wrong or missing:
        _check_header(grid, name, missing)
    unknown = [
        written
        for written, column in zip(grid.header, columns, strict=True)
        if written and not column and repr(written) not in left_out
    ]
    if missing == ["outcome"] and any(_unknown(each, plain(each), grid.header)[:7] == "unknown" for each in unknown):
        raise EvidenceError(f"{name}: {_melted(unknown)}")
    for column in missing[::-1]:
        near = did_you_mean(
            column, [each for each in grid.header if each and plain(each) not in COLUMNS and repr(each) not in left_out]
        )
        hint = f"; {near}" if near.startswith("did") else "; add it, and name in each row " + _NAMES[column]
        wrong.insert(0, f"{name}: the column {column!r} is missing{hint}")
    if wrong:
        raise EvidenceError(together(wrong, name))
    if left_out:
        notes.append(f"{listed(left_out)} left out")
    return columns, notes


def _meant(spelt: str, names: Sequence[str]) -> str:
    """The column that a plain name means beside the others."""
    known = {known_as(each) for each in names}
    means = [which for which in MEANS if f"{which}_mean" in known]
    if spelt == "study_year" and "study" not in known:
        return "study"
    if spelt == "n" and {"events", "reported"} & known and not means:
        return "of"
    if spelt in ("total", "total_n", "n_total") and means and "events" not in known:
        return "n"
    meant = known_as(spelt) or limit(spelt)
    if not meant and spelt in MEASURES and "effect" not in known:
        return "effect"
    part = "sd" if spelt == "sd" else _PARTS.get(meant, "") if spelt != meant and "effect" not in known else ""
    if part and means:
        # it is of the only mean that has none of its own
        without = [which for which in means if not {f"{which}_{part}", f"{which}_sd"} & known]
        return f"{without[0]}_{part}" if len(without) == 1 else ""
    return meant


def _twice(first: str, written: str, meant: str) -> str:
    """That two columns are the same, and what they may be."""
    same = (
        f"the column {written!r} is there twice" if first == written else f"{first!r} and {written!r} are both {meant}"
    )
    of_arms = f", or call those of two arms {meant}_treatment and {meant}_control" if meant in _OF_ARMS else ""
    return f"{same}; keep one of them{of_arms}"


def _unknown(written: str, spelt: str, header: Sequence[str]) -> str:
    """Why a column of the header means nothing here, and the way out."""
    words = {*spelt.split("_")}
    if "mean" in words and {"sd", "se", "sem"} & words:
        return f"the column {written!r} does not say of what; {_WHAT_MEAN['mean_sd']}"
    if sized := _SIZED.fullmatch(written):
        return (
            f"the column {written!r} is of an arm of {sized[2]}; call it events_{plain(sized[1])}, and write its cells "
            f"as 8/{sized[2]}"
        )
    once = _REPEATED.sub("", written)
    if once != written and once in header and known_as(plain(once)):
        return _twice(once, written, known_as(plain(once)))
    if spelt in _VARIANCES:
        return f"the column {written!r} does not say of what; write the SD, its square root, in change_sd"
    if _OF_LOGS.fullmatch(spelt):
        return (
            f"the column {written!r} seems to hold logs or variances; write a ratio itself in effect, with "
            "effect_measure, and the standard error of its log, the root of its variance, in effect_se"
        )
    if _WITHOUT.fullmatch(spelt):
        return (
            f"the column {written!r} may count those with or without the event; call those with it events, and write "
            "in of how many they are with the others"
        )
    if spelt in _NAMES_OF_ARMS:
        return f"the column {written!r} may be of an arm; call it events_{spelt}, and write its cells as 8/20"
    if spelt in _WHAT_MEAN:
        return f"the column {written!r} does not say of what; {_WHAT_MEAN[spelt]}"
    end = _KNOWN_AS.get(spelt, "") or limit(spelt)
    if end.startswith("effect_"):
        part = end.removeprefix("effect_")
        return f"the column {written!r} does not say of which mean; call it {' or '.join(f'{w}_{part}' for w in MEANS)}"
    if {*spelt.split("_")} & _NO_NUMBER:
        return f"the column {written!r} holds no mean; {_IN_WORDS}"
    if _OTHER_UNIT.search(spelt) and _TIME.search(spelt):
        return (
            f"the column {written!r} is not in months; write those (weeks over 4.348, days over 30.44, years times 12) "
            "and call it timepoint_months, or follow_up_months of a study"
        )
    if spelt in MEASURES:
        return f"the column {written!r} stands beside another effect; write a row for each, with effect_measure"
    if spelt in _WORDS_FOR_ARM:
        return f"the column {written!r} may name the arm of a row, or what a study gave; call it arm, or product"
    if spelt in _PERSON_TIME:
        return (
            f"the column {written!r} has no place: write the effect that it gives, its interval and effect_measure "
            "= rate-ratio, or the share who had an event by a time as events of participants"
        )
    if spelt in _PERCENT or written.strip() == "%":
        return f"the column {written!r} does not say of what; call it reported, and write its cells as 29.6 %"
    there = {known_as(plain(cell)) for cell in header}
    likeness = _LIKENESS if len(spelt) > _BRIEF else 1.0
    hint = did_you_mean(spelt, [each for each in COLUMNS if each not in there], likeness, most=len(COLUMNS))
    left_out = "" if hint.startswith("did") else f"begin its name with {LEFT_OUT} to leave it out; "
    return f"unknown column {written!r}; {left_out}{hint}"


def _melted(unknown: Sequence[str]) -> str:
    """How to write a table whose outcomes stand in columns."""
    return (
        f"the column 'outcome' is missing, and {listed(map(repr, unknown))} {'is' if len(unknown) == 1 else 'are'} "
        "unknown; where outcomes stand in columns, call these death_events and death_of, or weight_change_mean, "
        "weight_change_sd and weight_n, with the outcomes' own names, or write a row for each outcome of a study, with "
        f"its name in outcome; begin with {LEFT_OUT} the name of a column to leave out"
    )


def _check_header(grid: Grid, name: str, missing: Sequence[str]) -> None:
    """Refuse a header that stands further down, below a title, or on two lines."""
    below = [(line, [plain(cell) for cell in cells]) for line, cells in grid.rows[:_LOOKED_AT]]
    for line, names in below:
        if missing and names_columns(names):
            raise EvidenceError(
                f"{name}: the names of the columns seem to stand on line {line}; remove the lines above it, or begin "
                f"them with {REMARK}"
            )
    blank = sum(not cell for cell in grid.header)
    if blank > 1 and below and sum(bool(known_as(each)) for each in below[0][1]) > 1:
        raise EvidenceError(
            f"{name}: the names of the columns seem to stand on two lines, the second on line {below[0][0]}; write "
            "them on one, those of two arms as events_treatment and events_control"
            f"{', and name the ' if missing else ''}{' and the '.join(missing)}"
        )
