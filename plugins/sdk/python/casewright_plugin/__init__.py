"""Write Casewright plugins in Python: typed functions from one dataclass to another.

The types give the JSON Schemas that workflows are checked against; `schema.py` says which types there are.
"""

from .failure import Failure
from .log import Log
from .plugin import Plugin
from .schema import Description, Range

__all__ = ["Description", "Failure", "Log", "Plugin", "Range"]
