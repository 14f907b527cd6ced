//! An admin's day: somebody new is invited, makes their keys, is certified, joins two units and reads what these read.

use std::fs;

use chartseal::config::Paths;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{DemoLogin, MemberState};
use chartseal::desk::{session, units, users};
use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{fill, hospital, leave, of_role, select_row};

/// What stands after this word on the screen, to the end of its line.
fn after(terminal: &Terminal, word: &str) -> String {
    let text = terminal.text();
    let line = text.lines().find(|line| line.contains(word)).unwrap();
    let rest = line.split_once(word).unwrap().1;
    rest.trim_end_matches(['│', ' ']).trim().to_owned()
}

/// Puts the selected user into a unit of the list.
fn joins(admin: &mut Terminal, login: &str, unit: &str) {
    admin.types("i");
    admin.until(&format!("Put {login} into a unit"));
    admin.types(unit);
    admin.until(unit);
    admin.types("\r");
    admin.until(&format!("{login} in {unit}: pending"));
}

#[test]
fn somebody_new_comes_from_the_invitation_to_the_charts_of_their_ward() {
    let (folder, made) = hospital();
    let mut admin = Terminal::start(folder.path(), &[]);
    admin.login(&of_role(&made, "admin"), PASSPHRASE);
    admin.types("2");
    admin.until("USERS");
    admin.until("smith");
    admin.types("n");
    admin.until("Invite a user");
    fill(&mut admin, &["nova", "Dr Nadia Nova", "doctor"]);
    admin.types("Ward A\x04");
    admin.until("The one-time code stands in this file");
    let file = folder.path().join("host/codes/nova.code");
    // However long the path is: it stands there whole, on one line or more.
    let squeezed: String = admin
        .text()
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '│')
        .collect();
    assert!(squeezed.contains(file.to_str().unwrap()), "{squeezed}");
    let code = fs::read_to_string(&file).unwrap().trim().to_owned();
    admin.types("\x1b");
    admin.until("invited");

    // The newcomer makes keys of their own; a wrong code makes none.
    let mut newcomer = Terminal::start(folder.path(), &[]);
    newcomer.until("F3 one-time code");
    newcomer.types("\x1bOR");
    newcomer.until("Make your keys");
    fill(&mut newcomer, &["nova", "00000-00000", "six blue horses"]);
    newcomer.types("six blue horses\x04");
    newcomer.until("the one-time code is wrong");
    newcomer.types("\x1b");
    newcomer.until_that("closed page", |screen| {
        !screen.contents().contains("the one-time code is wrong")
    });
    // What was typed is still there, but for the passphrases.
    newcomer.until("00000-00000");
    newcomer.types("\x1b[Z\x1b[Z\x15");
    fill(&mut newcomer, &[&code, "six blue horses"]);
    newcomer.types("six blue horses\x04");
    newcomer.until("Read it out to an admin");
    let fingerprint = after(&newcomer, "fingerprint  ");
    assert!(fingerprint.len() >= 16, "{fingerprint:?}");
    newcomer.types("\x1b");
    // Not certified yet: no way in.
    newcomer.until_that("closed page", |screen| {
        !screen.contents().contains("Read it out to an admin")
    });
    newcomer.until("nova");
    newcomer.types("six blue horses\r");
    newcomer.until("!");
    leave_the_login(newcomer);

    // The admin hears of it, compares, certifies, makes a unit and puts people into it.
    admin.types("1");
    admin.until("1 HOME");
    admin.types("\x12");
    admin.until("nova waits for approval");
    admin.types("\r");
    admin.until("2 ADMIN");
    select_row(&mut admin, "nova");
    admin.types("a");
    admin.until("Certify nova");
    admin.types("0000 0000 0000 0000\r");
    admin.until("they differ");
    admin.types("\x15");
    admin.types(&fingerprint);
    admin.types("\r");
    admin.until("nova is active");
    admin.types("u");
    admin.until("New unit");
    fill(&mut admin, &["Clinic N"]);
    admin.types("clinic\x04");
    admin.until("there is a unit Clinic N");
    joins(&mut admin, "nova", "Clinic N");
    select_row(&mut admin, "smith");
    joins(&mut admin, "smith", "Clinic N");
    admin.types("\x1b[C");
    admin.until("UNITS");
    admin.until("Clinic N");
    leave(admin);

    // A member of the ward delivers its keys, after comparing.
    let mut member = Terminal::start(folder.path(), &[]);
    member.login("smith", PASSPHRASE);
    member.until("joins Ward A");
    member.types("5");
    member.until("5 INBOX");
    member.until("joins Ward A");
    member.types("d");
    member.until("Deliver keys");
    member.types("\r");
    member.until("keys delivered");
    member.until_that("nobody left to wait", |screen| {
        !screen.contents().contains("joins Ward A")
    });
    leave(member);

    let mut newcomer = Terminal::start(folder.path(), &[]);
    newcomer.login("nova", "six blue horses");
    newcomer.types("2");
    newcomer.until("Chen, Qiang");
    newcomer.types("/chen\r");
    newcomer.until("SUMMARY");
    newcomer.until("penicillin: anaphylaxis");
    leave(newcomer);
}

#[test]
fn whoever_delivers_keys_at_a_prompt_sees_to_whom_first() {
    let (folder, made) = hospital();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
    let admin = session::login(&paths, &of_role(&made, "admin"), &passphrase).unwrap();
    let nurse = made.logins.iter().find(|one| one.role == "nurse").unwrap();
    let elsewhere = |login: &&DemoLogin| login.role == "doctor" && login.unit != nurse.unit;
    let doctor = made.logins.iter().find(elsewhere).unwrap();
    let ward = doctor.unit.clone().unwrap();
    units::join(&admin, &ward, &nurse.login).unwrap();
    let user = users::list(&admin).unwrap();
    let user = user.iter().find(|user| user.login == nurse.login).unwrap();
    let line = format!(
        "{} joins {ward}: {}",
        nurse.login,
        user.fingerprint.as_ref().unwrap()
    );
    let pending = || {
        let units = units::list(&admin).unwrap();
        let unit = units.into_iter().find(|unit| unit.unit == ward).unwrap();
        let member = unit
            .members
            .into_iter()
            .find(|one| one.login == nurse.login);
        member.unwrap().state == MemberState::Pending
    };
    let start = || {
        let who = [
            "--user",
            &doctor.login,
            "--passphrase-file",
            &doctor.passphrase_file,
        ];
        Terminal::command(
            folder.path(),
            &[&who[..], &["unit", "deliver"]].concat(),
            &[],
        )
    };
    for (answer, waits, code) in [("n\r", true, 3), ("y\r", false, 0)] {
        let mut member = start();
        member.until(&line);
        member.until("deliver the keys? [y/N]");
        assert!(pending());
        member.types(answer);
        assert_eq!(member.ended().exit_code(), code);
        assert_eq!(pending(), waits);
    }
}

fn leave_the_login(mut terminal: Terminal) {
    terminal.types("\x03");
    assert!(terminal.ended().success());
}
