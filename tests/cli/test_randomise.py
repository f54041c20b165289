"""`trialplan randomise`, as it is typed."""

from __future__ import annotations

import csv
import json

import pytest
from small_plans import plan_text, stated

ARMS = ("randomise", "--arms", "cells,placebo", "--allocation", "2:1", "--n", "30")


def table(text):
    """CSV text as records."""
    return list(csv.DictReader(text.splitlines()))


class TestRandomise:
    def test_prints_the_list_as_csv(self, run):
        """Without a file the list is printed, stratum columns first; stderr says how long it is, and why."""
        ran = run(*ARMS, "--seed", "7", "--stratum", "site=A,B")
        lines = len(table(ran.out))
        why = f"2 strata, {lines} lines; each stratum's list is long enough for all 30 participants, in whole blocks\n"
        assert (ran.code, ran.err) == (0, why)
        assert list(table(ran.out)[0]) == ["site", "sequence", "block", "participant", "arm"]
        assert {row["arm"] for row in table(ran.out)} == {"cells", "placebo"}

    def test_same_seed_same_bytes(self, run):
        """A seed gives the same bytes again, and another seed does not."""
        first, again, other = (run(*ARMS, "--seed", seed).out for seed in ("7", "7", "8"))
        assert first == again != other

    def test_a_seed_is_drawn_and_told(self, run):
        """Without a seed one is drawn, and stderr says what it is and why it is secret; it makes the list again."""
        ran = run(*ARMS)
        assert "unblinds" in ran.err
        seed = ran.err.split()[1].rstrip(":")
        assert int(seed) > 2**64
        assert run(*ARMS, "--seed", seed).out == ran.out

    def test_writes_both_lists(self, run, tmp_path):
        """The masked file has the participants of the list, and neither arm, block nor seed."""
        full, masked = tmp_path / "list.json", tmp_path / "sites.csv"
        ran = run(*ARMS, "--seed", "7", "-o", str(full), "--masked", str(masked))
        assert (ran.code, ran.err) == (0, "")
        assert "long enough for all 30 participants" in ran.out
        found = json.loads(full.read_text())
        assert (found["seed"], found["blocks"], found["arms"]) == (7, [6, 9], {"cells": 2, "placebo": 1})
        shown = table(masked.read_text())
        assert [row["participant"] for row in shown] == [row["participant"] for row in found["list"]]
        assert list(shown[0]) == ["sequence", "participant"]

    def test_takes_arms_allocation_and_n_from_a_plan(self, run, tmp_path):
        """A plan gives the names of its arms, its ratio and the participants whom it enrols."""
        from trialplan.plan import build, read

        trial = build(read("msc-lupus-nephritis"))
        ran = run("randomise", "msc-lupus-nephritis", "--seed", "1")
        words = trial.plan.content.trial
        rows = table(ran.out)
        assert {row["arm"] for row in rows} == {words.treatment_name, words.control_name}
        assert len(rows) >= trial.answer.n

    def test_blocks_of_one_size_are_remarked_on(self, run):
        """Fixed blocks are allowed, with a sentence on stderr."""
        assert "name two or more" in run(*ARMS, "--seed", "7", "--blocks", "6").err

    def test_clusters_are_called_so(self, run, tmp_path):
        """Where the list is written, and where their number is wrong."""
        numbers = stated(control=0.3, treatment=0.5, icc=0.05, cluster_size=12)
        (tmp_path / "plan.toml").write_text(plan_text("clustered-proportions", "", numbers), encoding="utf-8")
        typed = ("randomise", str(tmp_path / "plan.toml"), "--seed", "1")
        ran = run(*typed, "--n", "40", "-o", str(tmp_path / "list.csv"))
        assert (ran.code, "long enough for all 40 clusters" in ran.out, "participants" in ran.out) == (0, True, False)
        assert "not 0; it is the trial's clusters" in run(*typed, "--n", "0").err

    @pytest.mark.parametrize(
        ("line", "hint"),
        [
            (("randomise",), "--arms treatment,control"),
            (("randomise", "--arms", "a,b"), "--n is needed"),
            (("randomise", "--arms", "a,b", "--n", "x"), "whole number"),
            ((*ARMS, "--seed", "-3"), "whole numbers"),
            ((*ARMS, "--seed", "1.5"), "whole numbers"),
            ((*ARMS, "--seed", "1", "--blocks", "4,6"), "try blocks 6,9"),
            ((*ARMS, "--seed", "1", "--blocks", "six"), "--blocks 4,6"),
            (("randomise", "--arms", "cells,placebo", "--allocation", "2:1:1", "--n", "30"), "2:1"),
            (("randomise", "--arms", "a,a", "--n", "30"), "must differ"),
            ((*ARMS, "--arms", "a,b"), "--arms is given twice"),
            ((*ARMS, "--stratum", "site"), "site=A,B"),
            ((*ARMS, "--stratum", "site=A", "--stratum", "site=B"), "one --stratum"),
            ((*ARMS, "-o", "list.xlsx"), ".csv or .json"),
            ((*ARMS, "-o", "same.csv", "--masked", "same.csv"), "file of its own"),
            (("randomise", "msc-lupus-nephritis", "--arms", "a,b"), "keep one"),
            (("randomise", "absent.toml", "--seed", "1"), "absent.toml"),
            (("randomise", "starter", "--n", "0"), "--n must lie in [1, 100,000], not 0"),
            ((*ARMS[:5], "--n", "0"), "--n must lie in [1, 100,000], not 0"),
        ],
    )
    def test_refuses_in_one_sentence(self, run, workshop, line, hint):
        """Wrong input is one sentence with its way out, exit code 2, and no file is left."""
        before = sorted(workshop.iterdir())
        ran = run(*line)
        assert ran.code == 2
        assert ran.out == ""
        assert hint in ran.err
        assert ran.err.count("\n") == 1
        assert sorted(workshop.iterdir()) == before


class TestMinimise:
    COMMON = ("randomise", "--arms", "a,b", "--seed", "7", "--stratum", "site=A,B", "--stratum", "sex=f,m")

    def test_a_file_that_grows(self, run, tmp_path):
        """Participants who are added get arms, those before them keep theirs, and the screen holds the list alone."""
        path = tmp_path / "come.csv"
        path.write_text("site,sex\nA,f\nB,m\nA,m\n", encoding="utf-8")
        typed = (*self.COMMON, "--minimise", "0.8", "--participants", str(path))
        first = run(*typed)
        assert (first.code, first.err) == (0, "")
        path.write_text(path.read_text(encoding="utf-8") + "B,f\n", encoding="utf-8")
        more = run(*typed)
        assert table(more.out)[:3] == table(first.out)
        assert list(table(more.out)[3]) == ["site", "sex", "sequence", "arm"]

    def test_without_a_file_the_imbalance_is_told(self, run):
        """Nobody has come yet: what is to be expected stands beside blocks and plain chance."""
        ran = run(*self.COMMON, "--n", "60", "--minimise", "0.8")
        assert ran.code == 0
        assert all(words in ran.out for words in ("probability 0.8", "permuted blocks in 4 strata", "plain chance"))

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (("--minimise", "0.8", "--n", "9", "--blocks", "4"), "--blocks are for permuted blocks"),
            (("--minimise", "0.8", "--n", "9", "--allocation", "2:1"), "equal size, not 2:1"),
            (("--minimise", "0.4", "--n", "9"), "--minimise must lie above 1/2"),
            (("--minimise", "x", "--n", "9"), "--minimise must be a number"),
            (("--minimise", "0.8"), "--n is needed"),
            (("--minimise", "0.8", "--n", "0"), "--n must lie in [1, 100,000], not 0"),
            (("--minimise", "0.8", "--n", "9", "--masked", "x.csv"), "nobody to list"),
            (("--n", "9", "--participants", "x.csv"), "add --minimise 0.8"),
        ],
    )
    def test_refused(self, run, more, words):
        """One sentence, exit code 2."""
        ran = run(*self.COMMON, *more)
        assert ran.code == 2
        assert words in ran.err


class TestWhoHasCome:
    """The file of those who have come, for minimisation."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "holds nothing; leave it out"),
            ("sex,site\n", "holds nobody below its columns sex, site"),
            ("sex,site,arm\nf,A,b\n", "no arm: arms are the answer"),
            ("sex,sex,site\nf,m,A\n", "give each stratum once"),
            ("sex;site\nf;A\n", "its columns are 'sex;site'; they must be sex, site"),
            ("sex,site\nf,A,x\n", "participant 1 has 3 cells, and there are 2 columns"),
        ],
    )
    def test_is_read_as_it_is(self, run, tmp_path, text, words):
        """What is no list of participants is refused, and nothing is guessed, dropped or simulated in its place."""
        path = tmp_path / "come.csv"
        path.write_text(text)
        asked = ("--arms", "a,b", "--stratum", "sex=f,m", "--stratum", "site=A,B", "--minimise", "0.8", "--seed", "3")
        ran = run("randomise", *asked, "--participants", str(path))
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err
