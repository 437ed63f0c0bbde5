"""Values that a notebook's parameters can have."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Choices"]


@dataclass(frozen=True)
class Choices:
    """Values to choose from, each with what to call it; those that hit most users first."""

    apps: tuple[tuple[str, str], ...]
    """The name, and the name with how many users its failures hit; then apps that only worked."""
    codes: tuple[tuple[str, str], ...]
    users: tuple[str, ...]
    """Logins, those with most failures first."""
