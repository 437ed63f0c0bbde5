"""One log in every form that products give it in: each takes events and gives a file's bytes."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, Any]
Events = list[Event]


def _lines(things: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in things)


def _each(wrapped: Callable[[Event], Any]) -> Callable[[Events], str]:
    return lambda events: _lines([wrapped(one) for one in events])


def _whole(wrapped: Callable[[Events], Any]) -> Callable[[Events], str]:
    return lambda events: json.dumps(wrapped(events))


def snake(name: str) -> str:
    """``alternateId`` as ``alternate_id``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def snaked(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake(name): snaked(one) for name, one in value.items()}
    return [snaked(one) for one in value] if isinstance(value, list) else value


def _elastic(one: Event) -> Event:
    okta = snaked({name: value for name, value in one.items() if value is not None})
    okta["debug_context"] = {"debug_data": {"flattened": one["debugContext"]["debugData"]}}
    okta["client"] = {"ip": one["client"]["ipAddress"]}
    del okta["published"], okta["severity"]
    return {
        "@timestamp": one["published"],
        "event": {
            "action": one["eventType"],
            "id": one["uuid"],
            "ingested": "2027-01-01T00:00:00Z",
        },
        "message": "user.session.start by somebody",
        "user": {"name": "somebody else"},
        "okta": okta,
    }


def _dotted(value: Event, prefix: str = "") -> Event:
    flat: Event = {}
    for name, one in value.items():
        if isinstance(one, dict):
            flat |= _dotted(one, f"{prefix}{name}.")
        elif isinstance(one, list) and one and isinstance(one[0], dict):
            for key in one[0]:
                flat[f"{prefix}{name}.{key}"] = [each[key] for each in one]
        else:
            flat[f"{prefix}{name}"] = [one]
    return flat


def _sentinel(one: Event) -> Event:
    return {
        "TenantId": "t",
        "TimeGenerated": one["published"],
        "EventOriginalUid": one["uuid"],
        "EventOriginalType": one["eventType"],
        "EventMessage": one["displayMessage"],
        "OriginalOutcomeResult": one["outcome"]["result"],
        "EventResult": "Failure",
        "EventOriginalResultDetails": one["outcome"]["reason"] or "",
        "OriginalSeverity": one["severity"],
        "EventSeverity": "High",
        "OriginalUserId": one["actor"]["id"],
        "OriginalUserType": one["actor"]["type"],
        "ActorUserType": "Regular",
        "OriginalActorAlternateId": one["actor"]["alternateId"],
        "ActorDisplayName": one["actor"]["displayName"],
        "SrcIpAddr": one["client"]["ipAddress"],
        "TransactionId": one["transaction"]["id"],
        "TransactionType": one["transaction"]["type"],
        "OriginalTarget": json.dumps(one["target"]),
        "DebugData": json.dumps(one["debugContext"]["debugData"]),
        "Type": "OktaV2_CL",
    }


def _okta_cl(one: Event) -> Event:
    return {
        "TimeGenerated": "2027-01-01T00:00:00Z",
        "published_t": one["published"],
        "uuid_g": one["uuid"],
        "eventType_s": one["eventType"],
        "displayMessage_s": one["displayMessage"],
        "severity_s": one["severity"],
        "outcome_result_s": one["outcome"]["result"],
        "outcome_reason_s": one["outcome"]["reason"],
        **{f"actor_{name}_s": value for name, value in one["actor"].items()},
        "client_ipAddress_s": one["client"]["ipAddress"],
        "transaction_id_s": one["transaction"]["id"],
        "transaction_type_s": one["transaction"]["type"],
        "debugContext_debugData_s": json.dumps(one["debugContext"]["debugData"]),
        "target_s": json.dumps(one["target"]),
    }


def _splunk_fields(one: Event) -> Event:
    return {
        "_time": "2027-01-01T00:00:00.000+00:00",
        "uuid": one["uuid"],
        "published": one["published"],
        "eventType": one["eventType"],
        "displayMessage": one["displayMessage"],
        "severity": one["severity"],
        **{f"outcome.{name}": value for name, value in one["outcome"].items()},
        **{f"actor.{name}": value for name, value in one["actor"].items()},
        "client.ipAddress": one["client"]["ipAddress"],
        **{f"transaction.{name}": value for name, value in one["transaction"].items()},
        **{
            f"debugContext.debugData.{name}": value
            for name, value in one["debugContext"]["debugData"].items()
        },
        **{f"target{{}}.{name}": [t[name] for t in one["target"]] for name in one["target"][0]},
    }


def _ocsf(one: Event) -> Event:
    return {
        "class_uid": 6003,
        "actor": {
            "user": {
                "uid": one["actor"]["id"],
                "type": one["actor"]["type"],
                "email_addr": one["actor"]["alternateId"],
                "name": one["actor"]["displayName"],
            }
        },
        "message": one["displayMessage"],
        "metadata": {
            "uid": one["uuid"],
            "event_code": one["eventType"],
            "product": {"vendor_name": "Okta"},
        },
        "severity": {"WARN": "Medium", "ERROR": "High", "INFO": "Informational"}[one["severity"]],
        "src_endpoint": {"ip": one["client"]["ipAddress"]},
        "status": {"FAILURE": "Failure", "SUCCESS": "Success"}[one["outcome"]["result"]],
        "time": 1700000000,
        "time_dt": one["published"],
        "unmapped": {
            "outcome": {"reason": one["outcome"]["reason"]},
            "target": one["target"],
            "transaction": one["transaction"],
            "debugContext": one["debugContext"],
        },
    }


def _powershell(one: Event) -> Event:
    def printed(value: Event) -> str:
        return "@{" + "; ".join(f"{k}={'' if v is None else v}" for k, v in value.items()) + "}"

    return {
        **one,
        "target": [printed(target) for target in one["target"]],
        "debugContext": {"debugData": printed(one["debugContext"]["debugData"])},
    }


def table(rows: list[Event], delimiter: str = ",") -> str:
    """Rows as CSV."""
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def console(one: Event) -> Event:
    """An event as a row of the Admin Console's CSV."""
    return {
        "timestamp": one["published"],
        "uuid": one["uuid"],
        "event_type": one["eventType"],
        "display_message": one["displayMessage"],
        "severity": one["severity"],
        "outcome.result": one["outcome"]["result"],
        "outcome.reason": one["outcome"]["reason"],
        **{f"actor.{snake(name)}": value for name, value in one["actor"].items()},
        "client.ip_address": one["client"]["ipAddress"],
        "transaction.id": one["transaction"]["id"],
        "transaction.type": one["transaction"]["type"],
        **{
            f"target{n}.{snake(name)}": value
            for n, target in enumerate(one["target"])
            for name, value in target.items()
        },
        **{
            f"debug_context.debug_data.{snake(name)}": value
            for name, value in one["debugContext"]["debugData"].items()
        },
    }


def parquet(rows: list[Event], **columns: pa.DataType) -> bytes:
    """Rows as Parquet, two a row group; of some columns their Arrow types."""
    table = pa.Table.from_pylist(rows)
    for name, kind in columns.items():
        place = table.schema.get_field_index(name)
        values = pa.array([row[name] for row in rows], kind)
        table = table.set_column(place, pa.field(name, kind), values)
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=2)
    return out.getvalue()


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["published"].replace("Z", "+00:00"))


def _as_text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _rows_apart(events: Events) -> Any:
    rows = [_sentinel(one) for one in events]
    columns = [{"name": name, "type": "string"} for name in rows[0]]
    return {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": columns,
                "rows": [list(row.values()) for row in rows],
            }
        ]
    }


def _lowered(one: Event) -> Event:
    return {name.lower(): value for name, value in one.items()} | {
        "published": one["published"].replace("T", " ").rstrip("Z"),
        "p_event_time": "2027-01-01 00:00:00.000",
        "p_log_type": "Okta.SystemLog",
    }


def _log_events(events: Events) -> bytes:
    lines = [{"id": "1", "timestamp": 1, "message": json.dumps(e)} for e in events]
    return json.dumps({"logGroup": "okta", "logEvents": lines}).encode()


def _labelled(event: Event) -> list[Any]:
    return ["1798761600000000000", json.dumps(event), {"level": "warn"}]


def _frame(event: Event) -> bytes:
    message = f"<134>1 2027-01-01T00:00:00Z host okta - - - {json.dumps(event)}".encode()
    return b"%d %b" % (len(message), message)


def _loki(events: Events) -> Any:
    pairs = [["1798761600000000000", json.dumps(one)] for one in events]
    half = len(pairs) // 2
    return {
        "status": "success",
        "data": {
            "resultType": "streams",
            "result": [
                {"stream": {"severity": "warn"}, "values": pairs[:half]},
                {"stream": {"severity": "error"}, "values": pairs[half:]},
            ],
        },
    }


def _udm_free(events: Events) -> str:
    return "".join(json.dumps({"log_type": "OKTA", "log_text": json.dumps(e)}) for e in events)


IN_JSON: dict[str, Callable[[Events], str]] = {
    "Okta's pages": lambda events: json.dumps(events[:1]) + json.dumps(events[1:]),
    "Okta Event Hook": _whole(
        lambda events: {
            "eventType": "com.okta.event_hook",
            "cloudEventsVersion": "0.1",
            "eventTime": "2027-01-01T00:00:00Z",
            "eventId": "an-id",
            "data": {"events": events},
        }
    ),
    "Amazon EventBridge": _each(
        lambda e: {
            "version": "0",
            "id": "another-id",
            "detail-type": "SystemLog",
            "source": "aws.partner/okta.com/meadow/logs",
            "time": "2027-01-01T00:00:00Z",
            "detail": e,
        }
    ),
    "Amazon Firehose": lambda events: "".join(map(json.dumps, events)),
    "Amazon CloudWatch, subscription": lambda events: "".join(
        json.dumps(
            {
                "messageType": "DATA_MESSAGE",
                "logGroup": "okta",
                "logEvents": [{"id": "1", "timestamp": 1, "message": json.dumps(e)}],
            }
        )
        for e in events
    ),
    "Amazon CloudWatch, get-log-events": _whole(
        lambda events: {
            "events": [
                {"timestamp": 1, "ingestionTime": 2, "message": json.dumps(e)} for e in events
            ],
            "nextForwardToken": "f/1",
        }
    ),
    "Amazon CloudWatch, Insights": _whole(
        lambda events: {
            "results": [
                [
                    {"field": "@timestamp", "value": "2027-01-01 00:00:00.000"},
                    {"field": "@message", "value": json.dumps(e)},
                    {"field": "@ptr", "value": "CmEKJg"},
                ]
                for e in events
            ],
            "status": "Complete",
        }
    ),
    "Amazon CloudWatch, S3": lambda events: "".join(
        f"2027-01-01T00:00:00.000Z {json.dumps(e)}\n" for e in events
    ),
    "Amazon SQS": _whole(lambda events: {"Records": [{"body": json.dumps(e)} for e in events]}),
    "Amazon SNS": _each(lambda e: {"Type": "Notification", "Message": json.dumps({"detail": e})}),
    "Amazon Kinesis": _whole(
        lambda events: {
            "Records": [
                {"Data": base64.b64encode(json.dumps(e, separators=(",", ":")).encode()).decode()}
                for e in events
            ]
        }
    ),
    "Splunk, search": _each(
        lambda e: {
            "preview": False,
            "offset": 0,
            "result": {"_raw": json.dumps(e), "_time": "2027-01-01", "sourcetype": "OktaIM2:log"},
        }
    ),
    "Splunk, fields": _each(lambda e: {"preview": False, "result": _splunk_fields(e)}),
    "Splunk, results": _whole(
        lambda events: {
            "init_offset": 0,
            "results": [{"_raw": json.dumps(e), "sourcetype": "OktaIM2:log"} for e in events],
        }
    ),
    "Splunk, json_rows": _whole(
        lambda events: {"fields": ["_time", "_raw"], "rows": [["x", json.dumps(e)] for e in events]}
    ),
    "Splunk HEC": lambda events: "".join(
        json.dumps({"time": 1798761600, "sourcetype": "OktaIM2:log", "event": e}) for e in events
    ),
    "Splunk HEC, text": _each(
        lambda e: {"time": 1798761600, "sourcetype": "_json", "event": json.dumps(e)}
    ),
    "Elastic, original": _each(
        lambda e: {
            "_index": "logs",
            "_id": "x",
            "_source": _elastic(e) | {"event": {"original": json.dumps(e)}},
        }
    ),
    "Elastic, response": _whole(
        lambda events: {
            "took": 1,
            "hits": {"total": {"value": 3}, "hits": [{"_source": _elastic(e)} for e in events]},
        }
    ),
    "Elastic, no original": _each(_elastic),
    "Elastic, fields": _each(
        lambda e: {"_index": "logs", "_id": "x", "fields": _dotted(_elastic(e))}
    ),
    "Microsoft Sentinel": _each(_sentinel),
    "Microsoft Sentinel, Okta_CL": _each(_okta_cl),
    "Azure Log Analytics": _whole(_rows_apart),
    "Azure Event Hubs": _whole(lambda events: {"records": [{"properties": e} for e in events]}),
    "Google SecOps": _udm_free,
    "Google SecOps, entries": _whole(
        lambda events: {
            "entries": [{"data": base64.b64encode(json.dumps(e).encode()).decode()} for e in events]
        }
    ),
    "Datadog, search": _whole(
        lambda events: {
            "data": [
                {
                    "id": "x",
                    "type": "log",
                    "attributes": {
                        "timestamp": "2027-01-01T00:00:00Z",
                        "message": e["displayMessage"],
                        "tags": ["source:okta"],
                        "attributes": e,
                    },
                }
                for e in events
            ]
        }
    ),
    "Datadog, archive": _each(
        lambda e: {
            "_id": "x",
            "date": "2027-01-01T00:00:00Z",
            "message": e["displayMessage"],
            "attributes": {"evt": {"name": "x"}, **e},
            "tags": [],
        }
    ),
    "Sumo Logic": _whole(
        lambda events: {
            "fields": [{"name": "_raw"}],
            "messages": [
                {"map": {"_raw": json.dumps(e), "_messagetime": "1798761600000"}} for e in events
            ],
        }
    ),
    "Grafana Loki": _whole(_loki),
    "Grafana Loki, logcli": _each(
        lambda e: {"labels": {}, "line": json.dumps(e), "timestamp": "2027-01-01T00:00:00Z"}
    ),
    "Vector": _each(
        lambda e: {
            "message": json.dumps(e),
            "source_type": "http_client",
            "timestamp": "2027-01-01T00:00:00Z",
        }
    ),
    "Wazuh": _each(
        lambda e: {
            "timestamp": "2027-01-01T00:00:00Z",
            "rule": {"id": "1"},
            "agent": {"id": "000"},
            "decoder": {"name": "json"},
            "data": {"okta": e},
        }
    ),
    "Wazuh, full_log": _each(lambda e: {"full_log": json.dumps(e), "location": "okta"}),
    "under okta": _each(lambda e: {"okta": e}),
    "under log": _each(lambda e: {"log": json.dumps(e), "stream": "stdout"}),
    "under data": _each(lambda e: {"data": e, "id": "x"}),
    "text in text": _each(lambda e: json.dumps(e)),
    "syslog, RFC 5424": lambda events: "".join(
        f'<134>1 2027-01-01T00:00:00Z host okta - - [x@1 a="\\"{{\\]"] \ufeff{json.dumps(e)}\n'
        for e in events
    ),
    "syslog, RFC 3164": lambda events: "".join(
        f"<13>Jan  1 00:00:00 host okta[7]: {json.dumps(e)}\n" for e in events
    ),
    "Panther": _each(_lowered),
    "snake case": _each(snaked),
    "upper case": _each(lambda e: {name.upper(): value for name, value in e.items()}),
    "BigQuery": _each(
        lambda e: snaked(e) | {"published": e["published"].replace("T", " ")[:19] + " UTC"}
    ),
    "OCSF": _each(_ocsf),
    "PowerShell": _whole(lambda events: {"value": [_powershell(e) for e in events], "Count": 4}),
    "Amazon SQS, of SNS": _whole(
        lambda events: {
            "Messages": [
                {"MessageId": "m", "Body": json.dumps({"Message": json.dumps({"detail": e})})}
                for e in events
            ]
        }
    ),
    "Amazon Kinesis, laid out": _whole(
        lambda events: {
            "Records": [
                {"kinesis": {"data": base64.encodebytes(json.dumps(e, indent=1).encode()).decode()}}
                for e in events
            ]
        }
    ),
    "Amazon CloudWatch to Kinesis": _whole(
        lambda events: {
            "Records": [
                {"data": base64.b64encode(gzip.compress(_log_events([e]))).decode()} for e in events
            ]
        }
    ),
    "Grafana Loki, structured metadata": _whole(
        lambda events: {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [{"stream": {}, "values": [_labelled(e) for e in events]}],
            },
        }
    ),
    "OCSF, raw_data": _each(lambda e: _ocsf(e) | {"unmapped": {}, "raw_data": json.dumps(e)}),
    "seconds since 1970 as text": _each(
        lambda e: {**e, "published": f"{_moment(e).timestamp():.3f}"}
    ),
    "objects as text": _each(lambda e: {name: _as_text(value) for name, value in e.items()}),
    "under a name of one's own": _each(lambda e: {"meadow": {"okta event": e}}),
    "jq": lambda events: "\n".join(json.dumps(e, indent=2) for e in events),
}
"""Forms that may stand behind one another in one file."""


def _console(events: Events, delimiter: str = ",") -> str:
    return table([console(one) for one in events], delimiter)


IN_TABLES: dict[str, Callable[[Events], bytes]] = {
    "Console": lambda events: _console(events).encode(),
    "Console, semicolon": lambda events: _console(events, ";").encode("utf-8-sig"),
    "Console, sep=": lambda events: b"sep=;\r\n" + _console(events, ";").encode(),
    "Console, Unicode text": lambda events: _console(events, "\t").encode("utf-16"),
    "Microsoft Sentinel, CSV": lambda events: table([_sentinel(e) for e in events]).encode(),
    "Microsoft Sentinel, Okta_CL, CSV": lambda events: table(
        [_okta_cl(e) for e in events]
    ).encode(),
    "Microsoft Sentinel, portal": lambda events: table(
        [
            {"TimeGenerated [UTC]": _portal(e["published"])}
            | {k: v for k, v in _sentinel(e).items() if k != "TimeGenerated"}
            for e in events
        ]
    ).encode("utf-8-sig"),
    "Splunk, CSV": lambda events: table(
        [{"_raw": json.dumps(e), "_time": "x", "__mv__raw": ""} for e in events]
    ).encode(),
    "Splunk, CSV of fields": lambda events: table(
        [
            {k: "\n".join(v) if isinstance(v, list) else v for k, v in _splunk_fields(e).items()}
            for e in events
        ]
    ).encode(),
    "Kibana, CSV": lambda events: table(
        [
            {k: ", ".join(map(str, v)) for k, v in _dotted(_elastic(e)).items() if v != [None]}
            for e in events
        ]
    ).encode(),
    "Sumo Logic, CSV": lambda events: table(
        [{"_messagetime": "1", "_raw": json.dumps(e)} for e in events]
    ).encode(),
    "Snowflake, CSV": lambda events: table(
        [
            {"UUID": e["uuid"], "PUBLISHED": e["published"].replace("T", " ").rstrip("Z")}
            | {"EVENTTYPE": e["eventType"], "SEVERITY": e["severity"]}
            | {"DISPLAYMESSAGE": e["displayMessage"]}
            | {
                k.upper(): json.dumps(e[k])
                for k in ("outcome", "actor", "client", "transaction", "target", "debugContext")
            }
            for e in events
        ]
    ).encode(),
    "Snowflake, CSV of one column": lambda events: table(
        [{"RECORD_METADATA": "{}", "RECORD_CONTENT": json.dumps(e)} for e in events]
    ).encode(),
    "Snowflake, CSV without a header": lambda events: (
        table([{"V": json.dumps(e)} for e in events]).partition("\r\n")[2].encode()
    ),
    "PostgreSQL, CSV": lambda events: table(
        [{"id": 1, "doc": json.dumps(e, indent=2)} for e in events]
    ).encode("utf-8-sig"),
    "syslog, RFC 6587": lambda events: b"".join(map(_frame, events)),
    "Parquet": lambda events: parquet(
        [{**e, "published": _moment(e)} for e in events], published=pa.timestamp("ns", "UTC")
    ),
    "Parquet, times without a zone": lambda events: parquet(
        [snaked(e) | {"published": _moment(e).replace(tzinfo=None)} for e in events]
    ),
    "Parquet, objects as text": lambda events: parquet(
        [{name: _as_text(value) for name, value in e.items()} for e in events]
    ),
    "Parquet, the event as text": lambda events: parquet(
        [{"RECORD_CONTENT": json.dumps(e), "RECORD_METADATA": "{}"} for e in events]
    ),
    "Parquet, the event as bytes": lambda events: parquet(
        [{"offset": 1, "value": json.dumps(e).encode()} for e in events]
    ),
    "Amazon Security Lake": lambda events: parquet(
        [
            {**_ocsf(e), "unmapped": [(k, json.dumps(v)) for k, v in _ocsf(e)["unmapped"].items()]}
            for e in events
        ],
        unmapped=pa.map_(pa.string(), pa.string()),
    ),
}
"""Forms that take a whole file."""


def _portal(published: str) -> str:
    year, month, day = published[:10].split("-")
    return f"{int(month)}/{int(day)}/{year}, {int(published[11:13])}:{published[14:23]} AM"
