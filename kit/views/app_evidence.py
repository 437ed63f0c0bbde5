"""What an app says of itself, where the source is the live org."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.cases.steps import OUT_OF_STEP
from kit.display import phrases
from kit.display.parts import Facts, Note
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.cases.case import Case
    from kit.display.parts import Part

__all__ = ["app_evidence_parts"]


def app_evidence_parts(case: Case) -> Iterator[Part]:
    """The app's connection and features, and those of its users who are out of step."""
    evidence = case.live
    if evidence is None:
        yield Note("Not checked: this needs the live org. Set source to okta.")
        return
    lacking = {part: f"not checked: {why}" for part, why in evidence.not_checked.items()}
    users = phrases.count(len(evidence.users or []), "user")
    features = ", ".join(f"{name} {state}" for name, state in (evidence.features or {}).items())
    yield Facts(
        {
            "Provisioning connection": lacking.get("connection", evidence.connection or "unknown"),
            "Features": lacking.get("features", features or "none"),
            "Users of the app": lacking.get("users", users),
            **({"Asked": phrases.moment(pd.Timestamp(evidence.asked))} if evidence.asked else {}),
        }
    )
    if evidence.users is not None:
        hit = set(case.people["user_key"])
        rows = pd.DataFrame(evidence.users, columns=["login", "status", "sync_state", "last_sync"])
        off = rows["sync_state"].isin(OUT_OF_STEP) | (rows["status"] == "STAGED")
        mine = rows[rows["login"].str.lower().isin(hit) | off]
        yield Table(
            mine.sort_values(["sync_state", "login"]),
            caption="Users who were hit, and all whose sync is in error",
            most=100,
            empty="nobody.",
        )
