"""What those hit have in common: planted, absent, too few to tell, or not in the log."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kit
from factories import event
from kit.analysis.common import InCommon, Trait, chance_of, compare_sides
from kit.lake import Lake, add
from kit.log.log import open_log
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

_START = datetime(2026, 10, 27, 9, tzinfo=UTC)
AD = {"id": "0oaad", "name": "corp.example.com"}


def attempt(
    minute: float,
    user: str,
    *,
    works: bool,
    agent: str = "",
    type_: str = "user.authentication.auth_via_AD_agent",
    **more: Any,
) -> dict[str, Any]:
    """A sign-in through the directory."""
    at = (_START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    one = event(
        at,
        type_=type_,
        result="SUCCESS" if works else "FAILURE",
        reason=None if works else "INVALID_CREDENTIALS",
        user=f"{user}@example.com",
        app=AD,
        transaction=f"t-{user}-{minute}",
        **more,
    )
    if agent:
        one["target"].append({"id": f"a-{agent}", "type": "AD Agent", "displayName": agent})
    return one


def told(
    kind: str, user: str, group: str = "", app: dict[str, str] | None = None
) -> dict[str, Any]:
    """An event about a user before it all."""
    one = event("2026-10-26T08:00:00Z", type_=kind, result="SUCCESS", user=f"{user}@example.com")
    one["target"] = [t for t in one["target"] if t["type"] == "User"]
    if group:
        one["target"].append({"id": f"00g{group}", "type": "UserGroup", "displayName": group})
    if app:
        one["target"].append({"id": app["id"], "type": "AppInstance", "displayName": app["name"]})
    return one


def outage(hit: int, others: int, of_hit: Any, of_others: Any) -> list[dict[str, Any]]:
    """Some fail and others work meanwhile, each with what is given of its number."""
    span = 5 * (hit - 1)
    bad = [attempt(5 * n, f"hit{n}", works=False, **of_hit(n)) for n in range(hit)]
    good = [
        attempt(0.1 + (span - 0.2) * n / others, f"ok{n}", works=True, **of_others(n))
        for n in range(others)
    ]
    return bad + good


def found_in(log: Any) -> InCommon:
    """What those hit have in common in a log of one outage."""
    case = kit.case(log, log.window())
    assert case is not None
    return case.common


def network(number: int, name: str) -> dict[str, Any]:
    """An event's network."""
    return {"securityContext": {"asNumber": number, "asOrg": name, "isProxy": False}}


def test_a_planted_agent_stands_out(log_of: Callable[..., Any]) -> None:
    """With the numbers of both sides, and nothing beside it."""
    events = outage(
        8,
        40,
        lambda n: {"agent": "dc1" if n < 7 else "dc2", **network(64500, "Office")},
        lambda n: {"agent": "dc2" if n else "dc1", **network(64500, "Office")},
    )

    found = found_in(log_of(*events))

    (trait,) = found.traits
    assert (trait.name, trait.value) == ("agent", "dc1")
    assert (trait.hit, trait.of_hit, trait.worked, trait.of_worked) == (7, 8, 1, 40)
    assert trait.lift == pytest.approx(35)
    assert trait.chance < 1e-4
    assert (found.verdict, found.unit, found.hit, found.worked) == ("traits", "user", 8, 40)
    assert set(found.compared) == {"agent", "network", "proxy"}
    assert found.not_held["device"] == "both"


def test_what_everybody_has_is_not_in_common(log_of: Callable[..., Any]) -> None:
    """Nothing sets them apart, and that is another answer than not being able to look."""
    every = network(64500, "Office")
    found = found_in(log_of(*outage(8, 40, lambda _: every, lambda _: every)))

    assert (found.verdict, found.traits) == ("nothing", ())
    assert "network" in found.compared


def test_three_of_three_beside_three_others_tell_nothing(log_of: Callable[..., Any]) -> None:
    """One in twenty by chance, and more than one thing is compared."""
    events = outage(
        3,
        3,
        lambda _: {"agent": "dc1", **network(1, "a")},
        lambda _: {"agent": "dc2", **network(2, "b")},
    )

    found = found_in(log_of(*events))

    assert (found.verdict, found.traits) == ("too_few", ())


def test_a_log_without_the_columns_says_that_it_cannot_tell(log_of: Callable[..., Any]) -> None:
    """No name is compared, and each is called not held."""
    found = found_in(log_of(*outage(8, 40, lambda _: {}, lambda _: {})))

    assert (found.compared, found.traits) == ((), ())
    assert set(found.not_held.values()) == {"both"}


def test_what_only_one_side_says_is_not_compared(log_of: Callable[..., Any]) -> None:
    """A rule that is named by refusals alone tells nothing of who was let in."""
    found = found_in(log_of(*outage(8, 40, lambda _: {"agent": "dc1"}, lambda _: {})))

    assert found.not_held["agent"] == "worked"
    assert found.traits == ()


def test_nobody_worked_meanwhile(log_of: Callable[..., Any]) -> None:
    """A broken connection is what they have in common."""
    events = [attempt(5 * n, f"hit{n}", works=False, agent="dc1") for n in range(8)]

    assert found_in(log_of(*events)).verdict == "nobody_worked"


def test_who_came_over_two_agents_counts_for_none(log_of: Callable[..., Any]) -> None:
    """Somebody whose failures came over both does not show that one of them is to blame."""
    events = outage(8, 40, lambda _: {"agent": "dc1"}, lambda _: {"agent": "dc2"})
    events += [attempt(5 * n + 0.5, f"hit{n}", works=False, agent="dc2") for n in range(7)]

    found = found_in(log_of(*events))

    assert found.traits == ()


def test_another_event_of_the_transaction_names_the_rule(log_of: Callable[..., Any]) -> None:
    """The failing event has no rule; the policy's, of the same user and transaction, has it."""
    events = outage(8, 40, lambda _: {}, lambda _: {})
    for one in list(events):
        hit = one["outcome"]["result"] == "FAILURE"
        policy = event(
            one["published"],
            type_="policy.evaluate_sign_on",
            result="ALLOW",
            user=None,
            app=None,
            transaction=one["transaction"]["id"],
        )
        rule = "Deny abroad" if hit else "Allow"
        user = next(t for t in one["target"] if t["type"] == "User")
        policy["target"] = [user, {"id": "0pr", "type": "PolicyRule", "displayName": rule}]
        events.append(policy)

    found = found_in(log_of(*events))

    assert [(t.name, t.value) for t in found.traits] == [("policy rule", "Deny abroad")]


def test_groups_assignments_and_sources_of_profiles_are_compared(
    log_of: Callable[..., Any],
) -> None:
    """As far as the log says who was added, assigned and imported, and not removed again."""
    events = outage(8, 40, lambda _: {}, lambda _: {})
    for n in range(8):
        events.append(told("group.user_membership.add", f"hit{n}", "Contractors"))
        events.append(told("application.user_membership.add", f"hit{n}", app=AD))
        events.append(
            told("system.import.user.create", f"hit{n}", app={"id": "0oahr", "name": "HR"})
        )
    for n in range(40):
        events.append(
            told("group.user_membership.add", f"ok{n}", "Contractors" if n < 2 else "All")
        )
        events.append(
            told("system.import.user.create", f"ok{n}", app={"id": "0oaldap", "name": "LDAP"})
        )
    gone = told("group.user_membership.remove", "ok1", "Contractors")
    events.append(gone | {"published": "2026-10-26T09:00:00Z"})

    found = found_in(log_of(*events))

    assert {(t.name, t.value, t.hit, t.worked) for t in found.traits} == {
        ("group", "Contractors", 8, 1),
        ("assignment day", "2026-10-26", 8, 0),
        ("profile source", "HR", 8, 0),
    }


def test_departments_and_app_versions_of_events_are_compared(log_of: Callable[..., Any]) -> None:
    """From debugData, where events carry them."""

    def debug(department: str, version: str) -> dict[str, Any]:
        return {"debugContext": {"debugData": {"department": department, "appVersion": version}}}

    found = found_in(
        log_of(*outage(8, 40, lambda _: debug("Sales", "1"), lambda _: debug("Other", "1")))
    )

    assert [(t.name, t.value) for t in found.traits] == [("department", "Sales")]
    assert "app version" in found.compared


def test_one_users_failures_are_compared_with_their_own_attempts(
    log_of: Callable[..., Any],
) -> None:
    """Of one user, users cannot be counted."""
    phone = {"device": {"id": "guo1", "name": "Phone"}}
    laptop = {"device": {"id": "guo2", "name": "Laptop"}}
    events = [attempt(n, "ada", works=False, **phone) for n in range(0, 60, 10)]
    events += [attempt(n + 5, "ada", works=True, **laptop) for n in range(0, 120, 10)]
    events += [attempt(n, "bea", works=True, **phone) for n in range(60)]

    found = found_in(log_of(*events))

    assert (found.unit, found.hit, found.worked) == ("attempt", 6, 12)
    assert [(t.name, t.value) for t in found.traits] == [("device", "Phone (guo1)")]


def test_an_older_lake_is_told_to_be_recoded(tmp_path: Any) -> None:
    """Its events hold what its columns lack."""
    import pyarrow.parquet as pq

    from factories import write_export

    every = network(64500, "Office")
    events = outage(8, 40, lambda _: every, lambda _: every)
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", events)])
    (path,) = lake.files(lake.days()[0])
    columns = pq.read_schema(path).names
    pq.write_table(pq.read_table(path, columns=columns[: columns.index("geo_state")]), path)

    report = kit.remediation_report(str(lake.folder), since="")

    assert found_in(open_log(lake.folder)).outdated
    assert "okta-kit recode" in str(report.common().parts[-1].text())


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.data())
def test_the_chance_is_that_of_drawing_so_many(
    n: int, rest: int, k: int, data: st.DataObject
) -> None:
    """Counted out by binomials, exactly."""
    total = n + rest
    k = min(k, total)
    a = data.draw(st.integers(0, min(n, k)))
    ways = sum(math.comb(k, i) * math.comb(total - k, n - i) for i in range(a, min(k, n) + 1))

    assert chance_of(a, n, k, total) == pytest.approx(ways / math.comb(total, n))


@max_examples(25)
@given(st.integers(0, 2**32))
def test_chance_alone_rarely_passes_for_a_trait(seed: int) -> None:
    """Where values are dealt at random, one comparison of twenty at most names one."""
    random_ = random.Random(seed)

    def dealt(users: int, values: int) -> list[set[str]]:
        return [{str(random_.randrange(values))} for _ in range(users)]

    runs, named = 40, 0
    for _ in range(runs):
        values = {"network": (dealt(8, 4), dealt(30, 4)), "agent": (dealt(8, 2), dealt(30, 2))}
        named += bool(compare_sides(values)[0])
    # Of 40 with a chance of 0.05 each, 10 or more come about once in 20,000.
    assert named < 10


def test_the_section_says_it_in_words(log_of: Callable[..., Any], tmp_path: Any) -> None:
    """With the numbers of both sides; hostile values do not act in the page."""
    name = "<script>alert(1)</script>"
    events = outage(8, 40, lambda _: {"agent": name}, lambda _: {"agent": "dc2"})
    log_of(*events)

    section = kit.remediation_report(str(tmp_path / "log.ndjson"), since="").common()
    text, html = (
        "\n".join(str(part.text()) for part in section.parts),
        "".join(part.html() for part in section.parts),
    )

    assert "8 of 8 users hit have the agent" in text
    assert "0 of 40 users that worked had it" in text
    assert "Could not look at" in text
    assert "<script>" not in html


def test_it_is_in_the_results(log_of: Callable[..., Any]) -> None:
    """As plain data, for the summary."""
    log = log_of(*outage(8, 40, lambda _: {"agent": "dc1"}, lambda _: {"agent": "dc2"}))
    case = kit.case(log, log.window())
    assert case is not None

    (trait,) = case.results()["common"]["traits"]

    assert (trait["name"], trait["value"], trait["hit"], trait["lift"]) == ("agent", "dc1", 8, None)
    assert isinstance(case.common.traits[0], Trait)
    assert list(case.common.rows["worked"]) == [0]
