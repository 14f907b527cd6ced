//! A person's own queries: those kept under a name, and those asked of late.
//!
//! They stand in the table `draft` under the name `queries`: one value, padded, sealed under a key that is derived from the person's own
//! identity. **Nobody else reads them, no entry speaks of them**, and a backup carries them as it carries every draft.
//!
//! ```text
//! sealed = AES-256-GCM(personal key "chartseal/queries/v1", pad(CBOR), aad = certificate || "queries")
//! CBOR   = { 0: [[name, query], …], 1: [query, …] }        the last asked first
//! ```

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use crate::crypto::pad;
use crate::ledger::{CertId, canonical};
use crate::vault::{Reader, Writer};

use super::error::DeskError;
use super::session::Session;
use super::view;

const NAME: &str = "queries";
const LABEL: &str = "chartseal/queries/v1";
/// Queries asked of late that are remembered.
const RECENT: usize = 50;
/// Queries kept under a name.
const SAVED: usize = 100;
/// Letters of a query or a name that are kept.
const LONGEST: usize = 1_000;

#[derive(Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    saved: Vec<(String, String)>,
    #[n(1)]
    recent: Vec<String>,
}

impl Kept {
    fn view(self) -> view::Queries {
        let saved = self.saved.into_iter();
        view::Queries {
            saved: saved
                .map(|(name, query)| view::SavedQuery { name, query })
                .collect(),
            recent: self.recent,
        }
    }
}

fn bound(owner: &CertId) -> Vec<u8> {
    [owner.as_bytes(), NAME.as_bytes()].concat()
}

/// What is kept. What does not open any more (another key, changed bytes) counts as nothing: it is a convenience and no record.
fn open(reader: &Reader<'_>) -> Result<Kept, DeskError> {
    let me = reader.me();
    let Some(sealed) = reader.tx().draft(&me, NAME)? else {
        return Ok(Kept::default());
    };
    let opened = reader.personal_key(LABEL)?.open(&bound(&me), &sealed).ok();
    let kept = opened.and_then(|opened| {
        pad::unpad(opened.expose()).and_then(|plain| canonical::decode(NAME, plain).ok())
    });
    Ok(kept.unwrap_or_default())
}

fn seal(writer: &mut Writer<'_, '_>, kept: &Kept) -> Result<(), DeskError> {
    let me = writer.reader().me();
    let key = writer.reader().personal_key(LABEL)?;
    let mut plain = canonical::encode(kept);
    pad::pad(&mut plain);
    let sealed = key.seal(&bound(&me), &plain);
    plain.zeroize();
    writer.tx().put_draft(&me, NAME, &sealed)?;
    Ok(())
}

fn cut(text: &str) -> String {
    text.trim().chars().take(LONGEST).collect()
}

/// A person's queries.
pub fn list(session: &Session) -> Result<view::Queries, DeskError> {
    session
        .vault()
        .read(|reader| Ok::<_, DeskError>(open(reader)?.view()))
}

/// Remembers a query that was asked, in the transaction that puts the search on record.
pub(super) fn asked(writer: &mut Writer<'_, '_>, query: &str) -> Result<(), DeskError> {
    let query = cut(query);
    let mut kept = open(&writer.reader())?;
    if kept.recent.first() == Some(&query) {
        return Ok(());
    }
    kept.recent.retain(|known| *known != query);
    kept.recent.insert(0, query);
    kept.recent.truncate(RECENT);
    seal(writer, &kept)
}

/// Keeps a query under a name, in place of the one that had the name before.
pub fn save(session: &Session, name: &str, query: &str) -> Result<view::Queries, DeskError> {
    let (name, query) = (cut(name), cut(query));
    if name.is_empty() || query.is_empty() {
        return Err(DeskError::BadInput(
            "a saved query needs a name and a query".to_owned(),
        ));
    }
    change(session, |kept| {
        kept.saved.retain(|(known, _)| *known != name);
        if kept.saved.len() == SAVED {
            return Err(DeskError::BadInput(format!(
                "{SAVED} queries are kept already; forget one first"
            )));
        }
        kept.saved.push((name, query));
        kept.saved.sort();
        Ok(())
    })
}

/// Forgets the query of this name. There being none is no error.
pub fn forget(session: &Session, name: &str) -> Result<view::Queries, DeskError> {
    change(session, |kept| {
        kept.saved.retain(|(known, _)| known != name);
        Ok(())
    })
}

fn change(
    session: &Session,
    work: impl FnOnce(&mut Kept) -> Result<(), DeskError>,
) -> Result<view::Queries, DeskError> {
    session.vault().write(|writer| {
        let mut kept = open(&writer.reader())?;
        work(&mut kept)?;
        seal(writer, &kept)?;
        Ok(kept.view())
    })
}
