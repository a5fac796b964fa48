"""From types to JSON Schemas, and between values of the types and JSON.

Types are `bool`, `int`, `float`, `str`, `list[T]`, `dict[str, T]`, `T | None`, `Literal[...]`, `Enum` of texts,
`Any`, and dataclasses of them. `Annotated[T, Description("..."), Range(0, 100)]` says more of one, `Length(1, 80)` more of a
text. A field with a default may be left away.
"""

import dataclasses
import enum
import types
import typing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

# From here on not every whole number is a 64-bit float of its own.
MAX_WHOLE = 2**53


@dataclass(frozen=True)
class Description:
    """What a field is, in a sentence for people. Editors show it."""

    text: str


@dataclass(frozen=True)
class Range:
    """From where to where a number goes, both included."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Length:
    """How many characters a text has, from where to where, both included."""

    at_least: int | None = None
    at_most: int | None = None


def schema_of(kind: Any, output: bool) -> dict[str, Any]:
    """JSON Schema 2020-12 of a type. An output has all its fields."""
    if kind is Any:
        return {}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _object(kind, output)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    plain = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    if kind in plain:
        return {"type": plain[kind]}
    origin, inner = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return _annotated(schema_of(inner[0], output), inner[1:])
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0], output)}
    if origin is dict and inner[0] is str:
        return {"type": "object", "additionalProperties": schema_of(inner[1], output)}
    if origin in (Union, types.UnionType):
        return _either([schema_of(one, output) for one in inner])
    raise TypeError(f"there is no JSON Schema for the type `{kind}`")


def _object(kind: Any, output: bool) -> dict[str, Any]:
    hints = _hints(kind)
    fields = dataclasses.fields(kind)
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    schema["properties"] = {field.name: schema_of(hints[field.name], output) for field in fields}
    schema["required"] = [field.name for field in fields if output or not _may_be_left(field)]
    return schema


# Worked out once, when the schemas are, and then part of the component: for each value of a list it would be most of
# what a call computes.
@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _may_be_left(field: Any) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _annotated(schema: dict[str, Any], notes: tuple[Any, ...]) -> dict[str, Any]:
    for note in notes:
        if isinstance(note, Description):
            schema["description"] = note.text
        elif isinstance(note, Range):
            if note.at_least is not None:
                schema["minimum"] = note.at_least
            if note.at_most is not None:
                schema["maximum"] = note.at_most
        elif isinstance(note, Length):
            if note.at_least is not None:
                schema["minLength"] = note.at_least
            if note.at_most is not None:
                schema["maxLength"] = note.at_most
    return schema


def _either(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if all(list(schema) == ["type"] and isinstance(schema["type"], str) for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def read(kind: Any, value: Any) -> Any:
    """A value of the type from JSON that fits its schema."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: read(hints[name], inner) for name, inner in value.items()})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    if kind is float:
        return float(value)
    if kind is int:
        return int(value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return read(inner[0], value)
    if origin is list:
        return [read(inner[0], one) for one in value]
    if origin is dict:
        return {name: read(inner[1], one) for name, one in value.items()}
    if origin in (Union, types.UnionType):
        return _read_either(inner, value)
    return value


def _read_either(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    # Only of `T | None` is it known which of them a value is; of others it stays as it came.
    return read(kinds[0], value) if len(kinds) == 1 else value


def write(value: Any) -> Any:
    """A value as JSON has it. Whole numbers have no fraction: many readers take `4.0` for no integer."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: write(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return write(value.value)
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {name: write(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [write(inner) for inner in value]
    return value
