"""Expressions: columns, literals, calls, and every function that makes one."""

from .._generated import (
    arg_max, arg_min, cum_avg, cum_count, cum_max, cum_min, cum_prod, cum_sum, diff, ewm_mean, ewm_std, ewm_var,
    fill_backward, fill_forward, first, interpolate, last, nth, pct_change, run_id, run_id_when, run_pos,
    search_first, search_pattern, shift, streak,
)  # fmt: skip
from .aggregates import (
    avg, avg_if, concat_agg, corr, count, count_if, covar, funnel, max, max_if, mean, median, min, min_if, n_unique,
    percentile, skew, std, stddev, sum, sum_if, top_k, var, variance,
)  # fmt: skip
from .nodes import CallExpr, ColumnExpr, Expr, LiteralExpr
from .proxy import SchemaProxy
from .scalars import (
    abs, acos, asin, atan, atan2, between, ceil, coalesce, cos, exp, factorial, fill_null, floor, gcd, if_else, ifa,
    is_in, is_not_null, is_null, lcm, ln, log, nvl, power, rand, round, sign, sin, sqrt, tan, when,
)  # fmt: skip
from .sources import col, lit, sql_expr
from .strings import char, concat_ws, str_char
from .temporal import now, today
from .windows import cume_dist, dense_rank, ntile, percent_rank, rank, row_number

# Left out of `import *`, where they would hide Python's own: abs, max, min, round, sum.
__all__ = [
    "CallExpr", "ColumnExpr", "Expr", "LiteralExpr", "SchemaProxy", "acos", "arg_max", "arg_min", "asin", "atan", "atan2",
    "avg", "avg_if", "between", "ceil", "char", "coalesce", "col", "concat_agg", "concat_ws", "corr", "cos", "count",
    "count_if", "covar", "cum_avg", "cum_count", "cum_max", "cum_min", "cum_prod", "cum_sum", "cume_dist", "dense_rank",
    "diff", "ewm_mean", "ewm_std", "ewm_var", "exp", "factorial", "fill_backward", "fill_forward", "fill_null", "first",
    "floor", "funnel", "gcd", "if_else", "ifa", "interpolate", "is_in", "is_not_null", "is_null", "last", "lcm", "lit",
    "ln", "log", "max_if", "mean", "median", "min_if", "n_unique", "now", "nth", "ntile", "nvl", "pct_change",
    "percent_rank", "percentile", "power", "rand", "rank", "row_number", "run_id", "run_id_when", "run_pos",
    "search_first", "search_pattern", "shift", "sign", "sin", "skew", "sql_expr", "sqrt", "std", "stddev", "str_char",
    "streak", "sum_if", "tan", "today", "top_k", "var", "variance", "when",
]  # fmt: skip
