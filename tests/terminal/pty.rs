//! The real program in a real pseudo-terminal, read through a terminal emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::termios::{Action, LocalModes, tcflow, tcgetattr};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to come, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program behind a terminal.
pub struct Terminal {
    keys: Option<Box<dyn Write + Send>>,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    cut: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    /// Everything that was written, for counting and searching.
    pub written: Vec<u8>,
}

fn size(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Terminal {
    /// Starts the program on the vault in this folder.
    pub fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::command(folder, &[], variables)
    }

    /// A command of the command line on that vault, with somebody at the terminal.
    pub fn command(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let (vault, host) = (folder.join("vault"), folder.join("host"));
        let places = [
            ("CHARTSEAL_VAULT", vault.to_str().unwrap()),
            ("CHARTSEAL_HOST", host.to_str().unwrap()),
        ];
        Self::at_home(folder, arguments, &[&places, variables].concat())
    }

    /// Starts it with these arguments and nothing but a home.
    pub fn at_home(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_chartseal"));
        Self::of(program, home, arguments, variables)
    }

    /// The same with another program.
    pub fn of(program: &Path, home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("HOME", home.to_str().unwrap()), ("TERM", "xterm-256color")]
            .iter()
            .chain(variables)
        {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        let cut = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&cut);
        let reader = thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(n) = reader.read(&mut chunk) {
                let over = n == 0 || stop.load(Ordering::SeqCst);
                if over || sender.send(chunk[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            keys: Some(keys),
            bytes,
            screen: vt100::Parser::new(size(24), size(80), 0),
            child,
            master: Some(pair.master),
            cut,
            reader: Some(reader),
            written: Vec::new(),
        }
    }

    /// Takes the next bytes, if any come within this time.
    pub fn take(&mut self, wait: Duration) -> bool {
        match self.bytes.recv_timeout(wait) {
            Ok(chunk) => {
                self.screen.process(&chunk);
                self.written.extend_from_slice(&chunk);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Waits until the screen shows this.
    pub fn until(&mut self, text: &str) {
        self.until_that(text, |screen| screen.contents().contains(text));
    }

    /// Whether the last frame has come whole: a terminal shows none before.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| {
            let mut marks = self.written.windows(mark.len());
            marks.rposition(|bytes| bytes == mark)
        };
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    /// Waits until the screen is so.
    pub fn until_that(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !(self.is_whole() && holds(self.screen.screen())) {
            assert!(
                start.elapsed() < PATIENCE,
                "no {what:?} on\n{}",
                self.text()
            );
            self.take(Duration::from_millis(50));
        }
    }

    /// Bytes that come within this time although nothing happens.
    pub fn bytes_within(&mut self, wait: Duration) -> usize {
        let before = self.written.len();
        let end = Instant::now() + wait;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.take(left);
        }
        self.written.len() - before
    }

    pub fn types(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Logs in and waits for the pane that opens.
    pub fn login(&mut self, login: &str, passphrase: &str) {
        self.until("passphrase");
        self.types(login);
        self.until(login);
        self.types("\t");
        self.types(passphrase);
        self.until(&"•".repeat(passphrase.len()));
        self.types("\r");
        self.until("lock 10 min");
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        let master = self.master.as_ref().unwrap();
        master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        self.screen.screen_mut().set_size(size(rows), size(cols));
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The terminal takes nothing any more, as with scroll lock.
    pub fn stop(&self) {
        self.flow(Action::OOff);
    }

    /// It does again.
    pub fn go_on(&self) {
        self.flow(Action::OOn);
    }

    fn flow(&self, action: Action) {
        tcflow(self.line(), action).unwrap();
    }

    /// Whether the terminal shows what is typed, as it does while no program has taken it.
    pub fn echoes(&self) -> bool {
        let modes = tcgetattr(self.line()).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    fn line(&self) -> std::fs::File {
        let name = self.master.as_ref().unwrap().tty_name().unwrap();
        std::fs::File::options()
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits() as i32)
            .open(name)
            .unwrap()
    }

    /// Takes the terminal away, as a lost line does.
    pub fn hang_up(&mut self) {
        // The reader holds the line too: it lets go at the next byte, which a resize brings.
        self.cut.store(true, Ordering::SeqCst);
        self.resize(100, 30);
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.master = None;
    }

    /// Waits for the end.
    pub fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            self.take(Duration::from_millis(20));
            if let Some(status) = self.child.try_wait().unwrap() {
                while self.take(Duration::from_millis(200)) {}
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.text()
            );
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed test leaves no process behind.
        let _ = self.child.kill();
    }
}
