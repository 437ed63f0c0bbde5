"""A row of a table becomes a LogEvent again, however the table names its columns.

Names are found whatever their order, number and spelling: ``event_type``, ``eventtype``,
``actor.alternate_id``, ``actor_alternateId_s``, ``target0.display_name``, ``target{}.displayName``
all say what they mean. What a product names otherwise, its entry in ``wrappers.toml`` says.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kit.base.patterns import lazy_pattern
from kit.sources.losses import loss_in
from kit.sources.written_times import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kit.sources.written_times import Order

__all__ = [
    "PLAIN",
    "LossyRowError",
    "Path",
    "ProductTable",
    "event_of_row",
    "leaves",
    "place_of",
    "squeezed",
]

Path = tuple[str, ...]
"""Where in a LogEvent a value stands."""

_PATHS = """
uuid published eventType displayMessage severity version legacyEventType
outcome outcome.result outcome.reason
actor actor.id actor.type actor.alternateId actor.displayName actor.detailEntry
client client.id client.zone client.ipAddress client.device
client.userAgent client.userAgent.rawUserAgent client.userAgent.os client.userAgent.browser
client.geographicalContext
client.geographicalContext.country client.geographicalContext.city
client.geographicalContext.state client.geographicalContext.postalCode
client.geographicalContext.geolocation.lat client.geographicalContext.geolocation.lon
device transaction transaction.id transaction.type transaction.detail
authenticationContext
authenticationContext.authenticationStep authenticationContext.authenticationProvider
authenticationContext.credentialProvider authenticationContext.credentialType
authenticationContext.issuer authenticationContext.externalSessionId
authenticationContext.interface authenticationContext.rootSessionId
securityContext
securityContext.asNumber securityContext.asOrg securityContext.isp securityContext.domain
securityContext.isProxy
debugContext debugContext.debugData target
request request.ipChain request.ipChain.ip request.ipChain.source request.ipChain.version
request.ipChain.geographicalContext.country request.ipChain.geographicalContext.city
request.ipChain.geographicalContext.state request.ipChain.geographicalContext.postalCode
request.ipChain.geographicalContext.geolocation.lat
request.ipChain.geographicalContext.geolocation.lon
request.ipChain.geographicalContext.geolocation.state
""".split()

_TARGET = lazy_pattern(r"target(\d{0,3})(id|type|alternateid|displayname)")
_DEBUG = lazy_pattern(r"debug_?context[._]?debug_?data[._](?:flattened[._])?(.+)", re.IGNORECASE)
_SUFFIX = lazy_pattern(r"_[sgdbt]$")
_DEBUG_NAMES = {
    name.casefold(): name
    for name in """
    requestId requestUri url threatSuspected factor appname authnRequestId dtHash risk behaviors
    deviceFingerprint oktaUserAgentExtended loginResult errorCode authMethodFirstType
    authMethodFirstVerificationTime authMethodSecondType threatDetections logOnlySecurityData
    """.split()
}
_NUMBERS = {"asNumber", "isProxy", "authenticationStep", "version", "lat", "lon"}
_OBJECTS = {
    "target", "debugData", "debugContext", "actor", "client", "outcome", "transaction", "request",
    "ipChain", "detail", "detailEntry", "authenticationContext", "securityContext", "userAgent",
    "geographicalContext",
}  # fmt: skip
"""Names whose value is an object or a list, which a table may hold as text."""

_WORKED_ON = _OBJECTS | {"published"}
"""Names whose text is no value yet."""


@lru_cache(maxsize=4096)
def squeezed(name: str) -> str:
    """A name without what tells its spellings apart."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_KNOWN: dict[str, Path] = {squeezed(path): tuple(path.split(".")) for path in _PATHS}
_TOP = {squeezed(path): path for path in _PATHS if "." not in path}
_TARGET_FIELDS = {squeezed(name): name for name in ("id", "type", "alternateId", "displayName")}


class ProductTable(msgspec.Struct, frozen=True):
    """How a product names the columns of its table; an entry of ``wrappers.toml``."""

    name: str
    signs: tuple[str, ...] = ()
    prefix: str = ""
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    advice: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.signs))


class LossyRowError(ValueError):
    """A row has lost what it tells of; says what is lost, and which export works."""


PLAIN = ProductTable("")
"""A table that has Okta's names, in any spelling."""


@lru_cache(maxsize=4096)
def place_of(name: str, table: ProductTable = PLAIN) -> tuple[int, Path | None]:
    """Where in a LogEvent a column's value stands.

    Args:
        name: the column's name, with dots where it lies in an object.
        table: the product's names.

    Returns:
        Its rank among columns that say the same, the lowest first, and its place; None if the
        name says nothing.
    """
    name = name.strip().removesuffix(" [UTC]")
    for rank, (column, path) in enumerate(table.columns.items(), start=1):
        if name == column:
            return rank, tuple(path.split("."))
    if table.prefix:
        if not name.startswith(table.prefix):
            return 0, None
        name = name.removeprefix(table.prefix)
    return 0, _path(name) or _below(name)


class _Column(NamedTuple):
    """What a column of a table says of an event."""

    place: int
    """Its place in the row."""
    name: str
    path: Path | None
    is_target: bool
    """Whether it is a field of targets."""
    is_text: bool
    """Whether a plain text in it is a value as it is."""
    words: dict[str, str]
    """What the product calls otherwise."""


@lru_cache(maxsize=256)
def _columns_of(names: tuple[str, ...], table: ProductTable) -> tuple[_Column, ...]:
    """The columns of a table, those that say a thing best first."""
    places = [place_of(name, table) for name in names]
    columns = []
    for n in sorted(range(len(names)), key=lambda n: places[n][0]):
        path = places[n][1]
        is_target = path is not None and path[0] == "target" and len(path) > 1
        is_text = path is not None and not is_target and path[-1] not in _WORKED_ON
        words = table.values.get(".".join(path), {}) if path else {}
        columns.append(_Column(n, names[n], path, is_target, is_text, words))
    return tuple(columns)


def _path(name: str) -> Path | None:
    for plain in (squeezed(name), squeezed(_SUFFIX.sub("", name))):
        if plain in _KNOWN:
            return _KNOWN[plain]
        if match := _TARGET.fullmatch(plain):
            return ("target", match[1], _TARGET_FIELDS[match[2]])
    if match := _DEBUG.fullmatch(name):
        return ("debugContext", "debugData", _debug_name(match[1]))
    return None


def _below(name: str) -> Path | None:
    """What no name explains in one of Okta's objects stays where it is."""
    first, *more = name.split(".")
    top = _TOP.get(squeezed(first))
    if top is None or not more or not (top == "device" or top in _OBJECTS - {"target"}):
        return None
    return (top, *more)


def _debug_name(name: str) -> str:
    if name.casefold() in _DEBUG_NAMES:
        return _DEBUG_NAMES[name.casefold()]
    first, *more = re.split(r"[._]", name)
    return first + "".join(part.title() for part in more)


def leaves(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a row that is no object, by its dotted name; debugData is one value."""
    for name, value in row.items():
        dotted = f"{prefix}{name}"
        if isinstance(value, dict) and value and not squeezed(dotted).endswith("debugdata"):
            yield from leaves(value, f"{dotted}.")
        else:
            yield dotted, value


def event_of_row(
    row: Iterable[tuple[str, Any]], table: ProductTable = PLAIN, order: Order | None = None
) -> dict[str, Any] | None:
    """Build the event that a row tells of.

    Args:
        row: names and values; values may be JSON as text.
        table: the product's names.
        order: of local dates.

    Returns:
        The event, with what no name explains under ``fromRow``; None if the row has no uuid, type
        or time.

    Raises:
        LossyRowError: one of its objects is cut off, or written so that it cannot be read.
    """
    event: dict[str, Any] = {}
    targets: dict[str, dict[str, Any]] = {}
    rest: dict[str, Any] = {}
    names, values = zip(*row, strict=True) if (row := list(row)) else ((), ())
    for n, name, path, is_target, is_text, words in _columns_of(names, table):
        value = values[n]
        if not value and not _is_value(value):
            continue
        if is_text and type(value) is str and value[0] not in "{@":  # as most are
            assert path is not None
            _put_text(event, path, words.get(value, value) if words else value, rest, name)
        elif path is None:
            if not name.startswith("__mv_"):
                rest[name] = value
        elif is_target:
            number, field = path[1:] if len(path) == 3 else ("", path[1])
            targets.setdefault(number, {}).setdefault(field, value)
        else:
            _put(event, path, _read(path, value, table, order), rest, name)
    if not isinstance(event.get("target"), list) and targets:
        event["target"] = [one for n in sorted(targets) for one in _targets(n, targets[n], rest)]
    if not all(isinstance(event.get(name), str) for name in ("uuid", "eventType", "published")):
        return None
    if rest:
        event["fromRow"] = rest
    return event


def _is_value(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _put_text(
    event: dict[str, Any], path: Path, value: str, rest: dict[str, Any], name: str
) -> None:
    """Put a text where no object stands."""
    place = event
    for part in path[:-1]:
        place = place.setdefault(part, {})
        if type(place) is not dict:
            rest[name] = value
            return
    place.setdefault(path[-1], value)


def _put(event: dict[str, Any], path: Path, value: Any, rest: dict[str, Any], name: str) -> None:
    place = event
    for part in path[:-1]:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            rest[name] = value
            return
    if path[-1] in _OBJECTS and isinstance(value, str) and (loss := loss_in(name, value)):
        raise LossyRowError(loss)
    if value is None or (path[-1] in _OBJECTS and isinstance(value, str)):
        rest[name] = value
    elif isinstance(value, dict) and isinstance(place.get(path[-1]), dict):
        place[path[-1]] = value | place[path[-1]]
    else:
        place.setdefault(path[-1], value)


def _read(path: Path, value: Any, table: ProductTable, order: Order | None) -> Any:
    """A value as Okta writes it."""
    if type(value) is str and path[-1] not in _WORKED_ON and value[:1] not in {"{", "@"}:
        words = table.values.get(".".join(path)) if table.values else None
        return words.get(value, value) if words else value  # most are plain texts
    if path == ("published",):
        return utc(_alone(value), order) or value
    if path == ("target",) and isinstance(value, str) and value.startswith("@{"):
        return _list_of_targets(value)
    if isinstance(value, str) and (path[-1] in _OBJECTS or value.startswith(("{", "@{"))):
        value = _parse(value)
    if path == ("target",):
        return value if isinstance(value, str) else _list_of_targets(value)
    if path[-1] == "debugData" and isinstance(value, dict):
        return _debug_data(value)
    if isinstance(value, dict) and len(path) == 1:
        return _with_okta_names(path[0], value)
    value = _alone(value)
    if isinstance(value, int | float) and path[-1] not in _NUMBERS:
        value = json.dumps(value)
    words = table.values.get(".".join(path))
    return words.get(value, value) if words and isinstance(value, str) else value


def _alone(value: Any) -> Any:
    """What alone stands in a list, as search engines give their fields."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _with_okta_names(top: str, value: dict[str, Any]) -> dict[str, Any]:
    """An object that stood as text, its names in Okta's spelling."""
    event: dict[str, Any] = {}
    for name, one in leaves(value, f"{top}."):
        path = _path(name) or tuple(name.split("."))
        if _is_value(one) and path[0] == top:
            _put(event, path, _read(path, one, PLAIN, None), {}, name)
    return event.get(top) or {}


def _debug_data(value: dict[str, Any]) -> dict[str, Any]:
    flattened = value.get("flattened")
    value = flattened if isinstance(flattened, dict) else value
    return {
        _debug_name(name) if "_" in name or name.islower() else name: one
        for name, one in value.items()
    }


def _list_of_targets(value: Any) -> list[Any] | None:
    if isinstance(value, str) and value.startswith("@{"):
        value = [f"@{{{one}}}" for one in value[2:-1].split("} @{")]
    value = [value] if isinstance(value, dict) else value
    if not isinstance(value, list):
        return None
    return [_target(_parse(one) if isinstance(one, str) else one) for one in value]


def _target(one: Any) -> Any:
    if not isinstance(one, dict):
        return None
    pairs = ((_TARGET_FIELDS.get(squeezed(name), name), value) for name, value in one.items())
    return {name: _alone(value) if name != "detailEntry" else value for name, value in pairs}


def _targets(number: str, fields: dict[str, Any], rest: dict[str, Any]) -> list[dict[str, Any]]:
    """Targets whose fields stand in columns; lists belong together where none lacks any."""
    if number:
        return [fields]
    length = max(len(_several(fields.get(name, ""))) for name in ("id", "type"))
    whole = {}
    for name, value in fields.items():
        values = _several(value) if name in {"id", "type"} else _so_many(value, length)
        if len(values) == length:
            whole[name] = values
        else:
            rest[f"target.{name}"] = value
    return [{name: values[n] for name, values in whole.items()} for n in range(length)]


def _several(value: Any) -> list[Any]:
    """Ids or types, which have no blanks in them: a list, a line each, or with commas between."""
    return value if isinstance(value, list) else re.split(r"\n|, ?", str(value))


def _so_many(value: Any, count: int) -> list[Any]:
    """Names or logins, which may have anything in them."""
    if isinstance(value, list) or count == 1:
        return value if isinstance(value, list) else [value]
    lines = str(value).split("\n")
    return lines if len(lines) == count else str(value).split(", ")


_IN_BRACES = lazy_pattern(r"(?:^|; )([A-Za-z_]\w*)=")


def _parse(text: str) -> Any:
    """JSON that stood as text, or an object as PowerShell prints it below its depth."""
    content = text.strip()
    if content.startswith("@{") and content.endswith("}"):
        inner = content[2:-1]
        marks = list(_IN_BRACES.finditer(inner))
        if not marks:
            return text if inner.strip() else {}
        ends = [mark.start() for mark in marks[1:]] + [len(inner)]
        return {m[1]: inner[m.end() : end] or None for m, end in zip(marks, ends, strict=True)}
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return text
