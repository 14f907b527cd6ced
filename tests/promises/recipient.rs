//! The recipient of a sealed export, who has the file, their own key and the vault's id; and whoever gets hold of that file on its way.

use std::path::PathBuf;

use chartseal::crypto::Hash;
use chartseal::crypto::hpke::KemSecret;
use chartseal::desk::view::unwatched;
use chartseal::interop::sealed::{RecipientKey, SealedError};
use chartseal::jobs::sealed_export::{Order, What, export, open};

use crate::life::{SEALED, files, holding, lived};

struct Sent {
    folder: tempfile::TempDir,
    key: RecipientKey,
    vault: Hash,
}

/// A chart that was given out, and the vault gone since: there is nothing left to ask.
fn sent() -> Sent {
    let life = lived();
    let folder = tempfile::tempdir().unwrap();
    let key = RecipientKey::random("Dr A. Jones").unwrap();
    let vault = life.hospital.vault().host().vault();
    let order = Order {
        what: What::Chart {
            mrn: &life.mrn,
            sections: None,
        },
        to: &key.recipient(),
        purpose: "a second opinion",
        out: &folder.path().join("chart"),
    };
    export(&life.hospital.desk("hsmith"), &order, &unwatched).unwrap();
    let home = life.hospital.folder.path().to_owned();
    drop(life);
    assert!(!home.exists());
    Sent { folder, key, vault }
}

impl Sent {
    fn file(&self) -> PathBuf {
        self.folder.path().join("chart")
    }

    fn open(&self, key: &KemSecret, vault: &Hash) -> Result<String, SealedError> {
        let out = self.folder.path().join("opened");
        open(&self.file(), key, Some(vault), Some(&out), &unwatched)?;
        let text = std::fs::read_to_string(&out).unwrap();
        std::fs::remove_file(out).unwrap();
        Ok(text)
    }
}

#[test]
fn the_recipient_of_an_export_verifies_it_offline_with_nothing_but_their_key_and_the_vaults_id() {
    let sent = sent();
    let text = sent.open(sent.key.key(), &sent.vault).unwrap();
    for word in ["Quillfeather", "quinquereme", "amoxicillin"] {
        assert!(text.contains(word), "{word}");
    }
    // What was not given out is not in it: who asked and why, what was searched.
    for word in ["otorhinolaryngologist", "susurrus"] {
        assert!(!text.contains(word), "{word}");
    }
    let other = Hash([1; 32]);
    assert!(matches!(
        sent.open(sent.key.key(), &other),
        Err(SealedError::OtherVault { .. })
    ));
}

#[test]
fn whoever_gets_hold_of_an_export_on_its_way_reads_and_alters_nothing() {
    let sent = sent();
    let on_its_way = files(sent.folder.path());
    assert_eq!(on_its_way.len(), 1);
    for word in SEALED.iter().chain(&["hsmith", "HSMITH", "second opinion"]) {
        assert_eq!(holding(&on_its_way, word), Vec::<String>::new(), "{word}");
    }
    assert!(sent.open(&KemSecret::random(), &sent.vault).is_err());
    let whole = std::fs::read(sent.file()).unwrap();
    let refuse = |bytes: &[u8], what: &str| {
        std::fs::write(sent.file(), bytes).unwrap();
        let opened = sent.open(sent.key.key(), &sent.vault);
        assert!(opened.is_err(), "{what} went unnoticed");
        assert_eq!(files(sent.folder.path()).len(), 1, "{what} left something");
    };
    // Each byte by itself is tried on a smaller one, where the format is tested.
    for at in (0..whole.len()).step_by(97) {
        let mut altered = whole.clone();
        altered[at] ^= 0x40;
        refuse(&altered, &format!("byte {at}"));
        refuse(&whole[..at], &format!("a cut at byte {at}"));
    }
    refuse(&[&whole[..], &whole].concat(), "a second one behind it");
    std::fs::write(sent.file(), &whole).unwrap();
    sent.open(sent.key.key(), &sent.vault).unwrap();
}
