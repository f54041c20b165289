"""Every design in the catalogue, and every wrapper over them, drawn from what its parameters declare about themselves.

No design is named here. A test asks for `design` (one instance per combination of choices, whose n is free),
`design_of_one_n` (one whose own numbers fix n), `exact_design`, `sized`, `any_class`, or a field's `declaration`,
and runs once for each that is found.
"""

from __future__ import annotations

import itertools
import math
import random
import signal
import zlib

import pytest

from trialplan.catalogue import designs, families
from trialplan.catalogue import wrappers as all_wrappers
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.parameter import POSITIVE, parameters

ALLOCATIONS = ("1:1", "2:1", "1:3")
MANY = 4
"""Optional numbers, the level among them, beyond which a design is varied in more ways than a fast run has time for."""
FAST, ALL = 1, 2
"""Draws per combination of choices: by default, and with the slow ones."""

_FEW = 4
"""Optional numbers of which every choice is tried."""

_SECONDS = 20
_MODEST = (8, 1500)
"""Blocks that a drawn design may need: fewer leave nothing to search, more make the suite slow."""
_MODEST_EXACT = 60


def wrappers():
    """Those around one design; families are drawn beside their own tests."""
    return {slug: cls for slug, cls in all_wrappers().items() if slug not in families()}


def fixed():
    """The designs in the catalogue that test."""
    return {slug: cls for slug, cls in designs().items() if issubclass(cls, Design)}


def combinations(cls):
    """Every combination of a class's enumerated choices, as keyword arguments."""
    choices = {
        # a choice that may be left to the others is left to them, too; the sides follow from the goal
        name: (*declared.choices, None) if declared.optional and name != "sides" else declared.choices
        for name, declared in parameters(cls).items()
        if declared.choices
    }
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def numbers(cls, rng):
    """Typical values for every number that is declared, apart from level and margin: (needed, optional)."""
    typical = {
        name: (_typical(declared, rng), declared.optional)
        for name, declared in parameters(cls).items()
        # effects that are written as a vector are replaced by one for all when the design is made showable
        if declared.typical and name != "alpha" and not (declared.axis and declared.role == "effect")
    }
    needed = {name: value for name, (value, optional) in typical.items() if not optional}
    needed |= {name: declared.example for name, declared in parameters(cls).items() if declared.example}
    return needed, {name: value for name, (value, optional) in typical.items() if optional}


STRATA = 3
"""Values of a vector."""


def _typical(declared, rng):
    """A typical number, or a vector of them."""
    values = tuple(round(rng.uniform(*declared.typical), 3) for _ in range(STRATA if declared.axis else 1))
    if declared.order:
        values = tuple(sorted(values, reverse=declared.order == "falls"))
    return values if declared.axis else values[0]


def margins(scale, below, rng):
    """No margin, then one number, then (for the goal that takes it) a pair of limits, lopsided on purpose.

    The one number is a limit on a ratio scale, above the effect of none unless it is to lie `below`.
    """
    if scale == "difference":
        one = round(rng.uniform(0.1, 0.3), 3)
        return [None, one, (-one, round(1.3 * one, 3))]
    one = round(rng.uniform(1.25, 1.6), 3)
    return [None, round(1 / one, 3) if below else one, (round(1 / one, 3), round(1.1 * one, 3))]


def _subsets(cls, optional):
    """Every choice of a few; of many none of them, each alone, and all together, without and with each effect."""
    if len(optional) <= _FEW:
        return [names for size in range(len(optional) + 1) for names in itertools.combinations(optional, size)]
    effects = [name for name in optional if parameters(cls)[name].role == "effect"]
    others = [name for name in optional if name not in effects]
    some = dict.fromkeys([(), *((name,) for name in others), tuple(others)])
    return [(*effect, *names) for effect in [(), *((name,) for name in effects)] for names in some]


def attempts(cls, choice, rng):
    """Keyword arguments worth a try: with and without each optional number, with and without a margin."""
    needed, optional = numbers(cls, rng)
    extra = {"allocation": rng.choice(ALLOCATIONS)} if "allocation" in parameters(cls) else {}
    # on a ratio scale the goal and the direction leave a limit one side of the effect of none
    side = choice.get("goal"), choice.get("favourable")
    below = side in {("non-inferiority", "higher"), ("superiority", "lower")}
    tried = margins(choice.get("scale", cls.scale), below, rng) if "margin" in parameters(cls) else [None]
    for names in _subsets(cls, list(optional)):
        for margin in tried:
            given = {} if margin is None else {"margin": margin}
            label = (*names, *(["pair"] if isinstance(margin, tuple) else []))
            yield label, choice | needed | {name: optional[name] for name in names} | given | extra


def accepted(cls, choice, rng):
    """The attempts that the class itself accepts, each with the names of its optional parts."""
    for label, given in attempts(cls, choice, rng):
        try:
            made = cls(**given)
        except TrialplanError:
            continue
        if made.open_effect is None:  # one that is left open is given when the design is made showable
            yield label, made


def showable(design, rng):
    """The same design with an effect on the favourable side that a modest number of participants can show; or None.

    Where the design's own numbers fix n, and a rule with it, the null moves too until the rule keeps its level.
    """
    for _ in range(60):
        try:
            moved = design.replace(**{design.effect: _effect(design, rng)})
            if moved.only_n is not None:
                if keeps_level(moved):
                    return moved
                null = moved.field("comparator")
                design = moved.replace(**{null: round(rng.uniform(*moved.declared("comparator").typical), 3)})
                continue
            blocks = moved.by_normal_theory().sample_size(0.8).n / moved.block
        except (TrialplanError, ValueError, ArithmeticError):
            continue
        if _MODEST[0] <= blocks <= (_MODEST[1] if moved.smooth else _MODEST_EXACT):
            return moved
    return None


def keeps_level(design):
    """Whether a design of one n rejects no more often than its level where there is no effect."""
    return (design.actual_size(design.only_n) or 0) <= design.level


def _effect(design, rng):
    """A value beyond the null on the favourable side, near it or far; between the limits where there are two."""
    null = [float(bound) for bound in design.null_values()]
    if len(null) == 2:
        return round(null[0] + rng.uniform(0.3, 0.7) * (null[1] - null[0]), 4)
    low, high = parameters(type(design))[design.effect].typical
    reach = rng.uniform(0.1, 0.9) * (high - low)
    if design.effect_domain() == POSITIVE:
        return round(null[0] * (1 + reach) ** design.sign, 4)
    return round(null[0] + design.sign * reach, 4)


def seed(*words):
    """A generator of its own for each instance, so that an added design leaves the others' numbers alone."""
    return random.Random(zlib.crc32("/".join(map(str, words)).encode()))


def drawn(draws):
    """(id, design) for every class, combination of choices and draw."""
    for slug, cls in fixed().items():
        seen, varied = set(), set()
        ways = [name for name, one in parameters(cls).items() if one.role == "method"]
        optional = [one for one in parameters(cls).values() if one.optional and one.typical and one.role != "effect"]
        for choice in combinations(cls):
            # one of each test is fast, and every other goal and scale of it; the rest is left to the slow run
            kind = tuple(value for name, value in choice.items() if name not in ("favourable", "sides"))
            every_other = zlib.crc32(repr(kind).encode()) % 2
            first = 0 if kind not in seen and (every_other or choice.get("test") not in seen) else FAST
            seen.add(kind)
            for draw in range(first, draws):
                words = (slug, *choice.values())
                rng = seed(*words, draw)
                for label, design in accepted(cls, choice, rng):
                    ready = showable(design, rng)
                    if ready is not None:
                        # where much can be left out, each way to do so is fast once for each test
                        way = tuple(choice[name] for name in ways), tuple(name for name in label if name != "pair")
                        speed = max(draw, FAST) if len(optional) > MANY and way in varied else draw
                        varied |= {way} if speed < FAST else set()
                        yield speed, "-".join(map(str, (*words, *label, draw))), ready


LOOKS = ((0.5, 1.0), (0.3, 0.7, 1.0))


def wrapped(draws):
    """(id, wrapper around a drawn fixed design) wherever the wrapper accepts the pairing."""
    fixed_ones = _fixed_instances(draws)
    # the class with most tests is wrapped in all its forms; of the others one of each test will do
    most = max(fixed().values(), key=lambda cls: len(cls.tests))
    inner = [one for one in fixed_ones if type(one[2]) is most and one[0] == 0]
    # the first of each, and a fast one before a slow one, so that it is the same whichever are drawn
    first = sorted(fixed_ones, key=lambda one: one[0])
    others = {(type(one[2]), one[2].test): one for one in reversed(first) if one[2].sides == 1}
    inner += [one for (cls, _), one in others.items() if cls is not most]
    there = set()
    for (slug, cls), (draw, name, design) in itertools.product(wrappers().items(), inner):
        # a search inside a search: most wrappers are left to the slow run, but one of each
        draw = max(draw, FAST if slug in there and zlib.crc32(f"{slug}/{name}".encode()) % 3 else 0)
        if draw >= draws:
            continue
        looks = LOOKS[zlib.crc32(name.encode()) % 2]
        try:
            made = cls(design=design, **({"looks": looks} if "looks" in parameters(cls) else {}))
        except TrialplanError:
            continue
        there |= {slug} if draw < FAST else set()
        yield draw, f"{slug}-{len(made.looks)}-over-{name}", made


_MEMORY = {}


def _fixed_instances(draws):
    if draws not in _MEMORY:
        _MEMORY[draws] = list(drawn(draws))
    return _MEMORY[draws]


def instances(draws):
    """Every drawn design, fixed and wrapped."""
    if ("all", draws) not in _MEMORY:
        _MEMORY["all", draws] = _fixed_instances(draws) + list(wrapped(draws))
    return _MEMORY["all", draws]


def asked_for(config):
    """The draws of a run: those of the sweep are not even made where its tests are left out."""
    return FAST if config.option.markexpr == "not sweep" else ALL


def _wiring(design):
    """What of its class a design shows: each choice and optional number, its test by goal and scale, what it wraps."""
    cls, core = type(design), design.fixed
    for name, declared in parameters(cls).items():
        value = getattr(design, name)
        if declared.choices:
            yield cls, name, value
        elif declared.optional:
            yield cls, name, value is None
    yield cls, design.test, design.goal
    yield cls, design.test, design.scale
    if core is not design:
        yield cls, type(core), core.test


def covering(designs):
    """The names of a few designs, by name, that show together what all of them show: the next is what adds most."""
    shows = {name: {*_wiring(design)} for name, design in designs.items()}
    left, names = set().union(*shows.values()), set()
    while left:
        name = max(shows, key=lambda one: len(shows[one] & left))
        names.add(name)
        left -= shows[name]
    return names


def _fast():
    """The names of the designs that a fast run puts each property to: the wiring of every class, once."""
    if "fast" not in _MEMORY:
        _MEMORY["fast"] = covering({name: design for draw, name, design in instances(FAST) if draw < FAST})
    return _MEMORY["fast"]


def _cases(draws, keep=lambda design: True):
    return [
        pytest.param(design, id=name, marks=[] if name in _fast() else [pytest.mark.sweep])
        for _, name, design in instances(draws)
        if keep(design)
    ]


def _one_of_each(draws):
    """The same, of which a fast run takes one of each test of each class: for what is dear and is asked of formulas."""
    seen, cases = set(), []
    for case in _cases(draws, lambda design: design.only_n is None):
        (design,) = case.values
        slow = bool(case.marks) or (type(design), design.test) in seen
        seen |= set() if slow else {(type(design), design.test)}
        cases.append(pytest.param(design, id=case.id, marks=[pytest.mark.sweep] if slow else []))
    return cases


def _every_class():
    return {**designs(), **all_wrappers()}


def _declarations():
    """What reads a value alike once, whatever its words are; named for the first field that it belongs to."""
    found = {}
    for slug, cls in _every_class().items():
        for name, declared in parameters(cls).items():
            reads = (declared.domain, declared.read, declared.unit, declared.optional, declared.typical)
            found.setdefault(reads, pytest.param(declared, id=f"{slug}-{name}"))
    return list(found.values())


def pytest_generate_tests(metafunc):
    """One run for each design, class or declaration that a test asks for."""
    draws = asked_for(metafunc.config)
    asked = {
        "design": lambda: _cases(draws, lambda design: design.only_n is None),
        "one_of_each": lambda: _one_of_each(draws),
        "design_of_one_n": lambda: _cases(draws, lambda design: design.only_n is not None),
        "exact_design": lambda: _cases(draws, lambda design: design.exact),
        "sized": lambda: [pytest.param(cls, id=slug) for slug, cls in {**designs(), **wrappers()}.items()],
        "fixed_class": lambda: [pytest.param(cls, id=slug) for slug, cls in fixed().items()],
        "any_class": lambda: [pytest.param(cls, id=slug) for slug, cls in _every_class().items()],
        "declaration": _declarations,
    }
    for name, cases in asked.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases())


@pytest.fixture(autouse=True)
def in_time():
    """A search that never ends is a failure, not a suite that never ends."""

    def expired(number, frame):
        raise TimeoutError(f"no answer within {_SECONDS} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def everything(request):
    """Every design that is drawn in this run, by id: with the slow ones, unless these are left out."""
    return {name: design for _, name, design in instances(asked_for(request.config))}


@pytest.fixture(scope="session")
def valid(request):
    """One valid set of arguments for a class, its choices left at the first that is accepted."""
    fixed_ones = [design for _, _, design in _fixed_instances(asked_for(request.config))]

    def build(cls):
        for choice in combinations(cls):
            if cls.slug() in families():
                return {"members": _members(cls, fixed_ones)} | choice
            if "design" in parameters(cls):
                return {"design": next(design for design in fixed_ones if _takes(cls, design))} | choice
            for _, given in attempts(cls, choice, seed(cls.slug())):
                try:
                    cls(**given)
                except TrialplanError:
                    continue
                return given
        raise AssertionError(f"no valid {cls.__name__} could be drawn")

    return build


def _members(family, fixed_ones):
    """The first drawn design that the family takes, twice."""
    for design in fixed_ones:
        try:
            return family(members=(design, design)).members
        except TrialplanError:
            continue
    raise AssertionError(f"no valid {family.__name__} could be drawn")


def _takes(wrapper, design):
    try:
        wrapper(design=design)
    except TrialplanError:
        return False
    return True


@pytest.fixture(scope="session")
def inner():
    """The design at the core of a wrapper; a fixed design is its own core."""
    return lambda design: design.fixed


@pytest.fixture(scope="session")
def impossible():
    """Effects that no number of participants can show: on the null's boundary, and beyond it."""

    def effects(design):
        null = [float(bound) for bound in design.null_values()]
        step = abs(float(design.effect_value()) - null[0]) / 2
        candidates = [null[0], null[0] - step * (1 if len(null) == 2 else design.sign)]
        domain = design.effect_domain()
        return [value for value in candidates if math.isfinite(value) and value in domain]

    return effects
