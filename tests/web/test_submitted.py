"""Every control of every plan and design, as a browser without scripts sends its form: the number is the library's.

Pages are read as a browser reads them: forms with what they hold, links, pictures and files; each carries the state.
"""

import html
import random
import re
import shlex
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

import trialplan
from trialplan import catalogue, files, read_plan
from trialplan.cli import main
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.parameter import Interval, parameters, typical
from trialplan.plan.building import size_primary
from trialplan.plan.changes import changed
from trialplan.sequential.with_looks import with_looks
from trialplan.web import controls
from trialplan.web.rendering import kinds
from trialplan.web.state import of_query

EVERY_DAY, LARGEST = ("starter", "two-proportions"), "lupus-nephritis-failure"
"""What is asked every day, and the plan with the most controls."""


class Forms(HTMLParser):
    """The forms of a page, each with its class, where it goes and the entries that it holds; and all that it links."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.select = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Take in one tag."""
        of = dict(attributes)
        self.links += [(of.get("class", ""), of[name]) for name in ("href", "src", "srcset") if of.get(name)]
        if tag == "form":
            self.forms.append((of.get("class", ""), of["action"], []))
        elif tag == "input" and self.forms and of.get("name") and of.get("type") != "file":
            if of.get("type") != "checkbox" or "checked" in of:
                self._held.append((of["name"], of.get("value") or ""))
        elif tag == "select":
            self.select = of["name"]
        elif tag == "option" and self.select is not None:
            known = [at for at, (name, _) in enumerate(self._held) if name == self.select]
            if not known:  # the first, unless another is selected
                self._held.append((self.select, of.get("value") or ""))
            elif "selected" in of:
                self._held[known[0]] = (self.select, of.get("value") or "")

    def handle_endtag(self, tag):
        """Leave it."""
        self.select = None if tag == "select" else self.select

    @property
    def _held(self):
        return self.forms[-1][2]

    def sent(self, path, text):
        """The query that is sent where one control of the form that may be changed holds another text."""
        ((_, _, held),) = [one for one in self.forms if one[0] == "controls"]
        texts = text.split(",") if [name for name, _ in held].count(path) > 1 else [text]
        return urlencode([*((name, value) for name, value in held if name != path), *((path, one) for one in texts)])


def another(control):
    """Another text that a control may hold; None where there is no telling."""
    if control.kind == controls.SEVERAL:
        return ",".join(control.ticked[:-1] or control.choices)
    if control.kind == controls.CHOICE:
        return next((one for one in control.choices if one != control.value), None)
    if not control.value:
        return "0.1" if control.kind == controls.NUMBER else None
    if control.path.endswith(controls.ALLOCATION):
        return "2:1" if control.value.count(":") < 2 else None
    numbers = controls.read(control.value)
    if isinstance(numbers, (int, float)) and not isinstance(numbers, bool):
        return controls.shown(numbers * 0.9 if abs(numbers) < 1 else round(numbers * 1.1 + 1))
    if isinstance(numbers, tuple) and all(isinstance(one, float) for one in numbers) and abs(sum(numbers) - 1) > 1e-6:
        return ",".join(controls.shown(round(one * 0.97, 6)) for one in numbers)
    return None


def expected_of(make):
    """The library's number, None where it refuses."""
    try:
        return int(make())
    except TrialplanError:
        return None


def some(names):
    """All of them, of which few are asked every day."""
    return [pytest.param(one, marks=() if one in EVERY_DAY else pytest.mark.sweep) for one in names]


@pytest.mark.parametrize("name", some(files.examples("plan.toml")))
def test_every_control_of_a_plan(name, pages):
    """Each control of each page, changed and sent with all that the form holds, gives the number of such a plan."""
    plan, tried = read_plan(name), 0
    by_path = {one.path: one for one in controls.of_plan(plan.content, plan.table(plan.content.evidence.table))}
    assert expected_of(lambda: sum(size_primary(plan).arms_randomised.values())) is not None
    for page in kinds():
        form = Forms(pages(page, f"plan={name}", live=True))
        own = [one for one in form.forms if one[0] == "controls"]
        for path in dict.fromkeys(name for _, _, held in own for name, _ in held if name in by_path):
            text = another(by_path[path])
            if text is None:
                continue
            of = {path: controls.typed(by_path[path], text)}
            expected = expected_of(lambda of=of: sum(size_primary(changed(plan, of)).arms_randomised.values()))
            query = form.sent(path, text)
            assert pages.number(query, page) == expected, (page, path, text)
            assert expected is not None or pages.wrong(query, page), (page, path, text)
            tried += 1
    assert tried > 5


def test_the_largest_form(pages):
    """However many controls a form has, it can be sent as it stands."""
    form = Forms(pages("design", f"plan={LARGEST}", live=True))
    assert pages.number(form.sent("endpoint.0.power", "0.9")) > pages.number(f"plan={LARGEST}")


def texts_of(cls, control, usual):
    """Other texts that a control of a design may hold."""
    declared = parameters(cls).get(control.path)
    if declared is None or declared.choices:
        return [one for one in control.choices if one != control.value]
    value = usual.get(control.path)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isinstance(declared.domain, Interval):
        tried = [value + 1] if isinstance(value, int) else [value * 1.1, value * 0.9]
        return [controls.shown(one) for one in tried if one in declared.domain][:1]
    return []


@pytest.mark.parametrize("slug", some(catalogue.designs()))
def test_every_control_of_a_design(slug, pages):
    """Each number and each choice of a design, with power, losses and looks, is sized as the library sizes it."""
    cls = catalogue.design(slug)
    usual = typical(cls)
    form = Forms(pages("design", f"design={slug}", live=True))
    asked = [(one.path, text) for one in controls.of_design(cls, {}) for text in texts_of(cls, one, usual)]
    asked += [("dropout", "0.1"), *([("power", "0.9")] if cls.attains == "power" else [])]
    for path, text in asked:
        of = {path: controls.read(text)}
        sizing = {name: of.pop(name) for name in ("power", "dropout") if name in of and name not in parameters(cls)}

        def sized(of=of, sizing=sizing):
            answer = trialplan.size(cls(**usual | of), **sizing)
            return answer.n if answer.enrolled is None else answer.enrolled["n"]

        assert pages.number(form.sent(path, text)) == expected_of(sized), (path, text)
    if issubclass(cls, Design) and cls.may_be_looked_at():
        looked_at = expected_of(lambda: trialplan.size(with_looks(cls(**usual), looks=(0.5, 1))).n)
        assert pages.number(form.sent("looks", "0.5,1")) == looked_at


@pytest.mark.parametrize("of", some(["two-proportions", *files.examples("plan.toml")]))
def test_everything_carries_the_state(of, pages):
    """Of a changed state every link, form, picture and file of every page carries what was changed."""
    plan = of in files.examples("plan.toml")
    path, kind = ("endpoint.0.power", "plan") if plan else ("power", "design")
    query = f"{kind}={of}&{path}=0.87&view.look=2"
    for page in [one.name for one in kinds().values() if plan or one.of_designs]:
        text = pages(page, query)
        # what is looked at instead, and what opens a file, are of another state
        here = Forms(text.partition("<aside")[0])
        held = [urlencode(entries) for form, action, entries in here.forms if action != "/work"]
        held += [dict(entries)["query"] for _, action, entries in here.forms if action == "/work"]
        links = [html.unescape(link) for _, link in here.links if not link.startswith(("/static", "#", "data:"))]
        undone, carried = [], list(held)
        for link in links:
            place = urlsplit(link)
            (carried if place.path != "/" else []).append(place.query)
        assert len(carried) > 5
        for one in carried:
            state = of_query(parse_qsl(one, keep_blank_values=True))
            assert (state.kind, state.name) == (kind, of), (page, one)
            if dict(state.changes).get(path) != "0.87":
                undone.append(state)
            elif page != "side-by-side":  # there a state is told without how it is looked at
                assert state.looked_at["look"] == "2", (page, one)
        # the link that takes the change back, and on one page the one that goes to the state without it
        most = plan + (page == "side-by-side")
        assert len(undone) <= most, (page, undone)
        assert all(path not in dict(state.changes) for state in undone)
        files_there = [one for one in links if one.startswith("/file/")]
        assert bool(files_there) == (page == "take-away")


# ---------------------------------------------------------------- states drawn at random


def drawn(seed):
    """The query of a design with numbers, choices, looks, power and losses as somebody may type them."""
    draw = random.Random(f"state {seed}")
    cls = draw.choice([*catalogue.designs().values()])
    usual, entries = typical(cls), {}
    for control in controls.of_design(cls, {}):
        declared = parameters(cls).get(control.path)
        value = usual.get(control.path)
        if isinstance(value, float) and declared is not None and isinstance(declared.domain, Interval):
            near = float(f"{value * draw.uniform(0.8, 1.25):.3g}")
            entries[control.path] = controls.shown(near if near in declared.domain else value)
        elif value is not None:
            entries[control.path] = controls.shown(value)
        elif control.choices and draw.random() < 0.2:
            entries[control.path] = draw.choice(control.choices)
    if cls.attains == "power" and draw.random() < 0.5:
        entries["power"] = draw.choice(("0.7", "0.85", "0.9", "0.95"))
    if draw.random() < 0.3:
        entries["dropout"] = draw.choice(("0.05", "0.1", "0.25"))
    if ALPHA in parameters(cls) and draw.random() < 0.3:
        entries[ALPHA] = draw.choice(("0.01", "0.025", "0.1"))
    if controls.ALLOCATION in parameters(cls) and draw.random() < 0.2:
        entries[controls.ALLOCATION] = draw.choice(("2:1", "1:2", "3:1"))
    if issubclass(cls, Design) and cls.may_be_looked_at() and draw.random() < 0.2:
        entries["looks"] = draw.choice(("0.5,1", "0.3,0.7,1"))
        entries |= draw.choice(({}, {"efficacy": "pocock"}, {"futility": "z(0)"}))
    return urlencode({"design": cls.slug()} | entries)


ALPHA = "alpha"


def agreed(seed, pages, capsys):
    """Whether page, command line and Python say the same of a state; "refused" where it can not be."""
    query = drawn(seed)
    text = pages("design", query, live=True)
    shown = re.search(r'class="number">([\d,]+)<', text)
    if shown is None:
        return "refused"
    n, headline = shown[1], html.unescape(re.search(r'class="headline">(.*?)</p>', text)[1])
    analysed = re.search(r"of whom ([\d,]+) are expected", text)
    found = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", pages("take-away", query), re.DOTALL)
    command, lines = map(html.unescape, found)
    assert main(shlex.split(command)[1:]) == 0, command
    typed = " ".join(capsys.readouterr().out.split())
    exec(lines, {})
    printed = " ".join(capsys.readouterr().out.split())
    assert typed == printed, (query, typed[:300], printed[:300])
    assert " ".join(headline.split()) in typed, (query, headline, typed[:300])
    assert re.search(rf"(?<![\d,.]){n}(?![\d,.]\d)", typed), (query, n, typed[:300])
    assert analysed is None or analysed[1] in typed, (query, analysed[1], typed[:300])
    return "agreed"


def test_some_states(pages, capsys):
    """A few states drawn at random, every day."""
    assert [agreed(seed, pages, capsys) for seed in range(3)].count("agreed") > 0


@pytest.mark.sweep
@pytest.mark.parametrize("portion", range(30))
def test_states(portion, pages, capsys):
    """Hundreds of them."""
    told = [agreed(seed, pages, capsys) for seed in range(1000 + 12 * portion, 1012 + 12 * portion)]
    assert told.count("agreed") > 3, told
