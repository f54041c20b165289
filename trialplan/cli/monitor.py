"""`trialplan monitor`: what an interim look that has been taken calls for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.interim import SEEN, check_one_kind, seen_options, spelt
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.parameter import parameters, typical, with_role
from trialplan.text import flag

_RULE = "--looks 0.5,1 --efficacy lan-demets-obrien-fleming --futility z(0)"
"""A rule that looks at counts can follow as well as looks at a z."""


class DesignsWithLooks(options.DesignsAndPlans):
    """Subcommands are the designs whose statistic is a z; any other word is a plan, shipped or at a path."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether a design can be looked at early."""
        return issubclass(cls, Design) and cls.may_be_looked_at()

    def refusal(self, slug: str) -> str:
        """The designs that can."""
        known = ", ".join(name for name, cls in catalogue.designs().items() if self.takes(cls))
        return f"looks are not defined over {slug}; they are over {known}"


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design."""
    example = f"{options.example(cls)} {_way(cls)}{_RULE} --look 1 {cls.outcome.example_of_look(cls)}"
    return options.verb(
        cls,
        _of_design,
        "Holds a look at it against its boundaries. The trial is the one planned for --power, or of --n participants "
        "in all.",
        [
            *options.of_design(cls, several=True),
            options.power_option(default=None),
            options.n_option(),
            *seen_options(),
            *output_options(),
        ],
        f"trialplan monitor {cls.slug()} {_quoted(example)}",
    )


def _way(cls: type[Design]) -> str:
    """The first way in which the design can be looked at, as an option, where the usual one cannot."""
    for method in with_role(cls, "method"):
        for choice in (None, *parameters(cls)[method].choices):
            with suppress(TrialplanError):
                design = cls(**typical(cls) | ({} if choice is None else {method: choice}))
                if design.looks_by_counts or (design.statistic_is_z and not design.no_looks):
                    return "" if choice is None else f"--{flag(method)} {choice} "
    return ""


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its primary endpoint, and the rule under [monitoring]."""
    return Verb(
        name,
        params=[*seen_options(), *output_options()],
        callback=lambda **given: _of_plan(name, **given),
        help="Holds a look at the plan's primary endpoint against the boundaries under [monitoring].",
        epilog=options.examples("trialplan monitor msc-lupus-nephritis-monitored --look 1 --events 20/65,12/65"),
    )


def _quoted(words: str) -> str:
    return " ".join(f"'{word}'" if "(" in word else word for word in words.split(" "))


def _of_design(cls: type[Design], **given: Any) -> None:
    check_one_kind(given)
    design = cast("Design", options.build(cls, given))
    _answer(cls, design, given, n=given["n"], power=given["power"])


def _of_plan(name: str, **given: Any) -> None:
    check_one_kind(given)
    _answer(Design, name, given)


def _answer(cls: type[Design], plan: Design | str, given: Mapping[str, Any], **planned: Any) -> None:
    """What the look says."""
    from trialplan.verbs.monitoring import monitor

    seen = {name: _told(given[name]) for name in SEEN if given[name] is not None}
    with spelt(cls):
        look = monitor(plan, **seen, **planned)
    show(look.page(), given["as_json"], given["output"])


def _told(typed: Any) -> Any:
    """What was typed; of an option that may be repeated all of it, of several looks in their order."""
    return list(typed) if isinstance(typed, tuple) else typed


command = DesignsWithLooks(
    "monitor",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="A look that has been taken, held against the boundaries that the trial was planned with: go on, or stop for "
    "efficacy or futility; with repeated confidence interval, conditional and predictive power, and, where the trial "
    "stops, P value and estimate that allow for the looks. Where the information is not as planned, a spending "
    "function is applied again at what is there. Name a design with its numbers and looks, or a plan. For those who "
    "may see results by arm only.",
    short_help="An interim look has been taken: what now?",
    epilog=options.examples(
        f"trialplan monitor two-proportions --control 0.3 --treatment 0.5 {_quoted(_RULE)} --events 14/30,9/30",
        "trialplan monitor msc-lupus-nephritis-monitored --look 1 --events 20/65,12/65 --json",
    ),
)
