"""The plan as a registry's record: each field from the plan or named as missing; a record held against the plan."""

import json

import pytest
from small_plans import built, stated

from trialplan import diff
from trialplan.errors import FileError, PlanError, TrialplanError
from trialplan.plan import build, read
from trialplan.protocol import render, write
from trialplan.protocol.content.registry import REGISTRIES, phases, record

SAID = """
[registration]
brief_title = "Cells for kidneys"
identifier = "UC-1"
sponsor = "A University"
purpose = "treatment"
masked = ["participant", "outcomes assessor"]
intervention_type = "biological"
control_type = "placebo comparator"
sex = "all"
minimum_age = "18 Years"
maximum_age = "75 Years"
healthy_volunteers = false
countries = ["Norway"]
start = "2027-03"
"""


@pytest.fixture(scope="module")
def shipped():
    """The first shipped plan, built."""
    return build(read("msc-lupus-nephritis"))


@pytest.fixture
def written(tmp_path, shipped):
    """The record of the shipped plan in a file, and a way to change it."""

    def changed(change=lambda section: None, name="registry.json", wrap=lambda found: found):
        path = tmp_path / name
        found = record(shipped).to_dict()
        change(found["protocolSection"])
        path.write_text(json.dumps(wrap(found)), encoding="utf-8")
        return path

    return changed


class TestForms:
    @pytest.mark.parametrize(
        ("key", "value", "way_out"),
        [
            ("start", "2027-13", "as 2027-03"),
            ("start", "2027-02-30", "as 2027-03"),
            ("completion", "spring", "as 2027-03"),
            ("minimum_age", "eighteen", "as 18 Years"),
            ("maximum_age", "75", "as 18 Years"),
        ],
    )
    def test_what_no_registry_takes_is_refused(self, tmp_path, key, value, way_out):
        """A month that the calendar lacks, and an age that is none, are refused with the value and the form."""
        with pytest.raises(PlanError, match=rf"\[registration\]: {key}: must be .*{way_out}.*, not '{value}'"):
            built(tmp_path, more=f'[registration]\n{key} = "{value}"\n')

    def test_no_limit_of_age(self, tmp_path):
        """N/A, which elsewhere says nothing, is the registry's word for no limit."""
        assert built(tmp_path, more='[registration]\nmaximum_age = "N/A"\n').plan.content.registration.maximum_age

    def test_a_list_in_a_cell_has_no_marks(self, tmp_path):
        """Criteria stand in a table without the stars of a list, and several outcomes with their numbers."""
        more = f'{SAID}[population]\ninclusion = ["adults", "consent"]\n'
        text = render(built(tmp_path, more=more), kind="registry")
        row = next(line for line in text.splitlines() if line.startswith("| Eligibility"))
        assert "adults; consent" in row
        assert "*" not in row
        assert "| Arms | (1\\) treatment" in text


class TestRecord:
    def test_every_field_is_filled_or_named(self, tmp_path):
        """A plan that says more fills what another one lacks; none is filled in for it."""
        bare, full = record(built(tmp_path)), record(built(tmp_path, more=SAID))
        for name in REGISTRIES:
            assert {one.label for one in full.of(name)} > {one.label for one in bare.of(name)}
            assert all(one.key for one in bare.missing(name))
            assert not {one.path for one in full.of(name)} & {one.path for one in full.missing(name)}
        design = full.to_dict()["protocolSection"]["designModule"]
        assert design["enrollmentInfo"] == {"count": 186, "type": "ESTIMATED"}
        assert design["designInfo"]["maskingInfo"]["masking"] == "DOUBLE"
        assert design["designInfo"]["maskingInfo"]["whoMasked"] == ["PARTICIPANT", "OUTCOMES_ASSESSOR"]
        assert (
            full.to_dict()["protocolSection"]["armsInterventionsModule"]["armGroups"][1]["type"] == "PLACEBO_COMPARATOR"
        )

    def test_the_number_is_of_those_randomised(self, tmp_path):
        """Losses are counted: a registry is told who is enrolled."""
        section = record(built(tmp_path, dropout=0.3)).to_dict()["protocolSection"]
        assert section["designModule"]["enrollmentInfo"]["count"] == 266

    def test_one_arm(self, tmp_path):
        """Allocation does not apply, and the model is a single group."""
        how = {"design": "one-proportion", "assumptions": stated(null=0.2, expected=0.4), "target": 0.4}
        section = record(built(tmp_path, **how)).to_dict()["protocolSection"]
        info = section["designModule"]["designInfo"]
        assert (info["allocation"], info["interventionModel"]) == ("NA", "SINGLE_GROUP")
        assert len(section["armsInterventionsModule"]["armGroups"]) == 1

    @pytest.mark.parametrize(
        ("said", "found"),
        [
            ("II", ["PHASE2"]),
            ("phase 2b", ["PHASE2"]),
            ("II/III", ["PHASE2", "PHASE3"]),
            ("IIa", ["PHASE2"]),
            ("first in man", None),
            (None, None),
        ],
    )
    def test_a_phase_is_the_registrys_or_missing(self, said, found):
        """Nothing is guessed from a word that is no phase."""
        assert phases(said) == found

    def test_the_shipped_plan_as_text(self, shipped, tmp_path):
        """Text, data and Markdown say the same number and outcome."""
        outputs = [tmp_path / f"r{suffix}" for suffix in (".txt", ".json")]
        write(shipped.plan, outputs, kind="registry")
        text, data = (path.read_text(encoding="utf-8") for path in outputs)
        assert "Enrolment, anticipated: 254; ESTIMATED" in text
        section = json.loads(data)["protocolSection"]
        assert section["outcomesModule"]["primaryOutcomes"][0]["timeFrame"] == "12 months after randomisation"
        assert "| Enrolment, anticipated | 254; ESTIMATED |" in render(shipped, kind="registry")

    def test_text_and_data_are_of_a_record_alone(self, shipped, tmp_path):
        """A protocol is neither."""
        with pytest.raises(FileError, match=r"no protocol is written as a.json"):
            write(shipped.plan, [tmp_path / "a.json"])


class TestDifference:
    def test_a_record_of_the_plan_agrees_with_it(self, shipped, written):
        """There and back."""
        found = diff(written(), shipped)
        assert found.differing == ()
        assert found.to_dict()["ok"]

    @pytest.mark.parametrize(
        ("field", "change"),
        [
            ("enrolment", lambda s: s["designModule"]["enrollmentInfo"].update(count=230)),
            ("allocation", lambda s: s["designModule"]["designInfo"].update(allocation="NON_RANDOMIZED")),
            ("arms", lambda s: s["armsInterventionsModule"]["armGroups"][0].update(label="cells")),
            ("primary outcome", lambda s: s["outcomesModule"]["primaryOutcomes"][0].update(measure="any response")),
            (
                "primary outcome, time frame",
                lambda s: s["outcomesModule"]["primaryOutcomes"][0].update(timeFrame="24 weeks"),
            ),
        ],
    )
    def test_each_change_is_found_alone(self, shipped, written, field, change):
        """What differs is named, and nothing else is."""
        assert [one.field for one in diff(written(change), shipped).differing] == [field]

    @pytest.mark.parametrize("frame", ["52 weeks", "Week 52", "1 year", "12 Months after randomisation", "Month 12"])
    def test_the_same_time_in_other_words(self, shipped, written, frame):
        """Twelve months are 52 weeks."""
        path = written(lambda s: s["outcomesModule"]["primaryOutcomes"][0].update(timeFrame=frame))
        assert diff(path, shipped).differing == ()

    @pytest.mark.parametrize("frame", ["Month 13", "50 weeks"])
    def test_half_a_month_more_or_less_is_another_time(self, shipped, written, frame):
        """What weeks leave of twelve months is less."""
        path = written(lambda s: s["outcomesModule"]["primaryOutcomes"][0].update(timeFrame=frame))
        assert [one.field for one in diff(path, shipped).differing] == ["primary outcome, time frame"]

    def test_a_search_of_one_study_is_taken(self, shipped, written):
        """The registry's search gives a list."""
        assert diff(written(wrap=lambda found: {"studies": [found]}), shipped).differing == ()

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "is no JSON"),
            ("[" * 100_000, "is no JSON"),
            ("[]", "no protocolSection"),
            ('{"protocolSection": 3}', "no protocolSection"),
            ('{"studies": []}', "holds 0 studies"),
        ],
    )
    def test_what_is_no_record_is_one_sentence(self, shipped, tmp_path, text, says):
        """With a way out."""
        path = tmp_path / "a.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(TrialplanError, match=says):
            diff(path, shipped)

    @pytest.mark.parametrize(
        "text", ['{"protocolSection": {"designModule": 3, "outcomesModule": {"primaryOutcomes": 7}}}']
    )
    def test_a_record_of_odd_parts_is_read_as_saying_nothing(self, shipped, tmp_path, text):
        """No part of a downloaded file is trusted to be what it should be."""
        path = tmp_path / "a.json"
        path.write_text(text, encoding="utf-8")
        found = diff(path, shipped)
        assert found.differing == ()
        assert found.fields[0].verdict == "not in the record"
