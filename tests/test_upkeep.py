"""Notices, retention, several notebooks at once, PDF."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from commands import okta_kit
from kit.reports.index import write_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def heard() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server that keeps the JSON it is sent."""
    messages: list[dict[str, Any]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", messages
    server.shutdown()
    server.server_close()


def notebook(path: Path, cell: str = "1") -> Path:
    """A notebook of one cell."""
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbformat.write(document, path)
    return path


def test_a_failed_report_is_told_with_its_page(tmp_path: Path, heard: Any) -> None:
    """The URL may come from the environment; the subject says what failed."""
    url, messages = heard
    path = notebook(tmp_path / "question.ipynb", "raise ValueError('no such thing')")

    done = okta_kit("report", path, "--out", tmp_path / "out", OKTA_KIT_NOTIFY=url)

    assert done.returncode == 10
    (message,) = messages
    assert message["title"].startswith("Failed: question: no such thing")
    assert message["type"] == "failure"
    assert [one["filename"] for one in message["attachments"]] == ["report.html"]


def test_a_good_report_is_told_when_something_changed(tmp_path: Path, heard: Any) -> None:
    """The first is news; one that is told of failures alone is silent."""
    url, messages = heard
    path = notebook(tmp_path / "question.ipynb")
    words = ["report", path, "--notify", url, "--out"]

    okta_kit(*words, tmp_path / "one", "--notify-on", "failure")
    assert messages == []
    okta_kit(*words, tmp_path / "two")
    okta_kit(*words, tmp_path / "two")

    assert [message["type"] for message in messages] == ["info"]


def test_a_notice_that_cannot_be_delivered_fails_no_report(tmp_path: Path) -> None:
    """It is told, without the secret that its URL holds."""
    path = notebook(tmp_path / "question.ipynb")
    lost = "json://me:hunter2@127.0.0.1:9/hidden"

    done = okta_kit("report", path, "--out", tmp_path / "out", "--notify", lost)

    assert done.returncode == 0
    assert "could not be delivered" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_a_source_that_cannot_be_read_is_told(tmp_path: Path, heard: Any) -> None:
    """There is no report of it, so the notice is all that anybody gets."""
    url, messages = heard

    done = okta_kit("report", "failure_trends", "--source", "none.ndjson", "--notify", url)

    assert done.returncode == 3
    assert "none.ndjson" in messages[0]["title"]


def test_several_notebooks_run_each_and_the_first_that_failed_gives_the_exit_code(
    tmp_path: Path,
) -> None:
    """One that fails keeps no other from running."""
    good, bad = notebook(tmp_path / "good.ipynb"), notebook(tmp_path / "bad.ipynb", "1 / 0")

    done = okta_kit("report", bad, good, "-j", "2", "--out", tmp_path / "out")

    assert done.returncode == 10
    assert len(done.stdout.splitlines()) == 2
    assert sorted(p.name for p in (tmp_path / "out").glob("[!.]*")) == ["bad", "good", "index.html"]


@pytest.mark.parametrize("option", ["", "--debug"])
def test_a_fault_of_one_of_many_reports_has_its_traceback_where_it_is_asked_for(
    tmp_path: Path, option: str
) -> None:
    """The reports are processes of their own, and each knows of ``--debug``."""
    words = ["report", "failure_trends", "remediation", "--source", tmp_path / "none.ndjson"]

    done = okta_kit(*filter(None, [option]), *words, "-j", "2", "--out", tmp_path / "out")

    assert done.returncode != 0
    assert "there is no such file" in done.stderr
    assert done.stderr.count("Traceback (most recent call last)") == (2 if option else 0)


def test_prune_removes_old_reports_and_nothing_else(tmp_path: Path) -> None:
    """What okta-kit did not make stays, also where it looks alike."""

    def report_folder(name: str, started: str, **more: object) -> Path:
        folder = tmp_path / "question" / name
        folder.mkdir(parents=True)
        facts = {"notebook": "question", "status": "ok", "started": started, "kit_version": "1"}
        (folder / "summary.json").write_text(json.dumps(facts | more), encoding="utf-8")
        return folder

    old = report_folder("2020-01-01T00-00-00Z-0123abcd", "2020-01-01T00:00:00Z")
    new = report_folder("2099-01-01T00-00-00Z-0123abcd", "2099-01-01T00:00:00Z")
    other = report_folder("2020-01-02T00-00-00Z-0123abcd", "2020-01-02T00:00:00Z")
    (other / "mine.txt").write_text("", encoding="utf-8")
    foreign = report_folder("my-notes", "2020-01-01T00:00:00Z")
    write_index(tmp_path)

    planned = okta_kit("reports", "prune", "--keep", "90d", "--dry-run", "--out", tmp_path)
    assert (planned.stdout, old.exists()) == (f"{old}\n", True)
    done = okta_kit("reports", "prune", "--keep", "90d", "--out", tmp_path)

    assert done.stdout == f"{old}\n"
    assert not old.exists()
    assert all(folder.exists() for folder in (new, other, foreign))
    assert old.name not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(okta_kit("reports", "list", "--out", tmp_path).stdout.splitlines()) == 3
    assert len(okta_kit("reports", "--out", tmp_path).stdout.splitlines()) == 3


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="no Chromium is installed")
def test_a_page_is_printed(tmp_path: Path) -> None:
    """As PDF beside the page."""
    path = notebook(tmp_path / "question.ipynb")

    done = okta_kit("report", path, "--pdf", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    (pdf,) = (tmp_path / "out").rglob("report.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
