//! Old snapshots: what they bring back, and what they never do.

use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::view::{Draft, DraftKind, unwatched};
use chartseal::desk::{charts, drafts, search, units, users};
use chartseal::jobs::verify;
use chartseal::ledger::clear::GrantGround;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Holder, Section};
use chartseal::vault::{NewGrant, Stored, VaultError, Writer};

use crate::support;
use crate::ward::{Ward, erase};

fn chart(id: &str) -> ChartId {
    id.parse().unwrap()
}

#[test]
fn an_older_snapshot_revives_neither_an_erased_chart_nor_a_former_member() {
    let ward = Ward::new();
    let here = ward.here();
    let registrar = here.login("reyes");
    let admit = |given, family| {
        charts::admit(&registrar, "Ward A", &support::patient(given, family)).unwrap()
    };
    let (kept, erased) = (admit("Gustavo", "Mejía"), admit("Ana", "Gerhold"));
    let doctor = here.login("hsmith");
    catch_up_all(&doctor, &unwatched).unwrap();
    let okafor = here.login("okafor").vault().cert();
    let grant = NewGrant {
        chart: chart(&kept.chart),
        to: Holder::Person(okafor),
        sections: vec![Section::Identity, Section::Clinical],
        until: None,
        ground: GrantGround::Share,
        because: None,
    };
    let write = |work: &dyn Fn(&mut Writer<'_, '_>) -> Result<Stored, VaultError>| {
        doctor.vault().write(|writer| work(writer)).unwrap()
    };
    let shared = write(&|writer| writer.grant(&grant));
    let first = ward.back_up(&here);

    // After it, on this host and on another: a chart erased, a grant revoked, a user disabled, one who left.
    let admin = here.login("admin");
    erase(&admin, chart(&erased.chart));
    write(&|writer| writer.revoke(chart(&kept.chart), shared.id));
    users::disable(&admin, "brandt").unwrap();
    ward.back_up(&here);
    let (there, _) = ward.restore("there", None);
    let admin = there.login("admin");
    units::leave(&admin, "Ward B", "okafor").unwrap();
    let later = charts::admit(
        &there.login("reyes"),
        "Ward A",
        &support::patient("Jill", "Tillman"),
    )
    .unwrap();
    // Signed by a host that the first snapshot's entries have never heard of.
    let newest = ward.back_up(&there);
    assert!(newest.parent.is_some());

    let (old, restored) = ward.restore("old", Some(&first.snapshot));
    assert_eq!(restored.entries, first.entries);
    let again = restored.sign_again.join("\n");
    for line in [
        format!("chart {} was erased", erased.chart),
        "brandt was disabled".to_owned(),
        "okafor left Ward B".to_owned(),
        format!("on chart {} was revoked", kept.chart),
    ] {
        assert!(again.contains(&line), "{line} in {again}");
    }
    assert!(old.try_login("brandt").is_err());
    // Nor do its words stay: the index is made anew.
    let sql = rusqlite::Connection::open(old.vault.join(FILE)).unwrap();
    let count = |table: &str| -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        sql.query_row(&count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(
        ["segment", "index_log", "index_small", "indexed"].map(count),
        [0; 4]
    );
    drop(sql);
    let doctor = old.login("hsmith");
    let seen: Vec<_> = charts::list(&doctor, None)
        .unwrap()
        .into_iter()
        .map(|line| line.mrn)
        .collect();
    assert_eq!(
        seen,
        [kept.mrn.as_str()],
        "not {} nor {}",
        erased.mrn,
        later.mrn
    );
    // What is missing in it is what was taken away, and nothing else is wrong.
    let report = &restored.verify;
    let taken = |text: &str| text.contains("is missing");
    assert!(
        !report.ok && report.findings.iter().all(|finding| taken(&finding.text)),
        "{:?}",
        report.findings
    );
    // Signed again, all of it is explained.
    let admin = old.login("admin");
    erase(&admin, chart(&erased.chart));
    users::disable(&admin, "brandt").unwrap();
    units::leave(&admin, "Ward B", "okafor").unwrap();
    doctor
        .vault()
        .write(|writer| writer.revoke(chart(&kept.chart), shared.id))
        .unwrap();
    let report = verify::ledger(&old.paths(), 1, &unwatched).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    assert!(charts::list(&old.login("okafor"), None).unwrap().is_empty());
}

#[test]
fn a_shredded_chart_is_unreadable_from_every_snapshot_made_after() {
    let ward = Ward::new();
    let here = ward.here();
    let registrar = here.login("reyes");
    let line = charts::admit(&registrar, "Ward A", &support::patient("Ana", "Gerhold")).unwrap();
    ward.back_up(&here);
    erase(&here.login("admin"), chart(&line.chart));
    ward.back_up(&here);
    let (there, restored) = ward.restore("there", None);
    assert!(restored.verify.ok, "{:?}", restored.verify.findings);
    assert!(
        charts::list(&there.login("hsmith"), None)
            .unwrap()
            .is_empty()
    );
    let vault = chartseal::vault::Vault::open(&there.vault, &there.host).unwrap();
    let (slots, bodies) = vault
        .ledger()
        .read(|tx| {
            let slots = tx.slots()?;
            let mut bodies = 0;
            for section in Section::OF_A_CHART {
                let entries = tx.section(&chart(&line.chart), section)?;
                bodies += entries.iter().filter(|e| e.row.body.is_some()).count();
            }
            let of_chart =
                |slot: &&chartseal::ledger::Slot| slot.place.chart.to_string() == line.chart;
            Ok::<_, VaultError>((slots.iter().filter(of_chart).count(), bodies))
        })
        .unwrap();
    assert_eq!((slots, bodies), (0, 0));
}

#[test]
fn the_newest_snapshot_is_searched_at_once_by_everyone_who_was_there() {
    let ward = Ward::new();
    let here = ward.here();
    let registrar = here.login("reyes");
    let line = charts::admit(&registrar, "Ward A", &support::patient("Gustavo", "Mejía")).unwrap();
    ward.back_up(&here);
    let (there, restored) = ward.restore("there", None);
    assert!(restored.verify.ok && restored.sign_again.is_empty());
    for login in support::STAFF
        .iter()
        .map(|(login, _, _)| login)
        .chain(&["admin"])
    {
        there.login(login);
    }
    let found = search::run(&there.login("hsmith"), "name:mejía", 10, 0).unwrap();
    assert_eq!(
        (found.total, found.uncovered, found.results[0].mrn.as_str()),
        (1, 0, line.mrn.as_str())
    );
}

#[test]
fn what_somebody_was_writing_comes_back_and_opens_for_its_writer_alone() {
    let ward = Ward::new();
    let here = ward.here();
    let doctor = here.login("hsmith");
    let draft = Draft {
        kind: DraftKind::Note,
        mrn: Some("0012-7".to_owned()),
        amends: None,
        begun: 1_795_336_265_000,
        changed: 1_795_336_266_000,
        fields: vec![("text".to_owned(), "Seen at the bedside".to_owned())],
    };
    let row = drafts::seal(&doctor, &draft).unwrap();
    row.store(&doctor).unwrap();
    ward.back_up(&here);
    drafts::gone(&doctor, &draft)
        .unwrap()
        .store(&doctor)
        .unwrap();
    let (there, _) = ward.restore("there", None);
    assert_eq!(drafts::list(&there.login("hsmith")).unwrap(), [draft]);
    assert_eq!(drafts::list(&there.login("brandt")).unwrap(), []);
    assert_eq!(drafts::list(&doctor).unwrap(), []);
}
