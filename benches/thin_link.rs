//! How long a key takes to show on a ward terminal while a backup shares its link of 16 KiB a second.
//!
//! `cargo bench --bench thin_link -- [KEYS]`: so many keys (60), one a second, in each of several settings. The real program
//! backs up to a real MongoDB server through the link of the tests, and the real terminal interface is worked through the same
//! link, with 80 bytes for each packet's headers. Twice: on a link that deals its turns out evenly in pieces of 512 bytes, as a
//! router with fair queues does, and on one that takes 16 KiB of one connection before it takes of another, a full second.

#![allow(
    dead_code,
    reason = "the parts are those of the tests, of which this uses some"
)]

#[path = "../tests/backup/commands.rs"]
mod commands;
#[path = "../tests/backup/mongod.rs"]
mod mongod;
#[path = "../tests/backup/proxy.rs"]
mod proxy;
#[path = "../tests/terminal/pty.rs"]
mod pty;
#[path = "backup/vault.rs"]
mod vault;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mongod::Mongod;
use proxy::{Proxy, Way};
use pty::Terminal;
use vault::Demo;

const RATE: u64 = 16 << 10;
/// What TCP, IP and SSH add to a packet.
const HEADERS: u64 = 80;
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";

fn main() {
    let keys = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(60);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let Some(mongod) = runtime.block_on(Mongod::start()) else {
        println!("not measured: no MongoDB server");
        return;
    };
    let demo = Demo::make(200);
    let doctor = demo.made.logins.iter().find(|login| login.role == "doctor");
    let doctor = doctor.expect("a hospital has doctors").login.clone();
    for (link, piece) in [("fair", 512), ("16 KiB queue", 16 << 10)] {
        for (name, rate) in [
            ("no backup", None),
            ("backup, no rate set", Some("")),
            ("backup, rate = \"64 kbit/s\"", Some("64 kbit/s")),
        ] {
            let proxy = Proxy::before(mongod.port);
            proxy.in_pieces_of(piece);
            let mut terminal = Terminal::start(&demo.folder, &[("CHARTSEAL_UI_THIN_LINK", "on")]);
            terminal.login(&doctor, chartseal::jobs::demo::PASSPHRASE);
            proxy.throttle(RATE);
            let database = format!("round{}{piece}{}", rate.unwrap_or("none").len(), name.len());
            let backup = rate.map(|rate| back_up(&demo, &mongod::uri(proxy.port, &database), rate));
            let before = proxy.carried(Way::Up);
            let mut took = Vec::new();
            if backup.is_some() {
                // The first object is under way.
                while proxy.carried(Way::Up) < before + (64 << 10) {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            let before = proxy.carried(Way::Up);
            let started = Instant::now();
            for n in 0..keys {
                took.push(press(
                    &mut terminal,
                    &proxy,
                    if n % 2 == 0 { DOWN } else { UP },
                ));
                std::thread::sleep(
                    (started + Duration::from_secs(n + 1))
                        .saturating_duration_since(Instant::now()),
                );
            }
            took.sort_unstable();
            let at = |share: usize| took[(took.len() - 1) * share / 100].as_millis();
            let carried =
                (proxy.carried(Way::Up) - before) as f64 / started.elapsed().as_secs_f64() / 1024.0;
            println!(
                "{link}; {name}: key to frame {} ms median, {} ms at the 90th percentile, {} ms at most; the backup moved {carried:.1} KiB/s",
                at(50),
                at(90),
                at(100),
            );
            if let Some(mut backup) = backup {
                backup.kill().expect("a child can be killed");
                backup.wait().expect("a child can be waited for");
            }
            terminal.signal("TERM");
            terminal.ended();
        }
    }
}

/// Presses a key and waits for what it changes, both over the link.
fn press(terminal: &mut Terminal, proxy: &Proxy, key: &str) -> Duration {
    // What the last key left behind is not this one's.
    while terminal.take(Duration::ZERO) {}
    let pressed = Instant::now();
    proxy.pass(key.len() as u64 + HEADERS);
    terminal.types(key);
    let before = terminal.written.len();
    while !terminal.take(Duration::from_secs(10)) {
        assert!(
            pressed.elapsed() < Duration::from_mins(2),
            "nothing came of a key"
        );
    }
    proxy.pass((terminal.written.len() - before) as u64 + HEADERS);
    pressed.elapsed()
}

fn back_up(demo: &Demo, address: &str, rate: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chartseal"))
        .env("CHARTSEAL_VAULT", demo.vault())
        .env("CHARTSEAL_HOST", demo.host())
        .env("CHARTSEAL_BACKUP_RATE", rate)
        .args(["backup", "run", "--to", address])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}
