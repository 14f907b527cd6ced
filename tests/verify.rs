//! Verification of what is whole, with and without keys, and of exports.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use chartseal::clinical::{self, Role};
use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::desk::view::{Chain, Proceed, Progress, VerifyReport, unwatched};
use chartseal::desk::{self, DeskError};
use chartseal::jobs::control::Control;
use chartseal::jobs::{demo, ledger_export, verify};
use chartseal::ledger::clear::{Erasure, GrantGround};
use chartseal::ledger::{Body, ChartId, Clear, Holder, Section};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, NewGrant, VaultError};
use support::{Hospital, PASSPHRASE, STAFF, secret};

fn body(text: &str) -> Body {
    Body {
        kind: 900,
        version: 1,
        bytes: text.as_bytes().to_vec(),
    }
}

fn paths(hospital: &Hospital) -> Paths {
    Paths::new(&hospital.vault_folder(), &hospital.host_folder())
}

fn desk(hospital: &Hospital, login: &str) -> desk::Session {
    desk::session::login(&paths(hospital), login, &secret(PASSPHRASE)).unwrap()
}

fn assert_whole(report: &VerifyReport) {
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.ok);
    assert_eq!(report.chain, Chain::Ok);
    assert_eq!(report.first_break, None);
    assert!(
        report.signatures.bad.is_empty()
            && report.bodies.bad.is_empty()
            && report.grants.bad.is_empty()
    );
}

/// A hospital where much has happened: a chart with entries in every section, a grant given and taken back, a member who left,
/// a reset, a drop, a refusal.
fn lived_in() -> (Hospital, ChartId) {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&hospital.login("reyes"));
    for section in Section::OF_A_CHART {
        doctor
            .write(|writer| writer.put(Draft::new(chart, section), &body("words")))
            .unwrap();
    }
    let many = (0..2_500).map(|n| {
        (
            Draft::new(chart, Section::Clinical),
            body(&format!("word {n}")),
        )
    });
    let many = many.collect();
    doctor.write(|writer| writer.put_all(many)).unwrap();
    let pharmacist = hospital.login("adeyemi");
    let to = Holder::Person(pharmacist.cert());
    let grant = doctor
        .write(|writer| {
            writer.grant(&NewGrant {
                chart,
                to,
                sections: vec![Section::Medication],
                until: None,
                ground: GrantGround::Share,
                because: None,
            })
        })
        .unwrap();
    pharmacist
        .write(|writer| {
            writer.put(
                Draft::new(chart, Section::Access).to(vec![to]),
                &body("looked"),
            )
        })
        .unwrap();
    doctor
        .write(|writer| writer.revoke(chart, grant.id))
        .unwrap();
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Medication), &body("after")))
        .unwrap();
    let admin = hospital.login("admin");
    admin.leave_unit("Ward A", "brandt").unwrap();
    hospital.login("hsmith").deliver_unseen().unwrap();
    admin.reset("okafor").unwrap();
    (hospital, chart)
}

#[test]
fn a_vault_that_is_whole_verifies_without_keys_and_with_those_of_each_role() {
    let (hospital, _) = lived_in();
    let report = verify::ledger(&paths(&hospital), 2, &unwatched).unwrap();
    assert_whole(&report);
    let head = hospital.vault().ledger().head().unwrap();
    assert_eq!(report.entries, head.seq);
    assert_eq!(report.head, head.link.to_string());
    assert_eq!(report.signatures.checked, head.seq);
    assert_eq!(report.bodies.checked, 0);
    assert!(report.bodies.unreadable > 2_500);
    for (login, role, _) in STAFF
        .iter()
        .filter(|(login, _, _)| !["okafor", "admin"].contains(login))
    {
        let report = verify::full(&desk(&hospital, login), 3, &unwatched).unwrap();
        assert_whole(&report);
        let opens = matches!(role, Role::Doctor | Role::Nurse | Role::Patient);
        assert_eq!(
            report.bodies.checked > 2_500,
            opens,
            "{login} opened {}",
            report.bodies.checked
        );
    }
}

#[test]
fn an_invented_hospital_verifies_with_the_keys_of_everyone_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let plan = demo::Plan {
        patients: 4,
        seed: 11,
        cost: Cost::FLOOR,
        papers: folder.path().into(),
    };
    let made = demo::make(&paths, &plan, &unwatched).unwrap();
    let mut compared = 0;
    for someone in &made.logins {
        let session =
            desk::session::login(&paths, &someone.login, &secret(demo::PASSPHRASE)).unwrap();
        let report = verify::full(&session, 2, &unwatched).unwrap();
        assert_eq!(
            (report.index.missing, report.index.stray),
            (0, 0),
            "{}",
            someone.login
        );
        assert_whole(&report);
        compared += report.index.checked;
    }
    assert!(compared > 100, "{compared} pairs of word and entry");
}

#[test]
fn a_verification_can_be_watched_and_stopped() {
    let (hospital, _) = lived_in();
    for threads in [1, 3] {
        let last = AtomicU64::new(0);
        let watch = |progress: &Progress| {
            if progress.what != "verify" {
                return Proceed::Go;
            }
            let before = last.swap(progress.done, Ordering::SeqCst);
            assert!(progress.done >= before, "progress never goes back");
            // To the hundredth, or to what is not worth a word of its own, by each that is at work.
            let total = progress.total.unwrap();
            let step = (total / 100).max(64) * threads;
            assert!(progress.done - before <= step, "{before} {progress:?}");
            Proceed::Go
        };
        let report = verify::ledger(&paths(&hospital), threads as usize, &watch).unwrap();
        assert_eq!(last.load(Ordering::SeqCst), report.entries);
    }
    let stop = |_: &Progress| Proceed::Stop;
    let stopped = verify::ledger(&paths(&hospital), 1, &stop);
    assert!(matches!(stopped, Err(DeskError::Stopped)));
}

#[test]
fn an_export_verifies_without_the_vault() {
    let (hospital, _) = lived_in();
    let auditor = desk(&hospital, "audit");
    let head = hospital.vault().ledger().head().unwrap();
    let mut whole = Vec::new();
    assert_eq!(
        ledger_export::export(&auditor, 0, &mut whole).unwrap(),
        head.seq
    );
    let report = verify::exported(&mut whole.as_slice(), 2, &unwatched).unwrap();
    assert_whole(&report);
    assert_eq!(
        (report.entries, report.head.as_str()),
        (head.seq, head.link.to_string().as_str())
    );

    for since in [1, 40, head.seq - 1, head.seq] {
        let mut part = Vec::new();
        assert_eq!(
            ledger_export::export(&auditor, since, &mut part).unwrap(),
            head.seq - since
        );
        assert_whole(&verify::exported(&mut part.as_slice(), 2, &unwatched).unwrap());
    }
    let text = String::from_utf8(whole).unwrap();
    assert!(!text.contains(&chartseal::crypto::hex::hex(b"words")));
    let lines: Vec<&str> = text.lines().collect();

    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().join("\n");
    let report = verify::exported(&mut without(199).as_bytes(), 1, &unwatched).unwrap();
    assert_eq!(
        (report.ok, report.chain, report.first_break),
        (false, Chain::Broken, Some(200))
    );

    let mut altered: serde_json::Value = serde_json::from_str(lines[299]).unwrap();
    let mut core = altered["core"].as_str().unwrap().to_owned();
    let last = if core.ends_with('0') { "1" } else { "0" };
    core.replace_range(core.len() - 1.., last);
    altered["core"] = core.into();
    let altered = altered.to_string();
    let forged = [&lines[..299], &[altered.as_str()], &lines[300..]]
        .concat()
        .join("\n");
    let report = verify::exported(&mut forged.as_bytes(), 1, &unwatched).unwrap();
    assert_eq!(
        (report.ok, report.first_break, report.signatures.bad),
        (false, Some(300), vec![300])
    );

    let bad = verify::exported(&mut "{\"seq\":1}\n".as_bytes(), 1, &unwatched);
    assert!(matches!(bad, Err(DeskError::BadInput(text)) if text.starts_with("line 1")));
}

#[test]
fn only_auditors_and_admins_export_the_ledger() {
    let hospital = Hospital::staffed();
    for (login, role, _) in STAFF {
        let exported = ledger_export::export(&desk(&hospital, login), 0, &mut Vec::new());
        assert_eq!(exported.is_ok(), *role == Role::Auditor, "{login}");
    }
}

#[test]
fn an_entry_that_its_authors_role_may_not_write_is_named() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let note = clinical::Body::Note(clinical::Note {
        text: "a word".into(),
        ..clinical::Note::default()
    });
    let note = Body {
        kind: note.kind().number(),
        version: clinical::BODY_VERSION,
        bytes: note.encode(),
    };
    // The registrar's own program drops a clinical note into a chart: the vault's lowest layer lets sealed bodies pass.
    let registrar = hospital.login("reyes");
    let stored = registrar
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &note))
        .unwrap();
    assert_whole(&verify::ledger(&paths(&hospital), 1, &unwatched).unwrap());
    let report = verify::full(&desk(&hospital, "hsmith"), 1, &unwatched).unwrap();
    assert!(!report.ok);
    let named: Vec<_> = report.findings.iter().map(|finding| finding.seq).collect();
    assert_eq!(named, [Some(stored.seq)]);
}

#[test]
fn a_slot_that_outlives_its_grant_by_a_day_is_late_and_any_write_sweeps_it() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let to = Holder::Person(hospital.login("adeyemi").cert());
    let grant = NewGrant {
        chart,
        to,
        sections: vec![Section::Medication],
        until: Some(1_000),
        ground: GrantGround::Share,
        because: None,
    };
    let grant = doctor.write(|writer| writer.grant(&grant)).unwrap();
    let report = verify::ledger(&paths(&hospital), 1, &unwatched).unwrap();
    assert_eq!(report.grants.bad.len(), 1, "{:?}", report.grants.bad);
    assert!(
        report.grants.bad[0].contains("ran out"),
        "{:?}",
        report.grants.bad
    );
    assert!(report.grants.bad[0].contains(&grant.id.to_string()));
    let other = hospital.login("okafor");
    let elsewhere = hospital.chart_in(&other, "Ward B", "okafor", None);
    other
        .write(|writer| writer.put(Draft::new(elsewhere, Section::Clinical), &body("words")))
        .unwrap();
    assert_whole(&verify::ledger(&paths(&hospital), 1, &unwatched).unwrap());
}

#[test]
fn two_grants_to_one_holder_stand_and_fall_apart() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let pharmacist = hospital.login("adeyemi");
    let grant = || {
        let new = NewGrant {
            chart,
            to: Holder::Person(pharmacist.cert()),
            sections: vec![Section::Medication],
            until: None,
            ground: GrantGround::Share,
            because: None,
        };
        doctor.write(|writer| writer.grant(&new)).unwrap()
    };
    let write = || {
        doctor
            .write(|writer| writer.put(Draft::new(chart, Section::Medication), &body("order")))
            .unwrap()
    };
    let (first, second, third) = (grant(), grant(), grant());
    // The next write renews the key and carries both remaining grants over, under one slot.
    doctor
        .write(|writer| writer.revoke(chart, third.id))
        .unwrap();
    write();
    doctor
        .write(|writer| writer.revoke(chart, first.id))
        .unwrap();
    assert_whole(&verify::ledger(&paths(&hospital), 1, &unwatched).unwrap());
    let opens = || {
        pharmacist
            .read(|reader| Ok::<_, VaultError>(reader.can_open(chart, Section::Medication)))
            .unwrap()
    };
    assert!(opens(), "the second grant is in force");
    write();
    assert!(opens());
    doctor
        .write(|writer| writer.revoke(chart, second.id))
        .unwrap();
    write();
    assert!(!opens());
    assert_whole(&verify::ledger(&paths(&hospital), 1, &unwatched).unwrap());
}

#[test]
fn an_erased_chart_verifies_and_its_erasure_excuses_nothing_else() {
    let (hospital, chart) = lived_in();
    let doctor = hospital.login("hsmith");
    let kept = hospital.chart(&doctor);
    let stored = doctor
        .write(|writer| writer.put(Draft::new(kept, Section::Clinical), &body("kept")))
        .unwrap();
    let admin = hospital.login("admin");
    let sealed: Vec<u64> = Section::OF_A_CHART
        .into_iter()
        .flat_map(|section| {
            let ledger = hospital.vault();
            let entries = ledger
                .ledger()
                .read(|tx| tx.section(&chart, section))
                .unwrap();
            entries
                .into_iter()
                .map(|entry| entry.seq())
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(sealed.len() > 2_500);
    admin
        .write(|writer| {
            writer.clear(&Clear::Erasure(Erasure { chart }))?;
            writer.tx().shred(&chart)?;
            for seq in &sealed {
                writer.tx().erase_body(*seq)?;
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
    assert_whole(&verify::ledger(&paths(&hospital), 2, &unwatched).unwrap());
    admin
        .write(|writer| Ok::<_, VaultError>(writer.tx().erase_body(stored.seq)?))
        .unwrap();
    let report = verify::ledger(&paths(&hospital), 2, &unwatched).unwrap();
    assert_eq!((report.ok, report.bodies.bad), (false, vec![stored.seq]));
}

#[test]
fn a_verification_that_is_held_holds_nobody_up_and_goes_on_where_it_was() {
    let (hospital, chart) = lived_in();
    let doctor = hospital.login("hsmith");
    let control = Control::default();
    let (say, said) = sync_channel(0);
    let words = AtomicU64::new(0);
    let watch = |_: &Progress| {
        // Before its first batch is checked, once.
        if words.fetch_add(1, Ordering::Relaxed) == 0 {
            control.pause();
            say.send(()).unwrap();
        }
        control.proceed()
    };
    let ledger = doctor.ledger().again().unwrap();
    let report = thread::scope(|scope| {
        let job = scope.spawn(|| verify::keyless(&ledger, Witness::default(), 2, &watch).unwrap());
        said.recv().unwrap();
        // It is held, in the middle: a write lands all the same, and the log of writes can be emptied.
        doctor
            .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("meanwhile")))
            .unwrap();
        doctor.ledger().checkpoint().unwrap();
        assert!(!job.is_finished());
        control.resume();
        job.join().unwrap()
    });
    assert_whole(&report);
    assert_eq!(report.entries, doctor.ledger().head().unwrap().seq);

    let control = Control::default();
    control.pause();
    let stopped = thread::scope(|scope| {
        let watch = |_: &Progress| control.proceed();
        let job = scope.spawn(move || verify::keyless(&ledger, Witness::default(), 2, &watch));
        control.stop();
        job.join().unwrap()
    });
    assert!(matches!(stopped, Err(DeskError::Stopped)), "{stopped:?}");
}
