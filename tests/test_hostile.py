"""Text of an attacker in every field of every event: nothing runs, loads or pretends."""

from __future__ import annotations

import csv
import http.server
import io
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from browsing import BROWSER
from commands import okta_kit
from factories import write_export
from hostile_events import ELSEWHERE, MIXED, PAYLOADS, incident, write
from kit.base.text import in_json, in_sheet
from kit.commands.app import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator


NOTEBOOKS = ("failure_trends", "error_code", "remediation", "user_history")


PAGES = (*NOTEBOOKS, "question", "index")


ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
"""What acts on a terminal or turns the reading direction."""


SHEETS = re.compile("^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What begins a formula in a cell."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile log."""
    return write(tmp_path_factory.mktemp("log") / "hostile.ndjson")


@pytest.fixture(scope="module")
def lake(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds the hostile log, read once for all commands."""
    folder = tmp_path_factory.mktemp("lake")
    assert run_command(["import", str(log), "--lake", str(folder)]) == 0
    return folder


def printed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """What a command printed to stdout and stderr, after its exit code."""
    code = run_command([str(word) for word in words])
    return (code, *capsys.readouterr())


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[str, list[bytes]]]:
    """A web server that keeps what it is sent."""
    bodies: list[bytes] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def out(log: Path, heard: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four reports of the log, and one of a run that failed with its text."""
    folder = tmp_path_factory.mktemp("out")
    options = ["--source", log, "--since", "2026-10-25", "--out", folder, "--notify", heard[0]]
    pdf = ["--pdf"] if BROWSER else []
    options += ["-p", "user=" + f"{MIXED}5".replace("\0", "\ufffd")]
    done = okta_kit("report", *NOTEBOOKS, *options, *pdf, "--notify-on", "always", "-j", 2)
    assert done.returncode == 0, done.stderr
    assert ACTS.findall(done.stdout + done.stderr.replace("\n", "")) == []
    cells = [f"text = {MIXED!r}\nprint(text)\nraise ValueError(text)", "print('the last')"]
    path = folder.parent / "question.ipynb"
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code), path)
    failed = okta_kit("report", path, "--out", folder, "--notify", heard[0], *pdf)
    assert failed.returncode == 10
    assert ACTS.findall(failed.stdout + failed.stderr) == []
    return folder


def page_of(out: Path, name: str) -> Path:
    """The page of a report, or the index."""
    return out / "index.html" if name == "index" else next((out / name).glob("*/report.html"))


@pytest.mark.parametrize("guard", ["policy and cleaning", "cleaning alone"])
@pytest.mark.parametrize("name", PAGES)
def test_in_a_browser_nothing_runs_and_nothing_loads(
    out: Path, browser: Any, name: str, guard: str
) -> None:
    """No dialog, no request, no link that leads away, the title as it was; scripts may run."""
    path = page_of(out, name)
    context = browser.new_context(java_script_enabled=True, bypass_csp=guard == "cleaning alone")
    page = context.new_page()
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    page.goto(path.as_uri())
    titled = page.title()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate("document.querySelectorAll('.sortable .one input').forEach(i => i.click())")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 5000)
    page.wait_for_timeout(400)

    assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []
    assert dialogs == []
    assert page.title() == titled != "owned"
    assert page.url.partition("#")[0] == path.as_uri()
    found = page.evaluate(
        """() => ({
          odd: [...document.querySelectorAll(
            'script,iframe,object,embed,svg,form,base,link,math,mjx-container,video,audio'
          )].map(e => e.outerHTML.slice(0, 80)),
          refresh: document.querySelectorAll('meta[http-equiv=refresh]').length,
          styles: document.styleSheets.length,
          handlers: [...document.querySelectorAll('*')].flatMap(
            e => [...e.attributes].filter(a => a.name.startsWith('on')).map(a => a.name)),
          links: [...document.querySelectorAll('[href],[src],[action]')].flatMap(
            e => ['href', 'src', 'action'].map(n => e.getAttribute(n)).filter(v => v)),
          urls: [...document.querySelectorAll('[style]')].map(e => e.getAttribute('style'))
            .filter(s => s.includes('url(')),
          text: document.body.innerText,
        })"""
    )
    assert (found["odd"], found["refresh"], found["styles"]) == ([], 0, 1)
    assert (found["handlers"], found["urls"]) == ([], [])
    own = re.compile(r"#|data:image/|[a-z_]+/[^/]+/report\.html$|https://(learn|support|help)\.")
    away = [link for link in found["links"] if not own.match(link)]
    assert [link for link in away if "127.0.0.1" in link or "javascript" in link.casefold()] == []
    assert not ACTS.search(found["text"])
    assert "alert(1)" in found["text"]  # it is shown, as what it is
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES[:-1])
def test_a_pdf_holds_no_action(out: Path, name: str) -> None:
    """No script, and no address but the vendors' own pages."""
    if not BROWSER:
        pytest.skip("no Chromium is installed")
    pdf = page_of(out, name).with_suffix(".pdf").read_bytes()

    assert pdf.startswith(b"%PDF")
    assert not re.search(rb"/(JavaScript|JS|Launch|SubmitForm|EmbeddedFile|AA)\b", pdf)
    assert not [one for one in re.findall(rb"/URI \(([^)]*)", pdf) if b"127.0.0.1" in one]


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES[:-1])
def test_a_summary_is_plain_data(out: Path, name: str) -> None:
    """Any JSON reader takes it, and its headline is one clean line."""
    facts = json.loads(page_of(out, name).with_name("summary.json").read_text(encoding="utf-8"))

    said = facts["headline"] or facts["error"]

    assert said
    assert not ACTS.search(said)
    assert "\n" not in said


@pytest.mark.slow
def test_a_notice_says_what_happened_in_plain_lines(out: Path, heard: Any) -> None:
    """Of five reports one each; a subject of one line, nothing that acts in the body."""
    messages = [json.loads(body) for body in heard[1]]

    assert len(messages) == len(list(out.glob("*/*/report.html"))) == 5
    for message in messages:
        assert not ACTS.search(message["title"] + message["message"].replace("\r\n", "\n"))
        assert "\n" not in message["title"]
        assert len(message["title"]) <= 160


@pytest.mark.parametrize(
    "words",
    [
        ["failures"],
        ["failures", "--still-failing"],
        ["failures", "--format", "csv"],
        ["failures", "--format", "json"],
        ["codes"],
        ["codes", "--format", "csv"],
        ["codes", "--format", "json"],
        ["failures", "--app", MIXED.replace("\0", "")],
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_no_command_lets_a_log_act_on_the_terminal(
    lake: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No escape, no control character, no mark that turns the reading direction."""
    code, out, error = printed(capsys, *words, "--source", lake)

    assert code == (2 if "--app" in words else 0)
    assert len(out + error) > 50
    assert ACTS.findall(out + error) == []


@pytest.mark.slow
def test_the_lake_the_list_and_explanations_do_not_either(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was put aside, what reports say, and what is pasted into ``explain``."""
    broken = write_export(
        tmp_path / "broken.ndjson",
        incident(MIXED),
        more=f"{MIXED}\n" + json.dumps({"uuid": MIXED}) + "\n",
    )
    asked = MIXED.replace("\0", "")
    event = json.dumps(next(iter(incident(MIXED))))

    for words in (
        ["import", broken, "--lake", tmp_path / "lake"],
        ["lake", "--lake", tmp_path / "lake"],
        ["lake", "--json", "--lake", tmp_path / "lake"],
        ["reports", "list", "--out", out],
        ["explain", asked],
        ["explain", "--json", asked],
        ["explain", event],
        ["explain", "--json", event],
    ):
        code, shown, error = printed(capsys, *words)
        assert code == 0, error
        assert ACTS.findall(shown + error) == [], words


def test_no_cell_of_a_csv_begins_a_formula(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever mark the sheet takes for the one between cells."""
    _, text, _ = printed(capsys, "failures", "--source", lake, "--format", "csv")

    for mark in (",", ";", "\t"):
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
        cells = [cell for row in rows for cell in row]
        assert len(cells) > 500
        assert [cell[:40] for cell in cells if SHEETS.match(cell)] == []
    users = [row["user"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert "'=HYPERLINK(" in " ".join(users)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("\t=1", "'\t'=1"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ("a\r\n-b", "a\n'-b"),
        ("\r=1", "'\n'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a-b = c; d", "a-b = c; d"),
        ("a\x1b[2J\u202e\x9b", "a\ufffd[2J\ufffd\ufffd"),
        ("Zoë 王 👩‍💻\nb", "Zoë 王 👩‍💻\nb"),
        (-5, -5),
        (None, None),
    ],
)
def test_a_cell_is_changed_only_where_it_acts(cell: object, shown: object) -> None:
    """A quotation mark before a formula, a sign in the place of what acts on a terminal."""
    assert in_sheet(cell) == shown


def test_json_for_a_terminal_is_the_same_data() -> None:
    """What acts is written as an escape."""
    text = json.dumps([MIXED, *PAYLOADS.values()], ensure_ascii=False)

    shown = in_json(text)

    assert json.loads(shown) == json.loads(text)
    assert not ACTS.search(shown)


def test_the_payloads_would_be_noticed() -> None:
    """Each of these tests can fail: the log holds what they look for."""
    assert ACTS.search(MIXED)
    assert SHEETS.match(MIXED)
    assert ELSEWHERE in MIXED
    assert len(PAYLOADS) > 20
