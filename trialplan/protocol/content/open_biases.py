"""The treatment rate and the number with each published bias of open trials as the bridge's second term."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.evidence.bias import ON_LOG_ODDS, PRESETS, UNREAD_SPREADS, Preset
from trialplan.numerics.lazy import np
from trialplan.plan.building import Endpoint, Trial
from trialplan.protocol.content.alternatives import cells_at
from trialplan.protocol.content.views import Cell
from trialplan.text import three_decimals


@dataclass(frozen=True, kw_only=True)
class OpenBias:
    """One entry on record, with what it would make of the plan; no cell where it moves no rate, or sizes nothing."""

    preset: Preset
    fits: str
    cell: Cell | None = None
    chosen: bool = False

    @property
    def bias(self) -> str:
        """The average on the log odds."""
        return "not a ratio of odds ratios" if self.preset.mean is None else three_decimals(self.preset.mean)

    @property
    def spreads(self) -> str:
        """The SD of the bias in one trial, by each spread between trials that may be believed."""
        if self.preset.mean is None:
            return "–"
        known = UNREAD_SPREADS if self.preset.spread is None else (self.preset.spread,)
        return " or ".join(f"{self.preset.sd(spread):.2f}" for spread in known)

    @property
    def shown_rate(self) -> str:
        """The treatment rate that would follow."""
        return "–" if self.cell is None else f"{100 * self.cell.treatment:.1f} %"

    @property
    def shown_n(self) -> str:
        """Participants per arm."""
        return "–" if self.cell is None else self.cell.shown


def open_biases(trial: Trial) -> dict[str, list[OpenBias]]:
    """The entries, by the name of each primary endpoint whose bridge tells its two terms apart."""
    told = {one.name: _rows(trial, one) for one in trial.primaries}
    return {name: rows for name, rows in told.items() if rows}


def _rows(trial: Trial, endpoint: Endpoint) -> list[OpenBias]:
    bridged = next((one for one in endpoint.assumptions if one.bridge is not None), None)
    if bridged is None or bridged.bridge is None or bridged.reading is None or bridged.bridge.no_blinding is None:
        return []
    bridge, second, comparator = bridged.bridge, bridged.bridge.no_blinding, endpoint.by_role("comparator")
    assert comparator is not None  # a bridged rate has been refused without one
    control = float(comparator.value or 0.0)
    rates = [float(bridge.with_open_bias(PRESETS[key]).rate(bridged.reading, control)) for key in ON_LOG_ODDS]
    pairs = [(control, rate) for rate in rates]
    # in a family the number is that of all endpoints together, which takes a member's by its place
    place = next(i for i, one in enumerate(trial.primaries, 1) if one is endpoint)
    name = bridged.name if trial.family is None else f"{bridged.name}_{place}"
    cells = dict(zip(ON_LOG_ODDS, cells_at(trial, {name: np.array(rates)}, pairs), strict=True))
    return [
        OpenBias(
            preset=preset,
            fits=_fits(preset, second.kind),
            cell=cells.get(key),
            chosen=second.preset is preset,
        )
        for key, preset in PRESETS.items()
    ]


def _fits(preset: Preset, kind: str | None) -> str:
    if kind is None:
        return "not said"
    return "yes" if preset.suits(kind) else "no"
