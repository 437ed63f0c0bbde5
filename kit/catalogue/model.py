"""What the catalogue is made of: remedies, their steps, and the rows of its lists."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from kit.catalogue.body import Body, Parts, Step, read_body

__all__ = [
    "HITS",
    "OWNERS",
    "RADII",
    "RETRIES",
    "EventDetail",
    "EventType",
    "FrontMatter",
    "KnownText",
    "OktaRefusal",
    "Owner",
    "Remedy",
    "Retry",
    "SignInCode",
]

Owner = Literal[
    "okta_admin", "microsoft_admin", "app_owner", "data_owner", "directory_admin", "wait"
]
Retry = Literal["after_fix", "wait", "reassign", "automatic"]
Seen = Literal["seen in Okta", "vendor list"]

RETRIES = {
    "after_fix": "helps after the fix",
    "wait": "helps after a while",
    "reassign": "does not help; unassign and assign again",
    "automatic": "happens by itself",
}
OWNERS = {
    "okta_admin": "the Okta admin",
    "microsoft_admin": "the Microsoft 365 admin",
    "app_owner": "the app's owner",
    "data_owner": "who owns the user's data",
    "directory_admin": "the directory's admin",
    "wait": "nobody: wait",
}
RADII = {
    "connection": "all users of the app",
    "group": "the users of a group",
    "user": "single users",
}

_Said = Annotated[str, msgspec.Meta(min_length=1)]
_Link = Annotated[str, msgspec.Meta(pattern=r"^https://[^\s/]+\.[^\s]+$")]


class KnownText(msgspec.Struct, frozen=True):
    """A text that has a name: ``code`` where ``contains`` stand in it, in order, without case."""

    code: str
    contains: tuple[str, ...]

    def stands_in(self, folded: str) -> bool:
        """Tell whether a text, its case folded, is this one."""
        at = 0
        for part in self.contains:
            at = folded.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return True


class FrontMatter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields on top of a remedy's file; a misspelt one is an error, no silence."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]+$")]
    title: _Said
    family: _Said
    codes: dict[_Said, _Said]
    """Each code with its meaning, in a sentence without its full stop."""
    owner: Owner
    retry: Retry
    retry_note: _Said
    """When a retry helps, and what it does before."""
    blast_radius: Literal["connection", "group", "user"]
    seen: Seen
    """Whether a message of Okta's with one of the codes is known, or the vendor's list alone."""
    checked: date
    """The day on which it was last compared with its sources."""
    app: str | None = None
    """The app it is about; where a code has several remedies, the one for the app counts."""
    examples: tuple[_Said, ...] = ()
    """Real messages that lead to this remedy."""
    texts: dict[_Said, _Said] = {}
    """A part of a message, without case, and the code that it stands for; ``…`` is any text."""
    event_types: dict[_Said, _Said] = {}
    """Event types that say by themselves what failed, and the code they stand for."""
    wrappers: tuple[_Said, ...] = ()
    """Those of its codes that only say that something failed: beside one, another says what."""
    only_listed: tuple[_Said, ...] = ()
    """Those of its codes that are known from the vendor's list alone."""
    subjects: tuple[_Said, ...] = ()
    """Subjects of the code lists; it serves each of their codes that no remedy names."""
    links: tuple[_Link, ...] = ()


class Remedy(FrontMatter, frozen=True, kw_only=True, dict=True):
    """Cause, owner and steps for one or more codes.

    What stands below the front matter is read when it is first asked for: ingest needs
    codes and texts alone.
    """

    path: Path
    body: Body
    own: bool = False
    """Whether it comes from a folder of the user's own."""

    @cached_property
    def parts(self) -> Parts:
        """What stands below the front matter.

        Raises:
            CatalogueError: it does not fit; names the file and the heading.
        """
        return read_body(self.body)

    @property
    def cause(self) -> str:
        """Why it fails, in words for the person who has to mend it."""
        return self.parts.cause

    @property
    def steps(self) -> tuple[Step, ...]:
        """What to do, in order."""
        return self.parts.steps

    @property
    def verify(self) -> tuple[str, ...]:
        """What proves the fix, each in a sentence without its full stop."""
        return self.parts.verify

    @property
    def avoid(self) -> tuple[str, ...]:
        """What not to do."""
        return self.parts.avoid

    @property
    def background(self) -> str:
        """What else helps to understand it."""
        return self.parts.background

    @cached_property
    def known_texts(self) -> tuple[KnownText, ...]:
        """Its texts, ready to be looked for."""
        return tuple(
            KnownText(code, tuple(part.strip() for part in text.casefold().split("…")))
            for text, code in self.texts.items()
        )

    def evidence_of(self, code: str) -> Seen:
        """Whether a code was seen in a message of Okta's, or is known from a list."""
        return "vendor list" if code in self.only_listed else self.seen


class SignInCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``aadsts.csv``: a code of Microsoft's sign-in service."""

    code: Annotated[str, msgspec.Meta(pattern=r"^AADSTS\d+$")]
    symbol: str = ""
    subject: str = ""
    retry: Retry | Literal[""] = ""
    meaning: str = ""


Verdict = Literal["", "fails", "only_fails", "reports", "change"]
Credential = Literal["", "factor", "password"]
HITS = ("user", "actor", "client", "caller", "group", "agent", "hook", "address", "app", "other")
"""Who or what an event can hit; ``kit.hit`` says where in an event each stands."""


class EventType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``event_types.csv``: what an event of a type says beside its result."""

    event_type: _Said
    operation: str = ""
    """What it attempts, in the words of Okta's tasks; several types may tell of one operation."""
    verdict: Verdict = ""
    """Nothing: by its result. ``change``: the same, an act of an admin or a job. ``fails``: a
    failure whatever its result. ``only_fails``: exists only for failures, so that it can't be told
    by itself that it still fails. ``reports``: neither failed nor worked, whatever its result."""
    hit: str = ""
    """Who is hit where the event names no user as its target: words of ``HITS``, the first that
    the event has counts. Empty: ``kit.hit.DEFAULT``."""
    credential: Credential = ""
    """What tells one attempt of a user from another: the ``factor``, or the one ``password``,
    whatever app it was asked for; else the app."""
    succeeded_by: str = ""
    """Event types whose success shows that it works again; else all of the same operation."""
    code: str = ""
    """The code that the type is by itself; no text of the event hides it."""
    default_code: str = ""
    """The code where the event's text names none."""
    meaning: str = ""
    source: str = ""
    """Where it is documented that the type is to be read so."""
    seen: bool = False
    """Whether a real event was seen that shows it; what was not seen is read the careful way."""

    @property
    def hits(self) -> tuple[str, ...]:
        """The words of ``hit``."""
        return tuple(self.hit.split())

    @property
    def successes(self) -> tuple[str, ...]:
        """The event types of ``succeeded_by``."""
        return tuple(sorted(set(self.succeeded_by.split())))


class EventDetail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One row of ``event_details.csv``: a field of an event that turns what its type says."""

    detail: _Said
    """The row's own name."""
    event_type: _Said
    field: Annotated[
        str, msgspec.Meta(pattern=r"^(debugData\.\w+|outcome\.result|outcome\.reason|actor\.type)$")
    ]
    value: _Said
    """The field's value, without case; ``*`` is any value."""
    reason: str = ""
    """Reasons, with ``|`` between, without case: the row holds only where one is the event's."""
    operation: str = ""
    verdict: Literal["", "fails", "only_fails", "reports", "by_result"] = ""
    hit: str = ""
    code: str = ""
    meaning: str = ""
    source: str = ""
    seen: bool = False

    @cached_property
    def reasons(self) -> frozenset[str]:
        """The reasons, folded."""
        return frozenset(one.strip() for one in self.reason.casefold().split("|"))


class OktaRefusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``okta_errors.csv``: what Okta's API or its sign-in answers."""

    code: _Said
    """``E0000011``, ``invalid_scope``, or ``HTTP_401`` where the answer holds no code."""
    http: str = ""
    subject: str = ""
    retry: Retry | Literal[""] = ""
    meaning: str = ""
    mend: str = ""
    """What an admin does who meets it, in a script, a hook or the log."""
    do: str = ""
    """What the person does whose own okta-kit was refused."""
