"""Elastic's fields of Azure's logs, laid out as the other forms of Entra's records are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.vendors.values import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["is_elastic", "take_elastic"]

_BEGIN = "azure."


def is_elastic(names: Iterable[str]) -> bool:
    """Whether a document with these names has Elastic's fields of Azure, nested or with dots."""
    return any(name == "azure" or name.startswith(_BEGIN) for name in names)


def take_elastic(value: dict[str, Any], fields: dict[str, Any]) -> None:
    """Lay out ``azure.signinlogs.properties.…`` as a diagnostic record has it.

    Args:
        value: the document.
        fields: its values by plain names; what is laid out is added.
    """
    azure = value.get("azure")
    leaves: dict[str, Any] = dict(azure) if isinstance(azure, dict) else {}
    for name, one in value.items():
        if name.startswith(_BEGIN):
            _set(leaves, name.split(".")[1:], one)
    properties: dict[str, Any] = {}
    for name, one in leaves.items():
        if isinstance(one, dict) and name.endswith("logs"):
            own = {plain_name(key): each for key, each in one.items()}
            inner = own.pop("properties", None)
            fields.update({key: each for key, each in own.items() if each not in (None, "")})
            properties |= inner if isinstance(inner, dict) else {}
        else:
            fields.setdefault(plain_name(name), one)
    fields["properties"] = properties
    source = value.get("source")
    fields["sourceip"] = source.get("ip") if isinstance(source, dict) else value.get("source.ip")
    if fields.get("resultdescription") in (None, "") and isinstance(value.get("message"), str):
        fields["resultdescription"] = value["message"]
    event = value.get("event")
    identity = event.get("id") if isinstance(event, dict) else value.get("event.id")
    if identity is not None:
        fields.setdefault("id", identity)


def _set(leaves: dict[str, Any], path: list[str], one: Any) -> None:
    """Put a value where its dotted name says; nowhere, if something else is on the way."""
    for part in path[:-1]:
        inner = leaves.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        leaves = inner
    leaves[path[-1]] = one
