"""A plan with some of its keys changed: the text that somebody would have who edited the file, comments and all."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from trialplan.errors import PlanError, require
from trialplan.plan.reading import FILE, Plan, of_text
from trialplan.plan.schema import AssumptionSection
from trialplan.text import listed

_WHOLE = re.compile(r"\d{1,4}")
"""A place in a list, as a path writes it: endpoint.0.power."""

_OWN = "ours: changed by hand"
"""How the source of a number begins that was changed."""

_SOURCED = ("value", "control_rates", "shares")
"""Keys whose numbers have the source that stands beside them."""

_WAYS = [
    key for key in AssumptionSection.model_fields if key not in ("value", "source", "basis", "range", "range_source")
]
"""What an assumption may be drawn from in place of a stated value."""


def changed(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    """The plan with these values at these paths, as `{"endpoint.0.power": 0.9}`; None takes a key out.

    A value that is changed is the planners' own from then on, its source says so, and what it was drawn from goes. A
    path that leads nowhere, or a value that the plan cannot hold, is a PlanError.
    """
    if not changes:
        return plan
    toml = require("tomlkit", "web", "changing a plan")
    document = toml.parse(plan.text)
    for path, value in changes.items():
        *above, last = path.split(".")
        within = _section(document, above, path)
        if value is None:
            within.pop(last, None)
            continue
        stated = last in _SOURCED and within.get(last) != value
        if stated:
            _now_ours(within, assumed=".assumptions." in path)
        within[last] = value
    made = of_text(toml.dumps(document), plan.name, plan.folder / FILE)
    # tables are read once for all versions of a plan
    return dataclasses.replace(made, _tables=plan._tables) if made.content.evidence == plan.content.evidence else made


def _now_ours(section: Any, assumed: bool) -> None:
    """Say that a number no longer comes from where it came from, and take out what an assumption came from."""
    drawn = [key for key in _WAYS if section.pop(key, None) is not None]
    before, source = section.get("value"), section.get("source")
    if source is not None and str(source).startswith(_OWN):
        return
    told = (
        f" from {before}" if before is not None else f", in place of the {listed(drawn)} of the plan" if drawn else ""
    )
    if assumed:
        section["basis"] = "ours"
    section["source"] = f"{_OWN}{told}" + (f", for which the plan gives: {source}" if source else "")


def _section(document: Any, above: list[str], path: str) -> Any:
    """The table that holds the last key of a path; tables that are not there yet are made."""
    within = document
    for key in above:
        if isinstance(within, list):
            if not _WHOLE.fullmatch(key) or int(key) >= len(within):
                raise PlanError(f"{path} leads nowhere in this plan: {key} is not a place among {len(within)}")
            within = within[int(key)]
        else:
            within = within.setdefault(key, {}) if isinstance(within, dict) else None
        if not isinstance(within, (dict, list)):
            raise PlanError(f"{path} leads nowhere in this plan: {key} holds no section")
    if isinstance(within, list):
        raise PlanError(f"{path} leads nowhere in this plan: it names a list, not a key in it")
    return within
