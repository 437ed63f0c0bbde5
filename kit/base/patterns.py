"""Regular expressions that are compiled when they are first looked for.

The kit has hundreds, and a command looks for few of them: compiling all of them would take longer
than most of what it does.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["lazy_pattern"]


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Take down a regular expression, for a module's constant.

    Args:
        pattern: the expression. A mistake in it shows where it is first looked for.
        flags: as for ``re.compile``.

    Returns:
        What has all that a compiled pattern has, and is as fast from the second look on. Where its
        type counts (``re.sub``, pandas), compile one.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


class _Lazy:
    """A pattern's methods are put here one by one, as they are asked for."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what copies or shows an object asks for
            raise AttributeError(name)
        value = getattr(re.compile(*self._source), name)
        setattr(self, name, value)
        return value
