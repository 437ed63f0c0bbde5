"""Entra's sign-ins read a block at a time, by columns.

Records of one export have the same names. So those of a few say what may stand in all: a struct is
made that takes what the table needs and passes over the rest, and what repeats from record to
record is worked out once. A record with a name of its own, or with a value of another type, refuses
the block, which is then read record by record. Both ways lead through the same functions, so what
is read here is what ``reading.read_record`` reads.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kit.vendors.entra import attempt_count, outcome_of, refusing_policies, sign_in_log
from kit.vendors.forms import record_marks
from kit.vendors.reading import LONG, layout_of, plain_names_of
from kit.vendors.schema import FIELDS, POLICIES_WEIGHT, key_bytes, record_schema
from kit.vendors.values import guid, text, utc_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kit.vendors.forms import Layout

__all__ = ["read_records"]

_json = msgspec.json.Decoder(float_hook=float)
_SAMPLE = 8
"""Records whose names are looked at before a block is read."""
_EMPTY = frozenset({None, "", b"null", b'""'})
_NULL = b"null"
_TIME = (
    r"^(?:19[7-9]|20\d|21\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?"
    r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$"
)
"""Times that Arrow reads as ``utc_moment`` does."""
_IDS = ("id", "original_id", "correlation_id", "other_correlation_id", "account_id",
        "principal_id", "app_id", "tenant")  # fmt: skip
_TEXTS = ("account", "principal", "app", "address")
_FEW = ("status", "estado", "appliedconditionalaccesspolicies", "conditionalaccesspolicies",
            "signineventtypes", "isinteractive", "managedidentitytype", "category",
            "type")  # fmt: skip
"""What is no plain text in every form. Few values of it differ, so it is kept as JSON."""


class _Plan(NamedTuple):
    """How the records of a block are taken apart."""

    layout: Layout
    decoder: msgspec.json.Decoder[Any]
    outer: dict[str, str]
    """By plain name, where a value stands in the struct."""
    inner: dict[str, str]
    """Likewise in the struct of the properties of a diagnostic record."""
    signs: tuple[tuple[str, ...], ...]
    """A record that has something under a name of each line is a sign-in."""


def read_records(raws: Sequence[bytes], raw: pa.Array, file: str) -> pa.RecordBatch | None:
    """Read sign-ins of one export.

    Args:
        raws: the JSON of each.
        raw: the same as Arrow has it.
        file: the name of the file that they stand in.

    Returns:
        The rows of the table of records, in their order; None if not every one is a sign-in of
        Entra's, laid out as the others are.
    """
    plan = _plan_of(raws)
    if plan is None or max(map(len, raws)) > LONG:
        return None
    try:
        raw.validate(full=True)
        rows = [plan.decoder.decode(one) for one in raws]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, pa.ArrowInvalid):
        return None
    return _Rows(plan, rows).as_batch(raw, file)


def _plan_of(raws: Sequence[bytes]) -> _Plan | None:
    outer: dict[str, None] = {}
    inner: dict[str, None] = {}
    for one in raws[:: max(1, len(raws) // _SAMPLE)]:
        try:
            record = msgspec.json.decode(one)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        outer |= dict.fromkeys(record)
        properties = record.get("properties")
        if isinstance(properties, dict):
            inner |= dict.fromkeys(properties)
    return _plan(tuple(outer), tuple(inner))


@lru_cache(maxsize=256)
def _plan(outer: tuple[str, ...], inner: tuple[str, ...]) -> _Plan | None:
    """The plan for records with some names, and others in their properties."""
    names, inner_names = plain_names_of(outer), plain_names_of(inner)
    if names.repeat or inner_names.repeat or names.is_elastic:
        return None
    if ("properties" in names.plain) != bool(inner):
        return None
    further = ("outercorrelationid",) if inner else ()
    layout = layout_of(tuple(dict.fromkeys((*names.plain, *further, *inner_names.plain))))
    if layout is None or (layout.vendor.name, layout.kind.name) != ("entra", "sign_in"):
        return None
    wanted_names = {name for some in layout.kind.names.values() for name in some} | {"tenantid"}
    plain = zip((*outer, *inner), (*names.plain, *inner_names.plain), strict=True)
    signs_of_vendor = tuple(
        one for name, one in plain if name.encode() in record_marks() and one in wanted_names
    )
    signs = tuple(
        tuple(name for name in line if name in wanted_names or name in _FEW)
        for line in layout.kind.signs
    )
    own_inner, inner_places = _struct(inner, inner_names.plain, wanted_names)
    own, places = _struct(outer, names.plain, wanted_names, own_inner if inner else None)
    return _Plan(layout, msgspec.json.Decoder(own), places, inner_places, (signs_of_vendor, *signs))


def _struct(
    names: Iterable[str], plain_names: Iterable[str], wanted_names: set[str], properties: Any = None
) -> tuple[Any, dict[str, str]]:
    """A struct with some names and no others, and where in it each wanted value stands."""
    fields: list[Any] = []
    rename, places = {}, {}
    for number, (name, plain) in enumerate(zip(names, plain_names, strict=True)):
        place = f"f{number}"
        rename[place] = name
        if plain == "properties" and properties is not None:
            fields.insert(0, (place, properties))  # it has to be there
        elif plain in _FEW or plain not in wanted_names:
            fields.append((place, msgspec.Raw, msgspec.Raw(_NULL)))
        else:
            fields.append((place, str | int | None, None))
        places[plain] = place
    kind = msgspec.defstruct("_Own", fields, rename=rename, forbid_unknown_fields=True, gc=False)
    return kind, places


class _Rows:
    """Sign-ins of a block, as they were taken out of their JSON."""

    def __init__(self, plan: _Plan, rows: list[Any]) -> None:
        self._plan, self._rows = plan, rows
        place = plan.outer["properties"] if plan.inner else ""
        self._inner = [getattr(row, place) for row in rows] if place else []

    def as_batch(self, raw: pa.Array, file: str) -> pa.RecordBatch | None:
        """The rows of the table; None if some are no plain sign-ins."""
        times = self._times()
        if times is None or not self._are_sign_ins():
            return None
        columns: dict[str, Any] = {name: _each(guid, self._best(name)) for name in _IDS}
        if None in columns["id"]:  # then a record is known by what it says
            return None
        columns |= {name: _each(text, self._best(name)) for name in _TEXTS}
        if self._has("timegenerated"):
            workspaces = _each(guid, self._value("tenantid"))
            columns["tenant"] = [
                None if tenant == workspace else tenant
                for tenant, workspace in zip(columns["tenant"], workspaces, strict=True)
            ]
        columns |= self._outcomes()
        columns["log"] = self._logs(columns, file)
        columns["attempts"] = _each(attempt_count, self._best("attempts"))
        return _as_batch(self._plan.layout.vendor.name, times, columns, raw)

    def _are_sign_ins(self) -> bool:
        """Whether each has, as a value and so as a name, what tells a sign-in."""
        if self._has("timegenerated") and not self._is_everywhere("timegenerated"):
            return False  # a row of Log Analytics among others
        return all(
            any(self._is_everywhere(name) for name in line if self._has(name))
            for line in self._plan.signs
        )

    def _is_everywhere(self, name: str) -> bool:
        values = self._value(name)
        return None not in values and _NULL not in values

    def _has(self, name: str) -> bool:
        return name in self._plan.outer or name in self._plan.inner

    def _times(self) -> pa.Array | None:
        values = self._best("published")
        kind = pa.timestamp("us", "UTC")
        with suppress(pa.ArrowInvalid, pa.ArrowTypeError):
            texts = pa.array(values, pa.string())
            if not texts.null_count and pc.all(pc.match_substring_regex(texts, _TIME)).as_py():
                exact = np.asarray(texts.cast(pa.timestamp("ns", "UTC")).cast(pa.int64()))
                return pa.array(exact // 1000).view(kind)
        moments = _each(utc_moment, values)
        return None if None in moments else pa.array(moments, kind)

    def _outcomes(self) -> dict[str, list[Any]]:
        """Code, result, reason and policies of each."""
        some = [self._value("status"), self._best("status"), self._best("result")]
        outcomes = _each_of(outcome_of, *some, self._best("reason"))
        names = ("appliedconditionalaccesspolicies", "conditionalaccesspolicies")
        policies = _each_of(refusing_policies, *map(self._value, names))
        code, result, reason = map(list, zip(*outcomes, strict=True))
        policy_names, numbers = map(list, zip(*policies, strict=True))
        return {"code": code, "result": result, "reason": reason, "policies": policy_names,
                "policy_ids": numbers}  # fmt: skip

    def _logs(self, columns: dict[str, Any], file: str) -> list[str]:
        names = ("category", "type", "signineventtypes", "isinteractive", "managedidentitytype")

        def log(*values: Any) -> str:
            *some, is_user, is_principal = values
            fields = dict(zip(names, some, strict=True))
            vendor = self._plan.layout.vendor
            return sign_in_log(vendor, fields, file, is_user=is_user, is_principal=is_principal)

        pairs = zip(columns["account"], columns["account_id"], strict=True)
        are_users = [account is not None or number is not None for account, number in pairs]
        pairs = zip(columns["principal"], columns["principal_id"], strict=True)
        are_principals = [bool(name or number) for name, number in pairs]
        return _each_of(log, *map(self._value, names), are_users, are_principals)

    def _best(self, column: str) -> list[Any]:
        """What a column of the layout has: of its names the first that holds something."""
        names = self._plan.layout.kind.names.get(column, ())
        values = self._value("")
        for name in names:
            if not self._has(name) and name != "outercorrelationid":
                continue
            values = _first_of(values, self._value(name))
            if _EMPTY.isdisjoint(values):
                break
        return values

    def _value(self, name: str) -> list[Any]:
        """What stands under a plain name: in the properties, else beside them."""
        outer, inner = self._plan.outer, self._plan.inner
        if name == "outercorrelationid":
            return _of(self._rows, outer.get("correlationid") if inner else None)
        if name not in inner:
            return _of(self._rows, outer.get(name))
        inside = _of(self._inner, inner[name])
        return _first_of(inside, _of(self._rows, outer[name])) if name in outer else inside


def _as_batch(
    vendor: str, times: pa.Array, columns: dict[str, Any], raw: pa.Array
) -> pa.RecordBatch:
    count, schema = len(times), record_schema()
    every = columns | {
        "vendor": [vendor] * count,
        "has_id": [True] * count,
        "key": np.frombuffer(b"".join([key_bytes(vendor, one) for one in columns["id"]]), "<i8"),
    }
    arrays = {name: pa.array(some, schema.field(name).type) for name, some in every.items()}
    arrays |= {"published": times, "raw": raw}
    for name in FIELDS:
        if name not in arrays:
            arrays[name] = pa.nulls(count, schema.field(name).type)
    fullness = POLICIES_WEIGHT * _is_there(arrays["policies"])
    for name in FIELDS:
        fullness += _is_there(arrays[name])
    arrays["fullness"] = pa.array(fullness)
    return pa.record_batch([arrays[name] for name in schema.names], schema=schema)


def _is_there(column: pa.Array) -> np.ndarray:
    return np.asarray(column.is_valid()).astype(np.int16)


def _of(rows: list[Any], place: str | None) -> list[Any]:
    """What the structs have at a place; JSON as bytes."""
    if place is None:
        return [None] * len(rows)
    values = list(map(attrgetter(place), rows))
    return list(map(bytes, values)) if values and type(values[0]) is msgspec.Raw else values


def _first_of(values: list[Any], others: list[Any]) -> list[Any]:
    """The values, and where one is empty the other."""
    if _EMPTY.isdisjoint(values):
        return values
    return [other if one in _EMPTY else one for one, other in zip(values, others, strict=True)]


def _each(function: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    """What a function makes of each, made once of those alike."""
    results = {one: function(one) for one in set(values)}
    return [results[one] for one in values]


def _each_of(function: Callable[..., Any], *columns: list[Any]) -> list[Any]:
    """Likewise, of several values each; what is JSON is read before."""
    rows = list(zip(*columns, strict=True))
    results = {row: function(*map(_decoded, row)) for row in set(rows)}
    return [results[row] for row in rows]


def _decoded(value: Any) -> Any:
    return _json.decode(value) if isinstance(value, bytes) else value
