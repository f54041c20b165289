"""Risk of bias: each tool's own words and no others, the worst by its order, and lights that say it without colour."""

import pytest

from trialplan import pool, read_evidence
from trialplan.errors import EvidenceError, ParameterError
from trialplan.evidence.risk_of_bias import TOOLS, parse, worst_studies

TABLE = """study,outcome,events,of,control,risk_of_bias
A,response,8,20,none,"ROBINS-I: confounding low; selection moderate; measurement no information"
B,response,9,30,none,"ROBINS-I: confounding critical; selection serious"
C,response,12,40,none,"ROBINS-I: confounding moderate; reporting low; overall serious"
D,response,15,50,none,
"""


@pytest.fixture
def table(tmp_path):
    """A table with three judged studies."""
    path = tmp_path / "judged.csv"
    path.write_text(TABLE, encoding="utf-8")
    return read_evidence(path)


class TestReading:
    @pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
    def test_every_word_of_a_tool_is_read(self, tool):
        """All domains with all judgements; the worst by the tool's order stands for the study."""
        for judgement in (*tool.judgements, *tool.unknown):
            said = parse(f"{tool.name}: " + "; ".join(f"{domain} {judgement}" for domain in tool.domains))
            assert set(said.judgements) == set(tool.domains)
            assert said.overall == (judgement if judgement in tool.judgements else None)
            assert len(said.signs) == len(tool.domains)
            assert " " not in said.signs

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Cochrane: blinding low", "names no tool"),
            ("RoB 2: confounding low", "RoB 2 has no domain 'confounding'"),
            ("RoB 2: randomisation serious", "no judgement 'serious' of randomisation"),
            ("RoB 2: randomisation low; randomisation high", "twice"),
            ("RoB 2: randomisation high; overall low", "as bad as its worst domain"),
            ("RoB 2:", "judges nothing"),
        ],
    )
    def test_other_words_are_one_sentence(self, text, words):
        """A judgement of another tool is none of this one's."""
        with pytest.raises(ParameterError, match=words):
            parse(text)

    def test_a_wrong_cell_names_its_place(self, tmp_path):
        """File, line and study stand before the sentence."""
        path = tmp_path / "judged.csv"
        path.write_text(TABLE.replace("critical", "grave"), encoding="utf-8")
        with pytest.raises(EvidenceError, match=r"line 3, study 'B'.*no judgement 'grave'"):
            read_evidence(path)


class TestPools:
    def test_without_the_worst(self, table):
        """The pool without B, judged critical, is that of the others by themselves; D, not judged, stays."""
        pools = pool(table, "response")
        assert worst_studies(pools.risks) == ("B",)
        part = pools.parts["without the worst by ROBINS-I (B)"]
        assert [study.label for study in part.studies] == ["A", "C", "D"]
        assert part.estimate == pytest.approx(pools.parts["without B"].estimate)
        assert "confounding critical (!), selection serious (×)" in str(pools)

    def test_the_lights_stand_beside_the_forest(self, table, tmp_path):
        """One sign a domain, in the picture's text and in the words that stand for it."""
        figure = pool(table, "response").figure()
        assert figure.lights == ["+−   ? ".replace(" ", " "), "!×     ", "−     +", ""]
        path = tmp_path / "forest.svg"
        figure.save(path)
        assert path.read_text(encoding="utf-8").count('id="sign') == 7
        assert "1 confounding, 2 selection" in figure.alt()
        assert "! ×" in figure.alt()

    def test_a_table_without_judgements_says_nothing_of_them(self):
        """No column, no part, no light."""
        pools = pool("cerebral-vasospasm", "clinical-improvement")
        assert (dict(pools.risks), pools.figure().lights) == ({}, ())
