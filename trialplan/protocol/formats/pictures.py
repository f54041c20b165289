"""The figures of a protocol: for each its caption, the sentence that stands for it, and its data as a table.

A picture is shown where the format can hold one: drawn in the page as vectors in HTML, beside the text in PDF and
LaTeX, as a bitmap in Word. Markdown keeps what a reader of plain text can use, the sentence and the table: one
file, and nothing to draw with is needed.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialplan import figures
from trialplan.evidence.bridge import PooledReading
from trialplan.numerics.lazy import np
from trialplan.plan.building import Trial
from trialplan.protocol.content import figures as drawings
from trialplan.protocol.content.filters import Verbatim
from trialplan.protocol.content.interim_analyses import boundaries
from trialplan.protocol.content.recruitment_section import fan
from trialplan.text import cell

_MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}
_LONGEST_ALT = 1200
"""Characters at which a description ends: what is beyond stands in the table of the figure's data."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One figure; `source` is where the document finds the drawing, None where it has words and numbers only."""

    name: str
    caption: str
    figure: Any
    source: Verbatim | None = None

    @property
    def alt(self) -> str:
        """What is to be seen, in sentences."""
        return str(self.figure.alt())[:_LONGEST_ALT]

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of the table."""
        return self._table()[0]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The table's cells as they are printed."""
        return self._table()[1]

    def _table(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        if isinstance(self.figure, figures.HeatMap):
            return _crossed(self.figure)
        columns, rows = self.figure.table()
        kept = [i for i, name in enumerate(columns) if name and any(row[i] not in (None, "") for row in rows)]
        return tuple(str(columns[i]) for i in kept), tuple(tuple(_cell(row[i]) for i in kept) for row in rows)


def pictures(trial: Trial) -> dict[str, Picture]:
    """Every figure that the plan has what it takes for, by name, in the document's order, without a drawing."""
    section, design = trial.primary.section, trial.design
    pooled = any(isinstance(one.reading, PooledReading) for one in trial.assumptions)
    apart = "; of what is pooled, those of the pool" if pooled else ""
    asked = f"Participants for {100 * section.power:.0f} % power"
    rests = drawings.drawn_from_rates(trial)
    rates = (
        f"Rates that the planning of {section.name} rests on"
        if rests
        else "Rates in the table, of which the plan draws none"
    )
    looks = ", without looks" if design.looks else ""
    of_arms = "of both arms" if len(trial.answer.arms) == 2 else "of a treatment and of the control"
    follows = trial.primary.rates is not None and trial.primary.rates[0].bridge is not None
    others = "the others as planned" + ("; the treatment rate is bridged anew at each control rate" if follows else "")
    decided = ", and when the looks are decided on" if design.looks else ""
    method = "" if design.fixed.smooth else f", by the {design.fixed.by_normal_theory().test} test"
    counted = design.outcome.looks_count
    looked_by = "participants assessed" if counted == "participants" else f"{counted} seen"
    made: list[tuple[str, Any, str]] = [
        (
            "forest",
            drawings.forest(trial),
            f"{rates}, with 95 % Wilson intervals{apart}.",
        ),
        *(
            (name, figure, f"What experts believe of the {label}: the density of each, and of their pool.")
            for name, (figure, label) in drawings.experts(trial).items()
        ),
        ("schema", drawings.schema(trial), "Trial schema."),
        ("graph", drawings.graph(trial), "How the level of the family is shared, and handed on by what is shown."),
        ("recruitment", fan(trial), f"Participants randomised over time{decided}."),
        ("boundaries", boundaries(trial), f"Boundaries of the looks, by {looked_by}."),
        # stages of fixed numbers have a power at those alone
        (
            "power",
            drawings.power_curve(trial) if trial.design.only_n is None else None,
            "Power against the number of participants.",
        ),
        *(
            (
                name,
                figure,
                f"Who is without the event, and at risk, as planned: {of}; events and enrolment by the calendar.",
            )
            for name, (figure, of) in drawings.courses(trial).items()
        ),
        ("heat-map", drawings.heat_map(trial), f"{asked} by the rates {of_arms}{looks}{method}."),
        ("tornado", drawings.swings(trial), f"{asked} if one assumption is otherwise, {others}."),
    ]
    return {name: Picture(name=name, caption=text, figure=figure) for name, figure, text in made if figure is not None}


def address(drawing: bytes, suffix: str) -> str:
    """An address that holds the drawing."""
    return f"data:{_MEDIA[suffix]};base64,{base64.b64encode(drawing).decode()}"


def standing_for(shown: Mapping[str, Picture], drawings: Mapping[str, bytes]) -> dict[str, Picture]:
    """The pictures with what stands for their bitmaps inside the text: see `stand_in`."""
    return {
        name: dataclasses.replace(one, source=Verbatim(address(stand_in(drawings[name]), ".png")))
        for name, one in shown.items()
    }


def stand_in(bitmap: bytes) -> bytes:
    """A PNG file as large on paper as this one, all black, with a checksum of it, so that no two are the same.

    Pandoc reads letter by letter what a text holds: this little is read in the drawing's stead, and gives way to it.
    """
    made, place = list[bytes](), len(_SIGNATURE)
    while place < len(bitmap):
        length, kind = struct.unpack_from(">I4s", bitmap, place)
        end = place + 12 + length  # the length, the kind and a checksum stand around the data
        if kind == b"IHDR":
            across, down = struct.unpack_from(">II", bitmap, place + 8)
            made.append(_chunk(kind, struct.pack(">IIBBBBB", across, down, 1, 0, 0, 0, 0)))  # a bit a dot, no colours
            rows = zlib.compress(bytes((1 + -(-across // 8)) * down))
        if kind == b"pHYs":
            made.append(bitmap[place:end])
        place = end
    own = hashlib.sha256(bitmap).hexdigest().encode()
    made += [_chunk(b"tEXt", b"Comment\0" + own), _chunk(b"IDAT", rows), _chunk(b"IEND", b"")]
    return _SIGNATURE + b"".join(made)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def beside(shown: Mapping[str, Picture], folder: str, suffix: str) -> dict[str, Picture]:
    """The pictures with their drawings as files of a folder."""
    return {name: dataclasses.replace(one, source=Verbatim(f"{folder}{name}{suffix}")) for name, one in shown.items()}


def _crossed(figure: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A surface's values as they lie: a row for each value upwards, a column for each across."""
    corner = f"{figure.y_name} \\ {figure.x_name}"
    across = tuple(f"{value:g}" for value in figure.x)
    rows = [
        (f"{y:g}", *("none" if np.isnan(value) else f"{np.ceil(value - 1e-9):,.0f}" for value in line))
        for y, line in zip(figure.y, figure.grid, strict=True)
    ]
    return (corner, *across), tuple(rows)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return cell(value, 0 if isinstance(value, float) and value.is_integer() and value >= 1 else 3)
