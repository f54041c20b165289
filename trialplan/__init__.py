"""trialplan: from a small table of uncontrolled studies to a sample size that can be defended.

Make a design by its class, ask it by a call, print the answer:

    from trialplan import TwoProportions, size
    print(size(TwoProportions(control=0.3, treatment=0.5), power=0.8, dropout=0.1))

`help(trialplan.size)`, and so for each call below, is all that you need, with an example; `list_designs()` names the
designs, and `list_designs("two-means")` says what the numbers of one mean. What stands behind this text, CLASSES, is
reference. Rates are proportions (0.6, not 60), and n is the participants of all arms together.

There are four kinds of object. A **design** is a trial in plain numbers: what it compares, what is assumed, which
test decides. An **evidence table** is what publications report, row by row. A **plan** is a file that names the
evidence, every assumption with its source, and the endpoints; built, it is a trial. Asked something, each gives an
**answer**.

The calls, each of them also a verb of the command line, which prints the page of its answer:

    what a design asks for      size · power · effect · compare (every test that applies) · verify (by simulation)
    what if                     scenarios · tornado · exclude (what n participants rule out) · assurance
    who can be recruited        recruit (months, sites, and what can be shown) · duration
    the evidence                read_evidence · audit · estimate · pool
    plans                       starter_plan · schema · read_plan · build · diff (why one asks for more)
    what else to know           facts (which cell to ask the authors for) · add_study (what a new one brings)
    what experts believe        elicitation_sheet (to send out) · elicit (what came back, fitted and pooled)
    documents                   render_protocol · check (a finished one) · code (a script in R or Python) · demo
    while it runs               randomise · minimise · monitor (a look was taken) · reestimate (n again, blinded)
    what others printed         reproduce (does a stated n follow from what is stated?) · reproduce_table (many)
    the catalogue               list_designs

An answer has its numbers as attributes, and what its design adds to them, as the `events` of `LogRank`:

    >>> from trialplan import TwoProportions, size
    >>> design = TwoProportions(control=0.3, treatment=0.5)
    >>> answer = size(design, power=0.8, dropout=0.1)
    >>> answer.arms, answer.enrolled["n"]
    ({'treatment': 93, 'control': 93}, 208)

`print(answer)` reads like a page, and a notebook shows it as one; `statement()` of a sample size is its justification
as a paragraph to copy; `summary()` is its first sentence; `to_dict()` its data, as `--json` prints them; `to_frame()`
a pandas data frame, where pandas is installed. `figure()` is its picture, where it has one, and `save("answer.png")`
writes it (.png, .svg, .pdf), or the page (.txt, .md, .json, .csv); a notebook shows a figure:

    >>> answer.summary()
    '93 per arm, 186 in all: power 0.800 to show treatment = 0.5'
    >>> answer.to_dict()["n"]
    186

What is asked may be left open, and numbers may be arrays: a design with arrays is a grid of scenarios, one call for
all. The methods of a design are its formulas, and take any n; the calls refuse what cannot be randomised:

    >>> import numpy as np
    >>> from trialplan import TwoMeans, effect, scenarios
    >>> round(effect(TwoMeans(sd=1), n=128).value, 3)
    0.499
    >>> size(TwoMeans(difference=np.array([0.4, 0.5]), sd=1)).n.tolist()
    [200, 128]
    >>> scenarios(design, {"control": "0.2:0.3:0.1", "difference": [0.2, 0.3]}).n.tolist()
    [[164, 78], [186, 84]]

Looks, several endpoints and the like are designs around designs, and answer the same questions:

    >>> from trialplan import GroupSequential
    >>> size(GroupSequential(design=design, looks=(0.5, 1))).n
    188

A plan is read from a file, or is one of those that come with the package; calls that say `plan` take it by name or
path, too, and calls that say `design` take `build(plan).design`:

    >>> from trialplan import build, tornado
    >>> trial = build("msc-lupus-nephritis")
    >>> trial.answer.n
    254
    >>> tornado(trial).summary().split("; ")[:2]
    ['planned: 254 participants, power 0.8', 'most damaging if wrong: control']

`render_protocol(trial)` is its protocol draft as Markdown, and `render_protocol(trial, "draft.docx")` writes it. A plan
of your own begins as `starter_plan()`, a commented text to save and fill in; an error says what it still lacks.

What is wrong, an argument too, is a `TrialplanError`, in one sentence with the value and the way out. Beliefs for
`assurance` are in `trialplan.belief`, figures in `trialplan.figures`. Names are fetched when they are first used, so
`import trialplan` costs nothing.
"""

from __future__ import annotations

import os.path

TYPE_CHECKING = False  # as typing has it, which takes twenty times as long to load as all of this
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("size", "power", "effect", "compare", "verify"), "trialplan.verbs.sizing"),
    **dict.fromkeys(("scenarios", "tornado", "exclude", "assurance"), "trialplan.verbs.exploring"),
    **dict.fromkeys(("recruit", "duration"), "trialplan.verbs.recruiting"),
    **dict.fromkeys(("read_evidence", "audit", "estimate", "pool"), "trialplan.verbs.evidence"),
    **dict.fromkeys(
        ("starter_plan", "schema", "read_plan", "build", "diff", "facts", "add_study"), "trialplan.verbs.planning"
    ),
    **dict.fromkeys(("elicitation_sheet", "elicit"), "trialplan.verbs.eliciting"),
    **dict.fromkeys(("render_protocol", "check"), "trialplan.verbs.planning"),
    "code": "trialplan.verbs.second_opinion",
    **dict.fromkeys(("demo", "randomise", "minimise"), "trialplan.verbs.planning"),
    **dict.fromkeys(("monitor", "reestimate"), "trialplan.verbs.monitoring"),
    **dict.fromkeys(("reproduce", "reproduce_table", "list_designs"), "trialplan.verbs.second_opinion"),
    "Answer": "trialplan.page",
    "Design": "trialplan.design",
    "Effects": "trialplan.evidence.effects",
    "EvidenceTable": "trialplan.evidence.table",
    "Plan": "trialplan.plan.reading",
    "ReportedOutcome": "trialplan.evidence.table",
    "SampleSize": "trialplan.answers",
    "Sized": "trialplan.design",
    "Study": "trialplan.evidence.table",
    "Trial": "trialplan.plan.building",
    "TrialplanError": "trialplan.errors",
}
"""Where what is no design lives: the calls in the order in which the text above teaches them, then the classes."""

_PACKAGES = ("belief", "figures")
"""Packages whose names are written out, as in `trialplan.belief.Beta`."""

_ROOMS = ("designs", "sequential", "several")
"""Where designs and wrappers live: `TwoMeans` is looked for in two_means.py first, then in every file."""


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__all__":
        return [*_HOMES, *_designs(), "__version__"]
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name[:1].isupper():
        home = "".join(f"_{letter}" if letter.isupper() else letter for letter in name)[1:].lower()
        for room in _ROOMS:
            if os.path.isfile(os.path.join(__path__[0], room, f"{home}.py")):
                module = importlib.import_module(f"trialplan.{room}.{home}")
                if name in vars(module):
                    return vars(module)[name]
        if name in (known := _designs()):
            return known[name]
    if name in _PACKAGES:
        return importlib.import_module(f"trialplan.{name}")
    if name.startswith("__"):  # asked of every module, by inspect and others
        raise AttributeError(f"module 'trialplan' has no attribute {name!r}")
    from trialplan.errors import did_you_mean

    near = did_you_mean(name, __dir__()) if name[:1].isupper() else did_you_mean(name, [*_HOMES, *_PACKAGES])
    hint = f"; {near}" if near.startswith("did") else "; help(trialplan) names what there is"
    raise AttributeError(f"module 'trialplan' has no attribute {name!r}{hint}")


def _designs() -> dict[str, Any]:
    """Every design and wrapper by its class's name, for which all their files are read."""
    import importlib

    catalogue = importlib.import_module("trialplan.catalogue")
    return {cls.__name__: cls for cls in (*catalogue.designs().values(), *catalogue.wrappers().values())}


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
