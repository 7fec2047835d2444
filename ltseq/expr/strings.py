"""`.s`: functions of text. Lengths and positions count characters, never bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import ArgumentError
from .build import Value, as_expr, call, trailing

if TYPE_CHECKING:
    from .nodes import CallExpr, Expr


class StringMethods:
    """Functions of a string column; NULL gives NULL unless a function says otherwise."""

    __slots__ = ("_expr",)

    def __init__(self, expr: Expr) -> None:
        known = expr.known_type()
        if known is not None and known not in {"string", "null"}:
            raise ArgumentError(f".s works on strings, but {expr.describe()} is {known}; cast('string') makes it one")
        self._expr = expr

    def _call(self, name: str, *args: Value) -> CallExpr:
        return call(f"str_{name}", self._expr, *args)

    def contains(self, sub: Value, /) -> CallExpr:
        """True where the text contains `sub`, taken literally; case matters."""
        return self._call("contains", sub)

    def starts_with(self, prefix: Value, /) -> CallExpr:
        """True where the text begins with `prefix`."""
        return self._call("starts_with", prefix)

    def ends_with(self, suffix: Value, /) -> CallExpr:
        """True where the text ends with `suffix`."""
        return self._call("ends_with", suffix)

    def like(self, pattern: Value, /) -> CallExpr:
        """SQL's LIKE: `%` stands for any text, `_` for one character; the whole text must match."""
        return self._call("like", pattern)

    def regex_match(self, pattern: Value, /) -> CallExpr:
        """True where the regular expression is found anywhere in the text."""
        return self._call("regex_match", pattern)

    def lower(self) -> CallExpr:
        """The text in lower case."""
        return self._call("lower")

    def upper(self) -> CallExpr:
        """The text in upper case."""
        return self._call("upper")

    def strip(self) -> CallExpr:
        """The text without white space (Unicode's) at both ends."""
        return self._call("strip")

    def lstrip(self) -> CallExpr:
        """The text without white space at its beginning."""
        return self._call("lstrip")

    def rstrip(self) -> CallExpr:
        """The text without white space at its end."""
        return self._call("rstrip")

    def len(self) -> CallExpr:
        """The number of characters."""
        return self._call("len")

    def replace(self, old: Value, new: Value, /) -> CallExpr:
        """The text with every `old` replaced by `new`."""
        return self._call("replace", old, new)

    def concat(self, *x: Value) -> CallExpr:
        """The text followed by the others; NULL where one of them is."""
        return self._call("concat", *x)

    def isalpha(self) -> CallExpr:
        """As Python's: letters only, at least one."""
        return self._call("isalpha")

    def isdigit(self) -> CallExpr:
        """As Python's: digits only, at least one."""
        return self._call("isdigit")

    def islower(self) -> CallExpr:
        """As Python's: a letter with case, and none in upper case."""
        return self._call("islower")

    def isupper(self) -> CallExpr:
        """As Python's: a letter with case, and none in lower case."""
        return self._call("isupper")

    def slice(self, start: Value, length: Value = None) -> CallExpr:
        """`length` characters from position `start`, counted from 0; without length, up to the end."""
        return self._call("slice", start, *trailing((length, None)))

    def left(self, n: Value, /) -> CallExpr:
        """The first n characters."""
        return self._call("left", n)

    def right(self, n: Value, /) -> CallExpr:
        """The last n characters."""
        return self._call("right", n)

    def pad_left(self, width: Value, char: Value = " ") -> CallExpr:
        """Filled up at the left to `width` characters; longer text is truncated."""
        return self._call("pad_left", width, char)

    def pad_right(self, width: Value, char: Value = " ") -> CallExpr:
        """Filled up at the right to `width` characters; longer text is truncated."""
        return self._call("pad_right", width, char)

    def split_part(self, sep: Value, i: Value, /) -> CallExpr:
        """Part `i`, from 1, of the text cut at `sep`; `""` past the end. Part 0 is an ExecutionError."""
        return self._call("split_part", sep, i)

    def find(self, sub: Value, /) -> CallExpr:
        """Position of `sub` from 0; -1 where it is not found."""
        return self._call("find", sub)

    def pos(self, sub: Value, /) -> CallExpr:
        """Position of `sub` from 1; 0 where it is not found."""
        return self._call("pos", sub)

    def ord(self) -> CallExpr:
        """The code point of the first character."""
        return self._call("ord")

    split = split_part
    asc = ord  # noqa: A003


def char(n: Value, /) -> CallExpr:
    """The character with code point n."""
    return call("char", n)


str_char = char


def concat_ws(sep: Value, /, *x: Value) -> CallExpr:
    """The values joined by `sep`; NULL ones are skipped."""
    return call("concat_ws", as_expr(sep), *x)
