"""What a person meant is asked, not guessed: files that are there, designs of arrays, numbers as they are typed."""

import numpy as np
import pytest

from trialplan import (
    GroupSequential,
    OrderedCategories,
    TwoMeans,
    TwoProportions,
    effect,
    power,
    render_protocol,
    scenarios,
    size,
)
from trialplan.cli import main
from trialplan.errors import FileError, ParameterError

RATES = TwoProportions(control=0.3, treatment=0.5)


def written(*difference):
    return TwoMeans(difference=np.array(difference), sd=1)


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "write"),
        [
            ("a.json", lambda path, **how: size(RATES).save(path, **how)),
            ("a.svg", lambda path, **how: size(RATES).save(path, **how)),
            ("b.svg", lambda path, **how: size(RATES).figure().save(path, **how)),
            ("a.csv", lambda path, **how: scenarios(RATES, {"control": (0.2, 0.3)}).save(path, **how)),
            ("a.md", lambda path, **how: render_protocol("starter", path, **how)),
        ],
    )
    def test_a_file_that_is_there(self, tmp_path, name, write):
        """In Python it is as safe as by the command, and force is the way out."""
        path = tmp_path / name
        path.write_text("mine")
        with pytest.raises(FileError, match="exists already; choose another name, or overwrite it with force=True"):
            write(path)
        assert path.read_text() == "mine"
        write(path, force=True)
        assert path.stat().st_size > len("mine")

    def test_one_output_twice(self, tmp_path):
        """Under whatever name, a file is written once."""
        (tmp_path / "b.md").symlink_to(tmp_path / "a.md")
        with pytest.raises(FileError, match="are the same file; name each output once"):
            render_protocol("starter", tmp_path / "a.md", tmp_path / "b.md")
        with pytest.raises(FileError, match="is named twice"):
            render_protocol("starter", tmp_path / "a.md", tmp_path / "a.md")
        assert not (tmp_path / "a.md").exists()


class TestArrays:
    def test_equality_is_defined(self):
        """Designs of arrays are equal where all cells are; then they have one hash."""
        assert written(0.5, 0.6) == written(0.5, 0.6)
        assert written(0.5, 0.6) != written(0.5, 0.7)
        assert written(0.5, 0.5) != written(0.5)
        assert written(0.5) != TwoMeans(difference=0.5, sd=1)
        assert hash(written(0.0, 0.6)) == hash(written(-0.0, 0.6))
        assert written(0.5, 0.6) in {written(0.5, 0.6)}
        assert RATES in [written(0.5, 0.6), RATES]

    def test_equality_of_what_wraps_a_design(self):
        """Looks at the same design are the same, with numbers and with arrays: a design's `shape` is no array's."""
        for same in ({"difference": 0.5}, {"difference": np.array([0.5, 0.6])}):
            looked = [GroupSequential(design=TwoMeans(sd=1, **same), looks=(0.5, 1)) for _ in range(2)]
            assert looked[0] == looked[1] != GroupSequential(design=TwoMeans(sd=2, **same), looks=(0.5, 1))
            assert hash(looked[0]) == hash(looked[1])

    @pytest.mark.parametrize("control", [[], np.array([]), ()])
    def test_no_number_at_all(self, control):
        """An empty array answers nothing."""
        with pytest.raises(ParameterError, match="control must be one number or more, not none"):
            TwoProportions(control=control, treatment=0.5)

    @pytest.mark.parametrize("number", [10**400, -(10**400), 10**80])
    def test_a_number_of_hundreds_of_figures(self, number):
        """No float holds it; it is told by its length."""
        with pytest.raises(ParameterError, match=r"a number of (400|80) figures"):
            TwoMeans(difference=number, sd=1)

    @pytest.mark.parametrize("ask", [lambda: power(RATES, [100, 102]), lambda: effect(RATES, [100, 102])])
    def test_several_n(self, ask):
        """What takes one number says what takes several."""
        with pytest.raises(ParameterError, match="ask for each on its own"):
            ask()


class TestTyped:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("--control 1/3 --treatment 0.5", "--control must be a number, not '1/3'; write it as a decimal, 0.333333"),
            ("--control 0.3 --treatment 0.5 --dropout 1", "--dropout must lie in [0, 1), not 1; write 1 % as 0.01"),
            ("--control 0.3 --treatment 0.5 --alpha 80", "--alpha must lie in (0, 1), not 80; it is small, as in 0.01"),
            ("--control 0.3 --treatment 0.5 --alpha 5", "write 5 % as 0.05"),
            ("--control 0.3 --treatment 0.5 --looks=", "as in 3, not nothing"),
        ],
    )
    def test_the_way_out(self, capsys, line, said):
        """A number as people type it is refused with how it is written here."""
        assert main(["size", "two-proportions", *line.split()]) == 2
        assert said in capsys.readouterr().err

    def test_participants_as_they_were_typed(self, capsys):
        """Not as a power of ten."""
        line = "power two-proportions --control 0.3 --treatment 0.5 --test fisher --n 10000000"
        assert main(line.split()) == 2
        assert "at most 50,000 for an exact test, not 10,000,000" in capsys.readouterr().err

    def test_what_exclude_needs(self, capsys):
        """It names the number, and not another verb."""
        assert main(["exclude", "two-proportions", "--control", "0.3", "--n", "100"]) == 2
        said = capsys.readouterr().err
        assert "--treatment is needed, for what can be excluded depends on it" in said

    def test_a_category_that_was_left_out(self):
        """The page has the list as it is computed with."""
        asked = OrderedCategories(control=(0.3, 0.4, 0.2), odds_ratio=2)
        assert "0.3, 0.4, 0.2, 0.1; the last, 10 %, is what is left" in str(size(asked))
        assert "what is left" not in str(size(asked.replace(control=(0.3, 0.4, 0.2, 0.1))))

    def test_a_list_of_whole_blocks(self, capsys):
        """More lines than participants are explained."""
        assert main(["randomise", "--arms", "a,b", "--n", "3", "--seed", "3"]) == 0
        said = capsys.readouterr()
        lines = len(said.out.splitlines()) - 1
        assert f"{lines} lines; it is long enough for all 3 participants, in whole blocks" in said.err
