"""A mailed page stands alone: nothing of it is fetched or run, and every cell is read out where it lies."""

import html
import io
import re
import shlex

import pytest

from trialplan import TwoProportions, figures, mailed
from trialplan.analyses.scenarios.grid import scenarios
from trialplan.cli import main
from trialplan.figures.spots import spotted
from trialplan.page import Page
from trialplan.progress import watched

TYPED = ["scenarios", "two-proportions", "--vary", "control=0.2:0.4:0.1", "--vary", "treatment=0.4,0.6"]
HOSTILE = "<script>alert(1)</script> \"'--> &amp; {{ 7*7 }}"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of six scenarios, as the command line writes it."""
    path = tmp_path_factory.mktemp("mailed") / "grid.html"
    assert main([*TYPED, "-o", str(path)]) == 0
    return path.read_text()


def told(page):
    """What is read out, of the wide picture and then of the narrow one."""
    return [html.unescape(one) for one in re.findall(r'role="img" aria-label="([^"]*)"', page)]


def test_stands_alone(written):
    """It names no other place, has no script, and forbids both."""
    assert set(re.findall(r'(?:src|href|action|srcset)="(.{5})', written)) == {"data:", "#tabl"}
    assert "<script" not in written
    assert "url(" not in written
    assert "@import" not in written
    assert "default-src 'none'" in written


def test_reads_out_each_cell(written):
    """Each combination has its number, for a wide and for a narrow screen; one without a number says so."""
    axes = {"control": (0.2, 0.3, 0.4), "treatment": (0.4, 0.6)}
    rows = list(scenarios(TwoProportions(control=0.3, treatment=0.5), axes, 0.8).rows())
    half = told(written)[: len(rows)]
    assert told(written) == [*half, *half]
    expected = [f"{row['n']:,} participants in all" if row["n"] else None for row in rows]
    assert expected.count(None) == 1
    assert [one.rpartition(": ")[2] for one in half] == [one or "no number of participants" for one in expected]


def test_its_command_makes_it(written, tmp_path, monkeypatch):
    """What it names as its command makes the same file, and tells nothing of the folders of who made it."""
    command = html.unescape(re.search(r"<code>(.*?)</code>", written, re.S)[1])
    assert command == shlex.join(["trialplan", *TYPED, "-o", "grid.html"])
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[1:]) == 0
    assert (tmp_path / "grid.html").read_text() == written


def test_the_table_and_what_is_fixed(written):
    """The table and the fixed numbers stand below the figure."""
    assert re.search(r'<th scope="row"[^>]*>level</th><td[^>]*>0.05 two-sided', written)
    assert "n in all; down control, across treatment" in written


def test_inert():
    """Markup in a name is shown and never becomes markup."""
    figure = figures.Curves(x_name=HOSTILE, x=[1, 2], lines=[(HOSTILE, [0.1, 0.9])], title=HOSTILE, fixed=HOSTILE)
    page = mailed.mailed(Page(data=None, headline=HOSTILE), figure, HOSTILE)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }}" in page


def _red(image, spot):
    """The red of a place inside a read-out, off its middle, where a number may stand."""
    across, down = spot.left + spot.width * 0.08, spot.top + spot.height * 0.12
    return image.getpixel((round(across / 100 * image.width), round(down / 100 * image.height)))[0]


@pytest.mark.parametrize("medium", [figures.PAPER, figures.PHONE])
def test_where_they_lie(medium):
    """A read-out lies on its own cell: the larger its number, the darker it is there."""
    from PIL import Image

    values = [[10.0, 40.0, 160.0], [20.0, 80.0, 320.0]]
    figure = figures.HeatMap(x_name="a", x=[1, 2, 3], y_name="b", y=[1, 2], values=values)
    with figures.drawn_for(medium):
        _, spots = spotted(figure)
        image = Image.open(io.BytesIO(figures.render(figure, ".png"))).convert("RGB")
    number = {one.told: int(one.told.split(": ")[1].split()[0]) for one in spots}
    assert [*number.values()] == [10, 40, 160, 20, 80, 320]
    reds = [_red(image, one) for one in sorted(spots, key=lambda one: number[one.told])]
    assert reds == sorted(set(reds), reverse=True)


def test_of_contours():
    """Each pair of a contour reaches half-way to its neighbours, and all of them fill the picture's plot."""
    values = [[10.0, 40.0, 160.0], [20.0, 80.0, 320.0]]
    _, spots = spotted(figures.Contour(x_name="a", x=[1, 2, 4], y_name="b", y=[1, 2], values=values))
    one, two, three = spots[:3]
    assert two.width == pytest.approx(one.width + three.width)
    assert one.left + one.width == pytest.approx(two.left)
    assert spots[0].top == pytest.approx(spots[3].top + spots[3].height)


def test_of_curves():
    """Each value along a line has a strip of its own, in order, without a gap, whichever way the values run."""
    lines = [("a", [0.3, 0.1, float("nan")]), ("b", [0.6, 0.4, 0.5])]
    _, spots = spotted(figures.Curves(x_name="n", x=[30, 10, 20], lines=lines))
    assert spots[2].told == "n 20: a: no power; b: 0.50 power"
    first, middle, last = sorted(spots, key=lambda one: one.left)
    assert [first, middle, last] == [spots[1], spots[2], spots[0]]
    assert first.left + first.width == pytest.approx(middle.left)
    assert middle.left + middle.width == pytest.approx(last.left)


@pytest.mark.parametrize("suffix", [".html", ".svg", ".png", ".pdf"])
@pytest.mark.parametrize(
    ("vary", "refused"),
    [
        (("control=0.1:0.2:0.1", "treatment=0.4:0.5:0.1", "alpha=0.05,0.01"), "one or two varied assumptions, not 3"),
        (("control=0.1:0.35:0.0005", "treatment=0.4:0.65:0.0005"), "250,000 scenarios at most, not 251,001"),
        (("n=2:600000:2",), "250,000 scenarios at most, not 300,000"),
    ],
)
@pytest.mark.parametrize("about", [("two-proportions", "--control", "0.3", "--treatment", "0.5"), ("starter",)])
def test_what_no_figure_holds(suffix, vary, refused, about, tmp_path, monkeypatch, capsys):
    """It is refused in one sentence before a scenario is answered, and nothing is left behind."""
    monkeypatch.setattr("trialplan.analyses.scenarios.grid.answered", None)
    monkeypatch.chdir(tmp_path)
    names = {one.partition("=")[0] for one in vary}
    pairs = zip(about[1::2], about[2::2], strict=True)
    words = [word for pair in pairs if pair[0][2:] not in names for word in pair]
    typed = [*about[:1], *words, *(word for one in vary for word in ("--vary", one))]
    assert main(["scenarios", *typed, "-o", f"grid{suffix}"]) == 2
    told = capsys.readouterr()
    assert refused in told.err
    assert (told.out, told.err.count("\n"), list(tmp_path.iterdir())) == ("", 1, [])


def test_says_how_far_it_is(tmp_path):
    """While its pictures are drawn, they are what is told, and no longer the scenarios."""
    told = []
    grid = scenarios(TwoProportions(control=0.3, treatment=0.5), {"control": (0.2, 0.3), "treatment": (0.5, 0.6)}, 0.8)
    with watched(lambda *news: told.append(news)):
        grid.save(tmp_path / "grid.html")
        grid.save(tmp_path / "grid.svg")
    assert [one for one in told if one[0] == "pictures"] == [("pictures", 0, 2), ("pictures", 1, 2), ("pictures", 0, 1)]


def test_too_many(monkeypatch):
    """A figure of more cells than a page's table has no read-outs, and is there all the same."""
    monkeypatch.setattr(mailed, "MOST_SPOTS", 1)
    figure = figures.Curves(x_name="n", x=[1, 2], lines=[("", [0.1, 0.9])])
    page = mailed.mailed(Page(data=None, headline="many"), figure)
    assert told(page) == []
    assert page.count("data:image/svg+xml") == 2
