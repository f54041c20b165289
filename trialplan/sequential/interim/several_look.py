"""A look at several treatments or hypotheses: which are shown, which are dropped, and whether the trial goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.design_facts import assumed, head, level, source
from trialplan.errors import ParameterError, field
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page, Table, facts, plain
from trialplan.sequential.base import DROPPED, GOES_ON, SHOWN, JudgedHypothesis, WithLooks
from trialplan.sequential.interim.verdict import EFFICACY, FUTILITY, GO_ON, NOT_REJECTED, REJECTED
from trialplan.text import listed, percent, three_decimals


@dataclass(frozen=True, kw_only=True, repr=False)
class SeveralLook(Answer):
    """A look of a trial of several treatments or hypotheses that is planned for `n` participants, decided.

    `hypotheses` say of each, by `names`, its z, what it is held against, and what has become of it; `verdict` is that
    of the trial. The looks are those that were planned.
    """

    design: WithLooks
    names: tuple[str, ...]
    number: int
    n: int
    final: bool
    verdict: str
    hypotheses: tuple[JudgedHypothesis, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of what is shown by now."""
        return self._with(SHOWN)

    def _with(self, status: str) -> tuple[str, ...]:
        return tuple(name for name, one in zip(self.names, self.hypotheses, strict=True) if one.status == status)

    def page(self) -> Page:
        """What the rule says of the trial, and of each treatment or hypothesis."""
        data = head(self.design) | {
            "look": self.number,
            "final": self.final,
            "n": self.n,
            "verdict": self.verdict,
            "hypotheses": [
                {"name": name, "z": one.z, "efficacy_z": one.efficacy_z, "futility_z": one.futility_z}
                | {"share_of_level": one.share, "status": one.status, "look": one.look or self.number}
                for name, one in zip(self.names, self.hypotheses, strict=True)
            ],
        }
        what = [("z", "z"), ("shown from z", "efficacy_z"), ("dropped below z", "futility_z")]
        columns = [(label, key) for label, key in what if any(getattr(one, key) is not None for one in self.hypotheses)]
        shares = any(one.share is not None for one in self.hypotheses)
        before = any(one.look is not None for one in self.hypotheses)
        rows = [
            [
                name,
                *([str(one.look or self.number)] if before else []),
                *(three_decimals(getattr(one, key)) for _, key in columns),
                *([f"{one.share:.4g}" if one.share is not None else "none"] if shares else []),
                one.status,
            ]
            for name, one in zip(self.names, self.hypotheses, strict=True)
        ]
        at, share = ["look"] if before else [], ["has crossed at the share"] if shares else []
        titles = ("", *at, *(label for label, _ in columns), *share, "status")
        looks = listed([percent(one) for one in self.design.looks])
        size = [("planned n", f"{self.n:,}"), ("looks", f"with {looks} of it")]
        planned = [*size, *assumed(self.design), *level(self.design), *source(self.design)]
        rule = self.design.looks_in_words(self.names)
        ended = "What ended at an earlier look has the z and the boundaries of that look; later ones count no more."
        return Page(
            data=plain(data),
            headline=self._headline(),
            tables=[Table(titles, rows, "What was seen"), facts(planned)],
            notes=[
                f"{rule}.",
                "The rule is about what is tested. It says nothing of harms, nor of what else is assessed.",
                "The boundaries are those of the planned looks.",
                *([ended] if before else []),
            ],
            records=lambda: plain(data)["hypotheses"],
        )

    def _headline(self) -> str:
        looks = len(self.design.looks)
        which = f"The last look, number {self.number}" if self.final else f"Look {self.number} of {looks}"
        going = self._with(GOES_ON)
        became = [(self.shown, "shown"), (self._with(DROPPED), "dropped")]
        parts = [f"{listed(names)} {'is' if len(names) == 1 else 'are'} {what}" for names, what in became if names]
        parts += [f"go on with {listed(going)}"] if going else []
        ends = {EFFICACY: "the trial stops for efficacy", FUTILITY: "the trial stops for futility"}
        parts += [ends[self.verdict]] if self.verdict in ends else []
        return f"{which}: {'; '.join(parts) or 'nothing is shown'}."


def decide_several(design: WithLooks, n: int, names: Sequence[str], z: Sequence[Sequence[float]]) -> SeveralLook:
    """What the rule says at the last of these looks: `z` has a row a look so far, and in it a z for each of `names`."""
    looks = len(design.looks)
    if not 0 < len(z) <= looks:
        raise ParameterError(f"of {len(z)} looks are given, and {looks} are planned", parameter="z", value=z)
    for look, row in enumerate(z):
        if len(row) != len(names):
            reason = f"must be {len(names)} numbers a look, of {listed(names)}, not {len(row)}"
            way_out = f"write {field('z')} {','.join('0' for _ in names)}{_any_number(design, names, z[:look])}"
            raise ParameterError(reason, parameter="z", value=row, way_out=way_out)
    seen = np.asarray(z, dtype=float)
    _check_was_going(design, seen)
    found, ended = design.judged(seen)
    final, shown = len(z) == looks, any(one.status == SHOWN for one in found)
    if final:
        verdict = REJECTED if shown else NOT_REJECTED
    else:
        verdict = GO_ON if not ended else EFFICACY if shown else FUTILITY
    return SeveralLook(
        design=design, names=tuple(names), number=len(z), n=n, final=final, verdict=verdict, hypotheses=tuple(found)
    )


def _any_number(design: WithLooks, names: Sequence[str], before: Sequence[Sequence[float]]) -> str:
    """Of what ended at the looks `before` a number must stand, and is not read; empty where nothing has ended."""
    found = design.judged(np.asarray(before, dtype=float))[0] if before else []
    ended = [name for name, one in zip(names, found, strict=False) if one.status != GOES_ON]
    return f"; {listed(ended)} ended before, and any number may stand there" if ended else ""


def _check_was_going(design: WithLooks, z: Any) -> None:
    """Refuse looks after the one at which the rule had ended the trial: what they show is no longer at the level."""
    for number in range(1, len(z)):
        found, ended = design.judged(z[:number])
        if not ended:
            continue
        why = "efficacy" if any(one.status == SHOWN for one in found) else "futility"
        reason = f"tells {len(z)} looks, and by its rule the trial ended for {why} at look {number}"
        way_out = "leave the later looks out"
        if design.futility is not None and not design.binding:
            without = design.replace(futility=None, futility_at=None)
            if not without.judged(z[:number])[1]:
                way_out += f"; futility is not binding: of a trial that went on, leave {field('futility')} out"
        raise ParameterError(reason, owner=design, parameter="z", value=z.tolist(), way_out=way_out)
