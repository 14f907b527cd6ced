//! From the text of a query to its tokens.

use super::QueryError;

/// A token and the column of its first character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'q> {
    pub(super) column: usize,
    pub(super) kind: TokenKind<'q>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'q> {
    Open,
    Close,
    /// A hyphen in front of something.
    Not,
    Or,
    And,
    /// Letters up to the next space or parenthesis.
    Word(&'q str),
    /// What stands between quotes.
    Phrase(&'q str),
    /// A field, how it is asked about, and the value.
    Field {
        name: &'q str,
        ask: Ask,
        value: Value<'q>,
    },
}

/// What stands after a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'q> {
    /// Without its quotes.
    pub(super) text: &'q str,
    /// The column of its first character or quote.
    pub(super) column: usize,
    /// Whether it stands between quotes, where a star is a sign like any other, but for the end of a name.
    pub(super) quoted: bool,
}

impl Value<'_> {
    /// Whether it has a star that asks for more than itself.
    pub(super) fn is_starred(self) -> bool {
        !self.quoted && self.text.contains('*')
    }
}

/// What stands between a field and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// `:` or `=`
    Is,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Ask {
    /// How a comparison at the front of `text` asks, and how many bytes it takes.
    pub(super) fn read(text: &str) -> Option<(Self, usize)> {
        let forms = [
            (">=", Self::AtLeast),
            ("<=", Self::AtMost),
            ("≥", Self::AtLeast),
            ("≤", Self::AtMost),
            (">", Self::Above),
            ("<", Self::Below),
            (":", Self::Is),
            ("=", Self::Is),
        ];
        forms
            .into_iter()
            .find(|(form, _)| text.starts_with(form))
            .map(|(form, ask)| (ask, form.len()))
    }
}

/// Splits a query.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, QueryError> {
    let mut lexer = Lexer {
        rest: text,
        column: 1,
        tokens: Vec::new(),
    };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'q> {
    rest: &'q str,
    column: usize,
    tokens: Vec<Token<'q>>,
}

impl<'q> Lexer<'q> {
    fn next(&mut self) -> Result<bool, QueryError> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.take(blank);
        let column = self.column;
        let Some(first) = self.rest.chars().next() else {
            return Ok(false);
        };
        let second = self.rest[first.len_utf8()..].chars().next();
        let kind = match first {
            '(' => self.single(TokenKind::Open),
            ')' => self.single(TokenKind::Close),
            '-' | '−' if second.is_some_and(|c| !c.is_whitespace() && c != ')') => {
                self.single(TokenKind::Not)
            }
            '"' => TokenKind::Phrase(self.quoted()?),
            _ => self.word()?,
        };
        self.tokens.push(Token { column, kind });
        Ok(true)
    }

    fn word(&mut self) -> Result<TokenKind<'q>, QueryError> {
        let name = self.rest.len()
            - self
                .rest
                .trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                .len();
        let begins_with_letter = self.rest.chars().next().is_some_and(char::is_alphabetic);
        if let Some((ask, len)) = Ask::read(&self.rest[name..]).filter(|_| begins_with_letter) {
            let name = self.take(name);
            self.take(len);
            let column = self.column;
            let quoted = self.rest.starts_with('"');
            let text = if quoted { self.quoted()? } else { self.run() };
            let value = Value {
                text,
                column,
                quoted,
            };
            return Ok(TokenKind::Field { name, ask, value });
        }
        let word = self.run();
        let is = |operator: &str| word.eq_ignore_ascii_case(operator);
        Ok(match word {
            _ if is("or") => TokenKind::Or,
            _ if is("and") => TokenKind::And,
            _ if is("not") => TokenKind::Not,
            word => TokenKind::Word(word),
        })
    }

    /// Everything up to a space, a parenthesis or a quote.
    fn run(&mut self) -> &'q str {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'))
            .unwrap_or(self.rest.len());
        self.take(end)
    }

    fn quoted(&mut self) -> Result<&'q str, QueryError> {
        let column = self.column;
        self.take(1);
        let Some(end) = self.rest.find('"') else {
            return Err(QueryError {
                column,
                expected: "a closing quote for this one".to_owned(),
            });
        };
        let inside = self.take(end);
        self.take(1);
        Ok(inside)
    }

    fn single(&mut self, kind: TokenKind<'q>) -> TokenKind<'q> {
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        self.take(first);
        kind
    }

    fn take(&mut self, bytes: usize) -> &'q str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.column += taken.chars().count();
        self.rest = rest;
        taken
    }
}
