"""What kind of function a name is. The registry's functions come from `_generated`;
the stock ones, which the registry does not list, stand here and nowhere else.
"""

from __future__ import annotations

from .._generated import AGGREGATE, FUNCTIONS, SCALAR, SEQUENCE, Function

__all__ = ["AGGREGATE", "SCALAR", "SEQUENCE", "WINDOW", "Function", "function"]

WINDOW = "window"

_STOCK_AGGREGATES = (
    "sum avg count min max median std var percentile skew top_k n_unique "
    "count_if sum_if avg_if min_if max_if corr covar concat_agg funnel"
)
_STOCK_WINDOWS = "row_number rank dense_rank ntile percent_rank cume_dist"

_KNOWN: dict[str, Function] = {
    **{name: Function(AGGREGATE, needs_order=False) for name in _STOCK_AGGREGATES.split()},
    **{name: Function(WINDOW, needs_order=True) for name in _STOCK_WINDOWS.split()},
    **FUNCTIONS,
}
_SCALAR = Function(SCALAR, needs_order=False)


def function(name: str) -> Function:
    """Kind and need of order of a function; unknown names are scalar functions."""
    return _KNOWN.get(name, _SCALAR)


def aggregates() -> list[str]:
    """The names of all aggregates."""
    return [name for name, known in _KNOWN.items() if known.kind == AGGREGATE]


# Python's other names for aggregates; SQL has its own set.
REDUCER_ALIASES = {"mean": "avg", "variance": "var", "stddev": "std"}
