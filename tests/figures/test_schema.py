from trialplan.figures import TrialSchema

FIGURE = TrialSchema(
    arms=[("UC-MSC", 134), ("placebo", 134)],
    timepoint="12 months after randomisation",
    endpoint="complete renal response",
    allocation="1:1",
)


class TestPicture:
    def test_every_step_has_its_box(self, picture):
        """Randomised, each arm and the endpoint, with their numbers."""
        seen = picture(FIGURE)
        assert seen.names.count("box") == 4
        said = " ".join(seen.said("box name") + seen.said("box words"))
        for words in ("Randomised", "1:1", "n = 268", "UC-MSC", "placebo", "n = 134"):
            assert words in said
        assert "At 12 months after randomisation" in said
        assert "complete renal response" in said

    def test_words_stay_in_their_boxes(self):
        """Each text lies within one of the boxes."""
        drawn = FIGURE.draw()
        drawn.canvas.draw()
        boxes = [p.get_window_extent() for axes in drawn.axes for p in axes.patches if p.get_gid() == "box"]
        texts = [t.get_window_extent() for axes in drawn.axes for t in axes.texts if (t.get_gid() or "")[:3] == "box"]
        assert len(texts) >= 8
        for text in texts:
            inside = [b for b in boxes if b.x0 <= text.x0 and text.x1 <= b.x1 and b.y0 <= text.y0 and text.y1 <= b.y1]
            assert len(inside) == 1

    def test_one_arm_is_not_randomised(self, picture):
        """A trial of one arm enrols."""
        one = TrialSchema(arms=[("cells", 29)], timepoint="Week 24", endpoint="response")
        said = picture(one).said("box name")
        assert said == ["Enrolled", "At week 24", "cells"]
        assert "29 participants enrolled in cells (29)" in one.alt()

    def test_five_arms(self, picture, collisions):
        """Any number of arms stand one above the other."""
        five = TrialSchema(
            arms=[(f"dose {i}", 20) for i in range(5)], timepoint="t", endpoint="e", allocation="1:1:1:1:1"
        )
        assert picture(five).names.count("box") == 7
        assert collisions(five) == ([], [])


class TestWords:
    def test_alt_is_the_trial_in_a_sentence(self):
        """How many are randomised how, to which arms, and what is read when."""
        assert FIGURE.alt() == (
            "268 participants randomised 1:1 to UC-MSC (134) and placebo (134), "
            "followed to 12 months after randomisation; endpoint: complete renal response."
        )

    def test_the_table_holds_the_steps(self):
        """A row for each step and arm, in order."""
        columns, rows = FIGURE.table()
        assert columns == ("step", "what", "participants")
        assert [row[0] for row in rows] == ["randomised", "arm", "arm", "follow-up", "endpoint"]
        assert [row[2] for row in rows] == [268, 134, 134, None, None]
