//! What comes from the terminal, read on a thread of its own.
//!
//! Once a terminal has gone, crossterm 0.29 takes the end of its input, and the error that follows, for "not yet" and goes round for ever
//! inside its call. **The loop never makes that call**: a program whose line was cut still hears the signal, seals what was being
//! typed, locks and ends. Nor does half a key's code, of which the rest is late, hold the screen up.
//!
//! crossterm's feature `use-dev-tty` stands for the way in which it waits. The other way, that of epoll, is told once of what came; where
//! a new size came before it, crossterm hands out the size, forgets the rest, and the next keys wait for those after them.

use std::io;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

/// What a terminal that went shows.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// How long crossterm is asked for what it keeps: without any time it does not look.
const LOOK: Duration = Duration::from_millis(1);

/// Keys and pastes from here on. The channel ends where the terminal does.
pub fn listen() -> io::Result<mpsc::UnboundedReceiver<Event>> {
    let (send, events) = mpsc::unbounded_channel();
    thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(move || read(&send))?;
    Ok(events)
}

/// Hands on what comes, until nothing can come any more or nobody listens.
fn read(send: &mpsc::UnboundedSender<Event>) {
    let stdin = io::stdin();
    loop {
        let mut line = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut line, None) {
            Err(Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) if line[0].revents().intersects(GONE) => return,
            Ok(_) => {}
        }
        // Of what was read at once crossterm keeps what it does not hand out, and the line does not show that any more.
        loop {
            let sent = event::read().is_ok_and(|event| send.send(event).is_ok());
            if !sent {
                return;
            }
            if !event::poll(LOOK).unwrap_or(false) {
                break;
            }
        }
    }
}
