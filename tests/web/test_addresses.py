"""Ten thousand addresses drawn at random: each is answered, by a page or by a sentence, and nothing is logged.

What is drawn comes from the pages, the controls and the catalogue, so that what is new is drawn as well.
"""

import html
import random
import re
from urllib.parse import quote

import httpx
import pytest

from trialplan import catalogue, files
from trialplan.parameter import parameters
from trialplan.web import controls
from trialplan.web.pictures import PICTURES
from trialplan.web.rendering import kinds
from trialplan.web.shelf import Shelf
from trialplan.web.state import State
from trialplan.web.subject import Subject

PORTIONS, EACH = 100, 100
MARKUP = "<b>x</b>"
NUMBERS = (
    *("0", "1", "-1", "0.5", "0.05", "1e-320", "1e308", "-1e308", "1e400", "nan", "inf", "-inf", "1e9", "10000000000"),
    *("9" * 300, "0x10", "1_000", "1e", "٣", "½", "0,5", "1:1", "2:1", "1:0", "1:99999999", "0.1:0.9:0.1"),
    *("0:1:1e-9", "1:10:0", "0.1,0.2", "0.2,0.1", "0.1/0.3,0.2/0.4", "1,2,3,4,5,6,7,8,9,10", ",", "0.5,1", "3", "50"),
)
TEXTS = (
    *("yes", "no", "none", "all", "", " ", "None", "True", "score", "'", '"', "\\", "\0", "\x1b[31m", "\u202e"),
    *("\ud83d", "é", "北京", "a" * 390, "=1+1", "@SUM(A1)", "{{7*7}}", "%s%n", "../../etc/passwd", "__class__"),
    *("beside=plan=a", "plan=a&design=b", "1;2", "1\n2", "null", "z(0)", "pocock", MARKUP),
)
PLANS = (*files.examples("plan.toml"), "/etc/passwd", "opened-" + "A" * 43, "no such", MARKUP)
FILES = ("plan.toml", "plan.zip", "answer.json", "check.R", "check.py", "scenarios.csv", "none.txt", "a/b", MARKUP)
"""What can be taken away but for documents, which take seconds each; and what cannot."""

NO_NUMBER = re.compile(r"(?<![\w.'’/:-])(nan|inf|None(?! of ))(?![\w'-])")
"""What Python prints where there is no value; a sentence may well begin with "None of the five studies"."""

OF_VIEW = ("x", "y", "x-values", "y-values", "trials", "n", "look", "beside", "table", "phone", "counts", "means", "z")


def _keys():
    """The names that an address may hold, by what it is about."""
    shelf = Shelf(files.shipped("examples"))
    plans = {
        name: [one.path for one in Subject(State(name=name), shelf).controls] for name in files.examples("plan.toml")
    }
    designs = {slug: [one.path for one in controls.of_design(cls, {})] for slug, cls in catalogue.designs().items()}
    return plans, designs


@pytest.fixture(scope="module")
def known():
    return _keys()


@pytest.fixture(scope="module")
def explorer(hurried):
    """An explorer that gives no page more time than a number has: what is asked here is of all kinds."""
    return hurried(2.0)


def _value(draw, slug, path):
    """A value that is likely to mean something there, or is not."""
    declared = parameters(catalogue.design(slug)).get(path) if slug in catalogue.designs() else None
    usual = [str(one) for one in (*declared.typical, *declared.choices)] if declared else []
    pool = draw.choice([usual or NUMBERS, NUMBERS, TEXTS]) if draw.random() < 0.6 else usual or NUMBERS
    return draw.choice(pool)


def address(draw, known):
    """One address, as text."""
    plans, designs = known
    of_plan = draw.random() < 0.4
    name = draw.choice(PLANS if of_plan else [*designs, "no-such", MARKUP])
    paths = plans.get(name, ["power"]) if of_plan else designs.get(name, ["alpha"])
    entries = [("plan" if of_plan else "design", name)]
    for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 5, 90])):
        path = draw.choice(paths)
        entries.append((path, _value(draw, name, path)))
    for _ in range(draw.choice([0, 0, 1, 2, 3])):
        entries.append((f"view.{draw.choice(OF_VIEW)}", draw.choice([*NUMBERS, *TEXTS, *paths[:20]])))
    if draw.random() < 0.1:
        entries.append(draw.choice([entries[0], ("design", "two"), ("", "1"), ("view.", "1"), (MARKUP, "1")]))
    query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in entries)
    if draw.random() < 0.1:
        query += draw.choice(["&%zz", "&%ff%fe=1", "&;;;", "&====", "&" * 50, "&a=%00", "#x", "?x=1"])
    page, figure = draw.choice([*kinds(), "nothing", _quoted(MARKUP)]), draw.choice([*PICTURES, "none"])
    places = [page] * 6 + [f"figure/{figure}.svg", f"file/{_quoted(draw.choice(FILES))}"]
    return f"{draw.choice(places)}?{query}"


def _quoted(text):
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def judged(where, answer):
    """What is wrong with an answer; nothing where nothing is."""
    kind, text = answer.headers.get("content-type", ""), answer.text
    if answer.status_code >= 500:
        return f"{where}: {answer.status_code}"
    if "please report" in text or "Traceback" in text:
        return f"{where}: {re.search('.{60}please report|Traceback.{80}', text, re.S)}"
    if kind.startswith("text/html") and MARKUP in text:
        return f"{where}: what was typed became markup"
    if kind.startswith("text/html") and "attachment" not in answer.headers.get("content-disposition", ""):
        answers = re.sub(r'(?s)<(option|title|script).*?</\1>|<p class="wrong">.*?</p>', " ", text)
        shown = html.unescape(re.sub(r"<[^>]*>", " ", answers))
        if 'class="number"' not in text and 'class="wrong"' not in text:
            return f"{where}: neither a number nor a sentence"
        typed = set(re.findall("nan|inf|None", where))
        if (found := NO_NUMBER.search(shown)) and found[1] not in typed:
            return f"{where}: shows {shown[max(0, found.start() - 60) : found.end() + 20]!r}"
    return ""


def visited(served, known, seed, count):
    """What is wrong with so many addresses."""
    draw = random.Random(seed)
    with httpx.Client(base_url=served.address, timeout=10 * served.patience) as visitor:
        drawn = [address(draw, known) for _ in range(count)]
        return [wrong for one in drawn if (wrong := judged(one, visitor.get(f"/{one}")))]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("None of the 5 studies has a concurrent control.", False),
        ("power 0.8, n None", True),
        ("n None at power 0.8", True),
        ("None participants", True),
        ("None", True),
        ("a width of nan", True),
        ("the limits are 0 and inf", True),
        ("none was said; None-such", False),
    ],
)
def test_the_judge(told, wrong):
    """A value that Python prints for none is seen, and a sentence is not taken for one."""
    page = f'<p class="number">186</p><p>{told}</p>'
    assert bool(judged("design?design=two-means", httpx.Response(200, html=page))) == wrong


def test_some_addresses(explorer, known):
    """A few of them, every day."""
    assert visited(explorer, known, 0, 40) == []


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1, PORTIONS + 1))
def test_addresses(seed, explorer, known):
    """All of them, in portions."""
    assert visited(explorer, known, seed, EACH) == []
