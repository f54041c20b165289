"""What a person may change: found in what a design declares and in the schema of plans, never listed here."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from trialplan import catalogue, fields
from trialplan.analyses.scenarios.vary import value
from trialplan.design import Design, Sized
from trialplan.evidence.bias import PRESETS
from trialplan.evidence.pooling import METHODS
from trialplan.evidence.table import EvidenceTable
from trialplan.parameter import Interval, Parameter, parameters, typical
from trialplan.plan.schema import (
    AssumptionSection,
    BridgeSection,
    EndpointSection,
    NoBlindingSection,
    NoConcurrentControlSection,
    PlanFile,
)
from trialplan.sequential.base import WithLooks
from trialplan.text import spoken

ALLOCATION = "allocation"
"""The one number of a plan that is written as words are: 2:1."""

_ALPHA = "alpha"

_YES_NO = ("yes", "no")

NUMBER, CHOICE, SEVERAL, TEXT = "number", "choice", "several", "text"
"""How a value is given: typed as a number, one of several, any of several, or typed as it is."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One thing that may be changed: its path in the state, its words, its value, and what it may be."""

    path: str
    label: str
    hint: str = ""
    kind: str = TEXT
    value: str = ""
    choices: tuple[str, ...] = ()
    group: str = ""
    empty: str = ""
    """What stands in it where nothing does, and says what that means."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What its choices are called where that is not what is chosen, as of names of fields."""

    @property
    def ticked(self) -> tuple[str, ...]:
        """Of several the chosen ones."""
        return tuple(self.value.split(",")) if self.value else ()

    def holds(self, text: str) -> bool:
        """Whether what is typed is what it holds, be it written otherwise: 0.80 is 0.8."""
        return text == self.value or bool(self.value and typed(self, text) == typed(self, self.value))


def shown(value: Any) -> str:
    """A value as a control holds it and as it is typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(map(shown, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


# ---------------------------------------------------------------- of a design


def of_design(cls: type[Sized], changes: Mapping[str, str]) -> list[Control]:
    """One control for each number of the design, what it is sized by, and its looks where it can have any."""
    usual = typical(cls)
    own = [
        _declared(name, one, changes.get(name, ""), "numbers" if name in usual else "more")
        for name, one in parameters(cls).items()
    ]
    return [*own, *_asked(cls, changes), *_looks(cls, changes)]


def _asked(cls: type[Sized], changes: Mapping[str, str]) -> Iterator[Control]:
    if cls.attains == "power":
        yield _declared("power", fields.POWER, changes.get("power", "0.8"), "numbers")
    lost = Parameter("share of participants lost, in [0, 1): inflates n", domain=Interval(0, 1, "left"))
    yield _declared("dropout", lost, changes.get("dropout", ""), "more")


def _looks(cls: type[Sized], changes: Mapping[str, str]) -> Iterator[Control]:
    if issubclass(cls, Design) and cls.may_be_looked_at():
        own = {*parameters(cls), "design"}
        for name, one in parameters(WithLooks).items():
            if name not in own:
                yield _declared(name, one, changes.get(name, ""), "looks")


def _declared(name: str, declared: Parameter, value: str, group: str) -> Control:
    domain = declared.domain
    told = [declared.meaning, _ends(domain) if isinstance(domain, Interval) else ""]
    if declared.choices:
        kind, choices = CHOICE, tuple(map(str, declared.choices))
    else:
        plain = isinstance(domain, Interval) and not declared.axis
        kind, choices = NUMBER if plain else TEXT, ()
    return Control(
        path=name,
        label=spoken(name),
        hint="; ".join(filter(None, told)),
        kind=kind,
        value=value,
        choices=choices,
        group=group,
    )


def _ends(domain: Interval) -> str:
    """Between which ends a number may lie, in words: above 0, up to 1."""
    low = f"{'from' if 'left' in domain.closed else 'above'} {domain.low:g}" if math.isfinite(domain.low) else ""
    high = f"{'up to' if 'right' in domain.closed else 'below'} {domain.high:g}" if math.isfinite(domain.high) else ""
    return " and ".join(filter(None, [low, high]))


# ---------------------------------------------------------------- of a plan


def of_plan(content: PlanFile, table: EvidenceTable | None) -> list[Control]:
    """One control for each number and choice of a plan, in the order of its file; its words are not for forms."""
    return [one if one.empty else replace(one, empty=_when_empty(one)) for one in _of_section(content, "", table, "")]


def _when_empty(control: Control) -> str:
    """What it means that nothing is typed: what is left out of an address stays as it is in the plan."""
    if control.value:
        return f"empty: the plan's {control.value}"
    return "empty: as drawn" if control.hint.endswith(TAKES) else "empty: none stated"


def _of_section(
    section: BaseModel | type[BaseModel], path: str, table: EvidenceTable | None, group: str
) -> Iterator[Control]:
    """The controls of a section; of one that is left out, of its class, with nothing in them."""
    cls = section if isinstance(section, type) else type(section)
    unused = _unused(section)
    for name, info in cls.model_fields.items():
        if name in unused:
            continue
        value = None if isinstance(section, type) else getattr(section, name)
        at, within = f"{path}{name}", group or spoken(name)
        if name == "settings" and isinstance(section, EndpointSection):
            yield from _settings(section, at, f"{within}{_HOW}" if section.role == "primary" else within)
        elif isinstance(value, BaseModel):
            yield from _of_section(value, f"{at}.", table, within)
        elif isinstance(value, Mapping) and any(isinstance(one, BaseModel) for one in value.values()):
            design = section.design if isinstance(section, EndpointSection) else None
            declared = {} if design is None else parameters(catalogue.design(design))
            for key, one in value.items():
                for own in _of_section(one, f"{at}.{key}.", table, within):
                    of_number = own.path == f"{at}.{key}.value" and key in declared
                    yield replace(own, hint=_both(own.hint, declared[key])) if of_number else own
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for place, one in enumerate(value):
                yield from _of_section(one, f"{at}.{place}.", table, _named(one, within))
        elif value is None and (left_out := _section_class(info.annotation)) and name in _MAY_BE_ADDED:
            yield from _of_section(left_out, f"{at}.", table, within)
        else:
            apart = isinstance(section, EndpointSection) and section.role == "primary" and name != "power"
            control = _of_key(at, name, info, value, table, f"{within}{_HOW}" if apart else within)
            if control is not None:
                yield control if not _is_drawn(section, name) else replace(control, hint=_drawn_from(section))


def _both(hint: str, declared: Parameter) -> str:
    """What a number of an assumption is, before where it is drawn from."""
    return f"{declared.meaning}; {hint}" if hint.endswith(TAKES) else declared.meaning


_HOW = ": how it is tested and analysed"
"""What the group of an endpoint's choices is called, apart from the numbers that it is planned with."""

TAKES = "; a number typed here takes its place"
"""What the hint of a number says that is drawn, after where it is drawn from."""

_ORIGINS = {
    "evidence": "drawn from the evidence",
    "effect": "pooled over the evidence",
    "belief": "borrowed from other trials",
    "experts": "said by experts",
}
"""Where a number comes from that an assumption does not state, by the section that says so."""


def _is_drawn(section: BaseModel | type[BaseModel], name: str) -> bool:
    return name == "value" and isinstance(section, AssumptionSection) and section.value is None


def _drawn_from(section: Any) -> str:
    origin = next((words for way, words in _ORIGINS.items() if getattr(section, way) is not None), "not stated")
    return f"{origin}{TAKES}"


_MAY_BE_ADDED = ("monitoring", "no_concurrent_control", "no_blinding")
"""Sections that a plan may lack and a person may want to add; others need words of which a form has none."""


_WAYS: dict[type[BaseModel], tuple[tuple[str, ...], ...]] = {
    BridgeSection: (
        ("discount",),
        ("no_concurrent_control", "no_blinding"),
        ("lower_limit",),
        ("bias",),
        ("acknowledge_uncontrolled",),
    ),
    NoConcurrentControlSection: (("discount",), ("bias",), ("controls",), ("acknowledge",)),
    NoBlindingSection: (("preset", "spread"), ("bias",), ("acknowledge",)),
}
"""The ways of which a section takes one, the usual one first: another beside it is refused."""


def _unused(section: BaseModel | type[BaseModel]) -> set[str]:
    """The keys of the ways that a section does not take; where it takes none, of all but the first."""
    ways = next((ways for cls, ways in _WAYS.items() if section is cls or isinstance(section, cls)), ())
    taken = [way for way in ways if any(getattr(section, name, None) is not None for name in way)]
    return {name for way in ways if way not in (taken or ways[:1]) for name in way}


def _named(section: BaseModel, otherwise: str) -> str:
    return str(getattr(section, "name", None) or otherwise)


def _settings(section: EndpointSection, path: str, group: str) -> Iterator[Control]:
    """The choices of an endpoint's design; what is an assumption there has its own place, with a source."""
    if section.design is None:
        return
    for name, declared in parameters(catalogue.design(section.design)).items():
        if name in section.assumptions or name == ALLOCATION:
            continue
        if name in section.settings or declared.choices or name in (_ALPHA, "margin"):
            numbers = group.removesuffix(_HOW) if name == _ALPHA else group
            given = _declared(name, declared, shown(section.settings.get(name)), numbers)
            usual = shown(getattr(catalogue.design(section.design), name, None))
            empty = "" if given.value or not usual else f"empty: {usual}, as usual"
            yield replace(given, path=f"{path}.{name}", empty=empty)


def _of_key(path: str, name: str, info: Any, value: Any, table: EvidenceTable | None, group: str) -> Control | None:
    """The control of one key; None for words."""
    kind, choices = _kind(info.annotation)
    known = _known(name, path, table)
    if known:
        kind, choices = (SEVERAL if isinstance(value, tuple) or name == "studies" else CHOICE), known
    if name == ALLOCATION:
        kind = TEXT
    if kind is None:
        return None
    label = spoken(name)
    if ".assumptions." in path:
        of, *within = path.split(".assumptions.")[-1].removesuffix(".value").split(".")
        label = ", ".join(map(spoken, [of, *(one for one in within if one not in (*_ORIGINS, "bridge"))]))
    return Control(
        path=path,
        label=label,
        hint=_BRACKETS.sub(lambda found: found[1].replace(" ", ""), info.description or ""),
        kind=kind,
        value=shown(value),
        choices=choices,
        group=group,
        called={key: one.name for key, one in PRESETS.items()} if name == "preset" else {},
    )


_BRACKETS = re.compile(r"\[([\d., ]+)\]")
"""A list of numbers as a plan file has it, which is typed without its brackets here."""


def _known(name: str, path: str, table: EvidenceTable | None) -> tuple[str, ...]:
    """What a key of an assumption's evidence may name, from its table and from what the library knows."""
    if name == "method" and ".assumptions." in path:
        return tuple(METHODS)
    if name == "preset":
        return tuple(PRESETS)
    if table is None or ".evidence." not in path:
        return ()
    outcomes = [one for study in table.studies for one in study.outcomes]
    names = {
        "study": [study.key for study in table.studies],
        "studies": [study.key for study in table.studies],
        "outcome": [one.name for one in outcomes],
        "arm": [one.arm for one in outcomes if one.arm],
        "net_of": [one.name for one in outcomes],
    }
    return tuple(dict.fromkeys(names.get(name, ())))


def _kind(annotation: Any) -> tuple[str | None, tuple[str, ...]]:
    """How a value of this type is given, and what it may be."""
    parts = _parts(annotation)
    for part in parts:
        if get_origin(part) is Literal:
            return CHOICE, tuple(map(str, get_args(part)))
    if bool in parts:
        return CHOICE, _YES_NO
    if parts & {int, float}:
        return NUMBER, ()
    if any(get_origin(part) is tuple and get_args(part)[0] in (float, int) for part in parts) or Any in parts:
        return TEXT, ()
    return None, ()


def _parts(annotation: Any) -> set[Any]:
    """The types that a value may have, without what is said of them."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return set().union(*map(_parts, get_args(annotation)))
    if get_origin(annotation) is tuple:
        return {tuple[next(iter(_parts(get_args(annotation)[0]))), ...]}  # type: ignore[misc]
    return {annotation}


def _section_class(annotation: Any) -> type[BaseModel] | None:
    return next((one for one in _parts(annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None)


def typed(control: Control, text: str) -> Any:
    """What was given to a control, as a plan holds it; what the plan cannot hold is left for the plan to refuse."""
    if control.kind == SEVERAL:
        return text.split(",")
    if control.kind == CHOICE and control.choices[:1] != _YES_NO[:1]:
        return value(text)
    found = read(text)
    return list(found) if isinstance(found, tuple) else found


def read(text: str) -> Any:
    """What was typed: a number, several with commas between them, yes or no, or the text."""
    parts = [value(part.strip()) for part in text.split(",")]
    if len(parts) == 1:
        return dict(zip(_YES_NO, (True, False), strict=True)).get(text, parts[0])
    return text if any(isinstance(part, str) for part in parts) else tuple(parts)
