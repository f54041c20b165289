"""On a terminal of any width no cell is cut off, and every number of an answer stands on its page."""

from __future__ import annotations

import io
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from trialplan.cli import main
from trialplan.page import Page, Table, with_typed_signs
from trialplan.terminal import blocks

WORD = st.text("abcdefghij-.0123456789", min_size=1, max_size=12)
CELL = st.lists(WORD, max_size=12).map(" ".join)


@st.composite
def tables(draw):
    """Rows of short and long cells; the first column says which row it is."""
    columns = draw(st.lists(st.lists(WORD, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=9))
    row = st.tuples(WORD, *([CELL] * (len(columns) - 1)))
    right = draw(st.sets(st.integers(0, len(columns) - 1)))
    return Table(tuple(columns), draw(st.lists(row, min_size=1, max_size=6)), right=frozenset(right))


def printed(page, width):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    for block in blocks(page, width):
        console.print(block, highlight=False)
    return console.file.getvalue()


@given(table=tables(), width=st.integers(40, 130))
@settings(max_examples=150, deadline=None)
def test_no_cell_is_cut_off(table, width):
    """Every word of every cell is there, in order, and no line is wider than the screen."""
    text = printed(Page(data=None, headline="", tables=[table]), width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    words = text.split()
    for row in table.rows:
        for cell in row:
            for word in cell.split():
                assert word in words
    assert "…" not in text


ASKED = [
    "size two-proportions --control 0.3 --treatment 0.5 --looks 0.33,0.67,1 --futility lan-demets-pocock",
    "size two-means --difference 0.5 --sd 1 --allocation 2:1 --dropout 0.1",
    "size simon --null 0.1 --expected 0.3",
    "size precision-proportion --expected 0.2 --width 0.2",
    "power two-proportions --control 0.3 --treatment 0.5 --n 186",
    "effect two-means --sd 1 --n 128",
    "compare two-proportions --control 0.3 --treatment 0.5",
    "verify two-means --difference 0.5 --sd 1 --trials 500",
    "monitor two-proportions --control 0.3 --treatment 0.5 --looks 0.5,1 --efficacy lan-demets-pocock "
    "--events 25/50,15/50",
    "reproduce etanercept-psoriasis",
    "scenarios two-proportions --control 0.3 --vary treatment=0.4:0.9:0.1 --vary test=score,wald --vary sides=1,2",
    "assurance msc-lupus-nephritis",
    "evidence msc-lupus-nephritis",
    "diff msc-lupus-nephritis msc-lupus-nephritis-monitored",
    "designs two-proportions",
]


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_verb_prints(asked, monkeypatch):
    """At 80 and at 120 columns: every word that a pipe gets, and so every number of the answer."""
    pages = []
    monkeypatch.setattr("trialplan.cli.options.output.to_screen", pages.append)
    monkeypatch.setattr("trialplan.cli.scenarios.to_screen", pages.append)
    assert main(shlex.split(asked)) == 0
    page = with_typed_signs(*pages)
    for width in (80, 120):
        text = printed(page, width)
        words = set(text.split())
        cells = [cell for table in page.tables for row in table.rows for cell in row]
        for part in (page.headline, *cells, *page.notes):
            whole = {word for word in part.split() if cell_len(word) <= width // 2}
            assert whole <= words, (width, whole - words)
        assert all(cell_len(line) <= width for line in text.splitlines())
        for name in ("n", "power", "assurance", "detectable"):
            value = page.data.get(name) if isinstance(page.data, dict) else None
            if isinstance(value, int | float):
                figures = {f"{value:,}", f"{value:.3f}", f"{value:.4g}"}
                assert figures & set(re.findall(r"[\d,.]*\d", text)), (width, name, value)
