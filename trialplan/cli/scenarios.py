"""`trialplan scenarios`: what would n be if the assumptions were otherwise?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trialplan import catalogue, files
from trialplan.cli import options, output
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, did_you_mean
from trialplan.explore.scenarios import scenarios
from trialplan.explore.vary import parse_vary
from trialplan.parameter import parameters

DEFAULT_POWER = 0.8


class DesignsAndPlans(options.DesignGroup):
    """Subcommands are the designs; any other word is a plan, shipped or at a path."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb for a design or for a plan, or a sentence that names the nearest of either."""
        if cmd_name in catalogue.designs():
            return super().get_command(ctx, cmd_name)
        plans = files.examples("plan.toml")
        if cmd_name in plans or "/" in cmd_name or cmd_name.endswith(".toml"):
            return for_plan(cmd_name)
        near = did_you_mean(cmd_name, [*catalogue.designs(), *plans])
        raise ParameterError(f"there is no design and no plan {cmd_name!r}; {near}")


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    asked = [options.power_option(), options.n_option()] if issubclass(cls, Design) else []
    name = (options.effects(cls) or options.required(cls))[0]
    return click.Command(
        cls.slug(),
        params=[_vary(), *options.of_design(cls), *asked, *output.options()],
        callback=lambda **given: _of_design(cls, **given),
        help=f"{options.summary(cls)}\n\nAnswers with n for every combination of the varied numbers.",
        short_help=options.summary(cls),
        epilog=options.examples(
            " ".join(
                ("trialplan scenarios", cls.slug(), f"--vary {_typical(cls, name)}", options.example(cls, [name]))
            ).rstrip()
        ),
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its primary endpoint's design, varied."""
    return click.Command(
        name,
        params=[_vary(), options.power_option(), options.n_option(), *output.options()],
        callback=lambda **given: _of_plan(name, **given),
        help="Answers with n for every combination of the varied numbers, around the plan's primary endpoint.",
        epilog=options.examples("trialplan scenarios msc-lupus-nephritis --vary control=0.2:0.4:0.05"),
    )


def _vary() -> click.Option:
    return click.Option(
        ["--vary"],
        multiple=True,
        metavar="NAME=VALUES",
        help="name=first:last:step (end included) or name=value,value; repeat it to cross them  [required]",
    )


def _typical(cls: type[Sized], name: str) -> str:
    low, high = parameters(cls)[name].typical
    return f"{options.flag(name)}={low:g},{high:g}"


def _of_design(cls: type[Sized], vary: tuple[str, ...], **given: Any) -> None:
    with options.typed(cls):
        axes = _axes(vary)
    for name in axes:
        if name not in parameters(cls):
            raise ParameterError(f"there is no --{options.flag(name)} of {cls.slug()} to vary; {_near(cls, name)}")
        if given.get(name) is not None:
            raise ParameterError(f"{name} is given twice, by --{options.flag(name)} and by --vary; keep one")
    held = {name: values[0] for name, values in axes.items()}
    target = DEFAULT_POWER if issubclass(cls, Design) else None
    _answer(options.build(cls, given, held=held), axes, target, given)


def _near(cls: type[Sized], name: str) -> str:
    return did_you_mean(name, parameters(cls))


def _of_plan(name: str, vary: tuple[str, ...], **given: Any) -> None:
    from trialplan import plan

    axes = _axes(vary)
    primary: Any = plan.build(plan.read(name)).primary
    _answer(primary.design, axes, primary.answer.target, given)


def _axes(vary: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    if not vary:
        raise ParameterError("--vary is needed, as in --vary control=0.2:0.4:0.05 or --vary test=score,wald")
    axes: dict[str, tuple[Any, ...]] = {}
    for text in vary:
        name, values = parse_vary(text)
        if name in axes:
            raise ParameterError(f"vary {name} is given twice; put all its values into one --vary")
        axes[name] = values
    return axes


def _answer(design: Sized, axes: Mapping[str, Any], default: float | None, given: Mapping[str, Any]) -> None:
    from trialplan.cli.grid import page
    from trialplan.cli.output import show

    n, power = given.get("n"), given.get("power")
    if n is not None and power is not None:
        raise ParameterError("--power and --n are both given; --power asks for n, --n asks for the power: keep one")
    target = None if n is not None else default if power is None else power
    fixed: Sized = getattr(design, "design", design)
    with options.typed(type(fixed)):
        found = scenarios(design, axes, target=target, n=n)
    show(page(found), given["as_json"], given["output"])


command = DesignsAndPlans(
    "scenarios",
    command_for=for_design,
    help="n across a grid of assumptions, or the power of --n participants. Name a design with its numbers, or a "
    "plan, whose primary endpoint is then varied. Ranges include their end and go in decimal steps; choices may be "
    "varied too. -o FILE.csv writes one line a scenario.",
    short_help="What would n be if the assumptions were otherwise?",
    subcommand_metavar="DESIGN|PLAN [OPTIONS]",
    epilog=options.examples(
        "trialplan scenarios two-proportions --vary control=0.2:0.4:0.05 --vary treatment=0.5,0.6",
        "trialplan scenarios two-proportions --control 0.3 --treatment 0.5 --vary test=score,wald",
        "trialplan scenarios msc-lupus-nephritis --vary control=0.2:0.4:0.05 -o scenarios.csv",
    ),
)
