"""A plugin: a name, a version and its functions."""

import inspect
import json
from dataclasses import dataclass, is_dataclass
from typing import Any, Callable, TypeVar, get_type_hints

from .failure import Failure
from .log import Log, Write, to_stderr
from .schema import read, schema_of, write

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Function:
    """One function, typed on the inside and JSON text on the outside."""

    name: str
    title: str
    description: str
    takes: Any
    gives: Any
    call: Callable[..., Any]
    logs: bool

    def decide(self, text: str, log: Log) -> str:
        """Asks it with JSON text."""
        given = read(self.takes, json.loads(text))
        answer = self.call(given, log) if self.logs else self.call(given)
        return json.dumps(write(answer), ensure_ascii=False, allow_nan=False)


class Plugin:
    """A plugin as its author builds it. The module `plugin` of a project has one, called `plugin`."""

    def __init__(self, name: str, version: str) -> None:
        """`name` is kebab case: workflows name the plugin by it. `version` is the plugin's own."""
        self.name = name
        self.version = version
        self.functions: dict[str, Function] = {}

    def decision(self, name: str, title: str = "", description: str = "") -> Callable[[F], F]:
        """Makes a function one that workflows can call.

        It takes a dataclass, and a `Log` as a second parameter if it wants one, and returns a dataclass;
        its docstring is the description, unless there is another.
        """

        def add(function: F) -> F:
            hints = get_type_hints(function, include_extras=True)
            gives = hints.pop("return", None)
            parameters = list(inspect.signature(function).parameters)
            takes = hints.get(parameters[0]) if parameters else None
            if not (len(parameters) in (1, 2) and is_dataclass(takes) and is_dataclass(gives)):
                raise TypeError(
                    f"`{name}`: expected a function from one dataclass, and a Log if need be, to a dataclass"
                )
            self.functions[name] = Function(
                name=name,
                title=title,
                description=description or " ".join((inspect.getdoc(function) or "").split()),
                takes=takes,
                gives=gives,
                call=function,
                logs=len(parameters) == 2,
            )
            return function

        return add

    def call(self, name: str, given: Any, write: Write = to_stderr) -> Any:
        """For unit tests: asks a function as the host does, with what JSON would be read as."""
        return json.loads(self.decide(name, json.dumps(given), Log(write)))

    def decide(self, name: str, text: str, log: Log) -> str:
        """Asks a function with JSON text."""
        function = self.functions.get(name)
        if function is None:
            raise Failure("unknown-function", f"there is no function `{name}`")
        return function.decide(text, log)

    def schemas(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """JSON Schema 2020-12 of what a function takes and gives."""
        function = self.functions[name]
        return schema_of(function.takes, output=False), schema_of(function.gives, output=True)
