"""What a first screen says of incidents: one short sentence, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.catalogue import load
from kit.display import phrases
from kit.display.first_screen import Deed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kit.analysis.incidents import Condition, Incident
    from kit.base.windows import Coverage, Window

__all__ = [
    "FAILING",
    "app_of",
    "deeds_of",
    "incident_in_words",
    "lacking_in_words",
    "leavers_deed",
    "logins",
    "one_first",
    "open_in_words",
    "persons",
    "relevant",
    "since_in_words",
]

FAILING = ("open", "regressed")
"""The states of an incident that fails now."""

_BROKEN = ("connection", "group")
_MOST_DEEDS = 3
_APPS_NAMED = 2


def relevant(incidents: Iterable[Incident]) -> list[Incident]:
    """The incidents that count: those that nobody muted."""
    return [one for one in incidents if one.mark != "muted"]


def logins(incidents: Iterable[Incident], *, leavers: bool = False) -> tuple[str, ...]:
    """The logins left of some incidents, each once however often and in whatever case.

    Args:
        incidents: the incidents.
        leavers: only those who still have access.
    """
    names = [name for one in incidents for name in (one.leavers if leavers else one.left)]
    return tuple({name.casefold(): name for name in names}.values())


def app_of(one: Incident) -> str:
    """The incident's app, or what stands for it."""
    return one.app or phrases.SIGN_IN


def persons(number: int) -> str:
    """How many people."""
    return phrases.count(number, "person", "people")


def one_first(number: int) -> str:
    """In which order so many people are retried; nothing where there is only one."""
    return ", one first, then the rest" if number > 1 else ""


def since_in_words(one: Incident) -> str:
    """Since when an incident's present run fails."""
    again = one.again_since
    if again is None:
        return f"since {phrases.moment(one.since)}"
    return f"again since {phrases.moment(again)}"


def open_in_words(
    condition: Condition, incidents: Sequence[Incident], window: Window, coverage: Coverage
) -> str:
    """How things stand, in one short sentence.

    Args:
        condition: the condition.
        incidents: all that it is worked out from, the worst first.
        window: the window.
        coverage: what of it is held.
    """
    mine = relevant(incidents)
    failing = [one for one in mine if one.state in FAILING]
    to_retry = [one for one in mine if one.state == "fixed"]
    if condition == "broken":
        return _worst([one for one in failing if one.width in _BROKEN])
    if condition == "fixed_some_left":
        return _worst(sorted(to_retry, key=lambda one: -len(one.left)))
    if condition == "some_failing":
        return _worst(sorted(failing, key=lambda one: one.width == "rise"))
    if condition == "cannot_tell":
        return f"Nothing is known to be open, but {lacking_in_words(window, coverage)}."
    if condition == "over":
        return _worst([one for one in mine if one.state == "over"])
    return "Nothing is open: nobody is left to retry."


def lacking_in_words(window: Window, coverage: Coverage) -> str:
    """What of a window is missing, in a few words."""
    seconds = sum((gap.until - gap.since).total_seconds() for gap in coverage.missing)
    whole = (window.until - window.since).total_seconds()
    if coverage.missing and seconds >= whole:
        return "the source holds nothing of the window"
    if seconds:
        return f"{phrases.duration(seconds)} of the window are not held"
    return f"{phrases.count(coverage.skipped or 1, 'line')} of the window could not be read"


def _worst(incidents: Sequence[Incident]) -> str:
    """The first of some incidents, and on which apps there are others."""
    first = incidents[0]
    text = incident_in_words(first)
    apps = list(dict.fromkeys(app_of(one) for one in incidents if one.app != first.app))
    same = sum(1 for one in incidents if one.app == first.app) - 1
    others = [phrases.count(same, "more code", "more codes") + " there"] if same else []
    if len(apps) <= _APPS_NAMED:
        others += apps
    else:
        others.append(phrases.count(len(apps), "other app"))
    return f"{text} Also {phrases.join(others)}." if others else text


def incident_in_words(one: Incident) -> str:
    """How an incident stands, in a sentence."""
    app, since, who = app_of(one), since_in_words(one), persons(one.users)
    count = len(one.left)
    if one.state == "over":
        return f"{app} works again: {one.code} hit {who}, and nobody is left."
    if one.state == "fixed":
        at = f" since {phrases.moment(one.fixed_at)}" if one.fixed_at else ""
        are = "is" if count == 1 else "are"
        return f"{app} works again{at}; {count:,} of {who} {are} left to retry."
    if one.width == "rise":
        failures = phrases.count(one.failures, "failure")
        return f"{one.code} on {app} is far above its usual: {failures} of {who} {since}."
    if one.width == "connection":
        so_far = f"{who} so far"
        if one.again_since:  # those of its earlier runs count among them
            so_far = f"{persons(count)} left of {one.users:,} since {phrases.moment(one.since)}"
        return f"{app} is broken {since}: all fail with {one.code}, {so_far}."
    if count and set(one.left) == set(one.leavers):
        are = "still has" if count == 1 else "still have"
        names = one.left[0] if count == 1 else phrases.count(count, "leaver")
        return f"{names} {are} {app}: deactivating fails {since} with {one.code}."
    if one.width == "group":
        return f"{who} fail on {app} {since} with {one.code}, while others work."
    if one.users == 1 or count == 1:  # whether anything worked meanwhile, nobody may have tried
        who = one.left[0] if count == 1 else persons(1)
        return f"{who} fails on {app} {since} with {one.code}; nobody else does."
    return f"{app} fails for single people {since} with {one.code}: {count:,} of {who} are left."


def deeds_of(
    incidents: Sequence[Incident], command: Callable[[Incident], str], rows: str
) -> tuple[Deed, ...]:
    """What to do next: access that a leaver kept, the worst that fails, whom to retry.

    Args:
        incidents: the incidents, the worst first.
        command: gives the command that makes the page of an incident.
        rows: the id of the rows that list them.

    Returns:
        One to three; none where nothing is open.
    """
    mine = [one for one in relevant(incidents) if one.state != "over"]
    with_leavers = [one for one in mine if one.leavers]
    failing = [one for one in mine if one.state in FAILING]
    to_retry = sorted(
        (one for one in mine if one.state == "fixed"), key=lambda one: (-len(one.left), one.id)
    )
    alone = [one for one in failing if set(one.left) - set(one.leavers) or not one.left]
    next_ones = [*alone[:1], *to_retry[:1], *alone[1:], *to_retry[1:]]
    deeds = [leavers_deed(with_leavers, command(with_leavers[0]), rows)] if with_leavers else []
    link = "where it is listed", f"#{rows}"
    deeds += [_deed(one, command(one), link) for one in next_ones]
    return tuple(deeds[:_MOST_DEEDS])


def leavers_deed(incidents: Sequence[Incident], command: str, rows: str) -> Deed:
    """Take away what leavers still have.

    Args:
        incidents: those with leavers.
        command: what it says to do in a terminal.
        rows: the id of the rows that list them.
    """
    names = logins(incidents, leavers=True)
    apps = list(dict.fromkeys(app_of(one) for one in incidents))
    where = phrases.join(apps[:3]) + (" and others" if len(apps) > 3 else "")
    who = "a leaver who still has it" if len(names) == 1 else "leavers who still have it"
    return Deed(
        f"Take {where} away from {who}; deactivating failed:",
        names,
        ("what failed", f"#{rows}"),
        command,
        warning=True,
        incident=incidents[0].id,
    )


def _deed(one: Incident, command: str, link: tuple[str, str]) -> Deed:
    app, catalogue = app_of(one), load()
    who = persons(len(one.left))
    if one.state == "fixed":
        sentence = f"Retry {who} on {app}, which works again{one_first(len(one.left))}:"
    elif one.width == "rise":
        sentence = f"Find out why {one.code} on {app} rises: {persons(one.users)} hit."
    else:
        remedy = catalogue.remedy(one.code, app=one.app)
        steps = catalogue.steps(one.code, app=one.app)
        why = f"{remedy.title}. " if remedy else f"no known fault ({one.code}). "
        first = steps[0].title if steps else "Read the vendor's words"
        sentence = f"{app}: {why}First: {first[0].lower()}{first[1:]}"
        sentence += ", for:" if one.left else "."
    return Deed(sentence, one.left, link, command, incident=one.id)
