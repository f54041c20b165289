"""The verdict as a reviewer would write it, and its page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from trialplan.analyses.reproduction import completing, verdicts
from trialplan.page import Page, Table, facts, plain
from trialplan.parameter import parameters
from trialplan.text import flag, listed, number

if TYPE_CHECKING:
    from trialplan.analyses.reproduction.judge import Candidate, Reproduction


Named = Callable[[str], str]
"""What the reader calls a field: an option of the command line, a key of a file, an argument of a function."""


def page(found: Reproduction, named: Named = str) -> Page:
    """The verdict, what was stated, and what each method gives."""
    data, shown = plain(as_json(found)), found.statement.shown
    stated = [(flag(name), number(value)) for name, value in found.statement.given.items()]
    tables = [facts(stated, "Stated")]
    if found.candidates:
        rows = [
            [
                one.method,
                shown(one.n),
                "" if one.enrolled is None else shown(one.enrolled),
                "" if one.power is None else f"{one.power:.3f}",
                _level(one),
                _matches(found, one),
            ]
            for one in found.candidates
        ]
        columns = ("method", "n", "enrolled", "power at stated n", "level", "matches")
        tables.append(Table(columns, rows, right=frozenset({1, 2, 3})))
    return Page(
        data=data,
        headline=headline(found, named),
        tables=tables,
        notes=list(notes(found, named)),
        records=lambda: data["candidates"] or [{"verdict": found.verdict}],
    )


def headline(found: Reproduction, named: Named = str) -> str:
    """One sentence: whether the stated n follows, and by which method."""
    if found.untold is None:
        return _verdict(found, named)
    n, without = found.untold
    wanted = f" without {listed(map(named, without))}" if without else ""
    return f"{_verdict(found, named)}; {n} do not follow{wanted}"


def _verdict(found: Reproduction, named: Named) -> str:
    """The sentence without what of a stated n nothing is known of."""
    stated, are = found.statement.shown(found.statement.stated), "are" if found.statement.of_events else "is"
    if found.verdict == verdicts.REPRODUCED:
        return f"Reproduced: {stated} {are} what {_by(found.candidates[0])} gives{_enrolment(found)}"
    if found.verdict == verdicts.NEAR:
        gives = f"{_by(found.candidates[0])} gives {_gives(found, found.candidates[0])}"
        return f"Nearly reproduced: {stated}; {gives}{_enrolment(found)}"
    if found.contradicted:
        what = f"{are} what" if found.candidates[0].matches == "exact" else f"{are} nearly what"
        return f"Not as stated: {stated} {what} {_by(found.candidates[0])} gives, but {found.candidates[0].enrolment}"
    if found.verdict == verdicts.INCONSISTENT:
        words, by = found.slips[0]
        return f"Not as stated: {stated} follows only if {words} ({_by(by, '; ')}); {_inputs_give(found, by)}"
    if found.verdict == verdicts.INCOMPLETE:
        return f"Cannot be reproduced: {_lacking(found, named)}{_would(found)}"
    assert found.verdict == verdicts.NOT
    return f"Not reproduced: no standard method gives {stated}; {_inputs_give(found)}"


def reconciling(found: Reproduction) -> str:
    """What would reconcile the stated n with the rest of the statement, in brief; empty where nothing needs to."""
    if found.reproduced or found.contradicted:
        return found.candidates[0].enrolment
    if found.powers:
        return "; ".join(f"power {power:g}, by {method(one)}" for power, one in found.powers[:2])
    if found.slips:
        return "; ".join(f"{words}, by {method(one)}" for words, one in found.slips[:2])
    implied = (
        f"{name} {' or '.join(f'{value:.3g}' for value in values[:4])}" for name, values in found.implied.items()
    )
    return "; ".join(implied) or "; ".join(found.untried)


def _lacking(found: Reproduction, named: Named) -> str:
    """What the statement does not give and nothing usual stands for; or what was not tried, where that is all."""
    assumable = "alpha" not in completing.missing(found.statement)
    lacks = [name for name in found.missing if name != "alpha" or not assumable]
    if found.untried and (not lacks or ("power" not in lacks and not found.slips)):
        return "the standard methods for it are too long to try"
    return f"the statement does not give {listed(map(named, lacks or found.missing))}"


def _would(found: Reproduction) -> str:
    """What would give the stated n: a power, something that is not stated, or nothing that is known."""
    stated = found.statement.shown(found.statement.stated)
    if found.powers:
        power, one = found.powers[0]
        are = "are" if found.statement.of_events else "is"
        return f"; {stated} {are} what {_by(one)} gives for power {power:g}"
    if found.slips:
        words, one = found.slips[0]
        return f"; {stated} follows if {words} ({_by(one, '; ')}), {_inputs_give(found, one)}"
    best = found.best
    if best is None or best.power is None:
        return ""
    return f"; {stated} has power {_shown_power(best.power)} by {_by(best)}"


def _shown_power(power: float) -> str:
    return f"{power:.3f}" if power < 0.9995 else "more than 0.999"


def _matches(found: Reproduction, one: Candidate) -> str:
    """Whether a row gives the stated n; of one that has it and does not count, why it does not."""
    stated = found.statement.stated
    if one.matches != "no" or not any(n is not None and math.isclose(n, stated) for n in (one.n, one.enrolled)):
        return one.matches
    if found.statement.power is None:  # the headline says that none is stated
        return one.matches
    if one.reservations:
        return f"no: only if {listed(reservation.words for reservation in one.reservations)}"
    odd = "; ".join(filter(None, [*one.remarks, one.enrolment]))
    return f"no: it would take too much at once ({odd})" if odd else one.matches


def _level(one: Candidate) -> str:
    """The level of a row and its sides; empty where it has none."""
    if one.alpha is None:
        return ""
    return f"{one.alpha:.3g}" + ("" if one.sides is None else " two-sided" if one.sides == 2 else " one-sided")


def _by(one: Candidate, after: str = "") -> str:
    """The method, with what of it is assumed because it is not stated: in brackets, or `after` a sign of its own."""
    if not one.assumed:
        return method(one)
    assumed = f"assumed: {', '.join(one.assumed)}"
    return f"{method(one)}{after}{assumed}" if after else f"{method(one)} ({assumed})"


def _enrolment(found: Reproduction) -> str:
    """What of the stated enrolment does not follow, after the n that does."""
    departs = found.candidates[0].enrolment
    return f"; {departs}" if departs else ""


def notes(found: Reproduction, named: Named = str) -> Iterator[str]:
    """What was odd, what is missing, what would have to be otherwise."""
    yield from _of_events(found)
    if found.reproduced or found.contradicted:
        yield from (f"{remark[:1].upper()}{remark[1:]}." for remark in found.candidates[0].remarks)
        if found.statement.test is None and found.statement.tests and found.statement.cls.gives is None:
            yield "The statement does not name its test."
        plain = [one for one in found.candidates[1:] if one.matches == "exact" and one.cost <= verdicts.CHEAP]
        also = [one for one in plain if one.follows == found.reproduced]
        if also:
            yield f"Also reproduced by {'; '.join(_with_remarks(one, found.candidates[0]) for one in also[:3])}."
        return
    if found.statement.contradicting:
        yield f"{found.statement.contradicting}."
    for words, by in found.slips[1:4]:
        yield f"It would also follow if {words} ({method(by)})."
    for power, one in found.powers[1:4]:
        yield f"It is also what {method(one)} gives for power {power:g}."
    yield from _power(found)
    yield from found.untried
    what = found.statement.unit if found.statement.of_events else "n"
    for name, values in found.implied.items():
        shown = " or ".join(f"{value:.3g}" for value in values[:4])
        if name == "power":
            continue  # the headline and the notes above say it by method
        usual = completing.usual(found.statement) if found.best is None else ()
        rest = f" (assumed: {', '.join(usual)})" if usual else ""  # with a method the headline names what is assumed
        yield f"With all else as stated{rest}, {_word(found, name, named)} of {shown} would give the stated {what}."


def _of_events(found: Reproduction) -> Iterator[str]:
    """Whether the events that are stated beside n follow, where that is not in the headline."""
    events = found.of_events
    if events is None or found.contradicted or events.best is None:
        return
    stated = events.statement.shown(events.statement.stated)
    if events.reproduced:
        yield f"{stated} are what {method(events.best)} gives."
    elif not found.reproduced:
        yield f"No standard method gives {stated}; {_inputs_give(events)}."


def _power(found: Reproduction) -> Iterator[str]:
    best = found.best
    if best is not None and best.power is not None:
        what = "stated n has" if not found.statement.of_events else f"{found.statement.unit} that are stated have"
        yield f"The {what} power {_shown_power(best.power)} by {method(best)}."


def _inputs_give(found: Reproduction, told: Candidate | None = None) -> str:
    """What the plainest method gives, with what is assumed unless that was told of another row in the same sentence."""
    best = found.best
    if best is None:
        why = completing.objection(found.statement)
        return "the numbers that are stated do not fit together" + (f" ({why})" if why else "")
    by = method(best) if told is not None and told.assumed == best.assumed else _by(best)
    return f"the inputs give {_gives(found, best)} by {by}"


def _gives(found: Reproduction, one: Candidate) -> str:
    """The method's n, and with the losses."""
    statement = found.statement
    n = statement.shown(one.n)
    return n if one.enrolled is None else f"{n}, {statement.shown(one.enrolled)} with the losses"


def method(one: Candidate) -> str:
    """The method's formula, with its name where that is not part of it."""
    name, _, formula = one.method.partition(": ")
    if not formula:
        return one.method
    return formula if re.search(rf"\b{re.escape(name)}\b", formula, re.IGNORECASE) else f"{name} ({formula})"


def _with_remarks(one: Candidate, best: Candidate) -> str:
    said = (*best.remarks, best.enrolment, "")
    more = [remark for remark in (*one.remarks, one.enrolment) if remark not in said]
    return f"{method(one)} ({'; '.join(more)})" if more else method(one)


def _word(found: Reproduction, name: str, named: Named) -> str:
    meaning, shown = parameters(found.statement.cls)[name].meaning, named(name)
    return f"{shown} ({meaning})" if len(meaning) < 60 else shown


def as_json(found: Reproduction) -> dict[str, Any]:
    """The verdict under the keys `verdict`, `candidates`, `missing`."""
    return {
        "design": found.statement.design,
        "stated": dict(found.statement.given),
        "verdict": found.verdict,
        "candidates": [_as_json(one) for one in found.candidates],
        "missing": list(found.missing),
        "slips": [{"slip": words} | _as_json(one) for words, one in found.slips],
        "implied": found.implied,
        "powers": [{"power": power} | _as_json(one) for power, one in found.powers],
        "untried": list(found.untried),
    }


def _as_json(one: Candidate) -> dict[str, Any]:
    whole = [int(n) if n is not None and float(n).is_integer() else n for n in (one.n, one.enrolled)]
    return {
        "method": one.method,
        "alpha": one.alpha,
        "sides": one.sides,
        "n": whole[0],
        "enrolled": whole[1],
        "arms_unrounded": list(one.arms),
        "power_at_stated_n": one.power,
        "matches": one.matches != "no",
        "match": one.matches,
        "assumed": list(one.assumed),
        "remarks": [*one.remarks, *filter(None, [one.enrolment])],
    }
