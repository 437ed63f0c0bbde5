"""A folder of remedies and rows of the user adds to the catalogue."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from factories import event
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from kit.catalogue import HOME, OWN, Catalogue, CatalogueError, load
from kit.catalogue.coding import code_message
from kit.messages import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

CATALOGUE = load()


MINE = """\
---
id: {id}
title: The ledger is sealed
family: Ledger
owner: app_owner
retry: after_fix
retry_note: Once the ledger is open.
blast_radius: user
seen: seen in Okta
checked: 2026-11-25
codes:
  {code}: The ledger takes no more rows
texts:
  ledger … refused the row: {code}
---

## Cause

A closed ledger takes nothing.

## Steps

### Open it

Ledger > Settings
> Periods > Reopen.

- See: It is open.
- Log: `application.configuration.update`

### [Retry](../steps/retry_from_tasks.md)

## Verify

- It works.
"""


# --- A folder of the user's own.


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, named as the user's catalogue."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv(OWN, str(folder))
    return folder


def _write(path: Path, text: str) -> Catalogue:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load()


def test_a_file_in_the_users_folder_is_a_remedy(own_catalogue: Path) -> None:
    """Its code, texts and steps count, the kit's shared steps serve it, and the version changes."""
    with_mine = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="ledger_sealed"))

    assert with_mine.mistakes == ()
    assert with_mine.version != CATALOGUE.version
    message = parse(
        "Automatic provisioning of user A to app Ledger failed: Ledger 9 refused the row"
    )
    assert code_message(message, with_mine) == "ledger_sealed"
    remedy = with_mine.remedy("ledger_sealed")
    assert remedy is not None
    assert [step.title for step in remedy.steps][:2] == ["Open it", "Retry one user"]
    assert remedy.steps[0].do == "Ledger > Settings > Periods > Reopen."
    assert remedy.steps[0].evidence is not None
    assert remedy.steps[0].evidence.events == ("application.configuration.update",)


def test_the_users_remedy_goes_before_the_kits(own_catalogue: Path) -> None:
    """The same id replaces; a code that is claimed is theirs, and ours keeps the rest."""
    replaced = _write(own_catalogue / "box.md", MINE.format(id="box", code="ledger_sealed"))
    assert "disabled_by_box_administrator" not in replaced.codes

    claimed = _write(own_catalogue / "slack.md", MINE.format(id="slack", code="long_username"))
    mine, ours = claimed.remedy("long_username"), claimed.remedy("username_not_allowed")
    assert mine is not None
    assert mine.own
    assert ours is not None
    assert ours.id == "slack_data"

    general = _write(own_catalogue / "gone.md", MINE.format(id="gone", code="HTTP_404"))
    found = general.remedy("HTTP_404", app="ServiceNow")
    assert found is not None
    assert found.id == "gone"


def test_a_change_in_the_users_folder_is_seen_at_once(own_catalogue: Path) -> None:
    """A kernel that runs for days need not be restarted."""
    before = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="one_code"))
    after = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="other_code"))
    (own_catalogue / "sealed.md").unlink()

    assert before.remedy("one_code")
    assert after.remedy("other_code")
    assert load() is CATALOGUE or load().version == CATALOGUE.version


def test_the_users_rows_add_to_the_lists(own_catalogue: Path) -> None:
    """A meaning for a number, an event type of one's own; what else is known stays."""
    _write(own_catalogue / "aadsts.csv", "code,meaning\nAADSTS29200,The code was not there\n")
    mine = _write(
        own_catalogue / "event_types.csv", "event_type,failures_only\nledger.sealed,true\n"
    )

    assert mine.mistakes == ()
    assert mine.meaning("AADSTS29200") == "The code was not there"
    assert "ledger.sealed" in mine.failure_types
    assert mine.meaning("AADSTS16000") == CATALOGUE.meaning("AADSTS16000")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("owner: app_owner", "owner: nobody", r"owner: .*nobody.* one of okta_admin, "),
        ("owner: app_owner\n", "", r"owner: it is missing"),
        ("family: Ledger", "famliy: Ledger", r"famliy: .* mean 'family'\?"),
        ("family: Ledger", "family: Ledger\nfamily: B", r"line 5: family stands there twice"),
        ("title: The", "title: The: ", r"line 3: mapping values"),
        ("checked: 2026-11-25", "checked: last week", r"checked: "),
        ("checked: 2026-11-25", "checked: 2026-11-31", r"checked: day is out of range"),
        ("id: sealed", "id: sealde", r"id: .*sealde"),
        ("owner: app_owner", "owner: [app_owner]", r"owner: Expected `str`"),
        ("owner: app_owner", "? [a]\n: b", r"line \d+: found unhashable key"),
        ("seen: seen in Okta", "seen: maybe", r"seen: .*vendor list"),
        ("texts:\n  ledger … refused the row: x", "texts:\n  a: y", r"texts: y is none"),
        ("---\nid", "id", r"does not begin with front matter"),
        ("## Cause", "## Couse", r"'Couse' is no heading.*'Cause'\?"),
        ("## Verify\n\n- It works.\n", "", r"no heading '## Verify'"),
        ("- See: It is open.\n", "", r"step 'Open it': '- See:' is missing"),
        ("- See: It is open.", "- Sea: It is open.", r"step 'Open it': its list holds"),
        ("`application.configuration.update`", "soon", r"step 'Open it': Log: 'soon'"),
        ("application.configuration.update", "application.config.update", r"no event type"),
        ("retry_from_tasks", "retry_from_task", r"no shared steps .* mean 'retry_from_tasks'\?"),
        ("Ledger > Settings\n> Periods > Reopen.", "", r"step 'Open it': it does not say"),
    ],
)
def test_a_mistake_leaves_out_one_file_and_says_where(
    own_catalogue: Path, old: str, new: str, said: str
) -> None:
    """One line with file and field; the kit's own catalogue stays usable."""
    whole = MINE.format(id="sealed", code="x")
    assert old in whole

    found = _write(own_catalogue / "sealed.md", whole.replace(old, new, 1))

    (mistake,) = found.mistakes
    assert "sealed.md" in mistake
    assert "\n" not in mistake
    assert re.search(said, mistake), mistake
    assert found.remedy("x") is None
    assert found.remedy("AADSTS50126") is not None


def test_a_mistake_in_a_list_or_folder_is_told_too(
    own_catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line; and a folder that is not there is no silence."""
    found = _write(
        own_catalogue / "event_types.csv", "event_type,verdict\na.b,fails\nc.d,perhaps\n"
    )
    assert "event_types.csv: line 3: verdict" in found.mistakes[0]

    (own_catalogue / "lost.md").symlink_to(own_catalogue / "nothing.md")
    assert any("lost.md: cannot be read" in mistake for mistake in load().mistakes)

    monkeypatch.setenv(OWN, str(own_catalogue / "nowhere"))
    assert "there is no folder" in load().mistakes[0]


def test_two_files_of_the_user_cannot_claim_one_code(own_catalogue: Path) -> None:
    """The second is left out, and its line names the first."""
    _write(own_catalogue / "a.md", MINE.format(id="a", code="x"))
    found = _write(own_catalogue / "b.md", MINE.format(id="b", code="x"))

    assert [r.id for r in found.remedies if r.own] == ["a"]
    assert "codes: x stands in a already" in found.mistakes[0]


def test_a_mistake_in_the_kits_own_files_is_an_error(tmp_path: Path) -> None:
    """What comes with the kit is whole, or the kit says so where it needs the file."""
    home = tmp_path / "catalogue"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    box = home / "remedies" / "box.md"
    box.write_text(box.read_text(encoding="utf-8").replace("owner:", "ownr:"), encoding="utf-8")

    broken = load(home)

    assert broken.remedy("AADSTS50126") is not None
    with pytest.raises(CatalogueError, match=r"box\.md: ownr"):
        broken.remedy("disabled_by_box_administrator")


def test_nothing_of_the_users_is_read_without_the_variable() -> None:
    """The catalogue of the tests is the kit's own."""
    assert OWN not in os.environ
    assert not any(remedy.own for remedy in CATALOGUE.remedies)


def _ledger_event(minute: int, type_: str, **debug: str) -> dict[str, Any]:
    """An event that Ada's own action brought about, in no app."""
    ada = {"id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada"}
    at = f"2026-10-27T09:{minute:02}:00Z"
    one = event(at, type_=type_, result="SUCCESS", user=None, app=None)
    return one | {"actor": ada, "debugContext": {"debugData": debug}}


def test_a_folder_of_ones_own_says_what_a_type_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_of: Callable[..., Log]
) -> None:
    """Whether it fails, who is hit, and what shows that it works again."""
    (tmp_path / "event_types.csv").write_text(
        "event_type,operation,verdict,hit,succeeded_by,default_code,meaning\n"
        "ledger.sealed,ledger,fails,actor,ledger.opened,ledger_sealed,The ledger is sealed\n"
        "ledger.opened,ledger,,actor,,,The ledger is open\n",
        encoding="utf-8",
    )
    (tmp_path / "event_details.csv").write_text(
        "detail,event_type,field,value,verdict\nledger_dry,ledger.sealed,debugData.dryRun,true,reports\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(OWN, str(tmp_path))
    log = log_of(
        _ledger_event(1, "ledger.sealed"),
        _ledger_event(2, "ledger.opened"),
        _ledger_event(3, "ledger.sealed", dryRun="true"),
    )

    assert load().mistakes == ()
    rows = with_state(failures(log), recovery(log, log.window(), everyone=True))
    assert rows[["code", "operation", "hit_type", "hit", "state"]].to_dict("records") == [
        {
            "code": "ledger_sealed",
            "operation": "ledger",
            "hit_type": "user",
            "hit": "ada@example.com",
            "state": "recovered",
        }
    ]


def test_a_wrong_word_in_the_table_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest stays usable."""
    (tmp_path / "event_types.csv").write_text("event_type,hit\na.b,usr\n", encoding="utf-8")
    monkeypatch.setenv(OWN, str(tmp_path))

    assert "event_types.csv: line 2: hit: usr is none of user, actor" in load().mistakes[0]
