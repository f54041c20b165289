"""Randomisation lists: stratified permuted blocks of randomly varying size, made from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from numbers import Integral
from typing import Any

from trialplan.enrolment.draws import Draws
from trialplan.errors import ParameterError
from trialplan.page import Answer, Page, Table, facts, is_formula
from trialplan.text import as_sentence, listed, quoted

LONGEST = 100_000
"""Participants in one stratum beyond which a list is a slip of the keyboard."""

MOST_STRATA = 10_000
"""Crossed levels beyond which almost every stratum would be empty."""

SECRET = "whoever has the seed and the block sizes can make the list again, so a seed that is public unblinds the trial"
"""What is told beside every list."""

_MULTIPLES = (2, 3)
"""Blocks that are used where none are named, in allocation blocks: 4 and 6 for 1:1."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Scheme(Answer):
    """How participants are randomised: arms with their weights, block sizes, strata, a seed.

    Every stratum's list is long enough for all `n` participants, because nobody knows beforehand how they will
    spread over the strata; a list that runs out in the middle of a trial would have to be lengthened unblinded.

    >>> scheme = Scheme(arms={"treatment": 1, "control": 1}, n=4, seed=1, blocks=(4,))
    >>> sorted(one.arm for one in assignments(scheme))
    ['control', 'control', 'treatment', 'treatment']

    References:
        Matts & Lachin (1988), Controlled Clinical Trials 9:327 (permuted blocks, and what they give away).
        ICH E9 (1998), section 2.3.2 (block lengths are not told to investigators; two or more, chosen at random).
    """

    arms: Mapping[str, int]
    n: int
    seed: int
    blocks: tuple[int, ...] = ()
    strata: Mapping[str, tuple[str, ...]] = ()  # type: ignore[assignment]
    of: str = "participant"
    """What is randomised: participants, or the clusters that they come in."""
    of_plan: tuple[str, ...] = ()
    """Those of the strata that a plan brings."""
    left_open: tuple[str, ...] = ()
    """Factors that the plan stratifies by without saying their levels, and this list does not."""

    def __post_init__(self) -> None:
        """Fill block sizes in, and check every number."""
        check_whole("randomise", n=(self.n,), seed=(self.seed,), blocks=self.blocks)
        object.__setattr__(self, "strata", dict(self.strata or {}))
        check_arms(self.arms)
        check_strata(self.strata)
        if not self.blocks:
            object.__setattr__(self, "blocks", tuple(self.unit * one for one in _MULTIPLES))
        for size in self.blocks:
            if size <= 0 or size % self.unit:
                ratio = ":".join(map(str, self.arms.values()))
                raise ParameterError(
                    f"of {size} cannot hold the allocation {ratio}: a block must be a multiple of {self.unit}",
                    parameter="blocks",
                    way_out=f"try blocks {','.join(str(self.unit * multiple) for multiple in _MULTIPLES)}",
                )
            if size > LONGEST:
                raise ParameterError(
                    f"of {size:,} is longer than any list: a block may hold {LONGEST:,} at most",
                    parameter="blocks",
                    way_out=f"try blocks {','.join(str(self.unit * multiple) for multiple in _MULTIPLES)}",
                )
        object.__setattr__(self, "blocks", tuple(sorted(set(self.blocks))))
        if not 0 < self.n <= LONGEST:
            reason = f"must lie in [1, {LONGEST:,}], not {self.n:,}"
            raise ParameterError(reason, parameter="n", way_out=f"it is the trial's {self.of}s")
        if self.seed < 0:
            raise ParameterError(f"must be a whole number from 0 on, not {quoted(self.seed)}", parameter="seed")

    @property
    def unit(self) -> int:
        """Participants in one allocation block."""
        return sum(self.arms.values())

    def page(self) -> Page:
        """The list with what it was made from, the seed among it: for nobody who enrols or treats."""
        lines = assignments(self)
        told = records(self, lines)
        origin = {name: getattr(self, name) for name in ("arms", "blocks", "strata", "n", "seed")}
        strata = len({line.stratum for line in lines})
        each = f"{strata:,} strata, {len(lines):,} lines" if strata > 1 else f"{len(lines):,} lines"
        columns = list(told[0])
        return Page(
            data={**origin, "list": told},
            headline=f"a list of {' and '.join(self.arms)} for {self.n:,} {self.of}s: {each}",
            tables=[
                facts([("seed", str(self.seed)), ("block sizes", ", ".join(map(str, self.blocks)))]),
                Table(columns, [[str(cell) for cell in line.values()] for line in told]),
            ],
            notes=[
                SECRET[0].upper() + SECRET[1:] + ".",
                *map(as_sentence, (*self.of_the_plan(), *self.without(), *self.doubts())),
            ],
            records=lambda: told,
        )

    def masked(self) -> list[dict[str, Any]]:
        """The same participants without arms and blocks, as sites may see them."""
        return records(self, assignments(self), masked=True)

    def doubts(self) -> list[str]:
        """What somebody at a site could guess, in whole sentences."""
        doubts = []
        if len(self.blocks) == 1:
            doubts.append("blocks of one size let a site that counts foretell the end of each block; name two or more")
        if self.unit in self.blocks:
            doubts.append(f"a block of {self.unit} gives its last participant away; use multiples of {self.unit}")
        return doubts

    def of_the_plan(self) -> list[str]:
        """Which strata are the plan's."""
        return [f"the plan stratifies by {listed(self.of_plan)}, and so does this list"] if self.of_plan else []

    def without(self) -> list[str]:
        """Which of the plan's strata are left open there, so that the list is without them."""
        if not self.left_open:
            return []
        return [
            f"the plan stratifies by {listed(self.left_open)}{' too' if self.of_plan else ''}, whose levels it leaves "
            "open, and this list does not; name the levels, and it will"
        ]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line of the list: the stratum, the place in it, the block, the participant's number, the arm."""

    stratum: tuple[str, ...]
    sequence: int
    block: int
    participant: str
    arm: str


def assignments(scheme: Scheme) -> list[Assignment]:
    """The list, stratum by stratum, in the order in which participants are enrolled; always the same for a seed.

    A stratum has a stream of its own, named by its levels: another stratum, or a longer list, changes nothing
    that was drawn before.
    """
    found = [line for stratum in product(*scheme.strata.values()) for line in _stratum(scheme, stratum)]
    if len({line.participant for line in found}) < len(found):
        raise ParameterError("two strata give the same participant number; rename a level so that they differ")
    return found


def records(scheme: Scheme, lines: list[Assignment], masked: bool = False) -> list[dict[str, Any]]:
    """The lines as records; a masked list has neither arm nor block, whose ends would give arms away."""
    names = {name: name for name in (("sequence",) if masked else ("sequence", "block"))}
    names |= {scheme.of: "participant"} | ({} if masked else {"arm": "arm"})
    return [
        dict(zip(scheme.strata, line.stratum, strict=True)) | {name: getattr(line, own) for name, own in names.items()}
        for line in lines
    ]


def _stratum(scheme: Scheme, stratum: tuple[str, ...]) -> Iterator[Assignment]:
    """Whole blocks until n participants are provided for."""
    draws = Draws(scheme.seed, dict(zip(scheme.strata, stratum, strict=True)))
    sequence = block = 0
    while sequence < scheme.n:
        block += 1
        size = scheme.blocks[draws.below(len(scheme.blocks))]
        arms = [arm for arm, weight in scheme.arms.items() for _ in range(weight * size // scheme.unit)]
        for arm in draws.shuffled(arms):
            sequence += 1
            # the participant's number says where and when they came, and nothing of the arm
            yield Assignment(stratum, sequence, block, "-".join([*stratum, f"{sequence:04d}"]), arm)


def check_whole(owner: str, **numbers: Sequence[Any]) -> None:
    """Raise unless all of these numbers are whole."""
    for name, values in numbers.items():
        for value in values:
            if not isinstance(value, Integral) or isinstance(value, bool):
                raise ParameterError(f"must be whole, not {value!r}", owner=owner, parameter=name, value=value)


def check_arms(arms: Mapping[str, int]) -> None:
    """Raise unless there are two arms or more, each with a name and a whole weight."""
    if len(arms) < 2:
        reason = f"must be two or more, not {', '.join(map(str, arms)) or 'none'}: one arm is not randomised"
        raise ParameterError(reason, parameter="arms")
    _check_texts("arms", arms)
    for name, weight in arms.items():
        if is_formula(name.strip()):
            reason = f"cannot be called {name!r}, which a spreadsheet takes for a formula"
            raise ParameterError(reason, parameter="arms", way_out="begin with a letter")
        if not name.strip() or not isinstance(weight, Integral) or weight < 1:
            reason = f"need a name and a whole weight from 1 on, not {name!r} with {weight}"
            raise ParameterError(reason, parameter="arms")


def _check_texts(of: str, names: Iterable[Any]) -> None:
    """Raise unless names are texts: a number would be another level than the same number in a table."""
    for name in names:
        if not isinstance(name, str):
            raise ParameterError(f"are named by texts, not {name!r}", parameter=of, value=name)


def check_strata(strata: Mapping[str, tuple[str, ...]]) -> None:
    """Raise unless each stratum has a name and levels that differ, and all together are not too many."""
    _check_texts("strata", (one for name, levels in strata.items() for one in (name, *levels)))
    for name, levels in strata.items():
        if not name.strip() or name in ("sequence", "block", "participant", "arm"):
            raise ParameterError(f"a stratum cannot be called {name!r}; name it for what it is, as in site=A,B")
        formula = next((one for one in (name, *levels) if is_formula(one.strip())), None)
        if formula is not None:
            told = f"stratum {name}: a spreadsheet takes {formula!r} for a formula; begin with a letter"
            raise ParameterError(told)
        repeated = [level for level in levels if levels.count(level) > 1]
        if not levels or repeated or not all(level.strip() and level.isprintable() for level in levels):
            raise ParameterError(f"stratum {name} needs levels that differ, as in {name}=A,B, not {','.join(levels)!r}")
    crossed = math.prod(len(levels) for levels in strata.values())
    if crossed > MOST_STRATA:
        raise ParameterError(f"the strata cross to {crossed:,}, more than {MOST_STRATA:,}; use fewer factors or levels")
