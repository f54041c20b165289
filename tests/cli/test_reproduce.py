"""`trialplan reproduce`, as it is typed."""

from __future__ import annotations

import json

import pytest

from trialplan import catalogue
from trialplan.cli.reproduce import example, for_design
from trialplan.text import flag

DESIGNS = catalogue.designs()
STATED = {slug: cls.stated_example for slug, cls in DESIGNS.items() if cls.stated_example}
TYPICAL = {slug: example(cls) for slug, cls in DESIGNS.items()}
"""What each design says itself, and what its typical values would."""

RATES = ("reproduce", "two-proportions", "--control", "0.3", "--treatment", "0.5", "--power", "0.8")
LEVEL = ("--alpha", "0.05", "--sides", "2")


class TestReproduce:
    @pytest.mark.parametrize(("slug", "line"), [*STATED.items(), *TYPICAL.items()])
    def test_the_examples_are_reproduced(self, run, slug, line):
        """The example in the help of each design is reproduced, and so are its typical values with the n they need."""
        assert line
        ran = run("reproduce", slug, *line.split())
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("Reproduced: ")

    def test_says_it_for_a_reviewer(self, run):
        """The sentence names the method, and the notes what is not stated."""
        ran = run(*RATES, *LEVEL, "--per-arm", "93")
        assert "93 per arm is what score test (pooled variance" in ran.out
        assert "The statement does not name its test." in ran.out

    def test_as_json(self, run):
        """--json has the verdict, every candidate with its n and whether it matches, and what is missing."""
        found = json.loads(run(*RATES, "--n", "186", "--json").out)
        assert (found["verdict"], found["missing"]) == ("reproduced", ["alpha"])
        first = found["candidates"][0]
        assert (first["n"], first["matches"], first["method"][:5]) == (186, True, "score")
        assert any(not one["matches"] for one in found["candidates"])

    def test_what_does_not_follow_ends_with_1(self, run):
        """A number that no method gives is a check that failed: exit code 1, nothing on stderr."""
        ran = run(*RATES, *LEVEL, "--per-arm", "300")
        assert (ran.code, ran.err) == (1, "")
        assert "Not reproduced" in ran.out
        assert "the inputs give 93 per arm" in ran.out

    def test_a_slip_is_told(self, run):
        """An n of a one-sided test is told to be one, with what two sides need."""
        ran = run(*RATES, *LEVEL, "--per-arm", "74")
        assert ran.code == 1
        assert "follows only if the level of 0.05 is one-sided, not two-sided" in ran.out

    def test_an_enrolment_that_does_not_follow_ends_with_1(self, run):
        """An n that follows and an enrolment that does not is a check that failed, said in one sentence."""
        ran = run(*RATES, *LEVEL, "--per-arm", "93", "--enrolled", "186", "--dropout", "0.1")
        assert (ran.code, ran.err) == (1, "")
        assert "the losses give 104 per arm to enrol, not 93 per arm: the losses are forgotten" in ran.out

    def test_a_missing_control_rate_is_solved_for(self, run):
        """Without the control rate the statement is incomplete, and the rates that would do are told."""
        ran = run("reproduce", "two-proportions", "--difference", "0.2", "--power", "0.9", *LEVEL, "--per-arm", "97")
        assert ran.code == 1
        assert "does not give --control\n" in ran.out
        assert "0.15 or 0.65" in ran.out

    @pytest.mark.parametrize(
        ("stated", "lacks"),
        [
            ("--treatment-median 20 --events 66", "--control-median"),
            ("--treatment-hazard 0.05 --n 148", "--control-hazard and --follow-up-time"),
            ("--control-median 10 --hazard-ratio 0.5 --n 148", "--follow-up-time"),
        ],
    )
    def test_what_lacks_is_named_as_it_is_typed(self, run, stated, lacks):
        """Nothing that may be assumed or follows, and by the option that would say it."""
        ran = run("reproduce", "log-rank", *stated.split(), "--power", "0.8")
        assert ran.out.startswith(f"Cannot be reproduced: the statement does not give {lacks}\n")

    def test_a_level_that_explains_n_and_is_not_stated_is_what_lacks(self, run):
        """Nothing is too long to try where the one thing that lacks might have been assumed."""
        ran = run("reproduce", "two-means", "--difference", "1", "--sd", "2", "--power", "0.8", "--n", "102")
        assert ran.out.startswith("Cannot be reproduced: the statement does not give --alpha; 102 in all follows if ")

    def test_the_headline_names_what_is_assumed_of_an_n_that_does_not_follow(self, run):
        """That all are followed alike is ours, and what the inputs give rests on it; no other time is solved for."""
        stated = "--control-median 10 --hazard-ratio 0.5 --follow-up-time 24 --n 148 --power 0.8"
        ran = run("reproduce", "log-rank", *stated.split())
        first = ran.out.partition("\n")[0]
        assert "(assumed: two-sided 5 %, everybody is followed for the same time, this method)" in first
        assert "--follow-up-time of" not in ran.out

    def test_an_effect_stated_twice_is_told_by_its_options(self, run):
        """As they were typed."""
        ran = run("reproduce", "log-rank", "--hazard-ratio", "0.5", "--treatment-median", "20", "--n", "100")
        assert "stated twice, by --hazard-ratio and --treatment-median" in ran.err

    def test_help_names_options(self):
        """A word with an underscore is a field's name, which nobody types on a command line."""
        helps = [option.help or "" for cls in DESIGNS.values() for option in for_design(cls).params]
        assert helps
        assert not [text for text in helps if "_" in text]

    @pytest.mark.parametrize("slug", [slug for slug, cls in DESIGNS.items() if cls.information])
    @pytest.mark.parametrize(
        "told",
        [
            {"control_median": 10, "treatment_median": 20, "events": 66, "power": 0.8},
            {"control_median": 10, "treatment_median": 20, "events": 66, "power": 0.8, "n": 148},
            {"treatment_median": 20, "events": 66, "power": 0.8},
            {"control_median": 10, "hazard_ratio": 0.5, "per_arm": 74, "power": 0.8, "follow_up_time": 24},
        ],
    )
    def test_what_was_stated_is_printed_and_nothing_else(self, run, slug, told):
        """Whatever was counted, presumed or completed to judge it: on the page and as JSON."""
        stated = [word for name, value in told.items() for word in (f"--{flag(name)}", str(value))]
        ran = run("reproduce", slug, *stated)
        table = ran.out.partition("\nStated\n")[2].partition("\n\n")[0]
        assert {line.split()[0]: float(line.split()[1]) for line in table.splitlines()} == {
            flag(name): value for name, value in told.items()
        }
        assert json.loads(run("reproduce", slug, *stated, "--json").out)["stated"] == told

    def test_a_file_is_read(self, run, tmp_path):
        """A statement in TOML gives what its options would, and lists may be lists."""
        path = tmp_path / "stated.toml"
        path.write_text(
            'design = "two-proportions"\ncontrol = 0.35\ntreatment = 0.55\nalpha = 0.05\nsides = 2\n'
            'power = ">0.90"\narms = [160, 120]\ncitation = "somebody 2009"\n'
        )
        ran = run("reproduce", str(path))
        assert ran.code == 0
        assert "at least that is stated" in ran.out

    def test_a_table_of_statements_is_judged_row_by_row(self, run, tmp_path):
        """A CSV file answers with a table in each format, the counts in its headline, and 1 where a row fails."""
        path = tmp_path / "statements.csv"
        path.write_text(
            "label,design,control,treatment,power,per_arm,odds-ratio\n"
            "sound,two-proportions,0.3,0.5,0.8,93,\n"
            "no power,two-proportions,0.3,0.5,,93,\n"
            "broken,two-proportions,30,0.5,0.8,93,\n"
        )
        ran = run("reproduce", str(path))
        assert (ran.code, ran.err) == (1, "")
        assert ran.out.startswith("3 statements: 1 reproduced, 1 incomplete, 1 unreadable\n")
        assert ": cannot be read: " in ran.out
        assert "write 30 % as 0.3" in ran.out
        found = json.loads(run("reproduce", str(path), "--json").out)
        assert found["counts"] == {"reproduced": 1, "incomplete": 1, "unreadable": 1}
        assert (found["rows"][1]["missing"], found["rows"][0]["assumed"]) == (
            ["alpha", "power"],
            ["two-sided 5 %", "this test"],
        )
        for suffix in ("csv", "md", "txt"):
            output = tmp_path / f"verdicts.{suffix}"
            assert run("reproduce", str(path), "-o", str(output)).code == 1
            assert "no power" in output.read_text()
        assert len((tmp_path / "verdicts.csv").read_text().splitlines()) == 4

    def test_a_table_of_which_every_row_is_reproduced_ends_with_0(self, run, tmp_path):
        """A table has the exit code of a check: 0 where all of it holds."""
        path = tmp_path / "statements.csv"
        path.write_text("design,control,treatment,power,n\ntwo-proportions,0.3,0.5,0.8,186\n")
        assert run("reproduce", str(path)).code == 0

    def test_a_table_with_other_columns_is_refused(self, run, tmp_path):
        """A column that no statement has is one sentence and exit code 2, and so is a file that is not there."""
        path = tmp_path / "statements.csv"
        path.write_text("design,contrl,n\ntwo-proportions,0.3,186\n")
        for line, hint in ((str(path), "did you mean 'control'"), ("absent.csv", "there is no file absent.csv")):
            ran = run("reproduce", line)
            assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
            assert hint in ran.err

    def test_a_kind_of_trial_without_a_design_is_said_to_have_none(self, run, tmp_path):
        """A statement about a kind of trial that is not built has a verdict, exit code 1, and no candidates."""
        path = tmp_path / "stated.toml"
        path.write_text('design = "stepped-wedge"\nn = 100\n')
        ran = run("reproduce", str(path), "--json")
        assert (ran.code, json.loads(ran.out)["verdict"]) == (1, "no design")
        assert "no design for 'stepped-wedge' yet" in json.loads(ran.out)["why"]

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("n = " + "1" * 5000, "a number of thousands of figures"),
            ("[" + "a." * 50_000 + "a]", "nested too deeply"),
            ("n = 1e308", "a whole number from 1 to 1,000,000,000"),
            ('n = 186\ntitle = "a\\u202eb"', "RIGHT-TO-LEFT OVERRIDE"),
            ('n = 186\nquote = "' + "x" * 10**6 + '"', "may have 20,000 characters"),
        ],
    )
    def test_a_file_made_to_break_it(self, run, tmp_path, text, hint):
        """A file that no person would write is one sentence and exit code 2."""
        path = tmp_path / "hostile.toml"
        path.write_text(f'design = "two-proportions"\ncontrol = 0.3\ntreatment = 0.5\n{text}\n')
        ran = run("reproduce", str(path))
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert hint in ran.err

    @pytest.mark.parametrize(
        ("line", "hint"),
        [
            (("reproduce",), "needs a statement.toml or a design"),
            (RATES, "does not say its n"),
            ((*RATES, "--n", "x"), "--n must be a number"),
            (("reproduce", "two-proportions", "--control", "30", "--treatment", "0.5", "--n", "100"), "30 % as 0.3"),
            ((*RATES, "--n", "100", "--dropout", "10"), "--dropout must lie in [0, 1)"),
            ((*RATES, "--n", "100", "--odds-ratio", "2"), "stated twice"),
            (("reproduce", "two-proportion"), "'two-proportions'"),
            (("reproduce", "absent.toml"), "absent.toml"),
            (("reproduce", "broken.toml"), "not valid TOML"),
            (("reproduce", "typo.toml"), "does not say its design"),
        ],
    )
    def test_refuses_in_one_sentence(self, run, workshop, line, hint):
        """What cannot be read is one sentence with its way out and exit code 2."""
        ran = run(*line)
        assert (ran.code, ran.out) == (2, "")
        assert hint in ran.err
        assert ran.err.count("\n") == 1
