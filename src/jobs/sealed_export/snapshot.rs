//! Giving out from a snapshot: the vault as it was is brought back into a scratch folder, opened with the exporter's own keys, and
//! removed again.

use std::path::Path;

use super::plan::Plan;
use super::{Order, begin, record, write};
use crate::backup::PrintedHead;
use crate::backup::restore::Damage;
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::desk::view::{Reporter, SealedMade};
use crate::desk::{DeskError, session};
use crate::jobs::backup::{Scratch, Target};

/// Which snapshot, and who opens it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Where the repository is.
    pub target: &'a Target,
    /// The beginning of a snapshot's id; the newest if none.
    pub snapshot: Option<&'a str>,
    /// The texts of the restore shares.
    pub shares: &'a [SecretBytes],
    /// The head of the last backup, where somebody wrote it down.
    pub head: Option<&'a PrintedHead>,
    /// The folder below which the scratch folder is made; that of the vault if none.
    pub scratch: Option<&'a Path>,
    /// Who gives out; they must be able to log in, here and in what is restored.
    pub login: &'a str,
    /// Their passphrase.
    pub passphrase: &'a SecretBytes,
}

/// Gives out what a snapshot holds. **It goes on record in the vault that is in use, and only what the exporter reaches in that one,
/// too, goes along**: whoever's access ended since the snapshot gets nothing by it, and what was erased stays so.
pub fn export_from_snapshot(
    paths: &Paths,
    source: &Source<'_>,
    order: &Order<'_>,
    watch: Reporter<'_>,
) -> Result<SealedMade, DeskError> {
    let live = session::login(paths, source.login, source.passphrase)?;
    let out = begin(order)?;
    let beside = paths.vault.parent().unwrap_or(Path::new("."));
    let scratch = Scratch::below(source.scratch.unwrap_or(beside), "export")?;
    let bring = (source.shares, source.head);
    let restored = scratch.restore(
        source.target,
        (source.snapshot, Damage::Refuse),
        bring,
        watch,
    )?;
    if let Some(finding) = restored.verify.findings.first() {
        return Err(DeskError::Damaged(format!(
            "snapshot {} does not hold: {}",
            restored.snapshot, finding.text
        )));
    }
    let then = session::login(&scratch.paths(), source.login, source.passphrase)?;
    if then.vault().host().vault() != live.vault().host().vault() {
        return Err(DeskError::BadInput(
            "the repository holds another vault than the one in use".into(),
        ));
    }
    // What the restored vault wrote since, such as its new host's certificate, is not part of the snapshot.
    let mut plan = Plan::make(&then, &order.what, Some(restored.entries), watch)?;
    plan.within(&live)?;
    let id = record::put(&live, &plan, order, Some(&restored.snapshot))?;
    write(
        &then,
        &plan,
        order,
        (id, Some(restored.snapshot)),
        out,
        watch,
    )
}
