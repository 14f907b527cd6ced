//! The restorer on a thread where it may block.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::backup::error::BackupError;
use crate::backup::source::{Cause, Provenance, Restorer, Row, TableId};
use crate::crypto::SecretBytes;

/// Makes a restorer that writes to a folder.
pub type Make = dyn Fn(&Path) -> Result<Box<dyn Restorer>, Cause> + Send + Sync;

pub(super) enum Load {
    Rows(Vec<Row>),
    Later(Vec<Row>),
    Table(TableId, Vec<Vec<u8>>),
    /// The index did not come whole.
    WithoutIndex,
    /// Everything was given; without this the restorer must not finish.
    End,
}

pub(super) struct Worker {
    give: mpsc::Sender<Load>,
    thread: tokio::task::JoinHandle<Result<(), BackupError>>,
}

impl Worker {
    pub(super) fn start(
        staging: &Path,
        make: Arc<Make>,
        provenance: Provenance,
        host_secret: SecretBytes,
    ) -> Self {
        let (give, mut take) = mpsc::channel(2);
        let staging = staging.to_owned();
        let mut work = move || {
            let mut restorer = make(&staging)?;
            while let Some(load) = take.blocking_recv() {
                match load {
                    Load::Rows(rows) => restorer.rows(rows)?,
                    Load::Later(rows) => restorer.later(rows)?,
                    Load::Table(table, rows) => restorer.table(table, rows)?,
                    Load::WithoutIndex => restorer.without_index()?,
                    Load::End => return restorer.finish(&provenance, &host_secret),
                }
            }
            Ok(())
        };
        let thread = tokio::task::spawn_blocking(move || work().map_err(BackupError::Restorer));
        Self { give, thread }
    }

    pub(super) async fn give(&self, load: Load) -> Result<(), BackupError> {
        // Refused only when the thread has ended, whose error `end` then gives.
        self.give
            .send(load)
            .await
            .map_err(|_| BackupError::Task("the restorer stopped".into()))
    }

    pub(super) async fn end(self) -> Result<(), BackupError> {
        drop(self.give);
        self.thread
            .await
            .map_err(|e| BackupError::Task(e.to_string()))?
    }
}
