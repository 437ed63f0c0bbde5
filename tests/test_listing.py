"""A listing of failures says who is hit, and reads published events right."""

from __future__ import annotations

from pathlib import Path

import pytest

from factories import event, write_export
from kit.commands.listing import COLUMNS, listing

FIELD = Path(__file__).parent.parent.parent / "shared" / "field"


def test_a_listing_says_who_is_hit_behind_the_kind(tmp_path: Path) -> None:
    """In this order, also for machines."""
    billing = {
        "id": "0oa8",
        "type": "PublicClientApp",
        "alternateId": "0oa8",
        "displayName": "Billing",
    }
    refused = event(type_="app.oauth2.as.token.grant", user=None, app=None) | {"actor": billing}
    path = write_export(tmp_path / "x.ndjson", [refused])

    rows = listing(
        [str(path)], since=None, until=None, app=None, code=None, still_failing=False
    ).rows

    assert list(rows) == list(COLUMNS)
    assert COLUMNS[-5:] == ("uuid", "state", "kind", "hit_type", "hit")
    assert rows[["state", "hit_type", "hit"]].to_dict("records") == [
        {"state": "still_failing", "hit_type": "client", "hit": "Billing"}
    ]


RIGHT = {
    "01": [
        ("AD_1329", "dana@example.com", "still_failing"),
        ("AD_1793", "eli@example.com", "still_failing"),
    ],
    "02": [("app_sign_on_denied", "dana@example.com", "still_failing")],
    "03": [("factor_not_accepted", "dana@example.com", "still_failing")],
    "05": [("passkey_failed", "dana@example.com", "still_failing")],
    "06": [("log_stream_stopped", "SIEM stream", "still_failing")],
    "07": [("idp_user_not_matched", "fay@example.com", "recovered")],
    "09": [("app_not_assigned", "dana@example.com", "")],
    "11": [("invalid_client", "Billing service", "recovered")],
    "13": [("refresh_token_reused", "dana@example.com", "")],
    "16": [("invalid_user_state", "dana@example.com", "still_failing")],
    "17": [],
    "19": [("org_concurrency_limit", "svc-sync@example.com", "")],
    "22": [("login_taken", "ida@example.com", "still_failing")],
    "25": [("agent_disconnected", "dc1.example.com", "recovered")],
    "27": [("group_push_failed", "Sales", "recovered")],
    "30": [("token_outside_network", "svc-sync@example.com", "")],
    "31": [("ldap_bind_refused", "svc-ldap@example.com", "recovered")],
    "33": [("import_roadblock", "HR", "recovered")],
    "34": [("user_rate_limit", "dana@example.com", "")],
    "37": [("GENERAL_NONSUCCESS", "fay@example.com", "still_failing")],
    "38": [
        ("saml_replayed", "fay@example.com", "still_failing"),
        ("saml_not_valid", "Partner SAML", ""),
    ],
    "39": [("factor_not_enrolled", "dana@example.com", "still_failing")],
    "40": [("AD_1326", "dana@example.com", "recovered")],
    "42": [("INVALID_CREDENTIALS", "dana@example.com", "recovered")],
    "46": [("access_not_removed", "dana@example.com", "still_failing")],
}


@pytest.mark.skipif(not FIELD.is_dir(), reason="the field's own inputs are not here")
@pytest.mark.parametrize("case", RIGHT)
def test_events_of_the_field_are_read_right(case: str) -> None:
    """Published events, each with its right reading."""
    (path,) = (FIELD / "semantics").glob(f"{case}-*.ndjson")

    rows = listing(
        [str(path)], since=None, until=None, app=None, code=None, still_failing=False
    ).rows

    assert list(zip(rows["code"], rows["hit"], rows["state"], strict=True)) == RIGHT[case]


@pytest.mark.parametrize("asked", ["Desk", "service cloud", "0oadesk"])
def test_a_renamed_app_is_listed_whole_under_each_of_its_names(asked: str, tmp_path: Path) -> None:
    """As in every other answer: the app is told by its id."""
    names = ("Desk", "Desk", "Service Cloud")
    events = [
        event(f"2026-10-27T09:0{n}:00Z", app={"id": "0oadesk", "name": name}, transaction=f"t{n}")
        for n, name in enumerate(names)
    ]
    events.append(event("2026-10-27T10:00:00Z", transaction="other"))
    path = write_export(tmp_path / "x.ndjson", events)

    rows = listing(
        [str(path)], since=None, until=None, app=asked, code=None, still_failing=False
    ).rows

    assert rows["app"].tolist() == list(names)


def test_what_concerns_no_app_is_listed_by_the_name_that_pages_give_it(tmp_path: Path) -> None:
    """``Okta sign-in``, as notebooks take it."""
    sign_in = event(type_="user.session.start", app=None, user=None)
    path = write_export(tmp_path / "x.ndjson", [sign_in, event()])

    rows = listing(
        [str(path)], since=None, until=None, app="Okta sign-in", code=None, still_failing=False
    ).rows

    assert rows["uuid"].tolist() == [sign_in["uuid"]]
