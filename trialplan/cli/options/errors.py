"""One sentence for every wrong input, in the words that the user typed."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from trialplan.errors import TrialplanError, did_you_mean

MOVED = {"--tornado": "tornado", "--exclude": "exclude", "--blinded": "reestimate", "--blinded-sd": "reestimate"}
"""Options that were, and the verb that answers instead: one question, one verb."""


def sentence(error: Exception) -> str:
    """What is wrong and the way out, on one line."""
    if isinstance(error, click.UsageError):
        words = _reworded(error)
        if not (error.ctx is None or words.endswith("?") or "--help`" in words):
            words = f"{words.rstrip('.')}; see `{error.ctx.command_path} --help`"
    else:
        words = error.format_message() if isinstance(error, click.ClickException) else _named(error)
    return _shortened(" ".join(words.split()))


def _named(error: Exception) -> str:
    """The sentence, with who complains under the name that is typed: two-proportions, not TwoProportions."""
    if not isinstance(error, TrialplanError) or not error.owner[:1].isupper():
        return str(error)
    named = re.sub(r"(?<!^)(?=[A-Z])", "-", error.owner).lower()
    return ": ".join(filter(None, [error.place, named, error.sentence]))


_REPEATED = 200
"""Characters of one text that a sentence repeats whole: a cell may hold pages, and the end of the sentence helps."""

_KEPT = 80
"""Characters of a longer one that it repeats: enough to find it by."""

_QUOTED = re.compile(rf"(?<!\w)(['\"])((?:(?!\1).){{{_REPEATED},}}?)\1(?!\w)")
_UNBROKEN = re.compile(rf"\S{{{4 * _REPEATED},}}")
"""A text in quotes that is too long to be repeated, and a word without quotes that is longer than any path."""


def _shortened(words: str) -> str:
    """The sentence with the beginning of what is quoted at length, and of a word longer than any path."""
    words = _QUOTED.sub(lambda match: f"{match[1]}{match[2][:_KEPT]}…{match[1]}", words)
    return _UNBROKEN.sub(lambda match: f"{match[0][:_KEPT]}…", words)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """There is no such thing; the nearest is this."""
    return f"there is no {kind} {name!r}; {did_you_mean(name, known)}"


def _reworded(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error)
    if isinstance(error, click.MissingParameter):
        return _missing(error)
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} {'takes no' if 'not take' in error.message else 'needs a'} value"
    message = error.format_message()
    if extra := re.search(r"unexpected extra arguments? \((.*)\)", message):
        return f"{extra[1]!r} is one word too many; name every number by its option, as in --n 186"
    return message[:1].lower() + message[1:]


def _no_such_option(error: click.NoSuchOption) -> str:
    name = error.option_name
    if name == "--n" and error.ctx is not None and isinstance(error.ctx.command, click.Group):
        group = error.ctx.command  # what takes --n is what stands after the design
        return f"{error.ctx.command_path} needs {getattr(group, 'needs', 'a verb')} first, and its options after it"
    if name == "--n":
        return "n is what this verb finds; for a given n ask `trialplan power` or `trialplan effect`"
    if name in MOVED:
        words = error.ctx.command_path.split() if error.ctx else []
        return f"{name} is a verb of its own; ask `{' '.join(['trialplan', MOVED[name], *words[2:]])}`"
    options = error.ctx.command.get_params(error.ctx) if error.ctx else []
    known = [name for option in options for name in option.opts if name.startswith("--")]
    nearest = did_you_mean(name, known, likeness=0.7)
    hint = nearest if nearest.endswith("?") else "its options are in its help"
    return f"there is no option {name!r}; {hint}"


def _missing(error: click.MissingParameter) -> str:
    parameter = error.param
    if parameter is None:
        return error.format_message()
    name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(error.ctx)  # type: ignore[arg-type]
    path = error.ctx.command_path if error.ctx else "trialplan"
    return f"{path} needs {name}"
