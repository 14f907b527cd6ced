//! Files that a command takes in; `-` is standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{Exit, Failure};
use crate::crypto::secret::SecretBytes;
use crate::desk::view::Stamp;

/// More than any single resource has. What is larger is the wrong file.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Reads a whole file, or standard input for `-`. After `--passphrase-file -` that is what follows the first line.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let bytes = if path == Path::new("-") {
        whole(io::stdin().lock())
    } else {
        File::open(path).and_then(whole)
    };
    let bytes = bytes.map_err(|error| {
        Failure::new(Exit::BadInput, "unreadable", format!("cannot read {name}"))
            .hint("check the path and that this account may read it")
            .because(&error)
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(
            Exit::BadInput,
            "too-large",
            format!("{name} is larger than 16 MiB"),
        )
        .hint("one entry is one resource; bundles go through `chartseal import fhir`"));
    }
    Ok(bytes)
}

/// Reads a whole file that holds a secret, such as a share.
pub fn read_secret(path: &Path) -> Result<SecretBytes, Failure> {
    read(path).map(SecretBytes::new)
}

fn whole(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The moment at which something ends: an RFC 3339 time, or a date, whose whole day still counts (UTC).
pub fn until(text: &str) -> Result<Stamp, String> {
    moment(text, |date| date.tomorrow())
}

/// The moment from which something counts: an RFC 3339 time, or the beginning of a date (UTC).
pub fn since(text: &str) -> Result<Stamp, String> {
    moment(text, Ok)
}

fn moment(
    text: &str,
    edge: impl FnOnce(jiff::civil::Date) -> Result<jiff::civil::Date, jiff::Error>,
) -> Result<Stamp, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(Stamp(time));
    }
    let date: jiff::civil::Date = text
        .parse()
        .map_err(|_| "expected a date such as 2026-11-22, or an RFC 3339 time".to_owned())?;
    let day = edge(date).and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC));
    day.map(|day| Stamp(day.timestamp()))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_begins_at_its_start_and_ends_at_its_end() {
        assert_eq!(
            since("2026-11-22").unwrap().to_string(),
            "2026-11-22T00:00:00Z"
        );
        assert_eq!(
            until("2026-11-22").unwrap().to_string(),
            "2026-11-23T00:00:00Z"
        );
        assert_eq!(
            until("2026-11-22T08:30:00Z").unwrap().to_string(),
            "2026-11-22T08:30:00Z"
        );
        assert!(until("tomorrow-ish").is_err());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_bad_input() {
        let failure = read(Path::new("/nonexistent/entry.json")).unwrap_err();
        assert_eq!((failure.exit, failure.code), (Exit::BadInput, "unreadable"));
    }

    #[test]
    fn a_file_that_is_too_large_for_one_entry_is_bad_input() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LARGEST + 1).unwrap();
        assert_eq!(read(file.path()).unwrap_err().code, "too-large");
        file.as_file().set_len(7).unwrap();
        assert_eq!(read(file.path()).unwrap(), [0; 7]);
    }
}
