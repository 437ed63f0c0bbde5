"""A failure's text becomes its parts.

A message is wrapped in layers, each added by another speaker::

    Automatic provisioning of user Ada to app Microsoft Office 365 failed:   Okta: the task
      Could not validate your Office 365 credentials, received error:        Okta: the operation
        400                                                                  carrier: HTTP
          AADSTS50126: Error validating credentials … Trace ID: …            payload: the vendor

The layers are taken off from the front, one after the other, and whatever is missing is simply
not there. ``okta.py`` knows Okta's sentences, ``carriers.py`` what brought the vendor's answer,
``documents.py`` JSON and XML, ``answers.py`` the vendor's own lines, ``labels.py`` ids and times
by their names, ``codes.py`` what is a code and what only a word, ``masks.py`` the code of an
unknown text.
"""

from typing import TYPE_CHECKING

from kit.base.lazy import importing
from kit.messages.masks import FINGERPRINT, VARIABLE, fingerprint, is_fingerprint, mask, wording
from kit.messages.parts import CUT, Message
from kit.messages.templates import templates

if TYPE_CHECKING:
    from kit.messages.codes import labelled_code
    from kit.messages.languages import is_english
    from kit.messages.parsing import parse
    from kit.messages.wrappers import http_code

__all__ = [
    "CUT",
    "FINGERPRINT",
    "VARIABLE",
    "Message",
    "fingerprint",
    "http_code",
    "is_english",
    "is_fingerprint",
    "labelled_code",
    "mask",
    "parse",
    "templates",
    "wording",
]

# A code alone is no message: who asks for one need not wait for what reads them.
__getattr__ = importing(
    __name__,
    {
        "http_code": "wrappers",
        "is_english": "languages",
        "labelled_code": "codes",
        "parse": "parsing",
    },
)
