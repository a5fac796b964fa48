"""What may go wrong in a plugin in Python, and what must not: asked by the cases beside it."""

import time
from dataclasses import dataclass
from typing import Any

from casewright_plugin import Failure, Log, Plugin
from shout import shout as shouted

plugin = Plugin("faults", "0.1.0")
calls = 0


@dataclass
class Asked:
    text: str = ""


@dataclass
class Answer:
    text: Any


@plugin.decision("fault")
def fault(asked: Asked) -> Answer:
    return Answer(asked.no_such_field)  # type: ignore[attr-defined]


@plugin.decision("nothing")
def nothing(asked: Asked) -> Answer:
    return Answer(object())


@plugin.decision("refuse")
def refuse(asked: Asked) -> Answer:
    raise Failure("not-today", "it is not the day", {"text": asked.text})


@plugin.decision("clock")
def clock(asked: Asked) -> Answer:
    return Answer(time.time())


@plugin.decision("loop")
def loop(asked: Asked) -> Answer:
    while True:
        pass


@plugin.decision("remember")
def remember(asked: Asked) -> Answer:
    global calls
    calls += 1
    return Answer(str(calls))


@plugin.decision("shout")
def shout(asked: Asked, log: Log) -> Answer:
    log.info(asked.text)
    return Answer(shouted(asked.text))
