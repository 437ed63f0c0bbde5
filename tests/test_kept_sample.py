"""The sample is read once, and then opened as it was read, by any process of the same user."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import kit.log.sample
from kit.analysis.failures import failures
from kit.base.paths import SAMPLE_FILES
from kit.log.log import open_log
from kit.log.source import Source, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A user's folder of what can be made again, in which the sample lies."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        open_log("sample")
        yield home / "okta-kit" / "sample"


def facts_of(source: Source) -> dict[str, Any]:
    """All that is said of a source but its name and where it lies."""
    apart = {"source", "lakes", "vendor_lakes", "is_kept"}
    facts = {name: getattr(source, name) for name in Source.__dataclass_fields__}
    return {name: value for name, value in facts.items() if name not in apart}


def test_the_kept_sample_is_what_its_files_say(cache: Path, tmp_path: Path) -> None:
    """Events, records, holes and repeats; nothing is read or written for it."""
    (folder,) = cache.iterdir()
    kept, read = open_log("sample"), open_log(list(SAMPLE_FILES))

    assert facts_of(open_source("sample", tmp_path / "unused")) == facts_of(read)
    assert kept.lakes[""].address == str(folder)
    assert not (tmp_path / "unused").exists()
    by_uuid = [log.events.order_by("uuid").to_pyarrow() for log in (kept, read)]
    assert by_uuid[0].equals(by_uuid[1])
    assert kept.vendor_coverage() == read.vendor_coverage()


def test_what_is_asked_of_the_sample_is_kept_with_it(cache: Path) -> None:
    """As beside any lake, so that the next process asks less."""
    log = open_log("sample")

    answer = failures(log)

    assert list(Path(log.lakes[""].address, "_kept").glob("failures-*.parquet"))
    assert failures(open_log("sample")).equals(answer)


def test_another_version_reads_it_again_and_leaves_the_first(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What decides how a file is read may have changed; the older one is another's, maybe."""
    (mine,) = cache.iterdir()
    old = cache / "unused-for-long"
    old.mkdir()
    week_ago = time.time() - 8 * 86400
    os.utime(old, (week_ago, week_ago))
    monkeypatch.setattr(kit.log.sample, "__version__", "another")

    log = open_log("sample")

    other = Path(log.lakes[""].address)
    assert set(cache.iterdir()) == {mine, other}
    assert mine != other


def test_where_nothing_can_be_kept_the_sample_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a user without a home, or with a full disk."""
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))

    log = open_source("sample", tmp_path / "copy")

    assert log.repeats == 60
    assert log.lakes[""].address == str(tmp_path / "copy" / "lake")


def test_a_kept_sample_without_its_files_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody cleared what lies there, and left the folders."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "okta-kit" / "sample" / kit.log.sample._version()).mkdir(parents=True)

    assert open_source("sample", tmp_path / "copy").repeats == 60
