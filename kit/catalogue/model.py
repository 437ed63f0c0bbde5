"""What the catalogue is made of: remedies, their steps, and the rows of its lists."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from kit.catalogue.body import Body, BodyParts, Step, read_body

__all__ = [
    "HITS",
    "OWNERS",
    "RADII",
    "RETRIES",
    "EventDetail",
    "EventType",
    "FrontMatter",
    "Kind",
    "KindMeaning",
    "KnownText",
    "OktaRefusal",
    "Owner",
    "Remedy",
    "Retry",
    "SignInCode",
    "WordForm",
    "WordGroup",
]

Owner = Literal[
    "okta_admin", "microsoft_admin", "app_owner", "data_owner", "directory_admin", "wait"
]
Retry = Literal["after_fix", "wait", "reassign", "automatic"]
EvidenceOrigin = Literal["seen in Okta", "vendor list"]
Kind = Literal[
    "credentials_refused", "not_permitted", "not_assigned", "policy_denied", "factor_refused",
    "suspected_attack", "not_found", "already_exists", "ambiguous_match", "missing_attribute",
    "invalid_value", "managed_elsewhere", "state_forbids", "limit_reached", "rate_limited",
    "unreachable", "trust_broken", "vendor_fault", "exchange_malformed", "configuration",
    "pending", "manual_step", "no_reason",
]  # fmt: skip
"""What went wrong, in any app's words. ``kinds.csv`` has the meaning of each."""

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
    "data_owner": "the owner of the user's data",
    "directory_admin": "the directory's admin",
    "wait": "nobody: wait",
}
RADII = {
    "connection": "all users of the app",
    "group": "the users of a group",
    "user": "single users",
}

_NonEmpty = Annotated[str, msgspec.Meta(min_length=1)]
_Link = Annotated[str, msgspec.Meta(pattern=r"^https://[^\s/]+\.[^\s]+$")]


class KnownText(msgspec.Struct, frozen=True):
    """A text that has a name: ``code`` where ``contains`` stand in it, in order, without case."""

    code: str
    contains: tuple[str, ...]

    def stands_in(self, folded_text: str) -> bool:
        """Tell whether a text, its case folded, is this one."""
        at = 0
        for part in self.contains:
            at = folded_text.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return True


class FrontMatter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields on top of a remedy's file; a misspelt one is an error, no silence."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]+$")]
    title: _NonEmpty
    family: _NonEmpty
    codes: dict[_NonEmpty, _NonEmpty]
    """Each code with its meaning, in a sentence without its full stop."""
    owner: Owner
    retry: Retry
    retry_note: _NonEmpty
    """When a retry helps, and what it does before."""
    blast_radius: Literal["connection", "group", "user"]
    seen: EvidenceOrigin
    """Whether a message of Okta's with one of the codes is known, or the vendor's list alone."""
    checked: date
    """The day on which it was last compared with its sources."""
    app: str | None = None
    """The app it is about; where a code has several remedies, the one for the app counts."""
    examples: tuple[_NonEmpty, ...] = ()
    """Real messages that lead to this remedy."""
    texts: dict[_NonEmpty, _NonEmpty] = {}
    """A part of a message, without case, and the code that it stands for; ``…`` is any text."""
    event_types: dict[_NonEmpty, _NonEmpty] = {}
    """Event types that say by themselves what failed, and the code they stand for."""
    wrappers: tuple[_NonEmpty, ...] = ()
    """Those of its codes that only say that something failed: beside one, another says what."""
    only_listed: tuple[_NonEmpty, ...] = ()
    """Those of its codes that are known from the vendor's list alone."""
    subjects: tuple[_NonEmpty, ...] = ()
    """Subjects of the code lists; it serves each of their codes that no remedy names."""
    links: tuple[_Link, ...] = ()
    kind: Kind | Literal[""] = ""
    """What goes wrong with its codes; a file of the user's own may leave it to their words."""
    vague: tuple[_NonEmpty, ...] = ()
    """Those of its codes that stand for unrelated faults, so that the text's words say the kind."""
    kinds: dict[_NonEmpty, Kind] = {}
    """Those of its codes that are of another kind."""


class Remedy(FrontMatter, frozen=True, kw_only=True, dict=True):
    """Cause, owner and steps for one or more codes.

    What stands below the front matter is read when it is first asked for: ingest needs
    codes and texts alone.
    """

    path: Path
    body: Body
    own: bool = False
    """Whether it comes from a folder of the user's own."""
    words: tuple[tuple[str, str], ...] = (("{app}", "the app"), ("{operation}", "the operation"))
    """What stands for the app and the operation in its prose."""

    @cached_property
    def parts(self) -> BodyParts:
        """What stands below the front matter, in the words of the app and operation at hand.

        Raises:
            CatalogueError: it does not fit; names the file and the heading.
        """
        parts = read_body(self.body)
        if not any(word in self.body.text for word, _ in self.words):
            return parts
        return BodyParts(
            cause=self._with_names(parts.cause),
            steps=tuple(
                Step(
                    self._with_names(s.title),
                    self._with_names(s.do),
                    self._with_names(s.see),
                    s.evidence,
                )
                for s in parts.steps
            ),
            verify=tuple(map(self._with_names, parts.verify)),
            avoid=tuple(map(self._with_names, parts.avoid)),
            background=self._with_names(parts.background),
        )

    def _with_names(self, prose: str) -> str:
        """Prose with the names at hand; one that begins a sentence has a capital letter."""
        names = dict(self.words)

        def name(match: re.Match[str]) -> str:
            begins = match.start() == 0 or prose[: match.start()].endswith((". ", "? ", "! "))
            word = names.get(match[0], match[0])
            return word[:1].upper() + word[1:] if begins else word

        return re.sub(r"\{\w+\}", name, prose)

    def about(self, app: str | None, operation: str | None) -> Remedy:
        """The same remedy in the words of an app and an operation, where its prose has room.

        Args:
            app: the app that failed; None where it is not known.
            operation: what was attempted, in the words of Okta's tasks.
        """
        words = (("{app}", app or "the app"), ("{operation}", operation or "the operation"))
        if words == self.words or not any(word in self.body.text for word, _ in words):
            return self
        return msgspec.structs.replace(self, words=words)

    @property
    def cause(self) -> str:
        """Why it fails, in words for the person who has to fix it."""
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

    def evidence_of(self, code: str) -> EvidenceOrigin:
        """Whether a code was seen in a message of Okta's, or is known from a list."""
        return "vendor list" if code in self.only_listed else self.seen


class SignInCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``aadsts.csv``: a code of Microsoft's sign-in service."""

    code: Annotated[str, msgspec.Meta(pattern=r"^AADSTS\d+$")]
    symbol: str = ""
    subject: str = ""
    retry: Retry | Literal[""] = ""
    meaning: str = ""
    kind: Kind | Literal[""] = ""
    """Where it is another one than that of its subject's remedy."""


Verdict = Literal["", "fails", "only_fails", "reports", "change"]
Credential = Literal["", "factor", "password"]
HITS = ("user", "actor", "client", "caller", "group", "agent", "hook", "address", "app", "other")
"""Who or what an event can hit; ``kit.events.hit`` says where in an event each stands."""


class EventType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``event_types.csv``: what an event of a type says beside its result."""

    event_type: _NonEmpty
    operation: str = ""
    """What it attempts, in the words of Okta's tasks; several types may tell of one operation."""
    verdict: Verdict = ""
    """Nothing: by its result. ``change``: the same, an act of an admin or a job. ``fails``: a
    failure whatever its result. ``only_fails``: exists only for failures, so that it can't be told
    by itself that it still fails. ``reports``: neither failed nor worked, whatever its result."""
    hit: str = ""
    """Who is hit where the event names no user as its target: words of ``HITS``, the first that
    the event has counts. Empty: ``kit.events.hit.DEFAULT``."""
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
    listed_as: str = ""
    """Its name on Okta's public list where that is another one; ``-`` where the list lacks it."""

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

    detail: _NonEmpty
    """The row's own name."""
    event_type: _NonEmpty
    field: Annotated[
        str, msgspec.Meta(pattern=r"^(debugData\.\w+|outcome\.result|outcome\.reason|actor\.type)$")
    ]
    value: _NonEmpty
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

    code: _NonEmpty
    """``E0000011``, ``invalid_scope``, or ``HTTP_401`` where the answer holds no code."""
    http: str = ""
    subject: str = ""
    retry: Retry | Literal[""] = ""
    meaning: str = ""
    fix: str = ""
    """What an admin does who meets it, in a script, a hook or the log."""
    do: str = ""
    """What the person does whose own okta-kit was refused."""
    kind: Kind | Literal[""] = ""
    """Where it is another one than that of its subject's remedy."""


class KindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``kinds.csv``: a kind of failure, in any app's words."""

    kind: Kind
    meaning: _NonEmpty
    deed: _NonEmpty
    """What is done first, in a few words."""


class WordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``kind_words.csv``: words that tell a text's kind; ``kinds.py`` says how."""

    words: _NonEmpty
    kind: Kind
    beside: str = ""
    """Forms of which one has to stand in the text as well, ``|`` between them."""
    unless: str = ""
    """Forms of which none may stand in the text, ``|`` between them."""


class WordGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``word_groups.csv``: words and phrases that count alike in a form."""

    group: _NonEmpty
    words: _NonEmpty
