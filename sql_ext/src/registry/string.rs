//! Functions behind `.s`; all count characters, and all are NULL where an argument is.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::method::{Call, Class, Lower, Method, MethodKind, Param, method, opt, req, rest};
use super::own;
use crate::error::{Code, Error, Result};

const S: Param = req("s", Class::Text);
const ONE: &[Param] = &[S];
const SUB: &[Param] = &[S, req("sub", Class::Text)];
const COUNT: &[Param] = &[S, req("n", Class::Integer)];
const PAD: &[Param] = &[S, req("width", Class::Integer), opt("char", Class::Text, "\" \"")];

const fn with(
    name: &'static str,
    params: &'static [Param],
    f: fn(&Call) -> Result<Expr>,
    text: [&'static str; 2],
) -> Method {
    method(name, MethodKind::Text, params, Lower::With(f), text)
}

const fn base(name: &'static str, of: &'static str, params: &'static [Param], text: [&'static str; 2]) -> Method {
    method(name, MethodKind::Text, params, Lower::Base(of), text)
}

/// Every one of them.
pub const STRINGS: &[Method] = &[
    base("str_contains", "contains", SUB, ["Does it hold the text? Literal, case matters.", "r.sym.s.contains('A')"]),
    base("str_starts_with", "starts_with", SUB, ["Does it begin so?", "r.sym.s.starts_with('A')"]),
    base("str_ends_with", "ends_with", SUB, ["Does it end so?", "r.sym.s.ends_with('A')"]),
    with("str_like", &[S, req("pattern", Class::Text)], like, ["SQL's LIKE: % and _.", "r.sym.s.like('A%')"]),
    base(
        "str_regex_match",
        "regexp_like",
        &[S, req("pattern", Class::Text)],
        ["Does the pattern occur anywhere?", "r.sym.s.regex_match('^[A-C]')"],
    ),
    base("str_lower", "lower", ONE, ["In lower case.", "r.sym.s.lower()"]),
    base("str_upper", "upper", ONE, ["In upper case.", "r.sym.s.upper()"]),
    with("str_strip", ONE, |c| own::call("strip", c.all()), ["Without white space at both ends.", "r.sym.s.strip()"]),
    with(
        "str_lstrip",
        ONE,
        |c| own::call("lstrip", c.all()),
        ["Without white space at the start.", "r.sym.s.lstrip()"],
    ),
    with("str_rstrip", ONE, |c| own::call("rstrip", c.all()), ["Without white space at the end.", "r.sym.s.rstrip()"]),
    base("str_len", "character_length", ONE, ["Number of characters.", "r.sym.s.len()"]),
    base(
        "str_replace",
        "replace",
        &[S, req("old", Class::Text), req("new", Class::Text)],
        ["With every occurrence replaced.", "r.sym.s.replace('A', 'B')"],
    ),
    with(
        "str_concat",
        &[S, rest("x", Class::Text, 0)],
        concat,
        ["Joined; NULL where one is NULL.", "r.sym.s.concat('-', r.sym)"],
    ),
    with("str_isalpha", ONE, |c| matches(c, r"^\p{L}+$"), ["Letters alone, at least one.", "r.sym.s.isalpha()"]),
    with("str_isdigit", ONE, |c| matches(c, r"^\p{Nd}+$"), ["Digits alone, at least one.", "r.sym.s.isdigit()"]),
    with(
        "str_islower",
        ONE,
        |c| matches(c, r"^[^\p{Lu}\p{Lt}]*\p{Ll}[^\p{Lu}\p{Lt}]*$"),
        ["At least one cased letter, none of them upper.", "r.sym.s.islower()"],
    ),
    with(
        "str_isupper",
        ONE,
        |c| matches(c, r"^[^\p{Ll}\p{Lt}]*\p{Lu}[^\p{Ll}\p{Lt}]*$"),
        ["At least one cased letter, none of them lower.", "r.sym.s.isupper()"],
    ),
    with(
        "str_slice",
        &[S, req("start", Class::Integer), opt("length", Class::Integer, "None")],
        slice,
        ["Characters from a position, counted from 0.", "r.sym.s.slice(0, 1)"],
    ),
    base("str_left", "left", COUNT, ["The first n characters.", "r.sym.s.left(1)"]),
    base("str_right", "right", COUNT, ["The last n characters.", "r.sym.s.right(1)"]),
    base(
        "str_pad_left",
        "lpad",
        PAD,
        ["Padded at the start to a width; a longer text is cut.", "r.sym.s.pad_left(3, '0')"],
    ),
    base("str_pad_right", "rpad", PAD, ["Padded at the end to a width; a longer text is cut.", "r.sym.s.pad_right(3)"]),
    base(
        "str_split_part",
        "split_part",
        &[S, req("sep", Class::Text), req("i", Class::Integer)],
        ["The i-th part, from 1; past the end the empty text.", "r.sym.s.split_part('-', 1)"],
    ),
    with("str_find", SUB, find, ["Position of a text, from 0; -1 where it is not.", "r.sym.s.find('A')"]),
    base("str_pos", "strpos", SUB, ["Position of a text, from 1; 0 where it is not.", "r.sym.s.pos('A')"]),
    base("str_ord", "ascii", ONE, ["Code point of the first character.", "r.sym.s.ord()"]),
    base("char", "chr", &[req("n", Class::Integer)], ["The character of a code point.", "char(r.ts + 64)"]),
    base(
        "concat_ws",
        "concat_ws",
        &[req("sep", Class::Text), rest("x", Class::Text, 1)],
        ["Joined by a separator; skips NULL.", "concat_ws('-', r.sym, r.sym)"],
    ),
];

fn int(n: i64) -> Expr {
    Expr::Literal(ScalarValue::Int64(Some(n)), None)
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn like(call: &Call) -> Result<Expr> {
    Ok(Expr::Like(Like::new(false, Box::new(call.arg(0)?), Box::new(call.arg(1)?), None, false)))
}

fn concat(call: &Call) -> Result<Expr> {
    Ok(call.others().into_iter().fold(call.arg(0)?, |a, b| binary(a, Operator::StringConcat, b)))
}

fn matches(call: &Call, pattern: &str) -> Result<Expr> {
    call.scalar("regexp_like", vec![call.arg(0)?, Expr::Literal(ScalarValue::from(pattern), None)])
}

fn slice(call: &Call) -> Result<Expr> {
    let start = match call.arg(1)? {
        Expr::Literal(ScalarValue::Int64(Some(n)), _) if n < 0 => {
            return Err(Error::new(Code::Argument, "slice starts at a position from 0")
                .with_hint("right(n) gives the last characters"));
        }
        Expr::Literal(ScalarValue::Int64(Some(n)), _) => int(n.saturating_add(1)),
        start => binary(start, Operator::Plus, int(1)),
    };
    let mut args = vec![call.arg(0)?, start];
    args.extend(call.opt(2));
    call.scalar("substr", args)
}

fn find(call: &Call) -> Result<Expr> {
    Ok(binary(call.scalar("strpos", call.all())?, Operator::Minus, int(1)))
}
