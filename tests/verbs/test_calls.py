"""Everything a verb does is also one Python call."""

import functools
import importlib.util
import json
import math
import re
import shlex
import sys
import typing
from pathlib import Path

import numpy as np
import pytest

import trialplan
from trialplan import GroupSequential, OneProportion, TwoMeans, TwoProportions, catalogue
from trialplan.cli import SERVING, VERBS, main
from trialplan.design import Design
from trialplan.errors import MissingExtra, ParameterError
from trialplan.page import Answer, plain
from trialplan.parameter import parameters, typical, with_role
from trialplan.verbs import calls, planning

DOCS = Path(__file__).resolve().parents[2] / "docs"
RATES = TwoProportions(control=0.3, treatment=0.5)
PLAN = "msc-lupus-nephritis"


def builder(name):
    """A file that writes what the program says of itself."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAIRS = builder("build_python").PAIRS
"""Each verb beside its calls, as the page about Python has them."""

LIKE_JSON = [
    pair
    for verb in PAIRS
    for pair in PAIRS[verb]
    if verb not in ("demo", "init", "protocol", "check", "code", "randomise", "schema")
]


@functools.cache
def called(text):
    """The value of a call as the page about Python shows it, asked once."""
    return eval(text, {name: getattr(trialplan, name) for name in dir(trialplan)})


def filled_in(name, values):
    """An elicitation sheet with these values at 5, 50 and 95 %."""
    text = trialplan.elicitation_sheet().replace("Name: ____", f"Name: {name}")
    for start, value in zip(("| 5 %", "| 50 %", "| 95 %"), values, strict=True):
        line = next(line for line in text.splitlines() if line.startswith(start))
        text = text.replace(line, f"{line.rstrip('|').rstrip()} {value} |")
    return text


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, with a table of statements in it."""
    monkeypatch.chdir(tmp_path)
    rows = "design,control,treatment,power,n", "two-proportions,0.3,0.5,0.8,186", "two-proportions,0.3,0.6,0.8,84"
    (tmp_path / "statements.csv").write_text("\n".join(rows), encoding="utf-8")
    for name, values in (("Ada", ("8 %", "20 %", "40 %")), ("Bo", ("0.1", "0.15", "0.3"))):
        (tmp_path / f"{name.lower()}.md").write_text(filled_in(name, values), encoding="utf-8")


@pytest.fixture
def said(capsys):
    """What a line prints."""

    def say(line, *more):
        assert main([*shlex.split(line), *more]) == 0
        return capsys.readouterr().out

    return say


class TestEachVerb:
    def test_has_its_calls(self):
        """Every verb stands in the table, beside calls that are public."""
        assert list(PAIRS) == [verb for verb in VERBS if verb not in SERVING]
        for verb in PAIRS:
            for name in calls(verb):
                assert callable(getattr(trialplan, name))
                assert any(f"{name}(" in pair.call for pair in PAIRS[verb]), name

    @pytest.mark.parametrize("pair", LIKE_JSON, ids=[pair.call for pair in LIKE_JSON])
    def test_gives_the_same_data(self, said, pair):
        """The call's data are those that --json prints, and its print is the page."""
        answer = called(pair.call)
        # asked once: the page goes to a file, as a pipe would have it
        assert plain(answer.to_dict()) == json.loads(said(pair.typed, "--json", "-o", "page.txt"))
        assert str(answer) + "\n" == Path("page.txt").read_text(encoding="utf-8")

    def test_gives_the_same_text(self, said):
        """A script, a plan to start from and the schema are the same texts."""
        (code,), (schema,), (start,) = PAIRS["code"], PAIRS["schema"], PAIRS["init"]
        assert called(code.call) == said(code.typed)
        assert called(schema.call) == json.loads(said(schema.typed))
        said(start.typed)
        assert called(start.call) == Path("plan.toml").read_text(encoding="utf-8")

    def test_gives_the_same_list(self, said):
        """The same seed is the same list, and the file holds what it was made from."""
        for pair in PAIRS["randomise"]:
            said(pair.typed, "--force")
            scheme = called(pair.call)
            assert plain(scheme.to_dict()) == json.loads(Path("list.json").read_text(encoding="utf-8"))
            assert all(set(line) == {"sequence", "participant"} for line in scheme.masked())

    def test_gives_the_same_document(self, said, monkeypatch):
        """A draft is dear: the verb is asked, and what it prints is what its call gave."""
        given = {}

        def kept(name):
            call = getattr(planning, name)

            def spy(*args, **named):
                given[name] = call(*args, **named)
                return given[name]

            monkeypatch.setattr(planning, name, spy)

        kept("render_protocol")
        kept("check")
        (draft,), (check,) = PAIRS["protocol"], PAIRS["check"]
        assert said(draft.typed) == "wrote draft.md\n"
        assert given["render_protocol"] == [Path("draft.md")]
        shown = json.loads(said(check.typed, "--json"))
        assert given["check"].ok
        assert plain(given["check"].to_dict()) == shown
        assert given["check"].summary().startswith("draft.md says what its plan gives: all")

    def test_the_page_is_current(self):
        """docs/python.md is what the docstrings say now."""
        module = builder("build_python")
        assert module.PAGE.read_text(encoding="utf-8") == module.reference()


class TestFace:
    def test_no_name_is_a_package(self):
        """A public name that a file or folder of the package bears would hide it, or be hidden."""
        root = Path(trialplan.__file__).parent
        taken = {path.stem for path in root.iterdir()}
        assert not taken & {name for name in dir(trialplan) if not name.startswith("__")}

    def test_holds_every_design(self):
        """Precision designs and wrappers too, from the catalogue."""
        every = {cls.__name__ for cls in (*catalogue.designs().values(), *catalogue.wrappers().values())}
        assert every <= set(dir(trialplan))

    def test_its_docstring_lists_every_call(self):
        """A newcomer who reads `help(trialplan)` meets each of them."""
        functions = [name for name in dir(trialplan) if type(getattr(trialplan, name)).__name__ == "function"]
        assert [name for name in functions if name not in trialplan.__doc__] == []

    def test_names_come_in_the_order_of_its_docstring(self):
        """A page that is made from the names goes from designs by what if to documents, as the table of calls does."""
        table = trialplan.__doc__.partition("The calls, each")[2].partition("An answer has")[0]
        rows = [re.sub(r"\([^)]*\)", "", line[28:]) for line in table.splitlines() if line.startswith("    ")]
        told = [name for row in rows for name in re.findall(r"\w+", row)]
        assert told == [name for name in trialplan.__all__ if name.islower() and not name.startswith("_")]


def answers():
    """Every class that is an answer."""
    found, left = [], [Answer]
    while left:
        cls = left.pop()
        found += cls.__subclasses__()
        left += cls.__subclasses__()
    return found


class TestAnswers:
    def test_are_of_one_kind(self):
        """Each has a page of its own, and prints as one: no dataclass writes its repr over it."""
        for pair in LIKE_JSON:
            called(pair.call)
        every = {cls for cls in answers() if cls.__module__.startswith("trialplan.")}
        assert len(every) > 20
        for cls in every:
            assert cls.page is not Answer.page, cls
            assert cls.__repr__ is Answer.__repr__, cls

    @pytest.mark.parametrize("call", [pair.call for pair in LIKE_JSON])
    def test_are_shown(self, call):
        """A repr is the headline, a notebook gets a fragment of HTML."""
        answer = called(call)
        assert repr(answer) == f"<{type(answer).__name__}: {answer.summary()}>"
        assert answer._repr_html_().startswith("<p><strong>")

    def test_are_frames(self):
        """One record a row; whole numbers stay whole where some are missing."""
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = trialplan.scenarios(RATES, {"treatment": [0.2, 0.5, 0.6]}).to_frame()
        assert isinstance(frame, pandas.DataFrame)
        assert str(frame["n"].dtype) == "Int64"
        assert frame["n"].isna().tolist() == [True, False, False]
        sized = trialplan.size(TwoMeans(difference=np.array([0.5, -1]), sd=1)).to_frame()
        assert (str(sized["n"].dtype), sized["n"][0]) == ("Int64", 128)
        assert trialplan.compare(RATES).to_frame()["n"].notna().all()

    def test_a_frame_without_pandas_is_one_sentence(self, monkeypatch):
        """It says what to install."""
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(MissingExtra, match=r"pip install 'trialplan\[frames\]'"):
            trialplan.size(RATES).to_frame()


class TestNumbers:
    def test_scalars_are_pythons_own(self):
        """What a formula gives of plain numbers is a float that JSON takes, of every design."""
        assert type(OneProportion(null=0.1, expected=0.3).power(30)) is float
        for design in (RATES, TwoMeans(difference=1, sd=1), GroupSequential(design=RATES, looks=(0.5, 1))):
            assert type(design.power(188)) is type(design.success(188)) is float
            json.dumps(design.power(188))

    def test_whole_numbers_are_whole_in_grids(self):
        """Integers where every cell has an answer; else nan in the array, None as data."""
        every = trialplan.size(TwoMeans(difference=np.array([0.5, 1]), sd=1))
        assert every.n.dtype.kind == every.arms["treatment"].dtype.kind == "i"
        assert every.to_dict()["n"] == [128, 34]
        some = trialplan.size(TwoMeans(difference=np.array([0.5, -1]), sd=1))
        assert math.isnan(some.n[1])
        data = some.to_dict()
        assert (data["n"], data["arms"]["control"]) == ([128, None], [64, None])
        assert all(type(n) is int for n in data["n"] if n is not None)
        assert "must lie above" in data["reason"][1]
        json.dumps(data, allow_nan=False)
        grid = trialplan.scenarios(RATES, {"control": [0.2, 0.3], "treatment": [0.5, 0.6]})
        assert grid.n.dtype.kind == "i"

    def test_a_grid_prints_its_cells(self):
        """A cell a line, and why one has no answer."""
        page = str(trialplan.size(TwoMeans(difference=np.array([0.5, -1]), sd=1)))
        assert page.startswith("2 sample sizes: 128 to 128 participants in all; 1 without an answer")
        assert "A cell without an answer: no number of participants can show difference = -1" in page

    def test_the_call_refuses_what_cannot_be_randomised(self):
        """The method is the formula and takes any n; the call wants whole blocks, one design and a whole number."""
        assert RATES.power(185.5) > 0
        for n in (185, 0, -2, 10.5, None, True):
            with pytest.raises(ParameterError, match="n "):
                trialplan.power(RATES, n)
        with pytest.raises(ParameterError, match="not a grid"):
            trialplan.power(TwoMeans(difference=np.array([1, 2]), sd=1), 100)
        assert trialplan.power(RATES, np.int64(186)).n == 186

    def test_what_is_no_design_is_one_sentence(self):
        """A class without its numbers, a plan where a design is asked, a design without a test."""
        with pytest.raises(ParameterError, match="not the class TwoMeans"):
            trialplan.size(TwoMeans)
        with pytest.raises(ParameterError, match="takes a design"):
            trialplan.size(PLAN)
        with pytest.raises(ParameterError, match="has no test and no power"):
            trialplan.compare(trialplan.AdverseEvent(rate=0.01))
        with pytest.raises(ParameterError, match="no test and no power"):
            trialplan.size(trialplan.AdverseEvent(rate=0.01), 0.9)


OPEN = {
    cls: {name: value for name, value in typical(cls).items() if parameters(cls)[name].role != "effect"}
    for cls in catalogue.designs().values()
    if issubclass(cls, Design)
    and not cls.fixes_n()
    and any(parameters(cls)[name].open for name in with_role(cls, "effect"))
}
"""Each design that tests, with what it needs beside its effect."""


class TestOpenEffect:
    @pytest.mark.parametrize("cls", OPEN, ids=lambda cls: cls.slug())
    def test_is_what_is_asked(self, cls):
        """It need not be invented: the answer is that of the design with any effect."""
        left_open = cls(**OPEN[cls])
        name = left_open.effect
        invented = left_open.replace(**{name: parameters(cls)[name].typical[0]})
        assert left_open.detectable_effect(120) == invented.detectable_effect(120)
        assert f"{name}=" not in repr(left_open)
        assert name not in left_open.assumptions()
        assert trialplan.effect(left_open, 120).to_dict() == trialplan.effect(invented, 120).to_dict()

    @pytest.mark.parametrize("cls", OPEN, ids=lambda cls: cls.slug())
    @pytest.mark.parametrize(
        "ask",
        [
            lambda design: design.power(120),
            lambda design: design.success(120),
            lambda design: design.sample_size(0.8),
            lambda design: design.simulate(120, 10, np.random.default_rng(1)),
            lambda design: trialplan.verify(design, n=120, trials=1000),
            lambda design: trialplan.compare(design),
        ],
        ids=["power", "success", "size", "simulate", "verify", "compare"],
    )
    def test_has_no_size_and_no_power(self, cls, ask):
        """Both need it, and say so in one sentence that names it."""
        left_open = cls(**OPEN[cls])
        with pytest.raises(ParameterError, match=f"{left_open.effect} is left open; give it a value"):
            ask(left_open)

    def test_within_looks(self):
        """A wrapper's effect is its inner design's, left open too."""
        looked = GroupSequential(design=TwoMeans(sd=1), looks=(0.5, 1))
        assert looked.detectable_effect(128) == pytest.approx(0.50104, abs=1e-4)
        with pytest.raises(ParameterError, match="difference is left open"):
            looked.power(128)
        closed = looked.replace(design=TwoMeans(sd=1, difference=0.5))
        assert closed.power(128) > 0.79

    def test_may_be_varied(self):
        """A grid over the effect needs none to begin with."""
        grid = trialplan.scenarios(TwoMeans(sd=1), {"difference": [0.5, 1]})
        assert grid.n.tolist() == [128, 34]


class TestPairs:
    def test_are_called_so_wherever_they_are_counted(self):
        """Every answer about a design of pairs says how many of those there are, and of no participants."""
        design = trialplan.PairedMeans(difference=1, sd=2)
        answers = (
            trialplan.verify(design, n=34, trials=1000),
            trialplan.tornado(design, {"sd": (1.5, 3)}),
            trialplan.exclude(design, 34),
        )
        for answer in answers:
            told = " ".join([answer.page().headline, *answer.page().notes])
            assert " 34 pairs" in told
            assert "participants" not in told


class TestPool:
    def test_of_groups(self):
        """Groups are named by a field of the studies; an unknown one is told in Python's words."""
        pools = trialplan.pool(PLAN, "death", by="product")
        assert "UC" in pools.parts
        with pytest.raises(ParameterError, match=r"^by: a study has no 'prduct'; did you mean"):
            trialplan.pool(PLAN, "death", by="prduct")
        with pytest.raises(ParameterError, match="outcome is needed"):
            trialplan.pool(PLAN)

    def test_of_any_measure(self):
        """Effects in a measure that the table does not make are pooled as they are."""
        effects = trialplan.Effects(
            measure="log odds ratio",
            labels=("a", "b", "c"),
            values=(0.1, 0.4, 0.2),
            variances=(0.1, 0.2, 0.1),
            sizes=(40, 20, 40),
        )
        pooled = trialplan.pool(effects)
        # inverse-variance weights 10, 5, 10: no heterogeneity is seen
        assert (pooled.tau2, pooled.estimate) == (pytest.approx(0, abs=1e-9), pytest.approx(0.2))
        assert pooled.note == "Pooled as log odds ratio."
        assert pooled.summary().startswith("0.200, 95 % interval -0.192 to 0.592")


def annotation(cls, name):
    """The type of a field, as its class's own file understands it."""
    home = next(base for base in cls.__mro__ if name in vars(base).get("__annotations__", {}))
    return eval(home.__annotations__[name], vars(sys.modules[home.__module__]))


class TestTypes:
    def test_choices_are_literal_types(self):
        """What a field's type offers is what the design takes, and a table of tests has a row for each."""
        every = [*catalogue.designs().values(), *catalogue.wrappers().values()]
        for cls in every:
            for name, declared in parameters(cls).items():
                if declared.choices:
                    # one that may be left out is a Literal or None
                    kinds = [one for one in typing.get_args(annotation(cls, name)) if one is not type(None)]
                    offered = (declared.optional and len(kinds) == 1 and typing.get_args(kinds[0])) or tuple(kinds)
                    assert offered == declared.choices, (cls, name)
            if "test" in parameters(cls):
                assert tuple(cls.tests) == parameters(cls)["test"].choices

    def test_the_package_says_that_it_is_typed(self):
        """Its marker lies beside its first file, and the types of its names, as they are now."""
        assert Path(trialplan.__file__).with_name("py.typed").is_file()
        module = builder("build_stub")
        assert module.STUB.read_text(encoding="utf-8") == module.stub()
