"""`trialplan verify`: whether simulated trials show what the formula claims."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from trialplan.analyses.verification.simulation import MOST_TRIALS, SEED, TRIALS
from trialplan.cli.options import design as options
from trialplan.cli.options import workers as running
from trialplan.cli.options.command import FAILED, Verb
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.design_facts import assumed, level, source
from trialplan.errors import ParameterError
from trialplan.page import Page, Table, facts
from trialplan.text import as_sentence, participants

if TYPE_CHECKING:
    from trialplan.analyses.verification.verification import Verification
    from trialplan.plan.verifying import SimulatedLosses, VerifiedEndpoint

_LONG = 3 * 10**9
"""Participants drawn one by one that take minutes."""

_NONE = "—"


class Tested(options.DesignsAndPlans):
    """The designs that test, and plans."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether it is a trial that tests, or a search that gives one."""
        return issubclass(cls, Design) or cls.gives is not None


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    asked = [options.power_option(), *([options.n_option()] if issubclass(cls, Design) else [])]
    return options.verb(
        cls,
        _of_design,
        "Answers with what simulated trials show of the power that the formula claims: at the n that it gives for "
        "--power, or at --n.",
        [*options.of_design(cls), *asked, *_how()],
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
    return [
        click.Option(["--trials"], type=options.NUMBER, help=f"trials to simulate of each claim  [default: {TRIALS}]"),
        click.Option(["--seed"], type=options.NUMBER, help=f"where the random numbers begin  [default: {SEED}]"),
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
    asked = options.build(cls, given)
    where = running.executor(given["workers"], given["scheduler"])
    with options.typed(cls):
        design, n, target = _sized(asked, n, target)
    _warn(design, n, trials)
    from trialplan.analyses.verification.verification import verify

    with running.progress("trials") as progress:
        answer = verify(design, n=n, target=target, trials=trials, seed=seed, executor=where, progress=progress)
    _answer(_page(answer), answer.ok, given)


def _sized(design: Sized, n: int | None, target: float | None) -> tuple[Design, int, float | None]:
    """The design that is simulated, and its n; a search gives both."""
    if n is not None and isinstance(design, Design):
        design.check_n(n)
        return design, n, None
    target = options.DEFAULT_POWER if target is None else target
    answer = design.sample_size(target)
    assert isinstance(answer.design, Design)  # what is sized by power tests, and a search finds a trial that does
    return answer.design, int(answer.n), target


def _of_plan(name: str, **given: Any) -> None:
    trials, seed = _checked(given)
    where = running.executor(given["workers"], given["scheduler"])
    from trialplan import plan
    from trialplan.plan.verifying import verify_trial

    trial = plan.build(plan.read(name))
    if isinstance(trial.primary.design, Design):
        _warn(trial.primary.design, int(trial.answer.n), trials)
    with running.progress("trials") as progress:
        endpoints = verify_trial(trial, trials=trials, seed=seed, executor=where, progress=progress)
    _answer(_plan_page(name, endpoints), all(endpoint.ok for endpoint in endpoints), given)


def _checked(given: Mapping[str, Any]) -> tuple[int, int]:
    """Trials and seed as typed, refused before anything is imported to compute with."""
    trials = TRIALS if given["trials"] is None else given["trials"]
    seed = SEED if given["seed"] is None else given["seed"]
    if not isinstance(trials, int) or not 1 <= trials <= MOST_TRIALS:
        shown = f"{trials:,}" if isinstance(trials, int) else trials
        raise ParameterError(f"--trials must be a whole number from 1 to {MOST_TRIALS:,}, not {shown}")
    if not isinstance(seed, int) or seed < 0:
        raise ParameterError(f"--seed must be a whole number, 0 or more, not {seed}")
    return trials, seed


def _warn(design: Design, n: int, trials: int) -> None:
    """Say so, where nobody watches a bar and it takes minutes: of counts only the counts are drawn."""
    if design.counted(n) is None and n * trials > _LONG and not sys.stderr.isatty():
        click.echo(f"trialplan: drawing {n * trials:,} participants takes minutes; --trials asks for fewer", err=True)


def _answer(page: Page, ok: bool, given: Mapping[str, Any]) -> None:
    show(page, given["as_json"], given["output"])
    if not ok:
        click.get_current_context().exit(FAILED)


def _page(found: Verification) -> Page:
    from trialplan.analyses.verification.sentences import headline, reached, type_one, verdict

    rows = [*assumed(found.design), *level(found.design), *_facts(found), *source(found.design)]
    notes = [reached(found.true_n, found.target), type_one(found), verdict(found)]
    return Page(
        data=found.as_json() | {"sentence": headline(found)},
        headline=headline(found),
        tables=[facts(rows), _checks(found)],
        notes=[as_sentence(note) for note in notes if note],
        records=lambda: [found.as_json()],
    )


def _facts(found: Verification) -> Iterator[tuple[str, str]]:
    target = "" if found.target is None else f"  (asked for {found.target:g})"
    yield "n", f"{participants(found.arms)}{target}"
    counted = "both tails" if found.far_tail and found.design.two_tailed else "the tail in the treatment's favour"
    yield "power counts", counted
    yield "gap", f"{found.gap:+.4f}  (claim minus truth)"
    yield "trials", _drawn(found)


def _checks(found: Verification) -> Table:
    columns = ("claim", "witness", "claimed", "seen", "SE", "may differ by", "holds")
    rows = []
    for check in found.checks:
        claimed = f"{'at most ' if check.above_only else ''}{check.claimed:.4f}"
        error = f"{check.standard_error:.4f}" if check.standard_error else _NONE
        allowed = (f"{check.allowance:g}" if check.allowance else "", "4 SE" if check.standard_error else "")
        differ = " + ".join(filter(None, allowed)) or "rounding"
        rows.append([check.what, check.by, claimed, f"{check.seen:.4f}", error, differ, "yes" if check.ok else "NO"])
    return Table(columns, rows, right=frozenset({2, 3, 4}))


def _plan_page(name: str, found: Sequence[VerifiedEndpoint]) -> Page:
    from trialplan.analyses.verification.sentences import headline, reached, type_one, verdict

    primary = found[0].found
    records = [endpoint.as_json() for endpoint in found]
    notes = [reached(primary.true_n, primary.target), type_one(primary), *_of_losses(found)]
    notes += [f"{endpoint.name}: {verdict(endpoint.found)}" for endpoint in found]
    made = {"plan": name, "trials": primary.trials, "seed": primary.seed, "ok": all(endpoint.ok for endpoint in found)}
    columns = ("endpoint", "n", "claimed", "simulated", "SE", "enumerated", "type I error", "gap", "holds")
    return Page(
        data=made | {"sentence": headline(primary), "endpoints": records},
        headline=headline(primary),
        tables=[
            facts([("plan", name), ("n", participants(primary.arms)), ("trials", _drawn(primary))]),
            Table(columns, list(_rows(found)), right=frozenset(range(1, 8))),
        ],
        notes=[as_sentence(note) for note in notes if note],
        records=lambda: records,
    )


def _drawn(found: Verification) -> str:
    return f"{found.trials:,} for each claim, seed {found.seed}"


def _rows(found: Sequence[VerifiedEndpoint]) -> Iterator[list[str]]:
    for endpoint in found:
        seen = endpoint.found
        shares = [f"{seen.claimed:.3f}", f"{seen.simulated:.3f}", f"{seen.standard_error:.4f}"]
        exact = [_NONE if value is None else f"{value:.4f}" for value in (seen.enumerated, seen.type_one_error)]
        yield [endpoint.name, f"{seen.n:,}", *shares, *exact, f"{seen.gap:+.3f}", "yes" if seen.ok else "NO"]
        if endpoint.losses is not None:
            yield _row_of_losses(endpoint.losses)


def _row_of_losses(losses: SimulatedLosses) -> list[str]:
    shares = [f"{losses.claimed:.3f}", f"{losses.simulated:.3f}", f"{losses.standard_error:.4f}"]
    holds = "yes" if losses.ok else "NO"
    label = f"  {losses.n:,} enrolled, {100 * losses.dropout:g} % lost"
    return [label, f"{losses.expected:g}", *shares, _NONE, _NONE, f"{losses.gap:+.3f}", holds]


def _of_losses(found: Sequence[VerifiedEndpoint]) -> Iterator[str]:
    """How the simulated trials treat who has no outcome."""
    for endpoint in found:
        losses = endpoint.losses
        if endpoint.missing == "non-response":
            yield (
                f"{endpoint.name}: a missing outcome counts as non-response, which the planning rates contain, so the "
                "simulated trials are complete"
            )
        elif losses is not None:
            yield (
                f"{endpoint.name}: of {losses.n:,} simulated participants each is lost with probability "
                f"{losses.dropout:g}, and the test is put to the rest"
            )


command = Tested(
    "verify",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="The formula's claims against trials that are drawn, participant by participant, and analysed by the test "
    "itself; and against every outcome counted, where they can be. Name a design with its numbers, or a plan. The "
    "same seed gives the same numbers with any number of workers. Exit code 1 if a claim does not hold.",
    short_help="Is what the formula claims what simulated trials show?",
    subcommand_metavar="DESIGN|PLAN [OPTIONS]",
    epilog=options.examples(
        "trialplan verify two-proportions --control 0.3 --treatment 0.5",
        "trialplan verify two-means --difference 0.5 --sd 1 --n 24 --trials 20000 --json",
        "trialplan verify msc-lupus-nephritis",
    ),
)
