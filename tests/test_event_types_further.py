"""What further event types around failures mean: one small event of each type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from kit.catalogue import load
from made import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.engine import Log

ADA = {"id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada"}
SYSTEM = {"id": "okta.sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}
AGENT = {"id": "a53", "type": "Agent", "alternateId": "unknown", "displayName": "dc1"}
HOOK = {"id": "who1", "type": "InlineHook", "alternateId": "unknown", "displayName": "Claims"}
USER = ("user", "ada@example.com")
DC = ("agent", "dc1")
KERBEROS = "app.kerberos_rich_client."
RADIUS = "app.radius.agent."
IWA = "system.iwa_agentless."
# Type, the result of the event, its code, who is hit, and a type that shows success, if any.
FAILS: list[tuple[str, str, str, tuple[str, str], str]] = [
TABLE]

REPORTS = [
REPS]


def _event(minute: int, type_: str, result: str, hit: tuple[str, str]) -> dict[str, Any]:
    made = event(f"2026-10-27T09:{minute:02}:00Z", type_=type_, result=result, user=None, app=None)
    made["actor"] = ADA if hit[0] == "user" else SYSTEM
    made["target"] = {"agent": [AGENT], "hook": [HOOK], "other": [DEVICE]}.get(hit[0], [])
    made["client"] = {"ipAddress": "192.0.2.10"}
    return made | {"debugContext": {"debugData": {}}}


DEVICE = {"id": "guo1", "type": "Device", "alternateId": "unknown", "displayName": "Laptop"}


def _states(log: Log) -> list[tuple[str, str, str, str]]:
    rows = with_state(failures(log), recovery(log, log.window(), everyone=True))
    columns = (rows[c].fillna("") for c in ("code", "hit_type", "hit", "state"))
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(("type_", "result", "code", "hit", "success"), FAILS)
def test_a_failure_names_its_code_and_who_is_hit(
    type_: str,
    result: str,
    code: str,
    hit: tuple[str, str],
    success: str,
    opened: Callable[..., Log],
) -> None:
    """One failure; a type that exists for failures alone is never said to fail still."""
    alone = load().event_types[type_].verdict == "only_fails"

    rows = _states(opened(_event(1, type_, result, hit)))

    assert rows == [(code, *hit, "" if alone else "still_failing")]
    if success:
        both = opened(_event(1, type_, result, hit), _event(2, success, "SUCCESS", hit))
        assert _states(both) == [(code, *hit, "recovered")]


@pytest.mark.parametrize("result", ["SUCCESS", "FAILURE", "DENY"])
@pytest.mark.parametrize("type_", REPORTS)
def test_a_report_is_no_failure(type_: str, result: str, opened: Callable[..., Log]) -> None:
    """Whatever its result."""
    assert _states(opened(_event(1, type_, result, USER))) == []
