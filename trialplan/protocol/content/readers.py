"""The documents that a plan makes, by reader: what each is called, what it prints, and from which template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.plan.building import Trial
from trialplan.protocol.content.analysis_plan_items import REFERENCE as ANALYSIS_PLAN
from trialplan.protocol.content.analysis_plan_items import analysis_plan_items
from trialplan.protocol.content.committee import sheet
from trialplan.protocol.content.context import basics, context
from trialplan.protocol.content.plan_statement import loose_ends
from trialplan.protocol.content.registry import REGISTRIES, record

Meanwhile = Callable[[], None]
"""What is to be begun once the longest that a document asks for is at work beside."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """One kind of document; only a long one has figures and a table of contents.

    One with `slots` marks each thing that the plan does not say where it would stand; others name them together.
    """

    name: str
    objects: Callable[[Trial, Meanwhile], dict[str, Any]]
    long: bool = False
    slots: bool = False

    @property
    def template(self) -> str:
        """The template that it begins from."""
        return f"{self.name}.md.j2"

    def context(self, trial: Trial, meanwhile: Meanwhile = lambda: None) -> dict[str, Any]:
        """Every object that its templates may print, by name."""
        objects = self.objects(trial, meanwhile)
        usual = trial.plan.content.report.document
        asked = "" if self.name == usual else f" {OPTION} {self.name}"
        return objects | {"command": f"{objects['command']}{asked}", "document": self}


OPTION = "--document"
"""What a command names a document by."""


def _whole(trial: Trial, meanwhile: Meanwhile) -> dict[str, Any]:
    return context(trial, meanwhile)


def _statistics(trial: Trial, meanwhile: Meanwhile) -> dict[str, Any]:
    said = context(trial, meanwhile)
    items = analysis_plan_items(said)
    return said | {"items": items, "standards": (*said["standards"], ANALYSIS_PLAN)}


def _statement(trial: Trial, _: Meanwhile) -> dict[str, Any]:
    said = basics(trial)
    whole = said["primary"]  # the looks have a sentence of their own
    briefly = vars(whole) | {"method": whole.design.fixed.formula}
    return said | {"loose_ends": loose_ends(said), "briefly": briefly}


def _committee(trial: Trial, _: Meanwhile) -> dict[str, Any]:
    return basics(trial) | {"sheet": sheet(trial)}


def _registry(trial: Trial, _: Meanwhile) -> dict[str, Any]:
    return basics(trial) | {"record": record(trial), "registries": REGISTRIES}


DOCUMENTS = {
    one.name: one
    for one in (
        Document(name="protocol", objects=_whole, long=True, slots=True),
        Document(name="statistics", objects=_statistics, long=True),
        Document(name="statement", objects=_statement),
        Document(name="committee", objects=_committee),
        Document(name="registry", objects=_registry),
    )
}
"""Every document, by the name that it is asked for."""


def document(name: str) -> Document:
    """The document of that name."""
    if name not in DOCUMENTS:
        way_out = did_you_mean(name, DOCUMENTS)
        raise ParameterError(
            f"cannot be {name!r}: there is no such one", parameter="document", value=name, way_out=way_out
        )
    return DOCUMENTS[name]
