"""What was wrong once on the page itself, whatever the words said."""

import re
import shutil
import subprocess

import chromium
import pytest

from trialplan.figures import SANS, SERIF
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.starters import starter_for
from trialplan.protocol import render
from trialplan.protocol.content import figures as drawings
from trialplan.protocol.formats import pandoc
from trialplan.protocol.formats.documents import FORMATS

LUPUS, MONITORED = "msc-lupus-nephritis", "msc-lupus-nephritis-monitored"
MOST = 32
"""Pages of the shipped protocol: more were half its plan's own text."""

SPILLED = """() => [...document.querySelectorAll("body *")].filter(one => {
  for (let at = one; at && at !== document.body; at = at.parentElement)
    if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX)) return false;
  return one.getClientRects().length && one.getBoundingClientRect().right > innerWidth + 1;
}).map(one => one.outerHTML.slice(0, 80))"""
"""What reaches beyond the right edge of the screen, and cannot be scrolled to within a frame of its own."""

RAISED = """() => [...document.querySelectorAll("msub")].filter(one => {
  const [base, below] = [one.firstElementChild, one.lastElementChild].map(part => part.getBoundingClientRect());
  return below.height && below.top + below.bottom <= base.top + base.bottom;
}).length"""
"""Subscripts that do not stand lower than their letter."""

NARROW = """() => [...document.querySelectorAll("td[data-label] > div")].filter(one =>
  one.getClientRects().length && one.getBoundingClientRect().width < 120).length"""
"""Cells beside their label with room for less than two words."""

EMPTY_HEADS = """() => [...document.querySelectorAll("thead")].filter(one => {
  const words = [...one.querySelectorAll("th")].map(head => head.textContent.trim());
  return words.some(word => word) && words.some(word => !word);
}).map(one => one.textContent.trim())"""
"""Heads of tables that name some columns and not the others (axe-core: empty-table-header)."""


def pages(path, *how):
    """The words of a PDF, page by page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler is not installed")
    ran = subprocess.run(["pdftotext", *how, path, "-"], check=True, capture_output=True, text=True)
    return ran.stdout.split("\f")[:-1]


def letters(text):
    """The letters and figures alone, however lines break."""
    return "".join(filter(str.isalnum, text))


@pytest.fixture(scope="module")
def opened(protocols):
    """A document as a window of that size shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = chromium.started(playwright)

        def of(name, size):
            page = chromium.window(browser, size, "light").new_page()
            page.goto(protocols(name)[".html"].as_uri())
            return page

        yield of
        browser.close()


class TestFirstPage:
    """The decision is on page one, with what it is worth, its months, and the smaller trial."""

    def test_the_first_page_decides(self, protocols):
        """All of it stands before the contents."""
        first = pages(protocols(LUPUS)[".pdf"], "-l", "1")[0]
        told = ("Recommendation.", "(assurance 0.", "its ceiling", "The worst doubt.", "How long.", "at 40 sites")
        told += ("smaller trial would settle first", "Still unanswered.", "Contents")
        places = [first.index(words) for words in told]
        assert places == sorted(places)

    def test_it_is_no_longer_than_it_need_be(self, protocols):
        """Sources and the data of figures travel inside the file and take no page."""
        every = pages(protocols(LUPUS)[".pdf"])
        assert len(every) <= MOST
        assert not any("[[endpoint]]" in page for page in every)


@pytest.mark.skipif(chromium.MISSING, reason="no browser is installed")
class TestScreen:
    """On a phone nothing is cut, no table collapses, and subscripts stand below the line in any browser."""

    @pytest.mark.parametrize("name", ["starter", LUPUS, pytest.param(MONITORED, marks=pytest.mark.sweep)])
    @pytest.mark.parametrize("size", chromium.SIZES)
    def test_nothing_is_cut(self, opened, name, size):
        """What is wider than the screen is scrolled in its own frame."""
        page = opened(name, size)
        assert page.evaluate(SPILLED) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(RAISED) == 0
        assert page.evaluate(EMPTY_HEADS) == []
        assert size != "phone" or page.evaluate(NARROW) == 0


class TestPaper:
    @pytest.mark.sweep
    def test_the_committee_s_rule_is_on_one_page(self, protocols):
        """All of it, from the first look to the end, stands on the page where it begins."""
        (page,) = [one for one in pages(protocols(MONITORED)[".pdf"]) if "The rule, in words for the committee" in one]
        rule = page.split("The rule, in words for the committee")[1]
        assert re.search(r"Look 1, .*?The end, ", rule, re.DOTALL)

    @pytest.mark.parametrize("name", [LUPUS, pytest.param(MONITORED, marks=pytest.mark.sweep)])
    def test_no_cell_is_split(self, protocols, name):
        """Each cell begins and ends on one page, and no word of a head is broken."""
        files = protocols(name)
        every = pages(files[".pdf"], "-raw")
        assert not any(re.search(r"\b(?:Particip|Proced|Endpoi|Assumpt)-?\n", page) for page in every)
        printed = [letters(page) for page in every]
        text = files[".md"].read_text(encoding="utf-8").split("\n# Reproduction\n")[0]
        cells = [letters(cell) for row in re.findall(r"^\|.*\|$", text, re.M) for cell in re.split(r"(?<!\\)\|", row)]
        long = [(cell[:25], cell[-25:]) for cell in cells if len(cell) > 80]
        known = [
            (first, last) for first, last in long if all(any(e in page for page in printed) for e in (first, last))
        ]
        assert len(known) > len(long) / 2  # the others hold links and signs, which a page sets otherwise
        assert [one for one in known if not any(one[0] in page and one[1] in page for page in printed)] == []


class TestRowsTogether:
    @pytest.mark.parametrize(
        ("rows", "groups"), [(9, [3, 1, 1, 1, 3]), (6, [3, 3]), (5, [5]), (4, [4]), (2, [2]), (1, [1])]
    )
    def test_no_few_rows_are_left_behind(self, rows, groups):
        """A cell without width spans the first three rows and the last, which typst then keeps on one page."""
        body = "".join(f"| a{row} | b |\n" for row in range(rows))
        options = ["--to=typst", *pandoc.filters("together.lua")]
        made = pandoc.convert(f"| A | B |\n|:--|:--|\n{body}", read("starter"), options).decode()
        spans = re.findall(r"^ +\[a\d+\].*?(?:(?:rowspan: (\d+), )?inset: 0pt)?(?:\)\[\])?,$", made, re.M)
        assert made.count("table.cell(") == 1 + len(groups)  # that of the heads besides
        told = [int(span) if span else 1 for span in spans if span]
        assert told == [one for one in groups if one > 1]

    def test_rows_as_tall_as_half_a_page_are_let_apart(self):
        """Three such would leave no room for anything beside them."""
        tall = "word " * 700
        made = pandoc.convert(
            "| A | B |\n|:--|:--|\n" + f"| {tall} | b |\n" * 6,
            read("starter"),
            ["--to=typst", *pandoc.filters("together.lua")],
        ).decode()
        assert "rowspan" not in made


class TestFigures:
    """The letters of figures are those of the text, each rate says when it was seen, and a boundary what it decides."""

    @pytest.mark.parametrize(("suffix", "face", "look"), [(".pdf", SERIF, "page.typ"), (".html", SANS, "page.css")])
    def test_letters_are_those_of_the_text(self, suffix, face, look):
        """Serif on paper, sans on a screen."""
        assert FORMATS[suffix].drawn[0] == face
        fonts = re.findall(r"font: (.*)", (shipped("templates") / look).read_text(encoding="utf-8"))
        assert ("Serif" in fonts[0]) == (face == SERIF)
        assert ("sans-serif" in fonts[0]) == (face == SANS)

    def test_studies_have_their_names_in_drawings(self):
        """The bars of the tornado, too, are of "Wang 2012"."""
        names = [bar[0] for bar in drawings.swings(build(read(LUPUS))).bars]
        assert "rate in the treatment arm: rate behind Wang 2012" in names

    def test_each_rate_says_when_it_was_seen(self):
        """Control arms of 12 and of 24 months stand in one picture, each with its time."""
        arms = [row[0] for row in drawings.forest(build(read(LUPUS))).rows if row[-1] == "control arm"]
        assert len(arms) == 3
        assert {re.search(r", (\d+ months): ", arm)[1] for arm in arms} == {"12 months", "24 months"}

    def test_a_boundary_says_on_which_side_what_is_shown(self, protocols):
        """Nothing "rejects no effect"."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        assert "rejects no effect" not in text


class TestNewcomer:
    def test_a_plan_that_wants_the_statistics_alone_is_asked_for_no_more(self, tmp_path):
        """What the plan does not say is named in one list, and not marked where it would stand."""
        marks = {}
        for kind in ("protocol", "statistics"):
            path = tmp_path / f"{kind}.toml"
            path.write_text(starter_for(kind), encoding="utf-8")
            trial = build(read(str(path)))
            assert trial.plan.content.report.document == kind
            marks[kind] = render(trial, kind=kind).count("**Missing**")
        assert marks["statistics"] < marks["protocol"] / 4
