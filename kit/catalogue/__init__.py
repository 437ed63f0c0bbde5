"""What codes and event types mean, and the remedies: data files and one loader.

The files are the catalogue: ``remedies/*.md``, ``steps/*.md``, ``aadsts.csv``,
``event_types.csv``, ``okta_errors.csv``, ``kinds.csv``, the word forms in ``kind_words.csv``
and the learned weights in ``kind_weights.csv``.
Adding a code, a remedy, an event type or a word form is a file or a line.
``README.md`` beside them describes their fields.
"""

from __future__ import annotations

from kit.catalogue.body import CatalogueError, Evidence, Step
from kit.catalogue.files import HOME, OWN, load
from kit.catalogue.lookup import Catalogue
from kit.catalogue.model import EventType, KnownText, OktaRefusal, Remedy, SignInCode

__all__ = [
    "HOME",
    "OWN",
    "Catalogue",
    "CatalogueError",
    "EventType",
    "Evidence",
    "KnownText",
    "OktaRefusal",
    "Remedy",
    "SignInCode",
    "Step",
    "load",
]
