"""Where to go on from a report: which notebook, with which parameters, and how to begin it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import pandas as pd

from kit.analysis.names import app_to_ask_for
from kit.base.errors import UsageError
from kit.base.paths import INVESTIGATIONS, NOTEBOOKS
from kit.base.text import clean
from kit.display import phrases
from kit.display.code_names import smaller_codes
from kit.display.parts import Block, Links, Listing
from kit.display.section import Section
from kit.display.ways import way_in_html, way_to
from kit.display.widgets.frontend import in_voila

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.analysis.incidents import Incident
    from kit.display.ways import Way
    from kit.log.log import Log

__all__ = [
    "CODE_WAY",
    "USER_WAY",
    "Step",
    "begin_way",
    "go_on",
    "incident_parameters",
    "incident_steps",
    "incident_ways",
]

CODE_WAY: dict[str, Way] = {"code": ("remediation", ("code", "app"))}
"""A code in a table leads to what to do about it."""

USER_WAY: dict[str, Way] = {"user": ("user_history", ("user",))}
"""A user in a table leads to what happened to him."""

_OPTIONS = {"source", "since", "until"}

Step = tuple[str, dict[str, str], str]
"""A notebook's name, its parameters beside source and window, and what for."""


def go_on(base: Mapping[str, str], steps: Sequence[Step]) -> Listing:
    """Which notebooks to open next; in JupyterLab each can be begun with its parameters set.

    Args:
        base: the parameters that all of them share: source and window.
        steps: the notebooks.
    """
    rows = pd.DataFrame(
        [
            {
                "notebook": name,
                "what for": why,
                "parameters": ", ".join(f'{k}="{v}"' for k, v in {**base, **more}.items()),
            }
            for name, more, why in steps
        ],
        columns=["notebook", "what for", "parameters"],
    )
    return NextSteps(
        rows,
        caption="Open next, with these parameters",
        empty="nothing failed, so there is nothing to look into.",
        all=rows,
        labels=("notebook", "what for"),
        open=partial(_one, base, steps),
        # Voilà's page has no place to open a notebook in.
        act=None if in_voila() else ("Open and run", partial(_begin_notebook, base, steps)),
        base=base,
        steps=steps,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class NextSteps(Listing):
    """Which notebooks to open next: on a page links to their reports, or what makes these."""

    base: Mapping[str, str]
    steps: Sequence[Step]

    def html(self) -> str:
        """A list: each step leads to its report, where that lies beside this one."""
        if not self.steps:
            return f"<p>{escape(self.empty.capitalize())}</p>"
        items = [self._item(*step) for step in self.steps]
        return f'<ul class="next">{"".join(items)}</ul>'

    def _item(self, notebook: str, more: Mapping[str, str], why: str) -> str:
        name = escape(notebook.replace("_", " "))
        why = smaller_codes(escape(clean(self.names.sentence(why))))
        command = _command("report", notebook, {**self.base, **more})
        code = f' <code class="way-command">{escape(command)}</code>' if command else ""
        return f"<li>{way_in_html(way_to(notebook, more), name)}: {why}{code}</li>"


def incident_steps(log: Log, incidents: Iterable[Incident]) -> list[Step]:
    """The way from all that fails to what to do about each incident that is not over.

    Args:
        log: the log that they are of.
        incidents: the incidents, in the order in which they are listed.
    """
    every = [one for one in incidents if one.state != "over"]
    about = incident_parameters(log, every)
    return [("remediation", about[one.id], _state_in_words(one)) for one in every]


def incident_ways(log: Log, incidents: Iterable[Incident]) -> dict[str, str]:
    """By id, the way to the page of each incident that is not over."""
    every = [one for one in incidents if one.state != "over"]
    parameters = incident_parameters(log, every)
    return {name: way_to("remediation", about) for name, about in parameters.items()}


def incident_parameters(log: Log, incidents: Iterable[Incident]) -> dict[str, dict[str, str]]:
    """By id, the code and the app of each incident; the app's id where others share its name."""
    parameters = {}
    for one in incidents:
        app = app_to_ask_for(log, one.app, one.app_key)
        parameters[one.id] = {"code": one.code, **({"app": app} if app else {})}
    return parameters


def _state_in_words(one: Incident) -> str:
    where = f"{one.code} on {one.app or phrases.SIGN_IN}"
    users = f"{phrases.count(len(one.left), 'user')} left" if one.left else ""
    if one.leavers:
        users = f"{phrases.count(len(one.leavers), 'leaver')} with access"
    state = {"fixed": "fixed", "regressed": "came back"}.get(one.state, "fails now")
    return f"{where}, {', '.join(filter(None, [state, users]))}"


def _one(base: Mapping[str, str], steps: Sequence[Step], row: pd.Series[Any]) -> Section:
    """How one step is begun."""
    name, more, _ = steps[int(str(row.name))]
    open_it = Links([(f"the kit's own {name}, as it is", _way(name))], caption="Open")
    command = _command("new", name, {**base, **more})
    if not command:
        return Section((open_it,))
    caption = "Or begin a notebook of its own with these parameters: press the button above, "
    return Section((open_it, Block(command, f"{caption}or in a terminal")))


def _command(verb: str, notebook: str, parameters: Mapping[str, str]) -> str:
    """A command with parameters, as a shell reads it; empty where a terminal would act on one."""
    words = ["okta-kit", verb, notebook]
    for key, value in parameters.items():
        is_option = verb == "report" and key in _OPTIONS
        words += [f"--{key}", value] if is_option else ["-p", f"{key}={value}"]
    return shlex.join(words) if all(word.isprintable() for word in words) else ""


def _begin_notebook(base: Mapping[str, str], steps: Sequence[Step], row: pd.Series[Any]) -> Section:
    """Begin the notebook of one step, and say where it is."""
    name, more, _ = steps[int(str(row.name))]
    return Section((_begin(name, {**base, **more}, more),))


def begin_way(base: Mapping[str, str], way: str) -> Links:
    """Begin the notebook that a way leads to.

    Args:
        base: the parameters that it shares with the notebook that leads there.
        way: as ``way_to`` says it.

    Returns:
        A link to it.

    Raises:
        UsageError: there is no such notebook, or a parameter is wrong.
    """
    name, _, query = way.partition("?")
    if not (name.isidentifier() and (NOTEBOOKS / f"{name}.ipynb").is_file()):
        raise UsageError(f"There is no notebook {clean(name)!r} to open.")
    more = dict(parse_qsl(query))
    return _begin(name, {**base, **more}, more)


def _begin(name: str, parameters: Mapping[str, str], more: Mapping[str, str]) -> Links:
    """Copy a notebook with its parameters set; the same copy as before if it is there."""
    from kit.reports.investigations import begin

    about = more.get("code") or more.get("user") or ""
    case = re.sub(r"[^\w.@+-]+", "-", f"{name}-{about}").strip("-")[:90]
    path = begin(
        NOTEBOOKS / f"{name}.ipynb",
        parameters,
        name=case,
        folder=INVESTIGATIONS,
        day=datetime.now(UTC).date(),
        numbered=True,
    )
    link = (path.name, quote(relpath(path)))
    return Links([link], "It opens and runs; else open it here and choose Run, Run All", run=True)


def _way(name: str) -> str:
    """The way from the notebook that runs to one of the kit's: its copy beside it, if there is one.

    Jupyter opens no file above the folder that it serves, where the kit's own may lie.
    """
    file = f"{name}.ipynb"
    return quote(file if Path(file).is_file() else relpath(NOTEBOOKS / file))
