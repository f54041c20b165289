"""What the looks of one sized trial are: participants, boundaries on every scale, chances of stopping."""

from __future__ import annotations

import math
from typing import Any

from trialplan.design import Design
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.sequential import scales
from trialplan.sequential.boundaries.rule import Rule, Solved, StoppingChances

HYPOTHESES = {"null": 0.0, "halfway": 0.5, "alternative": 1.0}
"""Each hypothesis as a share of the planned drift."""

_SCALES = ("effect", "conditional_power", "predictive_power")


def whole_looks(fractions: tuple[float, ...], n: int, block: int) -> tuple[int, ...]:
    """The participants at each look: the fewest whole allocation blocks that hold its fraction."""
    return tuple(min(math.ceil(t * n / block - 1e-9) * block, n) for t in fractions)


def chances_by_hypothesis(rule: Rule, found: Solved) -> dict[str, StoppingChances]:
    """What may happen at each look under the null, halfway and at the planned effect, futility obeyed."""
    return dict(zip(HYPOTHESES, _each(rule, found, list(HYPOTHESES.values())), strict=True))


def chances_and_level(rule: Rule, found: Solved) -> tuple[dict[str, StoppingChances], StoppingChances]:
    """These, and what may happen under the null where futility is ignored unless it is binding: what the level counts.

    All are integrated together.
    """
    by_share = list(HYPOTHESES.values())
    if rule.futility is None or rule.binding:
        by = chances_by_hypothesis(rule, found)
        return by, by["null"]
    obeyed = np.broadcast_to(found.lower, (len(by_share), rule.fractions.size))
    lower = np.vstack([obeyed, np.full(rule.fractions.size, -np.inf)])
    *every, alpha = _each(rule, Solved(drift=found.drift, upper=found.upper, lower=lower), [*by_share, 0.0])
    return dict(zip(HYPOTHESES, every, strict=True)), alpha


def _each(rule: Rule, found: Solved, shares: list[float]) -> list[StoppingChances]:
    every = rule.chances(found, np.array(shares) * found.drift)
    return [
        StoppingChances(efficacy=every.efficacy[i], futility=every.futility[i], harm=every.harm[i])
        for i in range(len(shares))
    ]


def expected_n(chances: StoppingChances, sizes: tuple[Any, ...]) -> float:
    """The participants until the trial stops, on average."""
    stopped = chances.stopped[..., :-1]
    return float(stopped @ np.asarray(sizes[:-1]) + (1 - stopped.sum()) * sizes[-1])


def look_rows(
    design: Design,
    rule: Rule,
    found: Solved,
    sizes: tuple[int, ...],
    chances: tuple[dict[str, StoppingChances], StoppingChances],
) -> list[dict[str, Any]]:
    """One row a look, with the `chances_and_level`.

    What does not exist at a look (a boundary that is skipped, futility at the last) is None.
    """
    by, alpha = chances
    spent = (alpha.efficacy + alpha.harm).cumsum()
    power = np.minimum(by["alternative"].efficacy.cumsum(), 1.0)
    # at the last look there is no futility boundary
    early = np.append(found.lower[..., :-1], -np.inf) if rule.futility else np.full(rule.fractions.size, -np.inf)
    both = _on_scales(design, found, (rule.fractions, sizes), np.stack([found.upper, early]))
    bounds = [
        (name, {key: on[place] for key, on in both.items()}) for place, name in enumerate(("efficacy", "futility"))
    ]
    return [
        {
            "information": t,
            "n": n,
            **{f"{name}_{key}": on[key][look] for name, on in bounds for key in ("z", "p_one_sided")},
            **{f"{key}_at_{name}": on[key][look] for key in _SCALES for name, on in bounds},
            "cumulative_alpha": float(spent[look]),
            "cumulative_power": float(power[look]),
            "stop_for_efficacy": {name: float(one.efficacy[look]) for name, one in by.items()},
            "stop_for_futility": {
                name: float(one.futility[look]) if look + 1 < one.futility.size else None for name, one in by.items()
            },
        }
        for look, (t, n) in enumerate(zip(rule.efficacy.fractions, sizes, strict=True))
    ]


def _on_scales(
    design: Design, found: Solved, looks: tuple[Any, tuple[int, ...]], z: Any
) -> dict[str, list[list[float | None]]]:
    """z, one-sided P, effect, conditional power at the planned effect and predictive power, None where z is infinite.

    A row a boundary, the looks last: a search costs as much for one as for all. `looks` are information fractions and
    participants. The power of the final test is what is conditional; at the last look there is none.
    """
    t, n = looks
    critical, exists = float(found.upper[-1]), np.isfinite(z)
    later = exists & (t < 1)
    at = np.where(exists, z, 0.0)
    effect = scales.effect_at(design, at, found.drift * np.sqrt(t), np.array(n))
    return {
        "z": _listed(at, exists),
        "p_one_sided": _listed(normal_cdf(-at), exists),
        "effect": _listed(effect, exists & np.isfinite(effect)),
        "conditional_power": _listed(scales.conditional_power_at(at, t, found.drift, critical), later),
        "predictive_power": _listed(scales.predictive_power_at(at, t, critical), later),
    }


def _listed(values: Any, exists: Any) -> list[list[float | None]]:
    return [
        [float(value) if there else None for value, there in zip(*row, strict=True)]
        for row in zip(values, exists, strict=True)
    ]
