"""`trialplan compare`: n, power and actual size under every test that applies."""

from __future__ import annotations

from typing import Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.parameter import parameters, with_role


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design: the test is what varies, so it is no option, and neither are looks."""
    own = options.of_design(cls, without=(*with_role(cls, "method"), *options.MONITORING))
    return options.verb(
        cls,
        _compare,
        "Answers with n, attained power and actual size under every test that applies.",
        [*own, options.power_option(), *output_options()],
        f"trialplan compare {cls.slug()} {options.example(cls)}",
    )


def _compare(cls: type[Design], power: Any, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.verbs.sizing import compare

    design = _that_suits(cls, given)
    with options.typed(cls):
        comparison = compare(design, power)
    show(comparison.page(), as_json, output)


def _that_suits(cls: type[Design], given: dict[str, Any]) -> Design:
    """The design by the first of its ways that suits the numbers; where none does, what is wrong with the usual one."""
    usual: ParameterError | None = None
    for method in with_role(cls, "method"):
        for way in (None, *parameters(cls)[method].choices):
            try:
                return cast("Design", options.build(cls, given, held=None if way is None else {method: way}))
            except ParameterError as why:
                usual = usual or why
    if usual is not None:
        raise usual
    return cast("Design", options.build(cls, given))


command = options.DesignGroup(
    "compare",
    command_for=for_design,
    kind=Design,
    help="The same assumptions through every test that applies to them: n, attained power, the level that each test "
    "really keeps with that n, and why they differ. For counts the actual size is enumerated, not simulated.",
    short_help="What would each applicable test ask for?",
    epilog=options.examples(
        "trialplan compare two-proportions --control 0.3 --treatment 0.6",
        "trialplan compare one-proportion --null 0.1 --expected 0.3 --json",
    ),
)
