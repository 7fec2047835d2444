"""LTSeq: SQL and Python for ordered data.

>>> from ltseq import LTSeq
>>> t = LTSeq.from_dict({"day": [1, 2, 3], "px": [10, 12, 9]}).sort("day")
>>> t.filter(lambda r: r.px > r.px.shift(1)).to_dicts()
[{'day': 2, 'px': 12}]
"""

from . import exceptions, expr
from ._generated import *  # noqa: F403 - mypy does not see them through expr, with which that module is in a cycle
from .cursor import Cursor
from .exceptions import (
    ArgumentError,
    ColumnNotFoundError,
    ExecutionError,
    JoinConditionError,
    LTSeqError,
    NoDataError,
    OrderViolationError,
    SchemaMismatchError,
    SortRequiredError,
    SqlError,
)  # fmt: skip
from .expr import *  # noqa: F403
from .grouped import NestedTable
from .grouping import GroupBy
from .io import seq
from .linked import LinkedTable
from .partitioned import PartitionedTable
from .progress_line import progress
from .sql import sql
from .table import LTSeq

__version__: str


def __getattr__(name: str) -> str:
    """`__version__`, read when it is asked for: the reader of package metadata is slow to import."""
    if name != "__version__":
        raise AttributeError(f"module 'ltseq' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ltseq")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0.0.0"


__all__ = [
    "ArgumentError", "ColumnNotFoundError", "Cursor", "ExecutionError", "GroupBy", "JoinConditionError", "LTSeq",
    "LTSeqError", "LinkedTable", "NestedTable", "NoDataError", "OrderViolationError", "PartitionedTable",
    "SchemaMismatchError", "SortRequiredError", "SqlError", "__version__", "exceptions", "expr", "progress", "seq",
    "sql",
]  # fmt: skip
# In the forms that type checkers read. `import *` must not hide what Python has under these names.
__all__ += expr.__all__
__all__.remove("abs")
__all__.remove("max")
__all__.remove("min")
__all__.remove("round")
__all__.remove("sum")
