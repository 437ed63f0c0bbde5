"""Whom to retry: the last failure of each user who is left of an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.failures import folded_failures, with_details
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from kit.analysis.incidents import Incident
    from kit.log.log import Log

__all__ = ["RETRY", "retry_rows"]

RETRY = ("user", "app", "operation", "code", "failed_at", "transaction_id", "uuid", "leaver")
"""The columns of ``retry.csv``."""


def retry_rows(log: Log, incidents: Sequence[Incident], until: datetime) -> pd.DataFrame:
    """List the last failure of each user who is left of some incidents, for the tool that retries.

    Args:
        log: the opened log.
        incidents: the incidents.
        until: the moment at which they stand so.

    Returns:
        One row for each of ``left``, whose last failure is the oldest first: the columns ``RETRY``,
        all text but ``failed_at``, datetime64[us, UTC], and ``leaver``, bool: the failed operation
        leaves access behind.
    """
    login = {uuid: name for one in incidents for name, uuid in one.retry}
    leavers = {uuid for one in incidents for name, uuid in one.retry if name in one.leavers}
    rows = folded_failures(log.before(until))
    rows = rows.filter(rows.uuid.isin(log.answers.column(login)))
    rows = to_pandas(with_details(log, rows), by=["published", "uuid"])
    rows = rows.rename(columns={"published": "failed_at"}).assign(
        user=rows["uuid"].map(login), leaver=rows["uuid"].isin(leavers)
    )
    return rows[list(RETRY)]
