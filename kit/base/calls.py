"""A public function that answers a wrong call in one line, with an example of a right one.

Python's own answer to a wrong argument is a traceback of the kit's inside, which helps nobody who
types in a notebook.
"""

from __future__ import annotations

import inspect
import re
from functools import wraps
from typing import TYPE_CHECKING, Any

from kit.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["answering"]

_CALL = r"kit\.{}\((?:[^()\n]|\([^()\n]*\))*\)"
_SIMPLE = re.compile(r"[\w.]+(?: \| [\w.]+)*")
"""An annotation that a value can be held against without evaluating it."""
_IN_WORDS = {"str": "text", "bool": "True or False", "int": "a whole number", "None": "None"}


def answering(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function answer a wrong call in one line.

    Args:
        name: what it is called in ``kit``.
        function: the function, with annotations and, in its docstring, an example that calls it.

    Returns:
        The function under that name.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def answer(*arguments: Any, **options: Any) -> Any:
        if problem := _problem(signature, arguments, options):
            raise UsageError(f"kit.{name}: {problem}{_example(name, function)}")
        return function(*arguments, **options)

    answer.__name__ = answer.__qualname__ = name
    return answer


def _problem(
    signature: inspect.Signature, arguments: tuple[Any, ...], options: Mapping[str, Any]
) -> str:
    """What is wrong with a call, in a sentence; empty if nothing is."""
    parameters = signature.parameters
    is_open = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    for name in options:
        if name not in parameters and not is_open:
            others = ", ".join(parameters)
            return f"it takes no {name!r}.{nearest(name, parameters)} It takes {others}."
    try:
        values = signature.bind(*arguments, **options).arguments
    except TypeError as fault:
        text = str(fault)
        return f"{text[0].upper()}{text[1:]}."
    for name, value in values.items():
        annotation = str(parameters[name].annotation)
        if parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            continue
        if _SIMPLE.fullmatch(annotation) and not _fits(value, annotation):
            return f"{name} has to be {_in_words(annotation)}, and is {_value_in_words(value)}."
    return ""


def _fits(value: object, annotation: str) -> bool:
    """Whether a value is of a type that an annotation names."""
    names = {one.rpartition(".")[2] for one in annotation.split(" | ")}
    kinds = {kind.__name__ for kind in type(value).__mro__}
    return bool(
        names & {"Any", "object"}
        or names & (kinds - {"object"})
        or (value is None and "None" in names)
    )


def _in_words(annotation: str) -> str:
    names = [one.rpartition(".")[2] for one in annotation.split(" | ")]
    return " or ".join(_IN_WORDS.get(name, f"a {name}") for name in names if name != "None")


def _value_in_words(value: object) -> str:
    """A value as far as a line holds it; of what may name people only the type."""
    if isinstance(value, str | int | float | bool | None):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:59]}…"
    return f"a {type(value).__name__}"


def _example(name: str, function: Callable[..., Any]) -> str:
    """The first call of the function in its docstring, as the end of a line."""
    documentation = inspect.getdoc(function) or ""
    call = re.search(_CALL.format(name), documentation.partition("Example:")[2])
    if not call:
        return ""
    first = 'log = kit.open_log("sample"); ' if "log" in call[0] else ""
    return f" For example: {first}{call[0]}"
