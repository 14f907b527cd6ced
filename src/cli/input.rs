//! Files that a command takes in; `-` is standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{Exit, Failure};
use crate::crypto::secret::SecretBytes;

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

#[cfg(test)]
mod tests {
    use super::*;

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
