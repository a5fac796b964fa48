"""A plugin: a name, a version and its functions."""

import inspect
import json
from dataclasses import dataclass, is_dataclass
from typing import Any, Callable, TypeVar, get_type_hints

from .context import Attempt, Context, World
from .failure import Failure
from .log import Log, Write, to_stderr
from .schema import read, schema_of, write

F = TypeVar("F", bound=Callable[..., Any])

# Pure, asked inside a step.
DECISION = "decision"
# May reach the world, called after a step.
SERVICE = "service"


@dataclass(frozen=True)
class Function:
    """One function, typed on the inside and JSON text on the outside."""

    name: str
    kind: str
    title: str
    description: str
    takes: Any
    gives: Any
    call: Callable[..., Any]
    parameters: int

    def ask(self, text: str, second: Any) -> str:
        """Asks it with JSON text, and with the log or the context if it wants that."""
        given = read(self.takes, json.loads(text))
        answer = self.call(given, second) if self.parameters == 2 else self.call(given)
        return json.dumps(write(answer), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class Wanted:
    """Something outside of itself that a plugin wants to reach."""

    kind: str
    name: str
    reason: str


class Plugin:
    """A plugin as its author builds it. The module `plugin` of a project has one, called `plugin`."""

    def __init__(self, name: str, version: str) -> None:
        """`name` is kebab case: workflows name the plugin by it. `version` is the plugin's own."""
        self.name = name
        self.version = version
        self.functions: dict[str, Function] = {}
        self.wanted: list[Wanted] = []

    def decision(self, name: str, title: str = "", description: str = "") -> Callable[[F], F]:
        """Makes a function one that workflows can call.

        It takes a dataclass, and a `Log` as a second parameter if it wants one, and returns a dataclass;
        its docstring is the description, unless there is another.
        """

        return self._adding(DECISION, name, title, description)

    def service(self, name: str, title: str = "", description: str = "") -> Callable[[F], F]:
        """Makes a function one that workflows can call after a step: it may reach the world.

        It takes a dataclass, and a `Context` as a second parameter if it wants one, and returns a dataclass; its
        docstring is the description, unless there is another. It is perhaps called more than once for the same thing.

        A plugin of services has no decisions, and says `kind = "service"` under `[tool.casewright]` in `pyproject.toml`.
        """
        return self._adding(SERVICE, name, title, description)

    def wants_http(self, host: str, reason: str) -> None:
        """Asks to be let send HTTP requests to a host (`crm.example.com`), to all below one (`*.example.com`), or to
        those that the operator names (`*`). `reason` is for the people who decide."""
        self.wanted.append(Wanted("http", host, reason))

    def wants_secret(self, name: str, reason: str) -> None:
        """Asks to be told a secret, by a kebab-case name."""
        self.wanted.append(Wanted("secret", name, reason))

    def wants_key_value(self, reason: str) -> None:
        """Asks for room to remember something."""
        self.wanted.append(Wanted("key-value", "", reason))

    def _adding(self, kind: str, name: str, title: str, description: str) -> Callable[[F], F]:
        second = "a Log" if kind == DECISION else "a Context"

        def add(function: F) -> F:
            hints = get_type_hints(function, include_extras=True)
            gives = hints.pop("return", None)
            parameters = list(inspect.signature(function).parameters)
            takes = hints.get(parameters[0]) if parameters else None
            if not (len(parameters) in (1, 2) and is_dataclass(takes) and is_dataclass(gives)):
                raise TypeError(
                    f"`{name}`: expected a function from one dataclass, and {second} if need be, to a dataclass"
                )
            self.functions[name] = Function(
                name=name,
                kind=kind,
                title=title,
                description=description or " ".join((inspect.getdoc(function) or "").split()),
                takes=takes,
                gives=gives,
                call=function,
                parameters=len(parameters),
            )
            return function

        return add

    def call(self, name: str, given: Any, write: Write = to_stderr) -> Any:
        """For unit tests: asks a decision as the host does, with what JSON would be read as."""
        return json.loads(self.decide(name, json.dumps(given), Log(write)))

    def serve(self, name: str, given: Any, desk: Any, write: Write = to_stderr) -> Any:
        """For unit tests: calls a service as the host does, on a `Desk`, with what JSON would be read as."""
        return json.loads(self.serve_text(name, json.dumps(given), desk.attempt, Log(write), desk))

    def decide(self, name: str, text: str, log: Log) -> str:
        """Asks a decision with JSON text."""
        return self._function(DECISION, name).ask(text, log)

    def serve_text(self, name: str, text: str, attempt: Attempt, log: Log, world: World) -> str:
        """Calls a service with JSON text."""
        return self._function(SERVICE, name).ask(text, Context(attempt, log, world))

    def require(self, kind: str) -> None:
        """Whether the plugin is of one kind and is built as that; a `TypeError` says what to do else."""
        kinds = {function.kind for function in self.functions.values()}
        if len(kinds) > 1:
            raise TypeError("the functions of a plugin are all decisions or all services")
        if kinds and kinds != {kind}:
            found = kinds.pop()
            raise TypeError(
                f"`{self.name}` has functions of the kind `{found}`, but is built as `{kind}`: "
                f'say `kind = "{found}"` under `[tool.casewright]` in `pyproject.toml`'
            )
        if kind == DECISION and self.wanted:
            raise TypeError(f"`{self.name}` wants to reach something, but has decisions, which reach nothing")

    def _function(self, kind: str, name: str) -> Function:
        function = self.functions.get(name)
        if function is None or function.kind != kind:
            raise Failure("unknown-function", f"there is no function `{name}`")
        return function

    def schemas(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """JSON Schema 2020-12 of what a function takes and gives."""
        function = self.functions[name]
        return schema_of(function.takes, output=False), schema_of(function.gives, output=True)
