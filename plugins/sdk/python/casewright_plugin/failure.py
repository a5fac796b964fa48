"""A plugin's own refusal to answer."""

from datetime import timedelta
from typing import Any


class Failure(Exception):
    """Why a function declines to answer: a matter of its own domain, for workflows to branch on.

    Whatever else is raised is a fault of the plugin: the call ends, and its log has the traceback.
    """

    def __init__(
        self,
        code: str,
        message: str,
        details: Any = None,
        *,
        try_again: bool = False,
        try_again_after: timedelta | None = None,
    ) -> None:
        """`code` is kebab case and stable, `message` one sentence for people, `details` a JSON value.

        Of a service, `try_again` says that the same call may succeed later, since the other side is down or busy, and
        `try_again_after` not before so much time has passed.
        """
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.try_again = try_again or try_again_after is not None
        self.try_again_after = try_again_after
