//! Our clauses become tokens that the stock parser knows, each in its place.
//!
//! | the user's | stock |
//! |---|---|
//! | `ORDERED BY k PARTITION BY p` | `LATERAL VIEW ␁ordered(0 ORDER BY k) OVER (PARTITION BY p) ␁c AS ␁c` |
//! | `LEFT LINK r` | `GLOBAL LEFT JOIN r` |
//! | `GROUP ORDERED BY k ALL ROWS PER RUN` | `GROUP BY ␁runs_by(k, 'all')` |
//! | `ASOF JOIN r MATCH_CONDITION (c)` | see [`asof`] |
//!
//! Only the stream is known here, not the grammar: a stack of parentheses says whether a
//! word stands in a FROM, and the token before it whether it must be a name.

mod asof;

use std::collections::HashMap;
use std::ops::Range;

use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use super::carrier::Kind;
use super::clause::{self, After, DeclaredOrder};
use super::token::{Source, at, is_word, keyword, keyword_of, name, opens_operand, symbol};
use super::words::{ENDS, creates_table, never_column, quantifier, starts_query};
use crate::error::{Code, Error, Result};
use crate::order::MARK;

/// A statement's tokens after the rewrite, and what is known about them.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// Stock tokens.
    pub tokens: Vec<TokenWithSpan>,
    /// The text of each select item, by the place of its SELECT.
    pub items: HashMap<Location, Vec<String>>,
    /// The order that a CREATE TABLE declares.
    pub declared: Option<DeclaredOrder>,
    /// The user's word at a place where the stream holds another.
    pub replaced: HashMap<Location, String>,
    /// Clauses of ours in a wrong place: an error there gets this explanation.
    pub misplaced: HashMap<Location, &'static str>,
    /// Queries in parentheses, inner ones first, as ranges of `tokens`.
    pub queries: Vec<Range<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Other,
    Create,
    Select,
    From,
    Tail,
}

#[derive(Debug, Clone, Copy)]
enum Open {
    Ordered { partition: Option<usize> },
    Declared { partition: Option<usize> },
    Runs(Kind),
    Tolerance,
}

/// One level of parentheses.
#[derive(Debug)]
struct Frame {
    place: Place,
    /// Parentheses around joins.
    joins: bool,
    /// An open clause, where its body starts in the output, and its word.
    clause: Option<(Open, usize, Span)>,
    select: Option<Location>,
    item: usize,
    start: usize,
    /// The ASOF JOIN that was read last.
    asof: Option<asof::Asof>,
    /// The parentheses of a MATCH_CONDITION.
    condition: bool,
}

impl Frame {
    fn new(place: Place, joins: bool, start: usize) -> Self {
        Frame { place, joins, clause: None, select: None, item: 0, start, asof: None, condition: false }
    }
}

struct Rewriter<'a> {
    source: &'a Source<'a>,
    input: &'a [TokenWithSpan],
    end: Location,
    limit: usize,
    out: Rewritten,
    stack: Vec<Frame>,
    frame: Frame,
    /// Must the next word be a name?
    name_next: bool,
    /// Does a relation start here?
    relation_next: bool,
}

/// Rewrites the tokens of one statement, which ends at `end`.
pub fn rewrite(source: &Source, input: &[TokenWithSpan], end: Location, limit: usize) -> Result<Rewritten> {
    let place = if creates_table(input) { Place::Create } else { Place::Other };
    let mut rewriter = Rewriter {
        source,
        input,
        end,
        limit,
        out: Rewritten::default(),
        stack: vec![],
        frame: Frame::new(place, false, 0),
        name_next: true,
        relation_next: false,
    };
    let mut i = 0;
    while let Some(token) = input.get(i) {
        i += rewriter.step(i, token)?;
    }
    rewriter.close_clause(input.len(), "one")?;
    rewriter.end_item(input.len());
    while let Some(frame) = rewriter.stack.pop() {
        rewriter.frame = frame;
        rewriter.close_clause(input.len(), "one")?;
    }
    Ok(rewriter.out)
}

impl Rewriter<'_> {
    /// Handles the token at `i`; says how many tokens that took.
    fn step(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let taken = match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                self.open_paren(token);
                return Ok(1);
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                self.close_paren(i)?;
                self.out.tokens.push(token.clone());
                0
            }
            Token::Comma => {
                match self.frame.place {
                    Place::Select => self.end_item(i),
                    Place::From => self.comma_in_from(i)?,
                    _ => {}
                }
                0
            }
            Token::VerticalBarRightAngleBracket => {
                self.close_clause(i, "one")?;
                0
            }
            Token::Word(word) if word.quote_style.is_none() && !self.after_name_opener(i) => self.word(i, token)?,
            _ => 0,
        };
        if taken > 0 {
            return Ok(taken);
        }
        if !matches!(token.token, Token::RParen | Token::RBracket | Token::RBrace) {
            self.out.tokens.push(token.clone());
        }
        self.note(i, token);
        Ok(1)
    }

    /// After `.` and AS every word is a name.
    fn after_name_opener(&self, i: usize) -> bool {
        let Some(before) = i.checked_sub(1).and_then(|b| self.input.get(b)) else { return false };
        match &before.token {
            Token::Period => true,
            // `CREATE VIEW v AS SELECT`, `PREPARE p AS SELECT`, `CREATE TABLE t AS SELECT`
            Token::Word(_) => {
                keyword_of(before) == Some(Keyword::AS) && !matches!(self.frame.place, Place::Other | Place::Create)
            }
            _ => false,
        }
    }

    /// Remembers what may follow a token that was passed on.
    fn note(&mut self, i: usize, token: &TokenWithSpan) {
        let is_name = self.after_name_opener(i);
        self.name_next = !is_name && opens_operand(token);
        let relation = matches!(token.token, Token::Comma)
            || !is_name && matches!(keyword_of(token), Some(Keyword::FROM | Keyword::JOIN | Keyword::LATERAL));
        self.relation_next = self.frame.place == Place::From && relation;
    }

    fn open_paren(&mut self, token: &TokenWithSpan) {
        let joins = self.frame.place == Place::From && self.relation_next;
        self.out.tokens.push(token.clone());
        let place = if joins { Place::From } else { Place::Other };
        let frame = Frame::new(place, joins, self.out.tokens.len());
        self.stack.push(std::mem::replace(&mut self.frame, frame));
        self.name_next = true;
        self.relation_next = joins;
    }

    fn close_paren(&mut self, i: usize) -> Result<()> {
        self.close_clause(i, "one")?;
        self.end_item(i);
        if let Some(outer) = self.stack.pop() {
            let inner = std::mem::replace(&mut self.frame, outer);
            if inner.select.is_some() {
                self.out.queries.push(inner.start..self.out.tokens.len());
            }
            if inner.condition {
                self.close_condition(i, inner.start)?;
            }
        }
        Ok(())
    }

    /// Handles an unquoted word that is not a name; 0 passes it on.
    fn word(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let Some(keyword) = keyword_of(token) else { return Ok(0) };
        if keyword == Keyword::SELECT {
            self.close_clause(i, "one")?;
            self.end_item(i);
            self.frame.place = Place::Select;
            self.frame.joins = false;
            self.frame.asof = None;
            self.frame.select = Some(token.span.start);
            self.frame.item = i + 1;
            self.out.items.insert(token.span.start, vec![]);
            return Ok(0);
        }
        if self.frame.place == Place::Select && keyword == Keyword::FROM {
            if self.before(i) != Some(Keyword::DISTINCT) {
                self.end_item(i);
                self.frame.place = Place::From;
            }
            return Ok(0);
        }
        let open = self.frame.clause.is_some() && never_column(keyword);
        if (self.name_next || self.relation_next) && !open {
            return Ok(0);
        }
        if let Some(taken) = self.in_clause(i, token)? {
            return Ok(taken);
        }
        if self.ends_tolerance(i, token) {
            self.close_clause(i, "one")?;
        }
        if self.ends_part(keyword) && !self.stands_in_item(i, keyword) {
            self.end_part(i, keyword)?;
        }
        self.clause_word(i, token)
    }

    /// A word that can start or end one of our clauses.
    fn clause_word(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let next = self.input.get(i + 1);
        let by = is_word(next, "BY");
        if is_word(Some(token), "ORDERED") && by {
            return self.ordered(i, token);
        }
        if is_word(Some(token), "GROUP") && is_word(next, "ORDERED") {
            let then = self.input.get(i + 2);
            let kind = if is_word(then, "BY") { Kind::RunsBy } else { Kind::RunsWhen };
            if kind == Kind::RunsBy || is_word(then, "WHEN") {
                return self.group(token, kind);
            }
            self.out.misplaced.insert(token.span.start, "GROUP ORDERED is followed by BY or WHEN");
        }
        if self.frame.place != Place::From {
            return Ok(0);
        }
        if is_word(Some(token), "LINK") {
            return self.link(i, token);
        }
        self.join_word(i, token)
    }

    /// `ORDERED BY`.
    fn ordered(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let start = self.out.tokens.len();
        let open = match self.frame.place {
            Place::From if self.frame.joins => {
                let error = Error::new(Code::Clause, "ORDERED BY cannot stand inside a join in parentheses")
                    .with_hint("it orders the whole FROM of a query block; to order one side write (SELECT * FROM a ORDERED BY ts) AS a");
                return Err(at(error, token.span.start));
            }
            Place::From => Open::Ordered { partition: None },
            Place::Create if self.stack.is_empty() => Open::Declared { partition: None },
            _ => {
                let why = "ORDERED BY stands in a SELECT, after FROM and before WHERE";
                // Where ORDERED may be an alias, the stock parser stops at BY.
                let tokens = [Some(token), self.input.get(i + 1)];
                self.out.misplaced.extend(tokens.into_iter().flatten().map(|t| (t.span.start, why)));
                return Ok(0);
            }
        };
        if matches!(open, Open::Ordered { .. }) {
            self.frame.place = Place::Tail;
            self.out.replaced.insert(token.span.start, token.to_string());
        }
        self.frame.clause = Some((open, start, token.span));
        self.name_next = true;
        Ok(2)
    }

    /// `GROUP ORDERED BY` and `GROUP ORDERED WHEN`.
    fn group(&mut self, token: &TokenWithSpan, kind: Kind) -> Result<usize> {
        if !matches!(self.frame.place, Place::From | Place::Tail) || self.frame.select.is_none() {
            return Ok(0);
        }
        self.frame.place = Place::Tail;
        self.out.replaced.insert(token.span.start, token.to_string());
        self.frame.clause = Some((Open::Runs(kind), self.out.tokens.len(), token.span));
        self.name_next = true;
        Ok(3)
    }

    /// `[LEFT] LINK relation`; an alias otherwise.
    fn link(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let words = self.prefix(i);
        let next = self.input.get(i + 1);
        let target = match next.map(|t| &t.token) {
            Some(Token::Word(w)) if w.quote_style.is_some() => true,
            Some(Token::Word(w)) => {
                let clause = is_word(next, "ORDERED") && is_word(self.input.get(i + 2), "BY");
                !RESERVED_FOR_TABLE_ALIAS.contains(&w.keyword) && !clause
            }
            _ => false,
        };
        if words == 0 && !target {
            let query = self.input.get(i + 1..).is_some_and(starts_query);
            let error = Error::new(Code::Clause, "LINK before a parenthesis is an alias")
                .with_hint("write INNER LINK (…) AS t");
            return if query { Err(at(error, token.span.start)) } else { Ok(0) };
        }
        self.frame.asof = None;
        let tokens = &mut self.out.tokens;
        let place = tokens.len().saturating_sub(words);
        tokens.insert(place, keyword("GLOBAL", token.span));
        tokens.push(keyword("JOIN", token.span));
        self.out.replaced.insert(token.span.start, token.to_string());
        self.name_next = true;
        self.relation_next = true;
        Ok(1)
    }

    /// How many words before `i` are INNER, LEFT [OUTER], ….
    fn prefix(&self, i: usize) -> usize {
        let outer = usize::from(self.before(i) == Some(Keyword::OUTER));
        let kind = self.before(i - outer);
        let found = matches!(kind, Some(Keyword::INNER | Keyword::LEFT | Keyword::RIGHT | Keyword::FULL));
        let first = i.saturating_sub(outer + 1);
        let operand = first.checked_sub(1).and_then(|b| self.input.get(b)).is_some_and(opens_operand);
        if found && !operand { outer + 1 } else { 0 }
    }

    fn before(&self, i: usize) -> Option<Keyword> {
        i.checked_sub(1).and_then(|b| self.input.get(b)).and_then(keyword_of)
    }

    /// Words that mean something inside an open clause.
    fn in_clause(&mut self, i: usize, token: &TokenWithSpan) -> Result<Option<usize>> {
        let by = is_word(self.input.get(i + 1), "BY");
        let here = self.out.tokens.len();
        let other = self.before(i) == Some(Keyword::STORED) || is_word(self.input.get(i + 1), "CREATE");
        let query_follows = self.frame.place == Place::Create && is_word(Some(token), "AS") && !other;
        match &mut self.frame.clause {
            Some((Open::Ordered { partition } | Open::Declared { partition }, start, _))
                if partition.is_none() && by && is_word(Some(token), "PARTITION") =>
            {
                *partition = Some(here - *start);
                Ok(None)
            }
            Some((Open::Runs(_), ..)) => match self.rows_per_run(i) {
                Some(rows) => {
                    self.close_clause(i, rows)?;
                    Ok(Some(4))
                }
                None => Ok(None),
            },
            Some((Open::Declared { .. }, ..)) | None if query_follows => {
                self.close_clause(i, "one")?;
                self.frame.place = Place::Other;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// `ONE ROW PER RUN` or `ALL ROWS PER RUN`.
    fn rows_per_run(&self, i: usize) -> Option<&'static str> {
        let is = |offset: usize, text| is_word(self.input.get(i + offset), text);
        let rows = if is(0, "ONE") && is(1, "ROW") {
            "one"
        } else if is(0, "ALL") && is(1, "ROWS") {
            "all"
        } else {
            return None;
        };
        (is(2, "PER") && is(3, "RUN")).then_some(rows)
    }

    /// Does this word end the SELECT list or the FROM?
    fn ends_part(&self, keyword: Keyword) -> bool {
        let reserved = match self.frame.place {
            Place::Select => RESERVED_FOR_COLUMN_ALIAS.contains(&keyword),
            Place::From | Place::Tail => RESERVED_FOR_TABLE_ALIAS.contains(&keyword),
            Place::Other | Place::Create => false,
        };
        reserved && ENDS.contains(&keyword)
    }

    /// `WITHIN GROUP (…)` and `t.* EXCEPT (…)` end nothing.
    fn stands_in_item(&self, i: usize, keyword: Keyword) -> bool {
        let star = || i.checked_sub(1).and_then(|b| self.input.get(b)).is_some_and(|t| t.token == Token::Mul);
        let rest = self.input.get(i + 1..).unwrap_or(&[]);
        match keyword {
            Keyword::GROUP => self.before(i) == Some(Keyword::WITHIN),
            Keyword::EXCEPT => {
                self.frame.place == Place::Select
                    && star()
                    && rest.first().is_some_and(|t| t.token == Token::LParen)
                    && !starts_query(rest)
            }
            _ => false,
        }
    }

    fn end_part(&mut self, i: usize, keyword: Keyword) -> Result<()> {
        self.close_clause(i, "one")?;
        self.end_item(i);
        let set = matches!(keyword, Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS);
        self.frame.place = if set { Place::Other } else { Place::Tail };
        Ok(())
    }

    /// Ends a select item before token `i`.
    fn end_item(&mut self, i: usize) {
        let (Place::Select, Some(select)) = (self.frame.place, self.frame.select) else { return };
        let tokens = self.input.get(self.frame.item..i).unwrap_or(&[]);
        let items = self.out.items.entry(select).or_default();
        let skip = if items.is_empty() { quantifier(tokens) } else { 0 };
        items.push(self.source.line(tokens.get(skip..).unwrap_or(&[])));
        self.frame.item = i + 1;
    }

    /// Writes the stock form of the open clause, whose body ends before token `i`.
    fn close_clause(&mut self, i: usize, rows: &str) -> Result<()> {
        let Some((open, start, span)) = self.frame.clause.take() else { return Ok(()) };
        let body = self.out.tokens.split_off(start.min(self.out.tokens.len()));
        let after = After::new(self.input.get(i), self.end);
        // Queries inside the body move, and are checked with it.
        self.out.queries.retain(|q| q.start < start);
        match open {
            Open::Ordered { partition } => self.close_ordered(clause::ordered_parts(body, partition), span, &after),
            Open::Declared { partition } => {
                let parts = clause::ordered_parts(body, partition);
                self.out.declared = Some(clause::parse_ordered(&parts, span.start, &after, self.limit)?);
                Ok(())
            }
            Open::Runs(kind) => self.close_runs(kind, body, rows, span, &after),
            Open::Tolerance => self.close_tolerance(body, span, &after),
        }
    }

    fn close_ordered(&mut self, parts: clause::OrderedParts, span: Span, after: &After) -> Result<()> {
        clause::parse_ordered(&parts, span.start, after, self.limit)?;
        let kind = if parts.assumed { Kind::Assumed } else { Kind::Ordered };
        let tokens = &mut self.out.tokens;
        let word = |text: &str| keyword(text, span);
        tokens.extend([word("LATERAL"), word("VIEW"), name(&kind.name(), span), symbol(Token::LParen, span)]);
        tokens.extend([symbol(Token::Number("0".into(), false), span), word("ORDER"), word("BY")]);
        tokens.extend(parts.keys);
        tokens.push(symbol(Token::RParen, span));
        if let Some(partition) = parts.partition {
            tokens.extend([word("OVER"), symbol(Token::LParen, span), word("PARTITION"), word("BY")]);
            tokens.extend(partition);
            tokens.push(symbol(Token::RParen, span));
        }
        let hidden = format!("{MARK}c");
        tokens.extend([name(&hidden, span), word("AS"), name(&hidden, span)]);
        Ok(())
    }

    fn close_runs(
        &mut self,
        kind: Kind,
        body: Vec<TokenWithSpan>,
        rows: &str,
        span: Span,
        after: &After,
    ) -> Result<()> {
        if kind == Kind::RunsBy {
            clause::exprs(&body, after, self.limit, "GROUP ORDERED BY")?;
        } else {
            clause::condition(&body, after, self.limit, "GROUP ORDERED WHEN")?;
        }
        let tokens = &mut self.out.tokens;
        tokens.extend([keyword("GROUP", span), keyword("BY", span), name(&kind.name(), span)]);
        tokens.push(symbol(Token::LParen, span));
        tokens.extend(body);
        tokens.extend([symbol(Token::Comma, span), symbol(Token::SingleQuotedString(rows.into()), span)]);
        tokens.push(symbol(Token::RParen, span));
        Ok(())
    }
}
