"""What an audit says about a table, and the register of the rules that say it.

A rule is a generator over a table: it yields ((study, outcome), seen, means) for each thing it sees, and is registered
with its id and severity by `@rule`; one on each outcome by itself returns (seen, means), or None. Ids P01… are those of
the list of pitfalls that the project keeps; T01… are traps of a table that the list does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from trialplan.page import Answer, Page, Table
from trialplan.text import listed, plural

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study

Place = tuple[str | None, str | None]
Seen = tuple[Place, str, str] | tuple[Place, str, str, float]
"""Where, what was seen, what it means; and by how much a rate would be another, as a share, where that is known."""
SeenAndMeans = tuple[str, str] | tuple[str, str, float]
Check = Callable[["EvidenceTable"], Iterator[Seen]]

SEVERITIES = ("block", "warning", "information")
EFFECT, RATE, MEANING, SETTING = "effect", "rate", "meaning", "setting"
MOVES = (EFFECT, RATE, MEANING, SETTING)
"""What a rule is about, from what moves a sample size most: it goes with the inverse square of the difference, so
whether there is a difference comes first, then the counts, then what they count, then who was treated and where."""
RULES: list[tuple[str, str, str, Check]] = []
Again = Callable[[Sequence[tuple[str, Seen]]], Iterator[Seen]]
RULES_OF_SEEN: list[tuple[str, str, str, Again]] = []
"""Rules about what the others saw, which is handed to them: each with the id of its rule, so that none runs twice."""
THE_TABLE = (None, None)


@dataclass(frozen=True)
class Finding:
    """One thing that a reviewer will raise: where it is, what was seen, what it means for planning.

    `study` and `outcome` are None where the finding is about several rows; `seen` then names them. A "block"
    must be answered in the plan, a "warning" is printed beside the numbers, an "information" is good to know.
    """

    id: str
    severity: str
    study: str | None
    outcome: str | None
    seen: str
    means: str


_EVERYWHERE = "table"
"""Where a finding is that belongs to no study and no outcome."""

COLUMNS = ("severity", "id", "where", "seen", "for planning")


def told_once(findings: Iterable[Finding]) -> Iterator[list[str]]:
    """The findings as rows of a table; those that mean the same are one, which lists where and what was seen."""
    same: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        same.setdefault((finding.severity, finding.id, finding.means), []).append(finding)
    for (severity, id, means), several in same.items():
        seen: dict[str, list[Finding]] = {}
        for each in several:
            seen.setdefault(each.seen, []).append(each)
        shown = [*seen] if len(seen) == 1 else [_placed(rows, what) for what, rows in seen.items()]
        yield [severity, id, _where(several), " ".join(shown), means]


def grouped(findings: Sequence[Finding], rows: Sequence[Sequence[str]]) -> str:
    """How many findings stand in how many rows, where those that mean the same are one."""
    blocks, told = (
        sum(one == "block" for one in some) for some in ([f.severity for f in findings], [r[0] for r in rows])
    )
    return (
        f"Findings that mean the same for planning are one row, which names every place: {len(findings):,} findings "
        f"in {len(rows):,} rows, the {blocks:,} that block in {told:,}."
    )


def _placed(findings: Sequence[Finding], seen: str) -> str:
    """What was seen after where; of the whole table, or where the sentence begins with it, it is told already."""
    where = _where(findings)
    return seen if where == _EVERYWHERE or seen.startswith(where) else f"{where}: {seen}"


def _where(findings: Sequence[Finding]) -> str:
    """The rows of findings, by outcome: "response: a, b and c"."""
    studies: dict[str | None, dict[str, None]] = {}
    for each in findings:
        studies.setdefault(each.outcome, {}).update(dict.fromkeys([each.study] if each.study else []))
    return "; ".join(
        ", ".join(filter(None, (*of, outcome))) or _EVERYWHERE
        if len(of) < 2
        else f"{f'{outcome}: ' if outcome else ''}{listed(of)}"
        for outcome, of in studies.items()
    )


class Findings(Answer, tuple[Finding, ...]):
    """What an audit says about a table: its findings, the most severe first."""

    def page(self) -> Page:
        """The findings, each with what was seen and what it means."""
        rows = list(told_once(self))
        blocking = sum(one.severity == "block" for one in self)
        records = [asdict(one) for one in self]
        return Page(
            data={"findings": records},
            headline=f"{plural(len(self), 'finding')}, {blocking:,} of which a plan must answer",
            tables=[Table(COLUMNS, rows, "Findings")] if rows else [],
            notes=[grouped(self, rows)] if len(rows) < len(self) else [],
            records=lambda: records,
        )


def rule(id: str, severity: str, moves: str) -> Callable[[Check], Check]:
    """Register a rule under its id and severity, with what it `moves`."""

    def register(check: Check) -> Check:
        RULES.append((id, severity, moves, check))
        return check

    return register


def rule_of_seen(id: str, severity: str, moves: str) -> Callable[[Again], Again]:
    """Register a rule about what the others see."""

    def register(check: Again) -> Again:
        RULES_OF_SEEN.append((id, severity, moves, check))
        return check

    return register


def outcome_rule(
    id: str, severity: str, moves: str
) -> Callable[[Callable[[Study, ReportedOutcome], SeenAndMeans | None]], Check]:
    """Register what is asked of every outcome of a table, in printed order."""

    def register(ask: Callable[[Study, ReportedOutcome], SeenAndMeans | None]) -> Check:
        def check(table: EvidenceTable) -> Iterator[Seen]:
            for study in table.studies:
                for outcome in study.outcomes:
                    answer = ask(study, outcome)
                    if answer is not None:
                        yield (study.key, outcome.label), *answer

        return rule(id, severity, moves)(check)

    return register


def by_name(table: EvidenceTable) -> dict[str, list[tuple[Study, ReportedOutcome]]]:
    """The outcomes that bear the same name, whichever study reports them."""
    named: dict[str, list[tuple[Study, ReportedOutcome]]] = {}
    for study in table.studies:
        for outcome in study.outcomes:
            named.setdefault(outcome.name, []).append((study, outcome))
    return named


def arms_of(outcomes: Iterable[ReportedOutcome]) -> list[list[ReportedOutcome]]:
    """The arms of the same outcome at the same time, side by side."""
    groups: dict[tuple[str, float | None], list[ReportedOutcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.name, outcome.timepoint_months), []).append(outcome)
    return list(groups.values())


def percent(share: float) -> str:
    """A share as a reader prints it."""
    return f"{100 * share:.1f} %"


def rate(events: int, of: int) -> str:
    """A count with its denominator and its percentage."""
    return f"{events}/{of} = {percent(events / of)}"


def keys(studies: Sequence[Study]) -> str:
    """The studies' keys as prose, each once."""
    return listed(dict.fromkeys(study.key for study in studies))
