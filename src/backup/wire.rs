//! Calls to a target: each with further tries, counted for the progress, and given up when somebody cancels.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use super::cancel::Cancel;
use super::progress::Meter;
use super::retry::{Retry, Stopped, Tried};
use super::target::{Name, Put, Shelf, Stat, Target};

/// How many names one question holds.
const ASK: usize = 1000;
/// How long an answer may be that holds many: on a thin link it must not cost much to lose one.
const PORTION: u64 = 256 << 10;
/// How many of those are fetched at a time.
const PORTIONS: usize = 4;

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

    /// Reads many small things in few calls, in the order of `stats`. `None` for what is not there any more.
    pub(super) fn get_each(
        &self,
        shelf: Shelf,
        stats: Vec<Stat>,
    ) -> impl Stream<Item = Result<(Name, Option<Vec<u8>>), Stopped>> {
        stream::iter(portions(stats))
            .map(move |names| self.get_many(shelf, names))
            .buffered(PORTIONS)
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
    }

    async fn get_many(
        &self,
        shelf: Shelf,
        names: Vec<Name>,
    ) -> Result<Vec<(Name, Option<Vec<u8>>)>, Stopped> {
        self.meter.update(|p| p.in_flight += 1);
        let call = || self.target.get_many(shelf, &names);
        let got = self.retry.run(&self.cancel, || self.failed(), call).await;
        self.meter.update(|p| p.in_flight -= 1);
        let mut got: BTreeMap<_, _> = got?.into_inner().into_iter().collect();
        let found = names.into_iter().map(|name| {
            let bytes = got.remove(&name);
            (name, bytes)
        });
        Ok(found.collect())
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

    /// Those of `names` that a new listing has: what is listed and not served may have been deleted in between.
    pub(super) async fn still_listed(
        &self,
        shelf: Shelf,
        mut names: Vec<Name>,
    ) -> Result<Vec<Name>, Stopped> {
        if !names.is_empty() {
            let listed = self.list(shelf).await?;
            names.retain(|name| listed.iter().any(|stat| stat.name == *name));
        }
        Ok(names)
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

/// The names, in portions that make an answer of at most [`PORTION`] bytes or hold one, by the lengths that the target tells.
fn portions(stats: Vec<Stat>) -> Vec<Vec<Name>> {
    let mut portions: Vec<Vec<Name>> = Vec::new();
    let mut bytes = 0;
    for Stat { name, len } in stats {
        // What a target says of lengths is not to be believed.
        bytes = len.saturating_add(bytes);
        match portions.last_mut() {
            Some(portion) if bytes <= PORTION && portion.len() < ASK => portion.push(name),
            _ => {
                portions.push(vec![name]);
                bytes = len;
            }
        }
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_hold_everything_in_order_and_are_neither_long_nor_many() {
        let lens = (0..5_000_u64).map(|n| match n % 7 {
            0 => PORTION + n,
            1 => 0,
            _ => n * 31 % 9_000,
        });
        let stats: Vec<Stat> = lens
            .enumerate()
            .map(|(n, len)| Stat {
                name: Name::parse(&n.to_string()).unwrap(),
                len,
            })
            .collect();
        let len = |name: &Name| stats[name.as_str().parse::<usize>().unwrap()].len;
        let cut = portions(stats.clone());
        for portion in &cut {
            let bytes: u64 = portion.iter().map(len).sum();
            assert!(portion.len() == 1 || bytes <= PORTION, "{bytes} bytes");
            assert!((1..=ASK).contains(&portion.len()));
        }
        let names: Vec<Name> = stats.iter().map(|stat| stat.name.clone()).collect();
        assert_eq!(cut.concat(), names);
        let notes = stats.into_iter().map(|stat| Stat { len: 250, ..stat });
        assert_eq!(portions(notes.collect()).len(), 5, "a thousand at a time");
        assert!(portions(Vec::new()).is_empty());
    }
}
