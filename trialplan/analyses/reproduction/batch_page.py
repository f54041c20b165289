"""The verdicts on many statements as a page: how many there are of each, and one row a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from trialplan.analyses.reproduction.batch import NO_DESIGN, UNREADABLE, BatchRow, counts
from trialplan.page import Answer, Page, Table, plain
from trialplan.text import plural

_COLUMNS = ("label", "design", "stated", "verdict", "gives")


@dataclass(frozen=True, kw_only=True, repr=False)
class ReproducedTable(Answer):
    """The verdicts on many statements, one a row."""

    rows: tuple[BatchRow, ...]

    @property
    def reproduced(self) -> bool:
        """Whether every stated n follows from what is stated."""
        return all(row.reproduced for row in self.rows)

    def page(self) -> Page:
        """How many there are of each verdict, and one row a statement."""
        return page(self.rows)


def page(rows: Sequence[BatchRow]) -> Page:
    """The counts of the verdicts, and each row with its method, what is missing and what would reconcile it."""
    records = [asdict(row) | {"missing": ", ".join(row.missing), "assumed": ", ".join(row.assumed)} for row in rows]
    found = counts(rows)
    return Page(
        data=plain({"statements": len(rows), "counts": found, "rows": [asdict(row) for row in rows]}),
        headline=f"{plural(len(rows), 'statement')}: {', '.join(f'{n} {verdict}' for verdict, n in found.items())}",
        tables=[Table(_COLUMNS, [_cells(row) for row in rows])],
        notes=[f"{row.label}: {'; '.join(told)}." for row in rows if (told := _details(row))],
        records=lambda: records,
    )


def _cells(row: BatchRow) -> list[str]:
    stated, gives = ("" if n is None else f"{n:,.10g} {row.unit}" for n in (row.n, row.gives))
    return [row.label, row.design, stated, row.verdict, gives]


def _details(row: BatchRow) -> list[str]:
    """By what, from what, and what would reconcile it: too long for a table, which has to stay as wide as a screen."""
    if row.verdict in (NO_DESIGN, UNREADABLE):
        return [f"cannot be read: {row.reconcile}" if row.verdict == UNREADABLE else row.reconcile]
    missing = ", ".join(name.replace("_", " ") for name in row.missing)
    parts = {"missing": missing, "assumed": ", ".join(row.assumed), "would reconcile it": row.reconcile}
    method = [f"by {row.method}"] if row.method else []
    return method + [f"{name}: {told}" for name, told in parts.items() if told]
