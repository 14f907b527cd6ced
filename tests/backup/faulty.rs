//! A target between a run and the real one that fails as told: drops calls, loses answers, refuses, cuts and flips what
//! is read, or never answers again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target, TargetError};

/// What is asked of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Exists,
    Put,
    Get,
    List,
    Delete,
    Prepare,
    Clock,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The call does not arrive.
    Drop,
    /// The call is carried out and its answer is lost.
    LoseAnswer,
    /// The target refuses for good.
    Refuse,
    /// The call does not arrive and nobody ever says so.
    Hang,
    /// The call is carried out and nobody ever says so.
    HangAfter,
    /// What is read misses its last byte.
    Truncate,
    /// What is read has a bit flipped.
    Flip,
    /// The call is not carried out and answered as if it were: what is read is not there, what is deleted is gone.
    Pretend,
}

type Script = dyn Fn(Op, Shelf, u64) -> Fault + Send + Sync;

pub struct Faulty {
    inner: Arc<dyn Target>,
    script: Box<Script>,
    calls: AtomicU64,
    /// Bytes of objects that were put, whether or not an answer came.
    pub sent: AtomicU64,
}

impl Faulty {
    /// `script` decides by operation, shelf and the number of the call.
    pub fn new(
        inner: Arc<dyn Target>,
        script: impl Fn(Op, Shelf, u64) -> Fault + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            inner,
            script: Box::new(script),
            calls: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        })
    }

    /// Only counts.
    pub fn counting(inner: Arc<dyn Target>) -> Arc<Self> {
        Self::new(inner, |_, _, _| Fault::None)
    }

    fn fault(&self, op: Op, shelf: Shelf) -> Fault {
        (self.script)(op, shelf, self.calls.fetch_add(1, SeqCst))
    }

    /// Makes the call, if it is to arrive: a target may carry it out before its answer is awaited.
    async fn with<'a, T>(
        &self,
        fault: Fault,
        call: impl FnOnce() -> Answer<'a, T>,
    ) -> Result<T, TargetError> {
        match fault {
            Fault::None | Fault::Truncate | Fault::Flip => call().await,
            Fault::Drop => Err(lost()),
            Fault::LoseAnswer => {
                call().await?;
                Err(lost())
            }
            Fault::Refuse => Err(TargetError::Denied {
                place: "faulty".into(),
                cause: "no".into(),
            }),
            Fault::Hang => std::future::pending().await,
            Fault::HangAfter => {
                call().await?;
                std::future::pending().await
            }
            Fault::Pretend => panic!("only reading and deleting can be pretended"),
        }
    }
}

fn spoil(fault: Fault, bytes: &mut Vec<u8>) {
    match fault {
        Fault::Truncate => _ = bytes.pop(),
        Fault::Flip => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
        }
        _ => {}
    }
}

fn lost() -> TargetError {
    TargetError::Unreachable {
        place: "faulty".into(),
        cause: "connection reset".into(),
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl Target for Faulty {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        let fault = self.fault(Op::Exists, shelf);
        Box::pin(self.with(fault, move || self.inner.exists(shelf, names)))
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        let fault = self.fault(Op::Put, shelf);
        if shelf == Shelf::Objects && !matches!(fault, Fault::Drop | Fault::Refuse) {
            self.sent.fetch_add(bytes.len() as u64, SeqCst);
        }
        Box::pin(self.with(fault, move || self.inner.put(shelf, name, bytes)))
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        let fault = self.fault(Op::Get, shelf);
        Box::pin(async move {
            if fault == Fault::Pretend {
                return Ok(None);
            }
            let call = move || self.inner.get(shelf, name);
            let mut got = self.with(fault, call).await?;
            if let Some(bytes) = &mut got {
                spoil(fault, bytes);
            }
            Ok(got)
        })
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        let fault = self.fault(Op::Get, shelf);
        Box::pin(async move {
            if fault == Fault::Pretend {
                return Ok(Vec::new());
            }
            let call = move || self.inner.get_many(shelf, names);
            let mut got = self.with(fault, call).await?;
            for (_, bytes) in &mut got {
                spoil(fault, bytes);
            }
            Ok(got)
        })
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        let fault = self.fault(Op::List, shelf);
        Box::pin(self.with(fault, move || self.inner.list(shelf)))
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        let fault = self.fault(Op::Delete, shelf);
        if fault == Fault::Pretend {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(self.with(fault, move || self.inner.delete(shelf, name)))
    }

    fn prepare(&self) -> Answer<'_, ()> {
        let fault = self.fault(Op::Prepare, Shelf::Objects);
        Box::pin(self.with(fault, move || self.inner.prepare()))
    }

    fn clock(&self) -> Answer<'_, Option<i64>> {
        let fault = self.fault(Op::Clock, Shelf::Objects);
        Box::pin(self.with(fault, move || self.inner.clock()))
    }
}
