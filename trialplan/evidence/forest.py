"""A forest plot of a pool: the picture, its alternative text, and its data as rows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError, did_you_mean, require
from trialplan.evidence.pooling import Pool, PooledStudy

FORMATS = ("svg", "png")
_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
_STYLE: Any = {"svg.hashsalt": "trialplan", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9}
_INK, _GREY = "#1b4965", "#8d99ae"


@dataclass(frozen=True, kw_only=True)
class Forest:
    """The picture in its format, the sentence that stands for it, and what it shows as rows."""

    image: bytes
    format: str
    alt: str
    rows: tuple[dict[str, Any], ...]


def forest(found: Pool, format: str = "svg", title: str = "") -> Forest:
    """The pool as a forest plot; the same pool always gives the same bytes."""
    if format not in FORMATS:
        raise ParameterError(f"format: there is no {format!r}; {did_you_mean(format, FORMATS)}")
    require("matplotlib", "report", "a forest plot")
    return Forest(image=_draw(found, format, title), format=format, alt=alt_text(found, title), rows=forest_rows(found))


def forest_rows(found: Pool) -> tuple[dict[str, Any], ...]:
    """One row a study, then the pooled estimate, then the prediction interval where there is one."""
    rows = [_study_row(study) for study in found.studies]
    shown = found.natural
    rows.append(_row("pooled", shown.estimate, shown.lower, shown.upper))
    if shown.prediction_lower is not None:
        rows.append(_row("new study", None, shown.prediction_lower, shown.prediction_upper))
    return tuple(rows)


def alt_text(found: Pool, title: str = "") -> str:
    """What the plot shows, in words."""
    shown, level = found.natural, f"{100 * found.confidence:g} %"
    studies = f"{found.k} {'study' if found.k == 1 else 'studies'}"
    parts = [
        f"Forest plot{f' of {title}' if title else ''}: {studies}",
        f"pooled estimate {shown.estimate:.3g} ({level} interval {shown.lower:.3g} to {shown.upper:.3g})",
    ]
    if shown.prediction_lower is not None:
        parts.append(f"prediction interval {shown.prediction_lower:.3g} to {shown.prediction_upper:.3g}")
    return "; ".join(parts) + f". {found.warning}".rstrip()


def _study_row(study: PooledStudy) -> dict[str, Any]:
    counts = {"events": study.events, "n": study.n, "weight": study.weight}
    return _row(study.label, study.estimate, study.lower, study.upper) | counts


def _row(label: str, estimate: float | None, lower: float | None, upper: float | None) -> dict[str, Any]:
    blank = dict.fromkeys(("events", "n", "weight"))
    return {"label": label, "estimate": estimate, "lower": lower, "upper": upper, **blank}


def _draw(found: Pool, format: str, title: str) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = forest_rows(found)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7, 1.1 + 0.32 * len(rows)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for place, row in enumerate(rows):
            _mark(axes, place, row)
        _dress(axes, rows, found, title)
        buffer = io.BytesIO()
        figure.savefig(buffer, format=format, metadata=_METADATA[format], dpi=150)
    return buffer.getvalue()


def _mark(axes: Any, place: int, row: dict[str, Any]) -> None:
    """A square as large as the study's weight, a diamond for the pool, a bar for the prediction."""
    lower, upper, estimate = row["lower"], row["upper"], row["estimate"]
    if row["label"] == "pooled" and row["n"] is None:
        axes.fill([lower, estimate, upper, estimate], [place, place - 0.28, place, place + 0.28], color=_INK)
        return
    axes.plot([lower, upper], [place, place], color=_GREY if estimate is None else _INK, linewidth=1.2, zorder=1)
    if estimate is not None:
        axes.scatter([estimate], [place], marker="s", s=12 + 80 * (row["weight"] or 0.2), color=_INK, zorder=2)


def _dress(axes: Any, rows: tuple[dict[str, Any], ...], found: Pool, title: str) -> None:
    """Labels on the left, numbers on the right, and the line of the pooled estimate."""
    axes.set_yticks(range(len(rows)), [_named(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(found.natural.estimate, color=_GREY, linestyle=":", linewidth=0.8, zorder=0)
    right = axes.twinx()
    right.set_ylim(axes.get_ylim())
    right.set_yticks(range(len(rows)), [_numbers(row) for row in rows])
    for each in (axes, right):
        each.tick_params(axis="y", length=0)
        each.spines[["top", "left", "right"]].set_visible(False)
    axes.set_xlabel("rate" if found.studies[0].events is not None else found.measure.replace("-", " "))
    axes.set_title(title or None, loc="left")


def _named(row: dict[str, Any]) -> str:
    return row["label"] if row["events"] is None else f"{row['label']}  {row['events']}/{row['n']}"


def _numbers(row: dict[str, Any]) -> str:
    limits = f"{row['lower']:.2f} to {row['upper']:.2f}"
    return limits if row["estimate"] is None else f"{row['estimate']:.2f} ({limits})"
