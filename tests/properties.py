"""How many examples a property is tried with.

``quick`` is for ``make test``; ``full`` is for ``make test-long`` and ``make test-all``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("full", max_examples=100, deadline=None)


def max_examples(number: int, **options: Any) -> settings:
    """Return the settings of a property whose examples cost more or less than others'.

    Args:
        number: of examples in the profile ``full``; a fifth of it, and two at least, in ``quick``.
        options: more of Hypothesis's settings.
    """
    share = settings.default.max_examples / 100
    return settings(max_examples=max(min(number, 2), round(number * share)), **options)
