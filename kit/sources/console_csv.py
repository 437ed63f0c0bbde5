"""The Admin Console's System Log CSV: each row becomes a LogEvent again.

Columns are found by name, whatever their order, number and spelling: ``event_type``,
``eventType``, ``actor.alternate_id``, ``actor_alternateId``, ``target0.display_name``,
``target[0].displayName`` all say what they mean. What no name explains stays in the event,
under ``fromCsv`` with the whole row, and is told.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

from kit.sources.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["is_header", "rows"]

_PATHS = """
uuid published eventType displayMessage severity version legacyEventType
outcome.result outcome.reason
actor.id actor.type actor.alternateId actor.displayName
client.id client.zone client.ipAddress client.device
client.userAgent.rawUserAgent client.userAgent.os client.userAgent.browser
client.geographicalContext.country client.geographicalContext.city
client.geographicalContext.state client.geographicalContext.postalCode
client.geographicalContext.geolocation.lat client.geographicalContext.geolocation.lon
transaction.id transaction.type
authenticationContext.authenticationStep authenticationContext.authenticationProvider
authenticationContext.credentialProvider authenticationContext.credentialType
authenticationContext.issuer authenticationContext.externalSessionId
authenticationContext.interface
securityContext.asNumber securityContext.asOrg securityContext.isp securityContext.domain
securityContext.isProxy
request.ipChain.ip request.ipChain.source request.ipChain.version
request.ipChain.geographicalContext.country request.ipChain.geographicalContext.city
request.ipChain.geographicalContext.state request.ipChain.geographicalContext.postalCode
request.ipChain.geographicalContext.geolocation.lat
request.ipChain.geographicalContext.geolocation.lon
request.ipChain.geographicalContext.geolocation.state
""".split()

_TARGET = re.compile(r"target(\d{1,3})(id|type|alternateid|displayname)")
_TARGET_FIELDS = {
    "id": "id",
    "type": "type",
    "alternateid": "alternateId",
    "displayname": "displayName",
}
_DEBUG = re.compile(r"debug_?context[._]?debug_?data[._](.+)", re.IGNORECASE)
_LARGEST_CELL = 1 << 24


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_KNOWN = {_squeezed(path): tuple(path.split(".")) for path in _PATHS}
_KNOWN["timestamp"] = ("published",)


def is_header(line: bytes) -> bool:
    """Whether a line is the header of a System Log CSV."""
    try:
        names = next(csv.reader([line.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error):
        return False
    squeezed = {_squeezed(name) for name in names}
    return {"uuid", "eventtype"} <= squeezed and bool({"published", "timestamp"} & squeezed)


def rows(file: str, lines: Iterable[str]) -> Iterator[Document]:
    """Read a CSV file's rows as events.

    Args:
        file: the file's name.
        lines: its text, line by line with their ends, the header first.

    Yields:
        One document a row: the LogEvent that the row tells of, with the row itself under
        ``fromCsv``. A row that does not fit the header has ``fault`` set.
    """
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(lines)
    header = [name.strip() for name in next(reader, [])]
    paths = [_path(name) for name in header]
    unknown = tuple(n for n, path in zip(header, paths, strict=True) if path is None and n)
    columns = tuple(".".join(path) for path in paths if path)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as fault:
            yield Document(file, reader.line_num, b"", fault=f"CSV is malformed: {fault}")
            continue
        if row is None:
            return
        if not any(row):
            continue
        if len(row) > len(header):
            told = f"the row has {len(row)} fields, the header {len(header)}"
            yield Document(file, reader.line_num, ",".join(row).encode(), fault=told)
            continue
        raw = json.dumps(_event(header, paths, row), ensure_ascii=False).encode()
        yield Document(file, reader.line_num, raw, unknown=unknown, columns=columns)
        unknown = columns = ()


def _path(name: str) -> tuple[str, ...] | None:
    """Where in a LogEvent a column's value stands."""
    squeezed = _squeezed(name)
    if squeezed in _KNOWN:
        return _KNOWN[squeezed]
    if match := _TARGET.fullmatch(squeezed):
        return ("target", match[1], _TARGET_FIELDS[match[2]])
    if match := _DEBUG.fullmatch(name):
        first, *more = re.split(r"[._]", match[1])
        return ("debugContext", "debugData", first + "".join(part.title() for part in more))
    return None


def _event(header: list[str], paths: list[tuple[str, ...] | None], row: list[str]) -> Any:
    event: dict[str, Any] = {}
    targets: dict[int, dict[str, str]] = {}
    for path, value in zip(paths, row, strict=False):
        if not path or not value:
            continue
        if path[0] == "target":
            targets.setdefault(int(path[1]), {})[path[2]] = value
            continue
        place = event
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = _utc(value) if path == ("published",) else value
    if targets:
        event["target"] = [targets[number] for number in sorted(targets)]
    event["fromCsv"] = {n: v for n, v in zip(header, row, strict=False) if v}
    return event


def _utc(text: str) -> str:
    """The Console writes UTC; older exports leave the zone out."""
    joined = text.strip().replace(" ", "T", 1)
    return joined if re.search(r"(Z|[+-]\d\d:?\d\d)$", joined) else f"{joined}Z"
