"""What further event types around failures mean: one small event of each type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factories import M365, event
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from kit.catalogue import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

ADA = {"id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada"}
SYSTEM = {"id": "okta.sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}
AGENT = {"id": "a53", "type": "Agent", "alternateId": "unknown", "displayName": "dc1"}
HOOK = {"id": "who1", "type": "InlineHook", "alternateId": "unknown", "displayName": "Claims"}
DEVICE = {"id": "guo1", "type": "Device", "alternateId": "unknown", "displayName": "Laptop"}

USER = ("user", "ada@example.com")
DC = ("agent", "dc1")
# Type, the result of the event, its code, who is hit, and a type that shows success, if any.
FAILS: list[tuple[str, str, str, tuple[str, str], str]] = [
    ("app.ad.api.user_import.account_locked", "SUCCESS", "AD_1909", USER, ""),
    (
        "app.ad.api.user_import.warn.skipped_contact.attribute_invalid_value",
        "SUCCESS",
        "import_user_skipped",
        ("other", "Laptop"),
        "",
    ),
    (
        "app.kerberos_rich_client.account_not_found",
        "SUCCESS",
        "kerberos_user_not_found",
        USER,
        "app.kerberos_rich_client.user_authentication_successful",
    ),
    (
        "app.kerberos_rich_client.instance_not_found",
        "SUCCESS",
        "kerberos_app_not_found",
        USER,
        "app.kerberos_rich_client.user_authentication_successful",
    ),
    (
        "app.kerberos_rich_client.multiple_accounts_found",
        "SUCCESS",
        "kerberos_several_users",
        USER,
        "app.kerberos_rich_client.user_authentication_successful",
    ),
    ("app.ldap.password.change.failed", "SUCCESS", "ldap_password_not_changed", USER, ""),
    (
        "app.oauth2.as.authorize.scope_denied",
        "SUCCESS",
        "scope_denied",
        USER,
        "app.oauth2.as.authorize.code",
    ),
    (
        "app.radius.agent.listener.failed",
        "SUCCESS",
        "radius_listener_failed",
        DC,
        "app.radius.agent.listener.succeeded",
    ),
    (
        "app.radius.agent.port_inaccessible",
        "SUCCESS",
        "radius_port_inaccessible",
        DC,
        "app.radius.agent.port_reaccessible",
    ),
    (
        "core.user_auth.idp.x509.crl_download_failure",
        "SUCCESS",
        "crl_not_downloaded",
        ("other", "Laptop"),
        "",
    ),
    ("pki.cert.crl_download_failure", "SUCCESS", "crl_not_downloaded", ("other", "Laptop"), ""),
    (
        "device.password_sync.authentication",
        "FAILURE",
        "device_sign_in_failed",
        USER,
        "device.password_sync.authentication",
    ),
    (
        "device.platform_sso.authentication",
        "FAILURE",
        "device_sign_in_failed",
        USER,
        "device.platform_sso.authentication",
    ),
    (
        "device.password_sync.enrollment.create",
        "FAILURE",
        "device_not_enrolled",
        USER,
        "device.password_sync.enrollment.create",
    ),
    (
        "device.platform_sso.enrollment.create",
        "FAILURE",
        "device_not_enrolled",
        USER,
        "device.platform_sso.enrollment.create",
    ),
    ("device.custom_push.send_notification", "FAILURE", "message_not_delivered", USER, ""),
    ("group.user_membership.rule.error", "SUCCESS", "group_rule_error", ("other", "Laptop"), ""),
    (
        "group.user_membership.rule.invalidate",
        "SUCCESS",
        "group_rule_invalid",
        ("other", "Laptop"),
        "",
    ),
    ("policy.rule.invalidate", "SUCCESS", "policy_rule_invalid", ("other", "Laptop"), ""),
    ("inline_hook.response.processed", "FAILURE", "inline_hook_failed", ("hook", "Claims"), ""),
    ("inline_hook.verified", "FAILURE", "inline_hook_failed", ("hook", "Claims"), ""),
    ("event_hook.verified", "FAILURE", "event_hook_failed", ("hook", "Claims"), ""),
    (
        "mim.command.generic.error",
        "SUCCESS",
        "device_command_failed",
        ("other", "Laptop"),
        "mim.command.generic.acknowledged",
    ),
    (
        "mim.command.ios.error",
        "SUCCESS",
        "device_command_failed",
        ("other", "Laptop"),
        "mim.command.ios.acknowledged",
    ),
    (
        "mim.command.ios.formaterror",
        "SUCCESS",
        "device_command_malformed",
        ("other", "Laptop"),
        "mim.command.ios.acknowledged",
    ),
    ("security.breached_credential.detected", "SUCCESS", "breached_password", USER, ""),
    ("system.agent.auto_update", "FAILURE", "agent_not_updated", DC, ""),
    ("system.agent_pools.auto_update", "FAILURE", "agent_not_updated", ("other", "Laptop"), ""),
    ("system.email.delivery", "FAILURE", "email_not_delivered", USER, ""),
    ("system.email_domain.verify", "FAILURE", "email_domain_not_verified", ("other", "Laptop"), ""),
    (
        "system.identity_sources.bulk_upsert",
        "FAILURE",
        "identity_source_refused",
        ("app", "Microsoft Office 365"),
        "",
    ),
    (
        "system.identity_sources.bulk_delete",
        "FAILURE",
        "identity_source_refused",
        ("app", "Microsoft Office 365"),
        "",
    ),
    (
        "system.identity_sources.user.create",
        "FAILURE",
        "identity_source_refused",
        ("app", "Microsoft Office 365"),
        "",
    ),
    ("system.iwa.go_offline", "SUCCESS", "iwa_offline", DC, "system.iwa.go_online"),
    ("system.iwa_agentless.auth", "FAILURE", "iwa_sign_in_failed", USER, ""),
    (
        "system.iwa_agentless.user.not_found",
        "SUCCESS",
        "iwa_user_not_found",
        USER,
        "system.iwa_agentless.auth",
    ),
    ("system.ldapi.admin_limit_exceeded", "SUCCESS", "ldap_limit_exceeded", USER, ""),
    ("system.ldapi.search", "FAILURE", "ldap_search_failed", USER, ""),
    (
        "system.sms.send_factor_verify_message",
        "FAILURE",
        "message_not_sent",
        USER,
        "system.sms.send_factor_verify_message",
    ),
    (
        "system.sms.send_okta_push_verify_message",
        "FAILURE",
        "message_not_sent",
        USER,
        "system.sms.send_okta_push_verify_message",
    ),
    (
        "system.sms.send_password_reset_message",
        "FAILURE",
        "message_not_sent",
        USER,
        "system.sms.send_password_reset_message",
    ),
    (
        "system.sms.receive_status",
        "FAILURE",
        "message_not_delivered",
        USER,
        "system.sms.receive_status",
    ),
    (
        "system.voice.send_mfa_challenge_call",
        "FAILURE",
        "message_not_sent",
        USER,
        "system.voice.send_mfa_challenge_call",
    ),
    ("system.voice.send_call", "FAILURE", "message_not_sent", USER, "system.voice.send_call"),
    (
        "system.voice.receive_status",
        "FAILURE",
        "message_not_delivered",
        USER,
        "system.voice.receive_status",
    ),
    ("user.account.lock.limit", "SUCCESS", "LOCKED_OUT", USER, "user.account.unlock"),
    ("user.account.unlock_failure", "SUCCESS", "unlock_failed", USER, "user.account.unlock"),
    ("user.credential.enroll", "FAILURE", "device_not_enrolled", USER, ""),
    ("user.import.password", "FAILURE", "password_not_imported", USER, ""),
    (
        "user.lifecycle.jit.error.read_only",
        "SUCCESS",
        "jit_read_only",
        USER,
        "user.lifecycle.create",
    ),
    (
        "pam.security_policy.evaluate",
        "SUCCESS",
        "privileged_access_denied",
        USER,
        "pam.server.ssh_login",
    ),
    (
        "pam.server_account.password_change.update",
        "FAILURE",
        "password_not_rotated",
        ("other", "Laptop"),
        "",
    ),
    (
        "pam.service_account.password_rotation.end",
        "FAILURE",
        "password_not_rotated",
        ("other", "Laptop"),
        "",
    ),
]

REPORTS = [
    "pki.ca.expiration.warn",
    "mim.command.generic.notnow",
    "security.session.detect_client_roaming",
    "user.account.report_suspicious_activity_by_enduser",
    "user.risk.change",
    "user.risk.detect",
    "user.session.context.change",
    "policy.entity_risk.evaluate",
    "access.request.reject",
    "access.request.expire",
]


_ORDER = list(enumerate(FAILS))


def _event(
    minute: int, type_: str, result: str, hit: tuple[str, str], hour: int = 9
) -> dict[str, Any]:
    app = M365 if hit[0] == "app" else None
    made = event(
        f"2026-10-27T{hour:02}:{minute:02}:00Z", type_=type_, result=result, user=None, app=app
    )
    made["actor"] = ADA if hit[0] == "user" else SYSTEM
    made["target"] += {"agent": [AGENT], "hook": [HOOK], "other": [DEVICE]}.get(hit[0], [])
    made["client"] = {"ipAddress": "192.0.2.10"}
    return made | {"debugContext": {"debugData": {}}}


def _states(log: Log) -> list[tuple[str, str, str, str]]:
    rows = with_state(failures(log), recovery(log, log.window(), everyone=True))
    columns = (rows[c].fillna("") for c in ("code", "hit_type", "hit", "state"))
    return list(zip(*columns, strict=True))


def test_a_failure_names_its_code_and_who_is_hit(log_of: Callable[..., Log]) -> None:
    """One failure an event, and it goes on where a type shows its success."""
    types = load().event_types
    log = log_of(*(_event(n, type_, result, hit) for n, (type_, result, _, hit, _) in _ORDER))

    rows = _states(log)

    assert sorted(row[:3] for row in rows) == sorted((code, *hit) for _, _, code, hit, _ in FAILS)
    assert {
        (code, *hit, "still_failing")
        for type_, _, code, hit, success in FAILS
        if success and types[type_].verdict != "only_fails"
    } <= set(rows)


def test_what_shows_success_recovers_it(log_of: Callable[..., Log]) -> None:
    """By the type that the table names, of the same user, agent, hook or device."""
    mine = [(n, one) for n, one in _ORDER if one[-1]]
    before = [_event(n, type_, result, hit) for n, (type_, result, _, hit, _) in mine]
    after = [_event(n, good, "SUCCESS", hit, 10) for n, (*_, hit, good) in mine]

    assert sorted(_states(log_of(*before, *after))) == sorted(
        (code, *hit, "recovered") for _, (_, _, code, hit, _) in mine
    )


def test_a_report_is_no_failure(log_of: Callable[..., Log]) -> None:
    """Whatever its result."""
    results = ("SUCCESS", "FAILURE", "DENY")

    assert _states(log_of(*(_event(1, t, r, USER) for t in REPORTS for r in results))) == []
