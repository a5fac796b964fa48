"""Lines for the log of the current call, bounded by the host."""

import sys
from typing import Callable

Write = Callable[[str, str], None]


def to_stderr(level: str, message: str) -> None:
    """Where lines go outside of the host."""
    print(f"{level}: {message}", file=sys.stderr)


class Log:
    """Writes lines to the log of a call."""

    def __init__(self, write: Write = to_stderr) -> None:
        self._write = write

    def debug(self, message: str) -> None:
        """For whoever works on the plugin."""
        self._write("debug", message)

    def info(self, message: str) -> None:
        """What happened, for whoever reads the log of a case."""
        self._write("info", message)

    def warn(self, message: str) -> None:
        """Something is odd, but there is an answer."""
        self._write("warn", message)

    def error(self, message: str) -> None:
        """Why there is no answer."""
        self._write("error", message)
