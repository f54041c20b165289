"""Many statements at once: a table of one statement a row, and its verdicts."""

from __future__ import annotations

import csv
import importlib.util
import io
from pathlib import Path

import pytest

from trialplan.analyses.reproduction import read, reproduce
from trialplan.analyses.reproduction.batch import columns, counts, reproduce_all
from trialplan.analyses.reproduction.batch_page import page
from trialplan.errors import FileError

_SPEC = importlib.util.spec_from_file_location("published", Path(__file__).with_name("test_reproduction.py"))
published = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(published)


def table(rows, delimiter=","):
    """Statements as the text of a CSV file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: value for name, value in row.items() if value is not None}
        writer.writerow({name: " ".join(map(str, v)) if isinstance(v, list) else v for name, v in cells.items()})
    return text.getvalue()


def verdicts(text):
    """The rows of a batch."""
    return list(reproduce_all(text, "statements.csv"))


HALF = "label,design,difference,sd,alpha,sides,power,per_arm\nhalf,two-means,0.5,1,0.05,2,0.8,64\n"


class TestPublishedTrials:
    def test_all_36_have_a_verdict(self):
        """The published statements as one table: 21 follow, those of kinds without a design are said to have none."""
        stated = [{"label": trial["id"], **published.statement(trial)} for trial in published.TRIALS]
        rows = verdicts(table(stated))
        assert [row.label for row in rows] == [trial["id"] for trial in published.TRIALS]
        assert counts(rows) == {
            "reproduced": 19,
            "near": 3,
            "inconsistent": 6,
            "not reproduced": 4,
            "incomplete": 3,
            "no design": 1,
        }
        words = "19 reproduced, 3 near, 6 inconsistent, 4 not reproduced, 3 incomplete, 1 no design"
        assert page(rows).headline == f"36 statements: {words}"
        assert len(page(rows).tables[0].rows) == 36

    @pytest.mark.parametrize("delimiter", [",", ";"])
    def test_a_row_has_the_verdict_of_its_statement(self, delimiter):
        """A statement in a row is judged as it is alone, lists among its cells included."""
        chosen = [trial for trial in published.BUILT if trial["id"] in ("RA-GOFORWARD", "OA-DICLO", "NI-GENOSS")]
        rows = verdicts(table([published.statement(trial) for trial in chosen], delimiter))
        for row, trial in zip(rows, chosen, strict=True):
            alone = reproduce(read(published.statement(trial)))
            assert (row.verdict, row.assumed, row.missing) == (alone.verdict, alone.best.assumed, alone.missing)


class TestRows:
    def test_have_the_method_and_both_sizes(self):
        """A row that follows names its method, and counts as its statement does."""
        (row,) = verdicts(HALF)
        assert (row.verdict, row.n, row.gives, row.unit, row.line) == ("reproduced", 64, 64, "per arm", 2)
        assert row.method == "Student's t test, noncentral t distribution"
        assert (row.assumed, row.reconcile) == (("this test",), "")

    @pytest.mark.parametrize(
        ("cells", "verdict", "missing", "reconcile"),
        [
            ("two-means,0.5,1,0.05,2,,73", "incomplete", ("power",), "power 0.85, by Student's t test"),
            ("two-means,0.5,1,0.05,2,0.8,50", "inconsistent", (), "the level of 0.05 is one-sided, not two-sided"),
            ("two-means,0.5,1,0.05,2,0.8,110", "not reproduced", (), "difference 0.38 or -0.38; sd 1.31"),
            ("two-means,,1,0.05,2,0.8,64", "incomplete", ("difference",), "difference 0.501 or -0.501"),
        ],
    )
    def test_say_what_would_reconcile_them(self, cells, verdict, missing, reconcile):
        """What is missing, and the number or the slip by which the stated n would follow."""
        (row,) = verdicts(HALF.splitlines()[0] + f"\nit,{cells}\n")
        assert (row.verdict, row.missing) == (verdict, missing)
        assert row.reconcile.startswith(reconcile)

    @pytest.mark.parametrize(
        ("cells", "why"),
        [
            ("x,two-means,much,1,0.05,2,0.8,64", "difference must be a number"),
            ("x,two-means,0.5,-1,0.05,2,0.8,64", "sd must lie in (0, ∞), not -1"),
            ("x,two-means,0.5,1,0.05,2,0.8,", "does not say its n"),
            ("x,two-means,0.5,1,0.05,2,nan,64", "power"),
            ("x,two-mean,0.5,1,0.05,2,0.8,64", "'two-means'"),
            ("x,two-proportions,0.5,1,0.05,2,0.8,64", "no 'sd' that could be stated"),
            ("x,,0.5,1,0.05,2,0.8,64", "does not say its design"),
            ("x,two-means,0.5,1,0.05,2,0.8,64,7", "9 cells under 8 columns"),
            ("x,two-means,0.5,1,0.05,2,0.8,6\u202e4", "RIGHT-TO-LEFT OVERRIDE"),
            ("x,two-means,0.5,1,0.05,2,0.8," + "9" * 5000, "a whole number"),
        ],
    )
    def test_that_cannot_be_read_are_told_and_the_others_judged(self, cells, why):
        """A bad row has its reason beside it, and costs no other row its verdict."""
        bad, good = verdicts(HALF.replace("\n", f"\n{cells}\n", 1))
        assert bad.verdict == "unreadable"
        assert why in bad.reconcile
        assert good.verdict == "reproduced"

    def test_are_called_by_their_label_title_or_line(self):
        """A row without a label is called by its title, and without either by its line."""
        text = "label,title,design,n\na,b,cluster,1\n,b,cluster,1\n\n,,cluster,1\n"
        assert [row.label for row in verdicts(text)] == ["a", "b", "line 5"]


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no rows"),
            ("design,n\n", "no rows"),
            ("design,contrl,n\ntwo-means,1,2\n", "no column 'contrl' in a statement; did you mean 'control'"),
            ("design,n,n\ntwo-means,1,2\n", "'n' is there twice"),
            ("label,n\na,2\n", "no column 'design'"),
            ('design,n\n"two-means,1\n', "is not CSV"),
        ],
    )
    def test_with_other_columns_are_refused(self, text, why):
        """A file whose columns are not those of a statement is refused in one sentence."""
        with pytest.raises(FileError, match=why):
            verdicts(text)

    def test_name_their_columns_as_one_writes(self):
        """Spaces, hyphens and capitals in the names of columns are the same name."""
        (row,) = verdicts(HALF.replace("per_arm", "Per arm").replace("label", "Label"))
        assert row.verdict == "reproduced"

    def test_may_have_every_field_of_every_design(self):
        """Whatever may be stated about some design has a column."""
        assert {"label", "design", "control", "odds_ratio", "correlation", "first_stage", "quote"} <= set(columns())
