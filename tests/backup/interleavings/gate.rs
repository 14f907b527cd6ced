//! A gate between runs and a target: every call waits before it until the test lets one through, so that the test decides how
//! the calls of several runs interleave, and what becomes of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target, TargetError};
use tokio::sync::{Notify, oneshot};

use super::promises::Promises;

/// The number of a run.
pub type RunId = u64;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It is carried out.
    Through,
    /// It does not arrive, and the run hears that the link failed.
    Lost,
    /// It is carried out, and the run hears that the link failed.
    AnswerLost,
}

/// A call that waits.
#[derive(Debug)]
struct Waiting {
    run: RunId,
    /// Whether it changes what others count on: a deletion, a manifest, a tombstone.
    decides: bool,
    go: oneshot::Sender<Pass>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Calls of each run that are being carried out.
    moving: BTreeMap<RunId, u64>,
}

/// The gate.
#[derive(Debug, Default)]
pub struct Gate {
    queue: Mutex<Queue>,
    changed: Notify,
}

impl Gate {
    /// Tells who waits for a change that one may have come.
    pub fn stir(&self) {
        self.changed.notify_one();
    }

    /// Waits for a change: a call that came, or was carried out, or a run that ended.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether this run stands before the gate with all that it does.
    pub fn holds(&self, run: RunId) -> bool {
        let queue = self.queue.lock().unwrap();
        let moving = queue.moving.get(&run).is_some_and(|calls| *calls > 0);
        !moving && queue.waiting.iter().any(|call| call.run == run)
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.queue.lock().unwrap().waiting.len()
    }

    /// Whether a call waits that changes what others count on.
    pub fn holds_a_decision(&self) -> bool {
        let queue = self.queue.lock().unwrap();
        queue.waiting.iter().any(|call| call.decides)
    }

    /// Decides over the call at this place.
    pub fn let_through(&self, at: usize, pass: Pass) {
        let call = self.queue.lock().unwrap().waiting.remove(at);
        // Its run may have been killed.
        let _ = call.go.send(pass);
    }

    /// Forgets the calls of a run that was killed.
    pub fn forget(&self, run: RunId) {
        let mut queue = self.queue.lock().unwrap();
        queue.waiting.retain(|call| call.run != run);
        queue.moving.remove(&run);
    }

    async fn pass(&self, run: RunId, decides: bool) -> Pass {
        let (go, gone) = oneshot::channel();
        let waiting = Waiting { run, decides, go };
        self.queue.lock().unwrap().waiting.push(waiting);
        self.stir();
        let pass = gone.await.unwrap_or(Pass::Lost);
        if pass != Pass::Lost {
            *self.queue.lock().unwrap().moving.entry(run).or_default() += 1;
        }
        pass
    }

    fn arrived(&self, run: RunId) {
        if let Some(calls) = self.queue.lock().unwrap().moving.get_mut(&run) {
            *calls -= 1;
        }
        self.stir();
    }
}

/// A target as one run reaches it through the gate.
pub struct Gated {
    pub inner: Arc<dyn Target>,
    pub gate: Arc<Gate>,
    pub promises: Arc<Promises>,
    pub run: RunId,
    /// The clock of everybody, the target's included.
    pub now: Arc<AtomicI64>,
}

impl Gated {
    /// The call is made when the gate lets it through, and not before.
    async fn call<'a, T>(
        &self,
        decides: bool,
        call: impl FnOnce() -> Answer<'a, T>,
        happened: impl FnOnce(&T),
    ) -> Result<T, TargetError> {
        let pass = self.gate.pass(self.run, decides).await;
        let lost = || TargetError::Unreachable {
            place: "gated".into(),
            cause: "connection reset".into(),
        };
        if pass == Pass::Lost {
            return Err(lost());
        }
        let answer = call().await;
        if let Ok(answer) = &answer {
            happened(answer);
        }
        self.gate.arrived(self.run);
        if pass == Pass::AnswerLost {
            return Err(lost());
        }
        answer
    }
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gated")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl Target for Gated {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        Box::pin(self.call(false, move || self.inner.exists(shelf, names), |_| ()))
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        let decides = matches!(shelf, Shelf::Manifests | Shelf::Tombstones);
        Box::pin(async move {
            let call = || self.inner.put(shelf, name, Arc::clone(&bytes));
            let happened = |put: &Put| {
                if *put == Put::Stored {
                    self.promises.stored(shelf, name, &bytes, self.now());
                }
            };
            self.call(decides, call, happened).await
        })
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(self.call(false, move || self.inner.get(shelf, name), |_| ()))
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        Box::pin(self.call(false, move || self.inner.get_many(shelf, names), |_| ()))
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        Box::pin(self.call(false, move || self.inner.list(shelf), |_| ()))
    }

    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(self.call(false, move || self.inner.prepare(), |()| ()))
    }

    fn clock(&self) -> Answer<'_, Option<i64>> {
        Box::pin(async { Ok(Some(self.now())) })
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        let happened = move |(): &()| self.promises.deleted(shelf, name, self.now());
        Box::pin(self.call(true, move || self.inner.delete(shelf, name), happened))
    }
}

impl Gated {
    fn now(&self) -> i64 {
        self.now.load(SeqCst)
    }
}
