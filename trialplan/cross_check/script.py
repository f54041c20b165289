"""A script in R or Python made from the sample sizes that it recomputes."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan import __version__
from trialplan.answers import SampleSize
from trialplan.design import Design, Sized
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError, did_you_mean
from trialplan.files import shipped
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters
from trialplan.plan.building import Endpoint, Trial

LANGUAGES = {".r": "r", ".py": "python"}
"""The language by the suffix of the script."""

_AGREED = "every comparison agrees"
_NOT_ITS_OWN = "but the number that sizes the trial is not among them"
"""How a script ends where nothing disagrees."""

_LONGEST = 200
"""Letters of a user's text that a script repeats."""


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """One sample size to recompute: what it is of, the design that was asked, the target, the answer.

    `trial_n` are those of the trial's number that are expected to be observed, at which the power of an endpoint that
    does not size it is told; `dropout` is the share of participants that n is enlarged for. The trial's own number is
    one that `sizes_trial`.
    """

    name: str
    design: Sized
    target: float
    answer: SampleSize
    trial_n: float | None = None
    dropout: float | None = None
    sizes_trial: bool = False


def of_trial(trial: Trial) -> list[Sizing]:
    """Every endpoint of a plan that has a sample size."""
    return [
        Sizing(
            name=one.name,
            design=one.design,
            target=float(one.answer.target),
            answer=one.answer,
            trial_n=None if one is trial.primary else _expected(trial, one, one.design),
            dropout=one.section.dropout,
            sizes_trial=one is trial.primary,
        )
        for one in trial.endpoints
        if one.design is not None and one.answer is not None
    ]


def _expected(trial: Trial, endpoint: Endpoint, design: Sized) -> float:
    """Those expected to have the endpoint's outcome: whole blocks of them where its test is defined for these only."""
    observed = trial.expected_of(endpoint)
    return observed if design.smooth or not isinstance(design, Design) else observed // design.block * design.block


def left_out(trial: Trial) -> list[str]:
    """The endpoints of which nothing is recomputed, each with the reason."""
    whole = trial.family
    together = [] if whole is None else [f"{whole.name}, together by {whole.section.design}: no package has its power"]
    return together + [
        f"{one.name}: {one.shortfall or 'it has no sample size of its own'}"
        for one in trial.endpoints
        if one.design is None or one.answer is None
    ]


def of_design(design: Sized, target: float | None = None, dropout: float | None = None) -> Sizing:
    """A design that was sized on its own."""
    answer = design.sample_size() if target is None else design.sample_size(target)
    return Sizing(
        name="the trial", design=design, target=float(answer.target), answer=answer, dropout=dropout, sizes_trial=True
    )


class Script(str):
    """A script, and what of it is not run, each with the reason."""

    not_run: tuple[str, ...] = ()


def script(sizings: Iterable[Sizing], language: str, *, title: str, origin: str, without: Iterable[str] = ()) -> Script:
    """The script in R or Python; the same sample sizes give the same text.

    >>> from trialplan import AdverseEvent
    >>> "rate <- 0.01" in script([of_design(AdverseEvent(rate=0.01))], "r", title="Safety", origin="")
    True
    """
    if language not in LANGUAGES.values():
        raise ParameterError(f"there is no language {language!r}; {did_you_mean(str(language), LANGUAGES.values())}")
    folder = shipped("templates") / "code"
    items = [item for sizing in sizings for item in _items(sizing, language, folder)]
    template = _environment(folder, language).get_template(f"script.{language}.j2")
    own = [item for item in items if item["sizes_trial"]]
    made = Script(
        template.render(
            items=items,
            title=title,
            origin=origin,
            without=list(without),
            agreed=_AGREED if own and all(item["snippet"] for item in own) else f"{_AGREED}, {_NOT_ITS_OWN}",
            version=__version__,
        )
    )
    made.not_run = tuple(f"{item['title']}: {item['why']}" for item in items if not item["snippet"])
    return made


def _items(sizing: Sizing, language: str, folder: Path) -> Iterator[dict[str, Any]]:
    """A looked-at trial is two: the fixed design, and the looks."""
    if sizing.design.looks:
        inner, name = sizing.design.fixed, f"{sizing.name}, without looks"
        answer = inner.sample_size(sizing.target)
        fixed = Sizing(name=name, design=inner, target=sizing.target, answer=answer, sizes_trial=sizing.sizes_trial)
        yield _item(fixed, language, folder)
    yield _item(sizing, language, folder)


def _item(sizing: Sizing, language: str, folder: Path) -> dict[str, Any]:
    """One comparison as a template sees it; `numbers` are bound as variables of the script."""
    design, answer, slug = sizing.design, sizing.answer, sizing.design.slug()
    test = slug if design.members else design.way()
    why = "" if design.members else design.not_elsewhere
    there = (folder / language / f"{slug}.j2").is_file() and not why
    return {
        "title": f"{sizing.name}: {', '.join(dict.fromkeys((slug, test)))}, n = {answer.n:,}",
        "formula": design.formula,
        "reference": design.reference,
        "numbers": list(_numbers(sizing).items()) if there else [],
        "test": test,
        "snippet": f"{language}/{slug}.j2" if there else None,
        "sizes_trial": sizing.sizes_trial,
        "why": why or f"{slug} is in none of the packages",
        "attains": f"{design.attains} with n",
        "before": f"{design.attains} with n before rounding",
        "enrols": there and sizing.dropout is not None,
    }


def _numbers(sizing: Sizing) -> Mapping[str, Any]:
    """What is assumed, what is asked and what is expected, by the names of the script's variables."""
    design, answer = sizing.design, sizing.answer
    own = {name: getattr(design, name) for name in parameters(type(design)) if name not in design.unscripted}
    weights = dict(zip(("weight_treatment", "weight_control"), design.weights, strict=False))
    arms, n, below = answer.arms_unrounded, sizing.trial_n, _below(design, int(answer.n))
    attained = None  # where the trial's n is not in whole blocks of this design, or is this one's own
    if n and isinstance(design, Design) and (design.smooth or n % design.block == 0):
        attained = float(design.success(n))
    return {
        **own,
        **(weights if len(design.weights) == 2 else {}),
        "block": design.block,
        "target": sizing.target,
        "n": int(answer.n),
        "attained": float(answer.success),
        "below": below,
        "unrounded": None if arms is None or below is None else float(sum(arms.values())),
        "first_n": answer.first_n,
        "searched_to": answer.searched_to,
        "dropout": sizing.dropout,
        **({} if sizing.dropout is None else {"step": int(design.step)}),
        "to_enrol": None if sizing.dropout is None else enrolled(design, answer.arms, sizing.dropout)["n"],
        "trial_n": None if attained is None else n,
        "attained_by_trial": attained,
        **design.script_numbers(answer),
    }


_SMALLEST = 5
"""Allocation blocks beyond which every design is defined."""


def _below(design: Sized, n: int) -> int | None:
    """The size before n, which must not be enough; None for the smallest trial that there can be.

    Where that leaves no participant or no degree of freedom, nothing is attained there, and no real number
    between the two is what n was rounded from.
    """
    below = n - int(design.step)
    if n > _SMALLEST * design.block:
        return below
    if below < design.block:
        return None
    try:
        with np.errstate(all="ignore"):
            attained = float(design.attained(below))
    except (NotImplementedError, ParameterError):  # a search has no power of its own: its script looks further itself
        return below
    return below if math.isfinite(attained) and attained > 0 else None


def _environment(folder: Path, language: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # every value goes through one of these three filters, which a test holds
    )
    env.filters.update({"comment": comment, "text": text, "literal": _LITERALS[language]})
    return env


def comment(words: Any) -> str:
    """Text that cannot end a comment: one line, nothing invisible, not too long."""
    # a space for what breaks lines, steers or hides: control, format and separator characters
    visible = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in str(words))
    shown = " ".join("".join(visible).split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def text(words: Any) -> str:
    """Text as a literal of either language: JSON's, whose escapes both read, in ASCII of one plane."""
    return json.dumps("".join(letter if ord(letter) < 0x10000 else "?" for letter in comment(words)))


def _r(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        nested = any(isinstance(one, tuple) for one in value)
        return f"{'list' if nested else 'c'}({', '.join(map(_r, value))})"
    return _number(value, ("FALSE", "TRUE"), ("NaN", "Inf"))


def _python(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_python, value))},)" if value else "()"
    return "None" if value is None else _number(value, ("False", "True"), ("math.nan", "math.inf"))


def _number(value: Any, truths: tuple[str, str], unbounded: tuple[str, str]) -> str:
    """With every digit, so that nothing is lost on the way; what is no number by its name in the language."""
    if isinstance(value, bool):
        return truths[value]
    if isinstance(value, int):
        return repr(int(value))
    if math.isfinite(value):
        return repr(float(value))
    return unbounded[0] if math.isnan(value) else f"{'-' * (value < 0)}{unbounded[1]}"


_LITERALS = {"r": _r, "python": _python}
