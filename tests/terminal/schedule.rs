//! Backups that the interface makes while it is open.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chartseal::config::Paths;
use chartseal::desk::status;
use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{hospital, of_role};

#[test]
fn backups_are_made_while_the_interface_is_open() {
    let (folder, _) = hospital();
    let repository = folder.path().join("repository");
    let mut terminal = Terminal::start(
        folder.path(),
        &[
            ("CHARTSEAL_BACKUP_TARGET", repository.to_str().unwrap()),
            ("CHARTSEAL_BACKUP_EVERY", "6h"),
        ],
    );
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let start = Instant::now();
    while status::read(&paths).unwrap().last_backup.is_none() {
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "{}",
            terminal.text()
        );
        terminal.take(Duration::from_millis(50));
    }
    terminal.types("\x03");
    assert!(terminal.ended().success());
}

#[test]
fn a_schedule_does_not_call_a_server_without_tls_where_that_is_required_and_says_so() {
    let (folder, made) = hospital();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "mongodb://127.0.0.1:{}/backup",
        server.local_addr().unwrap().port()
    );
    let mut admin = Terminal::start(
        folder.path(),
        &[
            ("CHARTSEAL_BACKUP_TARGET", &address),
            ("CHARTSEAL_BACKUP_EVERY", "6h"),
            ("CHARTSEAL_SECURITY_TLS", "required"),
        ],
    );
    admin.login(&of_role(&made, "admin"), PASSPHRASE);
    admin.until("! backup failed");
    admin.types("2");
    admin.until("USERS");
    admin.types("\t\t\t");
    admin.until("without TLS");
    server.set_nonblocking(true).unwrap();
    let called = server.accept().map(|_| ());
    assert_eq!(called.unwrap_err().kind(), ErrorKind::WouldBlock);
    // Whoever sees it says so, and is told no more.
    admin.types("x");
    admin.until("chartseal backup incidents --seen");
    admin.types("y");
    admin.until("1 marked as seen");
    admin.until_that("no failure in the header", |screen| {
        !screen.contents().contains("! backup failed")
    });
    admin.types("q");
    assert!(admin.ended().success());
}
