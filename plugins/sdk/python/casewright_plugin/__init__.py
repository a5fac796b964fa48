"""Write Casewright plugins in Python: typed functions from one dataclass to another.

The types give the JSON Schemas that workflows are checked against; `schema.py` says which types there are.
"""

from .context import Attempt, Context, KeyValue
from .failure import Failure
from .http import Request, Response
from .log import Log
from .plugin import Plugin
from .schema import Description, Length, Range

__all__ = [
    "Attempt",
    "Context",
    "Description",
    "Failure",
    "KeyValue",
    "Length",
    "Log",
    "Plugin",
    "Range",
    "Request",
    "Response",
]
