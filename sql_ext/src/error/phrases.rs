//! Sentences of the base that say what is wrong in the words of its code, in the user's.

use super::signatures;
use super::words::plain;
use super::{Code, Error};

type Phrase = fn(&str) -> Option<Error>;

/// The first that knows the sentence gives the error.
const PHRASES: &[Phrase] = &[
    signatures::call,
    grouping,
    operands,
    joins,
    condition,
    conversion,
    names,
    lists,
    placement,
    bounds,
    constants,
    overflows,
    misc,
];

/// An error of the base in the user's words, where its sentence is known.
pub fn phrase(text: &str) -> Option<Error> {
    PHRASES.iter().find_map(|known| known(text))
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inner, _)| inner)
}

fn error(code: Code, text: impl Into<String>) -> Option<Error> {
    Some(Error::new(code, text))
}

fn fix(code: Code, text: impl Into<String>, hint: &str) -> Option<Error> {
    Some(Error::new(code, text).with_hint(hint))
}

/// Columns that are neither keys nor aggregated.
fn grouping(text: &str) -> Option<Error> {
    let column = between(text, "column \"", "\" must appear in the GROUP BY")
        .or_else(|| between(text, "HAVING clause references: ", " must appear in the GROUP BY"))?;
    let (clause, column) = (if text.contains("HAVING") { "HAVING" } else { "SELECT" }, plain(column));
    Some(ungrouped(clause, &column))
}

/// A clause of a grouped query that holds a column which is neither a key nor aggregated.
pub fn ungrouped(clause: &str, column: &str) -> Error {
    let text = format!("{clause} of a grouped query holds {column}, which is no key and in no aggregate");
    let hint = format!("add it to the keys, or take an aggregate, such as MIN({column})");
    Error::new(Code::Argument, text).with_hint(hint).about(column)
}

/// Operators whose sides do not go together.
fn operands(text: &str) -> Option<Error> {
    const CAST: &str = "CAST one side";
    if let Some(sides) = between(text, "Cannot coerce arithmetic expression ", " to valid types") {
        return fix(Code::Type, format!("there is no {}", plain(sides)), CAST);
    }
    if let Some(rest) = text.strip_prefix("Cannot get result type for temporal operation ") {
        let sides = rest.split(": ").next()?;
        return fix(Code::Type, format!("there is no {}", plain(sides)), CAST);
    }
    for (mark, say) in [
        ("comparison operation ", "cannot compare"),
        ("bitwise operation ", "there is no"),
        ("regex operation ", "patterns are of text: there is no"),
        ("string concat operation ", "cannot join"),
        ("argument type for operation ", "there is no"),
        ("AtAt operation ", "there is no"),
    ] {
        if let (true, Some((_, sides))) = (text.contains("Cannot infer common"), text.split_once(mark)) {
            return fix(Code::Type, format!("{say} {}", plain(sides)), CAST);
        }
    }
    if let Some((from, to)) =
        between(text, "expr type ", " in InSubquery").and_then(|t| t.split_once(" can't cast to "))
    {
        let text = format!("cannot compare {} with {} of the subquery", plain(from), plain(to));
        return fix(Code::Type, text, CAST);
    }
    if let Some((_, sides)) = text.split_once("logical boolean operation ") {
        return fix(Code::Type, format!("{}: both sides must be conditions", plain(sides)), "compare, as in x > 0");
    }
    if let Some(sides) = between(text, "common type to coerce ", " expression") {
        return fix(Code::Type, format!("cannot compare {}", plain(sides)), CAST);
    }
    if let Some(sides) = between(text, "Failed to coerce types ", " in BETWEEN expression") {
        return fix(Code::Type, format!("BETWEEN cannot compare {}", plain(sides)), CAST);
    }
    if let Some((_, sides)) = text.split_once("Can not find compatible types to compare ") {
        return fix(Code::Type, format!("cannot compare {}", plain(sides)), "CAST to one type");
    }
    let branches = between(text, "Failed to coerce ", " to common types in CASE")?;
    fix(Code::Type, format!("the branches of CASE are of types that do not go together: {}", plain(branches)), CAST)
}

/// Kinds of JOIN that the parser knows and nothing plans.
fn joins(text: &str) -> Option<Error> {
    let kind = text.strip_prefix("Unsupported JOIN operator ")?;
    let kind = kind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let hint = "write LEFT SEMI JOIN or LEFT ANTI JOIN for rows with or without a match, LATERAL for APPLY";
    fix(Code::NotSupported, format!("this kind of JOIN ({}) is not supported", kind.to_uppercase()), hint)
}

/// Conditions that are none.
fn condition(text: &str) -> Option<Error> {
    if let Some(rest) = text.split_once("Cannot create filter with non-boolean predicate '").map(|(_, r)| r) {
        let (what, found) = rest.rsplit_once("' returning ")?;
        let what = plain(&unmarked(what));
        let text = format!("a filter takes a condition, not {what} of type {}", plain(found));
        return Some(Error::new(Code::Type, text).with_hint("compare it, as in x > 0").about(&what));
    }
    if let Some(found) = text.strip_prefix("Join condition must be boolean type, but got ") {
        return fix(
            Code::Type,
            format!("ON takes a condition, not a value of type {}", plain(found)),
            "compare two columns",
        );
    }
    let (operator, found) =
        text.strip_prefix("Unary operator '")?.split_once("' requires a boolean expression, got ")?;
    error(Code::Type, format!("{operator} takes a condition, not a value of type {}", plain(found)))
}

/// A call as its display has it, without the window that our own mark stands for.
fn unmarked(text: &str) -> String {
    match text.split_once(" ORDER BY [") {
        Some((call, rest)) if rest.contains(crate::order::MARK) || rest.contains("seq_order()") => {
            call.replace(",NULL", "")
        }
        _ => text.to_string(),
    }
}

/// Casts that cannot be.
fn conversion(text: &str) -> Option<Error> {
    if let Some(rest) = text.strip_prefix("Cannot cast string '") {
        let (value, kind) = rest.rsplit_once("' to value of ")?;
        let kind = plain(kind.strip_suffix(" type")?);
        let error = Error::new(Code::Cast, format!("cannot cast the text '{value}' to {kind}"));
        return Some(error.with_hint("TRY_CAST gives NULL for values that do not convert").about(value));
    }
    if let Some((value, why)) = text.strip_prefix("Error parsing timestamp from '").and_then(|t| t.rsplit_once("': ")) {
        let why = why.strip_prefix("error parsing ").map_or(why.to_string(), |part| format!("no {part} in it"));
        let text = format!("cannot read the text '{value}' as a timestamp: {why}");
        return Some(Error::new(Code::Cast, text).about(value));
    }
    if let Some(value) = between(text, "Invalid input syntax for type interval: \"", "\"") {
        return Some(Error::new(Code::Cast, format!("cannot read the text '{value}' as an interval")).about(value));
    }
    if let Some((from, to)) = text.strip_prefix("Cannot automatically convert ").and_then(|t| t.split_once(" to ")) {
        let text = format!("{} does not become {} by itself", plain(from), plain(to));
        return fix(Code::Type, text, "CAST one side");
    }
    if let Some(rest) = text.strip_prefix("Unsupported CAST from ") {
        let (from, to) = rest.split_once(" to ")?;
        return error(Code::Type, format!("{} cannot be cast to {}", plain(from), plain(to)));
    }
    let kind = text.strip_prefix("Unsupported SQL type ")?;
    Some(
        Error::new(Code::Type, format!("there is no type {kind}"))
            .with_hint("VARCHAR, BIGINT, INT, DOUBLE, DECIMAL(p, s), BOOLEAN, DATE, TIMESTAMP, TIME, INTERVAL, …")
            .about(kind),
    )
}

/// Names that stand twice, or are not there.
fn names(text: &str) -> Option<Error> {
    const ALIAS: &str = "give one of them another name with AS";
    if let Some(rest) = text.split_once("Projections require unique expression names but the expression \"") {
        let (first, _) = rest.1.split_once("\" at position")?;
        let name = first.rsplit_once(" AS ").map_or(first, |(_, name)| name);
        let name = plain(name);
        let error = Error::new(Code::SchemaMismatch, format!("two columns are named '{name}'"));
        return Some(error.with_hint(ALIAS).about(&name));
    }
    if let Some(name) = between(text, "WITH query name \"", "\" specified more than once") {
        return Some(Error::new(Code::Argument, format!("WITH names two queries '{name}'")).about(name));
    }
    if let Some(name) = text.strip_prefix("Invalid qualifier ") {
        let text = format!("Table '{name}' is not in FROM");
        return Some(Error::new(Code::UnknownTable, text).about(name));
    }
    if let Some(name) = between(text, "table function '", "' not found") {
        return error(Code::UnknownFunction, format!("Table function '{name}' not found"));
    }
    if let Some(name) = between(text, "Invalid function '", "'") {
        return error(Code::UnknownFunction, format!("Function '{name}' not found"));
    }
    if let Some(name) = between(text, "could not find config namespace for key \"", "\"") {
        return Some(Error::new(Code::Argument, format!("there is no setting '{name}'")).about(name));
    }
    if let Some(name) = between(text, "Config value \"", "\" not found on") {
        return error(Code::Argument, format!("there is no setting '{name}'"));
    }
    if let Some(name) = text.strip_prefix("failed to resolve schema: ") {
        return Some(Error::new(Code::Argument, format!("there is no schema '{name}'")).about(name));
    }
    let name = between(text, "'", "' is not a variable which can be viewed with 'SHOW'")?;
    error(Code::Argument, format!("there is no setting '{name}'"))
}

/// Lists of the wrong length.
fn lists(text: &str) -> Option<Error> {
    if let Some(rest) = text.strip_prefix("Inconsistent data length across values list: got ") {
        let (got, rest) = rest.split_once(" values in row ")?;
        let (row, wanted) = rest.split_once(" but expected ")?;
        let row = row.parse::<usize>().ok()?.checked_add(1)?;
        let s = if got == "1" { "" } else { "s" };
        return error(Code::Argument, format!("row {row} of VALUES has {got} value{s}, and {wanted} are expected"));
    }
    if text.starts_with("Column count doesn't match insert query") {
        return error(Code::Argument, "the query has another number of columns than the INSERT stores");
    }
    if let Some(rest) = text.strip_prefix("Inconsistent data type across values list at row ") {
        let (row, rest) = rest.split_once(" column ")?;
        let (column, rest) = rest.split_once(". Was ")?;
        let (before, found) = rest.split_once(" but found ")?;
        let (row, column) = (row.parse::<usize>().ok()? + 1, column.parse::<usize>().ok()? + 1);
        let text = format!("row {row} of VALUES is {} in column {column}, and {} before", plain(found), plain(before));
        return fix(Code::Type, text, "CAST one of them");
    }
    if let Some(rest) = text.strip_prefix("Source table contains ") {
        let (has, rest) = rest.split_once(" columns but only ")?;
        let named = rest.split(' ').next()?;
        return error(Code::Argument, format!("the alias names {named} columns, and the table has {has}"));
    }
    if let Some((_, columns)) = text.split_once("Too many columns! The subquery should only return one column: ") {
        return error(Code::Argument, format!("a subquery that is a value has one column, not {}", plain(columns)));
    }
    if let Some(place) = between(text, "Cannot find column with position ", " in SELECT") {
        let text = format!("GROUP BY {place}: the SELECT list has no item {place}");
        return Some(Error::new(Code::Argument, text).about(place));
    }
    if let Some(rest) = text.strip_prefix("Order by column out of bounds, specified: ") {
        let (place, _) = rest.split_once(',')?;
        let text = format!("ORDER BY {place}: the SELECT list has no item {place}");
        return Some(Error::new(Code::Argument, text).about(place));
    }
    if text == "Order by index starts at 1 for column indexes" {
        return error(Code::Argument, "ORDER BY counts the items of the SELECT list from 1");
    }
    if let Some(operation) = text.strip_suffix(" queries have different number of columns") {
        return error(Code::Argument, format!("the two sides of {operation} have different numbers of columns"));
    }
    let rest = text.strip_prefix("Incompatible inputs for Union: Previous inputs were of type ")?;
    let (before, rest) = rest.split_once(", but got incompatible type ")?;
    let (found, column) = rest.split_once(" on column ")?;
    let text = format!("UNION of {} and {} in column {}", plain(before), plain(found), plain(column));
    fix(Code::Type, text, "CAST one of them")
}

/// Aggregates and windows where none can stand.
fn placement(text: &str) -> Option<Error> {
    const DERIVED: &str = "compute the inner one in a derived table";
    if text.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        return fix(
            Code::Clause,
            "an aggregate cannot stand in WHERE",
            "write HAVING, or compute it in a derived table",
        );
    }
    for (mark, say) in [
        ("Aggregate function calls cannot be nested: '", "an aggregate cannot stand inside another"),
        ("Aggregate function calls cannot contain window function calls: '", "an aggregate cannot hold a window call"),
        ("Window function calls cannot be nested: '", "a window call cannot stand inside another"),
    ] {
        if let Some(rest) = text.strip_prefix(mark) {
            let (inner, _) = rest.split_once("' is nested inside")?;
            return fix(Code::Clause, format!("{say}: {}", plain(windowless(inner))), DERIVED);
        }
    }
    let rest = text.strip_prefix("Physical plan does not support logical expression ")?;
    if rest.starts_with("WindowFunction") {
        let hint = "filter with QUALIFY, or compute it in a derived table";
        return fix(Code::Clause, "a window function cannot stand here", hint);
    }
    if rest.starts_with("Wildcard") {
        return fix(Code::Argument, "a star is no value: only COUNT takes one", "name a column");
    }
    if rest.starts_with("AggregateFunction") {
        return fix(Code::Clause, "an aggregate cannot stand here", "compute it in a derived table");
    }
    if !["InSubquery", "Exists", "ScalarSubquery", "SetComparison", "OuterReference"]
        .iter()
        .any(|q| rest.starts_with(q))
    {
        return error(Code::NotSupported, format!("this cannot be computed where it stands: {}", plain(rest)));
    }
    fix(
        Code::NotSupported,
        "this subquery cannot be computed where it stands",
        "IN (subquery) and EXISTS belong in WHERE, HAVING or QUALIFY; write other ones as a join",
    )
}

/// A window call's display without its window.
fn windowless(text: &str) -> &str {
    [" ORDER BY [", " PARTITION BY [", " ROWS BETWEEN", " RANGE BETWEEN"]
        .into_iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .map_or(text, |end| &text[..end])
}

/// A subquery that stands for one value, and has several.
pub fn many_rows(column: &str) -> Error {
    let which = if column.is_empty() { "a subquery".to_string() } else { format!("the subquery of {}", plain(column)) };
    let text = format!("{which} that is a value gave more than one row");
    Error::new(Code::Data, text).with_hint("aggregate it, or add LIMIT 1")
}

/// LIMIT, OFFSET and the frames of windows.
fn bounds(text: &str) -> Option<Error> {
    if let Some(kind) = text.strip_prefix("Expected LIMIT to be an integer or null, but got ") {
        return error(Code::Type, format!("LIMIT takes a whole number, not a value of type {}", plain(kind)));
    }
    for clause in ["LIMIT", "OFFSET"] {
        if let Some(n) = text.strip_prefix(clause).and_then(|t| between(t, "0, '", "' was provided")) {
            return error(Code::Argument, format!("{clause} must be zero or more, not {n}"));
        }
        if text.strip_prefix("Unsupported ").and_then(|t| t.strip_prefix(clause)).is_some() {
            let text = format!("{clause} takes a constant, not the result of a query or a function");
            return fix(Code::NotSupported, text, "write the number, or a parameter");
        }
    }
    if let Some(rest) = text.strip_prefix("Invalid window frame: start bound (") {
        let (start, rest) = rest.split_once(") cannot be larger than end bound (")?;
        let end = rest.strip_suffix(')')?;
        return error(Code::Argument, format!("the frame begins at {start}, after its end, {end}"));
    }
    if text.starts_with("Invalid window frame: frame offsets for ROWS") {
        return error(Code::Argument, "the frame has bounds that are no whole numbers from zero on");
    }
    if text == "RANGE requires exactly one ORDER BY column" {
        return fix(Code::Argument, "the frame is a RANGE, which needs exactly one ORDER BY key", "count ROWS instead");
    }
    None
}

/// Numbers beyond their type.
fn overflows(text: &str) -> Option<Error> {
    if let Some((array, rest)) = text.split_once("Array overflow on abs(") {
        let (value, of) = (rest.strip_suffix(')')?, array.to_lowercase());
        return error(Code::Overflow, format!("abs({value}) is out of range of {of}"));
    }
    if text == "Arithmetic Overflow in AvgAccumulator" {
        return fix(Code::Overflow, "the sum of an average is out of range", "CAST the values to DOUBLE");
    }
    let what = text.strip_prefix("Overflow happened on: ")?;
    error(Code::Overflow, format!("{what} is out of range"))
}

/// Arguments that window functions want as constants.
fn constants(text: &str) -> Option<Error> {
    if text.contains("Nth value indices are 1 based") {
        return error(Code::Argument, "n of NTH_VALUE counts from 1, or from -1 for the end, and is never 0");
    }
    if text.contains("integer literal for the second argument of nth_value") {
        return error(Code::Argument, "n of NTH_VALUE must be a constant whole number");
    }
    if text == "NTILE requires a positive integer" {
        return error(Code::Argument, "NTILE takes a whole number above zero");
    }
    if text.starts_with("There is only support Literal types for field at idx:") {
        return fix(Code::NotSupported, "LAG, LEAD and NTILE take constants after the value", "write SHIFT(x, n)");
    }
    if text == "Expected an integer value" {
        return error(Code::Argument, "LAG, LEAD, NTILE and NTH_VALUE take a whole number");
    }
    None
}

fn misc(text: &str) -> Option<Error> {
    if let Some(column) = between(text, "Column '", "' is declared as non-nullable but contains null values") {
        return error(Code::Constraint, format!("column '{column}' is NOT NULL, and a row has no value there"));
    }
    if let Some(statement) = text.strip_prefix("Unsupported SQL statement: ") {
        return error(Code::NotSupported, format!("this statement is not supported: {statement}"));
    }
    if text == "Insert into not implemented for this table" {
        return fix(Code::NotSupported, "this table takes no rows", "store them in one that CREATE TABLE made");
    }
    if let Some(of) = between(text, "Cannot access field at argument 1: type ", " is not Struct, Map, or Null") {
        return error(Code::Type, format!("a value of type {} has no fields", plain(of)));
    }
    if text == "ANY in LIKE expression" {
        return fix(Code::NotSupported, "LIKE with ANY", "write a LIKE for each pattern, with OR between them");
    }
    if text.starts_with("Substring without for/from is not valid") {
        return fix(Code::Argument, "SUBSTR takes a text and where to start", "write SUBSTR(x, start [, length])");
    }
    if text.starts_with("In an aggregate with DISTINCT, ORDER BY") {
        return error(Code::Argument, "an aggregate with DISTINCT can be ordered by its own argument alone");
    }
    if text == "Scalar subquery returned more than one row" {
        return Some(many_rows(""));
    }
    let part = between(text, "Date part '", "' not supported");
    if let Some(part) = part.or_else(|| between(text, "Unsupported date_trunc granularity: '", "'")) {
        let hint = "microsecond, millisecond, second, minute, hour, day, week, month, quarter, year";
        return Some(
            Error::new(Code::Argument, format!("there is no part '{part}' of a date")).with_hint(hint).about(part),
        );
    }
    if let Some(kind) = text.strip_prefix("There is no registered file format with ext ") {
        let text = format!("COPY writes no files of the kind '{kind}'");
        return fix(Code::Argument, text, "a name that ends in .csv, .parquet, .json or .arrow, or STORED AS CSV");
    }
    if text.starts_with("Format not explicitly set and unable to get file extension") {
        return fix(Code::Argument, "COPY needs to know the kind of file", "STORED AS CSV, PARQUET, JSON or ARROW");
    }
    if let Some(key) = between(text, "For SELECT DISTINCT, ORDER BY expressions ", " must appear in select list") {
        let key = plain(key);
        let text = format!("after DISTINCT there is nothing to sort by but the items of the SELECT list, not {key}");
        return Some(Error::new(Code::Argument, text).about(&key));
    }
    if text.ends_with(" already exists") {
        return error(Code::Argument, text);
    }
    if text == "invalid digit found in string" {
        return error(Code::Argument, "the value of this setting is a whole number");
    }
    let (name, kind) = text.strip_prefix("[return_type] ")?.split_once(" not supported for ")?;
    let kind = plain(kind).to_lowercase();
    fix(Code::Type, format!("{name} does not take a value of type {kind}"), "CAST the argument")
}
