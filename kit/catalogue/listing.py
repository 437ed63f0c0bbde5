"""The catalogue as rows: every code that it knows, and where to find what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from kit.catalogue.lookup import Catalogue

__all__ = ["COLUMNS", "code_rows"]

COLUMNS = (
    "code", "family", "owner", "retry", "blast_radius", "evidence", "remedy", "meaning", "kind"
)  # fmt: skip
"""The columns of ``okta-kit codes`` in their order."""


def code_rows(
    catalogue: Catalogue, *, search: str = "", family: str = "", owner: str = ""
) -> list[dict[str, str]]:
    """List codes, one row a code and app: the remedies' first, then those of the lists.

    Args:
        catalogue: the catalogue.
        search: words that all stand in the row, its remedy's title or app, without case.
        family: only this family, by its name or its beginning, without case.
        owner: only this owner's.

    Returns:
        Rows with ``COLUMNS``; a field that is not known is empty.

    Raises:
        UsageError: no code has such a family or owner; with the nearest.
    """
    all_rows = [*_of_remedies(catalogue), *_of_lists(catalogue)]
    families, owners = {r["family"] for r in all_rows}, {r["owner"] for r in all_rows}
    if owner and owner not in owners:
        raise UsageError(f"--owner {owner}: it is one of {', '.join(sorted(owners))}.")
    begins = family.casefold()
    if not any(name.casefold().startswith(begins) for name in families):
        raise UsageError(f"--family {family}: there is none.{nearest(family, families)}")
    words = search.casefold().split()
    return [
        {name: row[name] for name in COLUMNS}
        for row in all_rows
        if row["family"].casefold().startswith(begins)
        and owner in {"", row["owner"]}
        and all(word in " ".join(row.values()).casefold() for word in words)
    ]


def _of_remedies(catalogue: Catalogue) -> list[dict[str, str]]:
    remedies = sorted(catalogue.remedies, key=lambda r: (r.family, r.id))
    return [
        {
            "code": code,
            "family": remedy.family,
            "kind": remedy.kinds.get(code) or remedy.kind,
            "owner": remedy.owner,
            "retry": remedy.retry,
            "blast_radius": remedy.blast_radius,
            "evidence": remedy.evidence_of(code),
            "remedy": remedy.id,
            "meaning": meaning,
            "title": remedy.title,
            "app": remedy.app or "",
        }
        for remedy in remedies
        for code, meaning in remedy.codes.items()
    ]


def _of_lists(catalogue: Catalogue) -> list[dict[str, str]]:
    remedy_codes = {code for remedy in catalogue.remedies for code in remedy.codes}
    rows = []
    for code in catalogue.codes:
        if code in remedy_codes:
            continue
        remedy = catalogue.remedy(code)
        rows.append(
            {
                "code": code,
                "family": catalogue.family(code),
                "kind": catalogue.kind(code),
                "owner": catalogue.owner(code) or "",
                "retry": catalogue.retry(code) or "",
                "blast_radius": remedy.blast_radius if remedy else "",
                "evidence": "vendor list",
                "remedy": remedy.id if remedy else "",
                "meaning": catalogue.meaning(code) or "",
            }
        )
    return rows
