"""The side of the plugin that the host calls. Imported by the entry that is built, and only there."""

import json
import traceback
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import catalogue, decisions
from wit_world.imports import logging

from .failure import Failure
from .log import Log
from .plugin import DECISION, Plugin


def exports_of(plugin: Plugin) -> tuple[Any, Any]:
    """The exports of the world `casewright:plugin/decision`, as the classes that are looked for."""
    # Worked out while the component is built, so that no call has to.
    plugin.require(DECISION)
    functions = [_function(plugin, name) for name in plugin.functions]
    description = catalogue.Description(plugin.name, plugin.version, functions, "")

    class Catalogue(exports.Catalogue):
        def describe(self) -> catalogue.Description:
            return description

    class Decisions(exports.Decisions):
        def decide(self, function: str, input: str) -> str:
            log = Log(logging.log)
            try:
                return plugin.decide(function, input, log)
            except Failure as failure:
                details = "" if failure.details is None else json.dumps(failure.details)
                raise Err(decisions.Failure(failure.code, failure.message, details)) from None
            except Exception:
                log.error(traceback.format_exc().strip())
                raise

    return Catalogue, Decisions


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
