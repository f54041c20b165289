"""A checklist says "filled" only where the text is really there, and "missing" for everything else."""

import functools
import html
import re

import pytest

from trialplan.plan import build, read
from trialplan.plan.schema import PlanFile
from trialplan.plan.section import Section
from trialplan.protocol import covered, render
from trialplan.protocol.content.checklists import CHAPTERS, ITEMS
from trialplan.protocol.content.coverage import FILLED, MISSING, OUTSIDE, plan_key

PLANS = ("msc-lupus-nephritis", "cerebral-vasospasm", "starter")
QUICK = "\n[report]\nverification_trials = 0\n"
CONDUCT = (
    "objectives",
    "population",
    "intervention",
    "blinding",
    "randomisation",
    "follow_up",
    "analysis",
    "safety",
    "oversight",
)


def built(tmp_path, text):
    """The trial that a plan's text makes, without simulated trials."""
    path = tmp_path / "plan.toml"
    path.write_text(text if "[report]" in text else text + QUICK, encoding="utf-8")
    return build(read(str(path)))


@pytest.fixture(scope="module")
def made():
    """The trial of a shipped plan with its protocol, made once."""

    @functools.cache
    def make(name):
        trial = build(read(name))
        return trial, render(trial)

    return make


@pytest.fixture(scope="module")
def printed(contents):
    """The checklists that the protocol of a trial prints; those of a shipped plan are judged once."""
    return lambda trial: contents(trial)["coverage"]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The trial of a plan that says everything, its protocol, and its own text."""
    folder = tmp_path_factory.mktemp("full")
    trial = everything(folder)
    return trial, render(trial), (folder / "plan.toml").read_text(encoding="utf-8")


def sections(text):
    """What a reader sees under each heading, by the anchor that pandoc gives it, subsections included."""
    import pypandoc

    page = pypandoc.convert_text(text, "html", format="markdown-smart-raw_html", extra_args=["--wrap=none"])
    marks = [(m.start(), int(m[1]), m[2]) for m in re.finditer(r'<h(\d) [^>]*?id="([^"]+)"', page)]
    found = {}
    for place, (start, level, anchor) in enumerate(marks):
        end = next((s for s, other, _ in marks[place + 1 :] if other <= level), len(page))
        words = html.unescape(re.sub("<[^>]+>", "", page[start:end]))
        found[anchor] = " ".join(words.split()).lower()
    return found


def plain(phrase):
    """A phrase as it is read: without the backslashes that Markdown needs."""
    return " ".join(re.sub(r"\\(.)", r"\1", phrase).split()).lower()


def everything(tmp_path):
    """A plan that says something under every optional key, each text known by its key."""
    lines = []
    for name in CONDUCT:
        kind = PlanFile.model_fields[name].annotation
        simple = [key for key, field in kind.model_fields.items() if not _nested(field)]
        lines.append(f"[{name}]")
        for key in simple:
            kinds = _types(kind.model_fields[key].annotation)
            if bool in kinds:
                lines.append(f"{key} = true")
                continue
            word = f"words of {name.replace(chr(95), chr(32))} {key.replace('_', ' ')}"
            listed = "tuple" in str(kind.model_fields[key].annotation)
            lines.append(f'{key} = ["{word}"]' if listed else f'{key} = "{word}"')
    lines += ["[[randomisation.strata]]", 'factor = "words of a factor"']
    lines += ["[[analysis.sets]]", 'name = "a set"', 'definition = "words of a set"', 'used_for = "words of a use"']
    lines += ["[enrolment]", "accrual_rate = 4", 'source = "words of a source"']
    lines += ["[[reference]]", 'key = "one"', 'citation = "words of a citation"']
    base = read("starter").text
    for old, new in (
        (
            'version = "draft 1"',
            'version = "draft 1"\nphase = "words of a phase"\nauthors = ["An Author"]\n'
            'rationale = "words of a rationale"',
        ),
        ("[[trial.choices]]", 'model_rationale = "why so"\n\n[[trial.choices]]'),
        ("[[estimand.intercurrent]]", 'rationale = "words of a reason"\n\n[[estimand.intercurrent]]'),
        (
            'definition = "Exactly',
            'analysis = "words of an analysis"\nrationale = "why then"\ntimepoint_months = 12\ndefinition = "Exactly',
        ),
        ("[[randomised]]", SECONDARY + "\n[[randomised]]"),
        ("[target_difference]", '[target_difference]\nimportant_to = "words of those who were asked"'),
    ):
        assert old in base
        base = base.replace(old, new, 1)
    return built(tmp_path, base + "\n" + "\n".join(lines))


def _nested(field):
    return any(isinstance(one, type) and issubclass(one, Section) for one in _types(field.annotation))


def _types(annotation):
    inner = [part for one in getattr(annotation, "__args__", ()) for part in _types(one)]
    return inner or [annotation]


SECONDARY = """
[[endpoint]]
name = "another endpoint"
role = "secondary"
variable = "v"
metric = "m"
aggregation = "a"
timepoint = "12 months"
definition = "d"
estimand = "words of an estimand"
analysis = "words of another analysis"
"""


class TestFilled:
    @pytest.mark.parametrize("name", PLANS)
    def test_each_filled_item_links_to_text_that_is_there(self, made, printed, name):
        """The anchor of a filled item exists, and its section prints every phrase and value that the item claims."""
        trial, text = made(name)
        there = sections(text)
        filled = [one for one in printed(trial).judged if one.status == FILLED]
        assert len(filled) > 15
        for one in filled:
            assert one.evidence
            assert f"[{one.heading}](#{one.anchor})" in text
            for phrase in one.evidence:
                assert plain(phrase) in there[one.anchor], (one.item, phrase)

    def test_a_plan_that_says_everything_fills_every_item_of_the_draft(self, full):
        """No item asks for what a plan cannot say: with every key given, only what is outside the draft is missing."""
        trial, text, _ = full
        judged = covered(trial).judged
        assert {one.status for one in judged} == {FILLED, OUTSIDE}
        there = sections(text)
        for one in judged:
            for phrase in one.evidence:
                assert plain(phrase) in there[one.anchor], (one.item, phrase)

    def test_every_conduct_key_is_printed(self, full):
        """Whatever a plan says of how the trial is run stands in its protocol, before the plan's own text."""
        _, text, plan = full
        text = text.split("## The plan")[0].lower()
        said = set(re.findall(r'"(words of [^"]+)"', plan))
        assert len(said) > 45
        assert [one for one in sorted(said) if one.lower() not in text] == []


class TestMissing:
    def test_what_the_plan_does_not_say_is_missing_and_named_by_its_key(self, made, printed):
        """An item that lacks something is missing, and says which key of the plan would fill it."""
        found = {(one.item.standard, one.item.id): one for one in printed(made("starter")[0]).judged}
        concealment = found["SPIRIT 2025", "22"]
        assert (concealment.status, concealment.lacks) == (MISSING, ("[randomisation] concealment",))
        assert found["ICH M11", "5.3"].lacks == ("[population] exclusion",)

    @pytest.mark.parametrize("name", PLANS)
    def test_nothing_is_called_not_applicable(self, made, name):
        """A protocol never says N/A: an item is filled, missing, or no part of the draft."""
        text = made(name)[1].split("## The plan")[0]
        assert not re.search(r"\bn/a\b|not applicable", text, re.IGNORECASE)
        assert "**Missing**" in text

    def test_taking_a_key_away_empties_its_items(self, made, printed, tmp_path):
        """An item is filled by the plan's own words, so it is missing when they are gone."""
        text = read("msc-lupus-nephritis").text
        before, _ = made("msc-lupus-nephritis")
        cut = re.sub(r'\nsafety = "Participants with.*\n', "\n", text)
        assert cut != text
        after = built(tmp_path, cut)
        lost = {one.item for one in printed(before).judged if one.status == FILLED}
        lost -= {one.item for one in covered(after).judged if one.status == FILLED}
        assert {(one.standard, one.id) for one in lost} == {("SPIRIT 2025", "27a"), ("ICH M11", "10.7")}

    def test_looks_need_to_say_who_sees_them(self, tmp_path):
        """Interim analyses whose reader the plan does not name are missing from SPIRIT's item, and say so."""
        text = read("msc-lupus-nephritis-monitored").text
        cut = re.sub(r"\nreviewer = .*\n", "\n", text)
        assert cut != text
        (found,) = (one for one in covered(built(tmp_path, cut)).judged if one.item.id == "28b")
        assert (found.status, found.lacks) == (MISSING, ("[monitoring] reviewer",))

    def test_a_section_that_is_not_printed_fills_nothing(self, tmp_path):
        """An item whose section the plan leaves out of the document is missing."""
        text = read("msc-lupus-nephritis").text.replace("[report]", "") + '\n[report]\nleave_out = ["randomisation"]\n'
        judged = covered(built(tmp_path, text)).judged
        gone = [one for one in judged if one.chapter == "randomisation"]
        assert gone
        assert {one.status for one in gone} == {MISSING}


class TestCounts:
    def test_the_printed_counts_are_those_of_the_items(self, made, printed):
        """The table of counts adds up, and what is outside the draft counts as missing."""
        trial, text = made("msc-lupus-nephritis")
        found = printed(trial)
        for count in found.counts:
            judged = found.of(count.standard)
            assert count.items == len(judged) == count.filled + count.missing
            assert count.outside == sum(one.status == OUTSIDE for one in judged) <= count.missing
            assert f"| {count.standard} | {count.filled} of {count.items} | {count.missing} | {count.outside} |" in text
        assert text.count("| filled |") == sum(count.filled for count in found.counts)
        assert text.count("| missing |") + text.count("| not part of this draft |") == sum(
            count.missing for count in found.counts
        )


class TestItems:
    def test_each_item_is_there_once(self):
        """No standard has two items of one number."""
        ids = [(one.standard, one.id) for one in ITEMS]
        assert len(ids) == len(set(ids))

    def test_every_chapter_is_one_that_the_document_has(self, made):
        """Each item stands in a chapter that has a block to print it and a place in M11."""
        chapters = {one.section.partition("/")[0] for one in ITEMS if one.section}
        assert chapters == set(CHAPTERS)
        assert set(sections(made("starter")[1])) >= chapters

    def test_plan_keys_are_those_of_the_plan_file(self):
        """A key that is said to be missing is one that a plan file has."""
        schema = PlanFile.model_json_schema()
        for need in {need for one in ITEMS for need in one.needs}:
            section, _, key = plan_key(need).replace("(primary)", "").replace("(secondary)", "").partition("]")
            top = section.strip("[").partition(".")[0]
            if top in CONDUCT:
                known = schema["$defs"][schema["properties"][top]["$ref"].rsplit("/", 1)[1]]["properties"]
                name = section.strip("[").partition(".")[2] or key.strip("] ").partition(" ")[0]
                assert name in known, need


class TestCrosswalk:
    def test_headings_name_their_place_in_the_standards(self, made, contents):
        """Under each chapter stands where M11 and SPIRIT have it."""
        trial, text = made("msc-lupus-nephritis")
        assert "*ICH M11: 10.11 Sample Size Determination; SPIRIT 2025: 19; DELTA2*" in text
        for line in contents(trial)["crosswalk"].values():
            assert f"*{line}*" in text
