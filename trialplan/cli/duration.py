"""`trialplan duration`: how long so many participants take, or how many so long a time brings."""

from __future__ import annotations

from typing import Any, cast

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError
from trialplan.parameter import parameters, typical
from trialplan.text import flag


class OfPlansAndDesigns(Verb):
    """A plan's recruitment; a word that is a design with times of its own asks for one of these."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """The verb for the design, where the first word is one."""
        cls = catalogue.designs().get(args[0]) if args else None
        if cls is None:
            return super().make_context(info_name, args, *rest, **extra)
        if not issubclass(cls, Design) or not cls.prolongs_by:
            raise ParameterError(
                f"{cls.slug()} has no time of its own that could be asked for",
                way_out=f"`trialplan recruit {cls.slug()}` asks how long its participants take",
            )
        return for_design(cls).make_context(f"{info_name} {args[0]}", args[1:], *rest, **extra)


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design: the time that is left out is asked for."""
    first, *others = (flag(name) for name in cls.prolongs_by)
    own: list[Any] = options.of_design(cls)
    for option in own:
        if option.name in cls.prolongs_by:
            option.help = f"{(option.help or '').partition('  [')[0]}  [asked for where it is left out]"
    rate = click.Option(
        ["--enrolment-rate"],
        type=options.NUMBER,
        help=f"participants enrolled a unit of time, instead of --n, where --{first} is asked for",
    )
    return options.verb(
        cls,
        _of_design,
        f"Answers with the least --{' or --'.join([first, *others])}, whichever is left out, at which --n participants "
        "have the power asked for.",
        [options.n_option(), rate, *own, options.power_option(), *output_options()],
        f"trialplan duration {cls.slug()} {options.example(cls, without=cls.prolongs_by[-1:])} {_way(cls)}--n 120",
    )


def _way(cls: type[Design]) -> str:
    """The test under which the power only rises, as an option, where the usual one counts."""
    usual = cls(**typical(cls))
    return "" if usual.smooth else f"--test {usual.by_normal_theory().test} "


def _of_design(cls: type[Design], n: int | None, enrolment_rate: Any, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.verbs.recruiting import duration

    left_out = [name for name in cls.prolongs_by if given.get(name) is None]
    # of a time that a trial may do without, and one that every trial has, the latter
    asked = [name for name in left_out if not parameters(cls)[name].optional] or left_out
    if len(asked) != 1:
        names = " and ".join(f"--{flag(name)}" for name in cls.prolongs_by)
        which = f"one of {names} is asked for" if len(cls.prolongs_by) > 1 else f"{names} is asked for"
        raise ParameterError(f"{which}: leave {'it' if len(cls.prolongs_by) == 1 else 'just that one'} out")
    held = {asked[0]: max(parameters(cls)[asked[0]].typical or (1.0,))}
    design = cast("Design", options.build(cls, given, held=held))
    with options.typed(cls, "duration", enrolment_rate="--enrolment-rate"):
        found = duration(design, n=n, asked=asked[0], enrolment_rate=enrolment_rate, power=given["power"])
    show(found.page(), as_json, output)


@click.command(
    "duration",
    cls=OfPlansAndDesigns,
    params=[
        click.Argument(["plan"], required=False),
        click.Option(
            ["--n"], type=options.Participants(), metavar="TOTAL", help="asks how long so many randomised take"
        ),
        click.Option(
            ["--months"], type=options.NUMBER, help="asks how many so many months bring, the last reading included"
        ),
        click.Option(
            ["--read-after"],
            type=options.NUMBER,
            help="months from randomisation to the reading, where no plan says it",
        ),
        click.Option(
            ["--so-far"],
            metavar="N/MONTHS,…",
            help="participants and months of each site that is open, as in 10/4,3/2: predicts the rest from now on",
        ),
        *options.sites_options(),
        *output_options(),
    ],
    short_help="How long do so many take, or how many does a time bring?",
    epilog=options.examples(
        "trialplan duration msc-lupus-nephritis --n 120",
        "trialplan duration msc-lupus-nephritis --months 60",
        "trialplan duration --sites 20 --patients-per-year 5 --eligible 0.3 --rate-shape 2 --read-after 12 --n 120",
        "trialplan duration msc-lupus-nephritis --so-far 3/8,1/7,0/5,2/4",
        "trialplan duration log-rank --hazard-ratio 0.6 --control-median 12 --accrual-time 12 --n 240",
    ),
)
def command(plan: str | None, as_json: bool, output: Any, **given: Any) -> None:
    """The months that a number of participants takes, or the number that months bring.

    PLAN says how it recruits under [enrolment], and its own number is asked about unless --n or --months is given;
    without one the options describe the sites. Either way the months until the last endpoint is read are included.

    Instead of PLAN the name of a design with times of its own asks how long it must enrol or follow: `trialplan
    duration log-rank --help`.
    """
    from trialplan.verbs.recruiting import duration

    with options.typed(Sized, "duration", "sites", "screening", **options.SITES_NAMES):
        found = duration(plan, **given)
    show(found.page(), as_json, output)
