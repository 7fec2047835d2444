"""Section 7 of API.md: `.s` (also `.str`), `char`, `concat_ws`."""

from __future__ import annotations

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, col

# Two- and four-byte characters: positions and lengths count characters, not bytes.
TEXT = "Straße 😀 é!"


def values(fn, *data, **columns):
    columns = dict.fromkeys("a", *data) if data else columns
    table = LTSeq.from_arrow(pa.table({n: v if isinstance(v, pa.Array) else pa.array(v) for n, v in columns.items()}))
    return [row["x"] for row in table.select(x=fn).to_dicts()]


# `contains starts_with ends_with like regex_match lower upper strip lstrip rstrip len replace(old, new) concat(*x)`
# `isalpha isdigit islower isupper`

ROWS = [
    (lambda s: s.contains("ße"), True), (lambda s: s.contains("SSE"), False), (lambda s: s.contains("."), False),
    (lambda s: s.contains("%"), False), (lambda s: s.contains(""), True), (lambda s: s.contains("😀"), True),
    (lambda s: s.starts_with("Str"), True), (lambda s: s.starts_with("str"), False),
    (lambda s: s.ends_with("é!"), True), (lambda s: s.ends_with("É!"), False),
    (lambda s: s.like("Str%"), True), (lambda s: s.like("Stra_e _ é!"), True), (lambda s: s.like("Str"), False),
    (lambda s: s.like("str%"), False), (lambda s: s.regex_match("a.e"), True), (lambda s: s.regex_match("^é"), False),
    (lambda s: s.regex_match("é!$"), True), (lambda s: s.regex_match("(?i)STRA"), True),
    (lambda s: s.lower(), "straße 😀 é!"), (lambda s: s.upper(), "STRASSE 😀 É!"), (lambda s: s.len(), 11),
    (lambda s: s.replace("ß", "ss"), "Strasse 😀 é!"), (lambda s: s.replace(" ", ""), "Straße😀é!"),
    (lambda s: s.replace("x", "y"), TEXT), (lambda s: s.concat("?", "é"), TEXT + "?é"), (lambda s: s.concat(), TEXT),
    (lambda s: s.isalpha(), False), (lambda s: s.isdigit(), False), (lambda s: s.islower(), False),
    (lambda s: s.isupper(), False),
]  # fmt: skip

# `slice(start, length=None) left(n) right(n) pad_left(width, char=" ") pad_right split_part(sep, i) find pos ord()`
ROWS += [
    (lambda s: s.slice(0, 3), "Str"), (lambda s: s.slice(4, 3), "ße "), (lambda s: s.slice(7), "😀 é!"),
    (lambda s: s.slice(11), ""), (lambda s: s.slice(99, 5), ""), (lambda s: s.slice(2, 0), ""),
    (lambda s: s.slice(9, 99), "é!"), (lambda s: s.left(5), "Straß"), (lambda s: s.left(0), ""),
    (lambda s: s.left(99), TEXT), (lambda s: s.right(2), "é!"), (lambda s: s.right(0), ""),
    (lambda s: s.right(99), TEXT), (lambda s: s.pad_left(13), "  " + TEXT),
    (lambda s: s.pad_left(12, "😀"), "😀" + TEXT),
    (lambda s: s.pad_left(3), "Str"), (lambda s: s.pad_left(0), ""), (lambda s: s.pad_right(13, "*"), TEXT + "**"),
    (lambda s: s.pad_right(13), TEXT + "  "), (lambda s: s.pad_right(5), "Straß"), (lambda s: s.pad_right(11), TEXT),
    (lambda s: s.split_part(" ", 1), "Straße"), (lambda s: s.split_part(" ", 3), "é!"),
    (lambda s: s.split_part(" ", 4), ""), (lambda s: s.split_part("😀", 2), " é!"), (lambda s: s.split(" ", 2), "😀"),
    (lambda s: s.find("é"), 9), (lambda s: s.find("S"), 0), (lambda s: s.find("z"), -1), (lambda s: s.pos("é"), 10),
    (lambda s: s.pos("S"), 1), (lambda s: s.pos("z"), 0), (lambda s: s.ord(), 83), (lambda s: s.asc(), 83),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "expected"), ROWS)
def test_functions_of_text(fn, expected):
    # NULL gives NULL, and `.str` is `.s`.
    assert values(lambda r: fn(r.a.s), [TEXT, None]) == [expected, None]
    assert values(lambda r: fn(r.a.str), [None, TEXT]) == [None, expected]


LAYOUTS = {
    "string": pa.array([TEXT, None]), "large": pa.array([TEXT, None], pa.large_string()),
    "view": pa.array([TEXT, None], pa.string_view()), "dictionary": pa.array([TEXT, None]).dictionary_encode(),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same(layout):
    for fn, expected in ROWS:
        assert values(lambda r, fn=fn: fn(r.a.s), LAYOUTS[layout]) == [expected, None]


@pytest.mark.parametrize(
    "name",
    ["lower", "upper", "strip", "len", "isalpha", "isdigit", "islower", "isupper", "ord"],
)
def test_a_column_of_nothing_but_null_is_text_too(name):
    assert values(lambda r: getattr(r.a.s, name)(), pa.nulls(2)) == [None, None]


def test_arguments_may_be_columns():
    both = {"a": ["abc", "xyz", None, "q"], "b": ["b", "q", "b", None], "n": [1, 2, 1, 1]}
    assert values(lambda r: r.a.s.contains(r.b), **both) == [True, False, None, None]
    assert values(lambda r: r.a.s.find(r.b), **both) == [1, -1, None, None]
    assert values(lambda r: r.a.s.replace(r.b, "-"), **both) == ["a-c", "xyz", None, None]
    assert values(lambda r: r.a.s.left(r.n), **both) == ["a", "xy", None, "q"]
    assert values(lambda r: r.a.s.slice(r.n, r.n), **both) == ["b", "z", None, ""]
    assert values(lambda r: r.a.s.concat(r.b), **both) == ["abcb", "xyzq", None, None]
    assert values(lambda r: r.a.s.pad_left(4, r.b), **both) == ["babc", "qxyz", None, None]
    assert values(lambda r: r.a.s.split_part(r.b, 1), **both) == ["a", "xyz", None, None]


def test_every_parameter_has_its_name():
    assert values(lambda r: r.a.s.slice(start=1, length=2), ["abcd"]) == ["bc"]
    assert values(lambda r: r.a.s.pad_left(width=3, char="-"), ["x"]) == ["--x"]
    assert values(lambda r: r.a.s.pad_right(width=3, char="-"), ["x"]) == ["x--"]
    assert values(lambda r: r.a.s.replace(old="b", new="c"), ["abb"]) == ["acc"]
    assert values(lambda r: r.a.s.split_part(sep="-", i=2), ["a-b"]) == ["b"]
    assert values(lambda r: r.a.s.find(sub="b"), ["ab"]) == [1]
    assert values(lambda r: r.a.s.pos(sub="b"), ["ab"]) == [2]
    assert values(lambda r: r.a.s.left(n=1), ["ab"]) == ["a"]
    assert values(lambda r: r.a.s.right(n=1), ["ab"]) == ["b"]


WHITE = "".join(chr(code) for code in range(0x110000) if chr(code).isspace())


def test_strip_takes_unicode_white_space():
    for char in WHITE:
        assert values(lambda r: r.a.s.strip(), [char]) == [""], hex(ord(char))
    padded = [WHITE + "x y" + WHITE, None, "", "x"]
    assert values(lambda r: r.a.s.strip(), padded) == ["x y", None, "", "x"]
    assert values(lambda r: r.a.s.lstrip(), padded) == ["x y" + WHITE, None, "", "x"]
    assert values(lambda r: r.a.s.rstrip(), padded) == [WHITE + "x y", None, "", "x"]
    # A zero width space is no white space.
    assert values(lambda r: r.a.s.strip(), ["\u200bx"]) == ["\u200bx"]


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("isalpha", ["abc", "é", "日本", "ß"], ["", "a1", "a b", "1", "_"]),
        ("isdigit", ["123", "٣"], ["", "12a", "½", "a"]),
        ("islower", ["abc", "a1", "ß", "a b"], ["", "aB", "1", "A"]),
        ("isupper", ["ABC", "A1", "É", "A B"], ["", "aB", "1", "a"]),
    ],
)
def test_kinds_of_characters_are_pythons(name, true, false):
    assert values(lambda r: getattr(r.a.s, name)(), [*true, *false, None]) == [True] * len(true) + [False] * len(
        false
    ) + [None]


def test_concat_with_null_is_null():
    assert values(lambda r: r.a.s.concat("x", None), ["a"]) == [None]
    assert values(lambda r: r.a.s.concat(r.a, "!"), ["a", None]) == ["aa!", None]


@pytest.mark.parametrize("char", ["ab", ""])
def test_padding_is_made_of_one_character(char):
    for name in ("pad_left", "pad_right"):
        with pytest.raises(ArgumentError, match="char must be one character"):
            getattr(col("a").s, name)(4, char)


def test_split_part_zero_is_an_execution_error():
    for fn in (lambda r: r.a.s.split_part("-", 0), lambda r: r.a.s.split_part("-", r.n)):
        with pytest.raises(ExecutionError):
            values(fn, a=["x-y"], n=[0])


@pytest.mark.parametrize("name", ["slice", "left", "right"])
def test_a_slice_has_no_negative_start_and_no_negative_length(name):
    if name == "slice":
        with pytest.raises((ArgumentError, ExecutionError)):
            values(lambda r: r.a.s.slice(-1), ["abc"])
        with pytest.raises((ArgumentError, ExecutionError)):
            values(lambda r: r.a.s.slice(0, -1), ["abc"])
    with pytest.raises(ArgumentError, match="integer"):
        values(lambda r: getattr(r.a.s, name)("1"), ["abc"])


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ArgumentError, match="regex"):
        values(lambda r: r.a.s.regex_match("("), ["x"])
    with pytest.raises(ExecutionError, match="regex"):
        values(lambda r: r.a.s.regex_match(r.a), ["("])


@pytest.mark.parametrize(
    "data", [[1], [1.5], [True], [b"x"], pa.array([0], pa.date32())], ids=["int", "float", "bool", "bytes", "date"]
)
def test_what_is_no_string_is_an_argument_error(data):
    with pytest.raises(ArgumentError, match=r"column 'a' (is|of type)"):
        values(lambda r: r.a.s.lower(), data)
    with pytest.raises(ArgumentError):
        values(lambda r: ltseq.coalesce(r.a, None).s.len(), data)


@pytest.mark.parametrize(
    "fn",
    [
        lambda s: s.contains(1), lambda s: s.starts_with(1), lambda s: s.like(1), lambda s: s.replace(1, "x"),
        lambda s: s.concat(1), lambda s: s.find(1), lambda s: s.split_part(1, 1), lambda s: s.left("1"),
        lambda s: s.pad_left("1"), lambda s: s.slice(1.5), lambda s: s.regex_match(1),
    ],
)  # fmt: skip
def test_arguments_are_of_their_kind(fn):
    with pytest.raises(ArgumentError, match="of type"):
        values(lambda r: fn(r.a.s), ["x"])


def test_text_functions_chain():
    assert values(lambda r: r.a.s.strip().s.lower().s.split_part("-", 2).s.len(), [" A-BCD "]) == [3]
    assert values(lambda r: (r.a + "!").s.upper(), ["a"]) == ["A!"]
    assert values(lambda r: r.a.cast("str").s.len(), [1234]) == [4]


def test_text_of_no_rows_keeps_its_type():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([], "string")}))
    made = t.select(u=lambda r: r.a.s.upper(), c=lambda r: r.a.s.contains("x"))
    assert (made.schema, made.to_dicts()) == ({"u": "string", "c": "bool"}, [])


# `char(n)`, `concat_ws(sep, *x)`


def test_char_is_the_character_of_a_code_point():
    assert values(lambda r: ltseq.char(r.a), [65, 233, 128512, None]) == ["A", "é", "😀", None]
    assert values(lambda r: ltseq.char(n=65), [1]) == ["A"]
    assert values(lambda r: ltseq.char(r.a.s.ord()), ["é!"]) == ["é"]
    for code in (-1, 0xD800, 0x110000):
        with pytest.raises(ExecutionError):
            values(lambda r: ltseq.char(r.a), [code])
    with pytest.raises(ArgumentError):
        values(lambda r: ltseq.char("x"), [1])


def test_concat_ws_skips_null():
    assert values(lambda r: ltseq.concat_ws("-", r.a, None, "z"), ["x", None]) == ["x-z", "z"]
    assert values(lambda r: ltseq.concat_ws(", ", r.a, r.b, r.a), a=["x", ""], b=["y", None]) == ["x, y, x", ", "]
    assert values(lambda r: ltseq.concat_ws("-", None, None), [1]) == [""]
    assert values(lambda r: ltseq.concat_ws(r.a, "x", "y"), ["+", None]) == ["x+y", None]
    with pytest.raises(ArgumentError):
        values(lambda r: ltseq.concat_ws("-", r.a, 1), ["x"])
