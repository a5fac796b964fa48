"""A plugin's own refusal to answer."""

from typing import Any


class Failure(Exception):
    """Why a function declines to answer: a matter of its own domain, for workflows to branch on.

    Whatever else is raised is a fault of the plugin: the call ends, and its log has the traceback.
    """

    def __init__(self, code: str, message: str, details: Any = None) -> None:
        """`code` is kebab case and stable, `message` one sentence for people, `details` a JSON value."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
