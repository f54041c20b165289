"""Plans and what is made of them: the trial, its protocol, a check of it, a list of randomisation."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from trialplan.errors import MissingExtra, ParameterError, PlanError, field, setting
from trialplan.page import Answer, Page
from trialplan.verbs._arguments import built, mapping, path_like, read, several
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.enrolment.minimisation import Minimisation
    from trialplan.enrolment.randomisation import Scheme
    from trialplan.plan import Plan, Trial
    from trialplan.plan.addition import Addition
    from trialplan.plan.difference import Difference
    from trialplan.plan.next_fact import Facts
    from trialplan.protocol.checking.check import Checked
    from trialplan.protocol.registry_difference import RegistryDifference
    from trialplan.verbs._arguments import PlanLike

DEMO = "msc-lupus-nephritis"
"""The shipped plan of the demo."""

_BITS = 128
"""Of a seed that is drawn: too long to be guessed."""

_PATIENCE = 300.0
"""Seconds that what somebody else's file asks for may take."""


@refuses_misfits
def read_plan(plan: PlanLike) -> Plan:
    """What does a plan file say? A shipped plan's name or the path of a file; `.content` holds its sections.

    >>> read_plan("msc-lupus-nephritis").content.trial.allocation
    '1:1'
    """
    return read(plan)


@refuses_misfits
def build(plan: PlanLike) -> Trial:
    """What does a plan come to? Evidence read and audited, assumptions resolved with their sources, endpoints sized.

    `.design` and `.answer` are those of the primary, which every other call takes as well.

    >>> trial = build("msc-lupus-nephritis")
    >>> trial.answer.n, trial.primary.name
    (254, 'complete renal response at 12 months')
    """
    return built(plan)


@overload
def render_protocol(
    plan: PlanLike,
    *,
    document: str | None = ...,
    templates: str | Path | None = ...,
    reference: str | Path | None = ...,
    patience: float = ...,
) -> str: ...
@overload
def render_protocol(
    plan: PlanLike,
    *outputs: str | Path,
    document: str | None = ...,
    templates: str | Path | None = ...,
    reference: str | Path | None = ...,
    patience: float = ...,
    force: bool = ...,
) -> list[Path]: ...
@refuses_misfits
def render_protocol(
    plan: PlanLike,
    *outputs: str | Path,
    document: str | None = None,
    templates: str | Path | None = None,
    reference: str | Path | None = None,
    patience: float = _PATIENCE,
    force: bool = False,
) -> str | list[Path]:
    """The protocol draft that a plan makes: its Markdown, or, where `outputs` are named, those files, written.

    `document` is for whom it is: the whole protocol, statistics (sample size and analysis alone), statement (the
    sample size as a paragraph to copy, below its heading, then the source of each value), committee (the sheet of a
    data monitoring committee) or registry (the fields of a trial registry); without it what the plan's `[report]`
    says. Files carry the plan and its tables, so that `check` can compute them again; the text of a statement, a sheet
    or a registry's record, to be copied, does not. Of one design the paragraph is `size(design).statement()`. The
    format follows the suffix: .md, .html, .docx, .pdf or .tex, of a registry's record .txt and .json too; .html,
    .docx, .pdf and .tex need the extra `report`. `templates` is a folder that overrides some of the shipped ones, in
    at most `patience` seconds; `reference` is the Word file whose styles a .docx takes: `render_protocol("plan.toml",
    "draft.docx", reference="house.docx")`. A file that is there is written over only by `force`.
    """
    from trialplan.files import as_path, replacing

    house: dict[str, Any] = {
        "templates": None if templates is None else Path(templates),
        "reference": None if reference is None else Path(reference),
        "patience": patience,
        "kind": document,
    }
    if outputs:
        paths = [as_path(output) for output in outputs]
        ahead = _drawing_ahead(paths) if templates is None and document not in _SHORT else nullcontext()
        with replacing(force), ahead:
            from trialplan import protocol

            return protocol.write(read(plan), paths, **house)
    from trialplan import protocol

    with tempfile.TemporaryDirectory() as folder:  # by way of a file: the one road that a protocol is written on
        # a sheet is text to copy; a protocol keeps its sources, by which `check` computes it again
        sheet = document in _SHORT
        (path,) = protocol.write(read(plan), [Path(folder) / "protocol.md"], **house, carries_sources=not sheet)
        return path.read_text(encoding="utf-8")


_SHORT, _UNDRAWN = ("statement", "committee", "registry"), (".md", ".txt", ".json")
"""Documents that have no figures, and formats that have none drawn."""


@contextmanager
def _drawing_ahead(outputs: Sequence[Path]) -> Iterator[None]:
    """A process beside this one, where figures are to be drawn, that reads what they are drawn with.

    It begins before this one reads what documents are made by, which takes as long.
    """
    if all(path.suffix.lower() in _UNDRAWN for path in outputs) or "matplotlib.figure" in sys.modules:
        yield
        return
    from trialplan.analyses.beside import beside
    from trialplan.figures import prepare

    with beside(prepare):
        yield


@refuses_misfits
def check(
    file: str | Path,
    *,
    plan: PlanLike | None = None,
    templates: str | Path | None = None,
    patience: float = _PATIENCE,
) -> Checked:
    """Does a finished protocol, .md, .html, .docx, .odt or .pdf, still say what the plan in it gives? `.ok`, `.wrong`.

    `plan` is what it is held against where it has lost its own, `templates` the house style that it was written with.
    """
    from trialplan.protocol.checking.check import check as checked

    path = Path(path_like("check", file, "the path of a finished protocol"))
    held = None if plan is None else read(plan)
    return checked(path, None if templates is None else Path(templates), patience, held)


@refuses_misfits
def diff(a: PlanLike, b: PlanLike) -> Difference | RegistryDifference:
    """Why does plan b ask for more participants than plan a? The change in n, shared among what changed.

    Where `a` is the path of a registry's record (.json, as downloaded from ClinicalTrials.gov): where do the record and
    plan b say different things of enrolment, allocation, masking, arms, outcomes and their time frames?

    >>> found = diff("starter", "msc-lupus-nephritis")
    >>> found.of_b.n - found.of_a.n == found.change == sum(part.change_in_n for part in found.parts)
    True
    """
    from trialplan.plan.difference import difference

    if isinstance(a, (str, Path)) and str(a).lower().endswith(".json"):
        from trialplan.protocol.registry_difference import registry_difference

        return registry_difference(Path(a), built(b))
    return difference(read(a), read(b))


@refuses_misfits
def add_study(plan: PlanLike, study: str | Path) -> Addition:
    """What does a new study bring? The change in n, in the rates and in assurance, shared among its arms exactly.

    `study` is an evidence table: an arm joins where its outcome bears the name that the plan reads, and has a role.

    >>> found = add_study("starter", "msc-lupus-nephritis-randomised")
    >>> [str(share.changes["n"]) for share in found.shares]
    ['48']
    """
    from trialplan.plan.addition import addition

    return addition(read(plan), path_like("add_study", study, "the name or the path of an evidence table"))


@refuses_misfits
def facts(plan: PlanLike) -> Facts:
    """Which missing or doubtful cell of the evidence is worth asking the authors for? n over what each may be, ranked.

    >>> found = facts("starter")
    >>> found.facts[0].doubt.question, found.facts[0].answers
    ('ask the authors of wang-2012 what became of those without a result', (('16/31', 252), ('17/31', 210)))
    """
    from trialplan.plan.next_fact import facts as ranked

    return ranked(read(plan))


@refuses_misfits
def randomise(
    plan: PlanLike | None = None,
    *,
    arms: Mapping[str, int] | Sequence[str] | None = None,
    n: int | None = None,
    seed: int | None = None,
    blocks: Sequence[int] = (),
    strata: Mapping[str, Sequence[str]] | None = None,
) -> Scheme:
    """Who gets what, in which order? Permuted blocks of randomly varying size, for a plan, or for `arms` and `n`.

    `arms` are names, or names with their participants in one allocation block, {"cells": 2, "placebo": 1}. Without a
    seed one is drawn, and is in the answer. `blocks` are two and three allocation blocks unless given; `strata` are
    levels by name, {"site": ["A", "B"]}, crossed with those of the plan, unless there are none, {}. Whoever has seed
    and block sizes can make the list again: keep them from all who enrol or treat.

    >>> scheme = randomise(arms=["treatment", "control"], n=60, seed=7)
    >>> len(scheme.to_dict()["list"]), scheme.blocks
    (62, (4, 6))
    """
    from trialplan.enrolment.randomisation import Scheme

    weights, total, of = _of_plan(plan, arms, n) if plan is not None else (_weights(arms), n, "participant")
    if total is None:
        raise ParameterError(
            f"{field('n')} is needed where there is no plan: all arms together, as in {setting('n', 60)}"
        )
    blocks = several("randomise", "blocks", blocks, "(4, 6)")
    given = mapping("randomise", "strata", {} if strata is None else strata, '{"site": ["A", "B"]}')
    levels = {name: several("randomise", f"strata: {name}", values, '["A", "B"]') for name, values in given.items()}
    planned = () if plan is None or (strata is not None and not given) else read(plan).content.randomisation.strata
    of_plan = {one.factor: one.levels for one in planned if one.levels and one.factor not in levels}
    left_open = tuple(one.factor for one in planned if not one.levels and one.factor not in levels)
    return Scheme(
        arms=weights,
        n=total,
        blocks=blocks,
        strata={**of_plan, **levels},
        seed=secrets.randbits(_BITS) if seed is None else seed,
        of=of,
        of_plan=tuple(of_plan),
        left_open=left_open,
    )


@refuses_misfits
def minimise(
    plan: PlanLike | None = None,
    *,
    factors: Mapping[str, Sequence[str]],
    participants: Sequence[Mapping[str, str]] = (),
    probability: float | None = None,
    arms: Sequence[str] | None = None,
    n: int | None = None,
    seed: int | None = None,
) -> Minimisation:
    """Who gets what, so that arms differ least at every level of the `factors`? Pocock and Simon's minimisation.

    `participants` are those who have come, in their order, each with its levels by factor; those who come later are
    added at the end, and with the same seed nothing before them changes. Each goes with `probability` (0.8) to the arm
    that balances best. `.imbalance` is what is to be expected in n participants, simulated, beside permuted blocks and
    plain chance.

    >>> come = [{"sex": "f"}, {"sex": "f"}]
    >>> made = minimise(arms=["a", "b"], factors={"sex": ("f", "m")}, participants=come, probability=1, seed=7)
    >>> sorted(made.arms_given)
    ['a', 'b']
    """
    from trialplan.enrolment.minimisation import PROBABILITY, Minimisation

    weights, total, of = _of_plan(plan, arms, n) if plan is not None else (_weights(arms), n, "participant")
    if of != "participant":
        way_out = "make a list by randomise"
        raise ParameterError(f"the plan randomises {of}s, and minimisation takes participants", way_out=way_out)
    participants = several("minimise", "participants", participants, '[{"sex": "f"}, {"sex": "m"}]')
    factors = mapping("minimise", "factors", factors, '{"sex": ("f", "m")}')
    levels = {name: several("minimise", f"factors: {name}", each, '("f", "m")') for name, each in factors.items()}
    total = len(participants) or None if total is None else total
    if total is None:
        raise ParameterError(
            f"{field('n')} is needed where there is no plan: all arms together, as in {setting('n', 60)}"
        )
    return Minimisation(
        arms=weights,
        factors=levels,
        n=total,
        seed=secrets.randbits(_BITS) if seed is None else seed,
        probability=PROBABILITY if probability is None else probability,
        participants=participants,
    )


def _of_plan(plan: PlanLike, arms: Any, n: int | None) -> tuple[dict[str, int], int, str]:
    """The plan's arms with their weights, how many it randomises, and of what: participants, or their clusters."""
    from trialplan.enrolment.dropout import enrolled
    from trialplan.plan.arms import arm_words

    if arms is not None:
        raise ParameterError(f"{field('arms')} and a plan are both given; the plan says its {field('arms')}: keep one")
    trial = built(plan)
    answer = trial.answer
    weights = answer.design.weights
    if answer.design.fixed.in_turn:
        raise PlanError(
            f"{trial.plan.name}: the order of the treatments is what is randomised; name the sequences as the arms, as "
            f"in {_arms_named('AB', 'BA')} {setting('n', trial.n_randomised)}"
        )
    if len(weights) < 2:
        raise PlanError(f"{trial.plan.name}: {answer.design.slug()} has one arm, and one arm is not randomised")
    named = dict(zip(arm_words(trial.plan.content, answer.design).values(), weights, strict=True))
    if clusters := trial.clusters_randomised:
        return named, clusters if n is None else n, "cluster"
    if n is None:
        n = enrolled(answer.design, answer.arms, trial.primary.section.dropout or 0.0)["n"]
    return named, n, "participant"


def _arms_named(*arms: str) -> str:
    return setting("arms", ",".join(arms), f"arms={list(arms)}")


def _weights(arms: Mapping[str, int] | Sequence[str] | None) -> dict[str, int]:
    if not arms or isinstance(arms, str):
        raise ParameterError(
            f"randomise needs a plan, or {field('arms')}, as in {_arms_named('treatment', 'control')} "
            f"{setting('n', 60)}"
        )
    if isinstance(arms, Mapping):
        return dict(arms)
    arms = several("randomise", "arms", arms, '["treatment", "control"] or {"treatment": 2, "control": 1}')
    if len(set(arms)) < len(arms):
        raise ParameterError(f"{field('arms')} must differ, not {','.join(arms)}")
    return dict.fromkeys(arms, 1)


@refuses_misfits
def starter_plan(document: str = "protocol") -> str:
    """The text of a commented plan file, to be saved and filled in, for the document that it is to make.

    >>> "[monitoring]" in starter_plan("committee")
    True
    """
    from trialplan.plan.starters import starter_for
    from trialplan.protocol.content.readers import document as of_that_name

    return starter_for(of_that_name(document).name)


@refuses_misfits
def schema() -> dict[str, Any]:
    """What may a plan file hold? Its JSON Schema, for editors that complete and check as one types."""
    from trialplan import plan

    return plan.json_schema()


@dataclass(frozen=True, kw_only=True, repr=False)
class Demo(Answer):
    """The files of the demo, and why some are left out."""

    paths: tuple[Path, ...]
    left_out: str = ""

    def page(self) -> Page:
        """The files that were written."""
        names = [str(path) for path in self.paths]
        return Page(
            data={"paths": names, "left_out": self.left_out or None},
            headline=f"wrote {', '.join(names)}",
            notes=[f"HTML and DOCX are left out: {self.left_out}"] if self.left_out else [],
        )


@refuses_misfits
def demo(folder: str | Path = "trialplan-demo") -> Demo:
    """The whole road once: the protocol draft of a shipped plan, as Markdown, HTML and DOCX, in a folder.

    Without the extra `report` it is Markdown alone.
    """
    from trialplan import protocol
    from trialplan.files import make_folder

    folder = Path(folder)
    made = make_folder(folder)
    outputs = [folder / f"protocol{suffix}" for suffix in (".md", ".html", ".docx")]
    try:
        try:
            return Demo(paths=tuple(protocol.write(read(DEMO), outputs)))
        except MissingExtra as missing:
            return Demo(paths=tuple(protocol.write(read(DEMO), outputs[:1])), left_out=str(missing))
    except BaseException:
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise
