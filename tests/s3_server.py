"""An S3 server on loopback: moto's, with each write done before the next begins.

``python tests/s3_server.py PORT [FILE]``. What a bucket's name begins with says how it behaves:
``old-`` knows no conditional writes, ``shut-`` refuses to be written. A byte is written to the file
for each request.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REFUSED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Store:
    """Moto behind a lock, since it checks a condition and writes in two steps."""

    def __init__(self, app: Callable[..., Iterable[bytes]], counted: str) -> None:
        self.app = app
        self.counted = Path(counted)
        self.lock = threading.Lock()

    def __call__(self, request: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        with self.counted.open("a") as file:
            file.write(".")
        path, writes = request["PATH_INFO"], request["REQUEST_METHOD"] != "GET"
        if path.startswith("/old-"):
            request.pop("HTTP_IF_MATCH", None)
            request.pop("HTTP_IF_NONE_MATCH", None)
        shut = path.startswith("/shut-") and path.count("/") > 1
        if shut and request["REQUEST_METHOD"] in {"PUT", "POST", "DELETE"}:
            begin("403 Forbidden", [("Content-Type", "application/xml")])
            return [REFUSED]
        if not writes:
            return self.app(request, begin)
        with self.lock:
            return list(self.app(request, begin))


if __name__ == "__main__":
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    run_simple(
        "127.0.0.1",
        int(sys.argv[1]),
        Store(DomainDispatcherApplication(create_backend_app), *sys.argv[2:] or [os.devnull]),  # type: ignore[arg-type]
        threaded=True,
    )
