"""A vendor's records in a lake: killed writers, races, repair, and what the lake says of them."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from entra_forms import FORMS, SignIn, diagnostic_object, number, write_form
from entra_simulator import Outage, failure
from hypothesis import given
from hypothesis import strategies as st

from factories import write_export
from kit.base.errors import SourceError
from kit.base.object_store import Objects
from kit.commands.app import run_command
from kit.evidence.matching import evidence
from kit.lake import Lake, add, new_records, repair
from kit.lake.bulk import add_all
from kit.lake.overview import overview
from kit.lake.repair import examined
from kit.lake.vendor import VENDOR, lost_vendor_files, vendor_coverage, vendor_files
from kit.log.log import open_log
from lakes import forty_events, memory_address
from properties import max_examples
from requirements import need

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 9, 14, 7, 12, 31, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sign_ins(numbers: range, step: timedelta = 3 * HOUR) -> list[SignIn]:
    """Sign-ins over some days, each by its number."""
    return [
        SignIn(AT + n * step, 50126, id=number(f"s{n}"), correlation=number(f"c{n}"))
        for n in numbers
    ]


def ids_in(lake: Lake) -> list[str]:
    """The ids of all records that readers of a lake find, repeats among them, sorted."""
    names = vendor_files(lake)
    tables = [pq.read_table(lake.storage.event_file(name), columns=["id"]) for name in names]
    return sorted(one for table in tables for one in table["id"].to_pylist())


def graph_file(folder: Path, records: list[SignIn]) -> Path:
    """Write records as Microsoft Graph answers."""
    path = folder / f"{uuid.uuid4().hex}.json"
    path.write_text(FORMS["graph"](records)["signins.json"])
    return path


ADD = """
import sys
from pathlib import Path
from kit.lake import Lake, add
if __name__ == "__main__":
    add(Lake(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
"""


def killed(*words: str, after: float) -> bool:
    """Add files and kill that after some seconds; tell whether it was still running."""
    command = [sys.executable, "-c", ADD, *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_no_record_and_doubles_none(tmp_path: Path) -> None:
    """Records beside events, imported again and again with a kill, then to the end."""
    chance, lake = random.Random(11), Lake(tmp_path / "lake")
    some = [sign_ins(range(1500 * n, 1500 * n + 2000), timedelta(minutes=4)) for n in range(3)]
    files = [graph_file(tmp_path, one) for one in some]
    okta = write_export(tmp_path / "okta.ndjson", forty_events())
    wanted = {one.id for part in some for one in part}
    began = time.monotonic()
    assert not killed(str(tmp_path / "other"), str(files[0]), str(okta), after=120)
    takes, kills = time.monotonic() - began, 0
    for path in [*files, *files]:
        kills += killed(
            str(lake.folder), str(path), str(okta), after=takes * chance.uniform(0.5, 1)
        )
        ids = ids_in(lake) if lake.exists() else []
        assert len(ids) == len(set(ids))
        assert set(ids) <= wanted
    add(lake, files)
    assert kills > 0
    assert ids_in(lake) == sorted(wanted)
    assert lake.storage.names(VENDOR) == vendor_files(lake)
    assert not list(lake.folder.glob("_s*"))
    assert examined(lake) == []


ACTIONS = st.lists(st.sampled_from(["nothing", "add", "lose"]), max_size=4)


@max_examples(20)
@given(st.lists(ACTIONS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_whoever_loses_a_race_for_records_tries_again(
    tmp_path_factory: pytest.TempPathFactory, rivals: list[list[str]], chance: random.Random
) -> None:
    """Another writer is faster, or the answer to a write is lost: none is lost or doubled."""
    need("s3", ["s3fs", "moto"])
    folder, lake = tmp_path_factory.mktemp("race"), Lake(memory_address())
    records, wanted, counts = sign_ins(range(20)), set[str](), []

    def adding() -> None:
        part = chance.choices(records, k=8)
        wanted.update(one.id for one in part)
        counts.append(add(lake, [graph_file(folder, part)]).records)

    plain, pending = Objects.replace, iter(list[str]())

    def disturbed(self: Objects, name: str, data: bytes, mark: str) -> bool:
        nonlocal pending
        act, before = next(pending, "nothing"), pending
        pending = iter([])
        if act == "add":
            adding()
        written = plain(self, name, data, mark)
        pending = before
        return written and act != "lose"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objects, "replace", disturbed)
        patch.setattr("kit.lake.bucket.time.sleep", lambda _: None)
        for rival in rivals:
            pending = iter(rival)
            adding()
            pending = iter([])
    assert ids_in(lake) == sorted(wanted)
    assert sum(counts) == len(wanted)


def test_records_in_a_store_answer_as_on_the_disk(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """Imported in two steps, of which the second has repeats."""
    records = sign_ins(range(30))
    events = [failure(str(n), one.at, 50126, one.id, one.correlation)
              for n, one in enumerate(records)]  # fmt: skip
    okta = Path(Outage(events, [], {}).write_events(tmp_path))
    first, second = graph_file(tmp_path, records[:20]), graph_file(tmp_path, records[10:])
    answers = []
    for address in (f"{bucket()}/lake", str(tmp_path / "lake")):
        lake = Lake(address)
        add(lake, [okta, first])
        result = add(lake, [second])
        assert (result.records, result.record_repeats) == (10, 10)
        joint = evidence(open_log(address))
        assert joint is not None
        answers.append(joint.failures[["uuid", "match", "records"]].to_dict("records"))
        assert overview(lake)["vendor_logs"][0]["records"] == 30
        assert vendor_coverage(lake)
    assert answers[0] == answers[1]
    assert {row["match"] for row in answers[0]} == {"request_id"}


def test_the_lake_says_what_it_holds_of_each_log_and_what_exports_leave_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(tmp_path / "lake")
    early, late = sign_ins(range(3)), sign_ins(range(20, 24))
    expired = SignIn(AT, 7000222, id=number("p"), account="", principal="Okta provisioning")
    add(lake, [graph_file(tmp_path, [*early, expired]), graph_file(tmp_path, late)])
    again = write_form("portal CSV", early, tmp_path / "csv")
    add(lake, [Path(name) for name in again])

    interactive, principal = overview(lake)["vendor_logs"]

    assert (interactive["vendor"], interactive["log"]) == ("Microsoft Entra", "interactive")
    assert (interactive["records"], principal["records"]) == (7, 1)
    (gap,) = interactive["gaps"]
    assert gap["since"] == (early[-1].at + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert run_command(["lake", "--lake", str(lake.folder)]) == 0
    text = capsys.readouterr().out
    assert "Microsoft Entra, interactive user sign-ins: 7 records" in text
    assert "not exported of it: " in text


def day_file(lake: Lake, day: int) -> Path:
    """The file of the records of a day of September."""
    (name,) = [one for one in vendor_files(lake) if f"2026-09-{day:02d}" in one]
    return lake.folder / name


@pytest.fixture
def records_lake(tmp_path: Path) -> Lake:
    """Sign-ins of four days beside forty events."""
    lake = Lake(tmp_path / "lake")
    okta = write_export(tmp_path / "okta.ndjson", forty_events())
    (tmp_path / "a.json").write_text(FORMS["graph"](sign_ins(range(24)))["signins.json"])
    add(lake, [okta, tmp_path / "a.json"])
    return lake


@pytest.mark.parametrize("size", [0, 700])
def test_a_broken_file_of_records_is_one_line_and_goes_by_a_repair(
    records_lake: Lake, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = records_lake
    os.truncate(day_file(lake, 15), size)
    place = str(lake.folder)
    for words in (["lake", "--check", "--lake", place], ["evidence", "--source", place]):
        assert run_command(words) == 3
        lines = capsys.readouterr().err.splitlines()
        assert "okta-kit lake repair" in lines[-1]
        assert "Traceback" not in "".join(lines)
    before = set(ids_in_files(lake, but=15))

    lines = repair(lake)

    assert any("was moved to _damaged/_vendor/" in line for line in lines)
    assert any("2026-09-15: some of a vendor's records are lost" in line for line in lines)
    assert repair(lake) == []
    assert set(ids_in(lake)) == before
    assert not any(one.since.day == 15
                   for one in vendor_coverage(lake)["interactive"])  # fmt: skip
    assert add(lake, [lake.folder.parent / "a.json"]).records == 24 - len(before)
    assert ids_in(lake) == sorted(one.id for one in sign_ins(range(24)))
    assert len(vendor_coverage(lake)["interactive"]) == 1


def ids_in_files(lake: Lake, but: int) -> list[str]:
    """The ids of the records of all days but one."""
    names = [name for name in vendor_files(lake) if f"2026-09-{but:02d}" not in name]
    tables = [pq.read_table(lake.folder / name, columns=["id"]) for name in names]
    return [one for table in tables for one in table["id"].to_pylist()]


def test_a_file_of_records_that_is_gone_takes_its_day_from_the_coverage(
    records_lake: Lake,
) -> None:
    """So a failure of that day is outside of it, and no refusal that is not in the export."""
    lake = records_lake
    event = failure("x", AT + DAY, 50126, number("nowhere"), number("nowhere too"))
    add(lake, [Path(Outage([event], [], {}).write_events(lake.folder.parent / "x"))])

    def reason() -> object:
        joint = evidence(open_log(str(lake.folder)))
        assert joint is not None
        rows = joint.failures.set_index("uuid")
        return rows.loc[event["uuid"], "reason_none"]

    assert reason() == "not_in_export"
    day_file(lake, 15).unlink()
    assert reason() == "outside_coverage"
    assert len(lost_vendor_files(lake)) == len(overview(lake)["lost_vendor_files"]) == 1
    assert any("is missing" in why for _, why in examined(lake))
    assert any("2026-09-15" in line for line in repair(lake))
    assert lost_vendor_files(lake) == []
    assert reason() == "outside_coverage"


def test_records_count_again_after_their_manifest_was_lost(records_lake: Lake) -> None:
    lake, before = records_lake, ids_in(records_lake)
    (lake.folder / "_manifest.json").unlink()
    with pytest.raises(SourceError, match="okta-kit lake repair"):
        lake.open()

    repair(lake)

    assert ids_in(lake) == before
    days = [one.since.date().day for one in vendor_coverage(lake)["interactive"]]
    assert days == [14, 15, 16, 17]
    assert overview(lake)["vendor_logs"][0]["records"] == 24
    assert add(lake, [lake.folder.parent / "a.json"]).records == 0


def test_a_lake_of_records_alone_without_its_manifest_is_no_empty_place(tmp_path: Path) -> None:
    """An import would begin a new lake, and remove what nobody lists."""
    lake, path = Lake(tmp_path / "lake"), graph_file(tmp_path, sign_ins(range(4)))
    add(lake, [path])
    (lake.folder / "_manifest.json").unlink()
    with pytest.raises(SourceError, match="okta-kit lake repair"):
        add(lake, [path])
    repair(lake)
    assert len(ids_in(lake)) == 4


def test_what_a_killed_writer_left_and_nobody_lists_goes_with_the_next_change(
    records_lake: Lake,
) -> None:
    lake = records_lake
    orphan = lake.folder / VENDOR / f"date=2026-09-14-{'0' * 32}.parquet"
    orphan.write_bytes(day_file(lake, 14).read_bytes()[:700])
    own = lake.folder / VENDOR / "notes.txt"
    own.write_text("mine")
    before = ids_in(lake)
    add(lake, [graph_file(lake.folder.parent, sign_ins(range(30, 32)))])
    assert not orphan.exists()
    assert own.exists()
    assert set(before) < set(ids_in(lake))


@max_examples(30)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), min_size=1, max_size=12),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 5),
)
def test_of_several_forms_the_fullest_is_kept_however_memory_is_parted(
    tmp_path_factory: pytest.TempPathFactory, imports: list[list[tuple[int, int]]], size: int
) -> None:
    """As a dict of all records would have it; ranges of hashes of any size."""
    lake = Lake(tmp_path_factory.mktemp("parts") / "lake")
    fullest: dict[str, int] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(new_records, "_RANGE", size)
        for some in imports:
            records = []
            for n, parts in some:
                one: dict[str, Any] = json.loads(FORMS["graph"](sign_ins(range(n, n + 1)))
                                                 ["signins.json"])["value"][0]  # fmt: skip
                for name in ("userId", "appDisplayName", "ipAddress")[: 4 - parts]:
                    one.pop(name, None)
                records.append(one)
            path = lake.folder.parent / f"{uuid.uuid4().hex}.json"
            path.write_text(json.dumps({"value": records}))
            new = {number(f"s{n}") for n, _ in some} - set(fullest)
            result = add(lake, [path])
            assert (result.records, result.record_repeats) == (len(new), len(some) - len(new))
            for n, parts in some:
                key = number(f"s{n}")
                fullest[key] = max(parts, fullest.get(key, 0))
    tables = [pq.read_table(lake.folder / one, partitioning=None) for one in vendor_files(lake)]
    rows = [row for table in tables for row in table.to_pylist()]
    best: dict[str, int] = {}
    for row in rows:
        best[row["id"]] = max(best.get(row["id"], 0), row["fullness"])
    least = min(best.values()) - min(fullest.values())
    assert {key: much - least for key, much in best.items()} == fullest
    assert len({(row["id"], row["fullness"]) for row in rows}) == len(rows)


def test_refusals_lie_in_row_groups_of_their_own(tmp_path: Path) -> None:
    """So that what is asked of refusals reads little."""
    codes = [50126, 0, 0, 50140, 0, 53003]
    some = [replace(one, code=code) for one, code in zip(sign_ins(range(6)), codes, strict=True)]
    lake = Lake(tmp_path / "lake")
    files = write_form("graph", some, tmp_path)
    add(lake, [write_export(tmp_path / "okta.ndjson", forty_events()), *map(Path, files)])

    results = [
        set(file.read_row_group(number, columns=["result"])["result"].to_pylist())
        for name in vendor_files(lake)
        for file in [pq.ParquetFile(lake.storage.event_file(name))]
        for number in range(file.num_row_groups)
    ]

    assert {"failure", "interrupted"} & set().union(*results)
    assert all(one == {"success"} or "success" not in one for one in results)


def test_ranges_of_hashes_are_all_hashes() -> None:
    ranges = list(new_records._ranges(5 << 20))
    assert (ranges[0][0], ranges[-1][1]) == (np.iinfo(np.int64).min, np.iinfo(np.int64).max)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))


def diagnostic_folder(folder: Path, hours: list[int]) -> Path:
    """A container as diagnostic settings write it: a file an hour, two sign-ins in each."""
    for n in hours:
        at = datetime(2026, 9, 14, n, tzinfo=UTC)
        place = folder / f"tenantId=x/y=2026/m=09/d=14/h={n:02d}/m=00"
        place.mkdir(parents=True)
        some = [SignIn(at + timedelta(minutes=m), 50126, id=number(f"{n} {m}")) for m in (5, 40)]
        text = "\r\n".join(json.dumps(diagnostic_object(one)) for one in some)
        (place / "PT1H.json").write_text(text, newline="")
    return folder


def test_a_storage_account_s_folders_are_held_for_the_hours_they_name(tmp_path: Path) -> None:
    """But for the newest, which may still grow; an hour without a file is a gap."""
    lake = Lake(tmp_path / "lake")
    container = diagnostic_folder(tmp_path / "insights-logs-signinlogs", [6, 7, 9, 10])
    assert add_all(lake, [str(container)]).records == 8
    hour = datetime(2026, 9, 14, 6, tzinfo=UTC)
    last = hour + timedelta(hours=4, minutes=40, seconds=1)
    spans = [(one.since, one.until) for one in vendor_coverage(lake)["interactive"]]
    assert spans == [(hour, hour + 2 * HOUR), (hour + 3 * HOUR, last)]
    assert add_all(lake, [str(container)]).before == 4


@pytest.mark.parametrize("packing", ["text", "base64", "object", "array"])
def test_captures_of_an_event_hub_are_opened(tmp_path: Path, packing: str) -> None:
    """Each event's body holds records, as text, in base64 or as it is."""
    body = {"records": [diagnostic_object(one) for one in sign_ins(range(3))]}
    text = json.dumps(body)
    packed: object = {
        "text": text,
        "base64": base64.b64encode(text.encode()).decode(),
        "object": body,
        "array": body,
    }[packing]
    event = {"SequenceNumber": 7, "Offset": "1", "EnqueuedTimeUtc": "9/14/2026 7:12:31 AM",
             "SystemProperties": {}, "Properties": {}, "Body": packed}  # fmt: skip
    place = tmp_path / "hub/entra/0/2026/09/14/07/00"
    place.mkdir(parents=True)
    whole = json.dumps([event]) if packing == "array" else json.dumps(event)
    (place / "30.json").write_text(whole)
    lake = Lake(tmp_path / "lake")
    assert add_all(lake, [str(tmp_path / "hub")]).records == 3
    assert ids_in(lake) == sorted(one.id for one in sign_ins(range(3)))
