//! Backups with nobody beside them: the thread of the interface and the timer's quiet command. What goes wrong is kept for whoever
//! looks later, and a target that does not answer holds nobody up.

use std::net::TcpListener;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, PrintedHead};
use chartseal::config::Paths;
use chartseal::desk::view::{Incident, IncidentKind, Proceed, Progress, Status, unwatched};
use chartseal::desk::{DeskError, charts, incidents, status};
use chartseal::jobs::backup::{self, Schedule, Target, Turn};
use tokio::runtime::Runtime;

use crate::program::Program;
use crate::support::patient;
use crate::ward::Ward;

const EVERY: Duration = Duration::from_hours(6);

/// Waits until the status is so.
fn until(paths: &Paths, holds: impl Fn(&Status) -> bool) -> Status {
    let start = Instant::now();
    loop {
        let status = status::read(paths).unwrap();
        if holds(&status) {
            return status;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{status:?}");
        std::thread::yield_now();
    }
}

/// Takes one object away, and gives its name.
fn lose_one_object(target: &Target) -> String {
    let runtime = Runtime::new().unwrap();
    let operator = runtime.block_on(target.location.open(None)).unwrap();
    let stats = runtime.block_on(operator.list(Shelf::Objects)).unwrap();
    let name = &stats.first().unwrap().name;
    runtime
        .block_on(operator.delete(Shelf::Objects, name))
        .unwrap();
    name.to_string()
}

/// A server that takes connections and never says a word.
fn silent() -> (TcpListener, Target) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Target::parse(&format!("mongodb://127.0.0.1:{port}/backup")).unwrap();
    (listener, target)
}

#[test]
fn a_schedule_makes_the_backup_that_is_due() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let schedule = Schedule::begin(paths.clone(), ward.target(), EVERY);
    let status = until(&paths, |status| status.last_backup.is_some());
    drop(schedule);
    let listed = backup::list(&paths, &ward.target(), &unwatched).unwrap();
    assert_eq!(listed.len(), 1, "none before it is due again");
    // Whoever looks later finds the head that nobody saw printed.
    assert_eq!(status.last_backup_head.as_ref(), Some(&listed[0].head));
    assert_eq!(status.backup_incidents, []);
    let (_, restored) = ward.restore("there", None);
    assert!(restored.verify.ok);
}

#[test]
fn a_scheduled_backup_that_fails_is_told_until_one_is_made() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let mount = ward.hospital.folder.path().join("mount");
    let target = Target::parse(mount.join("repository").to_str().unwrap()).unwrap();
    let schedule = Schedule::begin(paths.clone(), target.clone(), EVERY);
    let status = until(&paths, |status| !status.backup_incidents.is_empty());
    drop(schedule);
    let [
        Incident {
            target: place,
            kind,
            what,
            ..
        },
    ] = &status.backup_incidents[..]
    else {
        panic!("{status:?}");
    };
    assert_eq!(*kind, IncidentKind::Failed);
    assert_eq!(*place, target.location.to_string());
    assert!(what[0].contains(mount.to_str().unwrap()), "{what:?}");
    assert!(status.last_backup.is_none());

    std::fs::create_dir(&mount).unwrap();
    let schedule = Schedule::begin(paths.clone(), target, EVERY);
    until(&paths, |status| status.last_backup.is_some());
    drop(schedule);
    assert_eq!(status::read(&paths).unwrap().backup_incidents, []);
}

#[test]
fn what_a_scheduled_backup_found_wrong_is_told_until_somebody_has_seen_it() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let target = ward.target();
    ward.back_up(&ward.here());
    let lost = lose_one_object(&target);
    let stop = AtomicBool::new(false);
    let later = || {
        let last = status::read(&paths).unwrap().last_backup.unwrap();
        let due = last.millis() as u64 + EVERY.as_millis() as u64;
        match backup::turn(&paths, &target, EVERY, &stop, due).unwrap() {
            Turn::Made(made) => made.alarms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(later().len(), 1);
    // The run has sent it anew: the next one finds nothing wrong, and neither does a verification.
    assert!(later().is_empty());
    let kept = status::read(&paths).unwrap().backup_incidents;
    let [incident] = &kept[..] else {
        panic!("{kept:?}");
    };
    assert_eq!(incident.kind, IncidentKind::Alarm);
    assert!(incident.what[0].contains(&lost), "{incident:?}");
    let program = Program::at(&ward.here());
    let json = program.json(&[&["status"]]).done();
    assert_eq!(json["backup_incidents"][0]["kind"], "alarm");

    let said = program.json(&[&["backup", "incidents"]]);
    assert_eq!(
        (said.code, said.result()["seen"].as_bool()),
        (1, Some(false))
    );
    // What comes after somebody looked is not seen.
    let seen = incidents::seen(&paths, Some(incident.at)).unwrap();
    assert_eq!(seen.incidents, kept);
    assert_eq!(status::read(&paths).unwrap().backup_incidents, []);
    lose_one_object(&target);
    assert_eq!(later().len(), 1);
    let said = program.json(&[&["backup", "incidents", "--seen"]]).done();
    assert_eq!(said["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(
        program.json(&[&["backup", "incidents"]]).done()["incidents"],
        serde_json::json!([])
    );
}

#[test]
fn a_target_that_was_rolled_back_is_told_although_a_later_backup_is_made() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    ward.back_up(&ward.here());
    let aside = ward.hospital.folder.path().join("aside");
    std::fs::rename(&ward.repository, &aside).unwrap();
    let refused = backup::run(&paths, &ward.target(), &unwatched).unwrap_err();
    assert!(
        matches!(refused, DeskError::Backup(BackupError::RolledBack { .. })),
        "{refused}"
    );
    std::fs::remove_dir_all(&ward.repository).unwrap();
    std::fs::rename(&aside, &ward.repository).unwrap();
    ward.back_up(&ward.here());
    let kept = status::read(&paths).unwrap().backup_incidents;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].kind, IncidentKind::Alarm);
    assert!(kept[0].what[0].contains("rolled back"), "{kept:?}");
}

#[test]
fn the_quiet_command_of_a_timer_tells_alarms_and_status_and_list_give_the_head() {
    let ward = Ward::new();
    let program = Program::at(&ward.here());
    let to = ward.repository.to_str().unwrap();
    let quiet = || {
        program
            .command(&["--quiet", "backup", "run", "--to", to])
            .output()
            .unwrap()
    };
    let first = quiet();
    assert_eq!(
        (first.status.code(), &first.stdout[..], &first.stderr[..]),
        (Some(0), &b""[..], &b""[..])
    );
    let lost = lose_one_object(&ward.target());
    let second = quiet();
    assert_eq!(
        (second.status.code(), &second.stdout[..]),
        (Some(1), &b""[..])
    );
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(told.starts_with("! ") && told.contains(&lost), "{told}");

    // The head of a run that printed none.
    let registrar = ward.here().login("reyes");
    charts::admit(&registrar, "Ward A", &patient("Ana", "Mejía")).unwrap();
    assert_eq!(quiet().status.code(), Some(0));
    let listed = program.json(&[&["backup", "list", "--to", to]]).done();
    let head = listed[0]["head"].as_str().unwrap();
    let status = program.json(&[&["status"]]).done();
    assert_eq!(status["last_backup_head"], head);
    let text = program
        .command(&["backup", "list", "--to", to])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.lines().last().unwrap().ends_with(head), "{text}");
    head.parse::<PrintedHead>().unwrap();
    let verify = |head: &str| program.json(&[&["backup", "verify", "--to", to, "--head", head]]);
    verify(head).done();
}

#[test]
fn a_target_that_never_answers_is_left_as_soon_as_somebody_cancels() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let (_listener, target) = silent();
    let stop = |_: &Progress| Proceed::Stop;
    let run = backup::run(&paths, &target, &stop).unwrap_err();
    let list = backup::list(&paths, &target, &stop).unwrap_err();
    let verify = backup::verify(&paths, &target, ReadData::All, None, &stop).unwrap_err();
    for stopped in [run, list, verify] {
        assert!(
            matches!(stopped, DeskError::Backup(BackupError::Cancelled)),
            "it was waited for: {stopped}"
        );
    }
    assert_eq!(status::read(&paths).unwrap().backup_incidents, []);
}

#[test]
fn an_interface_that_is_left_does_not_wait_for_a_target_that_never_answers() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let (listener, target) = silent();
    let schedule = Schedule::begin(paths.clone(), target, EVERY);
    let _connected = listener.accept().unwrap();
    drop(schedule);
    // Had it been waited for, the run would have failed.
    assert_eq!(status::read(&paths).unwrap().backup_incidents, []);
}
