"""An elicitation sheet sent out and read back, and a plan whose control rate experts have said."""

import io
import re
import zipfile

import numpy as np
import pytest
from scipy import stats

from trialplan import build, elicit, elicitation_sheet
from trialplan.cli import main
from trialplan.errors import ParameterError, PlanError
from trialplan.figures import render
from trialplan.files import shipped
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.elicitation_word import as_word
from trialplan.protocol import write
from trialplan.protocol.checking.check import check
from trialplan.protocol.content.context import _said
from trialplan.protocol.formats.pictures import pictures

FILLED = {
    "5 % (one in twenty: you would be surprised)": "8 %",
    "50 % (as likely": "0,2",
    "95 % (one in twenty lies": "0.4",
}


@pytest.fixture
def sheet(tmp_path):
    """A filled sheet under a name."""

    def filled(name, chips=(), **values):
        text = elicitation_sheet().replace("Name: ____", f"Name: {name}")
        text = text.replace("Question: ____", f"Question: {values.get('question', 'response on placebo')}")
        for start, value in (values.get("quantiles") or {}).items():
            line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
            text = text.replace(line, line.rstrip("|").rstrip() + f" {value} |")
        rows = "".join(f"| {low} | {high} | {count} |\n" for low, high, count in chips)
        text = text.replace("| | | |\n" * 3, rows) if chips else text
        path = tmp_path / f"{name or 'nobody'}.md"
        path.write_text(text, encoding="utf-8")
        return path

    return filled


class TestSheet:
    def test_quantiles_and_chips_come_back(self, sheet):
        """A rate typed as a percentage, with a comma or with a point; chips as shares up to the inner edges."""
        a = sheet("Ada", quantiles=FILLED)
        b = sheet("Bo", chips=[(0, "10 %", 4), (0.1, 0.2, 10), (0.2, 0.5, 6)])
        found = elicit(a, b)
        assert found.fits[0].expert.quantiles == ((0.05, 0.08), (0.5, 0.2), (0.95, 0.4))
        assert found.fits[1].expert.quantiles == ((0.2, 0.1), (0.7, 0.2))
        assert found.belief.mean() == pytest.approx(sum(one.belief.mean() for one in found.fits) / 2)
        assert [label for label, _ in found.figure().lines] == ["Ada", "Bo", "linear pool"]
        assert "2 experts believe in" in str(found)

    def test_a_percentage_above_all_is_told_as_one(self, sheet):
        """A share above 1 that was typed as a percentage is no percentage without its sign."""
        with pytest.raises(ParameterError, match=r"not 1\.2, which is 120 %; if 1\.2 % was meant, write 0\.012"):
            elicit(sheet("Ada", quantiles=FILLED | {"95 % (one in twenty lies": "120 %"}))

    def test_a_bar_in_a_name_stays(self, tmp_path):
        """In a text, and in a Word file, where it divides no cells."""
        text = elicitation_sheet().replace("Name: ____", "Name: Ada | Bo")
        for start, value in FILLED.items():
            line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
            text = text.replace(line, line.rstrip("|").rstrip() + f" {value} |")
        (tmp_path / "a.md").write_text(text, encoding="utf-8")
        (tmp_path / "a.docx").write_bytes(as_word(text))
        for path in (tmp_path / "a.md", tmp_path / "a.docx"):
            assert elicit(path).fits[0].expert.name == "Ada | Bo"

    @pytest.mark.parametrize(
        ("made", "words"),
        [
            ({"name": ""}, "says no name"),
            ({"name": "A"}, "neither table"),
            ({"name": "A", "quantiles": FILLED, "chips": [(0, 0.1, 1), (0.1, 0.3, 2)]}, "both tables"),
            ({"name": "A", "chips": [(0, 0.1, 4), (0.2, 0.3, 2)]}, "a bin ends at 0.1 and the next begins at 0.2"),
            ({"name": "A", "chips": [(0, 0.1, 4), (0.1, 0.3, 2.5)]}, "no number of chips"),
            ({"name": "A", "quantiles": {"50 % (as likely": "about 20"}}, "'about 20' is no number"),
            ({"name": "A", "quantiles": {"50 % (as likely": "1,250"}}, "'1,250' may be 1250 or 1.25"),
            ({"name": "A", "chips": [(0, 0.1, 4), ("about 0.1", 0.3, 2)]}, "'about 0.1' is no number"),
            ({"name": "A", "chips": [(0, 0.1, 4), (0.1, "", 2)]}, "the bin 0.1 |  | 2 is not complete"),
        ],
    )
    def test_what_cannot_be_read_is_one_sentence(self, sheet, made, words):
        """With the file, the value and the way out."""
        with pytest.raises(PlanError, match=words):
            elicit(sheet(**made))

    def test_a_value_without_its_probability_is_not_dropped(self, sheet):
        """A row that the expert added says its probability in percent, or is asked for it."""
        path = sheet("A", quantiles=FILLED)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("| 25 % (one in four) | |", "| one in ten | 0.15 |"), encoding="utf-8")
        with pytest.raises(PlanError, match=r"'0\.15' stands beside 'one in ten'; write its probability in percent"):
            elicit(path)
        path.write_text(text.replace("| 25 % (one in four) | |", "| 10 % | 0.15 |"), encoding="utf-8")
        assert elicit(path).fits[0].expert.quantiles[1] == (0.1, 0.15)

    def test_an_expert_s_own_table_is_none_of_the_sheet_s(self, sheet):
        """What a judgement rests on may be a table too."""
        path = sheet("A", quantiles=FILLED)
        text = path.read_text(encoding="utf-8") + "\n| trial | n | events |\n|---|---|---|\n| Smith | 20 | 4 |\n"
        path.write_text(text + "\n| trial | remark |\n|---|---|\n| Smith | open |\n", encoding="utf-8")
        assert len(elicit(path).fits[0].expert.quantiles) == 3


class TestQuestion:
    def test_sheets_of_one_question_are_pooled(self, sheet):
        """Whatever an editor makes of its case, its spaces and its mark; the page and the axis name it."""
        a = sheet("Ada", quantiles=FILLED, question="Response on placebo\n at 12 months?")
        b = sheet("Bo", quantiles=FILLED, question="response on  placebo at 12 months")
        found = elicit(a, b)
        assert found.question == "Response on placebo at 12 months?"
        assert "Asked: Response on placebo at 12 months?" in str(found)
        assert found.figure().x_name == found.question

    def test_sheets_of_different_questions_are_refused(self, sheet):
        """With both files and both questions; a sheet that says none is another."""
        a = sheet("Ada", quantiles=FILLED, question="response on placebo")
        b = sheet("Bo", quantiles=FILLED, question="relapse on placebo")
        with pytest.raises(
            PlanError, match=r"Ada\.md asks 'response on placebo' and .*Bo\.md asks 'relapse on placebo'"
        ):
            elicit(a, b)
        with pytest.raises(PlanError, match=r"Ada\.md asks 'response on placebo' and .*Cy\.md asks nothing"):
            elicit(a, sheet("Cy", quantiles=FILLED, question="____"))

    def test_where_none_says_it_that_is_told(self, sheet):
        """Nobody knows then what the pool is of."""
        a, b = (sheet(name, quantiles=FILLED, question="____") for name in ("Ada", "Bo"))
        assert "What was asked is not said" in str(elicit(a, b))


def typed(xml, label, value, after=1):
    """The Word text with a value typed into the cell that is so many cells after one that begins with a label."""
    cells = re.split(r"(?<=</w:tc>)", xml)
    at = next(i for i, cell in enumerate(cells) if f">{label}" in cell) + after
    cells[at] = re.sub("<w:p>.*</w:p>", f"<w:p><w:r><w:t>{value}</w:t></w:r></w:p>", cells[at])
    return "".join(cells)


class TestWord:
    @pytest.fixture
    def word(self, tmp_path):
        """A sheet in Word, filled in."""

        def filled(name, fill, file="Ada.docx"):
            path = tmp_path / file
            with (
                zipfile.ZipFile(io.BytesIO(elicitation_sheet(".docx"))) as blank,
                zipfile.ZipFile(path, "w") as made,
            ):
                for part in blank.namelist():
                    xml = blank.read(part).decode()
                    if part == "word/document.xml":
                        xml = xml.replace("____ (which", "response on placebo (which", 1).replace(
                            " ____<", f" {name}<", 1
                        )
                        xml = fill(xml)
                    made.writestr(part, xml)
            return path

        return filled

    def test_the_two_sheets_say_the_same(self, word):
        """Text and Word, blank: every paragraph and every cell."""
        from trialplan.verbs.eliciting import _text

        blank = _text(word("____", lambda xml: xml.replace("response on placebo", "____")))
        assert re.findall(r"\w+", blank) == re.findall(r"\w+", elicitation_sheet())

    def test_quantiles_and_chips_come_back(self, word, sheet):
        """As from the text, with which they pool."""

        def quantiles(xml):
            for label, value in FILLED.items():
                xml = typed(xml, label, value)
            return xml

        def chips(xml):
            for at, value in enumerate(("0", "10 %", "4", "0.1", "0.2", "10", "0,2", "0,5", "6"), 1):
                xml = typed(xml, "Chips", value, at)
            return xml

        a, b = word("Ada", quantiles), word("Bo", chips, "Bo.docx")
        found = elicit(a, b, sheet("Cy", quantiles=FILLED))
        assert [one.expert.name for one in found.fits] == ["Ada", "Bo", "Cy"]
        assert (
            found.fits[0].expert.quantiles == found.fits[2].expert.quantiles == ((0.05, 0.08), (0.5, 0.2), (0.95, 0.4))
        )
        assert found.fits[1].expert.quantiles == ((0.2, 0.1), (0.7, 0.2))
        assert found.question == "response on placebo"

    def test_what_is_no_word_file_is_one_sentence(self, tmp_path):
        """Damaged, or of another program."""
        (tmp_path / "a.docx").write_bytes(b"PK")
        with pytest.raises(PlanError, match=r"a\.docx: it is not a Word file that can be read"):
            elicit(tmp_path / "a.docx")
        with pytest.raises(PlanError, match=r"a\.odt is no sheet that can be read; save it as \.docx, or as text"):
            elicit(tmp_path / "a.odt")

    def test_init_writes_it(self, tmp_path):
        """The same bytes each time."""
        assert main(["init", str(tmp_path / "sheet.docx")]) == 0
        assert (tmp_path / "sheet.docx").read_bytes() == elicitation_sheet(".docx") == elicitation_sheet(".docx")


STATED = """value = 0.2
basis = "ours" # cited, derived or ours
source = "name the placebo arm, its definition and its time point"
"""


@pytest.fixture
def planned(tmp_path):
    """The starter with experts' control rate, and the difference that it plans for."""

    def built(experts, difference):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        assert STATED in text
        text = text.replace(STATED, "").replace(
            "[endpoint.assumptions.control]", f"[endpoint.assumptions.control.{experts}"
        )
        path = tmp_path / "plan.toml"
        path.write_text(text.replace("value = 0.167", f"value = {difference}"), encoding="utf-8")
        return build(str(path))

    return built


EXPERTS = """experts]
question = "response on placebo"
source = "two rheumatologists, each alone, by the planners (ours)"
expert = [
  { name = "Ada", quantiles = [[0.05, 0.1], [0.5, 0.2], [0.95, 0.35]] },
  { name = "Bo", edges = [0, 0.1, 0.2, 0.3, 0.5], chips = [2, 8, 7, 3] },
]
"""


class TestPlan:
    def test_the_control_rate_is_the_pool_s_mean(self, planned):
        """Sized at the mean, believed as the pool, which assurance integrates before the treatment."""
        trial = planned(EXPERTS, "0.16")
        one = trial.primary.assumption("control")
        fits = one.elicited.fits
        assert one.value == pytest.approx(sum(stats.beta(f.belief.a, f.belief.b).mean() for f in fits) / 2)
        assert trial.primary.assumption("treatment").value == pytest.approx((one.value + 16 / 30) / 2)
        assert list(beliefs_of(trial)) == ["control", "treatment"]
        assert _said(trial, lambda: None)["primaries"][0].assumptions[0].elicited is one.elicited

    def test_the_protocol_shows_their_curves(self, planned):
        """Each expert's density and the pool's, as a picture whose sentence says where each is highest."""
        trial = planned(EXPERTS, "0.16")
        shown = pictures(trial)["experts-1-control"]
        assert "What experts believe of the rate in the control arm" in shown.caption
        assert shown.columns == ("response on placebo", "Ada", "Bo", "linear pool")
        belief = trial.primary.assumption("control").elicited.fits[0].belief
        assert shown.figure.lines[0][1] == pytest.approx(belief.density(np.array(shown.figure.x)))
        mode = (belief.a - 1) / (belief.a + belief.b - 2)
        highest = float(re.search(r"Ada: highest at ([\d.]+)", shown.alt)[1])
        assert highest == pytest.approx(mode, abs=0.01)
        assert render(shown.figure, ".svg").startswith(b"<?xml")

    @pytest.mark.sweep
    def test_the_document_holds_them(self, planned, tmp_path):
        """The picture stands below the table of the judgements, and every number of both agrees."""
        write(planned(EXPERTS, "0.16").plan, [tmp_path / "p.md"])
        text = (tmp_path / "p.md").read_text(encoding="utf-8")
        assert text.index("What each expert said") < text.index("the density of each, and of their pool")
        assert check(tmp_path / "p.md").ok

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            (("experts]\n", 'experts]\nfamily = "normal"\n'), "fitted by normal, and a rate is asked; use beta"),
            (("edges = [0, 0.1, 0.2, 0.3, 0.5], ", ""), "says no edges"),
            (("[0.95, 0.35]", "[0.95, 0.15]"), "fit no distribution"),
        ],
    )
    def test_what_experts_cannot_mean(self, planned, changes, words):
        """One sentence with the expert and the way out."""
        with pytest.raises(PlanError, match=words):
            planned(EXPERTS.replace(*changes), "0.16")
