"""`trialplan verify`: whether simulated trials show what the formula claims."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import click

from trialplan.analyses.verification.simulation import FEWEST_TRIALS, SEED, TRIALS, check
from trialplan.cli.options import design as options
from trialplan.cli.options import workers as running
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError


class Tested(options.DesignsAndPlans):
    """The designs that test, and plans."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether it is a trial that tests, or a search that gives one."""
        return issubclass(cls, Design) or cls.gives is not None


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    asked = [options.power_option(default=None), *([options.n_option()] if issubclass(cls, Design) else [])]
    return options.verb(
        cls,
        _of_design,
        "Answers with what simulated trials show of the power that the formula claims: at the n that it gives for "
        "--power, or at --n.",
        [*options.of_design(cls, several=True), *asked, *_how()],
        f"trialplan verify {cls.slug()} {options.example(cls)} --trials 20000",
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: every endpoint that tests, with the losses that the plan states."""
    return Verb(
        name,
        params=_how(),
        callback=lambda **given: _of_plan(name, **given),
        help="Answers with what simulated trials show of every endpoint that tests: the primary at the n that it "
        "gives, the others at that n. Where participants without an outcome are excluded, they are lost at random in "
        "the simulated trials; where they count as non-responders, the planning rates contain them already.",
        epilog=options.examples("trialplan verify msc-lupus-nephritis", "trialplan verify plan.toml --trials 10000"),
    )


def _how() -> list[click.Parameter]:
    trials, seed = "trials to simulate of each claim", "where the random numbers begin"
    return [
        click.Option(["--trials"], type=options.NUMBER, default=TRIALS, help=f"{trials}  [default: {TRIALS}]"),
        click.Option(["--seed"], type=options.NUMBER, default=SEED, help=f"{seed}  [default: {SEED}]"),
        *running.options(),
        *output_options(),
    ]


def _of_design(cls: type[Sized], **given: Any) -> None:
    trials, seed = _checked(given)
    target, n = given.get("power"), given.get("n")
    if target is not None and n is not None:
        raise ParameterError(
            "--power and --n are both given; --power takes the n of the formula, --n your own: keep one"
        )
    design, where = options.build(cls, given), _where(given)
    from trialplan.verbs.sizing import claimed, verify

    with options.typed(cls):
        design, n, target = claimed(design, n, target)  # a search finds the design that is verified
    with running.progress("trials") as progress, _spelt(cls):
        found = verify(design, n=n, power=target, trials=trials, seed=seed, progress=progress, **where)
    show(found.page(), given["as_json"], given["output"], ok=found.ok)


def _of_plan(name: str, **given: Any) -> None:
    trials, seed = _checked(given)
    from trialplan.verbs.planning import build
    from trialplan.verbs.sizing import verify

    where = _where(given)
    trial = build(name)
    with running.progress("trials") as progress, _spelt():
        found = verify(trial, trials=trials, seed=seed, progress=progress, **where)
    show(found.page(), given["as_json"], given["output"], ok=found.ok)


def _where(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where the trials are drawn, looked at before any is."""
    running.executor(given["workers"], given["scheduler"])
    return {name: given[name] for name in ("workers", "scheduler")}


def _checked(given: Mapping[str, Any]) -> tuple[int, int]:
    """Trials and seed as typed, refused before anything is computed."""
    with _spelt():
        check(given["trials"], given["seed"], fewest=FEWEST_TRIALS)
    return given["trials"], given["seed"]


def _spelt(cls: type[Sized] = Sized) -> AbstractContextManager[None]:
    """Within it, errors name the options."""
    return options.typed(cls, trials="--trials", seed="--seed")


command = Tested(
    "verify",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="The formula's claims against trials that are drawn, participant by participant, and analysed by the test "
    "itself; and against every outcome counted, where they can be. Name a design with its numbers, or a plan. The "
    "same seed gives the same numbers with any number of workers. Exit code 1 if a claim does not hold.",
    short_help="Is what the formula claims what simulated trials show?",
    epilog=options.examples(
        "trialplan verify two-proportions --control 0.3 --treatment 0.5",
        "trialplan verify two-means --difference 0.5 --sd 1 --n 24 --trials 20000 --json",
        "trialplan verify msc-lupus-nephritis",
    ),
)
