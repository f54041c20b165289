"""Ten thousand addresses drawn at random: each is answered, by a page or by a sentence, and nothing is logged.

What is drawn comes from the pages, the controls and the catalogue, so that what is new is drawn as well. Most are asked
as a browser asks; some by other methods, with other headers, or sent as forms.
"""

import html
import random
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import httpx
import pytest

from trialplan import catalogue, files
from trialplan.parameter import parameters
from trialplan.web import controls
from trialplan.web.pictures import PICTURES
from trialplan.web.rendering import kinds
from trialplan.web.shelf import KEY, Shelf
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

BESIDE = (
    *(
        "plan=starter",
        "design=two-means&alpha=2",
        "plan=starter&endpoint.0.power=0.9",
        "design=no-such",
        "plan=%zz",
        "&&",
    ),
    *("plan=starter&view.beside=plan=starter%26view.beside=x", "design=two-means&" + "alpha=0.05&" * 300),
)
"""States that are held beside the one that is looked at."""

NO_NUMBER = re.compile(r"(?<![\w.'’/:-])(nan|inf|None(?! of ))(?![\w'-])")
"""What Python prints where there is no value; a sentence may well begin with "None of the five studies"."""

OF_VIEW = (
    *("x", "y", "x-values", "y-values", "trials", "n", "look", "beside", "table", "phone"),
    *("counts", "events", "means", "sds", "z", "estimate", "difference"),
)
OPENED = b"study,outcome,events,of,reported\n=1+1,<b>x</b>,3,7,3/7 (60%)\n@SUM(A1),<b>x</b>,0,9,\n-2,other,2,2,\n"
"""A table with cells that do harm elsewhere."""

SLOW = ("protocol.md", "statistics.docx")
"""Documents, of which few are drawn."""

ELSEWHERE = (
    *("", "static/explorer.js", "static/../app.py", "static//", "open", "work", "work/x", "favicon.ico", "robots.txt"),
    *(
        "design/",
        "/design",
        "design%00",
        "%2e%2e/%2e%2e/etc/passwd",
        "design;x=1",
        "DESIGN",
        "\u202e",
        "work/" + "A" * 43,
    ),
)
METHODS = ("HEAD", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECTX")
HEADERS = (
    {"x-live": "number"},
    {"cookie": "visitor=" + "x" * 3_000},
    {"cookie": "visitor==; visitor=; =;;"},
    {"accept": "nothing/at-all", "accept-language": "x" * 3_000},
    {"range": "bytes=0-0,5-9999999999"},
    {"if-none-match": "*", "if-modified-since": "never"},
    {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "gopher", "forwarded": "for=x"},
    {"x-filler": "y" * 50_000},
    {"expect": "100-continue"},
    {"content-type": "multipart/form-data; boundary=" + "-" * 60},
)


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
    served = hurried(2.0)
    plan = (files.shipped("examples") / "starter" / "plan.toml").read_bytes()
    answers = served.opened(mine__toml=plan), served.opened(mine__csv=OPENED)
    served.keys = [re.search(KEY, str(answer.url))[0] for answer in answers]
    return served


def _value(draw, slug, path):
    """A value that is likely to mean something there, or is not."""
    declared = parameters(catalogue.design(slug)).get(path) if slug in catalogue.designs() else None
    usual = [str(one) for one in (*declared.typical, *declared.choices)] if declared else []
    pool = draw.choice([usual or NUMBERS, NUMBERS, TEXTS]) if draw.random() < 0.6 else usual or NUMBERS
    return draw.choice(pool)


@dataclass(frozen=True)
class Asked:
    """What is asked: an address, how, with which headers, and what is sent."""

    where: str
    how: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    sent: bytes = b""

    def __str__(self):
        return f"{self.how} {self.where} {self.headers or ''} {self.sent!r}"


def asked(draw, known, opened):
    """One question: mostly an address as it stands."""
    where, how = address(draw, known, opened), draw.random()
    if how < 0.55:
        return Asked(where)
    headers = draw.choice(HEADERS)
    if how < 0.75:
        return Asked(where, headers={"x-live": "number"} if draw.random() < 0.5 else headers)
    if how < 0.85:
        query = where.partition("?")[2]
        return Asked(f"{_quoted_path(draw.choice(ELSEWHERE))}?{query}", draw.choice(("GET", *METHODS)), headers)
    if how < 0.93:
        return Asked(where, draw.choice(METHODS), headers)
    fields = {"work": draw.choice([*kinds(), "answer", "verify", "nothing", MARKUP]), "query": where.partition("?")[2]}
    fields |= {
        f"view.{draw.choice(OF_VIEW)}": draw.choice([*NUMBERS, *TEXTS]) for _ in range(draw.choice((0, 1, 3, 40)))
    }
    sent = urlencode(fields, errors="replace").encode() if draw.random() < 0.9 else draw.randbytes(300)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return Asked(draw.choice(("work", "work", "open", "work/x/stop")), "POST", kind | draw.choice(({}, headers)), sent)


def _quoted_path(path):
    return quote(path.encode("utf-8", "surrogatepass"), safe="/%;")


def address(draw, known, opened=()):
    """One address, as text; `opened` are the names of plans that somebody has opened."""
    plans, designs = known
    of_plan = draw.random() < 0.4
    name = draw.choice([*PLANS, *opened] if of_plan else [*designs, "no-such", MARKUP])
    paths = plans.get(name, ["power"]) if of_plan else designs.get(name, ["alpha"])
    entries = [("plan" if of_plan else "design", name)]
    for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 5, 90, 250])):
        path = draw.choice(paths)
        entries.append((path, _value(draw, name, path)))
    for _ in range(draw.choice([0, 0, 1, 2, 3])):
        entries.append((f"view.{draw.choice(OF_VIEW)}", draw.choice([*NUMBERS, *TEXTS, *paths[:20], *opened])))
    if draw.random() < 0.05:
        entries.append(("view.beside", draw.choice(BESIDE)))
    if draw.random() < 0.1:
        entries.append(draw.choice([entries[0], ("design", "two"), ("", "1"), ("view.", "1"), (MARKUP, "1")]))
    query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in entries)
    if draw.random() < 0.1:
        query += draw.choice(["&%zz", "&%ff%fe=1", "&;;;", "&====", "&" * 50, "&a=%00", "#x", "?x=1"])
    page, figure = draw.choice([*kinds(), "nothing", _quoted(MARKUP)]), draw.choice([*PICTURES, "none"])
    file = draw.choice(FILES if draw.random() < 0.97 else SLOW)
    places = [page] * 6 + [f"figure/{figure}.svg", f"file/{_quoted(file)}"]
    return f"{draw.choice(places)}?{query}"


def _quoted(text):
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def judged(where, answer):
    """What is wrong with an answer; nothing where nothing is."""
    kind, text = answer.headers.get("content-type", ""), answer.text
    where = str(where)
    if answer.status_code >= 500 and not (answer.status_code == 503 and "too many visitors" in text):
        return f"{where}: {answer.status_code}"
    if "please report" in text or "Traceback" in text:
        return f"{where}: {re.search('.{60}please report|Traceback.{80}', text, re.S)}"
    if where.startswith("HEAD "):
        return f"{where}: HEAD with content" if text else ""
    if answer.status_code >= 400 and not text.strip():
        return f"{where}: {answer.status_code} without a word"
    if kind.startswith("text/html") and MARKUP in text:
        return f"{where}: what was typed became markup"
    if kind.startswith("text/html") and "attachment" not in answer.headers.get("content-disposition", ""):
        answers = re.sub(r'(?s)<(option|title|script).*?</\1>|<p class="wrong">.*?</p>', " ", text)
        shown = html.unescape(re.sub(r"<[^>]*>", " ", answers))
        if not re.search('class="(number|wrong)"|data-watch|<h1>Worked out|<dl[ >]', text):
            return f"{where}: neither a number nor a sentence"
        typed = set(re.findall("nan|inf|None", where))
        if (found := NO_NUMBER.search(shown)) and found[1] not in typed:
            return f"{where}: shows {shown[max(0, found.start() - 60) : found.end() + 20]!r}"
    return ""


def visited(served, known, seed, count):
    """What is wrong with so many addresses."""
    draw, found = random.Random(seed), []
    with httpx.Client(base_url=served.address, timeout=10 * served.patience, headers=served.origin) as visitor:
        for _ in range(count):
            one = asked(draw, known, served.keys)
            answer = visitor.request(one.how, f"/{one.where}", headers=one.headers, content=one.sent or None)
            found.append(judged(one, answer))
            if (begun := answer.headers.get("location", "")).startswith("/work/"):
                found += [
                    judged(f"{one}: work", visitor.get(begun)),
                    judged(f"{one}: end", visitor.post(f"{begun}/stop")),
                ]
    return [one for one in found if one]


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
