"""Many orgs: one lake a host name, under a common root.

::

    lakes/acme.okta.com/     a lake
    lakes/globex.okta.com/   another

The folder's name is the org's; nothing else says that it belongs there.
"""

from __future__ import annotations

from pathlib import Path

from kit.base.errors import SourceError, nearest
from kit.base.object_store import Objects, is_store
from kit.lake.files import Lake

__all__ = ["lake_of", "lakes"]


def lakes(root: str | Path) -> dict[str, Lake]:
    """Find the lakes under a root.

    Args:
        root: a folder, or an address in an object store.

    Returns:
        Each lake by its org's host name, by name; none if the place is a lake itself, or holds
        none.

    Raises:
        SourceError: the store cannot be read.
    """
    if is_store(root):
        names = [] if Lake(root).exists() else [*Objects(str(root)).folders()]
    else:
        folder = Path(root)
        is_root = folder.is_dir() and not Lake(folder).exists()
        names = sorted(one.name for one in folder.iterdir() if one.is_dir()) if is_root else []
    candidates = {name: Lake(f"{str(root).rstrip('/')}/{name}") for name in names}
    return {name: lake for name, lake in candidates.items() if lake.exists()}


def lake_of(root: str | Path, org: str) -> Lake:
    """Find one org's lake under a root.

    Args:
        root: the place of all lakes.
        org: the host name, without case.

    Returns:
        Its lake.

    Raises:
        SourceError: there is no lake of that org; says the nearest.
    """
    org_lakes = lakes(root)
    for name, lake in org_lakes.items():
        if name.casefold() == org.strip().casefold():
            return lake
    raise SourceError(
        f"{root}: there is no lake of {org!r}.{nearest(org, org_lakes)} Each org's lake lies in a "
        "folder of its host name."
    )
