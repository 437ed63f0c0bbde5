"""What every thread of an import asks for first is read by one of them."""

from __future__ import annotations

import subprocess
import sys

ASK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from kit.catalogue import load
from kit.sources.wrappers import tables
from kit.vendors.forms import vendors

sys.setswitchinterval(1e-5)
barrier = Barrier(4)

def ask(call):
    barrier.wait()
    return id(call())

with ThreadPoolExecutor(4) as threads:
    for call in (load, tables, vendors):
        print(len(set(threads.map(ask, [call] * 4))))
"""


def test_threads_that_ask_at_once_get_the_same_catalogue() -> None:
    """Two that worked it out at once, with msgspec 0.22, ended the process now and then."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout.split()) == (0, ["1", "1", "1"])
