"""Every design in the catalogue, and every wrapper over them, drawn from what its parameters declare about themselves.

No design is named here. A test asks for `design` (one instance per combination of choices, whose n is free),
`design_of_one_n` (one whose own numbers fix n), `exact_design`, `sized`, `any_class`, or a field's `declaration`,
and its body runs once for each that is found. Those of one class are one test, because pytest takes longer over
a test than most of these take; where one fails, the message names it, and all the others that fail with it.
"""

from __future__ import annotations

import contextlib
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
from trialplan.outcomes.responses import Responses
from trialplan.parameter import POSITIVE, parameters
from trialplan.several.family_with_looks import FamilyWithLooks

ALLOCATIONS = ("1:1", "2:1", "1:3")
MANY = 4
"""Optional numbers, the level among them, beyond which a design is varied in more ways than a fast run has time for."""
FAST, ALL = 1, 2
"""Draws per combination of choices: by default, and with the slow ones."""

_FEW = 4
"""Optional numbers of which every choice is tried."""

NESTED = 3
"""Of wrappers around a wrapper, how many a fast run takes."""

HANDFUL = 5
"""Clusters of an arm below which nothing is asked of what approximates."""

MOST_WAYS = 120
"""Ways to put a class together, of choices, optional numbers and margins, beyond which some are drawn at random.

Those that a fast run takes are never left out; the others would be thousands of a class, each as dear as any other.
"""

_SECONDS = 20
_MODEST = (8, 1500)
"""Blocks that a drawn design may need: fewer leave nothing to search, more make the suite slow."""
_MODEST_EXACT = 60


def wrappers():
    """Those around one design; families, and looks at them, are drawn beside their own tests."""
    apart = {*families(), FamilyWithLooks.slug()}
    return {slug: cls for slug, cls in all_wrappers().items() if slug not in apart}


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


def accepted(cls, choice, rng, share=1.0):
    """Of the attempts a share, and of these what the class itself accepts, with the names of its optional parts."""
    for label, given in attempts(cls, choice, rng):
        if share < 1 and seed(cls.slug(), *choice.values(), *label, "drawn").random() >= share:
            continue
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
            if modest(moved):
                return moved
        except (TrialplanError, ValueError, ArithmeticError):
            continue
    return None


def modest(design):
    """Whether by normal theory neither too few blocks nor too many have a power of 80 %."""
    quick, most = design.by_normal_theory(), _MODEST[1] if design.smooth else _MODEST_EXACT
    if not quick.smooth:
        return _MODEST[0] <= quick.sample_size(0.8).n / design.block <= most
    # power rises: two looks at it take less time than the search for where it is 80 %
    return quick.success((_MODEST[0] - 1) * design.block) < 0.8 <= quick.success(most * design.block)


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
        share = MOST_WAYS / sum(1 for choice in combinations(cls) for _ in attempts(cls, choice, seed(slug)))
        for choice in combinations(cls):
            # one of each test is fast, and every other goal and scale of it; the rest is left to the slow run
            kind = tuple(value for name, value in choice.items() if name not in ("favourable", "sides"))
            every_other = zlib.crc32(repr(kind).encode()) % 2
            first = 0 if kind not in seen and (every_other or choice.get("test") not in seen) else FAST
            seen.add(kind)
            for draw in range(first, draws):
                words = (slug, *choice.values())
                rng = seed(*words, draw)
                for label, design in accepted(cls, choice, rng, share if draw >= FAST else 1.0):
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


def fast():
    """The names of the designs that a fast run puts each property to: the wiring of every class, once."""
    if "fast" not in _MEMORY:
        drawn_fast = {name: design for draw, name, design in instances(FAST) if draw < FAST}
        # looks at several treatments search within a search within a search: the first of them have to do
        nested = [name for name, design in drawn_fast.items() if design.looks and design.fixed.members]
        _MEMORY["fast"] = covering({name: one for name, one in drawn_fast.items() if name not in nested[NESTED:]})
    return _MEMORY["fast"]


def _cases(draws, keep=lambda design: True):
    """(kind, id, design, whether it is left to the sweep) of each that is drawn; without those if the sweep is."""
    cases = [(_kind(one), name, one, name not in fast()) for _, name, one in instances(draws) if keep(one)]
    return [case for case in cases if draws > FAST or not case[-1]]


def _one_of_each(draws):
    """The same, of which a fast run takes one of each test of each class: for what is dear and is asked of formulas."""
    seen, cases = set(), []
    for kind, name, design, slow in _cases(draws, lambda design: design.only_n is None):
        slow = slow or (type(design), design.test) in seen
        seen |= set() if slow else {(type(design), design.test)}
        cases.append((kind, name, design, slow))
    return cases


class Together(tuple):
    """(id, value) of those that one test is put to, one after the other."""


SO_MANY = 12
"""Of one class in one test, so that what fails is soon found and the sweeps can be shared out and drawn from."""


def _kind(design):
    """What those that are one test have in common: a class, or a wrapper and the class that it is around."""
    core = design.fixed
    return design.slug() if core is design else f"{design.slug()}-over-{core.slug()}"


def _together(cases):
    """The parameters of a test, by kind."""
    kinds = {}
    for kind, name, value, slow in cases:
        kinds.setdefault((slow, kind), []).append((name, value))
    for (slow, kind), members in kinds.items():
        for start in range(0, len(members), SO_MANY):
            some = Together(members[start : start + SO_MANY])
            yield pytest.param(some, id=f"{kind}-{start}", marks=[pytest.mark.sweep] if slow else [])


def _every_class():
    return {**designs(), **all_wrappers()}


def _declarations():
    """What reads a value alike once, whatever its words are; named for the first field that it belongs to."""
    found = {}
    for slug, cls in _every_class().items():
        for name, declared in parameters(cls).items():
            reads = (declared.domain, declared.read, declared.unit, declared.optional, declared.typical)
            found.setdefault(reads, (slug, f"{slug}-{name}", declared, False))
    return list(found.values())


def _classes(found):
    return [(slug, slug, cls, False) for slug, cls in found.items()]


def pytest_generate_tests(metafunc):
    """The designs, classes or declarations that a test asks for."""
    draws = asked_for(metafunc.config)
    asked = {
        "design": lambda: _cases(draws, lambda design: design.only_n is None),
        "one_of_each": lambda: _one_of_each(draws),
        "design_of_one_n": lambda: _cases(draws, lambda design: design.only_n is not None),
        "exact_design": lambda: _cases(draws, lambda design: design.exact),
        "sized": lambda: _classes({**designs(), **wrappers()}),
        "fixed_class": lambda: _classes(fixed()),
        "any_class": lambda: _classes(_every_class()),
        "declaration": _declarations,
    }
    for name, cases in asked.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(_together(cases())))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """The body of a test once for each of those that it is put to together; it fails with the first, and names all."""
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asked = next((name for name, value in given.items() if isinstance(value, Together)), None)
    if asked is None:
        return None
    failed, left = {}, {}
    for name, value in given[asked]:
        try:
            with in_time():
                pyfuncitem.obj(**given | {asked: value})
        except pytest.skip.Exception as why:
            left[name] = why.msg
        except (Exception, pytest.fail.Exception) as why:
            failed[name] = why
    if failed:
        first = next(iter(failed.values()))
        first.add_note(f"{asked}: {', '.join(failed)}")
        raise first
    if len(left) == len(given[asked]):
        pytest.skip("; ".join(sorted({*left.values()})))
    return True


@contextlib.contextmanager
def in_time():
    """A search that never ends is a failure, not a suite that never ends; what others do meanwhile does not count."""

    def expired(number, frame):
        raise TimeoutError(f"no answer within {_SECONDS} seconds of this process")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, expired)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.fixture(scope="session")
def rarest():
    """The participants expected in the emptiest cell: of one arm, with or without a response; inf without rates.

    None at all where an arm has a handful of clusters, which t takes to be whole and alike.
    """

    def of(design, n):
        fixed = design.fixed
        units = getattr(fixed, "units", fixed.split)  # what is independent: clusters, where participants come in some
        if units != fixed.split and min(map(float, units(n))) < HANDFUL:
            return 0.0
        core = fixed.members[0] if len(fixed.members) == 1 else fixed  # several treatments with the same control
        if fixed.exact or not isinstance(core.outcome, Responses):
            return math.inf
        rates = [float(core.value(role)) for role in ("effect", "comparator")[: len(core.arm_names)]]
        sizes = fixed.split(n)
        arms = sizes if len(sizes) == len(rates) else (sizes[0], sizes[-1])
        return min(float(arm) * min(rate, 1 - rate) for arm, rate in zip(arms, rates, strict=True))

    return of


@pytest.fixture(scope="session")
def ask():
    """What a drawn design answers, computed once: `ask(design.sample_size, 0.8)`; many tests begin with the same."""
    known = {}

    def asked(method, *numbers):
        key = id(method.__self__), method.__name__, *numbers
        if key not in known:
            known[key] = method.__self__, method(*numbers)  # the design is kept, so that no other gets its id
        return known[key][1]

    return asked


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
                pairs = (family(members=_members(family, fixed_ones)) for family in families().values())
                taken = (design for design in itertools.chain(fixed_ones, pairs) if _takes(cls, design))
                return {"design": next(taken)} | choice
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
