//! An auditor's day: a broken glass is seen, looked into and closed, and the trail says who looked.

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{fill, hospital, leave, of_role};

#[test]
fn a_broken_glass_is_reviewed_by_the_auditor_who_sees_who_looked() {
    let (folder, made) = hospital();
    // A chart of the other ward is opened in an emergency.
    let mut doctor = Terminal::start(folder.path(), &[]);
    doctor.login("haddad", PASSPHRASE);
    doctor.types("2");
    doctor.until("charts");
    assert!(!doctor.text().contains("Chen, Qiang"), "{}", doctor.text());
    doctor.types("B");
    doctor.until("Break the glass");
    fill(&mut doctor, &["0005-9", "found unconscious in the lift"]);
    doctor.types(PASSPHRASE);
    doctor.types("\r");
    doctor.until("the glass is broken");
    doctor.until("Chen, Qiang");
    doctor.types("/chen\r");
    doctor.until("SUMMARY");
    doctor.until("BREAK-GLASS IN FORCE");
    leave(doctor);

    let mut auditor = Terminal::start(folder.path(), &[]);
    auditor.login(&of_role(&made, "auditor"), PASSPHRASE);
    auditor.until("1 waiting for you");
    auditor.until("break-glass");
    auditor.types("3");
    auditor.until("3 INBOX");
    // The line that says it is broken where it may be.
    auditor.until("for haddad to 0005-9, until");
    auditor.until("found unconscious in");
    auditor.types("\r");
    auditor.until("from Dr Samir Haddad");
    auditor.types("\x1b");
    auditor.until_that("closed page", |screen| {
        !screen.contents().contains("from Dr Samir Haddad")
    });
    auditor.types("c");
    auditor.until("Review a break-glass");
    fill(&mut auditor, &["the log of the lift bears it out"]);
    auditor.types("yes\r");
    auditor.until("reviewed and closed");
    auditor.until("0 waiting for you");
    auditor.types("2");
    auditor.until("USERS");
    auditor.types("\x1b[C\x1b[C");
    auditor.until("LEDGER");
    auditor.until("haddad");
    // The trail holds the emergency, the look that it allowed, and the review.
    for action in ["glass reviewed", "viewed", "glass broken"] {
        auditor.until(action);
    }
    auditor.types("v");
    auditor.until("Enter shows the report");
    auditor.types("\r");
    auditor.until("nothing is wrong");
    auditor.types("\x1b");
    auditor.until_that("closed report", |screen| {
        !screen.contents().contains("nothing is wrong")
    });
    leave(auditor);
}
