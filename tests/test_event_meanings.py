"""What an event's type means: what fails, who is hit, what shows that it works again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from factories import M365, event
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from kit.catalogue import load
from kit.catalogue.explain import explanation
from kit.catalogue.files import check_event_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

FIELD = Path(__file__).parent.parent.parent / "shared" / "field"
CATALOGUE = load()
ORDERS = {"id": "0oa1", "name": "Orders"}
ADA = {"id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada"}
SYSTEM = {"id": "okta.sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}
CLIENT = {"id": "0oa8", "type": "PublicClientApp", "alternateId": "0oa8", "displayName": "Billing"}
AGENT = {"id": "a53", "type": "AD Agent", "alternateId": "unknown", "displayName": "dc1"}
MFA = "user.authentication.auth_via_mfa"
GRANT = "app.oauth2.as.token.grant"


def _event(
    minute: int,
    type_: str,
    result: str = "FAILURE",
    *,
    actor: dict[str, str] | None = None,
    target: list[dict[str, str]] | None = None,
    debug: dict[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An event of a user's own, with no user among its targets unless one is given."""
    made = event(f"2026-10-27T09:{minute:02}:00Z", type_=type_, result=result, user=None, **more)
    made["actor"] = actor or ADA
    made["target"] += target or []
    made["client"] = {"ipAddress": "192.0.2.10"}
    return made | {"debugContext": {"debugData": debug or {}}}


def _own(minute: int, type_: str, result: str = "FAILURE", **more: Any) -> dict[str, Any]:
    return _event(minute, type_, result, **({"app": None} | more))


def _stated(log: Log) -> list[tuple[str, str, str, str]]:
    rows = with_state(failures(log), recovery(log, log.window(), everyone=True))
    hit = rows["hit_type"].fillna("") + " " + rows["hit"].fillna("")
    return list(zip(rows["code"], rows["operation"], hit, rows["state"], strict=True))


def _factor(minute: int, factor: str, result: str = "FAILURE", **more: Any) -> dict[str, Any]:
    reason = "INVALID_CREDENTIALS" if result == "FAILURE" else None
    debug = {"factor": factor, **more.pop("debug", {})}
    return _own(minute, MFA, result, reason=reason, debug=debug, **more)


GROUP = {"id": "00g1", "type": "UserGroup", "displayName": "Sales"}
STREAM = {"id": "0oaLS", "type": "LogStream", "displayName": "SIEM stream"}
ADA_HIT = "user ada@example.com"
CASES: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str, str]]]] = {
    "a refusal that reads SUCCESS": (
        [
            _event(
                1, "application.policy.sign_on.deny_access", "SUCCESS", actor=SYSTEM, target=[ADA]
            )
        ],
        [("app_sign_on_denied", "app sign-in", ADA_HIT, "still_failing")],
    ),
    "and the app that opens later": (
        [
            _event(
                1, "application.policy.sign_on.deny_access", "SUCCESS", actor=SYSTEM, target=[ADA]
            ),
            _event(2, "user.authentication.sso", "SUCCESS"),
        ],
        [("app_sign_on_denied", "app sign-in", ADA_HIT, "recovered")],
    ),
    "a push is not recovered by a password": (
        [_factor(1, "OKTA_VERIFY_PUSH"), _factor(2, "PASSWORD_AS_FACTOR", "SUCCESS")],
        [("factor_not_accepted", "second factor", ADA_HIT, "still_failing")],
    ),
    "nor a passkey by a message": (
        [_factor(1, "FIDO2_WEBAUTHN"), _factor(2, "SMS_FACTOR", "SUCCESS")],
        [("passkey_failed", "second factor", ADA_HIT, "still_failing")],
    ),
    "but by itself": (
        [_factor(1, "FIDO2_WEBAUTHN"), _factor(2, "FIDO2_WEBAUTHN", "SUCCESS")],
        [("passkey_failed", "second factor", ADA_HIT, "recovered")],
    ),
    "a password is the user's, whatever app": (
        [
            _factor(1, "PASSWORD_AS_FACTOR", app=ORDERS),
            _factor(2, "PASSWORD_AS_FACTOR", "SUCCESS", app=M365),
        ],
        [("INVALID_CREDENTIALS", "sign-in", ADA_HIT, "recovered")],
    ),
    "a push that its owner rejected": (
        [_factor(1, "OKTA_VERIFY_PUSH", debug={"pushOnlyResponseType": "OV_RESPONSE_DENY"})],
        [("deny_push", "second factor", ADA_HIT, "still_failing")],
    ),
    "a type for failures alone never fails still": (
        [_own(1, "user.mfa.okta_verify.deny_push", reason="Rejected")],
        [("deny_push", "second factor", ADA_HIT, "")],
    ),
    "but recovers with its operation": (
        [_own(1, "user.mfa.okta_verify.deny_push"), _own(2, MFA, "SUCCESS")],
        [("deny_push", "second factor", ADA_HIT, "recovered")],
    ),
    "not by the password": (
        [
            _own(1, "user.mfa.okta_verify.deny_push"),
            _factor(2, "PASSWORD_AS_FACTOR", "SUCCESS"),
        ],
        [("deny_push", "second factor", ADA_HIT, "")],
    ),
    "an app that is not assigned": (
        [_event(1, "app.generic.unauth_app_access_attempt", reason="Something else")],
        [("app_not_assigned", "app sign-in", ADA_HIT, "")],
    ),
    "a client whose grant has another type": (
        [
            _own(1, GRANT, actor=CLIENT, reason="invalid_client"),
            _own(2, GRANT + ".access_token", "SUCCESS", actor=CLIENT),
        ],
        [("invalid_client", "token grant", "client Billing", "recovered")],
    ),
    "a client that still fails": (
        [
            _own(1, GRANT, actor=CLIENT, reason="invalid_client"),
            _own(2, GRANT + ".access_token", "SUCCESS", actor=CLIENT | {"id": "0oa9"}),
        ],
        [("invalid_client", "token grant", "client Billing", "still_failing")],
    ),
    "an agent": (
        [
            _event(1, "system.agent.ad.connect", actor=AGENT, reason="No way out"),
            _event(2, "system.agent.ad.connect", "SUCCESS", actor=AGENT),
        ],
        [("agent_disconnected", "directory agent", "agent dc1", "recovered")],
    ),
    "a group": (
        [
            _event(
                1,
                "application.provision.group_push.mapping.update.or.delete.failed.with.error",
                actor=SYSTEM,
                target=[GROUP],
            ),
            _event(2, "application.provision.group_push.pushed", "SUCCESS", target=[GROUP]),
        ],
        [("group_push_failed", "group push", "group Sales", "recovered")],
    ),
    "a group whose mapping was made anew or switched off and on sends nothing yet": (
        [
            _event(1, "application.provision.group_push.pushed", reason="503", target=[GROUP]),
            *(
                _event(n, f"application.provision.group_push.{step}", "SUCCESS", target=[GROUP])
                for n, step in enumerate(
                    ("deactivate_mapping", "activate_mapping", "mapping.created"), 2
                )
            ),
        ],
        [("HTTP_503", "group push", "group Sales", "still_failing")],
    ),
    "an import that begins again and gets as far as before": (
        [
            _event(1, "system.import.start", "SUCCESS", actor=SYSTEM),
            _event(2, "system.import.complete", actor=SYSTEM, reason="500 Internal Server Error"),
            *(
                _event(n, f"system.import.{step}", "SUCCESS", actor=SYSTEM)
                for n, step in enumerate(("schedule", "start", "download.complete"), 3)
            ),
        ],
        [("HTTP_500", "import", "app Microsoft Office 365", "still_failing")],
    ),
    "an import that could not begin, and one that did": (
        [
            _event(1, "system.import.start", actor=SYSTEM, reason="500 Internal Server Error"),
            _event(2, "system.import.complete", "SUCCESS", actor=SYSTEM),
        ],
        [("HTTP_500", "import start", "app Microsoft Office 365", "recovered")],
    ),
    "a deletion that is planned is none": (
        [
            _event(1, "application.provision.user.delete", reason="503", target=[ADA]),
            _event(2, "application.provision.user.delete.schedule", "SUCCESS", target=[ADA]),
        ],
        [("HTTP_503", "deletion", ADA_HIT, "still_failing")],
    ),
    "an app whose imports stand still": (
        [
            _event(1, "system.import.roadblock", "SUCCESS", actor=SYSTEM),
            _event(2, "system.import.user.complete", "SUCCESS", actor=SYSTEM),
        ],
        [("import_roadblock", "import", "app Microsoft Office 365", "still_failing")],
    ),
    "a log stream that Okta stopped, and one that an admin did": (
        [
            _own(
                1,
                "system.log_stream.lifecycle.deactivate",
                "SUCCESS",
                actor=SYSTEM,
                target=[STREAM],
            ),
            _own(2, "system.log_stream.lifecycle.deactivate", "SUCCESS", target=[STREAM]),
        ],
        [("log_stream_stopped", "log stream", "other SIEM stream", "still_failing")],
    ),
    "an address": (
        [_own(1, "security.request.blocked", "DENY", actor=SYSTEM)],
        [("request_blocked", "blocked request", "address 192.0.2.10", "")],
    ),
    "one user is limited, the org is not": (
        [
            _own(
                1,
                "system.operation.rate_limit.violation",
                "DENY",
                reason="Too many requests",
                debug={"operationRateLimitScopeType": "User"},
            )
        ],
        [("user_rate_limit", "system.operation.rate_limit.violation", ADA_HIT, "")],
    ),
    "the org is limited, whatever the text says": (
        [_own(1, "system.org.rate_limit.violation", reason="Rate limit violation")],
        [
            (
                "org_rate_limit",
                "system.org.rate_limit.violation",
                "client ada@example.com",
                "",
            )
        ],
    ),
    "an unknown violation": (
        [_own(1, "ledger.limit.violation", "SUCCESS", target=[STREAM])],
        [("NO_REASON", "ledger.limit.violation", "other SIEM stream", "")],
    ),
    "reports are neither": (
        [
            _own(1, "security.threat.detected", "ALLOW", reason="Password Spray"),
            _own(2, "policy.auth_reevaluate.fail", debug={"CaeEnforceMode": "false"}),
            _own(3, "user.mfa.attempt_bypass", "SUCCESS"),
            _own(4, "system.org.rate_limit.warning", "SUCCESS"),
        ],
        [],
    ),
    "a threat that was refused": (
        [_own(1, "security.threat.detected", "DENY", reason="Password Spray", actor=SYSTEM)],
        [("password_spray", "threat detection", "address 192.0.2.10", "")],
    ),
    "skipped work is undone work": (
        [_event(1, "certification.campaign.item.remediate", "SKIPPED", target=[ADA])],
        [("access_not_removed", "access removal", ADA_HIT, "still_failing")],
    ),
    "the directory's own code": (
        [
            _event(
                1,
                "user.authentication.auth_via_AD_agent",
                reason="Login failed",
                debug={"ErrorCode": "1329"},
            ),
            _own(2, "user.session.start", "SUCCESS"),
        ],
        [("AD_1329", "sign-in", ADA_HIT, "recovered")],
    ),
    "the LDAP interface logs failures alone": (
        [
            _own(1, "system.ldapi.bind", reason="invalidCredentials (49)"),
            _own(2, "user.session.start", "SUCCESS"),
        ],
        [("ldap_bind_refused", "sign-in", ADA_HIT, "recovered")],
    ),
    "ALLOW worked, CHALLENGE did neither": (
        [
            _own(1, "policy.evaluate_sign_on", "DENY"),
            _own(2, "policy.evaluate_sign_on", "CHALLENGE"),
            _own(
                3, "policy.evaluate_sign_on", "ALLOW", actor=ADA | {"alternateId": "bo@example.com"}
            ),
        ],
        [("sign_on_denied", "sign-in", ADA_HIT, "still_failing")],
    ),
    "nobody answered the factor": (
        [
            _own(1, "user.authentication.auth_via_mfa", result, debug={"factor": factor})
            for result, factor in (("UNANSWERED", "OKTA_VERIFY_PUSH"), ("ABANDONED", "SMS_FACTOR"))
        ],
        [("factor_not_accepted", "second factor", ADA_HIT, "still_failing")] * 2,
    ),
    "a wrapper does not speak": (
        [
            _own(
                1,
                "user.authentication.auth_via_social",
                reason="Unable to JIT user",
                transaction="t",
            ),
            _own(2, "user.lifecycle.create", reason="lastName is missing", transaction="t"),
        ],
        [("missing_attribute", "user creation", ADA_HIT, "still_failing")],
    ),
    "Okta itself is nobody's client": (
        [
            _own(
                1,
                "application.provision.user.push",
                reason="matching user not found",
                actor={"alternateId": "system@okta.com"},
            )
            | {"client": None}
        ],
        [("matching_user_not_found", "provisioning", " ", "")],
    ),
    "nobody is known": (
        [
            _own(
                1,
                "user.session.start",
                reason="VERIFICATION_ERROR",
                actor={"id": "unknown", "type": "User", "alternateId": "unknown"},
            )
        ],
        [("VERIFICATION_ERROR", "sign-in", "address 192.0.2.10", "")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_event_says_what_its_type_means(case: str, log_of: Callable[..., Log]) -> None:
    """The code, the operation, who is hit and whether that still fails."""
    events, right = CASES[case]

    assert _stated(log_of(*events)) == right


@pytest.mark.parametrize("result", ["UNANSWERED", "ABANDONED", "RATE_LIMIT", "DENY", "FAILURE"])
def test_these_results_fail(result: str, log_of: Callable[..., Log]) -> None:
    """Whatever the type, unless it only reports."""
    assert len(failures(log_of(event(result=result)))) == 1


@pytest.mark.parametrize(
    "result", ["CHALLENGE", "SCHEDULED", "DEFERRED", "SKIPPED", "UNKNOWN", "NEW"]
)
def test_these_results_neither_fail_nor_work(result: str, log_of: Callable[..., Log]) -> None:
    """A failure before them is still one."""
    log = log_of(event(), event("2026-10-27T09:06:00Z", result=result))

    assert [state for *_, state in _stated(log)] == ["still_failing"]


def test_an_actor_who_acts_for_somebody_else_is_not_hit(log_of: Callable[..., Log]) -> None:
    """An admin, a job: provisioning, imports and API errors name no user by their actor."""
    types = (
        "application.provision.user.push",
        "system.import.start",
        "application.lifecycle.update",
    )

    found = failures(log_of(*(event(type_=one, user=None) for one in types)))

    assert found["user"].isna().all()
    assert set(found["hit_type"]) == {"app"}


def test_two_groups_of_one_transaction_are_two_failures(log_of: Callable[..., Log]) -> None:
    """Each is followed by itself; a user of the same transaction is explained by both."""
    push = "application.provision.group_push.mapping.update.or.delete.failed"
    both = [
        _event(
            n,
            push,
            target=[GROUP | {"id": f"00g{n}", "displayName": f"Group {n}"}],
            transaction="t",
        )
        for n in (1, 2)
    ]

    assert failures(log_of(*both))["hit"].tolist() == ["Group 1", "Group 2"]
    of_user = event("2026-10-27T09:03:00Z", transaction="t")
    found = failures(log_of(*both, of_user))
    assert found[["user", "code", "events"]].to_dict("records") == [
        {"user": "ada@example.com", "code": "group_push_retrying", "events": 3}
    ]


def test_an_event_is_explained_as_it_is_counted() -> None:
    """One way from event to code: the type's code outranks its text."""
    refused = _own(1, "system.org.rate_limit.violation", reason="Rate limit violation")

    assert explanation(refused).code == "org_rate_limit"


def test_the_rows_of_the_table_fit_one_another() -> None:
    """Types that they name are known, and every code has a meaning and a remedy."""
    check_event_types(CATALOGUE.event_types, CATALOGUE.event_details)
    rows = CATALOGUE.event_types.values()
    codes = {one.code or one.default_code for one in rows} | {
        one.code for one in CATALOGUE.event_details.values()
    }

    assert [c for c in sorted(codes - {""}) if not CATALOGUE.remedy(c)] == []
    assert [c for c in sorted(codes - {""}) if not CATALOGUE.meaning(c)] == []
