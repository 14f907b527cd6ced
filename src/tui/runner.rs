//! Does what an update asked for: on blocking threads, never on the loop.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::backend::{Backend, Failure};
use super::command::{Command, JobId};
use super::msg::Msg;
use crate::desk::view::Progress;
use crate::jobs::control::Control;

/// The least time between two words of a job.
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs commands against a backend and sends back what came of them.
pub struct Runner {
    backend: Arc<dyn Backend>,
    answers: mpsc::UnboundedSender<Msg>,
    progress: watch::Sender<BTreeMap<JobId, Progress>>,
    controls: BTreeMap<JobId, Arc<Control>>,
    locks: JoinSet<()>,
}

/// Where the loop hears of what came.
pub struct Ears {
    /// Answers, and the ends of jobs.
    pub answers: mpsc::UnboundedReceiver<Msg>,
    /// The latest of every job: of many words the last one wins.
    pub progress: watch::Receiver<BTreeMap<JobId, Progress>>,
}

impl Runner {
    /// A runner for this backend, and the ears for its answers.
    pub fn new(backend: Arc<dyn Backend>) -> (Self, Ears) {
        let (answers, answers_in) = mpsc::unbounded_channel();
        let (progress, progress_in) = watch::channel(BTreeMap::new());
        let runner = Self {
            backend,
            answers,
            progress,
            controls: BTreeMap::new(),
            locks: JoinSet::new(),
        };
        (
            runner,
            Ears {
                answers: answers_in,
                progress: progress_in,
            },
        )
    }

    /// Begins a command and returns at once.
    pub fn run(&mut self, command: Command) {
        match command {
            Command::Ask { ticket, query } => {
                let backend = Arc::clone(&self.backend);
                let answers = self.answers.clone();
                tokio::task::spawn_blocking(move || {
                    let reply = caught(|| backend.ask(*query));
                    // Nobody listens any more once the program is being left.
                    let _ = answers.send(Msg::Loaded { ticket, reply });
                });
            }
            Command::Start { job, kind } => {
                let backend = Arc::clone(&self.backend);
                let answers = self.answers.clone();
                let progress = self.progress.clone();
                let control = Arc::new(Control::default());
                self.controls.insert(job, Arc::clone(&control));
                tokio::task::spawn_blocking(move || {
                    let told = Mutex::new(None);
                    let report = |word: &Progress| {
                        if is_due(&told, word) {
                            progress.send_if_modified(|all| {
                                all.insert(job, word.clone()).as_ref() != Some(word)
                            });
                        }
                        control.proceed()
                    };
                    let end = caught(|| backend.run(kind, &report));
                    let _ = answers.send(Msg::Ended(job, Box::new(end)));
                });
            }
            Command::Cancel(job) => self.control(job, Control::stop),
            Command::Pause(job) => self.control(job, Control::pause),
            Command::Resume(job) => self.control(job, Control::resume),
            Command::Lock { keep } => {
                self.locks.spawn_blocking(self.backend.lock(keep));
            }
            Command::Quit => self.stop_all(),
        }
    }

    /// Asks every job to stop.
    pub fn stop_all(&self) {
        for control in self.controls.values() {
            control.stop();
        }
    }

    /// Waits until sessions that were locked have put away what was being typed. **A runtime that ends drops what it has not begun.**
    pub async fn locked(&mut self) {
        while self.locks.join_next().await.is_some() {}
    }

    fn control(&self, job: JobId, wish: impl Fn(&Control)) {
        if let Some(control) = self.controls.get(&job) {
            wish(control);
        }
    }
}

/// When a job last said something, and what it was at.
type Told = Mutex<Option<(Instant, String)>>;

/// Whether a word of a job is passed on: ten a second, and the first of each thing that it does at once. How it ends is told apart.
fn is_due(told: &Told, word: &Progress) -> bool {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let due = told
        .as_ref()
        .is_none_or(|(at, what)| at.elapsed() >= INTERVAL || *what != word.what);
    if due {
        *told = Some((Instant::now(), word.what.clone()));
    }
    due
}

/// A panic in the desk becomes a failed question or job; the screen goes on.
fn caught<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(Failure {
            code: "defect".to_owned(),
            message: format!("a defect in chartseal: {}", said(panic.as_ref())),
            hint: Some("nothing was written; please report what you did".to_owned()),
            causes: Vec::new(),
        })
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no word of it")
}

#[cfg(test)]
mod tests {
    use super::super::backend::{Farewell, Reply, Report};
    use super::super::command::{JobKind, Query, Ticket, Topic};
    use super::super::draft::Keep;
    use super::*;
    use crate::desk::view::Reporter;

    #[test]
    fn a_job_says_at_most_ten_words_a_second_and_what_it_does_next_at_once() {
        let word = |what: &str, done| Progress {
            what: what.to_owned(),
            done,
            total: None,
            unit: "entries",
            note: None,
            transfer: None,
        };
        let told = Told::default();
        let begun = Instant::now();
        let mut passed = 0_u128;
        for done in 0..100_000 {
            passed += u128::from(is_due(&told, &word("restore", done)));
        }
        let most = 1 + begun.elapsed().as_millis() / INTERVAL.as_millis();
        assert!((1..=most).contains(&passed), "{passed} of at most {most}");
        assert!(is_due(&told, &word("verify", 0)));
    }

    /// A desk whose every work breaks.
    struct Broken;

    impl Backend for Broken {
        fn ask(&self, _: Query) -> Result<Reply, Failure> {
            panic!("a slot without a key")
        }

        fn run(&self, _: JobKind, _: Reporter<'_>) -> Result<Report, Failure> {
            panic!("a pack without an end")
        }

        fn lock(&self, _: Vec<Keep>) -> Farewell {
            Box::new(|| {})
        }
    }

    #[tokio::test]
    async fn a_panic_at_the_desk_is_a_failed_question_or_job_and_the_next_is_done() {
        let (mut runner, mut ears) = Runner::new(Arc::new(Broken));
        for at in 1..=2 {
            let (job, kind) = (JobId(at), JobKind::Verify);
            runner.run(Command::Start { job, kind });
            let Some(Msg::Ended(ended, end)) = ears.answers.recv().await else {
                panic!("the end of the job")
            };
            let failure = end.unwrap_err();
            assert_eq!((ended, failure.code.as_str()), (job, "defect"));
            assert!(failure.message.contains("a pack without an end"));
        }
        let ticket = Ticket {
            topic: Topic::Session,
            generation: 1,
        };
        let query = Box::new(Query::Vault);
        runner.run(Command::Ask { ticket, query });
        let Some(Msg::Loaded { reply, .. }) = ears.answers.recv().await else {
            panic!("an answer")
        };
        assert!(reply.unwrap_err().message.contains("a slot without a key"));
    }
}
