//! Which day it is: the same for what is written and for who looks for it, wherever the host stands.

use std::process::Command;

use chartseal::desk::charts::admit;
use chartseal::desk::write;

use crate::fixture::{find, note};
use crate::support::{Hospital, patient};

/// A test of this name does the work in a process of its own, since a zone belongs to a process.
const ZONED: &str = "CHARTSEAL_TEST_ZONED";

#[test]
fn what_was_just_written_is_found_today_in_every_time_zone() {
    if std::env::var_os(ZONED).is_some() {
        return finds_what_was_just_written();
    }
    // Whatever the hour, it is another day than in UTC in one of these.
    for zone in ["<+14>-14", "<-12>12"] {
        let name = "today::what_was_just_written_is_found_today_in_every_time_zone";
        let child = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact"])
            .env("TZ", zone)
            .env(ZONED, "")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "TZ={zone}: {said}");
        assert!(said.contains("1 passed"), "{said}");
    }
}

fn finds_what_was_just_written() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    // If midnight falls in between, once more.
    let day = || jiff::Timestamp::now().as_second() / 86_400;
    loop {
        let began = day();
        let written = write::entry(&doctor, &mrn, note("fever")).unwrap();
        let queries = ["on:today", "last:1d", "since:t until:t", "-until:yesterday"];
        let found = queries.map(|query| find(&doctor, &format!("fever {query}")));
        if day() == began {
            for (query, found) in queries.iter().zip(found) {
                assert!(found.contains(&written.entry), "{query}: {found:?}");
            }
            break;
        }
    }
}
