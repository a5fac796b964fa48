"""What a service can reach."""

import json as json_text
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping, Protocol

from .failure import Failure
from .http import Request, Response
from .log import Log


@dataclass(frozen=True)
class Attempt:
    """Which call of a service this is."""

    key: str
    """The same for all attempts of one job and for no other. Requests carry it as `Idempotency-Key`, unless they have one."""
    number: int
    """1 for the first attempt, 2 for the second, and so on."""
    case_id: str
    """The id of the case."""


class World(Protocol):
    """What is outside: the host, or a test's `Desk`. Whatever it does not do is a `Failure`."""

    def send(self, request: Request) -> Response: ...

    def secret(self, name: str) -> str: ...

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes) -> None: ...

    def delete(self, key: str) -> None: ...

    def keys(self, prefix: str, after: str | None) -> list[str]: ...

    def now(self) -> datetime: ...

    def random(self, count: int) -> bytes: ...


class KeyValue:
    """What the plugin remembers from call to call: keys of up to 256 bytes, and values.

    Every operation can raise a `Failure` `not-granted`, `too-large`, or `unavailable`, which is worth trying again.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, key: str) -> bytes | None:
        """The bytes under `key`, if there are some."""
        return self._world.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Puts bytes under `key`, over what is there; `full` without room, `holds-secret` when there is one in them."""
        self._world.set(key, value)

    def get_json(self, key: str) -> Any:
        """The value under `key`, as `set_json` put it there, or None; `value-not-readable` when it is no JSON."""
        found = self.get(key)
        try:
            return None if found is None else json_text.loads(found)
        except ValueError as error:
            raise Failure("value-not-readable", str(error)) from None

    def set_json(self, key: str, value: Any) -> None:
        """Puts a value under `key`, as JSON."""
        self.set(key, json_text.dumps(value, ensure_ascii=False).encode())

    def delete(self, key: str) -> None:
        """Removes what is under `key`, if something is."""
        self._world.delete(key)

    def keys(self, prefix: str = "", after: str | None = None) -> list[str]:
        """The first thousand keys that begin with `prefix`, in order; `after` is the last of those before."""
        return self._world.keys(prefix, after)


class Context:
    """What a service can reach, as far as the plugin asks for it and the operator grants it."""

    def __init__(self, attempt: Attempt, log: Log, world: World) -> None:
        self.attempt = attempt
        """Which call this is."""
        self.log = log
        """Lines for the log of the call."""
        self.key_value = KeyValue(world)
        """What the plugin remembers."""
        self._world = world

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        bearer: str | None = None,
        json: Any = None,
        body: bytes | str = b"",
    ) -> Response:
        """Sends a request and waits for the response, whatever its status; `Response.success` judges that.

        `json` is a value for the body, `bearer` a token for the header `Authorization`. Redirects are not followed.
        Without a response it raises a `Failure`: `http-not-granted`, `http-too-many-requests`, `http-too-large`,
        `http-invalid`, or `http-unreachable`, which is worth trying again.
        """
        lines = list((headers or {}).items())
        if bearer is not None:
            lines.append(("authorization", f"Bearer {bearer}"))
        if json is not None:
            lines.append(("content-type", "application/json"))
            body = json_text.dumps(json, ensure_ascii=False)
        raw = body.encode() if isinstance(body, str) else body
        return self._world.send(Request(method.upper(), url, lines, raw))

    def secret(self, name: str) -> str:
        """The secret of this name; raises a `Failure` `not-granted`."""
        return self._world.secret(name)

    def now(self) -> datetime:
        """The time, in UTC. Python's own clock does not run in a plugin."""
        return self._world.now()

    def random(self, count: int) -> bytes:
        """So many random bytes, fit for keys. Python's own source of them is not there in a plugin."""
        return self._world.random(count)
