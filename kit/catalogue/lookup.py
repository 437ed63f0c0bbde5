"""The catalogue asked: what a code means, who owns it, which remedy serves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kit.base.errors import nearest
from kit.base.patterns import lazy_pattern
from kit.catalogue.body import Step
from kit.messages import is_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.catalogue.kinds import KindWords
    from kit.catalogue.learned import LearnedKinds
    from kit.catalogue.model import (
        EventDetail,
        EventType,
        KindMeaning,
        KnownText,
        OktaRefusal,
        Remedy,
        SignInCode,
        WordForm,
        WordGroup,
    )
    from kit.catalogue.type_meaning import TypeMeaning
    from kit.catalogue.unread import Remedies

__all__ = ["Catalogue"]

_HTTP = lazy_pattern(r"HTTP_([45])\d\d")


@dataclass(frozen=True)
class Catalogue:
    """All that the data files say."""

    texts: tuple[str, ...]
    """The data files, as they are written."""
    remedies: Remedies
    """The user's own first, else in the order of their ids."""
    sign_in_codes: Mapping[str, SignInCode]
    event_types: Mapping[str, EventType]
    event_details: Mapping[str, EventDetail]
    okta_errors: Mapping[str, OktaRefusal]
    kinds: Mapping[str, KindMeaning]
    word_forms: Mapping[str, WordForm]
    """The user's own first; the first that fits a text says its kind."""
    word_groups: Mapping[str, WordGroup]
    kind_weights: str
    """The text of ``kind_weights.csv``, which is read when it is first needed."""
    out_of_scope: Mapping[str, str]
    """Event types that have no row because nobody looks for them around a failure, each with its
    ``listed_as`` as in ``EventType``."""
    mistakes: tuple[str, ...] = ()
    """What in the user's own folder could not be used, a line each."""

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change with any data file."""
        import hashlib  # it takes OpenSSL with it, which one code is not worth

        return hashlib.sha256("\0".join(self.texts).encode()).hexdigest()[:12]

    @cached_property
    def failure_types(self) -> frozenset[str]:
        """Event types that are failures whatever their result."""
        return self._of_verdict("fails", "only_fails")

    @cached_property
    def only_failure_types(self) -> frozenset[str]:
        """Event types that exist only for failures."""
        return self._of_verdict("only_fails")

    @cached_property
    def report_types(self) -> frozenset[str]:
        """Event types that neither fail nor work, whatever their result."""
        return self._of_verdict("reports")

    @cached_property
    def personal_types(self) -> frozenset[str]:
        """Event types about a user's password or factor, whatever app it was asked for."""
        return frozenset(t.event_type for t in self.event_types.values() if t.credential)

    @cached_property
    def shown_types(self) -> frozenset[str]:
        """Event types whose success other types than those of their operation show."""
        return frozenset(t.event_type for t in self.event_types.values() if t.successes)

    @cached_property
    def tracks(self) -> dict[tuple[str, ...], list[str]]:
        """Event types that show an operation's success, and the types whose success it is."""
        types_by_successes: dict[tuple[str, ...], list[str]] = {}
        for event_type in self.event_types.values():
            if event_type.successes:
                types_by_successes.setdefault(event_type.successes, []).append(
                    event_type.event_type
                )
        return types_by_successes

    @cached_property
    def unfollowed_types(self) -> frozenset[str]:
        """Event types of which it cannot be said that they fail still: no success can show."""
        silent = self.only_failure_types | self.report_types
        return silent | (self.failure_types - self.shown_types)

    @cached_property
    def wrapper_codes(self) -> frozenset[str]:
        """Codes that only say that something failed; another of the transaction says what."""
        return frozenset(code for remedy in self.remedies for code in remedy.wrappers)

    def _of_verdict(self, *verdicts: str) -> frozenset[str]:
        return frozenset(t.event_type for t in self.event_types.values() if t.verdict in verdicts)

    @cached_property
    def operations_that_succeed(self) -> frozenset[str]:
        """Operations that some event type can tell the success of."""
        return frozenset(
            t.operation
            for t in self.event_types.values()
            if t.operation and t.verdict in {"", "change"}
        )

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code that has a meaning or a remedy: the remedies' first, then the lists'."""
        return tuple(dict.fromkeys([*self._by_code, *self.sign_in_codes, *self._okta_codes]))

    def knows(self, code: str) -> bool:
        """Whether a code has a meaning or a remedy."""
        if self._naming(code):
            return True
        return code in self.sign_in_codes or (code.startswith("E0") and code in self.okta_errors)

    @property
    def _okta_codes(self) -> list[str]:
        return [code for code in self.okta_errors if code.startswith("E0")]

    @cached_property
    def _by_code(self) -> dict[str, list[Remedy]]:
        remedies_by_code: dict[str, list[Remedy]] = {}
        for remedy in self.remedies:
            for code in remedy.codes:
                remedies_by_code.setdefault(code, []).append(remedy)
        return remedies_by_code

    def _naming(self, code: str) -> list[Remedy]:
        """The remedies that name a code."""
        if self.remedies.are_read:
            return self._by_code.get(code, [])
        return [one for one in self.remedies.mentioning(code) if code in one.codes]

    def _of_subject(self, subject: str) -> Remedy | None:
        """The remedy for a subject of the lists."""
        if self.remedies.are_read:
            return self._by_subject.get(subject)
        mentioning = self.remedies.mentioning(subject)
        return next((one for one in mentioning if subject in one.subjects), None)

    @cached_property
    def _by_subject(self) -> dict[str, Remedy]:
        return {s: remedy for remedy in reversed(self.remedies) for s in remedy.subjects}

    @cached_property
    def _texts(self) -> list[KnownText]:
        """Known texts: the user's own first, then the most specific."""
        texts = [(not r.own, text) for r in self.remedies for text in r.known_texts]
        texts.sort(key=lambda t: (t[0], -sum(map(len, t[1].contains)), t[1].code))
        return [text for _, text in texts]

    @cached_property
    def _by_event_type(self) -> dict[str, str]:
        pairs = [pair for remedy in self.remedies for pair in remedy.event_types.items()]
        return dict(reversed(pairs))

    def remedy(
        self, code: str, *, app: str | None = None, text: str = "", operation: str | None = None
    ) -> Remedy | None:
        """Find the remedy for a code.

        Args:
            code: the code.
            app: the app that failed, as an admin labelled it; of several remedies for one
                code, that for the app counts.
            text: the vendor's words, which may tell as well.
            operation: what was attempted; a remedy of a general sort names it.

        Returns:
            The remedy that names the code, the user's own before the kit's; else the one for
            the code's subject in the lists; else that of the kind which the words or the code's
            own words tell; None where nothing is known.
        """
        remedy = self._remedy_of_code(code, app, text)
        if remedy is None and (kind := self._kind_in_words(code, text)):
            remedy = self._remedy_of_code(kind, app, text)
        return remedy.about(app, operation) if remedy else None

    def _remedy_of_code(self, code: str, app: str | None = None, text: str = "") -> Remedy | None:
        """The remedy that names a code, else the one for its subject in the lists."""
        if remedies := self._naming(code):
            return max(remedies, key=lambda remedy: _fit(remedy, code, app, text.casefold()))
        return self._of_subject(self.subject(code))

    def _kind_in_words(self, code: str, text: str) -> str:
        """The kind that the words tell, else the words of a code that a vendor made of words."""
        kinds = [self.kind_of_text(text)] if text else []
        if not is_fingerprint(code):
            kinds.append(self.kind_of_text(code))
        return next((kind for kind in kinds if kind not in {"", "no_reason"}), "")

    def subject(self, code: str) -> str:
        """What a listed code is about, as the lists sort their codes; else nothing."""
        if code.startswith("AADSTS"):
            sign_in_code = self.sign_in_codes.get(code)
            return (sign_in_code and sign_in_code.subject) or "microsoft"
        if code.startswith("E0"):
            answer = self.okta_errors.get(code)
            return (answer and answer.subject) or "okta"
        status = _HTTP.fullmatch(code)
        return f"http_{status[1]}xx" if status else ""

    def steps(
        self, code: str, *, app: str | None = None, text: str = "", operation: str | None = None
    ) -> tuple[Step, ...]:
        """What to do about a code; for one of Okta's own, what this very code asks comes first."""
        remedy = self.remedy(code, app=app, text=text, operation=operation)
        steps = remedy.steps if remedy else ()
        answer = self.okta_errors.get(code) if code.startswith("E0") else None
        if answer and answer.fix:
            first = Step(f"{code}: what it asks for", answer.fix, "The same call or task works.")
            return (first, *steps)
        return steps

    def okta_error(self, code: str) -> OktaRefusal | None:
        """What an error code of Okta's API means."""
        return self.okta_errors.get(code)

    def meaning(self, code: str, *, app: str | None = None, text: str = "") -> str | None:
        """What a code means, in a sentence without its full stop."""
        remedy = self.remedy(code, app=app, text=text)
        if remedy and code in remedy.codes:
            return remedy.codes[code]
        list_row = self._list_row(code)
        return (list_row.meaning or None) if list_row else None

    def family(self, code: str) -> str:
        """The subject a code belongs to; never empty."""
        if self._naming(code) and (remedy := self._remedy_of_code(code)):
            return remedy.family
        if code.startswith("AADSTS"):
            sign_in_code = self.sign_in_codes.get(code)
            subject = sign_in_code.subject.replace("_", " ") if sign_in_code else ""
            return f"Microsoft sign-in: {subject}" if subject else "Microsoft sign-in"
        if is_fingerprint(code):
            return "Unknown text"
        if code.startswith("HTTP_"):
            return code.replace("_", " ")
        if code.startswith("E0"):
            return "Okta API"
        return "Other"

    def retry(self, code: str, *, app: str | None = None, text: str = "") -> str | None:
        """Whether a retry helps."""
        remedy = self.remedy(code, app=app, text=text)
        if remedy and code in remedy.codes:
            return remedy.retry
        list_row = self._list_row(code)
        return (list_row and list_row.retry) or (remedy.retry if remedy else None)

    def owner(self, code: str, *, app: str | None = None, text: str = "") -> str | None:
        """Who owns it."""
        remedy = self.remedy(code, app=app, text=text)
        return remedy.owner if remedy else None

    def links(self, code: str, *, app: str | None = None, text: str = "") -> list[str]:
        """Pages to read on about a code."""
        remedy = self.remedy(code, app=app, text=text)
        urls = list(remedy.links) if remedy else []
        if code.startswith("AADSTS"):
            urls.append(f"https://login.microsoftonline.com/error?code={code[6:]}")
        return urls

    def name_text(self, text: str, vendor_code: str | None, http_status: int | None) -> str | None:
        """Name a known text.

        Args:
            text: what is left of a message inside all its layers.
            vendor_code: the vendor's code in it; a name refines it, but never contradicts.
            http_status: the HTTP status in it; a name for a known text goes before it.

        Returns:
            The name; None where the catalogue does not know the text.
        """
        folded_text = text.casefold()
        for known_text in self._texts:
            fits = vendor_code is None or known_text.code.partition("#")[0] == vendor_code
            if http_status and _HTTP.fullmatch(known_text.code):
                fits = known_text.code == f"HTTP_{http_status}"
            if fits and known_text.stands_in(folded_text):
                return known_text.code
        return None

    def type_meaning(self, event_type: str) -> TypeMeaning:
        """What an event of a type means beside its result; of an unknown type by its name."""
        meaning = self._type_meanings.get(event_type)
        if meaning is not None:
            return meaning
        from kit.catalogue.type_meaning import unknown_type

        return unknown_type(event_type)

    @cached_property
    def _type_meanings(self) -> dict[str, TypeMeaning]:
        from kit.catalogue.type_meaning import known_type

        details: dict[str, list[EventDetail]] = {}
        for detail in self.event_details.values():
            details.setdefault(detail.event_type, []).append(detail)
        names = [*self.event_types, *(name for name in details if name not in self.event_types)]
        return {
            name: known_type(name, self.event_types.get(name), tuple(details.get(name, ())))
            for name in names
        }

    @cached_property
    def debug_names(self) -> tuple[str, ...]:
        """What of debugData turns the meaning of a type."""
        fields = {detail.field for detail in self.event_details.values()}
        return tuple(
            sorted(one.removeprefix("debugData.") for one in fields if one.startswith("debugData."))
        )

    def knows_type(self, event_type: str) -> bool:
        """Whether an event type has a row, or is known as out of scope."""
        return event_type in self.event_types or event_type in self.out_of_scope

    def event_code(self, event_type: str) -> str | None:
        """The code that an event type is by itself, or has where its text names none."""
        row = self.event_types.get(event_type)
        if row and (row.code or row.default_code):
            return row.code or row.default_code
        return self._by_event_type.get(event_type)

    def operation(self, event_type: str) -> str | None:
        """What an event type attempts, in the words of Okta's tasks."""
        row = self.event_types.get(event_type)
        return (row.operation or None) if row else None

    def spelled(self, word: str) -> str | None:
        """The catalogue's spelling of a code or an event type, written in any case."""
        folded = word.casefold()
        remedy_codes = (code for one in self.remedies.mentioning(folded) for code in one.codes)
        of_remedy = (code for code in remedy_codes if code.casefold() == folded)
        return next(of_remedy, None) or self._listed_spellings.get(folded)

    @cached_property
    def _listed_spellings(self) -> dict[str, str]:
        names = [*self.sign_in_codes, *self._okta_codes, *self.event_types, *self.out_of_scope]
        return {name.casefold(): name for name in reversed(names)}

    def nearest(self, code: str) -> str:
        """A sentence with the known code nearest to a wrong one, or nothing."""
        return nearest(code, self.codes)

    def kind(self, code: str, *, text: str = "", http_status: int | None = None) -> str:
        """What went wrong, in any app's words.

        Args:
            code: the code; a kind's own name is a code too.
            text: the vendor's words. They tell where the code is not known, or where it stands for
                unrelated faults (``vague`` in its remedy).
            http_status: the status, which tells where neither code nor words do.

        Returns:
            One of the names in ``kinds.csv``; nothing where nothing tells, as for an unknown text.
        """
        if settled := self.settled_kind(code):
            return settled
        code_kind = self._kind_of_code(code)
        kinds = [self.kind_of_text(text)] if text else []
        if not code_kind and not is_fingerprint(code):
            kinds.append(self.kind_of_text(code))
        if http_status and http_status >= (500 if code_kind else 400):
            kinds.append(self._kind_of_code(f"HTTP_{http_status}"))
        kinds = [kind for kind in kinds if kind]
        return next(
            (kind for kind in kinds if kind != "no_reason"), code_kind or "".join(kinds[:1])
        )

    def settled_kind(self, code: str) -> str:
        """The kind of a code whatever its text says; nothing where the text may tell another."""
        code_kind = self._kind_of_code(code)
        return "" if code_kind == "no_reason" or self._is_vague(code) else code_kind

    def _kind_of_code(self, code: str) -> str:
        """The kind that the catalogue's files give a code."""
        if code in self.kinds:
            return code
        remedy = self._remedy_of_code(code)
        if remedy and code in remedy.codes:
            return remedy.kinds.get(code) or remedy.kind or self.kind_of_text(remedy.codes[code])
        list_row = self._list_row(code)
        return (list_row and list_row.kind) or (remedy.kind if remedy else "")

    def _is_vague(self, code: str) -> bool:
        remedy = self._remedy_of_code(code)
        return bool(remedy and code in remedy.vague)

    def kind_of_text(self, text: str) -> str:
        """What a text says went wrong, told from its words by ``kind_words.csv``.

        Args:
            text: what is left of a message inside all its layers, without names that are known.

        Returns:
            The kind; nothing where the words do not tell.
        """
        return self._words.kind(text)

    def learned_kind(self, text: str, form_kind: str = "") -> str:
        """What a text most likely says went wrong, by ``kind_weights.csv``.

        Args:
            text: as above, of which neither a code nor a status tells more.
            form_kind: the kind that a word form tells.

        Returns:
            A guess; the form's kind, where none is sure enough to say more or otherwise.
        """
        return self._learned.kind(text, form_kind)

    @cached_property
    def subjects_by_app(self) -> dict[str | None, list[tuple[str, set[str]]]]:
        """By the app that is looked at, what sentences are about, as ``explain`` fills it."""
        return {}

    @cached_property
    def _words(self) -> KindWords:
        from kit.catalogue.kinds import KindWords

        return KindWords(self.word_forms.values(), self.word_groups)

    @cached_property
    def _learned(self) -> LearnedKinds:
        from kit.catalogue.learned import LearnedKinds

        return LearnedKinds(self.kind_weights)

    def _list_row(self, code: str) -> SignInCode | OktaRefusal | None:
        if code.startswith("E0"):
            return self.okta_errors.get(code)
        return self.sign_in_codes.get(code)


def _fit(
    remedy: Remedy, code: str, app: str | None, folded_text: str
) -> tuple[bool, bool, bool, int]:
    """How well a remedy fits among those for one code; the greatest wins."""
    text_fits = any(
        text.code == code and text.stands_in(folded_text) for text in remedy.known_texts
    )
    app_fits = bool(remedy.app and app and remedy.app.casefold() in app.casefold())
    applies = text_fits or app_fits or remedy.app is None
    return applies, remedy.own, text_fits or app_fits, len(remedy.app or "") if app_fits else 0
