"""What a report's runner imports, done once in the process that others are forked from.

Nothing here starts a thread: a fork would lose it.
"""

from __future__ import annotations

import sys
from importlib import import_module

# Its import builds a grammar for a second; jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

for _name in (
    "jupyter_client.manager",
    "nbconvert",
    "nh3",
    "papermill.clientwrap",
    "papermill.execute",
    "papermill.parameterize",
    "kit.commands.app",
    "kit.log.source",
    "kit.reports.run",
):
    import_module(_name)
