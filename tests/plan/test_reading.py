"""Reading a plan: the content as it is written, or one sentence that names the place and the way out."""

import pytest

from trialplan.errors import PlanError
from trialplan.files import LONGEST, shipped
from trialplan.plan import build, json_schema, read, starter
from trialplan.plan.answered import PITFALLS
from trialplan.protocol.content.pitfalls import PITFALLS as OF_DOCUMENTS

SHIPPED = ["msc-lupus-nephritis", "starter"]


def edited(tmp_path, *changes, base="starter"):
    """The path of a copy of a shipped plan with some of its text replaced."""
    text = (shipped("examples") / base / "plan.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


class TestRead:
    @pytest.mark.parametrize("name", SHIPPED)
    def test_shipped_plans_are_found_by_name(self, name):
        """A shipped plan is found by its name, with its text kept as written."""
        plan = read(name)
        assert plan.text == (shipped("examples") / name / "plan.toml").read_text(encoding="utf-8")

    def test_starter_is_the_plan_that_init_writes(self):
        """The starter's text is a plan that reads."""
        assert starter() == read("starter").text

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ([("allocation =", "alocation =")], ["unknown key 'alocation'", "did you mean 'allocation'", "[trial]"]),
            (
                [('test = "score"', 'test = "score"\n[endpoint.setings]\nx = 1')],
                ["'setings'", "did you mean 'settings'"],
            ),
            ([('role = "primary"', 'role = "main"')], ["[endpoint number 1]", "role", "primary", "main"]),
            ([('title = "Working title of the trial"\n', "")], ["[trial]", "'title' is missing"]),
            (
                [("power = 0.8", "power = 80")],
                ["[endpoint number 1]: power must lie in (0, 1), not 80; write 80 % as"],
            ),
            ([("power = 0.8", 'power = "80%"')], ["power must lie in (0, 1), not '80%'; write 80 % as 0.8"]),
            ([("discounts = [0.0, 0.25", 'discounts = ["5%", 0.25')], ["discounts number 1", "; write 5 % as 0.05"]),
            (
                [('value = 0.2\nbasis = "ours"', 'value = "20%"\nbasis = "ours"')],
                ["value must be a finite number", "write 20 % as 0.2 where it is a share"],
            ),
            (
                [('value = 0.2\nbasis = "ours"', 'value = "0,2"\nbasis = "ours"')],
                ["[endpoint.assumptions.control] of endpoint number 1", "write a decimal point: 0.2, without quotes"],
            ),
            ([("value = 0.1\n", 'value = "10%"\n')], ["value must lie in (0, 1), not '10%'; write 10 % as 0.1"]),
            ([("[0.0, 0.25", "[-0.1, 0.25")], ["[scenarios]: discounts number 1 must lie in [0, 1], not -0.1"]),
            ([('basis = "realistic"', 'basis = "hoped"')], ["target_difference", "important", "hoped"]),
            ([("value = 0.1\n", 'value = "low"\n')], ["scenarios.controls number 1", "value", "low"]),
            ([('[trial]\ntitle = "Working', '[trial\ntitle = "Working')], ["not valid TOML", "line"]),
        ],
        ids=[
            "typo",
            "section",
            "choice",
            "missing",
            "percent",
            "sign",
            "sign in a list",
            "sign of a value",
            "comma of a value",
            "sign in a scenario",
            "discount",
            "basis",
            "type",
            "toml",
        ],
    )
    def test_a_wrong_plan_is_one_sentence(self, tmp_path, changes, words):
        """What is wrong with a plan is said in one sentence that names the section, the key and the way out."""
        with pytest.raises(PlanError) as error:
            read(edited(tmp_path, *changes))
        message = str(error.value)
        assert "\n" not in message
        assert all(word in message for word in words), message

    @pytest.mark.parametrize("name", ["msc-lupus", "nowhere/plan.toml"])
    def test_an_unknown_name_is_answered_with_the_known_ones(self, name):
        """A plan that is not there is an error with a hint."""
        with pytest.raises(PlanError, match=r"did you mean 'msc-lupus-nephritis'|check the path"):
            read(name)

    def test_a_file_that_is_not_text_is_refused(self, tmp_path):
        """Bytes that are not UTF-8 are named as such."""
        path = tmp_path / "plan.toml"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(PlanError, match="not UTF-8"):
            read(str(path))


class TestSchema:
    def test_the_schema_describes_what_the_reader_accepts(self):
        """Every top-level key of the shipped plans stands in the published schema, which forbids others."""
        schema = json_schema()
        assert schema["additionalProperties"] is False
        for name in SHIPPED:
            written = read(name).content.model_fields_set
            assert written <= set(schema["properties"])


class TestNothingSaid:
    @pytest.mark.parametrize(
        "text", [" ", "\u00a0", "\u200b", "-", "–", "...", "?", "TBD", "[tbc]", "N/A", "to be  determined."]
    )
    def test_is_refused(self, tmp_path, text):
        """A text of marks and spaces, or one still to be written, is refused: a checklist would call it filled."""
        path = tmp_path / "plan.toml"
        path.write_text(f'{read("starter").text}\n[population]\nsetting = "{text}"\n', encoding="utf-8")
        with pytest.raises(PlanError, match=r"\[population\]: setting: must say something, or be left out and printed"):
            read(str(path))

    def test_the_longest_text_of_marks_is_read(self, tmp_path):
        """A text may have as many marks between two words as a text may be long."""
        text, path = f"a{'_' * (LONGEST - 2)}a", tmp_path / "plan.toml"
        path.write_text(f'{read("starter").text}\n[population]\nsetting = "{text}"\n', encoding="utf-8")
        assert read(str(path)).content.population.setting == text

    @pytest.mark.parametrize("text", ["none", "%", "≥ 3", "TBD-1 centres", "n/a to infants; all others"])
    def test_short_texts_are_texts(self, tmp_path, text):
        """A word, a sign, or a sentence with such words in it says something."""
        path = tmp_path / "plan.toml"
        path.write_text(f'{read("starter").text}\n[population]\nsetting = "{text}"\n', encoding="utf-8")
        assert read(str(path)).content.population.setting == text


class TestTypes:
    """A value of another type is refused and never guessed."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (("value = 0.2\nbasis", "value = true\nbasis"), "value must be a finite number or a list"),
            (("value = 0.2\nbasis", 'value = "0.2"\nbasis'), "not '0.2'; write it without quotes"),
            (("power = 0.8", 'power = "0.8"'), r"power must lie in \(0, 1\), not '0.8'; write it without quotes"),
            (
                ("power = 0.8", "power = 0.8\ntimepoint_months = true"),
                r"timepoint_months must lie in \(0, ∞\), not true",
            ),
            (("power = 0.8", "power = 0.8\ndropout = false"), r"dropout must lie in \[0, 1\), not false"),
            (("[target_difference]", '[monitoring]\nlooks = 2\nbinding = "yes"\n[target_difference]'), "true or false"),
            (
                ("[target_difference]", "[monitoring]\nlooks = 2\nbinding = 1\n[target_difference]"),
                "true or false, not 1",
            ),
            (
                ("value = 0.2\nbasis", 'range = [0.1]\nrange_source = "ours"\nvalue = 0.2\nbasis'),
                r"range must be 2 numbers in square brackets, not \[0.1\]",
            ),
        ],
    )
    def test_none_is_guessed(self, tmp_path, change, words):
        """True is no 1, "yes" is no true, and a text no number."""
        with pytest.raises(PlanError, match=words):
            read(edited(tmp_path, change))


class TestNames:
    @pytest.mark.parametrize("name", ["Control", " control "])
    def test_two_arms_of_one_name_are_refused(self, tmp_path, name):
        """Names that differ by capitals and spaces alone are one to a reader; so is a default that is not written."""
        without = ('treatment_name = "treatment"\ncontrol_name = "control"', f'treatment_name = "{name}"')
        changed = edited(tmp_path, without)
        with pytest.raises(PlanError, match="two arms are called 'control'; give each a name of its own"):
            build(read(changed))

    @pytest.mark.parametrize(("said", "near"), [("p06", "did you mean 'P06'"), ("P99", "nearest are"), ("P06", "")])
    def test_an_answer_is_to_what_there_is(self, tmp_path, said, near):
        """An id that is in no list would be printed nowhere."""
        plan = read(edited(tmp_path, ("[target_difference]", f'[evidence.answers]\n{said} = "a"\n[target_difference]')))
        if not near:
            assert build(plan)
            return
        with pytest.raises(PlanError, match=f"there is no finding '{said}'; {near}"):
            build(plan)

    def test_the_pitfalls_are_those_of_documents(self):
        """The list is written where plans can see it."""
        assert [one.id for one in OF_DOCUMENTS] == [*PITFALLS]
