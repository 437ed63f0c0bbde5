"""Who owns which app: a small table, so that each owner is told of their own apps alone."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.base.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from kit.reports.people import People

__all__ = ["Owner", "read_owners"]

_COLUMNS = ("app", "owner", "contact", "notice")
_EXAMPLE = "app,owner,contact,notice"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Somebody who owns apps."""

    name: str
    contact: str = ""
    """Where people reach the owner; it stands on the page."""
    notices: tuple[str, ...] = ()
    """Apprise URLs; they may hold passwords, and stand nowhere."""
    apps: tuple[str, ...] = ()
    """Names or ids, as the table has them."""
    app_keys: tuple[str, ...] = ()
    """The ids that a log has for them."""

    def as_dict(self) -> dict[str, Any]:
        """The owner as a summary has it."""
        return {"name": self.name, "contact": self.contact, "apps": list(self.apps)}

    def in_report(self, file: Path, people: People | None) -> Owner:
        """Leave the names of the apps where a report's kernel reads them.

        Args:
            file: where.
            people: replaces people, who may be named in an app's name, and the owner as well.

        Returns:
            The owner as the report says it.
        """
        apps, keys, owner = self.apps, self.app_keys, self
        if people:
            apps, keys = (tuple(map(people.redact, one)) for one in (apps, keys))
            name = people.key.pseudonym("owner", self.name)
            people.key.save()
            owner = replace(self, name=name, contact="", apps=apps)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([*apps, *keys]), encoding="utf-8")
        return owner


def read_owners(path: Path) -> list[Owner]:
    """Read the table of apps and their owners.

    Args:
        path: a CSV file with a heading: ``app``, a name or an id; ``owner``; and, where there are
            any, ``contact`` and ``notice``, apprise URLs with spaces between. Lines of the same
            owner belong together.

    Returns:
        The owners, in the order of the file.

    Raises:
        UsageError: the file cannot be read, or a line names no app or no owner.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"--owners {path}: cannot be read ({reason}).") from None
    reader = csv.reader(text.splitlines())
    heading = [name.strip().casefold() for name in next(reader, [])]
    if not {"app", "owner"} <= set(heading):
        raise UsageError(f"--owners {path}: its first line names no app and owner: {_EXAMPLE}")
    owners: dict[str, Owner] = {}
    for cells in reader:
        values = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        if not any(values.values()):
            continue
        app, name, contact, notice = (values.get(column, "") for column in _COLUMNS)
        if not app or not name:
            lacking = "owner" if app else "app"
            raise UsageError(f"--owners {path}: line {reader.line_num} names no {lacking}.")
        owner = owners.get(name.casefold(), Owner(name=name))
        owners[name.casefold()] = replace(
            owner,
            contact=owner.contact or contact,
            notices=tuple(dict.fromkeys([*owner.notices, *notice.split()])),
            apps=tuple(dict.fromkeys([*owner.apps, app])),
        )
    if not owners:
        raise UsageError(f"--owners {path}: it names nobody. Write a line for each app: {_EXAMPLE}")
    return list(owners.values())
