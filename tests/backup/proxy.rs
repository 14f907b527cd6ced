//! A link of our own between a run and a server, which can be cut: after a number of bytes, or altogether.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

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
            open: Mutex::new(Vec::new()),
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
    pub fn cut_after(&self, bytes: u64) {
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

    /// How many connections were cut for their bytes.
    pub fn cuts(&self) -> u64 {
        self.state.cuts.load(SeqCst)
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
        for (from, to) in [(client, &server), (&server, client)] {
            open.push(from.try_clone().unwrap());
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let (state, life) = (Arc::clone(self), Arc::clone(&life));
            thread::spawn(move || state.carry(from, to, &life));
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, life: &AtomicU64) {
        let mut buffer = [0; 16 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let left = life
                .fetch_update(SeqCst, SeqCst, |left| {
                    Some(left.saturating_sub(read as u64))
                })
                .unwrap();
            let pass = usize::try_from(left).unwrap_or(usize::MAX).min(read);
            if to.write_all(&buffer[..pass]).is_err() {
                break;
            }
            if pass < read {
                self.cuts.fetch_add(1, SeqCst);
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
