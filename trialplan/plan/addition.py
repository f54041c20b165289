"""What a new study brings to a plan: the change in n, in what is believed and in assurance, shared among its arms.

Each arm that the plan can use is a change: a treatment arm joins the rate that the plan draws, a control arm the arms
that its control rate is borrowed from, and of a plan on two-arm studies the whole study joins the pooled effect. The
shares are Shapley values (1953, Contributions to the Theory of Games II:307) and add up to the whole change exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from trialplan import evidence
from trialplan.analyses.assurance.assess import assurance
from trialplan.analyses.sensitivity.shapley import shapley, told_apart, unions
from trialplan.errors import PlanError, TrialplanError
from trialplan.evidence.control import CONTROL, TREATMENT, role_of
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study
from trialplan.page import Answer, Page
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.building import Trial, size_primary
from trialplan.plan.next_fact import with_assumption, with_table
from trialplan.plan.reading import Plan
from trialplan.plan.schema import AssumptionSection, EndpointSection

N, ASSURANCE = "n", "assurance"


@dataclass(frozen=True, kw_only=True)
class Joining:
    """One arm of the new study, or all of it, and the number of the plan that it joins."""

    study: Study
    row: ReportedOutcome
    joins: str
    table: str
    whole: bool = False

    @property
    def label(self) -> str:
        """The arm with its count."""
        if self.whole:
            return f"{self.study.key}, both arms, to {self.joins}"
        role = "control" if self.row.arm is None else self.row.arm
        count = f" {self.row.events}/{self.row.of}" if self.row.counts else ""
        return f"{self.study.key}, {role}{count}, to {self.joins}"


@dataclass(frozen=True, kw_only=True)
class Share:
    """What some arms brought, exactly, by quantity: n, each rate, assurance."""

    joined: tuple[Joining, ...]
    changes: Mapping[str, Fraction]


@dataclass(frozen=True, kw_only=True, repr=False)
class Addition(Answer):
    """A plan before and after a new study, and what each arm of it brought; the shares add up exactly.

    `before` and `after` hold n, the rates by the names of the design's numbers, and assurance with the planned n.
    """

    plan: str
    added: tuple[str, ...]
    before: Mapping[str, Fraction]
    after: Mapping[str, Fraction]
    shares: tuple[Share, ...]
    ignored: tuple[str, ...] = ()

    def page(self) -> Page:
        """The change as a sentence, its shares as a table."""
        from trialplan.plan.addition_page import page

        return page(self)


def addition(plan: Plan, path: str | Path) -> Addition:
    """The change that the studies of a table bring to a plan, shared among those of their arms that it can use.

    A row joins where it bears the name of an outcome that the plan reads, and its arm has a role; what does not join
    is named. A PlanError says where nothing does.
    """
    new = evidence.read(path)
    joining = [one for study in new.studies for one in _joining(plan, study)]
    if not joining:
        raise PlanError(
            f"{path}: no row joins {plan.name}, which reads {_reads(plan)}; name the outcome so, and say with role "
            "which arm is the treatment's and which the control's"
        )
    sets = _Sets(plan, joining)
    blocks = told_apart(sets.n, len(joining))
    quantities = list(sets.of(frozenset()) or {})
    shares = {
        name: shapley(lambda made, name=name: (sets.of(made) or {}).get(name), blocks)  # type: ignore[misc]
        for name in quantities
        if all(name in (sets.of(made) or {}) for made in unions(blocks))
    }
    everything = frozenset(range(len(joining)))
    used = {(one.study.key, one.row) for one in joining}
    whole = {one.study.key for one in joining if one.whole}
    ignored = [
        f"{study.key}, {row.label}"
        for study in new.studies
        for row in study.outcomes
        if (study.key, row) not in used and study.key not in whole
    ]
    return Addition(
        plan=plan.name,
        added=tuple(dict.fromkeys(one.study.key for one in joining)),
        before={name: (sets.of(frozenset()) or {})[name] for name in shares},
        after={name: (sets.of(everything) or {})[name] for name in shares},
        shares=tuple(
            Share(
                joined=tuple(joining[i] for i in block),
                changes={name: parts[place] for name, parts in shares.items()},
            )
            for place, block in enumerate(blocks)
        ),
        ignored=tuple(ignored),
    )


def _joining(plan: Plan, study: Study) -> Iterator[Joining]:
    """The rows of a study that the plan's primary can use, with what they join."""
    home, drawn = plan.content.evidence.table, _drawn_outcome(plan)
    for name, said in _primary(plan).assumptions.items():
        rows = [(row, role_of(study, row)) for row in study.outcomes if row.counts or row.change]
        if said.effect is not None:
            ours = [row for row, _ in rows if row.name == said.effect.outcome]
            if {role for row, role in rows if row in ours} >= {TREATMENT, CONTROL}:
                yield Joining(study=study, row=ours[0], joins=name, table=home, whole=True)
        elif said.evidence is not None and drawn is not None:
            yield from (
                Joining(study=study, row=row, joins=name, table=home)
                for row, role in rows
                if row.name == drawn and role == TREATMENT and row.counts
            )
        elif said.belief is not None:
            # what stands for the endpoint on the treatment arm stands for it on the control arm
            yield from (
                Joining(study=study, row=row, joins=name, table=said.belief.table)
                for row, role in rows
                if row.name in (said.belief.outcome, drawn) and role == CONTROL and row.counts
            )


def _primary(plan: Plan) -> EndpointSection:
    return next(one for one in plan.content.endpoint if one.role == "primary")


def _drawn_outcome(plan: Plan) -> str | None:
    """The one outcome that the plan draws its treatment rate from; None where it draws none, or several together."""
    drawn = next((one.evidence for one in _primary(plan).assumptions.values() if one.evidence is not None), None)
    return drawn.outcome if drawn and isinstance(drawn.outcome, str) and drawn.net_of is None else None


def _reads(plan: Plan) -> str:
    names = [_drawn_outcome(plan)]
    for said in _primary(plan).assumptions.values():
        names += [said.belief.outcome if said.belief else None, said.effect.outcome if said.effect else None]
    known = dict.fromkeys(name for name in names if name)
    return ", ".join(map(repr, known)) or "no outcome of a table for its primary"


@dataclass
class _Sets:
    """The plan with some of the arms, each set sized once."""

    plan: Plan
    joining: Sequence[Joining]
    known: dict[frozenset[int], dict[str, Fraction] | None] = field(default_factory=dict)
    planned: int = 0

    def n(self, made: frozenset[int]) -> Fraction | None:
        """The participants."""
        found = self.of(made)
        return None if found is None else found[N]

    def of(self, made: frozenset[int]) -> dict[str, Fraction] | None:
        """n, the numbers that are drawn or borrowed, and assurance; None where no number would do."""
        if made not in self.known:
            self.known[made] = self._of(made)
        return self.known[made]

    def _of(self, made: frozenset[int]) -> dict[str, Fraction] | None:
        plan = self.plan
        for i in sorted(made):
            plan = _joined(plan, self.joining[i])
        try:
            primary = size_primary(plan)
        except TrialplanError:
            if not made or len(made) == len(self.joining):
                raise  # without the ends there is nothing to share
            return None
        assert primary.answer is not None
        found = {N: Fraction(int(primary.answer.n))}
        if not made:
            self.planned = int(primary.answer.n)
        drawn = [one for one in primary.assumptions if one.reading or one.borrowed or one.pooled]
        found |= {one.name: Fraction(float(one.value)) for one in drawn if one.value is not None}
        table = plan.table(plan.content.evidence.table)
        trial = Trial(plan=plan, table=table, findings=(), endpoints=(primary,))
        try:
            found[ASSURANCE] = Fraction(assurance(trial.design.fixed, self.planned, beliefs_of(trial)))
        except PlanError:
            return found
        return found


def _joined(plan: Plan, one: Joining) -> Plan:
    """The plan with one arm, or one study, more."""
    said, key = _primary(plan).assumptions[one.joins], one.study.key
    table = plan.table(one.table)
    wider: dict[str, Any]
    if said.effect is not None:
        keys = _keys(table, said.effect.studies, said.effect.outcome)
        wider = {"effect": said.effect.model_copy(update={"studies": (*keys, key)})}
        return _with(plan, one, one.study, said, wider)
    row = one.row
    if said.belief is not None:
        row = dataclasses.replace(row, name=said.belief.outcome, arm=said.belief.arm, role=None)
        wider = {"belief": said.belief.model_copy(update={"studies": (*said.belief.studies, key)})}
    else:
        drawn = said.evidence
        assert drawn is not None  # `_joining` has found what it joins
        row = dataclasses.replace(row, arm=drawn.arm[0] if isinstance(drawn.arm, tuple) else drawn.arm, role=None)
        keys = (drawn.study,) if drawn.study else _keys(table, drawn.studies, row.name)
        wider = {"evidence": drawn.model_copy(update={"study": None, "studies": (*keys, key)})}
    # those of the arm are all that are enrolled in what joins
    size = row.counts[1] if row.counts else one.study.enrolled
    return _with(plan, one, dataclasses.replace(one.study, outcomes=(row,), enrolled=size), said, wider)


def _with(plan: Plan, one: Joining, study: Study, said: AssumptionSection, wider: Mapping[str, Any]) -> Plan:
    held = with_table(plan, one.table, _with_study(plan.table(one.table), study, study.key))
    return with_assumption(held, one.joins, said.model_copy(update=wider))


def _with_study(table: EvidenceTable, study: Study, key: str) -> EvidenceTable:
    if any(one.key == key for one in table.studies):
        raise PlanError(f"the evidence table has a study {key!r} already; give the new one another key")
    return dataclasses.replace(table, studies=(*table.studies, study))


def _keys(table: EvidenceTable, studies: object, outcome: str) -> tuple[str, ...]:
    """The studies that are pooled so far, by their keys."""
    if isinstance(studies, tuple):
        return studies
    from trialplan.evidence.selection import PoolChoice, pool_outcome

    return tuple(
        one.label for one in pool_outcome(table, outcome, PoolChoice(reports=str(studies or "refuse"))).studies
    )
