"""How ``make docs`` turns the pages of this folder, and the kit's docstrings, into HTML."""

from __future__ import annotations

import re
from importlib.metadata import version as installed
from typing import Any

project = "okta-kit"
copyright = "okta-kit contributors"  # Sphinx calls it so
version = release = installed("okta-kit")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["conf.py", "pictures.py"]

html_theme = "furo"
html_title = "okta-kit"
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 90
napoleon_google_docstring = True
napoleon_numpy_docstring = False

_ANCHOR = re.compile(r'^(#+ )<a id="(\w+)"></a>', re.M)
_OUTSIDE = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]+)[^)]*\)")
_INCLUDED = {"../kit/catalogue/README.md": "remedies.md"}


def setup(app: Any) -> None:
    """Read the pages as they are written for a reader of the repository."""
    app.connect("source-read", _as_sphinx_reads)


def _as_sphinx_reads(app: Any, page: str, text: list[str]) -> None:
    """Name the places that links lead to, and hand on the repository's other files."""

    def moved(link: re.Match[str]) -> str:
        if link[2] in _INCLUDED:
            return f"[{link[1]}]({_INCLUDED[link[2]]})"
        return f"{{download}}`{link[1]} <{link[2]}>`"

    text[0] = _OUTSIDE.sub(moved, _ANCHOR.sub(r"(\2)=\n\1", text[0]))
