//! The real vault and the real program on a repository that somebody got at: a person with three shares gets the records back.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use chartseal::backup::chain::Chain;
use chartseal::backup::keys::RestoreSecret;
use chartseal::backup::manifest::HostId;
use chartseal::backup::object::ObjectKind;
use chartseal::backup::restore::Damage;
use chartseal::backup::source::TableId;
use chartseal::backup::{BackupError, Folder};
use chartseal::crypto::sign::SigningKey;
use chartseal::desk::view::{Proceed, Progress, Restored, unwatched};
use chartseal::desk::{DeskError, charts, index, search};
use chartseal::jobs::backup::{self, HostFolder, Order};
use chartseal::ledger::store::FILE;
use chartseal::vault::shares::{self, Set};
use serde_json::Value;

use crate::program::{Program, Said};
use crate::site::wire;
use crate::support::editor::{get_box, put_box};
use crate::support::patient;
use crate::ward::{Place, Ward};

/// A ward with a patient, backed up.
fn backed_up() -> Ward {
    let ward = Ward::new();
    admit(&ward, "Gustavo");
    ward.back_up(&ward.here());
    ward
}

fn admit(ward: &Ward, given: &str) {
    let registrar = ward.here().login("reyes");
    charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
}

fn order<'a>(ward: &'a Ward, place: &'a Place, host: &'a HostFolder) -> Order<'a> {
    Order {
        into: &place.vault,
        host,
        snapshot: None,
        shares: &ward.shares,
        head: None,
        damage: Damage::Accept,
    }
}

fn restore(
    ward: &Ward,
    place: &Place,
    snapshot: Option<&str>,
    damage: Damage,
) -> Result<Restored, DeskError> {
    let host = HostFolder::Rather(place.host.clone());
    let order = Order {
        snapshot,
        damage,
        ..order(ward, place, &host)
    };
    backup::restore(&ward.target(), &order, &unwatched)
}

/// Where the folder keeps an object.
fn file_of(ward: &Ward, kind: ObjectKind) -> PathBuf {
    let object = chain(ward)
        .newest()
        .unwrap()
        .manifest
        .objects
        .iter()
        .find(|o| o.kind == kind)
        .unwrap()
        .address
        .to_string();
    ward.repository
        .join("objects")
        .join(&object[..2])
        .join(object)
}

fn secret_of(ward: &Ward) -> RestoreSecret {
    let (_, secret) = shares::combine(&ward.shares, Set::Restore).unwrap();
    RestoreSecret::from_bytes(secret.expose()).unwrap()
}

fn chain(ward: &Ward) -> Chain {
    let host = ward.hospital.vault().host().clone();
    let keys = host.backup_keys().unwrap().unwrap();
    let keys =
        chartseal::backup::keys::BackupKeys::from_bytes(&keys, host.sign().duplicate()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = Folder::open(&ward.repository).unwrap();
        let wire = wire(std::sync::Arc::new(folder));
        Chain::load(&wire, keys.repository, &keys.k_manifest, &|_| true)
            .await
            .unwrap()
    })
}

/// The program restoring into `into`, with the shares in files.
fn program(ward: &Ward, home: &Path, into: &str, more: &[&str]) -> Said {
    let mut words = vec!["backup", "restore", "--into", into, "--from"];
    words.push(ward.repository.to_str().unwrap());
    let host = format!("{into}-host");
    words.extend(["--host", &host]);
    let files: Vec<String> = (0..)
        .zip(&ward.shares)
        .map(|(n, share)| {
            let file = home.join(format!("share-{n}"));
            std::fs::write(&file, share.expose()).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            file.to_str().unwrap().to_owned()
        })
        .collect();
    for file in &files {
        words.extend(["--share", file]);
    }
    Program::in_home(home).json(&[&words, more])
}

#[test]
fn a_document_inserted_among_the_manifests_is_refused_with_its_remedy_and_with_it_all_comes_back() {
    let ward = backed_up();
    std::fs::write(ward.repository.join("manifests/x"), b"anything").unwrap();
    let home = tempfile::tempdir().unwrap();
    let refused = program(&ward, home.path(), "vault", &[]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let error = refused.error();
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    assert!(text("message").contains("manifests/x"), "{error}");
    assert!(text("hint").contains("--accept-damage"), "{error}");
    assert!(!home.path().join("vault").exists());

    let said = program(&ward, home.path(), "vault", &["--accept-damage"]);
    assert_eq!(said.code, 1, "{said:?}");
    let restored = said.result();
    assert_eq!(restored["verify"]["ok"], true, "{restored}");
    assert_eq!(
        restored["damage"],
        serde_json::json!(["manifests/x: this is not the name of a manifest"])
    );
    let place = Place {
        vault: home.path().join("vault"),
        host: home.path().join("vault-host"),
    };
    let seen = charts::list(&place.login("hsmith"), None).unwrap();
    assert_eq!(seen.len(), 1);
}

#[test]
fn a_forged_manifest_is_never_the_snapshot_whatever_is_accepted() {
    let ward = backed_up();
    let (forger, there) = (SigningKey::random(), chain(&ward));
    let newest = there.newest().unwrap();
    let mut forged = newest.manifest.clone();
    forged.name.host = HostId::of(&forger.public());
    forged.created += 1;
    forged.start = chartseal::backup::manifest::Start::AfterLostState;
    forged.previous = Some(newest.hash);
    forged.name.number += 1;
    let host = ward.hospital.vault().host().clone();
    let ours = chartseal::backup::keys::BackupKeys::from_bytes(
        &host.backup_keys().unwrap().unwrap(),
        host.sign().duplicate(),
    )
    .unwrap();
    let keys = secret_of(&ward).backup_keys(ours.repository, ours.vault, forger);
    let file = ward
        .repository
        .join("manifests")
        .join(forged.name.to_string());
    let folder = file.parent().unwrap();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .unwrap();
    std::fs::write(&file, forged.seal(&keys)).unwrap();
    let id = chain(&ward).newest().unwrap().id();

    let refused = restore(&ward, &ward.elsewhere("a"), None, Damage::Refuse).unwrap_err();
    let because = "never certified as a host";
    let source = std::error::Error::source(&refused).map(ToString::to_string);
    assert!(source.unwrap_or_default().contains(because), "{refused}");
    let refused = restore(&ward, &ward.elsewhere("b"), Some(&id), Damage::Accept).unwrap_err();
    assert!(
        matches!(&refused, DeskError::Backup(BackupError::NoneWhole { .. })),
        "{refused}"
    );
    assert!(refused.to_string().contains(because), "{refused}");
    let place = ward.elsewhere("c");
    let restored = restore(&ward, &place, None, Damage::Accept).unwrap();
    assert_eq!(restored.snapshot, newest.id());
    let named = |line: &String| line.contains(&id) && line.contains(because);
    assert!(restored.damage.iter().any(named), "{:?}", restored.damage);
    place.login("hsmith");
    for name in ["a", "b"] {
        let place = ward.elsewhere(name);
        assert!(!place.vault.exists() && !place.host.exists());
    }
}

#[test]
fn without_a_pack_of_the_index_the_vault_comes_back_and_search_says_what_it_does_not_hold_until_it_does()
 {
    let ward = backed_up();
    std::fs::remove_file(file_of(&ward, ObjectKind::Table(TableId::INDEX_LOG))).unwrap();
    let home = tempfile::tempdir().unwrap();
    let said = program(&ward, home.path(), "vault", &[]);
    assert_eq!(said.code, 1, "{said:?}");
    let restored = said.result();
    assert_eq!(restored["verify"]["ok"], true, "{restored}");
    let damage: Vec<&str> = restored["damage"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        matches!(damage[..], [line] if line.contains("index log") && line.contains("made anew")),
        "{damage:?}"
    );
    let place = Place {
        vault: home.path().join("vault"),
        host: home.path().join("vault-host"),
    };
    let doctor = place.login("hsmith");
    let find = || search::run(&doctor, "name:mejía", 10, 0).unwrap();
    let found = find();
    assert!(found.uncovered > 0, "{found:?}");
    while index::tend(&doctor, &unwatched).unwrap() {}
    let found = find();
    assert_eq!((found.total, found.uncovered), (1, 0), "{found:?}");
}

#[test]
fn a_drill_on_a_damaged_repository_opens_what_is_whole_and_is_not_on_record_as_whole() {
    let ward = backed_up();
    std::fs::write(ward.repository.join("manifests/x"), b"anything").unwrap();
    let passphrase = crate::support::secret(crate::support::PASSPHRASE);
    let drill = backup::Drill {
        login: "hsmith",
        passphrase: &passphrase,
        shares: &ward.shares,
        head: None,
        scratch: None,
        charts: 1,
    };
    let drilled = backup::drill(&ward.here().paths(), &ward.target(), &drill, &unwatched).unwrap();
    assert_eq!((drilled.ok, drilled.charts_opened), (false, 1));
    assert_eq!(
        drilled.problems,
        ["manifests/x: this is not the name of a manifest"]
    );
    let (.., mark) = ward
        .hospital
        .vault()
        .directory()
        .unwrap()
        .last_drill
        .unwrap();
    assert!(!mark.whole);
}

#[test]
fn what_was_wrong_with_the_ledger_when_it_was_backed_up_comes_back_and_is_named() {
    let ward = Ward::new();
    admit(&ward, "Gustavo");
    admit(&ward, "Ana");
    let sql = rusqlite::Connection::open(ward.here().vault.join(FILE)).unwrap();
    let sealed = "SELECT max(seq) FROM body WHERE seq NOT IN (SELECT seq FROM clear_entry)";
    let seq: i64 = sql.query_row(sealed, [], |row| row.get(0)).unwrap();
    let mut bytes = get_box(&sql, seq as u64);
    *bytes.last_mut().unwrap() ^= 1;
    put_box(&sql, seq as u64, &bytes);
    drop(sql);
    ward.back_up(&ward.here());
    let place = ward.elsewhere("new");
    let restored = restore(&ward, &place, None, Damage::Refuse).unwrap();
    let found: Vec<_> = restored.verify.findings.iter().map(|f| f.seq).collect();
    assert_eq!(found, [Some(seq as u64)], "{:?}", restored.verify.findings);
    assert!(!restored.verify.ok && restored.damage.is_empty());
    let seen = charts::list(&place.login("hsmith"), None).unwrap();
    assert!(!seen.is_empty());
}

#[test]
fn a_vault_is_verified_before_it_is_in_its_place() {
    let ward = backed_up();
    let place = ward.elsewhere("new");
    let host = HostFolder::Rather(place.host.clone());
    let entries = Mutex::new(Vec::new());
    let watch = |word: &Progress| {
        if word.what == "verify" {
            assert!(!place.vault.exists(), "it is verified first");
            entries.lock().unwrap().push((word.done, word.total));
        }
        Proceed::Go
    };
    let restored = backup::restore(&ward.target(), &order(&ward, &place, &host), &watch).unwrap();
    assert!(restored.verify.ok && place.vault.exists());
    let entries = entries.into_inner().unwrap();
    assert!(!entries.is_empty());
    // The host keeps the report.
    let status = Program::at(&place).json(&[&["status"]]).done();
    assert!(status["last_verify"].is_string(), "{status}");
}

#[test]
fn a_folder_that_others_can_read_is_no_place_for_the_host_and_nothing_is_fetched() {
    let ward = backed_up();
    let place = ward.elsewhere("new");
    std::fs::DirBuilder::new()
        .mode(0o755)
        .create(&place.host)
        .unwrap();
    std::fs::set_permissions(&place.host, std::fs::Permissions::from_mode(0o755)).unwrap();
    let asked = AtomicBool::new(false);
    let watch = |_: &Progress| {
        asked.store(true, SeqCst);
        Proceed::Go
    };
    let host = HostFolder::Rather(place.host.clone());
    let refused =
        backup::restore(&ward.target(), &order(&ward, &place, &host), &watch).unwrap_err();
    assert!(refused.to_string().contains("chmod 0700"), "{refused}");
    assert!(!asked.load(SeqCst) && !place.vault.exists());
    // As the message says, and it goes.
    std::fs::set_permissions(&place.host, std::fs::Permissions::from_mode(0o700)).unwrap();
    restore(&ward, &place, None, Damage::Refuse).unwrap();
    place.login("hsmith");
}

#[test]
fn a_host_folder_that_is_taken_meanwhile_leaves_no_vault_without_its_host() {
    let ward = backed_up();
    let place = ward.elsewhere("new");
    let host = HostFolder::Rather(place.host.clone());
    let theirs = place.host.join("vault-id");
    let watch = |word: &Progress| {
        if word.what == "verify" && !theirs.exists() {
            std::fs::write(&theirs, b"another").unwrap();
        }
        Proceed::Go
    };
    let refused =
        backup::restore(&ward.target(), &order(&ward, &place, &host), &watch).unwrap_err();
    assert!(refused.to_string().contains("--host"), "{refused}");
    assert!(!place.vault.exists());
    let left: Vec<_> = std::fs::read_dir(&place.host).unwrap().collect();
    assert_eq!(left.len(), 1, "what is not ours stays, and nothing of ours");
    // And the other way round: a vault that cannot be put in place leaves no host.
    let place = ward.elsewhere("other");
    let host = HostFolder::Rather(place.host.clone());
    let watch = |word: &Progress| {
        if word.what == "verify" && !place.vault.exists() {
            std::fs::create_dir_all(place.vault.join("somebody's")).unwrap();
        }
        Proceed::Go
    };
    backup::restore(&ward.target(), &order(&ward, &place, &host), &watch).unwrap_err();
    assert!(!place.host.exists());
    assert_eq!(std::fs::read_dir(&place.vault).unwrap().count(), 1);
}
