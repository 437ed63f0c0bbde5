"""Who still fails and who recovered, by app, user and operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np

from kit.analysis.failures import KEYS, counted, successes
from kit.engine import frame, literal

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = ["recovery", "with_state"]


def recovery(log: Log, window: Window) -> pd.DataFrame:
    """Say of each app, user and operation that failed whether it worked again.

    A success of the same operation after the last failure is a recovery; a success of
    another operation is none. What comes after the window's end is not looked at.

    Args:
        log: the opened log.
        window: the window whose failures count.

    Returns:
        One row for each app, user and operation with a failure in the window: the keys
        ``app_key``, ``user_key``, ``operation``; ``app``, ``user``, ``user_name``;
        ``failures`` int64; ``first_failure``, ``last_failure`` and ``recovered_at``
        datetime64[us, UTC], the last missing while it still fails; ``state``
        ``still_failing`` or ``recovered``.
    """
    failed = counted(log, window)
    failed = failed.filter(failed.user_key != "")
    last = failed.group_by(list(KEYS)).aggregate(
        app=failed.app.max(),
        user=ibis.coalesce(failed.user, failed.user_id).max(),
        user_name=failed.user_name.max(),
        failures=failed.uuid.count(),
        first_failure=failed.published.min(),
        last_failure=failed.published.max(),
        last_uuid=failed.uuid.argmax(failed.published),
    )
    again = log.answers.once("worked_again", lambda: _worked_again(log))
    again = again.filter(again.worked_again < literal(window.until))
    joined = last.left_join(again, last.last_uuid == again.uuid).select(
        *(last[name] for name in last.columns if name != "last_uuid"),
        recovered_at=again.worked_again,
    )
    found = frame(joined, by=list(KEYS))
    found["state"] = np.where(found["recovered_at"].isna(), "still_failing", "recovered")
    found["state"] = found["state"].astype("str")
    return found


def _worked_again(log: Log) -> ir.Table:
    """The first success after each failure: ``uuid`` of the failure, ``worked_again``.

    Of the whole log, because a window only asks whether it came before its end.
    """
    failed = counted(log)
    failed = failed.filter(failed.user_key != "")
    # A number in place of three texts, because all that follows is sorted by it.
    keys = failed.select(*KEYS).distinct()
    keys = keys.mutate(key=ibis.row_number().over(order_by=list(KEYS)))
    failed = failed.join(keys, list(KEYS)).select("key", "published", "uuid")
    done = successes(log).select("published", *KEYS).join(keys, list(KEYS))
    failed = failed.mutate(worked=ibis.null(failed.published.type()))
    done = done.mutate(uuid=ibis.null("string"), worked=done.published)
    rows = failed.union(done.select(*failed.columns))
    # At one instant the success comes first: it is no recovery.
    order = [rows.published, rows.uuid.notnull().cast("int8")]
    later = ibis.window(group_by="key", order_by=order, preceding=0, following=None)
    rows = rows.mutate(worked_again=rows.worked.min().over(later))
    rows = rows.filter(rows.uuid.notnull(), rows.worked_again.notnull())
    return rows.select("uuid", "worked_again")


def with_state(failures: pd.DataFrame, recovered: pd.DataFrame) -> pd.DataFrame:
    """Add to each failure the state of its app, user and operation.

    Args:
        failures: as ``failures`` lists them.
        recovered: as ``recovery`` lists them, of the same window.

    Returns:
        The failures with ``state``: ``still_failing``, ``recovered``, or ``""`` where
        there is no user.
    """
    known = recovered.set_index(list(KEYS))["state"]
    keys = failures.set_index(list(KEYS)).index
    state = known.reindex(keys).fillna("").to_numpy() if len(known) else ""
    return failures.assign(state=state)
