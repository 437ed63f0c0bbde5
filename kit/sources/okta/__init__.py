"""The live org, through the Okta SDK's request executor.

``settings`` says where it is and how to sign in, ``signing`` makes the SDK's executor, ``org``
asks one thing after another within a ``budget``, ``log`` reads the System Log page by page,
``apps`` what the org says of an app.
"""

from typing import TYPE_CHECKING

from kit.base.lazy import importing

if TYPE_CHECKING:
    from kit.sources.okta.apps import AppEvidence, app_evidence, keep_evidence
    from kit.sources.okta.log import LogPage, bounded, polled, polling_url
    from kit.sources.okta.org import Org, Reply
    from kit.sources.okta.settings import Settings, read_settings

__all__ = [
    "AppEvidence",
    "LogPage",
    "Org",
    "Reply",
    "Settings",
    "app_evidence",
    "bounded",
    "keep_evidence",
    "polled",
    "polling_url",
    "read_settings",
]

__getattr__ = importing(
    __name__,
    {
        "AppEvidence": "apps",
        "LogPage": "log",
        "Org": "org",
        "Reply": "org",
        "Settings": "settings",
        "app_evidence": "apps",
        "bounded": "log",
        "keep_evidence": "apps",
        "polled": "log",
        "polling_url": "log",
        "read_settings": "settings",
    },
)
