//! Calls with arguments that a function does not take: how many, of which types, and what it would take.

use std::collections::BTreeSet;

use super::phrases::between;
use super::words::data_type;
use super::{Code, Error};

/// The error of a call that matches no signature of its function.
pub fn call(text: &str) -> Option<Error> {
    let (name, given) = called(text)?;
    let name = name.to_uppercase();
    let forms = candidates(text);
    let counts: BTreeSet<usize> = forms.iter().map(Vec::len).collect();
    let open = forms.iter().flatten().any(|part| part.contains("..") || part == "UserDefined");
    let number = given.as_ref().map(Vec::len);
    if let (Some(n), false, false) = (number, open || counts.is_empty(), number.is_some_and(|n| counts.contains(&n))) {
        return Some(arity(&name, &counts, n));
    }
    if let (true, Some((wanted, n))) = (forms.is_empty() || open, counted(text)) {
        return Some(arity(&name, &BTreeSet::from([wanted]), n));
    }
    if number == Some(0) {
        return Some(Error::new(Code::Argument, format!("{name} takes arguments, and none is given")));
    }
    Some(types(&name, given.as_deref(), &forms, text))
}

/// The function's name and, where the text has them, the types of its arguments.
fn called(text: &str) -> Option<(String, Option<Vec<String>>)> {
    if let Some(call) = between(text, "given name and argument types '", "'. You might") {
        let (name, list) = call.split_once('(')?;
        return Some((name.to_string(), Some(split(list.strip_suffix(')')?))));
    }
    if let Some(rest) = text.split_once("satisfy a call to '").map(|(_, rest)| rest) {
        let (name, rest) = rest.split_once('\'')?;
        let given = between(rest, "coercion from ", " to the signature").map(split);
        return Some((name.to_string(), given));
    }
    let name = between(text, "Function '", "' failed to match any signature")?;
    let given = between(text, "but received ", ").").and_then(|t| t.split_once("(DataType: ")).map(|(_, t)| split(t));
    Some((name.to_string(), given))
}

/// The forms that the function has, each as the words for its arguments.
fn candidates(text: &str) -> Vec<Vec<String>> {
    let Some((_, list)) = text.split_once("Candidate functions:") else { return vec![] };
    let form = |line: &str| -> Option<Vec<String>> {
        let (_, list) = line.trim().split_once('(')?;
        Some(split(list.strip_suffix(')')?).iter().flat_map(|part| repeated(part)).collect())
    };
    list.lines().filter_map(form).collect()
}

/// `Numeric(2)` are two parameters, `NullAry()` are none.
fn repeated(part: &str) -> Vec<String> {
    if part.eq_ignore_ascii_case("nullary()") {
        return vec![];
    }
    let counted = part.strip_suffix(')').and_then(|p| p.split_once('('));
    match counted.and_then(|(kind, n)| Some((kind, n.parse::<usize>().ok()?))) {
        Some((kind @ ("Numeric" | "String" | "Comparable" | "Any"), n)) => vec![kind.to_string(); n],
        _ => vec![part.to_string()],
    }
}

/// `expects 1 arguments but received 2`, where that is what is wrong.
fn counted(text: &str) -> Option<(usize, usize)> {
    if text.contains("requires ") {
        return None;
    }
    let (before, after) = text.split_once(" arguments but received ")?;
    let wanted = before.rsplit(' ').next()?.parse().ok()?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Some((wanted, digits.parse().ok()?))
}

fn arity(name: &str, counts: &BTreeSet<usize>, given: usize) -> Error {
    let none = counts.iter().all(|n| *n == 0);
    let counts: Vec<String> = counts.iter().map(|n| if none { "no".to_string() } else { n.to_string() }).collect();
    let s = if counts.len() == 1 && counts[0] == "1" { "" } else { "s" };
    let got = match given {
        0 => "none is given".to_string(),
        1 => "1 is given".to_string(),
        n => format!("{n} are given"),
    };
    Error::new(Code::Argument, format!("{name} takes {} argument{s}, and {got}", one_of(&counts)))
}

fn types(name: &str, given: Option<&[String]>, forms: &[Vec<String>], text: &str) -> Error {
    let shown: Vec<String> = given.unwrap_or_default().iter().map(|t| word(t)).collect();
    let wanted = wanted(forms, text);
    let single = !wanted.is_empty() && (forms.is_empty() || forms.iter().all(|form| form.len() == 1));
    if let (true, [found]) = (single, shown.as_slice()) {
        let text = format!("{name} takes {}, not a value of type {found}", one_of(&wanted));
        return Error::new(Code::Type, text).with_hint("CAST the argument to a type that it takes");
    }
    let text = match shown.as_slice() {
        [] => format!("{name} does not take values of these types"),
        [found] => format!("{name} does not take a value of type {found}"),
        found => format!("{name} does not take values of types {}", found.join(", ")),
    };
    let error = Error::new(Code::Type, text);
    let user_defined = forms.iter().flatten().any(|part| part == "UserDefined");
    let uses: BTreeSet<String> = forms
        .iter()
        .map(|form| format!("{name}({})", form.iter().map(|p| part(p)).collect::<Vec<_>>().join(", ")))
        .collect();
    let uses: Vec<String> = uses.into_iter().take(6).collect();
    match (user_defined, uses.is_empty()) {
        (true, _) => error.with_hint("CAST the arguments to one type"),
        (false, false) => error.with_hint(format!("write {}", one_of(&uses))),
        (false, true) => error.with_hint("CAST the arguments to types that it takes"),
    }
}

/// What the one argument may be.
fn wanted(forms: &[Vec<String>], text: &str) -> Vec<String> {
    let mut kinds: Vec<String> = vec![];
    let mut add = |kind: String| {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    };
    for form in forms {
        form.iter().for_each(|p| add(part(p)));
    }
    if forms.is_empty() {
        for (_, rest) in text.match_indices("requires ").map(|(i, m)| text.split_at(i + m.len())) {
            add(part(rest.split(", but received").next().unwrap_or(rest)));
        }
        if let Some(types) = between(text, "to the signature Exact(", ")") {
            split(types).iter().for_each(|p| add(part(p)));
        }
    }
    kinds
}

/// The word for a parameter: `x: Float64` and `Numeric(1)` are numbers.
fn part(text: &str) -> String {
    let kind = text.rsplit(": ").next().unwrap_or(text);
    let options: Vec<&str> = kind.split('/').collect();
    let base = options[0].split('(').next().unwrap_or(kind);
    match base {
        "Decimal" | "Numeric" | "Integer" | "Float" | "Float64" | "Float32" | "Int64" | "UInt64" => {
            "numbers".to_string()
        }
        "String" | "Utf8" | "LargeUtf8" | "Utf8View" => "text".to_string(),
        "Duration" => "durations".to_string(),
        "Interval" => "intervals".to_string(),
        "Timestamp" => "timestamps".to_string(),
        "Any" => "any value".to_string(),
        "Comparable" => "values that compare".to_string(),
        _ => word(kind),
    }
}

fn word(text: &str) -> String {
    data_type(text).unwrap_or_else(|| text.to_lowercase())
}

fn one_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Splits at the commas that stand in no parenthesis.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut start) = (vec![], 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..i].trim().to_string());
                start = i + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(text[start..].trim().to_string());
    }
    parts
}
