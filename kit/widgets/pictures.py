"""Pictures that were drawn are kept, so that only those are drawn again whose data changed."""

from __future__ import annotations

import hashlib
import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.show import Picture

__all__ = ["Pictures"]

_MOST = 60
"""Pictures that are kept, some 50 KB each."""


class Pictures:
    """The pictures of one notebook."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._last: dict[str, str] = {}
        """For each kind of picture the one that was shown last."""

    def lacks(self, picture: Picture) -> bool:
        """Whether a picture of this data is still to be drawn."""
        return _key(picture) not in self._known

    def html(self, picture: Picture, *, later: bool) -> str:
        """A picture as HTML.

        Args:
            picture: the picture.
            later: do not draw it now; until it is drawn, the last one of its kind stands in its
                place, faded.
        """
        key, kind = _key(picture), picture.draw.__qualname__
        if key in self._known:
            self._known[key] = self._known.pop(key)  # the latest last
        elif later:
            old = self._last.get(kind, "")
            return f'<div style="opacity:.35">{old}</div><p><em>Being drawn …</em></p>'
        else:
            self._known[key] = picture.html
            while len(self._known) > _MOST:
                del self._known[next(iter(self._known))]
        self._last[kind] = self._known[key]
        return self._known[key]


def _key(picture: Picture) -> str:
    """The same for the same chart of the same data."""
    of = (picture.draw.__module__, picture.draw.__qualname__, picture.given, picture.named)
    return hashlib.sha256(pickle.dumps(of)).hexdigest()
