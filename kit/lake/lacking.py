"""What the events of a file lack that counting needs: columns get dropped on the way.

Failing events are joined by transaction, app and user into what a person counts as one failure.
Where a form has lost these, the same log gives other counts, and the reader must know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.base.times import parse_iso
from kit.base.windows import Window
from kit.events import COLUMNS
from kit.sources.document import base_name, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

__all__ = ["EFFECTS", "Lacking", "Presence", "absent_in", "lacking_for_manifest", "lacking_in"]

EFFECTS = {
    "result": "no event says its outcome: only types that are failures by themselves are counted",
    "transaction": "no failing event has a transaction: the events of one attempt are counted as "
    "several failures",
    "app": "no provisioning failure names an app: failures of different apps are counted as one "
    "app's, and the events of one attempt may not be joined",
    "user": "no provisioning failure names a user: nobody counts as hit, still failing or "
    "recovered by it, and the events of one attempt may be counted as several failures",
    "targets": "there are no targets: provisioning failures name no app and no user, so failures, "
    "users and who still fails are other numbers",
    "reason": "there is no reason: what went wrong follows from the event type alone",
    "actor": "there is no actor: who failed to sign in is not known",
    "debug": "there is no debug data: what it adds to a code, and Okta's request ids, are lost",
    "zone": "times name no zone and are read as UTC: if they are local times, all of them are off",
}
"""What may be lacking, and what that does to the counts."""

_PATHS_BY_EFFECT = {
    "result": "outcome.result",
    "reason": "outcome.reason",
    "transaction": "transaction.id",
    "actor": "actor",
    "targets": "target",
    "debug": "debugContext",
}
_PLACES = {column.name: place for place, column in enumerate(COLUMNS)}
_APP_COLUMNS = ("app_id", "app_name")
_USER_COLUMNS = ("user_id", "user_login", "user_name")
_APP = [_PLACES[name] for name in _APP_COLUMNS]
_USER = [_PLACES[name] for name in _USER_COLUMNS]
_TRANSACTION = _PLACES["transaction_id"]
_PROVISIONING = ("application.provision.", "application.user_membership.")
_OF_USERS = ("application.provision.user.", "application.user_membership.")
_MAX_FILES = 100
"""Files that a manifest lists; of more, the rest as one."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the events of a file lack."""

    file: str
    """Its name without its folder; empty of several."""
    since: str
    until: str
    """What its events span, as ISO texts."""
    what: tuple[str, ...]
    """Keys of ``EFFECTS``."""
    origin: str = ""
    """Tells files of one name apart, see ``origin_of``; empty of several."""

    def touches(self, window: Window) -> bool:
        """Whether any of its events may lie in a window."""
        return parse_iso(self.since) < window.until and parse_iso(self.until) > window.since

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        entry = {"file": self.file, "since": self.since, "until": self.until, "what": [*self.what]}
        return {**entry, "origin": self.origin} if self.origin else entry


@dataclass(slots=True)
class Presence:
    """How many failing events of a file have what counting needs."""

    failing: int = 0
    transaction: int = 0
    provisioning: int = 0
    app: int = 0
    of_users: int = 0
    user: int = 0
    absent: list[str] = field(default_factory=list)
    """What its form lacks: the header of a table has no column for it, or times have no zone."""

    def note(self, kind: str, row: Sequence[Any]) -> None:
        """Look at a failing event: its type, and its row of the events table."""
        self._note(kind, row[_TRANSACTION], [row[p] for p in _APP], [row[p] for p in _USER])

    def _note(
        self, kind: str, transaction: str | None, app: Sequence[Any], user: Sequence[Any]
    ) -> None:
        self.failing += 1
        self.transaction += transaction is not None
        if kind.startswith(_PROVISIONING):
            self.provisioning += 1
            self.app += any(app)
            if kind.startswith(_OF_USERS):
                self.of_users += 1
                self.user += any(user)

    def note_all(self, failing: pa.RecordBatch) -> None:
        """Look at failing events, as rows of the events table."""
        names = ["event_type", "transaction_id", *_APP_COLUMNS, *_USER_COLUMNS]
        columns = [failing.column(name).to_pylist() for name in names]
        for kind, transaction, *more in zip(*columns, strict=True):
            self._note(kind, transaction, more[: len(_APP_COLUMNS)], more[len(_APP_COLUMNS) :])

    def add(self, absent: Iterable[str]) -> None:
        """Note what is lacking by the form."""
        self.absent += [what for what in absent if what not in self.absent]

    def follow(self, other: Presence) -> None:
        """Take in what was seen elsewhere in the file."""
        self.failing += other.failing
        self.transaction += other.transaction
        self.provisioning += other.provisioning
        self.app += other.app
        self.of_users += other.of_users
        self.user += other.user
        self.add(other.absent)

    @property
    def what(self) -> tuple[str, ...]:
        """What is lacking, as keys of ``EFFECTS``."""
        keys = set(self.absent)
        if self.failing > 1 and not self.transaction:
            keys.add("transaction")
        if self.provisioning and not self.app:
            keys.add("app")
        if self.of_users and not self.user:
            keys.add("user")
        if "targets" in keys:
            keys -= {"app", "user"}
        return tuple(what for what in EFFECTS if what in keys)


def absent_in(columns: Iterable[str]) -> list[str]:
    """What a table lacks by its header.

    Args:
        columns: where in a LogEvent the values of its columns stand: ``outcome.reason``.
    """
    prefixes = [f"{column}." for column in columns]
    return [
        what
        for what, path in _PATHS_BY_EFFECT.items()
        if not any(column.startswith(f"{path}.") for column in prefixes)
    ]


def lacking_in(manifest: Mapping[str, Any]) -> list[Lacking]:
    """What the files of a lake lack, as its manifest has it."""
    return [
        Lacking(
            str(one["file"]),
            str(one["since"]),
            str(one["until"]),
            tuple(one["what"]),
            str(one.get("origin", "")),
        )
        for one in manifest.get("lacking", [])
    ]


def lacking_for_manifest(
    lacking: Iterable[Lacking], fresh: Mapping[str, tuple[Window, Presence]]
) -> list[dict[str, Any]]:
    """What files lack, for a manifest."""
    lacking_by_key = {(one.file, one.since, one.until, one.origin): one for one in lacking}
    for file, (span, presence) in fresh.items():
        if presence.what:
            text = span.as_text()
            place = (base_name(file), text["since"], text["until"])
            lacking_by_key.pop(
                (*place, ""), None
            )  # written before files of one name were told apart
            origin = origin_of(file)
            lacking_by_key[*place, origin] = Lacking(*place, presence.what, origin)
    every = list(lacking_by_key.values())
    if len(every) > _MAX_FILES:
        rest = every[_MAX_FILES - 1 :]
        what = {name for one in rest for name in one.what}
        ends = min(one.since for one in rest), max(one.until for one in rest)
        every[_MAX_FILES - 1 :] = [Lacking("", *ends, tuple(k for k in EFFECTS if k in what))]
    return [one.as_dict() for one in every]
