//! One `select!`: signals, then the terminal, then answers and progress, then the clock.
//!
//! All that is ready is taken before one frame is drawn, and that only if something changed, at most every 33 ms,
//! or every 100 ms over SSH. **At rest nothing runs: no timer but the lock's, and no byte is written.**

use std::future::poll_fn;
use std::io::{self, Write};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::app::{App, update};
use super::backend::Backend;
use super::frame_writer::FrameWriter;
use super::msg::Msg;
use super::render::render;
use super::runner::{Ears, Runner};
use super::shell::Look;
use super::terminal::Terminal;
use crate::desk::view::Stamp;

/// The shortest time between two frames on this machine's own terminal.
const FRAME: Duration = Duration::from_millis(33);
/// The same over SSH.
const FRAME_SSH: Duration = Duration::from_millis(100);
/// How long jobs may take to stop once the program is being left.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the interface until it is left. The session is locked and the terminal given back whatever ended it.
pub fn run(look: Look, backend: &Arc<dyn Backend>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let terminal = Terminal::take()?;
    let ended = runtime.block_on(main_loop(look, backend));
    backend.lock(Vec::new())();
    drop(terminal);
    // Blocking threads that hang in a slow write must not keep a hung-up process alive.
    runtime.shutdown_timeout(GRACE);
    ended
}

fn now() -> Stamp {
    Stamp(Timestamp::now())
}

async fn main_loop(look: Look, backend: &Arc<dyn Backend>) -> io::Result<()> {
    let frame = if std::env::var_os("SSH_CONNECTION").is_some() {
        FRAME_SSH
    } else {
        FRAME
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut keys = EventStream::new();
    let (mut runner, mut ears) = Runner::new(Arc::clone(backend));
    let mut app = App::new(look, now());
    for command in app.first() {
        runner.run(command);
    }
    let mut screen = Screen::new(io::stdout())?;
    let mut drawn = Instant::now();
    screen.draw(&mut app)?;
    while !app.has_left() {
        let wake = wake(&app, drawn, frame);
        let first = tokio::select! {
            biased;
            _ = terminate.recv() => Some(Msg::Leave),
            _ = hang_up.recv() => Some(Msg::Leave),
            _ = interrupt.recv() => Some(Msg::Leave),
            event = keys.next() => from_terminal(event, &mut screen),
            answer = ears.answers.recv() => answer,
            changed = ears.progress.changed() => { progress(&mut app, &mut ears, changed.is_ok()); None }
            () = sleep(wake) => deadline(&app),
        };
        if let Some(msg) = first {
            take(&mut app, &mut runner, msg);
        }
        // Drain what else is ready, so that one frame shows it all.
        while let Poll::Ready(event) = ready(&mut keys).await {
            match from_terminal(event, &mut screen) {
                Some(msg) => take(&mut app, &mut runner, msg),
                None => continue,
            }
            if app.has_left() {
                break;
            }
        }
        while let Ok(answer) = ears.answers.try_recv() {
            take(&mut app, &mut runner, answer);
        }
        if app.has_left() {
            break;
        }
        if app.shell.dirty && drawn.elapsed() >= frame {
            screen.draw(&mut app)?;
            drawn = Instant::now();
        }
    }
    settle(&runner, &mut app, &mut ears).await;
    Ok(())
}

/// What the terminal has ready, without waiting. It is polled as the task that it is: the stream keeps the waker of
/// whoever asked last, and one that wakes nobody would leave the next key unseen.
async fn ready(keys: &mut EventStream) -> Poll<Option<io::Result<Event>>> {
    poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await
}

fn take(app: &mut App, runner: &mut Runner, msg: Msg) {
    for command in update(app, now(), msg) {
        runner.run(command);
    }
}

/// What the terminal says, as a message. The end of its input means that it hung up.
fn from_terminal<W: Write>(
    event: Option<io::Result<Event>>,
    screen: &mut Screen<W>,
) -> Option<Msg> {
    match event {
        Some(Ok(Event::Key(key))) => Some(Msg::Key(key)),
        Some(Ok(Event::Paste(text))) => Some(Msg::Paste(text)),
        Some(Ok(Event::Resize(width, height))) => {
            screen.resize(width, height);
            Some(Msg::Resized)
        }
        Some(Ok(_)) => None,
        Some(Err(_)) | None => Some(Msg::Leave),
    }
}

fn progress(app: &mut App, ears: &mut Ears, alive: bool) {
    if !alive {
        return;
    }
    let all = ears.progress.borrow_and_update().clone();
    for (job, word) in all {
        update(app, now(), Msg::Progress(job, word));
    }
}

/// When to wake without anything happening: for a frame that is due, else for the lock, else never.
fn wake(app: &App, drawn: Instant, frame: Duration) -> Option<Instant> {
    if app.shell.dirty {
        return Some(drawn + frame);
    }
    let left = app.deadline()?.0.duration_since(Timestamp::now());
    Some(Instant::now() + Duration::try_from(left).unwrap_or(Duration::ZERO))
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// The clock woke the loop: for the lock, unless it was only for a frame.
fn deadline(app: &App) -> Option<Msg> {
    let due = app.deadline().is_some_and(|at| at <= now());
    due.then_some(Msg::Tick)
}

/// Waits for jobs to stop where nothing is lost, but not for ever.
async fn settle(runner: &Runner, app: &mut App, ears: &mut Ears) {
    runner.stop_all();
    let end = Instant::now() + GRACE;
    while app.shell.busy() {
        match tokio::time::timeout_at(end, ears.answers.recv()).await {
            Ok(Some(msg @ Msg::Ended(..))) => {
                update(app, now(), msg);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
}

/// The buffer of the next frame and the writer that knows the last one.
pub struct Screen<W: Write> {
    buffer: Buffer,
    writer: FrameWriter<W>,
}

impl<W: Write> Screen<W> {
    fn new(out: W) -> io::Result<Self> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Self {
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
            writer: FrameWriter::new(out),
        })
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.writer.forget();
    }

    fn draw(&mut self, app: &mut App) -> io::Result<()> {
        app.take_dirty();
        let cursor = render(app, &mut self.buffer);
        self.writer.paint(&self.buffer, cursor)?;
        Ok(())
    }
}
