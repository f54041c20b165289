"""One outcome pooled in all the ways that matter: one report per centre and all reports, side by side, and in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from dataclasses import field as part_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, did_you_mean, field
from trialplan.evidence.overlap import overlapping
from trialplan.evidence.pool_page import forest, forest_of_several, judged, notes, risk_tables, tables
from trialplan.evidence.pooling import Pool, pool
from trialplan.evidence.risk_of_bias import RiskOfBias, worst_studies
from trialplan.evidence.selection import PoolChoice, compares, outcome_effects, pool_choices
from trialplan.evidence.table import EvidenceTable, Study, domains
from trialplan.page import Answer, Page, plain
from trialplan.progress import tell

if TYPE_CHECKING:
    from trialplan.figures import Forest


@dataclass(frozen=True, kw_only=True, repr=False)
class Pools(Answer):
    """The pools of one outcome: `by_reports` for each choice of reports, `parts` of subgroups and without each study.

    `reports` says which reports a pool takes: its name says how arms were compared, too, where there are several ways.

    Where no reports overlap there is one pool, of all of them.
    """

    outcome: str
    title: str
    by_reports: Mapping[str, Pool]
    reports: Mapping[str, str]
    parts: Mapping[str, Pool]
    risks: Mapping[str, RiskOfBias] = part_of(default_factory=dict)
    """How the studies were judged for risk of bias, where the table says it."""
    undefined: tuple[str, ...] = ()
    """The parts that cannot be pooled by the method, each with the reason."""

    def page(self) -> Page:
        """The pools, their studies, and what remains in parts."""
        return Page(
            data=plain(
                {
                    "table": {"title": self.title},
                    "pools": [
                        {"reports": self.reports[name]} | asdict(whole) for name, whole in self.by_reports.items()
                    ],
                    "parts": [{"part": name} | self._told(part) for name, part in self.parts.items()],
                    "not_pooled": list(self.undefined),
                }
                | ({"risk_of_bias": [judged(key, one) for key, one in self.risks.items()]} if self.risks else {})
            ),
            headline=f"{self.outcome} over {self.title}",
            tables=[*tables(self.by_reports, self.parts), *risk_tables(self.risks)],
            notes=[*notes(self.by_reports), *self.undefined],
            records=self._records,
        )

    def _told(self, part: Pool) -> dict[str, Any]:
        """A part as plain data; where it has most of the studies of a pool, those that it lacks stand for them.

        Each study left out in turn would else repeat all others: with hundreds of them, tens of megabytes.
        """
        held = {one.label for one in part.studies}
        whole = next((one for one in self.by_reports.values() if held <= {each.label for each in one.studies}), None)
        if whole is None or 2 * part.k <= whole.k:
            return asdict(part)
        told = asdict(replace(part, studies=()))
        del told["studies"]
        return told | {"without": [one.label for one in whole.studies if one.label not in held]}

    def _records(self) -> list[dict[str, Any]]:
        """One pool a row, those of all reports and of parts: the numbers that the page prints, on its scale."""
        whole = {name: (self.reports[name], "", one) for name, one in self.by_reports.items()}
        parts = {name: ("all", name, one) for name, one in self.parts.items()}
        return [
            {
                "pool": name,
                "reports": reports,
                "part": part or None,
                "studies": one.k,
                "estimate": one.natural.estimate,
                "lower": one.natural.lower,
                "upper": one.natural.upper,
                "tau2": one.tau2,
                "i2": one.i2,
                "prediction_lower": one.natural.prediction_lower,
                "prediction_upper": one.natural.prediction_upper,
                "p_value": one.p_value,
                "left_out": ", ".join(one.left_out) or None,
            }
            for name, (reports, part, one) in [*whole.items(), *parts.items()]
        ]

    def figure(self, reports: str | None = None) -> Forest:
        """The forest plot of one pool of `by_reports`, by its name; unless given, of all that share a measure.

        Several are one picture: the studies of the largest, and under them what each pool comes to.
        """
        first = next(iter(self.by_reports.values()))
        alike = {name: one for name, one in self.by_reports.items() if one.measure == first.measure}
        if reports is None and len(alike) > 1:
            return forest_of_several(alike, self.outcome, self.risks)
        name = next(iter(self.by_reports)) if reports is None else reports
        if name not in self.by_reports:
            way_out = did_you_mean(name, self.by_reports)
            raise ParameterError(f"there is no pool {name!r}", owner=self, value=name, way_out=way_out)
        return forest(self.by_reports[name], f"{self.outcome}: {name}", self.risks)

    def draw(self, path: str | Path) -> None:
        """The forest plot of the pools, in the format that the suffix names: `figure().save(path)`."""
        self.figure().save(path)


_MOST_LEFT_OUT = 500
"""Studies of which each is left out in turn: beyond, one weighs next to nothing, and so many pools, each with all its
studies, take minutes and gigabytes."""


def pools_of(
    table: EvidenceTable,
    outcome: str,
    choice: PoolChoice | None = None,
    *,
    measure: str | None = None,
    method: str = "reml",
    interval: str = "normal",
    by: str | None = None,
) -> Pools:
    """The pools of one outcome, whose name may be typed with hyphens for spaces; `by` is a field of the studies.

    The choice's `reports` are left as they are: all of them, and one per centre, are what is compared. Where studies
    have a treatment and a control arm, there is a pool for each measure that compares them, unless the arms or a
    `measure` are named.
    """
    names = {outcome.name.replace(" ", "-"): outcome.name for study in table.studies for outcome in study.outcomes}
    name, base, how = names.get(outcome, outcome), choice or PoolChoice(), {"method": method, "interval": interval}
    pools: dict[str, Pool] = {}
    parts: dict[str, Pool] = {}
    reports: dict[str, str] = {}
    judged_risks: dict[str, RiskOfBias] = {}
    undefined: list[str] = []
    measures = _measures(table, name, base, measure, method)
    for one in measures or (None,):
        choices = pool_choices(table, name, base, measure=one, **how)
        whole = choices if overlapping(table.studies) else {"all": choices["all"]}
        of_measure = f", {one}" if len(measures) > 1 else ""
        pools |= {f"{which}{of_measure}": found for which, found in whole.items()}
        reports |= {f"{which}{of_measure}": which for which in whole}
        effects, _ = outcome_effects(table, name, replace(base, reports="all"), one)
        groups = [] if by is None else _groups(table, effects.labels, by)
        some = {group: [i for i, name in enumerate(groups) if name == group] for group in dict.fromkeys(groups)}
        if len(effects.labels) > _MOST_LEFT_OUT:
            undefined.append(
                f"Pools without each study are told of up to {_MOST_LEFT_OUT:,} studies, not of {len(effects.labels):,}"
                f"{of_measure}; take out of the table what is doubted, or pool in groups."
            )
        elif len(effects.labels) > 2:
            places = range(len(effects.labels))
            some |= {f"without {effects.labels[left]}": [i for i in places if i != left] for left in places}
        risks = {key: risk for key in effects.labels if (risk := table.study(key).risk) is not None}
        judged_worst = worst_studies(risks)
        kept = [i for i, label in enumerate(effects.labels) if label not in judged_worst]
        if judged_worst and kept:
            named = f"without the worst by {next(iter(risks.values())).tool.name} ({', '.join(judged_worst)})"
            some[named] = kept
        judged_risks |= risks
        for done, (part, indices) in enumerate(some.items()):
            tell("pools", done, len(some))
            try:
                parts[f"{part}{of_measure}"] = pool(effects.take(indices), method, interval)
            except ParameterError as why:
                undefined.append(f"{part}{of_measure}: {why}.")
    return Pools(
        outcome=outcome,
        title=table.title,
        by_reports=pools,
        reports=reports,
        parts=parts,
        risks=judged_risks,
        undefined=tuple(undefined),
    )


def _measures(table: EvidenceTable, name: str, choice: PoolChoice, measure: str | None, method: str) -> Sequence[str]:
    """The measures that compare two arms: the one asked for, else those that suit; none where arms are not compared."""
    if measure is not None:
        return [measure]
    suiting = list(compares(table, name)) if choice.arms is None else []
    return [one for one in suiting if one == "odds-ratio"] or suiting if method == "peto" else suiting


def _groups(table: EvidenceTable, labels: tuple[str, ...], by: str) -> list[str]:
    name, known = by.replace("-", "_"), domains(Study)
    if name not in known:
        raise ParameterError(f"{field('by')}: a study has no {by!r}; {did_you_mean(name, known)}")
    return [str(getattr(table.study(label), name) or "not stated") for label in labels]
