"""A results record of ClinicalTrials.gov as rows of a table; the record is made up, its form is the registry's."""

import copy
import json
from contextlib import suppress
from pathlib import Path

import pytest
from scipy import stats

from trialplan.errors import EvidenceError
from trialplan.evidence import audit, read_with_notes
from trialplan.evidence.control import role_of
from trialplan.evidence.selection import PoolChoice, pool_outcome

RECORD = Path(__file__).parent / "tables" / "registry-record.json"


@pytest.fixture(scope="module")
def record():
    """The record as a registry hands it out."""
    return json.loads(RECORD.read_text())


@pytest.fixture(scope="module")
def table():
    """The table in the record."""
    return read_with_notes(RECORD)[0]


@pytest.fixture
def rewritten(record, tmp_path):
    """Reads the record after a change to a copy of it."""

    def made(change):
        changed = copy.deepcopy(record)
        change(changed)
        path = tmp_path / "r.json"
        path.write_text(json.dumps(changed))
        return read_with_notes(path)

    return made


def rows(table, name):
    """The rows of an outcome by their arm."""
    return {row.arm: row for row in table.studies[0].outcomes if row.name == name}


class TestWhatIsRead:
    def test_the_study(self, table):
        """Who, when, how and how many, as the protocol section says."""
        study = table.studies[0]
        assert (study.key, study.year, study.enrolled, study.enrolled_from) == ("NCT00000000", 2015, 181, "2011-03")
        assert (study.design, study.blinding, study.population) == (
            "randomised, parallel", "double blind", "Made-up disease",
        )  # fmt: skip

    def test_counts_with_their_denominators_and_time(self, table):
        """Each arm's count; 24 weeks are 168 days over the twelfth of a year."""
        found = rows(table, "Response")
        assert [row.counts for row in found.values()] == [(24, 60), (12, 61), (20, 60)]
        assert {row.timepoint_months for row in found.values()} == {5.52}

    def test_the_type_of_an_arm_is_its_role_and_nothing_else(self, table):
        """Experimental is treatment, placebo is control, under one name; an active comparator is asked about."""
        study = table.studies[0]
        roles = {row.arm: role_of(study, row) for row in study.outcomes}
        assert roles == {"Drug 10 mg": "treatment", "Placebo": "control", "Old drug": None}
        assert "P36" in {finding.id for finding in audit(table)}
        with pytest.raises(EvidenceError, match="which of the arms"):
            pool_outcome(table, "Response", measure="risk-ratio")
        pooled = pool_outcome(table, "Response", PoolChoice(arms=("Drug 10 mg", "Placebo")), measure="risk-ratio")
        assert pooled.natural.estimate == pytest.approx((24 / 60) / (12 / 61))

    def test_a_standard_error_is_told_and_becomes_an_sd(self, table):
        """SE × √n: 0.5 × 7 and 0.25 × 8."""
        found = rows(table, "Change from baseline in score")
        assert [row.change for row in found.values()] == [(-4.5, 3.5, 49), (-1.25, 2.0, 64)]
        assert found["Placebo"].note == "standard error 0.25 as printed"

    def test_baseline_and_later_means_stand_apart(self, table):
        """The class that is called baseline is no follow-up."""
        baseline, later = rows(table, "Score: Baseline")["Drug 10 mg"], rows(table, "Score: Week 12")["Drug 10 mg"]
        assert (baseline.baseline_mean, baseline.baseline_sd, baseline.followup_mean) == (9, 2, None)
        assert (later.followup_mean, later.followup_sd, later.n) == (5, 3, 49)

    def test_percentages_are_counts_only_where_they_are_whole(self, table):
        """30 % of 60 are 18; 11.5 % of 61 only rounds to a count."""
        found = rows(table, "Free of disease")
        assert found["Drug 10 mg"].counts == (18, 60)
        assert (found["Placebo"].events, found["Placebo"].reported) == (None, "11.5 %")

    def test_what_is_neither_stays_in_words(self, table):
        """A median has no place among the numbers."""
        row = rows(table, "Time to relapse")["Drug 10 mg"]
        assert (row.reported, row.counts, row.change) == ("median 210 days (150 to NA)", None, None)

    def test_harms(self, table):
        """Deaths, the sums and each term, by arm, with none as 0."""
        found = {(row.name, row.arm): row.counts for row in table.studies[0].outcomes if row.harm}
        assert found["death", "Placebo"] == (0, 61)
        assert found["Pneumonia (serious)", "Drug 10 mg"] == (2, 60)
        assert found["Pneumonia (not serious)", "Drug 10 mg"] == (4, 60)
        assert ("any other adverse event", "Placebo") not in found

    def test_what_was_understood_is_told(self):
        """The arms with their roles, and what was left or made of other numbers."""
        (note,) = read_with_notes(RECORD)[2]
        assert "'Drug 10 mg' as treatment, 'Placebo' as control and 'Old drug' of unknown role" in note
        for part in (
            "not posted yet (1)",
            "does not say which arm is compared with which (1)",
            "SE × √n",
            "30 % of 60",
        ):
            assert part in note


class TestOtherRecords:
    def test_a_single_group_has_no_control(self, rewritten):
        """The intervention model says so."""

        def single(record):
            record["protocolSection"]["designModule"]["designInfo"]["interventionModel"] = "SINGLE_GROUP"
            record["protocolSection"]["armsInterventionsModule"]["armGroups"][1:] = []

        assert rewritten(single)[0].studies[0].control == "none"

    def test_the_same_title_twice_is_told_apart(self, rewritten):
        """By its time frame, else by a number."""

        def twice(record):
            measures = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
            measures += [copy.deepcopy(measures[0]), copy.deepcopy(measures[0])]
            measures[-1]["timeFrame"] = "weeks 24 and 48"

        found = rewritten(twice)[0].studies[0].outcomes
        times = {row.name: row.timepoint_months for row in found if row.name.startswith("Response")}
        assert times == {"Response [Week 24]": 5.52, "Response [Week 24] (2)": 5.52, "Response": None}

    def test_a_denominator_in_another_unit_is_told_and_not_taken(self, rewritten):
        """Eyes are no participants: neither for a count, nor for the SD that is made of a standard error."""

        def eyes(record):
            for measure in record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][:2]:
                for denominator in measure["denoms"]:
                    denominator["units"] = "Eyes"

        found, _, notes = rewritten(eyes)
        counted, change = rows(found, "Response")["Placebo"], rows(found, "Change from baseline in score")["Placebo"]
        assert (counted.events, counted.of, counted.note) == (12, None, "of 61 eyes")
        assert (change.change_mean, change.change_sd, change.n) == (-1.25, None, None)
        assert change.reported == "-1.25 points (standard error 0.25)"
        assert "denominators that count eyes, not participants, told in a note alone (5)" in notes[0]
        assert "spreads of means that give no SD, kept as printed (2)" in notes[0]

    def test_participants_beside_the_units_analysed_are_no_denominator(self, rewritten):
        """A record tells both; what was measured in eyes has so many eyes."""

        def both(record):
            measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][1]
            measure["typeUnitsAnalyzed"] = "Eyes"
            people = measure["denoms"][0]["counts"]
            eyes = [{"groupId": each["groupId"], "value": str(2 * int(each["value"]))} for each in people]
            measure["denoms"].append({"units": "Eyes", "counts": eyes})

        change = rows(rewritten(both)[0], "Change from baseline in score")["Placebo"]
        assert (change.n, change.change_sd, change.note) == (None, None, "of 128 eyes")

    @pytest.mark.parametrize("spread", ["Inter-Quartile Range", "95% Confidence Interval"])
    def test_a_mean_with_two_limits(self, rewritten, spread):
        """An interval makes the SD by t; another spread has no cell, and is kept in words."""

        def interval(record):
            measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][1]
            measure["dispersionType"] = spread
            for cell in measure["classes"][0]["categories"][0]["measurements"]:
                cell |= {"lowerLimit": "-6", "upperLimit": "1"}
                del cell["spread"]

        found, _, notes = rewritten(interval)
        row = rows(found, "Change from baseline in score")["Placebo"]
        assert (row.change_mean, row.n) == (-1.25, 64)
        if spread.startswith("95"):
            assert stats.t.interval(0.95, 63, -2.5, row.change_sd / 8) == pytest.approx((-6, 1))
            assert row.note == "95 % interval -6 to 1 as printed"
            assert "SDs made of intervals, by t" in notes[0]
        else:
            assert (row.change_sd, row.reported) == (None, "-1.25 points (inter-quartile range -6 to 1)")
            assert "spreads of means that give no SD" in notes[0]

    def test_several_records_are_several_studies(self, record, tmp_path):
        """The answer of a search holds a list; records without results are counted."""
        other, empty = copy.deepcopy(record), copy.deepcopy(record)
        other["protocolSection"]["identificationModule"]["nctId"] = "NCT00000001"
        del empty["resultsSection"]
        (tmp_path / "r.json").write_text(json.dumps({"studies": [record, other, empty]}))
        found, _, notes = read_with_notes(tmp_path / "r.json")
        assert [study.key for study in found.studies] == ["NCT00000000", "NCT00000001"]
        assert "records without posted results left out (1)" in notes[0]

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("{", "is not JSON: "),
            ("{}", "holds no record of ClinicalTrials.gov"),
            ('{"protocolSection": {"identificationModule": {"nctId": "NCT1"}}}', "no results are posted for NCT1"),
            ('{"protocolSection": []}', "no results are posted for"),
            ('{"protocolSection": 3}', "protocolSection must be a section, not '3'"),
            ("[1]", "a list of sections is needed"),
        ],
    )
    def test_what_is_no_record_is_one_sentence(self, tmp_path, text, sentence):
        """Whatever the file holds."""
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(EvidenceError) as refused:
            read_with_notes(tmp_path / "r.json")
        assert sentence in str(refused.value)

    def test_any_part_of_another_form_is_one_sentence(self, record, rewritten):
        """Each section and list of the record in turn, as a text: refused or left out, never a traceback."""

        def parts(value, path=()):
            yield path
            if isinstance(value, dict | list):
                for key, below in value.items() if isinstance(value, dict) else enumerate(value):
                    yield from parts(below, (*path, key))

        for path in list(parts(record))[1:]:

            def spoil(changed, path=path):
                for key in path[:-1]:
                    changed = changed[key]
                changed[path[-1]] = "unlike"

            with suppress(EvidenceError):
                rewritten(spoil)
