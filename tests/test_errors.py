"""An error has parts: who complains, of what, why, and the way out, told in the words of its reader."""

import ast
import contextlib
import functools
import pickle
import random
import re
from pathlib import Path

import pytest

import trialplan
from trialplan import catalogue, errors
from trialplan.cli.options.design import typed
from trialplan.designs.ancova import Ancova
from trialplan.designs.simon import Simon
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError, PlanError, TrialplanError, UnreachableError, field
from trialplan.parameter import Interval, parameters, with_role
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.interim.observed_information import observed_boundaries

ROOT = Path(trialplan.__file__).resolve().parent
RATES = {"control": 0.3, "treatment": 0.5}
PLAN = TwoProportions(**RATES)
SEED, DRAWS = 20261128, 12


def arguments(cls):
    """Numbers that a design takes, from its typical ranges; None where it has a field without one."""
    needed = {name: one for name, one in parameters(cls).items() if not one.optional and one.typical}
    needed |= {name: parameters(cls)[name] for name in with_role(cls, "effect")[:1]}
    numbers = {name: one.typical[0] for name, one in needed.items()}
    try:
        cls(**numbers)
    except (TrialplanError, TypeError):
        return None
    return numbers


def wrong_value(declared, rng):
    """A value that the parameter does not take."""
    beyond = ["nonsense", True, 1j, [None], float("nan")]
    if isinstance(declared.domain, Interval):
        beyond += [end for end in (declared.domain.low - 1, declared.domain.high + 1) if abs(end) < float("inf")]
    if declared.unit == "proportion":
        beyond += [60, "60%"]
    return rng.choice(beyond)


def drawn():
    """Each design with some of its numbers put wrong, one at a time."""
    rng = random.Random(SEED)
    for cls in catalogue.designs().values():
        numbers = arguments(cls)
        for name in rng.choices(list(parameters(cls)), k=DRAWS) if numbers else ():
            yield cls, name, numbers | {name: wrong_value(parameters(cls)[name], rng)}


def refusal(call):
    """The error that a call gives."""
    with pytest.raises(TrialplanError) as caught:
        call()
    return caught.value


@contextlib.contextmanager
def told(*case):
    """What fails says of which case."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as why:
        why.add_note(f"of {case}")
        raise


def each_drawn(test):
    """The test of one wrong number is put to all that are drawn, and says of which one it fails."""

    @functools.wraps(test)
    def of_all(self):
        for cls, name, numbers in drawn():
            with told(cls.__name__, name, numbers):
                test(self, cls, name, numbers)

    del of_all.__wrapped__  # whose arguments pytest would take for fixtures
    return of_all


class TestDrawn:
    @each_drawn
    def test_has_parts(self, cls, name, numbers):
        """A wrong number has an owner, a parameter, its value and a reason, and the sentence is made of these."""
        error = refusal(lambda: cls(**numbers))
        assert (error.owner, error.parameter) == (cls.__name__, name)
        assert error.value is numbers[name]
        told = f"{name} {error.reason}" + (f"; {error.way_out}" if error.way_out else "")
        assert error.sentence == told
        assert str(error) == f"{cls.__name__}: {told}"
        assert "\0" not in str(error)

    @each_drawn
    def test_has_a_way_out_where_there_is_one(self, cls, name, numbers):
        """A rate typed as a percentage is told how to write it; a misspelt choice is told what there is."""
        error, value = refusal(lambda: cls(**numbers)), numbers[name]
        if str(value).startswith("60"):
            assert error.way_out == "write 60 % as 0.6"
        if isinstance(value, str) and parameters(cls)[name].choices:
            assert error.way_out or all(str(choice) in error.reason for choice in parameters(cls)[name].choices)

    @each_drawn
    def test_names_the_option(self, cls, name, numbers):
        """On the command line the same sentence begins with the option, and nobody is said to own it."""
        with pytest.raises(ParameterError) as caught, typed(cls):
            cls(**numbers)
        option = f"--{name.replace('_', '-')}"
        assert str(caught.value).startswith(f"{option} ")
        assert str(caught.value) == refusal(lambda: cls(**numbers)).worded({name: option})

    @each_drawn
    def test_crosses_processes(self, cls, name, numbers):
        """It says the same after pickling, parts and all."""
        error = refusal(lambda: cls(**numbers))
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        names = {name: "--this"}
        assert (again.owner, again.parameter, again.worded(names)) == (error.owner, name, error.worded(names))


# what is asked, its sentence in Python, and on the command line
REFERRED = {
    "margin of superiority": (
        lambda: TwoProportions(**RATES, margin=0.1, scale="ratio"),
        "TwoProportions: margin must lie in (1, ∞) for superiority where higher values are better, to show that the "
        "treatment is at least so much better, not 0.1; write the limit on that side, as in 10, or set goal to "
        "non-inferiority or favourable to lower",
        "--margin must lie in (1, ∞) for superiority where higher values are better, to show that the treatment is at "
        "least so much better, not 0.1; write the limit on that side, as in 10, or set --goal to non-inferiority or "
        "--favourable to lower",
    ),
    "one test, two deviations": (
        lambda: TwoMeans(difference=1, sd=1, sd_treatment=2),
        "TwoMeans: test t assumes one sd for both arms; with sd_treatment use test welch",
        "--test t assumes one sd for both arms; with --sd-treatment use --test welch",
    ),
    "an effect on the other scale": (
        lambda: Ancova(ratio=1.5, sd=1, correlation=0.5),
        "Ancova: scale difference needs difference, and no ratio",
        "--scale difference needs --difference, and no --ratio",
    ),
    "the other direction": (
        lambda: PLAN.replace(treatment=0.2).sample_size(0.8),
        "TwoProportions: no number of participants can show treatment = 0.2 in the treatment's favour: it must lie "
        "above its null value 0.3 (are the arms swapped? if not, set favourable to lower)",
        "no number of participants can show treatment = 0.2 in the treatment's favour: it must lie above its "
        "null value 0.3 (are the arms swapped? if not, set --favourable to lower)",
    ),
    "the other direction of two stages": (
        lambda: Simon(null=0.4, expected=0.2).sample_size(0.8),
        "Simon: no number of participants can show expected = 0.2: it must lie above its null value 0.4; "
        "or set favourable to lower",
        "no number of participants can show expected = 0.2: it must lie above its null value 0.4; "
        "or set --favourable to lower",
    ),
    "two sides and binding": (
        lambda: GroupSequential(design=PLAN, looks=(0.5, 1), futility="z(0)", binding=True),
        "GroupSequential: binding futility is defined for a one-sided test; set sides to 1 and alpha to 0.025",
        "binding futility is defined for a one-sided test; set --sides to 1 and --alpha to 0.025",
    ),
    "fewer participants than a block": (
        lambda: PLAN.arms(93),
        "TwoProportions: n is the total and must be a positive multiple of 2, split 1:1, not 93; try 92 or 94",
        "--n is the total and must be a positive multiple of 2, split 1:1, not 93; try 92 or 94",
    ),
}


@pytest.mark.parametrize(("call", "python", "command_line"), REFERRED.values(), ids=REFERRED)
def test_fields_are_told_as_the_reader_knows_them(call, python, command_line):
    """A field that a reason or a way out names is a field in Python and an option on the command line."""
    assert str(refusal(call)) == python
    with (
        pytest.raises(TrialplanError) as caught,
        typed(
            type(PLAN),
            "TwoMeans",
            "Ancova",
            "Simon",
            sd_treatment="--sd-treatment",
            difference="--difference",
            ratio="--ratio",
        ),
    ):
        call()
    assert str(caught.value) == command_line


def test_a_switch_is_told_as_one():
    """What is True in Python is an option without a value."""
    error = refusal(lambda: observed_boundaries(GroupSequential(design=PLAN, efficacy="lan-demets-pocock"), (1.2,)))
    assert error.sentence.endswith("uses all the level: add final=True")
    assert error.worded({"final=True": "--final"}).endswith("uses all the level: add --final")


def test_a_foreign_owner_keeps_its_words():
    """What another object says of a number of the same name is not said of the option."""
    with pytest.raises(ParameterError, match=r"^Normal: sd must lie in \(0, ∞\), not -1; see alpha$"), typed(TwoMeans):
        raise ParameterError(
            "must lie in (0, ∞), not -1", owner="Normal", parameter="sd", way_out=f"see {field('alpha')}"
        )


def test_a_name_that_is_no_text_is_told_what_is_known():
    """A number where a name belongs, as from Python or an option that reads numbers, is met with the names."""
    assert errors.did_you_mean(-1, ["difference", "ratio"]) == "known are difference, ratio"  # type: ignore[arg-type]


def test_a_sentence_alone():
    """An error without an owner is its sentence."""
    error = ParameterError("--n is needed, as in --n 120")
    assert str(error) == error.sentence == error.reason == "--n is needed, as in --n 120"
    assert (error.owner, error.parameter, error.value, error.way_out) == ("", "", None, "")


def test_an_owner_by_object_function_or_name():
    """Whoever complains gives itself."""
    said = [str(ParameterError("no", owner=owner)) for owner in (PLAN, TwoProportions, refusal, "a name")]
    assert said == ["TwoProportions: no", "TwoProportions: no", "refusal: no", "a name: no"]


def test_a_place_in_front():
    """A plan says where the complaint belongs, and keeps its parts."""
    inner = refusal(lambda: TwoProportions(**RATES, margin=0.1, scale="ratio")).at("[a table]", PlanError)
    error = inner.at("plan.toml", PlanError)
    assert str(error).startswith("plan.toml: [a table]: TwoProportions: margin must lie in")
    assert (error.place, error.parameter, error.value) == ("plan.toml: [a table]", "margin", 0.1)
    assert error.worded({"goal": "key goal"}).endswith("set key goal to non-inferiority or favourable to lower")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    "kind", [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, TrialplanError)]
)
def test_every_kind_has_the_parts(kind):
    """Each kind keeps its parts and survives pickling, the one that is an ImportError too."""
    error = kind("is wrong", owner=PLAN, parameter="this", value=(1,), way_out=f"set {field('that')}", place="here")
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert str(one) == "here: TwoProportions: this is wrong; set that"
        assert (one.value, one.worded({"that": "--that"})) == ((1,), "this is wrong; set --that")
    assert isinstance(again, kind)


def test_a_table_prints_the_sentence():
    """A grid's reason is the sentence, without who says it."""
    sizes = PLAN.replace(treatment=[0.2, 0.5]).sample_size(0.8)
    alone = refusal(lambda: PLAN.replace(treatment=0.2).sample_size(0.8))
    assert isinstance(alone, UnreachableError)
    assert list(sizes.reason) == [alone.sentence, None]


# The syntax tree.

CUTS = {"partition", "rpartition", "split", "removeprefix", "replace"}


def _cut(node):
    """Whether a call cuts a text that is made by `str` at ': ', or takes a name and ': ' off it."""
    cuts = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTS
    if not cuts or not any(isinstance(one, ast.Constant) and ": " in str(one.value) for one in node.args):
        return False
    made = (one.func for one in ast.walk(node.func.value) if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Name) and one.id == "str" for one in made)


def _pastes_its_owner(node):
    """Whether an error is raised with its owner as the beginning of a text, and not as a part."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")):
        return False
    text = ast.unparse(node.args[0]) if node.args else ""
    return bool(re.match(r"f?['\"](\{[\w.()]*(__name__|owner|OWNER)\}|[A-Z][A-Za-z]+): ", text))


def test_nobody_cuts_a_sentence_or_pastes_an_owner():
    """Who wants the sentence without its owner asks for it, and an owner is given as one."""
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _cut(node) or _pastes_its_owner(node)
    ]
    assert not offenders


@pytest.mark.parametrize(
    "text",
    [
        "str(why).partition(': ')[2]",
        "str(why).removeprefix('GroupSequential: ')",
        "ParameterError(f'{owner}: no')",
        "ParameterError(f'{type(self).__name__}: no')",
        "UnreachableError('Simon: ' 'no')",
    ],
)
def test_the_syntax_tree_is_read(text):
    """What is refused is seen."""
    assert any(_cut(node) or _pastes_its_owner(node) for node in ast.walk(ast.parse(text)))
