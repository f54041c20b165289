"""A state: what is looked at, what was changed of it, and how it is looked at. An address holds all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from trialplan.errors import ParameterError

PLAN, DESIGN, OF_VIEW = "plan", "design", "view."
"""The names in an address: a plan or a design is looked at, and what begins with the last says how."""

BESIDE = "beside"
"""The name, in a view, of a whole other state, which is held beside this one."""

FIRST = "msc-lupus-nephritis"
"""The plan that is shown where none is named."""

MOST, LONGEST = 200, 400
"""Entries of an address that say something, and characters of each: several times what the largest shipped form holds
(its 90 controls, half of them filled), which without scripts is sent whole."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class State:
    """A plan, or a design, by its name; the changed entries by their paths; and the entries of the view."""

    kind: str = PLAN
    name: str = FIRST
    changes: Pairs = ()
    view: Pairs = ()

    def query(self) -> str:
        """The state as the query of an address; the same state has one address only."""
        view = [(OF_VIEW + name, value) for name, value in self.view]
        return urlencode([(self.kind, self.name), *self.changes, *view])

    def changed(self, path: str, value: str | None) -> State:
        """The state with one entry changed, or as it was before where the value is None."""
        changes = dict(self.changes) | ({} if value is None else {path: value})
        if value is None:
            changes.pop(path, None)
        return replace(self, changes=_sorted(changes))

    def seen(self, **view: str | None) -> State:
        """The state looked at otherwise."""
        merged = {name: value for name, value in (dict(self.view) | view).items() if value is not None}
        return replace(self, view=_sorted(merged))

    @property
    def looked_at(self) -> Mapping[str, str]:
        """The entries of the view, by name."""
        return dict(self.view)


def of_query(items: Iterable[tuple[str, str]]) -> State:
    """The state that an address holds. Entries that say nothing, as an unanswered control does, are left out.

    Raises ParameterError where it holds more than a person would change.
    """
    pairs = [(name, value.strip()) for name, value in items if value.strip()]
    if len(pairs) > MOST:
        raise ParameterError(f"the address holds {len(pairs)} entries; it may hold {MOST}")
    for name, value in pairs:
        if len(name) + len(value) > LONGEST and name != OF_VIEW + BESIDE:
            raise ParameterError(
                f"an entry of the address has {len(name) + len(value)} characters; it may have {LONGEST}: "
                "put long texts into a plan file and open that"
            )
    given = _joined(pairs)
    subject = [(kind, given.pop(kind)) for kind in (PLAN, DESIGN) if given.get(kind)]
    if len(subject) > 1:
        raise ParameterError("the address names a plan and a design; keep one of them")
    kind, name = subject[0] if subject else (PLAN, FIRST)
    view = {path.removeprefix(OF_VIEW): value for path, value in given.items() if path.startswith(OF_VIEW)}
    changes = {path: value for path, value in given.items() if not path.startswith(OF_VIEW)}
    return State(kind, name, _sorted(changes), _sorted(view))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The entries by name; one that is ticked several times holds its values with commas between."""
    given: dict[str, str] = {}
    for name, value in pairs:
        given[name] = f"{given[name]},{value}" if name in given else value
    return given


def _sorted(entries: Mapping[str, str]) -> Pairs:
    return tuple(sorted(entries.items()))
