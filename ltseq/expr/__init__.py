"""Expressions: columns, literals, calls, and every function that makes one."""

from .. import _generated
from .._generated import *  # noqa: F403
from .aggregates import (
    avg,
    avg_if,
    concat_agg,
    corr,
    count,
    count_if,
    covar,
    funnel,
    max,
    max_if,
    mean,
    median,
    min,
    min_if,
    n_unique,
    percentile,
    skew,
    std,
    stddev,
    sum,
    sum_if,
    top_k,
    var,
    variance,
)  # fmt: skip
from .nodes import CallExpr, ColumnExpr, Expr, LiteralExpr
from .proxy import SchemaProxy
from .scalars import (
    abs,
    acos,
    asin,
    atan,
    atan2,
    between,
    ceil,
    coalesce,
    cos,
    exp,
    factorial,
    fill_null,
    floor,
    gcd,
    if_else,
    ifa,
    is_in,
    is_not_null,
    is_null,
    lcm,
    ln,
    log,
    nvl,
    power,
    rand,
    round,
    sign,
    sin,
    sqrt,
    tan,
    when,
)  # fmt: skip
from .sources import col, lit, sql_expr
from .strings import char, concat_ws, str_char
from .temporal import now, today
from .windows import cume_dist, dense_rank, ntile, percent_rank, rank, rolling, row_number

__all__ = [
    "CallExpr", "ColumnExpr", "Expr", "LiteralExpr", "SchemaProxy", "abs", "acos", "asin", "atan", "atan2", "avg",
    "avg_if", "between", "ceil", "char", "coalesce", "col", "concat_agg", "concat_ws", "corr", "cos", "count",
    "count_if", "covar", "cume_dist", "dense_rank", "exp", "factorial", "fill_null", "floor", "funnel", "gcd",
    "if_else", "ifa", "is_in", "is_not_null", "is_null", "lcm", "lit", "ln", "log", "max", "max_if", "mean",
    "median", "min", "min_if", "n_unique", "now", "ntile", "nvl", "percent_rank", "percentile", "power", "rand",
    "rank", "rolling", "round", "row_number", "sign", "sin", "skew", "sql_expr", "sqrt", "std", "stddev",
    "str_char", "sum", "sum_if", "tan", "today", "top_k", "var", "variance", "when",
]  # fmt: skip
# Added, not unpacked: type checkers read this form.
__all__ += _generated.__all__
