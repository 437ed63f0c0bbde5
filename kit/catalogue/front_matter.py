"""What stands on top of a remedy's file: YAML, whose fields are checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec
import yaml

from kit.base.errors import nearest
from kit.base.patterns import lazy_pattern
from kit.catalogue.body import CatalogueError
from kit.catalogue.model import FrontMatter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kit.catalogue.model import Remedy

__all__ = ["check_fields", "read_front", "split", "what_is_wrong"]

_FRONT = lazy_pattern(r"---\n(.*?)\n---(?:\n|$)", re.DOTALL)


def split(name: str, text: str) -> tuple[str, str]:
    """The front matter and the body of a remedy's file.

    Raises:
        CatalogueError: there is no front matter; names the file.
    """
    match = _FRONT.match(text)
    if not match:
        raise CatalogueError(f"{name}: it does not begin with front matter between two '---'.")
    return match[1], text[match.end() :]


def read_front(name: str, front: str) -> FrontMatter:
    """Read a front matter.

    Args:
        name: the file's, for its mistakes.
        front: the text of it.

    Raises:
        CatalogueError: it does not fit; names the file, and the line or the field.
    """
    try:
        fields = yaml.load(front, Loader=_Yaml)  # noqa: S506  # a safe one, in C
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 2 if fault.problem_mark else 1
        raise CatalogueError(f"{name}: line {line}: {fault.problem}.") from None
    except yaml.YAMLError as fault:
        raise CatalogueError(f"{name}: {' '.join(str(fault).split())}.") from None
    except ValueError as fault:  # YAML makes a date of what looks like one
        raise CatalogueError(f"{name}: checked: {fault}.") from None
    try:
        return msgspec.convert(fields, FrontMatter)
    except msgspec.ValidationError as fault:
        raise CatalogueError(f"{name}: {what_is_wrong(str(fault), FrontMatter)}") from None


class _Yaml(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a field that stands there twice, of which YAML keeps the last in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key.value, str):
                continue  # no scalar; what comes of it is refused with its field
            if key.value in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands there twice", key.start_mark
                )
            keys.add(key.value)
        return super().construct_mapping(node, deep)


def check_fields(path: Path, remedy: Remedy) -> None:
    """See that the fields of a front matter fit one another."""
    name = remedy.body.file
    if remedy.id != path.stem:
        raise CatalogueError(f"{name}: id: it is {remedy.id!r}; write the file's name.")
    if not remedy.codes and not remedy.subjects:
        raise CatalogueError(f"{name}: codes: there is none.")
    for field in ("texts", "event_types", "wrappers", "only_listed", "kinds"):
        entries = getattr(remedy, field)
        for code in entries.values() if field in ("texts", "event_types") else entries:
            if code not in remedy.codes:
                raise CatalogueError(
                    f"{name}: {field}: {code} is none of its codes.{nearest(code, remedy.codes)}"
                )
    if not all(all(text.contains) for text in remedy.known_texts):
        raise CatalogueError(f"{name}: texts: words stand before and after '…'.")


def what_is_wrong(reason: str, kind: type[Any]) -> str:
    """What msgspec refused, with the field first and what would have been right."""
    fields = get_type_hints(kind, include_extras=True)
    what, _, place = reason.partition(" - at ")
    if match := re.search(r"missing required field `(\w+)`", what):
        return f"{match[1]}: it is missing."
    if match := re.search(r"unknown field `(\w+)`", what):
        return f"{match[1]}: there is no such field.{nearest(match[1], fields)}"
    path = re.search(r"\$(?:\[\d+\])?\.(\w+)", place)
    field = path[1] if path else ""
    allowed = [str(v) for v in _values(fields.get(field)) if v]
    what = what.replace("Object", "A mapping", 1) if not field else what
    hint = f"; it is one of {', '.join(allowed)}" if allowed and "enum" in what else ""
    return f"{field}: {what}{hint}." if field else f"{what}{hint}."


def _values(hint: Any) -> Iterable[Any]:
    """The values of a Literal, or of a union of them."""
    for value in get_args(hint):
        yield from _values(value) if get_args(value) else [value]
