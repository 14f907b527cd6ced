//! Jobs with a repository on a server that stands still in the middle: held they do nothing until they may go on, stopped they
//! leave nothing half done, and the next run completes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chartseal::backup::Location;
use chartseal::backup::target::{Name, Shelf};
use chartseal::desk::view::DemoMade;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::jobs::{back_up, drill, jobs_with, prune, report, restore, scratch, verify_all};
use super::mongod::{self, Mongod};
use super::proxy::Proxy;
use super::pty::Terminal;
use super::{hospital, of_role};

/// A hospital whose snapshots go to a server, over a link that can stand still.
struct Stage {
    folder: TempDir,
    made: DemoMade,
    mongod: Mongod,
    link: Proxy,
    runtime: Runtime,
}

impl Stage {
    /// With one snapshot, or `None` where there can be no server.
    fn new() -> Option<(Self, Terminal)> {
        let runtime = Runtime::new().unwrap();
        let mongod = runtime.block_on(Mongod::start())?;
        let link = Proxy::before(mongod.port);
        let (folder, made) = hospital();
        let address = mongod::uri(link.port, "backup");
        let mut admin = jobs_with(folder.path(), &made, &address);
        back_up(&mut admin);
        let stage = Self {
            folder,
            made,
            mongod,
            link,
            runtime,
        };
        Some((stage, admin))
    }

    /// Holds the job that stands still, sees that it stays so although the server answers again, and lets it go on.
    fn is_held_and_goes_on(&self, admin: &mut Terminal, title: &str) {
        self.link.until_stalled();
        admin.types("p");
        admin.until("held  started");
        self.link.go_on();
        let asked = || {
            let commands = self.link.commands();
            commands.iter().filter(|c| c.name == "find").count()
        };
        // What was on its way arrives.
        admin.bytes_within(Duration::from_secs(1));
        let before = asked();
        let written = admin.bytes_within(Duration::from_secs(2));
        assert_eq!((written, asked()), (0, before), "{}", admin.text());
        assert!(admin.text().contains("held  started"), "{}", admin.text());
        admin.types("p");
        admin.until(&format!("{title}: ok"));
        assert!(
            asked() > before,
            "it had come to its end before it was held"
        );
    }

    /// Stops the job that stands still: it ends although the server does not answer.
    fn is_stopped(&self, admin: &mut Terminal, title: &str) {
        self.link.until_stalled();
        admin.types("c");
        admin.until(&format!("{title}: stopped"));
        admin.until("run it again");
        self.link.go_on();
    }

    fn restored(&self) -> PathBuf {
        self.folder.path().join("restored")
    }

    /// Nothing of a restore is there, whole or in part.
    fn nothing_is_restored(&self) {
        let left = scratch(self.folder.path());
        assert!(left.is_empty(), "{left:?}");
        assert!(!self.restored().exists());
        assert!(!self.folder.path().join("restored-host").exists());
    }

    /// What lies on a shelf of the server.
    /// The objects that are marked. A keeper that is stopped while the server is silent may leave its note beside the marks.
    fn marked(&self) -> Vec<Name> {
        self.runtime.block_on(async {
            let location = Location::parse(&self.mongod.uri("backup")).unwrap();
            let target = location.open(None).await.unwrap();
            let mut stats = target.list(Shelf::Tombstones).await.unwrap();
            stats.retain(|stat| !stat.name.to_string().starts_with("keeper/"));
            stats.sort_unstable();
            stats.into_iter().map(|stat| stat.name).collect()
        })
    }

    /// Objects that no snapshot lists, as a host leaves that was lost before its run was over.
    fn strays(&self, names: &[Name]) {
        self.runtime.block_on(async {
            let location = Location::parse(&self.mongod.uri("backup")).unwrap();
            let target = location.open(None).await.unwrap();
            for name in names {
                let bytes = Arc::new(vec![7; 100]);
                target.put(Shelf::Objects, name, bytes).await.unwrap();
            }
        });
    }
}

#[test]
fn a_verification_of_the_backup_and_a_restore_are_held_and_go_on() {
    let Some((stage, mut admin)) = Stage::new() else {
        return;
    };
    stage.link.stall_at("find", "objects");
    verify_all(&mut admin);
    stage.is_held_and_goes_on(&mut admin, "Verify the backup");
    report(&mut admin, "Verify the backup", "ok  nothing is wrong");

    stage.link.stall_at("find", "objects");
    restore(&mut admin, &stage.restored(), &stage.made.restore.files);
    stage.is_held_and_goes_on(&mut admin, "Restore");
    report(&mut admin, "Restore", "it verifies, nothing is wrong");
}

#[test]
fn what_is_stopped_leaves_nothing_half_done_and_the_next_run_completes() {
    let Some((stage, mut admin)) = Stage::new() else {
        return;
    };
    let (link, made) = (&stage.link, &stage.made);
    link.stall_at("find", "objects");
    verify_all(&mut admin);
    stage.is_stopped(&mut admin, "Verify the backup");
    verify_all(&mut admin);
    admin.until("Verify the backup: ok");

    link.stall_at("find", "objects");
    restore(&mut admin, &stage.restored(), &made.restore.files);
    stage.is_stopped(&mut admin, "Restore");
    stage.nothing_is_restored();
    link.stall_at("find", "objects");
    drill(&mut admin, &of_role(made, "doctor"), &made.restore.files);
    stage.is_stopped(&mut admin, "Drill");
    stage.nothing_is_restored();
    drill(&mut admin, &of_role(made, "doctor"), &made.restore.files);
    admin.until("Drill: ok");
    restore(&mut admin, &stage.restored(), &made.restore.files);
    admin.until("Restore: ok");
    assert!(stage.restored().join("vault.db").is_file());

    let strays = ["a1", "b2", "c3"].map(|two| Name::parse(&two.repeat(32)).unwrap());
    stage.strays(&strays);
    link.stall_at("insert", "tombstones");
    prune(&mut admin);
    stage.is_stopped(&mut admin, "Prune the backup");
    assert!(stage.marked().len() < strays.len());
    prune(&mut admin);
    admin.until("Prune the backup: ok");
    assert_eq!(stage.marked(), strays);
    verify_all(&mut admin);
    admin.until("Verify the backup: ok");
    report(&mut admin, "Verify the backup", "ok  nothing is wrong");
}

#[test]
fn a_signal_in_the_middle_of_a_job_stops_it_ends_the_program_and_the_next_run_completes() {
    let Some((stage, mut admin)) = Stage::new() else {
        return;
    };
    for name in ["TERM", "HUP"] {
        stage.link.stall_at("find", "objects");
        restore(&mut admin, &stage.restored(), &stage.made.restore.files);
        stage.link.until_stalled();
        admin.signal(name);
        let status = admin.ended();
        assert!(status.success(), "{name}: {status:?}");
        let screen = admin.screen();
        assert!(
            !screen.alternate_screen() && !screen.hide_cursor(),
            "{name}"
        );
        stage.nothing_is_restored();
        stage.link.go_on();
        let address = mongod::uri(stage.link.port, "backup");
        admin = jobs_with(stage.folder.path(), &stage.made, &address);
    }
    restore(&mut admin, &stage.restored(), &stage.made.restore.files);
    admin.until("Restore: ok");
    assert!(stage.restored().join("vault.db").is_file());
}
