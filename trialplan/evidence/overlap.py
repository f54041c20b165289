"""Which reports may describe the same people: a shared registration, centre or group."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialplan.evidence.table import Study


def overlapping(reports: Iterable[Study]) -> tuple[tuple[Study, ...], ...]:
    """The sets of two or more studies that may share participants, directly or through a third report."""
    studies = tuple(reports)
    parent = {study.key: study.key for study in studies}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for bearing in sharing(studies, _marks).values():
        for first, second in combinations(bearing, 2):
            if root(first.key) != root(second.key) and may_overlap(first, second):
                parent[root(second.key)] = root(first.key)
    sets: dict[str, list[Study]] = {}
    for study in studies:
        sets.setdefault(root(study.key), []).append(study)
    return tuple(tuple(shared) for shared in sets.values() if len(shared) > 1)


def sharing(studies: Iterable[Study], marks: Callable[[Study], Iterable[Any]]) -> dict[Any, list[Study]]:
    """The studies that bear each mark, for the marks that two or more bear."""
    bearing: dict[Any, list[Study]] = {}
    for study in studies:
        for mark in sorted(set(marks(study)), key=str):
            bearing.setdefault(mark, []).append(study)
    return {mark: several for mark, several in bearing.items() if len(several) > 1}


def _marks(study: Study) -> Iterator[tuple[str, str]]:
    """All by which two reports may be seen to hold the same people."""
    number = registration(study)
    yield from [("registration", number)] if number else []
    yield from (("centre", centre) for centre in study.centres)
    yield from [("group", study.group)] if study.group is not None else []


def may_overlap(first: Study, second: Study) -> bool:
    """Whether two reports share a registration, or a centre or group in periods not known to be apart."""
    if registration(first) and registration(first) == registration(second):
        return True
    shared = bool(set(first.centres) & set(second.centres)) or (first.group is not None and first.group == second.group)
    return shared and not (_before(first, second) or _before(second, first))


def registration(study: Study) -> str | None:
    """The registration number without spaces; None where it is not reported."""
    number = re.sub(r"\W", "", study.registry or "").upper()
    trial = re.search(r"NCT\d{8}", number)
    return trial[0] if trial else number if re.search(r"\d", number) else None


def _before(earlier: Study, later: Study) -> bool:
    """Whether one enrolment had ended when the other began; a date of lower precision lasts to its end."""
    end, start = earlier.enrolled_to, later.enrolled_from
    return bool(end and start) and f"{end}~" < str(start)
