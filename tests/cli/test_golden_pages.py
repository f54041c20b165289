"""The page of every verb on a terminal: as it is kept, and with every number of the answer on it."""

from __future__ import annotations

import json
import math
import re
import shutil

import golden_pages
import pytest

from trialplan.cli import VERBS

LISTS = {"rows", "checks", "looks", "studies", "findings", "pools", "parts", "candidates", "powers"}
LISTS |= {"sensitivity", "courses"}
"""Keys of what lies below the headline answer: rows of tables, of which a page shows what can be compared."""

SIDES = {"one-sided": 1.0, "two-sided": 2.0}

BOUNDS = {"< 0.001": (0.00025, 0.00025), "> 0.999": (0.99975, 0.00025)}
"""A probability that three decimals would make a certainty: the middle of what the sign holds, and half its width."""

WITHOUT_JSON = ("randomise", "init", "protocol", "code", "schema")


def numbers(value, path=()):
    """(path, number) of every number of an answer, without the rows below its headline."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in LISTS:
                yield from numbers(part, (*path, key))
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value)


def printed(text):
    """(number, half of its last digit) of every number on a page; a percentage and points are shares, too."""
    for token in re.finditer(r"(?<![\w.])([-−+]?)(\d[\d,]*)(\.\d+)?(?: (%|points?))?", text):
        minus, whole, decimals, share = token.groups()
        value = float(whole.replace(",", "") + (decimals or "")) * (-1 if minus in ("-", "−") else 1)
        half = 0.5 * 10.0 ** -len((decimals or ".")[1:])
        yield value, half
        if share:
            yield value / 100, half / 100
    yield from (bound for sign, bound in BOUNDS.items() if sign in text)
    yield from ((sides, 0.0) for word, sides in SIDES.items() if word in text)
    for numerator, denominator in re.findall(r"(\d+)/(\d+)", text):
        yield float(numerator), 0.0
        yield float(denominator), 0.0


def stands(value, shown):
    """Whether a page shows the number: as it is, or rounded to a decimal or more, or to four figures."""
    rounded = (abs(value - number) <= half for number, half in shown if half < 0.1 or abs(number) >= 1000)
    return any(math.isclose(value, number, rel_tol=1e-9) for number, _ in shown) or any(rounded)


@pytest.fixture(scope="module", autouse=True)
def folder(protocols):
    """The files that are asked about."""
    with golden_pages.working_folder():
        shutil.copy(protocols("starter")[".md"], "starter.md")
        yield


def test_every_verb_has_a_page():
    """No verb is without a page here but those that say why."""
    assert {asked.split()[0] for asked in golden_pages.PAGES.values()} | set(golden_pages.NO_PAGE) == set(VERBS)


@pytest.mark.parametrize("name", golden_pages.PAGES)
def test_is_as_it_is_kept(name):
    """A page that has changed is shown by its difference; `python tests/tools/golden_pages.py` keeps the new one."""
    for width in golden_pages.widths(name):
        shown = golden_pages.page(golden_pages.PAGES[name], width)
        told = golden_pages.difference(name, width, shown)
        assert not told, f"\n{told}"
        if name not in golden_pages.AS_WIDE_AS_IT_IS:
            assert max(map(len, shown.splitlines()[1:])) <= width


@pytest.mark.parametrize("name", [name for name in golden_pages.PAGES if name not in WITHOUT_JSON])
def test_every_number_of_the_answer_stands_on_it(run, name):
    """Every number of the headline answer in JSON is on the page of 80 columns, as it rounds it."""
    ran = run(*golden_pages.PAGES[name].split(), "--json")
    assert not ran.err
    text = golden_pages.kept(name, 80).read_text(encoding="utf-8").partition("\n")[2]
    shown = list(printed(text))
    missing = [
        (".".join(path), value)
        for path, value in numbers(json.loads(ran.out))
        if math.isfinite(value) and not stands(value, shown)
    ]
    assert not missing
