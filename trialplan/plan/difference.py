"""Why one plan asks for more participants than another: the change in n, shared among the changed assumptions.

The share of an assumption is its Shapley value: what changing it does to n, averaged over every order in which the
changes could be made (Shapley 1953, Contributions to the Theory of Games II:307). Plans between the two are made of
pieces of either and sized like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from trialplan.analyses.sensitivity.shapley import Block, rounded, shapley, told_apart, unions
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import PlanError, TrialplanError, UnreachableError
from trialplan.page import Answer, Page
from trialplan.plan.building import size_primary
from trialplan.plan.diff_pieces import Key, Planned, assembled, both_drawn, changed, contents
from trialplan.plan.diff_sentences import Clause, clause
from trialplan.plan.reading import Plan

MOST = 12
"""Assumptions among which a change is shared: each one more doubles the plans to size, 4,096 for twelve."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The participants that one plan asks for: observed, and enrolled where losses are expected."""

    n: int
    enrolled: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one assumption, or several that cannot be told apart, did to n; `shown` are whole and add up, too."""

    clauses: tuple[Clause, ...]
    change_in_n: Fraction
    change_in_enrolled: Fraction
    shown: int
    shown_enrolled: int
    why_joined: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Difference(Answer):
    """Two plans' numbers and the parts of the change between them, largest first.

    `between` are the least and the most that a plan with some of the changes asks for. `also` are the places where
    the plans differ without touching the number.
    """

    a: Planned
    b: Planned
    of_a: Sizes
    of_b: Sizes
    parts: tuple[Part, ...]
    between: tuple[int, int]
    also: tuple[str, ...]
    drops_out: bool

    def page(self) -> Page:
        """The change as a sentence, its parts as a table."""
        from trialplan.plan.difference_page import page

        return page(self)

    @property
    def offsetting(self) -> bool:
        """Whether a part is larger than either plan's number: the changes undo each other, and none speaks alone."""
        return any(abs(part.change_in_n) > max(self.of_a.n, self.of_b.n) for part in self.parts)

    @property
    def change(self) -> int:
        """How many more participants B asks for than A."""
        return self.of_b.n - self.of_a.n

    @property
    def change_enrolled(self) -> int:
        """How many more B enrols than A, losses counted."""
        return self.of_b.enrolled - self.of_a.enrolled


def difference(a: Plan, b: Plan) -> Difference:
    """The change in n from plan a to plan b, attributed to each changed assumption; the parts add up to it exactly.

    Only the primary endpoint is looked at: what else a plan says is not checked.
    """
    for plan in (a, b):
        if plan.content.family is not None:
            raise PlanError(
                f"{plan.name}: a change in n is shared among the assumptions of one primary endpoint, and this plan "
                f"has a [family] of them, {plan.content.family.rule}; compare plans of each endpoint alone"
            )
    first, second = (Planned(plan=plan, endpoint=size_primary(plan)) for plan in (a, b))
    found = list(changed(first, second))
    if len(found) > MOST:
        raise PlanError(
            f"{a.name} and {b.name} differ in {len(found)} assumptions that size the trial; a change is shared among "
            f"at most {MOST}: put a plan in between, and compare each with it"
        )
    told_a, told_b = (_by_name(plan.content.model_dump(mode="json")) for plan in (a, b))
    return _shared(_Hybrids(first, second, found), tuple(dict.fromkeys(_differing(told_a, told_b, ""))))


@dataclass
class _Hybrids:
    """Plans made of A's pieces, save those of the changes that have been made; each is sized once."""

    a: Planned
    b: Planned
    changes: Sequence[tuple[tuple[Key, Any, Any], ...]]
    known: dict[frozenset[int], Sizes | None] = field(default_factory=dict)
    reasons: dict[frozenset[int], TrialplanError] = field(default_factory=dict)

    def sizes(self, made: frozenset[int]) -> Sizes | None:
        """What the plan with these changes asks for; None where it cannot be built or reaches its power with no n."""
        if made not in self.known:
            self.known[made] = self._sized(made)
        return self.known[made]

    def n(self, made: frozenset[int]) -> int | None:
        """The participants observed."""
        found = self.sizes(made)
        return None if found is None else found.n

    def enrolled(self, made: frozenset[int]) -> int | None:
        """The participants enrolled."""
        found = self.sizes(made)
        return None if found is None else found.enrolled

    def _sized(self, made: frozenset[int]) -> Sizes | None:
        if len(made) in (0, len(self.changes)):
            return _sizes(self.b if made else self.a)
        pieces = contents(self.a, both_drawn(self.a, self.b))
        for one in made:
            pieces |= {key: after for key, _, after in self.changes[one]}
        plan = assembled(self.a.plan, pieces)
        try:
            return _sizes(Planned(plan=plan, endpoint=size_primary(plan)))
        except TrialplanError as why:
            self.reasons[made] = why
            return None


def _sizes(planned: Planned) -> Sizes:
    answer = planned.endpoint.answer
    assert answer is not None  # a primary without a number has been refused
    loss = planned.section.dropout
    more = answer.n if loss is None else enrolled(answer.design, answer.arms, loss)["n"]
    return Sizes(n=int(answer.n), enrolled=int(more))


def _shared(hybrids: _Hybrids, also: tuple[str, ...]) -> Difference:
    blocks = told_apart(hybrids.n, len(hybrids.changes))
    sizes = [one for one in map(hybrids.sizes, unions(blocks)) if one is not None]  # from A's to B's
    return Difference(
        a=hybrids.a,
        b=hybrids.b,
        of_a=sizes[0],
        of_b=sizes[-1],
        parts=tuple(sorted(_parts(hybrids, blocks), key=lambda part: -abs(part.change_in_enrolled))),
        between=(min(one.n for one in sizes), max(one.n for one in sizes)),
        also=also,
        drops_out=any(one.section.dropout is not None for one in (hybrids.a, hybrids.b)),
    )


def _parts(hybrids: _Hybrids, blocks: Sequence[Block]) -> Iterator[Part]:
    shares, losses = shapley(hybrids.n, blocks), shapley(hybrids.enrolled, blocks)
    whole, whole_losses = rounded(shares), rounded(losses)
    for i, block in enumerate(blocks):
        pieces = [piece for one in block for piece in hybrids.changes[one]]
        yield Part(
            clauses=tuple(clause(piece, hybrids.a, hybrids.b) for piece in pieces),
            change_in_n=shares[i],
            change_in_enrolled=losses[i],
            shown=whole[i],
            shown_enrolled=whole_losses[i],
            why_joined=_why_joined(hybrids, block),
        )


def _why_joined(hybrids: _Hybrids, block: Block) -> str | None:
    """Why the changes of a block are not told apart: without one of them there is no number, or no plan."""
    if len(block) == 1:
        return None
    torn = [why for made, why in hybrids.reasons.items() if 0 < len(made.intersection(block)) < len(block)]
    if any(isinstance(why, UnreachableError) for why in torn):
        return "with only some of these changes no number of participants would do"
    return "with only some of these changes the plan makes no sense"


def _by_name(content: dict[str, Any]) -> dict[str, Any]:
    """The endpoints under their names, so that one that is added does not shift the others."""
    return content | {"endpoint": {one["name"]: one for one in content["endpoint"]}}


def _differing(a: Any, b: Any, where: str) -> Iterator[str]:
    """The places, as dotted names, where the texts of two plans differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in dict.fromkeys([*a, *b]):
            yield from _differing(a.get(name), b.get(name), f"{where}.{name}" if where else str(name))
    elif a != b:
        yield where
