"""`.s`: functions of text. Lengths and positions count characters, never bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import ArgumentError
from .build import Value, as_expr, call, trailing

if TYPE_CHECKING:
    from .nodes import CallExpr, Expr


def _one_character(char: Value) -> Value:
    """The character that fills up, as given; of an expression only the rows know."""
    if isinstance(char, str) and len(char) != 1:
        raise ArgumentError(f"char must be one character, not {char!r}")
    return char


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

    def contains(self, sub: Value) -> CallExpr:
        """True where the text contains `sub`, taken literally; case matters.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a.b", "ab"]}).select(y=lambda r: r.x.s.contains(".")).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("contains", sub)

    def starts_with(self, prefix: Value) -> CallExpr:
        """True where the text begins with `prefix`.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["ab", "ba"]}).select(y=lambda r: r.x.s.starts_with("a")).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("starts_with", prefix)

    def ends_with(self, suffix: Value) -> CallExpr:
        """True where the text ends with `suffix`.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["ab", "ba"]}).select(y=lambda r: r.x.s.ends_with("a")).to_dicts()
        [{'y': False}, {'y': True}]
        """
        return self._call("ends_with", suffix)

    def like(self, pattern: Value) -> CallExpr:
        """SQL's LIKE: `%` stands for any text, `_` for one character; the whole text must match.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["ab", "abc"]}).select(y=lambda r: r.x.s.like("a_")).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("like", pattern)

    def regex_match(self, pattern: Value) -> CallExpr:
        """True where the regular expression is found anywhere in the text.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["x12", "x"]}).select(y=lambda r: r.x.s.regex_match("[0-9]+")).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("regex_match", pattern)

    def lower(self) -> CallExpr:
        """The text in lower case.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["Ab"]}).select(y=lambda r: r.x.s.lower()).to_dicts()
        [{'y': 'ab'}]
        """
        return self._call("lower")

    def upper(self) -> CallExpr:
        """The text in upper case.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["Ab"]}).select(y=lambda r: r.x.s.upper()).to_dicts()
        [{'y': 'AB'}]
        """
        return self._call("upper")

    def strip(self) -> CallExpr:
        """The text without white space (Unicode's) at both ends.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [" a "]}).select(y=lambda r: r.x.s.strip()).to_dicts()
        [{'y': 'a'}]
        """
        return self._call("strip")

    def lstrip(self) -> CallExpr:
        """The text without white space at its beginning.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [" a "]}).select(y=lambda r: r.x.s.lstrip()).to_dicts()
        [{'y': 'a '}]
        """
        return self._call("lstrip")

    def rstrip(self) -> CallExpr:
        """The text without white space at its end.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [" a "]}).select(y=lambda r: r.x.s.rstrip()).to_dicts()
        [{'y': ' a'}]
        """
        return self._call("rstrip")

    def len(self) -> CallExpr:
        """The number of characters.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["äb"]}).select(y=lambda r: r.x.s.len()).to_dicts()
        [{'y': 2}]
        """
        return self._call("len")

    def replace(self, old: Value, new: Value) -> CallExpr:
        """The text with every `old` replaced by `new`.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a-b-c"]}).select(y=lambda r: r.x.s.replace("-", "+")).to_dicts()
        [{'y': 'a+b+c'}]
        """
        return self._call("replace", old, new)

    def concat(self, *x: Value) -> CallExpr:
        """The text followed by the others; NULL where one of them is.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a", None]}).select(y=lambda r: r.x.s.concat("!")).to_dicts()
        [{'y': 'a!'}, {'y': None}]
        """
        return self._call("concat", *x)

    def isalpha(self) -> CallExpr:
        """As Python's: letters only, at least one.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["ab", "a1"]}).select(y=lambda r: r.x.s.isalpha()).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("isalpha")

    def isdigit(self) -> CallExpr:
        """As Python's: digits only, at least one.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["12", "a1"]}).select(y=lambda r: r.x.s.isdigit()).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("isdigit")

    def islower(self) -> CallExpr:
        """As Python's: a letter with case, and none in upper case.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["ab", "aB"]}).select(y=lambda r: r.x.s.islower()).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("islower")

    def isupper(self) -> CallExpr:
        """As Python's: a letter with case, and none in lower case.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["AB", "aB"]}).select(y=lambda r: r.x.s.isupper()).to_dicts()
        [{'y': True}, {'y': False}]
        """
        return self._call("isupper")

    def slice(self, start: Value, length: Value = None) -> CallExpr:
        """`length` characters from position `start`, counted from 0; without length, up to the end.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["abcd"]}).select(y=lambda r: r.x.s.slice(1, 2)).to_dicts()
        [{'y': 'bc'}]
        """
        return self._call("slice", start, *trailing((length, None)))

    def left(self, n: Value) -> CallExpr:
        """The first n characters.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["abcd"]}).select(y=lambda r: r.x.s.left(2)).to_dicts()
        [{'y': 'ab'}]
        """
        return self._call("left", n)

    def right(self, n: Value) -> CallExpr:
        """The last n characters.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["abcd"]}).select(y=lambda r: r.x.s.right(2)).to_dicts()
        [{'y': 'cd'}]
        """
        return self._call("right", n)

    def pad_left(self, width: Value, char: Value = " ") -> CallExpr:
        """Filled up at the left to `width` characters; longer text is truncated. `char` is one (ArgumentError).

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["7"]}).select(y=lambda r: r.x.s.pad_left(3, "0")).to_dicts()
        [{'y': '007'}]
        """
        return self._call("pad_left", width, _one_character(char))

    def pad_right(self, width: Value, char: Value = " ") -> CallExpr:
        """Filled up at the right to `width` characters; longer text is truncated. `char` is one (ArgumentError).

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["7"]}).select(y=lambda r: r.x.s.pad_right(3, ".")).to_dicts()
        [{'y': '7..'}]
        """
        return self._call("pad_right", width, _one_character(char))

    def split_part(self, sep: Value, i: Value) -> CallExpr:
        """Part `i`, from 1, of the text cut at `sep`; `""` past the end. Part 0 is an ExecutionError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a-b"]}).select(y=lambda r: r.x.s.split_part("-", 2)).to_dicts()
        [{'y': 'b'}]
        """
        return self._call("split_part", sep, i)

    def find(self, sub: Value) -> CallExpr:
        """Position of `sub` from 0; -1 where it is not found.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["abc", "x"]}).select(y=lambda r: r.x.s.find("c")).to_dicts()
        [{'y': 2}, {'y': -1}]
        """
        return self._call("find", sub)

    def pos(self, sub: Value) -> CallExpr:
        """Position of `sub` from 1; 0 where it is not found.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["abc", "x"]}).select(y=lambda r: r.x.s.pos("c")).to_dicts()
        [{'y': 3}, {'y': 0}]
        """
        return self._call("pos", sub)

    def ord(self) -> CallExpr:
        """The code point of the first character.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["A"]}).select(y=lambda r: r.x.s.ord()).to_dicts()
        [{'y': 65}]
        """
        return self._call("ord")

    split = split_part
    asc = ord  # noqa: A003


def char(n: Value) -> CallExpr:
    """The character with code point n.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": [65]}).select(y=lambda r: ltseq.char(r.x)).to_dicts()
    [{'y': 'A'}]
    """
    return call("char", n)


str_char = char


def concat_ws(sep: Value, *x: Value) -> CallExpr:
    """The values joined by `sep`; NULL ones are skipped.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": ["a", None]}).select(y=lambda r: ltseq.concat_ws("-", r.x, "z")).to_dicts()
    [{'y': 'a-z'}, {'y': 'z'}]
    """
    return call("concat_ws", as_expr(sep), *x)
