"""Somebody else's number, and one's own by somebody else's program; and which designs there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan.design import Design, Sized
from trialplan.errors import FileError, ParameterError
from trialplan.page import Answer, Page
from trialplan.parameter import needed
from trialplan.verbs._arguments import built, path_like, shown, single
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.analyses.reproduction import Reproduction, Statement
    from trialplan.analyses.reproduction.batch_page import ReproducedTable
    from trialplan.analyses.verification.simulation import Progress
    from trialplan.catalogue import DesignList, DesignNumbers
    from trialplan.verbs._arguments import PlanLike


@dataclass(frozen=True, kw_only=True, repr=False)
class NotTried(Answer):
    """A statement about a kind of trial that no design sizes yet, and why it is not tried."""

    why: str
    reproduced: bool = False

    def page(self) -> Page:
        """Why."""
        data = {"verdict": "no design", "candidates": [], "missing": [], "why": self.why}
        return Page(data=data, headline=f"Not tried: {self.why}")


_TAKEN = "takes a design by its slug or class, or a statement by a shipped name or its file's path"


@refuses_misfits
def reproduce(statement: str | Path | type[Sized] | Mapping[str, Any], **stated: Any) -> Reproduction | NotTried:
    """Does a stated sample size follow from what is stated? Every standard method is tried, the plainest first.

    A design, by name or class, with the numbers that are stated, what is not stated left out; or a statement in a
    file: a shipped one's name, or a path. `.verdict` and `.candidates` say which method gives the n.

    What may be stated, the fields of a statement: the design's own numbers, as `list_designs("two-means")` says them,
    with `alpha`, `sides`, `test` and `power`; how many there are, as one of `n` (in all arms together), `per_arm`,
    `arms` (of each, treatment first), `enrolled` and `enrolled_per_arm` (after allowing for losses), of times to an
    event `events` and `event_share` too; `dropout` (a share), `groups` (arms of the whole trial, where it has more than
    two, or "2x2"), `comparisons` (that share the level), `looks` (information fractions), `efficacy` (their boundary)
    and `first_stage`; the effect by other words, of rates as `difference`, `ratio` or `odds_ratio`.
    Half a standard deviation is `difference=0.5, sd=1`:

    >>> reproduce("two-means", difference=0.5, sd=1, power=0.8, per_arm=64).verdict
    'reproduced'
    >>> found = reproduce("two-proportions", control=0.3, treatment=0.5, power=0.8, n=186)
    >>> found.verdict, found.best.n
    ('reproduced', 186.0)
    """
    from trialplan import catalogue, files
    from trialplan.analyses.reproduction import read
    from trialplan.analyses.reproduction.statement import NoDesignError

    if isinstance(statement, Sized):
        stated_ones = ", ".join(f"{name}=..." for name in needed(type(statement)))
        way_out = (
            f"give the class with what is stated, as in reproduce({type(statement).__name__}, {stated_ones}, n=...)"
        )
        raise ParameterError(f"{_TAKEN}, not {shown(statement)}", owner="reproduce", way_out=way_out)
    if isinstance(statement, type):
        statement = statement.slug()
    if isinstance(statement, Mapping):
        return _tried(read({**statement, **stated}))
    if stated or (isinstance(statement, str) and statement in catalogue.designs()):
        return _tried(read({"design": str(statement), **stated}))
    path = files.locate(path_like("reproduce", statement, _TAKEN.removeprefix("takes ")), "statement.toml")
    try:
        return _tried(read(files.read_toml(path)))
    except NoDesignError as why:
        return NotTried(why=str(why))
    except ParameterError as why:
        raise why.at(path.name, FileError) from None


@refuses_misfits
def reproduce_table(path: str | Path, *, progress: Progress | None = None) -> ReproducedTable:
    r"""Which of many stated sample sizes follow from what is stated? A CSV file with one statement a row.

    The columns are the fields of a statement, which `help(trialplan.reproduce)` lists, with `design` and, for whoever
    reads it, `label`; an empty cell is not stated. `.rows` has the verdict on each, a row that cannot be read too;
    `progress` is told (done, all).

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "statements.csv"
    >>> _ = path.write_text("design,control,treatment,power,n\ntwo-proportions,0.3,0.5,0.8,186\n")
    >>> reproduce_table(path).summary()
    '1 statement: 1 reproduced'
    """
    from trialplan import files
    from trialplan.analyses.reproduction import batch
    from trialplan.analyses.reproduction.batch_page import ReproducedTable

    where = files.locate(path_like("reproduce_table", path, "the path of a CSV file"), "statement.toml")
    text, rows = files.read_text(where), []
    total = batch.count(text, where.name)
    if progress is not None:
        progress(0, total)
    for row in batch.reproduce_all(text, where.name):
        rows.append(row)
        if progress is not None:
            progress(len(rows), total)
    return ReproducedTable(rows=tuple(rows))


def _tried(statement: Statement) -> Reproduction:
    from trialplan.analyses import reproduction

    return reproduction.reproduce(statement)


@refuses_misfits
def code(
    plan: Sized | PlanLike, language: str = "r", *, power: float | None = None, dropout: float | None = None
) -> str:
    """The script, in r or python, by which a second statistician recomputes every sample size with other programs.

    Of a design, sized for `power` and inflated for `dropout`, or of a plan, every endpoint that has a size.

    >>> from trialplan import TwoMeans
    >>> "power.t.test" in code(TwoMeans(difference=0.5, sd=1), "r")
    True
    """
    from trialplan import catalogue
    from trialplan.cross_check import script as cross_check
    from trialplan.enrolment.dropout import DROPOUT

    language = str(language).lower()  # R and Python are how the languages write themselves
    if isinstance(plan, Sized):
        cls = type(plan)
        if isinstance(plan, Design):
            plan = single("code", plan)
        lost = None if dropout is None else DROPOUT.check(cls.__name__, "dropout", dropout)
        sizing = cross_check.of_design(plan, power, lost)
        title = f"{cls.slug()}: {catalogue.summary(cls)}"
        return cross_check.script([sizing], language, title=title, origin="One design")
    if power is not None or dropout is not None:
        raise ParameterError("power and dropout are the plan's own; leave them out", owner="code")
    trial = built(plan)
    words = trial.plan.content.trial
    origin = f"Plan of version {words.version}" + (f", {words.date.isoformat()}" if words.date else "")
    sizings, without = cross_check.of_trial(trial), cross_check.left_out(trial)
    return cross_check.script(sizings, language, title=words.title, origin=origin, without=without)


@refuses_misfits
def list_designs(design: str | type[Sized] | None = None) -> DesignList | DesignNumbers:
    """Which designs are there, and what do the numbers of one, by name or class, mean?

    >>> print(list_designs("log-rank").summary())
    log-rank: Does the event come later under treatment, by the hazards of two curves?
    """
    from trialplan import catalogue

    if design is None:
        return catalogue.DesignList()
    if isinstance(design, Sized):
        design = type(design)
    if isinstance(design, type) and issubclass(design, Sized):
        return catalogue.DesignNumbers(design=design)
    slug = path_like("list_designs", design, "a design's slug or class")
    around = catalogue.wrappers()
    return catalogue.DesignNumbers(design=around[slug] if slug in around else catalogue.design(slug))
