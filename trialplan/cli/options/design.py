"""Options made from what a design declares about its fields, and the design made from the options."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import click

from trialplan import catalogue, fields, files
from trialplan.analyses.scenarios.vary import value
from trialplan.cli import VERBS
from trialplan.cli.options.command import Verb
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError, did_you_mean
from trialplan.fields import LEVELS, POWER
from trialplan.parameter import Interval, Parameter, effect_on, needed, parameters, typical, with_role
from trialplan.text import flag, listed
from trialplan.verbs._arguments import DEFAULT_POWER
from trialplan.wrapper import LEVEL

CALENDAR = ("accrual_rate", "ramp_up", "read_after", "decision")
RECRUITING = ("sites", "patients_per_year", "rate_shape", "opens", "eligible", "competing", "months")
SITES_NAMES = {
    "shape": "--rate-shape",
    "per_year": "--patients-per-year",
    "opens_from": "--opens",
    "opens_to": "--opens",
    "read_after": "--read-after",
    "so_far": "--so-far",
}
"""Options that bear another name than the number of a site that they give."""
SEVERAL = ("treatments", "rule", "with_")
"""Options that put several treatments around the design of one."""
MONITORING = ("looks", "efficacy", "futility", "binding", "efficacy_at", "futility_at")

TAKEN = {
    *("n", "power", "success", "target_power", "arms", "reason"),  # keys of answers, too
    *("as_json", "h", "help", "json", "o", "output"),
    *("figure", "resume", "scheduler", "seed", "statement", "trials", "vary", "workers", "force"),
    *("dropout", "language", "n_per_arm", *CALENDAR, *MONITORING, *RECRUITING, "treatments", "rule", "with"),
    *("at_least", "at_most", "blinded", "blinded_sd", "events", "final", "information", "kept", "look", "means", "sds"),
    *("enrolment_rate", "t", "times", "z"),
    *("comparisons", "enrolled", "enrolled_per_arm", "event_share", "first_stage", "groups", "per_arm", "reduction"),
    *("control_arm", "discount", "reading", "no_blinding"),  # what a plan is varied by, beside its design's numbers
}
"""What a design may not call a number of its own: the options of the verbs that take a design."""


class Literal(click.ParamType):  # type: ignore[type-arg]  # older versions of click take no argument here
    """What was typed, as a number or a list of numbers where it is one; the design judges it."""

    name = "text"

    def __init__(self, shown: str, lists: bool = False) -> None:
        """`shown` stands for the value in the help; `lists` takes 0.5,1 for a tuple."""
        self.shown, self.lists = shown, lists

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help prints after the option."""
        return self.shown

    def convert(self, typed: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A number, a tuple of numbers, or the text."""
        parts = [value(part.strip()) for part in str(typed).split(",")]
        numeric = not any(isinstance(part, str) for part in parts)
        if len(parts) == 1 or (numeric and self.lists):
            return parts[0] if len(parts) == 1 else tuple(parts)
        if numeric and param is not None:
            comma = len(parts) == 2 and "." not in str(typed)
            point = f"; write the decimal comma as a point, {str(typed).replace(',', '.')}" if comma else ""
            raise ParameterError(f"{param.opts[0]} must be one number, not {typed}{point}")
        return typed


class Participants(click.ParamType):  # type: ignore[type-arg]  # as above
    """A whole number of participants."""

    name = "participants"

    def convert(self, typed: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a sentence."""
        if isinstance(typed, int) or re.fullmatch(r"\d{1,60}", typed.strip()):
            return int(typed)
        raise ParameterError(f"--n must be a whole number of participants in all, not {typed}, as in --n 186")


class Whole(click.ParamType):  # type: ignore[type-arg]  # as above
    """A whole number from `least` on; the design or the call that takes it refuses what is less."""

    name = "number"

    def __init__(self, least: int = 1) -> None:
        """`least` is what a sentence about another text says."""
        self.least = least

    def convert(self, typed: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a sentence."""
        if isinstance(typed, int) or re.fullmatch(r"\d{1,12}", typed.strip()):
            return int(typed)
        name = "" if param is None else f"{param.opts[0]} "
        raise ParameterError(f"{name}must be a whole number from {self.least} on, not {typed}")


class Rule(click.ParamType):  # type: ignore[type-arg]  # as above
    """A rule of several treatments, by its slug; that it is one is judged where it is used."""

    name = "rule"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """All that there are, the usual one first; they are read only where help is printed."""
        return "|".join(catalogue.over_arms())


NUMBER, WHOLE = Literal("NUMBER"), Whole()


def of_design(cls: type[Sized], without: Iterable[str] = (), several: bool = False) -> list[click.Parameter]:
    """One option for each declared field, and the looks where the design can be looked at early.

    With `several` those of several treatments, too.
    """
    for name in parameters(cls):
        if name in TAKEN:
            reason = f"its number {name} would be the option --{flag(name)}, which verbs have already"
            raise ParameterError(reason, owner=cls, way_out=f"call it otherwise in {cls.__module__}")
    own: list[click.Parameter] = [_option(cls, name, declared) for name, declared in parameters(cls).items()]
    looks = _monitoring(cls.may_be_looked_at()) if issubclass(cls, Design) else []
    arms = several_options(cls) if several else []
    return [option for option in own + arms + looks if option.name not in set(without)]


def several_options(cls: type[Sized]) -> list[click.Parameter]:
    """Those of several treatments, each compared with the control of the design, where it has one."""
    if not issubclass(cls, Design) or len(cls.arm_names) != 2 or cls.in_turn or cls.of_groups:
        return []
    return [
        click.Option(["--treatments"], type=Whole(2), help="how many treatments are compared with the one control"),
        click.Option(
            ["--rule"],
            type=Rule(),
            help="the rule of several treatments; the first of these if it is not given",
        ),
        click.Option(
            ["--with", "with_"],
            multiple=True,
            metavar="NAME=VALUE",
            help="a number or a choice of that rule, as in wins-if=all or effect-shares=1,0.5; repeat it",
        ),
    ]


def power_option(default: float | None = DEFAULT_POWER, otherwise: str = f"{DEFAULT_POWER}") -> click.Option:
    """The power that is asked for; without a default for a verb that may be asked about n instead.

    `otherwise` says what is taken where none is typed.
    """
    meaning = f"{POWER.meaning}  [default: {otherwise}]"
    return click.Option(["--power"], type=NUMBER, default=default, help=meaning)


def n_option() -> click.Option:
    """The participants of all arms together."""
    return click.Option(["--n"], type=Participants(), metavar="TOTAL", help="participants in all arms together")


def realised_options(cls: type[Sized]) -> list[click.Parameter]:
    """The participants that there are: in all, or by arm."""
    if len(cls.arm_names) < 2:
        return [n_option()]
    return [
        n_option(),
        click.Option(["--n-per-arm"], type=Literal("N"), help="participants in each arm, where the arms are equal"),
        click.Option(
            ["--arms"],
            type=Literal("N,N", lists=True),
            help="participants in each arm as they are, treatment first, as in 61,58",
        ),
    ]


def realised(cls: type[Sized], n: int | None, given: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """The participants in all, and the numbers of the design with the allocation that the arms have."""
    numbers = dict(given)
    each, arms = numbers.pop("n_per_arm", None), numbers.pop("arms", None)
    told = [f"--{flag(name)}" for name, one in (("n", n), ("n_per_arm", each), ("arms", arms)) if one is not None]
    if len(told) > 1:
        raise ParameterError(f"{listed(told)} are given, and each says how many participants there are: keep one")
    for name, typed_as in (("arms", arms), ("n_per_arm", each)):
        sizes = typed_as if isinstance(typed_as, tuple) else (typed_as,)
        if typed_as is not None and not all(isinstance(one, int) and 0 < one < _MOST_IN_AN_ARM for one in sizes):
            shown = ",".join(map(str, sizes))
            raise ParameterError(
                f"--{flag(name)} must be whole participants from 1 to {_MOST_IN_AN_ARM:,}, not {shown}"
            )
    several = [name for name in SEVERAL if numbers.get(name)]
    if several and (each is not None or arms is not None):
        reason = f"--arms and --n-per-arm are of two arms, and --{flag(several[0]).strip('-')} has more"
        raise ParameterError(reason, way_out="give --n, the participants of all arms together")
    if each is not None:
        shares = set((numbers.get("allocation") or "1:1").split(":"))
        if isinstance(each, tuple) or len(shares) > 1:
            way_out = "give the arms as they are, as in --arms 61,58"
            raise ParameterError("--n-per-arm is one number, of arms that are equal", way_out=way_out)
        n = each * len(cls.arm_names)
    if arms is not None:
        if not isinstance(arms, tuple) or len(arms) != len(cls.arm_names):
            raise ParameterError(f"--arms must be one number for each of {listed(cls.arm_names)}, as in 61,58")
        if numbers.get("allocation") is not None:
            raise ParameterError("--arms says how participants are allocated; leave --allocation out")
        numbers["allocation"], n = fields.allocation_of(arms), sum(arms)
    return n, numbers


_MOST_IN_AN_ARM = 10_000_000
"""Participants of one arm that an allocation ratio can name."""


def sizing_options(cls: type[Sized]) -> list[click.Parameter]:
    """The power that is asked for, of designs that have one, and the share of participants who are lost."""
    dropout = click.Option(["--dropout"], type=NUMBER, help="share of participants lost, in [0, 1): inflates n")
    return [*([power_option()] if cls.attains == "power" else []), dropout]


def example_n(cls: type[Sized]) -> str:
    """The participants in an example, where the design's own numbers do not fix them."""
    return "" if cls.fixes_n() else " --n 120"


def calendar_options() -> list[click.Parameter]:
    """How participants come and when they are read, which dates the looks."""
    return [
        click.Option(
            ["--accrual-rate"],
            metavar="RATE",
            help="participants per month, as in 4, or rates with the months from which they hold, as in 2@0,5@6: "
            "dates the looks, and expected n counts all who are randomised",
        ),
        click.Option(["--ramp-up"], type=NUMBER, help="months in which the rate of --accrual-rate rises from 0"),
        click.Option(["--read-after"], type=NUMBER, help="months from randomisation to the reading of the endpoint"),
        click.Option(["--decision"], type=NUMBER, help="months from a look's last reading to its decision"),
    ]


def sites_options() -> list[click.Parameter]:
    """How sites recruit, where no plan says it."""
    return [
        click.Option(["--sites"], type=WHOLE, help="how many sites recruit"),
        click.Option(
            ["--patients-per-year"], type=NUMBER, help="patients with the disease whom one site sees in a year"
        ),
        click.Option(
            ["--rate-shape"],
            type=NUMBER,
            help="shape of the gamma distribution of rates between sites, 1/CV²  [default: all are known]",
        ),
        click.Option(["--opens"], metavar="FIRST:LAST", help="months in which sites open, as in 3:15  [default: 0]"),
        click.Option(["--eligible"], type=NUMBER, help="share of the patients seen who can be randomised"),
        click.Option(["--competing"], type=NUMBER, help="share of the eligible who are lost to other trials"),
    ]


def build(
    cls: type[Sized],
    given: Mapping[str, Any],
    *,
    held: Mapping[str, Any] | None = None,
    left_open: Iterable[str] = (),
) -> Sized:
    """The design with the numbers that were given; `held` are placeholders for what is varied.

    `left_open` are the effects that are asked for.
    """
    numbers = {name: one for name, one in given.items() if name in parameters(cls) and one is not None}
    numbers |= held or {}
    missing = [name for name in needed(cls) if name not in {*numbers, *left_open}]
    own = effects(cls)
    if own and not left_open and not missing and not {*own} & {*numbers}:
        with typed(cls):  # what else it is given may say what the effect is, as both arms' numbers do
            made = cls(**numbers)
        if isinstance(made, Design) and made.open_effect is None:
            with typed(cls):
                return _looked_at(made, given)
    if own and not left_open and not {*own} & {*numbers, *missing}:
        missing.append(effect_on(given.get("scale"), own))
    if missing:
        path = click.get_current_context().command_path
        raise ParameterError(f"{cls.slug()} needs {listed(f'--{flag(name)}' for name in missing)}; see `{path} --help`")
    with typed(cls):
        return _looked_at(cls(**numbers), given)


def in_options(text: str) -> str:
    """A text with the fields that it names as they are typed: a word with an underscore in it is a field's name."""
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: f"--{flag(found[0])}", text)


@contextmanager
def typed(cls: type[Sized], *owners: str, **others: str) -> Iterator[None]:
    """Within it, errors of the design, of what is put around it, of the verb and of more `owners` name the options.

    `others` are options that bear another name than what they give.
    """
    try:
        yield
    except TrialplanError as error:
        around = [wrapper.__name__ for wrapper in catalogue.wrappers().values()]
        if error.owner not in ("", cls.__name__, *around, *VERBS, *owners):
            raise
        names = (*parameters(cls), *MONITORING, *CALENDAR, *RECRUITING, "power", "n", "dropout", "vary")
        options = {name: f"--{flag(name)}" for name in names} | {"accrual": "--accrual-rate"}
        own = (name for wrapper in catalogue.over_arms().values() for name in parameters(wrapper) if name != "design")
        options = {name: f"--with {flag(name)}" for name in own} | options | {"treatments": "--treatments"} | others
        raise type(error)(error.worded(options), place=error.place) from None


class DesignGroup(click.Group):
    """A verb that is followed by a design: its subcommands are the catalogue."""

    needs, metavar = "a design", "DESIGN"

    def __init__(
        self, *args: Any, command_for: Callable[[type[Any]], click.Command], kind: type[Sized] = Sized, **rest: Any
    ) -> None:
        """`command_for` makes the subcommand of a design; designs that are not of `kind` are left out."""
        super().__init__(*args, **{"subcommand_metavar": f"{self.metavar} [OPTIONS]"} | rest)
        self.command_for, self.kind = command_for, kind

    def takes(self, cls: type[Sized]) -> bool:
        """Whether the verb applies to a design."""
        return issubclass(cls, self.kind)

    def refusal(self, slug: str) -> str:
        """Why it does not."""
        cls = catalogue.design(slug)
        if cls.gives is not None:
            return f"{cls.no_power()}: `trialplan {click.get_current_context().info_name} {cls.gives.slug()}`"
        return f"{cls.no_power()}; use `trialplan size {slug}`"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The designs that the verb applies to."""
        return [slug for slug, cls in catalogue.designs().items() if self.takes(cls)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb for one design, or a sentence that names the nearest."""
        if cmd_name.endswith(".toml") or cmd_name in files.examples("plan.toml"):
            way_out = f"trialplan protocol {cmd_name} has its number, trialplan verify {cmd_name} what that can show"
            raise ParameterError(f"{ctx.info_name} asks about a design, and {cmd_name!r} is a plan", way_out=way_out)
        cls = catalogue.design(cmd_name)
        if not self.takes(cls):
            raise ParameterError(self.refusal(cmd_name))
        return self.command_for(cls)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A verb without a design is told the designs."""
        if not args:
            offer = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{ctx.command_path} needs {self.needs}, one of {offer}", ctx)
        return super().parse_args(ctx, args)


class DesignsAndPlans(DesignGroup):
    """Subcommands are the designs; any other word is a plan, shipped or at a path."""

    metavar = "DESIGN|PLAN"
    file, unknown = "plan.toml", "there is no design and no plan {!r}"

    def __init__(self, *args: Any, command_for_plan: Callable[[str], click.Command], **rest: Any) -> None:
        """`command_for_plan` makes the subcommand of a plan."""
        super().__init__(*args, **rest)
        self.command_for_plan = command_for_plan

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb for a design or for a plan, or a sentence that names the nearest of either."""
        if cmd_name in catalogue.designs():
            return super().get_command(ctx, cmd_name)
        shipped = files.examples(self.file)
        if cmd_name in shipped or "/" in cmd_name or cmd_name.endswith(".toml"):
            return self.command_for_plan(cmd_name)
        near = did_you_mean(cmd_name, [*self.list_commands(ctx), *shipped])
        raise ParameterError(f"{self.unknown.format(cmd_name)}; {near}")


def verb(
    cls: type[Sized], run: Callable[..., None], answer: str, params: Iterable[click.Parameter], *lines: str
) -> Verb:
    """The verb for one design, which calls `run`: what it answers, its options and example calls."""
    return Verb(
        cls.slug(),
        params=list(params),
        callback=lambda **given: run(cls, **given),
        help=f"{catalogue.summary(cls)}\n\n{answer}",
        short_help=catalogue.summary(cls),
        epilog=examples(*lines),
    )


def examples(*lines: str) -> str:
    """The examples at the end of a help text."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def example(cls: type[Sized], without: Iterable[str] = ()) -> str:
    """The options of that call."""
    shown = {name: one if isinstance(one, str) else _typed(one) for name, one in typical(cls).items()}
    return " ".join(f"--{flag(name)} {one}" for name, one in shown.items() if name not in set(without))


def _typed(number: Any) -> str:
    return ",".join(f"{one:g}" for one in (number if isinstance(number, tuple) else (number,)))


def effects(cls: type[Sized]) -> tuple[str, ...]:
    """The fields that hold the effect: one for each scale."""
    return with_role(cls, "effect")


def _option(cls: type[Sized], name: str, declared: Parameter) -> click.Option:
    words = [in_options(declared.meaning)]
    if isinstance(declared.domain, Interval) and declared.domain != Interval():
        words[0] += f", in {declared.domain}"
    default = {f.name: f.default for f in dataclasses.fields(cls)}[name]
    if name in needed(cls):
        words.append("[required]")
    elif name in ("alpha", "sides"):
        by_goal = "; by goal" if "goal" in parameters(cls) else ""
        words.append(f"[default: {LEVELS[cls.goal][name == 'sides']}{by_goal}]")
    elif default is not None:
        words.append(f"[default: {default}]")
    return click.Option([f"--{flag(name)}", name], type=_type(declared), help="  ".join(words))


def _type(declared: Parameter) -> Literal:
    if declared.choices:
        return Literal("|".join(map(str, declared.choices)))
    if declared.axis:
        return Literal("NUMBER,…", lists=True)
    if isinstance(declared.domain, Interval):
        return NUMBER
    if declared.shown:
        return Literal(declared.shown, lists=declared.read is not None)
    shown = "TEXT" if declared.example else "LIMIT" if declared.optional else "RATIO"
    return Literal(shown, lists=True)


def _monitoring(offered: bool) -> list[click.Parameter]:
    """The options of looks; of a design that has none they stand in no help, and what is typed is told why."""
    shares, rule = Literal("FRACTIONS", lists=True), Literal("RULE", lists=True)
    looks = "information fractions of the looks, the last one 1, as in 0.5,1 or 1/3,2/3,1, or their number"
    efficacy = (
        "the efficacy boundary of --looks, as in kim-demets(3), or the cumulative alpha that each may have spent  "
        "[default: obrien-fleming]"
    )
    futility = "the futility boundary, as in lan-demets-pocock, z(0) or conditional-power(0.2); non-binding"
    binding = "futility is always obeyed: the level relies on it"
    hidden = not offered
    return [
        click.Option(["--looks"], type=shares, help=looks, hidden=hidden),
        click.Option(["--efficacy"], type=rule, help=efficacy, hidden=hidden),
        click.Option(["--futility"], type=rule, help=futility, hidden=hidden),
        click.Option(["--binding"], is_flag=True, default=None, help=binding, hidden=hidden),
        click.Option(["--efficacy-at"], type=shares, help="the looks that may stop for efficacy", hidden=hidden),
        click.Option(["--futility-at"], type=shares, help="the looks that may stop for futility", hidden=hidden),
    ]


def _looked_at(design: Sized, given: Mapping[str, Any]) -> Sized:
    """The design, with looks if any were given."""
    rule = {name: given[name] for name in MONITORING if given.get(name) is not None}
    several = _with_arms(design, given)
    if not rule:
        return several
    if "looks" not in rule:
        raise ParameterError(f"--{flag(next(iter(rule)))} needs looks; add --looks 0.5,1")
    if several is not design:
        return catalogue.with_looks(cast("Design", several), **rule)
    from trialplan.sequential.with_looks import with_looks

    return with_looks(cast("Design", design), **rule)


def _with_arms(design: Sized, given: Mapping[str, Any]) -> Sized:
    """The design of one treatment put around several, if any were given, by the rule that is named or the usual one."""
    count, slug = given.get("treatments"), given.get("rule")
    own: Sequence[str] = given.get("with_") or ()
    if count is None and slug is None:
        if not own:
            return design
        reason = f"--with {own[0].partition('=')[0].strip()} is of several treatments, and none are asked for"
        raise ParameterError(reason, way_out="add --treatments, as in --treatments 2, or --rule")
    known = catalogue.over_arms()
    slug = next(iter(known)) if slug is None else slug
    if slug not in known:
        raise ParameterError(f"there is no rule {slug!r}; {did_you_mean(slug, known)}")
    cls = known[slug]
    numbers: dict[str, Any] = {}
    for name, one in (_own_number(cls, one) for one in own):
        if name in numbers:
            raise ParameterError(f"--with {flag(name)} is given twice", way_out="keep one of them")
        numbers[name] = one
    return cls(**{"design": design} | ({} if count is None else {catalogue.COUNT: count}) | numbers)


def _own_number(cls: type[Sized], typed_as: str) -> tuple[str, Any]:
    """A number of the rule, as NAME=VALUE."""
    name, equals, text = typed_as.partition("=")
    name = name.strip().replace("-", "_")
    taken = ("design", catalogue.COUNT, *LEVEL)
    declared = {one: parameter for one, parameter in parameters(cls).items() if one not in taken}
    if not equals or name not in declared:
        names = listed(flag(one) for one in declared)
        raise ParameterError(f"--with must be NAME=VALUE, of {cls.slug()} one of {names}, not {typed_as!r}")
    parts = tuple(value(part.strip()) for part in text.split(","))
    several = len(parts) > 1 and not declared[name].choices  # of what is chosen from a few the text says what was typed
    return name, parts if several else parts[0] if len(parts) == 1 else text.strip()
