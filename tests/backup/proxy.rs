//! A link of our own between a run and a server. It can drop, stall, delay, throttle and half-close what it carries, and it
//! counts the commands that pass, by the framing that the server's documentation describes and by nothing of the driver's.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::commands::{Command, Commands};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the run to the server.
    Up,
    /// From the server to the run.
    Down,
}

pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    upstream: u16,
    /// How many bytes a connection lives, both ways together.
    life: AtomicU64,
    down: AtomicBool,
    cuts: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
    stalled: Mutex<Stall>,
    stall_changed: Condvar,
    /// Milliseconds that each read waits before it is passed on.
    delay: AtomicU64,
    /// Bytes a second, both ways together; 0 for any.
    rate: AtomicU64,
    /// How much of one connection passes at a time while there is a rate.
    piece: AtomicU64,
    free_at: Mutex<Instant>,
    /// Bytes carried so far, and where the next half-close is.
    carried: [AtomicU64; 2],
    half_close_at: [AtomicU64; 2],
    commands: Mutex<Vec<Command>>,
}

#[derive(Debug, Default)]
struct Stall {
    on: bool,
    /// How many bytes pass upwards before it begins.
    after: Option<u64>,
    /// The command that it begins with, and the collection of that.
    at: Option<(&'static str, &'static str)>,
    /// How many reads wait in it.
    waiting: usize,
}

impl Stall {
    fn begins_at_one_of(&mut self, began: &[Command]) {
        let is_it = |(name, on): (&str, &str)| began.iter().any(|c| c.name == name && c.on == on);
        if self.at.is_some_and(is_it) {
            (self.on, self.at) = (true, None);
        }
    }
}

impl Proxy {
    pub fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            upstream,
            life: AtomicU64::new(u64::MAX),
            down: AtomicBool::new(false),
            cuts: AtomicU64::new(0),
            open: Mutex::default(),
            stalled: Mutex::default(),
            stall_changed: Condvar::new(),
            delay: AtomicU64::new(0),
            rate: AtomicU64::new(0),
            piece: AtomicU64::new(512),
            free_at: Mutex::new(Instant::now()),
            carried: [AtomicU64::new(0), AtomicU64::new(0)],
            half_close_at: [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)],
            commands: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                shared.connect(&client);
            }
        });
        Self { port, state }
    }

    /// Every connection from now on dies after so many bytes, wherever that is.
    pub fn drop_after(&self, bytes: u64) {
        self.state.life.store(bytes, SeqCst);
    }

    /// Cuts every connection and takes no new ones.
    pub fn go_down(&self) {
        self.state.down.store(true, SeqCst);
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Takes connections again.
    pub fn come_up(&self) {
        self.state.down.store(false, SeqCst);
    }

    /// Once so many more bytes have gone up, nothing passes any more, and no connection is closed.
    pub fn stall_after(&self, bytes: u64) {
        let at = self.carried(Way::Up) + bytes;
        self.state.stalled.lock().unwrap().after = Some(at);
    }

    /// Once such a command on such a collection begins to go up, nothing passes any more, and no connection is closed.
    #[allow(
        dead_code,
        reason = "what holds and stops jobs from the terminal uses it"
    )]
    pub fn stall_at(&self, command: &'static str, on: &'static str) {
        self.state.stalled.lock().unwrap().at = Some((command, on));
    }

    /// Waits until something waits in the stall.
    pub fn until_stalled(&self) {
        let stalled = self.state.stalled.lock().unwrap();
        let none = |stall: &mut Stall| !(stall.on && stall.waiting > 0);
        let patience = Duration::from_mins(1);
        let (_guard, waited) = self
            .state
            .stall_changed
            .wait_timeout_while(stalled, patience, none)
            .unwrap();
        assert!(!waited.timed_out(), "nothing came to the stall");
    }

    /// Lets pass what was stalled.
    pub fn go_on(&self) {
        *self.state.stalled.lock().unwrap() = Stall::default();
        self.state.stall_changed.notify_all();
    }

    /// Everything waits so long before it is passed on.
    pub fn delay(&self, by: Duration) {
        self.state.delay.store(by.as_millis() as u64, SeqCst);
    }

    /// At most so many bytes a second pass, both ways together.
    pub fn throttle(&self, rate: u64) {
        self.state.rate.store(rate, SeqCst);
    }

    /// While there is a rate, so many bytes of one connection pass before it is another's turn.
    #[allow(
        dead_code,
        reason = "what measures the terminal beside a backup uses it"
    )]
    pub fn in_pieces_of(&self, bytes: u64) {
        self.state.piece.store(bytes, SeqCst);
    }

    /// Waits as so many bytes of somebody else would on this link.
    #[allow(
        dead_code,
        reason = "what measures the terminal beside a backup uses it"
    )]
    pub fn pass(&self, bytes: u64) {
        self.state.slow_down(bytes as usize);
    }

    /// Once so many more bytes have gone this way, the connection that carried the last of them is closed for that way
    /// and stays open for the other. Happens once.
    pub fn half_close_after(&self, way: Way, bytes: u64) {
        self.state.half_close_at[way as usize].store(self.carried(way) + bytes, SeqCst);
    }

    /// How many connections were cut or half-closed for their bytes.
    pub fn cuts(&self) -> u64 {
        self.state.cuts.load(SeqCst)
    }

    /// Bytes that went this way.
    pub fn carried(&self, way: Way) -> u64 {
        self.state.carried[way as usize].load(SeqCst)
    }

    /// The commands that went up, in the order in which they began, those included that were cut off in the middle.
    pub fn commands(&self) -> Vec<Command> {
        self.state.commands.lock().unwrap().clone()
    }
}

impl State {
    fn connect(self: &Arc<Self>, client: &TcpStream) {
        if self.down.load(SeqCst) {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.upstream)) else {
            return;
        };
        let life = Arc::new(AtomicU64::new(self.life.load(SeqCst)));
        let mut open = self.open.lock().unwrap();
        for (from, to, way) in [(client, &server, Way::Up), (&server, client, Way::Down)] {
            let _ = from.set_nodelay(true);
            open.push(from.try_clone().unwrap());
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let (state, life) = (Arc::clone(self), Arc::clone(&life));
            thread::spawn(move || state.carry(from, to, way, &life));
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, way: Way, life: &AtomicU64) {
        let mut buffer = [0; 16 << 10];
        let mut commands = Commands::default();
        loop {
            // Small steps where the speed counts.
            let most = if self.rate.load(SeqCst) > 0 {
                self.piece.load(SeqCst) as usize
            } else {
                buffer.len()
            };
            let Ok(read @ 1..) = from.read(&mut buffer[..most]) else {
                break;
            };
            if way == Way::Up {
                let began = commands.take(&buffer[..read]);
                self.stalled.lock().unwrap().begins_at_one_of(&began);
                self.commands.lock().unwrap().extend(began);
            }
            self.stand_still(way, read as u64);
            thread::sleep(Duration::from_millis(self.delay.load(SeqCst)));
            self.slow_down(read);
            let left = life
                .fetch_update(SeqCst, SeqCst, |left| {
                    Some(left.saturating_sub(read as u64))
                })
                .unwrap();
            let mut pass = usize::try_from(left).unwrap_or(usize::MAX).min(read);
            let before = self.carried[way as usize].fetch_add(pass as u64, SeqCst);
            let half = &self.half_close_at[way as usize];
            let limit = half.load(SeqCst);
            let closes = before + pass as u64 >= limit
                && half
                    .compare_exchange(limit, u64::MAX, SeqCst, SeqCst)
                    .is_ok();
            if closes {
                pass = pass.min(limit.saturating_sub(before) as usize);
            }
            if to.write_all(&buffer[..pass]).is_err() {
                break;
            }
            if closes {
                self.cuts.fetch_add(1, SeqCst);
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            if pass < read {
                self.cuts.fetch_add(1, SeqCst);
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits while the link is stalled.
    fn stand_still(&self, way: Way, bytes: u64) {
        let mut stall = self.stalled.lock().unwrap();
        let reaches = self.carried[Way::Up as usize].load(SeqCst) + bytes;
        if way == Way::Up && stall.after.is_some_and(|after| reaches >= after) {
            (stall.on, stall.after) = (true, None);
        }
        stall.waiting += 1;
        self.stall_changed.notify_all();
        let mut stall = self
            .stall_changed
            .wait_while(stall, |stall| stall.on)
            .unwrap();
        stall.waiting = stall.waiting.saturating_sub(1);
    }

    fn slow_down(&self, bytes: usize) {
        let rate = self.rate.load(SeqCst);
        if rate == 0 {
            return;
        }
        let through = {
            let mut free_at = self.free_at.lock().unwrap();
            *free_at = (*free_at).max(Instant::now())
                + Duration::from_secs_f64(bytes as f64 / rate as f64);
            *free_at
        };
        thread::sleep(through.saturating_duration_since(Instant::now()));
    }
}
