"""Okta's own sentences around a vendor's answer: the task, the group push, the operation.

Okta has hundreds of them (each app's events have a template that ends in the app's answer), so
they are read by their grammar: a lead (``Error while``, ``Could not``, …), what was tried, on
whom, then a colon or ``received error``, then the answer. Names are free text: they are found
between fixed words, never by their looks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern
from kit.messages.labels import time_at
from kit.messages.languages import translated
from kit.messages.names import note_names
from kit.messages.parts import Draft, fill_in, set_status
from kit.messages.wrappers import reason_at_end

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["okta_sentence"]


def okta_sentence(text: str, draft: Draft) -> str | None:
    """Take off one of Okta's sentences.

    Args:
        text: the text so far.
        draft: the parts read so far; gets what the sentence says.

    Returns:
        The text inside, empty where the sentence says no more; None where it is none of Okta's.
    """
    first = text.partition(" ")[0].strip(".:,").casefold()
    layers = _BY_FIRST_WORD.get(first, ())
    if not layers and draft.keys() <= {"truncated"}:
        inside = translated(text, draft)
        if inside is not None:
            return inside
    if layers and text[0].islower():
        text = text[0].upper() + text[1:]
    for layer in layers:
        if (inside := layer(text, draft)) is not None:
            return inside
    if "FAILURE" in text or "DENY" in text:
        return _row(text, draft)
    if " failed: " in text and "vendor" not in draft:
        return _step(text, draft)
    return _event_type(text, draft) if "." in first[:12] else None


def _task(text: str, draft: Draft) -> str | None:
    """``Automatic {operation} of [user ]{user} to app {app} failed: {rest}``; the user may lack."""
    operation, of, after = text[len("automatic ") :].partition(" of ")
    begin = max(0, after.find(" to "), after.find(" from app "))
    at = after.find(" failed:", begin, 1000)
    at = at if at >= 0 else after.find(" failed", begin, 1000)
    if not of or len(operation) > 60 or at < 0:
        return None
    before, rest = f" {after[:at]}", after[at + len(" failed") :]
    if rest[:1] not in ("", ":", ".", " "):
        return None
    for place in (" to app ", " from app ", " in app ", " to "):
        user, cue, app = before.rpartition(place)
        if cue:
            break
    user = user.strip()
    user = "" if user == "user" else user.removeprefix("user ").strip(" \"'")
    fill_in(draft, operation=operation.casefold(), user=user, app=app.strip(" \"'"))
    return rest.lstrip(":. ")


def _failed_on(text: str, draft: Draft) -> str | None:
    """``Failed on 03-26-2020 03:49:35PM UTC: {rest}``, as the list of pushed groups shows it."""
    lead = "Failed on "
    time = time_at(text, len(lead)) if text.startswith(lead) else None
    if time is None:
        return None
    fill_in(draft, timestamp=time)
    return text[len(lead) + len(time) :].lstrip(": ")


_GROUP_PUSH = lazy_pattern(r"Unable to \w{2,20} Group Push mapping(?: target App group)?:? ?")


def _group_push(text: str, draft: Draft) -> str | None:
    """``Unable to update Group Push mapping target App group {group}: {rest}``."""
    match = _GROUP_PUSH.match(text)
    if not match:
        return None
    after = text[match.end() :]
    at = next(
        (i for cue in _AFTER_NAME if (i := after.find(cue, 0, 400)) >= 0), after.find(":", 0, 400)
    )
    group, rest = (after, "") if at < 0 else (after[:at], after[at + 1 :])
    fill_in(draft, operation="group push", group=group.strip())
    return rest.lstrip()


_AFTER_NAME = (": Error while ", ": Error ", ": Errors ")
_BANNER = lazy_pattern(
    r"An error (?:has )?occurred (?:(during import|while assigning this app"
    r"|while pushing a profile update to this app)|(?:during|while|when) [^:.]{0,80})"
)
_WRAPPED = lazy_pattern(r"[ .:]+(?=(?:Automatic|Could not|Error|Failed to|Unable to|Cannot) )")


def _banner(text: str, draft: Draft) -> str | None:
    """``An error occurred during import {rest}`` and other lines that Okta's pages put on top."""
    match = _BANNER.match(text)
    if not match:
        return None
    if match[1]:
        fill_in(draft, operation="import" if match[1].endswith("import") else None)
        return text[match.end() :].lstrip(" :.")
    inside = _WRAPPED.search(text, len("An error occurred"), match.end() + 20)
    if inside:
        return text[inside.end() :]
    return text[match.end() + 1 :].lstrip() if text[match.end() :][:1] == ":" else None


_LABEL = lazy_pattern(
    r"(?:Okta )?(?:Errors?|Exception|Failure|Message|Reason|Cause|Caused by|Details?|Description|"
    r"Response(?: from (?:the )?server)?|(?:Web |Response )?Body)"
    r"(?: message| details| summary| during execution)? ?: *(?=\S)",
    re.I,
)


def _label(text: str, draft: Draft) -> str | None:
    """``Error: {rest}``, ``Errors during execution: {rest}``."""
    del draft
    match = _LABEL.match(text)
    return text[match.end() :] if match else None


_DOING = lazy_pattern(
    r"(?:Errors?|Failure|Exception) (?:while |during |when )?[a-z]+ing\b|Error during"
)
_VALIDATION = lazy_pattern(r"Api validation failed: ?")


def _doing(text: str, draft: Draft) -> str | None:
    """``Error while creating user {user}: {rest}``; a blank before the colon occurs."""
    if not _DOING.match(text) or text.startswith("Error executing "):
        return None
    at = _colon(text)
    if at < 0:
        return _dotted(text, draft)
    sentence = text[:at].rstrip()
    answered = sentence.find(". Errors reported by ")
    if answered > 0:  # the status stands in the colon's place
        sentence, at = sentence[:answered], answered + 1
        set_status(draft, reason_at_end(sentence))
    note_names(sentence, draft)
    draft["said"] = sentence
    if " import" in sentence[:40]:
        fill_in(draft, operation="import")
    elif sentence == "Error authenticating":  # a test of API credentials
        fill_in(draft, operation="authenticate")
    return text[at + 1 :].lstrip().removeprefix("null. ")


def _received(text: str, draft: Draft) -> str | None:
    """``Could not push profile for Office 365 user {user}, received error: {rest}``."""
    at = text.find(" received error", 0, 400)
    if at < 0:
        return None
    sentence = text[:at].rstrip(" ,")
    note_names(sentence, draft)
    draft["said"] = sentence
    inside = text[at + len(" received error") :].lstrip(" :.")
    if who := _WHO_AT_END.search(inside, max(0, len(inside) - 300)):
        fill_in(draft, user=who[1])
        inside = inside[: who.start()]
    return inside


_WHO_AT_END = lazy_pattern(r"[,;] user: ?(\S{0,250})$")


def _could_not(text: str, draft: Draft) -> str | None:
    """``Unable to update personal info for Workday employee: {rest}`` and its kin."""
    inside = _received(text, draft)
    if inside is not None or not draft.keys().isdisjoint(("vendor", "exception", "http_status")):
        return inside  # past these it is the vendor who could not
    at = _colon(text)
    if 0 <= at < 200 and ". " not in text[:at]:
        sentence = text[:at].rstrip()
        note_names(sentence, draft)
        draft["said"] = sentence
        return text[at + 1 :].lstrip()
    return _dotted(text, draft)


_VERBS = (
    "add|assign|bind|check|configure|connect|creat|deactivat|delet|download|fetch|import|login"
    "|log in|push|reactivat|remov|updat|validat|verify"
)
_TRIED = lazy_pattern(
    rf"(?:Could not|Failed to|Unable to|Cannot|Error while (?:trying to )?) ?(?:{_VERBS})"
    r"[^.:,;]{0,60}\. (?!Please |Try |Check |Make sure |Sync )"
)


def _dotted(text: str, draft: Draft) -> str | None:
    """``Could not create new user. {rest}``: templates with a full stop in the colon's place."""
    match = _TRIED.match(text)
    if not match or "because" in match[0]:
        return None
    sentence = match[0].rstrip(" .")
    note_names(sentence, draft)
    draft["said"] = sentence
    draft["own"] = True
    return text[match.end() :]


def _validation(text: str, draft: Draft) -> str | None:
    """``Api validation failed: {field} ({field}: {rest})``."""
    match = _VALIDATION.match(text)
    if not match:
        return None
    inside = text[match.end() :]
    field, bracket, rest = inside.partition(" (")
    if not bracket or " " in field:
        return None
    _, colon, sentence = rest.partition(": ")
    return sentence.removesuffix(")") if colon and rest.startswith(field + ":") else inside


_ROW = lazy_pattern(r"([^:.{<]{0,100}?)\b(?:FAILURE|DENY|RATE_LIMIT) ?(?:: ?|- )")
_TO_APP = lazy_pattern(r" (?:to|in|from|by) external application")


def _row(text: str, draft: Draft) -> str | None:
    """``{displayMessage} FAILURE: {reason}``, a row of the System Log's page."""
    match = _ROW.match(text)
    if not match:
        return None
    fill_in(draft, operation=_TO_APP.sub("", match[1].strip().casefold()))
    return text[match.end() :]


_STEP = lazy_pattern(
    r"((?:User |Group |Profile |Delegated |LDAP |Active Directory )?(?i:import|provisioning"
    r"|deprovisioning|verification|authentication|password push|profile push|sync))"
    r"(?: (?:of|to|from|for) [^:]{1,60})? failed: "
)


def _step(text: str, draft: Draft) -> str | None:
    """``Import failed: {rest}``, ``Delegated authentication failed: {rest}``."""
    match = _STEP.match(text)
    if not match:
        return None
    draft["said"] = text[: match.end() - 2]
    draft["own"] = match[1].casefold().endswith("authentication")
    if match[1].casefold().endswith("import"):
        fill_in(draft, operation="import")
    return text[match.end() :]


_AGENT = lazy_pattern(
    r"(?:Directory|LDAP|AD) [Aa]gent [^:]{1,150}: |User Auth Failure\. Agent .{1,80}?\. Message: "
)


def _agent(text: str, draft: Draft) -> str | None:
    """``Directory agent {agent} encountered an import error: {rest}``."""
    match = _AGENT.match(text)
    if not match:
        return None
    draft["said"] = match[0].rstrip(": ")
    return text[match.end() :]


_EVENT_TYPE = lazy_pattern(
    r"(?:app|application|user|system|group|policy|core|security|directory)"
    r"(?:\.[a-z0-9_]{1,40}){2,9} ?: "
)


def _event_type(text: str, draft: Draft) -> str | None:
    """``application.provision.user.push_profile : {rest}``."""
    match = _EVENT_TYPE.match(text)
    if not match:
        return None
    draft["own"] = True
    return text[match.end() :]


def _colon(text: str) -> int:
    """Where a sentence's colon is: the first one that is no part of an address or a time."""
    match = _COLON.search(text, 0, 400)
    return match.start() if match else -1


_COLON = lazy_pattern(r":(?:(?=$| )|(?<= :))")


_BY_FIRST_WORD: dict[str, tuple[Callable[[str, Draft], str | None], ...]] = {
    "automatic": (_task,),
    "failed": (_failed_on, _could_not),
    "unable": (_group_push, _could_not),
    "could": (_could_not,),
    "cannot": (_could_not,),
    "an": (_banner,),
    "error": (_received, _doing, _label),
    "errors": (_label, _doing),
    "failure": (_label, _doing),
    "exception": (_label, _doing),
    "api": (_validation,),
    "directory": (_agent,),
    "ldap": (_agent,),
    "ad": (_agent,),
    "user": (_agent,),
    **dict.fromkeys(
        ("okta", "message", "reason", "cause", "caused", "detail", "details", "description",
         "response", "web", "body"), (_label,)
    ),
}  # fmt: skip
