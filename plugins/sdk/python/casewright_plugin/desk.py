"""A world for unit tests of services: without WebAssembly, without a network, without a server."""

import os
from datetime import datetime, timezone
from typing import Callable, Mapping

from .context import Attempt
from .failure import Failure
from .http import Request, Response


def nobody(request: Request) -> Response:
    """What answers when nothing else is said."""
    raise Failure("http-unreachable", "nothing answers on this desk", try_again=True)


class Desk:
    """What a service reaches in a test: the secrets and the answers that it was given, and a memory that starts empty."""

    def __init__(
        self,
        secrets: Mapping[str, str] | None = None,
        http: Callable[[Request], Response] = nobody,
        now: datetime | None = None,
        attempt: Attempt = Attempt("desk", 1, "case"),
    ) -> None:
        """`http` answers requests; `now` is the time that it always is."""
        self.attempt = attempt
        self.requests: list[Request] = []
        """What was sent, in order."""
        self.entries: dict[str, bytes] = {}
        """What is remembered."""
        self._secrets = dict(secrets or {})
        self._http = http
        self._now = now or datetime.now(timezone.utc)

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        return self._http(request)

    def secret(self, name: str) -> str:
        if name not in self._secrets:
            raise Failure("not-granted", f"there is no secret `{name}`")
        return self._secrets[name]

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def set(self, key: str, value: bytes) -> None:
        self.entries[key] = value

    def delete(self, key: str) -> None:
        self.entries.pop(key, None)

    def keys(self, prefix: str, after: str | None) -> list[str]:
        known = sorted(key for key in self.entries if key.startswith(prefix))
        return [key for key in known if after is None or key > after][:1000]

    def now(self) -> datetime:
        return self._now

    def random(self, count: int) -> bytes:
        return os.urandom(count)
