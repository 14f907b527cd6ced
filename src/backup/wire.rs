//! Calls to a target: each with further tries, counted for the progress, and given up when somebody cancels.

use std::sync::Arc;

use super::cancel::Cancel;
use super::progress::Meter;
use super::retry::{Retry, Stopped, Tried};
use super::target::{Name, Put, Shelf, Stat, Target};

/// How many names one question holds.
const ASK: usize = 1000;

/// A target as one run sees it.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The target.
    pub target: Arc<dyn Target>,
    /// How often to try.
    pub retry: Retry,
    /// Who may stop the run.
    pub cancel: Cancel,
    /// Who watches it.
    pub meter: Meter,
}

impl Wire {
    /// A target with ordinary patience, which nobody watches.
    pub fn new(target: Arc<dyn Target>) -> Self {
        Self {
            target,
            retry: Retry::default(),
            cancel: Cancel::new(),
            meter: Meter::unwatched(),
        }
    }

    /// Where the target is, for people.
    pub fn place(&self) -> String {
        self.target.place()
    }

    /// Which of `names` are there.
    pub async fn exists(&self, shelf: Shelf, names: &[Name]) -> Result<Vec<Stat>, Stopped> {
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(ASK) {
            let call = || self.target.exists(shelf, names);
            found.extend(
                self.retry
                    .run(&self.cancel, || self.failed(), call)
                    .await?
                    .into_inner(),
            );
        }
        Ok(found)
    }

    /// Inserts, and says whether an earlier try may have been carried out.
    pub async fn put(
        &self,
        shelf: Shelf,
        name: &Name,
        bytes: Arc<Vec<u8>>,
    ) -> Result<Tried<Put>, Stopped> {
        let len = bytes.len() as u64;
        self.meter.update(|p| p.in_flight += 1);
        let call = || self.target.put(shelf, name, Arc::clone(&bytes));
        let put = self.retry.run(&self.cancel, || self.failed(), call).await;
        self.meter.update(|p| {
            p.in_flight -= 1;
            if put.is_ok() {
                p.acknowledged += len;
            }
        });
        put
    }

    /// Reads.
    pub async fn get(&self, shelf: Shelf, name: &Name) -> Result<Option<Vec<u8>>, Stopped> {
        self.meter.update(|p| p.in_flight += 1);
        let call = || self.target.get(shelf, name);
        let got = self.retry.run(&self.cancel, || self.failed(), call).await;
        self.meter.update(|p| p.in_flight -= 1);
        Ok(got?.into_inner())
    }

    /// Everything on a shelf, in order.
    pub async fn list(&self, shelf: Shelf) -> Result<Vec<Stat>, Stopped> {
        let call = || self.target.list(shelf);
        let mut all = self
            .retry
            .run(&self.cancel, || self.failed(), call)
            .await?
            .into_inner();
        all.sort_unstable();
        Ok(all)
    }

    /// Removes.
    pub async fn delete(&self, shelf: Shelf, name: &Name) -> Result<(), Stopped> {
        let call = || self.target.delete(shelf, name);
        self.retry.run(&self.cancel, || self.failed(), call).await?;
        Ok(())
    }

    /// Makes what a new repository needs.
    pub async fn prepare(&self) -> Result<(), Stopped> {
        let call = || self.target.prepare();
        self.retry.run(&self.cancel, || self.failed(), call).await?;
        Ok(())
    }

    /// The target's clock, if it has one.
    pub async fn clock(&self) -> Result<Option<i64>, Stopped> {
        let call = || self.target.clock();
        Ok(self
            .retry
            .run(&self.cancel, || self.failed(), call)
            .await?
            .into_inner())
    }

    fn failed(&self) {
        self.meter.update(|p| p.retries += 1);
    }
}
