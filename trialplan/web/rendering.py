"""Pages as HTML: the templates are given answers and words, and compute nothing."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import jinja2

from trialplan import catalogue, files
from trialplan.errors import ParameterError, TrialplanError, did_you_mean
from trialplan.figures import PAPER, PHONE
from trialplan.figures.canvas import in_address
from trialplan.page import Page, Table, with_printed_signs
from trialplan.parameter import parameters
from trialplan.plan.variation import CALLED
from trialplan.text import column, flag, spoken
from trialplan.web import pages
from trialplan.web.controls import Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.pictures import MEDIUM, PICTURES
from trialplan.web.shelf import UPLOADED
from trialplan.web.state import FIRST, State
from trialplan.web.subject import OF_MEMBER, Subject
from trialplan.web.told import told


@cache
def kinds() -> dict[str, PageKind]:
    """The pages by name, in their order."""
    names = [one.name for one in pkgutil.iter_modules(pages.__path__)]
    made = [importlib.import_module(f"{pages.__name__}.{name}").PAGE for name in names]
    return {one.name: one for one in sorted(made, key=lambda one: one.place)}


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(files.shipped("templates") / "web")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.filters["spaced"] = lambda text: text[:1].upper() + text[1:]
    made.filters["printed"] = with_printed_signs
    return made


@dataclass(frozen=True, kw_only=True)
class Head:
    """The number with what it counts, the sentence that goes with it, how many are analysed, and what sizes it."""

    n: str
    counts: str
    headline: str
    lost: str = ""
    sized_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Late:
    """What takes long: the sentence that says so, the work that a button starts, and whether its number is there.

    Without a sentence the rest of the page follows by itself.
    """

    sentence: str
    work: str
    sized: bool
    live: bool = False


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A picture as a page holds it: where it is, the sentences that stand for it, and its data."""

    address: str
    narrow: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def page_html(subject: Subject, state: State, name: str, live: bool) -> str:
    """The page of that name; `live` leaves out what takes longer than the number."""
    kind = _kind(subject, name)
    head, wrong = _head(subject)
    return _rendered(
        subject,
        state,
        kind,
        head=head,
        wrong=wrong,
        parts=[] if live or wrong else list(_parts(subject, state, kind)),
        live=live,
        refused="" if live or wrong or not state.changes else _refused(subject),
    )


def late_html(subject: Subject, state: State, name: str, late: Late) -> str:
    """The page of that name where its answer takes long: all that stands there at once, and a button for the rest."""
    kind = _kind(subject, name)
    if not late.sized:
        return _rendered(subject, state, kind, wrong=late.sentence, work=late.work, live=late.live, quick=True)
    head, wrong = _head(subject)
    rest = Part(title="This takes long", text=late.sentence, work=late.work)
    parts = [] if wrong else [*kind.asks(subject, state), rest]
    refused = "" if wrong or not state.changes else _refused(subject)
    soon = not late.sentence
    return _rendered(subject, state, kind, head=head, wrong=wrong, parts=parts, refused=refused, soon=soon)


def _kind(subject: Subject, name: str) -> PageKind:
    known = kinds()
    if name not in known:
        raise ParameterError(f"there is no page {name!r}; {did_you_mean(name, known)}")
    if not (subject.is_plan or known[name].of_designs):
        raise ParameterError(
            f"{known[name].title} is a page of plans; a design by itself has no evidence and no beliefs"
        )
    return known[name]


def _rendered(subject: Subject, state: State, kind: PageKind, *, quick: bool = False, **answered: Any) -> str:
    """A page with what was answered; `quick` where its controls are not to wait for what the plan comes to."""
    told = {"head": None, "wrong": "", "parts": [], "live": False, "refused": "", "work": "", "soon": False} | answered
    (controls, broken), opened = _controls(subject, kind, quick), _opened(subject)
    there = [one for one in kinds().values() if subject.is_plan or one.of_designs]
    return (
        _templates()
        .get_template("page.html")
        .render(
            told
            | {
                "kind": kind,
                "kinds": there,
                "onward": next((one for one in there if one.place > kind.place), None),
                "state": state,
                "named": "that you opened" if state.name.startswith(UPLOADED) else state.name,  # no title holds a key
                "own": "table" in state.looked_at,
                "query": state.query(),
                "subject": subject,
                "wrong": told["wrong"] or broken,
                "groups": _groups(controls, opened),
                "opened": opened,
                "hidden": _hidden(state, [one.path for one in controls]),
                "plans": subject.shelf.plans(),
                "designs": {group: list(classes) for group, classes in catalogue.by_outcome().items()},
                "designed": subject.designed,
                "asks": "" if subject.is_plan else catalogue.summary(catalogue.design(state.name)),
                "view_hidden": _view_hidden,
                "changed": _changed(subject, state),
                "drawn": lambda figure: _drawn(subject, state, figure),
            }
        )
    )


def worked_html(subject: Subject, state: State, name: str) -> str:
    """What a page shows of a state, whole and with its pictures, as a fragment: of what takes long to work out."""
    kind, (head, wrong) = kinds()[name], _head(subject)
    if head is None:
        raise ParameterError(wrong)
    return (
        _templates()
        .get_template("worked.html")
        .render(
            kind=kind,
            state=state,
            query=state.query(),
            head=head,
            parts=list(_parts(subject, state, kind)),
            view_hidden=_view_hidden,
            drawn=lambda figure: _drawn(subject, state, figure, within=True),
        )
    )


def message_html(title: str, sentence: str, work: str = "", query: str = "") -> str:
    """A page of one sentence; with `work`, a button that starts it."""
    return _templates().get_template("message.html").render(title=title, sentence=sentence, work=work, query=query)


def rest_html(sentence: str) -> str:
    """The second half of a page of which nothing but its number can be shown, and why."""
    return _templates().get_template("rest.html").render(sentence=sentence)


def work_html(**told: Any) -> str:
    """The page of long work."""
    return _templates().get_template("work.html").render(**told)


def home_html(plans: list[tuple[str, str]], find: str = "") -> str:
    """The first page: what can be looked at, and how to open a file; of designs those that `find` is found in."""
    listed = [
        (group, [(slug, catalogue.summary(cls)) for slug, cls in classes.items()])
        for group, classes in (catalogue.found(find) if find.strip() else catalogue.by_outcome()).items()
    ]
    told = {"kinds": list(kinds().values()), "first": FIRST, "plans": plans, "designs": listed, "find": find}
    return _templates().get_template("home.html").render(told)


def part_html(page: Page) -> str:
    """An answer's page as a fragment."""
    return _templates().get_template("answer.html").render(page=with_printed_signs(_worded(page)))


def _head(subject: Subject) -> tuple[Head | None, str]:
    """The number with its sentence, or what is wrong."""
    try:
        answer = subject.answer
        n, headline = int(answer.n), answer.page().headline
        if not subject.is_plan:
            lost = "" if answer.enrolled is None else f"of whom {n:,} are expected to be analysed"
            n = n if answer.enrolled is None else int(answer.enrolled["n"])
            return Head(n=f"{n:,}", counts=f"{answer.design.counted_in} in all", headline=headline, lost=lost), ""
        endpoint = subject.endpoint
        randomised = sum(endpoint.arms_randomised.values())
        lost = "" if randomised == n else f"of whom {n:,} are expected to be analysed"
        counts = "to be randomised" if len(endpoint.arms_randomised) > 1 else f"{answer.design.counted_in} in all"
        return Head(n=f"{randomised:,}", counts=counts, headline=headline, lost=lost, sized_by=endpoint.name), ""
    except TrialplanError as why:
        return None, told(why)


def _parts(subject: Subject, state: State, kind: PageKind) -> Iterator[Part]:
    """The parts of a page; one that fails says why, and the others stand."""
    parts = chain(kind.asks(subject, state), kind.parts(subject, state))
    while True:
        try:
            part = next(parts)
            yield part if part.page is None else replace(part, page=_worded(part.page, subject))
        except StopIteration:
            return
        except TrialplanError as why:
            yield Part(title="This cannot be answered", wrong=told(why))
            return


def _controls(subject: Subject, kind: PageKind, quick: bool) -> tuple[list[Control], str]:
    try:
        return [one for one in (subject.typed if quick else subject.controls) if kind.takes(one)], ""
    except TrialplanError as why:
        return [], told(why)


def _groups(controls: list[Control], opened: list[str]) -> dict[str, list[Control]]:
    """By group, those that stand open first; there what is assumed comes before power and level."""

    def later(one: Control) -> tuple[bool, bool]:
        return one.group not in opened, one.group in opened and ".assumptions." not in one.path

    grouped: dict[str, list[Control]] = {}
    for one in sorted(controls, key=later):
        grouped.setdefault(one.group, []).append(one)
    return grouped


def _opened(subject: Subject) -> list[str]:
    """The groups of controls that stand open: the numbers of a design, looks that it has, and the primary endpoints."""
    if not subject.is_plan:
        return ["numbers", *(["looks"] if subject.rule else [])]
    return [one.name for one in subject.original.content.endpoint if one.role == "primary"]


def _hidden(state: State, shown: list[str]) -> list[tuple[str, str]]:
    """The entries of the state that no control of the form holds, so that they travel with it."""
    view = [(f"view.{name}", value) for name, value in state.view]
    return [(state.kind, state.name), *(pair for pair in state.changes if pair[0] not in shown), *view]


def _view_hidden(state: State, form: tuple[Control, ...]) -> list[tuple[str, str]]:
    """The same for a form of how it is looked at."""
    own = [one.path for one in form]
    view = [(f"view.{name}", value) for name, value in state.view if f"view.{name}" not in own]
    return [(state.kind, state.name), *state.changes, *view]


def _changed(subject: Subject, state: State) -> list[dict[str, str]]:
    """What was changed, with what stood there and the address without it."""
    try:
        return [
            {
                "label": f"{control.group}: {control.label}" if control.group else control.label,
                "before": before or "nothing",
                "now": control.value,
                "undo": state.changed(control.path, None).query(),
            }
            for control, before in subject.changes
        ]
    except TrialplanError:
        return []


def _refused(subject: Subject) -> str:
    """Why a plan with these changes is no plan yet, although it has a number; nothing where it is one."""
    try:
        _ = subject.is_plan and subject.trial
    except TrialplanError as why:
        return told(why)
    return ""


def _drawn(subject: Subject, state: State, name: str, within: bool = False) -> Drawn | str:
    """A picture's words and data, or why there is none; `within` puts the picture itself into its address."""
    try:
        figure = PICTURES[name](subject, state)
        columns, rows = figure.table()
    except TrialplanError as why:
        return told(why)
    shown = tuple(zip(*map(column, zip(*rows, strict=True)), strict=True))
    if within:
        address, narrow = (in_address(figure, medium) for medium in (PAPER, PHONE))
    else:
        address, narrow = (f"/figure/{name}.svg?{one.query()}" for one in (state, state.seen(**{MEDIUM: "yes"})))
    return Drawn(address=address, narrow=narrow, alt=figure.alt(), columns=tuple(columns), rows=shown)


def _worded(page: Page, subject: Subject | None = None) -> Page:
    """An answer's page with what numbers are called in place of the names of their fields and options."""

    def said(cell: str) -> str:
        own = OF_MEMBER.fullmatch(cell)  # a member's number bears its place
        if own is None or own[1] not in _called():
            return _called().get(cell, cell)
        words = _called()[own[1]]
        return f"{words} {own[2]}" if subject is None else subject.called(cell, words)

    def worded(one: Table) -> Table:
        named = [(said(first), *others) for first, *others in one.rows]
        return Table(list(map(said, one.columns)), named, one.title, one.right)

    return replace(page, tables=list(map(worded, page.tables)))


@cache
def _called() -> dict[str, str]:
    """What the numbers of designs and plans are called, by field and by option."""
    classes = [*catalogue.designs().values(), *catalogue.wrappers().values()]
    names = {name for cls in classes for name in parameters(cls)}
    return {way: spoken(name) for name in names for way in (name, flag(name))} | CALLED
