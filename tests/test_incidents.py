"""On incidents that are simulated from a seed, every analysis finds what was put there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from incidents import APP, CODE, simulate
from kit.analysis.episodes import episodes
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery
from kit.base.windows import Window
from kit.cases.case import case
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

few = max_examples(8, suppress_health_check=[HealthCheck.function_scoped_fixture])
seeds = st.integers(0, 100_000)


@few
@given(seeds)
def test_a_simulated_incident_is_found_as_it_was(log_of: Callable[..., Log], seed: int) -> None:
    """Onset, change, radius, people, fix, verdict; strays, noise, odd names change nothing."""
    made = simulate(seed)
    truth, log = made.truth, log_of(*made.events)

    found = case(log, Window(truth.since, truth.until), code=CODE, app=APP[1])

    assert found is not None
    results = found.results()
    assert abs(found.onset - truth.onset) < timedelta(minutes=1)
    assert (results["change"] or {}).get("uuid") == truth.change
    assert results["blast_radius"] == truth.radius
    assert results["fix"]["verdict"] == truth.verdict
    for name in ("still_failing", "recovered", "failed_deactivations"):
        assert sorted(login.lower() for login in results[name]) == getattr(truth, name), name
    assert sorted(login.lower() for login in found.abandoned) == truth.abandoned
    if truth.fix_at is not None:
        assert found.fix.at is not None
        assert abs(found.fix.at - truth.fix_at) <= timedelta(minutes=15)


@few
@given(seeds)
def test_a_failure_is_counted_once_whatever_the_log(log_of: Callable[..., Log], seed: int) -> None:
    """Pairs, retries within a job, late and repeated events: one failure an attempt."""
    made = simulate(seed)
    log = log_of(*made.events)

    found = failures(log)

    mine = found[(found["app"] == APP[1]) & (found["code"] == CODE)]
    assert len(mine) == made.truth.failures
    assert found["uuid"].is_unique


@few
@given(seeds, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_windows_cut_anywhere_agree_on_what_lies_inside(
    log_of: Callable[..., Log], seed: int, one: float, other: float
) -> None:
    """Two windows that end together tell the same episodes; a cut loses no failure."""
    made = simulate(seed)
    log = log_of(*made.events)
    whole = log.window()
    span = whole.until - whole.since
    early, late = sorted([whole.since + one * span, whole.since + other * span])
    cut = Window(early, max(late, early + timedelta(seconds=1)))

    left = episodes(log, Window(whole.since, cut.until))
    right = episodes(log, cut)

    pd.testing.assert_frame_equal(left[left["last"] >= early].reset_index(drop=True), right)
    assert left["failures"].sum() == len(failures(log, Window(whole.since, cut.until)))
    people = recovery(log, cut)
    assert not people.duplicated(["app_key", "user_key", "operation"]).any()
    assert ((people["state"] == "recovered") == people["recovered_at"].notna()).all()
    assert not (people["recovered_at"].notna() & people["abandoned_at"].notna()).any()
    assert (people["recovered_at"].dropna() < cut.until).all()
