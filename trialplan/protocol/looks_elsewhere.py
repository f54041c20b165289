"""A rule of looks in the words of other programs, for the scripts that recompute it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trialplan.sequential import naming

_EFFICACY = {
    "obrien-fleming": ("OF", None),
    "pocock": ("P", None),
    "wang-tsiatis": ("WT", "deltaWT"),
    "haybittle-peto": ("HP", "constantBoundsHP"),
    "lan-demets-obrien-fleming": ("asOF", None),
    "lan-demets-pocock": ("asP", None),
    "hwang-shih-decani": ("asHSD", "gammaA"),
    "kim-demets": ("asKD", "gammaA"),
}
"""rpact's name of the type of design, and of the argument that takes its number."""

_HAYBITTLE = 3.0

_NEVER = -6.0
"""rpact's z of a look that does not stop for futility."""


def why_not(design: Any) -> str:
    """Why the looks are not recomputed elsewhere; empty where they are."""
    if isinstance(design.efficacy, str) and naming.split(design.efficacy)[0] not in _EFFICACY:
        return f"the boundary {design.efficacy} is given, not computed; no other program has anything to add"
    if design.efficacy_at is not None:
        return "a trial whose looks do not all test is not recomputed here"
    return ""


def rule_of(design: Any, target: float, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The rule by the names of the script's variables; futility beside a two-sided test is asked for one side."""
    looks = extra["looks"]
    both = design.two_tailed and design.futility is None
    return {
        "fixed": float(design.design.unrounded(target)),
        "inflation": float(extra["inflation"]),
        "rule_alpha": float(design.alpha if both else design.level),
        "rule_sides": 2 if both else 1,
        "tails": 2 if design.two_tailed else 1,
        "efficacy_z": tuple(float(one["efficacy_z"]) for one in looks),
        "spent": tuple(float(one["cumulative_alpha"]) for one in looks),
        **_efficacy(design.efficacy, 0.5 if design.two_tailed and not both else 1.0),
        **_futility(design, target),
    }


def _efficacy(rule: Any, share: float) -> dict[str, Any]:
    """The boundary; of errors that are given, the share that falls to the sides that are asked for."""
    name, numbers = naming.split(rule) if isinstance(rule, str) else ("given", ())
    kind, argument = _EFFICACY.get(name, ("asUser", None))
    value = numbers[0] if numbers else _HAYBITTLE
    given = {one: value if one == argument else None for one in ("deltaWT", "constantBoundsHP", "gammaA")}
    spending = None if isinstance(rule, str) else tuple(share * one for one in rule)
    return {"type_of_design": kind, **given, "spending": spending}


def _futility(design: Any, target: float) -> dict[str, Any]:
    """Where futility spends at every look it is computed elsewhere too; a bound on z is taken as it is."""
    absent = dict.fromkeys(("futility_z", "type_beta_spending", "gammaB", "beta_spending"))
    found: dict[str, Any] = {"binding": int(design.binding), "never": _NEVER, **absent}
    if design.futility is None:
        return found
    lower = design.solved(target).lower[:-1]
    found["futility_z"] = tuple(float(one) if math.isfinite(one) else _NEVER for one in lower)
    if design.futility_at is not None:
        return found
    if not isinstance(design.futility, str):
        shares = tuple((1 - target) * one / design.futility[-1] for one in design.futility)
        return found | {"type_beta_spending": "bsUser", "beta_spending": shares}
    name, numbers = naming.split(design.futility)
    if name in _EFFICACY:
        kind, argument = _EFFICACY[name]
        return found | {"type_beta_spending": f"b{kind[1:]}", "gammaB": numbers[0] if argument else None}
    return found
