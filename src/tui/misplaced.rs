//! Something wrong in a file that a person wrote, and the line where it stands.

use std::error::Error;

/// Something wrong in a file, and where. Its text begins with the line, as editors and compilers write it after the file's name.
#[derive(Debug, thiserror::Error)]
#[error("{line}: {wrong}")]
pub struct Misplaced<E: Error> {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub wrong: E,
}

impl<E: Error> Misplaced<E> {
    /// What is wrong at the byte `offset` of `text`.
    pub fn at(text: &str, offset: usize, wrong: E) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = 1 + before.matches('\n').count();
        Self { line, wrong }
    }

    /// What a parser of TOML says, on one line.
    pub fn syntax(text: &str, error: &toml::de::Error, wrong: impl Fn(String) -> E) -> Self {
        let said = error.message().lines().next().unwrap_or_default();
        let offset = error.span().map_or(0, |span| span.start);
        Self::at(text, offset, wrong(said.to_owned()))
    }
}
