"""Ordered outcomes: of two participants one is better off than the other, or neither is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trialplan.numerics.lazy import np
from trialplan.outcome import CATEGORY, EffectScale, Outcome, by_arm

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class Ordered(Outcome):
    """A design says the chance that a treated participant is better off, and worse off, than a control."""

    kind = "ordered outcomes"
    observed = CATEGORY

    def better(self, design: Design) -> str:
        """What counts in the treatment's favour."""
        if design.declarations().get("favourable") is None:
            return "the participant who is better off wins a pair"
        return f"{'later' if design.upward else 'earlier'} categories are better"

    def effect_scale(self, design: Sized) -> EffectScale:
        """Odds that are multiplied wherever the categories are cut are a common odds ratio."""
        own = super().effect_scale(design)
        name = "common odds ratio"
        return replace(own, name=name, short=name) if design.field("effect") == "odds_ratio" else own

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As it is planned; then as win ratio, win odds (ties counted half) and net benefit, which trials report.

        Pocock et al. (2012), European Heart Journal 33:176; Brunner et al. (2021), Statistics in Medicine 40:3367;
        Buyse (2010), Statistics in Medicine 29:3245.
        """
        win, lose = map(float, design.wins_and_losses())  # type: ignore[attr-defined]
        half = (1 - win - lose) / 2
        every = {"win ratio": (win, lose), "win odds": (win + half, lose + half)}
        own = self.effect_scale(design)
        # where no pair is lost there is no ratio
        ratios = tuple(
            (EffectScale(name=name, short=name, ratio=True), above / below)
            for name, (above, below) in every.items()
            if below
        )
        benefit = EffectScale(name="net benefit", short="net benefit", points=True)
        return ((own, float(design.effect_value())), *ratios, (benefit, win - lose))

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """Outcomes of each arm, larger ones better, one column a participant."""
        return design.values_of(by_arm(design, uniforms[..., 0]))  # type: ignore[attr-defined]


ORDERED = Ordered()
"""The kind of every design that compares participants pair by pair, or by ranks."""


def pairs_decided(mine: Any, others: Any, beyond: Any = 0.0) -> tuple[Any, Any]:
    """How many of the others each of mine exceeds by more than `beyond`, and how many exceed it: one row a trial.

    The columns are participants, mine from the lowest to the highest. By sorting, so that a trial of n participants
    costs n log n and not n²; what is looked for in order is found faster, too.
    """
    mine, others = np.sort(mine, axis=1), np.sort(others, axis=1)
    above, below = mine - beyond, mine + beyond
    won, not_lost = np.empty(mine.shape, dtype=np.int64), np.empty(mine.shape, dtype=np.int64)
    for trial, values in enumerate(others):
        won[trial] = values.searchsorted(above[trial])
        not_lost[trial] = values.searchsorted(below[trial], side="right")
    return won, others.shape[1] - not_lost
