//! Somebody outside the vault who is given things, and has a key and nothing else.

use std::path::PathBuf;

use chartseal::crypto::Hash;
use chartseal::desk::view::{SealedMade, SealedOpened, unwatched};
use chartseal::desk::{DeskError, Session};
use chartseal::interop::sealed::{Recipient, RecipientKey, SealedError};
use chartseal::jobs::sealed_export::{self, Order, What};
use serde_json::Value;

pub struct Office {
    pub folder: tempfile::TempDir,
    pub key: RecipientKey,
    pub recipient: Recipient,
}

impl Office {
    pub fn new() -> Self {
        let key = RecipientKey::random("Dr A. Jones, City Hospital").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            recipient: key.recipient(),
            key,
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn order<'a>(&'a self, what: What<'a>, out: &'a PathBuf) -> Order<'a> {
        Order {
            what,
            to: &self.recipient,
            purpose: "second opinion",
            out,
        }
    }

    /// Has something given out, into a file of that name.
    pub fn given(&self, by: &Session, what: What<'_>, name: &str) -> Result<SealedMade, DeskError> {
        let out = self.file(name);
        sealed_export::export(by, &self.order(what, &out), &unwatched)
    }

    /// Opens a file, and reads its entries.
    pub fn opened(
        &self,
        name: &str,
        pinned: Option<&Hash>,
    ) -> Result<(SealedOpened, Vec<Value>), SealedError> {
        let lines = self.file(&format!("{name}.jsonl"));
        let file = self.file(name);
        let key = self.key.key();
        let told = sealed_export::open(&file, key, pinned, Some(&lines), &unwatched);
        if told.is_err() {
            assert!(
                !lines.exists(),
                "something was written of what does not hold"
            );
        }
        let told = told?;
        let text = std::fs::read_to_string(&lines).unwrap();
        std::fs::remove_file(&lines).unwrap();
        let entries: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(entries.len() as u64, told.entries);
        Ok((told, entries))
    }
}

pub fn chart(mrn: &str) -> What<'_> {
    What::Chart {
        mrn,
        sections: None,
    }
}
