"""The verdict on a whole statement: on its n, and on the events that it counts beside n or instead of it."""

from __future__ import annotations

from dataclasses import replace

from trialplan.analyses.reproduction import completing
from trialplan.analyses.reproduction.judge import Reproduction, judge
from trialplan.analyses.reproduction.statement import Statement
from trialplan.analyses.reproduction.verdicts import INCOMPLETE, INCONSISTENT
from trialplan.design import Design
from trialplan.errors import ParameterError, field


def reproduce(statement: Statement) -> Reproduction:
    """Which standard method gives the n that is stated, and the events; the one with the fewest oddities first.

    Where n does not follow from what is stated, because nothing is said of the curves or of how long anybody is
    followed, the verdict is on the events.

    >>> from trialplan.analyses.reproduction import read
    >>> found = reproduce(read({"design": "two-means", "difference": 0.5, "sd": 1, "power": 0.85, "n": 146}))
    >>> found.verdict, found.best.method.partition(":")[0]
    ('reproduced', 't')
    """
    completing.check_effect(statement)
    counted, meant = completing.counted(statement), completing.meant(statement)
    of_events = None if counted is None else judge(counted)
    if statement.evaluable is None and statement.enrolled is None:
        if of_events is None:
            reason = "alone tells nothing where the effect changes with time"
            raise ParameterError(
                reason, parameter=statement.cls.information, value=statement.events, way_out=f"give {field('n')}, too"
            )
        return of_events
    of_n = replace(judge(meant), statement=statement)
    if meant.presumed:  # what is not stated is not what would have to be otherwise
        own = {*statement.numbers, *(() if statement.effect is None else (statement.effect_field,))}
        own -= {name for name in statement.numbers if _rests_on(statement, name)}
        of_n = replace(of_n, implied={name: values for name, values in of_n.implied.items() if name in own})
    if of_events is None:
        return of_n
    if not of_n.reproduced and (of_n.verdict == INCOMPLETE or meant.presumed):
        return replace(of_events, untold=_untold(statement, meant))
    if not of_n.reproduced or of_events.reproduced or _expected(meant, statement.events or 0):
        return replace(of_n, of_events=of_events)
    return _contradicted(of_n, of_events)


def _rests_on(statement: Statement, name: str) -> bool:
    """Whether what is presumed is otherwise at another value of a number, which therefore cannot be solved for."""
    another = {**statement.numbers, name: object()}  # any other value
    return statement.cls.presumed(another)[0] != statement.cls.presumed(statement.numbers)[0]


def _untold(statement: Statement, meant: Statement) -> tuple[str, tuple[str, ...]]:
    """The stated n that does not follow, and what it would need to: also what is presumed, where that does not do."""
    absent = completing.lacking(statement) if meant.presumed else completing.missing(statement)
    wanted = tuple(name for name in absent if name not in ("alpha", "power"))
    return statement.shown(statement.stated), wanted


def _expected(statement: Statement, events: int) -> bool:
    """Whether the stated n is expected to have the stated events, but for rounding."""
    design = completing.design_of(next(completing.completed(statement)).statement)
    if not isinstance(design, Design) or statement.power is None:
        return False
    found = design.details(statement.completers, statement.power).get(statement.cls.information)
    return found is not None and abs(float(found) - events) <= 1


def _contradicted(of_n: Reproduction, of_events: Reproduction) -> Reproduction:
    """The verdict where n follows and the events do not."""
    best, other = of_n.candidates[0], of_events.best
    stated = of_events.statement.shown(of_events.statement.stated)
    gives = "" if other is None else f"the inputs give {of_events.statement.shown(other.n)}, "
    told = replace(best, enrolment=f"{gives}not {stated}", follows=False)
    return replace(of_n, verdict=INCONSISTENT, candidates=(told, *of_n.candidates[1:]), of_events=of_events)
