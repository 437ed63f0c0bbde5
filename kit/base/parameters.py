"""A notebook's parameters, read and checked before any kernel starts.

They stand in the cell tagged ``parameters`` as ``name: type = default  # help``. The cell
is parsed, never run: defaults are literals, and types come from a closed list.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, Union, get_args

from pydantic import AfterValidator
from pydantic_core import to_jsonable_python

from kit.base.environment import SECRET_NAME, SECRET_VALUE
from kit.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Parameter", "check_values", "json_values", "parse_parameters", "read_parameters"]


def _utc(moment: datetime) -> datetime:
    """A time without a zone is UTC, as everywhere."""
    return moment.replace(tzinfo=moment.tzinfo or UTC)


_TYPES: dict[str, Any] = {
    "bool": bool,
    "date": date,
    "datetime": Annotated[datetime, AfterValidator(_utc)],
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "Literal": Literal,
    "Optional": Optional,
    "set": set,
    "str": str,
    "time": time,
    "tuple": tuple,
    "Union": Union,
}
_ANNOTATION = (
    ast.Name,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.Constant,
    ast.BinOp,
    ast.BitOr,
    ast.Load,
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook."""

    name: str
    type: Any
    default: Any
    help: str = ""


def read_parameters(path: Path) -> dict[str, Parameter]:
    """Read the parameters that a notebook declares.

    Args:
        path: the notebook.

    Returns:
        Each parameter by its name, in the notebook's order; none where no cell is tagged.

    Raises:
        UsageError: the file is no notebook, or its parameters cell is not plain
            ``name: type = literal`` lines.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
        source = "".join(tagged[0]["source"]) if tagged else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path}: is no notebook. Save it from JupyterLab as .ipynb.") from None
    return parse_parameters(source, path.name)


def parse_parameters(source: str, name: str) -> dict[str, Parameter]:
    """Read the parameters that a cell declares; the cell is not run.

    Args:
        source: the cell.
        name: what the cell stands in, for an error.

    Returns:
        Each parameter by its name, in the cell's order.

    Raises:
        UsageError: it is not plain ``name: type = literal`` lines.
    """
    try:
        lines = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as fault:
        raise UsageError(f"{name}: its parameters cell is no Python: {fault}.") from None
    parameters = {}
    for line in lines:
        if isinstance(line, ast.Import | ast.ImportFrom):
            continue
        parameter = _parameter(name, line, comments)
        parameters[parameter.name] = parameter
    return parameters


def check_values(
    parameters: Mapping[str, Parameter], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Put given values in the places of the defaults.

    Args:
        parameters: the notebook's parameters.
        overrides: values by name; text is read as the parameter's type.

    Returns:
        A value for each parameter, in the notebook's order, of the type that its cell shows;
        dates and times as text.

    Raises:
        UsageError: an unknown name (with the nearest), or a value of the wrong type.
    """
    from pydantic import ConfigDict, ValidationError, create_model

    for name in overrides:
        if name not in parameters:
            if SECRET_NAME.search(name):
                raise UsageError(
                    f"{name}: a secret is never a parameter, it would stand in the report. "
                    "Put it into the environment."
                )
            hint = f" It has {', '.join(parameters)}." if parameters else " It has none."
            raise UsageError(
                f"{name}: the notebook has no such parameter.{nearest(name, parameters)}{hint}"
            )
    fields: dict[str, Any] = {p.name: (p.type, p.default) for p in parameters.values()}
    config = ConfigDict(validate_default=True, allow_inf_nan=False)
    try:
        values = {name: _from_text(parameters[name], value) for name, value in overrides.items()}
        checked = create_model("Parameters", __config__=config, **fields)(**values)
    except ValidationError as fault:
        wrong = [
            f"{e['loc'][0]}: {e['msg']} (got {_printable(e['input'])})" for e in fault.errors()
        ]
        raise UsageError("; ".join(wrong) + ".") from None
    literals = {name: _literal(value) for name, value in checked.model_dump().items()}
    for name, value in json_values(literals).items():
        if SECRET_VALUE.search(json.dumps(value)):
            raise UsageError(
                f"{name}: its value looks like a secret, which is never a parameter: it would "
                "stand in the report. Put it into the environment."
            )
    return literals


def json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON has them, the same each time.

    Args:
        values: by name, of ``check_values``.

    Returns:
        The same; tuples and sets are lists, a set's in order.
    """
    fit: dict[str, Any] = json.loads(json.dumps(dict(values), default=_in_order))
    return fit


def _parameter(place: str, line: ast.stmt, comments: Mapping[int, str]) -> Parameter:
    wrong = UsageError(
        f"{place}: line {line.lineno} of its parameters cell is no parameter. "
        "Write name: type = literal."
    )
    try:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
            default = ast.literal_eval(line.value)
            kind = _type(line.annotation)
            name = line.target.id
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            default = ast.literal_eval(line.value)
            kind = Any if default is None else type(default)
            name = line.targets[0].id
        else:
            raise wrong
    except (ValueError, TypeError, NameError):
        raise wrong from None
    if SECRET_NAME.search(name):
        raise UsageError(f"{place}: {name} looks like a secret, which is never a parameter.")
    return Parameter(name, kind, default, comments.get(line.end_lineno or line.lineno, ""))


def _type(annotation: ast.expr) -> Any:
    """Evaluate an annotation that is made of the known types alone."""
    annotation = _Plain().visit(annotation)
    if not all(isinstance(node, _ANNOTATION) for node in ast.walk(annotation)):
        raise ValueError
    code = compile(ast.Expression(annotation), "annotation", "eval")
    return eval(code, {"__builtins__": {}}, _TYPES)  # noqa: S307  # closed names, no calls


def _printable(value: object) -> str:
    """A wrong value for an error, unless it is one that no error may tell."""
    return "a secret" if SECRET_VALUE.search(str(value)) else repr(value)


def _in_order(value: Any) -> list[Any]:
    return sorted(value, key=repr)


def _literal(value: Any) -> Any:
    """A value as Python writes it in a cell; dates and times are text there."""
    if isinstance(value, list | tuple | set):
        return type(value)(map(_literal, value))
    if isinstance(value, dict):
        return {_literal(key): _literal(part) for key, part in value.items()}
    return to_jsonable_python(value)


class _Plain(ast.NodeTransformer):
    """``datetime.date`` is ``date``: of which module a type comes is of no interest."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # ast calls it so
        return ast.copy_location(ast.Name(node.attr, ast.Load()), node)


def _from_text(parameter: Parameter, value: Any) -> Any:
    """Text for a list is JSON, Python, or parts with commas; an empty one may be None.

    Parts are texts where the default or the type does not tell what else they are.
    """
    kind = parameter.type
    if NoneType in get_args(kind) and isinstance(value, str):
        others = [part for part in get_args(kind) if part is not NoneType]
        if str not in others and value.strip().casefold() in ("", "none", "null"):
            return None
        kind = others[0] if len(others) == 1 else kind
    origin = getattr(kind, "__origin__", kind)
    if isinstance(value, str) and origin in (list, tuple, set, dict):
        if value.lstrip().startswith(("[", "(", "{")):
            return _read_literal(value)
        if origin is dict:
            return value
        if kind is origin and parameter.default and not any(map(_is_text, parameter.default)):
            return _read_literal(f"[{value}]")
        return [part.strip() for part in value.split(",")]
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _read_literal(text: str) -> Any:
    """A list, tuple, set or dict as JSON or as Python writes it; the text if it is neither."""
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return read(text)
    return text


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
