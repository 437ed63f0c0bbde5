"""Events that are read around one failure: few, and the same ones each time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from factories import M365, event
from kit.analysis.one_failure import events_of_app, with_addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

URL = "https://example.okta.com/app/office365/x/sso/saml"


def test_of_many_events_the_same_are_read_whatever_their_order_in_the_file(
    log_of: Callable[..., Log],
) -> None:
    """Engines give any of them where no order is asked for."""
    minutes = [f"2026-10-27T{10 + n // 60:02}:{n % 60:02}:00.000Z" for n in range(240)]
    log = log_of(
        *(
            event(one, type_="app.office365.api.error.validate.creds", displayMessage=URL)
            for one in reversed(minutes)
        )
    )

    of_app = events_of_app(log, M365["id"], datetime(2026, 10, 27, 12, tzinfo=UTC))
    newest = with_addresses(log)

    times = [one["published"] for one in of_app]
    assert times == minutes[:50]
    assert [one["published"] for one in newest] == minutes[:-201:-1]
