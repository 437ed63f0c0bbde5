"""Any field of an event's JSON as a column that questions can filter, group and join by.

What analyses use often is a column of the events table; the rest stands in ``raw``. The same path
gives the same values on DuckDB and on Spark, which read JSON by functions of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis

from kit.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

__all__ = ["field"]

_EXAMPLE = 'Write it as "debugContext.debugData.risk", "request.ipChain[0].ip" or "target[User].id"'
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\[\]]*)\]|([^."\[\]]+)')

_TEXTS = frozenset(
    """
    uuid published eventType displayMessage severity version legacyEventType outcome.result
    outcome.reason actor.id actor.type actor.alternateId actor.displayName client.id client.zone
    client.ipAddress client.device client.userAgent.rawUserAgent client.userAgent.os
    client.userAgent.browser client.geographicalContext.country client.geographicalContext.city
    client.geographicalContext.state client.geographicalContext.postalCode transaction.id
    transaction.type authenticationContext.authenticationProvider
    authenticationContext.credentialProvider authenticationContext.credentialType
    authenticationContext.interface authenticationContext.externalSessionId
    authenticationContext.rootSessionId securityContext.asOrg securityContext.isp
    securityContext.domain target.id target.type target.alternateId target.displayName
    request.ipChain.ip request.ipChain.version request.ipChain.source device.id device.name
    """.split()
)
"""Fields that are text by Okta's schema of a LogEvent."""

_TYPES = {
    "securityContext.asNumber": "int64",
    "securityContext.isProxy": "boolean",
    "authenticationContext.authenticationStep": "int64",
    "client.geographicalContext.geolocation.lat": "float64",
    "client.geographicalContext.geolocation.lon": "float64",
    **dict.fromkeys(_TEXTS, "string"),
}
_SAMPLE = 1_000
"""Values that are looked at first."""
_MAX_DIGITS = 18
"""So many digits fit into an integer of 64 bits, with its sign."""

_Step = str | int | tuple[str, ...]
"""A key, a place in a list, or the types of which the first object of a list is taken."""
_Keys = list[str | int]
"""Keys and places."""


def field(
    events: ir.Table,
    path: str | Sequence[str | int],
    *,
    type: str | None = None,
) -> ir.Value:
    """Read a field of the events' JSON.

    Args:
        events: rows of the events table: ``log.events``, or some of them; with ``raw``.
        path: where the field stands in the LogEvent. Keys are parted by dots; a key with dots
            stands in double quotes. ``[0]`` is a place in a list, and ``[AppInstance]`` or
            ``[PolicyRule|Rule]`` the first object of a list with that ``type``. Or a sequence of
            keys and places.
        type: an Ibis type: ``string``, ``int64``, ``array<string>``, …; what does not fit is null.
            If left out, that of Okta's schema; elsewhere (``debugData``, ``detailEntry``) the log
            is looked at: integers are int64, numbers float64, true and false boolean. Texts, lists
            and objects (as JSON), and what is not of one type, are string.

    Returns:
        The value of each event, null where there is none; named like the last key.

    Raises:
        UsageError: the path cannot be read, there is no such type, or the table has no ``raw``.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> request = kit.field(log.events, "debugContext.debugData.requestId")
        >>> rows = log.events.filter(request == "a3a42413ae6cc5ec684d5a708")
        >>> rows.select("event_type").to_pyarrow().to_pylist()
        [{'event_type': 'user.session.start'}]
        >>> app = kit.field(log.events, "target[AppInstance].displayName")
        >>> app.nunique().to_pyarrow().as_py()
        5
    """
    steps = _steps(path)
    if "raw" not in events.columns:
        raise UsageError("field: the table has no column raw. Take log.events, or rows of it.")
    reader = _Spark if events.get_backend().name == "pyspark" else _DuckDB
    raw, rest = reader.sound(events.raw), list[str | int]()
    for step in steps:
        if isinstance(step, tuple):
            raw, rest = reader.first_of_type(raw, rest, step), []
        else:
            rest.append(step)
    text = reader.text(raw, rest) if rest else raw
    type_ = type or _TYPES.get(_name_in_schema(steps)) or _type_in(events, text, reader, raw, rest)
    name = next((step for step in reversed(steps) if isinstance(step, str)), "field")
    return _typed(text, type_, reader).name(name)


def _steps(path: str | Sequence[str | int]) -> list[_Step]:
    """A path's keys and places.

    Raises:
        UsageError: it cannot be read.
    """
    if not isinstance(path, str):
        steps: list[_Step] = [one if isinstance(one, int) else str(one) for one in path]
        if not steps:
            raise UsageError(f"field: the path is empty. {_EXAMPLE}.")
        return steps
    steps, at = [], 0
    while at < len(path) or not steps:
        has_dot = at > 0 and path[at : at + 1] == "."
        match = _PART.match(path, at + has_dot)
        if match is None or (match[2] is None and at > 0 and not has_dot):
            raise UsageError(f"field: {path!r} cannot be read from sign {at + 1} on. {_EXAMPLE}.")
        in_quotes, in_brackets, key = match.groups()
        if in_brackets is None:
            steps.append(key if in_quotes is None else re.sub(r"\\(.)", r"\1", in_quotes))
        elif in_brackets.isdecimal():
            steps.append(int(in_brackets))
        else:
            steps.append(tuple(one.strip() for one in in_brackets.split("|")))
        at = match.end()
    return steps


def _name_in_schema(steps: list[_Step]) -> str:
    return ".".join(step for step in steps if isinstance(step, str))


def _typed(text: ir.StringValue, type_: str, reader: Any) -> ir.Value:
    try:
        dtype = ibis.dtype(type_)
    except Exception:  # noqa: BLE001  # Ibis' parser has faults of several kinds
        raise UsageError(
            f"field: {type_!r} is no type. Try string, int64, float64, boolean or array<string>."
        ) from None
    if dtype.is_string():
        return text
    if dtype.is_boolean():
        return ibis.cases((text == "true", True), (text == "false", False))
    if dtype.is_nested():
        return reader.nested(text, dtype)
    return text.try_cast(dtype)


def _type_in(
    events: ir.Table, text: ir.StringValue, reader: Any, raw: ir.StringValue, rest: _Keys
) -> str:
    """The type that a field's values have in a log, all of them.

    A sample tells that there are texts. That there are only numbers, the whole log tells.
    """
    rows = events.select(json_type=reader.type_of(raw, rest), size=text.length())
    rows = rows.filter(rows.json_type.notnull(), ~rows.json_type.isin(["NULL", "VOID"]))
    counts = _kinds_and_size(rows.limit(_SAMPLE))
    if counts[0] == {"string"} or len(counts[0] - {"int64", "float64"}) > 1:
        return "string"
    kinds, size = _kinds_and_size(rows)
    if kinds == {"int64"}:
        return "int64" if size <= _MAX_DIGITS else "string"
    if kinds and kinds <= {"int64", "float64"}:
        return "float64"
    return "boolean" if kinds == {"boolean"} else "string"


def _kinds_and_size(rows: ir.Table) -> tuple[set[str], int]:
    """Which types there are, and the length of the longest value."""
    answer = rows.group_by("json_type").aggregate(size=rows.size.max()).to_pyarrow().to_pylist()
    return {_kind(one["json_type"]) for one in answer}, max((a["size"] for a in answer), default=0)


def _kind(json_type: str) -> str:
    if json_type in {"BIGINT", "UBIGINT", "HUGEINT"} or re.fullmatch(
        r"DECIMAL\(\d+,0\)", json_type
    ):
        return "int64"
    if json_type == "DOUBLE" or json_type.startswith("DECIMAL"):
        return "float64"
    return "boolean" if json_type == "BOOLEAN" else "string"


class _DuckDB:
    """Reads JSON on DuckDB, by JSON pointers: in these any key can be written."""

    @staticmethod
    def sound(raw: ir.StringValue) -> ir.StringValue:
        """The JSON with half signs replaced: as events are read, and DuckDB refuses them."""
        halves = raw.replace("\\\\", "\x03")
        halves = halves.re_replace(
            r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", "\x01\\1\x02\\2"
        )
        halves = halves.re_replace(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", "\\\\ufffd")
        halves = halves.replace("\x01", "\\u").replace("\x02", "\\u").replace("\x03", "\\\\")
        return ibis.cases((raw.contains("\\ud") | raw.contains("\\uD"), halves), else_=raw)

    @staticmethod
    def _pointer(steps: _Keys) -> str:
        keys = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
        return "".join(f"/{key}" for key in keys)

    @classmethod
    def text(cls, raw: ir.StringValue, steps: _Keys) -> ir.StringValue:
        """The text of a field, or its JSON."""
        return _try(_json_extract_string(raw, cls._pointer(steps)))

    @classmethod
    def type_of(cls, raw: ir.StringValue, steps: _Keys) -> ir.StringValue:
        """What JSON type a field is of."""
        return _try(_json_type(raw, cls._pointer(steps)))

    @classmethod
    def first_of_type(
        cls, raw: ir.StringValue, steps: _Keys, types: tuple[str, ...]
    ) -> ir.StringValue:
        """The JSON of the first object of a list that is of some type."""
        items = cls.text(raw, steps) if steps else raw
        each = _try_array(_json_extract(items, "$[*]"))
        return each.filter(lambda one: _json_extract_string(one, "/type").isin(types))[0]

    @staticmethod
    def nested(text: ir.StringValue, type_: Any) -> ir.Value:
        """JSON as a list or an object of a type."""
        return text.try_cast("json").try_cast(type_)


class _Spark:
    """Reads JSON on Spark."""

    @staticmethod
    def sound(raw: ir.StringValue) -> ir.StringValue:
        """The JSON with half signs replaced, as events are read."""
        halves = raw.replace("\\\\", "\x03")
        for half in (
            r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])",
            r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}",
        ):
            halves = _regexp_replace(halves, half, "\ufffd")
        halves = halves.replace("\x03", "\\\\")
        return ibis.cases((raw.contains("\\ud") | raw.contains("\\uD"), halves), else_=raw)

    @staticmethod
    def _path(steps: _Keys, quote: str = "'") -> str:
        parts = (f"[{s}]" if isinstance(s, int) else f"[{quote}{s}{quote}]" for s in steps)
        return "$" + "".join(parts)

    @classmethod
    def text(cls, raw: ir.StringValue, steps: _Keys) -> ir.StringValue:
        """The text of a field, or its JSON."""
        if any(isinstance(step, str) and re.search(r"['?*]", step) for step in steps):
            return _try_variant_get(_try_parse_json(raw), cls._path(steps, '"'), "string")
        return _get_json_object(raw, cls._path(steps))

    @classmethod
    def type_of(cls, raw: ir.StringValue, steps: _Keys) -> ir.StringValue:
        """What JSON type a field is of."""
        part = _try_variant_get(_try_parse_json(raw), cls._path(steps, '"'), "variant")
        return _schema_of_variant(part)

    @classmethod
    def first_of_type(
        cls, raw: ir.StringValue, steps: _Keys, types: tuple[str, ...]
    ) -> ir.StringValue:
        """The JSON of the first object of a list that is of some type."""
        each = _from_json(cls.text(raw, steps) if steps else raw, "array<string>")
        mine = each.filter(lambda one: _get_json_object(one, "$.type").isin(types))
        return _try_element_at(mine, 1)

    @staticmethod
    def nested(text: ir.StringValue, type_: Any) -> ir.Value:
        """JSON as a list or an object of a type."""
        from ibis.backends.sql.datatypes import PySparkType

        read = _builtin("from_json", type_, _TEXT, _TEXT)
        return read(text, PySparkType.to_string(type_))


def _builtin(name: str, returns: str, *takes: str) -> Callable[..., Any]:
    """A function of an engine's own, as Ibis calls it."""
    signature = (takes, returns)
    body: Any = {1: lambda _a: None, 2: lambda _a, _b: None, 3: lambda _a, _b, _c: None}[len(takes)]
    function: Callable[..., Any] = ibis.udf.scalar.builtin(body, name=name, signature=signature)
    return function


_TEXT, _LIST = "string", "array<string>"

_json_extract_string = _builtin("json_extract_string", _TEXT, _TEXT, _TEXT)
_json_type = _builtin("json_type", _TEXT, _TEXT, _TEXT)
_json_extract = _builtin("json_extract", _LIST, _TEXT, _TEXT)
_try = _builtin("try", _TEXT, _TEXT)
_try_array = _builtin("try", _LIST, _LIST)

_get_json_object = _builtin("get_json_object", _TEXT, _TEXT, _TEXT)
_from_json = _builtin("from_json", _LIST, _TEXT, _TEXT)
_regexp_replace = _builtin("regexp_replace", _TEXT, _TEXT, _TEXT, _TEXT)
_try_element_at = _builtin("try_element_at", _TEXT, _LIST, "int64")
_try_parse_json = _builtin("try_parse_json", _TEXT, _TEXT)
_try_variant_get = _builtin("try_variant_get", _TEXT, _TEXT, _TEXT, _TEXT)
_schema_of_variant = _builtin("schema_of_variant", _TEXT, _TEXT)
