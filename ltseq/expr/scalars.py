"""Functions of one row: nulls, casts, numbers, conditions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from ..errors import kind_of
from ..exceptions import ArgumentError
from ..types import type_name
from .build import Value, as_expr, call, free, integer, trailing
from .operators import logical

if TYPE_CHECKING:
    from ..core import TableCore
    from .nodes import CallExpr, Expr


class ScalarMethods:
    """Methods that compute one value from one row."""

    __slots__ = ()

    def is_null(self) -> CallExpr:
        """True where the value is NULL; never NULL itself.

        >>> from ltseq import col
        >>> col("px").is_null().serialize()["func"]
        'is_null'
        """
        return call("is_null", self)

    def is_not_null(self) -> CallExpr:
        """True where the value is not NULL; never NULL itself.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, None]}).select(y=lambda r: r.x.is_not_null()).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return call("is_not_null", self)

    def fill_null(self, v: Value) -> CallExpr:
        """The value, or `v` where it is NULL. NaN is not NULL.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, None]}).select(y=lambda r: r.x.fill_null(0)).to_dicts()
        [{'y': 1}, {'y': 0}]
        """
        return call("fill_null", self, v)

    def is_in(self, values: Iterable[Value]) -> CallExpr:
        """True where the value is one of `values`; an empty list gives false.

        NULL follows SQL: an unknown value is NULL, not false.
        A str instead of a list is an ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2]}).select(y=lambda r: r.x.is_in([2, 3])).to_dicts()
        [{'y': False}, {'y': True}]
        """
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise ArgumentError(f"is_in must be given a list of values, not {kind_of(values)}")
        # A set has no order of its own, and a plan must not depend on hashes.
        listed = sorted(values, key=repr) if isinstance(values, (set, frozenset)) else list(values)
        return call("is_in", self, *listed)

    def between(self, low: Value, high: Value) -> CallExpr:
        """True where `low <= value <= high`, both ends included; NULL where a part is NULL.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 4]}).select(y=lambda r: r.x.between(1, 3)).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return call("between", self, low, high)

    def cast(self, type: str) -> CallExpr:
        """The value as another type; float to int truncates. An impossible value is an ExecutionError.

        `type` is spelled as `schema` spells it, in any case; `int`, `float`, `str`, `date` and the like work too.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1.9]}).select(y=lambda r: r.x.cast("int")).to_dicts()
        [{'y': 1}]
        """
        return call("cast", self, type=type_name(type))

    def try_cast(self, type: str) -> CallExpr:
        """As `cast`, but an impossible value gives NULL.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["7", "x"]}).select(y=lambda r: r.x.try_cast("int")).to_dicts()
        [{'y': 7}, {'y': None}]
        """
        return call("try_cast", self, type=type_name(type))

    def abs(self) -> CallExpr:
        """The value without its sign. NULL gives NULL; the least integer overflows (ExecutionError).

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [-3]}).select(y=lambda r: r.x.abs()).to_dicts()
        [{'y': 3}]
        """
        return call("abs", self)

    def round(self, n: int = 0) -> CallExpr:
        """Rounded to `n` decimals, halves away from zero; negative n rounds left of the point.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [2.5, 1.25]}).select(y=lambda r: r.x.round(1)).to_dicts()
        [{'y': 2.5}, {'y': 1.3}]
        """
        return call("round", self, *trailing((integer(n, "n"), 0)))

    def floor(self) -> CallExpr:
        """The greatest whole number not above the value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [-1.5]}).select(y=lambda r: r.x.floor()).to_dicts()
        [{'y': -2.0}]
        """
        return call("floor", self)

    def ceil(self) -> CallExpr:
        """The least whole number not below the value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [-1.5]}).select(y=lambda r: r.x.ceil()).to_dicts()
        [{'y': -1.0}]
        """
        return call("ceil", self)

    def sqrt(self) -> CallExpr:
        """The square root; of a negative number it is an ExecutionError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [9.0]}).select(y=lambda r: r.x.sqrt()).to_dicts()
        [{'y': 3.0}]
        """
        return call("sqrt", self)

    def power(self, exponent: Value) -> CallExpr:
        """The value raised to a power, always as a float; `**` keeps integers.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [2.0]}).select(y=lambda r: r.x.power(3)).to_dicts()
        [{'y': 8.0}]
        """
        return call("power", self, exponent)

    def sign(self) -> CallExpr:
        """-1, 0 or 1.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [-2.5]}).select(y=lambda r: r.x.sign()).to_dicts()
        [{'y': -1.0}]
        """
        return call("sign", self)

    def log(self, base: Value = None) -> CallExpr:
        """The logarithm, to base 10 unless another is given.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [100.0]}).select(y=lambda r: r.x.log()).to_dicts()
        [{'y': 2.0}]
        """
        return call("log", self, *trailing((base, None)))

    def ln(self) -> CallExpr:
        """The natural logarithm.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1.0]}).select(y=lambda r: r.x.ln()).to_dicts()
        [{'y': 0.0}]
        """
        return call("ln", self)

    def exp(self) -> CallExpr:
        """The number e raised to the value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.exp()).to_dicts()
        [{'y': 1.0}]
        """
        return call("exp", self)

    def sin(self) -> CallExpr:
        """The sine of an angle in radians.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.sin()).to_dicts()
        [{'y': 0.0}]
        """
        return call("sin", self)

    def cos(self) -> CallExpr:
        """The cosine of an angle in radians.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.cos()).to_dicts()
        [{'y': 1.0}]
        """
        return call("cos", self)

    def tan(self) -> CallExpr:
        """The tangent of an angle in radians.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.tan()).to_dicts()
        [{'y': 0.0}]
        """
        return call("tan", self)

    def asin(self) -> CallExpr:
        """The angle in radians with this sine; NaN outside -1 to 1.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.asin()).to_dicts()
        [{'y': 0.0}]
        """
        return call("asin", self)

    def acos(self) -> CallExpr:
        """The angle in radians with this cosine; NaN outside -1 to 1.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1.0]}).select(y=lambda r: r.x.acos()).to_dicts()
        [{'y': 0.0}]
        """
        return call("acos", self)

    def atan(self) -> CallExpr:
        """The angle in radians with this tangent.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.atan()).to_dicts()
        [{'y': 0.0}]
        """
        return call("atan", self)

    def atan2(self, x: Value, /) -> CallExpr:
        """The angle in radians of the point (x, self).

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [0.0]}).select(y=lambda r: r.x.atan2(1.0)).to_dicts()
        [{'y': 0.0}]
        """
        return call("atan2", self, x)

    def gcd(self, other: Value) -> CallExpr:
        """The greatest common divisor of two integers.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [12]}).select(y=lambda r: r.x.gcd(18)).to_dicts()
        [{'y': 6}]
        """
        return call("gcd", self, other)

    def lcm(self, other: Value) -> CallExpr:
        """The least common multiple of two integers.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [4]}).select(y=lambda r: r.x.lcm(6)).to_dicts()
        [{'y': 12}]
        """
        return call("lcm", self, other)

    def factorial(self) -> CallExpr:
        """The factorial of an integer; past 20 it overflows (ExecutionError).

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [5]}).select(y=lambda r: r.x.factorial()).to_dicts()
        [{'y': 120}]
        """
        return call("factorial", self)

    def lookup(self, target: TableCore, column: str, join_key: str | None = None) -> CallExpr:
        """One value of `target` per row: `column` where `join_key` equals this value, NULL if nowhere.

        `join_key` is by default target's column of this column's name, else target's first column.
        A repeated key is an ExecutionError; rows never multiply. An unknown column: ColumnNotFoundError.

        >>> from ltseq import LTSeq
        >>> names = LTSeq.from_dict({"id": [1, 2], "name": ["one", "two"]})
        >>> LTSeq.from_dict({"id": [2, 9]}).select(y=lambda r: r.id.lookup(names, "name")).to_dicts()
        [{'y': 'two'}, {'y': None}]
        """
        from ..lookup import lookup

        return lookup(as_expr(self), target, column, join_key)


def coalesce(*x: Value) -> CallExpr:
    """The first value that is not NULL; NULL where all are.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": [1, None]}).select(y=lambda r: ltseq.coalesce(r.x, 0)).to_dicts()
    [{'y': 1}, {'y': 0}]
    """
    if not x:
        raise ArgumentError("coalesce takes at least one value")
    return call("coalesce", *x)


def nvl(x: Value, d: Value) -> CallExpr:
    """`x`, or `d` where x is NULL.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": [1, None]}).select(y=lambda r: ltseq.nvl(r.x, 0)).to_dicts()
    [{'y': 1}, {'y': 0}]
    """
    return call("nvl", x, d)


def ifa(cond: Value, v: Value) -> CallExpr:
    """`v` where the condition is true, else NULL.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": [1, 5]}).select(y=lambda r: ltseq.ifa(r.x > 2, "big")).to_dicts()
    [{'y': None}, {'y': 'big'}]
    """
    return call("ifa", logical(cond, "ifa"), v)


def if_else(cond: Value, a: Value, b: Value) -> CallExpr:
    """`a` where the condition is true, else `b` (a NULL condition is not true).

    >>> from ltseq import col, if_else
    >>> if_else(col("px") > 0, "up", "down").serialize()["func"]
    'if_else'
    """
    return call("if_else", logical(cond, "if_else"), a, b)


def rand() -> CallExpr:
    """A random number from 0 up to 1, another one per row: the only function that is not deterministic."""
    return call("rand")


abs = free(ScalarMethods.abs)
round = free(ScalarMethods.round)
floor = free(ScalarMethods.floor)
ceil = free(ScalarMethods.ceil)
sqrt = free(ScalarMethods.sqrt)
power = free(ScalarMethods.power)
sign = free(ScalarMethods.sign)
log = free(ScalarMethods.log)
ln = free(ScalarMethods.ln)
exp = free(ScalarMethods.exp)
sin = free(ScalarMethods.sin)
cos = free(ScalarMethods.cos)
tan = free(ScalarMethods.tan)
asin = free(ScalarMethods.asin)
acos = free(ScalarMethods.acos)
atan = free(ScalarMethods.atan)
atan2 = free(ScalarMethods.atan2)
gcd = free(ScalarMethods.gcd)
lcm = free(ScalarMethods.lcm)
factorial = free(ScalarMethods.factorial)
is_null = free(ScalarMethods.is_null)
is_not_null = free(ScalarMethods.is_not_null)
fill_null = free(ScalarMethods.fill_null)
is_in = free(ScalarMethods.is_in)
between = free(ScalarMethods.between)


class _Later:
    """The value of a condition that `.then(value)` is to give."""

    def __repr__(self) -> str:
        return "…"


_LATER = _Later()


def unfinished() -> ArgumentError:
    """The error for a chain that is used before its `.otherwise`."""
    return ArgumentError("a when(…) chain must end in .otherwise(value), or .otherwise(None) for NULL")


class When:
    """A chain of conditions and values, first true one wins; it becomes an Expr by `.otherwise`."""

    __slots__ = ("_pairs", "_pending")

    def __init__(self, pairs: tuple[Expr, ...], pending: Expr | None = None) -> None:
        self._pairs = pairs
        self._pending = pending

    def when(self, c: Value, v: Value = _LATER) -> When:
        """A further condition, with its value or followed by `.then(value)`."""
        if self._pending is not None:
            raise ArgumentError("when(condition) must be followed by .then(value)")
        return _when(self._pairs, c, v)

    def then(self, v: Value) -> When:
        """The value where the last condition is the first true one."""
        if self._pending is None:
            raise ArgumentError(".then(value) must follow a when(condition) without a value")
        return When((*self._pairs, self._pending, as_expr(v)))

    def otherwise(self, d: Value) -> CallExpr:
        """The value where no condition is true."""
        if self._pending is not None:
            raise ArgumentError("when(condition) must be followed by .then(value)")
        return call("case", *self._pairs, otherwise=as_expr(d))

    def __getattr__(self, name: str) -> object:
        # An unfinished chain is no Expr; special methods keep Python's own lookups working.
        if name.startswith("__"):
            raise AttributeError(name)
        raise unfinished()

    def _refuse(self, *_: object) -> NoReturn:
        raise unfinished()

    # Python's own answers (== by identity, true) would drop the chain in silence.
    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = object.__hash__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _refuse
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __neg__ = __abs__ = __invert__ = _refuse


def _when(pairs: tuple[Expr, ...], cond: Value, value: Value) -> When:
    condition = as_expr(logical(cond, "when"))
    if value is _LATER:
        return When(pairs, condition)
    return When((*pairs, condition, as_expr(value)))


def when(c: Value, v: Value = _LATER) -> When:
    """Begins a chain: `when(c, v)` or `when(c).then(v)`, more `.when`, at the end `.otherwise(d)`.

    The first true condition wins; NULL is not true. An unfinished chain is an ArgumentError.

    >>> from ltseq import col, when
    >>> when(col("px") > 9, "high").when(col("px") > 5).then("mid").otherwise("low").serialize()["func"]
    'case'
    """
    return _when((), c, v)
