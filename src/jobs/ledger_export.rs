//! The ledger's headers, signatures and links as JSON lines, verifiable without keys.
//!
//! One object a line: `seq`, `core`, `anchor`, `digest`, `signature`, `link`, in hexadecimal digits, and for clear entries `box`.
//! Bodies that are sealed are left out; their digests are signed.
//!
//! An export that begins after entry *n* first brings the clear entries up to *n*, each with `"context": true`, because they say
//! who the authors are. Its first other line has `previous`, the link that it follows.

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::crypto::hash::Hash;
use crate::crypto::hex::{hex, unhex};
use crate::crypto::sign::Signature;
use crate::desk::{self, DeskError};
use crate::ledger::{Core, Form, Row, canonical};
use crate::vault::permit::ReadLedger;

const BATCH: usize = 1_000;
const BYTES: usize = 8 << 20;

/// One line, read.
pub struct Line {
    /// The row. The body of a sealed entry is not there.
    pub row: Row,
    /// Whether it only says who is who: there may be gaps before it.
    pub context: bool,
    /// The link before it, where the line before is not its neighbour.
    pub previous: Option<Hash>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    seq: u64,
    core: String,
    anchor: String,
    digest: String,
    signature: String,
    link: String,
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    context: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

impl Line {
    /// Reads a line. The reason why it cannot be read comes back in words.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let text: Text = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let bytes = |what: &str, digits: &str| {
            unhex(digits).ok_or_else(|| format!("`{what}` is not hexadecimal"))
        };
        let hash = |what: &str, digits: &str| -> Result<Hash, String> {
            let bytes = bytes(what, digits)?;
            bytes
                .try_into()
                .map(Hash)
                .map_err(|_| format!("`{what}` has not 32 bytes"))
        };
        if text.seq == 0 || text.seq > i64::MAX as u64 {
            return Err("`seq` is not the number of an entry".into());
        }
        let signature = Signature::from_slice(&bytes("signature", &text.signature)?);
        Ok(Self {
            row: Row {
                seq: text.seq,
                core: bytes("core", &text.core)?,
                anchor: hash("anchor", &text.anchor)?,
                digest: hash("digest", &text.digest)?,
                signature: signature.ok_or("`signature` has not 64 bytes")?,
                link: hash("link", &text.link)?,
                body: text.body.map(|body| bytes("box", &body)).transpose()?,
            },
            context: text.context,
            previous: text
                .previous
                .map(|previous| hash("previous", &previous))
                .transpose()?,
        })
    }

    fn write(
        row: &Row,
        context: bool,
        previous: Option<Hash>,
        out: &mut dyn Write,
    ) -> Result<(), DeskError> {
        let line = Text {
            seq: row.seq,
            core: hex(&row.core),
            anchor: row.anchor.to_string(),
            digest: row.digest.to_string(),
            signature: hex(&row.signature.0),
            link: row.link.to_string(),
            body: row.body.as_ref().map(|body| hex(body)),
            context,
            previous: previous.map(|link| link.to_string()),
        };
        serde_json::to_writer(&mut *out, &line)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|error| DeskError::Outside(format!("the export cannot be written: {error}")))
    }
}

/// Writes the entries after `since`. Auditors and admins may. Returns how many entries were written, context not counted.
pub fn export(session: &desk::Session, since: u64, out: &mut dyn Write) -> Result<u64, DeskError> {
    let authority = session.vault().authority::<ReadLedger>()?;
    let ledger = authority.session().ledger().again()?.for_a_walk()?;
    let mut after = 0;
    let mut written = 0;
    let mut previous = Hash([0; 32]);
    let mut begun = since == 0;
    loop {
        let rows = ledger.read(|tx| tx.scan(after, BATCH, BYTES))?;
        let Some(last) = rows.last() else {
            return Ok(written);
        };
        after = last.seq;
        for scanned in rows {
            let (seq, damage) = (scanned.seq, scanned.damage);
            let Some((mut row, _)) = scanned.row else {
                let what = damage.unwrap_or_default();
                return Err(DeskError::Damaged(format!("entry {seq}: {what}")));
            };
            let clear = canonical::decode::<Core>("entry header", &row.core)
                .is_ok_and(|core| core.form == Form::Clear);
            if !clear {
                row.body = None;
            }
            let context = seq <= since;
            let link = row.link;
            if clear || !context {
                let before = (!context && !begun).then_some(previous);
                Line::write(&row, context, before, out)?;
            }
            if !context {
                begun = true;
                written += 1;
            }
            previous = link;
        }
    }
}
