"""The catalogue as one page to read: ``docs/catalogue.md`` is made here, by ``make catalogue``."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from kit.catalogue.model import OWNERS, RADII, RETRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kit.catalogue.lookup import Catalogue
    from kit.catalogue.model import Remedy

__all__ = ["catalogue_page"]

_FILES = "../kit/catalogue/remedies"


def catalogue_page(catalogue: Catalogue) -> str:
    """Write the page.

    Args:
        catalogue: the catalogue.

    Returns:
        Markdown: the families, each remedy with its codes, and the codes of the lists.
    """
    return "\n".join(_lines(catalogue)) + "\n"


def _lines(catalogue: Catalogue) -> Iterator[str]:
    remedies = sorted(catalogue.remedies, key=lambda r: (r.family, r.id))
    by_family = [(name, list(group)) for name, group in groupby(remedies, lambda r: r.family)]
    own_codes = {code for remedy in remedies for code in remedy.codes}
    yield "# The catalogue"
    yield ""
    yield (
        "What okta-kit knows of failures: each code, what it means, who owns it and what to "
        "do. "
        "`okta-kit explain CODE` says it in a terminal. This page is made from "
        "[the catalogue's files](../kit/catalogue/README.md) by `make catalogue`; do not edit it."
    )
    yield ""
    yield (
        f"{len(own_codes):,} codes have a remedy of their own, in {len(remedies):,} remedies and "
        f"{len(by_family):,} families. Behind them stand {len(catalogue.sign_in_codes):,} codes of "
        f"[Microsoft's sign-in service](#microsoft) and {len(_okta(catalogue)):,} of "
        f"[Okta's API](#okta), each with a remedy for its kind, and the meanings of "
        f"{len(catalogue.event_types):,} [event types](../kit/catalogue/event_types.csv)."
    )
    yield ""
    yield "## Kinds"
    yield ""
    yield (
        "Every code has one kind: what went wrong, in any app's words. It decides who does what."
        " A text without a code gets its kind from its words, and then the kind is its code."
    )
    yield ""
    yield "| kind | it says that | done first |"
    yield "|---|---|---|"
    for kind in catalogue.kinds.values():
        yield f"| `{kind.kind}` | {_cell(kind.meaning)} | {_cell(kind.deed)} |"
    yield ""
    yield "## Families"
    yield ""
    yield "| family | remedies |"
    yield "|---|---|"
    for family, group in by_family:
        yield f"| {_cell(family)} | {'<br>'.join(_link(remedy) for remedy in group)} |"
    yield ""
    yield "## Remedies"
    for family, group in by_family:
        yield ""
        yield f"### {family}"
        for remedy in group:
            yield from _remedy(remedy)
    yield ""
    yield from _microsoft_codes(catalogue, own_codes)
    yield ""
    yield from _okta_codes(catalogue)


def _remedy(remedy: Remedy) -> Iterator[str]:
    yield ""
    yield f'#### <a id="{remedy.id}"></a>{remedy.title}'
    yield ""
    yield (
        f"{remedy.cause} Owner: {OWNERS[remedy.owner]}. A retry {RETRIES[remedy.retry]}. "
        f"It usually hits {RADII[remedy.blast_radius]}. [Steps]({_FILES}/{remedy.id}.md), "
        f"checked {remedy.checked.isoformat()}."
    )
    if remedy.codes:
        yield ""
        yield f"| code{f' on {remedy.app}' if remedy.app else ''} | meaning | kind | evidence |"
        yield "|---|---|---|---|"
        for code, meaning in remedy.codes.items():
            kind = remedy.kinds.get(code) or remedy.kind
            yield f"| `{code}` | {_cell(meaning)} | {kind} | {remedy.evidence_of(code)} |"


def _microsoft_codes(catalogue: Catalogue, own_codes: Iterable[str]) -> Iterator[str]:
    yield '## <a id="microsoft"></a>Codes of Microsoft\'s sign-in service'
    yield ""
    yield (
        "Those without a remedy of their own, by subject. "
        "[Source](../kit/catalogue/README.md#sources)."
    )
    rest = [row for code, row in catalogue.sign_in_codes.items() if code not in own_codes]
    for subject in sorted({catalogue.subject(row.code) for row in rest}):
        group = [row for row in rest if catalogue.subject(row.code) == subject]
        yield from _subject(catalogue, subject, group[0].code)
        rows_with_meaning = [row for row in group if row.meaning]
        if rows_with_meaning:
            yield ""
            yield "| code | meaning | kind |"
            yield "|---|---|---|"
            for row in rows_with_meaning:
                yield f"| `{row.code}` | {_cell(row.meaning)} | {catalogue.kind(row.code)} |"
        if bare := [row.code.removeprefix("AADSTS") for row in group if not row.meaning]:
            yield ""
            yield f"Known by number alone: {', '.join(bare)}."


def _okta_codes(catalogue: Catalogue) -> Iterator[str]:
    yield '## <a id="okta"></a>Codes of Okta\'s API'
    rows = [catalogue.okta_errors[code] for code in _okta(catalogue)]
    for subject in sorted({row.subject for row in rows}):
        group = [row for row in rows if row.subject == subject]
        yield from _subject(catalogue, subject, group[0].code)
        yield ""
        yield "| code | HTTP | kind | meaning | what to do |"
        yield "|---|---|---|---|---|"
        for row in group:
            says = f"{_cell(row.meaning)} | {_cell(row.fix)}"
            yield f"| `{row.code}` | {row.http} | {catalogue.kind(row.code)} | {says} |"


def _subject(catalogue: Catalogue, subject: str, code: str) -> Iterator[str]:
    yield ""
    yield f"### {subject.replace('_', ' ').capitalize()}"
    remedy = catalogue.remedy(code)
    if remedy and code not in remedy.codes:
        yield ""
        yield f"Remedy: {_link(remedy)}."


def _okta(catalogue: Catalogue) -> list[str]:
    return [code for code in catalogue.okta_errors if code.startswith("E0")]


def _link(remedy: Remedy) -> str:
    return f"[{_cell(remedy.title)}](#{remedy.id})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
