"""How long a number of participants takes, and how many a time brings: each from the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trialplan.enrolment.completion import ByDeadline, Completion, Wait, by_deadline, completion, later
from trialplan.enrolment.over_time import Recruits
from trialplan.errors import ParameterError, field
from trialplan.page import Answer, Page, facts, plain
from trialplan.text import quoted


@dataclass(frozen=True, kw_only=True, repr=False)
class Duration(Answer):
    """The months of a number of participants, `recruited` and in `total` to the decision (or the number `by` months).

    `by` counts those who are randomised early enough to be read, and decided on, within the months. Where some have
    `come`, months are counted from now on and numbers are of those who come besides.
    """

    law: Recruits
    wait: Wait
    recruited: Completion | None = None
    months: float | None = None
    by: ByDeadline | None = None
    come: int = 0
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Completion | None:
        """The months until the decision."""
        return None if self.recruited is None else later(self.recruited, self.wait.months)

    @property
    def _method(self) -> str:
        asked = self.recruited.n if self.recruited is not None else self.by.most if self.by is not None else 0
        return self.law.method(asked)

    def page(self) -> Page:
        """The answer in a sentence, with the range about it."""
        rows = [
            ("randomised so far", f"{self.come:,}" if self.come else ""),
            ("sites", f"{self.law.sites:,}" if self.law.sites else ""),
            *self._rows(),
            ("computed as", self._method),
        ]
        return Page(data=plain(self._data()), headline=self._headline(), tables=[facts(rows)], notes=[*self.notes])

    def _headline(self) -> str:
        if self.recruited is not None and self.total is not None:
            one = self.total
            return (
                f"{one.n:,}{self._more} participants take {one.median:.1f} months with an even chance "
                f"({one.early:.1f} to {one.late:.1f} in eight of ten){self._including()}"
            )
        by = self.by
        assert by is not None  # one of the two was asked
        return (
            f"{self.months:g} months bring {by.median:,}{self._more} participants with an even chance "
            f"({by.least:,} to {by.most:,} in eight of ten){self._including()}"
        )

    @property
    def _more(self) -> str:
        return " more" if self.come else ""

    def _including(self) -> str:
        return f", {self.wait.months:g} months after randomisation included" if self.wait.months else ""

    def _rows(self) -> list[tuple[str, str]]:
        wait = f"{self.wait.read_after:g} months to the reading, {self.wait.decision:g} to the decision"
        after = [("after randomisation", wait)] if self.wait.months else []
        if self.recruited is not None:
            one = self.recruited
            shown = f"{one.median:.1f} months ({one.early:.1f} to {one.late:.1f})"
            return [("randomised", f"{one.n:,}"), ("recruitment", shown), *after]
        assert self.by is not None  # as above
        return [("randomised by month", f"{self.by.month:g}"), ("on average", f"{self.by.expected:,.1f}"), *after]

    def _data(self) -> dict[str, Any]:
        parts = {"recruited": self.recruited, "total": self.total, "randomised": self.by}
        told = {name: asdict(part) for name, part in parts.items() if part is not None}
        return {
            "months": self.months,
            "so_far": self.come or None,
            "sites": self.law.sites,
            "method": self._method,
        } | told


def duration_of(law: Recruits, n: int, wait: Wait, come: int = 0, notes: tuple[str, ...] = ()) -> Duration:
    """The months that n participants take, from now on where some have come."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ParameterError(
            f"must be a whole number of participants from 1 on, not {quoted(n)}", parameter="n", value=n
        )
    if come >= n:
        raise ParameterError(f"is {n:,}, and {come:,} have come already", parameter="n", value=n)
    return Duration(law=law, wait=wait, recruited=completion(law, n - come), come=come, notes=notes)


def numbers_in(law: Recruits, months: float, wait: Wait, come: int = 0, notes: tuple[str, ...] = ()) -> Duration:
    """The participants that these months bring, the wait after the last included."""
    window = months - wait.months
    if window <= 0:
        reason = f"must be more than the {wait.months:g} that pass after a randomisation, not {months:g}"
        raise ParameterError(reason, parameter="months", value=months, way_out=f"give {field('months')} for recruiting")
    return Duration(law=law, wait=wait, months=months, by=by_deadline(law, window), come=come, notes=notes)
