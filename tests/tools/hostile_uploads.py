"""What nobody should send: plans, tables, workbooks and archives that are damaged, forged, or named to do harm.

A seed and an index give the same upload again. Every one carries a word of its own, by which a trace of it is found.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from mutated_files import OF_BYTES, OF_TABLE, OF_TEXT
from workbooks import open_document, workbook

from trialplan.files import examples

MARKUP = "<b>x</b>"
"""What becomes markup where it is not escaped."""

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://elsewhere.example")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
)
"""What a spreadsheet program computes, or runs (OWASP, CSV injection)."""

TEXTS = (
    *(
        MARKUP,
        f"<script>{MARKUP}</script>",
        f'"onload={MARKUP}',
        f"'{MARKUP}",
        f"]]>{MARKUP}",
        "{{ 7*7 }}",
        "{% raw %}",
    ),
    *("\0", "\x1b[31m", "\u202etxt", "\u200b", "\ud83d", "é\u0301", "日本", "%s%n", "../../etc/passwd", "a" * 40_000),
    *("javascript:alert(1)", "$(id)", "`id`", "\\input{/etc/passwd}", "| a | b |", "NR", "nan", "1e400", "9" * 400),
    *FORMULAS,
)

NAMES = (
    *("{}.csv", "{}.toml", "{}.xlsx", "{}.ods", "{}.xls", "{}.zip", "{}.json", "{}.tsv", "{}", "{}.exe", "{}.CSV"),
    *("../../{}.csv", "..\\..\\{}.toml", "/etc/{}.csv", "C:\\{}.csv", "{}/../plan.toml", ".{}.csv", "..", ".", "/"),
    *(
        "{}\0.csv",
        "{}\n.csv",
        "{}\r\nX: y.csv",
        f"{MARKUP}{{}}.csv",
        '{}".csv',
        "{};.csv",
        "\u202e{}vsc.csv",
        "%2e%2e{}.csv",
    ),
    *(
        "{}" + "x" * 300 + ".csv",
        "{}.csv.zip",
        "CON{}.csv",
        "{}.csv ",
        " {}.csv",
        "{}é日本.csv",
        "plan.toml",
        "~{}.toml",
    ),
    *("opened-" + "A" * 43 + "{}.toml", "-rf {}.csv", "$(id){}.csv", "{}.toml.csv", "evidence.toml"),
)

ROWS: list[list[object]] = [
    ["study", "outcome", "events", "of", "reported"],
    ["alpha 2019", "remission", 3, 7, "3/7 (60%)"],
    ["beta 2021", "remission", 9, 20, ""],
]


_LARGEST = 6_000_000
"""Bytes of a file: somewhat more than is taken."""


@dataclass(frozen=True)
class Upload:
    """The files as a form sends them, each by its name, and the word that each of them holds."""

    word: str
    files: tuple[tuple[str, bytes], ...]


def upload(seed: int, index: int) -> Upload:
    """The upload of that seed and index."""
    draw = random.Random(f"upload {seed}/{index}")
    word = f"TRACE{seed}x{index}"
    made: list[tuple[str, bytes]] = []
    for _ in range(draw.choice((*(1,) * 15, 2, 2, 3, 25))):
        suffix, content = draw.choice(KINDS)(draw, word)
        if draw.random() < 0.3:
            content = _damaged(draw, content)
        name = f"{word}{suffix}" if draw.random() < 0.6 else _name(draw, word)
        made.append((name, content[:_LARGEST]))
    return Upload(word, tuple(made))


def _name(draw: random.Random, word: str) -> str:
    return draw.choice(NAMES).replace("{}", word)


def _damaged(draw: random.Random, content: bytes) -> bytes:
    if draw.random() < 0.5:
        return draw.choice(OF_BYTES)(draw, content)
    changed = bytearray(content)
    for _ in range(min(len(changed), draw.choice((1, 3, 30)))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


# ---------------------------------------------------------------- texts


def _plan(draw: random.Random, word: str) -> tuple[str, bytes]:
    """A shipped plan with a few places changed, one of its texts a hostile one."""
    content = draw.choice([*examples("plan.toml").values()]).read_bytes()
    for _ in range(draw.choice((0, 1, 1, 2, 4))):
        content = draw.choice(OF_TEXT)(draw, content)
    return ".toml", _a_text(draw, content, word)


def _table(draw: random.Random, word: str) -> tuple[str, bytes]:
    """The same of a table."""
    content = draw.choice([*examples("evidence.toml").values()]).read_bytes()
    for _ in range(draw.choice((0, 1, 2))):
        content = draw.choice(OF_TEXT)(draw, content)
    return ".toml", _a_text(draw, content, word)


def _a_text(draw: random.Random, content: bytes, word: str) -> bytes:
    lines = content.decode("utf-8", "replace").split("\n")
    texts = [place for place, line in enumerate(lines) if re.fullmatch(r'\w[\w-]* = "[^"]*"', line)]
    for place in draw.sample(texts, min(len(texts), draw.choice((1, 1, 5)))):
        key = lines[place].partition(" = ")[0]
        said = draw.choice(TEXTS).replace("\\", "\\\\").replace('"', '\\"')
        lines[place] = f'{key} = "{said}{word}"'
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _cells(draw: random.Random, word: str) -> list[list[object]]:
    """A small table, some of its cells hostile."""
    rows = [list(row) for row in ROWS]
    rows[1][0] = f"alpha {word}"
    for _ in range(draw.choice((1, 2, 6))):
        row = draw.choice(rows if draw.random() < 0.2 else rows[1:])
        row[draw.randrange(len(row))] = draw.choice(TEXTS) + draw.choice(("", word))
    return rows


def _csv(draw: random.Random, word: str) -> tuple[str, bytes]:
    separator = draw.choice(",,,;\t|")
    quoted = draw.random() < 0.7
    lines = [
        separator.join('"{}"'.format(str(cell).replace('"', '""')) if quoted else str(cell) for cell in row)
        for row in _cells(draw, word)
    ]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return draw.choice((".csv", ".tsv", ".txt")), draw.choice(OF_TABLE)(
        draw, content
    ) if draw.random() < 0.3 else content


def _nested(draw: random.Random, word: str) -> tuple[str, bytes]:
    """What is nested so deeply that who reads it may give up."""
    deep = draw.choice((100, 5_000, 200_000))
    shapes = (
        (".toml", f"[trial]\ntitle = {'[' * deep}"),
        (".toml", f"[trial]\n{'.'.join(['a'] * deep)} = 1"),
        (".toml", f"[{'.'.join(['trial'] * deep)}]"),
        (".toml", "[trial]\n" + "x = " + "{a=" * deep),
        (".json", "[" * deep),
        (".json", '{"a":' * deep),
        (".csv", "study,outcome\n" + '"' * deep),
        (".csv", ",".join(["study"] * deep)),
        (".csv", "study,outcome,events,of\n" * min(deep, 20_000)),
    )
    suffix, text = draw.choice(shapes)
    return suffix, f"{text}{word}".encode()


def _junk(draw: random.Random, word: str) -> tuple[str, bytes]:
    """Bytes of no kind, some with what a file of one begins with."""
    begins = (
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"MZ",
        b"%PDF",
        b"\x1f\x8b",
        b"\x89PNG",
    )
    size = draw.choice((0, 1, 100, 5_000, 300_000))
    suffix = draw.choice((".csv", ".toml", ".xlsx", ".xls", ".ods", ".zip", ".json"))
    return suffix, draw.choice(begins) + word.encode() + draw.randbytes(size)


# ---------------------------------------------------------------- workbooks

_FAR = (
    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    b'<row r="900000"><c r="A900000"><v>1</v></c></row>',
    b'<row r="4"><c r="ZZZZZZZZ99999999999999999999"><v>1</v></c></row>',
    b'<row r="-1"><c r="A-1"><v>1</v></c></row>',
    b'<row r="4"><c r="A4" t="s"><v>99999</v></c></row>',
    b'<row r="4"><c r="A4" t="inlineStr"><is><t>' + b"x" * 40_000 + b"</t></is></c></row>",
    b'<row r="4"><c r="A4"><f>1+1</f></c></row>',
    b"<row><c><v>1</v></c></row>" * 3_000,
    b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
)


def _workbook(draw: random.Random, word: str) -> tuple[str, bytes]:
    """A workbook whose parts reach far, name entities, are too large, lie, or stand twice."""
    rows = [
        [str(cell).translate(_NO_XML) if isinstance(cell, str) else cell for cell in row] for row in _cells(draw, word)
    ]
    suffix, content = (".xlsx", workbook(rows)) if draw.random() < 0.6 else (".ods", open_document(rows))
    return suffix, draw.choice(OF_WORKBOOK)(draw, content)


_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344)))


def _rebuilt(content: bytes, change: Callable[[str, bytes], bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", how) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), change(name, old.read(name)), how)  # of no time, so that it is the same
    return made.getvalue()


def _far(draw: random.Random, content: bytes) -> bytes:
    more = draw.choice(_FAR)
    return _rebuilt(content, lambda name, part: part.replace(b"</sheetData>", more + b"</sheetData>"))


def _repeated(draw: random.Random, content: bytes) -> bytes:
    times = draw.choice((b"1048576", b"99999999999999999999", b"-1", b"x", b"3000"))
    what = draw.choice(
        ((b"<table:table-row>", b"table-row", b"rows"), (b"<table:table-cell ", b"table-cell", b"columns"))
    )
    tag = b'<table:%b table:number-%b-repeated="%b"' % (what[1], what[2], times)
    return _rebuilt(content, lambda name, part: part.replace(what[0], tag + (b">" if b">" in what[0] else b" ")))


def _entities(draw: random.Random, content: bytes) -> bytes:
    """Entities that are files of the machine, or that grow (XXE, and the billion laughs)."""
    laughs = b"".join(b'<!ENTITY a%d "%b">' % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 10))
    kinds = draw.choice((b'<!ENTITY a9 SYSTEM "file:///etc/passwd">', b'<!ENTITY a0 "x">' + laughs))

    def change(name: str, part: bytes) -> bytes:
        begin = part.find(b"?>") + 2 if part.startswith(b"<?xml") else 0
        return part[:begin] + b"<!DOCTYPE x [" + kinds + b"]>" + part[begin:].replace(b"alpha", b"&a9;")

    return _rebuilt(content, change)


def _bomb(draw: random.Random, content: bytes) -> bytes:
    """Parts that unpack to far more than they are; of some it is not said."""
    size = draw.choice((2_000_000, 2_000_000, 2_000_000, 60_000_000))
    made = _rebuilt(content, lambda name, part: part + b" " * (size if "sheet" in name or "content" in name else 0), 8)
    return _forged(draw, made) if draw.random() < 0.5 else made


def _lies(draw: random.Random, content: bytes) -> bytes:
    return _forged(draw, _as_it_is(draw, content))


def _forged(draw: random.Random, content: bytes) -> bytes:
    """The directory says another size of each part than it has."""
    said = struct.pack("<I", draw.choice((0, 10, 0xFFFFFFF0)))
    return re.sub(rb"(PK\x01\x02.{20}).{4}", lambda found: found[1] + said, content, flags=re.DOTALL)


def _twice(draw: random.Random, content: bytes) -> bytes:
    return _archived(zipfile.ZipFile(io.BytesIO(content)), twice=True)


def _as_it_is(draw: random.Random, content: bytes) -> bytes:
    return _rebuilt(content, lambda name, part: part)


def _part_lost(draw: random.Random, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        lost = draw.choice(old.namelist())
    return _rebuilt(content, lambda name, part: b"" if name == lost else part)


def _archived(old: zipfile.ZipFile, twice: bool = False) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for info in old.infolist() * (2 if twice else 1):
            data = old.read(info)
            new.NameToInfo.pop(info.filename, None)  # it warns of a name that is there
            new.writestr(zipfile.ZipInfo(info.filename), data)
    return made.getvalue()


OF_WORKBOOK = (_far, _far, _repeated, _repeated, _entities, _bomb, _lies, _twice, _part_lost, _as_it_is)

# ---------------------------------------------------------------- archives


def _archive(draw: random.Random, word: str) -> tuple[str, bytes]:
    """An archive of such files, with links, places elsewhere, many members, passwords, or sizes that are not theirs."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as new:
        for at in range(draw.choice((1, 1, 2, 2, 3, 3, 30))):
            suffix, content = draw.choice(OF_ARCHIVE)(draw, word)
            name = f"{at}{word}{suffix}" if draw.random() < 0.6 else _name(draw, word).replace("\0", "") or "x"
            info = zipfile.ZipInfo(name)
            if draw.random() < 0.15:
                info.external_attr = 0o120777 << 16  # a link
                content = draw.choice((b"/etc/passwd", b"../../plan.toml"))
            elif draw.random() < 0.1:
                info.filename = f"{name}/"
            new.NameToInfo.pop(info.filename, None)
            new.writestr(info, content)
    content = made.getvalue()
    how = draw.random()
    if how < 0.1:
        content = _forged(draw, content)
    elif how < 0.2:  # locked, or packed in a way that nobody knows
        said = draw.choice((b"\1\0\0\0", b"\0\0\x63\0"))
        content = re.sub(rb"(PK\x01\x02.{4}).{4}", lambda found: found[1] + said, content, flags=re.DOTALL)
    elif how < 0.25:
        content = content[: draw.randrange(len(content))]
    elif how < 0.3:
        content = draw.randbytes(50) + content
    return ".zip", content


def _nested_archive(draw: random.Random, word: str) -> tuple[str, bytes]:
    return (
        _archive(draw, word)
        if draw.random() < 0.5
        else (".csv", b"0" * draw.choice((10, 10, 10, 10, 10, 10, 10, 6_000_000)))
    )


OF_ARCHIVE = (_plan, _table, _csv, _workbook, _junk, _nested_archive)
KINDS = (
    _plan,
    _plan,
    _table,
    _csv,
    _csv,
    _nested,
    _junk,
    _workbook,
    _workbook,
    _workbook,
    _archive,
    _archive,
    _archive,
)
