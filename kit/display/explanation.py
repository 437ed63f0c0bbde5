"""Explanations laid out for a terminal; plain text where the output is piped.

What stood in a message is somebody else's text: it is cleaned, and never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from kit.base.errors import UsageError
from kit.base.text import clean
from kit.catalogue.explain import Explanation, explanation
from kit.catalogue.model import OWNERS, RADII, RETRIES
from kit.catalogue.pasted import as_written
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text

    from kit.catalogue.explain import NearCode

__all__ = [
    "ShownExplanation",
    "catalogue_facts",
    "explanation_of",
    "message_facts",
    "near",
    "print_explanations",
]

_EVIDENCE = {
    "seen in Okta": "seen in messages of Okta's",
    "vendor list": "known from the vendor's list, not yet seen in a message of Okta's",
}


@dataclass(frozen=True, repr=False)
class ShownExplanation(Explanation):
    """What is known about one thing, which shows itself; its values are attributes."""

    def __repr__(self) -> str:
        out = StringIO()
        print_explanations([self], out)
        return out.getvalue().rstrip()

    def _repr_html_(self) -> str:
        """The same in a notebook; what stood in a message is text there, too."""
        from kit.display.parts import Facts, Headline, Links, Note, Steps

        words = _heading(self)
        parts: list[Any] = [Headline(f"{words}: {self.remedy.title}" if self.remedy else words)]
        parts += [Note(text) for text in (self.note, _unknown(self)) if text]
        parts.append(Facts(dict([*catalogue_facts(self), *message_facts(self)])))
        if self.nearest:
            parts.append(Note("Nearest known codes: a hint, not an answer"))
            parts.append(Facts(dict(near(self.nearest))))
        steps = [{"title": s.title, "": s.do, "You should see": s.see} for s in self.steps]
        parts += [Steps(steps)] if steps else []
        if links := [(link, link) for link in self.links if link.startswith("https://")]:
            parts.append(Links(links, caption="Read more"))
        return f'<div class="mathjax_ignore">{"".join(part.html() for part in parts)}</div>'


def explanation_of(thing: Any) -> ShownExplanation:
    """Say what a message, a code, an event type, an event or a failure means, and what to do.

    From the catalogue alone: no log is needed, and nothing is asked over the network.

    Args:
        thing: a whole message or a part of one, a code in any spelling, an event type, a System
            Log event or a record of Entra's logs as a mapping, or a row of ``kit.failures``.

    Returns:
        What the catalogue says about it, and the parts that could be read; None or empty where it
        is not known. ``fields()`` gives what ``okta-kit explain --json`` prints.

    Raises:
        UsageError: it is nothing that can be explained.

    Example:
        >>> import kit
        >>> answer = kit.explain("AADSTS50126")
        >>> answer.kind, answer.owner, answer.retry
        ('credentials_refused', 'okta_admin', 'after_fix')
    """
    if hasattr(thing, "to_dict") and "code" in getattr(thing, "index", ()):
        thing = thing["reason"] if isinstance(thing.get("reason"), str) else thing["code"]
    if isinstance(thing, Mapping):
        thing = dict(thing)
    if not isinstance(thing, str | dict) or not thing:
        what = f"a {type(thing).__name__}" if thing else "nothing"
        raise UsageError(
            f"kit.explain: it takes a message, a code, an event type, an event or a row of "
            f'kit.failures, and got {what}. For example: kit.explain("AADSTS50126")'
        )
    if isinstance(thing, str):
        thing = as_written(thing)
    return ShownExplanation(**vars(explanation(thing)))


def print_explanations(explanations: Sequence[Explanation], out: TextIO) -> None:
    """Print explanations, one below the other.

    Args:
        explanations: what was asked, explained.
        out: the terminal or file.
    """
    from functools import partial

    from rich.console import Console

    plain = StringIO()
    make = partial(Console, highlight=False, markup=False, emoji=False)
    console = make(file=out)
    if not console.is_terminal:
        # All told, so that it need not look at the terminal for each line.
        console = make(file=plain, width=100, height=25, force_terminal=False)
    for number, one in enumerate(explanations):
        if number:
            console.rule(characters="─", style="dim")
        _print_one(one, console)
    out.write("".join(f"{line.rstrip()}\n" for line in plain.getvalue().splitlines()))


def _print_one(explanation: Explanation, console: Console) -> None:
    console.print(_title(explanation), soft_wrap=True)
    if explanation.remedy:
        console.print(clean(explanation.remedy.title))
    if explanation.note:
        console.print(clean(explanation.note))
    if unknown := _unknown(explanation):
        console.print(unknown)
    console.print()
    says, stood = catalogue_facts(explanation), message_facts(explanation)
    if [name for name, _ in stood] == ["App"]:  # a code alone; its remedy knows the app
        says[1:1], stood = stood, []
    _facts(console, says)
    _facts(console, stood, title="Read from it")
    _facts(console, near(explanation.nearest), title="Nearest known codes: a hint, not an answer")
    _steps(explanation, console)
    remedy = explanation.remedy
    if remedy:
        _print_list(console, "To verify", remedy.verify)
        _print_list(console, "Do not", remedy.avoid)
    if explanation.links:
        console.print("Read more", style="bold")
        for link in explanation.links:  # whole in a line, so that a terminal can open it
            console.print(f"  {clean(link)}", soft_wrap=True)
    if remedy and remedy.background:
        console.print()
        _facts(console, [("Background", remedy.background)])


def _title(explanation: Explanation) -> Text:
    """The code, or an unknown text's words with its code beside them, and the family."""
    from rich.text import Text

    title = Text(clean(_heading(explanation)), style="bold")
    beside = [explanation.code] if explanation.words else []
    for text in (*beside, explanation.family):
        if text:
            title.append(f"  {clean(text)}", style="not bold dim")
    return title


def _heading(explanation: Explanation) -> str:
    """What it is, or looks like."""
    if explanation.guess:
        return f"looks like {explanation.code}"
    return explanation.words or explanation.code or explanation.operation or "No failure"


def _kind(explanation: Explanation) -> str:
    kind = (explanation.kind or "").replace("_", " ")
    return f"looks like {kind}" if explanation.guess else kind


_GUESS = (
    "A guess: no code and no word form tells what this text says, but messages that are worded"
    " like it are of this kind. Check that it fits before you act; the steps are of a general sort."
)


def _unknown(explanation: Explanation) -> str:
    """What the catalogue does not know about it, in a sentence."""
    if explanation.guess:
        return _GUESS
    if explanation.meaning or not explanation.code:
        return ""
    if explanation.code.startswith("AADSTS"):
        return "Microsoft's number, and the catalogue has no meaning for it; the link below may."
    if explanation.remedy:
        return "The catalogue has no meaning for this very code, but steps for its kind."
    return (
        "The catalogue does not know it. okta-kit codes --as-remedy with the same text begins "
        "a remedy for it."
    )


def near(codes: Iterable[NearCode]) -> list[tuple[str, str]]:
    """Known codes that come near, each with how near it is and its meaning."""
    return [
        (one.code, f"{phrases.percent(round(one.alike, 2))} alike: {one.meaning}") for one in codes
    ]


def catalogue_facts(explanation: Explanation) -> list[tuple[str, object]]:
    """What the catalogue says of it, as names and values."""
    remedy = explanation.remedy
    retry = RETRIES.get(explanation.retry or "", explanation.retry or "")
    if remedy and retry:
        retry = f"{retry}. {remedy.retry_note}"
    says = [
        ("Meaning", explanation.meaning),
        ("Kind", _kind(explanation)),
        ("Cause", remedy.cause if remedy else None),
        ("Owner", OWNERS.get(explanation.owner or "", explanation.owner)),
        ("A retry", retry),
        ("Usually hits", RADII[remedy.blast_radius] if remedy else None),
    ]
    if remedy:
        evidence = _EVIDENCE.get(explanation.evidence)
        checked = f"checked {remedy.checked:%-d %B %Y}"
        says.append(("Evidence", f"{evidence}; {checked}" if evidence else checked))
    return [(name, value) for name, value in says if value]


def message_facts(explanation: Explanation) -> list[tuple[str, object]]:
    """What stood in the message, part by part, as names and values."""
    parts = [
        ("Operation", explanation.operation),
        ("App", explanation.app),
        ("User", explanation.user),
        ("HTTP", explanation.http_status),
        ("Vendor says", explanation.vendor_message),
        ("Trace ID", explanation.trace_id),
        ("Correlation", explanation.correlation_id),
        ("Request ID", explanation.request_id),
        ("Time", explanation.timestamp),
    ]
    return [(name, value) for name, value in parts if value is not None]


def _steps(explanation: Explanation, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if not explanation.steps:
        return
    console.print("Steps", style="bold")
    lines: list[Padding] = []
    for number, step in enumerate(explanation.steps, 1):
        lines.append(Padding(Text(f"{number}. ").append(step.title, style="bold"), (0, 0, 0, 2)))
        lines.append(Padding(Text(step.do), (0, 0, 0, 5)))
        see = Text(f"You should see: {step.see}", style="italic")
        lines.append(Padding(see, (0, 0, 0, 5)))
    console.print(*lines)
    console.print()


def _print_list(console: Console, title: str, items: Iterable[str]) -> None:
    rows = [("-", item) for item in items]
    if rows:
        console.print(title, style="bold")
        _facts(console, rows, lead="  ")


def _facts(
    console: Console,
    values: Sequence[tuple[str, object]],
    *,
    title: str = "",
    lead: str = "",
) -> None:
    """Print names and values in two columns; nothing where there is none."""
    from rich.table import Table
    from rich.text import Text

    if not values:
        return
    if title:
        console.print(title, style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    lead = "  " if title else lead
    for name, value in values:
        table.add_row(Text(lead + clean(name)), Text(clean(value)))
    console.print(table)
    console.print()
