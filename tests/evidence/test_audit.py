from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialplan.evidence import EvidenceTable, Finding, ReportedOutcome, Study, audit, overlapping, read
from trialplan.evidence.finding import told_once

TABLES = Path(__file__).parent / "tables"


def table(*studies: Study) -> EvidenceTable:
    """A table of these studies."""
    return EvidenceTable(title="t", studies=studies)


def controlled(key: str = "a", **fields: object) -> Study:
    """A placebo-controlled study of forty."""
    return Study(**{"key": key, "control": "placebo", "enrolled": 40, **fields})  # type: ignore[arg-type]


def counted(**fields: object) -> ReportedOutcome:
    """A defined outcome at a visit."""
    given = {"name": "cure", "definition": "cured", "kind": "landmark", "timepoint_months": 6, **fields}
    return ReportedOutcome(**given)  # type: ignore[arg-type]


def ids(*studies: Study) -> list[str]:
    """The ids of what the audit finds in these studies."""
    return [finding.id for finding in audit(table(*studies))]


def only(id: str, *studies: Study) -> Finding:
    """The one finding of this id."""
    found = [finding for finding in audit(table(*studies)) if finding.id == id]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="module")
def found() -> tuple[Finding, ...]:
    """What the audit says about the shipped table."""
    return audit(read("msc-lupus-nephritis"))


class TestShippedTable:
    """The traps of the printed table."""

    @pytest.mark.parametrize(
        ("id", "study", "words"),
        [
            ("P12", "wang-2012", ["8/27 = 29.6 %", "29 % is printed", "8/28", "cutting the decimals off"]),
            ("T01", "wang-2012", ["30 + 27 = 57 of the 58", "1 missing"]),
            ("P07", "wang-2013", ["23/83 = 27.7 %", "23/87 = 26.4 %"]),
            ("P07", "liang-2010", ["12 of the 15 enrolled"]),
            ("P06", None, ["liang-2010 and wang-2012", "NCT00698191"]),
            ("P06", None, ["share the centre", "Nanjing Drum Tower Hospital"]),
            ("P06", None, ["16 + 15 + 58 + 87 + 40 = 216"]),
            ("P06", "wang-2013", ["16 + 15 + 58 = 89", "about the 87"]),
            ("P01", None, ["None of the 5 studies has a concurrent control"]),
            ("P01", "wang-2012", ["Unblinded-randomized", "single and double", "all receive the treatment"]),
            ("P09", None, ["proteinuria", "3 months: sun-2010; 6 months: liang-2010"]),
            ("P05", "sun-2010", ["0.8 to 1.8 mg/kg"]),
            ("P05", "liang-2010", ["without saying what it was"]),
            ("P13", "wang-2012", ["NR: not reported"]),
            ("P13", "wang-2013", ["NR: not reported"]),
            ("P13", "wang-2014", ["ND: not done"]),
            ("P08", "wang-2014", ["13 had it at any time", "7 (relapse)"]),
            ("P14", "sun-2010", ["below 1.68", "> -0.27"]),
            ("P14", "liang-2010", ["it excludes nothing"]),
            ("P15", "liang-2010", ["0.89 of the mean", "13.0 %"]),
            ("P10", None, ["liang-2010: BM"]),
            ("P10", "wang-2012", ["-24 points (95 % Newcombe -45 to +2)"]),
            ("T03", "wang-2014", ["13/40 = 32.5 %", "13/38 = 34.2 %"]),
            ("T04", "sun-2010", ["‘Decreasing SLEDAI and proteinuria in all patients’"]),
            ("T08", None, ["sun-2010", "fivefold"]),
            ("T09", "wang-2013", ["10/23 = 43.5 %"]),
            ("T09", "wang-2014", ["7/24 = 29.2 %"]),
        ],
    )
    def test_it_names_the_trap(self, found: tuple[Finding, ...], id: str, study: str | None, words: list[str]) -> None:
        """Each trap of the printed table is a finding at its row, with its numbers."""
        seen = [finding.seen for finding in found if (finding.id, finding.study) == (id, study)]
        assert any(all(word in text for word in words) for text in seen), seen

    def test_its_percentages_of_the_enrolled_are_possible(self, found: tuple[Finding, ...]) -> None:
        """About 88 % of 58 and 84 % of 87 are whole numbers of people, so nothing is said of them."""
        assert not [finding for finding in found if finding.id == "T02"]

    def test_what_blocks_comes_first_with_its_severity(self, found: tuple[Finding, ...]) -> None:
        """Findings that block stand first, and each id has one severity."""
        severities = [finding.severity for finding in found]
        assert severities == sorted(severities, key=["block", "warning", "information"].index)
        assert {finding.id for finding in found if finding.severity == "block"} == {"P01", "P06", "P12", "P13"}

    def test_every_finding_is_prose(self, found: tuple[Finding, ...]) -> None:
        """What was seen and what it means are sentences that end in a full stop."""
        for finding in found:
            assert finding.seen.endswith("."), finding
            assert finding.means.endswith("."), finding
            assert "None" not in finding.seen.removeprefix("None of the"), finding


class TestPage:
    def test_tells_where_only_what_the_sentence_does_not(self) -> None:
        """Of the whole table nothing is put before it, nor the name with which it begins."""
        whole = [Finding("P06", "block", None, None, seen, "a") for seen in ("two share it.", "so do two more.")]
        named = [Finding("P09", "warning", None, name, f"{name} differs.", "b") for name in ("death", "relapse")]
        placed = [Finding("P12", "block", name, None, f"it is 8, not {i}.", "c") for i, name in enumerate(("x", "y"))]
        assert [row[3] for row in told_once([*whole, *named, *placed])] == [
            "two share it. so do two more.",
            "death differs. relapse differs.",
            "x: it is 8, not 0. y: it is 8, not 1.",
        ]

    def test_a_change_has_its_unit(self) -> None:
        assert "-1.8 g/day" in str(read("msc-lupus-nephritis"))


class TestOtherTables:
    """Tables from other fields."""

    def test_a_clean_table_gives_no_finding(self) -> None:
        """Two blinded, controlled, defined, complete trials of separate centres leave nothing to raise."""
        assert audit(read(TABLES / "clean.toml")) == ()

    def test_a_device_table_meets_the_same_rules(self) -> None:
        """A table from another field, as CSV, is audited by the same rules."""
        found = audit(read(TABLES / "migraine-device.csv"))
        assert {(f.id, f.study) for f in found} >= {
            ("P01", "gamma-2019"),
            ("P04", None),
            ("P06", "gamma-2019"),  # 40 + 60 = 100, about 102
            ("P07", "alpha-2015"),
            ("P09", None),
            ("P12", "beta-2017"),
            ("P13", "alpha-2015"),
            ("P13", "beta-2017"),
            ("P26", None),
            ("P28", None),
            ("T01", "gamma-2019"),
            ("T02", "gamma-2019"),
            ("T03", "gamma-2019"),
        }
        zero = next(f for f in found if f.id == "P13" and f.study == "beta-2017")
        assert zero.seen == "The count is 0 while the printed cell says NR."

    def test_a_dressing_table_meets_the_same_rules(self) -> None:
        """A controlled and an uncontrolled study of a dressing show the remaining rules."""
        found = audit(read(TABLES / "wound-dressing.toml"))
        count = Counter((f.id, f.study) for f in found)
        assert {("P01", "two"), ("P17", None), ("T04", "two"), ("T05", "two"), ("T06", "two")} <= set(count)
        assert {("T07", "one"), ("T08", None), ("T09", "one"), ("P08", "one")} <= set(count)
        assert count["P14", "two"] == 2
        assert ("P01", "one") not in count
        assert not [f for f in found if f.id == "P06"]  # enrolment of the first ended before the second's began
        contradiction = next(f for f in found if f.id == "P14" and f.outcome == "ulcer area")
        assert contradiction.seen.startswith("No correlation within a participant")


class TestOrderAndContradictions:
    """What moves a sample size most comes first; a report that contradicts itself is named."""

    def test_within_a_severity_the_effect_then_the_rates_by_their_swing(self, found: tuple[Finding, ...]) -> None:
        """No control before a wrong percentage, a wrong percentage before a definition, large losses before small."""
        ids = [finding.id for finding in found if finding.severity == "warning"]
        assert ids.index("P26") < ids.index("T03") < ids.index("P09") < ids.index("P05")
        losses = [Study(key=str(of), enrolled=100, outcomes=(counted(events=9, of=of),)) for of in (95, 60, 80)]
        assert [one.study for one in audit(table(*losses)) if one.id == "P07"] == ["60", "80", "95"]

    def test_a_report_with_several_contradictions_is_named(self, found: tuple[Finding, ...]) -> None:
        """Two cells that cannot both be true, twice; unanswered cells do not count."""
        (twice,) = [finding for finding in found if finding.id == "P37"]
        assert (twice.study, twice.severity) == ("wang-2012", "warning")
        assert "2 times (P12 complete remission (double); T01 complete remission)" in twice.seen

    @pytest.mark.parametrize(
        ("blinding", "words"),
        [
            ("double blind", None),
            ("open label", "without blinding those who give and receive it: a"),
            ("assessor-blinded", "without blinding those who give and receive it: a"),
            (None, "without a word on blinding: a"),
        ],
    )
    def test_a_control_does_not_blind(self, blinding: str | None, words: str | None) -> None:
        """A randomised but open comparison is named once, by P38 and not by P26 as well."""
        study = Study(key="a", blinding=blinding, control="placebo", outcomes=(counted(events=9, of=20),))
        seen = [one.seen for one in audit(table(study)) if one.id in ("P26", "P38")]
        assert seen == ([] if words is None else [f"The treatment is compared with a control {words}."])

    @pytest.mark.parametrize(("role", "asked"), [("control", False), ("treatment", True), (None, True)])
    def test_a_control_arm_alone_compares_nothing(self, role: str | None, asked: bool) -> None:
        """A study told for its control arm, as in a table of controls, has no effect that blinding could spoil."""
        rows = (counted(events=9, of=20, arm="placebo", role="control"), counted(events=9, of=20, arm="x", role=role))
        study = Study(key="a", blinding="open label", control="placebo", outcomes=rows)
        assert any(one.id == "P38" for one in audit(table(study))) == asked

    @pytest.mark.parametrize("printed", ["11.5 %", "11,5 %", "11·5%", "11.5 per cent"])
    def test_a_percentage_alone_is_told_with_its_counts(self, printed: str) -> None:
        """It is not words only, however a journal prints it."""
        alone = ReportedOutcome(name="x", of=61, reported=printed)
        seen = only("T04", Study(key="a", outcomes=(alone,))).seen
        assert seen == f"Only a percentage is printed: {printed!r} of 61; 7/61 would give it."

    def test_arms_of_which_an_outcome_says_nothing_are_not_missing(self) -> None:
        """Two of three arms do not add up to the enrolled, and nobody is lost."""
        arms = [counted(arm=arm, events=9, of=20) for arm in ("low", "high", "none")]
        two = [counted(name="y", arm=arm, events=9, of=20) for arm in ("low", "high")]
        assert "T01" not in ids(Study(key="a", enrolled=60, outcomes=(*arms, *two)))
        assert "T01" in ids(Study(key="a", enrolled=61, outcomes=(*arms, *two)))


class TestRules:
    """Each rule at its edges."""

    @pytest.mark.parametrize(
        ("events", "of", "printed", "raised"),
        [
            (8, 27, "8/27 (29%)", True),
            (8, 27, "8/27 (30%)", False),
            (8, 27, "8/27 (29.6%)", False),
            (8, 27, "8/27 (29.7%)", True),
            (1, 8, "1/8 (12%)", False),
            (1, 8, "1/8 (13%)", False),
            (16, 30, "16/30", False),
            (16, 30, "35 per cent", True),
            pytest.param(16, 30, "1" * 20_000, False, id="thousands of figures"),
        ],
    )
    def test_p12_compares_at_the_printed_precision(self, events: int, of: int, printed: str, raised: bool) -> None:
        """A percentage is held to the decimals printed, and a tie may round either way."""
        study = controlled(enrolled=of, outcomes=(counted(events=events, of=of, reported=printed),))
        assert ("P12" in ids(study)) is raised

    @pytest.mark.parametrize(
        ("events", "of", "printed", "raised"),
        [
            (3, 10, "30,0 %", False),
            (8, 27, "29,6 %", False),
            (8, 27, "29·6 %", False),
            (8, 27, "29.6\u202f%", False),
            (8, 27, "30,6 %", True),
            (3, 10, "4/10", True),
            (3, 10, "4 of 10 patients", True),
            (3, 10, "3/12", False),
            (3, 10, "3/10", False),
            (3, 10, "3/10, later 4/10", False),
            (3, 10, "seen on 4/12", False),
            (3, None, "4/10", False),
        ],
    )
    def test_p12_reads_what_europeans_and_journals_print(
        self, events: int, of: int | None, printed: str, raised: bool
    ) -> None:
        """Decimal commas and raised points are read, and a printed count of the same people against the row's."""
        study = controlled(outcomes=(counted(events=events, of=of, reported=printed),))
        assert ("P12" in ids(study)) is raised

    @pytest.mark.parametrize(
        ("events", "reported", "raised"),
        [(0, "NR", True), (0, "1/NR", True), (0, "0/NR", False), (0, "0", False), (0, None, False), ("ND", None, True)],
    )
    def test_p13_tells_zero_from_unknown(self, events: int | str, reported: str | None, raised: bool) -> None:
        """A zero is doubted only where the printed cell shows no zero but NR or ND."""
        outcome = ReportedOutcome(name="death", harm=True, events=events, of=40, reported=reported)  # type: ignore[arg-type]
        assert ("P13" in ids(controlled(outcomes=(outcome,)))) is raised

    def test_p14_bound_is_where_the_paired_t_test_gives_that_p(self) -> None:
        """Pairs made to have exactly the bounding correlation give the printed P in scipy's paired t test."""
        finding = only("P14", replace(read("msc-lupus-nephritis").study("sun-2010"), group=None, centres=()))
        bound = -0.2713  # printed in the finding to two decimals
        assert f"{bound:.2f}" in finding.seen
        rng = np.random.default_rng(1)
        raw = rng.normal(size=(15, 2))
        raw = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
        pairs = raw @ np.linalg.cholesky([[1, bound], [bound, 1]]).T * [1.2, 0.9] + [3.1, 1.3]
        assert stats.ttest_rel(*pairs.T).pvalue == pytest.approx(0.001, rel=2e-3)

    def test_p14_leaves_controlled_comparisons_alone(self) -> None:
        """With a concurrent control the P value compares arms, so no correlation is read from it."""
        outcome = replace(read("msc-lupus-nephritis").study("sun-2010").outcomes[-1], arm="active")
        assert "P14" not in ids(controlled(enrolled=15, outcomes=(outcome,)))

    @pytest.mark.parametrize("given", ["none", "No", "not given", "ND", "-", "", None])
    def test_p05_is_silent_without_conditioning(self, given: str | None) -> None:
        """No conditioning, in any of the usual words, is no finding."""
        assert "P05" not in ids(controlled(conditioning=given))

    def test_p05_hears_a_fixed_dose(self) -> None:
        """A fixed dose given beforehand is still conditioning, while fixed other treatment explains nothing."""
        assert "P05" in ids(controlled(conditioning="fixed dose of a cytotoxic"))
        assert "P18" not in ids(controlled(concomitant="fixed doses"))
        assert "P18" in ids(controlled(concomitant="tapered at discretion"))

    @pytest.mark.parametrize(
        "control", ["none", "NR", None, "historical controls", "No control", "no", "-", "baseline values"]
    )
    def test_p01_knows_what_is_no_control(self, control: str | None) -> None:
        """Nothing, a past group and the participants' own baseline are no concurrent control."""
        assert only("P01", Study(key="a", control=control)).severity == "block"

    @pytest.mark.parametrize("control", ["placebo", "usual care", "no treatment, randomised"])
    def test_p01_accepts_a_concurrent_control(self, control: str) -> None:
        """A concurrent group on placebo, usual care or nothing is a control."""
        assert "P01" not in ids(Study(key="a", control=control))

    def test_p07_spares_an_outcome_of_the_whole_named_subgroup(self) -> None:
        """A mean over everyone in the subgroup that the study names leaves nobody out."""
        mean = ReportedOutcome(name="x", kind="landmark", timepoint_months=3, baseline_mean=9.0, baseline_sd=1.0,
                       followup_mean=8.0, followup_sd=1.0, n=38)  # fmt: skip
        assert "P07" not in ids(controlled(in_subgroup=38, outcomes=(mean,)))
        assert "P07" in ids(controlled(in_subgroup=39, outcomes=(mean,)))

    @pytest.mark.parametrize(("later", "raised"), [(100, True), (105, True), (106, False), (94, False)])
    def test_p06_adds_up_within_five_per_cent(self, later: int, raised: bool) -> None:
        """Earlier reports of a centre that sum to a later one within 5 % are the same people."""
        studies = [
            controlled(key, centres=("X",), year=year, enrolled=size)
            for key, year, size in [("a", 2001, 40), ("b", 2002, 60), ("c", 2003, later)]
        ]
        seen = [f.study for f in audit(table(*studies)) if f.id == "P06"]
        assert ("c" in seen) is raised

    def test_p06_believes_periods_that_are_apart(self) -> None:
        """One centre in periods that do not touch has different people, unless one registration covers both."""
        first = controlled("a", centres=("X",), enrolled_to="2008")
        second = controlled("b", centres=("X",), enrolled_from="2009-01")
        assert overlapping((first, second)) == ()
        assert "P06" not in ids(first, second)
        shared = [replace(study, registry="REG 7") for study in (first, second)]
        assert [study.key for study in overlapping(shared)[0]] == ["a", "b"]
        assert "P06" in ids(*shared)
        touching = replace(second, enrolled_from="2008-12")
        assert "P06" in ids(first, touching)

    @pytest.mark.parametrize(("text", "raised"), [("50 %", False), ("34 %", True), ("about 48%", False)])
    def test_t02_asks_for_a_whole_number(self, text: str, raised: bool) -> None:
        """Of 40 people, 34 % is nobody's number while 48 % is nineteen."""
        assert ("T02" in ids(controlled(in_subgroup=text))) is raised

    def test_p17_holds_definitions_together(self) -> None:
        """The same name with two definitions is two outcomes."""
        first = controlled("a", outcomes=(counted(events=10, of=40),))
        second = controlled("b", outcomes=(counted(events=12, of=40, definition="almost cured"),))
        assert "2 definitions" in only("P17", first, second).seen
        assert "P17" not in ids(first, replace(first, key="b"))

    def test_rules_name_no_disease_and_no_table(self) -> None:
        """The rules' source mentions neither the shipped table nor its disease."""
        folder = Path(__file__).parents[2] / "trialplan" / "evidence"
        for path in [*folder.glob("audit*.py"), folder / "finding.py", folder / "overlap.py"]:
            source = path.read_text().lower()
            for word in ("lupus", "sle ", "sledai", "proteinuria", "cyclophos", "wang", "liang", "nanjing", "cell t"):
                assert word not in source, (path.name, word)


class TestUnsaidControls:
    """What a table without a column of controls is told."""

    def test_what_is_not_said_is_not_denied(self) -> None:
        """Studies whose control the table leaves out are not said to have none."""
        unsaid = [Study(key=key, enrolled=40) for key in ("a", "b")]
        first = next(finding for finding in audit(table(*unsaid)) if finding.id == "P01" and finding.study is None)
        assert (
            first.seen == "The table does not say of any of the 2 studies whether it had a concurrent control: a and b."
        )
        mixed = (unsaid[0], Study(key="c", enrolled=40, control="none"))
        first = next(finding for finding in audit(table(*mixed)) if finding.id == "P01" and finding.study is None)
        assert first.seen == "None of the 2 studies is said to have a concurrent control; of a the table does not say."


def test_each_rule_runs_once(found, monkeypatch):
    """A rule about what the others saw is told it, and asks none of them again."""
    from trialplan.evidence import finding

    calls: Counter[str] = Counter()

    def counting(id, check):
        def asked(told):
            calls[id] += 1
            return check(told)

        return asked

    for name in ("RULES", "RULES_OF_SEEN"):
        monkeypatch.setattr(
            sys.modules["trialplan.evidence.audit"],
            name,
            [(id, severity, moves, counting(id, check)) for id, severity, moves, check in getattr(finding, name)],
        )
    assert tuple(audit(read("msc-lupus-nephritis"))) == tuple(found)
    assert "P37" in calls
    assert calls == Counter(id for id, *_ in (*finding.RULES, *finding.RULES_OF_SEEN))
