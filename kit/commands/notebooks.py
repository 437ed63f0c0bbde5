"""What the commands that take a notebook share: its name, and its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kit.base.errors import UsageError, nearest
from kit.base.paths import NOTEBOOKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.base.parameters import Parameter

__all__ = ["find_notebook", "values_for"]


def find_notebook(name: str) -> Path:
    """Find a notebook by its name in the kit, or by its path.

    Raises:
        UsageError: there is none; names the nearest.
    """
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    own = {p.stem: p for p in sorted(NOTEBOOKS.glob("*.ipynb"))}
    stem = path.name.removesuffix(".ipynb")
    if stem in own and path.parent == Path():
        return own[stem]
    hint = f" The kit has {', '.join(own)}." if own else ""
    raise UsageError(f"There is no notebook {name!r}.{nearest(stem, own)}{hint}")


def values_for(
    parameters_by_notebook: Mapping[Path, Mapping[str, Parameter]],
    words: Sequence[str] | None,
    source: Sequence[str] | None,
    since: str | None,
    until: str | None,
) -> dict[Path, dict[str, str]]:
    """Deal what was given out to the notebooks.

    Args:
        parameters_by_notebook: each notebook's parameters.
        words: ``name=value`` each, for every notebook that has such a parameter; what none
            has is dealt to all, to be refused.
        source: for those that have such a parameter, as *since* and *until* are.
        since: as above.
        until: as above.

    Returns:
        What each is given, as text.

    Raises:
        UsageError: a word is no ``name=value``, or says again what an option says.
    """
    values = {}
    for word in words or []:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"-p {word}: write it as name=value.")
        values[name.strip()] = value
    options = {"source": ",".join(source) if source else None, "since": since, "until": until}
    for name, option in options.items():
        if option is not None and name in values:
            raise UsageError(f"--{name} {option} and -p {name}={values[name]}: name it once.")
    parameter_names = {
        name for parameters in parameters_by_notebook.values() for name in parameters
    }
    return {
        path: {k: v for k, v in values.items() if k in own or k not in parameter_names}
        | {k: v for k, v in options.items() if v is not None and k in own}
        for path, own in parameters_by_notebook.items()
    }
