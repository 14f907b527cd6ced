//! Texts that a person began and did not sign: kept while they type, offered again once they are back.
//!
//! Each stands in a row of its own in the table `draft`, padded, sealed under a key that is derived from the person's own identity.
//! **Nobody else reads them, no entry speaks of them, and the row's name tells neither chart nor kind**; a thief of the file sees
//! how many a person has and how long they are, coarsely. A backup carries them as it carries every draft: they open again under
//! the identity that wrote them, and under no other.
//!
//! ```text
//! name   = "text/" || hex(first 16 bytes of HMAC(personal key "chartseal/draft-name/v1", CBOR [kind, chart, amends, begun]))
//! sealed = AES-256-GCM(personal key "chartseal/draft/v1", pad(CBOR of Draft), aad = certificate || name)
//! ```
//!
//! Sealing needs the keys and takes microseconds; writing needs none and may wait for other writers. So a session that locks
//! seals what is being typed, wipes its keys, and then writes.

use zeroize::{Zeroize, Zeroizing};

use crate::crypto::hex::hex;
use crate::crypto::pad;
use crate::crypto::secret::SecretBytes;
use crate::ledger::{CertId, canonical};
use crate::vault::VaultError;

use super::error::DeskError;
use super::session::Session;
use super::view::Draft;

const PREFIX: &str = "text/";
const NAME: &str = "chartseal/draft-name/v1";
const LABEL: &str = "chartseal/draft/v1";
/// Bytes of a draft that are kept; more than anyone types, less than what would be felt at each pause in typing.
const LONGEST: usize = 1 << 20;

/// A row of the table, ready to be written.
#[derive(Debug)]
pub struct Row {
    owner: CertId,
    /// The row's name: the same for every state of one draft.
    pub name: String,
    sealed: Vec<u8>,
}

impl Row {
    /// Writes it in place of the draft's last state. Needs no key: the session may be locked by now.
    pub fn store(&self, session: &Session) -> Result<(), DeskError> {
        let ledger = session.vault().ledger();
        ledger.write(|tx| Ok(tx.put_draft(&self.owner, &self.name, &self.sealed)?))
    }
}

/// Seals a draft as it stands.
pub fn seal(session: &Session, draft: &Draft) -> Result<Row, DeskError> {
    let typed: usize = draft.fields.iter().map(|(_, text)| text.len()).sum();
    let amends = draft.amends.as_ref();
    let length = typed + amends.map_or(0, |amends| Zeroizing::new(amends.body.encode()).len());
    if length > LONGEST {
        return Err(DeskError::BadInput(
            "this text is too long to be kept while it is unsigned; sign it in parts".into(),
        ));
    }
    let mut row = gone(session, draft)?;
    // Room enough that encoding and padding move no plain text.
    let mut plain = Vec::with_capacity(2 * length + 4 * pad::FLOOR);
    minicbor::encode(draft, &mut plain).expect("encoding into a Vec has no way to fail");
    pad::pad(&mut plain);
    let key = session.vault().personal_key(LABEL)?;
    row.sealed = key.seal(&bound(&row.owner, &row.name), &plain);
    plain.zeroize();
    Ok(row)
}

/// The row that takes a draft away, once it is signed or discarded.
pub fn gone(session: &Session, draft: &Draft) -> Result<Row, DeskError> {
    let owner = session.vault().cert();
    let what = (draft.kind, &draft.mrn, draft.amended(), draft.begun);
    let tag = session
        .vault()
        .personal_tag(NAME, &canonical::encode(&what))?;
    Ok(Row {
        owner,
        name: format!("{PREFIX}{}", hex(&tag[..16])),
        sealed: Vec::new(),
    })
}

/// A person's drafts, the last changed first. What does not open (another key, changed bytes, a newer form) is passed over.
pub fn list(session: &Session) -> Result<Vec<Draft>, DeskError> {
    let owner = session.vault().cert();
    let rows = session
        .vault()
        .ledger()
        .read(|tx| Ok::<_, VaultError>(tx.drafts_of(&owner)?))?;
    let key = session.vault().personal_key(LABEL)?;
    let opened = rows
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .filter_map(|(name, sealed)| {
            let plain: SecretBytes = key.open(&bound(&owner, &name), &sealed).ok()?;
            let unpadded = pad::unpad(plain.expose())?;
            // Not through `canonical`, which would leave another copy of the text behind.
            minicbor::decode(unpadded).ok()
        });
    let mut drafts: Vec<Draft> = opened.collect();
    drafts.sort_by_key(|draft| std::cmp::Reverse(draft.changed));
    Ok(drafts)
}

fn bound(owner: &CertId, name: &str) -> Vec<u8> {
    [owner.as_bytes(), name.as_bytes()].concat()
}
