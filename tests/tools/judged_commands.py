"""What a command leaves behind, and what is wrong with it, whatever was typed.

A command ends with 0, 1 or 2; with 2 it says one sentence and writes nothing; it never shows a traceback, a warning or
a number that is none; it says something within two seconds, and leaves no file by halves.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import json
import re
import resource
import shutil
import signal
import time
import traceback
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from trialplan.cli import main

SLACK = 1.5
"""Seconds beyond those after which long work is announced: an alarm waits until the numerical library returns."""

ENOUGH = 6.0
"""Seconds after which work that has been announced is interrupted, as by Ctrl-C: it is known to speak."""

ROOM = 4 << 30
"""Bytes of memory beyond what is taken already; a command that needs more would take the machine with it."""

FAILED, INTERRUPTED = 1, 130
QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python itself shows to nobody but testers."""

ANNOUNCED = "trialplan: at work: "
NOT_A_NUMBER = re.compile(r"(?<![\w.'\"/=-])(?<!not )[-+]?(nan|NaN|inf|Infinity)(?![\w.'\"(/=-])")
"""As Python, numpy and JSON print it; R writes Inf in a script and means it, and a refusal repeats what was typed."""

CALLED_SO = re.compile(rb"(?:['\",;|\t\n]|^)(nan|inf|infinity)(?=['\",;|\t\r\n]|$)", re.IGNORECASE)
"""A text, or a cell, of a file that looks like no number: what is called so may be printed."""

OF_PYTHON = re.compile(
    r"Traceback|<class |<function | object at 0x|\[Errno|np\.float|np\.int|dtype|array\(|NoneType|__\w+__|"
    r"\b[A-Z]\w+(Error|Exception|Warning)\b|\bfloat\(|takes \d+ positional|unsupported operand|not subscriptable"
)
"""What a sentence for a person does not hold."""

LONGEST = 1000
"""Characters of a sentence, beside what it repeats of what was typed; a file's complaints stand side by side."""


@dataclass
class Ran:
    """What a command left behind."""

    code: int | None = None
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    first_word: float | None = None
    """Seconds until something was written to stderr."""

    warned: list[str] = field(default_factory=list)
    fell: str = ""
    """The traceback of what was raised."""


class _Stream(io.TextIOWrapper):
    """A stream as a terminal's that remembers when it was first written to."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self.clock, self.first = clock, None

    def write(self, text: str) -> int:
        if self.first is None:
            self.first = self.clock.seconds()
        return super().write(text)

    def text(self) -> str:
        return self.buffer.getvalue().decode("utf-8", "replace")


class _Clock:
    """Processor time of this process: what others do on the machine is no fault of the command."""

    def __init__(self) -> None:
        self.begun = time.process_time()

    def seconds(self) -> float:
        return time.process_time() - self.begun


@contextlib.contextmanager
def bounded_memory() -> Iterator[None]:
    """Within it, memory beyond ROOM is refused to this process."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Within it, so much processor time ends in an interruption."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(words: Sequence[str]) -> Ran:
    """The command in this process, with streams of its own; the working folder is whatever it is."""
    ran, clock = Ran(), _Clock()
    out, err = _Stream(clock), _Stream(clock)
    with warnings.catch_warnings(record=True) as seen, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        warnings.simplefilter("always")
        try:
            with _interrupted_after(ENOUGH):
                ran.code = main(list(words))
        except KeyboardInterrupt:  # between the command and the end of the alarm
            ran.code = INTERRUPTED
        except BaseException:
            ran.fell = traceback.format_exc()
    ran.out, ran.err, ran.seconds, ran.first_word = out.text(), err.text(), clock.seconds(), err.first
    ran.warned = [
        f"{warning.category.__name__}: {warning.message} ({Path(warning.filename).name}:{warning.lineno})"
        for warning in seen
        if not issubclass(warning.category, QUIET)
    ]
    return ran


# ---------------------------------------------------------------- what is wrong


def faults(
    words: Sequence[str],
    ran: Ran,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    folder: Path = Path(),
) -> list[str]:
    """What is wrong with how a command ended, with what it said, and with the files that it left in a folder."""
    if ran.fell:
        return [f"traceback: {ran.fell.strip().splitlines()[-1]} {_where(ran.fell)}"]
    named = [match[1].decode() for content in before.values() for match in CALLED_SO.finditer(content)]
    typed = " ".join([*words, *named]).lower()
    return [
        *(f"warning: {warning}" for warning in dict.fromkeys(ran.warned)),
        *_of_the_end(words, ran),
        *_of_the_answer(words, typed, ran),
        *_of_the_files(words, ran, typed, before, after, folder),
    ]


def _where(fell: str) -> str:
    """The innermost line of the program itself."""
    lines = [line.strip() for line in fell.splitlines() if "/trialplan/" in line and line.strip().startswith("File")]
    return lines[-1].rpartition("/trialplan/")[2] if lines else ""


def _of_the_end(words: Sequence[str], ran: Ran) -> Iterator[str]:
    lines = [line for line in ran.err.splitlines() if not line.startswith(ANNOUNCED)]
    patience = _after() + SLACK
    if ran.seconds > patience and (ran.first_word is None or ran.first_word > patience):
        when = "never" if ran.first_word is None else f"after {ran.first_word:.1f} s"
        yield f"silent: {ran.seconds:.1f} s of work, the first word {when}"
    if ran.code == INTERRUPTED and ran.seconds > ENOUGH / 2:
        return
    if ran.code not in (0, 1, 2):
        yield f"exit code {ran.code}"
    if ran.code != 2:
        return
    if ran.out:
        yield f"refused, and yet printed: {ran.out[:80]!r}"
    if len(lines) != 1 or not ran.err.endswith("\n"):
        yield f"not one sentence but {len(lines)} lines: {ran.err[:300]!r}"
        return
    sentence = lines[0]
    if not sentence.startswith("trialplan: ") or "Usage" in sentence:
        yield f"no sentence: {sentence!r}"
    typed = " ".join(words)
    typed_options = {word.partition("=")[0][2:].replace("-", "_") for word in words if re.match(r"--\w", word)}
    if (match := re.match(r"trialplan: (?:[\w-]+: )?(\w+) (?:must|needs|is no|cannot be)", sentence)) and (
        match[1] in typed_options
    ):
        yield f"not in the words that were typed: {sentence!r}"
    if (match := OF_PYTHON.search(sentence)) and match[0] not in typed:
        yield f"a sentence of Python's: {sentence!r}"
    if max(map(len, sentence.split(" | "))) > LONGEST + 3 * sum(map(len, words)):
        yield f"a sentence of {len(sentence)} characters: {sentence[:200]!r}"


def _after() -> float:
    from trialplan.cli import watch

    return watch.AFTER


def _of_the_answer(words: Sequence[str], typed: str, ran: Ran) -> Iterator[str]:
    if ran.code not in (0, 1):
        return
    if not ran.out and not ran.err:
        yield "an answer without a word"
    for line in ran.out.splitlines():
        match = NOT_A_NUMBER.search(line)
        if match and match[1].lower() not in typed:
            yield f"printed {match[0]}: {line.strip()[:160]!r}"
            break
    if "Traceback" in ran.out + ran.err:
        yield f"traceback in what it says: {(ran.out + ran.err)[-200:]!r}"
    if "--json" in words and ran.out.lstrip()[:1] in ("{", "["):
        for text in [ran.out] if ran.out.count("\n") < 2 or ran.out[:2] == "{\n" else ran.out.splitlines():
            try:
                answer = json.loads(text, parse_constant=_refused)
            except ValueError as why:
                yield f"no JSON: {why}: {text[:80]!r}"
                break
            yield from itertools.islice(_impossible(answer), 1)


PROBABILITIES = {
    "power",
    "success",
    "target_power",
    "alpha",
    "actual_size",
    "actual_size_at",
    "assurance",
    "simulated",
    "claimed",
}
COUNTS = {"n", "enrolled_n", "n_for_target"}


def _impossible(answer: Any, key: str = "") -> Iterator[str]:
    """Probabilities outside 0 to 1 in an answer, and numbers of participants that no trial has."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield from _impossible(value, name)
    elif isinstance(answer, list):
        for value in answer:
            yield from _impossible(value, key)
    elif isinstance(answer, (int, float)) and not isinstance(answer, bool):
        if key in PROBABILITIES and not 0 <= answer <= 1:
            yield f"no probability: {key} {answer}"
        if key in COUNTS and not 1 <= answer <= MOST:
            yield f"no number of participants: {key} {answer}"


MOST = 1e12
"""Participants of the largest trial that the program answers with."""


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _of_the_files(
    words: Sequence[str], ran: Ran, typed: str, before: Mapping[str, bytes], after: Mapping[str, bytes], folder: Path
) -> Iterator[str]:
    changed = [name for name, content in after.items() if before.get(name) != content]
    lost = [name for name in before if name not in after]
    if lost:
        yield f"lost: {', '.join(lost)}"
    if ran.code == 2 and changed:
        yield f"refused, and yet wrote {', '.join(changed)}"
    for name in changed:
        if name.rpartition("/")[2].startswith("."):
            yield f"left behind: {name}"
        elif name in before and name not in ran.out + ran.err:
            yield f"changed without a word: {name}"
        elif name in before and "--force" not in words:
            yield f"written over unasked: {name}"
        elif fault := incomplete(name, after[name], typed):
            yield f"half a file: {name}: {fault}"
    for line in (ran.out + ran.err).splitlines() if ran.code in (0, 1) else ():
        if line.startswith("wrote ") and not any((folder / name).exists() for name in _named(line[6:])):
            yield f"not there, although {line!r}"


def _named(text: str) -> Iterator[str]:
    """What may be the name of a file at the beginning of a text: all of it, or as far as something is said of it."""
    for name in (text, text.split(": ")[0], text.split(", without")[0]):
        quoted = len(name) > 2 and name[0] in "'\"" and name[0] == name[-1]
        yield ast.literal_eval(name) if quoted and not Path(name).exists() else name


def incomplete(name: str, content: bytes, typed: str = "") -> str:
    """What shows that a file is not whole; empty where nothing does. What is `typed` it may hold."""
    suffix = Path(name).suffix.lower()
    try:
        if suffix == ".json":
            for text in [content] if content.startswith(b"{\n") or b"\n{" not in content else content.splitlines():
                json.loads(text, parse_constant=_refused)
        elif suffix == ".svg":
            ElementTree.fromstring(content)
            if re.search(rb"[ ,\"](nan|inf)[ ,\"]", content):
                return "nan among its coordinates"
        elif suffix in (".docx", ".xlsx") and zipfile.ZipFile(io.BytesIO(content)).testzip():
            return "a damaged archive"
        elif suffix == ".html" and not content.rstrip().endswith(b"</html>"):
            return "no end"
        elif suffix == ".png" and not (content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82")):
            return "no picture"
        elif suffix == ".pdf" and not (content.startswith(b"%PDF") and b"%%EOF" in content[-40:]):
            return "no end"
        elif suffix in (".csv", ".md", ".txt", ".toml", ".tex", ".py", ".r"):
            match = NOT_A_NUMBER.search(content.decode("utf-8"))
            if suffix == ".csv" and match and match[1].lower() not in typed:
                return f"{match[0]} in a cell"
    except (ValueError, ElementTree.ParseError, zipfile.BadZipFile) as why:
        return str(why)
    return ""


# ---------------------------------------------------------------- the folder in which a command runs


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by their names in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def judged(words: Sequence[str], workshop: Mapping[str, bytes], folder: Path) -> tuple[Ran, list[str]]:
    """A command run in a fresh folder that holds the files of the workshop, and what is wrong with it."""
    with contextlib.chdir(prepared(folder, workshop)):
        ran = run(words)
        return ran, faults(words, ran, workshop, contents(folder))


def prepared(folder: Path, workshop: Mapping[str, bytes]) -> Path:
    """The folder, made anew with those files and one empty folder in it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "folder").mkdir(parents=True)
    for name, content in workshop.items():
        (folder / name).write_bytes(content)
    return folder


def workshop(protocol: bytes = b"") -> dict[str, bytes]:
    """The files that lie in that folder: a plan, tables and statements that are in order, and an empty file."""
    from trialplan.files import examples

    tables = Path(__file__).resolve().parents[1] / "evidence" / "tables"
    return {
        "plan.toml": examples("plan.toml")["starter"].read_bytes(),
        "table.toml": (tables / "wound-dressing.toml").read_bytes(),
        "table.csv": (tables / "migraine-device.csv").read_bytes(),
        "statement.toml": next(iter(examples("statement.toml").values())).read_bytes(),
        "statements.csv": b"design,control,treatment,power,n\ntwo-proportions,0.3,0.5,0.8,186\n",
        "empty.toml": b"",
        "protocol.md": protocol,
    }


def report(command: object, ran: Ran, wrong: Sequence[str]) -> str:
    """A command, with what repeats it and what is wrong with it."""
    return "\n".join([str(command), *(f"    {fault}" for fault in wrong), *ran.fell.splitlines()[-6:]])
