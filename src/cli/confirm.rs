//! Asking before something is done that cannot be taken back.

use std::io::{self, BufRead, IsTerminal, Write};

use super::{Exit, Failure};

/// Whether somebody sits at a terminal who can be asked. A script is not: it says all in its arguments.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows what is about to be done and asks. Anything but a yes gives up, with exit code 3.
pub fn ask(lines: &[String], question: &str) -> Result<(), Failure> {
    show(lines);
    let mut screen = io::stderr().lock();
    // Where nothing can be shown, no answer comes either.
    let _ = write!(screen, "{question} [y/N] ");
    let _ = screen.flush();
    drop(screen);
    let mut answer = String::new();
    let heard = io::stdin().lock().read_line(&mut answer);
    let yes = ["y", "yes"].contains(&answer.trim().to_lowercase().as_str());
    match heard {
        Ok(_) if yes => Ok(()),
        _ => Err(Failure::new(
            Exit::Denied,
            "given-up",
            "given up at the question; nothing was done",
        )),
    }
}

/// Shows lines beside the result.
pub fn show(lines: &[String]) {
    for line in lines {
        let _ = writeln!(io::stderr(), "{}", super::plain(line));
    }
}
