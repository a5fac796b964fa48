"""HTTP requests of services, and the responses to them."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .failure import Failure

# Statuses that are worth another attempt, besides 5xx.
BUSY = (408, 425, 429)


@dataclass
class Request:
    """An HTTP request."""

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of this name, in whatever case."""
        return _header(self.headers, name)

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Response:
    """The response to an HTTP request, whatever its status."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> "Response":
        """For unit tests: one with JSON in its body."""
        return cls(status, [("content-type", "application/json")], json.dumps(value).encode())

    def header(self, name: str) -> str | None:
        """The first header of this name, in whatever case."""
        return _header(self.headers, name)

    def text(self) -> str:
        """The body, read as UTF-8; what is none becomes `U+FFFD`."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body, read as JSON. Raises a `Failure` `response-not-readable` when it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Failure("response-not-readable", str(error)) from None

    def success(self) -> "Response":
        """The response, if its status is one of success.

        Else it raises a `Failure` `http-status` with the status in its details. The call is worth trying again when the
        other side is busy or broken (408, 425, 429, 5xx), after the time that `Retry-After` says in seconds, if it
        does; not when it understood and declined.
        """
        if 200 <= self.status < 300:
            return self
        again = self.status in BUSY or self.status >= 500
        seconds = (self.header("retry-after") or "").strip()
        known = again and seconds.isascii() and seconds.isdigit()
        raise Failure(
            "http-status",
            f"the answer was {self.status}",
            {"status": self.status},
            try_again=again,
            # A number of more digits is longer than anybody waits, and than a time can be.
            try_again_after=timedelta(seconds=int(seconds[:9])) if known else None,
        )


def _header(headers: list[tuple[str, str]], name: str) -> str | None:
    found = (value for other, value in headers if other.lower() == name.lower())
    return next(found, None)
