"""Many orgs: one lake a host name, under a common root.

::

    lakes/acme.okta.com/     a lake
    lakes/globex.okta.com/   another

The folder's name is the org's; nothing else says that it belongs there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.errors import SourceError, nearest
from kit.lake.files import Lake

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["lake_of", "lakes"]


def lakes(root: Path) -> dict[str, Lake]:
    """Find the lakes under a root.

    Args:
        root: a folder.

    Returns:
        Each lake by its org's host name, by name; none if the folder is a lake itself, or holds
        none.
    """
    if not root.is_dir() or Lake(root).exists():
        return {}
    found = (Lake(folder) for folder in sorted(root.iterdir()) if folder.is_dir())
    return {lake.folder.name: lake for lake in found if lake.exists()}


def lake_of(root: Path, org: str) -> Lake:
    """Find one org's lake under a root.

    Args:
        root: the folder of all lakes.
        org: the host name, without case.

    Returns:
        Its lake.

    Raises:
        SourceError: there is no lake of that org; says the nearest.
    """
    held = lakes(root)
    for name, lake in held.items():
        if name.casefold() == org.strip().casefold():
            return lake
    raise SourceError(
        f"{root}: there is no lake of {org!r}.{nearest(org, held)} Each org's lake lies in a "
        "folder of its host name."
    )
