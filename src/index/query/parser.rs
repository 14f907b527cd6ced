//! From tokens to a tree.
//!
//! ```text
//! either = both ("OR" both)*
//! both   = one (["AND"] one)*
//! one    = ("-" | "NOT") one | "(" either ")" | word | "phrase" | field | "history:" [word | "phrase"]
//! ```
//!
//! `history:` stands in no negation.

use jiff::civil::Date;

use super::lexer::{Token, TokenKind, tokens};
use super::{Expr, QueryError, values};

/// The longest query, in characters.
const MAX_LEN: usize = 2_000;
/// How deep parentheses and negations go.
const MAX_DEPTH: usize = 50;

/// Reads a query: what it asks for, and whether of replaced versions too.
pub(super) fn parse(text: &str, today: Date) -> Result<(Expr, bool), QueryError> {
    if text.chars().count() > MAX_LEN {
        return Err(error(MAX_LEN + 1, "a query of at most 2 000 characters"));
    }
    let tokens = tokens(text)?;
    let Some(first) = tokens.first() else {
        return Err(error(1, "a word, a \"phrase\" or a field such as dx:I10"));
    };
    let end = text.chars().count() + 1;
    let mut parser = Parser {
        tokens: &tokens,
        end,
        today,
        depth: 0,
        negation: None,
        history: false,
    };
    let parsed = parser.either()?;
    if let Some(token) = parser.tokens.first() {
        return Err(error(
            token.column,
            "nothing, or an opening parenthesis before",
        ));
    }
    match parsed {
        Some(root) => Ok((root, parser.history)),
        None if parser.history && tokens.len() == 1 => {
            Err(error(end, "what to look for, as in history: pneumonia"))
        }
        None => Err(error(
            first.column,
            "a word that does not stand in nearly every text",
        )),
    }
}

struct Parser<'t, 'q> {
    tokens: &'t [Token<'q>],
    end: usize,
    today: Date,
    depth: usize,
    /// The column of the negation that this is inside of.
    negation: Option<usize>,
    history: bool,
}

// `None` stands for words that were passed over: they ask for nothing.
impl Parser<'_, '_> {
    fn either(&mut self) -> Result<Option<Expr>, QueryError> {
        let mut parts = Vec::new();
        parts.extend(self.both()?);
        while self.peek() == Some(&TokenKind::Or) {
            self.advance();
            parts.extend(self.both()?);
        }
        Ok(joined(parts, Expr::Any))
    }

    fn both(&mut self) -> Result<Option<Expr>, QueryError> {
        let mut parts = Vec::new();
        parts.extend(self.one()?);
        loop {
            match self.peek() {
                None | Some(TokenKind::Or | TokenKind::Close) => break,
                Some(TokenKind::And) => self.advance(),
                Some(_) => {}
            }
            parts.extend(self.one()?);
        }
        Ok(joined(parts, Expr::All))
    }

    fn one(&mut self) -> Result<Option<Expr>, QueryError> {
        let Some((token, rest)) = self.tokens.split_first() else {
            return Err(error(self.end, "a word, a \"phrase\" or a field"));
        };
        self.tokens = rest;
        match &token.kind {
            TokenKind::Not => {
                let outside = self.negation.replace(token.column);
                let negated = self.deeper(token.column, Self::one)?;
                self.negation = outside;
                Ok(negated.map(|expr| match expr {
                    Expr::Not(twice) => *twice,
                    once => Expr::Not(Box::new(once)),
                }))
            }
            TokenKind::Open => {
                let inside = self.deeper(token.column, Self::either)?;
                if self.peek() != Some(&TokenKind::Close) {
                    return Err(error(token.column, "a closing parenthesis for this one"));
                }
                self.advance();
                Ok(inside)
            }
            TokenKind::Word(word) => values::bare(token.column, word),
            TokenKind::Phrase(phrase) => values::phrase(token.column, phrase),
            TokenKind::Field { name, ask, value } if is_history(name) => {
                if let Some(column) = self.negation {
                    let expected = "history: without a negation: it is asked of the whole query";
                    return Err(error(column, expected));
                }
                self.history = true;
                values::formerly(*ask, *value)
            }
            TokenKind::Field { name, ask, value } => {
                values::field(token.column, name, *ask, *value, self.today).map(Some)
            }
            TokenKind::Close | TokenKind::Or | TokenKind::And => {
                Err(error(token.column, "a word, a \"phrase\" or a field"))
            }
        }
    }

    fn deeper<T>(
        &mut self,
        column: usize,
        read: fn(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(error(
                column,
                "fewer parentheses and negations inside each other",
            ));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn peek(&self) -> Option<&TokenKind<'_>> {
        self.tokens.first().map(|token| &token.kind)
    }

    fn advance(&mut self) {
        self.tokens = &self.tokens[1..];
    }
}

/// Whether it asks for replaced versions too.
fn is_history(field: &str) -> bool {
    field.eq_ignore_ascii_case("history")
}

/// One part as it is, several under `join`.
fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(join(parts)),
    }
}

pub(super) fn error(column: usize, expected: impl Into<String>) -> QueryError {
    QueryError {
        column,
        expected: expected.into(),
    }
}
