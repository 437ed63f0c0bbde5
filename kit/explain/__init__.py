"""What a message, a code, an event type or an event means, from the catalogue alone."""

from kit.explain.answer import Explanation, explanation
from kit.explain.asked import asked, asked_by_line
from kit.explain.layout import read, show, told

__all__ = ["Explanation", "asked", "asked_by_line", "explanation", "read", "show", "told"]
