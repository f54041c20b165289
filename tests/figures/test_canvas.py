import hashlib
import json
import os
import subprocess
import sys

import pytest

from trialplan.errors import FileError, MissingExtra
from trialplan.figures import FORMATS, Contour, Curves, Forest, HeatMap, Tornado, TrialSchema, render, save

NAN = float("nan")
SURFACE = {
    "x_name": "response rate on treatment",
    "x": [0.3, 0.4, 0.5],
    "y_name": "response rate on control",
    "y": [0.2, 0.3],
    "values": [[313, 82, 39], [NAN, 356, 93]],
    "planned": (0.4, 0.25),
    "title": "Participants per arm",
}


def every_figure():
    """One of each, by name."""
    return {
        "heat map": HeatMap(**SURFACE),
        "contour": Contour(**SURFACE),
        "curves": Curves(
            x_name="participants", x=[50, 100, 150], lines=[("a", [0.3, 0.6, 0.9])], target=0.8, chosen=(134, 0.8)
        ),
        "tornado": Tornado(bars=[("control", "0.1", "0.3", 60, None), ("loss", "0", "0.2", 90, 120)], planned=100),
        "forest": Forest(rows=[("Sun 2010", 0.5, 0.3, 0.7, 1.0, "landmark")], prediction=(0.1, 0.9)),
        "schema": TrialSchema(
            arms=[("cells", 67), ("placebo", 67)], timepoint="12 months", endpoint="response", allocation="1:1"
        ),
    }


FIGURES = every_figure()
HASHES = """
import hashlib, json, runpy
figures = runpy.run_path({path!r})["every_figure"]()
from trialplan.figures import FORMATS, render
print(json.dumps({{name + suffix: hashlib.sha256(render(figure, suffix)).hexdigest()
                  for name, figure in figures.items() for suffix in FORMATS}}, sort_keys=True))
"""


@pytest.fixture(scope="module")
def drawn():
    """The file of a figure in a format, drawn once."""
    kept = {}

    def once(name, suffix):
        if (name, suffix) not in kept:
            kept[name, suffix] = render(FIGURES[name], suffix)
        return kept[name, suffix]

    return once


class TestFiles:
    @pytest.mark.parametrize("suffix", [".svg", *(pytest.param(s, marks=pytest.mark.sweep) for s in (".png", ".pdf"))])
    @pytest.mark.parametrize("name", FIGURES)
    def test_the_same_figure_gives_the_same_bytes(self, drawn, name, suffix):
        """Drawing twice makes one file, which begins as its format does."""
        first = drawn(name, suffix)
        assert first == render(FIGURES[name], suffix)
        assert first.lstrip().startswith({".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix])

    @pytest.mark.sweep
    def test_other_processes_give_the_same_bytes(self, drawn):
        """Neither the process nor its hash seed shows in a file."""
        other = subprocess.run(
            [sys.executable, "-W", "error", "-c", HASHES.format(path=__file__)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1", "PATH": ""},
        ).stdout
        ours = {name + suffix: drawn(name, suffix) for name in FIGURES for suffix in FORMATS}
        assert json.loads(other) == {name: hashlib.sha256(data).hexdigest() for name, data in ours.items()}

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_no_date_in_a_file(self, suffix):
        """A file holds no year of its making and no name of the program that made it."""
        data = render(FIGURES["schema"], suffix).lower()
        assert b"creationdate" not in data
        assert b"<dc:date>" not in data
        assert b"software" not in data

    def test_the_words_travel_with_the_picture(self):
        """An SVG file carries the title and the sentence that stands for it."""
        data = render(FIGURES["heat map"], ".svg").decode()
        assert "<title>Participants per arm</title>" in data
        assert "1 combination has no number of participants." in data

    def test_an_unknown_format_is_refused(self):
        """A suffix that no figure has is an error that names the nearest one."""
        with pytest.raises(FileError, match=r"cannot be saved as '.pgn'; did you mean '.png'"):
            save(FIGURES["schema"].draw(), ".pgn")


class TestManners:
    def test_the_users_settings_stay_and_do_not_matter(self):
        """A user's own matplotlib settings neither change a file nor are changed by it."""
        import matplotlib

        before = render(FIGURES["curves"], ".svg")
        with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "text.parse_math": True}):
            own = dict(matplotlib.rcParams)
            assert render(FIGURES["curves"], ".svg") == before
            assert dict(matplotlib.rcParams) == own

    def test_matplotlib_waits_for_the_first_picture(self):
        """Importing the room loads neither numpy nor matplotlib; words and data need no matplotlib; pyplot never is."""
        program = f"""
import sys
import trialplan.figures
assert not {{"numpy", "matplotlib"}} & set(sys.modules)
import runpy
for figure in runpy.run_path({__file__!r})["every_figure"]().values():
    figure.alt(), figure.table()
assert "matplotlib" not in sys.modules
figure.draw()
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr

    def test_without_matplotlib(self, monkeypatch):
        """A picture without matplotlib is refused with the command that installs it."""
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        with pytest.raises(MissingExtra, match=r"a figure needs matplotlib.*pip install 'trialplan\[report\]'"):
            FIGURES["schema"].draw()


class TestHostileWords:
    @pytest.mark.parametrize("suffix", [pytest.param(".png", marks=pytest.mark.sweep), ".pdf"])
    def test_words_stay_words(self, hostile, suffix):
        """Mathematics, markup, control characters and letters without a glyph are drawn on paper, too."""
        for figure in figures_of(hostile):
            assert render(figure, suffix)

    def test_nothing_becomes_markup(self, hostile, picture):
        """No element of an SVG file is one that a label asked for, and the dollar sign is printed."""
        for figure in figures_of(hostile):
            seen = picture(figure)
            tags = {node.tag.rpartition("}")[2] for node in seen.root.iter() if isinstance(node.tag, str)}
            assert "script" not in tags
            assert b"<script" not in seen.data
            assert any("$\\frac{1}{0}$" in text or "$\\frac{1}" in text for text in seen.texts)

    def test_long_words_do_not_collide(self, hostile, collisions):
        """Titles, names and labels that are far too long lie neither upon each other nor beyond the paper."""
        for figure in figures_of(hostile):
            assert collisions(figure) == ([], []), type(figure).__name__

    @pytest.mark.parametrize("name", [name for name in FIGURES if name != "contour"])
    def test_usual_words_do_not_collide(self, name, collisions):
        """Nothing lies upon anything else in a usual picture."""
        assert collisions(FIGURES[name]) == ([], [])

    def test_a_title_of_ten_megabytes(self):
        """A title that no one can read is cut, not measured to its end."""
        title = "long " * 2_000_000
        assert len(render(TrialSchema(arms=[("a", 1)], timepoint="t", endpoint="e", title=title), ".svg")) < 200_000


def figures_of(text):
    """Every figure with the same words everywhere."""
    names = {"x_name": text, "y_name": text, "title": text}
    cells = {"values": [[1, NAN], [1e7, 4]], "planned": (text + "1", "b")}
    one = {"bars": [(text, text, text, None, 3)], "planned": 10, "title": text}
    return [
        HeatMap(**names, x=[text + "1", text + "2"], y=[text, "b"], **cells),
        HeatMap(**names, x=[f"{i} {text}" for i in range(25)], y=[text], values=[[10] * 25]),
        Curves(x_name=text, x=[text, "b"], lines=[(text, [0.1, 0.2]), (text, [0.1, NAN])], title=text),
        Curves(x_name=text, x=[1, 2], lines=[(text, [NAN, 200])], quantity="participants", title=text),
        Tornado(bars=[(text, text, text, None, 3), ("b", "1", "2", 1e7, 2)], planned=10, title=text),
        Tornado(**one, assurance=[(None, 0.4)]),
        Forest(
            rows=[(text, 0.5, 0.2, 0.7, 1, text), ("b", 0.3, 0.1, 0.6, None, "other")],
            pooled=[(text, 0.5, 0.4, 0.6, None, "pooled")],
            measure=text,
            title=text,
        ),
        TrialSchema(
            arms=[(text, 1), ("b" * 300, None), ("c", 0)],
            timepoint=text,
            endpoint=text,
            allocation="1:1:1",
            title=text,
        ),
    ]
