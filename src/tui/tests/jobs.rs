//! Jobs of the admin: running, held, stopped, ended, and the reports that are kept of them.

use super::super::command::JobId;
use super::super::job::Job;
use super::bench::{Bench, look};
use super::fixture::Fixture;

#[test]
fn a_job_ends_in_a_report_that_can_be_opened() {
    let mut bench = Bench::of("lind");
    bench.keys("2 v");
    assert!(
        bench.shows("Verify signatures") && bench.shows("1 wrong"),
        "{}",
        bench.screen()
    );
    bench.keys("enter");
    assert!(
        bench.shows("entry 184 201  signature does not match"),
        "{}",
        bench.screen()
    );
}

#[test]
fn a_running_verification_is_held_goes_on_and_is_stopped() {
    let mut bench = Bench::of("lind");
    bench.keys("2 right right right p");
    assert!(bench.shows("no job is running"));
    let mut job = Job::new(JobId(7), "Verify signatures", bench.now);
    job.can_pause = true;
    bench.app.shell.jobs.push(job);
    bench.keys("p");
    assert!(
        bench.shows("held") && bench.shows("p hold"),
        "{}",
        bench.screen()
    );
    bench.keys("p");
    assert!(bench.shows("running") && !bench.shows("held"));
    bench.keys("c p");
    assert!(bench.shows("stopping") && bench.shows("cannot be held"));
    let rest: Vec<String> = bench
        .rest
        .iter()
        .map(|command| format!("{command:?}"))
        .collect();
    assert_eq!(
        rest,
        ["Pause(JobId(7))", "Resume(JobId(7))", "Cancel(JobId(7))"]
    );
}

#[test]
fn a_kept_report_is_opened_again_and_saved() {
    let mut bench = Bench::of("lind");
    bench.keys("2 right right right");
    assert!(
        bench.shows("Verifications") && bench.shows("! 1 wrong"),
        "{}",
        bench.screen()
    );
    bench.asked();
    bench.keys("down enter");
    let asked = bench.asked();
    assert!(
        asked.contains("Verification { at: Stamp(2026-11-20T06:00:00Z) }"),
        "{asked}"
    );
    assert!(
        bench.shows("entry 184 201  signature does not match"),
        "{}",
        bench.screen()
    );
    bench.keys("esc s");
    let asked = bench.asked();
    assert!(
        asked.contains("SaveVerification { at: Stamp(2026-11-20T06:00:00Z), report: None }"),
        "{asked}\n{}",
        bench.screen()
    );
    assert!(bench.shows("saved"));
}

#[test]
fn the_end_of_a_job_stays_to_be_read_where_no_snapshot_can_be_listed_yet() {
    let desk = Fixture {
        no_repository: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("lind");
    bench.keys("2 v");
    assert!(
        bench.shows("Verify signatures: ! 1 wrong"),
        "{}",
        bench.screen()
    );
    assert!(
        bench.shows("/srv/backup holds no chartseal repository"),
        "{}",
        bench.screen()
    );
}
