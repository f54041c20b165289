"""Which designs there are: every public class in `designs/`, and every wrapper, found by looking, never listed.

Two pages tell them: all designs with the questions that they answer, and what the numbers of one mean.
"""

from __future__ import annotations

import dataclasses
import importlib
import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeVar

from trialplan import designs as fixed_designs
from trialplan import sequential, several
from trialplan.design import AnalysisTest, Design, Sized
from trialplan.errors import ParameterError, did_you_mean
from trialplan.outcome import ALSO_CALLED, OBSERVED
from trialplan.page import Answer, Page, Table
from trialplan.parameter import Parameter, needed, parameters, typical
from trialplan.sequential.base import WithLooks
from trialplan.sequential.with_looks import with_looks as looked_at
from trialplan.text import flag
from trialplan.wrapper import Wrapper, WrapperOfOne

_Class = TypeVar("_Class", bound=Sized)


@lru_cache(maxsize=1)
def designs() -> Mapping[str, type[Sized]]:
    """The designs by slug, in alphabetical order."""
    return _by_slug(_classes(fixed_designs))


@lru_cache(maxsize=1)
def by_outcome() -> Mapping[str, Mapping[str, type[Sized]]]:
    """The designs by what is seen of a participant: of two arms, of one, of more; the simplest come first.

    That is what is asked in the fewest values, those of a vector counted; then what tells a difference, and no ratio;
    then what may be told the fewest numbers.
    """

    def simplest(item: tuple[str, type[Sized]]) -> tuple[int, int, bool, int]:
        usual, declared = typical(item[1]), parameters(item[1])
        values = sum(len(one) if isinstance(one, tuple) else 1 for one in usual.values())
        ratio = any(declared[name].role == "effect" and declared[name].unit == "ratio" for name in usual)
        return abs(len(item[1](**usual).arm_names) - 2), values, ratio, len(declared)

    grouped: dict[str, dict[str, type[Sized]]] = {group: {} for group in (*OBSERVED, _ELSE, _NO_TEST)}
    for slug, cls in sorted(designs().items(), key=simplest):
        untested = _NO_TEST if not issubclass(cls, Design) else _ELSE
        grouped[cls.outcome.observed or untested][slug] = cls
    return {group: classes for group, classes in grouped.items() if classes}


_ELSE, _NO_TEST = "something else", "whatever it is, and nothing is tested"
"""What is seen of a participant by designs whose kind of outcome does not say so."""


def found(words: str) -> Mapping[str, Mapping[str, type[Sized]]]:
    """Those of them whose own words begin with all of these: of their name, outcome, questions, numbers and tests.

    Words that a hyphen joins stand together, and so does a single letter with the next one: a t-test is a t test.
    """
    joined = re.sub(r"\b(\w) +(?=\w)", r"\1-", words.lower())
    # a word may go on where it ends here, but for a single letter
    asked = [one if len(one) == _OF_A_LETTER else one.rstrip() for one in map(_in_words, joined.split()) if one.strip()]

    def held(slug: str, group: str, cls: type[Sized]) -> bool:
        kind = [group, ALSO_CALLED.get(group, ""), cls.outcome.kind]
        meanings = [one.meaning for one in parameters(cls).values()]
        tests = [f"{name} test: {test.prose}" for name, test in (cls.tests if issubclass(cls, Design) else {}).items()]
        text = _in_words(" ".join([slug, *kind, cls.__doc__ or "", *meanings, *tests]))
        return bool(asked) and all(one in text for one in asked)

    matched = {
        group: {slug: cls for slug, cls in classes.items() if held(slug, group, cls)}
        for group, classes in by_outcome().items()
    }
    return {group: classes for group, classes in matched.items() if classes}


def _in_words(text: str) -> str:
    """The words of a text with a space on either side of each, for which a hyphen is one."""
    return " ".join(["", *_WORD.findall(text.lower()), ""])


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_OF_A_LETTER = len(" t ")


@lru_cache(maxsize=1)
def wrappers() -> Mapping[str, type[Wrapper]]:
    """The designs around designs by slug, in alphabetical order; their bases have no power of their own."""
    classes = [*_classes(sequential), *_classes(several)]
    return _by_slug(cls for cls in classes if issubclass(cls, Wrapper) and cls.power is not Design.power)


@lru_cache(maxsize=1)
def families() -> Mapping[str, type[Wrapper]]:
    """The wrappers over several members, which a plan names under [family]."""
    return {slug: cls for slug, cls in wrappers().items() if not issubclass(cls, WrapperOfOne)}


COUNT = "treatments"
"""The number by which a wrapper over several arms is known: whoever names the treatments counts them."""


@lru_cache(maxsize=1)
def over_arms() -> Mapping[str, type[Wrapper]]:
    """The wrappers that put several treatments around the design of one, by slug; the first is the usual one."""
    return {slug: cls for slug, cls in wrappers().items() if COUNT in parameters(cls) and slug not in families()}


def looking_at(design: Design) -> list[type[WithLooks]]:
    """The wrappers that look at a design around others."""
    return [cls for cls in wrappers().values() if issubclass(cls, WithLooks) and cls.looks_at(design)]


def with_looks(design: Design, **rule: Any) -> WithLooks:
    """The design with looks, by the wrapper that looks at what it is."""
    own = looking_at(design) if design.members else []
    return own[0](design=design, **rule) if own else looked_at(design, **rule)


def design(slug: str) -> type[Sized]:
    """The design of that name, or an error that names the nearest.

    It is looked for in the file that bears its name first, so that one design does not cost reading all of them.
    """
    home = slug.replace("-", "_")
    if home.isidentifier() and os.path.isfile(os.path.join(fixed_designs.__path__[0], f"{home}.py")):
        for cls in _written_in(f"{fixed_designs.__name__}.{home}"):
            if cls.slug() == slug:
                return cls
    known = designs()
    if slug not in known:
        raise ParameterError(f"there is no design {slug!r}; {did_you_mean(slug, known)}")
    return known[slug]


def summary(cls: type[Sized]) -> str:
    """The question that the design answers."""
    return (cls.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, kw_only=True, repr=False)
class DesignList(Answer):
    """The designs and the designs around designs, each with its class and the question that it answers."""

    def page(self) -> Page:
        """One row a design."""
        return page()


@dataclass(frozen=True, kw_only=True, repr=False)
class DesignNumbers(Answer):
    """What the numbers of one design mean, and its table of tests."""

    design: type[Sized]

    def page(self) -> Page:
        """One row a number, one row a test."""
        return page_of(self.design)


def page() -> Page:
    """The designs, each with its class and its question, then those around designs."""
    told, around = _listed(designs()), _listed(wrappers())
    columns = ("design", "class", "question")
    return Page(
        data={"designs": told, "around": around},
        headline=f"{len(told)} designs; `trialplan designs NAME`, in Python list_designs(NAME), tells its numbers",
        tables=[
            Table(columns, [tuple(one.values()) for one in told]),
            Table(columns, [tuple(one.values()) for one in around], title="Around other designs"),
        ],
        records=lambda: [*told, *around],
    )


def _listed(classes: Mapping[str, type[Sized]]) -> list[dict[str, str]]:
    return [{"design": slug, "class": cls.__name__, "summary": summary(cls)} for slug, cls in classes.items()]


def page_of(cls: type[Sized]) -> Page:
    """The numbers of one design with symbol, unit, domain and meaning, and its table of tests."""
    numbers = [_number(cls, name, declared) for name, declared in parameters(cls).items()]
    columns = ("name", "symbol", "unit", "domain", "default", "meaning")
    tables = [Table(columns, [[_cell(number, name) for name in columns] for number in numbers])]
    tests = cls.tests if issubclass(cls, Design) else {}
    if tests:
        rows = [[name, test.prose, ", ".join(test.goals), test.reference] for name, test in tests.items()]
        tables.append(Table(("test", "what it is", "goals", "reference"), rows, title="Tests"))
    return Page(
        data={
            "design": cls.slug(),
            "summary": summary(cls),
            "parameters": numbers,
            "tests": [_test(name, test) for name, test in tests.items()],
        },
        headline=f"{cls.slug()}: {summary(cls)}",
        tables=tables,
        notes=[f"In Python {cls.__name__}(name=value, ...); an option of the command line is the name with hyphens."],
        records=lambda: numbers,
    )


def _number(cls: type[Sized], name: str, declared: Parameter) -> dict[str, Any]:
    default = {field.name: field.default for field in dataclasses.fields(cls)}[name]
    return {
        "name": name,
        "option": f"--{flag(name)}",
        "symbol": declared.symbol,
        "unit": declared.unit,
        "domain": " | ".join(map(str, declared.choices)) if declared.choices else str(declared.domain or ""),
        "required": name in needed(cls),
        "default": None if default is dataclasses.MISSING else default,
        "meaning": declared.meaning,
    }


def _cell(number: Mapping[str, Any], name: str) -> str:
    if name != "default" or number["required"]:
        return "needed" if name == "default" else str(number[name])
    value = number["default"]
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _test(name: str, test: AnalysisTest) -> dict[str, Any]:
    lists = {"goals": list(test.goals), "scales": list(test.scales)}
    return {"test": name, **lists, **{key: getattr(test, key) for key in ("exact", "formula", "reference", "prose")}}


def _classes(room: ModuleType) -> Iterator[type[Sized]]:
    """The public classes of a room, each from the file in which it is written; helpers begin with _."""
    import pkgutil  # one design, found by its name, does not need it

    for file in pkgutil.iter_modules(room.__path__):
        if not file.name.startswith("_"):
            yield from _written_in(f"{room.__name__}.{file.name}")


def _written_in(name: str) -> Iterator[type[Sized]]:
    """The public classes that a module writes itself."""
    for cls in vars(importlib.import_module(name)).values():
        own = isinstance(cls, type) and issubclass(cls, Sized) and cls.__module__ == name
        if own and not cls.__name__.startswith("_"):
            yield cls


def _by_slug(classes: Iterable[type[_Class]]) -> Mapping[str, type[_Class]]:
    return {cls.slug(): cls for cls in sorted(classes, key=lambda cls: cls.slug())}
