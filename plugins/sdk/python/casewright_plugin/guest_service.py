"""The side of a plugin of services that the host calls. Imported by the entry that is built, and only there."""

import json
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import catalogue, services
from wit_world.imports import key_value, logging, problems, reach, secrets

from .context import Attempt
from .failure import Failure
from .http import Request, Response
from .log import Log
from .plugin import SERVICE, Plugin


class Outside:
    """The host's world."""

    def send(self, request: Request) -> Response:
        sent = reach.Request(request.method, request.url, request.headers, request.body)
        response = _asked(lambda: reach.send(sent))
        return Response(response.status, response.headers, response.body)

    def secret(self, name: str) -> str:
        return _asked(lambda: secrets.get(name))

    def get(self, key: str) -> bytes | None:
        return _asked(lambda: key_value.get(key))

    def set(self, key: str, value: bytes) -> None:
        _asked(lambda: key_value.set(key, value))

    def delete(self, key: str) -> None:
        _asked(lambda: key_value.delete(key))

    def keys(self, prefix: str, after: str | None) -> list[str]:
        return _asked(lambda: key_value.keys(prefix, after))

    def now(self) -> datetime:
        return datetime.fromtimestamp(reach.now() / 1000, timezone.utc)

    def random(self, count: int) -> bytes:
        return reach.random(count)


def exports_of(plugin: Plugin) -> tuple[Any, Any]:
    """The exports of the world `casewright:plugin/service`, as the classes that are looked for."""
    # Worked out while the component is built, so that no call has to.
    plugin.require(SERVICE)
    functions = [_function(plugin, name) for name in plugin.functions]
    wanted = [catalogue.Capability(one.kind, one.name, one.reason, "") for one in plugin.wanted]
    description = catalogue.Description(plugin.name, plugin.version, functions, wanted, "")

    class Catalogue(exports.Catalogue):
        def describe(self) -> catalogue.Description:
            return description

    class Services(exports.Services):
        def serve(self, function: str, input: str, attempt: services.Attempt) -> str:
            log = Log(logging.log)
            _sow()
            try:
                known = Attempt(attempt.key, attempt.number, attempt.case_id)
                return plugin.serve_text(function, input, known, log, Outside())
            except Failure as failure:
                raise Err(_failure(failure)) from None
            except Exception:
                log.error(traceback.format_exc().strip())
                raise

    return Catalogue, Services


def _sow() -> None:
    """Python's own `random` would draw what it drew when the component was built, in every call the same."""
    drawn = sys.modules.get("random")
    if drawn is not None:
        drawn.seed(reach.random(32))


def _asked(question: Any) -> Any:
    """What the host does not do is a failure of the service, unless it is handled."""
    try:
        return question()
    except Err as error:
        told = error.value
        unavailable = isinstance(told, problems.Problem) and told.code == "unavailable"
        raise Failure(told.code, told.message, try_again=unavailable or getattr(told, "try_again", False)) from None


def _failure(failure: Failure) -> services.Failure:
    after = failure.try_again_after
    return services.Failure(
        code=failure.code,
        message=failure.message,
        details="" if failure.details is None else json.dumps(failure.details),
        try_again=failure.try_again,
        try_again_after_ms=None if after is None else max(0, round(after.total_seconds() * 1000)),
        extensions="",
    )


def _function(plugin: Plugin, name: str) -> catalogue.Function:
    function = plugin.functions[name]
    takes, gives = plugin.schemas(name)
    return catalogue.Function(
        name=name,
        kind=function.kind,
        title=function.title,
        description=function.description,
        input_schema=json.dumps(takes),
        output_schema=json.dumps(gives),
        extensions="",
    )
