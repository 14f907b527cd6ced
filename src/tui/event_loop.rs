//! One `select!`: signals, then the terminal, then answers and progress, then the clock.
//!
//! All that is ready is taken before one frame is drawn, and that only if something changed, at most at the pace that is configured
//! (33 ms, over SSH 100 ms). **At rest nothing runs: no timer but the lock's, and no byte is written.**

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::app::{App, update};
use super::backend::Backend;
use super::display;
use super::frame_writer::{Erases, FrameWriter};
use super::keyboard;
use super::msg::Msg;
use super::render::render;
use super::runner::{Ears, Runner};
use super::shell::Look;
use super::terminal::Terminal;
use crate::desk::view::Stamp;

/// How long jobs may take to stop once the program is being left.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the interface until it is left, with at least the time `pace` between two frames. The session is locked and the terminal given back whatever ended it.
pub fn run(look: Look, pace: Duration, backend: &Arc<dyn Backend>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let terminal = Terminal::take()?;
    let ended = runtime.block_on(main_loop(look, pace, backend));
    backend.lock(Vec::new())();
    drop(terminal);
    // Blocking threads that hang in a slow write must not keep a hung-up process alive.
    runtime.shutdown_timeout(GRACE);
    ended
}

fn now() -> Stamp {
    Stamp(Timestamp::now())
}

async fn main_loop(look: Look, pace: Duration, backend: &Arc<dyn Backend>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut resized = signal(SignalKind::window_change())?;
    let mut keys = keyboard::listen()?;
    let (mut runner, mut ears) = Runner::new(Arc::clone(backend));
    let mut app = App::new(look, now());
    for command in app.first() {
        runner.run(command);
    }
    let (display, mut gone) = display::open()?;
    let mut screen = Screen::new(display)?;
    let mut drawn = Instant::now();
    let mut shown = show(&mut screen, &mut app, &mut runner);
    while !app.has_left() {
        let wake = wake(&app, (!screen.under_way).then(|| drawn + pace));
        let first = tokio::select! {
            biased;
            _ = terminate.recv() => Some(Msg::Leave),
            _ = hang_up.recv() => Some(Msg::Leave),
            _ = interrupt.recv() => Some(Msg::Leave),
            _ = resized.recv() => resize(&mut screen),
            written = gone.recv(), if screen.under_way => {
                screen.under_way = false;
                shown = written.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()));
                shown.is_err().then_some(Msg::Leave)
            }
            event = keys.recv() => event.map_or(Some(Msg::Leave), from_terminal),
            answer = ears.answers.recv() => answer,
            changed = ears.progress.changed() => { progress(&mut app, &mut ears, changed.is_ok()); None }
            () = sleep(wake) => deadline(&app),
        };
        if let Some(msg) = first {
            take(&mut app, &mut runner, msg);
        }
        // Drain what else is ready, so that one frame shows it all.
        while !app.has_left()
            && let Ok(event) = keys.try_recv()
        {
            if let Some(msg) = from_terminal(event) {
                take(&mut app, &mut runner, msg);
            }
        }
        while let Ok(answer) = ears.answers.try_recv() {
            take(&mut app, &mut runner, answer);
        }
        if app.has_left() {
            break;
        }
        if app.shell.dirty && !screen.under_way && drawn.elapsed() >= pace {
            shown = show(&mut screen, &mut app, &mut runner);
            drawn = Instant::now();
        }
    }
    let end = Instant::now() + GRACE;
    settle(&mut runner, &mut app, &mut ears, end).await;
    if screen.under_way {
        // Behind it the terminal is given back. Where it does not go, somebody has stopped the terminal.
        let _ = tokio::time::timeout_at(end, gone.recv()).await;
    }
    shown
}

/// Draws a frame. **A terminal that takes none has gone, whether or not it said so**: leaving keeps what is being typed before
/// the session locks.
fn show<W: Write>(screen: &mut Screen<W>, app: &mut App, runner: &mut Runner) -> io::Result<()> {
    let shown = screen.draw(app);
    if shown.is_err() {
        take(app, runner, Msg::Leave);
    }
    shown
}

fn take(app: &mut App, runner: &mut Runner, msg: Msg) {
    for command in update(app, now(), msg) {
        runner.run(command);
    }
}

/// What came from the terminal, as a message.
fn from_terminal(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        // A new size comes as a signal, which nothing holds up.
        _ => None,
    }
}

fn resize<W: Write>(screen: &mut Screen<W>) -> Option<Msg> {
    let (width, height) = crossterm::terminal::size().ok()?;
    screen.resize(width, height);
    Some(Msg::Resized)
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

/// When to wake without anything happening: for a frame, where one is due and may be drawn, else for the lock, else never.
fn wake(app: &App, frame: Option<Instant>) -> Option<Instant> {
    if app.shell.dirty && frame.is_some() {
        return frame;
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

/// The clock woke the loop: for the lock, unless it was only for a frame. Whether it is time is not asked once more: a clock that was
/// set back meanwhile would say that it is not.
fn deadline(app: &App) -> Option<Msg> {
    let due = app.deadline().is_some_and(|at| at <= now());
    (due || !app.shell.dirty).then_some(Msg::Tick)
}

/// Waits for what was typed to be put away and for jobs to stop where nothing is lost, but not for ever.
async fn settle(runner: &mut Runner, app: &mut App, ears: &mut Ears, end: Instant) {
    runner.stop_all();
    let _ = tokio::time::timeout_at(end, runner.locked()).await;
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
    /// Whether the last frame has not gone yet.
    under_way: bool,
}

impl<W: Write> Screen<W> {
    fn new(out: W) -> io::Result<Self> {
        let (width, height) = crossterm::terminal::size()?;
        let term = std::env::var("TERM").unwrap_or_default();
        Ok(Self {
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
            writer: FrameWriter::new(out, Erases::of(&term)),
            under_way: false,
        })
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.writer.forget();
    }

    fn draw(&mut self, app: &mut App) -> io::Result<()> {
        app.take_dirty();
        let cursor = render(app, &mut self.buffer);
        self.under_way = self.writer.paint(&self.buffer, cursor)? > 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bench::Bench;
    use super::*;

    /// A terminal whose line was cut.
    struct Cut;

    impl Write for Cut {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[tokio::test]
    async fn what_is_typed_is_kept_when_the_line_is_cut_in_the_middle_of_a_frame() {
        let mut bench = Bench::of("smith");
        bench.keys("2 enter w enter");
        bench.types("Bireme aloft.");
        let (mut runner, _ears) = Runner::new(Arc::clone(&bench.desk) as Arc<dyn Backend>);
        let mut screen = Screen {
            buffer: Buffer::empty(Rect::new(0, 0, 80, 24)),
            writer: FrameWriter::new(Cut, Erases::ToPlain),
            under_way: false,
        };
        show(&mut screen, &mut bench.app, &mut runner).unwrap_err();
        assert!(bench.app.has_left());
        runner.locked().await;
        let kept = bench.desk.kept.lock().unwrap();
        let kept: Vec<_> = kept.iter().flat_map(|keep| &keep.draft.fields).collect();
        assert!(
            kept.iter().any(|(_, text)| text == "Bireme aloft."),
            "{kept:?}"
        );
    }

    #[test]
    fn what_is_typed_is_put_away_before_the_runtime_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let mut bench = Bench::of("smith");
        bench.keys("2 enter w enter");
        bench.types("Galley astern.");
        let (let_go, wait) = std::sync::mpsc::channel();
        runtime.block_on(async {
            // The one thread has other work, and so the lock has to wait its turn.
            tokio::task::spawn_blocking(move || wait.recv());
            let (mut runner, mut ears) = Runner::new(Arc::clone(&bench.desk) as Arc<dyn Backend>);
            take(&mut bench.app, &mut runner, Msg::Leave);
            assert!(bench.desk.kept.lock().unwrap().is_empty());
            let_go.send(()).unwrap();
            let end = Instant::now() + GRACE;
            settle(&mut runner, &mut bench.app, &mut ears, end).await;
        });
        runtime.shutdown_background();
        assert_eq!(bench.desk.kept.lock().unwrap().len(), 1);
    }
}
