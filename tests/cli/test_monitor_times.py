"""`trialplan monitor --times`: a look told as a file of participants and their times."""

import numpy as np
import pytest

from trialplan import GroupSequential, LogRank, TwoMeans, monitor
from trialplan.errors import ParameterError

DESIGN = LogRank(hazard_ratio=0.7, control_median=12, accrual_time=12, follow_up_time=12)
TRIAL = GroupSequential(design=DESIGN, looks=(0.5, 1), efficacy="lan-demets-obrien-fleming")


def written(path, data):
    """The file of a trial's participants."""
    lines = ["arm,entry,time,event"]
    for arm, people in zip(("treatment", "control"), data, strict=True):
        lines += [f"{arm},{entry!r},{time!r},{int(event)}" for entry, time, event in people[0].tolist()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_file_of_times_is_its_z_and_its_events(tmp_path):
    """The z is that of the analysis, and the information the events seen as a share of those planned."""
    data = DESIGN.draw(330, 1, np.random.default_rng(3))
    look = monitor(TRIAL, times=written(tmp_path / "look.csv", data), n=330)
    told = look.page().data
    assert told["z"] == pytest.approx(float(DESIGN.analyse(data)[0][0]))
    events = sum(arm[..., 2].sum() for arm in data)
    assert told["information"][-1] == pytest.approx(events / float(DESIGN.events(330)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arm,time\ntreatment,1", "needs arm, time and event"),
        ("arm,time,event\nplacebo,1,1", "arm must be treatment or control, not placebo"),
        ("arm,time,event\ntreatment,x,1", "line 2 of .*: times must be numbers"),
        ("arm,time,event\ntreatment,1,yes", "event must be 1, or 0"),
        ("arm,time,event\ncontrol,3,1,4", "line 2 of .* has 4 cells under 3 columns"),
        (
            "arm,entry,time,event\ncontrol,-2,3,1",
            "line 2 of .*: times must be numbers, entry 0 or more and time above 0, not entry -2 and time 3$",
        ),
        ("arm,time,event\ntreatment,,1", "not time empty$"),
        ("arm,time,event\ntreatment,1,0\ncontrol,2,0", "has no event: nothing can be said yet"),
        ("arm,time,event\ntreatment,1,1", "has nobody on control"),
    ],
)
def test_a_file_that_is_none(tmp_path, text, words):
    """One sentence each, with the line."""
    path = tmp_path / "look.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        monitor(TRIAL, times=str(path), n=330)


def test_means_have_no_times(tmp_path):
    """Another kind of outcome says so."""
    path = written(tmp_path / "look.csv", DESIGN.draw(4, 1, np.random.default_rng(3)))
    trial = GroupSequential(design=TwoMeans(difference=1, sd=1), looks=(0.5, 1))
    with pytest.raises(ParameterError, match="whose outcome is no time"):
        monitor(trial, times=path, n=40)
