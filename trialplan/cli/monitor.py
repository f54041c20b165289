"""`trialplan monitor`: what an interim look that has been taken calls for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.interim import (
    check_growing,
    check_one_kind,
    fractions,
    number_of_look,
    pairs,
    seen_options,
    t_statistic,
)
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError

if TYPE_CHECKING:
    from trialplan.outcome import InterimData
    from trialplan.sequential.exact_group_sequential import ExactGroupSequential
    from trialplan.sequential.group_sequential import GroupSequential
    from trialplan.sequential.interim.look import Look

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
    example = f"{options.example(cls)} {_RULE} --look 1 {cls.outcome.example_of_look(cls)}"
    return options.verb(
        cls,
        _of_design,
        "Holds a look at it against its boundaries. The trial is the one planned for --power, or of --n participants "
        "in all.",
        [
            *options.of_design(cls),
            options.power_option(default=None),
            options.n_option(),
            *seen_options(),
            *output_options(),
        ],
        f"trialplan monitor {cls.slug()} {_quoted(example)}",
    )


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
    n, power = given["n"], given["power"]
    with _typed(cls):
        if not design.looks:
            raise ParameterError("monitor needs the rule that the trial was planned with; add --looks 0.5,1")
        if n is not None and power is not None:
            raise ParameterError("--power and --n are both given; --n is the total that was planned: keep one")
        n = int(design.sample_size(options.DEFAULT_POWER if power is None else power).n) if n is None else n
        design.check_n(n)
        _show(design, n, given)


def _of_plan(name: str, **given: Any) -> None:
    check_one_kind(given)
    from trialplan.plan import read
    from trialplan.plan.building import size_primary

    primary = size_primary(read(name))
    design, answer = cast("Design", primary.design), primary.answer
    assert answer is not None  # `size_primary` gives one or raises
    if not design.looks:
        raise ParameterError(f"{name} has no [monitoring], and so no rule to hold a look against; plan one first")
    with _typed(type(design.fixed)):
        _show(design, int(answer.n), given, answer.extra["looks"])


def _typed(cls: type[Design]) -> AbstractContextManager[None]:
    """Within it, errors name the options."""
    words = {str(option.name): option.opts[0] for option in seen_options()}
    words |= {"final=True": "--final"}
    return options.typed(cls, "observed_boundaries", **words)


def _show(design: Design, n: int, given: Mapping[str, Any], dates: Sequence[Mapping[str, Any]] = ()) -> None:
    from trialplan.sequential.interim.page import page

    if design.looks_by_counts:
        looks = [_counted(cast("ExactGroupSequential", design), n, given)]
    else:
        looks = _decided(cast("GroupSequential", design), n, given)
    *before, look = looks
    moment = dates[look.number - 1] if dates and "month" in dates[0] else None
    show(page(look, before, moment), given["as_json"], given["output"])


def _counted(design: ExactGroupSequential, n: int, given: Mapping[str, Any]) -> Look:
    """The look at responses of one arm, where these are counted exactly."""
    from trialplan.sequential.interim.decision_on_counts import decide_on_counts

    if not given["events"]:
        raise ParameterError(
            "--events are what a look at counts sees, as in --events 9/30; for --z or --information plan with --test "
            "score"
        )
    if given["information"] is not None:
        raise ParameterError("--information is counted in participants, as in --events 9/30; leave --information out")
    arms = [pairs("events", text) for text in given["events"]]
    for text, arm in zip(given["events"], arms, strict=True):
        if len(arm) != 1:
            raise ParameterError(f"--events must be given for the one arm, as in 9/30, not {text}")
    check_growing(arms, responders=True)
    look = number_of_look(given["look"], len(arms))
    return decide_on_counts(design, n, look, [arm[0] for arm in arms], final=given["final"])


def _decided(design: GroupSequential, n: int, given: Mapping[str, Any]) -> list[Look]:
    """The look, after those before it whose results are given."""
    from trialplan.sequential.interim.decision import bounds, decide_at_look
    from trialplan.sequential.interim.observed_information import observed_fractions

    kind, texts = next((name, given[name]) for name in ("events", "means", "z", "t") if given[name])
    last = len(texts) - 1
    if kind in ("events", "means"):
        check_growing([pairs(kind, text) for text in texts], responders=kind == "events")
    data = [_read(kind, text, design, n, given["sds"] if i == last else None) for i, text in enumerate(texts)]
    look = number_of_look(given["look"], len(data))
    told = fractions(given["information"])
    shares = observed_fractions(design, n, look, [(seen.n, seen.share) for seen in data], told)
    looks = []
    for number, seen in enumerate(data, look - last):
        held = bounds(design, n, shares[:number], final=given["final"] and number == look)
        looks.append(decide_at_look(design, n, seen, held))
    return looks


def _read(kind: str, text: Any, design: GroupSequential, n: int, sds: Any) -> InterimData:
    """What a look saw, from what was typed."""
    from trialplan.outcome import InterimData
    from trialplan.sequential.interim.decision import from_t

    if kind == "z":
        if not (isinstance(text, (int, float)) and math.isfinite(text)):
            raise ParameterError(f"--z must be a number, positive in favour of the treatment, not {text}")
        return InterimData(z=float(text))
    if kind == "t":
        return from_t(*t_statistic(text, design.design))
    known = None if sds is None else tuple(map(float, sds if isinstance(sds, tuple) else (sds,)))
    return design.outcome.seen(design.design, n, kind, pairs(kind, text), known)


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
