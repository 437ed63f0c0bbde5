"""What a report's runner imports, done once in the process that others are forked from.

Nothing here starts a thread: a fork would lose it.
"""

from __future__ import annotations

from importlib import import_module

from kit.reports.unused import leave_out_unused

leave_out_unused()

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
