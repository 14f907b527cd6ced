//! Terms: a word together with the field that it stands in.

/// The longest value that is told apart, in bytes; what is longer is cut.
pub const MAX_VALUE: usize = 512;

/// Where a word stands. The query language names most of these (`dx:`, `rx:` …).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// Anywhere: what a bare word in a query looks for.
    Any,
    /// A diagnosis: code, category or text.
    Diagnosis,
    /// A medicine: code, ingredient or text.
    Medicine,
    /// A result: code or name of the test.
    Lab,
    /// What somebody is allergic to.
    Allergy,
    /// A person's name.
    Name,
    /// The first two to six letters of a word of a name.
    NamePrefix,
    /// Medical record number or another identifier.
    Mrn,
    /// Birth date: the year, the month or the day.
    Birth,
    /// Phone number, digits only.
    Phone,
    /// Blood group.
    Blood,
    /// Who wrote the entry.
    Author,
    /// What kind of entry it is.
    Kind,
    /// A node over days: when it happened.
    Day,
    /// A node over numbers, within one code.
    Number,
    /// Reserved: entries that a later version replaced or that were retracted.
    Dead,
}

impl Field {
    /// The bytes that go into the tag. **Never change one: every tag in every file would miss.**
    pub fn label(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Diagnosis => "dx",
            Self::Medicine => "rx",
            Self::Lab => "lab",
            Self::Allergy => "allergy",
            Self::Name => "name",
            Self::NamePrefix => "name*",
            Self::Mrn => "mrn",
            Self::Birth => "dob",
            Self::Phone => "phone",
            Self::Blood => "blood",
            Self::Author => "author",
            Self::Kind => "kind",
            Self::Day => "day",
            Self::Number => "number",
            Self::Dead => "dead",
        }
    }
}

/// A word in a field, as the index knows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Term {
    field: Field,
    value: Box<[u8]>,
}

impl Term {
    /// A term; the value is cut to [`MAX_VALUE`] bytes.
    pub fn new(field: Field, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        Self {
            field,
            value: value[..value.len().min(MAX_VALUE)].into(),
        }
    }

    /// The reserved word that lists dead entries.
    pub(super) fn dead() -> Self {
        Self::new(Field::Dead, [])
    }

    /// Where the word stands.
    pub fn field(&self) -> Field {
        self.field
    }

    /// The word.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}
