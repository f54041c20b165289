"""The server as it runs: what it refuses, what it keeps, how long work is watched and stopped, and how it ends."""

import io
import os
import re
import signal
import socket
import time
import zipfile
from pathlib import Path

import httpx
import pytest

import trialplan

SHIPPED = "msc-lupus-nephritis"
CONTRADICTION = "study,outcome,events,of,reported\nalpha 2019,remission,3,7,3/7 (60%)\n=HYPERLINK(1),remission,3,10,\n"
"""A table that contradicts itself, with a name that a spreadsheet would take for a formula."""


def test_pages_and_headers(served):
    """A page is whole without a script, and says what may run in it."""
    answer = served.get(f"design?plan={SHIPPED}")
    assert answer.status_code == 200
    assert f'class="number">{trialplan.build(SHIPPED).n_randomised}<' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert not re.search(r"<script(?! src=\"/static/)", answer.text)
    assert served.get("static/explorer.js").status_code == 200
    assert served.get("").status_code == 200


def test_a_picture_and_files(served):
    """A picture is drawn, and what is taken away is what the library writes."""
    assert served.get("figure/power.svg?design=two-proportions").content.startswith(b"<?xml")
    plan = served.get(f"file/plan.toml?plan={SHIPPED}&endpoint.0.power=0.9")
    assert "attachment" in plan.headers["content-disposition"]
    assert "power = 0.9" in plan.text
    script = served.get("file/check.R?design=two-proportions&control=0.3&treatment=0.5")
    assert "power.prop.test" in script.text or "rpact" in script.text
    assert served.get("file/../../etc/passwd?design=two-proportions").status_code == 404
    assert "there is no file" in served.get("file/none.txt?design=two-proportions").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"origin": "http://elsewhere.example"}, 403), ({"origin": ""}, 403), ({"host": "elsewhere.example"}, 421)],
)
def test_foreign(headers, status, served):
    """A form from another site, or by another name, changes nothing here."""
    assert served.post("work", headers=headers, data={"work": "verify"}).status_code == status


def test_too_much(served):
    """A claim of a gigabyte, a stream without a length and an endless address are refused while they come."""

    def endless():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 100_000

    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = f"POST /open HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {served.address}\r\n"
        line.sendall(f"{head}Content-Length: {10**9}\r\n\r\n".encode())
        assert b" 413 " in line.recv(100)
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert served.post("open", headers=kind, content=endless()).status_code == 413
    assert served.get("design?" + "a=1&" * 4000).status_code == 414


def test_a_table(served):
    """A table that is opened is audited at once, and what stands in it is shown, never run."""
    answer = served.opened(mine__csv=CONTRADICTION.replace("alpha", "<script>alert(1)</script>").encode())
    assert "60 % is printed" in answer.text
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_plan_there_and_back(served):
    """What is taken away in one file can be opened again, and is the same."""
    packed = served.get("file/plan.zip?plan=starter&endpoint.0.power=0.9").content
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist()[0] == "plan.toml"
    answer = served.opened(plan__zip=packed)
    key = re.search(r"opened-[\w-]{43}", str(answer.url))[0]
    expected = served.get("design?plan=starter&endpoint.0.power=0.9").text
    number = re.compile(r'class="number">([\d,]+)<')
    assert number.search(served.get(f"design?plan={key}").text)[1] == number.search(expected)[1]


def bomb():
    """A small file that unpacks to 60 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a__toml", b"\0\1\2junk"),
        ("a__xlsx", b"PK\3\4junk"),
        ("a__xlsx", bomb),
        ("a__zip", bomb),
        ("a__toml", b'[trial]\ntitle = "x"\n'),
        ("a__exe", b"MZ"),
    ],
)
def test_hostile(name, content, served):
    """What is no plan and no table is refused in a sentence."""
    answer = served.opened(**{name: content() if callable(content) else content})
    assert 'class="wrong"' in answer.text
    assert "Traceback" not in answer.text


def test_reads_nothing_else(served):
    """A plan that is opened reads its own tables and the shipped ones, and nothing of this machine."""
    text = (Path(trialplan.__file__).parent.parent / "examples" / "starter" / "plan.toml").read_text()
    table = re.search(r'^table = "(.*)"', text, re.M)[1]
    for name in ("/etc/passwd", "../../../etc/passwd"):
        answer = served.opened(plan__toml=text.replace(f'table = "{table}"', f'table = "{name}"').encode())
        key = re.search(r"opened-[\w-]{43}", str(answer.url))
        shown = answer.text if key is None else served.get(f"evidence?plan={key[0]}").text
        assert "root:" not in shown
        assert "is not among the files" in shown


@pytest.mark.parametrize("key", ["opened-" + "A" * 43, "opened-../../etc", "opened-x"])
def test_a_forged_key(key, served):
    """A key that nobody was given opens nothing."""
    assert "no longer kept" in served.get(f"design?plan={key}").text
    assert served.get(f"work/{key}").status_code == 404


def processes(served):
    """The processes that answer: children of the one from which they are forked."""
    found = set()
    for child in Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split():
        found |= {int(one) for one in Path(f"/proc/{child}/task/{child}/children").read_text().split()}
    return found


def test_work(served):
    """Simulation is started by hand, watched, and shown."""
    query = "design=two-means&difference=0.5&sd=1&view.trials=2000"
    with httpx.Client(base_url=served.address, timeout=served.patience, headers=served.origin) as visitor:
        where = visitor.post("/work", data={"work": "verify", "query": query}).headers["location"]
    assert "claimed" in _over(served, where)


def test_work_is_stopped(served, alive):
    """Stopped work says so, its process is ended, and another takes its place."""
    before = processes(served)
    query = "design=two-means&difference=0.5&sd=1&view.trials=10000000"
    where = served.post("work", data={"work": "verify", "query": query}).headers["location"]
    text = served.post(f"{where[1:]}/stop", follow_redirects=True).text
    assert "stopped" in text
    ended = _replaced(served, before)
    assert len(ended) == 1
    assert alive(ended) == []
    assert len(processes(served)) == len(before)
    assert served.get("file/check.R?design=two-means&difference=0.5&sd=1").status_code == 200


def test_an_abandoned_download(served, alive):
    """Who goes away while a file is made leaves no process at work behind."""
    assert served.get("file/check.R?design=two-means&difference=0.5&sd=1").status_code == 200
    before = processes(served)
    most = max(map(_ticks, before))
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"GET /file/protocol.pdf?plan={SHIPPED} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        until = time.monotonic() + served.patience
        while max(map(_ticks, before)) - most < _AT_WORK and time.monotonic() < until:
            time.sleep(0.05)
    ended = _replaced(served, before)
    assert len(ended) == 1
    assert alive(ended) == []


def test_a_process_that_dies(served):
    """A process that the machine has ended, for its memory, is replaced before anybody asks it."""
    before = processes(served)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for _ in range(3):
        for path in ("design?design=two-means", "figure/power.svg?design=two-means", "file/check.R?design=two-means"):
            assert served.get(path).status_code == 200
    where = served.post("work", data={"work": "answer", "query": "design=two-means"}).headers["location"]
    assert "Worked out" in _over(served, where)


def test_long_work_and_downloads(served):
    """However much long work is at hand, a file is made at once: it has processes of its own."""
    query = "design=two-means&difference=0.5&sd=1&view.trials=10000000"
    begun = [
        served.post("work", data={"work": "verify", "query": query}, headers={"cookie": f"visitor={name}"})
        for name in "abcd"
    ]
    taken = served.get("file/check.R?design=two-means&difference=0.5&sd=1")
    assert taken.status_code == 200
    still = [served.get(one.headers["location"][1:]).text for one in begun]
    assert all("data-watch" in text for text in still)
    for one in begun:
        served.post(f"{one.headers['location'][1:]}/stop")


def test_one_piece_of_work_for_each(served):
    """A visitor who begins another piece of work ends the one that he had; the same once more is the same."""
    query = "design=two-means&difference=0.5&sd=1&view.trials=1000000"
    begun = [{"work": "verify", "query": of} for of in (query, query, f"{query}0")]
    one, again, other = (served.post("work", data=data).headers["location"] for data in begun)
    assert one == again != other
    assert "stopped, because you have begun other work" in served.get(one[1:]).text
    assert "data-watch" in served.get(other[1:]).text
    served.post(f"{other[1:]}/stop")


FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("path", ["open", "work"])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (FORM, b"no form"),
        (f"{FORM}; charset=undefined", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\xff\r\n--b--\r\n'),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n1\r\n' * 30 + b"--b--\r\n"),
        ("multipart/form-data", b"--b"),
    ],
)
def test_no_form(kind, content, path, served):
    """What is no form, or too much of one, is told as that, and no byte of it is written to the log."""
    answer = served.post(path, headers={"content-type": kind}, content=content)
    assert answer.status_code == 400
    assert "is no form of these pages, or more than 20 files" in answer.text


def test_who_leaves_while_he_sends(served):
    """Whoever leaves before all is sent, or sends what is no question, leaves nothing in the log either."""
    host, port = served.address.removeprefix("http://").split(":")
    head = f"HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {served.address}\r\nContent-Length: 1000\r\n"
    for sent in (
        f'POST /open {head}Content-Type: {FORM}\r\n\r\n--b\r\nContent-Disposition: form-data; name="files"',
        f"POST /work {head}Content-Type: application/x-www-form-urlencoded\r\n\r\nwork=verify",
        "\0 no question\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(sent.encode())
            time.sleep(0.1)
    assert served.get("").status_code == 200
    assert len(served.log.read_text().splitlines()) == 1


@pytest.mark.parametrize("how", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods(how, served):
    """What no browser does is refused in a sentence."""
    answer = httpx.request(how, f"{served.address}/design?design=two-means", headers=served.origin)
    assert answer.status_code == 405
    assert "only GET, HEAD and POST are answered" in answer.text


_AT_WORK = 50
"""Hundredths of a second of a processor by which a process is seen to be at work; the file takes five hundred."""


def _ticks(pid):
    """Hundredths of a second of a processor that a process has had."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


def _replaced(served, before):
    """The processes that have ended since, as soon as there is one."""
    until = time.monotonic() + served.patience
    while not (ended := before - processes(served)) and time.monotonic() < until:
        time.sleep(0.1)
    return ended


def _over(served, where):
    """The page of a piece of work once it is over."""
    until = time.monotonic() + served.patience
    while "data-watch" in (text := served.get(where[1:]).text) and time.monotonic() < until:
        time.sleep(0.1)
    return text
