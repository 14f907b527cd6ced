//! Switching the terminal over, and back: at the end, on a signal, after a panic.
//!
//! What was switched on is switched off in the reverse order, whatever ended the program. A terminal that hung up
//! takes no bytes any more, so no step fails because of one before it.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// Alternate screen, cursor hidden, bracketed paste.
const ON: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// The same back, with the pen and the scrolled rows reset and a synchronised update ended that a panic may have left open.
const OFF: &[u8] = b"\x1b[?2026l\x1b[r\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// How long the terminal may take to take [`OFF`].
const PATIENCE: Duration = Duration::from_secs(2);

static SWITCHED: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; dropping it gives it back.
#[derive(Debug)]
pub struct Terminal(());

impl Terminal {
    /// Switches the terminal over, and sees to it that a panic gives it back before it prints.
    pub fn take() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "standard input and output are not a terminal",
            ));
        }
        let before = panic::take_hook();
        let loop_thread = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            // A panic on a worker's thread becomes a failed question or job: the screen goes on and stays clean.
            if thread::current().id() == loop_thread || !SWITCHED.load(Ordering::SeqCst) {
                restore();
                before(info);
            }
        }));
        enable_raw_mode()?;
        SWITCHED.store(true, Ordering::SeqCst);
        let mut out = io::stdout().lock();
        out.write_all(ON)?;
        out.flush()?;
        Ok(Self(()))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, once. **One that somebody has stopped takes nothing, and does not keep the program**: so the bytes go on a
/// thread of their own.
fn restore() {
    if SWITCHED.swap(false, Ordering::SeqCst) {
        let (tell, gone) = channel();
        // Where no thread can be had, the wait ends at once and only the mode is put back.
        let _ = thread::Builder::new().spawn(move || {
            let mut out = io::stdout().lock();
            let _ = out.write_all(OFF).and_then(|()| out.flush());
            // Nobody listens any more where it took too long.
            let _ = tell.send(());
        });
        let _ = gone.recv_timeout(PATIENCE);
        let _ = disable_raw_mode();
    }
}
