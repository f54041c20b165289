"""Small plans of every kind, made from the starter, and what their documents say without the plan's own text."""

from __future__ import annotations

from trialplan.plan import build, read
from trialplan.protocol import render

EXCLUDED = 'missing = "excluded"\ndropout = {}\ndropout_source = "another trial"'


def stated(**values):
    """Assumptions with a value."""
    one = '[endpoint.assumptions.{}]\nvalue = {}\nbasis = "ours"\nsource = "s"\n'
    return "".join(one.format(name, value) for name, value in values.items())


def plan_text(
    design="two-proportions",
    settings="",
    assumptions=None,
    target=0.2,
    *,
    dropout=None,
    changes=(),
    more="",
    endpoints="",
):
    """The starter with another primary endpoint, its losses, further endpoints, and some of its text replaced."""
    base = read("starter").text
    before, after = base[: base.index("[endpoint.settings]")], base[base.index("[[randomised]]") :]
    numbers = stated(control=0.3, treatment=0.5) if assumptions is None else assumptions
    text = before.replace("two-proportions", design).replace("value = 0.167", f"value = {target}")
    text += f"[endpoint.settings]\n{settings}\n{numbers}\n{endpoints}\n{after}"
    if dropout is not None:
        text = text.replace('missing = "non-response"', EXCLUDED.format(dropout), 1)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return f"{text}{more}\n[report]\nverification_trials = 0\n"


def endpoint(name, role, design, assumptions, *, settings="", dropout=None, more=""):
    """A further endpoint."""
    lost = "" if dropout is None else EXCLUDED.format(dropout)
    words = "".join(f'{key} = "{key} of {name}"\n' for key in ("variable", "metric", "aggregation", "definition"))
    return (
        f'[[endpoint]]\nname = "{name}"\nrole = "{role}"\n{words}timepoint = "12 months after randomisation"\n'
        f'design = "{design}"\n{lost}\n{more}\n[endpoint.settings]\n{settings}\n{assumptions}\n'
    )


def built(folder, **how):
    """The trial of a plan in a folder."""
    path = folder / "plan.toml"
    path.write_text(plan_text(**how), encoding="utf-8")
    return build(read(str(path)))


def prose(trial):
    """The document without the plan's text, and without the marks that Markdown needs."""
    return prose_of(render(trial))


def prose_of(text):
    """A document's text without the plan's, and without the marks that Markdown needs."""
    return text.split("# Reproduction")[0].replace("\\", "")
