//! Extensions for what the domain knows and FHIR R4 has no field for. Foreign ones survive in the original bytes.

use super::convert::some;
use super::types::{Extension, Number};

/// The start of the URLs of our extensions.
const BASE: &str = "urn:chartseal:fhir:";

/// The extension named `name`.
pub(super) fn find<'a>(extensions: &'a [Extension], name: &str) -> Option<&'a Extension> {
    extensions
        .iter()
        .find(|e| e.url.as_deref().and_then(|url| url.strip_prefix(BASE)) == Some(name))
}

/// The text of the extension named `name`.
pub(super) fn string<'a>(extensions: &'a [Extension], name: &str) -> Option<&'a str> {
    find(extensions, name)?.value_string.as_deref()
}

/// The code of the extension named `name`.
pub(super) fn code<'a>(extensions: &'a [Extension], name: &str) -> Option<&'a str> {
    find(extensions, name)?.value_code.as_deref()
}

/// An extension with a text.
pub(super) fn of_string(name: &str, text: &str) -> Extension {
    Extension {
        value_string: Some(text.to_owned()),
        ..named(name)
    }
}

/// An extension with a code.
pub(super) fn of_code(name: &str, code: &str) -> Extension {
    Extension {
        value_code: some(code),
        ..named(name)
    }
}

/// An extension with a whole number.
pub(super) fn of_integer(name: &str, number: u16) -> Extension {
    Extension {
        value_integer: Some(Number::of(i64::from(number))),
        ..named(name)
    }
}

/// An extension with bytes in base64.
pub(super) fn of_base64(name: &str, text: String) -> Extension {
    Extension {
        value_base64_binary: Some(text),
        ..named(name)
    }
}

fn named(name: &str) -> Extension {
    Extension {
        url: Some(format!("{BASE}{name}")),
        ..Extension::default()
    }
}
