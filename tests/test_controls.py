"""A notebook without a reader is as it was; with one, it has controls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

import kit
from factories import REFUSED, event, write_export
from kit.analysis.choices import choices
from kit.base.errors import UsageError
from kit.base.paths import NOTEBOOKS
from kit.display.parts import Chart, Listing, Note
from kit.display.section import Section
from kit.display.table import Table, View
from kit.display.widgets.clicks import Clicks
from kit.display.widgets.live_section import LiveSection
from kit.display.widgets.pictures import Pictures
from kit.sources.okta.console import admin_host, log_search, user_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log

ROWS = pd.DataFrame(
    {
        "app": ["Slack", "box", None, "Zoom"],
        "rate": [0.5, 0.25, 1.0, float("nan")],
        "last_seen": pd.to_datetime(["2026-10-27", "2026-10-25", "2026-10-26", None], utc=True),
    }
)


@pytest.mark.parametrize(
    ("view", "order"),
    [
        (View(), [0, 1, 2, 3]),
        (View(by="app"), [1, 0, 3, 2]),
        (View(by="app", descending=True), [3, 0, 1, 2]),
        (View(by="rate", descending=True), [2, 0, 1, 3]),
        (View(by="last_seen"), [1, 2, 0, 3]),
        (View(by="no_such_column", descending=True), [0, 1, 2, 3]),
    ],
)
def test_a_table_is_sorted_by_what_its_cells_mean(view: View, order: list[int]) -> None:
    """Text without case, numbers and times by size, and what is missing always last."""
    seen = Table(ROWS, "Apps").rows_for(view)

    assert list(seen.index) == order


@pytest.mark.parametrize(
    ("words", "left"),
    [("slack", [0]), ("  ", [0, 1, 2, 3]), ("50.0 2026", [0]), ("slack box", []), ("25.0", [1])],
)
def test_a_filter_finds_words_as_the_reader_sees_them(words: str, left: list[int]) -> None:
    """In any cell, without case, and all of them."""
    assert list(Table(ROWS, "Apps").rows_for(View(holding=words)).index) == left


def test_a_table_keeps_hostile_text_as_text() -> None:
    """In cells and their labels, in headings and in the caption."""
    odd = "<script>alert(1)</script>\u202e"
    made = Table(pd.DataFrame({odd: [odd]}), odd).html()

    assert "<script" not in made
    assert "\u202e" not in made
    assert made.count("&lt;script&gt;alert(1)&lt;/script&gt;\ufffd") == 4


def test_a_report_that_is_asked_wrongly_stays_as_it_was(log: Path) -> None:
    """What it showed holds, also for whoever goes on with it."""
    report = kit.trends_report(str(log))
    said = report.headline_text

    with pytest.raises(UsageError, match="Did you mean 'Slack'"):
        report.ask(app="Slak")

    assert report.parameters["app"] == ""
    assert report.headline_text == said


def test_a_report_is_asked_again_without_opening_its_source_again(log: Path) -> None:
    """Only another source is opened."""
    report = kit.trends_report(str(log))
    before = report.log

    report.ask(app="slack", bucket="hour")

    assert report.log is before
    assert (len(report.trends.by_code), report.trends.bucket) == (1, "hour")
    assert report.window.since == before.first


def test_choices_are_what_occurs_those_that_hit_most_users_first(
    log_of: Callable[..., Log],
) -> None:
    """Apps that only worked come last; a user is offered by login."""
    slack = {"id": "0oaslack", "name": "Slack"}
    held = log_of(
        event("2026-10-27T09:00:00Z", reason=REFUSED, user="ada@example.com"),
        event("2026-10-27T09:01:00Z", reason=REFUSED, user="bo@example.com"),
        event("2026-10-27T09:02:00Z", reason="user_not_found", user="bo@example.com", app=slack),
        event(
            "2026-10-27T09:03:00Z", result="SUCCESS", app={"id": "0oazoom", "name": "<b>Zoom</b>"}
        ),
    )

    found = choices(held, held.window())

    assert [name for name, _ in found.apps] == ["Microsoft Office 365", "Slack", "<b>Zoom</b>"]
    assert found.apps[0][1] == "Microsoft Office 365 (2 users)"
    assert found.codes[0] == ("AADSTS50126", "AADSTS50126 (2 users)")
    assert found.users == ("bo@example.com", "ada@example.com")


def test_the_words_before_a_picture_stand_there_while_it_is_drawn(log: Path) -> None:
    """In an open notebook; then the picture stands between them and what follows it."""
    shown_before: list[str] = []

    def drawing(rows: pd.DataFrame, *, about: str) -> tuple[Figure, str]:
        shown_before.extend(out.data.get("text/html", "") for out in captured.outputs)
        return Figure(), f"{len(rows)} apps {about}"

    chart = Chart(drawing, ROWS, later=lambda: {"about": "by name"})
    live = kit.trends_report(str(log)).headline().live
    section = Section((Note("Broken now"), chart, Note("The end")), "headline", live)
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            LiveSection(section, Pictures(), Clicks(list))
    finally:
        InteractiveShell.clear_instance()

    assert "Broken now" in shown_before[-1]
    assert "<img" not in shown_before[-1]
    page = captured.outputs[-1].data["text/html"]
    places = [page.index(one) for one in ("Broken now", "<img", "4 apps by name", "The end")]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["jupyter execute", "in JupyterLab, but told to be plain"])
def test_without_a_reader_there_is_no_widget(
    name: str, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbclient, which papermill and nbconvert use, gets plain outputs; the text names values."""
    from nbclient import NotebookClient

    # As in a terminal that a notebook of JupyterLab opened.
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "open.ipynb"))
    notebook = nbformat.read(NOTEBOOKS / "failure_trends.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code[1].source = code[1].source.replace('"sample"', json.dumps(str(log)))

    NotebookClient(notebook, timeout=300).execute()

    outputs = [output for cell in code for output in cell.outputs]
    kinds = {kind for output in outputs for kind in output.data}
    said = [cell.outputs[0].data for cell in code if cell.source == "report.controls()"]
    assert not [kind for kind in kinds if "widget" in kind or "javascript" in kind]
    assert "widgets" not in notebook.metadata
    assert said[0]["text/plain"].endswith(
        "since = 7d, until = (empty), app = (empty), kind = (empty), bucket = auto."
    )
    assert not [output for output in outputs if output.get("transient")]


def test_a_cell_counts_as_watched_only_with_the_marks_of_an_open_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """JupyterLab's request has them; a console's, nbclient's and none at all have not."""
    import IPython

    from kit.display.widgets import asking_cell

    class Kernel:
        marks: dict[str, Any] | None = None

        def get_parent(self) -> dict[str, Any]:
            return {"header": {}, "metadata": self.marks}

    class Shell:
        kernel = Kernel()

    lab = {"trusted": True, "deletedCells": [], "recordTiming": False, "cellId": "8c24"}
    monkeypatch.setattr(IPython, "get_ipython", Shell)
    found = []
    for marks in (lab, {}, None, {"cellId": "8c24"}):
        Kernel.marks = marks
        found.append(asking_cell())
    Kernel.marks = lab
    monkeypatch.setenv("OKTA_KIT_PLAIN", "1")

    assert found == ["8c24", None, None, None]
    assert asking_cell() is None


@pytest.mark.parametrize(("software", "told"), [("", 1), ("voila/0.5.13", 0)])
def test_only_a_page_that_ran_the_cells_is_told_that_it_was_loaded_again(
    software: str, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Voilà's page comes after its cells ran, and asks for its widgets for the first time."""
    from types import SimpleNamespace

    import IPython

    from kit.display.widgets.frontend import when_loaded_again

    answered: list[Any] = []
    targets: dict[str, Any] = {
        "jupyter.widget.control": lambda comm, message: answered.append((comm, message))
    }
    kernel = SimpleNamespace(comm_manager=SimpleNamespace(targets=targets))
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    monkeypatch.setenv("SERVER_SOFTWARE", software)
    calls: list[int] = []

    when_loaded_again(lambda: calls.append(1))
    targets["jupyter.widget.control"]("comm", "request_states")

    assert answered == [("comm", "request_states")]
    assert len(calls) == told


def named(address: str) -> dict[str, Any]:
    """An event whose debug data names an address."""
    return {"debugContext": {"debugData": {"origin": address}}}


@pytest.mark.parametrize(
    ("addresses", "host"),
    [
        (["https://acme.okta.com"], "acme-admin.okta.com"),
        (["https://acme-admin.okta.com/x"], "acme-admin.okta.com"),
        (["https://acme.oktapreview.com:443/a?b"], "acme-admin.oktapreview.com"),
        (["https://b.okta.com", "https://a.okta.com", "https://a.okta.com"], "a-admin.okta.com"),
        (["https://acme.okta.com.evil.example"], None),
        (["https://evil.example/acme.okta.com"], None),
        (["https://acme.okta.com@evil.example/"], None),
        (["http://acme.okta.com"], None),
        (["javascript://acme.okta.com/%0aalert(1)"], None),
        (["https://[acme.okta.com"], None),
        (["https://www.okta.com", ""], None),
        ([], None),
    ],
)
def test_only_a_host_of_oktas_is_taken_from_a_log(
    addresses: list[str], host: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A log is somebody else's text; the address that most events name counts."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OKTA_CLIENT_ORGURL", raising=False)
    monkeypatch.chdir(tmp_path)

    assert admin_host(map(named, addresses)) == host


@pytest.mark.parametrize(
    ("configured", "host"),
    [
        ("https://mine.okta.com", "mine-admin.okta.com"),
        ("https://login.example.com", None),
        ("https://mine.okta.com/wrong", "acme-admin.okta.com"),
    ],
)
def test_the_configured_org_comes_before_what_a_log_says(
    configured: str, host: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A domain of the org's own serves no Admin Console; a setting that is wrong is not used."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OKTA_CLIENT_ORGURL", configured)
    monkeypatch.chdir(tmp_path)

    assert admin_host([named("https://acme.okta.com")]) == host


def test_an_address_in_the_console_holds_ids_and_nothing_else() -> None:
    """What is no id gets no link."""
    at = pd.Timestamp("2026-10-27T09:00:00Z").to_pydatetime()

    found = log_search("acme-admin.okta.com", "transaction.id", "Ab-1_c2D", at)

    assert found == (
        "https://acme-admin.okta.com/report/system_log_2?search=transaction.id%20eq%20%22Ab-1_c2D%22"
        "&fromTime=2026-10-27T08%3A00%3A00Z&toTime=2026-10-27T10%3A00%3A00Z"
    )
    assert log_search("acme-admin.okta.com", "uuid", '" or "1', at) is None
    assert user_page("acme-admin.okta.com", "00u123456789abcdEFGH") == (
        "https://acme-admin.okta.com/admin/user/profile/view/00u123456789abcdEFGH"
    )
    assert user_page("acme-admin.okta.com", "../../evil") is None


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file with two failures on two apps."""
    path = tmp_path / "log.ndjson"
    slack = {"id": "0oaslack", "name": "Slack"}
    events = [
        event("2026-10-27T09:00:00Z", reason=REFUSED, user="ada@example.com"),
        event("2026-10-27T09:02:00Z", reason="user_not_found", user="bo@example.com", app=slack),
    ]
    write_export(path, events)
    return path


def test_a_step_onward_can_be_begun_with_its_parameters_set(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says the same; what cannot be printed in one line gets no command."""
    import kit.views.next_steps

    monkeypatch.setattr(kit.views.next_steps, "INVESTIGATIONS", tmp_path / "cases")
    report = kit.trends_report(str(log))
    (steps,) = report.next().parts
    assert isinstance(steps, Listing)
    assert steps.act is not None
    assert steps.rows["notebook"].tolist()[:3] == ["remediation", "remediation", "error_code"]

    row = steps.all[steps.all["parameters"].str.contains("AADSTS50126")].iloc[0]
    opened = steps.open(row).text()
    begun = steps.act[1](row).html()

    command = f"okta-kit new remediation -p source={log}"
    assert command in opened
    assert "-p code=AADSTS50126 -p 'app=Microsoft Office 365'" in opened
    (path,) = (tmp_path / "cases").glob("*-remediation-AADSTS50126.ipynb")
    assert 'code: str = "AADSTS50126"' in json.loads(path.read_text())["cells"][2]["source"][3]
    assert path.name in begun
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    (in_voila,) = report.next().parts
    assert isinstance(in_voila, Listing)
    assert in_voila.act is None


def test_a_step_onward_leads_to_the_copy_beside_the_notebook(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a copied folder, which may be all that is served; else to the kit's own."""
    (steps,) = kit.trends_report(str(log)).next().parts
    assert isinstance(steps, Listing)
    row = steps.all[steps.all["notebook"] == "remediation"].iloc[0]
    monkeypatch.chdir(tmp_path)
    alone = steps.open(row).html()
    (tmp_path / "remediation.ipynb").touch()

    assert 'href="remediation.ipynb"' in steps.open(row).html()
    assert 'href="remediation.ipynb"' not in alone
    assert '/remediation.ipynb"' in alone
