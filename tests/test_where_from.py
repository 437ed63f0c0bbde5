"""Columns of where an event came from, from what and by what; old lakes get them by recoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import event, write_export
from kit.events import UnfitEventError, decode
from kit.lake import Lake, add, recode
from kit.lake.overview import overview
from kit.log.log import open_log

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent / "../../shared/samples"

CONTEXT: dict[str, Any] = {
    "client": {
        "ipAddress": "192.0.2.7",
        "zone": "Office",
        "device": "Computer",
        "userAgent": {"rawUserAgent": "UA/1", "os": "Mac OS X", "browser": "SAFARI"},
        "geographicalContext": {"country": "Norway", "state": "Vestland", "city": "Bergen"},
    },
    "securityContext": {"asNumber": 64500, "asOrg": "Example Net", "isProxy": False},
    "authenticationContext": {"externalSessionId": "idxA", "credentialType": "PASSWORD"},
    "device": {"id": "guo1", "name": "Bergen laptop"},
    "transaction": {"id": "t1", "type": "WEB", "detail": {"requestApiTokenId": "00T1"}},
}
COLUMNS = {
    "geo_state": "Vestland",
    "zone": "Office",
    "client_device": "Computer",
    "client_os": "Mac OS X",
    "client_browser": "SAFARI",
    "as_number": 64500,
    "as_org": "Example Net",
    "is_proxy": False,
    "session_id": "idxA",
    "credential_type": "PASSWORD",
    "device_id": "guo1",
    "device_name": "Bergen laptop",
    "policy_rule": "Deny outside",
    "agent_name": "dc1.example.com",
    "api_token_id": "00T1",
}


def whole_event() -> dict[str, Any]:
    """An event that says all of it."""
    one = event() | json.loads(json.dumps(CONTEXT))
    one["target"] += [
        {"id": "0pr1", "type": "PolicyRule", "displayName": "Deny outside"},
        {"id": "a53", "type": "AD Agent", "displayName": "dc1.example.com"},
    ]
    return one


def columns_of(log: Any) -> list[dict[str, Any]]:
    """The columns of all events, by uuid."""
    rows: list[dict[str, Any]] = (
        log.events.order_by("uuid").select(*COLUMNS).to_pyarrow().to_pylist()
    )
    return rows


def test_an_event_says_where_from_from_what_and_by_what(log_of: Callable[..., Any]) -> None:
    """Each value in its column; of an event that says nothing of it all are null."""
    assert columns_of(log_of(whole_event(), event())) == [COLUMNS, dict.fromkeys(COLUMNS)]


def test_the_columns_follow_those_that_were_there(log_of: Callable[..., Any]) -> None:
    """Who reads the lake by place is not led astray."""
    assert log_of(event()).events.columns[-16:] == ("wrapper", *COLUMNS)


def test_an_agent_that_acts_is_the_agent(log_of: Callable[..., Any]) -> None:
    """As well as one that is a target."""
    actor = {"id": "a53", "type": "AD Agent", "alternateId": "unknown", "displayName": "dc2"}

    assert columns_of(log_of(event(actor=actor)))[0]["agent_name"] == "dc2"


def test_a_word_for_nothing_is_null(log_of: Callable[..., Any]) -> None:
    """Okta writes ``null`` and ``unknown`` as texts."""
    one = event(client={"zone": "null"}, authenticationContext={"externalSessionId": "unknown"})

    assert columns_of(log_of(one)) == [dict.fromkeys(COLUMNS)]


def test_numbers_and_truth_as_text_are_read(log_of: Callable[..., Any]) -> None:
    """Tables write them so."""
    one = event(securityContext={"asNumber": "64500", "isProxy": "true", "asOrg": 7})

    row = columns_of(log_of(one))[0]

    assert (row["as_number"], row["is_proxy"], row["as_org"]) == (64500, True, None)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
PARTS = ("securityContext", "authenticationContext", "device")
LEAVES = [
    *(("client", name) for name in ("zone", "device")),
    *(("client", "userAgent", name) for name in ("os", "browser")),
    ("client", "geographicalContext", "state"),
    *(("securityContext", name) for name in ("asNumber", "asOrg", "isProxy")),
    *(("authenticationContext", name) for name in ("externalSessionId", "credentialType")),
    *(("device", name) for name in ("id", "name")),
    ("transaction", "detail"),
    ("transaction", "detail", "requestApiTokenId"),
    *((part,) for part in PARTS),
]


@given(st.sampled_from(LEAVES), ODD)
def test_no_event_is_refused_for_its_context(path: tuple[str, ...], value: Any) -> None:
    """Whatever stands there; the rest of the event is as it was."""
    one = whole_event()
    part = one
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    parsed, _ = decode(json.dumps(one).encode())

    assert parsed.client is not None
    assert parsed.client.ip_address == "192.0.2.7"


def test_an_odd_context_and_half_a_sign_in_one_event_are_both_read() -> None:
    """In whatever order they stand."""
    one = event(securityContext={"asNumber": "x"}, displayMessage="half \ud800")

    parsed, _ = decode(json.dumps(one).encode())

    assert parsed.display_message == "half \ufffd"


@pytest.mark.parametrize("part", ["client", "transaction", "actor", "outcome"])
def test_what_was_refused_before_still_is(part: str) -> None:
    """An event whose parts are texts is none."""
    with pytest.raises(UnfitEventError, match=part):
        decode(json.dumps(event() | {part: "text"}).encode())


def test_recoding_fills_the_columns_of_an_older_lake(tmp_path: Path) -> None:
    """Until then they are null, and ``okta-kit lake`` says what to do."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", [whole_event(), event()])])
    (path,) = lake.files(lake.days()[0])
    older = pq.read_table(path).drop_columns(list(COLUMNS))
    pq.write_table(older, path)

    assert columns_of(open_log(lake.folder)) == [dict.fromkeys(COLUMNS)] * 2
    facts = overview(lake)
    assert facts["catalogue_version"] not in facts["catalogue"]
    assert recode(lake) == 1
    assert columns_of(open_log(lake.folder)) == [COLUMNS, dict.fromkeys(COLUMNS)]
    assert recode(lake) == 0
    assert list(overview(lake)["catalogue"]) == [facts["catalogue_version"]]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the public samples are not here")
@pytest.mark.parametrize("name", ["grove", "rapid7", "sekoia-intake"])
def test_public_samples_have_their_network_and_session(name: str) -> None:
    """As their JSON says it."""
    rows = open_log(SAMPLES / f"{name}.ndjson").events
    for one in rows.select("raw", "as_number", "as_org", "session_id").to_pyarrow().to_pylist():
        raw = json.loads(one["raw"])
        network = raw.get("securityContext") or {}
        session = (raw.get("authenticationContext") or {}).get("externalSessionId")
        assert one["as_number"] == network.get("asNumber")
        assert one["as_org"] == network.get("asOrg")
        assert one["session_id"] == (None if session == "unknown" else session)
