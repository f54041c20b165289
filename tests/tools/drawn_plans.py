"""Plans drawn at random from the catalogue: design, goal, scale, direction, losses, looks, endpoints, arms, visits.

No design is named: what is drawn is what its parameters declare, by their choices, roles and typical ranges. So a
design or a family that is dropped in is drawn as well, and a seed gives the same plan again.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from small_plans import EXCLUDED, plan_text

from trialplan.catalogue import designs, families, over_arms
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.parameter import POSITIVE, Parameter, parameters
from trialplan.plan import build, read
from trialplan.plan.building import Trial
from trialplan.sized import has_times

ALLOCATIONS = ("1:1", "1:1", "2:1", "1:2", "3:1")
LOSSES = (0.08, 0.15, 0.25, 0.4)
UNITS = ("mmHg", "g/day", "points of the scale")
LOOKS = ("[0.5, 1.0]", "[0.4, 0.7, 1.0]")
EFFICACY = ("obrien-fleming", "lan-demets-obrien-fleming", "haybittle-peto", "kim-demets(2)")
FUTILITY = ("", 'futility = "z(0)"\n', 'futility = "conditional-power(0.2)"\n')
CALENDAR = '\n[enrolment]\naccrual_rate = 12\nsource = "ours"\n'

TIME_UNITS = (None, "weeks", "months", "years")
ARMS = (("low dose", "high dose"), ("10 mg, once a day", "20 mg", "40 mg, in two doses"), ("A", "B"))
VISITS = (
    '\n[[visit]]\nname = "Screening"\nmonth = -1\nprocedures = ["consent"]\n'
    '\n[[visit]]\nname = "Day 1"\nweek = 0\nwindow = "± 1 day"\nprocedures = ["sample", "measure A"]\n',
    '\n[[visit]]\nname = "The end"\nmonth = 12\nwindow = "± 2 weeks"\nprocedures = ["measure A"]\n',
)

AFTER = 'timepoint = "12 months after {}"'

_POWER = 0.8
"""What the endpoints ask for, as a plan does that says nothing of it."""

_BLOCKS, _BLOCKS_COUNTED = (6, 400), (6, 60)
"""Allocation blocks that a drawn design may need; where every outcome is counted, fewer, which are counted at once."""


@dataclass(frozen=True, kw_only=True)
class DrawnEndpoint:
    """An endpoint as it was drawn: its design, and the share of it that is lost."""

    name: str
    role: str
    design: Sized
    dropout: float | None = None
    unit: str = ""
    time_unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class DrawnPlan:
    """A plan's text with what was drawn for it."""

    seed: int
    text: str
    endpoints: tuple[DrawnEndpoint, ...]
    rule: str = ""
    arms: tuple[str, ...] = ()
    monitored: bool = False
    kind: str = field(default="")

    @property
    def primaries(self) -> list[DrawnEndpoint]:
        """Those that size the trial."""
        return [one for one in self.endpoints if one.role == "primary"]

    @property
    def dropout(self) -> float:
        """The share that the trial's number allows for: of several primary endpoints the largest."""
        return max(one.dropout or 0.0 for one in self.primaries)

    def written(self, folder: Path) -> Path:
        """The plan's file."""
        path = folder / "plan.toml"
        path.write_text(self.text, encoding="utf-8")
        return path

    def built(self, folder: Path) -> Trial:
        """The trial of the plan."""
        return build(read(str(self.written(folder))))


def testing() -> dict[str, type[Design]]:
    """The designs that may size a trial, which has a control: none that compares groups of which none is one."""
    return {slug: cls for slug, cls in designs().items() if issubclass(cls, Design) and not cls.of_groups}


def drawn_plan(seed: int) -> DrawnPlan:
    """The plan of a seed; the designs take their turns, so that as many plans as there are designs have each."""
    rng = random.Random(seed)
    slugs = sorted(testing())
    cls = testing()[slugs[seed % len(slugs)]]
    while True:
        allocation = rng.choice(ALLOCATIONS)
        primary = drawn_design(cls, rng, allocation)
        plan = None if primary is None else _around(seed, primary, rng, allocation)
        if plan is not None:
            return plan


def drawn_design(cls: type[Sized], rng: random.Random, allocation: str, fixed: Mapping[str, Any] | None = None) -> Any:
    """A design of a class with choices and numbers that it takes, and that a modest trial can show; or None.

    The choices in `fixed` are not drawn.
    """
    declared = parameters(cls)
    given: dict[str, Any] = {name: rng.choice(one.choices) for name, one in declared.items() if one.choices}
    given.pop("sides", None)
    given |= fixed or {}
    for name, one in declared.items():
        if one.typical and name != "alpha" and one.role != "effect" and not (one.optional and rng.random() < 0.5):
            given[name] = _typical(one, rng)
        elif one.example:
            given[name] = tuple(one.example.split(","))
    if "allocation" in declared:
        given["allocation"] = allocation
    if given.get("goal", "superiority") != "superiority" or ("margin" in declared and rng.random() < 0.2):
        given["margin"] = _margin(cls, given, rng)
    if not issubclass(cls, Design):
        effects = {name: _typical(one, rng) for name, one in declared.items() if one.role == "effect" and one.typical}
        return _accepted(cls, given | effects)
    return _showable(cls, given, rng)


def _accepted(cls: type[Sized], given: dict[str, Any]) -> Sized | None:
    """The design with these numbers, without optional ones that do not go with the others; None where it has none."""
    try:
        return cls(**given)
    except TrialplanError as why:
        name = getattr(why, "parameter", "")
        optional = name in given and parameters(cls)[name].optional and not parameters(cls)[name].choices
        return _accepted(cls, {one: given[one] for one in given if one != name}) if optional else None


def _typical(declared: Parameter, rng: random.Random) -> Any:
    values = tuple(round(rng.uniform(*declared.typical), 2) for _ in range(_places(declared)))
    if declared.order:
        values = tuple(sorted(values, reverse=declared.order == "falls"))
    return values if declared.axis else values[0]


def _places(declared: Parameter) -> int:
    """Two of a vector, and one time at which one of two changes to the other."""
    return 2 if declared.axis not in ("", "changes") else 1


def _margin(cls: type[Sized], given: dict[str, Any], rng: random.Random) -> Any:
    """An amount, or a limit on the side that goal and direction leave it; for equivalence a pair now and then."""
    better = given.get("goal", "superiority") == "superiority"
    below = better != (given.get("favourable", cls.favourable) == "higher")
    pair = given.get("goal") == "equivalence" and rng.random() < 0.4
    if given.get("scale", cls.scale) == "difference":
        amount = round(rng.uniform(0.1, 0.25), 2)
        return (-amount, round(1.5 * amount, 3)) if pair else amount
    limit = round(rng.uniform(1.25, 2), 2)
    return (round(1 / limit, 2), limit) if pair else round(1 / limit, 2) if below else limit


def _showable(cls: type[Design], given: dict[str, Any], rng: random.Random) -> Design | None:
    """With an effect on the favourable side that a modest number of participants shows."""
    made = _accepted(cls, given)
    for _ in range(40):
        try:
            assert isinstance(made, Design)
            moved = made.replace(**{made.effect: _effect(made, rng)})
            if moved.only_n is not None:
                if (moved.actual_size(moved.only_n) or 0) <= moved.level and moved.success(moved.only_n) >= _POWER:
                    return moved
                comparator = moved.field("comparator")
                made = moved.replace(**{comparator: _typical(parameters(cls)[comparator], rng)})
                continue
            blocks = moved.by_normal_theory().sample_size(_POWER).n / moved.block
        except (AssertionError, TrialplanError, ValueError, ArithmeticError):
            continue
        low, high = _BLOCKS if moved.smooth else _BLOCKS_COUNTED
        if low <= blocks <= high:
            return moved
    return None


def _effect(design: Design, rng: random.Random) -> float:
    """A value beyond the null on the favourable side; between the limits where there are two."""
    null = [float(bound) for bound in design.null_values()]
    if len(null) == 2:
        return round(null[0] + rng.uniform(0.4, 0.6) * (null[1] - null[0]), 3)
    low, high = parameters(type(design))[design.effect].typical
    reach = rng.uniform(0.15, 0.9) * (high - low)
    if design.effect_domain() == POSITIVE:
        return round(null[0] * (1 + reach) ** design.sign, 2)
    return round(null[0] + design.sign * reach, 3)


# ---------------------------------------------------------------- from a design to the text of a plan


def _around(seed: int, primary: Design, rng: random.Random, allocation: str) -> DrawnPlan | None:
    """A plan whose primary endpoint is this one, with what else is drawn; what does not go with it is left out.

    None where a plan refuses it, as a margin whose null could not be true.
    """
    others = list(_others(primary, rng, allocation))
    family = _family(primary, rng, allocation) if rng.random() < 0.25 else None
    monitoring = _monitoring(rng) if rng.random() < 0.5 else ""
    drawn_losses = rng.choice((None, *LOSSES))
    unit = rng.choice(("", *UNITS))
    apart = random.Random(f"{seed}: arms, visits and units of time")  # what came later leaves the other draws alone
    # beside a family of two endpoints there are four hypotheses, whose procedures take a minute to size
    arms = _arms(apart) if apart.random() < 0.3 and family is None else None
    visits = apart.choice(("", "", VISITS[0], "".join(VISITS)))
    times = [apart.choice(TIME_UNITS) for _ in range(2 + len(others))]
    others = [replace(one, time_unit=_time_unit(one.design, unit)) for one, unit in zip(others, times[2:], strict=True)]
    # each in turn is left out until the plan can be built: looks, the family, the arms, the further endpoints
    tried = itertools.product((others, []), (arms, None) if arms else (None,), (family, None), (monitoring, ""))
    for kept, compared, joined, looked in tried:
        chance = rng.random()
        more = (compared, looked + visits, times)
        plan = _plan(seed, chance, primary, joined, kept, more, drawn_losses, unit, allocation)
        if _builds(plan):
            return plan
    return None


def _others(primary: Design, rng: random.Random, allocation: str) -> Iterator[DrawnEndpoint]:
    """Up to two further endpoints of whatever the catalogue has for the same arms, with losses of their own."""
    known = [cls for _, cls in sorted(designs().items())]
    for place in range(rng.choice((0, 1, 1, 2))):
        for _ in range(20):
            cls = rng.choice(known)
            tests = issubclass(cls, Design)
            if cls.gives is not None or cls.of_groups or (tests and cls.arm_names != primary.arm_names):
                continue
            design = drawn_design(cls, rng, allocation)
            if design is not None:
                role = "secondary" if tests else rng.choice(("secondary", "safety"))
                lost = rng.choice((None, None, *LOSSES)) if tests and not cls.loses_by else None
                yield DrawnEndpoint(name=f"measure {'AB'[place]}", role=role, design=design, dropout=lost)
                break


def _family(primary: Design, rng: random.Random, allocation: str) -> tuple[str, Design] | None:
    """A rule and a second member."""
    rule = rng.choice(sorted(families()))
    for _ in range(30):
        cls = rng.choice([cls for cls in testing().values() if cls.arm_names == primary.arm_names])
        second = drawn_design(cls, rng, allocation)
        try:
            families()[rule](members=(primary, second))
        except TrialplanError:
            continue
        return rule, second
    return None


def _monitoring(rng: random.Random) -> str:
    looks = f'looks = {rng.choice(LOOKS)}\nefficacy = "{rng.choice(EFFICACY)}"\n{rng.choice(FUTILITY)}'
    return f"\n[monitoring]\n{looks}" + (CALENDAR if rng.random() < 0.5 else "")


def _arms(rng: random.Random) -> tuple[tuple[str, ...], str]:
    """Names of treatments, and what a plan says of them."""
    names = rng.choice(ARMS)
    rule = rng.choice(("", *(f'rule = "{one}"\n' for one in over_arms())))
    said = f"names = {_toml(names)}\n{rule}"
    if rng.random() < 0.5:
        said += f"receives = {_toml(tuple(f'Tablets of {name}, by mouth' for name in names))}\n"
    if rng.random() < 0.3:
        said += f"effect_shares = {_toml(tuple(1 - place / 4 for place in range(len(names))))}\n"
    return names, f"\n[arms]\n{said}"


def _time_unit(design: Sized, unit: str | None) -> str | None:
    """The unit of a design's times, where it has any."""
    return unit if has_times(type(design)) else None


def _plan(
    seed: int,
    chance: float,
    primary: Design,
    family: tuple[str, Design] | None,
    others: list[DrawnEndpoint],
    said: tuple[tuple[tuple[str, ...], str] | None, str, list[str | None]],
    lost: float | None,
    unit: str,
    allocation: str,
) -> DrawnPlan:
    members = [primary] if family is None else [primary, family[1]]
    names = ["outcome at 12 months", "second outcome at 12 months"]
    compared, sections_after, times = said
    endpoints = [
        DrawnEndpoint(
            name=name,
            role="primary",
            design=design,
            dropout=None if design.loses_by else lost,
            unit=unit,
            time_unit=_time_unit(design, time),
        )
        for name, design, time in zip(names, members, times, strict=False)
    ]
    settings, assumptions = sections(primary, chance)
    more = "".join(endpoint_text(one) for one in [*endpoints[1:], *others])
    if any(one.design.in_turn for one in (*endpoints, *others)):
        more += '\n[intervention]\nreversible = true\nwashout = "two weeks without either"\n'
    if family is not None:
        more += f'\n[family]\nrule = "{family[0]}"\n'
    if compared is not None:
        more += compared[1]
    begins = "randomisation" if len(primary.arm_names) > 1 else "enrolment"
    changes = [
        ("response at 12 months", names[0]),
        ('allocation = "1:1"', f'allocation = "{allocation}"'),
        (AFTER.format("randomisation"), f"{AFTER.format(begins)}\ntimepoint_months = 12"),
    ]
    if primary.loses_by:
        changes.append(('missing = "non-response"\n', ""))
    if unit:
        changes.append((f'name = "{names[0]}"\n', f'name = "{names[0]}"\nunit = "{unit}"\n'))
    if endpoints[0].time_unit:
        changes.append((f'name = "{names[0]}"\n', f'name = "{names[0]}"\ntime_unit = "{endpoints[0].time_unit}"\n'))
    text = plan_text(
        primary.slug(),
        settings,
        assumptions,
        target=target(primary),
        dropout=endpoints[0].dropout,
        changes=changes,
        endpoints=more,
        more=sections_after,
    )
    kind = f"{primary.slug()} {primary.goal} {primary.scale} {primary.favourable}"
    everything = (*endpoints, *others)
    return DrawnPlan(
        seed=seed,
        text=text,
        endpoints=everything,
        rule="" if family is None else family[0],
        arms=() if compared is None else compared[0],
        monitored="[monitoring]" in sections_after,
        kind=kind,
    )


def _builds(plan: DrawnPlan) -> bool:
    """Whether what was drawn goes together, and asks for no more participants than a quick test has time for."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            plan.built(Path(folder))
        except TrialplanError:
            return False
    return True


def sections(design: Sized, chance: float = 1.0) -> tuple[str, str]:
    """The settings and the assumptions of an endpoint with this design."""
    settings, assumptions = [], []
    for name, value in design.assumptions().items():
        declared = design.declarations()[name]
        if name in ("alpha", "sides", "allocation"):
            continue
        if declared.choices or name == "margin" or declared.read is not None:
            settings.append(f"{name} = {_toml(value)}")
        else:
            basis = ("ours", "cited", "derived")[int(3 * chance) % 3]
            assumptions.append(
                f'[endpoint.assumptions.{name}]\nvalue = {_toml(value)}\nbasis = "{basis}"\nsource = "another trial"\n'
            )
    return "\n".join(settings), "\n".join(assumptions)


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def endpoint_text(one: DrawnEndpoint) -> str:
    """A further endpoint as a plan has it."""
    settings, assumptions = sections(one.design)
    lost = 'missing = "non-response"' if one.dropout is None else EXCLUDED.format(one.dropout)
    if not isinstance(one.design, Design) or one.design.loses_by:
        lost = ""
    words = "".join(f'{key} = "{key} of {one.name}"\n' for key in ("variable", "metric", "aggregation", "definition"))
    return (
        f'[[endpoint]]\nname = "{one.name}"\nrole = "{one.role}"\n{words}timepoint = "12 months after randomisation"\n'
        + (f'unit = "{one.unit}"\n' if one.unit else "")
        + (f'time_unit = "{one.time_unit}"\n' if one.time_unit else "")
        + f'design = "{one.design.slug()}"\n{lost}\n[endpoint.settings]\n{settings}\n{assumptions}\n'
    )


def target(design: Design) -> float:
    """The effect that the plan says it is sized for: of two rates their difference."""
    effect, comparator = design.declared("effect"), design.declared("comparator")
    value = float(design.effect_value())
    two = len(design.arm_names) == 2 and effect is not None and comparator is not None
    if two and effect.unit == comparator.unit == "proportion":
        return round(value - float(design.value("comparator")), 6)
    return round(design.outcome.target(design), 6)


def of_every_kind() -> Iterator[tuple[str, DrawnPlan]]:
    """A plan of each design at each of its goals and scales, the better direction in turn, with a name."""
    for slug, cls in sorted(testing().items()):
        declared = parameters(cls)
        kinds = [[(name, one) for one in declared[name].choices] for name in ("goal", "scale") if name in declared]
        for number, choice in enumerate(itertools.product(*kinds)):
            given = dict(choice)
            if "favourable" in declared:
                given["favourable"] = declared["favourable"].choices[number % 2]
            words = ", ".join([slug, *given.values()])
            plan = _of_kind(cls, given, random.Random(words), lost=(None, 0.15)[number // 2 % 2])
            if plan is not None:
                yield words, plan


def _of_kind(cls: type[Design], given: dict[str, Any], rng: random.Random, lost: float | None) -> DrawnPlan | None:
    """The first plan that can be built; None where a design has no such goal on that scale."""
    for _ in range(200):
        allocation = rng.choice(ALLOCATIONS)
        design = drawn_design(cls, rng, allocation, given)
        if design is not None:
            plan = _plan(0, 0.0, design, None, [], (None, "", ["months"]), lost, "mmHg", allocation)
            if _builds(plan):
                return plan
    return None
