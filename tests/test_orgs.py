"""Many orgs under one root: told apart in every count, and one summary of all."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

import kit
from factories import REFUSED, event, write_export
from incidents import simulate
from kit import trends
from kit.analysis.orgs import broken_connections, orgs_of, states_of_orgs
from kit.analysis.recovery import recovery
from kit.base.errors import SourceError, UsageError
from kit.base.windows import Coverage, Window, common
from kit.commands.app import app
from kit.commands.listing import COLUMNS
from kit.lake import Lake, add
from kit.lake.orgs import lake_of, lakes
from kit.log.log import open_log, to_pandas
from kit.views.tiles import coverage_tile

if TYPE_CHECKING:
    from pathlib import Path

ACME, GLOBEX, INITECH = "acme.okta.example", "globex.okta.example", "initech.okta.example"


def _write(path: Path, events: list[dict[str, Any]]) -> Path:
    write_export(path, events)
    return path


def _fill(root: Path, org: str, events: list[dict[str, Any]]) -> Lake:
    lake = Lake(root / org)
    add(lake, [_write(root.parent / f"{org}.ndjson", events)])
    return lake


def _minute(minute: int) -> str:
    return f"2026-10-27T09:{minute:02d}:00.000Z"


def _outage() -> list[dict[str, Any]]:
    """Three users fail, and nothing works from then on; something worked before."""
    before = event("2026-10-27T08:00:00.000Z", result="SUCCESS", user="ada@example.com")
    users = ("ada@example.com", "bo@example.com", "cy@example.com")
    failed = [event(_minute(n), reason=REFUSED, user=user) for n, user in enumerate(users, 5)]
    return [before, *failed]


def _mended() -> list[dict[str, Any]]:
    return [*_outage(), event(_minute(30), result="SUCCESS", user="bo@example.com")]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated orgs whose ids, logins and app names are the same, and one org twice."""
    root = tmp_path_factory.mktemp("many") / "lakes"
    for org, seed in ((ACME, 3), (GLOBEX, 5), (INITECH, 5)):
        _fill(root, org, simulate(seed).events)
    return root


def test_all_orgs_are_one_table_with_the_org_of_each_event(simulated: Path) -> None:
    """Events stand as Okta gave them, and their numbers are those of the lakes."""
    log = open_log(simulated)
    counts = to_pandas(log.events.group_by("org").aggregate(n=log.events.count()), by=["org"])
    alone = [open_log(simulated / org) for org in (ACME, GLOBEX, INITECH)]
    assert counts["org"].tolist() == [ACME, GLOBEX, INITECH]
    assert counts["n"].tolist() == [one.count for one in alone]
    assert log.count == sum(one.count for one in alone)
    mine = log.events.filter(log.events.org == GLOBEX).drop("org")
    pd.testing.assert_frame_equal(
        to_pandas(mine, by=["uuid"]), to_pandas(alone[1].events, by=["uuid"]), check_like=True
    )


def test_orgs_that_share_ids_and_names_are_counted_apart(simulated: Path) -> None:
    """Every number over all orgs is the sum of what each org says of itself."""
    log = open_log(simulated)
    window = log.window()
    together = trends(log, window)
    alone = {org: trends(open_log(simulated / org), window) for org in (ACME, GLOBEX, INITECH)}
    for name in ("failures", "attempts", "users"):
        assert together.totals[name] == sum(one.totals[name] for one in alone.values())
    counted = ["code", "failures", "attempts", "events", "users", "still_failing", "recovered"]
    expected = pd.concat(
        [
            one.by_code.loc[one.by_code["app"].notna(), ["app", *counted]].assign(
                app=lambda rows, org=org: rows["app"] + " · " + org
            )
            for org, one in alone.items()
        ]
    )
    found = together.by_code.loc[together.by_code["app"].notna(), ["app", *counted]]
    order = ["app", "code"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )
    rows = recovery(log, window)
    each = [recovery(open_log(simulated / org), window) for org in alone]
    assert rows["state"].value_counts().to_dict() == (
        pd.concat(each)["state"].value_counts().to_dict()
    )


def test_failures_of_all_orgs_are_listed_with_their_org(simulated: Path) -> None:
    """Ids stay as Okta gave them; the org comes behind the columns that one org has."""
    run = CliRunner().invoke(app, ["failures", "--source", str(simulated), "--format", "json"])
    assert run.exit_code == 0
    rows = json.loads(run.stdout)
    assert list(rows[0]) == [*COLUMNS, "org"]
    one = CliRunner().invoke(
        app, ["failures", "--source", str(simulated / GLOBEX), "--format", "json"]
    )
    mine = [{k: v for k, v in row.items() if k != "org"} for row in rows if row["org"] == GLOBEX]
    assert mine == json.loads(one.stdout)


def test_a_connection_is_broken_until_something_works_again(tmp_path: Path) -> None:
    """One org is down, one was mended, one has a single user's trouble."""
    root = tmp_path / "lakes"
    _fill(root, GLOBEX, _outage())
    _fill(root, ACME, _mended())
    _fill(root, INITECH, [event(_minute(9), reason=REFUSED, user="di@example.com")])
    log = open_log(root)
    states = states_of_orgs(orgs_of(log), log.window())
    assert [one.org for one in states] == [GLOBEX, ACME, INITECH]
    broken = {one.org: [] if one.broken is None else one.broken for one in states}
    assert [len(rows) for rows in broken.values()] == [1, 0, 0]
    row = broken[GLOBEX].iloc[0]
    assert (row["app"], row["code"], row["users"], row["failures"]) == (
        "Microsoft Office 365",
        "AADSTS50126",
        3,
        3,
    )
    assert row["since"] == pd.Timestamp("2026-10-27T09:05Z")
    assert [one.still_failing for one in states] == [3, 2, 1]


def test_a_simulated_outage_is_broken_until_its_fix(tmp_path: Path) -> None:
    """Of orgs whose truth is known: looked at during the outage, and after its fix."""
    for seed in range(40):
        truth = simulate(seed).truth
        if truth.radius == "connection" and truth.fix_at and truth.verdict == "holds":
            break
    root = tmp_path / "lakes"
    lake = _fill(root, ACME, simulate(seed).events)
    log = open_log(lake.folder)

    def seen(until: datetime) -> list[tuple[str, datetime]]:
        rows = broken_connections(log, Window(truth.since, until))
        rows = rows[(rows["code"] == "AADSTS50126") & rows["app"].str.startswith("Microsoft")]
        return [(row.app, row.since.to_pydatetime()) for row in rows.itertuples()]

    assert truth.fix_at
    assert seen(truth.fix_at - timedelta(minutes=1)) == [("Microsoft Office 365", truth.onset)]
    assert seen(truth.until) == []


def test_an_org_whose_lake_cannot_be_read_hides_none_of_the_others(tmp_path: Path) -> None:
    """It is named, nothing is said to be covered, and the others are counted."""
    root = tmp_path / "lakes"
    _fill(root, GLOBEX, _outage())
    spoilt = _fill(root, ACME, _mended())
    (spoilt.folder / "_manifest.json").write_text("{", encoding="utf-8")
    log = open_log(root)
    assert (log.orgs, list(log.unread)) == ((GLOBEX,), [ACME])
    assert not log.coverage(log.window()).complete
    states = states_of_orgs(orgs_of(log), log.window())
    assert [(one.org, bool(one.error)) for one in states] == [(GLOBEX, False), (ACME, True)]


def test_a_folder_where_no_lake_can_be_read_is_refused(tmp_path: Path) -> None:
    """Nothing could be looked at, which is not nothing found."""
    spoilt = _fill(tmp_path / "lakes", ACME, _outage())
    (spoilt.folder / "_manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read"):
        open_log(tmp_path / "lakes")


def test_an_org_is_found_by_its_host_name(simulated: Path) -> None:
    """Without case; a wrong name is told the nearest, and a lake itself holds no orgs."""
    assert list(lakes(simulated)) == [ACME, GLOBEX, INITECH]
    assert lakes(simulated / ACME) == {}
    assert lake_of(simulated, "Acme.OKTA.example").folder == simulated / ACME
    with pytest.raises(SourceError, match=r"Did you mean 'acme\.okta\.example'"):
        lake_of(simulated, "acme.okta.exampl")


def test_the_providers_summary_says_of_each_org_what_it_says_itself(
    simulated: Path, tmp_path: Path
) -> None:
    """The broken connections of all orgs are those of each."""
    words = ["report", "orgs", "--source", str(simulated), "--out", str(tmp_path)]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.stderr
    (facts,) = [json.loads(p.read_text()) for p in tmp_path.glob("orgs/*/summary.json")]
    assert sorted(one["org"] for one in facts["results"]["orgs"]) == [ACME, GLOBEX, INITECH]
    found = {(row["org"], row["app"], row["code"]) for row in facts["results"]["broken"]}
    alone = {
        (org, row.app, row.code)
        for org in (ACME, GLOBEX, INITECH)
        for row in broken_connections(
            open_log(simulated / org), Window(*_ends(facts["window"]))
        ).itertuples()
    }
    assert found == alone
    assert found


def test_a_report_can_be_made_for_each_org(tmp_path: Path) -> None:
    """Each from its own lake, in the same folder of reports."""
    root = tmp_path / "lakes"
    _fill(root, GLOBEX, _outage())
    _fill(root, ACME, _mended())
    words = ["--source", str(root), "--out", str(tmp_path / "out"), "--org", "each", "-j2"]
    run = CliRunner().invoke(app, ["report", "user_history", *words])
    assert run.exit_code == 0
    made = (tmp_path / "out").glob("user_history/*/summary.json")
    sources = {json.loads(path.read_text())["parameters"]["source"] for path in made}
    assert sources == {str(root / GLOBEX), str(root / ACME)}


def test_a_root_that_is_away_is_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    """A scheduler tries again what ends with 3, and not what ends with 2."""
    words = ["--source", str(tmp_path / "away"), "--out", str(tmp_path / "out"), "--org", ACME]

    run = CliRunner().invoke(app, ["report", "user_history", *words])

    assert isinstance(run.exception, SourceError)


def _ends(window: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(window["since"]), datetime.fromisoformat(window["until"])


def test_names_are_taken_out_of_one_org_at_a_time(simulated: Path, tmp_path: Path) -> None:
    """The names of many orgs carry the org, which a pseudonym would hide."""
    words = ["report", "orgs", "--redact", "--source", str(simulated), "--out", str(tmp_path)]
    run = CliRunner().invoke(app, words)
    assert isinstance(run.exception, UsageError | SystemExit)
    assert run.exit_code != 0


def test_common_time_is_what_all_hold() -> None:
    """The overlap of every coverage, and nothing where one holds nothing."""

    def day(number: int) -> datetime:
        return datetime.fromisoformat(f"2026-10-{number:02d}T00:00:00+00:00")

    first = [Window(day(1), day(5)), Window(day(7), day(9))]
    assert common([first, [Window(day(3), day(8))]]) == [
        Window(day(3), day(5)),
        Window(day(7), day(8)),
    ]
    assert common([first]) == first
    assert common([first, []]) == []
    assert common([]) == []


def test_failures_of_many_orgs_have_a_column_of_their_orgs(simulated: Path) -> None:
    """The same rows as each org lists, also where two orgs hold the same ids."""
    log = open_log(simulated)
    rows = kit.failures(log)
    alone = {org: kit.failures(open_log(simulated / org)) for org in (ACME, GLOBEX, INITECH)}

    assert rows.columns.get_loc("org") == len(COLUMNS)
    assert rows["org"].value_counts().to_dict() == {org: len(one) for org, one in alone.items()}
    assert set(rows["app"].dropna() + " ") == {
        f"{name} · {org} " for org, one in alone.items() for name in one["app"].dropna()
    }
    assert (rows["uuid"] == rows["org"] + "/" + rows["uuid"].str.partition("/")[2]).all()
    mine = kit.failures(log, org=GLOBEX.upper(), code="aadsts50126")
    assert set(mine["org"]) == {GLOBEX}
    assert len(mine) == (alone[GLOBEX]["code"] == "AADSTS50126").sum()
    assert "org" not in alone[ACME]


def test_orgs_that_reach_to_different_days_are_not_said_to_hold_no_data(simulated: Path) -> None:
    """What no part of which every org holds is held by some of them."""
    log = open_log(simulated)
    tile = coverage_tile(log.window(), Coverage((log.window(),)), "#about", many=True)
    assert (tile.number, tile.note) == ("0 %", "in all orgs")
    assert coverage_tile(log.window(), Coverage((log.window(),)), "#about").note == "no data"


def test_an_org_that_the_log_does_not_hold_is_answered_with_the_nearest(simulated: Path) -> None:
    with pytest.raises(UsageError, match=r"org: the log holds no .*acme\.okta\.example"):
        kit.failures(open_log(simulated), org="acme.okta.exampel")
    with pytest.raises(UsageError, match="no such column"):
        kit.failures(open_log(simulated / ACME), org=ACME)
