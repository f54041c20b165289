"""What a look saw, as it is typed or in numbers: responders, means, a statistic, or both arms together."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, field, setting
from trialplan.files import read_text
from trialplan.parameter import of_percent
from trialplan.text import listed, quoted

if TYPE_CHECKING:
    from trialplan.design import Design

EXPLAINED = {
    "events": "responders of participants seen, treatment first, as in 14/30,9/30",
    "means": "mean and participants seen, treatment first, as in 0.6/32,0.2/32",
    "times": "a .csv file of participants, with the columns arm (treatment or control), time and event (1 or 0), "
    "and entry if it is known",
    "z": "the statistic itself, positive in favour of the treatment; of several treatments or hypotheses one for each, "
    "as in 2.6,0.4",
    "t": "a t statistic, positive in favour of the treatment, and its degrees of freedom, as in 2.31/57",
}
"""What a look may have seen, by its kind, in words."""

SDS = "standard deviations seen at the last of the means; as planned, and taken as known, where they are not given"

KINDS = (*EXPLAINED,)
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
"""A number as it may be typed, as a pattern."""


def there(value: Any) -> bool:
    """Whether something was seen: a number, 0 too, or anything that is not empty."""
    return value is not None and value != () and value != [] and value != ""


def check_one_kind(seen: Mapping[str, Any]) -> None:
    """One kind of result, before anything is computed."""
    kinds = [name for name in KINDS if there(seen.get(name))]
    if len(kinds) != 1:
        told = f"not {' and '.join(map(field, kinds))}" if kinds else f"as in {setting('events', '14/30,9/30')}"
        raise ParameterError(f"what the look saw is one of {listed(map(field, KINDS))}, {told}")
    if seen.get("sds") is not None and not there(seen.get("means")):
        raise ParameterError(
            f"{field('sds')} belong to {field('means')}, which are not given; add {setting('means', '0.6/32,0.2/32')}"
        )


def check_one_blinded(blinded: Any, blinded_sd: Any) -> None:
    """One kind of what both arms show together, before anything is computed."""
    if there(blinded) == there(blinded_sd):
        told = "not both" if there(blinded) else "and neither is given"
        raise ParameterError(
            f"what both arms show together is {field('blinded')}, as in 23/60, or {field('blinded_sd')}, as in "
            f"1.42/60, {told}"
        )


def each_look(value: Any, depth: int) -> tuple[Any, ...]:
    """What is given of one look or of several, as one entry a look; `depth` are the levels of a look in numbers."""
    if isinstance(value, (list, tuple)) and (_depth(value) > depth or all(isinstance(one, str) for one in value)):
        return tuple(value)
    return (value,)


def _depth(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return 1 + max((_depth(one) for one in value), default=0)
    return 0


def spread(seen: Any) -> tuple[float | None, int | None]:
    """A standard deviation of participants of both arms together, as in 1.42/60 or (1.42, 60)."""
    if seen is None:
        return None, None
    text = "/".join(map(str, seen)) if isinstance(seen, (tuple, list)) else str(seen)
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)/(\d{1,9})\s*", text)
    if not parts or float(parts[1]) <= 0 or int(parts[2]) < 2:
        raise ParameterError(
            f"{field('blinded_sd')} must be a standard deviation above 0 of 2 participants at least, as in 1.42/60, "
            f"not {text}"
        )
    return float(parts[1]), int(parts[2])


def numbers_of(given: Any) -> tuple[float, ...]:
    """The statistics of several at one look, as in "2.6,0.4" or (2.6, 0.4)."""
    parts = given.split(",") if isinstance(given, str) else given if isinstance(given, (tuple, list)) else (given,)
    try:
        found = tuple(float(one) for one in parts if not isinstance(one, bool))
    except (TypeError, ValueError):
        found = ()
    if not found or len(found) != len(parts) or not all(map(math.isfinite, found)):
        way_out = "write one number for each, positive in its favour, as in 2.6,0.4"
        raise ParameterError(
            f"must be the statistics of several, not {given}", parameter="z", value=given, way_out=way_out
        )
    return found


def number_of_look(given: Any, results: int) -> int:
    """Which look it is, where so many results are given."""
    look = results if given is None else given
    if not isinstance(look, int) or isinstance(look, bool):
        raise ParameterError(f"{field('look')} must be a whole number, 1 for the first, not {quoted(look)}")
    if results not in (1, look):
        raise ParameterError(
            f"{field('look')} is {look}, and results are given for {results}; give this look's alone, or one for each "
            "look so far"
        )
    return look


def fractions(given: Any) -> tuple[float, ...]:
    """Information as fractions of the plan."""
    if given is None:
        return ()
    shares = given if isinstance(given, (tuple, list)) else (given,)
    for share in shares:
        if not isinstance(share, (int, float)) or not 0 < share < 10:
            raise ParameterError(
                f"{field('information')} must be fractions of the planned one, as in 0.32, not {quoted(share)}",
                way_out=of_percent(share),
            )
    return tuple(map(float, shares))


def t_statistic(seen: Any, design: Design) -> tuple[float, float]:
    """A t statistic and its degrees of freedom, as in 2.31/57 or (2.31, 57)."""
    if design.noncentral_t(2.0 * design.block) is None:
        raise ParameterError(
            f"{field('t')} is no statistic of {design.slug()} with {field('test')} {design.test}; give its z, as in "
            f"{setting('z', 2.1)}"
        )
    text = "/".join(map(str, seen)) if isinstance(seen, (tuple, list)) else str(seen)
    parts = re.fullmatch(rf"\s*({NUMBER})/(\d{{1,9}}(?:\.\d+)?)\s*", text)
    if not parts:
        raise ParameterError(
            f"{field('t')} must be a t statistic and its degrees of freedom, as in 2.31/57, not {text}"
        )
    return float(parts[1]), float(parts[2])


def pairs(kind: str, seen: Any) -> list[tuple[Any, int]]:
    """Responders, or a mean, and participants of each arm: as in 14/30,9/30 or ((14, 30), (9, 30))."""
    counted = kind == "events"
    pattern, way = (r"\d{1,9}", "14/30,9/30") if counted else (NUMBER, "0.6/32,0.2/32")
    if isinstance(seen, (tuple, list)):
        each = seen if _depth(seen) > 1 else (seen,)
        text = ",".join("/".join(map(str, arm)) for arm in each)
    else:
        text = str(seen)
    arms = []
    for arm in text.split(","):
        parts = re.fullmatch(rf"\s*({pattern})/(\d{{1,9}})\s*", arm)
        if not parts:
            raise ParameterError(
                f"{field(kind)} must be what was seen of participants, for each arm, as in {way}, not {text}"
            )
        arms.append((int(parts[1]) if counted else float(parts[1]), int(parts[2])))
    return arms


_COLUMNS = ("arm", "time", "event")


def times(path: str, arms: Sequence[str]) -> list[list[tuple[float, float, float]]]:
    """Of each arm's participants entry, time followed and 1 where it ended in the event, from a CSV file.

    It has the columns arm, time and event, and may have entry, the time of the calendar.
    """
    rows = csv.DictReader(read_text(Path(path)).splitlines())
    columns = [name.strip() for name in rows.fieldnames or ()]
    if not set(_COLUMNS) <= set(columns):
        reason = f"has the columns {listed(columns) if columns else 'of no name'}, and needs {listed(_COLUMNS)}"
        raise ParameterError(f"{field('times')} {path} {reason}; entry may stand beside them")
    found: dict[str, list[tuple[float, float, float]]] = {arm: [] for arm in arms}
    for line, row in enumerate(rows, 2):
        if None in row:
            raise ParameterError(
                f"line {line} of {path} has {len(columns) + len(row[None])} cells under {len(columns)} columns; write "
                "each participant as the first line names the columns"
            )
        cells = {str(name).strip(): str(value or "").strip() for name, value in row.items()}
        arm, event = cells["arm"], cells["event"]
        if arm not in found:
            raise ParameterError(f"line {line} of {path}: arm must be {' or '.join(arms)}, not {arm or 'empty'}")
        if event not in ("0", "1"):
            raise ParameterError(f"line {line} of {path}: event must be 1, or 0 where there was none, not {event!r}")
        numbers = [cells.get("entry") or "0", cells["time"]]
        try:
            entry, time = map(float, numbers)
        except ValueError:
            entry = time = math.nan
        if not (0 <= entry < math.inf and 0 < time < math.inf):
            shown = listed([f"{name} {cells[name] or 'empty'}" for name in ("entry", "time") if name in columns])
            raise ParameterError(
                f"line {line} of {path}: times must be numbers, entry 0 or more and time above 0, not {shown}"
            )
        found[arm].append((entry, time, float(event)))
    for arm, people in found.items():
        if not people:
            raise ParameterError(f"{path} has nobody on {arm}; a look needs every arm")
    if not any(event for people in found.values() for *_, event in people):
        raise ParameterError(f"{path} has no event: nothing can be said yet; look once some participants had theirs")
    return list(found.values())


def check_growing(told: Sequence[Sequence[tuple[float, int]]], *, responders: bool) -> None:
    """Each look holds everybody that the one before it held, with what was seen of them."""
    for number, (before, now) in enumerate(pairwise(told), 2):
        for (x, of), (more, of_more) in zip(before, now, strict=False):
            if of_more < of:
                raise ParameterError(
                    f"{field('look')} {number} has {of_more} participants in an arm that had {of} at the look before; "
                    "they must increase from look to look: each with everybody read by then"
                )
            if responders and not 0 <= more - x <= of_more - of:
                raise ParameterError(
                    f"{field('look')} {number} has {more:g} of {of_more} in an arm that had {x:g} of {of} at the look "
                    f"before: not among {of_more - of} new participants; each look counts everybody read by then"
                )
