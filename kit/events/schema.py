"""The events table's schema, declared once; and which outcomes failed or worked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "FAILING_RESULTS", "SUCCEEDED_RESULTS", "Column", "schema"]

FAILING_RESULTS = ("FAILURE", "DENY", "RATE_LIMIT", "UNANSWERED", "ABANDONED")
"""Outcomes that make an event a failing one, unless its type only reports."""

SUCCEEDED_RESULTS = ("SUCCESS", "ALLOW")
"""Outcomes of what worked. All others (CHALLENGE, SCHEDULED, DEFERRED, SKIPPED, UNKNOWN, one that
is new) neither failed nor worked."""

_TIME, _TEXT, _LONG_TEXT = "timestamp[us, UTC]", "string", "large_string"
_SMALL, _WHOLE, _TRUTH = "int16", "int64", "bool"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the events table."""

    name: str
    type: str
    """Its Arrow type."""
    path: str
    """Where in the LogEvent the value stands, or which step of ingest makes it."""
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("uuid", _TEXT, "uuid", "the event's own id; unique in a log"),
    Column("published", _TIME, "published", "when it happened, UTC"),
    Column("event_type", _TEXT, "eventType", "what happened"),
    Column("display_message", _TEXT, "displayMessage", "Okta's words for the event type"),
    Column("severity", _TEXT, "severity", "DEBUG, INFO, WARN or ERROR"),
    Column("result", _TEXT, "outcome.result", "SUCCESS, FAILURE, DENY, SKIPPED, …"),
    Column("reason", _TEXT, "outcome.reason", "why, as Okta words it; often null"),
    Column("actor_id", _TEXT, "actor.id", "who did it"),
    Column("actor_type", _TEXT, "actor.type", "User, SystemPrincipal, PublicClientApp, …"),
    Column("actor_login", _TEXT, "actor.alternateId", "the actor's login"),
    Column("actor_name", _TEXT, "actor.displayName", "the actor's name"),
    Column("client_ip", _TEXT, "client.ipAddress", "where the request came from"),
    Column("user_agent", _TEXT, "client.userAgent.rawUserAgent", "the client, in its own words"),
    Column("country", _TEXT, "client.geographicalContext.country", "by Okta's IP data"),
    Column("city", _TEXT, "client.geographicalContext.city", "by Okta's IP data"),
    Column("app_id", _TEXT, "target[AppInstance].id", "the app instance"),
    Column("app_name", _TEXT, "target[AppInstance].displayName", "the app's name"),
    Column("user_id", _TEXT, "target[User|AppUser].id", "the user it was done to"),
    Column("user_login", _TEXT, "target[User|AppUser].alternateId", "that user's login"),
    Column("user_name", _TEXT, "target[User|AppUser].displayName", "that user's name"),
    Column("group_id", _TEXT, "target[UserGroup|AppGroup].id", "the group concerned"),
    Column("group_name", _TEXT, "target[UserGroup|AppGroup].displayName", "the group's name"),
    Column("transaction_id", _TEXT, "transaction.id", "what belongs together"),
    Column("transaction_type", _TEXT, "transaction.type", "WEB or JOB"),
    Column("request_id", _TEXT, "debugContext.debugData.requestId", "Okta's request"),
    Column("operation", _TEXT, "ingest", "what was attempted, in Okta's task words"),
    Column("code", _TEXT, "ingest", "the stable name of what went wrong; failing events only"),
    Column("family", _TEXT, "ingest", "the subject the code belongs to"),
    Column("http_status", _SMALL, "ingest", "the HTTP status in the reason"),
    Column("vendor_message", _TEXT, "ingest", "what the app's vendor said"),
    Column("trace_id", _TEXT, "ingest", "the vendor's Trace ID"),
    Column("correlation_id", _TEXT, "ingest", "the vendor's Correlation ID"),
    Column("vendor_request_id", _TEXT, "ingest", "the vendor's request id"),
    Column("hit_type", _TEXT, "ingest", "who is hit: user, client, group, agent, hook, address, …"),
    Column("hit_id", _TEXT, "ingest", "its id, where no other column has it"),
    Column("hit_name", _TEXT, "ingest", "its name, where no other column has it"),
    Column("factor", _TEXT, "debugContext.debugData.factor", "the factor, where the type has one"),
    Column("raw", _LONG_TEXT, "(the whole event)", "the event's JSON as received"),
    Column("wrapper", _TEXT, "ingest", "the product whose envelope or table it lay in, else null"),
    Column("geo_state", _TEXT, "client.geographicalContext.state", "by Okta's IP data"),
    Column("zone", _TEXT, "client.zone", "the network zone that the address lies in"),
    Column("client_device", _TEXT, "client.device", "Computer, Mobile, Tablet, Unknown, …"),
    Column("client_os", _TEXT, "client.userAgent.os", "the client's operating system"),
    Column("client_browser", _TEXT, "client.userAgent.browser", "CHROME, SAFARI, UNKNOWN, …"),
    Column("as_number", _WHOLE, "securityContext.asNumber", "the network: its AS number"),
    Column("as_org", _TEXT, "securityContext.asOrg", "who runs that network"),
    Column("is_proxy", _TRUTH, "securityContext.isProxy", "whether the address is a known proxy"),
    Column("session_id", _TEXT, "authenticationContext.externalSessionId", "the session in Okta"),
    Column(
        "credential_type",
        _TEXT,
        "authenticationContext.credentialType",
        "PASSWORD, OTP, ASSERTION, …; often null",
    ),
    Column("device_id", _TEXT, "device.id", "the device, where it is registered in Okta"),
    Column("device_name", _TEXT, "device.name", "the device's name"),
    Column(
        "policy_rule", _TEXT, "target[PolicyRule|Rule].displayName", "the policy rule that decided"
    ),
    Column(
        "agent_name", _TEXT, "target[… Agent].displayName", "the directory's agent that took part"
    ),
    Column(
        "api_token_id", _TEXT, "transaction.detail.requestApiTokenId", "the API token of a request"
    ),
)


@cache
def schema() -> pa.Schema:
    """Return the events table's Arrow schema; only ``uuid`` and ``published`` are never null."""
    import pyarrow as pa

    def arrow(name: str) -> pa.DataType:
        return pa.timestamp("us", tz="UTC") if name == _TIME else pa.type_for_alias(name)

    required = {"uuid", "published"}
    return pa.schema(
        [pa.field(c.name, arrow(c.type), nullable=c.name not in required) for c in COLUMNS]
    )
