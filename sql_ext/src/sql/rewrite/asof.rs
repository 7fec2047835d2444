//! `ASOF JOIN`: what belongs to it becomes one hidden call in a stock MATCH_CONDITION.
//!
//! | the user's | stock |
//! |---|---|
//! | `ASOF JOIN r MATCH_CONDITION (c) ON e TOLERANCE t NEAREST` | `ASOF JOIN r MATCH_CONDITION (␁asof_nearest('match', c, t)) ON e` |
//! | `ASOF LEFT JOIN r ON e` | `ASOF JOIN r MATCH_CONDITION (␁asof('left', TRUE)) ON e` |
//!
//! TOLERANCE and NEAREST count only once the condition has been read: before, they may be aliases.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::super::carrier::Kind;
use super::super::clause::{self, After};
use super::super::token::{at, is_word, keyword, keyword_of, name, symbol};
use super::super::words::{is_join_word, unsupported};
use super::{Frame, Open, Place, Rewriter};
use crate::error::{Code, Error, Result};

/// The ASOF JOIN of a FROM that was read last, as far as it goes.
#[derive(Debug, Default)]
pub(super) struct Asof {
    /// INNER or LEFT, where it was written.
    written: Option<&'static str>,
    /// Where the hidden name stands in the output.
    name: Option<usize>,
    /// Where further arguments of the hidden call go.
    end: Option<usize>,
    tolerance: bool,
    nearest: bool,
}

fn syntax(message: &str, token: &TokenWithSpan) -> Error {
    at(Error::new(Code::Syntax, message), token.span.start)
}

impl Rewriter<'_> {
    /// Joins that the stock planner does not know, and a GLOBAL that it ignores.
    pub(super) fn join_word(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let next = self.input.get(i + 1);
        let then = next.and_then(keyword_of);
        let paren = next.filter(|t| t.token == Token::LParen);
        match keyword_of(token) {
            Some(Keyword::GLOBAL) if then.is_some_and(is_join_word) => Ok(1),
            Some(Keyword::MATCH_RECOGNIZE) if paren.is_some() => Err(unsupported("MATCH_RECOGNIZE", token)),
            Some(Keyword::ASOF) if then.is_some_and(is_join_word) => self.asof(i, token),
            Some(Keyword::MATCH_CONDITION) => match paren {
                Some(paren) => self.match_condition(token, paren),
                None => Ok(0),
            },
            Some(Keyword::ON | Keyword::USING) => self.asof_constraint(token),
            Some(word) if is_join_word(word) => {
                self.frame.asof = None;
                Ok(0)
            }
            _ if is_word(Some(token), "TOLERANCE") => self.tolerance(token),
            _ if is_word(Some(token), "NEAREST") => self.nearest(token),
            _ => Ok(0),
        }
    }

    /// `ASOF [INNER | LEFT [OUTER]] JOIN`.
    fn asof(&mut self, i: usize, token: &TokenWithSpan) -> Result<usize> {
        let word = |n: usize| self.input.get(i + n).and_then(keyword_of);
        let (written, taken) = match (word(1), word(2), word(3)) {
            (Some(Keyword::JOIN), ..) => (None, 2),
            (Some(Keyword::INNER), Some(Keyword::JOIN), _) => (Some("inner"), 3),
            (Some(Keyword::LEFT), Some(Keyword::JOIN), _) => (Some("left"), 3),
            (Some(Keyword::LEFT), Some(Keyword::OUTER), Some(Keyword::JOIN)) => (Some("left"), 4),
            _ => {
                let error = Error::new(Code::NotSupported, "an ASOF JOIN is INNER or LEFT")
                    .with_hint("to keep the rows of the other side, join them the other way round");
                return Err(at(error, token.span.start));
            }
        };
        self.out.tokens.extend([token.clone(), keyword("JOIN", token.span)]);
        self.frame.asof = Some(Asof { written, ..Asof::default() });
        self.name_next = true;
        self.relation_next = true;
        Ok(taken)
    }

    /// `MATCH_CONDITION (`: opens the hidden call around the condition.
    fn match_condition(&mut self, token: &TokenWithSpan, paren: &TokenWithSpan) -> Result<usize> {
        let Some(asof) = self.frame.asof.as_mut().filter(|a| a.name.is_none()) else { return Ok(0) };
        if asof.written == Some("inner") {
            let error = Error::new(Code::Clause, "ASOF JOIN with MATCH_CONDITION keeps every left row").with_hint(
                "leave out INNER and filter in WHERE, or write ASOF JOIN r ON l.key = r.key AND l.ts >= r.ts",
            );
            return Err(at(error, token.span.start));
        }
        let tokens = &mut self.out.tokens;
        tokens.extend([token.clone(), paren.clone()]);
        asof.name = Some(tokens.len());
        call(tokens, "match", token.span);
        let mut frame = Frame::new(Place::Other, false, tokens.len());
        frame.condition = true;
        self.stack.push(std::mem::replace(&mut self.frame, frame));
        self.name_next = true;
        self.relation_next = false;
        Ok(2)
    }

    /// The end of a MATCH_CONDITION, whose body starts at `start` in the output; `i` is its parenthesis.
    pub(super) fn close_condition(&mut self, i: usize, start: usize) -> Result<()> {
        let after = After::new(self.input.get(i), self.end);
        let body = self.out.tokens.get(start..).unwrap_or(&[]);
        clause::condition(body, &after, self.limit, "MATCH_CONDITION")?;
        if let (Some(asof), Some(paren)) = (&mut self.frame.asof, self.input.get(i)) {
            asof.end = Some(self.out.tokens.len());
            self.out.tokens.push(paren.clone());
        }
        Ok(())
    }

    /// ON or USING: without a MATCH_CONDITION before it, this is DuckDB's spelling.
    fn asof_constraint(&mut self, token: &TokenWithSpan) -> Result<usize> {
        let Some(asof) = &mut self.frame.asof else { return Ok(0) };
        if asof.tolerance || asof.nearest {
            return Err(syntax("ON and USING stand before TOLERANCE and NEAREST", token));
        }
        if asof.name.is_some() {
            return Ok(0);
        }
        let span = token.span;
        let tokens = &mut self.out.tokens;
        tokens.extend([keyword("MATCH_CONDITION", span), symbol(Token::LParen, span)]);
        asof.name = Some(tokens.len());
        call(tokens, asof.written.unwrap_or("inner"), span);
        tokens.push(keyword("TRUE", span));
        asof.end = Some(tokens.len());
        tokens.extend([symbol(Token::RParen, span), symbol(Token::RParen, span)]);
        self.out.replaced.insert(span.start, token.to_string());
        Ok(0)
    }

    fn tolerance(&mut self, token: &TokenWithSpan) -> Result<usize> {
        let Some(asof) = self.frame.asof.as_mut().filter(|a| a.end.is_some()) else { return Ok(0) };
        if asof.tolerance {
            return Err(syntax("TOLERANCE stands twice", token));
        }
        asof.tolerance = true;
        self.frame.clause = Some((Open::Tolerance, self.out.tokens.len(), token.span));
        self.name_next = true;
        Ok(1)
    }

    /// NEAREST is a matter of the hidden name.
    fn nearest(&mut self, token: &TokenWithSpan) -> Result<usize> {
        let Some(asof) = self.frame.asof.as_mut().filter(|a| a.end.is_some()) else { return Ok(0) };
        if asof.nearest {
            return Err(syntax("NEAREST stands twice", token));
        }
        asof.nearest = true;
        if let Some(hidden) = asof.name.and_then(|i| self.out.tokens.get_mut(i)) {
            *hidden = name(&Kind::AsofNearest.name(), hidden.span);
        }
        self.name_next = false;
        Ok(1)
    }

    /// Does this word stand after a TOLERANCE, rather than in it?
    pub(super) fn ends_tolerance(&self, i: usize, token: &TokenWithSpan) -> bool {
        let join =
            |k: Keyword| is_join_word(k) || matches!(k, Keyword::GLOBAL | Keyword::LATERAL | Keyword::MATCH_RECOGNIZE);
        let own = |text: &&str| is_word(Some(token), text);
        matches!(self.frame.clause, Some((Open::Tolerance, ..)))
            && (keyword_of(token).is_some_and(join)
                || ["LINK", "NEAREST", "TOLERANCE"].iter().any(&own)
                || own(&"ORDERED") && is_word(self.input.get(i + 1), "BY"))
    }

    /// Puts the body of a TOLERANCE among the arguments of the hidden call.
    pub(super) fn close_tolerance(&mut self, body: Vec<TokenWithSpan>, span: Span, after: &After) -> Result<()> {
        clause::condition(&body, after, self.limit, "TOLERANCE")?;
        let Some(end) = self.frame.asof.as_ref().and_then(|a| a.end) else { return Ok(()) };
        let added = body.len() + 1;
        self.out.tokens.splice(end..end, std::iter::once(symbol(Token::Comma, span)).chain(body));
        for query in self.out.queries.iter_mut().filter(|q| q.start >= end) {
            *query = query.start + added..query.end + added;
        }
        Ok(())
    }

    /// A comma in a FROM ends a join.
    pub(super) fn comma_in_from(&mut self, i: usize) -> Result<()> {
        if matches!(self.frame.clause, Some((Open::Tolerance, ..))) {
            self.close_clause(i, "one")?;
        }
        self.frame.asof = None;
        Ok(())
    }
}

/// `␁asof('mode',`
fn call(tokens: &mut Vec<TokenWithSpan>, mode: &str, span: Span) {
    tokens.extend([name(&Kind::Asof.name(), span), symbol(Token::LParen, span)]);
    tokens.extend([symbol(Token::SingleQuotedString(mode.into()), span), symbol(Token::Comma, span)]);
}
